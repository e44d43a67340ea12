//! Models, tools and networks that do not play fair: they fill every cap, call every tool, answer badly, hang, bill and vanish.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use flow_compiler::cost::Usage;
use flow_compiler::plan::Plan;
use flow_compiler::program::{Reason, TextSize};
use flow_compiler::tokens::{Counter, cut_to};
use flow_runtime::budget::Hold;
use flow_runtime::execution::{Asked, Waiting};
use flow_runtime::ledger::Decision;
use flow_runtime::people::People;
use flow_runtime::provider::{
    Answer, Charge, EmbedRequest, Embedded, Fault, Finish, Output, Progress, Provider, Remedy, Request, ToolCall,
};
use flow_runtime::tool::{ToolCharge, ToolFault, ToolHost, ToolRequest};
use flow_tests::flows::Chance;
use futures_util::future::BoxFuture;
use serde_json::{Value as Json, json};

use super::values::{Fill, Values};

/// How an adversary chooses.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Mood {
    /// Anything that can happen.
    Random,
    /// As dear as it can be: full, slow, billed, and never content.
    Greedy,
    /// Anything, and usage above what was sent and allowed.
    Lying,
}

/// Plays everybody.
pub(super) struct Adversary {
    plan: Arc<Plan>,
    mood: Mood,
    /// Once in so many times something fails.
    harsh: u64,
    chance: Mutex<Chance>,
    /// How many attempts and calls there were.
    pub(super) met: Mutex<u64>,
}

impl Adversary {
    pub(super) fn new(plan: &Arc<Plan>, mood: Mood, seed: u64) -> Adversary {
        let mut chance = Chance::new(seed);
        let harsh = *chance.one(&[3, 8, 30, 200]);
        Adversary { plan: Arc::clone(plan), mood, harsh, chance: Mutex::new(chance), met: Mutex::new(0) }
    }

