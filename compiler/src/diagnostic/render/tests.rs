//! What people see, and that every text can be drawn.

use proptest::prelude::*;

use super::super::code;
use super::*;

const FLOW: &str = "pub flow desk(t: Ticket) -> Draft {\n  budget cost <= $0.10, calls <= 32\n\n  let answers = each q in questions { solve(q) }\n}\n";

fn sources(text: &str) -> Sources {
    let mut sources = Sources::default();
    sources.add(Source::new("support.flow", text));
    sources
}

fn span_of(text: &str, part: &str) -> Span {
    let start = text.find(part).expect("the part is there");
    Span::new(SourceId(0), start..start + part.len())
}

#[test]
fn a_bound_over_its_budget_is_underlined_with_what_it_is_made_of() {
    let over = Diagnostic::error(
        code::catalogue::E0805,
        span_of(FLOW, "cost <= $0.10"),
        "`desk` can cost $0.1807, 1.8 times its budget of $0.10",
    )
    .label("allowed")
    .label_at(span_of(FLOW, "solve(q)"), "3 × $0.0458 = $0.1374")
    .help("`turns <= 2` on `solve` brings `desk` to $0.0989");
    insta::assert_snapshot!(render(&[over], &sources(FLOW), Colour::Never));
}

#[test]
fn errors_come_before_warnings_and_a_missing_file_has_no_place() {
    let warning = Diagnostic::warning(code::catalogue::E0802, span_of(FLOW, "desk"), "unused flow `desk`");
    let error = Diagnostic::placeless(code::catalogue::E0801, "no file `kb.flow`").help("two lines\nof help");
    insta::assert_snapshot!(render(&[warning, error], &sources(FLOW), Colour::Never));
}

#[test]
fn labels_in_two_files_are_drawn_under_both() {
    let mut two = sources(FLOW);
    let other = two.add(Source::new("kb.flow", "tool search(q: Text<=9tok) -> Text<=9tok {\n}\n"));
    let error = Diagnostic::error(code::catalogue::E0805, span_of(FLOW, "solve(q)"), "`solve` does not take this")
        .label("a `Text<=12tok`")
        .label_at(Span::new(other, 12..26), "asks for this");
    insta::assert_snapshot!(render(&[error], &two, Colour::Never));
}

#[test]
fn a_very_long_line_is_cut_around_the_place_and_keeps_its_column() {
    let text = format!("let a = 1\nlet b = \"{}\" + docc + \"{}\"\n", "x".repeat(5000), "y".repeat(5000));
    let error =
        Diagnostic::error(code::catalogue::E0805, span_of(&text, "docc"), "unknown name `docc`").label("not defined");
    insta::assert_snapshot!(render(&[error], &sources(&text), Colour::Never));
}

#[test]
fn what_would_move_the_cursor_is_shown_and_not_done() {
    let text = "let a = \u{1b}[2Jb\r\nlet \u{202e}evil = \u{85}c\n";
    let error = Diagnostic::error(code::catalogue::E0805, span_of(text, "evil"), "unknown name `\u{1b}[31mevil`")
        .label("\u{7}here");
    insta::assert_snapshot!(render(&[error], &sources(text), Colour::Never));
}

#[test]
fn beyond_a_hundred_they_are_counted() {
    let many = vec![Diagnostic::warning(code::catalogue::E0802, span_of(FLOW, "desk"), "again"); MOST + 7];
    assert!(render(&many, &sources(FLOW), Colour::Never).ends_with("… and 7 more\n\n"));
}

proptest! {
    #[test]
    fn every_span_of_every_text_can_be_drawn(
        lines in prop::collection::vec("[a{}\t\r\u{85}é😀\u{2028}]{0,12}|x{390,500}", 0..6),
        spans in prop::collection::vec((0usize..3000, 0usize..60), 1..4),
    ) {
        let text = lines.join("\n");
        let at = |start: usize, length: usize| {
            let start = start % (text.len() + 3);
            Span::new(SourceId(0), start..start + length)
        };
        let mut diagnostic = Diagnostic::error(code::catalogue::E0805, at(spans[0].0, spans[0].1), "message").label("here");
        for (start, length) in &spans[1..] {
            diagnostic = diagnostic.label_at(at(*start, *length), "there");
        }
        for colour in [Colour::Never, Colour::Always] {
            let drawn = render(std::slice::from_ref(&diagnostic), &sources(&text), colour);
            prop_assert!(drawn.contains("message"));
        }
    }
}
