//! What a run came to, as `flow run --json` prints it: schema `flow.run.v1`.

use flow_compiler::cost::{Money, Resources};
use serde_json::{Map, Value as Json, json};

use crate::execution::Status;
use crate::executor::Finished;
use crate::ledger::Awaited;

/// The report of a run.
#[derive(Clone, Debug, PartialEq)]
pub struct RunReport {
    /// Its id.
    pub run: String,
    /// Its flow.
    pub flow: String,
    /// How it ended.
    pub status: Status,
    /// Its result, where it is done.
    pub result: Option<Json>,
    /// A reason code, or the author's text of `escalate`.
    pub reason: Option<String>,
    /// What happened, where that says more than the reason.
    pub detail: Option<String>,
    /// To whom it is escalated.
    pub to: Option<String>,
    /// What was made before it ended, by name.
    pub partial: Option<Map<String, Json>>,
    /// What it took.
    pub spent: Resources,
    /// What was proved.
    pub bound: Resources,
    /// How much of its cost is presumed.
    pub presumed: Money,
    /// What it waits for, where it rests.
    pub waiting: Vec<Awaited>,
}

impl RunReport {
    /// The schema of [`RunReport::to_json`].
    pub const SCHEMA: &'static str = "flow.run.v1";

    pub(crate) fn new(run: String, flow: String, bound: Resources, finished: Finished) -> RunReport {
        let Finished { end, waiting, spent, presumed } = finished;
        RunReport {
            run,
            flow,
            status: end.status,
            result: end.result,
            reason: end.reason,
            detail: end.detail,
            to: end.to,
            partial: end.partial,
            spent,
            bound,
            presumed,
            waiting,
        }
    }

    /// The report as JSON of its schema.
    #[must_use]
    pub fn to_json(&self) -> Json {
        json!({
            "schema": Self::SCHEMA,
            "run": self.run,
            "flow": self.flow,
            "status": self.status.name(),
            "result": self.result,
            "reason": self.reason,
            "detail": self.detail,
            "to": self.to,
            "partial": self.partial,
            "spent": self.spent,
            "bound": self.bound,
            "presumed": self.presumed,
            "waiting": self.waiting.iter().map(waits).collect::<Vec<_>>(),
        })
    }

    /// The exit code of a program that ran it.
    #[must_use]
    pub fn exit_code(&self) -> u8 {
        match self.status {
            Status::Done => 0,
            Status::Escalated | Status::Waiting => 3,
            Status::Failed => 4,
            Status::Refused => 5,
            Status::Interrupted => 6,
        }
    }
}

/// What a run waits for, as JSON.
#[must_use]
pub fn waits(awaited: &Awaited) -> Json {
    let mut json = json!({
        "run": awaited.run,
        "wait": awaited.number,
        "role": awaited.role,
        "path": awaited.path,
        "since": at(awaited.since_ms),
        "expires": at(awaited.expires_ms),
    });
    if let (Json::Object(fields), Ok(Json::Object(asked))) = (&mut json, serde_json::to_value(&awaited.question)) {
        fields.extend(asked.into_iter().filter(|(name, _)| name != "of"));
    }
    json
}

/// A point in time, to the second.
fn at(ms: u64) -> Option<String> {
    let stamp = jiff::Timestamp::from_millisecond(i64::try_from(ms).ok()?).ok()?;
    Some(stamp.strftime("%Y-%m-%dT%H:%M:%SZ").to_string())
}
