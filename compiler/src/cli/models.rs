//! `flowc models`: what a tier can name, with the facts that bounds are computed from.

use std::path::Path;

use flow_compiler::catalogue::{Catalogue, Kind, Model};
use flow_compiler::cost::{Rate, Rates, show_count};
use flow_compiler::diagnostic::{Diagnostic, render};
use flow_compiler::source::Sources;
use serde_json::{Value, json};

use super::analysis::Models;
use super::disk::Project;
use super::problem::Problem;
use super::table::Table;
use super::terminal::Colours;
use super::{exit, terminal};

/// List the models that a flow can name, with prices and limits
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Prices are dollars per million tokens. Models of this project's `flow.toml` are listed too.

Examples:
  flowc models
  flowc models --json | jq '.models[] | select(.kind == \"embed\").name'")]
pub(crate) struct Arguments {
    /// Print one JSON object instead of a table
    #[arg(long)]
    json: bool,
}

pub(crate) fn run(arguments: &Arguments, colours: Colours) -> Result<u8, Problem> {
    let (catalogue, is_valid) = catalogue_here(colours);
    let models = catalogue.list();
    if arguments.json {
        let models: Vec<Value> = models.iter().map(|model| object(model)).collect();
        terminal::print(&format!("{:#}\n", json!({ "schema": "flow.models.v1", "models": models })));
    } else {
        terminal::print(&table(&models));
    }
    Ok(if is_valid { exit::OK } else { exit::INVALID })
}

/// The standard catalogue with what the project around the current folder adds, and whether that could be read.
fn catalogue_here(colours: Colours) -> (Catalogue, bool) {
    let project = Project::around(Path::new("."));
    let models = Models::of(&project);
    let catalogue = models.catalogue.clone();
    let mut sources = Sources::default();
    let diagnostics = models.say(&mut sources);
    let shown = project.shown_sources(&sources);
    terminal::say(&render::render(&diagnostics, &shown, colours.for_stderr()));
    (catalogue, !diagnostics.iter().any(Diagnostic::is_error))
}

fn table(models: &[&Model]) -> String {
    let mut table = Table::new(["model", "provider", "input", "output", "context", "largest", "tokens", "as of"]);
    for model in models {
        let price = model.price();
        table.row([
            model.name().to_owned(),
            model.provider().map_or_else(unknown, |provider| provider.name().to_owned()),
            price.as_ref().map_or_else(unknown, |price| format!("${}", per_million(price.rates.input))),
            match (&price, model.kind()) {
                (Some(_), Kind::Embed) => "–".to_owned(),
                (Some(price), Kind::Chat) => format!("${}", per_million(price.rates.output)),
                (None, _) => unknown(),
            },
            model.context().map_or_else(unknown, show_count),
            match model.kind() {
                Kind::Embed => "–".to_owned(),
                Kind::Chat => model.max_output().map_or_else(unknown, show_count),
            },
            model.tokenizer().map_or_else(unknown, |class| class.to_string()),
            model.as_of().map_or_else(unknown, str::to_owned),
        ]);
    }
    table.right([2, 3, 4, 5]).to_string()
}

/// What is not known is never shown as nothing.
fn unknown() -> String {
    "unknown".to_owned()
}

fn object(model: &Model) -> Value {
    let price = model.price().map(|price| {
        let long = price.long_context.iter().map(|class| json!({ "above": class.above, "rates": rates(&class.rates) }));
        let mut object = rates(&price.rates);
        object["request"] = json!(price.request.exact());
        object["long_context"] = long.collect();
        object
    });
    let missing: Vec<&str> = model.usable().err().unwrap_or_default().iter().map(|fact| fact.what()).collect();
    json!({
        "name": model.name(),
        "provider": model.provider().map(|provider| provider.name()),
        "id": model.id(),
        "kind": match model.kind() { Kind::Chat => "chat", Kind::Embed => "embed" },
        "context": model.context(),
        "max_output": model.max_output(),
        "tokenizer": model.tokenizer().map(|class| class.to_string()),
        "price": price,
        "as_of": model.as_of(),
        "source": model.source(),
        "missing": missing,
    })
}

fn rates(rates: &Rates) -> Value {
    json!({
        "input": per_million(rates.input),
        "cached_input": rates.cached_input.map(per_million),
        "cache_write": rates.cache_write.map(per_million),
        "output": per_million(rates.output),
    })
}

/// Dollars per million tokens, exactly, with two decimals or more: `0.15`, `0.075`.
fn per_million(rate: Rate) -> String {
    let picos = rate.picos_per_token();
    let mut decimals = format!("{:06}", picos % 1_000_000);
    while decimals.len() > 2 && decimals.ends_with('0') {
        decimals.pop();
    }
    format!("{}.{decimals}", picos / 1_000_000)
}
