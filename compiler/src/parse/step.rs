//! Steps: clauses and a prompt. Who answers: ladders of tiers, routes, `match`.

use super::cursor::{Commas, Parsed, Parser, Reported};
use super::marks::Mark;
use crate::diagnostic::code::syntax as code;
use crate::diagnostic::{Diagnostic, nearest};
use crate::lex::Kind;
use crate::source::Span;
use crate::syntax::{Cap, Keep, Ladder, Name, Pattern, StepClause, StepClauseKind, StepDecl};

const CLAUSES: &[&str] = &[
    "on", "accept", "tools", "turns", "retry", "repair", "input", "output", "think", "time", "system", "format",
    "cache", "class",
];

impl Parser<'_> {
    /// `step solve(q: Question) -> Answer { … }` behind its word.
    pub(super) fn step(&mut self) -> Parsed<StepDecl> {
        let name = self.value_name("the name of the step")?;
        let of = format!("step `{}`", name.text);
        let params = self.params(&of);
        let result = self.result();
        let mut step = StepDecl { name, params, result, clauses: Vec::new(), prompt: None };
        let closed = self.body(&of, |p| p.step_part(&mut step))?;
        if !closed {
            // What seems to be missing may stand behind the place where it should be closed.
            step.clauses.push(StepClause { span: self.after(), kind: StepClauseKind::Error });
        }
        Ok(step)
    }

    /// A body of clauses, each on its line; false where it is not closed.
    pub(super) fn body(&mut self, of: &str, mut part: impl FnMut(&mut Self) -> Parsed<()>) -> Parsed<bool> {
        if !self.is(Kind::LeftBrace) {
            return Err(self.expected(&format!("`{{` and the body of {of}")));
        }
        let outer = self.level();
        self.mark(Mark::Body);
        let opening = self.bump();
        let level = self.level();
        while !self.is(Kind::RightBrace) && !self.is(Kind::End) && !self.at_margin_item() {
            let before = self.at;
            self.begin(Mark::Clause);
            if part(self).is_err() {
                self.recover_past(before, level);
            }
            self.line_end("a clause");
            self.recover_to_line(before, level);
        }
        let closed = self.eat(Kind::RightBrace).is_some();
        if !closed {
            self.unclosed(opening, of);
        }
        self.drop_to(outer);
        Ok(closed)
    }

    /// A clause or the prompt.
    fn step_part(&mut self, step: &mut StepDecl) -> Parsed<()> {
        let start = self.span();
        if matches!(self.kind(), Kind::Block | Kind::Text | Kind::OpenText | Kind::SingleQuoted) {
            let prompt = self.template();
            if step.prompt.is_some() {
                let problem =
                    Diagnostic::error(code::E0112, start, "the step already has a prompt").label("a second prompt");
                self.say_behind(problem.help("the system message is written `system \"\"\"…\"\"\"`"));
                return Ok(());
            }
            step.prompt = Some(prompt);
            return Ok(());
        }
        let word = self.word().to_owned();
        if let Some(first) = step.clauses.iter().find(|clause| self.text_starts_with(clause.span, &word)) {
            let problem = Diagnostic::error(code::E0112, start, format!("`{word}` is given twice"));
            let problem = problem.label("again").label_at(first.span, "first here");
            self.say_behind(problem.help("keep one of the two"));
        }
        let kind = match self.step_clause(&word) {
            Ok(kind) => kind,
            Err(Reported) => {
                let level = self.level();
                self.recover(level, Commas::Skip);
                StepClauseKind::Error
            }
        };
        step.clauses.push(StepClause { span: self.since(start), kind });
        Ok(())
    }

    fn text_starts_with(&self, span: Span, word: &str) -> bool {
        let text = self.text.get(span.range()).unwrap_or("");
        !word.is_empty()
            && text
                .strip_prefix(word)
                .is_some_and(|rest| !rest.starts_with(|c: char| c.is_ascii_alphanumeric() || c == '_'))
    }

    fn step_clause(&mut self, word: &str) -> Parsed<StepClauseKind> {
        if !CLAUSES.contains(&word) {
            return Err(self.unknown_clause("step", CLAUSES));
        }
        self.bump();
        if matches!(word, "on" | "accept" | "tools" | "system" | "format" | "cache" | "class") {
            self.clause_colon();
        }
        Ok(match word {
            "on" => {
                let ladder = self.ladder()?;
                if self.is(Kind::Comma) && !self.new_line() {
                    return Err(self.comma_in_ladder());
                }
                StepClauseKind::On(ladder)
            }
            "accept" => StepClauseKind::Accept(self.operand()?),
            "retry" => StepClauseKind::Retry(self.cap("a number such as `1`")?),
            "repair" => StepClauseKind::Repair(self.cap("a number such as `1`")?),
            "input" => StepClauseKind::Input(self.cap("a size such as `2800tok`")?),
            "output" => StepClauseKind::Output(self.cap("a size such as `350tok`")?),
            "think" => StepClauseKind::Think(self.cap("a size such as `1024tok`")?),
            "time" => StepClauseKind::Time(self.cap("a time such as `20s`")?),
            "turns" => {
                let cap = self.cap("a number such as `4`")?;
                StepClauseKind::Turns { cap, keep: self.maybe_keep()? }
            }
            "tools" => StepClauseKind::Tools(self.tools()?),
            "system" => {
                if !matches!(self.kind(), Kind::Block | Kind::Text | Kind::OpenText | Kind::SingleQuoted) {
                    return Err(self.expected("a text"));
                }
                StepClauseKind::System(self.template())
            }
            "cache" => StepClauseKind::Cache(self.cache()?),
            "class" => StepClauseKind::Class(self.class()?),
            _ => {
                if !self.is_word("none") {
                    let help = "write `format none` to leave the instructions out; without it they are made from the \
                                type of the result";
                    return Err(self.expected_with(code::E0101, "`none`", help));
                }
                self.bump();
                StepClauseKind::FormatNone
            }
        })
    }

    /// Says that no clause begins with this word.
    pub(super) fn unknown_clause(&mut self, of: &str, known: &[&str]) -> Reported {
        let span = self.span();
        let word = self.word();
        if word.is_empty() {
            return self.expected(&format!("a clause of the {of}"));
        }
        const FOREIGN: &[&str] = &["prompt", "template", "max_tokens", "timeout", "retries", "attempts"];
        let alike = nearest(word, FOREIGN.iter().copied()).filter(|_| nearest(word, known.iter().copied()).is_none());
        let foreign = match alike.unwrap_or(word) {
            "temperature" | "top_p" | "seed" => "leave it out: how an answer is sampled is not said in a flow",
            "model" | "tier" | "using" | "by" => "who answers is written `on small`",
            "prompt" | "user" | "template" => "the prompt stands in the body by itself: `\"\"\"…\"\"\"`",
            "max_tokens" | "max_output" => "write `output <= 350tok`",
            "timeout" => "write `time <= 20s`",
            "retries" | "attempts" => "write `retry <= 1`",
            "let" | "var" | "return" | "if" | "each" | "match" | "loop" => {
                "statements belong in a `flow`; a step is one call of a model"
            }
            "budget" => "budgets belong to flows; a step has `input`, `output`, `turns` and `time`",
            _ => "",
        };
        let problem = Diagnostic::error(code::E0109, span, format!("unknown clause `{word}`"))
            .label(format!("not a clause of a {of}"));
        let known_list = known.iter().map(|word| format!("`{word}`"));
        let list = format!("the clauses are {}", known_list.collect::<Vec<_>>().join(", "));
        self.say(match nearest(word, known.iter().copied()) {
            Some(near) if foreign.is_empty() => {
                problem.help(format!("did you mean `{near}`?")).fix(format!("write `{near}`"), span, near)
            }
            _ if foreign.is_empty() => problem.help(list),
            _ => problem.help(foreign),
        })
    }

    /// `, keep last 2`
    fn maybe_keep(&mut self) -> Parsed<Option<Keep>> {
        if self.eat(Kind::Comma).is_none() {
            return Ok(None);
        }
        self.expect_word("keep")?;
        match self.word() {
            "all" => {
                self.bump();
                return Ok(Some(Keep::All));
            }
            "last" => {
                self.bump();
                return Ok(Some(Keep::Last(self.amount("how many turns to keep")?)));
            }
            "window" | "summary" => {
                let word = format!("`keep {}`", self.word());
                let span = self.span();
                let help =
                    "write `keep last 2` for the last turns, or `keep <= 800tok` for what fits: neither costs a call";
                return Err(self.later(span, &word, help));
            }
            _ => {}
        }
        if self.is(Kind::Number) {
            let place = Span { end: self.span().start, ..self.span() };
            let problem = Diagnostic::error(code::E0104, self.span(), "what is kept is `all`, or the `last` few turns");
            self.say(problem.label("`last` is missing before this").fix("write `last`", place, "last "));
            return Ok(Some(Keep::Last(self.literal("how many turns to keep")?)));
        }
        if self.is(Kind::LessEqual) || self.is(Kind::Equal) || self.is(Kind::Less) {
            let most = self.cap("a size such as `800tok`")?;
            if self.is_word("summary") && !self.new_line() {
                let help = "leave `summary` out: the oldest turns are dropped, which costs no call";
                return Err(self.later(self.span(), "a `summary` of what is kept", help));
            }
            return Ok(Some(Keep::Tokens(most)));
        }
        let help = "write `keep all`, `keep last 2` for the last turns, or `keep <= 800tok` for what fits";
        Err(self.expected_with(code::E0101, "`all`, `last 2` or `<= 800tok`", help))
    }

    /// `search <= 2, refund <= 1`
    fn tools(&mut self) -> Parsed<Vec<(Name, Cap)>> {
        let mut all = Vec::new();
        if self.is(Kind::LeftBracket) {
            let problem =
                Diagnostic::error(code::E0107, self.span(), "tools stand without brackets").label("not needed");
            return Err(self.say(problem.help("write each with its cap: `tools lookup <= 2, search <= 1`")));
        }
        loop {
            let name = self.name("the name of a tool")?;
            let cap = self.cap("how often it may be called")?;
            all.push((name, cap));
            if self.eat(Kind::Comma).is_none() && !self.tool_follows() {
                return Ok(all);
            }
        }
    }

    /// Whether another tool with its cap follows without a comma. It has been said.
    fn tool_follows(&mut self) -> bool {
        if self.new_line() || !self.is(Kind::Word) || self.peek(1).kind != Kind::LessEqual {
            return false;
        }
        let problem = Diagnostic::error(code::E0104, self.span(), "tools are parted by commas").label("no comma");
        let place = self.after();
        self.say(problem.help(format!("write `, {} <= …`", self.word())).fix("write `,`", place, ","));
        self.reported = None;
        true
    }

    /// Who answers: `small -> mid`, `answering(q.topic)`, `match q.topic { … }`.
    pub(super) fn ladder(&mut self) -> Parsed<Ladder> {
        let start = self.span();
        if self.is_word("match") && self.peek(1).kind != Kind::Arrow {
            return self.nest(|p| p.match_ladder(start));
        }
        if !self.new_line() && self.at_model() {
            return Err(self.model_in_ladder());
        }
        let first = self.name("the name of a tier or a route")?;
        if self.is(Kind::LeftParen) && !self.new_line() {
            let of = format!("the route `{}`", first.text);
            let args = self.list(Kind::LeftParen, &of, |p| Ok(p.expr_or_error()));
            return Ok(Ladder::Route { name: first, args });
        }
        let mut rungs = vec![first];
        loop {
            match self.kind() {
                Kind::Arrow => {
                    self.mark(Mark::Rung);
                    self.bump();
                }
                Kind::Pipe | Kind::OrOr if !self.new_line() => return Err(self.pipe_in_ladder()),
                Kind::Word if !self.new_line() && matches!(self.word(), "then" | "or" | "else") => self.not_an_arrow(),
                Kind::Greater | Kind::FatArrow if !self.new_line() => self.not_an_arrow(),
                _ => break,
            }
            rungs.push(self.name("the name of a tier")?);
        }
        Ok(Ladder::Rungs(rungs))
    }

    /// Says that another sign than `->` stands between two rungs, and reads it.
    fn not_an_arrow(&mut self) {
        let (written, span) = (self.text_of(self.token()).to_owned(), self.span());
        let message = format!("the next rung stands behind `->`, not `{written}`");
        let problem = Diagnostic::error(code::E0107, span, message).label("not `->`");
        self.say(problem.fix("write `->`", span, "->"));
        self.bump();
    }

    /// Whether `"gpt-5-mini"`, `openai("…")` or `gpt-5-mini` stands here.
    fn at_model(&self) -> bool {
        let (second, third) = (self.peek(1), self.peek(2));
        let dashed = second.kind == Kind::Minus && !second.first_on_line;
        let given = second.kind == Kind::LeftParen && third.kind == Kind::Text && self.peek(3).kind == Kind::RightParen;
        let providers = ["openai", "anthropic", "azure", "google", "local", "mistral", "model"];
        let quoted = matches!(self.kind(), Kind::Text | Kind::SingleQuoted);
        quoted || self.is(Kind::Word) && (dashed || given && providers.contains(&self.word()))
    }

    fn model_in_ladder(&mut self) -> Reported {
        let problem = Diagnostic::error(code::E0101, self.span(), "a step is answered by a tier, not by a model");
        let help = "name the model at the top of the file, `tier small = openai(\"gpt-5-mini\")`, and write `on small`";
        self.say(problem.label("a model").help(help))
    }

    fn comma_in_ladder(&mut self) -> Reported {
        let problem = Diagnostic::error(code::E0101, self.span(), "tiers are not listed behind `on`");
        let help = "`on small -> mid` asks `mid` where an answer of `small` is not accepted; a model that stands in for one that fails \
                    belongs to its tier, `tier small = openai(\"…\") | local(\"…\")`";
        self.say(problem.label("not between tiers").help(help))
    }

    fn pipe_in_ladder(&mut self) -> Reported {
        let problem = Diagnostic::error(code::E0101, self.span(), "`|` joins the models of a `tier`");
        let help = "`->` names who is asked when an answer is not accepted; what is asked when a model fails belongs to its tier";
        self.say(problem.label("not between tiers").help(help))
    }

    fn match_ladder(&mut self, start: Span) -> Parsed<Ladder> {
        self.bump();
        let value = self.head_or_error();
        if !self.is(Kind::LeftBrace) {
            return Err(self.expected("`{` and the arms of `match`"));
        }
        let arms = self.list(Kind::LeftBrace, "`match`", Self::ladder_arm);
        Ok(Ladder::Match { value, arms, span: self.since(start) })
    }

    fn ladder_arm(&mut self) -> Parsed<(Pattern, Ladder)> {
        let pattern = self.arm_pattern()?;
        let level = self.level();
        let ladder = self.ladder().unwrap_or_else(|_| {
            self.recover(level, Commas::Stop);
            Ladder::Error
        });
        Ok((pattern, ladder))
    }
}
