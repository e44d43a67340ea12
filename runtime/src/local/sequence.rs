//! What the model remembers of one conversation. In: keys and values of new tokens. Out: those of all of them.

use candle_core::{DType, Device, Result, Tensor};

/// The keys and values of one sequence, for every layer. Room is taken once, for the most tokens it may come to hold.
pub struct Sequence {
    layers: Vec<Memory>,
    length: usize,
    capacity: usize,
}

/// One layer's memory: two tensors of shape `[kv_heads, capacity, head_dim]`, written in place.
struct Memory {
    keys: Tensor,
    values: Tensor,
}

/// The part of a layer's memory that is filled, shape `[kv_heads, length, head_dim]`.
pub(super) struct Filled {
    pub(super) keys: Tensor,
    pub(super) values: Tensor,
}

impl Sequence {
    pub(super) fn new(layers: usize, kv_heads: usize, head_dim: usize, capacity: usize) -> Result<Self> {
        let room = || Tensor::zeros((kv_heads, capacity, head_dim), DType::F32, &Device::Cpu);
        let layers = (0..layers).map(|_| Ok(Memory { keys: room()?, values: room()? })).collect::<Result<Vec<_>>>()?;
        Ok(Sequence { layers, length: 0, capacity })
    }

    /// Tokens that have been fed.
    pub fn length(&self) -> usize {
        self.length
    }

    /// Tokens that can still be fed.
    pub fn room(&self) -> usize {
        self.capacity - self.length
    }

    /// A copy that goes its own way, with room for `capacity` tokens (at least those it already holds): two requests with
    /// the same beginning pay for it once.
    ///
    /// # Errors
    /// Where the copy cannot be allocated.
    pub fn fork(&self, capacity: usize) -> Result<Self> {
        let capacity = capacity.max(self.length);
        let copy = |memory: &Tensor| -> Result<Tensor> {
            let (kv_heads, _, head_dim) = memory.dims3()?;
            let room = Tensor::zeros((kv_heads, capacity, head_dim), DType::F32, &Device::Cpu)?;
            if self.length > 0 {
                room.slice_set(&memory.narrow(1, 0, self.length)?.contiguous()?, 1, 0)?;
            }
            Ok(room)
        };
        let layers =
            self.layers.iter().map(|memory| Ok(Memory { keys: copy(&memory.keys)?, values: copy(&memory.values)? }));
        Ok(Sequence { layers: layers.collect::<Result<Vec<_>>>()?, length: self.length, capacity })
    }

    /// Writes the new rows of a layer behind the old ones and gives all of them; `advance` makes them count.
    pub(super) fn remember(&mut self, layer: usize, keys: &Tensor, values: &Tensor) -> Result<Filled> {
        let memory = &self.layers[layer];
        memory.keys.slice_set(keys, 1, self.length)?;
        memory.values.slice_set(values, 1, self.length)?;
        let filled = self.length + keys.dim(1)?;
        Ok(Filled { keys: memory.keys.narrow(1, 0, filled)?, values: memory.values.narrow(1, 0, filled)? })
    }

    pub(super) fn advance(&mut self, tokens: usize) {
        self.length += tokens;
    }
}
