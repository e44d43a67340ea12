//! Every page of this area shows a flow that is refused, and its repair, which is not.

use crate::diagnostic::code;
use crate::testing::{Memory, check};

/// The codes that this phase gives.
fn is_ours(code: &str) -> bool {
    matches!(code.get(1..3), Some("04" | "05" | "06" | "07"))
}

/// The flows between fences.
fn flows(page: &str) -> Vec<String> {
    page.split("```flow\n").skip(1).filter_map(|rest| rest.split("```").next()).map(str::to_owned).collect()
}

#[test]
fn a_page_shows_a_mistake_and_its_repair() {
    let mut wrong = Vec::new();
    for entry in code::entries().filter(|entry| is_ours(entry.code.as_str())) {
        let [bad, good] = flows(entry.page).try_into().expect("a page shows two flows");
        let said: Vec<code::Code> = check(&Memory::of(&bad)).0.diagnostics.iter().map(|of| of.code).collect();
        let silent = ["W0706", "W0714", entry.code.as_str()];
        if !said.contains(&entry.code) || said.iter().any(|code| !silent.contains(&code.as_str())) {
            wrong.push(format!("{}: its flow gives {said:?}\n{bad}", entry.code));
        }
        let said = check(&Memory::of(&good)).0.diagnostics;
        if said.iter().any(|of| of.is_error() || of.code == entry.code) {
            let said: Vec<String> = said.iter().map(|of| format!("{} {}", of.code, of.message)).collect();
            wrong.push(format!("{}: its repair gives {said:?}\n{good}", entry.code));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}
