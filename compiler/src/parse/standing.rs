//! What stands for longer than a run: `cache` and `class` of a step, indexes, ceilings, and what a flow promises.

use super::cursor::{Commas, Parsed, Parser};
use super::marks::Mark;
use crate::diagnostic::code::syntax as code;
use crate::diagnostic::{Diagnostic, nearest};
use crate::lex::Kind;
use crate::syntax::{
    Cache, Cap, CeilingDecl, CeilingLimit, CeilingOver, Class, Expr, ExprKind, IndexDecl, Like, Literal, Name, Outcome,
    Promise, Slo,
};

/// What is in an index before all of it is known.
#[derive(Default)]
struct IndexParts {
    chunk: Option<Cap>,
    overlap: Option<Literal>,
}

const CLASSES: &str = "write `class interactive`, or `class background, window <= 200ms`";

const OVER: &str = "write `over => on small`, `over => escalate(\"…\")`, or both with `|` between them";

impl Parser<'_> {
    /// `for 7d like 0.95 by reader`, behind `cache`.
    pub(super) fn cache(&mut self) -> Parsed<Cache> {
        let time = self.cache_time("a time such as `7d`")?;
        let start = self.span();
        if self.new_line() || self.eat_word("like").is_none() {
            return Ok(Cache { time, like: None });
        }
        self.eat(Kind::GreaterEqual);
        let score = self.amount("how alike two requests must be, such as `0.95`")?;
        let by = if !self.new_line() && (self.by_under_another_word() || self.eat_word("by").is_some()) {
            Some(self.name("the name of a tier of an embedding model")?)
        } else {
            None
        };
        Ok(Cache { time, like: Some(Like { span: self.since(start), score, by }) })
    }

    /// Whether `with reader` stands where `by reader` is meant, which has been said.
    fn by_under_another_word(&mut self) -> bool {
        let is_meant = matches!(self.word(), "with" | "using" | "via") && self.peek(1).kind == Kind::Word;
        if is_meant {
            let span = self.span();
            let problem = Diagnostic::error(code::E0101, span, "what compares requests stands behind `by`");
            self.say_behind(problem.label("not a word for it").fix("write `by`", span, "by"));
            self.bump();
        }
        is_meant
    }

    /// `for 7d`
    pub(super) fn cache_time(&mut self, what: &str) -> Parsed<Literal> {
        let written = matches!(self.kind(), Kind::LessEqual | Kind::Equal);
        if written || self.is(Kind::Number) && !self.new_line() {
            let span = self.span();
            let problem = Diagnostic::error(code::E0101, span, "how long an answer is kept stands behind `for`");
            let place = if written { span } else { crate::source::Span { end: span.start, ..span } };
            self.say_behind(problem.label("no `for`").fix("write `for`", place, if written { "for" } else { "for " }));
            if written {
                self.bump();
            }
        } else {
            self.expect_word_with("for", "write `cache for 7d`")?;
        }
        self.literal(what)
    }

    /// `interactive`, or `background, window <= 200ms`, behind `class`.
    pub(super) fn class(&mut self) -> Parsed<Class> {
        let known = ["interactive", "background"];
        let word = self.word();
        if self.new_line() || word.is_empty() {
            return Err(self.expected_with(code::E0101, "`interactive` or `background`", CLASSES));
        }
        let near = nearest(word, known);
        let read = near.unwrap_or(word);
        if !known.contains(&word) {
            let problem = Diagnostic::error(code::E0101, self.span(), format!("`{word}` is no class of a step"));
            let problem = problem.label("not `interactive` or `background`");
            let span = self.span();
            let reported = self.say(match near {
                Some(near) => {
                    problem.help(format!("did you mean `{near}`?")).fix(format!("write `{near}`"), span, near)
                }
                None => problem.help(CLASSES),
            });
            if near.is_none() {
                return Err(reported);
            }
        }
        self.bump();
        if read == "interactive" {
            return Ok(Class::Interactive);
        }
        if self.eat(Kind::Comma).is_none() {
            return Ok(Class::Background { window: None });
        }
        self.expect_word("window")?;
        Ok(Class::Background { window: Some(self.cap("a time such as `200ms`")?) })
    }

    /// `index help = files("./help/**/*.md", chunk <= 200tok, overlap 20tok) by reader`
    pub(super) fn index_decl(&mut self) -> Parsed<IndexDecl> {
        let name = self.value_name("the name of the index")?;
        self.expect(Kind::Equal, "`=` and `files(\"./help/**/*.md\", chunk <= 200tok)`")?;
        let kind = self.name("`files`")?;
        if !self.is(Kind::LeftParen) {
            return Err(self.expected("`(` and which files"));
        }
        self.mark(Mark::List);
        let (level, opening) = (self.level(), self.bump());
        self.mark(Mark::Element);
        if !self.at_literal() {
            let help = "write `files(\"./help/**/*.md\", chunk <= 200tok)`, from the folder of the project";
            return Err(self.expected_with(code::E0101, "which files, in quotes", help));
        }
        let glob = self.literal("which files, such as `\"./help/**/*.md\"`")?;
        let mut parts = IndexParts::default();
        while self.eat(Kind::Comma).is_some() && !self.is(Kind::RightParen) {
            self.index_part(&mut parts)?;
        }
        if self.eat(Kind::RightParen).is_none() {
            self.unclosed(opening, &format!("index `{}`", name.text));
            self.drop_to(level);
        }
        let by = if !self.new_line() && self.eat_word("by").is_some() {
            Some(self.name("the name of a tier of an embedding model")?)
        } else {
            None
        };
        Ok(IndexDecl { name, kind, glob, chunk: parts.chunk, overlap: parts.overlap, by })
    }

    fn index_part(&mut self, parts: &mut IndexParts) -> Parsed<()> {
        self.mark(Mark::Element);
        let span = self.span();
        let given = match self.word() {
            "chunk" => {
                self.bump();
                parts.chunk.replace(self.cap("a size such as `200tok`")?).is_some()
            }
            "overlap" => {
                self.bump();
                self.eat(Kind::LessEqual);
                parts.overlap.replace(self.amount("a size such as `20tok`")?).is_some()
            }
            _ => return Err(self.expected("`chunk <= 200tok` or `overlap 20tok`")),
        };
        if given {
            let problem = Diagnostic::error(code::E0112, span, format!("`{}` is given twice", self.written(span)));
            self.say_behind(problem.label("again"));
        }
        Ok(())
    }

    fn written(&self, span: crate::source::Span) -> String {
        self.text.get(span.range()).unwrap_or("").to_owned()
    }

    /// `ceiling support { cost <= $500 per 1d, over => escalate("ceiling") }`
    pub(super) fn ceiling(&mut self) -> Parsed<CeilingDecl> {
        let name = self.value_name("the name of the ceiling")?;
        let of = format!("ceiling `{}`", name.text);
        if !self.is(Kind::LeftBrace) {
            return Err(self.expected(&format!("`{{` and the limits of {of}")));
        }
        let mut decl = CeilingDecl { name, limits: Vec::new(), soft: None, over: None, shadow: None };
        self.list(Kind::LeftBrace, &of, |p| p.ceiling_part(&mut decl));
        Ok(decl)
    }

    fn ceiling_part(&mut self, decl: &mut CeilingDecl) -> Parsed<()> {
        let start = self.span();
        let next = self.peek(1).kind;
        let given = match self.word() {
            "soft" if next != Kind::LessEqual => {
                self.bump();
                decl.soft.replace(self.amount("a share such as `80%`")?).is_some()
            }
            "shadow" if next != Kind::LessEqual => {
                self.bump();
                decl.shadow.replace(start).is_some()
            }
            "over" if next != Kind::LessEqual => {
                self.bump();
                decl.over.replace(self.ceiling_over(start)?).is_some()
            }
            _ => {
                let limit = self.ceiling_limit()?;
                decl.limits.push(limit);
                false
            }
        };
        if given {
            let problem = Diagnostic::error(code::E0112, start, format!("`{}` is given twice", self.written(start)));
            self.say_behind(problem.label("again"));
        }
        Ok(())
    }

    /// `cost <= $2 per 1d in "Europe/Berlin" by caller.tenant`
    fn ceiling_limit(&mut self) -> Parsed<CeilingLimit> {
        let start = self.span();
        let dimension = self.dimension()?;
        let cap = if self.is(Kind::Dollars) && dimension.span.start == dimension.span.end {
            self.amount("a limit")?
        } else {
            self.cap("a limit such as `$500`")?
        };
        if self.eat_word("per").is_none() {
            let help = match dimension.text.as_str() {
                "soft" => "write `soft 80%`, without `<=`: nothing is refused there".to_owned(),
                named => format!("write `{} <= … per 1d`", if named.is_empty() { "cost" } else { named }),
            };
            return Err(self.expected_with(code::E0104, "`per` and a time such as `1d`", &help));
        }
        let per = self.amount("a time such as `1d`")?;
        let zone = match self.eat_word("in") {
            Some(_) => Some(self.amount("a time zone such as `\"Europe/Berlin\"`")?),
            None => None,
        };
        let by = if self.eat_word("by").is_some() { Some(self.operand()?) } else { None };
        Ok(CeilingLimit { span: self.since(start), dimension, cap, per, zone, by })
    }

    /// `=> on small | escalate("ceiling")`
    fn ceiling_over(&mut self, start: crate::source::Span) -> Parsed<CeilingOver> {
        self.expect_with(Kind::FatArrow, "`=>` and what happens then", OVER)?;
        let mut on = Vec::new();
        let mut escalate = None;
        if self.eat_word("on").is_some() {
            on.push(self.name("the name of a tier")?);
            while self.is(Kind::Arrow) {
                self.mark(Mark::Rung);
                self.bump();
                on.push(self.name("the name of a tier")?);
            }
        }
        let more = on.is_empty() || self.eat(Kind::Pipe).is_some();
        if more {
            escalate = Some(self.escalation()?);
        }
        Ok(CeilingOver { span: self.since(start), on, escalate })
    }

    fn escalation(&mut self) -> Parsed<Expr> {
        let start = self.span();
        if !(self.is_word("escalate") && self.peek(1).kind == Kind::LeftParen) {
            return Err(self.expected_with(code::E0101, "`on` and a tier, or `escalate(\"…\")`", OVER));
        }
        let kind: ExprKind = self.escalate()?;
        Ok(Expr { span: self.since(start), kind })
    }

    /// `support, company`, behind `under`.
    pub(super) fn under(&mut self) -> Parsed<Vec<Name>> {
        let mut all = vec![self.name("the name of a ceiling")?];
        while self.eat(Kind::Comma).is_some() {
            all.push(self.name("the name of a ceiling")?);
        }
        Ok(all)
    }

    /// `slo p95(time) <= 8s, success >= 90%`
    pub(super) fn slo(&mut self) -> Parsed<Slo> {
        let start = self.bump();
        let mut promises = Vec::new();
        loop {
            promises.push(self.promise()?);
            if self.eat(Kind::Comma).is_none() {
                return Ok(Slo { span: self.since(start), promises });
            }
        }
    }

    fn promise(&mut self) -> Parsed<Promise> {
        let start = self.span();
        let measure = self.name("what is promised, such as `p95(time)` or `success`")?;
        let of = if self.is(Kind::LeftParen) { self.measured()? } else { None };
        let least = match self.kind() {
            Kind::GreaterEqual => true,
            Kind::LessEqual => false,
            Kind::Less | Kind::Greater | Kind::Equal | Kind::EqualEqual => {
                let least = self.is(Kind::Greater);
                let right = if least || measure.text == "success" { ">=" } else { "<=" };
                let span = self.span();
                let message = format!("a promise is written with `<=` or `>=`, not `{}`", self.written(span));
                let problem = Diagnostic::error(code::E0103, span, message).label("not a bound");
                self.say_behind(problem.fix(format!("write `{right}`"), span, right));
                right == ">="
            }
            _ => {
                let help = "write `p95(time) <= 8s`, or `success >= 90%`";
                return Err(self.expected_with(code::E0101, "`<=` or `>=` and what it is held to", help));
            }
        };
        self.bump();
        let bound = self.amount("what it is held to, such as `8s`, `90%` or `$0.02`")?;
        Ok(Promise { span: self.since(start), measure, of, least, bound })
    }

    /// `(time)`
    fn measured(&mut self) -> Parsed<Option<Name>> {
        let (level, opening) = (self.level(), self.bump());
        let of = self.name("a dimension such as `time`")?;
        if self.eat(Kind::RightParen).is_none() {
            self.unclosed(opening, "what is measured");
            self.recover(level + 1, Commas::Stop);
            self.drop_to(level);
        }
        Ok(Some(of))
    }

    /// `outcome resolved within 7d`
    pub(super) fn outcome(&mut self) -> Parsed<Outcome> {
        let start = self.bump();
        let name = self.value_name("the name of the outcome")?;
        self.expect_word_with("within", &format!("write `outcome {} within 7d`", name.text))?;
        self.eat(Kind::LessEqual);
        let within = self.amount("a time such as `7d`")?;
        Ok(Outcome { span: self.since(start), name, within })
    }
}
