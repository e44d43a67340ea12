//! The standard library: everything public is documented, every step and flow states its bound as the compiler proves it, and every
//! module has tests in `tests/std`. `FLOW_BLESS=1 cargo test -p flow-tests standard` writes the bounds; then read the difference.

use std::collections::BTreeMap;
use std::path::PathBuf;

use flow_compiler::catalogue::{Catalogue, Kind};
use flow_compiler::compile;
use flow_compiler::cost::Resources;
use flow_compiler::parse::parse;
use flow_compiler::source::{ReadError, SourceId, World};
use flow_compiler::syntax::{File, Item, ItemKind, TierDecl};
use flow_tests::command::{Project, repository};

/// The models that bounds are also stated for: one that writes, one that embeds.
const CHAT: (&str, &str) = ("openai", "gpt-5.4-mini");
const EMBED: (&str, &str) = ("openai", "text-embedding-3-small");

/// A module of the library.
struct Module {
    name: String,
    path: PathBuf,
    text: String,
    file: File,
}

fn modules() -> Vec<Module> {
    let mut paths: Vec<PathBuf> = std::fs::read_dir(repository().join("stdlib"))
        .expect("the library")
        .flatten()
        .map(|entry| entry.path())
        .collect();
    paths.retain(|path| path.extension().is_some_and(|extension| extension == "flow"));
    paths.sort();
    let read = |path: PathBuf| {
        let name = path.file_stem().expect("a name").to_string_lossy().into_owned();
        let text = std::fs::read_to_string(&path).expect("a module");
        let file = parse(SourceId::default(), &text).value;
        Module { name, path, text, file }
    };
    let all: Vec<Module> = paths.into_iter().map(read).collect();
    assert!(all.len() >= 11, "{} modules", all.len());
    all
}

impl Module {
    fn public(&self) -> impl Iterator<Item = (&Item, &str)> {
        let public = self.file.items.iter().filter(|item| item.public.is_some());
        public.filter_map(|item| Some((item, item.name()?.text.as_str())))
    }

    /// What can be called, with its parameters.
    fn callable(&self) -> impl Iterator<Item = (&Item, &str, Vec<&str>)> {
        self.public().filter_map(|(item, name)| {
            let params = match &item.kind {
                ItemKind::Step(decl) => &decl.params,
                ItemKind::Flow(decl) => &decl.params,
                ItemKind::Route(_) | ItemKind::Tool(_) | ItemKind::Index(_) => {
                    panic!("`{name}` of `std.{}` has no bound that this test knows how to hold", self.name)
                }
                ItemKind::Type(_) | ItemKind::Enum(_) | ItemKind::Alias(_) | ItemKind::Const(_) => return None,
                ItemKind::Tier(_) | ItemKind::Ceiling(_) | ItemKind::Use(_) => return None,
                ItemKind::Test(_) | ItemKind::Eval(_) | ItemKind::Error => return None,
            };
            Some((item, name, params.iter().map(|param| param.name.text.as_str()).collect()))
        })
    }

    fn tiers(&self) -> impl Iterator<Item = &TierDecl> {
        self.public().filter_map(|(item, _)| if let ItemKind::Tier(decl) = &item.kind { Some(decl) } else { None })
    }

    /// A program that uses the module for one call: with its own tiers, or with priced ones.
    fn program(&self, callable: (&Item, &str, Vec<&str>), priced: bool) -> String {
        let (item, name, params) = callable;
        let is_taken = |item: &Item| {
            matches!(item.kind, ItemKind::Type(_) | ItemKind::Enum(_) | ItemKind::Alias(_) | ItemKind::Const(_))
        };
        let taken = self.public().filter(|(item, _)| is_taken(item)).map(|(_, name)| name);
        let taken: Vec<&str> = taken.chain([name]).collect();
        let written = self.text.get(item.span.range()).expect("its text");
        let (signature, _) = written.split_once(" {").expect("a body");
        let (_, signature) = signature.split_once(name).expect("its name");
        let tiers: Vec<&TierDecl> = if priced { self.tiers().collect() } else { Vec::new() };
        let with = tiers.iter().map(|tier| format!("{} = {}", tier.name.text, kind_name(tier))).collect::<Vec<_>>();
        let with = if with.is_empty() { String::new() } else { format!(" with {}", with.join(", ")) };
        let all = [("chat", CHAT), ("embed", EMBED)];
        let declared = all.iter().map(|(tier, (provider, model))| format!("tier {tier} = {provider}(\"{model}\")\n"));
        let declared: String = declared.collect();
        format!(
            "use std.{} {{ {} }}{with}\n\n{declared}\nflow bound_of{signature} {{\n  return {name}({})\n}}\n",
            self.name,
            taken.join(", "),
            params.join(", ")
        )
    }

