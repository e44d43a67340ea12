//! Long answers made to fit. In: a form and a cap in tokens. Out: the form with shorter texts, then shorter lists.

use super::super::tokenizer::Tokenizer;
use super::form::{Form, flat};

/// A text is not made shorter than this while lists can still be.
const SHORT: u64 = 8;

/// Tokens that a literal may take beyond its own count: the one that ends what stands before it, and the last one where it
/// could also begin what follows, written in up to three pieces.
const SEAM: u64 = 4;

/// How much shorter things are made, in thousandths of what they were.
#[derive(Debug, Clone, Copy)]
struct Squeeze {
    texts: u64,
    least_text: u64,
    lists: u64,
}

pub(super) fn fit(form: Form, cap: u64, tokenizer: &Tokenizer) -> Form {
    let none = Squeeze { texts: 1000, least_text: SHORT, lists: 1000 };
    let fits = |squeeze: Squeeze| ceiling(&squeezed(&form, squeeze), tokenizer) <= cap;
    if fits(none) {
        return form;
    }
    // The mildest of each measure, one after the other; ceilings grow with the thousandths, so halving finds it.
    let mildest = |with: &dyn Fn(u64) -> Squeeze| {
        let (mut good, mut bad) = (0, 1000);
        while bad - good > 1 {
            let middle = (good + bad) / 2;
            if fits(with(middle)) { good = middle } else { bad = middle }
        }
        with(good)
    };
    let steps: [&dyn Fn(u64) -> Squeeze; 3] =
        [&|texts| Squeeze { texts, ..none }, &|lists| Squeeze { texts: 0, lists, ..none }, &|texts| Squeeze {
            texts,
            least_text: 1,
            lists: 0,
        }];
    let squeeze = steps.into_iter().map(mildest).find(|squeeze| fits(*squeeze));
    squeezed(&form, squeeze.unwrap_or(Squeeze { texts: 0, least_text: 1, lists: 0 }))
}

fn squeezed(form: &Form, squeeze: Squeeze) -> Form {
    let part = |share: u64, of: u64| u64::try_from(u128::from(of) * u128::from(share) / 1000).unwrap_or(of);
    match form {
        Form::Literal(_) | Form::Pattern { .. } => form.clone(),
        Form::Sequence(parts) => Form::Sequence(parts.iter().map(|part| squeezed(part, squeeze)).collect()),
        Form::Choice(ways) => Form::Choice(ways.iter().map(|way| squeezed(way, squeeze)).collect()),
        Form::Text { tokens, chars } => {
            let least = squeeze.least_text.min(*tokens);
            Form::Text { tokens: part(squeeze.texts, *tokens).max(least), chars: *chars }
        }
        Form::List { element, low, high } => {
            let element = Box::new(flat(squeezed(element, squeeze)));
            Form::List { element, low: *low, high: low + part(squeeze.lists, high.saturating_sub(*low)) }
        }
    }
}

/// The most tokens that an answer of this form can take, however a model cuts it into tokens.
pub(super) fn ceiling(form: &Form, tokenizer: &Tokenizer) -> u64 {
    match form {
        Form::Literal(text) => {
            let bytes = text.len() as u64;
            (tokenizer.count(text) as u64 + SEAM).min(bytes)
        }
        Form::Sequence(parts) => sum(parts.iter().map(|part| ceiling(part, tokenizer))),
        // Until the ways part, a model may spell them byte by byte.
        Form::Choice(ways) => ways.iter().map(|way| spelled(way, tokenizer)).max().unwrap_or(0),
        Form::Text { tokens, .. } => *tokens,
        Form::Pattern { tokens, .. } => *tokens,
        Form::List { element, high, .. } => {
            let each = spelled(element, tokenizer).saturating_add(1);
            each.saturating_mul(*high).saturating_add(2)
        }
    }
}

/// The ceiling of a form that stands where there is a choice: its first literal may be spelled out.
fn spelled(form: &Form, tokenizer: &Tokenizer) -> u64 {
    match form {
        Form::Literal(text) => text.len() as u64,
        Form::Sequence(parts) => match parts.split_first() {
            Some((first, rest)) => {
                spelled(first, tokenizer).saturating_add(sum(rest.iter().map(|part| ceiling(part, tokenizer))))
            }
            None => 0,
        },
        Form::Choice(_) | Form::Text { .. } | Form::Pattern { .. } | Form::List { .. } => ceiling(form, tokenizer),
    }
}

fn sum(counts: impl Iterator<Item = u64>) -> u64 {
    counts.fold(0, u64::saturating_add)
}
