//! The one style, by example: what is written on the left becomes what stands on the right, and stays so.

use flow_compiler::format::format;
use flow_compiler::source::SourceId;

#[track_caller]
fn becomes(text: &str, expected: &str) {
    let made = format(SourceId(0), text).unwrap_or_else(|said| panic!("{}\n{text}", said[0].message));
    assert_eq!(made, expected, "--- made\n{made}");
    assert_eq!(format(SourceId(0), &made).as_deref().ok(), Some(made.as_str()), "a second time");
}

#[track_caller]
fn stays(text: &str) {
    becomes(text, text);
}

/// A statement as the second line of a flow.
#[track_caller]
fn statement(text: &str, expected: &str) {
    let flow = |text: &str| format!("flow f() -> Bool {{\n{text}\n}}\n");
    becomes(&flow(text), &flow(expected));
}

#[test]
fn what_belongs_together_stands_together() {
    statement("let  x:Int in 0 .. 3=- 3+f ( a ,b [ 0 ].c )*-x", "  let x: Int in 0..3 = -3 + f(a, b[0].c) * -x");
    statement(
        "return all(xs , . sure>=0.6 and . cites is not empty)",
        "  return all(xs, .sure >= 0.6 and .cites is not empty)",
    );
    statement("x=T{a:1,b:[ 1,2 , ],}", "  x = T { a: 1, b: [1, 2] }");
    statement("return  ( a or b )and not ( c )", "  return (a or b) and not (c)");
    statement("return xs [ .. 3 ]==xs[ 1 ..]", "  return xs[..3] == xs[1..]");
    becomes("alias A=Text <= 2*note+40tok [ <= 3 ] ?\n", "alias A = Text<=2 * note + 40tok[<=3]?\n");
}

#[test]
fn a_comma_in_front_goes_behind_and_documentation_stays_with_its_field() {
    becomes("type T {\n  a: Id\n  /// One b.\n  , b: Id\n}\n", "type T {\n  a: Id\n  /// One b.\n  b: Id\n}\n");
}

#[test]
fn a_name_that_is_the_word_of_a_statement_keeps_its_comma() {
    becomes(
        "use a.b {\n  topic\n  return , let,\n  person, check }\n",
        "use a.b {\n  topic\n  return,\n  let,\n  person\n  check\n}\n",
    );
    stays("use a.b { topic, return, person }\n");
    // Where no comma parted them, a line of its own needs one.
    becomes("use a { return\n  Ticket // why\n}\n", "use a {\n  return,\n  Ticket  // why\n}\n");
}

#[test]
fn a_word_that_goes_on_is_not_parted_from_what_it_goes_on_with() {
    becomes(
        "test \"x\" {\n  then keep when // x\n  b else c\n}\n",
        "test \"x\" {\n  then keep when  // x\n      b\n      else c\n}\n",
    );
}

#[test]
fn one_blank_line_is_as_many_as_there_are() {
    becomes(
        "\n\ntier a = model(\"a\")\n\n\n\ntier b = model(\"b\")\n\n\n",
        "tier a = model(\"a\")\n\ntier b = model(\"b\")\n",
    );
    becomes(
        "flow f() -> Bool {\n\n\n  let a = 1\n\n\n\n  return a\n\n}\nalias A = Id\n",
        "flow f() -> Bool {\n  let a = 1\n\n  return a\n}\n\nalias A = Id\n",
    );
}

#[test]
fn tiers_bindings_arms_and_clauses_stand_in_columns() {
    becomes(
        "tier small = model(\"a\")\ntier frontier = model(\"b\")|model(\"c\")\n",
        "tier small    = model(\"a\")\ntier frontier = model(\"b\") | model(\"c\")\n",
    );
    becomes(
        "route r(t: T) {\n  t is Legal => frontier\n  context > 6000tok => mid -> frontier\n  _ => small\n}\n",
        "route r(t: T) {\n  t is Legal        => frontier\n  context > 6000tok => mid -> frontier\n  _                 => small\n}\n",
    );
    becomes(
        "step s() -> T {\n on a\n time<=3s\n retry  <= 1\n\"x\"\n}\n",
        "step s() -> T {\n  on      a\n  time    <= 3s\n  retry   <= 1\n  \"x\"\n}\n",
    );
    stays("step s() -> T {\n  on a\n  \"x\"\n}\n");
    stays(
        "flow f() -> T {\n  let questions = split(t)\n  let answers   = g(questions)\n\n  let a = 3\n  return a\n}\n",
    );
}