    fn choose<T>(&self, choose: impl FnOnce(&mut Chance, &Values<'_>) -> T) -> T {
        let mut chance = self.chance.lock().unwrap_or_else(PoisonError::into_inner);
        choose(&mut chance, &Values::new(&self.plan))
    }

    fn below(&self, most: u64) -> u64 {
        self.choose(|chance, _| chance.below(most))
    }

    fn fails(&self) -> bool {
        self.below(self.harsh) == 0
    }

    fn fill(&self) -> Fill {
        match (self.mood, self.below(5)) {
            (Mood::Greedy, 0..=3) | (_, 0 | 1) => Fill::Full,
            (_, 4) if self.fails() => Fill::Bad,
            _ => Fill::Any,
        }
    }

    /// What is reported: nothing, less than was held, all of it, in every bucket; or more.
    fn usage(&self, input: u64, output: u64) -> Option<Usage> {
        let (input, output) = match self.mood {
            Mood::Lying if self.below(3) == 0 => (input.saturating_mul(2) + 1, output.saturating_mul(3) + 1),
            Mood::Lying if self.below(9) == 0 => (u64::MAX, u64::MAX),
            Mood::Random | Mood::Greedy | Mood::Lying => (input, output),
        };
        let part = |most: u64| if most == u64::MAX { most } else { self.below(most + 1) };
        match self.below(6) {
            0 => None,
            1 => Some(Usage::default()),
            2 => Some(Usage { input_fresh: part(input), output_text: part(output), ..Usage::default() }),
            3 => {
                let (read, said) = (part(input), part(output));
                let written = part(input - read);
                Some(Usage {
                    input_fresh: input - read - written,
                    cache_read: read,
                    cache_write: written,
                    output_text: said,
                    output_reasoning: output - said,
                })
            }
            4 => Some(Usage { cache_write: input, output_reasoning: output, ..Usage::default() }),
            _ => Some(Usage { input_fresh: input, output_text: output, ..Usage::default() }),
        }
    }

    /// Up to the timeout, at it, behind it.
    async fn delay(&self, timeout: Duration) {
        *self.met.lock().unwrap_or_else(PoisonError::into_inner) += 1;
        let part = match self.below(6) {
            0 if self.fails() => timeout + Duration::from_secs(1),
            0 | 1 if self.fails() => timeout,
            1 | 2 => timeout.saturating_sub(Duration::from_millis(1)),
            3 if self.mood != Mood::Greedy => Duration::ZERO,
            part => timeout * u32::try_from(part).unwrap_or(1) / 6,
        };
        tokio::time::sleep(part).await;
    }

    fn fault(&self, usage: Option<Usage>) -> Fault {
        let charge = match (self.below(4), usage) {
            (0, _) if self.mood != Mood::Greedy => Charge::Nothing,
            (1, Some(usage)) => Charge::Reported(usage),
            _ => Charge::InDoubt,
        };
        let remedy = match self.below(7) {
            0 => Remedy::Fallback,
            1 if self.mood != Mood::Greedy => Remedy::Stop,
            2 => Remedy::Retry { after: Some(Duration::from_millis(self.below(9000))) },
            _ => Remedy::Retry { after: None },
        };
        const REASONS: [Reason; 11] = [
            Reason::Timeout,
            Reason::Unavailable,
            Reason::Timeout,
            Reason::Unavailable,
            Reason::Invalid,
            Reason::Refused,
            Reason::Truncated,
            Reason::TooLong,
            Reason::Exhausted,
            Reason::ToolFailed,
            Reason::Unknown,
        ];
        let reason = self.choose(|chance, _| *chance.one(&REASONS));
        Fault { reason, detail: "as chosen".into(), charge, remedy }
    }

    /// Calls of tools, and what is left of the answer's cap.
    fn calls(&self, request: &Request) -> (Vec<ToolCall>, u64) {
        let count = match (request.tools.is_empty(), self.mood) {
            (true, _) => self.below(8) / 7,
            (false, Mood::Greedy) => 1 + self.below(4),
            (false, _) => self.below(5),
        };
        let call = |number| {
            let tool = self.choose(|chance, _| chance.any(&request.tools).cloned());
            let name = tool.as_ref().map_or("none".to_owned(), |tool| tool.name.clone());
            // Also tools that are not offered any more, and arguments that are none.
            let name = match self.below(9) {
                0 => "tool0".to_owned(),
                1 => "nobody".to_owned(),
                _ => name,
            };
            let params = tool.map_or(Vec::new(), |tool| tool.params);
            let arguments = match self.below(7) {
                0 => "{".to_owned(),
                1 => String::new(),
                _ => {
                    let fill = self.fill();
                    let value = |param: &flow_compiler::program::Param| {
                        (param.name.clone(), self.choose(|chance, values| values.value(chance, &param.ty, fill)))
                    };
                    Json::Object(params.iter().map(value).collect()).to_string()
                }
            };
            ToolCall { id: format!("c{number}"), name, arguments }
        };
        // What a model asks for is part of its answer, and only a liar writes more than it may.
        let counter = Counter::of(&request.model.tokenizer);
        let mut left = if self.mood == Mood::Lying { u64::MAX } else { request.max_output };
        let mut fits = |call: &ToolCall| {
            let size = counter.count(&call.name).saturating_add(counter.count(&call.arguments));
            let fits = size <= left;
            left = left.saturating_sub(size);
            fits
        };
        let calls: Vec<ToolCall> = (0..count).map(call).filter(|call| fits(call)).collect();
        (calls, left)
    }

    fn text(&self, request: &Request) -> String {
        let fill = self.fill();
        let cap = request.max_output;
        let whole = TextSize { tokens: cap, chars: cap.saturating_mul(4), bytes: cap.saturating_mul(6) };
        match &request.output {
            Output::Text => {
                let size = if self.below(3) == 0 { whole } else { self.declared(&request.step).unwrap_or(whole) };
                self.choose(|chance, values| values.text(chance, &size, fill))
            }
            Output::Json { ty, .. } => match (fill, self.below(4)) {
                (Fill::Bad, 0) => self.choose(|chance, values| values.text(chance, &whole, fill)),
                (Fill::Any, 0) => {
                    let json = self.choose(|chance, values| values.value(chance, ty, fill));
                    format!("Here you are:\n```json\n{json}\n```\nAnything else?")
                }
                _ => self.choose(|chance, values| values.value(chance, ty, fill)).to_string(),
            },
        }
    }

    /// The size of the text that a step answers.
    fn declared(&self, step: &str) -> Option<TextSize> {
        let step = self.plan.program.steps.iter().find(|declared| declared.name == step)?;
        if let flow_compiler::program::Ty::Text(size) = &step.result { Some(*size) } else { None }
    }
}

impl Provider for Adversary {
    fn complete<'a>(
        &'a self,
        _: &'a Hold,
        request: &'a Request,
        _: &'a (dyn Fn(Progress) + Send + Sync),
    ) -> BoxFuture<'a, Result<Answer, Fault>> {
        Box::pin(async move {
            self.delay(request.timeout).await;
            let usage = self.usage(request.input_tokens(), request.max_output);
            if self.fails() {
                return Err(self.fault(usage));
            }
            let finish = match (self.fails(), self.below(3)) {
                (true, 0) => Finish::Refused,
                (true, 1) => Finish::Length,
                (_, 2) => Finish::Tools,
                (true | false, _) => Finish::Stop,
            };
            let (calls, left) = self.calls(request);
            let mut text = self.text(request);
            if !calls.is_empty() && self.mood != Mood::Lying {
                let cut = cut_to(&text, left, &[Counter::of(&request.model.tokenizer)]).len();
                text.truncate(cut);
            }
            Ok(Answer { calls, text, finish, usage, model: None })
        })
    }

    fn embed<'a>(&'a self, _: &'a Hold, request: &'a EmbedRequest) -> BoxFuture<'a, Result<Embedded, Fault>> {
        Box::pin(async move {
            self.delay(request.timeout).await;
            let texts: Vec<&str> = request.texts.iter().map(String::as_str).collect();
            let usage = self.usage(flow_compiler::tokens::request::count_embedding(&request.model, &texts), 0);
            if self.fails() {
                return Err(self.fault(usage));
            }
            let count = if self.fails() { self.below(9) } else { request.texts.len() as u64 };
            let vector = |_| vec![1.0, if self.below(2) == 0 { 0.0 } else { 1.0 }];
            Ok(Embedded { vectors: (0..count).map(vector).collect(), usage })
        })
    }
}

