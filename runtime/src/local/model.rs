//! A language model that many sequences share. In: tokens of any mix of sequences. Out: what each would say next.

use std::path::Path;

use candle_core::quantized::{QMatMul, QTensor};
use candle_core::{Device, Module, Result, Tensor};
use candle_nn::ops::rms_norm;
use rayon::prelude::*;

use super::gguf::{Gguf, Shape};
use super::layer::{Layer, Part, Raw, causal_mask, last_rows};
use super::linear::Kernel;
use super::rope::Rope;
use super::sequence::Sequence;
use super::tokenizer::Tokenizer;

/// The id of a token in the vocabulary of its model.
pub type TokenId = u32;

/// A Llama-shaped model, read from a GGUF. It never changes: all that a conversation adds is in its [`Sequence`].
pub struct Model {
    shape: Shape,
    embeddings: std::sync::Arc<QTensor>,
    layers: Vec<Layer>,
    norm: Tensor,
    output: QMatMul,
    rope: Rope,
}

/// One sequence and the tokens to feed it in this step: a prompt, a piece of one, or the token it just said.
pub type Feed<'a> = (&'a mut Sequence, &'a [TokenId]);

/// From this many tokens of one sequence on, a step multiplies with floats rather than with eight-bit blocks.
const RUN: usize = 8;

/// A model whose layers are larger than this (as floats, in bytes) is held as blocks only.
const MOST_FLOATS: usize = 1 << 30;

impl Model {
    /// Reads weights and vocabulary. Takes a second or two for 135 million weights: call it off the async threads.
    ///
    /// # Errors
    /// Where the file cannot be read, or is not a Llama-shaped GGUF.
    pub fn load(path: &Path) -> Result<(Self, Tokenizer)> {
        let mut gguf = Gguf::open(path)?;
        let shape = gguf.shape()?;
        let tokenizer = Tokenizer::from_gguf(&gguf)?;
        let raw = (0..shape.layers).map(|index| Raw::read(&mut gguf, index)).collect::<Result<Vec<_>>>()?;
        let floats: usize = raw.iter().map(Raw::weights).sum::<usize>() * size_of::<f32>();
        let keep_floats = floats <= MOST_FLOATS;
        let layers = raw.par_iter().enumerate().map(|(index, raw)| Layer::new(raw, index, shape, keep_floats));
        let layers = layers.collect::<Result<Vec<_>>>()?;

        let embeddings = std::sync::Arc::new(gguf.tensor("token_embd.weight")?);
        let output = if gguf.has("output.weight") {
            QMatMul::from_qtensor(gguf.tensor("output.weight")?)?
        } else {
            QMatMul::from_arc(embeddings.clone())?
        };
        let norm = gguf.tensor("output_norm.weight")?.dequantize(&Device::Cpu)?;
        let rope = Rope::new(shape.head_dim, shape.rope_base, shape.context)?;
        Ok((Model { shape, embeddings, layers, norm, output, rope }, tokenizer))
    }

    /// Tokens that a sequence of this model can hold, prompt and answer together.
    pub fn context(&self) -> usize {
        self.shape.context
    }

    /// An empty sequence with room for `capacity` tokens, at most the context.
    ///
    /// # Errors
    /// Where its memory cannot be allocated.
    pub fn sequence(&self, capacity: usize) -> Result<Sequence> {
        let Shape { layers, kv_heads, head_dim, context, .. } = self.shape;
        Sequence::new(layers, kv_heads, head_dim, capacity.min(context))
    }

    /// Feeds every sequence its tokens and gives, for each in the same order, the logits after its last token.
    ///
    /// What a sequence gets does not depend on the others: runs are multiplied one by one, single tokens are rows of one
    /// multiplication that treats each row alike.
    ///
    /// # Errors
    /// Where a sequence gets no token, an unknown one, or more than it has room for.
    pub fn step(&self, feeds: &mut [Feed<'_>]) -> Result<Vec<Vec<f32>>> {
        for (sequence, tokens) in feeds.iter() {
            self.check(sequence, tokens)?;
        }
        let mut logits: Vec<Vec<f32>> = vec![Vec::new(); feeds.len()];
        let (runs, singles): (Vec<_>, Vec<_>) =
            feeds.iter_mut().enumerate().partition(|(_, (_, tokens))| tokens.len() >= RUN);
        for (at, (sequence, tokens)) in runs {
            logits[at] = self.forward(&mut [(sequence, tokens)], Kernel::Floats)?.swap_remove(0);
        }
        if !singles.is_empty() {
            let (at, mut feeds): (Vec<usize>, Vec<Feed<'_>>) =
                singles.into_iter().map(|(at, (sequence, tokens))| (at, (&mut **sequence, *tokens))).unzip();
            for (at, row) in at.into_iter().zip(self.forward(&mut feeds, Kernel::Blocks)?) {
                logits[at] = row;
            }
        }
        Ok(logits)
    }

    fn check(&self, sequence: &Sequence, tokens: &[TokenId]) -> Result<()> {
        let vocabulary = self.embeddings.shape().dims2()?.0;
        let problem = if tokens.is_empty() {
            "a sequence was given no token".to_owned()
        } else if tokens.len() > sequence.room() {
            format!("{} tokens do not fit: the sequence has room for {}", tokens.len(), sequence.room())
        } else if let Some(token) = tokens.iter().find(|token| **token as usize >= vocabulary) {
            format!("token {token} is not among the {vocabulary} of the vocabulary")
        } else {
            return Ok(());
        };
        Err(candle_core::Error::Msg(problem))
    }

    fn forward(&self, feeds: &mut [Feed<'_>], kernel: Kernel) -> Result<Vec<Vec<f32>>> {
        let mut tokens = Vec::new();
        let mut positions = Vec::new();
        let mut parts = Vec::with_capacity(feeds.len());
        for (sequence, fed) in feeds {
            let before = sequence.length();
            tokens.extend_from_slice(fed);
            let end = u32::try_from(before + fed.len()).map_err(candle_core::Error::wrap)?;
            positions.extend((0..end).skip(before));
            parts.push(Part { mask: causal_mask(fed.len(), before)?, rows: fed.len(), sequence });
        }
        let angles = self.rope.at(positions)?;
        let mut rows = self.embeddings.embedding(&Tensor::new(tokens, &Device::Cpu)?)?;
        for layer in &self.layers {
            rows = layer.forward(&rows, &angles, kernel, &mut parts)?;
        }
        let last = rms_norm(&last_rows(&rows, &parts)?, &self.norm, self.shape.epsilon)?;
        let logits = self.output.forward(&last)?.to_vec2::<f32>()?;
        for part in &mut parts {
            part.sequence.advance(part.rows);
        }
        Ok(logits)
    }
}
