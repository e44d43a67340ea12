//! The tree in one line per item, clause and statement, with every bracket that the parser has put in its mind.

use std::fmt::Write;

use crate::parse::parse;
use crate::source::SourceId;
use crate::syntax::{
    Ask, BinaryOp, Block, Class, Computed, EvalClauseKind, Expr, ExprKind, Field, Fit, GateElse, GivenKind, Item,
    ItemKind, Keep, Ladder, Literal, LiteralKind, Name, Pattern, PatternKind, Statement, StatementKind, StepClauseKind,
    TemplatePart, TestClauseKind, Times, ToolClauseKind, TypeExpr, TypeKind, UnaryOp, Unit,
};

/// The tree of a flow that has no mistakes.
#[track_caller]
pub(super) fn show(flow: &str) -> String {
    let parsed = parse(SourceId(0), flow);
    assert!(parsed.diagnostics.is_empty(), "{:#?}", parsed.diagnostics);
    let mut out = String::new();
    if !parsed.value.docs.is_empty() {
        writeln!(out, "docs {:?}", parsed.value.docs).expect("a string takes everything");
    }
    for node in &parsed.value.items {
        out.push_str(&item(node));
    }
    out
}

/// The tree of one expression.
#[track_caller]
pub(super) fn expression(text: &str) -> String {
    let shown = show(&format!("flow f() -> Bool {{\n  return {text}\n}}\n"));
    let line = shown.lines().nth(1).unwrap_or_default().trim();
    line.strip_prefix("return ").unwrap_or(line).to_owned()
}

fn item(item: &Item) -> String {
    let docs = if item.docs.is_empty() { String::new() } else { format!("docs {:?}\n", item.docs) };
    let public = if item.public.is_some() { "pub " } else { "" };
    let text = match &item.kind {
        ItemKind::Use(decl) => format!("use {} {{{}}}\n", names(&decl.path, "."), names(&decl.names, " ")),
        ItemKind::Type(decl) => format!("type {} {}\n", decl.name.text, fields(&decl.fields)),
        ItemKind::Enum(decl) => {
            let variants = decl.variants.iter().map(|variant| {
                let docs = if variant.docs.is_empty() { String::new() } else { format!("{:?} ", variant.docs) };
                format!(
                    "{docs}{}{}",
                    variant.name.text,
                    if variant.fields.is_empty() { String::new() } else { fields(&variant.fields) }
                )
            });
            format!("enum {} {}\n", decl.name.text, variants.collect::<Vec<_>>().join(" | "))
        }
        ItemKind::Alias(decl) => format!("alias {} {}\n", decl.name.text, ty(&decl.ty)),
        ItemKind::Tier(decl) => {
            let models = decl.models.iter().map(|model| format!("{}({})", model.provider.text, model.model.text));
            format!("tier {} {}\n", decl.name.text, models.collect::<Vec<_>>().join(" | "))
        }
        ItemKind::Route(decl) => {
            let mut text = format!("route {} {}\n", decl.name.text, fields(&decl.params));
            for arm in &decl.arms {
                let when = arm.when.as_ref().map_or("_".to_owned(), expr);
                text += &format!("  {when} => {}\n", ladder(&arm.ladder));
            }
            text
        }
        ItemKind::Step(decl) => {
            let mut text =
                format!("step {} {} -> {}\n", decl.name.text, fields(&decl.params), result(decl.result.as_ref()));
            for clause in &decl.clauses {
                text += &format!("  {}\n", step_clause(&clause.kind));
            }
            text + &decl.prompt.as_ref().map_or(String::new(), |prompt| format!("  prompt{}\n", parts(&prompt.parts)))
        }
        ItemKind::Tool(decl) => {
            let mut text =
                format!("tool {} {} -> {}\n", decl.name.text, fields(&decl.params), result(decl.result.as_ref()));
            for clause in &decl.clauses {
                text += &format!("  {}\n", tool_clause(&clause.kind));
            }
            text
        }
        ItemKind::Flow(decl) => {
            let mut text =
                format!("flow {} {} -> {}\n", decl.name.text, fields(&decl.params), result(decl.result.as_ref()));
            if let Some(budget) = &decl.budget {
                text += &format!("  budget {}\n", limits(&budget.limits));
            }
            if let Some(owner) = &decl.owner {
                text += &format!("  owner {}\n", literal(owner));
            }
            if !decl.under.is_empty() {
                text += &format!("  under {}\n", names(&decl.under, " "));
            }
            for promise in decl.slo.iter().flat_map(|slo| &slo.promises) {
                let of = promise.of.as_ref().map_or(String::new(), |of| format!("({})", of.text));
                let sign = if promise.least { ">=" } else { "<=" };
                text += &format!("  slo {}{of} {sign} {}\n", promise.measure.text, literal(&promise.bound));
            }
            if let Some(outcome) = &decl.outcome {
                text += &format!("  outcome {} within {}\n", outcome.name.text, literal(&outcome.within));
            }
            for node in &decl.body.statements {
                text += &format!("  {}\n", statement(node));
            }
            text
        }
        ItemKind::Index(decl) => {
            let part = |of: &Option<Literal>| of.as_ref().map_or("-".to_owned(), literal);
            format!(
                "index {} {}({}, chunk <= {}, overlap {}) by {}\n",
                decl.name.text,
                decl.kind.text,
                literal(&decl.glob),
                part(&decl.chunk),
                part(&decl.overlap),
                decl.by.as_ref().map_or("-", |by| &by.text)
            )
        }
        ItemKind::Ceiling(decl) => {
            let mut text = format!("ceiling {}\n", decl.name.text);
            for limit in &decl.limits {
                let by = limit.by.as_ref().map_or(String::new(), |by| format!(" by {}", expr(by)));
                let (cap, per) = (literal(&limit.cap), literal(&limit.per));
                let zone = limit.zone.as_ref().map_or(String::new(), |zone| format!(" in {}", literal(zone)));
                text += &format!("  {} <= {cap} per {per}{zone}{by}\n", limit.dimension.text);
            }
            if decl.shadow.is_some() {
                text += "  shadow\n";
            }
            if let Some(soft) = &decl.soft {
                text += &format!("  soft {}\n", literal(soft));
            }
            if let Some(over) = &decl.over {
                let escalate = over.escalate.as_ref().map_or("-".to_owned(), expr);
                text += &format!("  over on {} | {escalate}\n", names(&over.on, " -> "));
            }
            text
        }
        ItemKind::Const(decl) => format!("const {} = {}\n", decl.name.text, literal(&decl.value)),
        ItemKind::Test(decl) => {
            let clauses = decl.clauses.iter().map(|clause| format!("  {}\n", test_clause(&clause.kind)));
            format!("test {}\n{}", literal(&decl.title), clauses.collect::<String>())
        }
        ItemKind::Eval(decl) => {
            let clauses = decl.clauses.iter().map(|clause| format!("  {}\n", eval_clause(&clause.kind)));
            format!("eval {} over {}\n{}", decl.flow.text, literal(&decl.over), clauses.collect::<String>())
        }
        ItemKind::Error => "error\n".to_owned(),
    };
    format!("{docs}{public}{text}")
}

