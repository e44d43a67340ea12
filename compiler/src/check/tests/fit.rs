//! `fit`: what it goes by, and what it makes of a list.

use crate::testing::{expect, program};
use crate::types::show;

#[test]
fn a_list_that_was_made_to_fit_may_be_empty() {
    let program = program(
        "type P { text: Text<=9tok, day: Date }\nflow f(ps: P[2..5]) -> P[<=5] {\n  budget calls <= 0\n  return ps fit 20tok by day\n}\n",
    );
    assert_eq!(show(&program.flows[0].result, &program.types), "P[<=5]");
}

#[test]
fn fit_needs_records_a_field_and_an_order() {
    expect(
        r#"
const room = 30tok
type P { text: Text<=9tok, n: Int in 0..9, sure: Score? }
flow f(ps: P[<=3], xs: Int in 0..9[<=3]) -> Int in 0..9 {
  budget calls <= 0
  let a = ps fit room by n
  let b = ps fit 2 * room by m
                           //^ error[E0423]: `P` has no field `m`
  let c = ps fit room by text
                       //^^^^ error[E0423]: `text` is `Text<=9tok`, and has no order
  let d = ps fit room by sure
                       //^^^^ error[E0423]: `sure` is `Score?`, and has no order
  let e = xs fit room by n
                       //^ error[E0423]: `Int in 0..9` has no field to go by
  let g = a[0] fit room by n
        //^^^^ error[E0401]: a list of records is wanted, and this is `P?`
  let h = ps fit 3 by n
               //^ error[E0503]: `3` is not a size of text
  return len(a)
}
"#,
    );
}
