//! The values of texts, and the pieces of prompts: what the grammar says in words.

use super::{Node, Rule, expr, node, pieces_of};

/// The value of a text or block as it is written in a shape.
pub(super) fn quoted(pair: &Node<'_>) -> String {
    format!("{:?}", value(pair))
}

fn value(pair: &Node<'_>) -> String {
    if pair.as_rule() == Rule::block { dedented(pair.as_str()) } else { unescaped(pair.as_str()) }
}

fn unescaped(written: &str) -> String {
    let inner = &written[1..written.len() - 1];
    let mut made = String::new();
    let mut chars = inner.chars();
    while let Some(c) = chars.next() {
        if c != '\\' {
            made.push(c);
            continue;
        }
        match chars.next() {
            Some('n') => made.push('\n'),
            Some('t') => made.push('\t'),
            Some('r') => made.push('\r'),
            Some('u') => {
                let digits: String = chars.by_ref().skip(1).take_while(|c| *c != '}').collect();
                made.extend(u32::from_str_radix(&digits, 16).ok().and_then(char::from_u32));
            }
            other => made.extend(other),
        }
    }
    made
}

/// Without the indentation of the closing quotes, where they stand alone, and without the first and the last line break.
fn dedented(written: &str) -> String {
    let inner = &written[3..written.len() - 3];
    let lines: Vec<&str> = inner.split('\n').map(|line| line.trim_end_matches('\r')).collect();
    let [first, middle @ .., last] = lines.as_slice() else { return inner.to_owned() };
    let alone = last.trim().is_empty();
    let margin = if alone { *last } else { "" };
    let mut kept: Vec<&str> = Vec::new();
    if !first.trim().is_empty() {
        kept.push(first);
    }
    kept.extend(middle.iter().map(|line| line.strip_prefix(margin).unwrap_or_else(|| line.trim_start())));
    if !alone {
        kept.push(last);
    }
    kept.join("\n")
}

/// A piece of a prompt: text that grows, or a node that is done.
enum Piece {
    Text(String),
    Done(String),
    /// A tag, which takes its line with it where it stands alone on it.
    Tag,
}

/// The shape of a prompt's pieces.
pub(super) fn prompt(pair: Node<'_>) -> Result<Vec<String>, String> {
    let Some(text) = pair.into_inner().next() else { return Ok(Vec::new()) };
    let text = value(&text);
    let text = with_tags_alone(&text)?;
    let mut pieces = Vec::new();
    for pair in pieces_of(&text)? {
        pieces.extend(piece(pair)?);
    }
    Ok(shown(pieces))
}

/// Takes the lines of tags that stand alone out of a prompt, so that only the tags are left of them.
fn with_tags_alone(text: &str) -> Result<String, String> {
    let mut tags = Vec::new();
    for pair in pieces_of(text)? {
        collect_tags(pair, &mut tags);
    }
    tags.sort_unstable();
    let mut made = String::new();
    let mut from = 0;
    for (start, end) in tags {
        let blank = [' ', '\t'];
        let head = text[..start].trim_end_matches(blank);
        let after = text[end..].trim_start_matches(blank);
        let alone = (head.is_empty() || head.ends_with('\n')) && (after.is_empty() || after.starts_with('\n'));
        if alone {
            made.push_str(text.get(from..head.len()).unwrap_or(""));
            made.push_str(&text[start..end]);
            from = (text.len() - after.len() + 1).min(text.len());
        } else {
            made.push_str(text.get(from..end).unwrap_or(""));
            from = end;
        }
    }
    made.push_str(text.get(from..).unwrap_or(""));
    Ok(made)
}

fn collect_tags(pair: Node<'_>, tags: &mut Vec<(usize, usize)>) {
    let rule = pair.as_rule();
    if matches!(rule, Rule::each_opens | Rule::if_opens | Rule::tag_else | Rule::tag_end) {
        tags.push((pair.as_span().start(), pair.as_span().end()));
    } else if matches!(rule, Rule::tag_each | Rule::tag_if | Rule::then_pieces | Rule::else_pieces) {
        pair.into_inner().for_each(|inner| collect_tags(inner, tags));
    }
}

fn piece(pair: Node<'_>) -> Result<Vec<Piece>, String> {
    Ok(match pair.as_rule() {
        Rule::characters => vec![Piece::Text(pair.as_str().to_owned())],
        Rule::brace => vec![Piece::Text(pair.as_str()[..1].to_owned())],
        Rule::placeholder => vec![Piece::Done("(format)".to_owned())],
        Rule::hole => vec![Piece::Done(node("hole", expr::inner(pair)?))],
        Rule::raw => vec![Piece::Done(node("raw", expr::inner(pair)?))],
        Rule::tag_each => vec![Piece::Done(each(pair)?)],
        Rule::tag_if => vec![Piece::Done(if_(pair)?)],
        Rule::tag_end | Rule::tag_else => vec![Piece::Tag],
        other => return Err(format!("{other:?} is no piece of a prompt")),
    })
}

fn shown(pieces: Vec<Piece>) -> Vec<String> {
    let mut parts = Vec::new();
    let mut text = String::new();
    for piece in pieces.into_iter().chain([Piece::Tag]) {
        match piece {
            Piece::Text(more) => text.push_str(&more),
            Piece::Done(_) | Piece::Tag => {
                if !text.is_empty() {
                    parts.push(format!("{:?}", std::mem::take(&mut text)));
                }
                if let Piece::Done(done) = piece {
                    parts.push(done);
                }
            }
        }
    }
    parts
}

fn each(pair: Node<'_>) -> Result<String, String> {
    let mut inner = pair.into_inner();
    let opens = inner.next().ok_or("a tag opens")?;
    let mut head = opens.into_inner();
    let name = head.next().map(|name| name.as_str().to_owned()).unwrap_or_default();
    let list = expr::expr(head.next().ok_or("a tag has a list")?)?;
    let mut parts = vec![name];
    // `xs fit 2000tok by priority` is a list that is made to fit as it is shown.
    match list
        .strip_prefix("(fits ")
        .and_then(|fits| fits.strip_suffix("))"))
        .and_then(|fits| fits.rsplit_once(" (fit "))
    {
        Some((list, fit)) => parts.extend([list.to_owned(), format!("(fit {fit})")]),
        None => parts.push(list),
    }
    let mut body = Vec::new();
    for pair in inner {
        body.extend(piece(pair)?);
    }
    parts.extend(shown(body));
    Ok(node("each", parts))
}

fn if_(pair: Node<'_>) -> Result<String, String> {
    let (mut then, mut otherwise) = (Vec::new(), Vec::new());
    let mut condition = String::new();
    for pair in pair.into_inner() {
        match pair.as_rule() {
            Rule::if_opens => condition = expr::inner(pair)?.concat(),
            Rule::then_pieces => {
                for pair in pair.into_inner() {
                    then.extend(piece(pair)?);
                }
            }
            Rule::else_pieces => {
                for pair in pair.into_inner() {
                    otherwise.extend(piece(pair)?);
                }
            }
            _ => {}
        }
    }
    Ok(node("if", [condition, node("then", shown(then)), node("else", shown(otherwise))]))
}
