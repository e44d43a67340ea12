//! The one thread that writes. In: entries, in the order in which they were given. Out: transactions with all that have
//! come together meanwhile, so that parallel attempts wait for one flush of the disk.

use std::sync::mpsc::{Receiver, Sender, channel};
use std::thread::JoinHandle;

use flow_compiler::cost::Usage;
use futures_util::future::BoxFuture;
use rusqlite::{Connection, Transaction, TransactionBehavior, params};
use tokio::sync::oneshot;

use super::{BookError, Ended, Entry, Held, Incident, Opened, Record, Settlement};

/// The largest number of entries in one transaction.
const BATCH: usize = 512;

/// The hand that writes.
#[derive(Debug)]
pub(super) struct Writer {
    entries: Option<Sender<Order>>,
    thread: Option<JoinHandle<()>>,
}

struct Order {
    entry: Entry,
    done: Option<oneshot::Sender<Result<(), BookError>>>,
}

impl Writer {
    /// Starts the thread on a connection.
    pub(super) fn start(connection: Connection, owner: String) -> std::io::Result<Writer> {
        let (entries, orders) = channel();
        let body = move || Loop { connection, owner, orders, failed: None }.run();
        let thread = std::thread::Builder::new().name("ledger".into()).spawn(body)?;
        Ok(Writer { entries: Some(entries), thread: Some(thread) })
    }

    pub(super) fn write(&self, entry: Entry) {
        if let Some(entries) = &self.entries {
            // Where the thread has ended, every durable write says so, and nothing is sent any more.
            let _ = entries.send(Order { entry, done: None });
        }
    }

    pub(super) fn write_durably(&self, entry: Entry) -> BoxFuture<'static, Result<(), BookError>> {
        let (done, written) = oneshot::channel();
        let sent = self.entries.as_ref().is_some_and(|all| all.send(Order { entry, done: Some(done) }).is_ok());
        Box::pin(async move {
            let ended = || BookError("its writer has ended".into());
            if sent { written.await.unwrap_or_else(|_| Err(ended())) } else { Err(ended()) }
        })
    }
}

