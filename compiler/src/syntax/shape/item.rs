//! The shapes of declarations and their clauses.

use super::Shape;
use crate::syntax::{
    Budget, Field, GateElse, Item, ItemKind, Keep, Ladder, Literal, Name, StepClause, StepClauseKind, ToolClause,
    ToolClauseKind, TypeExpr, TypeKind,
};

impl Shape {
    pub(super) fn item(&mut self, item: &Item) {
        self.node("item", |s| {
            s.docs(&item.docs);
            if item.public.is_some() {
                s.word("pub");
            }
            s.declaration(&item.kind);
        });
    }

    fn declaration(&mut self, kind: &ItemKind) {
        match kind {
            ItemKind::Use(decl) => self.node("use", |s| {
                s.names("path", &decl.path);
                s.names("names", &decl.names);
                for binding in &decl.with {
                    s.node("binding", |s| {
                        s.name(&binding.name);
                        s.literal(&binding.value);
                    });
                }
            }),
            ItemKind::Type(decl) => self.node("type", |s| {
                s.name(&decl.name);
                s.fields(&decl.fields);
            }),
            ItemKind::Enum(decl) => self.node("enum", |s| {
                s.name(&decl.name);
                for variant in &decl.variants {
                    s.node("variant", |s| {
                        s.docs(&variant.docs);
                        s.name(&variant.name);
                        s.fields(&variant.fields);
                    });
                }
            }),
            ItemKind::Alias(decl) => self.node("alias", |s| {
                s.name(&decl.name);
                s.ty(&decl.ty);
            }),
            ItemKind::Tier(decl) => self.node("tier", |s| {
                s.name(&decl.name);
                for model in &decl.models {
                    s.node("model", |s| {
                        s.name(&model.provider);
                        s.text(&model.model.text);
                    });
                }
            }),
            ItemKind::Route(decl) => self.node("route", |s| {
                s.name(&decl.name);
                s.params(&decl.params);
                for arm in &decl.arms {
                    s.node("arm", |s| {
                        match &arm.when {
                            Some(condition) => s.expr(condition),
                            None => s.word("_"),
                        }
                        s.ladder(&arm.ladder);
                    });
                }
            }),
            ItemKind::Step(decl) => self.node("step", |s| {
                s.signature(&decl.name, &decl.params, decl.result.as_ref());
                decl.clauses.iter().for_each(|clause| s.step_clause(clause));
                if let Some(prompt) = &decl.prompt {
                    s.node("prompt", |s| s.parts(&prompt.parts));
                }
            }),
            ItemKind::Tool(decl) => self.node("tool", |s| {
                s.signature(&decl.name, &decl.params, decl.result.as_ref());
                decl.clauses.iter().for_each(|clause| s.tool_clause(clause));
            }),
            ItemKind::Flow(decl) => self.node("flow", |s| {
                s.signature(&decl.name, &decl.params, decl.result.as_ref());
                if let Some(budget) = &decl.budget {
                    s.limits("budget", budget);
                }
                if let Some(owner) = &decl.owner {
                    s.node("owner", |s| s.literal(owner));
                }
                s.flow_promises(decl);
                s.block(&decl.body);
            }),
            ItemKind::Index(decl) => self.index(decl),
            ItemKind::Ceiling(decl) => self.ceiling(decl),
            ItemKind::Const(decl) => self.node("const", |s| {
                s.name(&decl.name);
                s.literal(&decl.value);
            }),
            ItemKind::Test(decl) => self.test(decl),
            ItemKind::Eval(decl) => self.eval(decl),
            ItemKind::Error => self.word("error"),
        }
    }

    fn signature(&mut self, name: &Name, params: &[Field], result: Option<&TypeExpr>) {
        self.name(name);
        self.params(params);
        match result {
            Some(result) => self.ty(result),
            None => self.word("-"),
        }
    }

    fn params(&mut self, params: &[Field]) {
        self.node("params", |s| s.fields(params));
    }

    fn fields(&mut self, fields: &[Field]) {
        for field in fields {
            self.node("field", |s| {
                s.docs(&field.docs);
                s.name(&field.name);
                s.ty(&field.ty);
            });
        }
    }

