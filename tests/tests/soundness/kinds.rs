//! Which constructs a program has. A construct that is added to the language is added here, or this does not compile; and then
//! the generator has to make it, or the test fails.

use std::collections::BTreeSet;

use flow_compiler::cost::Money;
use flow_compiler::plan::Plan;
use flow_compiler::program::{
    Body, Effect, EmbeddingInto, Expr, GateElse, Keep, Ladder, Leave, Literal, NodeKind, Part, Program, Quantifier,
    Signal, Template, Test, ToolSource, Ty,
};

/// Every construct that there is.
pub(super) const ALL: &[&str] = &[
    "accept",
    "alias",
    "all",
    "any",
    "arm",
    "ask",
    "asks",
    "assign",
    "attempt",
    "binary",
    "break",
    "builtin",
    "cache",
    "cache like",
    "call limits",
    "caller",
    "ceiling",
    "ceiling by caller",
    "choose",
    "class background",
    "const",
    "count",
    "cut",
    "data",
    "dearer when long",
    "deny",
    "each",
    "effect money",
    "effect read",
    "effect send",
    "effect write",
    "else approve",
    "else value",
    "embed",
    "env",
    "escalate",
    "exec",
    "expr if",
    "field",
    "fit",
    "flow",
    "format",
    "from index",
    "gate",
    "hole",
    "http",
    "in",
    "index",
    "indexes",
    "input",
    "input bool",
    "is empty",
    "is literal",
    "is variant",
    "keep all",
    "keep last",
    "keep tokens",
    "label",
    "ladder choose",
    "ladder rungs",
    "list",
    "literal bool",
    "literal int",
    "literal null",
    "literal score",
    "literal text",
    "literal usd",
    "loop",
    "mcp",
    "negate",
    "no format",
    "not",
    "once per",
    "once per several",
    "outcome",
    "output",
    "over",
    "owner",
    "parallel",
    "part each",
    "part fit",
    "part if",
    "part text",
    "payload",
    "pays for writing a cache",
    "pays per request",
    "pluck",
    "record",
    "repair",
    "retry",
    "return",
    "seen",
    "signal context",
    "signal of a ceiling",
    "signal of a tier",
    "signal output",
    "skip",
    "slice",
    "slo",
    "slot",
    "soft",
    "stand-in",
    "step",
    "system",
    "think",
    "time",
    "tool",
    "tool cache",
    "tools",
    "turns",
    "ty bool",
    "ty date",
    "ty enum",
    "ty id",
    "ty int",
    "ty json",
    "ty list",
    "ty optional",
    "ty record",
    "ty score",
    "ty text",
    "ty usd",
    "under",
    "value",
    "variant",
];