impl People for Adversary {
    /// At any moment until the last one, and too late.
    fn ask(&self, waiting: &Waiting) -> Option<(Duration, Decision)> {
        let within = Duration::from_millis(waiting.within_ms);
        let after = match self.below(4) {
            0 if self.fails() => within + Duration::from_secs(1),
            0 => Duration::ZERO,
            1 => within / 2,
            _ => within,
        };
        let fill = if self.mood == Mood::Greedy { Fill::Full } else { Fill::Any };
        let decision = match &waiting.asked {
            Asked::Approval { .. } if self.fails() => Decision::Denied,
            Asked::Approval { .. } => Decision::Approved,
            Asked::Question { ty, .. } => {
                Decision::Answered(self.choose(|chance, values| values.value(chance, ty, fill)))
            }
        };
        Some((after, decision))
    }
}

impl ToolHost for Adversary {
    fn call<'a>(&'a self, _: &'a Hold, call: &'a ToolRequest) -> BoxFuture<'a, Result<Json, ToolFault>> {
        Box::pin(async move {
            self.delay(call.timeout).await;
            match (self.fails(), self.below(9)) {
                (true, _) => {
                    let charge = if self.below(3) == 0 { ToolCharge::Nothing } else { ToolCharge::InDoubt };
                    Err(ToolFault { detail: "as chosen".into(), timed_out: self.below(2) == 0, charge })
                }
                (_, 0) => Ok(json!("x".repeat(5000))),
                (false, _) => {
                    let fill = self.fill();
                    Ok(self.choose(|chance, values| values.value(chance, &call.tool.result, fill)))
                }
            }
        })
    }
}
