//! The engine against itself and against a second implementation.

use std::path::Path;
use std::sync::OnceLock;

use candle_core::quantized::gguf_file::{self, Content, Value};
use candle_core::quantized::{GgmlDType, QTensor};
use candle_core::{Device, Tensor};
use candle_transformers::models::quantized_llama::ModelWeights;
use flow_runtime::local::{Feed, Model, Tokenizer};
use flow_runtime::weights;

use super::{SMOLLM, folder_with};

const STORY: &str = "A lighthouse keeper wrote one line a day for forty years. On the last day";

async fn model() -> &'static (Model, Tokenizer) {
    static MODEL: OnceLock<(Model, Tokenizer)> = OnceLock::new();
    let folder = folder_with(SMOLLM).await;
    MODEL.get_or_init(|| Model::load(&gguf(&folder)).expect("it loads"))
}

fn gguf(folder: &Path) -> std::path::PathBuf {
    let weights = weights::find(SMOLLM).expect("it is in the table");
    weights.gguf(&weights.folder(folder)).expect("it has a GGUF")
}

fn best(logits: &[f32]) -> u32 {
    (0u32..).zip(logits).max_by(|a, b| a.1.total_cmp(b.1)).map(|(id, _)| id).expect("there are logits")
}

/// The next tokens after a prompt, one at a time.
fn continued(model: &Model, prompt: &[u32], count: usize) -> (Vec<u32>, Vec<Vec<f32>>) {
    let mut sequence = model.sequence(prompt.len() + count).expect("it fits");
    let mut logits = model.step(&mut [(&mut sequence, prompt)]).expect("it steps");
    let (mut said, mut seen) = (Vec::new(), Vec::new());
    for _ in 0..count {
        let row = logits.swap_remove(0);
        said.push(best(&row));
        seen.push(row);
        logits = model.step(&mut [(&mut sequence, &said[said.len() - 1..])]).expect("it steps");
    }
    (said, seen)
}

/// The logits of candle's own Llama, fed with the same tokens: after the prompt, and after each token of `said`.
fn peer(file: &Path, prompt: &[u32], said: &[u32]) -> Vec<Vec<f32>> {
    let mut file = std::fs::File::open(file).expect("it opens");
    let content = Content::read(&mut file).expect("it is a GGUF");
    let mut peer = ModelWeights::from_gguf(content, &mut file, &Device::Cpu).expect("it loads");
    let mut position = 0;
    let mut feed = |tokens: &[u32]| {
        let input = Tensor::new(tokens, &Device::Cpu).expect("it fits").unsqueeze(0).expect("it is a row");
        let logits = peer.forward(&input, position).expect("it steps");
        position += tokens.len();
        logits.squeeze(0).and_then(|row| row.to_vec1()).expect("they are floats")
    };
    let mut logits = vec![feed(prompt)];
    logits.extend(said.iter().map(|token| feed(&[*token])));
    logits
}

fn apart(ours: &[f32], theirs: &[f32]) -> f32 {
    ours.iter().zip(theirs).map(|(a, b)| (a - b).abs()).fold(0.0, f32::max)
}

#[tokio::test]
async fn it_says_what_candles_own_llama_says() {
    let (model, tokenizer) = model().await;
    let prompt = tokenizer.encode(STORY);
    let (said, ours) = continued(model, &prompt, 8);
    let theirs = peer(&gguf(&folder_with(SMOLLM).await), &prompt, &said[..7]);
    for ((token, ours), theirs) in said.iter().zip(&ours).zip(&theirs) {
        // They round the activations of every row to eight bits, we only where a token is fed alone: near ties may turn.
        assert!(apart(ours, theirs) < 2.0, "{} apart", apart(ours, theirs));
        let lead = theirs[best(theirs) as usize] - theirs[*token as usize];
        assert!(lead < 0.5, "they would rather say {:?}", tokenizer.decode(&[best(theirs)]));
    }
}

