//! Flows: statements in order, and the value at the end. In: a flow as written. Out: its [`Flow`].

use super::Checker;
use super::items::{Decl, Declared};
use super::lower::{LocalKind, Lower, Typed, Want, Within};
use crate::cost::Dimension;
use crate::diagnostic::code::check as code;
use crate::diagnostic::{Diagnostic, nearest};
use crate::program::{Expr, Flow, FlowId, Limit, Literal, NodeKind, Param, Ty};
use crate::source::Span;
use crate::syntax::{self, Block, Budget, LiteralKind, Name, Statement, StatementKind, TypeExpr};
use crate::types;

impl<'a> Checker<'a> {
    /// Lowers every flow.
    pub(super) fn check_flows(&mut self) {
        for (index, id) in (0..self.items.flows.len()).zip(0u32..) {
            let Declared { decl, item, file } = self.items.flows[index];
            let flow = self.flow(FlowId(id), decl, item, file);
            self.program.flows.push(flow);
        }
    }

    fn flow(&mut self, id: FlowId, decl: &'a syntax::FlowDecl, item: &'a syntax::Item, file: usize) -> Flow {
        let budget = decl.budget.as_ref().map(|budget| self.limits(budget));
        if budget.is_none() {
            self.without_budget(decl, item);
        }
        let under = self.under(&decl.under, file);
        let slo = decl.slo.as_ref().map_or(Vec::new(), |slo| self.promises(slo));
        let outcome = decl.outcome.as_ref().and_then(|outcome| self.outcome(outcome));
        let owner = decl.owner.as_ref().and_then(|owner| self.owner(owner));
        let result = self.items.flow_signatures[id.index()].result.clone();
        let mut lower = Lower::new(self, file, Decl::Flow(id), Within::Flow);
        lower.result = result.clone();
        let params = lower.params(&decl.params);
        let (body, _) = lower.body(|lower| lower.flow_body(decl, &result));
        let made = std::mem::take(&mut lower.made);
        lower.finish();
        self.items.bindings.insert(id, made);
        Flow {
            name: decl.name.text.clone(),
            docs: item.docs.clone(),
            place: self.place(decl.name.span),
            public: item.public.is_some(),
            params,
            result,
            budget,
            owner,
            under,
            slo,
            outcome,
            body,
        }
    }

    fn owner(&mut self, owner: &syntax::Literal) -> Option<String> {
        match &self.known(owner).kind {
            LiteralKind::Text(text) => Some(text.clone()),
            LiteralKind::Error => None,
            _ => {
                self.error(code::E0503, owner.span, "an owner is a text in quotes", "who answers for this flow");
                None
            }
        }
    }

    fn without_budget(&mut self, decl: &syntax::FlowDecl, item: &syntax::Item) {
        let name = &decl.name;
        let example = "`budget cost <= $0.10, calls <= 10` as its first line";
        let diagnostic = if item.public.is_some() {
            Diagnostic::error(code::E0706, name.span, format!("`{}` is `pub` and has no budget", name.text))
                .label("what others call says what it may cost")
        } else {
            Diagnostic::warning(code::W0706, name.span, format!("`{}` has no budget", name.text))
                .label("nothing holds its bound")
        };
        self.say(diagnostic.help(format!("write {example}")));
    }

    /// `cost <= $0.20, calls <= 32`
    pub(super) fn limits(&mut self, budget: &Budget) -> Vec<Limit> {
        let mut limits: Vec<Limit> = Vec::new();
        for (word, cap) in &budget.limits {
            let Some(dimension) = self.dimension(word) else { continue };
            if let Some(first) = limits.iter().find(|limit| limit.dimension == dimension) {
                let diagnostic = Diagnostic::error(code::E0707, word.span, format!("`{}` is limited twice", word.text))
                    .label("again here")
                    .label_at(first.place.span, "first here");
                self.say(diagnostic);
                continue;
            }
            if let Some(amount) = self.amount(dimension, cap) {
                limits.push(Limit { dimension, amount, place: self.place(word.span.to(cap.span)) });
            }
        }
        limits
    }

