//! JSON as a value of a type. What does not fit is named by its path: ``input `t.body` is 1,310 tokens, at most 1,200 are allowed``.

use std::fmt;

use flow_compiler::cost::Money;
use flow_compiler::diagnostic::nearest;
use flow_compiler::program::{EnumId, Field, RecordId, TextSize, Ty, Types, Variant};
use serde_json::{Map, Value as Json};

use super::cut;
use super::{Sizer, Value};

/// Where JSON comes from, which decides what is done about what does not fit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Source {
    /// A flow's input: refused at the door.
    Input,
    /// A model's answer: invalid, except that a score is rounded to its hundredths.
    Answer,
    /// A tool's result: texts and lists are cut to their size, fields that were not asked for are dropped.
    Tool,
}

/// What does not fit.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Misfit {
    /// The place: `t.body`, `xs[2].name`; empty for the whole.
    pub path: String,
    /// What is wrong with it: `is 1,310 tokens, at most 1,200 are allowed`.
    pub problem: String,
    /// What was meant, perhaps.
    pub help: Option<String>,
}

impl fmt::Display for Misfit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.path.as_str() {
            "" => write!(f, "it {}", self.problem),
            path => write!(f, "`{path}` {}", self.problem),
        }
    }
}

/// Reads JSON as a value of a type. `path` names the whole.
///
/// # Errors
/// The first place that does not fit.
pub fn read(
    json: &Json,
    ty: &Ty,
    path: &str,
    types: &Types,
    sizer: &Sizer,
    source: Source,
) -> Result<Value, Box<Misfit>> {
    Reader { types, sizer, source }.value(json, ty, path)
}

struct Reader<'a> {
    types: &'a Types,
    sizer: &'a Sizer,
    source: Source,
}

