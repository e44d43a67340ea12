//! Expressions, statements and patterns by the grammar.

use super::{Node, Rule, cooked, item, node};

/// The parts of a node, each by itself.
pub(super) fn inner(pair: Node<'_>) -> Result<Vec<String>, String> {
    pair.into_inner().map(expr).collect()
}

pub(super) fn expr(pair: Node<'_>) -> Result<String, String> {
    let rule = pair.as_rule();
    Ok(match rule {
        Rule::expr => {
            let parts = inner(pair)?;
            if let [attempt, handler] = parts.as_slice() {
                node("else", [attempt.clone(), handler.clone()])
            } else {
                parts.concat()
            }
        }
        Rule::or | Rule::head_or => folded(pair, "or")?,
        Rule::and | Rule::head_and => folded(pair, "and")?,
        Rule::compared | Rule::head_compared => compared(pair)?,
        Rule::cut | Rule::head_cut => tails(pair)?,
        Rule::sum
        | Rule::times_
        | Rule::head_sum
        | Rule::head_times
        | Rule::amount
        | Rule::product
        | Rule::slice_from
        | Rule::slice_product => signed(pair)?,
        Rule::negated | Rule::head_negated => node("not", inner(pair)?),
        Rule::opposite | Rule::head_opposite => node("-", inner(pair)?),
        Rule::tailed | Rule::head_tailed => tails(pair)?,
        Rule::head | Rule::grouped | Rule::slice_to => inner(pair)?.concat(),
        Rule::literal => literal(pair),
        Rule::name
        | Rule::small
        | Rule::camel
        | Rule::free
        | Rule::field_name
        | Rule::constant
        | Rule::any
        | Rule::member => pair.as_str().to_owned(),
        Rule::bare_name => pair.as_str().to_owned(),
        Rule::it_field => node("it", inner(pair)?),
        Rule::list => node("list", inner(pair)?),
        Rule::args => inner(pair)?.join(" "),
        Rule::call | Rule::call_of => node("call", inner(pair)?),
        Rule::record => node("record", inner(pair)?),
        Rule::record_field => node(":", inner(pair)?),
        Rule::braces | Rule::statements => block(pair)?,
        Rule::if_ | Rule::match_ | Rule::each | Rule::loop_ => return control(pair),
        Rule::skip => "(skip)".to_owned(),
        Rule::break_ => "(break)".to_owned(),
        Rule::return_ => node("return", inner(pair)?),
        Rule::escalate => node("escalate", inner(pair)?),
        Rule::classify => node("classify", inner(pair)?),
        Rule::embed => node("embed", inner(pair)?),
        Rule::by => inner(pair)?.concat(),
        Rule::load => node("load", pair.into_inner().map(|text| cooked::quoted(&text))),
        Rule::ask => item::ask(pair)?,
        Rule::let_ | Rule::var => {
            let name = if rule == Rule::var { "var" } else { "let" };
            node(name, pair.into_inner().map(typed).collect::<Result<Vec<_>, _>>()?)
        }
        Rule::assign => node("=", inner(pair)?),
        Rule::check => node("check", inner(pair)?),
        Rule::arm => node("arm", inner(pair)?),
        Rule::pattern | Rule::head_pattern => inner(pair)?.concat(),
        Rule::empty => "(empty)".to_owned(),
        Rule::variant_pattern | Rule::head_variant => node("variant", inner(pair)?),
        Rule::pattern_fields => inner(pair)?.join(" "),
        other => return item::part(pair).map_err(|why| format!("{other:?}: {why}")),
    })
}

fn typed(pair: Node<'_>) -> Result<String, String> {
    if pair.as_rule() == Rule::ty { Ok(node("type", [item::ty(pair)?])) } else { expr(pair) }
}

fn folded(pair: Node<'_>, name: &str) -> Result<String, String> {
    let mut parts = inner(pair)?.into_iter();
    let first = parts.next().unwrap_or_default();
    Ok(parts.fold(first, |left, right| node(name, [left, right])))
}

/// Operands with signs between them.
fn signed(pair: Node<'_>) -> Result<String, String> {
    let mut pairs = pair.into_inner();
    let mut left = expr(pairs.next().ok_or("an operand")?)?;
    while let (Some(sign), Some(right)) = (pairs.next(), pairs.next()) {
        left = node(sign.as_str(), [left, expr(right)?]);
    }
    Ok(left)
}

