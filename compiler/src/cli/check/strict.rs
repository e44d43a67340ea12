//! What `--strict` asks of a project beside its bounds.

use flow_compiler::diagnostic::{Diagnostic, code};

use crate::cli::analysis::Analysis;

/// Says which public flows nobody answers for.
pub(super) fn owners(analysis: &mut Analysis) {
    let flows = analysis.report.flows.iter().filter(|flow| flow.public && flow.owner.is_none());
    let said = flows.map(|flow| {
        let message = format!("nobody answers for the public flow `{}`", flow.name);
        Diagnostic::error(code::delivery::E1001, flow.place.span, message)
            .label("no owner")
            .help("name who answers for its spending: `owner \"team\"`, below its budget")
    });
    let said: Vec<Diagnostic> = said.collect();
    analysis.diagnostics.extend(said);
}
