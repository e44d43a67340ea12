//! Names of other languages, and what is written here instead. In: a name that nothing has. Out: what to say about it.

use super::Checker;
use super::items::{Decl, Found};
use crate::diagnostic::Diagnostic;
use crate::diagnostic::code::check::E0409;
use crate::diagnostic::code::syntax::E0301;
use crate::source::Span;
use crate::syntax::Name;

/// What stands in the place of a name.
struct Instead {
    help: &'static str,
    /// What to write for the name itself; empty where one edit does not do it.
    write: &'static str,
}

const fn write(help: &'static str, write: &'static str) -> Option<Instead> {
    Some(Instead { help, write })
}

/// A type of another language.
fn type_instead(name: &str) -> Option<Instead> {
    match name {
        "string" | "String" | "str" | "Str" | "text" => {
            write("write `Text` with the most tokens that it has: `Text<=64tok`", "Text<=64tok")
        }
        "int" | "integer" | "Integer" | "i32" | "i64" | "u32" | "u64" | "long" | "uint" => {
            write("write `Int` with both ends: `Int in 0..100`", "Int in 0..100")
        }
        "boolean" | "Boolean" | "bool" => write("write `Bool`", "Bool"),
        "datetime" | "DateTime" | "date" => write("write `Date`", "Date"),
        "money" | "Money" | "dollars" | "usd" | "USD" | "decimal" | "Decimal" => {
            write("write `Usd` with the largest amount: `Usd<=$50`", "Usd<=$50")
        }
        "float" | "Float" | "double" | "Double" | "number" | "Number" | "f32" | "f64" => {
            write("write `Int in 0..100`, `Score` for 0.00 to 1.00, or `Usd<=$50`", "")
        }
        "list" | "List" | "array" | "Array" | "Vec" | "set" | "Set" => {
            write("write the element and the greatest length: `Text<=64tok[<=8]`", "")
        }
        "dict" | "Dict" | "map" | "Map" | "object" | "Object" | "any" | "Any" => {
            write("name the fields: `type Name { field: Text<=64tok }`", "")
        }
        "void" | "None" | "unit" | "Unit" => write("leave the result out: `flow name() { … }`", ""),
        _ => None,
    }
}

/// A value, a call or a statement of another language.
fn value_instead(name: &str) -> Option<Instead> {
    match name {
        "None" | "nil" | "Nil" | "undefined" | "Null" | "NULL" => write("write `null`", "null"),
        "True" | "TRUE" => write("write `true`", "true"),
        "False" | "FALSE" => write("write `false`", "false"),
        "continue" | "next" => write("write `skip`: it ends this element of an `each`", "skip"),
        "brake" | "brk" | "beak" => write("did you mean `break`?", "break"),
        "retrun" | "retun" | "reutrn" | "retrn" | "ret" => write("did you mean `return`?", "return"),
        "pass" => write("leave it out: an empty block does nothing", ""),
        "print" | "println" | "log" | "echo" | "console" | "printf" => {
            write("leave it out: a flow answers with `return`, and every call of a run is in its ledger", "")
        }
        "range" => write("a number of rounds is written `loop <= 3 { … }`", ""),
        "fail" | "error" | "exit" | "panic" | "abort" | "throw" | "raise" => {
            write("a flow gives up with `escalate(\"reason\")`", "")
        }
        "escalate" => write("write `escalate(\"reason\")`", ""),
        "assert" | "require" | "ensure" => write("write `check c else escalate(\"reason\")`", ""),
        "str" | "string" | "String" => write("write `text(x)`", "text"),
        "length" | "size" | "strlen" => write("write `len(x)`", "len"),
        "lowercase" | "to_lower" | "downcase" => write("write `lower(x)`", "lower"),
        "uppercase" | "to_upper" | "upcase" => write("write `upper(x)`", "upper"),
        "strip" => write("write `trim(x)`", "trim"),
        "includes" => write("write `contains(text, part)`", "contains"),
        "concat" => write("texts are joined with `+`, a list of texts with `join(xs, \", \")`", ""),
        "approve" => write("approval belongs to the `gate` of a tool", ""),
        _ => None,
    }
}

impl Checker<'_> {
    /// Says what a type of another language is called here; false where the name is of none. With a size behind it, only
    /// the name is to be replaced.
    pub(super) fn says_foreign_type(&mut self, name: &Name, file: usize, sized: bool) -> bool {
        if !matches!(self.find(&name.text, file), Found::Nothing) {
            return false;
        }
        let Some(instead) = type_instead(&name.text) else { return false };
        let bare = instead.write.split(['<', ' ']).next().unwrap_or("");
        self.say(foreign(name, instead.help, if sized { bare } else { instead.write }, "type"));
        true
    }

    /// Says what a value or a call of another language is called here; false where the name is of none.
    pub(super) fn says_foreign_value(&mut self, name: &Name) -> bool {
        let Some(instead) = value_instead(&name.text) else { return false };
        self.say(foreign(name, instead.help, instead.write, "name"));
        true
    }

    /// Says that `x = 1` binds nothing.
    pub(super) fn unbound(&mut self, name: &Name) {
        let problem = Diagnostic::error(E0301, name.span, format!("nothing is bound to `{}` yet", name.text))
            .label("`=` alone changes a `var`")
            .help(format!("write `let {0} = …`, or `var {0} = …` where it changes later", name.text));
        self.say(problem.fix("write `let`", Span { end: name.span.start, ..name.span }, "let "));
    }

    /// `Topic.Bug`, which is written `Bug`; false where it is none of that.
    pub(super) fn says_qualified(&mut self, owner: &Name, variant: &Name, file: usize) -> bool {
        let Found::Decl(Decl::Enum(id)) = self.find(&owner.text, file) else { return false };
        if self.variant_of(id, &variant.text).is_none() {
            return false;
        }
        let message = format!("`{}` is an enum, not a value", owner.text);
        let problem = Diagnostic::error(E0409, owner.span, message).label("a variant stands without its enum");
        let whole = owner.span.to(variant.span);
        let help = format!("write `{}`", variant.text);
        self.say(problem.help(help.clone()).fix(help, whole, variant.text.clone()));
        true
    }
}

fn foreign(name: &Name, help: &str, write: &str, what: &str) -> Diagnostic {
    let problem = Diagnostic::error(E0301, name.span, format!("unknown {what} `{}`", name.text));
    let problem = problem.label("not a word of this language").help(help);
    if write.is_empty() { problem } else { problem.fix(format!("write `{write}`"), name.span, write) }
}