impl Reader<'_> {
    fn value(&self, json: &Json, ty: &Ty, path: &str) -> Result<Value, Box<Misfit>> {
        match ty {
            Ty::Null if json.is_null() => Ok(Value::Null),
            Ty::Null => wrong(path, json, "null"),
            Ty::Bool => json.as_bool().map_or_else(|| wrong(path, json, "true or false"), |is| Ok(Value::Bool(is))),
            Ty::Int { low, high } => self.int(json, *low, *high, path),
            Ty::Usd { most } => self.usd(json, *most, path),
            Ty::Score => self.score(json, path),
            Ty::Date => self.date(json, path),
            Ty::Id => self.text(json, &TextSize { tokens: 64, chars: 64, bytes: 64 }, path),
            Ty::Text(size) => self.text(json, size, path),
            Ty::Json(size) => self.json(json, size, path),
            Ty::List { element, low, high } => self.list(json, element, *low, *high, path),
            Ty::Optional(_) if json.is_null() => Ok(Value::Null),
            Ty::Optional(inner) => self.value(json, inner, path),
            Ty::Record(id) => self.record(json, *id, path),
            Ty::Enum(id) => self.variant(json, *id, path),
            Ty::Vector | Ty::Never | Ty::Unknown => misfit(path, "cannot be written as JSON"),
        }
    }

    fn int(&self, json: &Json, low: i64, high: i64, path: &str) -> Result<Value, Box<Misfit>> {
        match json.as_i64() {
            Some(value) if (low..=high).contains(&value) => Ok(Value::Int(value)),
            Some(value) => misfit(path, format!("is {value}, allowed is {low} to {high}")),
            None => wrong(path, json, "a whole number"),
        }
    }

    fn usd(&self, json: &Json, most: Money, path: &str) -> Result<Value, Box<Misfit>> {
        // INVARIANT I-26: dollars are read from their decimal digits and never pass through arithmetic on floats.
        let Json::Number(number) = json else { return wrong(path, json, "a number of dollars") };
        match plain(&number.to_string()).parse::<Money>() {
            Ok(amount) if amount <= most => Ok(Value::Usd(amount)),
            Ok(_) => misfit(path, format!("is ${number}, at most {} is allowed", most.rounded_up())),
            Err(_) => misfit(path, format!("is {number}, which is no amount of dollars with at most nine decimals")),
        }
    }

    fn score(&self, json: &Json, path: &str) -> Result<Value, Box<Misfit>> {
        let Json::Number(number) = json else { return wrong(path, json, "a number from 0.00 to 1.00") };
        let outside = || Misfit::at(path, format!("is {number}, allowed is 0.00 to 1.00"));
        let digits = number.to_string();
        let (whole, decimals) = digits.split_once('.').unwrap_or((&digits, ""));
        let whole: u8 = whole.parse().map_err(|_| outside())?;
        if !decimals.bytes().all(|byte| byte.is_ascii_digit()) {
            return Err(outside());
        }
        let digit = |at: usize| decimals.as_bytes().get(at).map_or(0, |byte| byte - b'0');
        let rest = decimals.trim_end_matches('0').len();
        if rest > 2 && self.source == Source::Input {
            return misfit(path, format!("is {number}, a score has two decimals"));
        }
        let up = u8::from(digit(2) >= 5);
        let hundredths = whole.checked_mul(100).and_then(|n| n.checked_add(digit(0) * 10 + digit(1) + up));
        match hundredths {
            Some(value) if value <= 100 => Ok(Value::Score(value)),
            Some(_) | None => Err(outside()),
        }
    }

    fn date(&self, json: &Json, path: &str) -> Result<Value, Box<Misfit>> {
        let Json::String(text) = json else { return wrong(path, json, "a day like \"2026-11-23\"") };
        match text.parse::<jiff::civil::Date>() {
            Ok(date) if date.to_string() == *text => Ok(Value::text(text.as_str())),
            Ok(_) | Err(_) => misfit(path, "is no day like \"2026-11-23\""),
        }
    }

    fn text(&self, json: &Json, size: &TextSize, path: &str) -> Result<Value, Box<Misfit>> {
        let Json::String(text) = json else { return wrong(path, json, "a text") };
        if self.source == Source::Tool {
            return Ok(Value::text(self.sizer.cut(text, size)));
        }
        match self.sizer.excess(text, size) {
            None => Ok(Value::text(text.as_str())),
            Some(problem) => misfit(path, problem),
        }
    }

    fn json(&self, json: &Json, size: &TextSize, path: &str) -> Result<Value, Box<Misfit>> {
        match self.sizer.excess(&json.to_string(), size) {
            None => Ok(Value::Json(json.clone().into())),
            Some(problem) => misfit(path, problem),
        }
    }

    fn list(&self, json: &Json, element: &Ty, low: u64, high: u64, path: &str) -> Result<Value, Box<Misfit>> {
        let Json::Array(items) = json else { return wrong(path, json, "a list") };
        let items = if self.source == Source::Tool { cut::head(items, high) } else { items };
        let count = items.len() as u64;
        if count > high {
            return misfit(path, format!("has {count} elements, at most {high} are allowed"));
        }
        if count < low {
            return misfit(path, format!("has {count} elements, at least {low} are needed"));
        }
        let values = items.iter().enumerate().map(|(at, item)| self.value(item, element, &format!("{path}[{at}]")));
        Ok(Value::list(values.collect::<Result<_, _>>()?))
    }

    fn record(&self, json: &Json, id: RecordId, path: &str) -> Result<Value, Box<Misfit>> {
        let Some(record) = self.types.records.get(id.index()) else { return misfit(path, "has no known type") };
        match json.as_object() {
            Some(object) => Ok(Value::Record(id, self.fields(object, &record.fields, path)?.into())),
            None => wrong(path, json, &format!("an object with {}", names(&record.fields))),
        }
    }

    fn fields(&self, object: &Map<String, Json>, fields: &[Field], path: &str) -> Result<Vec<Value>, Box<Misfit>> {
        let unknown = object.keys().find(|key| !fields.iter().any(|field| field.name == **key));
        if let Some(key) = unknown.filter(|_| self.source != Source::Tool) {
            let near = nearest(key, fields.iter().map(|field| field.name.as_str()));
            let help =
                near.map_or_else(|| format!("it has {}", names(fields)), |near| format!("did you mean `{near}`?"));
            return Err(Box::new(Misfit {
                path: join(path, key),
                problem: "is no field that was asked for".into(),
                help: Some(help),
            }));
        }
        let field = |field: &Field| match (object.get(&field.name), &field.ty) {
            (Some(value), ty) => self.value(value, ty, &join(path, &field.name)),
            (None, Ty::Optional(_)) => Ok(Value::Null),
            (None, _) => misfit(&join(path, &field.name), "is missing"),
        };
        fields.iter().map(field).collect()
    }

    fn variant(&self, json: &Json, id: EnumId, path: &str) -> Result<Value, Box<Misfit>> {
        let Some(declared) = self.types.enums.get(id.index()) else { return misfit(path, "has no known type") };
        let only = json.as_object().filter(|object| object.len() == 1).and_then(|object| object.iter().next());
        let (name, payload) = match (json, only) {
            (Json::String(name), _) => (name, None),
            (_, Some((name, Json::Object(fields)))) => (name, Some(fields)),
            (_, Some(_) | None) => return wrong(path, json, &variants(&declared.variants)),
        };
        let Some((index, variant)) = (0u32..).zip(&declared.variants).find(|(_, variant)| variant.name == *name) else {
            let near = nearest(name, declared.variants.iter().map(|variant| variant.name.as_str()));
            return Err(Box::new(Misfit {
                path: path.to_owned(),
                problem: format!("is \"{name}\", allowed is {}", variants(&declared.variants)),
                help: near.map(|near| format!("did you mean `{near}`?")),
            }));
        };
        let values = match (payload, variant.fields.is_empty()) {
            (None, true) => Vec::new(),
            (Some(fields), _) => self.fields(fields, &variant.fields, &join(path, name))?,
            (None, false) => return misfit(path, format!("is \"{name}\" without {}", names(&variant.fields))),
        };
        Ok(Value::Variant(id, index, values.into()))
    }
}