fn test_clause(of: &TestClauseKind) -> String {
    match of {
        TestClauseKind::Given(given) => {
            let what = match &given.what {
                GivenKind::Answers(value) => format!("answers {}", expr(value)),
                GivenKind::Calls(calls) => {
                    let calls = calls.iter().map(|(name, args)| format!("{}({})", name.text, exprs(args)));
                    format!("calls {}", calls.collect::<Vec<_>>().join(", "))
                }
                GivenKind::Fails(reason) => format!("fails {}", reason.text),
            };
            let times = match &given.times {
                Times::Once => "once".to_owned(),
                Times::Times(count) => format!("times {}", literal(count)),
                Times::Always => "always".to_owned(),
            };
            format!("given {} {what}, {times}", given.name.text)
        }
        TestClauseKind::Run { flow, args } => format!("run {}({})", flow.text, exprs(args)),
        TestClauseKind::Then(all) => format!("then {}", exprs(all)),
        TestClauseKind::Error => "error".to_owned(),
    }
}

fn eval_clause(of: &EvalClauseKind) -> String {
    match of {
        EvalClauseKind::Score { name, value } => format!("score {} = {}", name.text, expr(value)),
        EvalClauseKind::Success(value) => format!("success {}", expr(value)),
        EvalClauseKind::Require(all) => format!("require {}", exprs(all)),
        EvalClauseKind::Error => "error".to_owned(),
    }
}

fn names(all: &[Name], between: &str) -> String {
    all.iter().map(|name| name.text.as_str()).collect::<Vec<_>>().join(between)
}

