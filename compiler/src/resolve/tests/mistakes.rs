//! What is said about names and modules, at its place.

use super::check;

#[test]
fn an_unknown_import_is_compared_with_what_there_is() {
    check(
        r#"
use kb { serch, Passage, nothing }
       //^^^^^ error[E0301]: unknown name `serch`
                       //^^^^^^^ error[E0301]: unknown name `nothing`
use kbb { search }
  //^^^ error[E0306]: unknown module `kbb`
use std.txt { join }
  //^^^^^^^ error[E0306]: the standard library has no module `txt`
use locked { x }
  //^^^^^^ error[E0001]: cannot read `locked.flow`
"#,
        &[("kb.flow", "pub tool search() -> Bool { from http(\"GET\", \"x\") }\npub type Passage { }\n")],
    );
}

#[test]
fn a_private_item_is_imported() {
    check(
        r#"
use kb { Passage }
       //^^^^^^^ error[E0305]: `Passage` is private to `kb.flow`
"#,
        &[("kb.flow", "type Passage { }\n")],
    );
}

#[test]
fn names_are_taken_once() {
    check(
        r#"
use kb { Passage, Passage, Topic }
                //^^^^^^^ error[E0302]: `Passage` is imported twice
                         //^^^^^ error[E0302]: `Topic` is declared twice
type Topic { a: Bool, b: Bool, a: Bool }
                             //^ error[E0302]: `a` is the name of a field already
enum Plan { Free, Pro { x: Bool, x: Bool }, Free }
                               //^ error[E0302]: `x` is the name of a field already
                                          //^^^^ error[E0302]: `Free` is the name of a variant already
step plan(a: Text<=3tok, a: Text<=3tok) -> Bool { "hi" }
                       //^ error[E0302]: `a` is the name of a parameter already
flow plan() -> Bool { true }
   //^^^^ error[E0302]: `plan` is declared twice
"#,
        &[("kb.flow", "pub type Passage { }\npub type Topic { }\n")],
    );
}

#[test]
fn builtins_keep_their_names() {
    check(
        r#"
type Text { a: Bool }
   //^^^^ error[E0304]: `Text` is a type of the language
enum Bool { Yes, No }
   //^^^^ error[E0304]: `Bool` is a type of the language
flow escalate() -> Bool { true }
   //^^^^^^^^ error[E0304]: `escalate` is a call of the language
tier embed = local("x")
"#,
        &[],
    );
}

#[test]
fn a_module_does_not_import_itself() {
    check(
        r#"
use main { T }
  //^^^^ error[E0307]: `main.flow` imports itself
pub type T { }
"#,
        &[],
    );
}

#[test]
fn a_circle_of_imports_is_shown_with_its_way() {
    check(
        r#"
//!! error[E0307]: modules import each other in a circle: `main.flow` → `a.flow` → `b.flow` → `main.flow`
use a { A }
pub type M { }
"#,
        &[("a.flow", "use b { B }\npub type A { }\n"), ("b.flow", "use main { M }\npub type B { }\n")],
    );
}

#[test]
fn an_import_that_nothing_uses() {
    check(
        r#"
use kb { Passage, Topic, Draft, Label }
                       //^^^^^ warning[W0308]: nothing uses `Draft`
use kb { Kind }
       //^^^^ warning[W0308]: nothing uses `Kind`
flow f(p: Passage) -> Label {
  p is Bug
}
"#,
        &[(
            "kb.flow",
            "pub type Passage { }\npub enum Topic { Bug }\npub alias Draft = Bool\npub alias Label = Bool\npub alias Kind = Bool\n",
        )],
    );
}
