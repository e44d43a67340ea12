//! Many answers at once on one model. In: requests, whenever they come. Out: their tokens, as they are said.
//!
//! One thread owns the sequences. Each of its steps feeds every sequence that is answering and one piece of one prompt,
//! so that a long prompt delays the others by one piece at most. A request whose caller went away leaves at the next step.

use std::sync::Arc;

use tokio::sync::{mpsc, oneshot};

use super::constraint::{Choice, Constraint};
use super::model::{Feed, Model, TokenId};
use super::sequence::Sequence;
use super::tokenizer::Tokenizer;
use super::{ChatResponse, Finish, LocalError, Piece};

/// Sequences that answer at the same time. More gain nothing: the weights are read once a step already.
const MOST_ACTIVE: usize = 16;

/// Tokens that the memories of all active sequences may hold together, unless a single one needs more.
const MOST_ROOM: usize = 32_768;

/// Tokens of a prompt that are fed in one step.
const PIECE: usize = 512;

/// One request, ready to be run.
pub(super) struct Job {
    pub(super) prompt: Vec<TokenId>,
    pub(super) constraint: Option<Constraint>,
    pub(super) most: usize,
    pub(super) pieces: Option<mpsc::UnboundedSender<Piece>>,
    pub(super) reply: oneshot::Sender<Result<ChatResponse, LocalError>>,
}

/// The way to the thread that runs a model. The thread ends when the last of these is dropped.
#[derive(Clone)]
pub(super) struct Engine {
    jobs: mpsc::UnboundedSender<Job>,
}

impl Engine {
    pub(super) fn start(name: &str, model: Arc<Model>, tokenizer: Arc<Tokenizer>) -> Result<Self, LocalError> {
        let (jobs, queue) = mpsc::unbounded_channel();
        let worker = Worker { model, tokenizer, queue, active: Vec::new(), next: None };
        let thread = std::thread::Builder::new().name(format!("flow-{name}")).spawn(move || worker.run());
        thread.map_err(|error| LocalError::Compute { reason: format!("no thread for the model: {error}") })?;
        Ok(Engine { jobs })
    }

    pub(super) fn submit(&self, job: Job) -> Result<(), LocalError> {
        self.jobs.send(job).map_err(|_| LocalError::Stopped)
    }
}

struct Worker {
    model: Arc<Model>,
    tokenizer: Arc<Tokenizer>,
    queue: mpsc::UnboundedReceiver<Job>,
    active: Vec<Answer>,
    /// The job that waits for room: first come, first served.
    next: Option<Job>,
}

impl Worker {
    fn run(mut self) {
        while self.admit() {
            self.active.retain(|answer| !answer.job.reply.is_closed());
            if let Err(error) = self.step() {
                let reason = error.to_string();
                for answer in self.active.drain(..) {
                    answer.fail(LocalError::Compute { reason: reason.clone() });
                }
            }
        }
    }

    /// Takes in what has come, waiting for it if there is nothing else to do. False when nobody can ask any more.
    fn admit(&mut self) -> bool {
        loop {
            let job = match self.next.take() {
                Some(job) => Some(job),
                None if self.active.is_empty() => self.queue.blocking_recv(),
                None => self.queue.try_recv().ok(),
            };
            let Some(job) = job else { return !self.active.is_empty() };
            if job.reply.is_closed() {
                continue;
            }
            if self.is_full(job.room()) {
                self.next = Some(job);
                return true;
            }
            match self.model.sequence(job.room()) {
                Ok(sequence) => self.active.push(Answer::new(job, sequence, &self.tokenizer)),
                Err(error) => drop(job.reply.send(Err(LocalError::Compute { reason: error.to_string() }))),
            }
        }
    }

    fn is_full(&self, room: usize) -> bool {
        let taken: usize = self.active.iter().map(|answer| answer.job.room()).sum();
        !self.active.is_empty() && (self.active.len() >= MOST_ACTIVE || taken + room > MOST_ROOM)
    }

    fn step(&mut self) -> candle_core::Result<()> {
        let mut reading = false;
        let mut fed = Vec::with_capacity(self.active.len());
        let mut feeds: Vec<Feed<'_>> = Vec::with_capacity(self.active.len());
        for (at, answer) in self.active.iter_mut().enumerate() {
            let piece = answer.pending.len().min(PIECE);
            if answer.is_reading() && std::mem::replace(&mut reading, true) {
                continue;
            }
            feeds.push((&mut answer.sequence, &answer.pending[..piece]));
            fed.push((at, piece));
        }
        let logits = self.model.step(&mut feeds)?;
        let mut done = Vec::new();
        for ((at, piece), logits) in fed.into_iter().zip(logits) {
            let answer = &mut self.active[at];
            answer.pending.drain(..piece);
            if answer.pending.is_empty() {
                match answer.hear(&logits, &self.tokenizer) {
                    Ok(None) => {}
                    Ok(Some(finish)) => done.push((at, Ok(finish))),
                    Err(error) => done.push((at, Err(error))),
                }
            }
        }
        for (at, end) in done.into_iter().rev() {
            let answer = self.active.swap_remove(at);
            match end {
                Ok(finish) => answer.finish(finish, &self.tokenizer),
                Err(error) => answer.fail(error),
            }
        }
        Ok(())
    }
}