    pub(super) fn ty(&mut self, ty: &TypeExpr) {
        match &ty.kind {
            TypeKind::Name(name) => self.name(name),
            TypeKind::Bounded { base, cap } => self.node("<=", |s| {
                s.name(base);
                s.literal(cap);
            }),
            TypeKind::Range { base, low, high } => self.node("in", |s| {
                s.name(base);
                s.literal(low);
                s.literal(high);
            }),
            TypeKind::List { element, low, high } => self.node("list", |s| {
                s.ty(element);
                s.maybe(low.as_ref());
                s.maybe(high.as_ref());
            }),
            TypeKind::Optional(inner) => self.node("optional", |s| s.ty(inner)),
            TypeKind::Error => self.word("error"),
        }
    }

    pub(super) fn limits(&mut self, of: &str, limits: &Budget) {
        self.node(of, |s| s.caps(&limits.limits));
    }

    fn caps(&mut self, caps: &[(Name, Literal)]) {
        for (name, cap) in caps {
            self.node("<=", |s| {
                s.name(name);
                s.literal(cap);
            });
        }
    }

    fn ladder(&mut self, ladder: &Ladder) {
        match ladder {
            Ladder::Rungs(rungs) => self.names("rungs", rungs),
            Ladder::Route { name, args } => self.node("route", |s| {
                s.name(name);
                args.iter().for_each(|arg| s.expr(arg));
            }),
            Ladder::Match { value, arms, .. } => self.node("match", |s| {
                s.expr(value);
                for (pattern, ladder) in arms {
                    s.node("arm", |s| {
                        s.pattern(pattern);
                        s.ladder(ladder);
                    });
                }
            }),
            Ladder::Error => self.word("error"),
        }
    }

    fn step_clause(&mut self, clause: &StepClause) {
        match &clause.kind {
            StepClauseKind::On(ladder) => self.node("on", |s| s.ladder(ladder)),
            StepClauseKind::Accept(condition) => self.node("accept", |s| s.expr(condition)),
            StepClauseKind::Retry(cap) => self.cap("retry", cap),
            StepClauseKind::Repair(cap) => self.cap("repair", cap),
            StepClauseKind::Input(cap) => self.cap("input", cap),
            StepClauseKind::Output(cap) => self.cap("output", cap),
            StepClauseKind::Think(cap) => self.cap("think", cap),
            StepClauseKind::Time(cap) => self.cap("time", cap),
            StepClauseKind::Turns { cap, keep } => self.node("turns", |s| {
                s.literal(cap);
                match keep {
                    None => {}
                    Some(Keep::All) => s.node("keep", |s| s.word("all")),
                    Some(Keep::Last(count)) => s.cap("keep-last", count),
                    Some(Keep::Tokens(cap)) => s.cap("keep-tokens", cap),
                }
            }),
            StepClauseKind::Tools(tools) => self.node("tools", |s| s.caps(tools)),
            StepClauseKind::System(text) => self.node("system", |s| s.parts(&text.parts)),
            StepClauseKind::Cache(cache) => self.cache(cache),
            StepClauseKind::Class(class) => self.class(class),
            StepClauseKind::FormatNone => self.node("format", |s| s.word("none")),
            StepClauseKind::Error => self.word("error"),
        }
    }

    pub(super) fn cap(&mut self, of: &str, cap: &Literal) {
        self.node(of, |s| s.literal(cap));
    }

    fn tool_clause(&mut self, clause: &ToolClause) {
        match &clause.kind {
            ToolClauseKind::From { kind, args, member } => self.node("from", |s| {
                s.name(kind);
                args.iter().for_each(|arg| s.expr(arg));
                if let Some(member) = member {
                    s.node(".", |s| s.name(member));
                }
            }),
            ToolClauseKind::Effect { effect, once_per } => self.node("effect", |s| {
                s.name(effect);
                if !once_per.is_empty() {
                    s.names("once-per", once_per);
                }
            }),
            ToolClauseKind::Cache(time) => self.cap("cache", time),
            ToolClauseKind::Price(price) => self.cap("price", price),
            ToolClauseKind::Time(cap) => self.cap("time", cap),
            ToolClauseKind::Gate { open, otherwise } => self.node("gate", |s| {
                s.expr(open);
                match otherwise {
                    GateElse::Value(value) => s.expr(value),
                    GateElse::Deny(_) => s.node("deny", |_| ()),
                    GateElse::Approve { role, within, .. } => s.node("approve", |s| {
                        s.literal(role);
                        s.literal(within);
                    }),
                    GateElse::Error => s.word("error"),
                }
            }),
            ToolClauseKind::Error => self.word("error"),
        }
    }
}