    /// The dimension that a word names, or nothing after saying that it names none.
    pub(super) fn dimension(&mut self, word: &Name) -> Option<Dimension> {
        let found = Dimension::ALL.into_iter().find(|dimension| dimension.name() == word.text);
        if found.is_none() {
            self.unknown_dimension(word);
        }
        found
    }

    /// An amount of a dimension: nano-dollars, counts, tokens or milliseconds.
    pub(super) fn amount(&mut self, dimension: Dimension, cap: &syntax::Literal) -> Option<u64> {
        match dimension {
            Dimension::Cost => self.money(cap).map(|money| money.nanos()),
            Dimension::Time => self.millis(cap),
            Dimension::Calls | Dimension::Turns | Dimension::Tools => self.count(cap, 0..=u64::MAX),
            Dimension::Input | Dimension::Output | Dimension::Tokens => self.token_limit(cap),
        }
    }

    /// Tokens of a budget: `2_450tok`, or the bare number.
    fn token_limit(&mut self, cap: &syntax::Literal) -> Option<u64> {
        let cap = &self.known(cap);
        match cap.kind {
            LiteralKind::Quantity(number, syntax::Unit::Tokens) => Some(number),
            LiteralKind::Int(_) => self.count(cap, 0..=u64::MAX),
            _ => self.tokens(cap, 0),
        }
    }

    fn unknown_dimension(&mut self, word: &Name) {
        let names = Dimension::ALL.map(Dimension::name);
        let near = nearest(&word.text, names);
        let message = format!("`{}` is no dimension of a budget", word.text);
        let diagnostic = Diagnostic::error(code::E0707, word.span, message).label("unknown");
        self.say(match near {
            Some(near) => {
                diagnostic.help(format!("did you mean `{near}`?")).fix(format!("write `{near}`"), word.span, near)
            }
            None => diagnostic.help(format!("dimensions are {}", names.map(|name| format!("`{name}`")).join(", "))),
        });
    }
}

