//! What the parser makes of every construct. The left side is written as people write, the right side shows every bracket.

use super::show::{expression, show};

/// Where a number must be known before a run.
const AMOUNTS: [(&str, &str); 9] = [
    ("x cut note", "(x cut note)"),
    ("x cut 2 * note + 40tok", "(x cut ((2 * note) + 40tok))"),
    ("x cut 2 * (note - 1tok)", "(x cut (2 * (note - 1tok)))"),
    ("x[..most]", "x[..most]"),
    ("x[most - 1..most]", "x[(most - 1)..most]"),
    ("xs fit 2000tok by priority", "(xs fit 2000tok by priority)"),
    ("f(xs fit 2 * note by age, y)", "f((xs fit (2 * note) by age), y)"),
    ("each x in xs, parallel <= width - 1 { x }", "each x in xs, parallel <= (width - 1) { x }"),
    ("desk(t) within cost <= 2 * limit", "(desk(t) within cost <= (2 * limit))"),
];

#[test]
fn operators_bind_as_the_reference_says() {
    let cases = [
        ("a or b and c", "(a or (b and c))"),
        ("a and b or c", "((a and b) or c)"),
        ("not a and b", "((not a) and b)"),
        ("not a == b", "(not (a == b))"),
        ("not x in xs", "(not (x in xs))"),
        ("x not in [A, B]", "(x not in [A, B])"),
        ("a + b * c - d", "((a + (b * c)) - d)"),
        ("a - b - c", "((a - b) - c)"),
        ("a + b <= c * 2", "((a + b) <= (c * 2))"),
        ("-a * -3", "((- a) * -3)"),
        ("a-1", "(a - 1)"),
        ("len(x) > 0 and not seen(x)", "((len(x) > 0) and (not seen(x)))"),
        ("t is Legal or t is not Bug", "((t is Legal) or (t is not Bug))"),
        (".sure >= 0.6 and .cites is not empty", "((it.sure >= 0.6) and (it.cites is not empty))"),
        ("x is null", "(x is null)"),
        ("r is Refund { amount }", "(r is Refund { amount })"),
        ("a + b cut 60tok", "((a + b) cut 60tok)"),
        ("f(a cut 3tok) == b", "(f((a cut 3tok)) == b)"),
        ("f(x) else g(x) else skip", "(f(x) else (g(x) else skip))"),
        ("f(x) when a and b else [] else skip", "((f(x) when (a and b) else []) else skip)"),
        (
            "desk(t) within cost <= $0.05, calls <= 3 else break",
            "((desk(t) within cost <= $0.05, calls <= 3) else break)",
        ),
        ("g(desk(t) within cost <= $0.05, x)", "g((desk(t) within cost <= $0.05), x)"),
        ("(a or b) and c", "((a or b) and c)"),
        ("x.items[0].text[..3]", "x.items[0].text[..3]"),
        ("x[1..3]", "x[1..3]"),
        ("x[2..]", "x[2..]"),
        ("x[n]", "x[n]"),
        ("all(answers, .cites is not empty)", "all(answers, (it.cites is not empty))"),
        ("x else return y", "(x else return y)"),
        ("x else escalate(\"no\", to: \"lead\")", "(x else escalate(\"no\", to: \"lead\"))"),
        ("escalate(reason)", "escalate(reason, to: -)"),
        ("classify(t.body, into: Topic) by minilm", "classify(t.body, into: Topic) by minilm"),
        ("embed(t.body) by minilm", "embed(t.body) by minilm"),
        ("Ticket { subject: \"a\", body: b + c, }", "Ticket { subject: \"a\", body: (b + c) }"),
        ("[a, [b], ]", "[a, [b]]"),
        ("if a { b } else if c { d } else { e }", "if a { b } else if c { d } else { e }"),
        ("if t is Bug { x } else { y }", "if (t is Bug) { x } else { y }"),
        (
            "match t { A => 1, B { x } => { let y = x\n y }, _ => f() else skip }",
            "match t { A => 1, B { x } => { let y = x; y }, _ => (f() else skip) }",
        ),
        (
            "match n { 1 => a\n \"x\" => b\n null => c\n true => d }",
            "match n { 1 => a, \"x\" => b, null => c, true => d }",
        ),
        ("each q in qs, parallel <= 3 { solve(q) else skip }", "each q in qs, parallel <= 3 { (solve(q) else skip) }"),
        ("each q in f(qs) { T { a: q } }", "each q in f(qs) { T { a: q } }"),
        ("input + time + output.keep", "((input + time) + output.keep)"),
    ];
    for (text, shown) in cases.into_iter().chain(AMOUNTS) {
        assert_eq!(expression(text), shown, "{text}");
    }
}

