//! The terminal: whether to colour, how a usage error ends, and what is said when the program itself is at fault.

use std::io::IsTerminal;

use clap::ValueEnum;
use flow_compiler::diagnostic::render::Colour;

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
    // Where the reader is gone there is nobody left to tell.
    let _ = error.print();
    if error.use_stderr() { exit::USAGE } else { exit::OK }
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
    }));
}

/// Writes to the standard error; where nobody reads it, nothing is lost.
pub(crate) fn say(text: &str) {
    use std::io::Write as _;
    let _ = std::io::stderr().write_all(text.as_bytes());
}

/// Writes a result to the standard output. A reader that left early (`| head`) has what it wanted.
pub(crate) fn print(text: &str) {
    use std::io::Write as _;
    let mut out = std::io::stdout().lock();
    let _ = out.write_all(text.as_bytes()).and_then(|()| out.flush());
}
