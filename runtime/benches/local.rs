//! How fast the local models are: tokens per second of wall clock and of processor time, beside candle's own Llama on the same
//! file. `cargo bench -p flow-runtime --bench local`; threads as `CANDLE_NUM_THREADS` (decode) and `RAYON_NUM_THREADS`
//! (prompts) say.
#![allow(clippy::unwrap_used, clippy::print_stdout, reason = "a bench talks to a person and may fail by panicking")]

use std::path::Path;
use std::time::Instant;

use candle_core::quantized::gguf_file::Content;
use candle_core::{Device, Tensor};
use candle_transformers::models::quantized_llama::ModelWeights;
use flow_runtime::local::{Feed, LocalModels, Model, Sequence};
use flow_runtime::weights;

const SMOLLM: &str = "smollm2-135m-instruct";
const MINILM: &str = "all-minilm-l6-v2";

const PROMPT: usize = 120;
const ANSWER: usize = 32;
const ROUNDS: usize = 3;

fn main() {
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let folder = weights::folder(&|name| std::env::var_os(name)).unwrap();
    for name in [SMOLLM, MINILM] {
        runtime.block_on(weights::pull(name, &folder, &())).unwrap();
    }
    let smollm = weights::find(SMOLLM).unwrap();
    let gguf = smollm.gguf(&smollm.folder(&folder)).unwrap();

    let ((model, tokenizer), (wall, _)) = timed(|| Model::load(&gguf).unwrap());
    println!("loaded in {wall:.2} s\n\n{:<40} {:>9} {:>9}", "tokens a second", "wall", "processor");
    let text =
        "The keeper of the lighthouse wrote one line a day about the weather and the ships that passed. ".repeat(8);
    let mut prompt = tokenizer.encode(&text);
    prompt.truncate(PROMPT);
    let theirs = peer(&gguf, &prompt);
    let ours = ours(&model, &prompt);
    println!(
        "prefill {:.1} times, decode {:.1} times the peer, for the same processor time",
        ours.0 / theirs.0,
        ours.1 / theirs.1
    );
    batch(&model, &prompt);
    embeddings(&runtime, &folder);
}

/// Prefill and decode of candle's own Llama, in tokens a second.
fn peer(gguf: &Path, prompt: &[u32]) -> (f64, f64) {
    let mut file = std::fs::File::open(gguf).unwrap();
    let content = Content::read(&mut file).unwrap();
    let mut model = ModelWeights::from_gguf(content, &mut file, &Device::Cpu).unwrap();
    let mut feed = |tokens: &[u32], position| {
        let input = Tensor::new(tokens, &Device::Cpu).unwrap().unsqueeze(0).unwrap();
        model.forward(&input, position).unwrap()
    };
    let prefill = rate("peer, prefill", PROMPT, || drop(feed(prompt, 0)));
    let decode = rate("peer, decode", ANSWER, || {
        for step in 0..ANSWER {
            feed(&prompt[..1], PROMPT + step);
        }
    });
    (prefill, decode)
}

fn ours(model: &Model, prompt: &[u32]) -> (f64, f64) {
    let filled = |prompt| {
        let mut sequence = model.sequence(PROMPT + ANSWER).unwrap();
        model.step(&mut [(&mut sequence, prompt)]).unwrap();
        sequence
    };
    let prefill = rate("prefill", PROMPT, || drop(filled(prompt)));
    let stem = filled(prompt);
    let decode = rate("decode", ANSWER, || {
        let mut sequence = stem.fork(PROMPT + ANSWER).unwrap();
        for _ in 0..ANSWER {
            model.step(&mut [(&mut sequence, &prompt[..1])]).unwrap();
        }
    });
    (prefill, decode)
}

fn batch(model: &Model, prompt: &[u32]) {
    let mut stem = model.sequence(PROMPT).unwrap();
    model.step(&mut [(&mut stem, prompt)]).unwrap();
    for size in [4, 8] {
        rate(&format!("decode, batch of {size}"), size * ANSWER, || {
            let mut sequences: Vec<Sequence> = (0..size).map(|_| stem.fork(PROMPT + ANSWER).unwrap()).collect();
            for _ in 0..ANSWER {
                let mut feeds: Vec<Feed<'_>> = sequences.iter_mut().map(|one| (one, &prompt[..1])).collect();
                model.step(&mut feeds).unwrap();
            }
        });
    }
}

fn embeddings(runtime: &tokio::runtime::Runtime, folder: &Path) {
    let models = LocalModels::new(folder);
    let texts = vec!["I was charged twice for one order and want my money back.".to_owned(); 16];
    let tokens = runtime.block_on(models.embed(MINILM, texts.clone())).unwrap().input_tokens;
    rate("embeddings", tokens, || drop(runtime.block_on(models.embed(MINILM, texts.clone()))));
}

/// The best of a few rounds, since other work on the machine only ever slows one down.
fn rate(name: &str, tokens: usize, mut work: impl FnMut()) -> f64 {
    let rounds = (0..ROUNDS).map(|_| timed(&mut work).1);
    let (wall, cpu) = rounds.fold((f64::MAX, f64::MAX), |best, next| (best.0.min(next.0), best.1.min(next.1)));
    println!("{name:<40} {:>9.1} {:>9.1}", tokens as f64 / wall, tokens as f64 / cpu);
    tokens as f64 / cpu
}

/// What it made, and the seconds it took: on the clock, and of all processors.
fn timed<T>(work: impl FnOnce() -> T) -> (T, (f64, f64)) {
    let (clock, processors) = (Instant::now(), processor_seconds());
    let made = work();
    (made, (clock.elapsed().as_secs_f64(), processor_seconds() - processors))
}

/// From `/proc/self/stat`, where it exists, in steps of a hundredth.
fn processor_seconds() -> f64 {
    let stat = std::fs::read_to_string("/proc/self/stat").unwrap_or_default();
    let fields = stat.rsplit_once(") ").map_or("", |(_, fields)| fields);
    let ticks = fields.split(' ').skip(11).take(2).filter_map(|field| field.parse::<f64>().ok());
    ticks.sum::<f64>() / 100.0
}
