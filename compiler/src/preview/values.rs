//! What is known of the parameters of a step. In: JSON. Out: values of the parameters' types, and what expressions over them come
//! to, as far as it can be told without running anything.
#![expect(clippy::wildcard_enum_match_arm, reason = "what is not told apart is not known, or does not fit")]

use std::collections::HashMap;

use serde_json::{Map, Number, Value as Json};

use crate::cost::Money;
use crate::program::{Builtin, Expr, Field, Literal, Operator, Program, Slot, Step, Test, TextSize, Ty, Types};
use crate::tokens::{Counter, cut_to};

/// Values of parameters by their names, each as JSON in the form of its type. Empty: nothing is known.
#[derive(Clone, Debug, Default)]
pub struct Values {
    by_name: Map<String, Json>,
}

/// What does not fit.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Misfit {
    /// The place: `q.topic`, `xs[2]`.
    pub path: String,
    /// What is wrong with it: `is no whole number from 0 to 9`.
    pub problem: String,
    /// The name that was given there, where one is asked for.
    pub named: String,
    /// What may stand there instead: parameters, fields, variants.
    pub known: Vec<String>,
}

impl Values {
    /// Reads an object with a value for each parameter that is known; where the step has one parameter, a value for it.
    ///
    /// # Errors
    /// The first place that does not fit.
    pub fn read(program: &Program, step: &Step, json: &Json) -> Result<Values, Misfit> {
        let reader = Reader { types: &program.types, readers: counters(program) };
        let names: Vec<String> = step.params.iter().map(|param| param.name.clone()).collect();
        let given = match (json, step.params.as_slice()) {
            (Json::Object(given), _) if given.keys().any(|name| names.contains(name)) => given.clone(),
            (json, [only]) if !json.is_object() || takes_object(&only.ty) && !is_empty_object(json) => {
                Map::from_iter([(only.name.clone(), json.clone())])
            }
            (Json::Object(given), _) => given.clone(),
            _ => {
                return Err(Misfit {
                    path: String::new(),
                    problem: "is no object".to_owned(),
                    named: String::new(),
                    known: names,
                });
            }
        };
        let mut by_name = Map::new();
        for (name, value) in given {
            let Some(param) = step.params.iter().find(|param| param.name == name) else {
                return Err(Misfit {
                    path: name.clone(),
                    named: name,
                    problem: "is no parameter of the step".to_owned(),
                    known: names,
                });
            };
            by_name.insert(name.clone(), reader.value(&value, &param.ty, &name)?);
        }
        Ok(Values { by_name })
    }

    /// What is known in the templates of a step.
    pub(super) fn of<'p>(&self, program: &'p Program, step: &Step) -> Known<'p> {
        let params = step.params.iter();
        let slots = params.filter_map(|param| Some((param.slot, self.by_name.get(&param.name)?.clone())));
        Known { types: &program.types, readers: counters(program), slots: slots.collect() }
    }
}

/// Whether a value of the type may be an object, so that an object may be the value itself.
fn takes_object(ty: &Ty) -> bool {
    match ty {
        Ty::Optional(inner) => takes_object(inner),
        _ => matches!(ty, Ty::Record(_) | Ty::Enum(_) | Ty::Json(_)),
    }
}

fn is_empty_object(json: &Json) -> bool {
    json.as_object().is_some_and(Map::is_empty)
}

fn counters(program: &Program) -> Vec<Counter> {
    let models = program.readers.iter().filter_map(|id| program.models.get(id.index()));
    models.map(|model| Counter::of(&model.tokenizer)).collect()
}

/// JSON to JSON in the one form of a type: fields in order, numbers without needless zeros.
struct Reader<'p> {
    types: &'p Types,
    readers: Vec<Counter>,
}

