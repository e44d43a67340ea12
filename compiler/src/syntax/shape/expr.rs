//! The shapes of statements, expressions and patterns.

use super::Shape;
use crate::syntax::{BinaryOp, Block, Expr, ExprKind, Pattern, PatternKind, Statement, StatementKind, UnaryOp};

impl Shape {
    pub(super) fn block(&mut self, block: &Block) {
        self.node("block", |s| block.statements.iter().for_each(|statement| s.statement(statement)));
    }

    fn statement(&mut self, statement: &Statement) {
        match &statement.kind {
            StatementKind::Let { name, ty, value } => self.node("let", |s| {
                s.name(name);
                if let Some(ty) = ty {
                    s.node("type", |s| s.ty(ty));
                }
                s.expr(value);
            }),
            StatementKind::Var { name, ty, value } => self.node("var", |s| {
                s.name(name);
                if let Some(ty) = ty {
                    s.node("type", |s| s.ty(ty));
                }
                s.expr(value);
            }),
            StatementKind::Assign { name, value } => self.node("=", |s| {
                s.name(name);
                s.expr(value);
            }),
            StatementKind::Loop { cap, body } => self.node("loop", |s| {
                s.maybe(cap.as_ref());
                s.block(body);
            }),
            StatementKind::Check { condition, otherwise } => self.node("check", |s| {
                s.expr(condition);
                s.expr(otherwise);
            }),
            StatementKind::Return(value) => self.return_(value.as_ref()),
            StatementKind::Expr(value) => self.expr(value),
            StatementKind::Error => self.word("error"),
        }
    }

    fn return_(&mut self, value: Option<&Expr>) {
        self.node("return", |s| value.into_iter().for_each(|value| s.expr(value)));
    }

    pub(super) fn exprs(&mut self, exprs: &[Expr]) {
        exprs.iter().for_each(|expr| self.expr(expr));
    }

    pub(super) fn expr(&mut self, expr: &Expr) {
        match &expr.kind {
            ExprKind::Literal(literal) => self.literal(literal),
            ExprKind::Name(name) => self.name(name),
            ExprKind::ItField(name) => self.node("it", |s| s.name(name)),
            ExprKind::Field(value, name) => self.node(".", |s| {
                s.expr(value);
                s.name(name);
            }),
            ExprKind::Index(value, index) => self.node("index", |s| {
                s.expr(value);
                s.expr(index);
            }),
            ExprKind::Slice { value, from, to } => self.node("slice", |s| {
                s.expr(value);
                s.maybe(from.as_ref());
                s.maybe(to.as_ref());
            }),
            ExprKind::Call { name, args } => self.node("call", |s| {
                s.name(name);
                s.exprs(args);
            }),
            ExprKind::Record { name, fields } => self.node("record", |s| {
                s.name(name);
                for (name, value) in fields {
                    s.node(":", |s| {
                        s.name(name);
                        s.expr(value);
                    });
                }
            }),
            ExprKind::List(all) => self.node("list", |s| s.exprs(all)),
            ExprKind::Unary(op, value) => self.node(unary(*op), |s| s.expr(value)),
            ExprKind::Binary(op, left, right) => self.node(binary(*op), |s| {
                s.expr(left);
                s.expr(right);
            }),
            ExprKind::Is { value, negated, pattern } => self.node(if *negated { "is-not" } else { "is" }, |s| {
                s.expr(value);
                s.pattern(pattern);
            }),
            ExprKind::In { value, negated, list } => self.node(if *negated { "not-in" } else { "in" }, |s| {
                s.expr(value);
                s.expr(list);
            }),
            ExprKind::Cut { value, cap } => self.node("cut", |s| {
                s.expr(value);
                s.literal(cap);
            }),
            ExprKind::Fit { value, fit } => self.node("fits", |s| {
                s.expr(value);
                s.fit(fit);
            }),
            ExprKind::Load(path) => self.node("load", |s| s.literal(path)),
            ExprKind::Else { attempt, handler } => self.node("else", |s| {
                s.expr(attempt);
                s.expr(handler);
            }),
            ExprKind::If { .. } | ExprKind::Match { .. } | ExprKind::Each { .. } | ExprKind::Block(_) => {
                self.control(expr);
            }
            ExprKind::Skip => self.node("skip", |_| ()),
            ExprKind::Break => self.node("break", |_| ()),
            ExprKind::Return(value) => self.return_(value.as_deref()),
            ExprKind::Escalate { .. } | ExprKind::Classify { .. } | ExprKind::Embed { .. } => self.built_in(expr),
            ExprKind::Ask(ask) => self.ask(ask),
            ExprKind::Within { call, limits } => self.node("within", |s| {
                s.expr(call);
                s.limits("limits", limits);
            }),
            ExprKind::When { call, condition, otherwise } => self.node("when", |s| {
                s.expr(call);
                s.expr(condition);
                s.expr(otherwise);
            }),
            ExprKind::Error => self.word("error"),
        }
    }