impl<'a> Lower<'_, 'a> {
    /// Binds the parameters of what is lowered, each in a slot of its own.
    pub(super) fn params(&mut self, params: &'a [syntax::Field]) -> Vec<Param> {
        let signature = match self.decl {
            Decl::Step(id) => self.checker.items.step_signatures.get(id.index()),
            Decl::Tool(id) => self.checker.items.tool_signatures.get(id.index()),
            Decl::Flow(id) => self.checker.items.flow_signatures.get(id.index()),
            Decl::Route(index) => self.checker.items.routes.get(index).and_then(|route| route.signature.as_ref()),
            Decl::Record(_) | Decl::Enum(_) | Decl::Alias(_) | Decl::Tier(_) | Decl::Constant(_) => None,
            Decl::Index(_) | Decl::Ceiling(_) => None,
        };
        let types: Vec<Ty> =
            signature.map_or(Vec::new(), |signature| signature.params.iter().map(|param| param.1.clone()).collect());
        let mut made = Vec::new();
        for (param, ty) in params.iter().zip(types) {
            let slot = self.slot();
            let value = Typed::new(Expr::Slot(slot), ty.clone());
            self.bind(&param.name.text, param.name.span, value, LocalKind::Given);
            made.push(Param { name: param.name.text.clone(), docs: param.docs.clone(), slot, ty });
        }
        made
    }

    fn flow_body(&mut self, decl: &syntax::FlowDecl, result: &Ty) -> Typed {
        if decl.result.is_none() {
            self.block(&decl.body, Want::Nothing);
            return Typed::null(Ty::Null);
        }
        let value = self.block(&decl.body, Want::Like(result));
        if self.has_left() || types::fits(&value.ty, result) {
            return value;
        }
        match decl.body.statements.last() {
            Some(Statement { kind: StatementKind::Expr(last), .. }) if !can_pass(last) => {
                self.say_misfit(last, &value.ty, result, None)
            }
            _ => self.say_no_end(decl, result),
        }
        Typed::unknown()
    }

    fn say_no_end(&mut self, decl: &syntax::FlowDecl, result: &Ty) {
        let shown = self.checker.show(result);
        let end = Span { start: decl.body.span.end.saturating_sub(1).max(decl.body.span.start), ..decl.body.span };
        let message = format!("`{}` can end without a value", decl.name.text);
        let mut diagnostic = Diagnostic::error(code::E0709, end, message).label("nothing is returned here");
        if let Some(written) = &decl.result {
            diagnostic = diagnostic.label_at(written.span, format!("a `{shown}` is promised"));
        }
        self.checker.say(diagnostic.help("end with `return …`"));
    }

    /// Lowers the statements of a block into the open body. The names of the block end with the scope around it.
    pub(super) fn block(&mut self, block: &Block, want: Want<'_>) -> Typed {
        let last = block.statements.len().saturating_sub(1);
        let mut warned = false;
        for (index, statement) in block.statements.iter().enumerate() {
            if self.has_left() && !warned {
                warned = true;
                let diagnostic = Diagnostic::warning(code::W0715, statement.span, "this is never reached")
                    .label("what stands before it leaves");
                self.checker.say(diagnostic);
            }
            if let (StatementKind::Expr(expr), true) = (&statement.kind, index == last) {
                let value = self.expr(expr, want);
                let value = if matches!(want, Want::Nothing) && value.ty != Ty::Never {
                    self.warn_dropped(expr, &value);
                    Typed::null(Ty::Null)
                } else {
                    value
                };
                return if self.has_left() { Typed::null(Ty::Never) } else { value };
            }
            self.statement(statement);
        }
        Typed::null(if self.has_left() { Ty::Never } else { Ty::Null })
    }

    fn statement(&mut self, statement: &Statement) {
        let span = statement.span;
        match &statement.kind {
            StatementKind::Let { name, ty, value } => self.bind_let(name, ty.as_ref(), value),
            StatementKind::Var { name, ty, value } => self.bind_var(name, ty.as_ref(), value),
            StatementKind::Assign { name, value } => self.assign(name, value, span),
            StatementKind::Loop { cap, body } => self.repeat(cap.as_ref(), body, span),
            StatementKind::Check { condition, otherwise } => self.check(condition, otherwise, span),
            StatementKind::Return(value) => {
                self.give_back(value.as_ref(), span);
            }
            StatementKind::Expr(expr) => {
                let value = self.expr(expr, Want::Nothing);
                self.warn_dropped(expr, &value);
            }
            StatementKind::Error => {}
        }
    }

    /// A value that nothing takes and that did nothing was probably meant for something.
    fn warn_dropped(&mut self, expr: &syntax::Expr, value: &Typed) {
        let idle = !matches!(value.expr, Expr::Slot(_) | Expr::Literal(Literal::Null));
        let named = matches!(expr.kind, syntax::ExprKind::Name(_));
        if (idle || named) && !matches!(value.ty, Ty::Unknown | Ty::Never) {
            let diagnostic =
                Diagnostic::warning(code::W0716, expr.span, "this value is dropped").label("nothing takes it");
            self.checker.say(diagnostic);
        }
    }

    fn bind_let(&mut self, name: &Name, ty: Option<&TypeExpr>, value: &syntax::Expr) {
        let mark = self.mark();
        let value_typed = self.initial(ty, value);
        self.refuse_twice(name);
        let bound = if self.adopt(&value_typed.expr, mark, &name.text) {
            value_typed
        } else if !self.can_hold_values() {
            self.allows_effect(name.span);
            value_typed
        } else {
            let slot = self.value_node(value.span, Some(&name.text), value_typed.expr);
            Typed::new(Expr::Slot(slot), value_typed.ty)
        };
        let bound = if bound.ty == Ty::Never { Typed::unknown() } else { bound };
        self.bind(&name.text, name.span, bound, LocalKind::Let);
    }

    fn bind_var(&mut self, name: &Name, ty: Option<&TypeExpr>, value: &syntax::Expr) {
        let value_typed = self.initial(ty, value);
        self.refuse_twice(name);
        if !self.can_hold_values() {
            self.allows_effect(name.span);
            return;
        }
        let slot = self.value_node(value.span, Some(&name.text), value_typed.expr);
        let ty = if value_typed.ty == Ty::Never { Ty::Unknown } else { value_typed.ty };
        self.bind(&name.text, name.span, Typed::new(Expr::Slot(slot), ty), LocalKind::Var);
    }

    /// The first value of a binding, held to its type where one is written.
    fn initial(&mut self, ty: Option<&TypeExpr>, value: &syntax::Expr) -> Typed {
        let Some(written) = ty else {
            return self.expr(value, Want::Any);
        };
        let wanted = self.checker.ty(written, self.file);
        let shown = self.checker.show(&wanted);
        let expr = self.expect(value, &wanted, Some((written.span, &format!("`{shown}` is wanted"))));
        Typed::new(expr, wanted)
    }

    fn refuse_twice(&mut self, name: &Name) {
        if let Some(first) = self.find_local(&name.text).map(|local| local.span) {
            let diagnostic = Diagnostic::error(code::E0717, name.span, format!("`{}` is bound already", name.text))
                .label("again here")
                .label_at(first, "first here")
                .help("choose another name; a `var` takes a new value with `=`");
            self.checker.say(diagnostic);
        }
    }

    /// `draft = mend(draft)`
    fn assign(&mut self, name: &Name, value: &syntax::Expr, span: Span) {
        let Some(local) = self.find_local(&name.text) else {
            self.expr(value, Want::Any);
            let bound: Vec<String> = self.bound_names().map(str::to_owned).collect();
            if name.text.len() > 2 && nearest(&name.text, bound.iter().map(String::as_str)).is_some() {
                self.say_unknown(name);
                return;
            }
            self.checker.unbound(name);
            self.bind(&name.text, name.span, Typed::unknown(), LocalKind::Let);
            return;
        };
        let (first, kind, eaches, target) = (local.span, local.kind, local.eaches, local.value.clone());
        if kind != LocalKind::Var {
            self.expr(value, Want::Any);
            self.not_a_var(name, first, kind);
            return;
        }
        let typed = self.expr(value, Want::Like(&target.ty));
        if !types::fits(&typed.ty, &target.ty) {
            self.say_growth(name, first, value, &typed.ty, &target.ty);
        }
        if eaches < self.eaches {
            let diagnostic =
                Diagnostic::error(code::E0710, span, format!("`{}` is changed by each element", name.text))
                    .label("elements do not see each other")
                    .label_at(first, "bound outside of the `each`")
                    .help("let the `each` give a list, and use that");
            self.checker.say(diagnostic);
        }
        if let Expr::Slot(slot) = target.expr {
            self.node(span, NodeKind::Assign(slot, typed.expr), Ty::Null);
        }
    }

    fn not_a_var(&mut self, name: &Name, first: Span, kind: LocalKind) {
        let diagnostic = Diagnostic::error(code::E0713, name.span, format!("`{}` does not change", name.text))
            .label("a new value is given here")
            .label_at(first, "bound here");
        self.checker.say(match kind {
            LocalKind::Let => diagnostic.help("bind it with `var`"),
            LocalKind::Given | LocalKind::Var => diagnostic,
        });
    }

    fn say_growth(&mut self, name: &Name, first: Span, value: &syntax::Expr, found: &Ty, wanted: &Ty) {
        let shown = self.checker.show(wanted);
        let why = format!("`{}` is `{shown}` from here on", name.text);
        if !types::same_shape(found, wanted) {
            self.say_misfit(value, found, wanted, Some((first, &why)));
            return;
        }
        let now = self.checker.show(found);
        let diagnostic = Diagnostic::error(code::E0507, value.span, format!("`{}` would grow to `{now}`", name.text))
            .label(format!("this is `{now}`"))
            .label_at(first, why)
            .help(if self.checker.text(value.span).contains(&name.text) {
                format!("write the type it may have at most: `var {}: … = …`, and `cut` what grows", name.text)
            } else {
                format!("bind it as `var {}: {now} = …`, or make the value smaller", name.text)
            });
        self.checker.say(diagnostic);
    }
}

/// Whether it is an `if` that does nothing where its condition fails.
fn can_pass(expr: &syntax::Expr) -> bool {
    match &expr.kind {
        syntax::ExprKind::If { otherwise: Some(otherwise), .. } => can_pass(otherwise),
        kind => matches!(kind, syntax::ExprKind::If { .. }),
    }
}
