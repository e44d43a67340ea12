//! Evaluations: a flow over many cases, what is scored of each, and what must hold over all. In: the evaluations of the root file,
//! after its flows. Out: [`Evaluation`]s; running the flow on a case and scoring it is a flow of its own, so that it is bounded by
//! the rules that bound every flow.

use super::Checker;
use super::items::Decl;
use super::lower::{LocalKind, Lower, Typed, Want, Within};
use crate::cost::Dimension;
use crate::diagnostic::code::values as code;
use crate::diagnostic::{Diagnostic, nearest};
use crate::program::{
    EvalMeasure, EvalScore, Evaluation, Expr, Field, Flow, FlowId, NodeKind, Param, Record, RecordId, Requirement,
    Statistic, Ty,
};
use crate::source::Span;
use crate::syntax::{self, BinaryOp, EvalClauseKind, EvalDecl, ExprKind, LiteralKind, Name};

/// What can be asked of all cases together.
const STATISTICS: [&str; 7] = ["mean", "p50", "p90", "p95", "p99", "success", "cost_per_success"];

impl<'a> Checker<'a> {
    /// Lowers the evaluations of the root file.
    pub(super) fn check_evals(&mut self) {
        let evals: Vec<&'a EvalDecl> =
            self.items.evals.iter().filter(|(_, file)| *file == 0).map(|(of, _)| *of).collect();
        for decl in evals {
            let evaluation = self.evaluation(decl);
            self.program.evals.extend(evaluation);
        }
    }

    fn evaluation(&mut self, decl: &'a EvalDecl) -> Option<Evaluation> {
        let over = self.cases(decl);
        let flow = match self.decl(&decl.flow, 0, &[])? {
            Decl::Flow(id) => id,
            other => {
                self.wrong_kind(&decl.flow, other, "a flow");
                return None;
            }
        };
        let broken = decl.clauses.iter().any(|clause| matches!(clause.kind, EvalClauseKind::Error));
        let asks = decl.clauses.iter().any(|clause| matches!(clause.kind, EvalClauseKind::Require(_)));
        if !asks && !broken {
            let message = format!("the evaluation of `{}` has no `require`", decl.flow.text);
            let diagnostic = Diagnostic::error(code::E0443, decl.flow.span, message).label("nothing could fail");
            self.say(diagnostic.help("write `require success >= 90%`, or what must hold"));
        }
        let signature = self.items.flow_signatures.get(flow.index())?.clone();
        let case = self.case(&signature.params, &signature.result);
        let bindings = self.items.bindings.get(&flow).cloned().unwrap_or_default();
        let mut lower = Lower::new(self, 0, Decl::Tier(0), Within::Eval);
        let params = lower.given_case(case, &bindings, decl.flow.span);
        let mut scores = Vec::new();
        let mut success = None;
        let (body, _) = lower.body(|lower| {
            lower.run_case(flow, &signature.params, &signature.result, &params, decl.flow.span);
            for clause in &decl.clauses {
                match &clause.kind {
                    EvalClauseKind::Score { name, value } => scores.extend(lower.score(name, value, &scores)),
                    EvalClauseKind::Success(condition) => {
                        if success.is_some() {
                            let message = "`success` stands twice";
                            lower.checker.error(code::E0443, clause.span, message, "a run succeeds in one way");
                        }
                        let before = lower.checker.errors;
                        let holds = lower.condition(condition);
                        success = (lower.checker.errors == before).then_some(holds);
                    }
                    EvalClauseKind::Require(_) | EvalClauseKind::Error => {}
                }
            }
            Typed::null(Ty::Null)
        });
        lower.refuse_effects(&body, decl.flow.span);
        lower.finish();
        let knows_success = decl.clauses.iter().any(|clause| matches!(clause.kind, EvalClauseKind::Success(_)));
        let required = decl.clauses.iter().filter_map(|clause| match &clause.kind {
            EvalClauseKind::Require(all) => Some(all),
            _ => None,
        });
        let require: Vec<Requirement> =
            required.flatten().filter_map(|condition| self.requirement(condition, &scores, knows_success)).collect();
        let place = self.place(decl.flow.span);
        let whole = Flow {
            name: format!("eval {}", decl.flow.text),
            docs: String::new(),
            place: place.clone(),
            public: false,
            params,
            result: Ty::Null,
            budget: None,
            owner: None,
            under: Vec::new(),
            slo: Vec::new(),
            outcome: None,
            body,
        };
        Some(Evaluation { flow, place, over: over?, whole, scores, success, require })
    }

    /// Where the cases are: JSON files of the project.
    fn cases(&mut self, decl: &EvalDecl) -> Option<String> {
        let literal = &decl.over;
        let LiteralKind::Text(over) = &self.known(literal).kind.clone() else { return None };
        let (why, help) = if super::standing::leaves_the_project(over) {
            ("outside of the project", "name files below the project's root")
        } else if !over.ends_with(".json") {
            ("no JSON files", "write the files with one case each, such as `\"cases/*.json\"`")
        } else {
            return Some(over.clone());
        };
        let diagnostic = Diagnostic::error(code::E0443, literal.span, format!("`{over}` names no cases")).label(why);
        self.say(diagnostic.help(help));
        None
    }

