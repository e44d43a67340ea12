//! Types with their sizes: `Text<=64tok`, `Int in 0..100`, `Passage[<=4]`, `Draft?`.

use super::cursor::{Commas, Parsed, Parser};
use super::marks::Mark;
use crate::diagnostic::Diagnostic;
use crate::diagnostic::code::syntax as code;
use crate::lex::Kind;
use crate::source::Span;
use crate::syntax::{Literal, LiteralKind, Name, TypeExpr, TypeKind};

impl Parser<'_> {
    /// A type; where it cannot be read, an error node, and the parser stands behind it.
    pub(super) fn ty_or_error(&mut self) -> TypeExpr {
        let (start, level) = (self.span(), self.level());
        self.ty().unwrap_or_else(|_| {
            while !self.type_ends(level) {
                self.bump();
            }
            self.drop_to(level);
            TypeExpr { span: self.since(start), kind: TypeKind::Error }
        })
    }

    /// A type that must stand on the line of its colon.
    pub(super) fn ty_on_line(&mut self) -> TypeExpr {
        if self.new_line() {
            self.expected("a type");
            return TypeExpr { span: self.after(), kind: TypeKind::Error };
        }
        self.ty_or_error()
    }

    fn type_ends(&self, level: usize) -> bool {
        let inner = self.level() > level;
        match self.kind() {
            Kind::End => true,
            Kind::Comma | Kind::LeftBrace | Kind::RightBrace | Kind::RightParen | Kind::Equal | Kind::Arrow => !inner,
            _ => self.new_line() || self.at_margin_item(),
        }
    }

    /// A type.
    pub(super) fn ty(&mut self) -> Parsed<TypeExpr> {
        let outer = std::mem::replace(&mut self.deepest, self.depth);
        let start = self.span();
        if self.is(Kind::LeftBracket) {
            return Err(self.list_in_front());
        }
        if matches!(self.kind(), Kind::Text | Kind::SingleQuoted) && !self.new_line() {
            let problem = Diagnostic::error(code::E0107, self.span(), "a text is no type").label("not a type");
            return Err(self.say(problem.help("declare an enum, `enum Kind { A, B }`, and write `Kind`")));
        }
        let base = self.name("a type")?;
        let mut ty = self.sized(base)?;
        loop {
            if self.is(Kind::Question) && !self.new_line() {
                self.bump();
                ty = TypeExpr { span: self.since(start), kind: TypeKind::Optional(Box::new(ty)) };
            } else if self.is(Kind::LeftBracket) && !self.new_line() {
                if self.peek(1).kind == Kind::Word
                    && self.peek(2).kind != Kind::DotDot
                    && self.is_foreign_generic(start)
                {
                    let base = Name { text: self.text.get(start.range()).unwrap_or("").to_owned(), span: start };
                    return Err(self.type_arguments(&base, "[", "]"));
                }
                let (low, high) = self.lengths(&ty)?;
                ty = TypeExpr { span: self.since(start), kind: TypeKind::List { element: Box::new(ty), low, high } };
            } else {
                break;
            }
            self.wrap()?;
        }
        self.deepest = self.deepest.max(outer);
        if self.is(Kind::Pipe) && !self.new_line() {
            return Err(self.union());
        }
        Ok(ty)
    }

    /// A name of a type with the size behind it.
    fn sized(&mut self, base: Name) -> Parsed<TypeExpr> {
        let start = base.span;
        let kind = if self.is(Kind::LessEqual) {
            self.mark(Mark::Tight);
            self.bump();
            let cap = self.amount("a size such as `64tok`")?;
            TypeKind::Bounded { base, cap }
        } else if self.is_word("in") && !self.new_line() {
            self.bump();
            let low = self.amount("the least value")?;
            self.expect(Kind::DotDot, "`..`")?;
            let high = self.amount("the greatest value")?;
            TypeKind::Range { base, low, high }
        } else if self.is(Kind::Less) && self.peek(1).kind == Kind::Word {
            return Err(self.angle_brackets(&base));
        } else if matches!(self.kind(), Kind::Less | Kind::Equal | Kind::Colon | Kind::EqualEqual)
            && matches!(self.peek(1).kind, Kind::Number | Kind::Dollars)
            // `var sure: Score = 0.75` gives a value; a type that needs a size is given one.
            && (!self.is(Kind::Equal) || matches!(base.text.as_str(), "Text" | "Json" | "Usd"))
        {
            if self.is(Kind::Less) && self.peek(2).kind == Kind::Greater {
                return Err(self.size_in(Kind::Greater, &base));
            }
            self.not_a_bound();
            let cap = self.amount("a size such as `64tok`")?;
            TypeKind::Bounded { base, cap }
        } else if self.is(Kind::LeftParen) && matches!(self.peek(1).kind, Kind::Number | Kind::Dollars) {
            return Err(self.size_in(Kind::RightParen, &base));
        } else {
            TypeKind::Name(base)
        };
        Ok(TypeExpr { span: self.since(start), kind })
    }

    /// Reads a sign that stands where `<=` belongs, and says so.
    pub(super) fn not_a_bound(&mut self) {
        let mut span = self.span();
        let before = self.text_of(self.before());
        // `=<` is one slip.
        if self.is(Kind::Equal) && self.peek(1).kind == Kind::Less && self.peek(1).start == self.token().end {
            self.bump();
            span = span.to(self.span());
        }
        let written = self.text.get(span.range()).unwrap_or("=").to_owned();
        let problem = Diagnostic::error(code::E0103, span, format!("a bound is written with `<=`, not `{written}`"));
        let behind = self.text_of(self.peek(1));
        let is_type = before.starts_with(|c: char| c.is_ascii_uppercase());
        let sign = if before == "cost" && self.peek(1).kind == Kind::Number { "$" } else { "" };
        let behind = format!("{sign}{behind}");
        let written = if is_type { format!("{before}<={behind}") } else { format!("{before} <= {behind}") };
        let problem = problem.label("not `<=`").help(format!("write `{written}`: at most {behind}"));
        self.say(if sign.is_empty() {
            problem.fix("write `<=`", span, "<=")
        } else {
            problem.fix(format!("write `<= {behind}`"), span.to(self.span_of(self.peek(1))), format!("<= {behind}"))
        });
        self.bump();
    }

    fn angle_brackets(&mut self, base: &Name) -> super::cursor::Reported {
        self.type_arguments(base, "<", ">")
    }

    /// `Optional[Id]`, `Array<Id>`
    fn type_arguments(&mut self, base: &Name, open: &str, close: &str) -> super::cursor::Reported {
        let inner = self.word_ahead(1).to_owned();
        let message = format!("types take no arguments in `{open}` and `{close}`");
        let problem = Diagnostic::error(code::E0107, self.span(), message);
        let problem = problem.label(format!("`{}` is not generic", base.text));
        self.say(match base.text.to_ascii_lowercase().as_str() {
            "option" | "optional" => problem.help(format!("what may be absent is written `{inner}?`")),
            "dict" | "map" | "record" => problem.help("name the fields: `type Name { field: Text<=64tok }`"),
            _ => problem.help(format!("a list is written with its longest length: `{inner}[<=8]`")),
        })
    }

    fn size_in(&mut self, closing: Kind, base: &Name) -> super::cursor::Reported {
        let size = self.text_of(self.peek(1)).to_owned();
        let span = self.span();
        let close = self.peek(2);
        let problem = Diagnostic::error(code::E0103, span, "a size is written with `<=`").label("not a size");
        let whole = span.to(self.span_of(close));
        self.say(match close.kind {
            Kind::DotDot if base.text == "Int" => problem.help("write `Int in 0..100`"),
            kind if kind == closing => {
                problem.fix(format!("write `{}<={size}`", base.text), whole, format!("<={size}"))
            }
            _ => problem,
        })
    }

    /// `[Text]`: says that a list is written behind its element.
    fn list_in_front(&mut self) -> super::cursor::Reported {
        let opening = self.span();
        let mut ahead = 1;
        while ahead < 8 && !matches!(self.peek(ahead).kind, Kind::RightBracket | Kind::End) {
            ahead += 1;
        }
        let close = self.peek(ahead);
        let inner = self.text.get(opening.end as usize..close.start as usize).unwrap_or("");
        let problem = Diagnostic::error(code::E0107, opening, "a list is written behind its element");
        let problem = problem.label("not in front");
        self.say(if close.kind == Kind::RightBracket && ahead > 1 {
            let list = format!("{inner}[<=8]");
            let problem = problem.help(format!("write `{list}`, with its greatest length"));
            problem.fix(format!("write `{list}`"), opening.to(self.span_of(close)), list)
        } else {
            problem.help("write `Text<=64tok[<=8]`, with its greatest length")
        })
    }

    /// `[<=8]`, `[2..5]`, `[]`
    fn lengths(&mut self, element: &TypeExpr) -> Parsed<(Option<Literal>, Option<Literal>)> {
        self.mark(Mark::Tight);
        let opening = self.bump();
        let level = self.level();
        let read = self.length_range();
        if read.is_err() {
            self.recover(level, Commas::Skip);
        }
        if self.eat(Kind::RightBracket).is_none() {
            self.drop_to(level - 1);
            let reported = self.unclosed(opening, "the list");
            return Err(reported);
        }
        let ok = read.unwrap_or_else(|_| {
            let nothing = Literal { span: element.span.after(), kind: LiteralKind::Error };
            (None, Some(nothing))
        });
        Ok(ok)
    }

    fn length_range(&mut self) -> Parsed<(Option<Literal>, Option<Literal>)> {
        if self.is(Kind::RightBracket) {
            return Ok((None, None));
        }
        if self.is(Kind::LessEqual) {
            self.mark(Mark::Tight);
            self.bump();
            return Ok((None, Some(self.amount("the greatest length")?)));
        }
        if matches!(self.kind(), Kind::Less | Kind::Equal | Kind::Colon) {
            self.not_a_bound();
            return Ok((None, Some(self.amount("the greatest length")?)));
        }
        let low = self.amount("`<=` and the greatest length")?;
        if self.eat(Kind::DotDot).is_some() {
            return Ok((Some(low), Some(self.amount("the greatest length")?)));
        }
        self.missing_bound(low.span);
        Ok((None, Some(low)))
    }

    /// Says that `<=` is missing before a number.
    pub(super) fn missing_bound(&mut self, number: Span) {
        let before = Span { end: number.start, ..number };
        let problem =
            Diagnostic::error(code::E0103, number, "a bound is written with `<=`").label("`<=` is missing before this");
        let most = self.text.get(number.range()).unwrap_or("3");
        let problem = problem.help(format!("write `<= {most}`: at most {most}"));
        self.say_behind(problem.fix("write `<=`", before, "<= "));
    }
}
