//! `flowc bound --set` and `--sizes`: the ceiling for inputs of certain sizes, and as a formula in them.

use std::fmt::Write as _;
use std::path::Path;

use clap::ValueEnum;
use flow_compiler::bound::{Form, SizeError, forms, sizes, with_sizes};
use flow_compiler::cost::{Dimension, Money, Resources, show_count};
use flow_compiler::diagnostic::{code, nearest};
use flow_compiler::plan::Plan;
use flow_compiler::program::FlowId;
use serde_json::{Value, json};

use super::problem::Problem;
use super::terminal::{self, Colours};
use super::{amounts, analysis, exit, pick};

/// `--format`
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(super) enum Format {
    /// For people
    Text,
    /// One object, for scripts: the schema flow.bound.v1
    Json,
}

pub(super) fn run(
    file: &Path,
    flow: Option<&str>,
    set: &[String],
    format: Format,
    colours: Colours,
) -> Result<u8, Problem> {
    let plan = match analysis::expect_plan(file, colours)? {
        Ok((_, _, plan)) => plan,
        Err(analysis) => return Ok(exit::of(analysis.verdict())),
    };
    let index = pick::flow(&plan.program.flows, flow, |flow| (&flow.name, flow.public))?;
    let id = FlowId(u32::try_from(index).unwrap_or(u32::MAX));
    let name = plan.program.flows[index].name.clone();
    let text = if set.is_empty() {
        let dimension = telling(&plan.ceilings.flows[index]);
        let forms = forms(&plan.program, id, dimension);
        match format {
            Format::Text => formulas(&name, dimension, &plan.ceilings.flows[index], &forms),
            Format::Json => formulas_json(&name, dimension, &forms),
        }
    } else {
        let set = set.iter().map(|set| read(&plan, id, set)).collect::<Result<Vec<_>, Problem>>()?;
        let Some(bound) =
            with_sizes(&plan.program, id, &set).map_err(|(at, error)| refused(&plan, id, &set[at], &error))?
        else {
            return Ok(exit::UNBOUNDED);
        };
        match format {
            Format::Text => ceiling(&name, &set, &bound),
            Format::Json => {
                let set: serde_json::Map<String, Value> =
                    set.iter().map(|(name, value)| (name.clone(), json!(value))).collect();
                document(json!({ "name": name, "set": set, "bound": amounts::object(&bound) }))
            }
        }
    };
    terminal::print(&text);
    Ok(exit::OK)
}

fn document(flow: Value) -> String {
    format!("{:#}\n", json!({ "schema": "flow.bound.v1", "flow": flow }))
}

/// The dimension in which a flow is told.
fn telling(bound: &Resources) -> Dimension {
    [Dimension::Cost, Dimension::Tokens]
        .into_iter()
        .find(|dimension| bound.get(*dimension) > 0)
        .unwrap_or(Dimension::Time)
}

fn read(plan: &Plan, flow: FlowId, set: &str) -> Result<(String, u64), Problem> {
    let parts = set.split_once('=').and_then(|(name, value)| {
        let value = value.trim().replace('_', "").parse().ok()?;
        Some((name.trim().to_owned(), value))
    });
    parts.ok_or_else(|| {
        Problem::usage(code::command::E0040, format!("`{set}` is not a size and a whole number"))
            .help(format!("write it as in `{}`", example(plan, flow)))
    })
}

fn example(plan: &Plan, flow: FlowId) -> String {
    sizes(&plan.program, flow)
        .first()
        .map_or_else(|| "xs.len=3".to_owned(), |size| format!("{}={}", size.name, size.most))
}

fn refused(plan: &Plan, flow: FlowId, (name, value): &(String, u64), error: &SizeError) -> Problem {
    match error {
        SizeError::TooLarge(most) => Problem::usage(
            code::command::E0040,
            format!("`{name}` is at most {}, and {} was set", show_count(*most), show_count(*value)),
        )
        .help("the ceiling without `--set` is for the largest input"),
        SizeError::Unknown => {
            let known = sizes(&plan.program, flow);
            let problem = Problem::usage(code::command::E0040, format!("the flow has no size `{name}`"));
            match nearest(name, known.iter().map(|size| size.name.as_str())) {
                Some(near) => problem.help(format!("did you mean `{near}`?")),
                None if known.is_empty() => problem.help("its parameters are neither texts nor lists"),
                None => {
                    let names: Vec<String> = known.iter().map(|size| format!("`{}`", size.name)).collect();
                    problem.help(format!("it has {}", names.join(", ")))
                }
            }
        }
    }
}

fn ceiling(name: &str, set: &[(String, u64)], bound: &Resources) -> String {
    let telling = telling(bound);
    let set: Vec<String> = set.iter().map(|(name, value)| format!("{name} = {}", show_count(*value))).collect();
    let mut out = format!("{name} with {}: {}\n", set.join(", "), amounts::said(telling, bound.get(telling)));
    let others = Dimension::ALL.into_iter().filter(|dimension| *dimension != telling);
    let others: Vec<String> = others.map(|dimension| amounts::said(dimension, bound.get(dimension))).collect();
    let _ = writeln!(out, "and at most {}", others.join(", "));
    out
}

fn formulas(name: &str, dimension: Dimension, bound: &Resources, forms: &[Form]) -> String {
    let mut out = format!("{name}: {}\n", amounts::said(dimension, bound.get(dimension)));
    if forms.is_empty() {
        out.push_str("  the same for inputs of every size\n");
    }
    for form in forms {
        let sign = if form.is_exact { "=" } else { "<=" };
        let how = match (form.is_exact, form.points > form.size.most) {
            (true, true) => "computed at every size".to_owned(),
            (true, false) => format!("computed at {} sizes", form.points),
            (false, _) => "it grows in steps".to_owned(),
        };
        let _ = writeln!(
            out,
            "  {} {sign} {} + {}·{}  ({} up to {}, other sizes at their most; {how})",
            dimension.name(),
            shown(dimension, form.start),
            shown(dimension, form.each),
            form.size.name,
            form.size.name,
            show_count(form.size.most),
        );
    }
    out
}

/// A number of a formula; rounded up nowhere, so that it can be computed with.
fn shown(dimension: Dimension, amount: u64) -> String {
    match dimension {
        Dimension::Cost => Money::from_nanos(amount).written(),
        Dimension::Time => format!("{amount}ms"),
        Dimension::Calls
        | Dimension::Turns
        | Dimension::Tools
        | Dimension::Input
        | Dimension::Output
        | Dimension::Tokens => show_count(amount),
    }
}

fn formulas_json(name: &str, dimension: Dimension, forms: &[Form]) -> String {
    let forms: Vec<Value> = forms
        .iter()
        .map(|form| {
            json!({
                "size": form.size.name,
                "most": form.size.most,
                "start": amounts::value(dimension, form.start),
                "each": amounts::value(dimension, form.each),
                "exact": form.is_exact,
                "points": form.points,
            })
        })
        .collect();
    document(json!({ "name": name, "dimension": amounts::key(dimension), "forms": forms }))
}