    /// The type of a case: a value for each parameter, and what is expected of each field of the result, or as `result` of all.
    fn case(&mut self, params: &[(String, Ty, Span)], result: &Ty) -> RecordId {
        let field = |name: &str, ty: &Ty| Field { name: name.to_owned(), docs: String::new(), ty: ty.clone() };
        let mut fields: Vec<Field> = params.iter().map(|(name, ty, _)| field(name, ty)).collect();
        let of_result = match result {
            Ty::Record(id) => self.program.types.records.get(id.index()).map(|record| record.fields.clone()),
            _ => None,
        };
        for expected in of_result.unwrap_or_default().iter().chain([&field("result", result)]) {
            if fields.iter().all(|known| known.name != expected.name) {
                fields.push(field(&expected.name, &expected.ty));
            }
        }
        let id = RecordId(u32::try_from(self.program.types.records.len()).unwrap_or(u32::MAX));
        self.program.types.records.push(Record { name: "case".to_owned(), docs: String::new(), fields });
        id
    }

    /// `mean(cited) >= 0.95`, `success >= 90%`, `p95(cost) <= $0.05`
    fn requirement(
        &mut self,
        condition: &syntax::Expr,
        scores: &[EvalScore],
        knows_success: bool,
    ) -> Option<Requirement> {
        let text = self.text(condition.span).to_owned();
        let unclear = |this: &mut Self| {
            let message = format!("`{text}` is no requirement");
            let diagnostic =
                Diagnostic::error(code::E0445, condition.span, message).label("not a measure and a number");
            this.say(diagnostic.help("write it as in `mean(cited) >= 0.95`, `success >= 90%` or `p95(cost) <= $0.05`"));
            None
        };
        let ExprKind::Binary(op @ (BinaryOp::GreaterEqual | BinaryOp::LessEqual), measure, bound) = &condition.kind
        else {
            return unclear(self);
        };
        let at_least = *op == BinaryOp::GreaterEqual;
        let ExprKind::Literal(bound) = &bound.kind else { return unclear(self) };
        let (measure, amount) = match &measure.kind {
            ExprKind::Name(name) if name.text == "success" => {
                self.needs_success(name, knows_success)?;
                (EvalMeasure::Success, self.share(bound).map(u64::from)?)
            }
            ExprKind::Name(name) if name.text == "cost_per_success" => {
                self.needs_success(name, knows_success)?;
                (EvalMeasure::CostPerSuccess, self.money(bound)?.nanos())
            }
            ExprKind::Call { name, args } => match args.as_slice() {
                [syntax::Expr { kind: ExprKind::Name(of), .. }] => self.measure(name, of, bound, scores)?,
                _ => return unclear(self),
            },
            ExprKind::Name(name) => return self.unknown_statistic(name),
            _ => return unclear(self),
        };
        let most = !matches!(measure, EvalMeasure::Score(..)) && measure != EvalMeasure::Success;
        if most && at_least || measure == EvalMeasure::Success && !at_least {
            let (right, why) = if most { ("<=", "less of it is better") } else { (">=", "more success is better") };
            self.error(code::E0445, condition.span, format!("`{text}` asks for the wrong side"), why);
            self.help_last(format!("write it with `{right}`"));
            return None;
        }
        Some(Requirement { text, place: self.place(condition.span), measure, at_least, amount })
    }

    fn help_last(&mut self, help: String) {
        if let Some(last) = self.said.last_mut() {
            last.help.push(help);
        }
    }

    fn needs_success(&mut self, name: &Name, knows_success: bool) -> Option<()> {
        if knows_success {
            return Some(());
        }
        let message = format!("`{}` needs a `success`, and the evaluation has none", name.text);
        let diagnostic = Diagnostic::error(code::E0445, name.span, message).label("nothing says what succeeds");
        self.say(diagnostic.help("write `success .topic is case.topic`, or what makes a case a success"));
        None
    }

    fn unknown_statistic<T>(&mut self, name: &Name) -> Option<T> {
        let message = format!("`{}` cannot be measured over cases", name.text);
        let diagnostic = Diagnostic::error(code::E0445, name.span, message).label("unknown");
        self.say(match nearest(&name.text, STATISTICS) {
            Some(near) => diagnostic.fix(format!("write `{near}`"), name.span, near),
            None => diagnostic.help(format!("known are {}", STATISTICS.map(|known| format!("`{known}`")).join(", "))),
        });
        None
    }

