//! `flow`: runs flows and tells what they cost.

mod cli;

fn main() -> std::process::ExitCode {
    #[cfg(feature = "local")]
    decode_on_one_thread();
    cli::main()
}

/// The threads that make one token wait for each other by spinning; where the machine has anything else to do, two of them are
/// eight times slower than one (`docs/local-models.md`). Whoever set the variable knows better.
#[cfg(feature = "local")]
#[expect(unsafe_code, reason = "the environment is written before there is a second thread that could read it")]
fn decode_on_one_thread() {
    const VARIABLE: &str = "CANDLE_NUM_THREADS";
    if std::env::var_os(VARIABLE).is_none() {
        // SAFETY: this is the first thing that `main` does, and nothing has started a thread.
        unsafe { std::env::set_var(VARIABLE, "1") };
    }
}
