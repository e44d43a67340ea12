//! What happened in a run, event by event. In: events. Out: records, and the same run again by folding over them.

use flow_compiler::plan::Plan;
use flow_compiler::program::FlowId;
use serde_json::Value as Json;

use crate::execution::{Action, Caller, End, Event, Execution};
use crate::ledger::Record;
use crate::value::Value;

/// The version of a record; a reader refuses any other.
pub const VERSION: u64 = 1;

/// An event as a record of a run.
#[must_use]
pub fn record(run: &str, number: u64, event: &Event, at_ms: u64) -> Record {
    let mut json = serde_json::to_value(event).unwrap_or(Json::Null);
    if let Json::Object(fields) = &mut json {
        fields.insert("v".into(), VERSION.into());
    }
    Record { run: run.to_owned(), number, event: json, at_ms }
}

/// The event of a record.
///
/// # Errors
/// Where the record is of another version, or is none.
pub fn event(record: &Json) -> Result<Event, String> {
    let mut record = record.clone();
    let version = record.as_object_mut().and_then(|fields| fields.shift_remove("v"));
    match version.as_ref().and_then(Json::as_u64) {
        Some(VERSION) => serde_json::from_value(record).map_err(|error| error.to_string()),
        Some(other) => Err(format!("a record of version {other}")),
        None => Err("not a record".into()),
    }
}

/// The end of a run, found again by folding over its events. `caller` is what routes saw of who called. `None` where the events
/// stop before the end.
#[must_use]
pub fn replay(
    plan: &Plan,
    flow: FlowId,
    input: Vec<Value>,
    caller: Caller,
    events: impl IntoIterator<Item = Event>,
) -> Option<End> {
    let mut execution = Execution::new(plan, flow, input).called_by(caller);
    events.into_iter().find_map(|event| {
        let ends = execution.on(&event).into_iter().filter_map(|action| match action {
            Action::End(end) => Some(*end),
            Action::Open { .. }
            | Action::Ask(..)
            | Action::Embed(..)
            | Action::Call(..)
            | Action::Count(..)
            | Action::Await(..)
            | Action::Look { .. }
            | Action::Wait { .. } => None,
        });
        ends.last()
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_number_is_read_as_it_was_written_to_its_last_digit() {
        for number in
            [0.1 + 0.2, 1.0 / 3.0, 5e-324, 1.797_693_134_862_315_7e308, 9_007_199_254_740_993.0, 2.071_123_441_5e-7]
        {
            let event = Event::Returned { attempt: 1, result: serde_json::json!({ "number": number }) };
            let text = record("r", 0, &event, 0).event.to_string();
            let read = serde_json::from_str(&text).expect("JSON");
            assert_eq!(super::event(&read), Ok(event), "{text}");
        }
    }
}
