//! Rotary positions. In: the positions of the rows of a step. Out: the angles to turn their heads by.

use candle_core::{DType, Device, Result, Tensor};

/// Cosines and sines of every position up to the context, shape `[context, head_dim / 2]`.
pub(super) struct Rope {
    cos: Tensor,
    sin: Tensor,
}

/// The angles of the rows of one step, shape `[rows, head_dim / 2]`.
pub(super) struct Angles {
    cos: Tensor,
    sin: Tensor,
}

impl Rope {
    pub(super) fn new(head_dim: usize, base: f32, context: usize) -> Result<Self> {
        let exponents = (0..head_dim).step_by(2).map(|i| i as f32 / head_dim as f32);
        let frequencies: Vec<f32> = exponents.map(|exponent| 1.0 / base.powf(exponent)).collect();
        let frequencies = Tensor::new(frequencies, &Device::Cpu)?.unsqueeze(0)?;
        let positions = Tensor::arange(0u32, u32::try_from(context).map_err(candle_core::Error::wrap)?, &Device::Cpu)?;
        let angles = positions.to_dtype(DType::F32)?.unsqueeze(1)?.matmul(&frequencies)?;
        Ok(Rope { cos: angles.cos()?, sin: angles.sin()? })
    }

    pub(super) fn at(&self, positions: Vec<u32>) -> Result<Angles> {
        let positions = Tensor::new(positions, &Device::Cpu)?;
        Ok(Angles { cos: self.cos.index_select(&positions, 0)?, sin: self.sin.index_select(&positions, 0)? })
    }
}

impl Angles {
    /// Turns heads of shape `[heads, rows, head_dim]`, with the pairs of a head side by side as Llama's GGUF has them.
    pub(super) fn turn(&self, heads: &Tensor) -> Result<Tensor> {
        candle_nn::rotary_emb::rope_i(&heads.unsqueeze(0)?, &self.cos, &self.sin)?.squeeze(0)
    }
}