    /// A statistic of a score or of a dimension, and the number it is held to.
    fn measure(
        &mut self,
        word: &Name,
        of: &Name,
        bound: &syntax::Literal,
        scores: &[EvalScore],
    ) -> Option<(EvalMeasure, u64)> {
        let statistic = match word.text.as_str() {
            "mean" => Statistic::Mean,
            "p50" => Statistic::Percentile(50),
            "p90" => Statistic::Percentile(90),
            "p95" => Statistic::Percentile(95),
            "p99" => Statistic::Percentile(99),
            _ => return self.unknown_statistic(word),
        };
        if let Some((index, score)) = (0u32..).zip(scores).find(|(_, score)| score.name == of.text) {
            let amount = match &score.ty {
                Ty::Usd { .. } => self.money(bound)?.nanos(),
                Ty::Int { .. } => self.count(bound, 0..=u64::MAX)?,
                _ => u64::from(self.share(bound)?),
            };
            return Some((EvalMeasure::Score(statistic, index), amount));
        }
        if let Some(dimension) = Dimension::ALL.into_iter().find(|dimension| dimension.name() == of.text) {
            return Some((EvalMeasure::Dimension(statistic, dimension), self.amount(dimension, bound)?));
        }
        let names = scores.iter().map(|score| score.name.as_str()).chain(Dimension::ALL.map(Dimension::name));
        let message = format!("`{}` is no score of the evaluation and no dimension", of.text);
        let diagnostic = Diagnostic::error(code::E0445, of.span, message).label("unknown");
        let near = nearest(&of.text, names).map(str::to_owned);
        self.say(match near {
            Some(near) => diagnostic.fix(format!("write `{near}`"), of.span, near),
            None => diagnostic.help(format!("write `score {} = …` above", of.text)),
        });
        None
    }
}

impl Lower<'_, '_> {
    /// Binds the case and what the flow has bound itself; gives back what the flow of the evaluation takes.
    fn given_case(&mut self, case: RecordId, bindings: &[(String, Ty)], span: Span) -> Vec<Param> {
        let mut params = Vec::new();
        let mut param = |lower: &mut Self, name: &str, ty: Ty| {
            let slot = lower.slot();
            lower.bind(name, span, Typed::new(Expr::Slot(slot), ty.clone()), LocalKind::Given);
            params.push(Param { name: name.to_owned(), docs: String::new(), slot, ty });
        };
        param(self, "case", Ty::Record(case));
        for (name, ty) in bindings.iter().filter(|(name, _)| name != "case" && name != "result") {
            param(self, name, ty.clone());
        }
        params
    }

    /// The run of the flow on the case: `result`, and what `it` is.
    fn run_case(&mut self, flow: FlowId, params: &[(String, Ty, Span)], result: &Ty, given: &[Param], span: Span) {
        let Some(case) = given.first().map(|param| Expr::Slot(param.slot)) else { return };
        let args = params.iter().map(|(name, ..)| Expr::Field(Box::new(case.clone()), name.clone())).collect();
        let ran = self.node(span, NodeKind::Flow { flow, args, within: Vec::new() }, result.clone());
        self.bind("result", span, ran.clone(), LocalKind::Given);
        self.it.push(ran);
    }

    fn score(&mut self, name: &Name, value: &syntax::Expr, before: &[EvalScore]) -> Option<EvalScore> {
        if before.iter().any(|score| score.name == name.text) {
            let message = format!("`{}` is scored twice", name.text);
            self.checker.error(code::E0444, name.span, message, "again here");
            return None;
        }
        if Dimension::ALL.iter().any(|dimension| dimension.name() == name.text) {
            let message = format!("`{}` is a dimension, and no name for a score", name.text);
            self.checker.error(code::E0444, name.span, message, "it is measured anyway");
            return None;
        }
        let typed = self.expr(value, Want::Any);
        if !matches!(typed.ty, Ty::Bool | Ty::Score | Ty::Int { .. } | Ty::Usd { .. } | Ty::Unknown | Ty::Never) {
            let message = format!(
                "a score is a `Bool`, a `Score`, a number or dollars, and this is `{}`",
                self.checker.show(&typed.ty)
            );
            let problem = Diagnostic::error(code::E0444, value.span, message).label("cannot be averaged");
            self.checker.say(
                problem.help(
                    "measure something of it: `len(x)`, `not empty(x)`, `similarity(a, b)`, or a step that judges",
                ),
            );
        }
        self.bind(&name.text, name.span, typed.clone(), LocalKind::Given);
        Some(EvalScore { name: name.text.clone(), ty: typed.ty, value: typed.expr })
    }

    /// Judging a case asks models at most: it calls no tool and asks nobody.
    fn refuse_effects(&mut self, body: &crate::program::Body, span: Span) {
        let acts = |node: &&crate::program::Node| {
            matches!(node.kind, NodeKind::Tool(..) | NodeKind::Ask(_) | NodeKind::Signal(_))
        };
        let mut open = vec![body];
        while let Some(body) = open.pop() {
            if let Some(node) = body.nodes.iter().find(acts) {
                let span = if node.place.span == Span::default() { span } else { node.place.span };
                let message = "a score calls no tools and asks nobody";
                self.checker.error(code::E0444, span, message, "only models judge a case");
                return;
            }
            open.extend(body.nodes.iter().flat_map(crate::program::Node::bodies));
        }
    }
}
