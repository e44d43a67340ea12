//! Mistakes of people who come from other languages, or type fast: one message each, with the edit that repairs it.

use crate::diagnostic::tests as expect;
use crate::parse::parse;
use crate::source::SourceId;

#[track_caller]
fn check(flow: &str) {
    expect::check(flow, |text| parse(SourceId(0), text).diagnostics);
}

#[test]
fn a_misspelt_word_is_read_as_the_word_that_was_meant() {
    check(
        r#"
flw main(c: Bool, xs: Text<=3tok[<=3]) -> Text<=3tok {
//<^^^ error[E0116]: unknown word `flw`
  budgt cost <= $1
//^^^^^ error[E0116]: unknown word `budgt`
  lett x = 1
//^^^^ error[E0116]: unknown word `lett`
  vra y: Text<=3tok = "a"
//^^^ error[E0116]: unknown word `vra`
  lop <= 2 { break }
//^^^ error[E0116]: unknown word `lop`
  chek c else escalate("x")
//^^^^ error[E0116]: unknown word `chek`
  eahc x in xs { x }
//^^^^ error[E0116]: unknown word `eahc`
  iff c { return "a" }
//^^^ error[E0116]: unknown word `iff`
  let z = mtach c { true => 1, _ => 2 }
        //^^^^^ error[E0116]: unknown word `mtach`
  retrun y
//^^^^^^ error[E0116]: unknown word `retrun`
}
stpe ask(q: Text<=3tok) -> Text<=3tok {
//<^^^^ error[E0116]: unknown word `stpe`
  on small
  "hi {q}"
}
"#,
    );
}

#[test]
fn a_name_in_front_of_an_operator_is_no_misspelt_word() {
    check(
        r#"
flow f(c: Bool, lop: Int in 0..3, retrun: Bool) -> Bool {
  var lett = 1
  lett = lop + 1
  lop <= 2
  retrun and c
  retrun is true
  retrun in [c]
  retrun else c
  if retrun { skip }
  retrun
}
"#,
    );
}

#[test]
fn a_name_that_is_used_is_not_renamed_in_one_place() {
    check(
        r#"
type ticket { Subject: Text<=3tok }
   //^^^^^^ error[E0303]: `ticket` is written `Ticket`
            //^^^^^^^ error[E0303]: `Subject` is written `subject`
flow f(t: ticket) -> Bool { true }
"#,
    );
}

#[test]
fn documentation_of_nothing() {
    check(
        r#"
/// a type
type Ticket {
  /// what it is about
  subject: Text<=3tok
  /// nothing follows
//^^^^^^^^^^^^^^^^^^^ warning[W0117]: documentation of nothing
  /// any more
}
flow f() -> Bool {
  /// a remark
//^^^^^^^^^^^^ warning[W0117]: documentation of nothing
  true
}
/// the end
//<^^^^^^^^^^^ warning[W0117]: documentation of nothing
"#,
    );
}

#[test]
fn types_as_other_languages_write_them() {
    check(
        r#"
type A { a: [Text<=3tok], b: Text<64tok>, c: Text(64tok), d: Int(0..100), e?: Bool, f: Bool g: Bool }
          //^ error[E0107]: a list is written behind its element
                               //^ error[E0103]: a size is written with `<=`
                                               //^ error[E0103]: a size is written with `<=`
                                                              //^ error[E0103]: a size is written with `<=`
                                                                         //^ error[E0107]: `?` belongs behind the type
                                                                                          //^ error[E0101]: expected `,` or a new line, found `g`
flow f() Bool { true }
       //^^^^ error[E0105]: the result stands behind `->`
"#,
    );
}

#[test]
fn budgets_as_one_says_them() {
    check(
        r#"
flow a() { budget $0.10 }
                //^^^^^ error[E0104]: what `$0.10` limits is not said
flow b() { budget <= $0.10 }
                //^^ error[E0104]: what `$0.10` limits is not said
flow c() { budget cost <= $0.10 and calls <= 3 }
                              //^^^ error[E0104]: limits are parted by commas
flow d() { budget cost <= $0.10 calls <= 3 }
                              //^^^^^ error[E0104]: limits are parted by commas
flow e() { budget cost < $1 }
                     //^ error[E0103]: a bound is written with `<=`, not `<`
"#,
    );
}

#[test]
fn models_where_tiers_stand() {
    check(
        r#"
tier a = gpt-4o
       //^^^ error[E0104]: a model is named with its provider, in quotes
tier b = "gpt-4o"
       //^^^^^^^^ error[E0104]: a model is named with its provider
tier c = openai(gpt-5-mini)
              //^^^^^^^^^^ error[E0104]: the name of a model stands in quotes
step d() -> Bool {
  on "gpt-4o"
   //^^^^^^^^ error[E0101]: a step is answered by a tier, not by a model
  "hi"
}
step e() -> Bool {
  on gpt-4o
   //^^^ error[E0101]: a step is answered by a tier, not by a model
  "hi"
}
step f() -> Bool {
  on openai("gpt-5-mini")
   //^^^^^^ error[E0101]: a step is answered by a tier, not by a model
  "hi"
}
step g() -> Bool {
  on small then mid
         //^^^^ error[E0107]: the next rung stands behind `->`, not `then`
  "hi"
}
step h() -> Bool {
  on small
  promt "hi"
//^^^^^ error[E0109]: unknown clause `promt`
}
"#,
    );
}

#[test]
fn statements_of_other_languages() {
    check(
        r#"
flow f(c: Bool) -> Bool {
  if (c) { return c } elif c { return c }
                    //^^^^ error[E0106]: `elif` is written `else if`
  escalate "x"
//^^^^^^^^ error[E0107]: the reason of `escalate` stands in brackets
  raise "x"
//^^^^^ error[E0106]: `raise` is a word of other languages
  null?
    //^ error[E0107]: `?` belongs to types
  return c && !c
         //^^ error[E0107]: `&&` is written `and`
            //^ error[E0107]: `!` is written `not`
}
"#,
    );
}
