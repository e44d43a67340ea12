//! Names and forms of other languages: one message each, and what to write instead.

use crate::diagnostic::tests as expected;
use crate::testing::{self, Memory};

/// Unlike [`testing::expect`], this applies each fix, and `FLOW_BLESS` writes what is said.
#[track_caller]
fn expect(flow: &str) {
    expected::check(flow, |text| testing::check(&Memory::of(text)).0.diagnostics);
}

#[test]
fn names_of_other_languages() {
    expect(
        r#"
type Order { name: string, count: int, open: bool, note: String<=20tok, price: float, tags: list, all: dict }
                 //^^^^^^ error[E0301]: unknown type `string`
                                //^^^ error[E0301]: unknown type `int`
                                           //^^^^ error[E0301]: unknown type `bool`
                                                       //^^^^^^ error[E0301]: unknown type `String`
                                                                             //^^^^^ error[E0301]: unknown type `float`
                                                                                          //^^^^ error[E0301]: unknown type `list`
                                                                                                     //^^^^ error[E0301]: unknown type `dict`
enum Topic { Billing, Bug }
flow f(topic: Topic, c: Bool) -> Text<=3tok {
  budget calls <= 1
  let a = None
        //^^^^ error[E0301]: unknown name `None`
  let b = True
        //^^^^ error[E0301]: unknown name `True`
  let d = topic == Topic.Bug
                 //^^^^^ error[E0409]: `Topic` is an enum, not a value
  let e = topic is Topic.Bug
                 //^^^^^ error[E0107]: a variant stands without its enum: `Bug`
  x = 3
//^ error[E0301]: nothing is bound to `x` yet
  let g = x
  print(a)
//^^^^^ error[E0301]: unknown name `print`
  continue
//^^^^^^^^ error[E0301]: unknown name `continue`
  esclate("x")
//^^^^^^^ error[E0301]: unknown name `esclate`
  return
//^^^^^^ error[E0709]: this flow returns `Text<=3tok`
}
flow g(xs: Text<=3tok[<=4]) {
  budget calls <= 1
  each x in 3 { x }
          //^ error[E0401]: `each` goes through a list, not a number
  each x in range(3) { x }
          //^^^^^ error[E0301]: unknown name `range`
  loop <= 2 { brake }
            //^^^^^ error[E0301]: unknown name `brake`
}
"#,
    );
}

#[test]
fn a_step_that_is_not_closed_is_not_said_to_lack_something() {
    expect(
        r#"
step s(q: Text<=3tok) -> Text<=3tok {
                                  //^ error[E0102]: `{` of step `s` is not closed

flow f(q: Text<=3tok) -> Text<=3tok {
  budget calls <= 1
  return s(q)
}
"#,
    );
}
