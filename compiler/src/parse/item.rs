//! Files and what is declared in them: imports, types, enums, aliases, tiers, routes; what steps, tools and flows share.

use super::cursor::{Commas, ITEM_WORDS, Parsed, Parser, Reported};
use super::marks::Mark;
use crate::diagnostic::Diagnostic;
use crate::diagnostic::code::syntax as code;
use crate::lex::Kind;
use crate::source::Span;
use crate::syntax::{
    AliasDecl, Binding, EnumDecl, Field, File, Item, ItemKind, ModelRef, Name, RouteArm, RouteDecl, TierDecl, TypeDecl,
    TypeExpr, Use, Variant,
};

impl Parser<'_> {
    /// The whole file.
    pub(super) fn file(&mut self) -> File {
        let mut items = Vec::new();
        while !self.is(Kind::End) {
            let (before, docs, start) = (self.at, self.docs(), self.span());
            self.begin(Mark::Item);
            let public = if self.word() == "pub" { Some(self.bump()) } else { None };
            let kind = self.item().unwrap_or_else(|_| {
                self.recover_to_item(before);
                ItemKind::Error
            });
            items.push(Item { docs, public, span: self.since(start), kind });
            self.item_end();
        }
        self.say_undocumented();
        File { source: self.source, docs: self.module_docs(), items }
    }

    fn item(&mut self) -> Parsed<ItemKind> {
        let word = self.misspelt_item_word().unwrap_or(self.word());
        let named = self.peek(1).kind == Kind::Word;
        match word {
            "use" if self.peek(1).kind == Kind::Text => Err(self.use_of_a_path()),
            "use" if named => self.behind_word(Self::use_).map(ItemKind::Use),
            "type" if named => self.behind_word(Self::type_).map(ItemKind::Type),
            "enum" if named => self.behind_word(Self::enum_).map(ItemKind::Enum),
            "alias" if named => self.behind_word(Self::alias).map(ItemKind::Alias),
            "tier" if named => self.behind_word(Self::tier).map(ItemKind::Tier),
            "route" if named => self.behind_word(Self::route).map(ItemKind::Route),
            "step" if named => self.behind_word(Self::step).map(ItemKind::Step),
            "tool" if named => self.behind_word(Self::tool).map(ItemKind::Tool),
            "flow" if named => self.behind_word(Self::flow).map(ItemKind::Flow),
            "index" if named => self.behind_word(Self::index_decl).map(ItemKind::Index),
            "ceiling" if named => self.behind_word(Self::ceiling).map(ItemKind::Ceiling),
            "const" if named => self.behind_word(Self::constant).map(ItemKind::Const),
            "test" if named || matches!(self.peek(1).kind, Kind::Text | Kind::LeftBrace) => {
                self.behind_word(Self::test).map(ItemKind::Test)
            }
            "eval" if named => self.behind_word(Self::eval).map(ItemKind::Eval),
            _ => Err(self.not_an_item()),
        }
    }

    pub(super) fn behind_word<T>(&mut self, read: impl FnOnce(&mut Self) -> Parsed<T>) -> Parsed<T> {
        self.bump();
        read(self)
    }

    fn not_an_item(&mut self) -> Reported {
        let word = self.word();
        let span = self.span();
        if self.at_stray_closing() {
            let problem = Diagnostic::error(code::E0102, span, format!("{} closes nothing", self.found()));
            return self.say(problem.label("nothing is open here").fix("leave it out", span, ""));
        }
        if ITEM_WORDS.contains(&word) {
            let word = word.to_owned();
            self.bump();
            return self.expected(&format!("the name of the {}", if word == "use" { "module" } else { &word }));
        }
        let help = match word {
            "def" | "fn" | "func" | "function" | "async" => "write `flow name(x: Text<=64tok) -> Text<=64tok { … }`",
            "import" | "from" | "include" | "require" => "write `use kb { search, Passage }`",
            "struct" | "record" | "interface" => "write `type Name { field: Text<=64tok }`",
            "class" => "write `type Name { field: Text<=64tok }`; there are no methods",
            "static" | "final" | "constant" => "write `const name = 6`",
            "let" | "var" => "values live in flows: `flow name() -> Text<=64tok { let x = … }`",
            "typedef" | "typealias" => "write `alias Name = Text<=64tok`",
            "model" => "write `tier name = openai(\"…\")`",
            "agent" | "workflow" | "pipeline" | "task" => "write `flow name(…) -> … { … }`",
            "prompt" => "write `step name(…) -> … { … }`",
            "public" | "export" => "write `pub`",
            _ => "",
        };
        if !help.is_empty() {
            let problem = Diagnostic::error(code::E0106, span, format!("`{word}` is a word of other languages"));
            return self.say(problem.label("not a declaration of this language").help(help));
        }
        let message = format!("expected a declaration, found {}", self.found());
        let problem = Diagnostic::error(code::E0110, span, message).label("not a declaration");
        let help = match word {
            "budget" | "owner" | "under" | "slo" | "outcome" => {
                "it belongs to a flow: the first line between its braces"
            }
            _ => {
                "a file holds `use`, `const`, `type`, `enum`, `alias`, `tier`, `route`, `step`, `tool`, `index`, `ceiling`, `flow`, `test` and `eval`"
            }
        };
        self.say(problem.help(help))
    }

    /// Goes to the next declaration after a mistake in one that began at token `before`.
    pub(super) fn recover_to_item(&mut self, before: usize) {
        if self.at == before {
            self.bump();
        }
        while !self.is(Kind::End) && !self.at_margin_item() {
            let may_begin = self.at_item() || self.at_margin() && self.is(Kind::Word) && !self.peek(1).first_on_line;
            if self.level() == 0 && self.token().first_on_line && may_begin {
                break;
            }
            self.bump();
        }
        self.drop_to(0);
    }

    /// Says what stands behind a declaration.
    fn item_end(&mut self) {
        self.drop_to(0);
        while self.is(Kind::Semicolon) {
            self.semicolon();
            self.bump();
        }
        if !self.new_line() && !self.is(Kind::End) && !self.at_item() {
            let before = self.at;
            if self.at_stray_closing() {
                let span = self.span();
                let problem = Diagnostic::error(code::E0102, span, format!("{} closes nothing", self.found()));
                self.say(problem.label("nothing is open here").fix("leave it out", span, ""));
            } else {
                let problem =
                    Diagnostic::error(code::E0111, self.span(), format!("expected a new line, found {}", self.found()));
                self.say(problem.label("not part of the declaration before it"));
            }
            self.recover_to_item(before);
        }
    }

    /// `use shared.kb { search, Passage } with model = small`
    fn use_(&mut self) -> Parsed<Use> {
        let mut path = vec![self.name("the name of a module")?];
        while self.is(Kind::Dot) {
            let dot = self.bump();
            if self.is(Kind::LeftBrace) {
                let problem = Diagnostic::error(code::E0107, dot, "no `.` stands before the names to import");
                self.say_behind(problem.label("not needed").fix("leave it out", dot, ""));
                break;
            }
            if self.is(Kind::Star) {
                let problem = Diagnostic::error(code::E0107, self.span(), "a `use` names what it takes");
                let help = format!("write `use {} {{ … }}` with the names", path.last().map_or("", |name| &name.text));
                return Err(self.say(problem.label("not a name").help(help)));
            }
            path.push(self.name("the name of a module")?);
        }
        if !self.is(Kind::LeftBrace) {
            let module = path.last().map_or("notes", |name| name.text.as_str());
            let help = format!("write `use {module} {{ … }}` with the names to import between the braces");
            return Err(self.expected_with(code::E0101, "`{` and the names to import", &help));
        }
        let names = self.list(Kind::LeftBrace, "`use`", |p| p.name("a name to import"));
        let with = if self.new_line() || self.eat_word("with").is_none() { Vec::new() } else { self.bindings()? };
        Ok(Use { path, names, with })
    }

    /// `model = small, size = 200tok`, behind `with`
    fn bindings(&mut self) -> Parsed<Vec<Binding>> {
        let mut all = Vec::new();
        loop {
            let help = "write `with model = small, size = 60tok`";
            if !self.is(Kind::Word) {
                return Err(self.expected_with(code::E0101, "the name of a tier or a constant of the module", help));
            }
            let name = self.name("the name of a tier or a constant of the module")?;
            self.expect_with(Kind::Equal, "`=` and what it is for this import", help)?;
            let value = self.amount("a tier or an amount")?;
            all.push(Binding { name, value });
            if self.eat(Kind::Comma).is_none() {
                return Ok(all);
            }
        }
    }

    /// `type Ticket { subject: Text<=32tok }`
    fn type_(&mut self) -> Parsed<TypeDecl> {
        let name = self.type_name("the name of the type")?;
        if self.is(Kind::Equal) {
            let problem = Diagnostic::error(code::E0101, self.span(), "`type` declares a record, in braces");
            let fix = format!("to give a type another name, write `alias {} = …`", name.text);
            return Err(self.say(problem.label("not `{`").help(fix)));
        }
        let of = format!("type `{}`", name.text);
        let fields = self.fields(&of)?;
        Ok(TypeDecl { name, fields })
    }

    fn fields(&mut self, of: &str) -> Parsed<Vec<Field>> {
        if !self.is(Kind::LeftBrace) {
            return Err(self.expected(&format!("`{{` and the fields of {of}")));
        }
        Ok(self.list(Kind::LeftBrace, of, Self::field_decl))
    }

    /// A field or a parameter with its type.
    fn field_decl(&mut self) -> Parsed<Field> {
        let docs = self.docs();
        let name = self.name("a name")?;
        self.is_snake_case(&name);
        if self.is(Kind::Question) && self.peek(1).kind == Kind::Colon {
            let problem = Diagnostic::error(code::E0107, self.span(), "`?` belongs behind the type");
            let problem = problem.label("not behind the name").help(format!("write `{}: Text<=64tok?`", name.text));
            self.say(problem);
            self.bump();
        }
        if self.eat(Kind::Colon).is_none() {
            let place = self.after();
            let problem = Diagnostic::error(code::E0104, name.span, format!("`{}` has no type", name.text))
                .label("no `:` and no type");
            if self.is(Kind::Word) && !self.token().first_on_line {
                // `subject Text<=32tok` lacks only the colon.
                self.say(problem.fix("write `:`", place, ":"));
            } else {
                self.say(problem.help(format!("write it as `{}: Text<=64tok`", name.text)));
                let kind = crate::syntax::TypeKind::Error;
                return Ok(Field { docs, ty: TypeExpr { span: name.span, kind }, name });
            }
        }
        Ok(Field { docs, name, ty: self.ty_on_line() })
    }

    /// `(topic: Topic, plan: Plan)`
    pub(super) fn params(&mut self, of: &str) -> Vec<Field> {
        if !self.is(Kind::LeftParen) {
            self.expected(&format!("`(` and the parameters of {of}"));
            return Vec::new();
        }
        self.list(Kind::LeftParen, &format!("the parameters of {of}"), Self::param)
    }

    fn param(&mut self) -> Parsed<Field> {
        let reserved = self.peek(1).kind == Kind::Colon;
        if reserved {
            let docs = self.docs();
            let name = self.value_name("the name of a parameter")?;
            self.bump();
            return Ok(Field { docs, name, ty: self.ty_or_error() });
        }
        self.field_decl()
    }

    /// `-> Draft`; absent where there is none.
    pub(super) fn result(&mut self) -> Option<TypeExpr> {
        if self.is(Kind::Colon) || self.is(Kind::FatArrow) {
            let (written, span) = (self.text_of(self.token()).to_owned(), self.span());
            let problem =
                Diagnostic::error(code::E0105, span, format!("the result stands behind `->`, not `{written}`"));
            let next = self.peek(1);
            if !matches!(next.kind, Kind::Word | Kind::LeftBracket) || next.first_on_line {
                return None; // `flow f():` and a body without braces
            }
            self.say(problem.label("not `->`").fix("write `->`", span, "->"));
            self.bump();
            return Some(self.ty_or_error());
        }
        if self.is(Kind::Word) && !self.new_line() && self.text_of(self.token()).starts_with(char::is_uppercase) {
            let span = self.span();
            let problem = Diagnostic::error(code::E0105, span, "the result stands behind `->`");
            let place = Span { end: span.start, ..span };
            self.say(problem.label("`->` is missing before this").fix("write `->`", place, "-> "));
            return Some(self.ty_or_error());
        }
        let arrow = self.eat(Kind::Arrow)?;
        if self.is(Kind::LeftBrace) {
            let help = "write what comes out, `-> Text<=64tok`; every flow, step and tool has a result";
            self.expected_with(code::E0101, "a type", help);
            return Some(TypeExpr { span: arrow, kind: crate::syntax::TypeKind::Error });
        }
        Some(self.ty_or_error())
    }

    /// `enum Topic { Billing, Refund { amount: Usd<=$50 } }`
    fn enum_(&mut self) -> Parsed<EnumDecl> {
        let name = self.type_name("the name of the enum")?;
        if !self.is(Kind::LeftBrace) {
            return Err(self.expected(&format!("`{{` and the variants of enum `{}`", name.text)));
        }
        let of = format!("enum `{}`", name.text);
        let variants = self.list(Kind::LeftBrace, &of, Self::variant);
        Ok(EnumDecl { name, variants })
    }

    fn variant(&mut self) -> Parsed<Variant> {
        let docs = self.docs();
        if self.is(Kind::Minus) && self.peek(1).kind == Kind::Word {
            let span = Span { end: self.peek(1).start, ..self.span() };
            let problem = Diagnostic::error(code::E0107, self.span(), "a variant stands without a dash");
            self.say(problem.label("not needed").fix("leave it out", span, ""));
            self.bump();
        }
        let name = self.type_name("the name of a variant")?;
        let of = format!("variant `{}`", name.text);
        if self.is(Kind::LeftParen) {
            let problem = Diagnostic::error(code::E0107, self.span(), "the fields of a variant have names, in braces");
            return Err(
                self.say(problem.label("not `{`").help(format!("write `{} {{ amount: Usd<=$50 }}`", name.text)))
            );
        }
        if self.is(Kind::Equal) && matches!(self.peek(1).kind, Kind::Number | Kind::Text) {
            let whole = self.after().to(self.span_of(self.peek(1)));
            let problem = Diagnostic::error(code::E0107, self.span(), "a variant has no value").label("not needed");
            self.say(problem.help("a variant is its name, in JSON too").fix("leave it out", whole, ""));
            self.bump();
            self.bump();
        }
        let fields = if self.is(Kind::LeftBrace) && !self.new_line() { self.fields(&of)? } else { Vec::new() };
        Ok(Variant { docs, name, fields })
    }

    /// `alias Draft = Text<=700tok`
    fn alias(&mut self) -> Parsed<AliasDecl> {
        let name = self.type_name("the new name")?;
        self.expect(Kind::Equal, "`=` and a type")?;
        Ok(AliasDecl { name, ty: self.ty_or_error() })
    }

    /// `tier mid = openai("gpt-5-mini") | azure("gpt-5-mini")`
    fn tier(&mut self) -> Parsed<TierDecl> {
        let name = self.value_name("the name of the tier")?;
        if self.is(Kind::Colon) && self.peek(1).kind == Kind::Word {
            let span = self.span();
            let problem = Diagnostic::error(code::E0107, span, "a tier is given with `=`, not `:`").label("not `=`");
            self.say(problem.fix("write `=`", Span { start: name.span.end, ..span }, " ="));
            self.bump();
        } else {
            self.expect(Kind::Equal, "`=` and a model such as `openai(\"gpt-5-mini\")`")?;
        }
        let mut models = vec![self.model()?];
        loop {
            match self.kind() {
                Kind::Pipe => drop(self.bump()),
                Kind::OrOr | Kind::Arrow => {
                    let (written, span) = (self.text_of(self.token()).to_owned(), self.span());
                    let problem = Diagnostic::error(
                        code::E0107,
                        span,
                        format!("the next model of a tier stands behind `|`, not `{written}`"),
                    );
                    self.say(problem.label("not `|`").fix("write `|`", span, "|"));
                    self.bump();
                }
                _ => break,
            }
            models.push(self.model()?);
        }
        Ok(TierDecl { name, models })
    }

    fn model(&mut self) -> Parsed<ModelRef> {
        if self.is(Kind::Text) {
            let problem =
                Diagnostic::error(code::E0104, self.span(), "a model is named with its provider").label("whose model?");
            let written = self.text_of(self.token()).to_owned();
            return Err(self.say(
                problem.help(format!("write `openai({written})`, or `model({written})` for an entry of flow.toml")),
            ));
        }
        let provider = self.name("a provider such as `openai`")?;
        let (level, opening) = (self.level(), self.span());
        if !self.is(Kind::LeftParen) {
            let message = "a model is named with its provider, in quotes";
            let problem = Diagnostic::error(code::E0104, provider.span, message).label("no `(` and no name in quotes");
            return Err(
                self.say(problem.help("write `openai(\"gpt-5-mini\")`, or `local(\"…\")` for one on this machine"))
            );
        }
        self.bump();
        let token = self.token();
        if !matches!(token.kind, Kind::Text | Kind::SingleQuoted) {
            return Err(self.model_without_quotes(&provider));
        }
        let model = Name { text: self.line_text(token).text, span: self.bump() };
        if self.eat(Kind::RightParen).is_none() {
            self.unclosed(opening, &format!("`{}`", provider.text));
            self.drop_to(level);
        }
        Ok(ModelRef { span: self.since(provider.span), provider, model })
    }

    fn model_without_quotes(&mut self, provider: &Name) -> Reported {
        let start = self.span();
        let mut ahead = 0;
        while ahead < 16 && !self.peek(ahead + 1).first_on_line && self.peek(ahead).kind != Kind::RightParen {
            ahead += 1;
        }
        let close = self.peek(ahead);
        let whole = Span { end: close.start, ..start };
        let written = self.text.get(whole.range()).unwrap_or("").trim_end();
        if close.kind != Kind::RightParen || written.is_empty() {
            return self.expected("the name of a model, in quotes");
        }
        let problem = Diagnostic::error(code::E0104, whole, "the name of a model stands in quotes").label("no quotes");
        let problem = problem.help(format!("write `{}(\"{written}\")`", provider.text));
        self.say(problem.fix("write the quotes", whole, format!("\"{written}\"")))
    }

    /// `route answering(topic: Topic) { topic is Legal => frontier, _ => small }`
    fn route(&mut self) -> Parsed<RouteDecl> {
        let name = self.value_name("the name of the route")?;
        let of = format!("route `{}`", name.text);
        let params = self.params(&of);
        if !self.is(Kind::LeftBrace) {
            return Err(self.expected(&format!("`{{` and the arms of {of}")));
        }
        let arms = self.list(Kind::LeftBrace, &of, Self::route_arm);
        Ok(RouteDecl { name, params, arms })
    }

    fn route_arm(&mut self) -> Parsed<RouteArm> {
        let start = self.span();
        let when = if self.any_word() {
            None
        } else if self.is_word("_") {
            self.bump();
            None
        } else {
            Some(self.operand()?)
        };
        match self.kind() {
            Kind::Arrow | Kind::Colon => {
                let (written, span) = (self.text_of(self.token()).to_owned(), self.span());
                let problem =
                    Diagnostic::error(code::E0107, span, format!("an arm is written with `=>`, not `{written}`"));
                self.say(problem.label("not `=>`").fix("write `=>`", span, "=>"));
                self.bump();
            }
            _ => drop(self.expect(Kind::FatArrow, "`=>` and who answers")?),
        }
        let level = self.level();
        let ladder = self.ladder().unwrap_or_else(|_| {
            self.recover(level, Commas::Stop);
            crate::syntax::Ladder::Error
        });
        Ok(RouteArm { when, ladder, span: self.since(start) })
    }
}
