//! Tests: what is given, what is run, and what must be true then. In: the tests of the root file. Out: [`Test`]s, whose
//! conditions read what a run came to as values of their own.

use super::Checker;
use super::items::Decl;
use super::lower::{LocalKind, Lower, Typed, Want, Within};
use crate::cost::{Dimension, Money};
use crate::diagnostic::code::values as code;
use crate::diagnostic::{Diagnostic, nearest};
use crate::program::{
    Condition, Examination as Test, Expr, Given, GivenKind, Literal, Observed, Reason, Slot, TestInput, TextSize, Ty,
    Value,
};
use crate::source::Span;
use crate::syntax::{self, ExprKind, LiteralKind, Name, PatternKind, TestClauseKind, TestDecl, Times, Unit};

/// The states that a run ends in.
const STATES: [&str; 5] = ["done", "escalated", "failed", "refused", "waiting"];

/// What can be asked about a step or a tool.
const ABOUT_TOOLS: [&str; 3] = ["called", "denied", "waiting"];

/// A number of a run: of calls, tokens, milliseconds.
const NUMBER: Ty = Ty::Int { low: 0, high: i64::MAX };

/// A reason or a state.
const WORDS: Ty = Ty::Text(TextSize { tokens: 4_096, chars: 4_096, bytes: 4_096 });

impl<'a> Checker<'a> {
    /// Lowers the tests of the root file.
    pub(super) fn check_tests(&mut self) {
        let tests: Vec<&'a TestDecl> =
            self.items.tests.iter().filter(|(_, file)| *file == 0).map(|(of, _)| *of).collect();
        let mut names: Vec<(&str, Span)> = Vec::new();
        for decl in tests {
            let LiteralKind::Text(name) = &decl.title.kind else { continue };
            if let Some((_, first)) = names.iter().find(|(known, _)| known == name) {
                let message = format!("two tests are called `{name}`");
                let diagnostic = Diagnostic::error(code::E0440, decl.title.span, message).label("again");
                self.say(diagnostic.label_at(*first, "first here"));
            }
            names.push((name, decl.title.span));
            let test = self.test(decl, name);
            self.program.tests.extend(test);
        }
    }

    fn test(&mut self, decl: &'a TestDecl, name: &str) -> Option<Test> {
        let place = self.place(decl.title.span);
        let mut givens = Vec::new();
        let mut ran: Option<(crate::program::FlowId, Vec<Value>, Span)> = None;
        let mut broken = false;
        for clause in &decl.clauses {
            match &clause.kind {
                TestClauseKind::Given(given) => givens.extend(self.given(given)),
                TestClauseKind::Run { flow, args } => {
                    if let Some((_, _, first)) = &ran {
                        let diagnostic = Diagnostic::error(code::E0440, clause.span, "a test runs one flow")
                            .label("a second run")
                            .label_at(*first, "the first");
                        self.say(diagnostic.help("write a test for each"));
                    }
                    match self.run(flow, args) {
                        Some((id, args)) => ran = Some((id, args, clause.span)),
                        None => broken = true,
                    }
                }
                TestClauseKind::Error => broken = true,
                TestClauseKind::Then(_) => {}
            }
        }
        let asks = decl.clauses.iter().any(|clause| matches!(clause.kind, TestClauseKind::Then(_)));
        if !broken && (ran.is_none() || !asks) {
            let missing = if ran.is_none() { "`run`" } else { "`then`" };
            let diagnostic = Diagnostic::error(code::E0440, decl.title.span, format!("the test has no {missing}"))
                .label("nothing is shown");
            self.say(diagnostic.help("write `run desk(…)`, and `then status is done`"));
        }
        let (flow, args, _) = ran?;
        let result = self.items.flow_signatures.get(flow.index())?.result.clone();
        let mut lower = Lower::new(self, 0, Decl::Flow(flow), Within::Test);
        let mut asking = Asking { lower: &mut lower, observed: Vec::new(), result };
        let conditions: Vec<&syntax::Expr> = decl
            .clauses
            .iter()
            .filter_map(|clause| if let TestClauseKind::Then(all) = &clause.kind { Some(all) } else { None })
            .flatten()
            .collect();
        let then: Vec<Condition> = conditions.into_iter().map(|condition| asking.condition(condition)).collect();
        let observed = asking.observed.into_iter().map(|(_, slot, what)| (slot, what)).collect();
        Some(Test { name: name.to_owned(), place, givens, flow, args, observed, then })
    }

