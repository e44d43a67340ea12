//! Everybody outside of a run, playing a script. In: who asks, by its address. Out: what the script has for it: answers that are
//! billed in full, failures after all they can take.

use std::collections::{HashMap, VecDeque};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use flow_compiler::cost::{Dimension, Money, Price, Usage};
use flow_compiler::plan::Plan;
use flow_compiler::program::{Reason, Slot, ToolId, Ty};
use futures_util::future::BoxFuture;
use serde_json::{Map, Value as Json};

use super::largest::Largest;
use super::rehearse::{Act, Address, Planned};
use crate::budget::Hold;
use crate::execution::{Asked, Waiting};
use crate::ledger::Decision;
use crate::people::People;
use crate::provider::{
    Answer, Charge, EmbedRequest, Embedded, Fault, Finish, Output, Progress, Provider, Remedy, Request, ToolCall,
};
use crate::tool::{ToolCharge, ToolFault, ToolHost, ToolRequest};
use crate::value::{Sizer, Value, shown, to_json};

/// Plays everybody.
pub(super) struct Player {
    plan: Arc<Plan>,
    dimension: Dimension,
    values: HashMap<Slot, Value>,
    acts: Mutex<HashMap<Address, VecDeque<Planned>>>,
    /// Who asked for something that the script has nothing for.
    strays: Mutex<Vec<String>>,
}

impl Player {
    pub(super) fn new(
        plan: &Arc<Plan>,
        dimension: Dimension,
        values: HashMap<Slot, Value>,
        acts: HashMap<Address, VecDeque<Planned>>,
    ) -> Player {
        Player { plan: Arc::clone(plan), dimension, values, acts: Mutex::new(acts), strays: Mutex::default() }
    }

    /// What was asked for and not in the script, and what is in the script and was never asked for.
    pub(super) fn differences(&self) -> Vec<String> {
        let mut all = self.strays.lock().unwrap_or_else(PoisonError::into_inner).clone();
        let left: usize = self.acts.lock().unwrap_or_else(PoisonError::into_inner).values().map(VecDeque::len).sum();
        if left > 0 {
            all.push(format!("{left} of the calls of the script were not made"));
        }
        all
    }

    fn next(&self, hold: &Hold, who: &str) -> Planned {
        self.at(hold.address(), who)
    }

    fn at(&self, address: &crate::execution::Address, who: &str) -> Planned {
        let mut acts = self.acts.lock().unwrap_or_else(PoisonError::into_inner);
        let found = acts.get_mut(&address.keys()).and_then(VecDeque::pop_front);
        found.unwrap_or_else(|| {
            let said = format!("`{who}` was called, and the script has nothing for it");
            self.strays.lock().unwrap_or_else(PoisonError::into_inner).push(said);
            Planned { act: Act::Fails, is_last: false }
        })
    }

    /// All of the time where time is what counts, and where everything else has to come first; none otherwise.
    async fn take(&self, planned: &Planned, timeout: Duration) {
        let time = if self.dimension == Dimension::Time || planned.is_last { timeout } else { Duration::ZERO };
        tokio::time::sleep(time).await;
    }

    fn value(&self, slot: Slot) -> Value {
        self.values.get(&slot).cloned().unwrap_or(Value::Null)
    }

    fn json(&self, slot: Slot) -> Json {
        to_json(&self.value(slot), &self.plan.program.types)
    }

    /// Something that is not of the type, as long as it can be sent again.
    fn miss(&self, request: &Request) -> String {
        let declared = self.plan.program.steps.iter().find(|step| step.name == request.step);
        let over = match declared.map(|step| &step.result) {
            Some(Ty::Text(size)) => size.bytes.saturating_add(1),
            _ => 0,
        };
        filler(request.max_output.saturating_mul(8).max(over))
    }

    fn calls(&self, calls: &[(ToolId, Option<Vec<Slot>>)]) -> Vec<ToolCall> {
        let call = |(index, (id, args)): (usize, &(ToolId, Option<Vec<Slot>>))| {
            let tool = self.plan.program.tools.get(id.index())?;
            let arguments = args.as_ref().map_or_else(String::new, |args| {
                let args = tool.params.iter().zip(args).map(|(param, arg)| (param.name.clone(), self.json(*arg)));
                Json::Object(args.collect::<Map<String, Json>>()).to_string()
            });
            Some(ToolCall { id: format!("c{index}"), name: tool.name.clone(), arguments })
        };
        calls.iter().enumerate().filter_map(call).collect()
    }
}

/// So many bytes of text that no type takes for a value.
fn filler(bytes: u64) -> String {
    const MOST: u64 = 1 << 22;
    "~".repeat(usize::try_from(bytes.min(MOST)).unwrap_or(0))
}

/// A report of all that was held, in the dearest way; none where no report comes to what was held, so that it is presumed.
fn billed(price: &Price, held: Money, input: u64, output: u64) -> Option<Usage> {
    let whole = Usage { output_text: output, ..Usage::default() };
    let ways = [
        Usage { input_fresh: input, ..whole },
        Usage { cache_write: input, ..whole },
        Usage { cache_read: input, ..whole },
    ];
    ways.into_iter().find(|usage| price.settle(usage) == Some(held))
}

