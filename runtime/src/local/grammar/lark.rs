//! Forms to text. In: a form. Out: a grammar in the notation of Lark, as the grammar library reads it.

use std::fmt::Write;

use super::form::{Form, flat};

/// One character of a JSON string, as a model may write it: itself, or one of three escapes. Control characters have no other
/// way in, and none of the rest needs one.
const CHARACTER: &str = r#"([^"\\\x00-\x1F\x7F]|\\["\\n])"#;

pub(super) fn write(form: &Form) -> String {
    let mut rules = Rules::default();
    let start = rules.expression(form);
    let mut text = format!("start: {start}\n");
    for (at, (options, regex)) in rules.written.iter().enumerate() {
        // A string can only fail to be written to for want of memory.
        let _ = writeln!(text, "r{at}{options}: /{regex}/");
    }
    text
}

/// The rules for what a regular expression matches; equal ones are written once.
#[derive(Default)]
struct Rules {
    written: Vec<(String, String)>,
}

impl Rules {
    fn expression(&mut self, form: &Form) -> String {
        match form {
            Form::Literal(text) => quoted(text),
            Form::Sequence(parts) => parts.iter().map(|part| self.expression(part)).collect::<Vec<_>>().join(" "),
            Form::Choice(ways) => self.choice(ways),
            Form::Text { tokens, chars } => {
                let most = chars.map_or("+".to_owned(), |chars| format!("{{1,{}}}", chars.max(1)));
                format!("{}?", self.rule(format!("[max_tokens={tokens}]"), format!("{CHARACTER}{most}")))
            }
            Form::Pattern { regex, .. } => self.rule(String::new(), regex.replace('/', r"\/")),
            Form::List { element, low, high } => self.list(element, *low, *high),
        }
    }

    fn choice(&mut self, ways: &[Form]) -> String {
        let empty = Form::Literal(String::new());
        let written: Vec<String> = ways.iter().filter(|way| **way != empty).map(|way| self.expression(way)).collect();
        let maybe = if ways.contains(&empty) { "?" } else { "" };
        format!("({}){maybe}", written.join(" | "))
    }

    fn list(&mut self, element: &Form, low: u64, high: u64) -> String {
        let Some(others) = high.checked_sub(1) else { return quoted("[]") };
        let first = self.expression(element);
        let next = flat(Form::Sequence(vec![Form::Literal(",".into()), element.clone()]));
        let next = self.expression(&next);
        let least = low.saturating_sub(1);
        let inside = if others == 0 { first } else { format!("{first} ({next}){{{least},{others}}}") };
        if low == 0 { format!("\"[\" ({inside})? \"]\"") } else { format!("\"[\" {inside} \"]\"") }
    }

    fn rule(&mut self, options: String, regex: String) -> String {
        let rule = (options, regex);
        let at = self.written.iter().position(|known| *known == rule).unwrap_or_else(|| {
            self.written.push(rule);
            self.written.len() - 1
        });
        format!("r{at}")
    }
}

fn quoted(text: &str) -> String {
    serde_json::Value::from(text).to_string()
}