    fn run(&mut self, flow: &Name, args: &'a [syntax::Expr]) -> Option<(crate::program::FlowId, Vec<Value>)> {
        let id = match self.decl(flow, 0, &[])? {
            Decl::Flow(id) => id,
            other => {
                self.wrong_kind(flow, other, "a flow");
                return None;
            }
        };
        let signature = self.items.flow_signatures.get(id.index())?.clone();
        if signature.params.len() != args.len() {
            let wanted = super::call::arguments(signature.params.len());
            let message = format!("`{}` takes {wanted}, and {} are given", flow.text, args.len());
            self.error(crate::diagnostic::code::check::E0404, flow.span, message, "run here");
            return None;
        }
        let pairs: Vec<_> = signature.params.iter().zip(args).collect();
        Some((id, pairs.into_iter().map(|((_, ty, _), arg)| self.given_value(arg, ty)).collect()))
    }

    /// A value of a test: an expression that needs nothing, or a file.
    fn given_value(&mut self, expr: &'a syntax::Expr, ty: &Ty) -> Value {
        if let ExprKind::Load(path) = &expr.kind {
            let LiteralKind::Text(path) = &path.kind else {
                return Value { input: TestInput::Load(String::new()), ty: Ty::Unknown };
            };
            return Value { input: TestInput::Load(path.clone()), ty: ty.clone() };
        }
        let mut lower = Lower::new(self, 0, Decl::Tier(0), Within::Test);
        let value = lower.expect(expr, ty, None);
        Value { input: TestInput::Expr(value), ty: ty.clone() }
    }

    fn given(&mut self, given: &'a syntax::Given) -> Option<Given> {
        let times = match &given.times {
            Times::Once => Some(1),
            Times::Times(count) => Some(self.count(count, 1..=super::caps::MOST)?),
            Times::Always => None,
        };
        let place = self.place(given.name.span);
        let (name, result, is_tool) = self.given_name(given)?;
        let what = match &given.what {
            syntax::GivenKind::Answers(value) => GivenKind::Answers(self.answer(value, &result, is_tool)),
            syntax::GivenKind::Fails(reason) => GivenKind::Fails(self.reason(reason)?),
            syntax::GivenKind::Calls(calls) if is_tool => {
                let message = format!("`{}` is a tool, and asks for no tools", given.name.text);
                let first = calls.first().map_or(given.name.span, |(name, _)| name.span);
                self.error(code::E0441, first, message, "only a step calls tools");
                return None;
            }
            syntax::GivenKind::Calls(calls) => {
                let step = given.name.text.as_str();
                let calls = calls.iter().map(|(tool, args)| self.given_call(step, tool, args));
                GivenKind::Calls(calls.collect::<Option<_>>()?)
            }
        };
        Some(Given { name, is_tool, what, times, place })
    }

