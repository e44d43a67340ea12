//! Prompts: text with holes `{q.ask}`, `{raw q.ask}` and tags `{each p in xs}`, `{if c}`, `{else}`, `{end}`, `{format}`. Braces are `{{`, `}}`.
//!
//! A tag alone on its line takes the line with it. Expressions are read where they stand in the source, so their places
//! are right although the text around them is dedented.

use super::cursor::Parser;
use super::literal::Cooked;
use crate::diagnostic::Diagnostic;
use crate::diagnostic::code::syntax as code;
use crate::lex::{self, Kind, TriviaKind};
use crate::source::Span;
use crate::syntax::{Expr, ExprKind, Fit, Name, Template, TemplatePart};

/// Tags nested more deeply than this are refused.
const DEEPEST: usize = 32;

impl Parser<'_> {
    /// A prompt; the parser stands at its text.
    pub(super) fn template(&mut self) -> Template {
        let token = self.token();
        let cooked = match token.kind {
            Kind::Block => self.block_text(token),
            Kind::Text | Kind::SingleQuoted => self.line_text(token),
            _ => Cooked::default(),
        };
        let span = self.bump();
        let parts = Splitter { parser: self, cooked: &cooked, at: 0, frames: vec![Frame::root(span)] }.run();
        Template { span, parts }
    }

    /// Reads what stands in a hole or tag with a parser of its own.
    fn inside<T>(&mut self, span: Span, read: impl FnOnce(&mut Parser<'_>) -> T) -> T {
        let lexed = lex::lex(self.source, self.text, span.range());
        let mut inner = Parser::new(self.source, self.text, &lexed.value);
        inner.diagnostics = lexed.diagnostics;
        let comment = lexed.value.trivia.iter().find(|trivia| trivia.kind != TriviaKind::BlankLine);
        if let Some(comment) = comment.filter(|_| inner.diagnostics.is_empty()) {
            let place = Span { start: comment.start, end: comment.end, ..span };
            let problem =
                Diagnostic::error(code::E0120, place, "a comment stands in a hole").label("not an expression");
            inner.say_behind(problem.help("write it above the prompt; a text with `//` stands between quotes"));
        }
        inner.depth = self.depth;
        inner.end = "the end of the hole";
        inner.ignore_lines();
        let value = read(&mut inner);
        let problems = std::mem::take(&mut inner.diagnostics);
        for problem in problems {
            self.say_behind(problem);
        }
        value
    }
}

/// A tag that is open, and the parts read since.
struct Frame {
    tag: Tag,
    span: Span,
    parts: Vec<TemplatePart>,
}

enum Tag {
    Root,
    Each {
        binder: Name,
        list: Expr,
        fit: Option<Fit>,
    },
    If {
        condition: Expr,
    },
    Else {
        condition: Expr,
        then: Vec<TemplatePart>,
    },
    /// A tag that could not be read: its parts are kept, its `{end}` is its own.
    Error,
}

impl Frame {
    fn root(span: Span) -> Frame {
        Frame { tag: Tag::Root, span, parts: Vec::new() }
    }
}

/// What a pair of braces holds.
enum Hole {
    Each(Name, Expr, Option<Fit>),
    If(Expr),
    Else,
    End,
    Format,
    Value(Expr),
    Raw(Expr),
    BadTag,
    Bad,
}

struct Splitter<'p, 't> {
    parser: &'p mut Parser<'t>,
    cooked: &'p Cooked,
    at: usize,
    /// The open tags, outermost first; the first is the prompt itself.
    frames: Vec<Frame>,
}

impl Splitter<'_, '_> {
    fn run(mut self) -> Vec<TemplatePart> {
        let mut text = String::new();
        while let Some(found) = self.rest().find(['{', '}']) {
            text.push_str(&self.rest()[..found]);
            self.at += found;
            if self.rest().starts_with("{{") || self.rest().starts_with("}}") {
                text.push_str(&self.rest()[..1]);
                self.at += 2;
            } else if self.rest().starts_with('}') {
                self.lone_brace();
                text.push('}');
                self.at += 1;
            } else if !self.hole(&mut text) {
                break;
            }
        }
        text.push_str(self.rest());
        self.push_text(&mut text);
        self.finish()
    }

    fn rest(&self) -> &str {
        self.cooked.text.get(self.at..).unwrap_or("")
    }

    fn span(&self, from: usize, to: usize) -> Span {
        let (start, end) = (self.cooked.written(from), self.cooked.written(to));
        Span { source: self.parser.source, start, end: end.max(start) }
    }