    /// The lines that state the bound of a step or flow.
    fn bounds(&self, callable: (&Item, &str, Vec<&str>)) -> Vec<String> {
        let own = proved(&self.program(callable.clone(), false));
        let kinds: BTreeMap<&str, &str> = self.tiers().map(|tier| (kind_name(tier), model_for(tier))).collect();
        if kinds.is_empty() {
            return vec![format!("Bound: {}.", stated(&own))];
        }
        let priced = proved(&self.program(callable, true));
        let models: Vec<String> = kinds.values().map(|model| format!("`{model}`")).collect();
        let models = models.join(" and ");
        vec![format!("Bound: {} on this machine.", stated(&own)), format!("Bound: {} with {models}.", stated(&priced))]
    }
}

fn kind(tier: &TierDecl) -> Kind {
    let name = &tier.models.first().expect("a model").model.text;
    Catalogue::standard().by_name(name).expect("a model of the catalogue").kind()
}

fn kind_name(tier: &TierDecl) -> &'static str {
    if kind(tier) == Kind::Embed { "embed" } else { "chat" }
}

fn model_for(tier: &TierDecl) -> &'static str {
    if kind(tier) == Kind::Embed { EMBED.1 } else { CHAT.1 }
}

/// One file.
struct Only(String);

impl World for Only {
    fn read(&self, path: &str) -> Result<Vec<u8>, ReadError> {
        if path == "main.flow" { Ok(self.0.clone().into_bytes()) } else { Err(ReadError::Missing) }
    }
}

/// What the compiler proves of a program.
fn proved(program: &str) -> Resources {
    let compiled = compile(&Only(program.to_owned()), "main.flow", Catalogue::standard());
    let found = compiled.report.flows.iter().find(|flow| flow.name == "bound_of");
    let bound = found.and_then(|flow| flow.bound);
    bound.unwrap_or_else(|| panic!("{program}\n{:#?}", compiled.diagnostics))
}

fn stated(bound: &Resources) -> String {
    let count = |amount: u64, one: &str, many: &str| format!("{amount} {}", if amount == 1 { one } else { many });
    format!(
        "{}, {}, {}, {}, {}",
        count(bound.calls, "call", "calls"),
        count(bound.turns, "turn", "turns"),
        count(bound.tools, "tool call", "tool calls"),
        count(bound.output, "output token", "output tokens"),
        bound.cost.rounded_up()
    )
}

#[test]
fn standard_modules_are_documented() {
    for module in modules() {
        assert!(!module.file.docs.trim().is_empty(), "`std.{}` says nothing of itself", module.name);
        for (item, name) in module.public() {
            assert!(!item.docs.trim().is_empty(), "`{name}` of `std.{}` has no documentation", module.name);
        }
    }
}

#[test]
fn standard_bounds_are_those_that_are_proved() {
    let bless = std::env::var_os("FLOW_BLESS").is_some();
    let mut wrong = String::new();
    for module in modules() {
        let mut text = module.text.clone();
        for callable in module.callable() {
            let (item, name, _) = callable.clone();
            let expected = module.bounds(callable);
            let stated: Vec<&str> =
                item.docs.lines().map(str::trim).filter(|line| line.starts_with("Bound:")).collect();
            if stated != expected {
                let lines = |bounds: &[String]| bounds.iter().map(|line| format!("/// {line}\n")).collect::<String>();
                wrong += &format!(
                    "`{name}` of `std.{}` says\n  {stated:#?}\nand this is proved:\n{}",
                    module.name,
                    lines(&expected)
                );
                let word = if matches!(item.kind, ItemKind::Step(_)) { "step" } else { "flow" };
                let head = format!("pub {word} {name}(");
                let old: String = stated.iter().map(|line| format!("/// {line}\n")).collect();
                text = text.replacen(&format!("{old}{head}"), &format!("{}{head}", lines(&expected)), 1);
            }
        }
        if bless {
            std::fs::write(&module.path, text).expect("a module can be written");
        }
    }
    assert!(bless || wrong.is_empty(), "{wrong}");
}

#[test]
fn standard_modules_are_tested() {
    let project = Project::new(&[]);
    let modules = modules();
    for module in &modules {
        let path = repository().join("tests/std").join(format!("{}.flow", module.name));
        let text = std::fs::read_to_string(&path).unwrap_or_else(|_| panic!("`std.{}` has no tests", module.name));
        for (item, name, _) in module.callable() {
            let is_step = matches!(item.kind, ItemKind::Step(_));
            let used = if is_step { format!("  given {name} answers ") } else { format!("  run   {name}(") };
            assert!(text.contains(&used), "no test of `std.{}` reaches `{name}`: `{used}`", module.name);
        }
        project.write(&format!("{}.flow", module.name), text);
    }
    let said = project.flow(&["test", "--format", "json"]);
    assert_eq!(said.code, 0, "{said:#?}");
    let said = said.json();
    assert_eq!(said["failed"], 0, "{said:#}");
    let tests = said["tests"].as_array().expect("tests");
    for module in &modules {
        let file = format!("{}.flow", module.name);
        assert!(tests.iter().any(|test| test["file"] == file.as_str()), "nothing of {file} was run: {said:#}");
    }
}
