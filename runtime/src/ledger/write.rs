//! How an entry becomes rows. In: an entry, inside of a transaction. Out: the rows of the tables.

use std::collections::BTreeSet;

use flow_compiler::cost::Usage;

use super::database::{Database, DatabaseError, Param, params};
use super::faults::{Moment, pass};
use super::mutant::{Mutant, rule};
use super::{
    Awaited, Decided, Decision, Ended, Entry, Held, Incident, Opened, Record, Settlement, Written, claims, limits,
};
use crate::budget::ceiling::Over;

/// What came of an entry: it is written, or a ceiling is in its way.
pub(super) type Answer = Result<Written, Box<Over>>;

/// What one owner writes.
#[derive(Debug)]
pub(super) struct Hand {
    owner: String,
    /// After a connection was lost, the runs that were found to be this owner's still. Before that, all are.
    ours: Option<BTreeSet<String>>,
    /// Runs with an event that could not be written.
    gaps: BTreeSet<String>,
    /// Whether a settlement could not be written.
    has_unsettled: bool,
}

impl Hand {
    /// Writes for an owner.
    pub(super) fn new(owner: String) -> Hand {
        Hand { owner, ours: None, gaps: BTreeSet::new(), has_unsettled: false }
    }

    /// For whom it writes.
    pub(super) fn owner(&self) -> &str {
        &self.owner
    }

    /// The connection is another one: what it was told last may be there or not, and others may have taken the owner for dead.
    pub(super) fn is_new(&mut self) {
        self.ours = Some(BTreeSet::new());
    }

    /// An entry could not be written, and will not be.
    pub(super) fn lost(&mut self, entry: &Entry) {
        match entry {
            Entry::Record(record) => drop(self.gaps.insert(record.run.clone())),
            Entry::Together(all) => all.iter().for_each(|entry| self.lost(entry)),
            Entry::Settle(_) => self.has_unsettled = true,
            Entry::Hold(_)
            | Entry::Open(_)
            | Entry::Incident(_)
            | Entry::End(_)
            | Entry::Wait(_)
            | Entry::Decide(_)
            | Entry::Rest(_)
            | Entry::Look(_) => {}
        }
    }

    /// Writes an entry down.
    pub(super) fn apply(&mut self, on: &mut Database, entry: &Entry) -> Result<Answer, DatabaseError> {
        let together = matches!(entry, Entry::Together(_));
        if !together {
            pass(entry, Moment::Writing);
        }
        let answer = self.write(on, entry);
        if !together {
            pass(entry, Moment::Written);
        }
        answer
    }

    fn write(&mut self, on: &mut Database, entry: &Entry) -> Result<Answer, DatabaseError> {
        match entry {
            Entry::Hold(held) => return self.hold(on, held),
            Entry::Open(opened) => {
                let alerts = self.open(on, opened)?;
                return Ok(Ok(Written { alerts, ..Written::default() }));
            }
            Entry::Settle(settlement) => settle(on, settlement)?,
            Entry::Record(entry) => self.record(on, entry)?,
            Entry::Incident(entry) => self.incident(on, entry)?,
            Entry::End(ended) => self.end(on, ended)?,
            Entry::Wait(awaited) => self.wait(on, awaited)?,
            Entry::Decide(decided) => {
                let before = if decide(on, decided)? == 0 { super::resume::decided(on, decided)? } else { None };
                return Ok(Ok(Written { decided: before, ..Written::default() }));
            }
            Entry::Rest(ended) => self.rest(on, ended)?,
            Entry::Look(looks) => {
                let spent = looks.iter().map(|look| claims::share(on, look)).collect::<Result<_, _>>()?;
                return Ok(Ok(Written { spent, ..Written::default() }));
            }
            // They are in one transaction, as everything is that is written at once. A hold comes first, so that nothing is
            // written where a ceiling is in its way.
            Entry::Together(all) => {
                for entry in all {
                    if let Err(over) = self.apply(on, entry)? {
                        return Ok(Err(over));
                    }
                }
            }
        }
        Ok(Ok(Written::default()))
    }