    /// What is given: a step or a tool by its name, a classification as `classify`.
    fn given_name(&mut self, given: &'a syntax::Given) -> Option<(String, Ty, bool)> {
        let name = &given.name;
        if let ("classify", syntax::GivenKind::Answers(value)) = (name.text.as_str(), &given.what) {
            let mut lower = Lower::new(self, 0, Decl::Tier(0), Within::Test);
            let typed = lower.expr(value, Want::Any);
            let Ty::Enum(id) = typed.ty else {
                if typed.ty != Ty::Unknown {
                    let message = "a classification answers with a variant";
                    self.error(code::E0441, value.span, message, "not a variant of an enum");
                }
                return None;
            };
            let of = self.program.types.enums.get(id.index())?.name.clone();
            return Some((format!("classify {of}"), typed.ty, false));
        }
        match self.decl(name, 0, &["classify"])? {
            Decl::Step(id) => {
                let signature = self.items.step_signatures.get(id.index())?;
                Some((signature.name.clone(), signature.result.clone(), false))
            }
            Decl::Tool(id) => {
                let signature = self.items.tool_signatures.get(id.index())?;
                Some((signature.name.clone(), signature.result.clone(), true))
            }
            other => {
                self.wrong_kind(name, other, "a step or a tool");
                None
            }
        }
    }

    /// An answer. A model may also say something that is no value of its type: a text where JSON is asked for stands as it is.
    fn answer(&mut self, value: &'a syntax::Expr, result: &Ty, is_tool: bool) -> Value {
        let as_it_is = match &value.kind {
            ExprKind::Literal(syntax::Literal { kind: LiteralKind::Text(text), .. }) if !is_tool => Some(text),
            _ => None,
        };
        match as_it_is {
            Some(text) if !matches!(result, Ty::Text(_) | Ty::Id | Ty::Date) => {
                let said = Expr::Literal(Literal::Text(text.clone()));
                Value { input: TestInput::Expr(said), ty: WORDS }
            }
            // What is too long is what a test may want to show.
            Some(text) if matches!(result, Ty::Text(_)) => {
                Value { input: TestInput::Expr(Expr::Literal(Literal::Text(text.clone()))), ty: WORDS }
            }
            _ => self.given_value(value, result),
        }
    }

    fn reason(&mut self, name: &Name) -> Option<Reason> {
        let found = Reason::ALL.into_iter().find(|reason| reason.name() == name.text);
        if found.is_none() {
            let names = Reason::ALL.map(Reason::name);
            let diagnostic = Diagnostic::error(code::E0441, name.span, format!("`{}` is no failure", name.text))
                .label("not one of the closed set");
            self.say(match nearest(&name.text, names) {
                Some(near) => diagnostic.fix(format!("write `{near}`"), name.span, near),
                None => diagnostic.help(format!("failures are {}", names.join(", "))),
            });
        }
        found
    }

    fn given_call(
        &mut self,
        step: &str,
        tool: &Name,
        args: &'a [syntax::Expr],
    ) -> Option<(String, Vec<(String, Value)>)> {
        let id = match self.decl(tool, 0, &[])? {
            Decl::Tool(id) => id,
            other => {
                self.wrong_kind(tool, other, "a tool");
                return None;
            }
        };
        let signature = self.items.tool_signatures.get(id.index())?.clone();
        let of = self.program.steps.iter().find(|known| known.name == step);
        if of.is_some_and(|of| of.tools.iter().all(|(known, _)| *known != id)) {
            let message = format!("`{step}` has no tool `{}`, and cannot ask for it", tool.text);
            let problem = Diagnostic::error(code::E0441, tool.span, message).label("not among its tools");
            self.say(problem.help(format!("write `tools {} <= 1` in `{step}`", tool.text)));
            return None;
        }
        if signature.params.len() != args.len() {
            let wanted = super::call::arguments(signature.params.len());
            let message = format!("`{}` takes {wanted}, and {} are given", tool.text, args.len());
            self.error(crate::diagnostic::code::check::E0404, tool.span, message, "called here");
            return None;
        }
        let pairs: Vec<_> = signature.params.iter().zip(args).collect();
        let args = pairs.into_iter().map(|((name, ty, _), arg)| (name.clone(), self.given_value(arg, ty)));
        Some((signature.name.clone(), args.collect()))
    }
}

/// The conditions of one test.
struct Asking<'l, 'c, 'a> {
    lower: &'l mut Lower<'c, 'a>,
    /// What of the run is read, by the name it has here.
    observed: Vec<(String, Slot, Observed)>,
    result: Ty,
}

