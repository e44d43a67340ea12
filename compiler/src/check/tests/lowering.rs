//! What flows become: nodes, and what each of them needs.
//!
//! A body is shown with a line a node: its slot and name, what it needs, and what it does, with its inner bodies below it.

use std::fmt::Write as _;

use crate::program::{Arm, Body, Leave, NodeKind, Slot};
use crate::testing::program;

const PRELUDE: &str = r#"
tier small = local("smollm2-135m-instruct")
tier reader = local("all-minilm-l6-v2")
enum Topic { Billing, Bug }
enum Ask { Help, Refund { amount: Usd<=$50 } }
step one(x: Text<=99tok) -> Text<=99tok {
  on small
  """{x}"""
}
step two(x: Text<=99tok, y: Text<=99tok) -> Text<=99tok {
  on small
  """{x} {y}"""
}
step fine(x: Text<=99tok) -> Bool {
  on small
  """{x}"""
}
tool find(x: Text<=99tok) -> Text<=99tok[<=2] {
  from   exec("./find")
  effect read
  price  $0.00
  time   <= 1s
  gate   not empty(x) else []
}
"#;

/// Holds the nodes of the flow `f(a, xs, t)` with these statements to what is expected.
fn lowers(result: &str, statements: &str, expected: &str) {
    let head = format!("flow f(a: Text<=99tok, xs: Text<=99tok[<=4], t: Topic, r: Ask) -> {result}");
    let text = format!("{PRELUDE}{head} {{\n  budget calls <= 99\n{statements}\n}}\n");
    let program = program(&text);
    let body = &program.flows[0].body;
    let mut shown = String::new();
    show(body, 0, &mut shown);
    let dedented: Vec<&str> = expected.lines().map(|line| line.strip_prefix("        ").unwrap_or(line)).collect();
    assert_eq!(shown.trim(), dedented.join("\n").trim(), "\n{shown}");
}

fn show(body: &Body, depth: usize, out: &mut String) {
    for node in &body.nodes {
        let needs: Vec<String> = node.needs.iter().map(|slot| slot.0.to_string()).collect();
        let name = node.name.as_deref().map_or(String::new(), |name| format!(" {name}"));
        let indent = "  ".repeat(depth);
        let _ = writeln!(out, "{indent}{}{name} <- [{}] {}", node.slot.0, needs.join(" "), what(&node.kind));
        inner(&node.kind, depth + 1, out);
    }
}

fn inner(kind: &NodeKind, depth: usize, out: &mut String) {
    match kind {
        NodeKind::Choose(arms) => arms.iter().for_each(|Arm { when, body, .. }| {
            let _ = writeln!(out, "{}{}:", "  ".repeat(depth), if when.is_some() { "when" } else { "else" });
            show(body, depth + 1, out);
        }),
        NodeKind::Each { body, .. } | NodeKind::Loop { body, .. } => show(body, depth, out),
        NodeKind::Attempt { body, handler } => {
            show(body, depth, out);
            let _ = writeln!(out, "{}else:", "  ".repeat(depth));
            show(handler, depth + 1, out);
        }
        _ => {}
    }
}

fn what(kind: &NodeKind) -> String {
    match kind {
        NodeKind::Value(_) => "value".to_owned(),
        NodeKind::Step(id, _) => format!("step {}", id.0),
        NodeKind::Embedding(id, _) => format!("embedding {}", id.0),
        NodeKind::Tool(id, _) => format!("tool {}", id.0),
        NodeKind::Flow { flow, .. } => format!("flow {}", flow.0),
        NodeKind::Choose(_) => "choose".to_owned(),
        NodeKind::Each { most, parallel, .. } => format!("each <= {most}, parallel <= {parallel}"),
        NodeKind::Loop { most, .. } => format!("loop <= {most}"),
        NodeKind::Attempt { .. } => "attempt".to_owned(),
        NodeKind::Ask(ask) => format!("ask {} within {}ms", ask.role, ask.within_ms),
        NodeKind::Assign(Slot(slot), _) => format!("assign {slot}"),
        NodeKind::Signal(Leave::Break) => "break".to_owned(),
        NodeKind::Signal(Leave::Skip) => "skip".to_owned(),
        NodeKind::Signal(Leave::Return(_)) => "return".to_owned(),
        NodeKind::Signal(Leave::Escalate { .. }) => "escalate".to_owned(),
    }
}

#[test]
fn independent_bindings_do_not_need_each_other() {
    lowers(
        "Text<=99tok",
        "let b = one(a)\n let c = one(a)\n let d = two(b, c)\n return d",
        "4 b <- [] step 0
        5 c <- [] step 0
        6 d <- [4 5] step 1
        7 <- [4 5 6] return",
    );
}

#[test]
fn arguments_that_call_become_nodes_of_their_own() {
    lowers(
        "Text<=99tok",
        "two(one(a), one(one(a)))",
        "4 <- [] step 0
        5 <- [] step 0
        6 <- [5] step 0
        7 <- [4 6] step 1",
    );
}

