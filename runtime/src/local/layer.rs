//! One transformer block. In: the rows of a step and the memories of its sequences. Out: the rows, one block later.

use candle_core::{Device, Result, Tensor};
use candle_nn::ops::{rms_norm, softmax_last_dim, swiglu};

use super::gguf::{Gguf, Shape};
use super::linear::{Kernel, Linear};
use super::rope::Angles;
use super::sequence::{Filled, Sequence};

pub(super) struct Layer {
    index: usize,
    shape: Shape,
    attention_norm: Tensor,
    /// Queries, keys and values, one under the other.
    qkv: Linear,
    attention_out: Linear,
    mlp_norm: Tensor,
    /// Gate and up, one under the other.
    gate_up: Linear,
    down: Linear,
}

/// The tensors of a layer as the file has them: read one after the other, turned into a layer in parallel.
pub(super) struct Raw {
    tensors: Vec<candle_core::quantized::QTensor>,
}

const NAMES: [&str; 9] =
    ["attn_norm", "attn_q", "attn_k", "attn_v", "attn_output", "ffn_norm", "ffn_gate", "ffn_up", "ffn_down"];

impl Raw {
    pub(super) fn read(gguf: &mut Gguf, index: usize) -> Result<Self> {
        let tensors = NAMES.iter().map(|name| gguf.tensor(&format!("blk.{index}.{name}.weight")));
        Ok(Raw { tensors: tensors.collect::<Result<Vec<_>>>()? })
    }

    pub(super) fn weights(&self) -> usize {
        self.tensors.iter().map(|tensor| tensor.shape().elem_count()).sum()
    }
}

/// One sequence's share of a step: it owns the next `rows` rows.
pub(super) struct Part<'a> {
    pub(super) sequence: &'a mut Sequence,
    pub(super) rows: usize,
    /// Shape `[rows, length]`: minus infinity where a row may not look. Absent for a single row, which may look anywhere.
    pub(super) mask: Option<Tensor>,
}

impl Layer {
    pub(super) fn new(raw: &Raw, index: usize, shape: Shape, keep_floats: bool) -> Result<Self> {
        let [attention_norm, q, k, v, attention_out, mlp_norm, gate, up, down] = raw.tensors.as_slice() else {
            return Err(candle_core::Error::Msg(format!("layer {index} is incomplete")));
        };
        Ok(Layer {
            index,
            shape,
            attention_norm: attention_norm.dequantize(&Device::Cpu)?,
            qkv: Linear::stacked(&[q, k, v], keep_floats)?,
            attention_out: Linear::stacked(&[attention_out], keep_floats)?,
            mlp_norm: mlp_norm.dequantize(&Device::Cpu)?,
            gate_up: Linear::stacked(&[gate, up], keep_floats)?,
            down: Linear::stacked(&[down], keep_floats)?,
        })
    }

    pub(super) fn forward(
        &self,
        rows: &Tensor,
        angles: &Angles,
        kernel: Kernel,
        parts: &mut [Part<'_>],
    ) -> Result<Tensor> {
        let normed = rms_norm(rows, &self.attention_norm, self.shape.epsilon)?;
        let rows = (rows + self.attend(&normed, angles, kernel, parts)?)?;
        let normed = rms_norm(&rows, &self.mlp_norm, self.shape.epsilon)?;
        let gated = swiglu(&self.gate_up.forward(&normed, kernel)?)?;
        rows + self.down.forward(&gated, kernel)?
    }

    fn attend(&self, rows: &Tensor, angles: &Angles, kernel: Kernel, parts: &mut [Part<'_>]) -> Result<Tensor> {
        let Shape { heads, kv_heads, head_dim, .. } = self.shape;
        let count = rows.dim(0)?;
        let qkv = self.qkv.forward(rows, kernel)?.reshape((count, heads + 2 * kv_heads, head_dim))?;
        let qkv = qkv.transpose(0, 1)?.contiguous()?;
        let turned = angles.turn(&qkv.narrow(0, 0, heads + kv_heads)?)?;
        let queries = turned.narrow(0, 0, heads)?;
        let keys = turned.narrow(0, heads, kv_heads)?;
        let values = qkv.narrow(0, heads + kv_heads, kv_heads)?;

        let mut answers = Vec::with_capacity(parts.len());
        let mut first = 0;
        for part in parts {
            let share = |tensor: &Tensor| tensor.narrow(1, first, part.rows)?.contiguous();
            let filled = part.sequence.remember(self.index, &share(&keys)?, &share(&values)?)?;
            answers.push(self.look(&share(&queries)?, &filled, part.mask.as_ref())?);
            first += part.rows;
        }
        let answers = if let [only] = answers.as_slice() { only.clone() } else { Tensor::cat(&answers, 0)? };
        self.attention_out.forward(&answers, kernel)
    }

    /// Attention of one sequence. The query heads that share a key head are rows of one multiplication.
    fn look(&self, queries: &Tensor, filled: &Filled, mask: Option<&Tensor>) -> Result<Tensor> {
        let Shape { heads, kv_heads, head_dim, hidden, .. } = self.shape;
        let rows = queries.dim(1)?;
        let length = filled.keys.dim(1)?;
        let queries = queries.reshape((kv_heads, heads / kv_heads * rows, head_dim))?;
        let scale = 1.0 / (head_dim as f64).sqrt();
        let mut scores = (queries.matmul(&filled.keys.transpose(1, 2)?)? * scale)?;
        if let Some(mask) = mask {
            let seen = scores.reshape((heads, rows, length))?.broadcast_add(mask)?;
            scores = seen.reshape((kv_heads, heads / kv_heads * rows, length))?;
        }
        let answers = softmax_last_dim(&scores)?.matmul(&filled.values)?;
        answers.reshape((heads, rows, head_dim))?.transpose(0, 1)?.contiguous()?.reshape((rows, hidden))
    }
}

/// What the rows of a run may see: everything before them, and themselves.
pub(super) fn causal_mask(rows: usize, before: usize) -> Result<Option<Tensor>> {
    if rows == 1 {
        return Ok(None);
    }
    let length = before + rows;
    let seen = |row: usize, column: usize| if column <= before + row { 0.0f32 } else { f32::NEG_INFINITY };
    let mask: Vec<f32> = (0..rows).flat_map(|row| (0..length).map(move |column| seen(row, column))).collect();
    Ok(Some(Tensor::from_vec(mask, (rows, length), &Device::Cpu)?))
}

/// The last row of each part, shape `[parts, hidden]`.
pub(super) fn last_rows(rows: &Tensor, parts: &[Part<'_>]) -> Result<Tensor> {
    let mut end = 0;
    let mut last = Vec::with_capacity(parts.len());
    for part in parts {
        end += part.rows;
        last.push(rows.narrow(0, end - 1, 1)?);
    }
    Tensor::cat(&last, 0)
}
