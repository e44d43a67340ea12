//! Declarations to ids and signatures. In: the items of every file. Out: what each name declares, records and enums with their
//! fields, and the parameters and results of everything that can be called.

use std::collections::{BTreeMap, HashMap};

use super::Checker;
use super::constant::{ConstState, Constant};
use super::ladder::RouteState;
use super::tiers::TierState;
use crate::diagnostic::Diagnostic;
use crate::diagnostic::code::check as code;
use crate::diagnostic::code::syntax::E0301;
use crate::diagnostic::nearest;
use crate::program::{CeilingId, Enum, EnumId, Field, FlowId, IndexId, Record, RecordId, StepId, ToolId, Ty, Variant};
use crate::resolve::ItemRef;
use crate::source::Span;
use crate::syntax::{self, AliasDecl, CeilingDecl, FlowDecl, IndexDecl, Item, ItemKind, Name, StepDecl, ToolDecl};

/// What an item declares.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Decl {
    Record(RecordId),
    Enum(EnumId),
    Alias(usize),
    Tier(usize),
    Route(usize),
    Step(StepId),
    Tool(ToolId),
    Flow(FlowId),
    Constant(usize),
    Index(IndexId),
    Ceiling(CeilingId),
}

impl Decl {
    /// What it is, in words.
    pub(super) fn what(self) -> &'static str {
        match self {
            Decl::Record(_) | Decl::Alias(_) => "a type",
            Decl::Enum(_) => "an enum",
            Decl::Tier(_) => "a tier",
            Decl::Route(_) => "a route",
            Decl::Step(_) => "a step",
            Decl::Tool(_) => "a tool",
            Decl::Flow(_) => "a flow",
            Decl::Constant(_) => "a constant",
            Decl::Index(_) => "an index",
            Decl::Ceiling(_) => "a ceiling",
        }
    }
}

/// How something is called.
#[derive(Clone, Debug)]
pub(super) struct Signature {
    pub(super) name: String,
    pub(super) span: Span,
    pub(super) params: Vec<(String, Ty, Span)>,
    pub(super) result: Ty,
}

/// A declaration with the file it stands in and its documentation.
pub(super) struct Declared<'a, T> {
    pub(super) decl: &'a T,
    pub(super) item: &'a Item,
    pub(super) file: usize,
}

/// How far an alias has been followed.
pub(super) enum AliasState {
    Waiting,
    Open,
    Known(Ty),
}

/// An alias.
pub(super) struct Alias<'a> {
    pub(super) decl: &'a AliasDecl,
    pub(super) file: usize,
    pub(super) state: AliasState,
}