impl Misfit {
    fn at(path: &str, problem: impl Into<String>) -> Box<Misfit> {
        Box::new(Misfit { path: path.to_owned(), problem: problem.into(), help: None })
    }
}

fn misfit<T>(path: &str, problem: impl Into<String>) -> Result<T, Box<Misfit>> {
    Err(Misfit::at(path, problem))
}

fn wrong<T>(path: &str, json: &Json, wanted: &str) -> Result<T, Box<Misfit>> {
    let is = match json {
        Json::Null => "null".to_owned(),
        Json::Bool(value) => value.to_string(),
        Json::Number(number) => number.to_string(),
        Json::String(_) => "a text".to_owned(),
        Json::Array(_) => "a list".to_owned(),
        Json::Object(_) => "an object".to_owned(),
    };
    misfit(path, format!("is {is}, not {wanted}"))
}

fn join(path: &str, key: &str) -> String {
    if path.is_empty() { key.to_owned() } else { format!("{path}.{key}") }
}

fn names(fields: &[Field]) -> String {
    let names: Vec<String> = fields.iter().map(|field| format!("`{}`", field.name)).collect();
    names.join(", ")
}

fn variants(variants: &[Variant]) -> String {
    let names: Vec<String> = variants.iter().map(|variant| format!("\"{}\"", variant.name)).collect();
    names.join(" or ")
}

/// A number without an exponent: small amounts are shown as `1e-9`, and are the digits `0.000000001` all the same.
fn plain(number: &str) -> String {
    let written = || {
        let (digits, exponent) = number.split_once(['e', 'E'])?;
        let places: usize = exponent.strip_prefix('-')?.parse().ok().filter(|places| *places < 40)?;
        let (whole, fraction) = digits.split_once('.').unwrap_or((digits, ""));
        let zeros = "0".repeat(places.checked_sub(whole.len())?);
        Some(format!("0.{zeros}{whole}{fraction}"))
    };
    written().unwrap_or_else(|| number.to_owned())
}
