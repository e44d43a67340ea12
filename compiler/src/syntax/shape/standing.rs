//! The shapes of what stands for longer than a run.

use super::Shape;
use crate::syntax::{Ask, Cache, CeilingDecl, Class, FlowDecl, IndexDecl};

impl Shape {
    pub(super) fn cache(&mut self, cache: &Cache) {
        self.node("cache", |s| {
            s.literal(&cache.time);
            if let Some(like) = &cache.like {
                s.node("like", |s| {
                    s.literal(&like.score);
                    like.by.iter().for_each(|by| s.name(by));
                });
            }
        });
    }

    pub(super) fn class(&mut self, class: &Class) {
        self.node("class", |s| match class {
            Class::Interactive => s.word("interactive"),
            Class::Background { window } => {
                s.word("background");
                s.maybe(window.as_ref());
            }
        });
    }

    pub(super) fn index(&mut self, decl: &IndexDecl) {
        self.node("index", |s| {
            s.name(&decl.name);
            s.name(&decl.kind);
            s.literal(&decl.glob);
            s.maybe(decl.chunk.as_ref());
            s.maybe(decl.overlap.as_ref());
            decl.by.iter().for_each(|by| s.name(by));
        });
    }

    pub(super) fn ceiling(&mut self, decl: &CeilingDecl) {
        self.node("ceiling", |s| {
            s.name(&decl.name);
            for limit in &decl.limits {
                s.node("<=", |s| {
                    s.name(&limit.dimension);
                    s.literal(&limit.cap);
                    s.literal(&limit.per);
                    limit.zone.iter().for_each(|zone| s.literal(zone));
                    limit.by.iter().for_each(|by| s.expr(by));
                });
            }
            if decl.shadow.is_some() {
                s.word("shadow");
            }
            if let Some(soft) = &decl.soft {
                s.cap("soft", soft);
            }
            if let Some(over) = &decl.over {
                s.node("over", |s| {
                    s.names("rungs", &over.on);
                    over.escalate.iter().for_each(|escalate| s.expr(escalate));
                });
            }
        });
    }

    pub(super) fn flow_promises(&mut self, decl: &FlowDecl) {
        if !decl.under.is_empty() {
            self.names("under", &decl.under);
        }
        if let Some(slo) = &decl.slo {
            self.node("slo", |s| {
                for promise in &slo.promises {
                    s.node(if promise.least { ">=" } else { "<=" }, |s| {
                        s.name(&promise.measure);
                        promise.of.iter().for_each(|of| s.name(of));
                        s.literal(&promise.bound);
                    });
                }
            });
        }
        if let Some(outcome) = &decl.outcome {
            self.node("outcome", |s| {
                s.name(&outcome.name);
                s.literal(&outcome.within);
            });
        }
    }

    pub(super) fn ask(&mut self, ask: &Ask) {
        self.node("ask", |s| {
            s.literal(&ask.role);
            s.literal(&ask.within);
            s.ty(&ask.result);
            if let Some(question) = &ask.question {
                s.node("question", |s| s.parts(&question.parts));
            }
        });
    }
}
