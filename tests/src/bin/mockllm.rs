//! `mockllm [PORT] [MODE…]`: the lying provider by hand. It prints where it is, then every line of its books as it is written.

use std::io::Write;
use std::process::ExitCode;
use std::time::Duration;

use flow_tests::mockllm::{MockLlm, Mode, Script};

fn main() -> ExitCode {
    let mut args = std::env::args().skip(1).peekable();
    let port = args.next_if(|word| word.len() > 3 && word.parse::<u16>().is_ok()).and_then(|port| port.parse().ok());
    let modes: Result<Vec<Mode>, String> = args.map(|name| name.parse()).collect();
    let run = modes.and_then(|modes| run(port.unwrap_or(0), modes).map_err(|error| error.to_string()));
    if let Err(error) = run {
        let _ = writeln!(std::io::stderr(), "mockllm: {error}");
        return ExitCode::FAILURE;
    }
    ExitCode::SUCCESS
}

fn run(port: u16, modes: Vec<Mode>) -> std::io::Result<()> {
    let mock = MockLlm::start_at(Script { modes, ..Script::always(Mode::Correct) }, port)?;
    let mut out = std::io::stdout();
    writeln!(out, "{}", mock.base_url())?;
    let timer = tokio::runtime::Builder::new_current_thread().enable_time().build()?;
    let mut shown = 0;
    loop {
        for entry in mock.books().entries.into_iter().skip(shown) {
            shown += 1;
            writeln!(out, "{shown}: {} {} cap {:?} charged {:?}", entry.path, entry.mode, entry.cap, entry.bill)?;
        }
        timer.block_on(async { tokio::time::sleep(Duration::from_millis(200)).await });
    }
}
