//! The models that a project's tiers name, with the facts that ceilings are computed from.

use std::collections::BTreeMap;

use super::Page;
use super::dimensions::none;
use super::html::{escaped, table};
use super::site::Site;
use crate::catalogue::{Kind, ModelFacts};
use crate::cost::{Rate, show_count, show_exact_millis};

/// The page of the models.
pub(super) fn page(site: &Site<'_>) -> Page {
    let mut models: BTreeMap<&str, &ModelFacts> = BTreeMap::new();
    for root in site.roots {
        models.extend(root.plan.program.models.iter().map(|model| (model.name.as_str(), model)));
    }
    let rows: Vec<Vec<String>> = models.values().map(|model| row(model)).collect();
    let head = ["model", "provider", "input", "output", "context", "largest answer", "tokens", "timeout", "as of"];
    let what = if rows.is_empty() {
        "<p>No tier of this project names a model.</p>\n".to_owned()
    } else {
        table("models", &head, &rows)
    };
    let content = format!(
        "<header>\n<p class=\"eyebrow\">Project</p>\n<h1>Models</h1>\n\
         <p>What the tiers of this project name. Prices are dollars per million tokens.</p>\n</header>\n{what}"
    );
    super::page::page(site, "models.html", "Models", None, &content)
}

fn row(model: &ModelFacts) -> Vec<String> {
    let is_chat = model.kind == Kind::Chat;
    let chat = |text: String| if is_chat { text } else { none() };
    vec![
        escaped(&model.name),
        escaped(model.provider.name()),
        per_million(model.price.rates.input),
        chat(per_million(model.price.rates.output)),
        escaped(&show_count(model.context)),
        chat(escaped(&show_count(model.max_output))),
        escaped(&model.tokenizer.to_string()),
        escaped(&show_exact_millis(model.timeout_ms)),
        model.as_of.as_deref().map_or_else(none, escaped),
    ]
}

/// Dollars per million tokens, exactly, with two decimals or more.
fn per_million(rate: Rate) -> String {
    let picos = rate.picos_per_token();
    let mut decimals = format!("{:06}", picos % 1_000_000);
    while decimals.len() > 2 && decimals.ends_with('0') {
        decimals.pop();
    }
    format!("${}.{decimals}", picos / 1_000_000)
}
