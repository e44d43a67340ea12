//! Tests and evaluations: `test "…" { given … run … then … }`, `eval desk over "cases/*.json" { … }`.

use super::cursor::{Commas, Parsed, Parser};
use crate::diagnostic::code::syntax as code;
use crate::diagnostic::{Diagnostic, nearest};
use crate::lex::Kind;
use crate::source::Span;
use crate::syntax::{
    EvalClause, EvalClauseKind, EvalDecl, Expr, Given, GivenKind, Literal, Name, TestClause, TestClauseKind, TestDecl,
    Times,
};

const TEST_CLAUSES: &[&str] = &["given", "run", "then"];

const EVAL_CLAUSES: &[&str] = &["score", "success", "require"];

const GIVEN_WORDS: &[&str] = &["answers", "calls", "fails"];

impl Parser<'_> {
    /// `test "a large refund waits" { … }` behind its word.
    pub(super) fn test(&mut self) -> Parsed<TestDecl> {
        if !self.is(Kind::Text) {
            let problem = Diagnostic::error(code::E0101, self.span(), "a test is named by a sentence in quotes");
            return Err(self.say(problem.label("no quotes").help("write `test \"a large refund waits\" { … }`")));
        }
        let title = self.literal("what the test shows, in quotes")?;
        let mut clauses = Vec::new();
        self.body("the test", |p| {
            let clause = p.exam_clause("test", TEST_CLAUSES, Self::test_clause, TestClauseKind::Error)?;
            clauses.push(TestClause { span: clause.0, kind: clause.1 });
            Ok(())
        })?;
        Ok(TestDecl { title, clauses })
    }

    /// `eval desk over "cases/*.json" { … }` behind its word.
    pub(super) fn eval(&mut self) -> Parsed<EvalDecl> {
        let flow = self.name("the flow to evaluate")?;
        if self.eat_word("over").is_none() {
            return Err(self.expected_as(code::E0104, "`over` and where the cases are"));
        }
        if !self.is(Kind::Text) {
            return Err(self.expected("where the cases are, in quotes, such as `\"cases/*.json\"`"));
        }
        let over = self.literal("where the cases are")?;
        let mut clauses = Vec::new();
        self.body("the evaluation", |p| {
            let clause = p.exam_clause("evaluation", EVAL_CLAUSES, Self::eval_clause, EvalClauseKind::Error)?;
            clauses.push(EvalClause { span: clause.0, kind: clause.1 });
            Ok(())
        })?;
        Ok(EvalDecl { flow, over, clauses })
    }

    /// A clause behind its word; where it cannot be read, `broken` in its place.
    fn exam_clause<T>(
        &mut self,
        of: &str,
        known: &[&str],
        read: impl FnOnce(&mut Self, &str) -> Parsed<T>,
        broken: T,
    ) -> Parsed<(Span, T)> {
        let (start, word) = (self.span(), self.word());
        let kind = if known.contains(&word) {
            self.bump();
            read(self, word)
        } else {
            Err(self.unknown_clause(of, known))
        };
        let level = self.level();
        let kind = kind.unwrap_or_else(|_| {
            self.recover(level, Commas::Skip);
            broken
        });
        Ok((self.since(start), kind))
    }

    fn test_clause(&mut self, word: &str) -> Parsed<TestClauseKind> {
        match word {
            "given" => self.given().map(TestClauseKind::Given),
            "run" => {
                let flow = self.name("the flow to run")?;
                let args = self.exam_arguments(&flow)?;
                Ok(TestClauseKind::Run { flow, args })
            }
            _ => Ok(TestClauseKind::Then(self.conditions()?)),
        }
    }

    fn eval_clause(&mut self, word: &str) -> Parsed<EvalClauseKind> {
        match word {
            "score" => {
                let name = self.value_name("the name of the score")?;
                self.expect(Kind::Equal, "`=` and what is measured")?;
                Ok(EvalClauseKind::Score { name, value: self.operand()? })
            }
            "success" => Ok(EvalClauseKind::Success(self.operand()?)),
            _ => Ok(EvalClauseKind::Require(self.conditions()?)),
        }
    }

    /// `refund is waiting, spent.calls <= 6`
    fn conditions(&mut self) -> Parsed<Vec<Expr>> {
        let mut all = Vec::new();
        loop {
            let condition = self.operand()?;
            all.push(self.maybe_assigned(condition)?);
            if self.eat(Kind::Comma).is_none() {
                return Ok(all);
            }
        }
    }

    /// `solve answers Claim { … }, times 2` behind `given`.
    fn given(&mut self) -> Parsed<Given> {
        let name = self.name("the name of a step or a tool")?;
        let word = self.word();
        let what = match word {
            "answers" => {
                self.bump();
                GivenKind::Answers(self.operand()?)
            }
            "calls" => {
                self.bump();
                GivenKind::Calls(self.given_calls()?)
            }
            "fails" => {
                self.bump();
                if self.is_word("with") {
                    let span = self.span();
                    let problem = Diagnostic::error(code::E0101, span, "a reason stands directly behind `fails`");
                    self.say_behind(problem.label("not needed").fix("leave it out", span, ""));
                    self.bump();
                }
                GivenKind::Fails(self.name("a reason such as `Timeout`")?)
            }
            _ => return Err(self.not_given(word)),
        };
        let times = if self.eat(Kind::Comma).is_some() { self.times()? } else { Times::Once };
        Ok(Given { name, what, times })
    }

    fn not_given(&mut self, word: &str) -> super::cursor::Reported {
        let meant = match word {
            "returns" | "gives" | "says" | "is" | "answer" => Some("answers"),
            "asks" | "call" => Some("calls"),
            "fail" | "throws" | "errors" => Some("fails"),
            other => nearest(other, GIVEN_WORDS.iter().copied()),
        };
        let Some(meant) = meant.filter(|_| !word.is_empty()) else {
            let help = "write `given NAME answers …`, `given NAME calls tool(…)` or `given NAME fails Timeout`";
            return self.expected_with(code::E0101, "`answers`, `calls` or `fails`", help);
        };
        let message = format!("what is given is said with `answers`, `calls` or `fails`, not `{word}`");
        let problem = Diagnostic::error(code::E0101, self.span(), message).label("not a word for it");
        let span = self.span();
        self.say(problem.fix(format!("write `{meant}`"), span, meant))
    }

    /// `refund("A1", $35), search("b")`
    fn given_calls(&mut self) -> Parsed<Vec<(Name, Vec<Expr>)>> {
        let mut all = Vec::new();
        loop {
            let name = self.name("the name of a tool")?;
            let args = self.exam_arguments(&name)?;
            all.push((name, args));
            let more = self.is(Kind::Comma) && self.peek(1).kind == Kind::Word && self.peek(2).kind == Kind::LeftParen;
            if !more {
                return Ok(all);
            }
            self.bump();
        }
    }

    fn exam_arguments(&mut self, name: &Name) -> Parsed<Vec<Expr>> {
        if !self.is(Kind::LeftParen) {
            return Err(self.expected(&format!("`(` and the arguments of `{}`", name.text)));
        }
        let arguments = self.arguments(name);
        Ok(arguments.into_iter().map(|argument| self.unnamed(name, argument)).collect())
    }

    /// `times 2`, `always` behind a comma.
    fn times(&mut self) -> Parsed<Times> {
        if self.eat_word("always").is_some() {
            return Ok(Times::Always);
        }
        if self.eat_word("times").is_some() {
            if self.is(Kind::LessEqual) {
                let span = self.span();
                let problem = Diagnostic::error(code::E0101, span, "`times` says how often, and bounds nothing");
                self.say_behind(problem.label("not `<=`").fix("leave it out", span, ""));
                self.bump();
            }
            let count: Literal = self.amount("how often, such as `2`")?;
            return Ok(Times::Times(count));
        }
        Err(self.expected("`always` or `times 2`"))
    }
}
