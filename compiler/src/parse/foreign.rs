//! Signs and forms of other languages: said once, with what is written here, and read as what was meant where that is clear.

use super::cursor::{ITEM_WORDS, Parsed, Parser, Reported, STATEMENT_WORDS};
use crate::diagnostic::code::syntax as code;
use crate::diagnostic::{Code, Diagnostic, nearest};
use crate::lex::Kind;
use crate::source::Span;
use crate::syntax::{Expr, ExprKind, StatementKind};

impl Parser<'_> {
    /// Says that something else should stand here, and what to type.
    pub(super) fn expected_with(&mut self, code: Code, what: &str, help: &str) -> Reported {
        let problem = self.expectation(code, what);
        self.say(problem.help(help))
    }

    /// `"""…"""` in front of the first clause of a flow; true where one was read.
    pub(super) fn docstring(&mut self) -> bool {
        let next = self.peek(1);
        if !matches!(self.kind(), Kind::Block | Kind::Text) || !next.first_on_line || next.kind == Kind::RightBrace {
            return false;
        }
        let problem = Diagnostic::error(code::E0107, self.span(), "a flow is documented above its first line");
        self.say(problem.label("not here").help("write it above the flow, each line behind `///`"));
        self.bump();
        true
    }

    /// `on: small`: says that no colon stands behind the word of a clause.
    pub(super) fn clause_colon(&mut self) {
        if !self.is(Kind::Colon) {
            return;
        }
        let span = self.span();
        let word = self.text_of(self.before()).to_owned();
        let problem = Diagnostic::error(code::E0107, span, format!("no `:` stands behind `{word}`"));
        let in_place = if word == "cache" && self.word_ahead(1) != "for" { " for" } else { "" };
        let title = if in_place.is_empty() { "leave it out" } else { "write `for`" };
        self.say(problem.label("not needed").fix(title, span, in_place));
        self.bump();
        // What follows is written as in that other language, too.
        self.reported = Some(self.at);
    }

    /// `const x = 3`, `let mut x = 3`, `mut x = 3` in a flow: a binding under another word.
    pub(super) fn foreign_binding(&mut self) -> Option<Parsed<StatementKind>> {
        let (first, second, third) = (self.word(), self.word_ahead(1), self.peek(2).kind);
        let named = self.peek(1).kind == Kind::Word && !self.peek(1).first_on_line;
        let bound = named && matches!(third, Kind::Equal | Kind::Colon);
        let (span, meant) = match (first, second) {
            ("let", "mut") if third == Kind::Word => (self.span().to(self.span_of(self.peek(1))), "var"),
            ("const" | "val" | "auto" | "final" | "local", _) if bound => (self.span(), "let"),
            ("mut", _) if bound => (self.span(), "var"),
            _ => return None,
        };
        let written = self.text.get(span.range()).unwrap_or(first).to_owned();
        let problem = Diagnostic::error(code::E0106, span, format!("`{written}` is written `{meant}`"));
        let help = "a value gets its name with `let`; with `var` where it changes in a `loop`";
        self.say(problem.label("of other languages").help(help).fix(format!("write `{meant}`"), span, meant));
        if first == "let" {
            self.bump();
        }
        Some(match meant {
            "let" => self.binding(|name, ty, value| StatementKind::Let { name, ty, value }),
            _ => self.binding(|name, ty, value| StatementKind::Var { name, ty, value }),
        })
    }

    /// `x := 3`
    pub(super) fn walrus(&mut self, target: Expr) -> Parsed<StatementKind> {
        let sign = self.span().to(self.span_of(self.peek(1)));
        let ExprKind::Name(name) = target.kind else { return Err(self.expected("a new line")) };
        let problem = Diagnostic::error(code::E0107, sign, "a value gets its name with `let`")
            .label("not a sign of the language");
        let right = format!("let {} =", name.text);
        self.say(problem.fix(format!("write `{right}`"), name.span.to(sign), right));
        self.bump();
        self.bump();
        let value = self.expr_or_error();
        Ok(StatementKind::Let { name, ty: None, value })
    }

    /// `else: …`
    pub(super) fn else_colon(&mut self) -> Reported {
        let problem = Diagnostic::error(code::E0107, self.span(), "no `:` stands behind `else`").label("not needed");
        self.say(problem.help("behind an `if` and its `}` write `else { … }`, behind what can fail `else x`"))
    }

    /// Whether `elif` stands here, which has been said.
    pub(super) fn is_elif(&mut self) -> bool {
        let word = self.word();
        if !matches!(word, "elif" | "elseif" | "elsif") {
            return false;
        }
        let span = self.span();
        let problem = Diagnostic::error(code::E0106, span, format!("`{word}` is written `else if`"));
        self.say(problem.label("of other languages").fix("write `else if`", span, "else if"));
        true
    }

    /// Whether `default =>` or `else =>` stands here, which is read as `_` and has been said.
    pub(super) fn any_word(&mut self) -> bool {
        let word = self.word();
        let is_arm = matches!(self.peek(1).kind, Kind::FatArrow | Kind::Arrow | Kind::Colon);
        if !matches!(word, "default" | "else" | "otherwise") || !is_arm {
            return false;
        }
        let span = self.span();
        let problem = Diagnostic::error(code::E0106, span, format!("the last arm is `_`, not `{word}`"));
        self.say(problem.label("not a pattern").fix("write `_`", span, "_"));
        self.bump();
        true
    }

    /// `case A => …`: says that no word stands before a pattern.
    pub(super) fn case_word(&mut self) {
        let next = self.peek(1);
        let pattern = matches!(next.kind, Kind::Word | Kind::Text | Kind::Number) && !next.first_on_line;
        if !self.is_word("case") || !pattern {
            return;
        }
        let span = self.span();
        let problem = Diagnostic::error(code::E0106, span, "an arm begins with its pattern, without `case`");
        self.say(problem.label("not needed").fix("leave it out", Span { end: next.start, ..span }, ""));
        self.bump();
    }

    /// What stands behind a whole statement or clause, where it is known from other languages.
    pub(super) fn foreign_behind(&mut self) -> Option<Diagnostic> {
        let span = self.span();
        if self.is(Kind::Bang) {
            return Some(bang(span));
        }
        if self.kind_before() == Kind::Number && self.bare_number_before() && self.at_no_word_of_ours() {
            let message = format!("unknown unit `{}`", self.word());
            let problem = Diagnostic::error(code::E0014, span, message).label("not a unit");
            let help = "the units are `tok`, `char`, `kb`, `ms`, `s`, `m`, `h`, `d`, `%`, directly behind their number";
            return Some(problem.help(help));
        }
        let (message, label, help) = match self.word() {
            "catch" | "except" | "rescue" => {
                let problem = Diagnostic::error(code::E0106, span, "a failure is handled with `else`");
                return Some(problem.label("of other languages").fix("write `else`", span, "else"));
            }
            "if" => ("a choice begins with its condition", "not behind a value", "write `if c { a } else { b }`"),
            "as" => (
                "a value keeps its type",
                "not an operator",
                "a text is shortened with `x cut 60tok`, any value is made a text with `text(x)`",
            ),
            "then" | "do" => {
                ("what follows a condition stands in braces", "not a word of this language", "write `{ … }`")
            }
            _ => return None,
        };
        Some(Diagnostic::error(code::E0107, span, message).label(label).help(help))
    }

    /// Whether the token before this one is a number without a unit.
    fn bare_number_before(&self) -> bool {
        self.text_of(self.before()).bytes().all(|byte| byte.is_ascii_digit() || byte == b'_')
    }

    /// Whether a word stands here that means nothing behind a value, and is not like one that does.
    fn at_no_word_of_ours(&self) -> bool {
        const OURS: [&str; 13] =
            ["within", "when", "else", "cut", "fit", "and", "or", "is", "in", "by", "if", "then", "do"];
        let word = self.word();
        !word.is_empty()
            && !STATEMENT_WORDS.contains(&word)
            && !ITEM_WORDS.contains(&word)
            && nearest(word, OURS).is_none()
    }

    /// `draft!` among other values: says that no sign stands behind a value, and reads it.
    pub(super) fn bang_behind(&mut self) {
        let span = self.span();
        self.say(bang(span));
        self.bump();
    }

    /// What begins a value in another language.
    pub(super) fn foreign_value(&mut self) -> Option<Reported> {
        let (word, token, next) = (self.word(), self.token(), self.peek(1));
        let touches = next.start == token.end;
        let (message, help) = match word {
            "escalate" | "raise" | "throw" if next.kind == Kind::Text && !next.first_on_line => {
                return self.foreign_statement();
            }
            "f" | "r" | "b" | "u" if touches && next.kind == Kind::Text => (
                "no letter stands before a text",
                "texts are joined with `+`: `\"Hello \" + name`; only a prompt has holes",
            ),
            _ if touches && next.kind == Kind::Bang && self.peek(2).kind == Kind::LeftParen => {
                ("there are no macros", "a function is called without `!`; texts are joined with `+`")
            }
            _ => return None,
        };
        let problem = Diagnostic::error(code::E0107, self.span(), message).label("of other languages");
        Some(self.say(problem.help(help)))
    }

    /// `switch x { … }`, which is read as `match` and has been said.
    pub(super) fn switch_as_match(&mut self) -> Option<&'static str> {
        if !self.is_word("switch") || !self.records || !self.brace_on_line() {
            return None;
        }
        let span = self.span();
        let problem = Diagnostic::error(code::E0106, span, "`switch` is written `match`").label("of other languages");
        self.say(problem.help("write `match x { A => …, _ => … }`").fix("write `match`", span, "match"));
        Some("match")
    }

    /// `clasify(text, into: Topic) by reader`: a misspelt call of the language, told by how it is written; it has been said.
    pub(super) fn misspelt_call(&mut self) -> Option<&'static str> {
        let words: [&'static str; 3] = ["classify", "embed", "escalate"];
        let meant = nearest(self.word(), words).filter(|_| !words.contains(&self.word()))?;
        let (mut ahead, mut depth, mut argument) = (1, 0_u32, "");
        while ahead < 256 {
            match self.peek(ahead).kind {
                Kind::LeftParen => depth += 1,
                Kind::RightParen => depth = depth.saturating_sub(1),
                Kind::Word if self.peek(ahead + 1).kind == Kind::Colon => argument = self.word_ahead(ahead),
                Kind::End => return None,
                _ => {}
            }
            if depth == 0 {
                break;
            }
            ahead += 1;
        }
        let by = self.word_ahead(ahead + 1) == "by";
        let is_meant = match meant {
            "classify" => by || argument == "into",
            "embed" => by,
            _ => argument == "to",
        };
        is_meant.then(|| self.say_misspelt(meant))
    }

    /// No value stands here; a doubled sign is one of other languages.
    pub(super) fn no_value(&mut self) -> Reported {
        let before = self.before();
        let doubled = before.kind == self.kind() && before.end == self.token().start;
        let (message, help) = match self.kind() {
            Kind::Plus if doubled => ("there is no `++`", "write `n = n + 1`"),
            Kind::Minus if doubled => ("there is no `--`", "write `n = n - 1`"),
            Kind::Star if doubled => ("there is no power", "the operators on numbers are `+`, `-` and `*`"),
            _ => return self.expected("an expression"),
        };
        let span = self.span_of(before).to(self.span());
        let problem = Diagnostic::error(code::E0107, span, message).label("not an operator");
        self.say(problem.help(help))
    }

    /// `x not is A`: says how it is written; true where it is so.
    pub(super) fn turned_is(&mut self, sign: Span) -> bool {
        if self.text.get(sign.range()) != Some("not") {
            return false;
        }
        let whole = sign.to(self.span());
        let problem = Diagnostic::error(code::E0107, whole, "`not is` is written `is not`").label("turned around");
        self.say(problem.fix("write `is not`", whole, "is not"));
        self.bump();
        true
    }

    /// `===` and `!==`: says that two signs are enough.
    pub(super) fn third_sign(&mut self, sign: Span) {
        let third = self.span();
        if !self.is(Kind::Equal) || third.start != sign.end {
            return;
        }
        let meant = self.text.get(sign.range()).unwrap_or("==").to_owned();
        let problem = Diagnostic::error(code::E0107, sign.to(third), format!("`{meant}=` is written `{meant}`"));
        self.say(problem.label("one sign too many").fix(format!("write `{meant}`"), third, ""));
        self.bump();
    }

    /// `x cut to 60tok`
    pub(super) fn cut_to(&mut self) {
        if !matches!(self.word(), "to" | "at") {
            return;
        }
        let span = self.span();
        let problem = Diagnostic::error(code::E0107, span, "the size stands directly behind `cut`").label("not needed");
        self.say(problem.fix("leave it out", Span { end: self.peek(1).start, ..span }, ""));
        self.bump();
    }

    /// `any(xs, x => …)`: says that functions are no values; false where it is none of that.
    pub(super) fn says_no_function(&mut self) -> bool {
        let behind_name = self.kind_before() == Kind::Word;
        if !self.is(Kind::FatArrow) || !behind_name || self.new_line() {
            return false;
        }
        let problem = Diagnostic::error(code::E0107, self.span(), "there are no functions as values");
        self.say(problem.label("not here").help("the element is called `it`: `all(xs, len(it) > 0)`"));
        true
    }

    /// Whether a type of another language that takes arguments was just read.
    pub(super) fn is_foreign_generic(&self, name: Span) -> bool {
        let name = self.text.get(name.range()).unwrap_or("").to_ascii_lowercase();
        ["list", "optional", "option", "dict", "array", "vec", "set", "sequence", "map", "tuple"]
            .contains(&name.as_str())
    }

    /// `Id | null`
    pub(super) fn union(&mut self) -> Reported {
        let problem = Diagnostic::error(code::E0107, self.span(), "a type is one type").label("not between types");
        let whole = self.after().to(self.span_of(self.peek(1)));
        self.say(match self.word_ahead(1) {
            "null" | "None" | "undefined" | "nil" => {
                problem.help("what may be absent is written `T?`").fix("write `?`", whole, "?")
            }
            _ => problem.help("declare an enum whose variants have fields, and write its name"),
        })
    }

    /// `use "notes.flow" { Note }`
    pub(super) fn use_of_a_path(&mut self) -> Reported {
        self.bump();
        let span = self.span();
        let written = self.text_of(self.token()).trim_matches('"').trim_start_matches("./").trim_end_matches(".flow");
        let module = written.replace('/', ".");
        let is_name = module.chars().all(|c| c.is_ascii_alphanumeric() || c == '_' || c == '.') && !module.is_empty();
        let problem = Diagnostic::error(code::E0107, span, "a module is named without quotes").label("not a name");
        self.say(match is_name {
            true => {
                problem.help(format!("write `use {module} {{ … }}`")).fix(format!("write `{module}`"), span, module)
            }
            false => problem.help("write `use notes { … }` for `notes.flow` beside this file"),
        })
    }
}

/// `draft!`, which other languages have for values that may be absent and for calls that may fail.
fn bang(span: Span) -> Diagnostic {
    let help = "leave it out: a value that may be `null` is asked first, `check x is not null else …`, and a failure is handled with `x else y`";
    let problem = Diagnostic::error(code::E0107, span, "no `!` stands behind a value").label("of other languages");
    problem.help(help).fix("leave it out", span, "")
}