    /// Whether a row is there already because the connection was lost after it was written.
    fn is_there(&self, on: &mut Database, sql: &str, params: &[Param<'_>]) -> Result<bool, DatabaseError> {
        Ok(self.ours.is_some() && on.row(sql, params)?.is_some())
    }

    /// That nobody took a run over while this owner had no connection.
    fn still_ours(&mut self, on: &mut Database, run: &str) -> Result<(), DatabaseError> {
        let Some(ours) = &mut self.ours else { return Ok(()) };
        if ours.contains(run) {
            return Ok(());
        }
        let sql = "SELECT 1 FROM runs WHERE id = ?1 AND owner = ?2 AND status = 'running'";
        match on.row(sql, params![run, &self.owner])? {
            Some(_) => {
                ours.insert(run.to_owned());
                Ok(())
            }
            None => Err(DatabaseError::TakenOver),
        }
    }

    fn open(&self, on: &mut Database, opened: &Opened) -> Result<Vec<String>, DatabaseError> {
        if self.is_there(on, "SELECT 1 FROM runs WHERE id = ?1", params![&opened.run])? {
            return Ok(Vec::new());
        }
        let (bound, limit) = (json(&opened.bound), json(&opened.limit));
        let (input, caller) = (opened.input.to_string(), json(&opened.caller));
        let row = params![
            &opened.run,
            &self.owner,
            &opened.flow,
            &opened.plan,
            &input,
            &bound,
            &limit,
            opened.at_ms,
            opened.scripted,
            &caller,
            &opened.root,
        ];
        let sql = "INSERT INTO runs (id, owner, flow, plan, input, bound, ceiling, started_at, scripted, caller, root,
                                     status)
                   VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, 'running')";
        on.execute(sql, row)?;
        if let Some(content) = &opened.content {
            let sql = "INSERT INTO plans (digest, content) VALUES (?1, ?2) ON CONFLICT (digest) DO NOTHING";
            on.execute(sql, params![&opened.plan, content.as_ref()])?;
        }
        limits::declare(on, opened)
    }

    fn hold(&mut self, on: &mut Database, held: &Held) -> Result<Answer, DatabaseError> {
        // A call that was only counted is there with its end.
        let counted = "SELECT 1 FROM attempts WHERE id = ?1 AND state = 'released'";
        if self.is_there(on, counted, params![&held.attempt])? {
            return Ok(Ok(Written::default()));
        }
        self.still_ours(on, &held.run)?;
        let there = "SELECT 1 FROM attempts WHERE id = ?1 AND state = 'held'";
        if self.is_there(on, there, params![&held.attempt])? {
            return Ok(Ok(Written::default()));
        }
        let fitting = match claims::fit(on, &held.claims)? {
            Ok(fitting) => fitting,
            Err(over) => return Ok(Err(over)),
        };
        let (kind, cause) = (word(&held.kind), word(&held.cause));
        let row = params![
            &held.attempt,
            &held.run,
            held.number,
            &kind,
            &held.step,
            &held.path,
            &held.model,
            &held.tier,
            held.rung,
            held.turn,
            &cause,
            &held.price,
            held.reserved.cost.nanos(),
            held.reserved.input,
            held.reserved.output,
            held.at_ms,
            held.left_out,
        ];
        let sql =
            "INSERT INTO attempts (id, run, number, state, kind, step, path, model, tier, rung, turn, cause, price,
                                         reserved_cost, reserved_input, reserved_output, held_at, left_out)
                   VALUES (?1, ?2, ?3, 'held', ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16, ?17)";
        // INVARIANT I-26: an amount that does not fit in the ledger is an error of this statement, never a smaller number.
        on.execute(sql, row)?;
        if let Some(tool) = &held.tool {
            let args = tool.args.to_string();
            let row = params![&held.attempt, &held.step, tool.by_model, tool.gate, &args];
            on.execute(
                "INSERT INTO tool_calls (attempt, tool, by_model, gate, args) VALUES (?1, ?2, ?3, ?4, ?5)",
                row,
            )?;
        }
        let mut written = claims::take(on, held, &fitting)?;
        written.alerts.extend(limits::repeated(on, held)?);
        Ok(Ok(written))
    }

    fn record(&mut self, on: &mut Database, record: &Record) -> Result<(), DatabaseError> {
        // INVARIANT I-19: a journal is what happened up to a moment. Nothing follows an event that was lost; the run, which is told at
        // its next durable entry, is resumed from there.
        if self.gaps.contains(&record.run) {
            return Ok(());
        }
        let there = "SELECT 1 FROM journal WHERE run = ?1 AND number = ?2";
        if self.is_there(on, there, params![&record.run, record.number])? {
            return Ok(());
        }
        self.still_ours(on, &record.run)?;
        let event = record.event.to_string();
        let row = params![&record.run, record.number, record.at_ms, &event];
        on.execute("INSERT INTO journal (run, number, at, event) VALUES (?1, ?2, ?3, ?4)", row).map(drop)
    }

    fn wait(&mut self, on: &mut Database, awaited: &Awaited) -> Result<(), DatabaseError> {
        let there = "SELECT 1 FROM waits WHERE run = ?1 AND number = ?2";
        if self.is_there(on, there, params![&awaited.run, awaited.number])? {
            return Ok(());
        }
        self.still_ours(on, &awaited.run)?;
        let Awaited { run, number, path, role, question, since_ms, expires_ms } = awaited;
        let question = json(question);
        let row = params![run, *number, path, role, &question, *since_ms, at_most(*expires_ms)];
        let sql =
            "INSERT INTO waits (run, number, path, role, question, since, expires) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)";
        on.execute(sql, row).map(drop)
    }

    fn incident(&self, on: &mut Database, incident: &Incident) -> Result<(), DatabaseError> {
        let there = "SELECT 1 FROM incidents WHERE attempt = ?1 AND kind = ?2 AND at = ?3";
        if self.is_there(on, there, params![&incident.attempt, incident.kind, incident.at_ms])? {
            return Ok(());
        }
        let row = params![&incident.run, &incident.attempt, incident.kind, &incident.detail, incident.at_ms];
        let sql = "INSERT INTO incidents (run, attempt, kind, detail, at) VALUES (?1, ?2, ?3, ?4, ?5)";
        on.execute(sql, row).map(drop)
    }

    /// Whether nothing of a run was lost on its way here. Else it neither ends nor rests: once this process is gone it is
    /// interrupted, what it held is presumed, and it can be resumed.
    fn is_whole(&self, on: &mut Database, run: &str) -> Result<bool, DatabaseError> {
        if self.gaps.contains(run) {
            return Ok(false);
        }
        let held = "SELECT 1 FROM attempts WHERE run = ?1 AND state = 'held' LIMIT 1";
        Ok(!self.has_unsettled || on.row(held, params![run])?.is_none())
    }

    fn rest(&self, on: &mut Database, ended: &Ended) -> Result<(), DatabaseError> {
        if !self.is_whole(on, &ended.run)? {
            return Ok(());
        }
        let (spent, report) = (json(&ended.spent), ended.report.to_string());
        let row = params![&ended.run, ended.status, &ended.reason, &spent, &report, &self.owner];
        let sql = "UPDATE runs SET status = ?2, reason = ?3, spent = ?4, report = ?5
                   WHERE id = ?1 AND status = 'running' AND owner = ?6";
        on.execute(sql, row).map(drop)
    }

    fn end(&self, on: &mut Database, ended: &Ended) -> Result<(), DatabaseError> {
        if !self.is_whole(on, &ended.run)? {
            return Ok(());
        }
        let (spent, report) = (json(&ended.spent), ended.report.to_string());
        let row = params![&ended.run, ended.status, &ended.reason, &spent, &report, ended.at_ms, &self.owner];
        let sql = "UPDATE runs SET status = ?2, reason = ?3, spent = ?4, report = ?5, ended_at = ?6
                   WHERE id = ?1 AND status = 'running' AND owner = ?7";
        on.execute(sql, row).map(drop)
    }
}

