//! Routes, tools and steps, with every clause that they can have.

use super::models::Models;
use super::value::{Declared, Kind};
use super::{Callable, Chance, Piece, Shape, standing};

/// Routes over an enum, a flag and a text, and over what is around a run.
pub(super) fn routes(chance: &mut Chance, models: &Models, declared: &mut Declared) -> Vec<Piece> {
    let count = chance.below(3);
    let route = |index: u64| {
        let params = vec![Kind::Enum(0), Kind::Bool, Kind::Text(12)];
        let scope = vec![("topic".to_owned(), Kind::Enum(0)), ("flag".to_owned(), Kind::Bool)];
        let arms = (0..chance.between(1, 3)).map(|_| {
            let when = standing::signal(chance, declared);
            let when = when.unwrap_or_else(|| declared.condition(chance, &scope, 1));
            Piece::lines(&format!("{when} => {}", models.ladder(chance, 2)))
        });
        let mut arms: Vec<Piece> = arms.collect();
        arms.push(Piece::lines(&format!("_ => {}", models.ladder(chance, 3))));
        declared.routes.push(Callable { name: format!("route{index}"), params, result: Kind::Bool });
        Piece::block(format!("route route{index}(topic: E0, flag: Bool, said: Text<=12tok) {{"), arms, "}")
    };
    (0..count).map(route).collect()
}

/// Steps that say yes or no.
pub(super) fn judges(chance: &mut Chance, models: &Models, declared: &mut Declared) -> Vec<Piece> {
    let mut pieces = Vec::new();
    for index in 0..declared.judges {
        let mut parts = vec![Piece::lines(&format!("on {}", models.ladder(chance, 2)))];
        if chance.once_in(3) {
            parts.push(Piece::lines(&format!("retry <= {}", chance.between(1, 2))));
        }
        if chance.once_in(3) {
            parts.push(Piece::lines("format none"));
        }
        if chance.once_in(3) {
            parts.push(Piece::lines("repair <= 1"));
        }
        parts.push(Piece::lines("\"\"\"\nIs this fine?\n{text}\n\"\"\""));
        let name = format!("judge{index}");
        pieces.push(Piece::block(format!("step {name}(text: Text<=12tok) -> Bool {{"), parts, "}"));
        declared.steps.push(Callable { name, params: vec![Kind::Text(12)], result: Kind::Bool });
    }
    pieces
}

/// Tools, which may ask those that say yes or no.
pub(super) fn tools(chance: &mut Chance, declared: &mut Declared) -> Vec<Piece> {
    (0..chance.between(1, 3)).map(|index| tool(chance, declared, index)).collect()
}

fn params(chance: &mut Chance, declared: &Declared, first: Kind, most: u64) -> (Vec<(String, Kind)>, String) {
    let mut params = vec![("p0".to_owned(), first)];
    let most = if declared.shape == Shape::Small { most.min(2) } else { most };
    for index in 0..chance.below(most) {
        params.push((format!("p{}", index + 1), declared.kind(chance, 1)));
    }
    let written = params.iter().map(|(name, kind)| format!("{name}: {}", declared.written(kind)));
    let written = written.collect::<Vec<_>>().join(", ");
    (params, written)
}