/// The constructs of a program, those of its text included that are gone from its plan.
pub(super) fn kinds(plan: &Plan, text: &str) -> BTreeSet<&'static str> {
    let mut found = Found(BTreeSet::new());
    let program = &plan.program;
    for (named, kind) in [("<=note", "const"), ("Short,", "alias")] {
        found.note_if(text.contains(named), kind);
    }
    found.catalogue(program);
    for step in &program.steps {
        step.params.iter().for_each(|param| found.ty(&param.ty));
        found.ty(&step.result);
        found.ladder(&step.ladder);
        found.note_if(step.accept.is_some(), "accept");
        step.accept.iter().for_each(|accept| found.body(accept));
        found.note_if(step.asks.is_some(), "asks");
        step.asks.iter().for_each(|asks| found.body(&asks.body));
        found.note_if(step.cache.is_some(), "cache");
        found.note_if(step.cache.as_ref().is_some_and(|cache| cache.like.is_some()), "cache like");
        found.note_if(!step.class.is_interactive(), "class background");
        found.note_if(step.input.is_some(), "input");
        found.note_if(!step.over.is_empty(), "over");
        found.note_if(step.retry > 0, "retry");
        found.note_if(step.repair > 0, "repair");
        found.note_if(step.turns > 1, "turns");
        found.note_if(!step.tools.is_empty(), "tools");
        found.note_if(step.output.is_some(), "output");
        found.note_if(step.think > 0, "think");
        found.note_if(step.time_ms.is_some(), "time");
        found.note_if(step.system.is_some(), "system");
        found.note_if(step.format.is_none(), "no format");
        found.note(match step.keep {
            Keep::All => "keep all",
            Keep::Last(_) => "keep last",
            Keep::Tokens(_) => "keep tokens",
        });
        step.system.iter().for_each(|system| found.template(system));
        found.template(&step.prompt);
    }
    for embedding in &program.embeddings {
        found.note(match embedding.into {
            EmbeddingInto::Vector => "embed",
            EmbeddingInto::Label { .. } => "label",
        });
    }
    for tool in &program.tools {
        tool.params.iter().for_each(|param| found.ty(&param.ty));
        found.ty(&tool.result);
        found.note_if(!tool.once_per.is_empty(), "once per");
        found.note_if(tool.once_per.len() > 1, "once per several");
        found.note_if(tool.cache_ms.is_some(), "tool cache");
        if let ToolSource::Http { url, .. } = &tool.source {
            found.expr(url);
        }
        found.note(match tool.source {
            ToolSource::Http { .. } => "http",
            ToolSource::Exec { .. } => "exec",
            ToolSource::Mcp { .. } => "mcp",
            ToolSource::Index { .. } => "from index",
        });
        found.note(match tool.effect {
            Effect::Read => "effect read",
            Effect::Write => "effect write",
            Effect::Money => "effect money",
            Effect::Send => "effect send",
        });
        let Some(gate) = &tool.gate else { continue };
        found.note("gate");
        found.body(&gate.open);
        match &gate.otherwise {
            GateElse::Value(value) => {
                found.note("else value");
                found.expr(value);
            }
            GateElse::Deny => found.note("deny"),
            GateElse::Approve { .. } => found.note("else approve"),
        }
    }
    for flow in &program.flows {
        flow.params.iter().for_each(|param| found.ty(&param.ty));
        found.note_if(flow.params.iter().any(|param| param.ty == Ty::Bool), "input bool");
        found.note_if(flow.owner.is_some(), "owner");
        found.note_if(!flow.slo.is_empty(), "slo");
        found.note_if(flow.outcome.is_some(), "outcome");
        found.note_if(!flow.under.is_empty(), "under");
        found.body(&flow.body);
    }
    found.note_if(program.tiers.iter().any(|tier| tier.models.len() > 1), "stand-in");
    found.0
}