#[test]
fn a_check_comes_after_all_before_it_and_before_all_after_it() {
    lowers(
        "Text<=99tok",
        "let b = one(a)\n let c = one(a)\n check fine(b) else escalate(\"no\")\n let d = one(a)\n two(c, d)",
        "4 b <- [] step 0
        5 c <- [] step 0
        6 <- [4] step 2
        8 <- [4 5 6] choose
          when:
            7 <- [] escalate
        9 d <- [8] step 0
        10 <- [5 8 9] step 1",
    );
}

#[test]
fn a_pure_if_is_a_value() {
    lowers(
        "Text<=99tok",
        "let b = if fine(a) { \"x\" } else { a }\n one(b)",
        "4 <- [] step 2\n        5 b <- [4] value\n        6 <- [5] step 0",
    );
}

#[test]
fn an_if_with_a_call_is_a_node() {
    lowers(
        "Text<=99tok",
        "let b = one(a)\n let c = if t is Bug { one(b) } else { b }\n one(c)",
        "4 b <- [] step 0
        6 c <- [4] choose
          when:
            5 <- [] step 0
          else:
        7 <- [6] step 0",
    );
}

#[test]
fn an_else_if_is_an_arm_of_the_same_choice() {
    lowers(
        "Text<=99tok",
        "if t is Bug { return one(a) } else if a is empty { return \"x\" } else if t is Billing { one(a) } else { two(a, a) }",
        "11 <- [] choose
          when:
            4 <- [] step 0
            5 <- [4] return
          when:
            6 <- [] return
          when:
            7 <- [] step 0
          else:
            8 <- [] step 1",
    );
}

#[test]
fn the_right_side_of_and_is_asked_only_where_the_left_one_holds() {
    lowers(
        "Bool",
        "fine(a) and fine(a)",
        "4 <- [] step 2
        6 <- [4] choose
          when:
            5 <- [] step 2
          else:",
    );
}

#[test]
fn a_loop_that_changes_a_var_around_it_is_a_barrier() {
    lowers(
        "Text<=99tok",
        "var b: Text<=99tok = a\n let c = one(a)\n loop <= 2 {\n let d = one(b)\n if fine(d) { break }\n b = d\n }\n two(b, c)",
        "4 b <- [] value
        5 c <- [] step 0
        11 <- [4 5] loop <= 2
          6 <- [] step 0
          7 <- [6] step 2
          9 <- [6 7] choose
            when:
              8 <- [] break
          10 <- [6 9] assign 4
        12 <- [4 5 11] step 1",
    );
}

#[test]
fn a_loop_that_keeps_to_itself_is_no_barrier() {
    lowers(
        "Text<=99tok",
        "let b = one(a)\n loop <= 2 {\n if fine(a) { break }\n }\n one(b)",
        "4 b <- [] step 0
        8 <- [] loop <= 2
          5 <- [] step 2
          7 <- [5] choose
            when:
              6 <- [] break
        9 <- [4] step 0",
    );
}

#[test]
fn a_skip_is_a_barrier_in_its_each_and_not_outside_of_it() {
    lowers(
        "Text<=99tok[<=4]",
        "let b = one(a)\n let c = each x in xs, parallel <= 3 {\n let y = one(x)\n if fine(y) { skip }\n two(y, b)\n }\n return c",
        "4 b <- [] step 0
        11 c <- [4] each <= 4, parallel <= 3
          6 <- [] step 0
          7 <- [6] step 2
          9 <- [6 7] choose
            when:
              8 <- [] skip
          10 <- [6 9] step 1
        12 <- [4 11] return",
    );
}

#[test]
fn a_handler_stands_beside_what_it_handles() {
    lowers(
        "Text<=99tok",
        "let b = one(a) else escalate(\"no\")\n return b",
        "6 b <- [] attempt
          4 <- [] step 0
          else:
            5 <- [] escalate
        7 <- [6] return",
    );
}

#[test]
fn a_narrowed_call_is_a_choice() {
    lowers(
        "Text<=99tok[<=2]",
        "let b = find(a) when t in [Bug] else []\n return b",
        "5 b <- [] choose
          when:
            4 <- [] tool 0
          else:
        6 <- [5] return",
    );
}

#[test]
fn the_fields_of_a_variant_are_bound_in_its_arm() {
    lowers(
        "Text<=99tok",
        "let b = match r { Help => one(a), Refund { amount } => two(a, text(amount)) }\n return b",
        "7 b <- [] choose
          when:
            4 <- [] step 0
          else:
            6 <- [] step 1
        8 <- [7] return",
    );
}

#[test]
fn a_let_of_a_var_keeps_the_value_of_its_time() {
    lowers(
        "Text<=99tok",
        "var b = a\n let c = b\n b = \"x\"\n two(b, c)",
        "4 b <- [] value
        5 c <- [4] value
        6 <- [4 5] assign 4
        7 <- [4 5 6] step 1",
    );
}
