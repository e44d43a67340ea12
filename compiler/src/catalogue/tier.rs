//! What a tier says about a model, looked up. In: the words of `openai("gpt-5-mini")` with their places. Out: the facts of
//! that model, or the diagnostic that says what is unknown or missing.

use super::{Catalogue, MissingFact, Model, ModelFacts, Provider};
use crate::diagnostic::{Diagnostic, code, nearest};
use crate::source::Span;

/// The word that names an entry by its own name: `model("house-llama")`.
const BY_NAME: &str = "model";

impl Catalogue {
    /// The facts of the model that `provider("id")` names in a flow, or why it cannot be used.
    ///
    /// # Errors
    /// An unknown provider, an unknown model, or a model that lacks a fact, at the place of the word in question.
    pub fn facts(&self, provider: (&str, Span), id: (&str, Span)) -> Result<ModelFacts, Box<Diagnostic>> {
        let model = self.named(provider, id)?;
        model.usable().map_err(|missing| Box::new(lacks(model, id.1, &missing)))
    }

    fn named(&self, (word, at): (&str, Span), (id, id_at): (&str, Span)) -> Result<&Model, Box<Diagnostic>> {
        if word == BY_NAME {
            return self.by_name(id).ok_or_else(|| Box::new(self.unknown(None, id, id_at)));
        }
        let provider = Provider::from_name(word).ok_or_else(|| Box::new(unknown_provider(word, at)))?;
        self.by_provider(provider, id).ok_or_else(|| Box::new(self.unknown(Some(provider), id, id_at)))
    }

    fn unknown(&self, provider: Option<Provider>, id: &str, at: Span) -> Diagnostic {
        let message = match provider {
            Some(provider) => format!("`{provider}` has no model `{id}` that is known"),
            None => format!("unknown model `{id}`"),
        };
        let diagnostic = Diagnostic::error(code::catalogue::E0805, at, message).label("not in the catalogue");
        let elsewhere = self.list().into_iter().find(|model| model.id() == id).and_then(Model::provider);
        let diagnostic = match (self.nearest(provider, id), elsewhere) {
            (_, Some(other)) => diagnostic.help(format!("did you mean `{other}(\"{id}\")`?")),
            (Some(near), None) => diagnostic.help(format!("did you mean `{near}`?")),
            (None, None) => diagnostic,
        };
        diagnostic.help("`flowc models` lists what is known; `[models.NAME]` in `flow.toml` adds a model")
    }
}

fn unknown_provider(word: &str, at: Span) -> Diagnostic {
    let diagnostic =
        Diagnostic::error(code::catalogue::E0806, at, format!("unknown provider `{word}`")).label("not a provider");
    let words = Provider::ALL.map(Provider::name);
    match nearest(word, words.into_iter().chain([BY_NAME])) {
        Some(near) => diagnostic.help(format!("did you mean `{near}`?")).fix(format!("write `{near}`"), at, near),
        None => {
            let known = words.map(|word| format!("`{word}`")).join(", ");
            diagnostic.help(format!("providers are {known}; `model(\"NAME\")` names an entry of `flow.toml`"))
        }
    }
}

/// INVARIANT I-13: without a price, a context or a cap there is no plan, so no run asks such a model.
fn lacks(model: &Model, at: Span, missing: &[MissingFact]) -> Diagnostic {
    let what = missing.iter().map(|fact| format!("no {}", fact.what())).collect::<Vec<_>>().join(", ");
    let lines = missing.iter().map(|fact| fact.example()).collect::<Vec<_>>().join("\n");
    let name = model.name();
    let table = if is_bare_key(name) { name.to_owned() } else { format!("\"{name}\"") };
    Diagnostic::error(code::catalogue::E0807, at, format!("`{name}` has {what} and cannot be used under a budget"))
        .label("a fact is missing")
        .help(format!("say it in `flow.toml`:\n[models.{table}]\n{lines}"))
}

fn is_bare_key(name: &str) -> bool {
    name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_')
}