struct Found(BTreeSet<&'static str>);

impl Found {
    /// What models charge, indexes, and ceilings over many runs.
    fn catalogue(&mut self, program: &Program) {
        for model in &program.models {
            self.note_if(!model.price.long_context.is_empty(), "dearer when long");
            self.note_if(model.price.rates.cache_write.is_some(), "pays for writing a cache");
            self.note_if(model.price.request > Money::ZERO, "pays per request");
        }
        self.note_if(!program.indexes.is_empty(), "indexes");
        for ceiling in &program.ceilings {
            self.note("ceiling");
            self.note_if(ceiling.limits.iter().any(|limit| limit.by.is_some()), "ceiling by caller");
            self.note_if(ceiling.soft.is_some(), "soft");
        }
    }

    fn note(&mut self, kind: &'static str) {
        self.0.insert(kind);
    }

    fn note_if(&mut self, there: bool, kind: &'static str) {
        if there {
            self.note(kind);
        }
    }

    fn ladder(&mut self, ladder: &Ladder) {
        match ladder {
            Ladder::Rungs(_) => self.note("ladder rungs"),
            Ladder::Choose(arms) => {
                self.note("ladder choose");
                for (when, ladder) in arms {
                    when.iter().for_each(|when| self.expr(when));
                    self.ladder(ladder);
                }
            }
        }
    }

    fn template(&mut self, template: &Template) {
        for part in template {
            match part {
                Part::Text(_) => self.note("part text"),
                Part::Hole(value, ty) | Part::Data(value, ty) => {
                    self.note(if matches!(part, Part::Data(..)) { "data" } else { "hole" });
                    self.expr(value);
                    self.ty(ty);
                }
                Part::Each { list, body, fit, .. } => {
                    self.note("part each");
                    self.note_if(fit.is_some(), "part fit");
                    self.expr(list);
                    self.template(body);
                }
                Part::If { condition, then, otherwise } => {
                    self.note("part if");
                    self.expr(condition);
                    self.template(then);
                    self.template(otherwise);
                }
                Part::Format => self.note("format"),
            }
        }
    }

    fn body(&mut self, body: &Body) {
        self.expr(&body.value);
        for node in &body.nodes {
            match &node.kind {
                NodeKind::Value(value) => {
                    self.note("value");
                    self.expr(value);
                }
                NodeKind::Step(_, args) => {
                    self.note("step");
                    args.iter().for_each(|arg| self.expr(arg));
                }
                NodeKind::Embedding(_, text) => self.expr(text),
                NodeKind::Tool(_, args) => {
                    self.note("tool");
                    args.iter().for_each(|arg| self.expr(arg));
                }
                NodeKind::Flow { args, within, .. } => {
                    self.note("flow");
                    self.note_if(!within.is_empty(), "call limits");
                    args.iter().for_each(|arg| self.expr(arg));
                }
                NodeKind::Choose(arms) => {
                    self.note("choose");
                    for arm in arms {
                        self.note("arm");
                        arm.when.iter().for_each(|when| self.expr(when));
                        self.body(&arm.body);
                    }
                }
                NodeKind::Each { list, parallel, body, .. } => {
                    self.note("each");
                    self.note_if(*parallel > 1, "parallel");
                    self.expr(list);
                    self.body(body);
                }
                NodeKind::Loop { body, .. } => {
                    self.note("loop");
                    self.body(body);
                }
                NodeKind::Attempt { body, handler } => {
                    self.note("attempt");
                    self.body(body);
                    self.body(handler);
                }
                NodeKind::Assign(_, value) => {
                    self.note("assign");
                    self.expr(value);
                }
                NodeKind::Ask(ask) => {
                    self.note("ask");
                    self.template(&ask.question);
                    self.ty(&ask.result);
                }
                NodeKind::Signal(leave) => self.note(match leave {
                    Leave::Break => "break",
                    Leave::Skip => "skip",
                    Leave::Return(_) => "return",
                    Leave::Escalate { .. } => "escalate",
                }),
            }
        }
    }

    fn expr(&mut self, expr: &Expr) {
        self.note(match expr {
            Expr::Literal(literal) => match literal {
                Literal::Null => "literal null",
                Literal::Bool(_) => "literal bool",
                Literal::Int(_) => "literal int",
                Literal::Usd(_) => "literal usd",
                Literal::Score(_) => "literal score",
                Literal::Text(_) => "literal text",
            },
            Expr::Slot(_) => "slot",
            Expr::Field(..) => "field",
            Expr::Pluck(..) => "pluck",
            Expr::Payload { .. } => "payload",
            Expr::Index(..) => "index",
            Expr::Slice { .. } => "slice",
            Expr::Builtin(..) => "builtin",
            Expr::Quantify { quantifier, .. } => match quantifier {
                Quantifier::All => "all",
                Quantifier::Any => "any",
                Quantifier::Count => "count",
            },
            Expr::Record(..) => "record",
            Expr::Variant(..) => "variant",
            Expr::List(_) => "list",
            Expr::Not(_) => "not",
            Expr::Negate(_) => "negate",
            Expr::Binary(..) => "binary",
            Expr::Is(_, Test::Variant(..)) => "is variant",
            Expr::Is(_, Test::Literal(_)) => "is literal",
            Expr::Is(_, Test::Empty) => "is empty",
            Expr::In(..) => "in",
            Expr::Cut(..) => "cut",
            Expr::Fit(..) => "fit",
            Expr::If(..) => "expr if",
            Expr::Seen(_) => "seen",
            Expr::Signal(Signal::Context) => "signal context",
            Expr::Signal(Signal::Output) => "signal output",
            Expr::Signal(Signal::Failing(_) | Signal::Latency(_)) => "signal of a tier",
            Expr::Signal(Signal::Spent(_) | Signal::Left(_)) => "signal of a ceiling",
            Expr::Caller(_) => "caller",
            Expr::Env(_) => "env",
        });
        expr.parts(&mut |part| self.expr(part));
    }

    fn ty(&mut self, ty: &Ty) {
        match ty {
            Ty::Never | Ty::Null | Ty::Vector | Ty::Unknown => {}
            Ty::Bool => self.note("ty bool"),
            Ty::Int { .. } => self.note("ty int"),
            Ty::Usd { .. } => self.note("ty usd"),
            Ty::Score => self.note("ty score"),
            Ty::Date => self.note("ty date"),
            Ty::Id => self.note("ty id"),
            Ty::Text(_) => self.note("ty text"),
            Ty::Json(_) => self.note("ty json"),
            Ty::List { element, .. } => {
                self.note("ty list");
                self.ty(element);
            }
            Ty::Optional(inner) => {
                self.note("ty optional");
                self.ty(inner);
            }
            Ty::Record(_) => self.note("ty record"),
            Ty::Enum(_) => self.note("ty enum"),
        }
    }
}
