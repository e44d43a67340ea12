//! Types to forms. In: a type and the records and enums that it names. Out: what its JSON looks like, byte for byte.

use flow_compiler::program::{Field, Param, TextSize, Ty, Types};

use super::super::LocalError;
use super::number::{dollars, whole};

/// What may be written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Form {
    /// Exactly this.
    Literal(String),
    /// One after the other.
    Sequence(Vec<Form>),
    /// One of these.
    Choice(Vec<Form>),
    /// The inside of a JSON string: at most so many tokens, and where they are the limit, so many characters.
    Text { tokens: u64, chars: Option<u64> },
    /// What a regular expression matches, in at most so many tokens.
    Pattern { regex: String, tokens: u64 },
    /// A JSON list.
    List { element: Box<Form>, low: u64, high: u64 },
}

/// Types nest as deep as their declarations; deeper than this, something is wrong.
const DEEPEST: usize = 64;

/// A day that exists. The 29th of February needs a year that four divides, and a century that 400 divides.
const DATE: &str = concat!(
    r"([12][0-9]{3}-((0[13578]|1[02])-(0[1-9]|[12][0-9]|3[01])|(0[469]|11)-(0[1-9]|[12][0-9]|30)|02-(0[1-9]|1[0-9]|2[0-8]))",
    r"|([12][0-9](0[48]|[2468][048]|[13579][26])|(1[26]|2[048])00)-02-29)"
);

impl Form {
    /// What JSON of a type looks like.
    pub(super) fn of(ty: &Ty, types: &Types) -> Result<Form, LocalError> {
        Ok(flat(value(ty, types, 0)?))
    }

    /// What a turn with tools looks like: one call, or the answer.
    pub(super) fn of_turn(tools: &[(String, Vec<Param>)], answer: &Ty, types: &Types) -> Result<Form, LocalError> {
        let mut ways = Vec::with_capacity(tools.len() + 1);
        for (name, params) in tools {
            let args = params.iter().map(|param| (param.name.as_str(), &param.ty));
            let start = literal(&format!("{{\"call\":{},\"args\":", quoted(name)));
            ways.push(flat(Form::Sequence(vec![start, object(args, types, 0)?, literal("}")])));
        }
        let answer = Form::Sequence(vec![literal("{\"answer\":"), value(answer, types, 0)?, literal("}")]);
        ways.push(flat(answer));
        Ok(Form::Choice(ways))
    }
}

fn value(ty: &Ty, types: &Types, depth: usize) -> Result<Form, LocalError> {
    if depth > DEEPEST {
        return Err(problem("a type that contains itself has no largest value"));
    }
    let deeper = depth + 1;
    Ok(match ty {
        Ty::Null => literal("null"),
        Ty::Bool => Form::Choice(vec![literal("true"), literal("false")]),
        Ty::Int { low, high } => whole(i128::from(*low), i128::from(*high)),
        Ty::Usd { most } => dollars(*most),
        Ty::Score => pattern(r"(0\.[0-9]{2}|1\.00)", 4),
        Ty::Date => string(pattern(DATE, 10)),
        // Printable ASCII without the two that JSON escapes, so that characters are bytes.
        Ty::Id => string(pattern(r"[!#-\x5B\x5D-~]{1,64}", 64)),
        Ty::Text(size) => string(text(size)),
        Ty::Json(size) => json(size.tokens),
        Ty::List { element, low, high } => {
            let element = Box::new(flat(value(element, types, deeper)?));
            Form::List { element, low: *low, high: *high }
        }
        Ty::Optional(inner) => Form::Choice(vec![literal("null"), flat(value(inner, types, deeper)?)]),
        Ty::Record(id) => {
            let record = types.records.get(id.index()).ok_or_else(|| problem("a record is not declared"))?;
            object(fields(&record.fields), types, deeper)?
        }
        Ty::Enum(id) => {
            let named = types.enums.get(id.index()).ok_or_else(|| problem("an enum is not declared"))?;
            let mut ways = Vec::with_capacity(named.variants.len());
            for variant in &named.variants {
                let name = quoted(&variant.name);
                ways.push(if variant.fields.is_empty() {
                    literal(&name)
                } else {
                    let inside = object(fields(&variant.fields), types, deeper)?;
                    flat(Form::Sequence(vec![literal(&format!("{{{name}:")), inside, literal("}")]))
                });
            }
            Form::Choice(ways)
        }
        Ty::Never | Ty::Vector | Ty::Unknown => return Err(problem("a model cannot write a value of this type")),
    })
}