impl Reader<'_> {
    fn value(&self, json: &Json, ty: &Ty, path: &str) -> Result<Json, Misfit> {
        let wrong = |wanted: String| {
            Err(Misfit { path: path.to_owned(), problem: wanted, named: String::new(), known: Vec::new() })
        };
        match (ty, json) {
            (Ty::Optional(_) | Ty::Null, Json::Null) => Ok(Json::Null),
            (Ty::Optional(inner), _) => self.value(json, inner, path),
            (Ty::Bool, Json::Bool(_)) => Ok(json.clone()),
            (Ty::Int { low, high }, _) => match json.as_i64() {
                Some(value) if (*low..=*high).contains(&value) => Ok(json.clone()),
                _ => wrong(format!("is no whole number from {low} to {high}")),
            },
            (Ty::Usd { most }, Json::Number(number)) => match digits(&number.to_string()).parse::<Money>() {
                Ok(amount) if amount <= *most => Ok(decimal(&plain(amount))),
                _ => wrong(format!("is no amount up to {}", crate::types::dollars(*most))),
            },
            (Ty::Score, Json::Number(number)) => {
                hundredths(&number.to_string()).map_or_else(|| wrong("is no score from 0.00 to 1.00".to_owned()), Ok)
            }
            (Ty::Date, Json::String(text)) if crate::types::is_day(text) => Ok(json.clone()),
            (Ty::Id, Json::String(text)) if text.len() <= 64 => Ok(json.clone()),
            (Ty::Text(size), Json::String(text)) => self.sized(json, text, *size, path),
            (Ty::Json(size), _) => self.sized(json, &json.to_string(), *size, path),
            (Ty::List { element, low, high }, Json::Array(items)) => {
                if !(*low..=*high).contains(&(items.len() as u64)) {
                    return wrong(format!("has {} elements, from {low} to {high} are allowed", items.len()));
                }
                let items = items.iter().enumerate();
                items.map(|(at, item)| self.value(item, element, &format!("{path}[{at}]"))).collect()
            }
            (Ty::Record(id), Json::Object(given)) => {
                let fields = self.types.records.get(id.index()).map_or(&[][..], |record| &record.fields);
                self.fields(given, fields, path)
            }
            (Ty::Enum(id), _) => {
                let variants = self.types.enums.get(id.index()).map_or(&[][..], |of| of.variants.as_slice());
                let named = json.as_str().or_else(|| json.as_object()?.keys().next().map(String::as_str));
                match (variants.iter().find(|variant| Some(variant.name.as_str()) == named), json) {
                    (Some(variant), Json::String(_)) if variant.fields.is_empty() => Ok(json.clone()),
                    (Some(variant), Json::Object(given)) if given.len() == 1 && !variant.fields.is_empty() => {
                        let path = format!("{path}.{}", variant.name);
                        match given.get(&variant.name).and_then(Json::as_object) {
                            Some(inside) => {
                                let inside = self.fields(inside, &variant.fields, &path)?;
                                Ok(Json::Object(Map::from_iter([(variant.name.clone(), inside)])))
                            }
                            None => wrong("is no object with the fields of the variant".to_owned()),
                        }
                    }
                    _ => Err(Misfit {
                        path: path.to_owned(),
                        problem: format!("is no `{}`", crate::types::show(ty, self.types)),
                        named: named.unwrap_or_default().to_owned(),
                        known: variants.iter().map(|variant| variant.name.clone()).collect(),
                    }),
                }
            }
            _ => wrong(format!("is no `{}`", crate::types::show(ty, self.types))),
        }
    }

    fn sized(&self, json: &Json, text: &str, most: TextSize, path: &str) -> Result<Json, Misfit> {
        let size = TextSize::of_text(text, &self.readers);
        if size.fits(most) {
            return Ok(json.clone());
        }
        let (tokens, bytes) = (size.tokens, size.bytes);
        let problem = format!("has {tokens} tokens and {bytes} bytes, at most {} are allowed", most.show());
        Err(Misfit { path: path.to_owned(), problem, named: String::new(), known: Vec::new() })
    }

    fn fields(&self, given: &Map<String, Json>, fields: &[Field], path: &str) -> Result<Json, Misfit> {
        let names = || fields.iter().map(|field| field.name.clone()).collect();
        if let Some(name) = given.keys().find(|name| fields.iter().all(|field| field.name != **name)) {
            let path = format!("{path}.{name}");
            return Err(Misfit { path, problem: "is no field of it".to_owned(), named: name.clone(), known: names() });
        }
        let mut made = Map::new();
        for field in fields {
            let path = format!("{path}.{}", field.name);
            let value = match (given.get(&field.name), &field.ty) {
                (Some(value), ty) => self.value(value, ty, &path)?,
                (None, Ty::Optional(_)) => Json::Null,
                (None, _) => {
                    return Err(Misfit {
                        path,
                        problem: "is missing".to_owned(),
                        named: String::new(),
                        known: Vec::new(),
                    });
                }
            };
            made.insert(field.name.clone(), value);
        }
        Ok(Json::Object(made))
    }
}

/// What is known while a template is drawn.
pub(super) struct Known<'p> {
    types: &'p Types,
    readers: Vec<Counter>,
    slots: HashMap<Slot, Json>,
}

