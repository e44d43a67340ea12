//! Values and what hangs on them: names, literals, calls, records, lists, `if`, `match`, `each`, and their tails.

use super::cursor::{Commas, Parsed, Parser, STATEMENT_WORDS};
use crate::diagnostic::Diagnostic;
use crate::diagnostic::code::syntax as code;
use crate::lex::Kind;
use crate::source::Span;
use crate::syntax::{Block, Expr, ExprKind, LiteralKind, Name, Pattern};

/// An argument as written: `to: "support-lead"` has a name.
struct Argument {
    name: Option<Name>,
    value: Expr,
}

impl Parser<'_> {
    /// A value and its tail: `answers[0].text`, `desk(t) within cost <= $0.05`.
    pub(super) fn with_tail(&mut self) -> Parsed<Expr> {
        let outer = std::mem::replace(&mut self.deepest, self.depth);
        let start = self.span();
        let mut value = self.value()?;
        loop {
            let next = self.token();
            let here = !self.new_line();
            let kind = match next.kind {
                Kind::Dot if here || self.continues_line() => self.field(value)?,
                Kind::LeftBracket if here => self.index(value)?,
                Kind::LeftParen if here => return Err(self.not_callable()),
                Kind::Question if here => return Err(self.question()),
                Kind::Word if self.is_word("within") && (here || self.continues_line()) => {
                    self.bump();
                    let call = Box::new(value);
                    ExprKind::Within { call, limits: self.limits()? }
                }
                Kind::Word if self.is_word("when") && (here || self.continues_line()) => self.when(value)?,
                _ => break,
            };
            self.wrap()?;
            value = Expr { span: self.since(start), kind };
        }
        self.deepest = self.deepest.max(outer);
        Ok(value)
    }

    fn field(&mut self, value: Expr) -> Parsed<ExprKind> {
        self.bump();
        let name = self.name("the name of a field")?;
        if self.is(Kind::LeftParen) && !self.new_line() {
            let problem =
                Diagnostic::error(code::E0107, name.span, format!("`{}` is not called with a dot", name.text));
            return Err(self.say(
                problem.label("there are no methods").help(format!("write `{}(…)` with the value in front", name.text)),
            ));
        }
        Ok(ExprKind::Field(Box::new(value), name))
    }

    fn index(&mut self, value: Expr) -> Parsed<ExprKind> {
        let opening = self.bump();
        let level = self.level();
        let records = std::mem::replace(&mut self.records, true);
        let value = Box::new(value);
        let read = self.index_inner(value);
        self.records = records;
        let kind = read?;
        if self.eat(Kind::RightBracket).is_none() {
            let reported = self.unclosed(opening, "the index");
            self.drop_to(level - 1);
            return Err(reported);
        }
        Ok(kind)
    }

    fn index_inner(&mut self, value: Box<Expr>) -> Parsed<ExprKind> {
        if self.eat(Kind::DotDot).is_some() {
            let to =
                if self.is(Kind::RightBracket) { None } else { Some(self.literal("the number of elements to keep")?) };
            return Ok(ExprKind::Slice { value, from: None, to });
        }
        let first = self.expr()?;
        if !self.is(Kind::DotDot) {
            return Ok(ExprKind::Index(value, Box::new(first)));
        }
        let ExprKind::Literal(from) = first.kind else {
            let problem = Diagnostic::error(code::E0101, first.span, "the ends of a range are numbers");
            return Err(self.say(problem.label("not a number")));
        };
        self.bump();
        let to = if self.is(Kind::RightBracket) { None } else { Some(self.literal("the end of the range")?) };
        Ok(ExprKind::Slice { value, from: Some(from), to })
    }

    fn when(&mut self, call: Expr) -> Parsed<ExprKind> {
        self.bump();
        let condition = Box::new(self.operand()?);
        if !self.is_word("else") {
            return Err(self.expected_as(code::E0104, "`else` with the value for when it is not called"));
        }
        self.bump();
        let otherwise = Box::new(self.operand()?);
        Ok(ExprKind::When { call: Box::new(call), condition, otherwise })
    }

    fn not_callable(&mut self) -> super::cursor::Reported {
        let problem = Diagnostic::error(code::E0101, self.span(), "only names are called");
        self.say(problem.label("not a call").help("a step, a flow or a tool is called by its name: `solve(q)`"))
    }

    fn question(&mut self) -> super::cursor::Reported {
        let problem = Diagnostic::error(code::E0107, self.span(), "`?` belongs to types");
        let help = "a choice is written `if c { a } else { b }`, a replacement for a failure `x else y`";
        self.say(problem.label("not an operator").help(help))
    }

    fn value(&mut self) -> Parsed<Expr> {
        let start = self.span();
        if self.at_literal() {
            let literal = self.literal("a value")?;
            let span = literal.span;
            return match literal.kind {
                LiteralKind::Error => Ok(Expr { span, kind: ExprKind::Error }),
                _ => Ok(Expr { span, kind: ExprKind::Literal(literal) }),
            };
        }
        let kind = match self.kind() {
            Kind::Word => self.word_value()?,
            Kind::Dot if self.peek(1).kind == Kind::Word => {
                self.bump();
                ExprKind::ItField(self.take_name())
            }
            Kind::LeftParen => return self.parenthesised(),
            Kind::LeftBracket => ExprKind::List(self.list(Kind::LeftBracket, "the list", |p| Ok(p.expr_or_error()))),
            Kind::LeftBrace => ExprKind::Block(self.block("the block")?),
            _ => return Err(self.expected("an expression")),
        };
        Ok(Expr { span: self.since(start), kind })
    }

    /// `(x)`: the value itself.
    fn parenthesised(&mut self) -> Parsed<Expr> {
        let opening = self.bump();
        let level = self.level();
        let records = std::mem::replace(&mut self.records, true);
        let inner = self.expr();
        self.records = records;
        let mut inner = inner?;
        inner = self.maybe_assigned(inner)?;
        if let Some(closing) = self.eat(Kind::RightParen) {
            inner.span = opening.to(closing);
            return Ok(inner);
        }
        if self.line_ends() || self.token().first_on_line {
            self.unclosed(opening, "the expression");
            self.drop_to(level - 1);
            return Ok(inner);
        }
        Err(self.expected("`)`"))
    }

    fn word_value(&mut self) -> Parsed<ExprKind> {
        let next = self.peek(1);
        let called = next.kind == Kind::LeftParen && !next.first_on_line;
        let word = self.word();
        if self.token().first_on_line && self.at > 0 && STATEMENT_WORDS.contains(&word) && self.expects_value() {
            return Err(self.expected("an expression"));
        }
        match word {
            "if" => self.if_(),
            "match" => self.match_(),
            "each" if next.kind == Kind::Word => self.each(),
            "skip" if !called => Ok(self.single(ExprKind::Skip)),
            "break" => Ok(self.single(ExprKind::Break)),
            "return" => {
                self.bump();
                let value = if self.value_ends() { None } else { Some(Box::new(self.expr()?)) };
                Ok(ExprKind::Return(value))
            }
            "escalate" if called => self.escalate(),
            "classify" if called => self.classify(),
            "embed" if called => self.embed(),
            "ask" if next.kind == Kind::Word && !next.first_on_line => self.ask(),
            "failing" | "latency" | "risk" if called && self.signals => {
                let name = self.take_name();
                let reported = self.later(name.span, &name.text);
                Err(reported)
            }
            "caller" if self.signals && next.kind == Kind::Dot => {
                let span = self.span();
                Err(self.later(span, "caller"))
            }
            "else" | "and" | "or" | "is" | "in" | "let" | "var" | "loop" | "check" | "for" | "while" | "await"
            | "lambda" | "new" | "fn"
                if !called || matches!(word, "for" | "while") =>
            {
                Err(self.foreign_or_expected())
            }
            _ => self.name_value(called),
        }
    }

    /// Whether the line before ended with a sign that asks for a value.
    fn expects_value(&self) -> bool {
        use Kind::{Equal, EqualEqual, Greater, GreaterEqual, Less, LessEqual, Minus, NotEqual, Plus, Star};
        let before = self.kind_before();
        matches!(
            before,
            Equal | Plus | Minus | Star | LessEqual | GreaterEqual | Less | Greater | EqualEqual | NotEqual
        )
    }

    fn single(&mut self, kind: ExprKind) -> ExprKind {
        self.bump();
        kind
    }

    fn foreign_or_expected(&mut self) -> super::cursor::Reported {
        match self.foreign_statement() {
            Some(reported) => reported,
            None => self.expected("an expression"),
        }
    }

    /// Whether an expression cannot start here, as behind a bare `return`.
    pub(super) fn value_ends(&self) -> bool {
        self.new_line()
            || matches!(self.kind(), Kind::RightBrace | Kind::RightParen | Kind::RightBracket | Kind::Comma | Kind::End)
    }

    /// A name, a call, or a record.
    fn name_value(&mut self, called: bool) -> Parsed<ExprKind> {
        let name = self.take_name();
        if called {
            let arguments = self.arguments(&name);
            let args = arguments.into_iter().map(|argument| self.unnamed(&name, argument)).collect();
            return Ok(ExprKind::Call { name, args });
        }
        if self.records && self.at_record(&name) {
            let of = format!("`{}`", name.text);
            let fields = self.list(Kind::LeftBrace, &of, Self::record_field);
            return Ok(ExprKind::Record { name, fields });
        }
        Ok(ExprKind::Name(name))
    }

    fn at_record(&self, name: &Name) -> bool {
        let capital = name.text.starts_with(|c: char| c.is_ascii_uppercase());
        let field = self.peek(1).kind == Kind::Word && self.peek(2).kind == Kind::Colon;
        self.is(Kind::LeftBrace) && !self.new_line() && (capital || field)
    }

    fn record_field(&mut self) -> Parsed<(Name, Expr)> {
        let name = self.name("the name of a field")?;
        if self.eat(Kind::Colon).is_some() {
            let value = self.expr_or_error();
            return Ok((name, value));
        }
        if self.is(Kind::Equal) {
            let span = self.span();
            let problem = Diagnostic::error(code::E0107, span, "a field is given with `:`, not `=`").label("not `:`");
            self.say(problem.fix("write `:`", span, ":"));
            self.bump();
            let value = self.expr_or_error();
            return Ok((name, value));
        }
        let place = name.span.after();
        let problem = Diagnostic::error(code::E0104, name.span, format!("field `{}` has no value", name.text));
        self.say(problem.label("no `:` and no value").fix("write the value", place, format!(": {}", name.text)));
        let value = Expr { span: name.span, kind: ExprKind::Name(name.clone()) };
        Ok((name, value))
    }

    /// The arguments of a call; the parser stands at `(`.
    fn arguments(&mut self, name: &Name) -> Vec<Argument> {
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

    fn unnamed(&mut self, call: &Name, argument: Argument) -> Expr {
        if let Some(name) = argument.name {
            let message = format!("arguments of `{}` have no names", call.text);
            let span = Span { end: argument.value.span.start.max(name.span.end), ..name.span };
            let problem = Diagnostic::error(code::E0101, name.span, message).label("named here");
            self.say_behind(problem.fix("leave the name out", span, ""));
        }
        argument.value
    }

    fn escalate(&mut self) -> Parsed<ExprKind> {
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

    fn classify(&mut self) -> Parsed<ExprKind> {
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

    fn embed(&mut self) -> Parsed<ExprKind> {
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
            return Err(self.expected_as(code::E0104, &what));
        }
        self.name("the name of a tier")
    }

    /// `ask person("role", within 4h) -> T`, of a later version.
    fn ask(&mut self) -> Parsed<ExprKind> {
        let span = self.span();
        self.later(span, "ask");
        self.bump();
        self.bump();
        if self.is(Kind::LeftParen) {
            let level = self.level();
            self.bump();
            self.recover(level + 1, Commas::Skip);
            self.eat(Kind::RightParen);
            self.drop_to(level);
        }
        if self.eat(Kind::Arrow).is_some() {
            self.ty()?;
        }
        Ok(ExprKind::Error)
    }

    /// `if c { … } else { … }`
    fn if_(&mut self) -> Parsed<ExprKind> {
        self.bump();
        let condition = Box::new(self.head_or_error());
        let then = self.block("`if`")?;
        if !self.is_word("else") {
            return Ok(ExprKind::If { condition, then, otherwise: None });
        }
        self.bump();
        let start = self.span();
        let otherwise = match self.kind() {
            Kind::LeftBrace => ExprKind::Block(self.block("`else`")?),
            Kind::Word if self.is_word("if") => self.nest(Self::if_)?,
            _ => return Err(self.expected("`{` or `if`")),
        };
        let otherwise = Expr { span: self.since(start), kind: otherwise };
        Ok(ExprKind::If { condition, then, otherwise: Some(Box::new(otherwise)) })
    }

    /// What stands between a word like `if` and its block; after a mistake the parser stands at the block.
    pub(super) fn head_or_error(&mut self) -> Expr {
        let (start, level) = (self.span(), self.level());
        self.head().unwrap_or_else(|_| {
            while !matches!(self.kind(), Kind::LeftBrace | Kind::RightBrace | Kind::End | Kind::Comma)
                && !self.new_line()
            {
                self.bump();
            }
            self.drop_to(level);
            Expr { span: self.since(start), kind: ExprKind::Error }
        })
    }

    /// `match topic { Billing => …, _ => … }`
    fn match_(&mut self) -> Parsed<ExprKind> {
        self.bump();
        let value = Box::new(self.head_or_error());
        if !self.is(Kind::LeftBrace) {
            return Err(self.expected("`{` and the arms of `match`"));
        }
        let arms = self.list(Kind::LeftBrace, "`match`", Self::match_arm);
        Ok(ExprKind::Match { value, arms })
    }

    fn match_arm(&mut self) -> Parsed<(Pattern, Expr)> {
        let pattern = self.arm_pattern()?;
        let level = self.level();
        let start = self.span();
        let value = self.expr().unwrap_or_else(|_| {
            self.recover(level, Commas::Stop);
            Expr { span: self.since(start), kind: ExprKind::Error }
        });
        Ok((pattern, value))
    }

    /// `each q in questions, parallel <= 3 { … }`
    fn each(&mut self) -> Parsed<ExprKind> {
        self.bump();
        let binder = self.new_name("a name for the element")?;
        if self.eat_word("in").is_none() {
            return Err(self.expected("`in` and a list"));
        }
        let list = Box::new(self.head_or_error());
        let mut parallel = None;
        if self.eat(Kind::Comma).is_some() {
            self.expect_word("parallel")?;
            parallel = Some(self.cap("a number such as `3`")?);
        }
        let body: Block = self.block("`each`")?;
        Ok(ExprKind::Each { binder, list, parallel, body })
    }
}
