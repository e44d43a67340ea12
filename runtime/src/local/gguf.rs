//! A model file. In: the path of a GGUF. Out: its hyperparameters, its vocabulary and its tensors.

use std::fs::File;
use std::io::BufReader;
use std::path::Path;

use candle_core::quantized::QTensor;
use candle_core::quantized::gguf_file::{Content, Value};
use candle_core::{Device, Error, Result};

/// An open GGUF: its header is read, its tensors are read when asked for.
pub(super) struct Gguf {
    file: BufReader<File>,
    pub(super) content: Content,
}

/// The numbers that give a Llama-shaped model its form.
#[derive(Debug, Clone, Copy)]
pub(super) struct Shape {
    pub(super) layers: usize,
    pub(super) hidden: usize,
    pub(super) heads: usize,
    pub(super) kv_heads: usize,
    pub(super) head_dim: usize,
    pub(super) context: usize,
    pub(super) rope_base: f32,
    pub(super) epsilon: f32,
}

impl Gguf {
    pub(super) fn open(path: &Path) -> Result<Self> {
        let mut file = BufReader::with_capacity(1 << 20, File::open(path)?);
        let content = Content::read(&mut file)?;
        Ok(Gguf { file, content })
    }

    pub(super) fn tensor(&mut self, name: &str) -> Result<QTensor> {
        self.content.tensor(&mut self.file, name, &Device::Cpu)
    }

    pub(super) fn has(&self, name: &str) -> bool {
        self.content.tensor_infos.contains_key(name)
    }

    fn value(&self, key: &str) -> Result<&Value> {
        self.content.metadata.get(key).ok_or_else(|| Error::Msg(format!("the model file does not say `{key}`")))
    }

    fn count(&self, key: &str) -> Result<usize> {
        Ok(self.value(key)?.to_u32()? as usize)
    }

    pub(super) fn token_id(&self, key: &str) -> Option<u32> {
        self.value(key).ok()?.to_u32().ok()
    }

    pub(super) fn strings(&self, key: &str) -> Result<Vec<String>> {
        self.value(key)?.to_vec()?.iter().map(|item| item.to_string().cloned()).collect()
    }

    /// The kind of each token of the vocabulary: 1 is text, 3 is a control token, 6 a byte.
    pub(super) fn token_kinds(&self) -> Result<Vec<i32>> {
        let kinds = self.value("tokenizer.ggml.token_type")?.to_vec()?;
        kinds.iter().map(Value::to_i32).collect()
    }

    pub(super) fn shape(&self) -> Result<Shape> {
        let architecture = self.value("general.architecture")?.to_string()?;
        if architecture != "llama" {
            return Err(Error::Msg(format!("the architecture `{architecture}` is not supported, `llama` is")));
        }
        let hidden = self.count("llama.embedding_length")?;
        let heads = self.count("llama.attention.head_count")?;
        let kv_heads = self.count("llama.attention.head_count_kv")?;
        if heads == 0 || kv_heads == 0 || heads % kv_heads != 0 || hidden % heads != 0 {
            return Err(Error::Msg(format!("{heads} heads over {kv_heads} do not divide a width of {hidden}")));
        }
        let shape = Shape {
            layers: self.count("llama.block_count")?,
            hidden,
            heads,
            kv_heads,
            head_dim: hidden / heads,
            context: self.count("llama.context_length")?,
            rope_base: self.value("llama.rope.freq_base").and_then(Value::to_f32).unwrap_or(10_000.0),
            epsilon: self.value("llama.attention.layer_norm_rms_epsilon")?.to_f32()?,
        };
        if self.count("llama.rope.dimension_count")? != shape.head_dim {
            return Err(Error::Msg("rotary positions over a part of a head are not supported".into()));
        }
        Ok(shape)
    }
}
