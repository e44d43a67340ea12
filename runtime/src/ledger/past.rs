//! What is known of a run that is to be resumed.

use std::collections::BTreeMap;

use flow_compiler::cost::{Money, Resources};
use serde_json::Value as Json;

use super::{Awaited, Decided, Entry, Held, Settlement, State};
use crate::execution::Caller;

/// A run that another process began.
#[derive(Clone, Debug, PartialEq)]
pub struct Past {
    /// Its id.
    pub run: String,
    /// Its flow.
    pub flow: String,
    /// Its input by parameter.
    pub input: Json,
    /// What is known about its caller.
    pub caller: Caller,
    /// What was proved of its flow.
    pub bound: Resources,
    /// What it may take.
    pub limit: Resources,
    /// Its events with their times, in their order.
    pub events: Vec<(u64, Json)>,
    /// What its attempts and tool calls came to.
    pub attempts: Vec<Lived>,
    /// What it waited or waits for.
    pub waits: Vec<Waited>,
}

/// What an attempt or a tool call came to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Lived {
    /// Its number in the run.
    pub number: u64,
    /// The step, embedding or tool.
    pub step: String,
    /// The state it ended in.
    pub state: State,
    /// What was held.
    pub reserved: Money,
    /// What it took, without time.
    pub spent: Resources,
    /// When it was held, in milliseconds since 1970.
    pub held_at: u64,
    /// When it ended, or was found without its process.
    pub ended_at: u64,
}

/// Something that a run waited or waits for.
#[derive(Clone, Debug, PartialEq)]
pub struct Waited {
    /// What was asked.
    pub asked: Awaited,
    /// What was decided.
    pub decided: Option<Decided>,
}

impl Past {
    /// A run of these entries, whose process ended and left nothing else; what it left held is presumed, as in a ledger. `None`
    /// where it had not begun.
    #[must_use]
    pub fn of(entries: &[Entry], now_ms: u64) -> Option<Past> {
        let mut past: Option<Past> = None;
        let mut held: BTreeMap<String, (Held, Option<Settlement>)> = BTreeMap::new();
        for entry in entries.iter().flat_map(single) {
            match (entry, &mut past) {
                (Entry::Open(opened), _) => {
                    past = Some(Past {
                        run: opened.run.clone(),
                        flow: opened.flow.clone(),
                        input: opened.input.clone(),
                        caller: opened.caller.clone(),
                        bound: opened.bound,
                        limit: opened.limit,
                        events: Vec::new(),
                        attempts: Vec::new(),
                        waits: Vec::new(),
                    });
                }
                (Entry::Hold(row), _) => {
                    held.insert(row.attempt.clone(), (row.as_ref().clone(), None));
                }
                (Entry::Settle(settlement), _) => {
                    if let Some((_, settled @ None)) = held.get_mut(&settlement.attempt) {
                        *settled = Some(settlement.as_ref().clone());
                    }
                }
                (Entry::Record(record), Some(past)) => past.events.push((record.at_ms, record.event.clone())),
                (Entry::Wait(asked), Some(past)) => {
                    past.waits.push(Waited { asked: asked.as_ref().clone(), decided: None });
                }
                (Entry::Decide(decided), Some(past)) => {
                    let mut open = past.waits.iter_mut().filter(|waited| waited.asked.number == decided.number);
                    if let Some(waited) = open.find(|waited| waited.decided.is_none()) {
                        waited.decided = Some(decided.as_ref().clone());
                    }
                }
                (
                    Entry::Record(_)
                    | Entry::Wait(_)
                    | Entry::Decide(_)
                    | Entry::Incident(_)
                    | Entry::Rest(_)
                    | Entry::Look(_)
                    | Entry::End(_)
                    | Entry::Together(_),
                    _,
                ) => {}
            }
        }
        let mut past = past?;
        past.attempts = held.into_values().map(|(held, settled)| lived(&held, settled, now_ms)).collect();
        past.attempts.sort_by_key(|lived| lived.number);
        Some(past)
    }
}

fn single(entry: &Entry) -> Vec<&Entry> {
    if let Entry::Together(all) = entry { all.iter().collect() } else { vec![entry] }
}

fn lived(held: &Held, settled: Option<Settlement>, now_ms: u64) -> Lived {
    let presumed = || Settlement::presumed(&held.attempt, &held.reserved, now_ms, "its process ended");
    let settled = settled.unwrap_or_else(presumed);
    Lived {
        number: held.number,
        step: held.step.clone(),
        state: settled.state,
        reserved: held.reserved.cost,
        spent: settled.spent,
        held_at: held.at_ms,
        ended_at: settled.at_ms,
    }
}
