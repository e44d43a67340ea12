//! Calls: of steps, tools and flows, which become nodes, and of the functions of the language, which stay expressions.

use super::items::{Decl, Found, Signature};
use super::lower::{Lower, Typed, Want, Within};
use crate::diagnostic::Diagnostic;
use crate::diagnostic::code::check as code;
use crate::program::{Effect, Expr, FlowId, Limit, NodeKind, StepId, ToolId};
use crate::source::Span;
use crate::syntax::{self, Budget, ExprKind, Name};

impl Lower<'_, '_> {
    /// `solve(q)`, `len(xs)`
    pub(super) fn call(&mut self, name: &Name, args: &[syntax::Expr], span: Span, want: Want<'_>) -> Typed {
        self.call_within(name, args, Vec::new(), span, want)
    }

    fn call_within(
        &mut self,
        name: &Name,
        args: &[syntax::Expr],
        within: Vec<Limit>,
        span: Span,
        want: Want<'_>,
    ) -> Typed {
        match self.checker.find(&name.text, self.file) {
            Found::Decl(Decl::Step(id)) => self.call_step(id, args, span),
            Found::Decl(Decl::Tool(id)) => self.call_tool(id, args, span),
            Found::Decl(Decl::Flow(id)) => self.call_flow(id, args, within, span),
            Found::Decl(other) => {
                let message = format!("`{}` is {} and cannot be called", name.text, other.what());
                let diagnostic = Diagnostic::error(code::E0403, name.span, message).label("called here");
                self.checker.say(match other {
                    Decl::Route(_) => diagnostic.help("a route stands in `on` of a step"),
                    Decl::Record(_) => diagnostic.help(format!("a record is made with `{} {{ … }}`", name.text)),
                    _ => diagnostic,
                });
                self.only_args(args)
            }
            Found::Broken => self.only_args(args),
            Found::Nothing => match self.signal_call(name, args, span) {
                Some(signal) => signal,
                None => self.builtin(name, args, span, want),
            },
        }
    }

    /// Looks at the arguments of what could not be understood, so that their own mistakes are said.
    pub(super) fn only_args(&mut self, args: &[syntax::Expr]) -> Typed {
        for arg in args {
            self.expr(arg, Want::Any);
        }
        Typed::unknown()
    }

    /// Notes that what is being lowered calls something here.
    pub(super) fn note_call(&mut self, callee: Decl, span: Span) {
        let blocks = self.blocks();
        self.checker.calls.add(self.decl, callee, span, blocks);
    }

    fn call_step(&mut self, id: StepId, args: &[syntax::Expr], span: Span) -> Typed {
        let Some(signature) = self.checker.items.step_signatures.get(id.index()).cloned() else {
            return Typed::unknown();
        };
        if self.within == Within::Ladder && self.pure.is_none() {
            self.note_call(Decl::Step(id), span);
            let args = self.args(&signature, args, span);
            return self.asked(span, NodeKind::Step(id, args), signature.result);
        }
        if !self.allows_effect(span) {
            return Typed::unknown();
        }
        self.note_call(Decl::Step(id), span);
        let args = self.args(&signature, args, span);
        self.node(span, NodeKind::Step(id, args), signature.result)
    }

    fn call_tool(&mut self, id: ToolId, args: &[syntax::Expr], span: Span) -> Typed {
        let Some(signature) = self.checker.items.tool_signatures.get(id.index()).cloned() else {
            return Typed::unknown();
        };
        if !self.allows_effect(span) {
            return Typed::unknown();
        }
        self.note_call(Decl::Tool(id), span);
        let gated = self
            .checker
            .program
            .tools
            .get(id.index())
            .is_none_or(|tool| tool.gate.is_some() || tool.effect != Effect::Read);
        if !gated && self.within == Within::Flow && self.branches == 0 {
            let message = format!("`{}` is called on every run", signature.name);
            let diagnostic = Diagnostic::warning(code::W0610, span, message)
                .label("no gate decides whether it is needed")
                .help("give the tool a `gate`, or call it with `when … else …`");
            self.checker.say(diagnostic);
        }
        let args = self.args(&signature, args, span);
        self.node(span, NodeKind::Tool(id, args), signature.result)
    }

    fn call_flow(&mut self, flow: FlowId, args: &[syntax::Expr], within: Vec<Limit>, span: Span) -> Typed {
        let Some(signature) = self.checker.items.flow_signatures.get(flow.index()).cloned() else {
            return Typed::unknown();
        };
        if self.within != Within::Flow {
            let message = format!("`{}` is a flow; only flows call flows", signature.name);
            self.checker.error(code::E0708, span, message, "a step or a tool can stand here");
            return self.only_args(args);
        }
        if !self.allows_effect(span) {
            return Typed::unknown();
        }
        self.note_call(Decl::Flow(flow), span);
        let args = self.args(&signature, args, span);
        self.node(span, NodeKind::Flow { flow, args, within }, signature.result)
    }

    /// Holds arguments to the parameters they are for.
    pub(super) fn args(&mut self, signature: &Signature, args: &[syntax::Expr], span: Span) -> Vec<Expr> {
        let (wanted, given) = (signature.params.len(), args.len());
        if wanted != given {
            let message = format!("`{}` takes {}, and {} given", signature.name, arguments(wanted), are(given));
            let diagnostic = Diagnostic::error(code::E0404, span, message)
                .label(match args.get(wanted) {
                    Some(_) => "too many here".to_owned(),
                    None => {
                        let missing = signature.params.iter().skip(given).map(|param| format!("`{}`", param.0));
                        format!("{} missing", missing.collect::<Vec<_>>().join(", "))
                    }
                })
                .label_at(signature.span, "declared here");
            let params: Vec<&str> = signature.params.iter().map(|param| param.0.as_str()).collect();
            self.checker.say(diagnostic.help(format!("write `{}({})`", signature.name, params.join(", "))));
        }
        let mut lowered = Vec::with_capacity(given);
        for (index, arg) in args.iter().enumerate() {
            match signature.params.get(index) {
                Some((name, ty, at)) => {
                    let why = format!("`{name}` is `{}`", self.checker.show(ty));
                    lowered.push(self.expect(arg, ty, Some((*at, &why))));
                }
                None => {
                    self.expr(arg, Want::Any);
                }
            }
        }
        lowered
    }

    /// `desk(t) within cost <= $0.05`
    pub(super) fn tightened(&mut self, call: &syntax::Expr, limits: &Budget, span: Span, want: Want<'_>) -> Typed {
        let limits_read = self.checker.limits(limits);
        if let ExprKind::Call { name, args } = &call.kind
            && let Found::Decl(Decl::Flow(_)) | Found::Broken = self.checker.find(&name.text, self.file)
        {
            return self.call_within(name, args, limits_read, span, want);
        }
        if !matches!(call.kind, ExprKind::Error) {
            let diagnostic =
                Diagnostic::error(code::E0712, call.span, "only a call of a flow can be held to tighter limits")
                    .label("this is no call of a flow")
                    .help("put it into a flow of its own");
            self.checker.say(diagnostic);
        }
        self.expr(call, want)
    }
}

/// `1 argument`, `3 arguments`
pub(super) fn arguments(count: usize) -> String {
    match count {
        0 => "no argument".to_owned(),
        1 => "1 argument".to_owned(),
        count => format!("{count} arguments"),
    }
}

/// `none is`, `1 is`, `3 are`
pub(super) fn are(count: usize) -> String {
    match count {
        0 => "none is".to_owned(),
        1 => "1 is".to_owned(),
        count => format!("{count} are"),
    }
}
