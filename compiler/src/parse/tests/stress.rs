//! No input makes the parser panic, overflow the stack, or take more than linear time.

use std::time::{Duration, Instant};

use proptest::prelude::*;

use crate::diagnostic::{Checked, Diagnostic};
use crate::parse::parse;
use crate::source::SourceId;
use crate::syntax::File;

/// A test build reads about 5 MB a second; quadratic time would take hours.
const PATIENCE: Duration = Duration::from_secs(60);

fn read_patiently(text: &str) -> Checked<File> {
    let start = Instant::now();
    let parsed = parse(SourceId(0), text);
    let took = start.elapsed();
    assert!(took < PATIENCE, "took {took:?} for {} bytes that begin with {:?}", text.len(), text.get(..20));
    parsed
}

fn megabytes(count: usize, piece: &str) -> String {
    piece.repeat((count << 20) / piece.len())
}

fn few(parsed: &Checked<File>) {
    let codes: Vec<_> = parsed.diagnostics.iter().map(|problem| problem.code).collect();
    assert!((1..=3).contains(&codes.len()), "{codes:?}");
}

#[test]
fn ten_megabytes_of_one_thing_are_read_in_linear_time() {
    for piece in ["{", "(", "[", "\"\"\"", "if "] {
        read_patiently(&megabytes(10, piece));
    }
    for piece in [
        "}",
        "not ",
        "-",
        "each x in ",
        "match ",
        "x.",
        "a + ",
        "T?",
        "\u{7f}",
        "{\n",
        "}\n(",
        "// x\n",
        "flow f() {\n",
    ] {
        read_patiently(&megabytes(1, piece));
    }
}

#[test]
fn a_megabyte_inside_of_a_flow_gives_one_message_or_two() {
    let open = [
        "{",
        "(",
        "[",
        "if ",
        "if x { ",
        "not ",
        "- ",
        "f(",
        "each x in y { ",
        "match x { A => ",
        "[{(",
        "loop <= 2 {\n",
        "x else ",
        "A { b: ",
    ];
    for piece in open {
        let flow = format!("flow f() -> Bool {{\n  let x = {}", megabytes(1, piece));
        few(&read_patiently(&flow));
        let flow = format!("flow f() -> Bool {{\n  {}", megabytes(1, piece));
        read_patiently(&flow);
    }
    for piece in ["+ a ", ".a", "[0]", "and a ", "is A and a ", "cut 3tok ", "[..3]", "within cost <= $1 ", "else a "] {
        let flow = format!("flow f() -> Bool {{\n  let x = a {}\n}}", megabytes(1, piece));
        few(&read_patiently(&flow));
    }
    for piece in ["?", "[]", "[<=3]"] {
        few(&read_patiently(&format!("alias A = T{}", megabytes(1, piece))));
    }
    for piece in ["{x", "{x}", "{each x in y}", "{if x}", "{end}", "}", "{{{", "{\"", "{(", "x\n"] {
        read_patiently(&format!("step s() -> Text<=3tok {{\n  \"\"\"\n  {}\n  \"\"\"\n}}", megabytes(1, piece)));
    }
}

/// Words, signs and fragments, so that random sequences of them come near to real files.
fn fragment() -> impl Strategy<Value = &'static str> {
    const FRAGMENTS: &[&str] = &[
        "use ",
        "type ",
        "enum ",
        "alias ",
        "tier ",
        "route ",
        "step ",
        "tool ",
        "flow ",
        "pub ",
        "let ",
        "var ",
        "loop ",
        "check ",
        "return ",
        "if ",
        "else ",
        "match ",
        "each ",
        "in ",
        "is ",
        "not ",
        "and ",
        "or ",
        "break ",
        "skip ",
        "escalate(",
        "classify(",
        "into: ",
        "by ",
        "on ",
        "accept ",
        "tools ",
        "turns ",
        "keep last 2",
        "retry ",
        "input ",
        "cache ",
        "budget ",
        "owner ",
        "from ",
        "effect ",
        "gate ",
        "a",
        "b.c",
        "T ",
        "Text<=3tok",
        "A { b: ",
        "x",
        "_ ",
        "<= ",
        "-> ",
        "=> ",
        "= ",
        "== ",
        "| ",
        "? ",
        "; ",
        "&& ",
        "! ",
        ": ",
        ", ",
        ".. ",
        ". ",
        "{",
        "}",
        "(",
        ")",
        "[",
        "]",
        "\n",
        "\n",
        "\n",
        "3",
        "3tok",
        "$0.1",
        "\"t\"",
        "\"",
        "\"\"\"",
        "'q'",
        "// c\n",
        "/// d\n",
        "#",
        "é",
        "\\",
        "{x}",
        "{each x in y}",
        "{end}",
        "{{",
        "failing(",
        "within ",
        "when ",
        "cut ",
    ];
    prop::sample::select(FRAGMENTS)
}

fn sound(text: &str) {
    let parsed = parse(SourceId(0), text);
    for Diagnostic { span, labels, fix, message, .. } in parsed.diagnostics {
        let places = labels.iter().map(|label| label.span).chain(span).chain(fix.map(|fix| fix.span));
        for place in places {
            assert!(text.get(place.range()).is_some(), "{message}: {place:?} is no place in {text:?}");
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(500))]

    #[test]
    fn any_text_is_read(text in "\\PC*") {
        sound(&text);
    }

    #[test]
    fn any_bytes_are_read(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
        sound(&String::from_utf8_lossy(&bytes));
    }

    #[test]
    fn any_sequence_of_fragments_is_read(fragments in prop::collection::vec(fragment(), 0..80)) {
        sound(&fragments.concat());
        sound(&format!("flow f() -> T {{\n{}", fragments.concat()));
        sound(&format!("step f() -> T {{\n{}", fragments.concat()));
    }
}
