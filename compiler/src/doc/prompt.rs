//! Prompts as they were written, holes and tags apart from the fixed text.

use super::html::escaped;
use crate::program::{Part, Template};

/// The text of a clause with a prompt in it, as a message of that role.
pub(super) fn shown(clause: &str, role: &str) -> String {
    let text = match clause.split_once("\"\"\"") {
        Some((_, rest)) => dedented(rest.rsplit_once("\"\"\"").map_or(rest, |(inside, _)| inside)),
        None => clause.trim_matches('"').to_owned(),
    };
    format!(
        "<div class=\"prompt\"><span class=\"role\">{role}</span><pre tabindex=\"0\"><code>{}</code></pre></div>\n",
        with_holes(&text)
    )
}

/// The instructions that are made from the type of the result.
pub(super) fn format(instructions: &str) -> String {
    format!(
        "<div class=\"prompt\"><span class=\"role\">format, made from the type of the result</span><pre tabindex=\"0\"><code>{}</code></pre></div>\n",
        escaped(instructions)
    )
}

/// The fixed texts of a prompt, those of both branches of a condition and each repeated one once.
pub(super) fn fixed(template: &Template) -> Vec<&str> {
    template
        .iter()
        .flat_map(|part| match part {
            Part::Text(text) => vec![text.as_str()],
            Part::Hole(..) | Part::Data(..) | Part::Format => Vec::new(),
            Part::Each { body, .. } => fixed(body),
            Part::If { then, otherwise, .. } => [fixed(then), fixed(otherwise)].concat(),
        })
        .collect()
}

fn dedented(text: &str) -> String {
    let lines: Vec<&str> = text.lines().collect();
    let width = |line: &&str| line.len() - line.trim_start_matches(' ').len();
    let margin = lines.iter().skip(1).filter(|line| !line.trim().is_empty()).map(width).min().unwrap_or(0);
    let lines: Vec<&str> = lines.iter().map(|line| line.get(margin.min(width(line))..).unwrap_or("")).collect();
    lines.join("\n").trim_matches('\n').trim_end().to_owned()
}

fn with_holes(text: &str) -> String {
    let mut out = String::new();
    let mut rest = text;
    while let Some(at) = rest.find(['{', '}']) {
        let (before, from) = rest.split_at(at);
        out.push_str(&escaped(before));
        let (hole, behind) = match from.get(..2) {
            Some("{{" | "}}") => (from.get(..1).unwrap_or(""), from.get(2..)),
            _ => match from.find('}').filter(|_| from.starts_with('{')) {
                Some(end) => (from.get(..=end).unwrap_or(""), from.get(end + 1..)),
                None => (from.get(..1).unwrap_or(""), from.get(1..)),
            },
        };
        if hole.len() > 1 {
            let class = if is_tag(hole) { "k" } else { "h" };
            out.push_str(&format!("<span class=\"{class}\">{}</span>", escaped(hole)));
        } else {
            out.push_str(&escaped(hole));
        }
        rest = behind.unwrap_or("");
    }
    out.push_str(&escaped(rest));
    out
}

fn is_tag(hole: &str) -> bool {
    let word = hole.trim_matches(['{', '}', ' ']).split_whitespace().next().unwrap_or("");
    matches!(word, "each" | "if" | "else" | "end" | "format")
}