impl Known<'_> {
    pub(super) fn bind(&mut self, slot: Slot, value: Json) {
        self.slots.insert(slot, value);
    }

    pub(super) fn without(&mut self, slot: Slot) {
        self.slots.remove(&slot);
    }

    /// A value as a prompt shows it.
    pub(super) fn shown(&self, expr: &Expr, ty: &Ty) -> Option<String> {
        Some(shown(&self.value(expr)?, ty))
    }

    /// Data that had to be changed is held to its size again.
    pub(super) fn held(&self, text: &str, ty: &Ty) -> String {
        match ty {
            Ty::Text(size) => cut(text, *size, &self.readers).to_owned(),
            _ => text.to_owned(),
        }
    }

    pub(super) fn list(&self, expr: &Expr) -> Option<Vec<Json>> {
        match self.value(expr)? {
            Json::Array(items) => Some(items),
            _ => None,
        }
    }

    pub(super) fn truth(&self, expr: &Expr) -> Option<bool> {
        self.value(expr)?.as_bool()
    }

    fn value(&self, expr: &Expr) -> Option<Json> {
        match expr {
            Expr::Literal(literal) => Some(written(literal)),
            Expr::Slot(slot) => self.slots.get(slot).cloned(),
            Expr::Field(of, name) => self.value(of)?.get(name).cloned(),
            Expr::Payload { value, field } => self.value(value)?.as_object()?.values().next()?.get(field).cloned(),
            Expr::Pluck(of, name) => self.list(of)?.iter().map(|item| item.get(name).cloned()).collect(),
            Expr::Index(of, at) => {
                let at = usize::try_from(self.value(at)?.as_i64()?).ok()?;
                Some(self.list(of)?.get(at).cloned().unwrap_or(Json::Null))
            }
            Expr::Slice { value, from, to } => slice(self.value(value)?, *from, *to),
            Expr::Cut(of, size) => Some(Json::from(cut(self.value(of)?.as_str()?, *size, &self.readers))),
            Expr::Not(of) => Some(Json::Bool(!self.truth(of)?)),
            Expr::Is(of, test) => Some(Json::Bool(is(&self.value(of)?, test, self.types)?)),
            Expr::In(of, list) => Some(Json::Bool(self.list(list)?.contains(&self.value(of)?))),
            Expr::If(condition, then, otherwise) => self.value(if self.truth(condition)? { then } else { otherwise }),
            Expr::List(items) => items.iter().map(|item| self.value(item)).collect(),
            Expr::Variant(id, index, fields) if fields.is_empty() => {
                let variant = self.types.enums.get(id.index())?.variants.get(*index as usize)?;
                Some(Json::from(variant.name.as_str()))
            }
            Expr::Binary(op, left, right) => self.binary(*op, left, right),
            Expr::Builtin(Builtin::Len, args) => match self.value(args.first()?)? {
                Json::Array(items) => Some(Json::from(items.len())),
                Json::String(text) => Some(Json::from(text.chars().count())),
                _ => None,
            },
            Expr::Builtin(Builtin::Empty, args) => Some(Json::Bool(is_empty(&self.value(args.first()?)?))),
            Expr::Builtin(Builtin::First, args) => {
                Some(self.list(args.first()?)?.first().cloned().unwrap_or(Json::Null))
            }
            Expr::Builtin(Builtin::Last, args) => Some(self.list(args.first()?)?.last().cloned().unwrap_or(Json::Null)),
            // What takes more to compute stands at its declared size.
            Expr::Builtin(..)
            | Expr::Quantify { .. }
            | Expr::Record(..)
            | Expr::Variant(..)
            | Expr::Negate(_)
            | Expr::Fit(..)
            | Expr::Seen(_)
            | Expr::Signal(_)
            | Expr::Caller(_)
            | Expr::Env(_) => None,
        }
    }

    fn binary(&self, op: Operator, left: &Expr, right: &Expr) -> Option<Json> {
        match op {
            Operator::And if !self.truth(left)? => Some(Json::Bool(false)),
            Operator::Or if self.truth(left)? => Some(Json::Bool(true)),
            Operator::And | Operator::Or => Some(Json::Bool(self.truth(right)?)),
            Operator::Equal => Some(Json::Bool(self.value(left)? == self.value(right)?)),
            Operator::NotEqual => Some(Json::Bool(self.value(left)? != self.value(right)?)),
            Operator::Less | Operator::LessEqual | Operator::Greater | Operator::GreaterEqual => {
                let order = order(&self.value(left)?, &self.value(right)?)?;
                Some(Json::Bool(match op {
                    Operator::Less => order.is_lt(),
                    Operator::LessEqual => order.is_le(),
                    Operator::Greater => order.is_gt(),
                    _ => order.is_ge(),
                }))
            }
            Operator::Add | Operator::Subtract | Operator::Multiply => None,
        }
    }
}

/// Which of two numbers, amounts, scores or days is less.
fn order(left: &Json, right: &Json) -> Option<std::cmp::Ordering> {
    match (left, right) {
        (Json::String(left), Json::String(right)) => Some(left.cmp(right)),
        (Json::Number(left), Json::Number(right)) => match (left.as_i64(), right.as_i64()) {
            (Some(left), Some(right)) => Some(left.cmp(&right)),
            _ => {
                let amount = |number: &Number| digits(&number.to_string()).parse::<Money>().ok();
                Some(amount(left)?.cmp(&amount(right)?))
            }
        },
        _ => None,
    }
}

