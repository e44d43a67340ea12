//! Tools and their gates. In: the clauses as written. Out: the [`Tool`] with its source, its effect and what is decided before
//! every call.

use super::Checker;
use super::items::{Decl, Declared};
use super::lower::{Lower, Within};
use crate::cost::Money;
use crate::diagnostic::code::check as code;
use crate::diagnostic::{Diagnostic, nearest};
use crate::program::{self, Effect, Expr, Gate, Literal, Param, TextSize, Tool, ToolId, ToolSource, Ty};
use crate::source::Span;
use crate::syntax::{self, ExprKind, GateElse, LiteralKind, Name, ToolClause, ToolClauseKind, ToolDecl};

/// The longest address or argument of a program.
const LONGEST: TextSize = TextSize { tokens: 1_000_000, chars: 1_000_000, bytes: 1_000_000 };

/// The methods of a request.
const METHODS: [&str; 5] = ["DELETE", "GET", "PATCH", "POST", "PUT"];

impl<'a> Checker<'a> {
    /// Lowers every tool.
    pub(super) fn check_tools(&mut self) {
        for (index, id) in (0..self.items.tools.len()).zip(0u32..) {
            let Declared { decl, item, file } = self.items.tools[index];
            let tool = self.tool(ToolId(id), decl, item, file);
            self.program.tools.push(tool);
        }
    }

    fn tool(&mut self, id: ToolId, decl: &'a ToolDecl, item: &'a syntax::Item, file: usize) -> Tool {
        let result = self.items.tool_signatures[id.index()].result.clone();
        let place = self.place(decl.name.span);
        let mut lower = Lower::new(self, file, Decl::Tool(id), Within::Gate);
        let params = lower.params(&decl.params);
        let mut found = Found::default();
        for clause in &decl.clauses {
            lower.tool_clause(clause, &params, &result, &mut found);
        }
        lower.check_tool(decl, &found);
        lower.finish();
        let nothing = ToolSource::Exec { command: Vec::new() };
        Tool {
            name: decl.name.text.clone(),
            docs: item.docs.clone(),
            place,
            params,
            result,
            source: found.source.flatten().unwrap_or(nothing),
            effect: found.effect.flatten().unwrap_or(Effect::Read),
            once_per: found.once_per,
            cache_ms: found.cache_ms,
            price: found.price.flatten().unwrap_or(Money::ZERO),
            time_ms: found.time_ms.flatten().unwrap_or(0),
            gate: found.gate,
        }
    }
}

/// The clauses that were found; those with an error inside are there, too.
#[derive(Default)]
struct Found {
    source: Option<Option<ToolSource>>,
    effect: Option<Option<Effect>>,
    once_per: Vec<u32>,
    cached: Option<Span>,
    cache_ms: Option<u64>,
    price: Option<Option<Money>>,
    time_ms: Option<Option<u64>>,
    gate: Option<Gate>,
    /// A clause that was not understood; what seems to be missing may be it.
    broken: bool,
}

