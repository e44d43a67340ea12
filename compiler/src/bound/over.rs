//! Over budget: factor, path, fix. In: the report of a flow. Out: one error for each limit that its bound is above.

use super::Bounder;
use super::edit::Texts;
use super::exits::Exit;
use super::report::{Advice, FlowReport, Share};
use super::share::{heaviest, shares};
use super::summary::exceeded;
use super::tree::Bounded;
use crate::cost::{Dimension, LONGEST_MS, Money, show_count};
use crate::diagnostic::{Diagnostic, code};
use crate::program::Limit;
use crate::source::Span;

/// What is wrong with the budget of a flow.
pub(super) fn over(
    bounder: &Bounder<'_>,
    texts: Texts<'_>,
    report: &FlowReport,
    bounded: &Bounded<'_>,
) -> Vec<Diagnostic> {
    let Some(bound) = report.bound else { return Vec::new() };
    // The least drastic of the changes that bring everything within the budget: one that can be applied before one that cannot,
    // one attempt fewer before a smaller request, which may be too small for its content.
    let fits = report.advice.iter().filter(|advice| advice.fits).map(|advice| (advice, texts.edit(advice)));
    let fix = fits.min_by_key(|(advice, edit)| (edit.is_none(), advice.cap.harm(), advice.saves_telling, advice.saves));
    let exceeded = exceeded(&bound, report.budget.as_deref());
    exceeded.map(|limit| one(bounder, (report, bounded), limit, fix.as_ref())).collect()
}

fn one(
    bounder: &Bounder<'_>,
    (report, bounded): (&FlowReport, &Bounded<'_>),
    limit: &Limit,
    fix: Option<&(&Advice, Option<(Span, String)>)>,
) -> Diagnostic {
    let dimension = limit.dimension;
    let amount = report.bound.map_or(0, |bound| bound.get(dimension));
    let (shown, allowed) = shown(dimension, amount, limit.amount);
    let factor = factor(amount, limit.amount);
    let message = match factor {
        Some(factor) => {
            format!("`{}` can {}, {factor} times its budget of {allowed}", report.name, does(dimension, &shown))
        }
        None => format!("`{}` can {}, and its budget allows none", report.name, does(dimension, &shown)),
    };
    let mut told = Diagnostic::error(code::bound::E0201, limit.place.span, message).label("allowed");

    let exit = bounded.exits.dearest(&Exit::ALL, dimension).unwrap_or(Exit::Falls);
    let parts = shares(bounder.program, bounded, exit, dimension);
    let (path, part) = heaviest(&report.name, &parts, dimension);
    if let Some((part, place)) = part.and_then(|part| part.place.as_ref().map(|place| (part, place))) {
        told = told.label_at(place.span, takes(part, dimension));
    }

    let budget = written(dimension, amount);
    let is_writable = dimension != Dimension::Time || amount <= LONGEST_MS;
    match fix {
        Some((fix, _)) => {
            let lowered = dimension.show(fix.bound.get(dimension));
            told = told.help(format!("`{}` on `{}` brings `{}` to {lowered}", fix.change, fix.on, report.name));
        }
        None if is_writable => {
            told = told.help(format!("no single lower cap brings it within the budget; `{budget}` covers it"));
        }
        None => {
            let help = "no single lower cap brings it within the budget, and no budget allows more than 30 days";
            told = told.help(help).help("lower several: rounds, lists, retries, the time of its steps and tools");
        }
    }
    told = match fix {
        Some((fix, Some((span, replacement)))) => {
            told.fix(format!("write `{}`", fix.change), *span, replacement.clone())
        }
        Some((_, None)) | None if is_writable => told.fix(format!("write `{budget}`"), limit.place.span, budget),
        Some((_, None)) | None => told,
    };
    told.help(format!("path: {path}"))
}

fn does(dimension: Dimension, amount: &str) -> String {
    let s = if amount == "1" { "" } else { "s" };
    match dimension {
        Dimension::Cost => format!("cost {amount}"),
        Dimension::Calls => format!("make {amount} call{s}"),
        Dimension::Turns => format!("take {amount} turn{s}"),
        Dimension::Tools => format!("call tools {amount} time{s}"),
        Dimension::Input => format!("read {amount} token{s}"),
        Dimension::Output => format!("write {amount} token{s}"),
        Dimension::Tokens => format!("use {amount} token{s}"),
        Dimension::Time => format!("take {amount}"),
    }
}

/// `3 × $0.0458 = $0.1374`
fn takes(part: &Share, dimension: Dimension) -> String {
    let total = part.bound.get(dimension);
    match part.count {
        0 | 1 => format!("{} of it", dimension.show(total)),
        count if dimension != Dimension::Time && total.is_multiple_of(count) => {
            format!("{count} × {} = {}", dimension.show(total / count), dimension.show(total))
        }
        _ => format!("{} of it", dimension.show(total)),
    }
}

/// Both numbers with enough digits to tell them apart.
fn shown(dimension: Dimension, amount: u64, allowed: u64) -> (String, String) {
    let (near, limit) = (dimension.show(amount), dimension.show_limit(allowed));
    if near != limit && near != dimension.show(allowed) {
        return (near, limit);
    }
    match dimension {
        Dimension::Cost => (Money::from_nanos(amount).written(), limit),
        Dimension::Time => (format!("{}ms", show_count(amount)), format!("{}ms", show_count(allowed))),
        Dimension::Calls
        | Dimension::Turns
        | Dimension::Tools
        | Dimension::Input
        | Dimension::Output
        | Dimension::Tokens => (near, limit),
    }
}

/// `1.8`, with as many decimals as it takes to be more than 1; `None` for a budget of nothing.
fn factor(amount: u64, allowed: u64) -> Option<String> {
    if allowed == 0 {
        return None;
    }
    for decimals in 1u32..=18 {
        let scale = 10u128.pow(decimals);
        let scaled = (u128::from(amount) * scale + u128::from(allowed) / 2) / u128::from(allowed);
        if scaled > scale || decimals == 18 {
            let places = usize::try_from(decimals).unwrap_or(0);
            let text = format!("{}.{:0places$}", scaled / scale, scaled % scale);
            return Some(text.strip_suffix(".0").map_or(text.clone(), str::to_owned));
        }
    }
    None
}

/// A limit as a budget writes it, with every digit that it takes.
#[must_use]
pub fn written(dimension: Dimension, amount: u64) -> String {
    let number = match dimension {
        Dimension::Cost | Dimension::Time => dimension.show_limit(amount),
        Dimension::Input | Dimension::Output | Dimension::Tokens => format!("{amount}tok"),
        Dimension::Calls | Dimension::Turns | Dimension::Tools => amount.to_string(),
    };
    format!("{} <= {number}", dimension.name())
}