fn fields(all: &[Field]) -> String {
    let shown = all.iter().map(|field| {
        let docs = if field.docs.is_empty() { String::new() } else { format!("{:?} ", field.docs) };
        format!("{docs}{}: {}", field.name.text, ty(&field.ty))
    });
    format!("({})", shown.collect::<Vec<_>>().join(", "))
}

fn result(of: Option<&TypeExpr>) -> String {
    of.map_or("nothing".to_owned(), ty)
}

fn ty(of: &TypeExpr) -> String {
    match &of.kind {
        TypeKind::Name(name) => name.text.clone(),
        TypeKind::Bounded { base, cap } => format!("{}<={}", base.text, literal(cap)),
        TypeKind::Range { base, low, high } => format!("{} in {}..{}", base.text, literal(low), literal(high)),
        TypeKind::List { element, low: None, high: None } => format!("[{}]", ty(element)),
        TypeKind::List { element, low, high } => {
            let end = |of: &Option<Literal>| of.as_ref().map_or(String::new(), literal);
            format!("[{}; {}..{}]", ty(element), end(low), end(high))
        }
        TypeKind::Optional(inner) => format!("optional {}", ty(inner)),
        TypeKind::Error => "error".to_owned(),
    }
}

fn literal(of: &Literal) -> String {
    match &of.kind {
        LiteralKind::Int(value) => value.to_string(),
        LiteralKind::Decimal(value) => value.clone(),
        LiteralKind::Dollars(value) => format!("${value}"),
        LiteralKind::Quantity(value, unit) => format!("{value}{}", unit_name(*unit)),
        LiteralKind::Text(text) => format!("{text:?}"),
        LiteralKind::Bool(value) => value.to_string(),
        LiteralKind::Null => "null".to_owned(),
        LiteralKind::Computed(of) => computed(of),
        LiteralKind::Error => "error".to_owned(),
    }
}

fn computed(of: &Computed) -> String {
    match of {
        Computed::Literal(of) => literal(of),
        Computed::Constant(name) => name.text.clone(),
        Computed::Operation(op, left, right) => format!("({} {} {})", computed(left), operator(*op), computed(right)),
    }
}

fn fitted(fit: &Fit) -> String {
    format!("fit {} by {}", literal(&fit.cap), fit.by.text)
}

fn unit_name(unit: Unit) -> &'static str {
    match unit {
        Unit::Tokens => "tok",
        Unit::Chars => "char",
        Unit::Kilobytes => "kb",
        Unit::Millis => "ms",
        Unit::Seconds => "s",
        Unit::Minutes => "m",
        Unit::Hours => "h",
        Unit::Days => "d",
        Unit::Percent => "%",
    }
}

fn ladder(of: &Ladder) -> String {
    match of {
        Ladder::Rungs(rungs) => names(rungs, " -> "),
        Ladder::Route { name, args } => format!("{}({})", name.text, exprs(args)),
        Ladder::Match { value, arms, .. } => {
            let arms = arms.iter().map(|(of, then)| format!("{} => {}", pattern(of), ladder(then)));
            format!("match {} {{ {} }}", expr(value), arms.collect::<Vec<_>>().join(", "))
        }
        Ladder::Error => "error".to_owned(),
    }
}

fn limits(all: &[(Name, Literal)]) -> String {
    all.iter().map(|(name, cap)| format!("{} <= {}", name.text, literal(cap))).collect::<Vec<_>>().join(", ")
}

fn step_clause(of: &StepClauseKind) -> String {
    match of {
        StepClauseKind::On(of) => format!("on {}", ladder(of)),
        StepClauseKind::Accept(of) => format!("accept {}", expr(of)),
        StepClauseKind::Retry(cap) => format!("retry <= {}", literal(cap)),
        StepClauseKind::Repair(cap) => format!("repair <= {}", literal(cap)),
        StepClauseKind::Input(cap) => format!("input <= {}", literal(cap)),
        StepClauseKind::Output(cap) => format!("output <= {}", literal(cap)),
        StepClauseKind::Think(cap) => format!("think <= {}", literal(cap)),
        StepClauseKind::Time(cap) => format!("time <= {}", literal(cap)),
        StepClauseKind::Turns { cap, keep } => {
            let keep = keep.as_ref().map(|keep| match keep {
                Keep::All => "all".to_owned(),
                Keep::Last(count) => format!("last {}", literal(count)),
                Keep::Tokens(cap) => format!("<= {}", literal(cap)),
            });
            format!("turns <= {}, keep {}", literal(cap), keep.as_deref().unwrap_or("-"))
        }
        StepClauseKind::Tools(all) => format!("tools {}", limits(all)),
        StepClauseKind::System(template) => format!("system{}", parts(&template.parts)),
        StepClauseKind::FormatNone => "format none".to_owned(),
        StepClauseKind::Cache(cache) => {
            let like = cache.like.as_ref().map_or(String::new(), |like| {
                let by = like.by.as_ref().map_or("-", |by| &by.text);
                format!(" like {} by {by}", literal(&like.score))
            });
            format!("cache for {}{like}", literal(&cache.time))
        }
        StepClauseKind::Class(Class::Interactive) => "class interactive".to_owned(),
        StepClauseKind::Class(Class::Background { window }) => {
            format!("class background, window <= {}", window.as_ref().map_or("-".to_owned(), literal))
        }
        StepClauseKind::Error => "error".to_owned(),
    }
}