fn tool(chance: &mut Chance, declared: &mut Declared, index: u64) -> Piece {
    let size = chance.between(2, 12);
    let looks_up = declared.beyond && chance.once_in(4);
    let (params, written) = params(chance, declared, Kind::Text(size), if looks_up { 0 } else { 3 });
    let result = match chance.below(3) {
        _ if looks_up => Kind::List(Box::new(Kind::Record(0)), 0, chance.between(1, 2)),
        0 => declared.kind(chance, 1),
        1 if declared.shape == Shape::Wild => {
            Kind::List(Box::new(Kind::Text(chance.between(2, 8))), 0, chance.between(1, 3))
        }
        // Longer than what a model is told where a call is not made, and shorter.
        _ if chance.once_in(3) => Kind::Text(chance.between(43, 60)),
        _ => Kind::Text(chance.between(1, 20)),
    };
    let name = format!("tool{index}");
    let small = declared.shape == Shape::Small;
    let effect = if small || looks_up { "read" } else { *chance.one(&["read", "read", "write", "money", "send"]) };
    let from = match chance.below(6) {
        _ if looks_up => "index(notes)",
        0..=2 => "exec(\"./tool\")",
        3 if declared.beyond => "mcp(\"help\").search",
        4 => "http(\"POST\", env(\"TOOL_URL\") + \"/do\")",
        _ => "http(\"POST\", \"http://127.0.0.1:9/\")",
    };
    let second = params.get(1).is_some_and(|(_, kind)| matches!(kind, Kind::Text(_) | Kind::Bool | Kind::Id));
    let once = match chance.below(6) {
        _ if effect == "read" => "",
        0 if second => ", once per p0, p1",
        0 | 1 => ", once per p0",
        _ => "",
    };
    let mut parts = vec![
        Piece::lines(&format!("from {from}")),
        Piece::lines(&format!("effect {effect}{once}")),
        Piece::lines(&format!("price $0.{:05}", chance.below(3000))),
        Piece::lines(&format!("time <= {}ms", chance.between(1, 60) * 50)),
    ];
    if effect == "read" && chance.once_in(4) {
        parts.push(Piece::lines("cache for 1h"));
    }
    if effect != "read" || chance.once_in(2) {
        let condition = match chance.below(4) {
            0..=2 if small => format!("judge0(p0{})", if size > 12 { " cut 12tok" } else { "" }),
            _ if small => declared.condition(chance, &params, 1),
            0 => format!("judge0(p0{})", if size > 12 { " cut 12tok" } else { "" }),
            1 => "not seen(p0)".to_owned(),
            2 => format!("len(p0) > 0 and {}", declared.condition(chance, &params, 1)),
            _ => "contains(p0, \"x\")".to_owned(),
        };
        let value = if effect == "read" { declared.value(chance, &params, &result) } else { None };
        let otherwise = match (chance.below(3), value) {
            (0, Some(value)) => value,
            (1, _) => format!("approve(\"lead\", within {}s)", chance.between(1, 60)),
            _ => "deny".to_owned(),
        };
        parts.push(Piece::lines(&format!("gate {condition} else {otherwise}")));
    }
    let params = params.into_iter().map(|(_, kind)| kind).collect();
    declared.tools.push(Callable { name: name.clone(), params, result: result.clone() });
    Piece::block(format!("/// Does one thing.\ntool {name}({written}) -> {} {{", declared.written(&result)), parts, "}")
}

/// Steps with every clause.
pub(super) fn steps(chance: &mut Chance, models: &Models, declared: &mut Declared) -> Vec<Piece> {
    (0..chance.between(2, 4)).map(|index| step(chance, models, declared, index)).collect()
}

fn step(chance: &mut Chance, models: &Models, declared: &mut Declared, index: u64) -> Piece {
    let first = declared.text(chance);
    let (params, written) = params(chance, declared, first, 4);
    let result = if chance.once_in(3) { declared.text(chance) } else { declared.kind(chance, 2) };
    let mut parts = vec![Piece::lines(&format!("on {}", ladder(chance, models, declared, &params)))];
    if let Some(accept) = accept(chance, declared, &params, &result) {
        parts.push(Piece::lines(&format!("accept {accept}")));
    }
    parts.extend(conversation(chance, declared));
    parts.extend(standing::kept(chance));
    let small = declared.shape == Shape::Small;
    let mut clause = |chance: &mut Chance, times: u64, text: String| {
        if chance.once_in(times) {
            parts.push(Piece::lines(&text));
        }
    };
    let (retries, repairs) = (
        chance.between(1, if small { 1 } else { 3 }),
        if small { chance.between(2, 4) / 2 } else { chance.between(1, 2) },
    );
    clause(chance, 3, format!("retry <= {retries}"));
    clause(chance, 3, format!("repair <= {repairs}"));
    let (output, think, time) = (chance.between(20, 90), chance.between(1, 60), chance.between(1, 90) * 100);
    clause(chance, 5, format!("output <= {output}tok"));
    let input = chance.between(6_000, 20_000);
    if !small {
        clause(chance, 9, format!("input <= {input}tok"));
    }
    clause(chance, 4, format!("think <= {think}tok"));
    clause(chance, 4, format!("time <= {time}ms"));
    let is_text = matches!(result, Kind::Text(_) | Kind::Chars(_) | Kind::Kilo(_));
    if !is_text {
        clause(chance, 3, "format none".to_owned());
    }
    clause(chance, 4, "system \"\"\"\nYou are brief.\n\"\"\"".to_owned());
    let formatted = !is_text && !parts.contains(&Piece::lines("format none"));
    parts.push(Piece::lines(&prompt(chance, declared, &params, formatted)));
    let name = format!("step{index}");
    let head = format!("step {name}({written}) -> {} {{", declared.written(&result));
    let params = params.into_iter().map(|(_, kind)| kind).collect();
    declared.steps.push(Callable { name, params, result });
    Piece::block(head, parts, "}")
}