    #[expect(clippy::wildcard_enum_match_arm, reason = "`expr` sends only these here")]
    fn control(&mut self, expr: &Expr) {
        match &expr.kind {
            ExprKind::If { condition, then, otherwise } => self.node("if", |s| {
                s.expr(condition);
                s.block(then);
                otherwise.iter().for_each(|otherwise| s.expr(otherwise));
            }),
            ExprKind::Match { value, arms } => self.node("match", |s| {
                s.expr(value);
                for (pattern, value) in arms {
                    s.node("arm", |s| {
                        s.pattern(pattern);
                        s.expr(value);
                    });
                }
            }),
            ExprKind::Each { binder, list, parallel, body } => self.node("each", |s| {
                s.name(binder);
                s.expr(list);
                s.maybe(parallel.as_ref());
                s.block(body);
            }),
            ExprKind::Block(block) => self.block(block),
            _ => {}
        }
    }

    #[expect(clippy::wildcard_enum_match_arm, reason = "`expr` sends only these here")]
    fn built_in(&mut self, expr: &Expr) {
        match &expr.kind {
            ExprKind::Escalate { reason, to } => self.node("escalate", |s| {
                s.expr(reason);
                to.iter().for_each(|to| s.expr(to));
            }),
            ExprKind::Classify { text, into, by } => self.node("classify", |s| {
                s.expr(text);
                s.name(into);
                s.name(by);
            }),
            ExprKind::Embed { text, by } => self.node("embed", |s| {
                s.expr(text);
                s.name(by);
            }),
            _ => {}
        }
    }

    pub(super) fn pattern(&mut self, pattern: &Pattern) {
        match &pattern.kind {
            PatternKind::Any => self.word("_"),
            PatternKind::Variant { name, fields } => self.node("variant", |s| {
                s.name(name);
                fields.iter().for_each(|field| s.name(field));
            }),
            PatternKind::Literal(literal) => self.literal(literal),
            PatternKind::Empty(_) => self.node("empty", |_| ()),
            PatternKind::Error => self.word("error"),
        }
    }
}

fn unary(op: UnaryOp) -> &'static str {
    match op {
        UnaryOp::Not => "not",
        UnaryOp::Negate => "-",
    }
}

pub(super) fn binary(op: BinaryOp) -> &'static str {
    match op {
        BinaryOp::Or => "or",
        BinaryOp::And => "and",
        BinaryOp::Equal => "==",
        BinaryOp::NotEqual => "!=",
        BinaryOp::Less => "<",
        BinaryOp::LessEqual => "<=",
        BinaryOp::Greater => ">",
        BinaryOp::GreaterEqual => ">=",
        BinaryOp::Add => "+",
        BinaryOp::Subtract => "-",
        BinaryOp::Multiply => "*",
    }
}
