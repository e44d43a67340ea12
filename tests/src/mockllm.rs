//! A model provider that lies, with books that do not. It speaks every protocol on loopback, misbehaves in the way it is
//! told, and writes down what it truly charged for every request: what a run's ledger is compared with.
//!
//! One byte is one token, so nobody's vocabulary matters. It runs on a thread of its own until it is dropped.

mod answer;
mod dialect;
mod http;
mod mode;

use std::net::SocketAddr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread::JoinHandle;
use std::time::Duration;

use serde_json::Value;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::oneshot;
use tokio::task::JoinSet;

pub use self::dialect::Dialect;
pub use self::mode::Mode;

/// How the provider behaves.
#[derive(Clone, Debug)]
pub struct Script {
    /// Of each request in turn; the last one goes on.
    pub modes: Vec<Mode>,
    /// What it answers, as far as the output cap lets it.
    pub answer: String,
    /// What it asks for where it asks for tools: a name and arguments as JSON.
    pub calls: Vec<(String, String)>,
    /// How long it thinks before it answers.
    pub delay: Duration,
}

impl Script {
    /// Always the same behaviour, and a short answer.
    #[must_use]
    pub fn always(mode: Mode) -> Script {
        Script { modes: vec![mode], answer: "fine é".into(), calls: Vec::new(), delay: Duration::ZERO }
    }

    /// The same with another answer.
    #[must_use]
    pub fn answering(self, answer: impl Into<String>) -> Script {
        Script { answer: answer.into(), ..self }
    }

    /// The same, asking for this too wherever it asks for tools.
    #[must_use]
    pub fn calling(mut self, tool: impl Into<String>, arguments: impl Into<String>) -> Script {
        self.calls.push((tool.into(), arguments.into()));
        self
    }
}

/// What one request truly cost, in tokens.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Bill {
    /// Input at the full price.
    pub fresh: u64,
    /// Input from the prompt cache.
    pub cached: u64,
    /// Output, thinking included.
    pub output: u64,
}

/// A line of the books.
#[derive(Clone, Debug)]
pub struct Entry {
    /// How it behaved.
    pub mode: Mode,
    /// What was asked for: `/v1/chat/completions`.
    pub path: String,
    /// The output cap that was sent.
    pub cap: Option<u64>,
    /// What was sent.
    pub body: Value,
    /// What it charged.
    pub bill: Bill,
}

/// Everything that it charged.
#[derive(Clone, Debug, Default)]
pub struct Books {
    /// Every request, in order.
    pub entries: Vec<Entry>,
    /// The most requests that were open at the same time.
    pub most_open: usize,
    open: usize,
}

impl Books {
    /// The sum of all bills.
    #[must_use]
    pub fn total(&self) -> Bill {
        self.entries.iter().fold(Bill::default(), |sum, entry| Bill {
            fresh: sum.fresh + entry.bill.fresh,
            cached: sum.cached + entry.bill.cached,
            output: sum.output + entry.bill.output,
        })
    }
}

/// The running provider.
#[derive(Debug)]
pub struct MockLlm {
    address: SocketAddr,
    books: Arc<Mutex<Books>>,
    stop: Option<oneshot::Sender<()>>,
    thread: Option<JoinHandle<()>>,
}

impl MockLlm {
    /// Starts it on a free port of loopback.
    ///
    /// # Errors
    /// Where no port can be had.
    pub fn start(script: Script) -> std::io::Result<MockLlm> {
        MockLlm::start_at(script, 0)
    }

    /// Starts it on this port of loopback.
    ///
    /// # Errors
    /// Where the port cannot be had.
    pub fn start_at(script: Script, port: u16) -> std::io::Result<MockLlm> {
        let play = move |_: &Value, number: usize| {
            let mode = script.modes.get(number).or(script.modes.last()).copied().unwrap_or(Mode::Correct);
            Script { modes: vec![mode], ..script.clone() }
        };
        MockLlm::playing(play, port)
    }

    /// Starts it on this port of loopback. How it behaves is asked for each request: by its body and its number, from 0.
    ///
    /// # Errors
    /// Where the port cannot be had.
    pub fn playing(
        play: impl Fn(&Value, usize) -> Script + Send + Sync + 'static,
        port: u16,
    ) -> std::io::Result<MockLlm> {
        let listener = std::net::TcpListener::bind(("127.0.0.1", port))?;
        listener.set_nonblocking(true)?;
        let address = listener.local_addr()?;
        let books = Arc::<Mutex<Books>>::default();
        let (stop, stopped) = oneshot::channel();
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
        let desk = Desk { play: Arc::new(play), books: Arc::clone(&books) };
        let thread = std::thread::spawn(move || {
            runtime.block_on(async {
                tokio::select! {
                    biased;
                    _ = stopped => {}
                    () = serve(listener, desk) => {}
                }
            });
        });
        Ok(MockLlm { address, books, stop: Some(stop), thread: Some(thread) })
    }

    /// What a model's `base_url` must be.
    #[must_use]
    pub fn base_url(&self) -> String {
        format!("http://{}/v1", self.address)
    }

    /// The books so far.
    #[must_use]
    pub fn books(&self) -> Books {
        lock(&self.books).clone()
    }
}

impl Drop for MockLlm {
    fn drop(&mut self) {
        drop(self.stop.take());
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

/// How a request is answered, by its body and its number.
type Play = dyn Fn(&Value, usize) -> Script + Send + Sync;

/// What a connection needs to know.
#[derive(Clone)]
struct Desk {
    play: Arc<Play>,
    books: Arc<Mutex<Books>>,
}

impl Desk {
    /// Enters a request into the books and says how to behave.
    fn open(&self, request: &http::Request) -> (Entry, Script) {
        let mut books = lock(&self.books);
        books.open += 1;
        books.most_open = books.most_open.max(books.open);
        let number = books.entries.len();
        let script = (self.play)(&request.body, number);
        let mode = script.modes.first().copied().unwrap_or(Mode::Correct);
        let entry = answer::enter(&script, mode, request);
        books.entries.push(entry.clone());
        (entry, script)
    }

    fn close(&self) {
        lock(&self.books).open -= 1;
    }
}

async fn serve(listener: std::net::TcpListener, desk: Desk) {
    let Ok(listener) = TcpListener::from_std(listener) else { return };
    let mut connections = JoinSet::new();
    while let Ok((stream, _)) = listener.accept().await {
        let _ = stream.set_nodelay(true);
        connections.spawn(attend(stream, desk.clone()));
        while connections.try_join_next().is_some() {}
    }
}

/// Serves one connection until either side ends it.
async fn attend(mut stream: TcpStream, desk: Desk) {
    while let Some(request) = http::read(&mut stream).await {
        let (entry, script) = desk.open(&request);
        tokio::time::sleep(script.delay).await;
        let alive = answer::send(&mut stream, &script, &entry).await;
        desk.close();
        if alive.is_none() {
            return;
        }
    }
}

fn lock(books: &Mutex<Books>) -> MutexGuard<'_, Books> {
    books.lock().unwrap_or_else(PoisonError::into_inner)
}