#[test]
fn literals_are_read_with_their_units() {
    let cases = [
        ("1_000", "1000"),
        ("-3", "-3"),
        ("0.70", "0.70"),
        ("$1_000.25", "$1000.25"),
        ("600tok", "600tok"),
        ("3char", "3char"),
        ("12kb", "12kb"),
        ("250ms", "250ms"),
        ("8s", "8s"),
        ("3m", "3m"),
        ("4h", "4h"),
        ("7d", "7d"),
        ("95%", "95%"),
        ("9223372036854775807", "9223372036854775807"),
        ("-9223372036854775808", "-9223372036854775808"),
        ("null", "null"),
        (r#""a\n\t\"\\\u{e9}ß""#, r#""a\n\t\"\\éß""#),
        ("\"\"\"one line\"\"\"", "\"one line\""),
        ("\"\"\"\n    a\n      b \\n {x}\n\n    c\n    \"\"\"", "\"a\\n  b \\\\n {x}\\n\\nc\""),
        ("\"\"\"\n    \"\"\"", "\"\""),
        ("\"\"\"\r\n  a\r\n  b\r\n  \"\"\"", "\"a\\nb\""),
        ("\"\"\"\n\n  a\n\n  \"\"\"", "\"\\na\\n\""),
    ];
    for (text, shown) in cases {
        assert_eq!(expression(text), shown, "{text}");
    }
}

#[test]
fn lines_go_on_where_they_obviously_do() {
    let cases = [
        ("a +\n b", "(a + b)"),
        ("a\n + b", "(a + b)"),
        ("a\n and b\n or c", "((a and b) or c)"),
        ("f(x)\n else skip", "(f(x) else skip)"),
        ("f(x)\n when a\n else []", "(f(x) when a else [])"),
        ("f(x)\n within cost <= $1,\n calls <= 2", "(f(x) within cost <= $1, calls <= 2)"),
        ("x\n .text\n .size", "x.text.size"),
        ("f(\n a\n , b\n)", "f(a, b)"),
        ("[\n a,\n b,\n]", "[a, b]"),
        ("if a { b }\n else { c }", "if a { b } else { c }"),
        ("a // why\n // and\n + b", "(a + b)"),
    ];
    for (text, shown) in cases {
        assert_eq!(expression(text), shown, "{text}");
    }
}

#[test]
fn items_are_read() {
    insta::assert_snapshot!(show(include_str!("constructs/items.flow")));
}

#[test]
fn steps_and_tools_are_read() {
    insta::assert_snapshot!(show(include_str!("constructs/steps.flow")));
}

#[test]
fn flows_are_read() {
    insta::assert_snapshot!(show(include_str!("constructs/flows.flow")));
}

#[test]
fn what_stands_for_longer_than_a_run_is_read() {
    insta::assert_snapshot!(show(include_str!("constructs/standing.flow")));
}

#[test]
fn prompts_are_read() {
    insta::assert_snapshot!(show(include_str!("constructs/prompts.flow")));
}

#[test]
fn expressions_in_prompts_know_where_they_stand() {
    let flow = "step s(q: Q) -> Bool {\n    \"\"\"\n      é {q.ask} {if q.ok}\n    {q.more}{end}\n    \"\"\"\n}\n";
    let parsed = crate::parse::parse(crate::source::SourceId(0), flow);
    let shown = format!("{:?}", parsed.value);
    for text in ["q.ask", "q.ok", "q.more"] {
        let start = flow.find(text).expect("it stands there");
        assert!(shown.contains(&format!("start: {start}, end: {}", start + text.len())), "{text}");
    }
}

#[test]
fn constants_are_read_and_stand_where_a_cap_does() {
    let text = r#"
/// How long a note is.
pub const note = 60tok
const most = 2 * (3 + extra)
const name = "desk"
type T { a: Text<=note[<=most]?, b: Int in low..high + 1, c: Text<=2*note + 40tok }
flow f(x: Text<=note, y: Usd<=limit) -> Text<=note {
  budget cost <= limit, calls <= 2 * most
  loop <= most { break }
  x
}
"#;
    let shown = "docs \"How long a note is.\"
pub const note = 60tok
const most = (2 * (3 + extra))
const name = \"desk\"
type T (a: optional [Text<=note; ..most], b: Int in low..(high + 1), c: Text<=((2 * note) + 40tok))
flow f (x: Text<=note, y: Usd<=limit) -> Text<=note
  budget cost <= limit, calls <= (2 * most)
  loop <= most { break }
  x
";
    assert_eq!(show(text), shown);
}

#[test]
fn tests_and_evaluations_are_read() {
    let text = r#"
test "a large refund waits for a person" {
  given solve calls refund("A1", $35), search("b"), times 2
  given solve answers Claim { text: "no" }, always
  given search fails Timeout
  run   desk(load "tickets/double-charge.json", 3)
  then  refund is waiting, spent.calls <= 6, status is not done
}
eval desk over "cases/*.json" {
  score   cited = all(answers, .cites is not empty)
  success .topic is case.topic
  require mean(cited) >= 0.95, success >= 90%, p95(cost) <= $0.05
}
"#;
    let shown = r#"test "a large refund waits for a person"
  given solve calls refund("A1", $35), search("b"), times 2
  given solve answers Claim { text: "no" }, always
  given search fails Timeout, once
  run desk(load "tickets/double-charge.json", 3)
  then (refund is waiting), (spent.calls <= 6), (status is not done)
eval desk over "cases/*.json"
  score cited = all(answers, (it.cites is not empty))
  success (it.topic == case.topic)
  require (mean(cited) >= 0.95), (success >= 90%), (p95(cost) <= $0.05)
"#;
    assert_eq!(show(text), shown);
}

#[test]
fn prompts_leave_out_what_does_not_fit_and_show_what_is_trusted() {
    let text = "step s() -> Bool {\n  on small\n  \"{each p in xs fit 2000tok by priority}{raw p.text}{end}{raw}{raw.x}\"\n}\n";
    let shown = "step s () -> Bool\n  on small\n  prompt each(p in xs fit 2000tok by priority) {raw p.text} end {raw} {raw.x}\n";
    assert_eq!(show(text), shown);
}