fn is(value: &Json, test: &Test, types: &Types) -> Option<bool> {
    match test {
        Test::Empty => Some(is_empty(value)),
        Test::Literal(literal) => Some(*value == written(literal)),
        Test::Variant(id, index) => {
            let variant = types.enums.get(id.index())?.variants.get(*index as usize)?;
            Some(match value {
                Json::Object(of) => of.contains_key(&variant.name),
                other => other.as_str() == Some(variant.name.as_str()),
            })
        }
    }
}

fn is_empty(value: &Json) -> bool {
    match value {
        Json::Array(items) => items.is_empty(),
        Json::String(text) => text.trim().is_empty(),
        _ => false,
    }
}

fn slice(value: Json, from: u64, to: Option<u64>) -> Option<Json> {
    let from = usize::try_from(from).unwrap_or(usize::MAX);
    let count = to.map_or(usize::MAX, |to| usize::try_from(to).unwrap_or(usize::MAX)).saturating_sub(from);
    match value {
        Json::Array(items) => Some(items.into_iter().skip(from).take(count).collect()),
        Json::String(text) => Some(Json::from(text.chars().skip(from).take(count).collect::<String>())),
        _ => None,
    }
}

/// The head of a text that has a size under every reader.
fn cut<'t>(text: &'t str, size: TextSize, readers: &[Counter]) -> &'t str {
    let chars = usize::try_from(size.chars).unwrap_or(usize::MAX);
    let end = text.char_indices().nth(chars).map_or(text.len(), |(at, _)| at);
    let bytes = usize::try_from(size.bytes).unwrap_or(usize::MAX);
    let head = text.get(..text.floor_char_boundary(end.min(bytes))).unwrap_or("");
    cut_to(head, size.tokens, readers)
}

/// A literal in the form of its type.
fn written(literal: &Literal) -> Json {
    match literal {
        Literal::Null => Json::Null,
        Literal::Bool(value) => Json::Bool(*value),
        Literal::Int(value) => Json::from(*value),
        Literal::Usd(amount) => decimal(&plain(*amount)),
        Literal::Score(value) => score(*value),
        Literal::Text(text) => Json::from(text.as_str()),
    }
}

/// A value as a hole shows it: texts as they are, dollars and scores with two decimals, the rest as compact JSON.
fn shown(value: &Json, ty: &Ty) -> String {
    match (ty, value) {
        (Ty::Optional(inner), value) if !value.is_null() => shown(value, inner),
        (Ty::Json(_), value) => value.to_string(),
        (Ty::Usd { .. }, Json::Number(number)) => two_decimals(&digits(&number.to_string())),
        (Ty::Score, Json::Number(number)) => two_decimals(&number.to_string()),
        (_, Json::String(text)) => text.clone(),
        (_, other) => other.to_string(),
    }
}

/// A number without an exponent: small amounts are shown as `1e-9` as JSON, and are the digits `0.000000001` all the same.
fn digits(number: &str) -> String {
    match number.split_once("e-").and_then(|(digits, places)| Some((digits, places.parse::<usize>().ok()?))) {
        Some((digits, places)) if places < 40 => {
            format!("0.{}{}", "0".repeat(places.saturating_sub(1)), digits.replace('.', ""))
        }
        _ => number.to_owned(),
    }
}

fn two_decimals(digits: &str) -> String {
    match digits.split_once('.') {
        Some((_, decimals)) if decimals.len() >= 2 => digits.to_owned(),
        Some(_) => format!("{digits}0"),
        None => format!("{digits}.00"),
    }
}

/// Dollars without needless zeros.
fn plain(amount: Money) -> String {
    amount.exact().trim_end_matches('0').trim_end_matches('.').to_owned()
}

/// A score from its digits, where it is one.
fn hundredths(digits: &str) -> Option<Json> {
    let (whole, decimals) = digits.split_once('.').unwrap_or((digits, ""));
    let decimals = decimals.trim_end_matches('0');
    let value: u8 = (decimals.len() <= 2).then(|| format!("{whole}{decimals:0<2}").parse().ok())??;
    (value <= 100).then(|| score(value))
}

/// A score as values of expressions and JSON have it: `0.85`, `1.00`.
fn score(hundredths: u8) -> Json {
    decimal(&format!("{}.{:02}", hundredths / 100, hundredths % 100))
}

/// A JSON number from its decimal digits.
fn decimal(digits: &str) -> Json {
    serde_json::from_str::<Number>(digits).map_or(Json::Null, Json::Number)
}