fn parts(all: &[TemplatePart]) -> String {
    let shown = all.iter().map(|part| match part {
        TemplatePart::Text(text) => format!(" {text:?}"),
        TemplatePart::Hole(of) => format!(" {{{}}}", expr(of)),
        TemplatePart::Raw(of) => format!(" {{raw {}}}", expr(of)),
        TemplatePart::Each { binder, list, fit, body } => {
            let fit = fit.as_ref().map_or(String::new(), |fit| format!(" {}", fitted(fit)));
            format!(" each({} in {}{fit}){} end", binder.text, expr(list), parts(body))
        }
        TemplatePart::If { condition, then, otherwise } => {
            format!(" if({}){} else{} end", expr(condition), parts(then), parts(otherwise))
        }
        TemplatePart::Format(_) => " format".to_owned(),
    });
    shown.collect()
}

fn tool_clause(of: &ToolClauseKind) -> String {
    match of {
        ToolClauseKind::From { kind, args, member } => {
            let member = member.as_ref().map_or(String::new(), |member| format!(".{}", member.text));
            format!("from {}({}){member}", kind.text, exprs(args))
        }
        ToolClauseKind::Effect { effect, once_per } => {
            format!(
                "effect {} once per {}",
                effect.text,
                if once_per.is_empty() { "-".to_owned() } else { names(once_per, " ") }
            )
        }
        ToolClauseKind::Cache(time) => format!("cache for {}", literal(time)),
        ToolClauseKind::Price(price) => format!("price {}", literal(price)),
        ToolClauseKind::Time(cap) => format!("time <= {}", literal(cap)),
        ToolClauseKind::Gate { open, otherwise } => {
            let otherwise = match otherwise {
                GateElse::Value(value) => expr(value),
                GateElse::Deny(_) => "deny".to_owned(),
                GateElse::Approve { role, within, .. } => format!("approve({}, {})", literal(role), literal(within)),
                GateElse::Error => "error".to_owned(),
            };
            format!("gate {} else {otherwise}", expr(open))
        }
        ToolClauseKind::Error => "error".to_owned(),
    }
}

fn block(of: &Block) -> String {
    format!("{{ {} }}", of.statements.iter().map(statement).collect::<Vec<_>>().join("; "))
}

fn statement(of: &Statement) -> String {
    let typed = |of: &Option<TypeExpr>| of.as_ref().map_or(String::new(), |of| format!(": {}", ty(of)));
    match &of.kind {
        StatementKind::Let { name, ty, value } => format!("let {}{} = {}", name.text, typed(ty), expr(value)),
        StatementKind::Var { name, ty, value } => format!("var {}{} = {}", name.text, typed(ty), expr(value)),
        StatementKind::Assign { name, value } => format!("{} = {}", name.text, expr(value)),
        StatementKind::Loop { cap, body } => {
            format!("loop <= {} {}", cap.as_ref().map_or("-".to_owned(), literal), block(body))
        }
        StatementKind::Check { condition, otherwise } => format!("check {} else {}", expr(condition), expr(otherwise)),
        StatementKind::Return(value) => format!("return {}", value.as_ref().map_or("-".to_owned(), expr)),
        StatementKind::Expr(value) => expr(value),
        StatementKind::Error => "error".to_owned(),
    }
}

fn exprs(all: &[Expr]) -> String {
    all.iter().map(expr).collect::<Vec<_>>().join(", ")
}