/// Writes a decision down where there is none yet. Gives how many there were to decide: one or none.
pub(super) fn decide(on: &mut Database, decided: &Decided) -> Result<u64, DatabaseError> {
    let value = if let Decision::Answered(value) = &decided.decision { Some(value.to_string()) } else { None };
    let Decided { run, number, decision, by, note, at_ms } = decided;
    let row = params![run, *number, decision.name(), &value, by, note, *at_ms];
    let sql = "UPDATE waits SET decision = ?3, value = ?4, decided_by = ?5, note = ?6, decided_at = ?7
               WHERE run = ?1 AND number = ?2 AND decision IS NULL";
    on.execute(sql, row)
}

fn settle(on: &mut Database, settlement: &Settlement) -> Result<(), DatabaseError> {
    let (spent, usage) = (&settlement.spent, settlement.usage.as_ref());
    let reported = |bucket: fn(&Usage) -> u64| usage.map(bucket).map(at_most);
    // INVARIANT I-11: what was not reported is NULL, what was reported as zero is 0.
    let row = params![
        &settlement.attempt,
        settlement.state.name(),
        at_most(spent.cost.nanos()),
        at_most(spent.calls),
        at_most(spent.turns),
        at_most(spent.tools),
        at_most(spent.input),
        at_most(spent.output),
        at_most(spent.tokens),
        reported(|usage| usage.input_fresh),
        reported(|usage| usage.cache_read),
        reported(|usage| usage.cache_write),
        reported(|usage| usage.output_text),
        reported(|usage| usage.output_reasoning),
        settlement.source.map(super::UsageSource::name),
        settlement.disposition.name(),
        settlement.reason.map(flow_compiler::program::Reason::name),
        &settlement.detail,
        &settlement.answered_by,
        settlement.at_ms,
    ];
    // INVARIANT I-4: only a held row changes, so a second settlement does nothing.
    let sql = "UPDATE attempts SET state = ?2, cost = ?3, calls = ?4, turns = ?5, tools = ?6, input = ?7, output = ?8,
                      tokens = ?9, input_fresh = ?10, cache_read = ?11, cache_write = ?12, output_text = ?13,
                      output_reasoning = ?14, usage_source = ?15, disposition = ?16, reason = ?17, detail = ?18,
                      answered_by = ?19, ended_at = ?20
               WHERE id = ?1 AND state = 'held'";
    let sql = rule(Mutant::SettledAgain, sql, || sql.trim_end_matches(" AND state = 'held'"));
    if on.execute(sql, row)? == 0 {
        return already_settled(on, settlement);
    }
    claims::settle(on, &settlement.attempt, spent)
}

/// INVARIANT I-4: a settlement that changed nothing came a second time. Of a row that is not there it is an error: what the attempt cost
/// is in no sum, so the run must not end as if it were.
fn already_settled(on: &mut Database, settlement: &Settlement) -> Result<(), DatabaseError> {
    let there = on.row("SELECT 1 FROM attempts WHERE id = ?1", params![&settlement.attempt])?;
    match there.is_some() || !settlement.is_held {
        true => Ok(()),
        false => Err(DatabaseError::Unheld(settlement.attempt.clone())),
    }
}

/// A number of somebody else for a column. A provider may report what no column holds; a settlement is never lost for that, and
/// the incident has the true number.
fn at_most(number: u64) -> i64 {
    i64::try_from(number).unwrap_or(i64::MAX)
}

fn json(value: &impl serde::Serialize) -> String {
    serde_json::to_string(value).unwrap_or_default()
}

/// The name of a plain variant, as it is serialised.
fn word(value: &impl serde::Serialize) -> String {
    json(value).trim_matches('"').to_owned()
}