impl Drop for Writer {
    fn drop(&mut self) {
        drop(self.entries.take());
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

struct Loop {
    connection: Connection,
    owner: String,
    orders: Receiver<Order>,
    /// Why an entry that nobody waited for was not written. The next that somebody waits for fails with it.
    failed: Option<BookError>,
}

impl Loop {
    fn run(mut self) {
        while let Ok(first) = self.orders.recv() {
            let mut batch = vec![first];
            while batch.len() < BATCH
                && let Ok(next) = self.orders.try_recv()
            {
                batch.push(next);
            }
            self.commit(batch);
        }
    }

    fn commit(&mut self, batch: Vec<Order>) {
        let written = self.try_commit(&batch).map_err(|error| BookError(error.to_string()));
        if written.is_err() && batch.len() > 1 {
            // One entry of many cannot be written: each gets a transaction of its own, so that the others are.
            for order in batch {
                self.commit(vec![order]);
            }
            return;
        }
        for order in batch {
            let result = written.clone();
            match order.done {
                Some(done) => {
                    let earlier = self.failed.take().map_or(Ok(()), Err);
                    // Whoever waited may be gone; the entry is written either way.
                    let _ = done.send(result.and(earlier));
                }
                None => {
                    if let Err(error) = result {
                        self.failed = Some(error);
                    }
                }
            }
        }
    }

    fn try_commit(&mut self, batch: &[Order]) -> rusqlite::Result<()> {
        let transaction = self.connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
        for order in batch {
            apply(&transaction, &self.owner, &order.entry)?;
        }
        transaction.commit()
    }
}

fn apply(on: &Transaction<'_>, owner: &str, entry: &Entry) -> rusqlite::Result<()> {
    match entry {
        Entry::Open(opened) => open(on, owner, opened),
        Entry::Hold(held) => hold(on, held),
        Entry::Settle(settlement) => settle(on, settlement),
        Entry::Record(entry) => record(on, entry),
        Entry::Incident(entry) => incident(on, entry),
        Entry::End(ended) => end(on, ended),
    }
}

fn open(on: &Transaction<'_>, owner: &str, opened: &Opened) -> rusqlite::Result<()> {
    let mut statement = on.prepare_cached(
        "INSERT INTO runs (id, owner, flow, plan, input, bound, ceiling, started_at, scripted, status)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, 'running')",
    )?;
    let (bound, limit) = (json(&opened.bound), json(&opened.limit));
    let input = opened.input.to_string();
    statement.execute(params![
        opened.run,
        owner,
        opened.flow,
        opened.plan,
        input,
        bound,
        limit,
        opened.at_ms,
        opened.scripted
    ])?;
    Ok(())
}

fn hold(on: &Transaction<'_>, held: &Held) -> rusqlite::Result<()> {
    let mut statement = on.prepare_cached(
        "INSERT INTO attempts (id, run, number, state, kind, step, path, model, tier, rung, turn, cause, price,
                               reserved_cost, reserved_input, reserved_output, held_at, left_out)
         VALUES (?1, ?2, ?3, 'held', ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16, ?17)",
    )?;
    // INVARIANT I-26: an amount that does not fit in the ledger is an error of this statement, never a smaller number.
    statement.execute(params![
        held.attempt,
        held.run,
        held.number,
        word(&held.kind),
        held.step,
        held.path,
        held.model,
        held.tier,
        held.rung,
        held.turn,
        word(&held.cause),
        held.price,
        held.reserved.cost.nanos(),
        held.reserved.input,
        held.reserved.output,
        held.at_ms,
        held.left_out,
    ])?;
    if let Some(tool) = &held.tool {
        let mut statement = on.prepare_cached(
            "INSERT INTO tool_calls (attempt, tool, by_model, gate, args) VALUES (?1, ?2, ?3, ?4, ?5)",
        )?;
        statement.execute(params![held.attempt, held.step, tool.by_model, tool.gate, tool.args.to_string()])?;
    }
    Ok(())
}

fn settle(on: &Transaction<'_>, settlement: &Settlement) -> rusqlite::Result<()> {
    // INVARIANT I-4: only a held row changes, so a second settlement does nothing.
    let mut statement = on.prepare_cached(
        "UPDATE attempts SET state = ?2, cost = ?3, calls = ?4, turns = ?5, tools = ?6, input = ?7, output = ?8,
                tokens = ?9, input_fresh = ?10, cache_read = ?11, cache_write = ?12, output_text = ?13,
                output_reasoning = ?14, usage_source = ?15, disposition = ?16, reason = ?17, detail = ?18,
                answered_by = ?19, ended_at = ?20
         WHERE id = ?1 AND state = 'held'",
    )?;
    let (spent, usage) = (&settlement.spent, settlement.usage.as_ref());
    let reported = |bucket: fn(&Usage) -> u64| usage.map(bucket).map(at_most);
    // INVARIANT I-11: what was not reported is NULL, what was reported as zero is 0.
    statement.execute(params![
        settlement.attempt,
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
        settlement.detail,
        settlement.answered_by,
        settlement.at_ms,
    ])?;
    Ok(())
}

/// A number of somebody else for a column. A provider may report what no column holds; a settlement is never lost for that, and
/// the incident has the true number.
fn at_most(number: u64) -> i64 {
    i64::try_from(number).unwrap_or(i64::MAX)
}

fn record(on: &Transaction<'_>, record: &Record) -> rusqlite::Result<()> {
    let mut statement = on.prepare_cached("INSERT INTO journal (run, number, at, event) VALUES (?1, ?2, ?3, ?4)")?;
    statement.execute(params![record.run, record.number, record.at_ms, record.event.to_string()])?;
    Ok(())
}

fn incident(on: &Transaction<'_>, incident: &Incident) -> rusqlite::Result<()> {
    let mut statement =
        on.prepare_cached("INSERT INTO incidents (run, attempt, kind, detail, at) VALUES (?1, ?2, ?3, ?4, ?5)")?;
    statement.execute(params![incident.run, incident.attempt, incident.kind, incident.detail, incident.at_ms])?;
    Ok(())
}

fn end(on: &Transaction<'_>, ended: &Ended) -> rusqlite::Result<()> {
    let mut statement = on.prepare_cached(
        "UPDATE runs SET status = ?2, reason = ?3, spent = ?4, report = ?5, ended_at = ?6
         WHERE id = ?1 AND status = 'running'",
    )?;
    let (spent, report) = (json(&ended.spent), ended.report.to_string());
    statement.execute(params![ended.run, ended.status, ended.reason, spent, report, ended.at_ms])?;
    Ok(())
}

fn json(value: &impl serde::Serialize) -> String {
    serde_json::to_string(value).unwrap_or_default()
}

/// The name of a plain variant, as it is serialised.
fn word(value: &impl serde::Serialize) -> String {
    json(value).trim_matches('"').to_owned()
}