/// The same arithmetic, without the rounding: the first layers of the model, as floats.
#[tokio::test]
async fn without_rounding_the_logits_are_the_same() {
    let folder = tempfile::tempdir().unwrap();
    let short = folder.path().join("short.gguf");
    write_first_layers(&gguf(&folder_with(SMOLLM).await), &short, 3);
    let (model, tokenizer) = Model::load(&short).unwrap();
    let prompt = tokenizer.encode(STORY);
    let (said, ours) = continued(&model, &prompt, 2);
    let theirs = peer(&short, &prompt, &said[..1]);
    assert!(apart(&ours[0], &theirs[0]) < 1e-3, "{} apart", apart(&ours[0], &theirs[0]));
    assert!(apart(&ours[1], &theirs[1]) < 1.0, "{} apart", apart(&ours[1], &theirs[1]));

    // A prompt in two runs is the prompt in one.
    let mut sequence = model.sequence(prompt.len()).unwrap();
    model.step(&mut [(&mut sequence, &prompt[..8])]).unwrap();
    let halves = model.step(&mut [(&mut sequence, &prompt[8..])]).unwrap().swap_remove(0);
    assert!(apart(&halves, &theirs[0]) < 1e-3, "{} apart", apart(&halves, &theirs[0]));
}

fn write_first_layers(from: &Path, to: &Path, layers: u32) {
    let mut file = std::fs::File::open(from).unwrap();
    let content = Content::read(&mut file).unwrap();
    let kept = |name: &&String| match name.strip_prefix("blk.").and_then(|rest| rest.split_once('.')) {
        Some((index, _)) => index.parse::<u32>().unwrap() < layers,
        None => true,
    };
    let names: Vec<String> = content.tensor_infos.keys().filter(kept).cloned().collect();
    let mut tensors = Vec::new();
    for name in names {
        let floats = content.tensor(&mut file, &name, &Device::Cpu).unwrap().dequantize(&Device::Cpu).unwrap();
        tensors.push((name, QTensor::quantize(&floats, GgmlDType::F32).unwrap()));
    }
    let mut metadata = content.metadata;
    metadata.insert("llama.block_count".into(), Value::U32(layers));
    let metadata: Vec<(&str, &Value)> = metadata.iter().map(|(key, value)| (key.as_str(), value)).collect();
    let tensors: Vec<(&str, &QTensor)> = tensors.iter().map(|(name, tensor)| (name.as_str(), tensor)).collect();
    let mut out = std::io::BufWriter::new(std::fs::File::create(to).unwrap());
    gguf_file::write(&mut out, &metadata, &tensors).unwrap();
}

#[tokio::test]
async fn others_in_the_batch_change_nothing() {
    let (model, tokenizer) = model().await;
    let prompts = [STORY, "Water boils at", "def add(a, b):\n    return"].map(|text| tokenizer.encode(text));
    let alone: Vec<_> = prompts.iter().map(|prompt| continued(model, prompt, 4)).collect();

    let mut sequences: Vec<_> = prompts.iter().map(|prompt| model.sequence(prompt.len() + 4).unwrap()).collect();
    let mut fed: Vec<Vec<u32>> = prompts.to_vec();
    for step in 0..4 {
        let mut feeds: Vec<Feed<'_>> = sequences.iter_mut().zip(&fed).map(|(s, t)| (s, t.as_slice())).collect();
        let logits = model.step(&mut feeds).unwrap();
        for ((row, (said, seen)), fed) in logits.iter().zip(&alone).zip(&mut fed) {
            assert_eq!(row, &seen[step], "to the last bit");
            *fed = vec![said[step]];
        }
    }
}

#[tokio::test]
async fn a_fork_goes_its_own_way() {
    let (model, tokenizer) = model().await;
    let (start, end) = (tokenizer.encode(STORY), tokenizer.encode(" he wrote"));
    let mut stem = model.sequence(start.len()).unwrap();
    model.step(&mut [(&mut stem, &start)]).unwrap();
    let mut first = stem.fork(64).unwrap();
    let mut second = stem.fork(64).unwrap();
    let one = model.step(&mut [(&mut first, &end)]).unwrap();
    model.step(&mut [(&mut first, &end)]).unwrap();
    let two = model.step(&mut [(&mut second, &end)]).unwrap();
    assert_eq!(one, two);
    assert_eq!((stem.room(), first.length()), (0, start.len() + 2 * end.len()));
}

#[tokio::test]
async fn what_does_not_fit_is_refused() {
    let (model, _) = model().await;
    let mut sequence = model.sequence(3).unwrap();
    assert!(model.step(&mut [(&mut sequence, &[])]).is_err());
    assert!(model.step(&mut [(&mut sequence, &[1, 2, 3, 4])]).is_err());
    assert!(model.step(&mut [(&mut sequence, &[49_152])]).is_err());
    assert!(model.step(&mut [(&mut sequence, &[1, 2, 3])]).is_ok());
}
