//! A weight matrix in the two forms that a step can multiply with.
//!
//! In: the tensor as the file stores it. Out: eight-bit blocks for a few rows, and plain floats for a long run of rows.

use candle_core::quantized::{GgmlDType, QMatMul, QTensor};
use candle_core::{Device, Module, Result, Tensor};

/// Which form of the weights multiplies the rows of a step.
///
/// Eight-bit blocks read a quarter of the memory and win where memory is the limit (one token after another); floats
/// win where arithmetic is (a prompt). Both are deterministic, they are not equal to the last bit, so the choice is made
/// from the sequence alone and never from who else is in the batch.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kernel {
    /// Eight-bit blocks: a few rows.
    Blocks,
    /// Plain floats: a run of rows.
    Floats,
}

/// A matrix of shape `[out, in]`, applied to rows of `in` numbers.
pub(super) struct Linear {
    blocks: QMatMul,
    /// Shape `[in, out]`, a view. Absent where the model is too large to be held twice.
    floats: Option<Tensor>,
}

impl Linear {
    /// Stacks matrices with the same input, so that one multiplication serves them all.
    pub(super) fn stacked(parts: &[&QTensor], keep_floats: bool) -> Result<Self> {
        let parts = parts.iter().map(|part| part.dequantize(&Device::Cpu)).collect::<Result<Vec<_>>>()?;
        let whole = Tensor::cat(&parts, 0)?;
        let blocks = QMatMul::from_qtensor(QTensor::quantize(&whole, GgmlDType::Q8_0)?)?;
        let floats = if keep_floats { Some(whole.t()?) } else { None };
        Ok(Linear { blocks, floats })
    }

    pub(super) fn forward(&self, rows: &Tensor, kernel: Kernel) -> Result<Tensor> {
        match (kernel, &self.floats) {
            (Kernel::Floats, Some(floats)) => rows.matmul(floats),
            (Kernel::Floats, None) | (Kernel::Blocks, _) => self.blocks.forward(rows),
        }
    }
}
