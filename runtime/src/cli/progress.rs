//! What a run tells while it goes on: steps, tokens, and dollars against the ceiling.

use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use flow_compiler::cost::{Dimension, Resources, show_count};
use flow_runtime::legible::legible;
use flow_runtime::observer::{Notice, Observer};
use flow_runtime::provider::Progress as News;
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

use super::rows::{counted, exactly};
use super::terminal;

/// How a run is told.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Voice {
    /// One line that changes.
    Live,
    /// One line for each thing that ended.
    Lines,
    /// Nothing.
    Quiet,
}

/// Tells about one run on the standard error.
pub(crate) struct Teller {
    voice: Voice,
    bar: ProgressBar,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    ceiling: Resources,
    so_far: Resources,
    /// What is on its way, the latest last: the attempt and what it is.
    open: Vec<(String, String)>,
}

impl Teller {
    /// A teller of this voice.
    pub(crate) fn new(voice: Voice) -> Teller {
        let target = if voice == Voice::Live { ProgressDrawTarget::stderr() } else { ProgressDrawTarget::hidden() };
        let bar = ProgressBar::with_draw_target(None, target);
        let style =
            ProgressStyle::with_template("{spinner} {wide_msg}").unwrap_or_else(|_| ProgressStyle::default_spinner());
        bar.set_style(style);
        if voice == Voice::Live {
            bar.enable_steady_tick(Duration::from_millis(120));
        }
        Teller { voice, bar, state: Mutex::default() }
    }

    /// Nothing more is told.
    pub(crate) fn end(&self) {
        self.bar.finish_and_clear();
    }

    fn line(&self, text: &str) {
        if self.voice == Voice::Lines {
            terminal::say(&format!("{}\n", legible(text)));
        }
    }

    /// A warning is told in every voice but the quiet one.
    fn warn(&self, text: &str) {
        let line = format!("warning: {}\n", legible(text));
        match self.voice {
            Voice::Quiet => {}
            Voice::Lines => terminal::say(&line),
            Voice::Live => self.bar.suspend(|| terminal::say(&line)),
        }
    }

    fn redraw(&self, state: &State, news: Option<&str>) {
        let Resources { cost, calls, tokens, .. } = state.so_far;
        let doing = news.or(state.open.last().map(|(_, what)| what.as_str())).unwrap_or("");
        let ceiling = &state.ceiling;
        self.bar.set_message(format!(
            "{} of {}, {} of {}, {} of {}  {}",
            show_count(calls),
            counted(ceiling.calls, "call", "calls"),
            show_count(tokens),
            counted(ceiling.tokens, "token", "tokens"),
            exactly(cost),
            Dimension::Cost.show(ceiling.cost.nanos()),
            legible(doing),
        ));
    }
}

impl Observer for Teller {
    fn notice(&self, notice: &Notice<'_>) {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        match notice {
            Notice::Started { flow, ceiling, .. } => {
                state.ceiling = **ceiling;
                self.line(&format!("{flow}: at most {}, {}", ceiling.cost, counted(ceiling.calls, "call", "calls")));
            }
            Notice::Held { attempt, step, model, so_far, .. } => {
                state.so_far = **so_far;
                state.open.push(((*attempt).to_owned(), what(step, *model)));
            }
            Notice::Progress { progress, step, .. } => {
                let news = match progress {
                    News::Note(note) => note.clone(),
                    News::Fetched(done, total) => format!("{step}: {} of {} MB", done / 1_000_000, total / 1_000_000),
                    News::Tokens(tokens) => format!("{step}: {}", counted(*tokens, "token", "tokens")),
                };
                if let News::Note(note) = progress {
                    self.line(note);
                }
                self.redraw(&state, Some(&news));
                return;
            }
            Notice::Settled { attempt, step, spent, presumed, fault, so_far } => {
                state.so_far = **so_far;
                let at = state.open.iter().position(|(open, _)| open == attempt);
                let said = at.map_or_else(|| (*step).to_owned(), |at| state.open.remove(at).1);
                self.line(&ended(&said, spent, *presumed, *fault));
            }
            Notice::Alert { text } => self.warn(text),
            Notice::Ended { .. } => {}
        }
        self.redraw(&state, None);
    }
}

fn what(step: &str, model: Option<&str>) -> String {
    model.map_or_else(|| step.to_owned(), |model| format!("{step} at {model}"))
}

fn ended(
    said: &str,
    spent: &Resources,
    presumed: bool,
    fault: Option<(flow_compiler::program::Reason, &str)>,
) -> String {
    let mut line = format!("{said}: {}", exactly(spent.cost));
    if presumed {
        line.push_str(" presumed");
    }
    if spent.tokens > 0 {
        line.push_str(&format!(", {} in, {} out", counted(spent.input, "token", "tokens"), show_count(spent.output)));
    }
    if let Some((reason, detail)) = fault {
        line.push_str(&format!(", {}: {detail}", reason.name()));
    }
    line
}
