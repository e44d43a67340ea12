//! Tools: where they come from, what they do to the world, and their gate.

use super::cursor::{Commas, Parsed, Parser, Reported};
use crate::diagnostic::Diagnostic;
use crate::diagnostic::code::syntax as code;
use crate::lex::Kind;
use crate::syntax::{GateElse, ToolClause, ToolClauseKind, ToolDecl};

const CLAUSES: &[&str] = &["from", "effect", "price", "time", "gate", "cache"];

impl Parser<'_> {
    /// `tool search(query: Text<=32tok) -> Passage[<=4] { … }` behind its word.
    pub(super) fn tool(&mut self) -> Parsed<ToolDecl> {
        let name = self.value_name("the name of the tool")?;
        let of = format!("tool `{}`", name.text);
        let params = self.params(&of);
        let result = self.result();
        let mut clauses: Vec<ToolClause> = Vec::new();
        self.body(&of, |p| p.tool_part(&mut clauses))?;
        Ok(ToolDecl { name, params, result, clauses })
    }

    fn tool_part(&mut self, clauses: &mut Vec<ToolClause>) -> Parsed<()> {
        let start = self.span();
        let word = self.word().to_owned();
        let kind = self.tool_clause(&word).unwrap_or_else(|_| {
            let level = self.level();
            self.recover(level, Commas::Skip);
            ToolClauseKind::Error
        });
        let same = |clause: &&ToolClause| std::mem::discriminant(&clause.kind) == std::mem::discriminant(&kind);
        if let Some(first) = clauses.iter().find(same)
            && !matches!(kind, ToolClauseKind::Error)
        {
            let problem = Diagnostic::error(code::E0112, start, format!("`{word}` is given twice"));
            let problem = problem.label("again").label_at(first.span, "first here");
            self.say_behind(problem.help("keep one of the two"));
        }
        clauses.push(ToolClause { span: self.since(start), kind });
        Ok(())
    }

    fn tool_clause(&mut self, word: &str) -> Parsed<ToolClauseKind> {
        if !CLAUSES.contains(&word) {
            return Err(self.unknown_clause("tool", CLAUSES));
        }
        self.bump();
        match word {
            "from" => self.from(),
            "effect" => self.effect(),
            "price" => {
                if matches!(self.kind(), Kind::LessEqual | Kind::Equal | Kind::Colon) {
                    let (written, span) = (self.text_of(self.token()).to_owned(), self.span());
                    let problem =
                        Diagnostic::error(code::E0101, span, format!("a price is a fact and takes no `{written}`"));
                    self.say(problem.label("not needed").fix("leave it out", span, ""));
                    self.bump();
                }
                Ok(ToolClauseKind::Price(self.amount("an amount such as `$0.0005`")?))
            }
            "time" => Ok(ToolClauseKind::Time(self.cap("a time such as `2s`")?)),
            "cache" => Ok(ToolClauseKind::Cache(self.cache_time("a time such as `1h`")?)),
            _ => self.gate(),
        }
    }

    /// `from http("POST", "https://…")`, `from mcp("help-centre").search`
    fn from(&mut self) -> Parsed<ToolClauseKind> {
        if self.is(Kind::Text) && !self.new_line() {
            let problem =
                Diagnostic::error(code::E0104, self.span(), "where a tool comes from is written with its kind");
            let written = self.text_of(self.token());
            let help = format!("write `http(\"POST\", {written})`, or `exec({written})` for a program");
            return Err(self.say(problem.label("a text alone").help(help)));
        }
        let kind = self.name("where it comes from, such as `http` or `exec`")?;
        if !self.is(Kind::LeftParen) {
            let written = &kind.text;
            let help =
                format!("write `exec(\"./{written}\")` for a program, `index({written})` for an index of the project");
            return Err(self.expected_with(code::E0101, "`(` and where to find it", &help));
        }
        let of = format!("`{}`", kind.text);
        let args = self.list(Kind::LeftParen, &of, |p| Ok(p.expr_or_error()));
        let member = if self.is(Kind::Dot) && !self.new_line() {
            self.bump();
            if self.new_line() {
                return Err(self.expected("the name of a tool of that server"));
            }
            Some(self.name("the name of a tool of that server")?)
        } else {
            None
        };
        Ok(ToolClauseKind::From { kind, args, member })
    }

    /// `effect money, once per order, customer`
    fn effect(&mut self) -> Parsed<ToolClauseKind> {
        let effect = self.name("`read`, `write`, `money` or `send`")?;
        let mut once_per = Vec::new();
        if self.eat(Kind::Comma).is_some() {
            let help = "write `once per` and the parameter that says which call repeats another: `once per order`";
            self.expect_word_with("once", help)?;
            self.expect_word_with("per", help)?;
            if self.line_ends() {
                return Err(self.expected_with(code::E0101, "the name of a parameter", help));
            }
            once_per.push(self.name("the name of a parameter")?);
            while self.eat(Kind::Comma).is_some() {
                once_per.push(self.name("the name of a parameter")?);
            }
            if matches!(self.word(), "within" | "per" | "for" | "in") && !self.new_line() {
                self.once_over_time();
            }
        }
        Ok(ToolClauseKind::Effect { effect, once_per })
    }

    /// `once per order within 7d`: says that it holds within a run, and reads it.
    fn once_over_time(&mut self) {
        let start = self.span();
        let before = self.after();
        let level = self.level();
        self.recover(level, Commas::Skip);
        let span = self.since(start);
        let written = self.text.get(span.range()).unwrap_or("").to_owned();
        let message = "`once per` over time is not in this version of the language";
        let help = format!("leave `{written}` out: a call that repeats is given the first result, within a run");
        let problem = Diagnostic::error(code::E0190, span, message).label("not yet understood").help(help);
        self.say_behind(problem.fix("leave it out", before.to(span), ""));
    }

    /// `gate amount <= $20 else approve("support-lead", within 4h)`
    fn gate(&mut self) -> Parsed<ToolClauseKind> {
        let open = self.operand()?;
        if !self.is_word("else") {
            let what = "`else` and what happens when the gate is closed";
            let _ = self.expected_with(
                code::E0104,
                what,
                "write `else deny`, `else approve(\"role\", within 4h)`, or a value",
            );
            return Ok(ToolClauseKind::Gate { open, otherwise: GateElse::Error });
        }
        self.bump();
        let level = self.level();
        let otherwise = self.gate_else().unwrap_or_else(|_| {
            self.recover(level, Commas::Skip);
            GateElse::Error
        });
        Ok(ToolClauseKind::Gate { open, otherwise })
    }

    fn gate_else(&mut self) -> Parsed<GateElse> {
        let next = self.peek(1).kind;
        match self.word() {
            "deny" if next != Kind::LeftParen => Ok(GateElse::Deny(self.bump())),
            "approve" if next == Kind::LeftParen => self.approve(),
            _ => Ok(GateElse::Value(self.operand()?)),
        }
    }

    fn approve(&mut self) -> Parsed<GateElse> {
        let start = self.bump();
        let (level, opening) = (self.level(), self.bump());
        let role = self.literal("who may open the gate, in quotes")?;
        if self.eat(Kind::Comma).is_none() {
            let help = "write `approve(\"support-lead\", within 4h)`: how long a run waits is part of its bound";
            return Err(self.expected_with(code::E0104, "`,` and `within 4h`", help));
        }
        self.expect_word("within")?;
        self.eat(Kind::LessEqual);
        let within = self.amount("a time such as `4h`")?;
        if self.eat(Kind::RightParen).is_none() {
            let _: Reported = self.unclosed(opening, "`approve`");
            self.drop_to(level);
        }
        Ok(GateElse::Approve { role, within, span: self.since(start) })
    }
}
