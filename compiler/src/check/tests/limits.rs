//! Programs that want to explode are refused, soon.

use crate::catalogue::Catalogue;
use crate::testing::{Memory, check};

/// The codes of what is said about a program, without doubles.
fn codes(text: &str) -> Vec<&'static str> {
    let mut codes: Vec<&str> = check(&Memory::of(text)).0.diagnostics.iter().map(|of| of.code.as_str()).collect();
    codes.dedup();
    codes
}

/// Lines for 0 to `count`, each made from its number and the next one, and a last one.
fn chain(count: usize, line: impl Fn(usize, usize) -> String, last: &str) -> String {
    let lines: Vec<String> = (0..count).map(|index| line(index, index + 1)).collect();
    format!("tier small = local(\"smollm2-135m-instruct\")\n{}\n{last}\n", lines.join("\n"))
}

#[test]
fn types_that_double_with_every_level_are_refused() {
    let types = chain(40, |a, b| format!("type A{a} {{ x: A{b}, y: A{b} }}"), "type A40 { x: Bool }");
    let step = "step s() -> A0 {\n  on small\n  \"\"\"x\"\"\"\n}\n";
    assert_eq!(codes(&(types + step)), ["E0505"]);
}

#[test]
fn a_long_chain_of_types_is_refused() {
    assert_eq!(codes(&chain(2_000, |a, b| format!("type A{a} {{ x: A{b} }}"), "type A2000 { x: Bool }")), ["E0505"]);
}

#[test]
fn a_long_chain_of_aliases_is_refused() {
    assert_eq!(codes(&chain(2_000, |a, b| format!("alias A{a} = A{b}"), "alias A2000 = Bool")), ["E0505"]);
}

#[test]
fn a_long_chain_of_routes_is_refused() {
    let routes = chain(2_000, |a, b| format!("route r{a}() {{ _ => r{b}() }}"), "route r2000() { _ => small }");
    assert_eq!(codes(&routes), ["E0505"]);
}

#[test]
fn routes_that_double_with_every_level_are_refused() {
    let arms = |a, b| format!("route r{a}(x: Bool) {{\n  x => r{b}(x)\n  _ => r{b}(not x)\n}}");
    assert_eq!(codes(&chain(40, arms, "route r40(x: Bool) { _ => small }")), ["E0505"]);
    let args = |a, b| format!("route r{a}(x: Bool) {{\n  _ => r{b}(x and x)\n}}");
    assert_eq!(codes(&chain(40, args, "route r40(x: Bool) {\n  x => small\n  _ => small\n}")), ["E0505"]);
}

#[test]
fn a_long_chain_of_calls_is_refused() {
    let flow = |a, b| format!("flow f{a}() -> Bool {{\n  budget calls <= 0\n  return f{b}()\n}}");
    let last = |at: usize, end: &str| format!("flow f{at}() -> Bool {{\n  budget calls <= 0\n  return {end}\n}}");
    assert_eq!(codes(&chain(150, flow, &last(150, "true"))), Vec::<&str>::new());
    assert_eq!(codes(&chain(2_000, flow, &last(2_000, "true"))), ["E0505"]);
    assert_eq!(codes(&chain(2_000, flow, &last(2_000, "f0()"))), ["E0701"]);
}

#[test]
fn what_is_not_too_deep_is_followed_to_its_end() {
    let flow = |blocks: usize| {
        move |a, b| {
            let (open, close) = ("if x { ".repeat(blocks), " }".repeat(blocks));
            format!("flow f{a}(x: Bool) -> Bool {{\n  budget calls <= 1\n  {open}return f{b}(x){close}\n  return x\n}}")
        }
    };
    let text = |count: usize, blocks: usize| {
        let last = format!("flow f{count}(x: Bool) -> Bool {{\n  budget calls <= 1\n  return x\n}}");
        chain(count, flow(blocks), &last)
    };
    for (count, blocks) in [(180, 0), (4, 40), (30, 5)] {
        let compiled = crate::compile(&Memory::of(&text(count, blocks)), "main.flow", Catalogue::standard());
        assert!(compiled.plan.is_some(), "{:?}", compiled.diagnostics.first());
    }
    assert_eq!(codes(&text(64, 40)), ["E0505"]);
}
