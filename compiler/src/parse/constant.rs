//! Constants: `const max_turns = 6`.

use super::cursor::{Parsed, Parser};
use crate::diagnostic::Diagnostic;
use crate::diagnostic::code::syntax as code;
use crate::lex::Kind;
use crate::syntax::ConstDecl;

impl Parser<'_> {
    /// `const note = 60tok` behind its word.
    pub(super) fn constant(&mut self) -> Parsed<ConstDecl> {
        let name = self.value_name("the name of the constant")?;
        match self.kind() {
            Kind::Equal => drop(self.bump()),
            Kind::LessEqual => {
                let span = self.span();
                let problem = Diagnostic::error(code::E0101, span, "a constant is given with `=`").label("not `=`");
                let help = format!("`<=` stands where it is used: `turns <= {}`", name.text);
                self.say(problem.help(help).fix("write `=`", span, "="));
                self.bump();
            }
            Kind::Colon => {
                let problem = Diagnostic::error(code::E0107, self.span(), "a constant has the type of its value");
                let help = format!("write `const {} = 60tok`, with the unit in the value", name.text);
                return Err(self.say(problem.label("no type stands here").help(help)));
            }
            _ => {
                let help = format!("write `const {} = …`", name.text);
                return Err(self.expected_with(code::E0101, "`=` and a value such as `60tok`", &help));
            }
        }
        let value = self.amount("a value such as `60tok`")?;
        Ok(ConstDecl { name, value })
    }
}
