//! Calls, and those that are part of the language: `escalate`, `classify`, `embed`, `ask`.

use super::cursor::{Parsed, Parser};
use crate::diagnostic::Diagnostic;
use crate::diagnostic::code::syntax as code;
use crate::lex::Kind;
use crate::source::Span;
use crate::syntax::{Ask, Expr, ExprKind, Name};

/// An argument as written: `to: "support-lead"` has a name.
pub(super) struct Argument {
    pub(super) name: Option<Name>,
    pub(super) value: Expr,
}

impl Parser<'_> {
    /// The arguments of a call; the parser stands at `(`.
    pub(super) fn arguments(&mut self, name: &Name) -> Vec<Argument> {
        let of = format!("the call of `{}`", name.text);
        self.list(Kind::LeftParen, &of, |p| {
            let named = p.is(Kind::Word) && p.peek(1).kind == Kind::Colon;
            let name = named.then(|| p.take_name());
            if named {
                p.bump();
            }
            Ok(Argument { name, value: p.expr_or_error() })
        })
    }

    pub(super) fn unnamed(&mut self, call: &Name, argument: Argument) -> Expr {
        if let Some(name) = argument.name {
            let message = format!("arguments of `{}` have no names", call.text);
            let span = Span { end: argument.value.span.start.max(name.span.end), ..name.span };
            let problem = Diagnostic::error(code::E0101, name.span, message).label("named here");
            self.say_behind(problem.fix("leave the name out", span, ""));
        }
        argument.value
    }

    pub(super) fn escalate(&mut self) -> Parsed<ExprKind> {
        let name = self.take_name();
        let mut arguments = self.arguments(&name).into_iter();
        let Some(reason) = arguments.next() else {
            let problem = Diagnostic::error(code::E0104, name.span, "`escalate` needs a reason").label("no reason");
            return Err(self.say(problem.help("write `escalate(\"no grounded answer\", to: \"support-lead\")`")));
        };
        let reason = Box::new(self.unnamed(&name, reason));
        let to = arguments.next().map(|to| match &to.name {
            Some(word) if word.text == "to" => Box::new(to.value),
            Some(_) => Box::new(self.unnamed(&name, to)),
            None => {
                let problem =
                    Diagnostic::error(code::E0104, to.value.span, "to whom it escalates is written with `to:`");
                let place = Span { end: to.value.span.start, ..to.value.span };
                self.say_behind(problem.label("no `to:`").fix("write `to:`", place, "to: "));
                Box::new(to.value)
            }
        });
        self.no_more(&name, arguments.next());
        Ok(ExprKind::Escalate { reason, to })
    }

    fn no_more(&mut self, name: &Name, argument: Option<Argument>) {
        if let Some(extra) = argument {
            let message = format!("`{}` takes fewer arguments", name.text);
            self.say_behind(Diagnostic::error(code::E0101, extra.value.span, message).label("one too many"));
        }
    }

    pub(super) fn classify(&mut self) -> Parsed<ExprKind> {
        let name = self.take_name();
        let mut arguments = self.arguments(&name).into_iter();
        let (text, into) = (arguments.next(), arguments.next());
        let into = into.map(|into| into.value);
        let (Some(text), Some(Expr { kind: ExprKind::Name(into), .. })) = (text, into) else {
            let problem =
                Diagnostic::error(code::E0104, name.span, "`classify` needs a text and the enum of its labels");
            return Err(self.say(problem.label("incomplete").help("write `classify(text, into: Topic) by minilm`")));
        };
        self.no_more(&name, arguments.next());
        let text = Box::new(self.unnamed(&name, text));
        Ok(ExprKind::Classify { text, into, by: self.by(&name)? })
    }

    pub(super) fn embed(&mut self) -> Parsed<ExprKind> {
        let name = self.take_name();
        let mut arguments = self.arguments(&name).into_iter();
        let Some(text) = arguments.next() else {
            let problem = Diagnostic::error(code::E0104, name.span, "`embed` needs a text").label("incomplete");
            return Err(self.say(problem.help("write `embed(text) by minilm`")));
        };
        self.no_more(&name, arguments.next());
        let text = Box::new(self.unnamed(&name, text));
        Ok(ExprKind::Embed { text, by: self.by(&name)? })
    }

    /// `by minilm`
    fn by(&mut self, call: &Name) -> Parsed<Name> {
        if self.eat_word("by").is_none() {
            let what = format!("`by` and the tier that answers `{}`", call.text);
            let help = "name the tier of an embedding model: `… by reader`";
            return Err(self.expected_with(code::E0104, &what, help));
        }
        self.name("the name of a tier")
    }

    /// `ask person("support-lead", within 4h) -> Bool "Is it urgent? {t.body}"`
    pub(super) fn ask(&mut self) -> Parsed<ExprKind> {
        let word = self.bump();
        if self.is(Kind::LeftParen) {
            let problem = Diagnostic::error(code::E0104, word, "who is asked is not said").label("not `ask person`");
            self.say_behind(problem.fix("write `ask person`", word, "ask person"));
            return self.asked();
        }
        let whom = self.name("`person`")?;
        if whom.text != "person" {
            let problem = Diagnostic::error(code::E0101, whom.span, format!("`{}` cannot be asked", whom.text));
            self.say_behind(problem.label("not `person`").fix("write `person`", whom.span, "person"));
        }
        if !self.is(Kind::LeftParen) {
            return Err(self.expected_as(code::E0104, "`(` and who is asked, such as `(\"support-lead\", within 4h)`"));
        }
        self.asked()
    }

    /// `("support-lead", within 4h) -> Bool "Is it urgent? {t.body}"`
    fn asked(&mut self) -> Parsed<ExprKind> {
        let (level, opening) = (self.level(), self.bump());
        if !self.at_literal() {
            let help = "write the role in quotes: `person(\"support-lead\", within 4h)`";
            return Err(self.expected_with(code::E0101, "who is asked, in quotes", help));
        }
        let role = self.literal("who is asked, in quotes")?;
        let help = "write `ask person(\"support-lead\", within 4h) -> Bool \"…\"`";
        self.expect_with(Kind::Comma, "`,` and `within 4h`", help)?;
        self.expect_word_with("within", help)?;
        self.eat(Kind::LessEqual);
        let within = self.amount("a time such as `4h`")?;
        if self.eat(Kind::RightParen).is_none() {
            self.unclosed(opening, "`ask`");
            self.drop_to(level);
        }
        if self.eat(Kind::Arrow).is_none() {
            let help = "write `-> Bool` in front of the question";
            return Err(self.expected_with(code::E0104, "`->` and the type of the answer", help));
        }
        let result = self.ty()?;
        let asked = matches!(self.kind(), Kind::Block | Kind::Text | Kind::OpenText | Kind::SingleQuoted);
        let question = (asked && !self.new_line()).then(|| self.template());
        Ok(ExprKind::Ask(Box::new(Ask { role, within, result, question })))
    }
}