impl<'a> Lower<'_, 'a> {
    fn tool_clause(&mut self, clause: &'a ToolClause, params: &[Param], result: &Ty, found: &mut Found) {
        match &clause.kind {
            ToolClauseKind::From { kind, args, member } => {
                found.source = Some(self.source(kind, args, member.as_ref(), params, result));
            }
            ToolClauseKind::Cache(time) => {
                found.cached = Some(clause.span);
                found.cache_ms = self.checker.millis(time);
            }
            ToolClauseKind::Effect { effect, once_per } => {
                found.effect = Some(self.effect(effect));
                found.once_per = self.keys(once_per, params);
            }
            ToolClauseKind::Price(price) => found.price = Some(self.checker.money(price)),
            ToolClauseKind::Time(cap) => found.time_ms = Some(self.checker.millis(cap)),
            ToolClauseKind::Gate { open, otherwise } => {
                let open = self.question(Within::Gate, open);
                found.gate = Some(Gate { open, otherwise: self.closed(otherwise, result) });
            }
            ToolClauseKind::Error => found.broken = true,
        }
    }

    fn source(
        &mut self,
        kind: &Name,
        args: &[syntax::Expr],
        member: Option<&Name>,
        params: &[Param],
        result: &Ty,
    ) -> Option<ToolSource> {
        self.within = Within::Source;
        if let Some(member) = member.filter(|_| kind.text != "mcp") {
            let message = format!("`{}` has no tools of its own", kind.text);
            self.checker.error(code::E0606, member.span, message, "only a server has: `mcp(\"…\").search`");
        }
        let source = match kind.text.as_str() {
            "http" => self.http(kind, args),
            "exec" => self.exec(kind, args),
            "mcp" => self.mcp(kind, args, member),
            "index" => self.index_source(kind, args, params, result),
            other => {
                let near = nearest(other, ["http", "exec", "mcp", "index"]);
                let message = format!("`{other}` is no source of a tool");
                let diagnostic = Diagnostic::error(code::E0606, kind.span, message).label("unknown");
                self.checker.say(match near {
                    Some(near) => diagnostic.help(format!("did you mean `{near}`?")).fix(
                        format!("write `{near}`"),
                        kind.span,
                        near,
                    ),
                    None => diagnostic.help(
                        "a tool is `http(\"POST\", \"https://…\")`, `exec(\"./program\")`, `mcp(\"server\").tool` or \
                         `index(help)`",
                    ),
                });
                None
            }
        };
        self.within = Within::Gate;
        source
    }

    fn http(&mut self, kind: &Name, args: &[syntax::Expr]) -> Option<ToolSource> {
        let [method, url] = args else {
            let message = "`http` takes a method and an address";
            self.checker.error(code::E0404, kind.span, message, "as `http(\"POST\", \"https://…\")`");
            self.only_args(args);
            return None;
        };
        let method = match &method.kind {
            ExprKind::Literal(syntax::Literal { kind: LiteralKind::Text(text), .. })
                if METHODS.contains(&text.as_str()) =>
            {
                Some(text.clone())
            }
            ExprKind::Error | ExprKind::Literal(syntax::Literal { kind: LiteralKind::Error, .. }) => None,
            _ => {
                let methods = METHODS.map(|method| format!("`\"{method}\"`")).join(", ");
                let message = format!("`{}` is no method of a request", self.checker.text(method.span));
                let problem = Diagnostic::error(code::E0606, method.span, message).label("not a method");
                self.checker.say(problem.help(format!("write one of {methods}")));
                None
            }
        };
        let url = self.expect(url, &Ty::Text(LONGEST), None);
        Some(ToolSource::Http { method: method?, url })
    }

    fn exec(&mut self, kind: &Name, args: &[syntax::Expr]) -> Option<ToolSource> {
        if args.is_empty() {
            self.checker.error(
                code::E0404,
                kind.span,
                "`exec` takes a program",
                "as `exec(\"./program\", \"--flag\")`",
            );
            return None;
        }
        let command = args.iter().map(|arg| self.expect(arg, &Ty::Text(LONGEST), None)).collect();
        Some(ToolSource::Exec { command })
    }

    fn effect(&mut self, word: &Name) -> Option<Effect> {
        match word.text.as_str() {
            "read" => Some(Effect::Read),
            "write" => Some(Effect::Write),
            "money" => Some(Effect::Money),
            "send" => Some(Effect::Send),
            other => {
                let near = nearest(other, ["read", "write", "money", "send"]);
                let message = format!("`{other}` is no effect");
                let diagnostic = Diagnostic::error(code::E0606, word.span, message).label("unknown");
                self.checker.say(match near {
                    Some(near) => diagnostic.help(format!("did you mean `{near}`?")).fix(
                        format!("write `{near}`"),
                        word.span,
                        near,
                    ),
                    None => diagnostic.help("effects are `read`, `write`, `money` and `send`"),
                });
                None
            }
        }
    }

    /// The parameters whose repetition, all of them equal, gives the first result.
    fn keys(&mut self, names: &[Name], params: &[Param]) -> Vec<u32> {
        let mut keys: Vec<u32> = Vec::new();
        for name in names {
            let Some(key) = self.once_per(name, params) else { continue };
            if keys.contains(&key) {
                let message = format!("`{}` is named twice", name.text);
                self.checker.error(code::E0622, name.span, message, "once is enough");
                continue;
            }
            keys.push(key);
        }
        keys
    }

    fn once_per(&mut self, name: &Name, params: &[Param]) -> Option<u32> {
        let found = params.iter().zip(0u32..).find(|(param, _)| param.name == name.text).map(|(_, index)| index);
        if found.is_none() {
            let near = nearest(&name.text, params.iter().map(|param| param.name.as_str()));
            let message = format!("`{}` is no parameter of this tool", name.text);
            let diagnostic = Diagnostic::error(code::E0607, name.span, message).label("`once per` names a parameter");
            self.checker.say(match near {
                Some(near) => {
                    diagnostic.help(format!("did you mean `{near}`?")).fix(format!("write `{near}`"), name.span, near)
                }
                None => {
                    let known: Vec<String> = params.iter().map(|param| format!("`{}`", param.name)).collect();
                    diagnostic.help(format!("its parameters are {}", known.join(", ")))
                }
            });
        }
        found
    }

    fn closed(&mut self, otherwise: &GateElse, result: &Ty) -> program::GateElse {
        match otherwise {
            GateElse::Value(value) => {
                let before = self.pure.replace("the value of a closed gate");
                let value = self.expect(value, result, None);
                self.pure = before;
                program::GateElse::Value(value)
            }
            GateElse::Deny(_) => program::GateElse::Deny,
            GateElse::Approve { role, within, .. } => {
                let within_ms = self.checker.millis(within).unwrap_or(0);
                let role = match &role.kind {
                    LiteralKind::Text(text) => text.clone(),
                    LiteralKind::Error => String::new(),
                    _ => {
                        let message = "a role is a text in quotes";
                        self.checker.error(code::E0606, role.span, message, "who may open the gate");
                        String::new()
                    }
                };
                program::GateElse::Approve { role, within_ms }
            }
            GateElse::Error => program::GateElse::Value(Expr::Literal(Literal::Null)),
        }
    }

    fn check_tool(&mut self, decl: &ToolDecl, found: &Found) {
        let name = &decl.name;
        if !found.broken {
            self.expect_clauses(name, found);
        }
        let acts = matches!(found.effect, Some(Some(Effect::Write | Effect::Money | Effect::Send)));
        if let (true, Some(cached)) = (acts, found.cached) {
            let message = format!("`{}` acts on the world, and a result that is given again does not", name.text);
            let diagnostic = Diagnostic::error(code::E0627, cached, message).label("kept here");
            self.checker
                .say(diagnostic.help("`once per` a parameter makes a repeated call of a run return the first result"));
        }
        if acts && found.gate.is_none() && !found.broken {
            let place = effect_place(decl).unwrap_or(name.span);
            let message = format!("`{}` acts on the world and has no gate", name.text);
            let diagnostic = Diagnostic::error(code::E0601, name.span, message)
                .label("nothing decides before it is called")
                .label_at(place, "this needs a gate")
                .help("write `gate … else deny`, or `else approve(\"role\", within 4h)`");
            self.checker.say(diagnostic);
        }
    }

    /// Says which of the clauses that a tool has to have are missing, all of them at once.
    fn expect_clauses(&mut self, name: &Name, found: &Found) {
        let wanted = [
            (found.source.is_some(), "from", "`from exec(\"./program\")`"),
            (found.effect.is_some(), "effect", "`effect read`"),
            (found.price.is_some(), "price", "`price $0.00`"),
            (found.time_ms.is_some(), "time", "`time <= 5s`"),
        ];
        let missing: Vec<_> = wanted.into_iter().filter(|(there, ..)| !there).collect();
        if missing.is_empty() {
            return;
        }
        let words: Vec<String> = missing.iter().map(|(_, word, _)| format!("`{word}`")).collect();
        let examples: Vec<&str> = missing.iter().map(|(.., example)| *example).collect();
        let message = format!("tool `{}` has no {}", name.text, listed(&words, "or"));
        let lines = if missing.len() > 1 { ", each on a line of its own" } else { "" };
        let problem = Diagnostic::error(code::E0602, name.span, message).label("nothing is guessed");
        self.checker.say(problem.help(format!("write {}{lines}", listed(&examples, "and"))));
    }
}

/// `a, b and c`
fn listed<T: AsRef<str>>(parts: &[T], last: &str) -> String {
    let parts: Vec<&str> = parts.iter().map(AsRef::as_ref).collect();
    match parts.as_slice() {
        [head @ .., end] if !head.is_empty() => format!("{} {last} {end}", head.join(", ")),
        _ => parts.concat(),
    }
}

fn effect_place(decl: &ToolDecl) -> Option<Span> {
    decl.clauses.iter().find(|clause| matches!(clause.kind, ToolClauseKind::Effect { .. })).map(|clause| clause.span)
}
