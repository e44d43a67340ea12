//! What stands for longer than a run: constants, caches, classes, callers, promises; and what this version of the runtime refuses
//! before anything is sent: people, indexes, servers of tools, ceilings, and routes that look at how tiers and ceilings do.

use super::models::Models;
use super::value::{Declared, Kind};
use super::{Chance, Piece, Shape};

/// The server of tools that `flow.toml` names.
pub(super) const SERVER: &str = "[mcp.help]\ncommand = \"help-server\"\n\n";

/// Names for amounts and for a type; a size or a cap of that number is written with them.
pub(super) fn names(declared: &Declared) -> Vec<Piece> {
    let line = |text: String| Piece::lines(&text);
    vec![
        line(format!("const note = {}tok", declared.note)),
        line("const room = 2 * note + 1tok".to_owned()),
        line(format!("const rounds = {}", declared.rounds)),
        line(format!("alias Short = Text<={}tok", declared.short)),
    ]
}

/// An index and a ceiling, where the program may have what is refused.
pub(super) fn beyond(chance: &mut Chance, models: &Models, declared: &Declared) -> Vec<Piece> {
    if !declared.beyond {
        return Vec::new();
    }
    let reader = if chance.once_in(2) { "reader" } else { "readers" };
    let overlap = if chance.once_in(2) { ", overlap 4tok" } else { "" };
    let index = format!(
        "/// What was written down.\nindex notes = files(\"./notes/**/*.md\", chunk <= 20tok{overlap}) by {reader}"
    );
    let mut limits = vec![Piece::lines("cost <= $500 per 1d")];
    if chance.once_in(2) {
        limits.push(Piece::lines("tokens <= 90000tok per 1h by caller.tenant"));
    }
    if chance.once_in(2) {
        limits.push(Piece::lines("soft 80%"));
    }
    match chance.below(4) {
        0 => {}
        1 => limits.push(Piece::lines("over => escalate(\"enough\", to: \"lead\")")),
        2 => limits.push(Piece::lines(&format!("over => on {}", models.ladder(chance, 2)))),
        _ => limits.push(Piece::lines(&format!("over => on {} | escalate(\"enough\")", models.ladder(chance, 2)))),
    }
    vec![Piece::lines(&index), Piece::block("ceiling spend {", limits, "}")]
}

/// What a route may look at beside its parameters `said` and what is in `scope`.
pub(super) fn signal(chance: &mut Chance, declared: &Declared) -> Option<String> {
    match (declared.shape, chance.below(12)) {
        (Shape::Wild, 0) => Some(format!("context > {}tok", chance.between(5, 200))),
        (Shape::Wild, 1) => Some(format!("output > {}tok", chance.between(5, 60))),
        (_, 2) => Some(caller(chance)),
        (_, 3) => Some(format!("judge{}(said)", chance.below(declared.judges))),
        (_, 4) => {
            let variant = &declared.enums[0][0].0;
            let reader = if chance.once_in(2) { "reader" } else { "readers" };
            Some(format!("classify(said, into: E0) by {reader} is {variant}"))
        }
        (_, 5..=7) if declared.beyond => Some(match chance.below(4) {
            0 => "failing(t0) > 10%".to_owned(),
            1 => "latency(t1) > 2s".to_owned(),
            2 => "spent(spend) > 80%".to_owned(),
            _ => "left(spend) < 20%".to_owned(),
        }),
        _ => None,
    }
}

fn caller(chance: &mut Chance) -> String {
    match chance.below(4) {
        0 => "caller.tier == \"gold\"".to_owned(),
        1 => "caller.tier != \"gold\"".to_owned(),
        2 => "caller.region in [\"eu\", \"gold\"]".to_owned(),
        _ => "caller.tier == \"gold\" and caller.region not in [\"eu\"]".to_owned(),
    }
}

/// `cache` and `class` of a step.
pub(super) fn kept(chance: &mut Chance) -> Vec<Piece> {
    let mut parts = Vec::new();
    match chance.below(12) {
        0 => parts.push("cache for 7d".to_owned()),
        1 => parts.push("cache for 1h like 0.95 by reader".to_owned()),
        2 => parts.push("cache for 90s like 0.5 by readers".to_owned()),
        _ => {}
    }
    match chance.below(10) {
        0 => parts.push("class interactive".to_owned()),
        1 => parts.push(format!("class background, window <= {}ms", chance.between(1, 40) * 50)),
        _ => {}
    }
    parts.iter().map(|part| Piece::lines(part)).collect()
}

/// What a flow promises of many runs, who answers for it, and the ceiling over it.
pub(super) fn promises(chance: &mut Chance, declared: &Declared, is_main: bool) -> Vec<Piece> {
    let mut parts = Vec::new();
    if is_main && chance.once_in(4) {
        parts.push(Piece::lines("owner \"team\""));
    }
    if is_main && chance.once_in(4) {
        parts.push(Piece::lines("slo p95(time) <= 8s, mean(cost) <= $0.01, success >= 90%, cost_per_success <= $0.02"));
    }
    if is_main && chance.once_in(4) {
        parts.push(Piece::lines("outcome solved within 7d"));
    }
    if declared.beyond && chance.once_in(if is_main { 2 } else { 4 }) {
        parts.push(Piece::lines("under spend"));
    }
    parts
}

/// A question to a person, and what is answered.
pub(super) fn question(chance: &mut Chance, declared: &Declared, scope: &[(String, Kind)]) -> (String, Kind) {
    let kind = match chance.below(4) {
        0 => Kind::Text(9),
        1 => Kind::Enum(0),
        2 if declared.shape == Shape::Wild => Kind::Record(0),
        _ => Kind::Bool,
    };
    let shown = chance.any(scope).map_or(String::new(), |(name, _)| format!("\n{{{name}}}"));
    let within = chance.between(1, 90);
    let written = declared.written(&kind);
    (format!("ask person(\"lead\", within {within}s) -> {written} \"\"\"\nIs it so?{shown}\n\"\"\""), kind)
}