fn ladder(chance: &mut Chance, models: &Models, declared: &Declared, params: &[(String, Kind)]) -> String {
    let topics = params.iter().find(|(_, kind)| *kind == Kind::Enum(0));
    if let (Some((topic, _)), true) = (topics, chance.once_in(2)) {
        let first = &declared.enums[0][0].0;
        return format!(
            "match {topic} {{ {first} => {}, _ => {} }}",
            models.ladder(chance, 2),
            models.ladder(chance, 2)
        );
    }
    match chance.any(&declared.routes).cloned() {
        Some(route) if chance.once_in(2) => {
            let args = route.params.iter().map(|kind| declared.value(chance, params, kind));
            let args: Option<Vec<String>> = args.collect();
            args.map_or_else(|| models.ladder(chance, 3), |args| format!("{}({})", route.name, args.join(", ")))
        }
        _ => models.ladder(chance, 3),
    }
}

fn accept(chance: &mut Chance, declared: &Declared, params: &[(String, Kind)], result: &Kind) -> Option<String> {
    let answer = vec![("it".to_owned(), result.clone())];
    let judged = match result {
        Kind::Text(size) if *size <= 12 => Some("it".to_owned()),
        Kind::Text(_) | Kind::Chars(_) | Kind::Kilo(_) => Some("it cut 12tok".to_owned()),
        Kind::Record(_) => Some("it.body cut 12tok".to_owned()),
        _ => None,
    };
    match (chance.below(7), judged) {
        (0, Some(judged)) => Some(format!("judge0({judged})")),
        (1, Some(judged)) => Some(format!("judge0({judged}) and {}", declared.condition(chance, &answer, 1))),
        (2 | 3, _) => Some(declared.condition(chance, &answer, 1)),
        (4, _) => {
            Some(format!("({}) or ({})", declared.condition(chance, &answer, 0), declared.condition(chance, params, 0)))
        }
        _ => None,
    }
}

/// `tools` and `turns`.
fn conversation(chance: &mut Chance, declared: &Declared) -> Vec<Piece> {
    if chance.once_in(2) || declared.tools.is_empty() {
        return Vec::new();
    }
    let small = declared.shape == Shape::Small;
    let count = if small { 1 } else { chance.between(1, declared.tools.len() as u64) };
    let tools = declared.tools.iter().take(usize::try_from(count).unwrap_or(1));
    let tools: Vec<String> =
        tools.map(|tool| format!("{} <= {}", tool.name, chance.between(1, if small { 2 } else { 3 }))).collect();
    let keep = match chance.below(4) {
        0 => format!(", keep last {}", chance.between(1, 3)),
        1 => format!(", keep <= {}tok", *chance.one(&[8, 20, 40, 60, 100, 200])),
        2 => ", keep all".to_owned(),
        _ => String::new(),
    };
    let turns = chance.between(2, if small { 3 } else { 5 });
    vec![Piece::lines(&format!("tools {}", tools.join(", "))), Piece::lines(&format!("turns <= {turns}{keep}"))]
}

/// A prompt that shows its parameters in every way there is.
fn prompt(chance: &mut Chance, declared: &Declared, params: &[(String, Kind)], formatted: bool) -> String {
    let mut lines = vec!["Do it.".to_owned()];
    for (name, kind) in params {
        match (kind, chance.below(5)) {
            (_, 0) => {}
            (Kind::List(of, ..), 1..=3) => {
                let inside = match &**of {
                    Kind::Record(_) if chance.once_in(2) => "x.body",
                    _ => "x",
                };
                let fit = match chance.below(2) {
                    0 if declared.is_ranked(of) => format!(" fit {}tok by rank", chance.between(5, 120)),
                    _ => String::new(),
                };
                lines.push(format!("{{each x in {name}{fit}}}\n- {{{inside}}}\n{{end}}"));
            }
            (_, 1) => {
                let raw = if chance.once_in(3) { "raw " } else { "" };
                lines.push(format!("Of {name}: {{{name}}}, and again {{{raw}{name}}}."));
            }
            (_, 2) => {
                let condition = declared.condition(chance, params, 1);
                let or = if chance.once_in(2) { "{else}\nNothing of it, whatever it may be.\n" } else { "" };
                lines.push(format!("{{if {condition}}}\nGiven: {{{name}}}\n{or}{{end}}"));
            }
            _ => lines.push(format!("{{{name}}}")),
        }
    }
    if formatted && chance.once_in(3) {
        lines.insert(1, "{format}".to_owned());
    }
    if chance.once_in(6) {
        lines.push("{{braces}}".to_owned());
    }
    format!("\"\"\"\n{}\n\"\"\"", lines.join("\n"))
}
