//! `--format junit`: a test suite for each file, a test for what it says and one for each flow's budget.

use std::fmt::Write as _;

use flow_compiler::bound::{FlowReport, Verdict};
use flow_compiler::cost::Dimension;
use flow_compiler::diagnostic::{Diagnostic, code};
use flow_compiler::source::Sources;

use super::Found;

/// The whole document.
pub(super) fn document(found: &[Found], warnings_fail: bool) -> String {
    let suites: Vec<(String, Vec<Case>)> = found.iter().map(|found| suite(found, warnings_fail)).collect();
    let all = suites.iter().flat_map(|(_, cases)| cases);
    let failures = all.clone().filter(|case| case.failure.is_some()).count();
    let mut out = String::from("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n");
    let _ = writeln!(
        out,
        "<testsuites name=\"flowc check\" tests=\"{}\" failures=\"{failures}\" errors=\"0\">",
        all.count()
    );
    for (name, cases) in &suites {
        let failures = cases.iter().filter(|case| case.failure.is_some()).count();
        let _ = writeln!(
            out,
            "  <testsuite name=\"{}\" tests=\"{}\" failures=\"{failures}\" errors=\"0\" skipped=\"0\">",
            escaped(name),
            cases.len()
        );
        cases.iter().for_each(|case| case.write(&mut out, name));
        out.push_str("  </testsuite>\n");
    }
    out.push_str("</testsuites>\n");
    out
}

/// One test.
struct Case {
    name: String,
    /// What kind of failure, in one sentence, and in full.
    failure: Option<(String, String, String)>,
    /// What there is to say although it holds.
    output: String,
}

impl Case {
    fn write(&self, out: &mut String, class: &str) {
        let _ = writeln!(out, "    <testcase name=\"{}\" classname=\"{}\">", escaped(&self.name), escaped(class));
        if let Some((kind, message, text)) = &self.failure {
            let (kind, message, text) = (escaped(kind), escaped(message), escaped(text));
            let _ = writeln!(out, "      <failure type=\"{kind}\" message=\"{message}\">{text}</failure>");
        }
        if !self.output.is_empty() {
            let _ = writeln!(out, "      <system-out>{}</system-out>", escaped(&self.output));
        }
        out.push_str("    </testcase>\n");
    }
}

fn suite(found: &Found, warnings_fail: bool) -> (String, Vec<Case>) {
    let sources = &found.analysis.sources;
    // What a flow's own test says is not said again.
    let of_file: Vec<&Diagnostic> = found
        .analysis
        .diagnostics
        .iter()
        .filter(|one| ![code::bound::E0201, code::bound::E0202].contains(&one.code))
        .collect();
    let said = lines(&of_file, sources);
    let worst = of_file.iter().find(|one| one.is_error() || warnings_fail);
    let failure = worst.map(|one| (one.code.to_string(), one.message.clone(), said.clone()));
    let output = if failure.is_none() { said } else { String::new() };
    let mut cases = vec![Case { name: "compiles".to_owned(), failure, output }];
    cases.extend(found.analysis.report.flows.iter().map(flow));
    (found.name.clone(), cases)
}

fn flow(flow: &FlowReport) -> Case {
    let ceiling = flow.bound.map(|bound| {
        let each =
            Dimension::ALL.map(|dimension| format!("{} <= {}", dimension.name(), dimension.show(bound.get(dimension))));
        format!("ceiling: {}", each.join(", "))
    });
    let failure = match flow.verdict {
        Verdict::Ok => None,
        Verdict::Over => Some(("E0201".to_owned(), over(flow), ceiling.clone().unwrap_or_default())),
        Verdict::Unbounded => Some(("E0202".to_owned(), format!("`{}` has no finite bound", flow.name), String::new())),
        Verdict::Invalid => Some(("invalid".to_owned(), format!("`{}` does not compile", flow.name), String::new())),
    };
    Case { name: flow.name.clone(), failure, output: ceiling.unwrap_or_default() }
}

/// `cost can reach $0.02, allowed is $0.01`
fn over(flow: &FlowReport) -> String {
    let Some(bound) = flow.bound else { return String::new() };
    let limits = flow.budget.iter().flatten().filter(|limit| bound.get(limit.dimension) > limit.amount);
    let each = limits.map(|limit| {
        let dimension = limit.dimension;
        let (most, allowed) = (dimension.show(bound.get(dimension)), dimension.show_limit(limit.amount));
        format!("{} can reach {most}, allowed is {allowed}", dimension.name())
    });
    each.collect::<Vec<_>>().join("; ")
}

/// One line for each diagnostic: `desk.flow:3:5: error[E0301]: …`
fn lines(diagnostics: &[&Diagnostic], sources: &Sources) -> String {
    let mut out = String::new();
    for diagnostic in diagnostics {
        let _ = writeln!(out, "{}", super::line(diagnostic, sources));
    }
    out
}

/// Text for XML: what has a meaning there is escaped, what may not stand there is left out.
fn escaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for character in text.chars() {
        match character {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\n' | '\t' => out.push(character),
            control if control.is_control() || matches!(control, '\u{fffe}' | '\u{ffff}') => {}
            other => out.push(other),
        }
    }
    out
}
