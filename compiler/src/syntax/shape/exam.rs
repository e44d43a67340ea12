//! The shapes of tests and evaluations.

use super::Shape;
use crate::syntax::{
    EvalClause, EvalClauseKind, EvalDecl, Given, GivenKind, TestClause, TestClauseKind, TestDecl, Times,
};

impl Shape {
    pub(super) fn test(&mut self, decl: &TestDecl) {
        self.node("test", |s| {
            s.literal(&decl.title);
            decl.clauses.iter().for_each(|clause| s.test_clause(clause));
        });
    }

    fn test_clause(&mut self, clause: &TestClause) {
        match &clause.kind {
            TestClauseKind::Given(given) => self.given(given),
            TestClauseKind::Run { flow, args } => self.node("run", |s| {
                s.name(flow);
                s.exprs(args);
            }),
            TestClauseKind::Then(conditions) => self.node("then", |s| s.exprs(conditions)),
            TestClauseKind::Error => self.word("error"),
        }
    }

    fn given(&mut self, given: &Given) {
        self.node("given", |s| {
            s.name(&given.name);
            match &given.what {
                GivenKind::Answers(value) => s.node("answers", |s| s.expr(value)),
                GivenKind::Calls(calls) => {
                    for (name, args) in calls {
                        s.node("call", |s| {
                            s.name(name);
                            s.exprs(args);
                        });
                    }
                }
                GivenKind::Fails(reason) => s.node("fails", |s| s.name(reason)),
            }
            match &given.times {
                Times::Once => {}
                Times::Times(count) => s.cap("times", count),
                Times::Always => s.node("always", |_| ()),
            }
        });
    }

    pub(super) fn eval(&mut self, decl: &EvalDecl) {
        self.node("eval", |s| {
            s.name(&decl.flow);
            s.literal(&decl.over);
            decl.clauses.iter().for_each(|clause| s.eval_clause(clause));
        });
    }

    fn eval_clause(&mut self, clause: &EvalClause) {
        match &clause.kind {
            EvalClauseKind::Score { name, value } => self.node("score", |s| {
                s.name(name);
                s.expr(value);
            }),
            EvalClauseKind::Success(condition) => self.node("success", |s| s.expr(condition)),
            EvalClauseKind::Require(conditions) => self.node("require", |s| s.exprs(conditions)),
            EvalClauseKind::Error => self.word("error"),
        }
    }
}