fn fault(remedy: Remedy) -> Fault {
    Fault { reason: Reason::Timeout, detail: "as the script has it".into(), charge: Charge::InDoubt, remedy }
}

impl Provider for Player {
    fn complete<'a>(
        &'a self,
        hold: &'a Hold,
        request: &'a Request,
        _: &'a (dyn Fn(Progress) + Send + Sync),
    ) -> BoxFuture<'a, Result<Answer, Fault>> {
        Box::pin(async move {
            let planned = self.next(hold, &request.step);
            self.take(&planned, request.timeout).await;
            let held = hold.reserved();
            let usage = billed(&request.model.price, held.cost, held.input, held.output);
            let answer = |text, calls, finish| Ok(Answer { text, calls, finish, usage, model: None });
            match &planned.act {
                Act::Gives(slot) => {
                    let text = match &request.output {
                        Output::Text => shown(&self.value(*slot), &self.plan.program.types),
                        Output::Json { .. } => self.json(*slot).to_string(),
                    };
                    answer(text, Vec::new(), Finish::Stop)
                }
                Act::Misses => answer(self.miss(request), Vec::new(), Finish::Stop),
                Act::Calls(calls) => {
                    answer(filler(request.max_output.saturating_mul(8)), self.calls(calls), Finish::Tools)
                }
                Act::Fails => Err(fault(Remedy::Fallback)),
                Act::FailsForNow => Err(fault(Remedy::Retry { after: None })),
            }
        })
    }

    fn embed<'a>(&'a self, hold: &'a Hold, request: &'a EmbedRequest) -> BoxFuture<'a, Result<Embedded, Fault>> {
        Box::pin(async move {
            let planned = self.next(hold, &request.step);
            self.take(&planned, request.timeout).await;
            let Act::Gives(slot) = planned.act else { return Err(fault(Remedy::Fallback)) };
            let held = hold.reserved();
            let usage = billed(&request.model.price, held.cost, held.input, 0);
            let vectors = match self.value(slot) {
                Value::Variant(_, chosen, _) => {
                    let axes = request.labels.len();
                    let chosen = usize::try_from(chosen).unwrap_or(0);
                    let axis =
                        |at: usize| (0..axes).map(|axis| if axis == at { 1.0 } else { 0.0 }).collect::<Vec<f32>>();
                    std::iter::once(axis(chosen)).chain((0..axes).map(axis)).collect()
                }
                Value::Vector(vector) => vec![vector.to_vec(); request.texts.len()],
                Value::Null
                | Value::Bool(_)
                | Value::Int(_)
                | Value::Usd(_)
                | Value::Score(_)
                | Value::Text(_)
                | Value::Json(_)
                | Value::List(_)
                | Value::Record(..) => Vec::new(),
            };
            Ok(Embedded { vectors, usage })
        })
    }
}

impl ToolHost for Player {
    fn call<'a>(&'a self, hold: &'a Hold, call: &'a ToolRequest) -> BoxFuture<'a, Result<Json, ToolFault>> {
        Box::pin(async move {
            let planned = self.next(hold, &call.tool.name);
            self.take(&planned, call.timeout).await;
            match planned.act {
                Act::Gives(slot) => Ok(self.json(slot)),
                Act::Misses | Act::Calls(_) | Act::Fails | Act::FailsForNow => {
                    let detail = "as the script has it".to_owned();
                    Err(ToolFault { detail, timed_out: true, charge: ToolCharge::InDoubt })
                }
            }
        })
    }
}

impl People for Player {
    /// A call is approved, a question answered as the script has it, both at the last moment.
    fn ask(&self, waiting: &Waiting) -> Option<(Duration, Decision)> {
        let within = Duration::from_millis(waiting.within_ms);
        Some(match &waiting.asked {
            Asked::Approval { .. } => (within, Decision::Approved),
            Asked::Question { .. } => match self.at(&waiting.address, &waiting.role).act {
                Act::Gives(slot) => (within, Decision::Answered(self.json(slot))),
                Act::Misses | Act::Calls(_) | Act::Fails | Act::FailsForNow => (within, Decision::Expired),
            },
        })
    }
}

/// The input of a flow, by parameter.
pub(super) fn input(
    plan: &Plan,
    flow: flow_compiler::program::FlowId,
    slots: &[Slot],
    values: &HashMap<Slot, Value>,
) -> Json {
    let sizer = Sizer::of(&plan.program);
    let largest = Largest { types: &plan.program.types, sizer: &sizer };
    let params = plan.program.flows.get(flow.index()).map_or(&[][..], |flow| &flow.params);
    let value = |(param, slot): (&flow_compiler::program::Param, &Slot)| {
        let value = values.get(slot).cloned().unwrap_or_else(|| largest.value(&param.ty));
        (param.name.clone(), to_json(&value, &plan.program.types))
    };
    Json::Object(params.iter().zip(slots).map(value).collect())
}