fn compared(pair: Node<'_>) -> Result<String, String> {
    let mut pairs = pair.into_inner();
    let left = expr(pairs.next().ok_or("an operand")?)?;
    let Some(next) = pairs.next() else { return Ok(left) };
    let rule = next.as_rule();
    if rule == Rule::sign {
        let right = expr(pairs.next().ok_or("an operand")?)?;
        return Ok(node(next.as_str(), [left, right]));
    }
    if matches!(rule, Rule::in_ | Rule::not_in | Rule::head_in | Rule::head_not_in) {
        let name = if matches!(rule, Rule::in_ | Rule::head_in) { "in" } else { "not-in" };
        return Ok(node(name, [left, inner(next)?.concat()]));
    }
    let mut parts: Vec<Node<'_>> = next.into_inner().collect();
    let right = parts.pop().ok_or("a pattern")?;
    let negated = !parts.is_empty();
    let is_pattern = matches!(right.as_rule(), Rule::pattern | Rule::head_pattern);
    let name = match (is_pattern, negated) {
        (true, false) => "is",
        (true, true) => "is-not",
        (false, false) => "==",
        (false, true) => "!=",
    };
    Ok(node(name, [left, expr(right)?]))
}

/// A value and what hangs on it.
fn tails(pair: Node<'_>) -> Result<String, String> {
    let mut pairs = pair.into_inner();
    let mut value = expr(pairs.next().ok_or("a value")?)?;
    for tail in pairs {
        value = match tail.as_rule() {
            Rule::dot => node(".", [value, inner(tail)?.concat()]),
            Rule::at => node("index", [value, inner(tail)?.concat()]),
            Rule::slice => {
                let (mut from, mut to) = ("-".to_owned(), "-".to_owned());
                for end in tail.into_inner() {
                    let place = if end.as_rule() == Rule::slice_from { &mut from } else { &mut to };
                    *place = expr(end)?;
                }
                node("slice", [value, from, to])
            }
            Rule::within => node("within", [value, node("limits", item::limits(tail)?)]),
            Rule::when | Rule::head_when => node("when", [vec![value], inner(tail)?].concat()),
            Rule::cut_to => node("cut", [value, inner(tail)?.concat()]),
            Rule::fit => node("fits", [value, node("fit", inner(tail)?)]),
            other => return Err(format!("{other:?} is no tail")),
        };
    }
    Ok(value)
}

fn block(pair: Node<'_>) -> Result<String, String> {
    let pair =
        if pair.as_rule() == Rule::braces { pair.into_inner().next().ok_or("a block has statements")? } else { pair };
    Ok(node("block", inner(pair)?))
}

fn control(pair: Node<'_>) -> Result<String, String> {
    let rule = pair.as_rule();
    let parts: Vec<Node<'_>> = pair.into_inner().collect();
    Ok(match rule {
        Rule::if_ => node("if", parts.into_iter().map(expr).collect::<Result<Vec<_>, _>>()?),
        Rule::match_ => node("match", parts.into_iter().map(expr).collect::<Result<Vec<_>, _>>()?),
        Rule::loop_ => {
            let mut parts = parts.into_iter().map(expr).collect::<Result<Vec<_>, _>>()?;
            if parts.len() == 1 {
                parts.insert(0, "-".to_owned());
            }
            node("loop", parts)
        }
        _ => {
            let mut parts = parts.into_iter().map(expr).collect::<Result<Vec<_>, _>>()?;
            if parts.len() == 3 {
                parts.insert(2, "-".to_owned());
            }
            node("each", parts)
        }
    })
}

/// A literal as it stands in a shape.
pub(super) fn literal(pair: Node<'_>) -> String {
    let Some(inner) = pair.into_inner().next() else { return String::new() };
    let written = inner.as_str();
    match inner.as_rule() {
        Rule::text | Rule::block => cooked::quoted(&inner),
        Rule::bool | Rule::null => written.to_owned(),
        Rule::negative => {
            let amount = inner.clone().into_inner().next().map_or("", |amount| amount.as_str()).replace('_', "");
            match amount.strip_prefix('$') {
                Some(digits) => format!("$-{digits}"),
                None if amount.contains('.') => format!("-{amount}"),
                None => whole(&amount).map_or(amount, |value| if value == "0" { value } else { format!("-{value}") }),
            }
        }
        Rule::number => {
            let unit = written.find(|c: char| c.is_ascii_alphabetic() || c == '%').unwrap_or(written.len());
            let (digits, unit) = written.split_at(unit);
            let digits = digits.replace('_', "");
            let value = if digits.contains('.') { digits } else { whole(&digits).unwrap_or(digits) };
            format!("{value}{unit}")
        }
        _ => written.replace('_', ""),
    }
}

/// Digits without zeros before them.
fn whole(digits: &str) -> Option<String> {
    digits.parse::<u64>().ok().map(|value| value.to_string())
}