fn pattern(of: &Pattern) -> String {
    match &of.kind {
        PatternKind::Any => "_".to_owned(),
        PatternKind::Variant { name, fields } if fields.is_empty() => name.text.clone(),
        PatternKind::Variant { name, fields } => format!("{} {{ {} }}", name.text, names(fields, ", ")),
        PatternKind::Literal(of) => literal(of),
        PatternKind::Empty(_) => "empty".to_owned(),
        PatternKind::Error => "error".to_owned(),
    }
}

fn expr(of: &Expr) -> String {
    match &of.kind {
        ExprKind::Literal(of) => literal(of),
        ExprKind::Name(name) => name.text.clone(),
        ExprKind::ItField(name) => format!("it.{}", name.text),
        ExprKind::Field(value, name) => format!("{}.{}", expr(value), name.text),
        ExprKind::Index(value, index) => format!("{}[{}]", expr(value), expr(index)),
        ExprKind::Slice { value, from, to } => {
            let end = |of: &Option<Literal>| of.as_ref().map_or(String::new(), literal);
            format!("{}[{}..{}]", expr(value), end(from), end(to))
        }
        ExprKind::Call { name, args } => format!("{}({})", name.text, exprs(args)),
        ExprKind::Record { name, fields } => {
            let fields = fields.iter().map(|(name, value)| format!("{}: {}", name.text, expr(value)));
            format!("{} {{ {} }}", name.text, fields.collect::<Vec<_>>().join(", "))
        }
        ExprKind::List(all) => format!("[{}]", exprs(all)),
        ExprKind::Unary(UnaryOp::Not, value) => format!("(not {})", expr(value)),
        ExprKind::Unary(UnaryOp::Negate, value) => format!("(- {})", expr(value)),
        ExprKind::Binary(op, left, right) => format!("({} {} {})", expr(left), operator(*op), expr(right)),
        ExprKind::Is { value, negated, pattern: of } => {
            format!("({} is{} {})", expr(value), if *negated { " not" } else { "" }, pattern(of))
        }
        ExprKind::In { value, negated, list } => {
            format!("({}{} in {})", expr(value), if *negated { " not" } else { "" }, expr(list))
        }
        ExprKind::Cut { value, cap } => format!("({} cut {})", expr(value), literal(cap)),
        ExprKind::Fit { value, fit } => format!("({} {})", expr(value), fitted(fit)),
        ExprKind::Load(path) => format!("load {}", literal(path)),
        ExprKind::Else { attempt, handler } => format!("({} else {})", expr(attempt), expr(handler)),
        ExprKind::If { condition, then, otherwise } => {
            let otherwise = otherwise.as_ref().map_or(String::new(), |otherwise| format!(" else {}", expr(otherwise)));
            format!("if {} {}{otherwise}", expr(condition), block(then))
        }
        ExprKind::Match { value, arms } => {
            let arms = arms.iter().map(|(of, then)| format!("{} => {}", pattern(of), expr(then)));
            format!("match {} {{ {} }}", expr(value), arms.collect::<Vec<_>>().join(", "))
        }
        ExprKind::Each { binder, list, parallel, body } => {
            let parallel = parallel.as_ref().map_or(String::new(), |cap| format!(", parallel <= {}", literal(cap)));
            format!("each {} in {}{parallel} {}", binder.text, expr(list), block(body))
        }
        ExprKind::Block(of) => block(of),
        ExprKind::Escalate { reason, to } => {
            format!("escalate({}, to: {})", expr(reason), to.as_ref().map_or("-".to_owned(), |to| expr(to)))
        }
        ExprKind::Skip => "skip".to_owned(),
        ExprKind::Break => "break".to_owned(),
        ExprKind::Return(value) => format!("return {}", value.as_ref().map_or("-".to_owned(), |value| expr(value))),
        ExprKind::Classify { text, into, by } => {
            format!("classify({}, into: {}) by {}", expr(text), into.text, by.text)
        }
        ExprKind::Embed { text, by } => format!("embed({}) by {}", expr(text), by.text),
        ExprKind::Ask(ask) => {
            let Ask { role, within, result, question } = ask.as_ref();
            let question = question.as_ref().map_or(" -".to_owned(), |question| parts(&question.parts));
            format!("ask({}, {}) -> {}{question}", literal(role), literal(within), ty(result))
        }
        ExprKind::Within { call, limits: of } => format!("({} within {})", expr(call), limits(&of.limits)),
        ExprKind::When { call, condition, otherwise } => {
            format!("({} when {} else {})", expr(call), expr(condition), expr(otherwise))
        }
        ExprKind::Error => "error".to_owned(),
    }
}

fn operator(op: BinaryOp) -> &'static str {
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