    fn push(&mut self, part: TemplatePart) {
        if let Some(frame) = self.frames.last_mut() {
            frame.parts.push(part);
        }
    }

    fn push_text(&mut self, text: &mut String) {
        if !text.is_empty() {
            self.push(TemplatePart::Text(std::mem::take(text)));
        }
    }

    fn lone_brace(&mut self) {
        let span = self.span(self.at, self.at + 1);
        let problem =
            Diagnostic::error(code::E0120, span, "`}` closes nothing in this prompt").label("no hole is open here");
        self.parser.say_behind(problem.help("`}}` writes a brace").fix("write a brace", span, "}}"));
    }

    /// A hole or a tag; false where it is not closed.
    fn hole(&mut self, text: &mut String) -> bool {
        let Some(length) = hole_length(self.rest()) else {
            let span = self.span(self.at, self.at + 1);
            let problem = Diagnostic::error(code::E0120, span, "a hole is not closed").label("no `}` follows");
            self.parser.say_behind(problem.help("`{{` writes a brace"));
            return false;
        };
        let (start, end) = (self.at, self.at + length);
        let whole = self.span(start, end);
        // `written` of an end may lie behind a skipped indentation, so the inner place is made from the whole.
        let inner = Span { start: whole.start + 1, end: self.cooked.written(end - 1), ..whole };
        let content = self.cooked.text.get(start + 1..end - 1).unwrap_or("").trim();
        let hole = self.read(content, inner, whole);
        self.at = end;
        if matches!(hole, Hole::Each(..) | Hole::If(_) | Hole::Else | Hole::End | Hole::BadTag) {
            self.take_line(text, start);
        }
        self.push_text(text);
        self.place(hole, Span { end: inner.end + 1, ..whole });
        true
    }

    /// A tag alone on its line takes its line with it.
    fn take_line(&mut self, text: &mut String, start: usize) {
        // Only blanks are looked at, so that many tags on one long line stay cheap.
        let blank = [' ', '\t'];
        let before = self.cooked.text.get(..start).unwrap_or("");
        let head = before.trim_end_matches(blank);
        let after = self.rest().trim_start_matches(blank);
        let alone = (head.is_empty() || head.ends_with('\n')) && (after.is_empty() || after.starts_with('\n'));
        if alone {
            text.truncate(text.len().saturating_sub(before.len() - head.len()));
            self.at += (self.rest().len() - after.len() + 1).min(self.rest().len());
        }
    }

    fn read(&mut self, content: &str, inner: Span, whole: Span) -> Hole {
        let word = content.split(|c: char| !(c.is_ascii_alphanumeric() || c == '_')).next().unwrap_or("");
        match (word, content) {
            (_, "") => self.bad_hole(whole, "the hole is empty", "a hole holds an expression; `{{}}` writes braces"),
            (_, "else") => Hole::Else,
            (_, "end") => Hole::End,
            (_, "format") => Hole::Format,
            ("each", _) => self.parser.inside(inner, read_each),
            ("if", _) => self.parser.inside(inner, read_if),
            ("raw", _) => self.parser.inside(inner, read_raw),
            ("else" | "elif" | "elseif", _) => {
                self.bad_hole(whole, "a tag cannot be read", "write `{else}`, and another `{if c} … {end}` in it")
            }
            ("endfor" | "endif" | "endeach" | "done", _) => self.wrong_end(word, whole),
            ("for" | "foreach", _) if content.split_whitespace().nth(2) == Some("in") => {
                let place =
                    Span { start: inner.start, end: inner.start + u32::try_from(word.len()).unwrap_or(3), ..inner };
                let problem = Diagnostic::error(code::E0121, place, format!("unknown tag `{word}`")).label("not a tag");
                let help = "the tags are `{each p in xs} … {end}` and `{if c} … {else} … {end}`";
                self.parser.say_behind(problem.help(help).fix("write `each`", place, "each"));
                self.parser.inside(inner, read_each)
            }
            ("for" | "foreach" | "while", _) => {
                let help = "the tags are `{each p in xs} … {end}` and `{if c} … {else} … {end}`";
                let problem = Diagnostic::error(code::E0121, whole, format!("unknown tag `{word}`")).label("not a tag");
                self.parser.say_behind(problem.help(help));
                Hole::Bad
            }
            _ if content.starts_with(['/', '%']) && is_closing(content) => {
                // What opened it in the same language has been said.
                let is_said = self.frames.last().is_some_and(|open| matches!(open.tag, Tag::Error));
                if is_said { Hole::End } else { self.wrong_end(content, whole) }
            }
            _ if content.starts_with(['#', '/', '%', '"']) => {
                let tags = "the tags are `{each p in xs}`, `{if c}`, `{else}` and `{end}`";
                let help = match opened_by(content) {
                    Some(tag) => format!("write `{tag}`; {tags}"),
                    None => format!("`{{{{` and `}}}}` write braces; {tags}"),
                };
                self.bad_hole(whole, "a hole holds an expression", &help);
                // The tag of another language has an end of its own, which is not to be blamed.
                if opened_by(content).is_some() { Hole::BadTag } else { Hole::Bad }
            }
            _ => Hole::Value(self.parser.inside(inner, read_value)),
        }
    }

