//! Trust: what stands between marks, and what text from outside does not reach.

use crate::program::{Part, Template};
use crate::testing::{expect, program};

const TIER: &str = "tier small = local(\"smollm2-135m-instruct\")\n";

/// A prompt with its holes as `*` and its data as `#`.
fn shown(template: &Template) -> String {
    let part = |part: &Part| match part {
        Part::Text(text) => text.clone(),
        Part::Hole(..) => "*".to_owned(),
        Part::Data(..) => "#".to_owned(),
        Part::Each { body, .. } => format!("[{}]", shown(body)),
        Part::If { then, otherwise, .. } => format!("({}|{})", shown(then), shown(otherwise)),
        Part::Format => "%".to_owned(),
    };
    template.iter().map(part).collect()
}

/// The prompt of the first step.
fn prompt(flow: &str) -> String {
    shown(&program(&format!("{TIER}{flow}")).steps[0].prompt)
}

#[test]
fn text_from_outside_stands_between_marks() {
    let text = r#"
type P { title: Text<=8tok, n: Int in 0..9 }
step s(a: Text<=9tok, n: Int in 0..9, ps: P[<=3], id: Id) -> Text<=9tok {
  on small
  """
  {a}
  Say {a} {n} times for {id}.
  {each p in ps}
  {p.title}
  - {p.title}: {p.n}
  {end}
  {if n > 3}
  {raw a}
  {end}
  {ps}
  """
}
flow f(a: Text<=9tok, ps: P[<=3]) -> Text<=9tok {
  budget calls <= 1
  return s(a, 3, ps, "x")
}
"#;
    let marked = "<data>\n#\n</data>\nSay <data>#</data> * times for *.\n[<data>\n#\n</data>\n- <data>#</data>: *\n](*\n|)<data>\n#\n</data>";
    assert_eq!(prompt(text), marked);
}

#[test]
fn what_the_program_says_itself_has_no_marks() {
    let text = r#"
const name = "desk"
enum Tone { Kind, Short }
step s(how: Text<=9tok, tone: Tone, what: Text<=9tok) -> Text<=9tok {
  on small
  "{name} {how} {tone} {what}"
}
flow f(tone: Tone, mail: Text<=9tok) -> Text<=9tok {
  budget calls <= 2
  let one = s("be brief", tone, if len(mail) > 3 { "long" } else { "short" })
  return s("be kind", tone, one)
}
"#;
    assert_eq!(prompt(text), "* * * *");
    let outside = text.replace("s(\"be kind\", tone, one)", "s(\"be kind\", tone, mail)");
    assert_eq!(prompt(&outside), "* * * <data>#</data>");
}

#[test]
fn an_answer_is_as_untrusted_as_what_was_read() {
    let text = r#"
step t(x: Text<=9tok) -> Text<=9tok {
  on small
  "{x}"
}
step s(a: Text<=9tok) -> Text<=9tok {
  on small
  "{a}"
}
flow f(a: Text<=9tok) -> Text<=9tok {
  budget calls <= 2
  return t(s(a))
}
"#;
    assert_eq!(prompt(text), "<data>\n#\n</data>");
    assert_eq!(prompt(&text.replace("s(a))", "s(\"x\"))")), "*");
}

#[test]
fn a_step_that_nothing_calls_trusts_nobody() {
    assert_eq!(prompt("step s(a: Text<=9tok) -> Text<=9tok {\n  on small\n  \"{a}\"\n}\n"), "<data>\n#\n</data>");
}

#[test]
fn text_from_outside_gives_no_orders() {
    expect(
        r#"
tier small = local("smollm2-135m-instruct")
step s(a: Text<=9tok, b: Text<=9tok) -> Text<=9tok {
  on small
  system "You are {b}. {raw a}"
                          //^ error[E0430]: `a` is text from outside, and stands in a system message
  "{a}"
}
flow f(a: Text<=9tok) -> Text<=9tok {
  budget calls <= 1
  return s(a, "a desk")
}
"#,
    );
}

#[test]
fn text_from_outside_passes_a_gate_that_looks() {
    expect(
        r#"
tool told(body: Text<=9tok, n: Int in 0..9) -> Text<=9tok {
   //^^^^ error[E0431]: the gate of `told` is always open
  from   exec("./x")
  effect send
  price  $0.00
  time   <= 5s
  gate   true else deny
}
tool valued(body: Text<=9tok, n: Int in 0..9) -> Text<=9tok {
  from   exec("./x")
  effect write
  price  $0.00
  time   <= 5s
  gate   n > 3 else ""
}
tool looked(body: Text<=9tok) -> Text<=9tok {
  from   exec("./x")
  effect write
  price  $0.00
  time   <= 5s
  gate   len(body) > 3 else ""
}
tool asked(body: Text<=9tok) -> Text<=9tok {
  from   exec("./x")
  effect money
  price  $0.00
  time   <= 5s
  gate   false else approve("lead", within 4h)
}
flow f(a: Text<=9tok) -> Text<=9tok {
  budget calls <= 0
  let _one = valued("fixed", 3)
  let two = valued(a cut 9tok, 3)
          //^^^^^^^^^^^^^^^^^^^^^ error[E0432]: text from outside reaches `valued` as `body`, and its gate does not look at it
  let three = looked(two)
  return asked(if empty(three) { a } else { three })
}
"#,
    );
}

#[test]
fn a_model_that_read_text_from_outside_is_not_trusted_with_a_tool() {
    expect(
        r#"
tier small = openai("gpt-5.4-mini")
tool valued(body: Text<=9tok, n: Int in 0..9) -> Int in 0..9 {
  from   exec("./x")
  effect write
  price  $0.00
  time   <= 5s
  gate   n > 3 else 0
}
step s(a: Text<=9tok) -> Text<=9tok {
   //^ error[E0432]: text from outside reaches `valued` as `body`, and its gate does not look at it
  on    small
  tools valued <= 1
  turns <= 2
  "{a}"
}
step quiet() -> Text<=9tok {
  on    small
  tools valued <= 1
  turns <= 2
  "Write it down."
}
"#,
    );
}
