//! Constants: what they are made of, where they stand, and what is said where they cannot.

use crate::program::Ty;
use crate::testing::{Memory, check, expect, program};
use crate::types::show;

/// The types of the parameters of the first flow.
fn params(text: &str) -> Vec<String> {
    let program = program(text);
    program.flows[0].params.iter().map(|param| show(&param.ty, &program.types)).collect()
}

#[test]
fn a_constant_stands_wherever_a_cap_or_a_size_does() {
    let text = r#"
const note = 60tok
const most = 2 * (3 + extra)
const extra = 1
const cents = 3 * $0.01 + $0.02
const wait = 2m + 30s
flow f(a: Text<=note, b: Text<=2 * note + 40tok, c: Text<=20tok[<=most], d: Int in extra..most - 1, e: Usd<=cents) -> Int in 0..100 {
  budget cost <= cents, calls <= most, time <= wait
  var n: Int in 0..100 = 0
  loop <= most { n = min(n + extra, 100) }
  return n
}
"#;
    assert_eq!(params(text), ["Text<=60tok", "Text<=160tok", "Text<=20tok[<=8]", "Int in 1..7", "Usd<=$0.05"]);
    let budget = program(text).flows[0].budget.clone().expect("it has one");
    assert_eq!(budget.iter().map(|limit| limit.amount).collect::<Vec<_>>(), [50_000_000, 8, 150_000]);
}

#[test]
fn a_constant_is_a_value_too() {
    let text = "const name = \"desk\"\nconst sure = 0.6\nflow f(x: Score) -> Text<=20tok {\n  budget calls <= 0\n  \
                return if x >= sure { name + \"!\" } else { \"\" }\n}\n";
    let program = program(text);
    assert!(matches!(program.flows[0].result, Ty::Text(_)));
}

#[test]
fn a_constant_is_imported() {
    let world =
        Memory::of("use caps { note }\nflow f(x: Text<=note) -> Text<=note {\n  budget calls <= 0\n  return x\n}\n")
            .with("caps.flow", "const half = 30tok\npub const note = 2 * half\n");
    let (checked, _) = check(&world);
    assert!(checked.diagnostics.is_empty(), "{:#?}", checked.diagnostics);
    assert_eq!(show(&checked.value.flows[0].params[0].ty, &checked.value.types), "Text<=60tok");
}

#[test]
fn what_is_wrong_with_a_constant_is_said_at_its_place() {
    expect(
        r#"
const note = 60tok
const mixed = note + 40char
            //^^^^^^^^^^^^^ error[E0420]: tokens and characters do not add up
const squared = note * note
              //^^^^^^^^^^^ error[E0420]: a product has a plain number on one side
const shown = note + "x"
            //^^^^^^^^^^ error[E0420]: tokens and texts do not add up
const flag = true + 1
           //^^^^^^^^ error[E0420]: `true + 1` has no value
const less = note - 61tok
           //^^^^^^^^^^^^ error[E0421]: `note - 61tok` does not fit
const huge = 9_000_000_000_000_000_000 + 9_000_000_000_000_000_000
           //^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^ error[E0421]
const low = high - 1
    //^^^ error[E0422]: `low` stands for itself
const high = low + 1
const far = nowhere
          //^^^^^^^ error[E0301]: unknown name `nowhere`
const not_one = f + 1
              //^ error[E0409]: `f` is a flow, not a constant
type T { a: Text<=low, b: Text<=5 }
                              //^ error[E0503]: `5` is not a size of text
type U { a: Int in 0..note }
                    //^^^^ error[E0503]: `note` is not a whole number
flow f(x: T) -> Bool {
  budget cost <= note
               //^^^^ error[E0503]: `note` is not an amount of money
  return true
}
"#,
    );
}