/// Everything that is declared, by kind and id.
#[derive(Default)]
pub(super) struct Items<'a> {
    pub(super) decls: BTreeMap<ItemRef, Decl>,
    pub(super) records: Vec<Declared<'a, syntax::TypeDecl>>,
    pub(super) enums: Vec<Declared<'a, syntax::EnumDecl>>,
    pub(super) aliases: Vec<Alias<'a>>,
    pub(super) constants: Vec<Constant<'a>>,
    pub(super) tests: Vec<(&'a syntax::TestDecl, usize)>,
    pub(super) evals: Vec<(&'a syntax::EvalDecl, usize)>,
    /// What each flow binds as a whole: what a run shows as made.
    pub(super) bindings: HashMap<FlowId, Vec<(String, Ty)>>,
    /// How many aliases, constants or routes are being followed, each because of the one before it.
    pub(super) depth: u32,
    pub(super) routes: Vec<RouteState<'a>>,
    pub(super) steps: Vec<Declared<'a, StepDecl>>,
    pub(super) tools: Vec<Declared<'a, ToolDecl>>,
    pub(super) flows: Vec<Declared<'a, FlowDecl>>,
    pub(super) indexes: Vec<Declared<'a, IndexDecl>>,
    pub(super) ceilings: Vec<Declared<'a, CeilingDecl>>,
    pub(super) step_signatures: Vec<Signature>,
    pub(super) tool_signatures: Vec<Signature>,
    pub(super) flow_signatures: Vec<Signature>,
}

/// The next id of a list.
fn id(length: usize) -> u32 {
    u32::try_from(length).unwrap_or(u32::MAX)
}

impl<'a> Checker<'a> {
    /// Gives every item its id.
    pub(super) fn declare(&mut self) {
        for (at, item) in self.names.items() {
            if let Some(decl) = self.declare_item(at.file, item) {
                self.items.decls.insert(at, decl);
            }
        }
    }

    fn declare_item(&mut self, file: usize, item: &'a Item) -> Option<Decl> {
        let items = &mut self.items;
        Some(match &item.kind {
            ItemKind::Use(_) | ItemKind::Error => return None,
            ItemKind::Test(decl) => {
                items.tests.push((decl, file));
                return None;
            }
            ItemKind::Eval(decl) => {
                items.evals.push((decl, file));
                return None;
            }
            ItemKind::Const(decl) => {
                items.constants.push(Constant { decl, state: ConstState::Waiting });
                Decl::Constant(items.constants.len() - 1)
            }
            ItemKind::Type(decl) => {
                let name = decl.name.text.clone();
                self.program.types.records.push(Record { name, docs: item.docs.clone(), fields: Vec::new() });
                items.records.push(Declared { decl, item, file });
                Decl::Record(RecordId(id(items.records.len() - 1)))
            }
            ItemKind::Enum(decl) => {
                let name = decl.name.text.clone();
                self.program.types.enums.push(Enum { name, docs: item.docs.clone(), variants: Vec::new() });
                items.enums.push(Declared { decl, item, file });
                Decl::Enum(EnumId(id(items.enums.len() - 1)))
            }
            ItemKind::Alias(decl) => {
                items.aliases.push(Alias { decl, file, state: AliasState::Waiting });
                Decl::Alias(items.aliases.len() - 1)
            }
            ItemKind::Tier(decl) => {
                self.tiers.all.push(TierState::new(decl));
                Decl::Tier(self.tiers.all.len() - 1)
            }
            ItemKind::Route(decl) => {
                items.routes.push(RouteState::new(decl, file));
                Decl::Route(items.routes.len() - 1)
            }
            ItemKind::Step(decl) => {
                items.steps.push(Declared { decl, item, file });
                Decl::Step(StepId(id(items.steps.len() - 1)))
            }
            ItemKind::Tool(decl) => {
                items.tools.push(Declared { decl, item, file });
                Decl::Tool(ToolId(id(items.tools.len() - 1)))
            }
            ItemKind::Flow(decl) => {
                items.flows.push(Declared { decl, item, file });
                Decl::Flow(FlowId(id(items.flows.len() - 1)))
            }
            ItemKind::Index(decl) => {
                items.indexes.push(Declared { decl, item, file });
                Decl::Index(IndexId(id(items.indexes.len() - 1)))
            }
            ItemKind::Ceiling(decl) => {
                items.ceilings.push(Declared { decl, item, file });
                Decl::Ceiling(CeilingId(id(items.ceilings.len() - 1)))
            }
        })
    }

    /// Gives records and enums their fields.
    pub(super) fn check_types(&mut self) {
        for index in 0..self.items.records.len() {
            let Declared { decl, file, .. } = self.items.records[index];
            let fields = self.fields(&decl.fields, file);
            self.program.types.records[index].fields = fields;
        }
        for index in 0..self.items.enums.len() {
            let Declared { decl, file, .. } = self.items.enums[index];
            let variants = self.variants(decl, file);
            self.program.types.enums[index].variants = variants;
        }
        for index in 0..self.items.aliases.len() {
            self.alias(index);
        }
        self.refuse_endless_types();
    }

    fn variants(&mut self, decl: &'a syntax::EnumDecl, file: usize) -> Vec<Variant> {
        if decl.variants.is_empty() {
            let message = format!("`{}` has no variants", decl.name.text);
            self.error(code::E0506, decl.name.span, message, "no value can be made");
        }
        let variants = decl.variants.iter();
        variants
            .map(|variant| Variant {
                name: variant.name.text.clone(),
                docs: variant.docs.clone(),
                fields: self.fields(&variant.fields, file),
            })
            .collect()
    }

    fn fields(&mut self, fields: &'a [syntax::Field], file: usize) -> Vec<Field> {
        let one = |field: &syntax::Field, ty| Field { name: field.name.text.clone(), docs: field.docs.clone(), ty };
        fields.iter().map(|field| one(field, self.ty(&field.ty, file))).collect()
    }

    /// Reads the parameters and results of everything that can be called.
    pub(super) fn sign(&mut self) {
        for index in 0..self.items.steps.len() {
            let Declared { decl, file, .. } = self.items.steps[index];
            let mut signature = self.signature(&decl.name, &decl.params, decl.result.as_ref(), file);
            if decl.result.is_none() {
                signature.result = self.without_result(&decl.name, "step");
            }
            self.items.step_signatures.push(signature);
        }
        for index in 0..self.items.tools.len() {
            let Declared { decl, file, .. } = self.items.tools[index];
            let mut signature = self.signature(&decl.name, &decl.params, decl.result.as_ref(), file);
            if decl.result.is_none() {
                signature.result = self.without_result(&decl.name, "tool");
            }
            self.items.tool_signatures.push(signature);
        }
        for index in 0..self.items.flows.len() {
            let Declared { decl, file, .. } = self.items.flows[index];
            let signature = self.signature(&decl.name, &decl.params, decl.result.as_ref(), file);
            self.items.flow_signatures.push(signature);
        }
        for index in 0..self.items.routes.len() {
            let (decl, file) = (self.items.routes[index].decl, self.items.routes[index].file);
            let signature = self.signature(&decl.name, &decl.params, None, file);
            self.items.routes[index].signature = Some(signature);
        }
    }

    fn signature(
        &mut self,
        name: &'a Name,
        params: &'a [syntax::Field],
        result: Option<&'a syntax::TypeExpr>,
        file: usize,
    ) -> Signature {
        let params = params.iter();
        let params = params.map(|param| (param.name.text.clone(), self.ty(&param.ty, file), param.ty.span)).collect();
        let result = result.map_or(Ty::Null, |result| self.ty(result, file));
        Signature { name: name.text.clone(), span: name.span, params, result }
    }

    fn without_result(&mut self, name: &Name, what: &str) -> Ty {
        let diagnostic =
            Diagnostic::error(code::E0416, name.span, format!("{what} `{}` does not say what it answers", name.text))
                .label("its result is missing")
                .help("write it behind the parameters: `-> Text<=64tok`");
        self.say(diagnostic);
        Ty::Unknown
    }

    /// What a name declares in a module, or nothing after saying that it is unknown. `extra` are other names that could be meant.
    pub(super) fn decl(&mut self, name: &Name, file: usize, extra: &[&str]) -> Option<Decl> {
        match self.find(&name.text, file) {
            Found::Decl(decl) => Some(decl),
            Found::Broken => None,
            Found::Nothing => {
                self.unknown_name(name, file, extra.iter().copied());
                None
            }
        }
    }

    /// Says that nothing has this name, and what may have been meant.
    pub(super) fn unknown_name<'n>(&mut self, name: &Name, file: usize, extra: impl Iterator<Item = &'n str>) {
        let known: Vec<String> = self.names.visible(file).map(str::to_owned).chain(extra.map(str::to_owned)).collect();
        let near = nearest(&name.text, known.iter().map(String::as_str)).map(str::to_owned);
        let diagnostic = Diagnostic::error(E0301, name.span, format!("unknown name `{}`", name.text))
            .label("nothing here has this name");
        self.say(match near {
            Some(near) => {
                diagnostic.help(format!("did you mean `{near}`?")).fix(format!("write `{near}`"), name.span, near)
            }
            None => diagnostic,
        });
    }

    /// Says that a name is declared as something else than what stands here.
    pub(super) fn wrong_kind(&mut self, name: &Name, decl: Decl, wanted: &str) {
        let message = format!("`{}` is {}, not {wanted}", name.text, decl.what());
        self.error(code::E0409, name.span, message, format!("{wanted} stands here"));
    }
}

/// What a name means.
pub(super) enum Found {
    /// A declaration.
    Decl(Decl),
    /// Something that was not understood; it has been said.
    Broken,
    /// Nothing.
    Nothing,
}
