//! The one thread that writes. In: entries, in the order in which they were given. Out: transactions with all that have
//! come together meanwhile, so that parallel attempts wait for one flush of the disk.

use std::sync::mpsc::{Receiver, Sender, channel};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use futures_util::future::BoxFuture;
use tokio::sync::oneshot;

use super::database::{Database, DatabaseError};
use super::faults::{Moment, pass};
use super::location::Location;
use super::write::{Answer, Hand};
use super::{BookError, Entry, Written, mutant, owner};

/// The largest number of entries in one transaction.
const BATCH: usize = 512;

/// How long a server that went away is waited for, before what was to be written counts as not written.
const PATIENCE: Duration = Duration::from_secs(30);

/// How long until a server that went away is asked again.
const PAUSE: Duration = Duration::from_millis(250);

/// The hand that writes.
#[derive(Debug)]
pub(super) struct Writer {
    entries: Option<Sender<Order>>,
    thread: Option<JoinHandle<()>>,
}

struct Order {
    entry: Entry,
    done: Option<oneshot::Sender<Result<Written, BookError>>>,
}

impl Writer {
    /// Starts the thread on a connection to the ledger at a place.
    pub(super) fn start(database: Database, at: Location, owner: String) -> std::io::Result<Writer> {
        let (entries, orders) = channel();
        let hand = Hand::new(owner);
        let body = mutant::inherited(move || Loop { database, at, hand, orders, failed: None }.run());
        let thread = std::thread::Builder::new().name("ledger".into()).spawn(body)?;
        Ok(Writer { entries: Some(entries), thread: Some(thread) })
    }

    pub(super) fn write(&self, entry: Entry) {
        if let Some(entries) = &self.entries {
            // Where the thread has ended, every durable write says so, and nothing is sent any more.
            let _ = entries.send(Order { entry, done: None });
        }
    }

    pub(super) fn write_durably(&self, entry: Entry) -> BoxFuture<'static, Result<Written, BookError>> {
        let (done, written) = oneshot::channel();
        let sent = self.entries.as_ref().is_some_and(|all| all.send(Order { entry, done: Some(done) }).is_ok());
        Box::pin(async move {
            let ended = || BookError::Failed("its writer has ended".into());
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
    database: Database,
    at: Location,
    hand: Hand,
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
        let answers = match self.persist(&batch) {
            Ok(answers) => answers.into_iter().map(|answer| answer.map_err(BookError::Over)).collect(),
            // One entry of many cannot be written: each gets a transaction of its own, so that the others are.
            Err(error) if batch.len() > 1 && !error.is_disconnected() => {
                return batch.into_iter().for_each(|order| self.commit(vec![order]));
            }
            Err(error) => vec![Err(BookError::Failed(error.to_string())); batch.len()],
        };
        for (order, result) in batch.into_iter().zip::<Vec<_>>(answers) {
            if matches!(result, Err(BookError::Failed(_))) {
                self.hand.lost(&order.entry);
            }
            match order.done {
                Some(done) => {
                    let earlier = self.failed.take().map_or(Ok(()), Err);
                    // Whoever waited may be gone; the entry is written either way.
                    let _ = done.send(earlier.and(result));
                }
                None => {
                    if let Err(error) = result {
                        self.failed = Some(error);
                    }
                }
            }
        }
    }

    /// Writes entries as one transaction; by another connection where the server went away in the middle of it.
    fn persist(&mut self, batch: &[Order]) -> Result<Vec<Answer>, DatabaseError> {
        let mut written = self.try_commit(batch);
        let given_up = Instant::now() + PATIENCE;
        while let Err(error) = &written
            && error.is_disconnected()
            && Instant::now() < given_up
        {
            pause();
            // INVARIANT I-4: nobody knows whether the server kept what it was told last. What is there already is not written again.
            written = self.reconnect().and_then(|()| self.try_commit(batch));
        }
        written
    }

    fn reconnect(&mut self) -> Result<(), DatabaseError> {
        // INVARIANT I-19: nothing is written by a connection that does not say that its owner lives.
        let mut database = Database::open(&self.at)?;
        owner::live(&mut database, self.hand.owner())?;
        self.database = database;
        self.hand.is_new();
        Ok(())
    }

    fn try_commit(&mut self, batch: &[Order]) -> Result<Vec<Answer>, DatabaseError> {
        let hand = &mut self.hand;
        let written: Result<Vec<Answer>, DatabaseError> =
            self.database.atomically(|database| batch.iter().map(|order| hand.apply(database, &order.entry)).collect());
        if written.is_ok() {
            batch.iter().for_each(|order| pass(&order.entry, Moment::Durable));
        }
        written
    }
}

#[expect(clippy::disallowed_methods, reason = "the thread is the writer's own, and has nothing else to do")]
fn pause() {
    std::thread::sleep(PAUSE);
}
