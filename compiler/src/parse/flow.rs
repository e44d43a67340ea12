//! Flows: `budget` and `owner` first, then statements.

use super::cursor::{Commas, Parsed, Parser, Reported};
use crate::diagnostic::Diagnostic;
use crate::diagnostic::code::syntax as code;
use crate::lex::Kind;
use crate::source::Span;
use crate::syntax::{
    Block, Budget, Cap, Expr, ExprKind, FlowDecl, Literal, LiteralKind, Name, Statement, StatementKind,
};

/// What can be limited in a `budget`.
const DIMENSIONS: &[&str] = &["cost", "calls", "tools", "turns", "tokens", "input", "output", "time"];

/// The clauses in front of a flow's statements.
#[derive(Default)]
struct Clauses {
    budget: Option<Budget>,
    owner: Option<Literal>,
}

impl Parser<'_> {
    /// `flow desk(t: Ticket) -> Draft { … }` behind its word.
    pub(super) fn flow(&mut self) -> Parsed<FlowDecl> {
        let name = self.new_name("the name of the flow")?;
        let of = format!("flow `{}`", name.text);
        let params = self.params(&of);
        let result = self.result();
        let mut clauses = Clauses::default();
        let body = self.braced(&of, |p| p.flow_clauses(&mut clauses))?;
        Ok(FlowDecl { name, params, result, budget: clauses.budget, owner: clauses.owner, body })
    }

    fn flow_clauses(&mut self, clauses: &mut Clauses) {
        loop {
            let level = self.level();
            let before = self.at;
            if !self.flow_clause(clauses) {
                return;
            }
            self.line_end("a clause");
            self.recover_to_line(before, level);
        }
    }

    /// One clause; false where there is none.
    fn flow_clause(&mut self, clauses: &mut Clauses) -> bool {
        let span = self.span();
        match self.word() {
            "budget" if !self.is_assigned() => {
                self.bump();
                let limits = self.limits();
                match limits {
                    Ok(budget) if clauses.budget.is_none() => {
                        clauses.budget = Some(Budget { span: self.since(span), limits: budget.limits });
                    }
                    Ok(_) => self.given_twice(span, "budget"),
                    Err(_) if clauses.budget.is_none() => {
                        clauses.budget = Some(Budget { span: self.since(span), limits: Vec::new() })
                    }
                    Err(_) => {}
                }
            }
            "owner" if matches!(self.peek(1).kind, Kind::Text) => {
                self.bump();
                let owner = self.literal("the name of the owner");
                if clauses.owner.is_some() {
                    self.given_twice(span, "owner");
                }
                clauses.owner = owner.ok().or(clauses.owner.take());
            }
            "slo" | "under" if self.peek(1).kind == Kind::Word && !self.peek(1).first_on_line => {
                let word = self.word().to_owned();
                self.later(span, &word);
                self.skip_line();
            }
            _ => return false,
        }
        true
    }

    fn given_twice(&mut self, span: Span, word: &str) {
        let problem = Diagnostic::error(code::E0112, span, format!("`{word}` is given twice"));
        self.say_behind(problem.label("again"));
    }

    fn is_assigned(&self) -> bool {
        matches!(self.peek(1).kind, Kind::Equal | Kind::Dot | Kind::LeftParen)
    }

    /// `cost <= $0.20, calls <= 32`
    pub(super) fn limits(&mut self) -> Parsed<Budget> {
        let start = self.span();
        let mut limits = Vec::new();
        loop {
            let name = self.name("a dimension such as `cost`")?;
            let cap = self.cap("a limit such as `$0.20`")?;
            limits.push((name, cap));
            // In the arguments of a call the comma may end the limits.
            let next = self.word_ahead(1);
            let more = self.is(Kind::Comma) && (DIMENSIONS.contains(&next) || self.peek(2).kind == Kind::LessEqual);
            if !more {
                break;
            }
            self.bump();
        }
        Ok(Budget { span: self.since(start), limits })
    }

    /// `<= 3`; other signs and none are reported and read as if `<=` stood there.
    pub(super) fn cap(&mut self, what: &str) -> Parsed<Cap> {
        match self.kind() {
            Kind::LessEqual => drop(self.bump()),
            Kind::Equal | Kind::Less | Kind::Colon | Kind::EqualEqual | Kind::GreaterEqual | Kind::Greater => {
                self.not_a_bound()
            }
            _ if self.at_literal() && !self.new_line() => self.missing_bound(self.span()),
            _ => return Err(self.expected(&format!("`<=` and {what}"))),
        }
        if self.is(Kind::Word) && !self.at_literal() {
            let message = format!("expected {what}, found `{}`", self.word());
            let problem = Diagnostic::error(code::E0101, self.span(), message).label("not a literal");
            let reported =
                self.say(problem.help("a cap is written as a literal, so that it can be proved and enforced"));
            return Err(reported);
        }
        self.literal(what)
    }

    /// `{ … }`
    pub(super) fn block(&mut self, of: &str) -> Parsed<Block> {
        self.nest(|p| p.braced(of, |_| ()))
    }

    fn braced(&mut self, of: &str, first: impl FnOnce(&mut Self)) -> Parsed<Block> {
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
        self.expected(&format!("`{{` and the body of {of}"))
    }

    fn statements(&mut self) -> Vec<Statement> {
        let level = self.level();
        let mut all = Vec::new();
        while !self.is(Kind::RightBrace) && !self.is(Kind::End) && !self.at_margin_item() {
            let (before, start) = (self.at, self.span());
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
            self.say(problem.label("nothing is open here"));
            self.bump();
            return;
        }
        let problem =
            Diagnostic::error(code::E0111, self.span(), format!("expected a new line, found {}", self.found()));
        let help = format!("{what} ends with its line");
        self.say(problem.label("not part of what stands before it").help(help));
    }

    /// Goes to the next line, unless it stands there; past what began at token `before` at any rate.
    pub(super) fn recover_to_line(&mut self, before: usize, level: usize) {
        let statement = super::cursor::STATEMENT_WORDS.contains(&self.word()) && self.at > before;
        if !self.line_ends() && !statement {
            self.recover(level, Commas::Skip);
        }
        if self.at == before && !self.is(Kind::RightBrace) {
            self.bump();
            self.recover(level, Commas::Skip);
        }
    }

    /// Skips the rest of a clause that has been reported.
    pub(super) fn skip_line(&mut self) {
        let level = self.level();
        self.bump();
        self.recover(level, Commas::Skip);
    }

    fn statement(&mut self) -> Parsed<StatementKind> {
        let next = self.peek(1).kind;
        match self.word() {
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
            "budget" | "owner" | "slo" | "under" if matches!(next, Kind::Word | Kind::Text) => Err(self.late_clause()),
            _ => match self.foreign_statement() {
                Some(reported) => Err(reported),
                None => self.assignment_or_expr(),
            },
        }
    }

    fn late_clause(&mut self) -> Reported {
        let word = self.word().to_owned();
        if matches!(word.as_str(), "slo" | "under") {
            return self.later(self.span(), &word);
        }
        let problem = Diagnostic::error(code::E0113, self.span(), format!("`{word}` comes before the first statement"));
        self.say(problem.label("too late").help("move it to the top of the flow"))
    }

    fn binding(
        &mut self,
        make: impl FnOnce(Name, Option<crate::syntax::TypeExpr>, Expr) -> StatementKind,
    ) -> Parsed<StatementKind> {
        self.bump();
        let name = self.new_name("a name")?;
        let ty = if self.eat(Kind::Colon).is_some() { Some(self.ty_or_error()) } else { None };
        if self.eat(Kind::Equal).is_none() {
            let _ = self.expected("`=` and a value");
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
            let _ = self.expected_as(code::E0104, "`else` and what happens where it does not hold");
            return Err(Reported);
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
            "const" | "mut" | "val" | "auto" if next.kind == Kind::Word && !next.first_on_line => {
                "a value gets its name with `let`; with `var` where it changes in a `loop`"
            }
            "try" if next.kind == Kind::LeftBrace || next.kind == Kind::Colon => "a failure is handled with `x else y`",
            "switch" if next.kind == Kind::Word || next.kind == Kind::LeftParen => "write `match x { A => …, _ => … }`",
            "throw" | "raise" if next.kind == Kind::Word && !next.first_on_line => {
                "a flow gives up with `escalate(\"reason\")`"
            }
            "await" | "async" if next.kind == Kind::Word && !next.first_on_line => {
                "leave it out: order comes from data, and what does not depend runs at the same time"
            }
            "elif" | "elseif" => "write `else if`",
            "def" | "fn" | "func" | "function" if next.kind == Kind::Word && !next.first_on_line => {
                "flows are declared at the top of a file: `flow name(x: Text<=64tok) -> Text<=64tok { … }`"
            }
            "new" | "yield" | "lambda" if next.kind == Kind::Word && !next.first_on_line => "leave it out",
            _ => return None,
        };
        let problem = Diagnostic::error(code::E0106, self.span(), format!("`{word}` is a word of other languages"));
        Some(self.say(problem.label("not a word of this one").help(help)))
    }
}