#[test]
fn what_is_too_long_breaks_at_its_loosest_place() {
    let long = "a_name_that_is_rather_long";
    statement(
        &format!("check {long} and {long} and {long} and {long} or {long} else skip"),
        &format!(
            "  check {long}\n      and {long}\n      and {long}\n      and {long}\n      or {long}\n      else skip"
        ),
    );
    statement(
        &format!("let x = f({long}, {long}, {long}, {long}, {long})"),
        &format!("  let x = f(\n    {long},\n    {long},\n    {long},\n    {long},\n    {long},\n  )"),
    );
    becomes(
        &format!("flow f({long}: {}, b: B) -> C {{ 1 }}\n", "T".repeat(90)),
        &format!("flow f(\n  {long}: {},\n  b: B,\n) -> C {{\n  1\n}}\n", "T".repeat(90)),
    );
    statement(
        &format!("if {long} == {long} {{ x = {long} }} else if {long} {{ x = 1 }} else {{ x = 2 }}"),
        &format!(
            "  if {long} == {long} {{\n    x = {long}\n  }} else if {long} {{\n    x = 1\n  }} else {{\n    x = 2\n  }}"
        ),
    );
}

#[test]
fn braces_stand_open_where_their_writer_opened_them() {
    statement("let a = if b { c } else { d }", "  let a = if b { c } else { d }");
    statement("let a = if b {\nc } else { d }", "  let a = if b {\n    c\n  } else {\n    d\n  }");
    becomes(
        "enum A { B, C }\n\nenum D {\n  E, F { a: Id }\n  G\n}\n",
        "enum A { B, C }\n\nenum D {\n  E\n  F { a: Id }\n  G\n}\n",
    );
    becomes("type T { a: Id\n  b: Id }\n", "type T { a: Id, b: Id }\n");
}

#[test]
fn comments_stay_where_they_are() {
    stays("//! The module.\n\n// Remarks.\n\n/// What it is.\nalias A = Id  // behind\n// at the end\n");
    stays("step s() -> T {  // first\n  // before\n  on      a     // one\n  time    <= 3s  // two\n\n  // the prompt\n  \"x\"\n  // last\n}\n".replace("a     //", "a      //").as_str());
    statement(
        "return f(a, // one\n b /* */ )".replace(" /* */", " // two\n").as_str(),
        "  return f(\n    a,  // one\n    b,  // two\n  )",
    );
    statement("return a // why\n // and\n + b", "  return a  // why\n      // and\n      + b");
    becomes(
        "type T {\n  a: Id // one\n  , b: Id // two\n  // three\n}\n",
        "type T {\n  a: Id  // one\n  b: Id  // two\n  // three\n}\n",
    );
}

#[test]
fn block_texts_move_with_their_clause_and_keep_their_value() {
    becomes(
        "step s() -> T {\n on a\n      \"\"\"\n      One\n\n        two {x}\n      \"\"\"\n}\n",
        "step s() -> T {\n  on a\n  \"\"\"\n  One\n\n    two {x}\n  \"\"\"\n}\n",
    );
    stays("step s() -> T {\n  on a\n  \"\"\"one line\"\"\"\n}\n");
    stays("step s() -> T {\n  on a\n  \"\"\"first\n  second   \n  \"\"\"\n}\n");
    becomes(
        "step s() -> T {\r\n\ton a\r\n\t\"\"\"\r\n\tx\r\n\t\"\"\"\r\n}\r\n",
        "step s() -> T {\n  on a\n  \"\"\"\n  x\n  \"\"\"\n}\n",
    );
}

#[test]
fn a_text_with_errors_is_refused() {
    let said = format(SourceId(0), "flow f( {").expect_err("it has errors");
    assert!(said.iter().all(|problem| problem.is_error()), "{said:?}");
    assert_eq!(format(SourceId(0), "").as_deref(), Ok(""));
    assert_eq!(format(SourceId(0), "\n\n").as_deref(), Ok(""));
}
