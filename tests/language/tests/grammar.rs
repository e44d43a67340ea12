//! The published grammar and the parser take the same texts, and make the same trees of them.

use flow_language::corpus::Corpus;
use flow_language::generate::program;
use flow_language::mutate::mutated;
use flow_language::properties::shape_of;
use flow_language::published::{agrees, shape_by_grammar};
use flow_language::repository::{blocks, files};

/// How many programs are compared here; `many programs 100000` and `many mutated 100000` compare more.
const PROGRAMS: u64 = 300;

#[test]
fn the_grammar_reads_a_small_program() {
    let text = "/// docs\npub alias A = Text<=2 * note[2..5]?\nflow f(a: Id) -> Id {\n  return -a.b + 3 else skip\n}\n";
    let shape = "(file (item pub (alias A (optional (list (<= Text (* 2 note)) 2 5)))) \
                 (item (flow f (params (field a Id)) Id (block (return (else (+ (- (. a b)) 3) (skip)))))))";
    assert_eq!(shape_by_grammar(text).as_deref(), Ok(shape));
    assert_eq!(agrees(text), Ok(()));
    for wrong in
        ["alias A Text", "flow f() -> T { a b }", "flow f() -> T {\n  budget <= 3\n}", "tier a = model(b)", "let x = 3"]
    {
        assert!(shape_by_grammar(wrong).is_err(), "{wrong}");
        assert_eq!(agrees(wrong), Ok(()), "{wrong}");
    }
}

#[test]
fn both_read_every_text_of_the_repository() {
    let mut read = 0;
    for text in files().into_iter().chain(blocks()) {
        assert_eq!(agrees(&text.text), Ok(()), "{}", text.file.display());
        read += usize::from(shape_of(&text.text).is_some());
    }
    assert!(read > 15, "{read} texts are programs");
}

#[test]
fn both_read_generated_programs() {
    for seed in 0..PROGRAMS {
        assert_eq!(agrees(&program(seed)), Ok(()), "program {seed}");
    }
}

#[test]
fn both_take_the_same_of_what_was_changed() {
    let corpus = Corpus::of_repository();
    let mut taken = 0;
    for seed in 0..2 * PROGRAMS {
        for text in [mutated(&program(seed), seed), corpus.changed(seed)] {
            assert_eq!(agrees(&text), Ok(()), "changed {seed}\n{text}");
            taken += usize::from(shape_of(&text).is_some());
        }
    }
    // Some are still programs, or the comparison would be of nothing.
    assert!(taken > 30, "{taken} are programs");
}

/// Texts on which the two differed once, found by the long runs.
#[test]
fn both_take_the_same_of_what_once_told_them_apart() {
    let flow = |body: &str| format!("flow f() -> Id {{\n{body}\n}}\n");
    let step = |prompt: &str| format!("step s() -> Id {{\n  on a\n{prompt}\n}}\n");
    let taken = [
        "route r() {\n  _ => draft(\"x\")\n}\n".to_owned(),
        "step s(a: Id, b:\n  let<=3tok) -> Id {\n  on a\n}\n".to_owned(),
        "type T {\n  a: Id\n  /// b\n, b: Id\n}\n".to_owned(),
        flow("return asked(a)"),
        flow("return g(f() within cost <= 3m, 3 <= most)"),
    ];
    let refused = [
        flow("check(f() within cost <= 3m, 3 <= most) else skip"),
        "route r() {\n  _ => openai(\"x\")\n}\n".to_owned(),
        "tool t() -> Id {\n  from exec(\"t\")\n  gate true else approve(\"lead\")\n}\n".to_owned(),
        flow("return all(xs { })"),
        flow("\"support\"\n  return a"),
        flow("return ask person(\"lead\", within 8s) -> Id <= 95% * all()"),
        flow("return a is b + c"),
        "ceiling c {break <= 8s per 1d}\n".to_owned(),
        flow("return if a { b } else \"c\""),
        "flow f() {\n  budget cost <= $1,\n  check <= 3m\n}\n".to_owned(),
        flow("return a fit 3tok by b - c"),
        step("  \"{a // b}\""),
        step("  \"\"\"\n{a // b\n}\n  \"\"\""),
        step("  \"\"\"\n  {end\n}\n   \"\"\""),
    ];
    for text in taken {
        assert_eq!(agrees(&text), Ok(()), "{text}");
        assert!(shape_of(&text).is_some(), "{text}");
    }
    for text in refused {
        assert_eq!(agrees(&text), Ok(()), "{text}");
        assert!(shape_of(&text).is_none(), "{text}");
    }
}
