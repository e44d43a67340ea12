//! Sentence embeddings. In: texts. Out: unit vectors, and how many tokens were read.

use std::path::Path;

use candle_core::{DType, Device, Tensor};
use candle_nn::VarBuilder;
use candle_transformers::models::bert::{BertModel, Config};
use tokenizers::Tokenizer;

use super::LocalError;

/// A BERT-shaped model whose token vectors are averaged, such as all-MiniLM-L6-v2.
pub(super) struct Embedder {
    model: BertModel,
    tokenizer: Tokenizer,
    context: usize,
}

/// One vector per text, in the order asked for, each of length 1.
#[derive(Debug, Clone, PartialEq)]
pub struct Embeddings {
    /// The vectors.
    pub vectors: Vec<Vec<f32>>,
    /// Tokens read for all of them, with the two that the model wants around each text.
    pub input_tokens: usize,
}

impl Embedder {
    pub(super) fn load(folder: &Path) -> Result<Self, LocalError> {
        let bad = |reason: String| LocalError::Load { file: folder.to_owned(), reason };
        let read = |name: &str| {
            let file = folder.join(name);
            std::fs::read(&file).map_err(|error| LocalError::Load { file, reason: error.to_string() })
        };
        let config: Config = serde_json::from_slice(&read("config.json")?).map_err(|error| bad(error.to_string()))?;
        let mut tokenizer = Tokenizer::from_bytes(read("tokenizer.json")?).map_err(|error| bad(error.to_string()))?;
        // The file asks for 128 tokens, no more and no less: a longer text would lose its end, a shorter one be padded.
        tokenizer.with_truncation(None).map_err(|error| bad(error.to_string()))?;
        tokenizer.with_padding(None);
        let weights = VarBuilder::from_buffered_safetensors(read("model.safetensors")?, DType::F32, &Device::Cpu);
        let model = weights.and_then(|weights| BertModel::load(weights, &config));
        let model = model.map_err(|error| bad(error.to_string()))?;
        Ok(Embedder { model, tokenizer, context: config.max_position_embeddings })
    }

    /// The tokens that a text costs: its own and the two around it.
    pub(super) fn count(&self, text: &str) -> Result<usize, LocalError> {
        self.encode(text).map(|ids| ids.len())
    }

    pub(super) fn context(&self) -> usize {
        self.context
    }

    /// Every text by itself: a vector does not depend on what else was asked for. Nothing is read if one text is too long.
    pub(super) fn embed(&self, texts: &[String]) -> Result<Embeddings, LocalError> {
        let encoded = texts.iter().map(|text| self.encode(text)).collect::<Result<Vec<_>, _>>()?;
        if let Some(tokens) = encoded.iter().map(Vec::len).find(|tokens| *tokens > self.context) {
            return Err(LocalError::TooLong { tokens, context: self.context });
        }
        let vectors = encoded.iter().map(|ids| self.vector(ids)).collect::<candle_core::Result<Vec<_>>>();
        let vectors = vectors.map_err(|error| LocalError::Compute { reason: error.to_string() })?;
        Ok(Embeddings { vectors, input_tokens: encoded.iter().map(Vec::len).sum() })
    }

    fn encode(&self, text: &str) -> Result<Vec<u32>, LocalError> {
        let encoding = self.tokenizer.encode_fast(text, true);
        let encoding = encoding.map_err(|error| LocalError::Compute { reason: error.to_string() })?;
        Ok(encoding.get_ids().to_vec())
    }

    fn vector(&self, ids: &[u32]) -> candle_core::Result<Vec<f32>> {
        let ids = Tensor::new(ids, &Device::Cpu)?.unsqueeze(0)?;
        let rows = self.model.forward(&ids, &ids.zeros_like()?, None)?.squeeze(0)?;
        let mean = rows.mean(0)?;
        let length = mean.sqr()?.sum_all()?.sqrt()?;
        mean.broadcast_div(&length)?.to_vec1()
    }
}
