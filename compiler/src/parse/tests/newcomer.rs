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
