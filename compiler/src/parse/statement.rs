//! Blocks and the statements in them.

use super::cursor::{Commas, Parsed, Parser, Reported, STATEMENT_WORDS};
use super::marks::Mark;
use crate::diagnostic::code::syntax as code;
use crate::diagnostic::{Diagnostic, nearest};
use crate::lex::Kind;
use crate::source::Span;
use crate::syntax::{Block, Expr, ExprKind, Literal, LiteralKind, Name, Statement, StatementKind, TypeExpr};

impl Parser<'_> {
    /// `{ … }`
    pub(super) fn block(&mut self, of: &str) -> Parsed<Block> {
        self.mark(Mark::Block);
        self.nest(|p| p.braced(of, |_| ()))
    }

    pub(super) fn braced(&mut self, of: &str, first: impl FnOnce(&mut Self)) -> Parsed<Block> {
        if !self.is(Kind::LeftBrace) {
            return Err(self.no_block(of));
        }
        let outer = self.level();
        let opening = self.bump();
        let records = std::mem::replace(&mut self.records, true);
        first(self);
        let statements = self.statements();
        self.records = records;
        if self.eat(Kind::RightBrace).is_none() {
            self.unclosed(opening, of);
        }
        self.drop_to(outer);
        Ok(Block { span: self.since(opening), statements })
    }

    fn no_block(&mut self, of: &str) -> Reported {
        if self.is(Kind::Colon) {
            let span = self.span();
            let problem = Diagnostic::error(code::E0107, span, format!("the body of {of} stands in braces"));
            return self
                .say(problem.label("not `{`").help("write `{` here and `}` at the end; indentation means nothing"));
        }
        if self.is_word("then") && self.peek(1).kind == Kind::LeftBrace {
            let span = self.span();
            let problem = Diagnostic::error(code::E0106, span, "`then` is a word of other languages");
            return self.say(problem.label("not needed").fix("leave it out", span, ""));
        }
        self.expected(&format!("`{{` and the body of {of}"))
    }

    fn statements(&mut self) -> Vec<Statement> {
        let level = self.level();
        let mut all = Vec::new();
        while !self.is(Kind::RightBrace) && !self.is(Kind::End) && !self.at_margin_item() {
            let (before, start) = (self.at, self.span());
            self.begin(Mark::Statement);
            let kind = self.statement().unwrap_or_else(|_| {
                self.recover_past(before, level);
                StatementKind::Error
            });
            all.push(Statement { span: self.since(start), kind });
            self.line_end("a statement");
            self.recover_to_line(before, level);
        }
        all
    }

    /// Says what stands behind a statement or clause on its line.
    pub(super) fn line_end(&mut self, what: &str) {
        while self.is(Kind::Semicolon) {
            self.semicolon();
            self.bump();
        }
        if self.line_ends() || self.at_margin_item() {
            return;
        }
        if self.at_stray_closing() {
            let problem = Diagnostic::error(code::E0102, self.span(), format!("{} closes nothing", self.found()));
            self.say(problem.label("nothing is open here").fix("leave it out", self.span(), ""));
            self.bump();
            return;
        }
        if let Some(problem) = self.foreign_behind() {
            self.say(problem);
            return;
        }
        if matches!(self.word(), "elif" | "elseif") && self.kind_before() == Kind::RightBrace {
            let (word, span) = (self.word(), self.span());
            let problem = Diagnostic::error(code::E0106, span, format!("`{word}` is a word of other languages"));
            self.say(problem.label("not a word of this one").fix("write `else if`", span, "else if"));
            return;
        }
        if self.is(Kind::Slash) {
            let problem = Diagnostic::error(code::E0107, self.span(), "there is no division").label("not an operator");
            self.say(problem.help("the operators on numbers are `+`, `-` and `*`"));
            return;
        }
        let problem =
            Diagnostic::error(code::E0111, self.span(), format!("expected a new line, found {}", self.found()));
        if self.is(Kind::FatArrow) {
            let help = "arms stand in `match x { … }`; an `else` takes every failure: `x else y`";
            self.say(problem.label("not part of what stands before it").help(help));
            return;
        }
        let words = ["within", "when", "else", "cut", "and", "or", "is", "in", "by"];
        let near = nearest(self.word(), words).filter(|_| !self.word().is_empty() && !words.contains(&self.word()));
        let span = self.span();
        let problem = problem.label("not part of what stands before it");
        self.say(match near {
            Some(near) => problem.help(format!("did you mean `{near}`?")).fix(format!("write `{near}`"), span, near),
            None => problem.help(format!("{what} ends with its line")),
        });
    }

    /// Goes to the next line, unless it stands there; past what began at token `before` at any rate.
    pub(super) fn recover_to_line(&mut self, before: usize, level: usize) {
        let statement = STATEMENT_WORDS.contains(&self.word()) && self.at > before;
        if !self.line_ends() && !statement {
            self.recover(level, Commas::Skip);
        }
        if self.at == before && !self.is(Kind::RightBrace) {
            self.bump();
            self.recover(level, Commas::Skip);
        }
    }

    fn statement(&mut self) -> Parsed<StatementKind> {
        let next = self.peek(1).kind;
        if let Some(binding) = self.foreign_binding() {
            return binding;
        }
        match self.statement_word() {
            "let" if next == Kind::Word => self.binding(|name, ty, value| StatementKind::Let { name, ty, value }),
            "var" if next == Kind::Word => self.binding(|name, ty, value| StatementKind::Var { name, ty, value }),
            "let" | "var" => {
                self.bump();
                Err(self.expected("a name"))
            }
            "loop" => self.loop_(),
            "check" if next != Kind::Equal => self.check(),
            "return" => {
                self.bump();
                let value =
                    if self.value_ends() || self.is(Kind::Semicolon) { None } else { Some(self.expr_or_error()) };
                Ok(StatementKind::Return(value))
            }
            "budget" if next == Kind::Word => Err(self.late_clause()),
            _ if matches!(self.word(), "owner" | "slo" | "under") && matches!(next, Kind::Word | Kind::Text) => {
                Err(self.late_clause())
            }
            _ => match self.foreign_statement() {
                Some(reported) => Err(reported),
                None => self.assignment_or_expr(),
            },
        }
    }

    fn late_clause(&mut self) -> Reported {
        let word = self.word().to_owned();
        let problem = Diagnostic::error(code::E0113, self.span(), format!("`{word}` comes before the first statement"));
        self.say(problem.label("too late").help("move it to the top of the flow"))
    }

    pub(super) fn binding(
        &mut self,
        make: impl FnOnce(Name, Option<TypeExpr>, Expr) -> StatementKind,
    ) -> Parsed<StatementKind> {
        self.bump();
        let name = self.value_name("a name")?;
        let ty = if self.eat(Kind::Colon).is_some() { Some(self.ty_on_line()) } else { None };
        if self.eat(Kind::Equal).is_none() {
            let word_as = self.is_word("as");
            if word_as {
                let problem = Diagnostic::error(code::E0107, self.span(), "a type stands behind `:`").label("not `:`");
                self.say(problem.help(format!("write `let {}: T = …`", name.text)));
            } else {
                let help = format!("write `let {} = …`: a name is bound once, to a value", name.text);
                self.expected_with(code::E0101, "`=` and a value", &help);
            }
            let level = self.level();
            self.recover(level, Commas::Skip);
            let value = Expr { span: name.span, kind: ExprKind::Error };
            return Ok(make(name, ty, value));
        }
        let value = self.expr_or_error();
        Ok(make(name, ty, value))
    }

    /// `loop <= 2 { … }`
    fn loop_(&mut self) -> Parsed<StatementKind> {
        self.bump();
        let cap = if self.is(Kind::LeftBrace) {
            None
        } else {
            let cap = self.cap("a number such as `2`");
            Some(cap.unwrap_or_else(|_| {
                let place = self.span();
                let level = self.level();
                while !matches!(self.kind(), Kind::LeftBrace | Kind::RightBrace | Kind::End) && !self.new_line() {
                    self.bump();
                }
                self.drop_to(level);
                Literal { span: place, kind: LiteralKind::Error }
            }))
        };
        Ok(StatementKind::Loop { cap, body: self.block("`loop`")? })
    }

    /// `check c else x`
    fn check(&mut self) -> Parsed<StatementKind> {
        self.bump();
        let condition = self.operand()?;
        if !self.is_word("else") {
            let what = "`else` and what happens where it does not hold";
            let help = "write `else escalate(\"reason\")`, or `else return …`";
            return Err(self.expected_with(code::E0104, what, help));
        }
        self.bump();
        let otherwise = self.expr_or_error();
        Ok(StatementKind::Check { condition, otherwise })
    }

    fn assignment_or_expr(&mut self) -> Parsed<StatementKind> {
        let target = self.expr()?;
        if self.is(Kind::OperatorEqual) && !self.new_line() {
            return Err(self.operator_assignment(&target));
        }
        if self.is(Kind::Colon) && self.peek(1).kind == Kind::Equal && matches!(target.kind, ExprKind::Name(_)) {
            return self.walrus(target);
        }
        if !self.is(Kind::Equal) || self.new_line() {
            return Ok(StatementKind::Expr(target));
        }
        let ExprKind::Name(name) = target.kind else { return Err(self.not_assignable(target.span)) };
        self.bump();
        let value = self.expr_or_error();
        Ok(StatementKind::Assign { name, value })
    }

    fn not_assignable(&mut self, span: Span) -> Reported {
        let problem = Diagnostic::error(code::E0114, span, "only a `var` can be given another value");
        let help = "values do not change: build a new one and assign the whole of it";
        self.say(problem.label("a part of a value").help(help))
    }

    fn operator_assignment(&mut self, target: &Expr) -> Reported {
        let written = self.text_of(self.token());
        let sign = written.trim_end_matches('=').to_owned();
        let name = self.text.get(target.span.range()).unwrap_or("x");
        let span = self.span();
        let problem = Diagnostic::error(code::E0107, span, format!("there is no `{written}`"))
            .label("not a sign of the language");
        self.say(problem.fix("write it in full", span, format!("= {name} {sign}")))
    }

    /// Says what a statement of another language is called here.
    pub(super) fn foreign_statement(&mut self) -> Option<Reported> {
        let (word, next) = (self.word(), self.peek(1));
        let help = match word {
            "for" | "foreach" if next.kind == Kind::Word || next.kind == Kind::LeftParen => {
                "a list is gone through with `each x in xs { … }`"
            }
            "while" if next.kind != Kind::Equal => "repetition has a cap: `loop <= 3 { if done { break } … }`",
            "try" if next.kind == Kind::LeftBrace || next.kind == Kind::Colon => "a failure is handled with `x else y`",
            "switch" if next.kind == Kind::Word || next.kind == Kind::LeftParen => "write `match x { A => …, _ => … }`",
            "throw" | "raise" | "escalate" if matches!(next.kind, Kind::Word | Kind::Text) && !next.first_on_line => {
                "a flow gives up with `escalate(\"reason\")`"
            }
            "await" | "async" if next.kind == Kind::Word && !next.first_on_line => {
                "leave it out: order comes from data, and what does not depend runs at the same time"
            }
            "elif" | "elseif" => "write `else if`",
            "def" | "fn" | "func" | "function" if next.kind == Kind::Word && !next.first_on_line => {
                "flows are declared at the top of a file: `flow name(x: Text<=64tok) -> Text<=64tok { … }`"
            }
            "lambda" if next.kind == Kind::Word && !next.first_on_line => {
                "the element is called `it`: `all(xs, len(it) > 0)`"
            }
            "new" | "yield" if next.kind == Kind::Word && !next.first_on_line => "leave it out",
            _ => return None,
        };
        if word == "else" {
            return None;
        }
        if word == "escalate" {
            let problem = Diagnostic::error(code::E0107, self.span(), "the reason of `escalate` stands in brackets");
            return Some(self.say(problem.label("no `(` behind it").help("write `escalate(\"reason\")`")));
        }
        let problem = Diagnostic::error(code::E0106, self.span(), format!("`{word}` is a word of other languages"));
        Some(self.say(problem.label("not a word of this one").help(help)))
    }
}
