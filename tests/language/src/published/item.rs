//! Declarations and their clauses by the grammar.

use super::expr::{expr, inner, literal};
use super::{Node, Rule, cooked, node};

pub(super) fn item(pair: Node<'_>) -> Result<String, String> {
    let mut parts = Vec::new();
    for pair in pair.into_inner() {
        parts.push(if pair.as_rule() == Rule::public { "pub".to_owned() } else { declaration(pair)? });
    }
    Ok(node("item", parts))
}

fn declaration(pair: Node<'_>) -> Result<String, String> {
    let rule = pair.as_rule();
    let name = match rule {
        Rule::use_ => "use",
        Rule::type_ => "type",
        Rule::enum_ => "enum",
        Rule::alias => "alias",
        Rule::const_ => "const",
        Rule::tier => "tier",
        Rule::route => "route",
        Rule::test => return Ok(node("test", texts_and_parts(pair)?)),
        Rule::eval => return Ok(node("eval", texts_and_parts(pair)?)),
        Rule::index => return index(pair),
        Rule::ceiling => return ceiling(pair),
        Rule::step => return body(pair, "step"),
        Rule::tool => return body(pair, "tool"),
        Rule::flow => return body(pair, "flow"),
        other => return Err(format!("{other:?} is no declaration")),
    };
    Ok(node(name, inner(pair)?))
}

fn texts_and_parts(pair: Node<'_>) -> Result<Vec<String>, String> {
    pair.into_inner()
        .map(|pair| if pair.as_rule() == Rule::text { Ok(cooked::quoted(&pair)) } else { expr(pair) })
        .collect()
}

/// Parts that only stand in declarations.
pub(super) fn part(pair: Node<'_>) -> Result<String, String> {
    let rule = pair.as_rule();
    Ok(match rule {
        Rule::path => node("path", inner(pair)?),
        Rule::names => node("names", inner(pair)?),
        Rule::with => inner(pair)?.join(" "),
        Rule::binding => node("binding", inner(pair)?),
        Rule::fields => inner(pair)?.join(" "),
        Rule::field | Rule::param => node("field", inner(pair)?),
        Rule::variant => node("variant", inner(pair)?),
        Rule::params => node("params", inner(pair)?),
        Rule::model => {
            let parts = pair.into_inner().map(|pair| {
                if pair.as_rule() == Rule::text { cooked::quoted(&pair) } else { pair.as_str().to_owned() }
            });
            node("model", parts.collect::<Vec<_>>())
        }
        Rule::ty => ty(pair)?,
        Rule::route_arm | Rule::ladder_arm => node("arm", inner(pair)?),
        Rule::rungs => node("rungs", inner(pair)?),
        Rule::route_call => node("route", inner(pair)?),
        Rule::ladder_match => node("match", inner(pair)?),
        Rule::limit => node("<=", inner(pair)?),
        Rule::on => node("on", inner(pair)?),
        Rule::accept => node("accept", inner(pair)?),
        Rule::retry => node("retry", inner(pair)?),
        Rule::repair => node("repair", inner(pair)?),
        Rule::input => node("input", inner(pair)?),
        Rule::output => node("output", inner(pair)?),
        Rule::think => node("think", inner(pair)?),
        Rule::time => node("time", inner(pair)?),
        Rule::turns => node("turns", inner(pair)?),
        Rule::keep => inner(pair)?.concat(),
        Rule::keep_all => "(keep all)".to_owned(),
        Rule::keep_last => node("keep-last", inner(pair)?),
        Rule::keep_cap => node("keep-tokens", inner(pair)?),
        Rule::tools => node("tools", inner(pair)?),
        Rule::system => node("system", inner(pair)?),
        Rule::format_none => "(format none)".to_owned(),
        Rule::cache | Rule::tool_cache => node("cache", inner(pair)?),
        Rule::like => node("like", inner(pair)?),
        Rule::class => node("class", inner(pair)?),
        Rule::interactive => "interactive".to_owned(),
        Rule::background => format!("background {}", inner(pair)?.first().map_or("-", String::as_str)),
        Rule::prompt => cooked::prompt(pair)?.join(" "),
        Rule::from => from(pair)?,
        Rule::effect => node("effect", inner(pair)?),
        Rule::once => node("once-per", inner(pair)?),
        Rule::price => node("price", inner(pair)?),
        Rule::gate => node("gate", inner(pair)?),
        Rule::deny => "(deny)".to_owned(),
        Rule::approve => node("approve", inner(pair)?),
        Rule::given => node("given", inner(pair)?),
        Rule::answers => node("answers", inner(pair)?),
        Rule::calls => inner(pair)?.join(" "),
        Rule::fails => node("fails", inner(pair)?),
        Rule::always => "(always)".to_owned(),
        Rule::times => node("times", inner(pair)?),
        Rule::run => {
            let call = inner(pair)?.concat();
            call.replacen("(call ", "(run ", 1)
        }
        Rule::then => node("then", inner(pair)?),
        Rule::score => node("score", inner(pair)?),
        Rule::success => node("success", inner(pair)?),
        Rule::require => node("require", inner(pair)?),
        Rule::promise => promise(pair)?,
        Rule::measured => inner(pair)?.concat(),
        other => return Err(format!("{other:?} is not known here")),
    })
}

