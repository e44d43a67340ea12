//! Tools of servers, and tools that look things up in an index. In: `from` as written. Out: what does the work.

use super::items::Decl;
use super::lower::Lower;
use crate::diagnostic::code::check as code;
use crate::diagnostic::{Diagnostic, nearest};
use crate::program::{Embedding, EmbeddingId, EmbeddingInto, Param, ServerId, TextSize, ToolSource, Ty};
use crate::source::Span;
use crate::syntax::{self, ExprKind, LiteralKind, Name};

impl Lower<'_, '_> {
    /// `mcp("help-centre").search`
    pub(super) fn mcp(&mut self, kind: &Name, args: &[syntax::Expr], member: Option<&Name>) -> Option<ToolSource> {
        let [syntax::Expr { kind: ExprKind::Literal(literal), span }] = args else {
            let message = "`mcp` takes the name of a server";
            let problem = Diagnostic::error(code::E0404, kind.span, message).label("which server?");
            self.checker.say(problem.help("write it in quotes, and the tool behind it: `mcp(\"help-centre\").search`"));
            return None;
        };
        let name = match &literal.kind {
            LiteralKind::Text(text) => text.as_str(),
            LiteralKind::Error => return None,
            _ => {
                self.checker.error(code::E0606, *span, "the name of a server is a text in quotes", "not a text");
                return None;
            }
        };
        let Some(member) = member else {
            let (server, tool) = name.split_once('.').unwrap_or((name, "search"));
            let diagnostic = Diagnostic::error(code::E0602, *span, "which tool of the server is not said")
                .label("no tool behind it")
                .help(format!("write `mcp(\"{server}\").{tool}` with a tool of that server"));
            self.checker.say(diagnostic);
            return None;
        };
        let server = self.server(name, *span)?;
        Some(ToolSource::Mcp { server, tool: member.text.clone() })
    }

    fn server(&mut self, name: &str, span: Span) -> Option<ServerId> {
        let servers = &self.checker.program.servers;
        if let Some(known) = servers.iter().position(|server| server.name == name) {
            return u32::try_from(known).ok().map(ServerId);
        }
        if let Some(declared) = self.checker.catalogue.server(name) {
            let declared = declared.clone();
            self.checker.program.servers.push(declared);
            return u32::try_from(self.checker.program.servers.len() - 1).ok().map(ServerId);
        }
        let diagnostic = Diagnostic::error(code::E0623, span, format!("unknown server `{name}`"))
            .label("no `[mcp.…]` of flow.toml has this name");
        let near = nearest(name, self.checker.catalogue.servers()).map(str::to_owned);
        self.checker.say(match near {
            Some(near) => {
                let written = format!("\"{near}\"");
                diagnostic.help(format!("did you mean `{near}`?")).fix(format!("write `{near}`"), span, written)
            }
            None => diagnostic.help(format!("write `[mcp.{name}]` with `command` or `url` into flow.toml")),
        });
        None
    }

    /// `index(help)`
    pub(super) fn index_source(
        &mut self,
        kind: &Name,
        args: &[syntax::Expr],
        params: &[Param],
        result: &Ty,
    ) -> Option<ToolSource> {
        let [syntax::Expr { kind: ExprKind::Name(name), .. }] = args else {
            let message = "`index` takes the name of an index";
            let problem = Diagnostic::error(code::E0404, kind.span, message).label("which index?");
            self.checker.say(problem.help("write the name of an `index` without quotes: `index(help)`"));
            return None;
        };
        let index = match self.decl(name, &[])? {
            Decl::Index(id) => id,
            other => {
                self.checker.wrong_kind(name, other, "an index");
                return None;
            }
        };
        let text = match params {
            [Param { ty: Ty::Text(size), .. }] => Some(*size),
            [Param { ty: Ty::Unknown, .. }] => None,
            _ => {
                let message = "an index is asked with one text";
                let diagnostic =
                    Diagnostic::error(code::E0621, kind.span, message).label("this tool takes something else");
                self.checker.say(diagnostic.help("give the tool one parameter: `query: Text<=32tok`"));
                None
            }
        };
        if !self.holds_pieces(result) {
            let shown = self.checker.show(result);
            let message = format!("an index gives a list of records with a text, not `{shown}`");
            let diagnostic = Diagnostic::error(code::E0621, kind.span, message).label("it cannot fill the result");
            self.checker
                .say(diagnostic.help("answer with a list such as `Passage[<=4]`, where `Passage` has a `Text`"));
        }
        let name = format!("read `{}`", self.checker.name_of(self.decl));
        let query = self.reading(name, index.index(), text?, kind.span)?;
        Some(ToolSource::Index { index, query })
    }

    fn holds_pieces(&self, result: &Ty) -> bool {
        match result {
            Ty::Unknown => true,
            Ty::List { element, .. } => match &**element {
                Ty::Unknown => true,
                Ty::Record(id) => {
                    let record = self.checker.program.types.records.get(id.index());
                    record.is_some_and(|record| record.fields.iter().any(|field| matches!(field.ty, Ty::Text(_))))
                }
                _ => false,
            },
            _ => false,
        }
    }

    /// The reading of what is looked for, by the model that has read the index.
    fn reading(&mut self, name: String, index: usize, text: TextSize, span: Span) -> Option<EmbeddingId> {
        let tier = self.checker.program.indexes.get(index)?.tier;
        self.checker.program.tiers.get(tier.index())?;
        let place = self.checker.place(span);
        let embedding = Embedding { name, place, tier, text, into: EmbeddingInto::Vector };
        self.checker.program.embeddings.push(embedding);
        u32::try_from(self.checker.program.embeddings.len() - 1).ok().map(EmbeddingId)
    }
}