impl Job {
    /// Tokens that its sequence has to hold.
    fn room(&self) -> usize {
        self.prompt.len() + self.most
    }
}

/// A request that is being answered.
struct Answer {
    job: Job,
    sequence: Sequence,
    /// Tokens that the model has not seen yet: the rest of the prompt, then what was said last.
    pending: Vec<TokenId>,
    said: Vec<TokenId>,
    /// Bytes at the end of what was said that are not a whole character yet, kept back from the stream.
    tail: Vec<u8>,
}

impl Answer {
    fn new(mut job: Job, sequence: Sequence, tokenizer: &Tokenizer) -> Self {
        let mut pending = job.prompt.clone();
        // What the grammar forces at the very start is fed with the prompt.
        let forced = job.constraint.as_mut().map(Constraint::forced).unwrap_or_default();
        let forced: Vec<_> = forced.into_iter().take(job.most).collect();
        pending.extend_from_slice(&forced);
        let mut answer = Answer { job, sequence, pending, said: Vec::new(), tail: Vec::new() };
        answer.say(&forced, tokenizer);
        answer
    }

    fn is_reading(&self) -> bool {
        self.sequence.length() < self.job.prompt.len()
    }

    /// Says the next token, and those that follow without a choice.
    fn hear(&mut self, logits: &[f32], tokenizer: &Tokenizer) -> Result<Option<Finish>, LocalError> {
        let choice = match &mut self.job.constraint {
            Some(constraint) if constraint.is_complete() => Choice::End,
            Some(_) if self.said.len() >= self.job.most => return Ok(Some(Finish::Length)),
            Some(constraint) => constraint.choose(logits)?,
            None => best(logits, tokenizer),
        };
        let Choice::Token(token) = choice else { return Ok(Some(Finish::Stop)) };
        if self.said.len() >= self.job.most {
            return Ok(Some(Finish::Length));
        }
        let mut next = vec![token];
        if let Some(constraint) = &mut self.job.constraint {
            next.extend(constraint.forced());
        }
        next.truncate(self.job.most - self.said.len());
        self.say(&next, tokenizer);
        self.pending = next;
        Ok(self.end())
    }

    /// Whether what was said is an end already, so that the last tokens need not be fed.
    fn end(&mut self) -> Option<Finish> {
        let full = self.said.len() >= self.job.most;
        match &mut self.job.constraint {
            Some(constraint) if constraint.is_complete() => Some(Finish::Stop),
            Some(constraint) if full => Some(if constraint.may_end() { Finish::Stop } else { Finish::Length }),
            // Free text may just have come to its end: the next step tells whether the model would go on.
            Some(_) | None => None,
        }
    }

    fn say(&mut self, tokens: &[TokenId], tokenizer: &Tokenizer) {
        self.said.extend_from_slice(tokens);
        let Some(pieces) = &self.job.pieces else { return };
        if tokens.is_empty() {
            return;
        }
        for token in tokens {
            self.tail.extend_from_slice(tokenizer.bytes(*token));
        }
        let whole = match std::str::from_utf8(&self.tail) {
            Ok(text) => text.len(),
            Err(error) if error.error_len().is_none() => error.valid_up_to(),
            Err(_) => self.tail.len(),
        };
        let text: Vec<u8> = self.tail.drain(..whole).collect();
        // Nobody listening is no reason to stop: the answer itself goes by another way.
        let _ = pieces.send(Piece { text: String::from_utf8_lossy(&text).into_owned(), tokens: tokens.len() });
    }

    fn finish(self, finish: Finish, tokenizer: &Tokenizer) {
        let response = ChatResponse {
            text: tokenizer.decode(&self.said),
            input_tokens: self.job.prompt.len(),
            output_tokens: self.said.len(),
            finish,
        };
        let _ = self.job.reply.send(Ok(response));
    }

    fn fail(self, error: LocalError) {
        let _ = self.job.reply.send(Err(error));
    }
}

/// The token with the highest logit, the first of equals.
fn best(logits: &[f32], tokenizer: &Tokenizer) -> Choice {
    let highest = (0u32..).zip(logits).reduce(|best, next| if next.1 > best.1 { next } else { best });
    match highest {
        Some((token, _)) if !tokenizer.ends(token) => Choice::Token(token),
        Some(_) | None => Choice::End,
    }
}
