//! Every page of this area shows a flow that is refused at a place, and its repair, which is not.

use crate::catalogue::Catalogue;
use crate::compile;
use crate::diagnostic::{Diagnostic, code};
use crate::testing::Memory;

fn said(text: &str) -> Vec<Diagnostic> {
    compile(&Memory::of(text), "main.flow", Catalogue::standard()).diagnostics
}

#[test]
fn a_page_shows_a_mistake_and_its_repair() {
    for entry in code::entries().filter(|entry| entry.code.as_str().starts_with("E02")) {
        let fences = entry.page.split("```flow\n").skip(1);
        let flows: Vec<&str> = fences.filter_map(|rest| rest.split("```").next()).collect();
        let [bad, good] = flows.try_into().expect("a page shows two flows");
        let errors: Vec<Diagnostic> = said(bad).into_iter().filter(Diagnostic::is_error).collect();
        assert!(!errors.is_empty(), "{}: nothing is said", entry.code);
        for error in errors {
            assert_eq!(error.code, entry.code, "{error:#?}");
            assert!(error.span.is_some_and(|span| span.start < span.end) && !error.labels.is_empty(), "{error:#?}");
            assert!(!error.help.is_empty(), "{error:#?}");
        }
        let errors: Vec<Diagnostic> = said(good).into_iter().filter(Diagnostic::is_error).collect();
        assert!(errors.is_empty(), "{}: {errors:#?}", entry.code);
    }
}