impl Asking<'_, '_, '_> {
    fn condition(&mut self, condition: &syntax::Expr) -> Condition {
        let text = self.lower.checker.text(condition.span).to_owned();
        let place = self.lower.checker.place(condition.span);
        let asked = self.asked(condition);
        let holds = self.lower.scope(|lower| lower.expect(&asked, &Ty::Bool, None));
        Condition { text, place, holds }
    }

    /// The condition with names in the place of what a run came to.
    fn asked(&mut self, expr: &syntax::Expr) -> syntax::Expr {
        let span = expr.span;
        let boxed = |this: &mut Self, inner: &syntax::Expr| Box::new(this.asked(inner));
        let kind = match &expr.kind {
            ExprKind::Name(name) => match self.word(name) {
                Some(name) => ExprKind::Name(name),
                None => expr.kind.clone(),
            },
            ExprKind::Field(of, field) => match self.number(of, field) {
                Some(name) => ExprKind::Name(name),
                None => ExprKind::Field(boxed(self, of), field.clone()),
            },
            ExprKind::Is { value, negated, pattern } => match self.state(value, pattern, span) {
                Some(asked) if *negated => ExprKind::Unary(syntax::UnaryOp::Not, Box::new(asked)),
                Some(asked) => asked.kind,
                None => ExprKind::Is { value: boxed(self, value), negated: *negated, pattern: pattern.clone() },
            },
            ExprKind::Unary(op, value) => ExprKind::Unary(*op, boxed(self, value)),
            ExprKind::Binary(op, left, right) => {
                let (left, right) = (millis(left, right), millis(right, left));
                ExprKind::Binary(*op, Box::new(self.asked(&left)), Box::new(self.asked(&right)))
            }
            ExprKind::In { value, negated, list } => {
                ExprKind::In { value: boxed(self, value), negated: *negated, list: list.clone() }
            }
            ExprKind::Index(of, at) => ExprKind::Index(boxed(self, of), at.clone()),
            ExprKind::Call { name, args } => {
                ExprKind::Call { name: name.clone(), args: args.iter().map(|arg| self.asked(arg)).collect() }
            }
            other => other.clone(),
        };
        syntax::Expr { span, kind }
    }

    /// `result`, `status`, `reason`
    fn word(&mut self, name: &Name) -> Option<Name> {
        let (ty, what) = match name.text.as_str() {
            "result" => (self.result.clone(), Observed::Result),
            "status" => (WORDS, Observed::Status),
            "reason" => (WORDS, Observed::Reason),
            _ => return None,
        };
        Some(self.observe(name.text.clone(), name.span, ty, what))
    }

    /// `spent.calls`, `refund.calls`
    fn number(&mut self, of: &syntax::Expr, field: &Name) -> Option<Name> {
        let ExprKind::Name(of) = &of.kind else { return None };
        let name = format!("{}.{}", of.text, field.text);
        if of.text == "spent" {
            let Some(dimension) = self.lower.checker.dimension(field) else {
                // It has been said, and stands for anything.
                let name = self.observe(name, of.span.to(field.span), Ty::Unknown, Observed::Spent(Dimension::Calls));
                return Some(name);
            };
            let ty = if dimension == Dimension::Cost { Ty::Usd { most: Money::MAX } } else { NUMBER };
            return Some(self.observe(name, of.span.to(field.span), ty, Observed::Spent(dimension)));
        }
        let callable = self.callable(of)?;
        (field.text == "calls").then(|| self.observe(name, of.span.to(field.span), NUMBER, Observed::Calls(callable)))
    }

    /// A step or a tool of that name.
    fn callable(&mut self, name: &Name) -> Option<String> {
        match self.lower.checker.find(&name.text, 0) {
            super::items::Found::Decl(Decl::Step(id)) => {
                self.lower.checker.items.step_signatures.get(id.index()).map(|of| of.name.clone())
            }
            super::items::Found::Decl(Decl::Tool(id)) => {
                self.lower.checker.items.tool_signatures.get(id.index()).map(|of| of.name.clone())
            }
            _ => None,
        }
    }

    /// `status is done`, `reason is Timeout`, `refund is waiting`
    fn state(&mut self, value: &syntax::Expr, pattern: &syntax::Pattern, span: Span) -> Option<syntax::Expr> {
        let (ExprKind::Name(of), PatternKind::Variant { name: state, .. }) = (&value.kind, &pattern.kind) else {
            return None;
        };
        let known: &[&str] = match of.text.as_str() {
            "status" => &STATES,
            "reason" => &[],
            _ => &ABOUT_TOOLS,
        };
        if matches!(of.text.as_str(), "status" | "reason") {
            if !known.is_empty() && !known.contains(&state.text.as_str()) {
                self.unknown_state(state, known);
            }
            let asked = Box::new(syntax::Expr { span: value.span, kind: ExprKind::Name(self.word(of)?) });
            let word = syntax::Literal { span: state.span, kind: LiteralKind::Text(state.text.clone()) };
            let word = Box::new(syntax::Expr { span: state.span, kind: ExprKind::Literal(word) });
            return Some(syntax::Expr { span, kind: ExprKind::Binary(syntax::BinaryOp::Equal, asked, word) });
        }
        let callable = self.callable(of)?;
        let what = match state.text.as_str() {
            "called" => Observed::IsCalled(callable),
            "denied" => Observed::IsDenied(callable),
            "waiting" => Observed::IsWaiting(callable),
            _ => {
                self.unknown_state(state, known);
                Observed::IsCalled(callable)
            }
        };
        let name = format!("{} is {}", of.text, state.text);
        let name = self.observe(name, span, Ty::Bool, what);
        Some(syntax::Expr { span, kind: ExprKind::Name(name) })
    }

    fn unknown_state(&mut self, state: &Name, known: &[&str]) {
        let message = format!("nothing of a run is `{}`", state.text);
        let diagnostic = Diagnostic::error(code::E0442, state.span, message).label("unknown");
        let list = known.iter().map(|word| format!("`{word}`")).collect::<Vec<_>>().join(", ");
        self.lower.checker.say(match nearest(&state.text, known.iter().copied()) {
            Some(near) => diagnostic.fix(format!("write `{near}`"), state.span, near),
            None => diagnostic.help(format!("there are {list}")),
        });
    }

    fn observe(&mut self, name: String, span: Span, ty: Ty, what: Observed) -> Name {
        if !self.observed.iter().any(|(known, _, _)| *known == name) {
            let slot = self.lower.slot();
            self.lower.bind(&name, span, Typed::new(Expr::Slot(slot), ty), LocalKind::Given);
            self.observed.push((name.clone(), slot, what));
        }
        Name { text: name, span }
    }
}

/// A time beside `spent.time` counts milliseconds.
fn millis(expr: &syntax::Expr, beside: &syntax::Expr) -> syntax::Expr {
    let is_time = matches!(&beside.kind, ExprKind::Field(_, field) if field.text == "time");
    let ExprKind::Literal(syntax::Literal { span, kind: LiteralKind::Quantity(number, unit) }) = &expr.kind else {
        return expr.clone();
    };
    let scale = match unit {
        Unit::Millis => 1,
        Unit::Seconds => 1_000,
        Unit::Minutes => 60_000,
        Unit::Hours => 3_600_000,
        Unit::Days => 86_400_000,
        Unit::Tokens | Unit::Chars | Unit::Kilobytes | Unit::Percent => return expr.clone(),
    };
    match number.checked_mul(scale).and_then(|number| i64::try_from(number).ok()).filter(|_| is_time) {
        Some(number) => {
            let literal = syntax::Literal { span: *span, kind: LiteralKind::Int(number) };
            syntax::Expr { span: expr.span, kind: ExprKind::Literal(literal) }
        }
        None => expr.clone(),
    }
}