pub(super) fn ty(pair: Node<'_>) -> Result<String, String> {
    let mut made = String::new();
    for part in pair.into_inner() {
        made = match part.as_rule() {
            Rule::base => {
                let base = part.into_inner().next().ok_or("a type has a name")?;
                match base.as_rule() {
                    Rule::bounded => node("<=", inner(base)?),
                    Rule::range => node("in", inner(base)?),
                    _ => base.as_str().to_owned(),
                }
            }
            Rule::optional => node("optional", [made]),
            _ => match part.into_inner().next() {
                None => node("list", [made, "-".to_owned(), "-".to_owned()]),
                Some(most) if most.as_rule() == Rule::at_most => {
                    node("list", [made, "-".to_owned(), inner(most)?.concat()])
                }
                Some(between) => node("list", [vec![made], inner(between)?].concat()),
            },
        };
    }
    Ok(made)
}

/// What `limits` holds.
pub(super) fn limits(pair: Node<'_>) -> Result<Vec<String>, String> {
    let limits = pair.into_inner().find(|pair| pair.as_rule() == Rule::limits).ok_or("there are limits")?;
    inner(limits)
}

fn index(pair: Node<'_>) -> Result<String, String> {
    let (mut parts, mut chunk, mut overlap, mut by) = (Vec::new(), "-".to_owned(), "-".to_owned(), String::new());
    for pair in pair.into_inner() {
        match pair.as_rule() {
            Rule::chunk => chunk = inner(pair)?.concat(),
            Rule::overlap => overlap = inner(pair)?.concat(),
            Rule::by => by = inner(pair)?.concat(),
            Rule::literal => parts.push(literal(pair)),
            _ => parts.push(expr(pair)?),
        }
    }
    parts.extend([chunk, overlap, by]);
    Ok(node("index", parts))
}

fn ceiling(pair: Node<'_>) -> Result<String, String> {
    let (mut parts, mut soft, mut over) = (Vec::new(), String::new(), String::new());
    let mut shadow = String::new();
    for pair in pair.into_inner() {
        match pair.as_rule() {
            Rule::shadow => "shadow".clone_into(&mut shadow),
            Rule::soft => soft = node("soft", inner(pair)?),
            Rule::over => {
                let parts = inner(pair)?;
                let rungs =
                    parts.iter().find(|part| part.starts_with("(rungs")).cloned().unwrap_or("(rungs)".to_owned());
                let escalates = parts.into_iter().filter(|part| part.starts_with("(escalate")).collect::<String>();
                over = node("over", [rungs, escalates]);
            }
            Rule::ceiling_limit => {
                let mut limit = Vec::new();
                for pair in pair.into_inner() {
                    if pair.as_rule() == Rule::limit { limit.extend(inner(pair)?) } else { limit.push(expr(pair)?) }
                }
                parts.push(node("<=", limit));
            }
            _ => parts.push(expr(pair)?),
        }
    }
    parts.extend([shadow, soft, over]);
    Ok(node("ceiling", parts))
}

fn from(pair: Node<'_>) -> Result<String, String> {
    let mut parts = Vec::new();
    for pair in pair.into_inner() {
        let member = pair.as_rule() == Rule::member;
        let part = expr(pair)?;
        parts.push(if member { node(".", [part]) } else { part });
    }
    Ok(node("from", parts))
}

fn promise(pair: Node<'_>) -> Result<String, String> {
    let mut sign = "<=";
    let mut parts = Vec::new();
    for pair in pair.into_inner() {
        if pair.as_rule() == Rule::bound {
            sign = pair.as_str();
        } else {
            parts.push(expr(pair)?);
        }
    }
    Ok(node(sign, parts))
}

pub(super) fn ask(pair: Node<'_>) -> Result<String, String> {
    let mut parts = Vec::new();
    for pair in pair.into_inner() {
        parts.push(if pair.as_rule() == Rule::prompt { node("question", cooked::prompt(pair)?) } else { expr(pair)? });
    }
    Ok(node("ask", parts))
}

/// A step, tool or flow: its signature, its clauses, and its prompt or block.
fn body(pair: Node<'_>, word: &str) -> Result<String, String> {
    let (mut head, mut result, mut clauses, mut last) = (Vec::new(), None, Vec::new(), String::new());
    let mut promises = vec![String::new(); 5];
    for pair in pair.into_inner() {
        match pair.as_rule() {
            Rule::small | Rule::params => head.push(expr(pair)?),
            Rule::ty => result = Some(ty(pair)?),
            Rule::prompt => last = node("prompt", cooked::prompt(pair)?),
            Rule::statements => last = expr(pair)?,
            Rule::budget => promises[0] = node("budget", limits(pair)?),
            Rule::owner => promises[1] = node("owner", pair.into_inner().map(|text| cooked::quoted(&text))),
            Rule::under => promises[2] = node("under", inner(pair)?),
            Rule::slo => promises[3] = node("slo", inner(pair)?),
            Rule::outcome => promises[4] = node("outcome", inner(pair)?),
            _ => clauses.push(expr(pair)?),
        }
    }
    head.push(result.unwrap_or("-".to_owned()));
    Ok(node(word, [head, promises, clauses, vec![last]].concat()))
}