    /// `{endif}` or `{/each}`: what other languages of templates close a tag with.
    fn wrong_end(&mut self, word: &str, whole: Span) -> Hole {
        let message = format!("`{{{word}}}` is not how a tag is closed");
        let mut problem = Diagnostic::error(code::E0121, whole, message).label("another tag's end");
        if let [_, .., open] = self.frames.as_slice() {
            problem = problem.label_at(open.span, "this is open here");
        }
        self.parser.say_behind(problem.help("every tag is closed by `{end}`").fix("write `{end}`", whole, "{end}"));
        // Where nothing is open, what opened it has been said.
        if self.frames.len() > 1 { Hole::End } else { Hole::Bad }
    }

    fn bad_hole(&mut self, span: Span, message: &str, help: &str) -> Hole {
        let problem = Diagnostic::error(code::E0120, span, message).label("not an expression");
        self.parser.say_behind(problem.help(help));
        Hole::Bad
    }

    fn place(&mut self, hole: Hole, span: Span) {
        match hole {
            Hole::Each(binder, list, fit) => self.open(Tag::Each { binder, list, fit }, span),
            Hole::If(condition) => self.open(Tag::If { condition }, span),
            Hole::BadTag => self.open(Tag::Error, span),
            Hole::Else => self.otherwise(span),
            Hole::End => self.end(span),
            Hole::Format => self.push(TemplatePart::Format(span)),
            Hole::Value(value) => self.push(TemplatePart::Hole(value)),
            Hole::Raw(value) => self.push(TemplatePart::Raw(value)),
            Hole::Bad => {}
        }
    }

    fn open(&mut self, tag: Tag, span: Span) {
        if self.frames.len() == DEEPEST {
            let problem = Diagnostic::error(code::E0108, span, "tags are nested too deeply");
            self.parser.say_behind(problem.label(format!("level {DEEPEST}")));
        }
        let tag = if self.frames.len() >= DEEPEST { Tag::Error } else { tag };
        self.frames.push(Frame { tag, span, parts: Vec::new() });
    }

    fn otherwise(&mut self, span: Span) {
        match self.frames.pop() {
            Some(Frame { tag: Tag::If { condition }, span, parts: then }) => {
                self.frames.push(Frame { tag: Tag::Else { condition, then }, span, parts: Vec::new() });
            }
            other => {
                let known_bad = matches!(other, Some(Frame { tag: Tag::Error, .. }));
                self.frames.extend(other);
                if !known_bad {
                    let problem = Diagnostic::error(code::E0121, span, "`{else}` belongs to no `{if}`")
                        .label("no `{if}` is open here")
                        .help("open it with `{if c}`; the other tags are `{each p in xs}` and `{end}`");
                    self.parser.say_behind(problem);
                }
            }
        }
    }

    fn end(&mut self, span: Span) {
        if self.frames.len() < 2 {
            let problem = Diagnostic::error(code::E0121, span, "`{end}` closes nothing").label("no tag is open here");
            self.parser.say_behind(problem.help("leave it out, or open a tag before it").fix("leave it out", span, ""));
            return;
        }
        self.close_last();
    }

    /// Makes the innermost open tag a part of what is around it.
    fn close_last(&mut self) {
        let Some(frame) = self.frames.pop() else { return };
        let part = match frame.tag {
            Tag::Each { binder, list, fit } => TemplatePart::Each { binder, list, fit, body: frame.parts },
            Tag::If { condition } => TemplatePart::If { condition, then: frame.parts, otherwise: Vec::new() },
            Tag::Else { condition, then } => TemplatePart::If { condition, then, otherwise: frame.parts },
            Tag::Root | Tag::Error => {
                if let Some(outer) = self.frames.last_mut() {
                    outer.parts.extend(frame.parts);
                }
                return;
            }
        };
        self.push(part);
    }

