//! The terminal: whether to colour, how a usage error ends, and what is said when the program itself is at fault.

use std::ffi::OsString;
use std::io::{ErrorKind, IsTerminal};
use std::sync::atomic::{AtomicBool, Ordering};

use clap::ValueEnum;
use flow_compiler::diagnostic::Code;
use flow_compiler::diagnostic::render::Colour;
use serde_json::json;

use super::disk::in_words;
use super::exit;

/// `--color`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub(crate) enum Colours {
    /// On a terminal, unless `NO_COLOR` is set
    #[default]
    Auto,
    /// Always
    Always,
    /// Never
    Never,
}

impl Colours {
    /// Whether what goes to the standard output is coloured.
    pub(crate) fn on_stdout(self) -> bool {
        self.decide(std::io::stdout().is_terminal())
    }

    /// Whether what goes to the standard error is coloured.
    pub(crate) fn on_stderr(self) -> bool {
        self.decide(std::io::stderr().is_terminal())
    }

    /// How diagnostics are drawn on the standard output.
    pub(crate) fn for_stdout(self) -> Colour {
        if self.on_stdout() { Colour::Always } else { Colour::Never }
    }

    /// How diagnostics are drawn on the standard error.
    pub(crate) fn for_stderr(self) -> Colour {
        if self.on_stderr() { Colour::Always } else { Colour::Never }
    }

    fn decide(self, is_terminal: bool) -> bool {
        let refused = || std::env::var_os("NO_COLOR").is_some_and(|value| !value.is_empty());
        let dumb = || std::env::var_os("TERM").is_some_and(|term| term == "dumb");
        match self {
            Colours::Auto => is_terminal && !refused() && !dumb(),
            Colours::Always => true,
            Colours::Never => false,
        }
    }
}

/// Prints what clap has to say. Help and versions are answers; everything else is a usage error.
pub(crate) fn end_with(error: &clap::Error) -> u8 {
    let shown = error.print();
    if !error.use_stderr() {
        written(shown);
        return exit::OK;
    }
    let text = error.to_string();
    let (message, more) = text.split_once("\n\n").unwrap_or((&text, ""));
    let help: Vec<String> =
        more.split("\n\n").map(|part| part.trim().to_owned()).filter(|part| !part.is_empty()).collect();
    print_error(None, message.trim().trim_start_matches("error: "), &help);
    exit::USAGE
}

/// Says calmly that the program failed, and what to send to whom. The place is for us; there is no backtrace.
pub(crate) fn explain_panics(program: &'static str) {
    std::panic::set_hook(Box::new(move |panic| {
        let place = panic.location().map_or_else(String::new, |at| format!(" ({}:{})", at.file(), at.line()));
        let what = panic.payload_as_str().unwrap_or("no reason given");
        let version = env!("CARGO_PKG_VERSION");
        say(&format!(
            "{program} has a fault of its own and stops here. Your files are as they were.\n\
             Please report it with what you ran: {program} {version}, {what}{place}\n"
        ));
        print_error(None, &format!("a fault of {program}: {what}{place}"), &[]);
    }));
}

/// Writes to the standard error; where nobody reads it, nothing is lost.
pub(crate) fn say(text: &str) {
    use std::io::Write as _;
    let _ = std::io::stderr().write_all(text.as_bytes());
}

/// Whether a result could not be written.
static IS_LOST: AtomicBool = AtomicBool::new(false);

/// Writes a result to the standard output. A reader that left early (`| head`) has what it wanted; where it cannot be written
/// for another reason, that is said and the program [ends](ending) so.
pub(crate) fn print(text: &str) {
    use std::io::Write as _;
    let mut out = std::io::stdout().lock();
    written(out.write_all(text.as_bytes()).and_then(|()| out.flush()));
}

fn written(result: std::io::Result<()>) {
    let Err(error) = result else { return };
    if error.kind() != ErrorKind::BrokenPipe && !IS_LOST.swap(true, Ordering::Relaxed) {
        say(&format!("error: the result cannot be written: {}\n", in_words(&error.to_string())));
    }
}

/// The exit code of the program: the one of the command, unless its result could not be written.
pub(crate) fn ending(code: u8) -> u8 {
    if IS_LOST.load(Ordering::Relaxed) { exit::INTERNAL } else { code }
}

/// Whether the command line asks for JSON. It is read as it was typed, because it may be what is wrong.
fn wants_json() -> bool {
    let arguments: Vec<_> = std::env::args_os().collect();
    let is_pair = |pair: &[OsString]| matches!(pair, [key, value] if key == "--format" && value == "json");
    arguments.iter().any(|argument| argument == "--json" || argument == "--format=json")
        || arguments.windows(2).any(is_pair)
}

/// Where JSON was asked for, why there is none, as one object on the standard output: the schema flow.error.v1.
pub(crate) fn print_error(code: Option<Code>, message: &str, help: &[String]) {
    if wants_json() {
        let code = code.map(Code::as_str);
        let object = json!({ "schema": "flow.error.v1", "code": code, "message": message, "help": help });
        print(&format!("{object:#}\n"));
    }
}
