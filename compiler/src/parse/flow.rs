//! Flows: `budget`, `owner`, `under`, `slo` and `outcome` first, then statements.

use super::cursor::{Commas, Parsed, Parser, STATEMENT_WORDS};
use super::marks::Mark;
use crate::diagnostic::code::syntax as code;
use crate::diagnostic::{Diagnostic, nearest};
use crate::lex::Kind;
use crate::source::Span;
use crate::syntax::{Budget, Cap, FlowDecl, Literal, LiteralKind, Name, Outcome, Slo};

/// What can be limited in a `budget`.
const DIMENSIONS: &[&str] = &["cost", "calls", "tools", "turns", "tokens", "input", "output", "time"];

/// The clauses in front of a flow's statements.
#[derive(Default)]
struct Clauses {
    budget: Option<Budget>,
    owner: Option<Literal>,
    under: Option<Vec<Name>>,
    slo: Option<Slo>,
    outcome: Option<Outcome>,
}

impl Parser<'_> {
    /// `flow desk(t: Ticket) -> Draft { … }` behind its word.
    pub(super) fn flow(&mut self) -> Parsed<FlowDecl> {
        let name = self.value_name("the name of the flow")?;
        let of = format!("flow `{}`", name.text);
        let params = self.params(&of);
        let result = self.result();
        let mut clauses = Clauses::default();
        self.mark(Mark::Body);
        let body = self.braced(&of, |p| p.flow_clauses(&mut clauses))?;
        let Clauses { budget, owner, under, slo, outcome } = clauses;
        Ok(FlowDecl { name, params, result, budget, owner, under: under.unwrap_or_default(), slo, outcome, body })
    }

    fn flow_clauses(&mut self, clauses: &mut Clauses) {
        loop {
            let level = self.level();
            let before = self.at;
            self.begins = before;
            if self.docstring() {
                continue;
            }
            if !self.flow_clause(clauses) {
                return;
            }
            self.marks.push(before, Mark::Clause);
            self.line_end("a clause");
            self.recover_to_line(before, level);
        }
    }

    /// `support-platform`, behind `owner`: says that it stands in quotes, and reads it.
    fn owner_without_quotes(&mut self) -> Literal {
        let start = self.span();
        while !self.line_ends() {
            self.bump();
        }
        let span = self.since(start);
        let written = self.text.get(span.range()).unwrap_or("").to_owned();
        let problem = Diagnostic::error(code::E0101, span, "an owner is named in quotes").label("no quotes");
        let quoted = format!("\"{written}\"");
        self.say_behind(problem.help(format!("write `owner {quoted}`")).fix("write the quotes", span, quoted));
        Literal { span, kind: LiteralKind::Text(written) }
    }

    /// One clause; false where there is none.
    fn flow_clause(&mut self, clauses: &mut Clauses) -> bool {
        let span = self.span();
        let word =
            if clauses.budget.is_none() && self.is_like_budget() { self.say_misspelt("budget") } else { self.word() };
        match word {
            "budget" if !self.is_assigned() => {
                self.bump();
                self.clause_colon();
                let limits = self.limits();
                match limits {
                    Ok(budget) if clauses.budget.is_none() => {
                        clauses.budget = Some(Budget { span: self.since(span), limits: budget.limits });
                    }
                    Ok(_) => self.given_twice(span, "budget"),
                    Err(_) if clauses.budget.is_none() => {
                        clauses.budget = Some(Budget { span: self.since(span), limits: Vec::new() })
                    }
                    Err(_) => {}
                }
            }
            "owner" if matches!(self.peek(1).kind, Kind::Text) => {
                self.bump();
                let owner = self.literal("the name of the owner");
                if clauses.owner.is_some() {
                    self.given_twice(span, "owner");
                }
                clauses.owner = owner.ok().or(clauses.owner.take());
            }
            "owner" if self.peek(1).kind == Kind::Word && !self.peek(1).first_on_line => {
                self.bump();
                let quoted = self.owner_without_quotes();
                clauses.owner = clauses.owner.take().or(Some(quoted));
            }
            "under" if self.peek(1).kind == Kind::Text && !self.peek(1).first_on_line => {
                self.bump();
                let quoted = self.span();
                let name = self.text_of(self.token()).trim_matches('"').to_owned();
                let problem = Diagnostic::error(code::E0101, quoted, "a ceiling is named without quotes");
                self.say(problem.label("a text").fix(format!("write `{name}`"), quoted, name));
                self.bump();
            }
            "under" if self.word_follows() => {
                let read = self.behind_word(Self::under).unwrap_or_default();
                self.keep_first(&mut clauses.under, read, span, "under");
            }
            "slo" if self.word_follows() => {
                if let Ok(read) = self.slo() {
                    self.keep_first(&mut clauses.slo, read, span, "slo");
                }
            }
            "outcome" if matches!(self.peek(1).kind, Kind::Text | Kind::Colon) && !self.peek(1).first_on_line => {
                self.bump();
                let level = self.level();
                let _ =
                    self.expected_with(code::E0101, "the name of the outcome", "write `outcome resolved within 7d`");
                self.recover(level, Commas::Skip);
            }
            "outcome" if self.word_follows() => {
                if let Ok(read) = self.outcome() {
                    self.keep_first(&mut clauses.outcome, read, span, "outcome");
                }
            }
            _ => return false,
        }
        true
    }

    /// Whether a word stands behind this one, on its line.
    fn word_follows(&self) -> bool {
        self.peek(1).kind == Kind::Word && !self.peek(1).first_on_line
    }

    fn keep_first<T>(&mut self, clause: &mut Option<T>, read: T, span: Span, word: &str) {
        if clause.is_some() {
            self.given_twice(span, word);
        } else {
            *clause = Some(read);
        }
    }

    fn given_twice(&mut self, span: Span, word: &str) {
        let problem = Diagnostic::error(code::E0112, span, format!("`{word}` is given twice"));
        let help = format!("keep one `{word}`; several limits stand in it, parted by commas");
        self.say_behind(problem.label("again").help(help));
    }

    /// Whether a misspelt `budget cost <= …` or `budget $1` stands here.
    fn is_like_budget(&self) -> bool {
        let (second, third) = (self.peek(1), self.peek(2));
        let limit = second.kind == Kind::Word && DIMENSIONS.contains(&self.word_ahead(1)) && !third.first_on_line;
        nearest(self.word(), ["budget"]).is_some() && (limit || second.kind == Kind::Dollars) && !second.first_on_line
    }

    fn is_assigned(&self) -> bool {
        matches!(self.peek(1).kind, Kind::Equal | Kind::Dot | Kind::LeftParen)
    }

    /// `cost <= $0.20, calls <= 32`
    pub(super) fn limits(&mut self) -> Parsed<Budget> {
        let start = self.span();
        let mut limits = Vec::new();
        loop {
            let name = self.dimension()?;
            let cap = if self.is(Kind::Dollars) && name.span.start == name.span.end {
                self.amount("a limit")?
            } else {
                self.cap("a limit such as `$0.20`")?
            };
            limits.push((name, cap));
            // In the arguments of a call the comma may end the limits.
            let next = self.word_ahead(1);
            let more = self.is(Kind::Comma)
                && (DIMENSIONS.contains(&next) || !next.is_empty() && self.peek(2).kind == Kind::LessEqual);
            if !more && !self.comma_is_missing() {
                break;
            }
            if more {
                self.bump();
            }
        }
        Ok(Budget { span: self.since(start), limits })
    }

    /// What is limited. Where only an amount of money stands, that is said, and the name has no place.
    pub(super) fn dimension(&mut self) -> Parsed<Name> {
        let span = self.span();
        let bound = self.is(Kind::LessEqual);
        let limit = if bound { self.peek(1) } else { self.token() };
        if limit.kind != Kind::Dollars {
            if STATEMENT_WORDS.contains(&self.word()) {
                return Err(self.expected("a dimension such as `cost`"));
            }
            if matches!(self.kind(), Kind::LeftBrace | Kind::LeftParen) {
                let help = "limits stand without brackets, parted by commas: `cost <= $0.10, calls <= 10`";
                return Err(self.expected_with(code::E0101, "a dimension such as `cost`", help));
            }
            return self.name("a dimension such as `cost`");
        }
        let amount = self.text_of(limit);
        let problem = Diagnostic::error(code::E0104, span, format!("what `{amount}` limits is not said"));
        let place = Span { end: span.start, ..span };
        let problem = problem.label("no dimension").help(format!("write `cost <= {amount}`"));
        self.say(problem.fix("write the dimension", place, if bound { "cost " } else { "cost <= " }));
        Ok(Name { text: "cost".to_owned(), span: place })
    }

    /// Whether another limit follows without a comma: behind `and`, or behind nothing. It has been said.
    fn comma_is_missing(&mut self) -> bool {
        let joined = matches!(self.word(), "and" | "or") || self.is(Kind::AndAnd);
        let ahead = usize::from(joined);
        let follows = DIMENSIONS.contains(&self.word_ahead(ahead)) && self.peek(ahead + 1).kind == Kind::LessEqual;
        if self.new_line() || !follows {
            return false;
        }
        let after = self.after();
        let place = if joined { Span { start: after.start, ..self.span() } } else { after };
        let problem = Diagnostic::error(code::E0104, self.span(), "limits are parted by commas").label("no comma");
        self.say(problem.fix("write `,`", place, ","));
        if joined {
            self.bump();
        }
        true
    }

    /// `<= 3`; other signs and none are reported and read as if `<=` stood there.
    pub(super) fn cap(&mut self, what: &str) -> Parsed<Cap> {
        match self.kind() {
            Kind::LessEqual => drop(self.bump()),
            Kind::Equal | Kind::Less | Kind::Colon | Kind::EqualEqual | Kind::GreaterEqual | Kind::Greater => {
                self.not_a_bound()
            }
            _ if self.at_literal() && !self.new_line() => self.missing_bound(self.span()),
            _ => {
                let before = self.text_of(self.before()).to_owned();
                let help = format!("write `{before} <= …`: nothing is without a limit, and none is guessed");
                return Err(self.expected_with(code::E0101, &format!("`<=` and {what}"), &help));
            }
        }
        self.amount(what)
    }
}