    fn finish(mut self) -> Vec<TemplatePart> {
        let mut said = false;
        while self.frames.len() > 1 {
            let span = self.frames.last().map_or_else(Span::default, |frame| frame.span);
            // A tag that could not be read has had its message.
            let is_said = self.frames.last().is_some_and(|frame| matches!(frame.tag, Tag::Error));
            if !is_said && !std::mem::replace(&mut said, true) {
                let problem = Diagnostic::error(code::E0122, span, "a tag is not closed").label("no `{end}` follows");
                self.parser.say_behind(problem.help("close it with `{end}`"));
            }
            self.close_last();
        }
        self.frames.pop().map_or_else(Vec::new, |root| root.parts)
    }
}

/// `/if`, `/each`, `% endif %`: the end of a tag elsewhere.
fn is_closing(content: &str) -> bool {
    let word = content.trim_matches(['/', '%', '-']).trim();
    let slashed = ["if", "each", "for", "foreach", "end", "unless", "with"];
    if content.starts_with('/') { slashed.contains(&word) } else { ["endif", "endfor", "end"].contains(&word) }
}

/// How the tag is written that `#each x in xs` or `%if c` opens in other languages of templates.
fn opened_by(content: &str) -> Option<String> {
    let written = content.strip_prefix(['#', '%'])?.trim_matches(['%', '-']).trim();
    let (word, rest) = written.split_once(char::is_whitespace).unwrap_or((written, ""));
    match word {
        "if" => Some(format!("{{if {}}}", if rest.is_empty() { "c" } else { rest.trim() })),
        "each" | "for" | "foreach" if rest.contains(" in ") => Some(format!("{{each {}}}", rest.trim())),
        "each" | "for" | "foreach" => Some("{each p in xs}".to_owned()),
        _ => None,
    }
}

fn read_value(p: &mut Parser<'_>) -> Expr {
    let start = p.span();
    let value = p.expr();
    let value = value.and_then(|value| if p.is(Kind::End) { Ok(value) } else { Err(behind_expression(p)) });
    value.unwrap_or_else(|_| Expr { span: p.since(start), kind: ExprKind::Error })
}

fn behind_expression(p: &mut Parser<'_>) -> super::cursor::Reported {
    let problem = Diagnostic::error(code::E0101, p.span(), format!("expected `}}`, found {}", p.found()));
    p.say(problem.label("not part of the expression").help("`{{` and `}}` write braces"))
}

fn read_each(p: &mut Parser<'_>) -> Hole {
    p.bump();
    let read = p.value_name("a name for the element").and_then(|binder| {
        p.expect_word("in")?;
        let list = p.expr()?;
        let (list, fit) = match list {
            Expr { kind: ExprKind::Fit { value, fit }, .. } => (*value, Some(fit)),
            list => (list, None),
        };
        if p.is(Kind::End) { Ok(Hole::Each(binder, list, fit)) } else { Err(behind_expression(p)) }
    });
    read.unwrap_or(Hole::BadTag)
}

/// `{raw x}`; `raw` alone, or in front of an operator, is a name.
fn read_raw(p: &mut Parser<'_>) -> Hole {
    if !p.operand_is_next() {
        return Hole::Value(read_value(p));
    }
    p.bump();
    Hole::Raw(read_value(p))
}

fn read_if(p: &mut Parser<'_>) -> Hole {
    let start = p.at;
    p.bump();
    match p.head() {
        Ok(condition) if p.is(Kind::End) => Hole::If(condition),
        Ok(_) if p.is(Kind::LeftBrace) => {
            // `{if c { a } else { b }}` is an expression.
            p.at = start;
            Hole::Value(read_value(p))
        }
        Ok(_) => {
            behind_expression(p);
            Hole::BadTag
        }
        Err(_) => Hole::BadTag,
    }
}

/// How long the hole is that `text` begins with, its braces included.
fn hole_length(text: &str) -> Option<usize> {
    let mut depth = 0_u32;
    let mut in_text = false;
    let mut escaped = false;
    for (at, c) in text.char_indices() {
        match c {
            _ if escaped => escaped = false,
            '\\' if in_text => escaped = true,
            '"' => in_text = !in_text,
            '\n' => in_text = false,
            '{' if !in_text => depth += 1,
            '}' if !in_text => {
                depth -= 1;
                if depth == 0 {
                    return Some(at + 1);
                }
            }
            _ => {}
        }
    }
    None
}