fn fields(fields: &[Field]) -> impl Iterator<Item = (&str, &Ty)> {
    fields.iter().map(|field| (field.name.as_str(), &field.ty))
}

fn object<'t>(
    fields: impl Iterator<Item = (&'t str, &'t Ty)>,
    types: &Types,
    depth: usize,
) -> Result<Form, LocalError> {
    let mut parts = vec![literal("{")];
    for (at, (name, ty)) in fields.enumerate() {
        let comma = if at == 0 { "" } else { "," };
        parts.push(literal(&format!("{comma}{}:", quoted(name))));
        parts.push(value(ty, types, depth)?);
    }
    parts.push(literal("}"));
    Ok(Form::Sequence(parts))
}

/// How long a text may get. Tokens are what is counted while it is written; characters are counted too where the type was
/// written in characters or bytes, since a token may be many of them.
fn text(size: &TextSize) -> Form {
    let in_tokens = size.chars >= size.tokens.saturating_mul(8);
    let chars = size.chars.min(size.bytes / 4);
    Form::Text { tokens: size.tokens, chars: (!in_tokens).then_some(chars) }
}

/// Any JSON that is sure to fit: a scalar, or an object of a few short scalars.
fn json(tokens: u64) -> Form {
    const WORD: u64 = 12;
    const PAIR: u64 = 2 * WORD + 8;
    let word = || string(Form::Text { tokens: WORD, chars: None });
    let scalar = || {
        let number = pattern(r"-?(0|[1-9][0-9]{0,8})(\.[0-9]{1,2})?", 14);
        Form::Choice(vec![literal("null"), literal("true"), literal("false"), number, flat(word())])
    };
    let pair = |comma: &str| flat(Form::Sequence(vec![literal(comma), word(), literal(":"), scalar()]));
    let mut ways = vec![literal("null"), literal("{}")];
    if tokens > PAIR {
        ways.push(scalar());
        // `{}` and its content, longer by one pair each time.
        let mut parts = vec![literal("{"), pair("")];
        for _ in 1..(tokens / PAIR).min(16) {
            parts.push(Form::Choice(vec![literal(""), pair(",")]));
        }
        parts.push(literal("}"));
        ways.push(flat(Form::Sequence(parts)));
    }
    Form::Choice(ways)
}

fn string(inside: Form) -> Form {
    Form::Sequence(vec![literal("\""), inside, literal("\"")])
}

fn literal(text: &str) -> Form {
    Form::Literal(text.to_owned())
}

pub(super) fn pattern(regex: &str, tokens: u64) -> Form {
    Form::Pattern { regex: regex.to_owned(), tokens }
}

fn quoted(text: &str) -> String {
    serde_json::Value::from(text).to_string()
}

fn problem(reason: &str) -> LocalError {
    LocalError::Grammar { reason: reason.to_owned() }
}

/// Sequences in sequences are one, and what is fixed stands together: the longer a literal, the more of it is forced.
pub(super) fn flat(form: Form) -> Form {
    let mut parts = Vec::new();
    flatten(form, &mut parts);
    match parts.len() {
        1 => parts.swap_remove(0),
        _ => Form::Sequence(parts),
    }
}

fn flatten(form: Form, parts: &mut Vec<Form>) {
    match form {
        Form::Sequence(inner) => inner.into_iter().for_each(|part| flatten(part, parts)),
        Form::Literal(text) => match parts.last_mut() {
            Some(Form::Literal(before)) => before.push_str(&text),
            Some(_) | None => parts.push(Form::Literal(text)),
        },
        Form::Choice(_) | Form::Text { .. } | Form::Pattern { .. } | Form::List { .. } => parts.push(form),
    }
}
