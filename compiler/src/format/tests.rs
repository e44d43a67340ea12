//! What the one style is, and that every file of the repository has it.

use super::format;
use crate::source::SourceId;

#[test]
fn sketch() {
    for path in ["src/check/tests/whole.flow", "../examples/04-research/main.flow", "../examples/02-triage/main.flow", "src/parse/tests/constructs/items.flow", "src/parse/tests/constructs/steps.flow","src/parse/tests/constructs/prompts.flow","src/parse/tests/constructs/flows.flow"] {
        let text = std::fs::read_to_string(std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join(path)).unwrap();
        let made = format(SourceId(0), &text).unwrap_or_else(|e| panic!("{path} {e:#?}"));
        println!("=== {path}\n{made}");
        assert_eq!(format(SourceId(0), &made).unwrap(), made);
    }
}
