//! Values and what hangs on them: names, literals, calls, records, lists, `if`, `match`, `each`, and their tails.

use super::amount::amount_of;
use super::cursor::{Parsed, Parser, STATEMENT_WORDS};
use super::marks::Mark;
use crate::diagnostic::Diagnostic;
use crate::diagnostic::code::syntax as code;
use crate::lex::Kind;
use crate::syntax::{Expr, ExprKind, LiteralKind, Name};

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
                Kind::Bang if here && next.start == self.before().end && self.peek(1).kind != Kind::LeftParen => {
                    self.bang_behind();
                    continue;
                }
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
        self.mark(Mark::Tight);
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
                if self.is(Kind::RightBracket) { None } else { Some(self.amount("the number of elements to keep")?) };
            return Ok(ExprKind::Slice { value, from: None, to });
        }
        let first = self.expr()?;
        if !self.is(Kind::DotDot) {
            return Ok(ExprKind::Index(value, Box::new(first)));
        }
        let span = first.span;
        let Some(from) = amount_of(first) else {
            let problem = Diagnostic::error(code::E0101, span, "the ends of a range are numbers and constants");
            return Err(self.say(problem.label("not known before a run")));
        };
        self.bump();
        let to = if self.is(Kind::RightBracket) { None } else { Some(self.amount("the end of the range")?) };
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
        if self.peek(1).kind == Kind::Question {
            let span = self.span().to(self.span_of(self.peek(1)));
            let problem = Diagnostic::error(code::E0107, span, "there is no `??`").label("not an operator");
            return self.say(problem.help("write `if x is not null { x } else { y }`"));
        }
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
                self.mark(Mark::Prefix);
                self.bump();
                ExprKind::ItField(self.take_name())
            }
            Kind::LeftParen => return self.parenthesised(),
            Kind::LeftBracket => ExprKind::List(self.list(Kind::LeftBracket, "the list", |p| Ok(p.expr_or_error()))),
            Kind::LeftBrace if self.records => ExprKind::Block(self.block("the block")?),
            _ => return Err(self.no_value()),
        };
        Ok(Expr { span: self.since(start), kind })
    }

    /// `(x)`: the value itself.
    fn parenthesised(&mut self) -> Parsed<Expr> {
        self.mark(Mark::Group);
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
        if let Some(reported) = self.foreign_value() {
            return Err(reported);
        }
        if called && let Some(meant) = self.misspelt_call() {
            return match meant {
                "classify" => self.classify(),
                "embed" => self.embed(),
                _ => self.escalate(),
            };
        }
        let word = self.switch_as_match().or_else(|| self.misspelt_value_word()).unwrap_or(word);
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
            "load" if next.kind == Kind::Text && !next.first_on_line => {
                self.bump();
                Ok(ExprKind::Load(self.literal("the path of a file, in quotes")?))
            }
            "ask" if !next.first_on_line && (next.kind == Kind::Word || self.asks_someone()) => self.ask(),
            "else" | "and" | "or" | "is" | "in" | "let" | "var" | "loop" | "check" | "for" | "while" | "await"
            | "lambda" | "new" | "fn"
                if !called || matches!(word, "for" | "while") =>
            {
                Err(self.foreign_or_expected())
            }
            _ => self.name_value(called),
        }
    }

    /// Whether `("lead", within …` stands behind `ask`: nothing else is called so.
    fn asks_someone(&self) -> bool {
        let [open, _, comma] = [1, 2, 3].map(|ahead| self.peek(ahead).kind);
        open == Kind::LeftParen && comma == Kind::Comma && self.word_ahead(4) == "within"
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
}
