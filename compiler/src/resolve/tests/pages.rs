//! Each page shows a flow that brings its message about, and its repair.

use super::resolved;
use crate::diagnostic::code;

/// The flows of a page, in order.
fn flows(page: &str) -> Vec<&str> {
    page.split("```flow\n").skip(1).filter_map(|rest| rest.split("```").next()).collect()
}

#[test]
fn the_first_flow_of_a_page_is_wrong_and_the_second_repairs_it() {
    for entry in code::entries().filter(|entry| {
        (entry.code.as_str() < "E018" || entry.code.as_str() == "E0190") || entry.code.as_str().starts_with("E03")
    }) {
        let code = entry.code;
        assert!(entry.page.starts_with(&format!("# {code}: {}\n", entry.title)), "{code} has another title");
        let [bad, good] = flows(entry.page)[..] else { continue };
        // Names inside of expressions are the checker's.
        if code != code::syntax::E0301 {
            let said = resolved(&[("main.flow", bad)]).0.diagnostics;
            assert!(said.iter().all(|problem| problem.code == code) && !said.is_empty(), "{code}: {said:#?}");
        }
        let said = resolved(&[("main.flow", good)]).0.diagnostics;
        assert!(said.is_empty(), "{code}: {said:#?}");
    }
}
