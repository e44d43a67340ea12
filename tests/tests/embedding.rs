//! What a program sees that embeds flow and reports through miette.

use flow_compiler::diagnostic::render::Colour;
use flow_compiler::diagnostic::report::Reports;
use flow_runtime::error::RunError;
use flow_runtime::ledger::Location;
use miette::{Report, ReportHandler as _, Severity};

/// A host's own function, as such functions are written.
fn host() -> miette::Result<()> {
    Location::server("mysql://somewhere")?;
    Ok(())
}

#[test]
fn embedding_shows_code_and_help_of_an_error_through_miette() {
    let report: Report = host().expect_err("it names no database that flow can use");
    assert_eq!(report.code().map(|code| code.to_string()).as_deref(), Some("E0910"));
    assert_eq!(report.severity(), Some(Severity::Error));
    let help = report.help().map(|help| help.to_string()).expect("it says what to do");
    assert!(help.contains("postgres://"), "{help}");

    let error: &RunError = report.downcast_ref().expect("what failed is still there");
    assert_eq!(error.exit_code(), 64);
    let drawn = std::fmt::from_fn(|f| Reports::new(Colour::Never).debug(error, f)).to_string();
    assert_eq!(drawn, format!("error[E0910]: {error}\n   = help: {help}\n"));
}
