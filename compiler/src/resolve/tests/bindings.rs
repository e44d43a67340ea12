//! `use … with`: one module, bound in several ways.

use crate::catalogue::Catalogue;
use crate::compile;
use crate::testing::Memory;

const LIBRARY: &str = "pub tier model = local(\"smollm2-135m-instruct\")\npub const size = 20tok\nconst hidden = 5tok\n\
                       pub step ask(q: Text<=size) -> Text<=size { on model\n \"{q}\" }\n";
const TIERS: &str = "tier mid = openai(\"gpt-5.4-mini\")\nconst note = 15tok\n";

/// The codes and messages of a root that imports the library.
fn said(root: &str) -> Vec<String> {
    let world = Memory::of(root).with("library.flow", LIBRARY);
    let compiled = compile(&world, "main.flow", Catalogue::standard());
    compiled.diagnostics.iter().map(|of| format!("{} {}", of.code, of.message)).collect()
}

#[test]
fn a_module_is_what_each_import_makes_of_it() {
    let root = format!(
        "use library {{ ask }} with model = mid, size = 2 * note\nuse other {{ other }}\n{TIERS}\
         flow main(q: Text<=30tok) -> Text<=30tok {{ let a = other(q cut 20tok)\n return ask(a) }}"
    );
    let other =
        "use library { ask }\npub flow other(q: Text<=20tok) -> Text<=20tok { budget calls <= 1\n return ask(q) }";
    let world = Memory::of(&root).with("library.flow", LIBRARY).with("other.flow", other);
    let compiled = compile(&world, "main.flow", Catalogue::standard());
    let plan = compiled.plan.unwrap_or_else(|| panic!("this should compile: {:#?}", compiled.diagnostics));
    let answers: Vec<u64> = plan.ceilings.steps.iter().map(|step| step.total.output).collect();
    assert_eq!(answers, [30, 20], "the sizes of the two imports");
    let costs: Vec<bool> = plan.ceilings.steps.iter().map(|step| step.total.cost > crate::cost::Money::ZERO).collect();
    assert_eq!(costs, [true, false], "the models of the two imports");
}

#[test]
fn what_cannot_be_bound_is_said_once_where_it_stands() {
    let with = |with: &str| {
        said(&format!(
            "use library {{ ask }} with {with}\n{TIERS}flow main(q: Text<=5tok) -> Text<=40tok {{ return ask(q) }}"
        ))
    };
    for (bindings, code, message) in [
        ("modle = mid", "E0309", "`library` has no public tier or constant `modle`"),
        ("hidden = 3tok", "E0309", "`library` has no public tier or constant `hidden`"),
        ("size = $5", "E0309", "`size` is another kind of amount"),
        ("size = 30char", "E0309", "`size` is another kind of amount"),
        ("model = 3", "E0309", "`model` is a tier"),
        ("model = note", "E0309", "`note` is no tier"),
        ("model = nid", "E0301", "unknown name `nid`"),
        ("model = mid, model = mid", "E0309", "`model` is bound twice"),
    ] {
        let errors: Vec<String> = with(bindings).into_iter().filter(|said| said.starts_with('E')).collect();
        assert_eq!(errors, [format!("{code} {message}")], "with {bindings}");
    }
}

#[test]
fn modules_that_import_each_other_with_something_end() {
    let root = "use one { A } with size = 3tok\nflow main() -> Bool { return true }";
    let one = "use two { B } with size = 4tok\npub const size = 1tok\npub alias A = Text<=size";
    let two = "use one { A } with size = 5tok\npub const size = 1tok\npub alias B = Text<=size";
    let world = Memory::of(root).with("one.flow", one).with("two.flow", two);
    let compiled = compile(&world, "main.flow", Catalogue::standard());
    assert!(compiled.diagnostics.iter().any(|of| of.code.as_str() == "E0307"), "{:#?}", compiled.diagnostics);
}

#[test]
fn instances_are_counted() {
    // Each module imports the next one twice: the tenth would be read 1,024 times.
    let mut world = Memory::of("use m0 { X0 } with size = 1tok\nflow main() -> Bool { return true }");
    for index in 0..12 {
        let next = index + 1;
        let text = format!(
            "use m{next} {{ X{next} }} with size = 2tok\nuse m{next} {{ Y{next} }} with size = 3tok\npub const size = 1tok\n\
             pub alias X{index} = Text<=size\npub alias Y{index} = Text<=size"
        );
        world = world.with(&format!("m{index}.flow"), &text);
    }
    let world = world.with("m12.flow", "pub const size = 1tok\npub alias X12 = Text<=size\npub alias Y12 = Text<=size");
    let compiled = compile(&world, "main.flow", Catalogue::standard());
    let many: Vec<_> = compiled.diagnostics.iter().filter(|of| of.code.as_str() == "E0310").collect();
    assert_eq!(many.len(), 1, "{:#?}", compiled.diagnostics.iter().map(|of| of.code).collect::<Vec<_>>());
}

#[test]
fn a_tier_of_the_other_kind_is_said_where_it_is_bound() {
    let library = format!("{LIBRARY}pub step more(q: Text<=size) -> Text<=size {{ on model\n \"More: {{q}}\" }}\n");
    let root = "use library { ask, more } with model = reader\ntier reader = local(\"all-minilm-l6-v2\")\n\
                flow main(q: Text<=5tok) -> Text<=20tok { budget calls <= 2\n return more(ask(q)) }";
    let compiled = compile(&Memory::of(root).with("library.flow", &library), "main.flow", Catalogue::standard());
    let said: Vec<_> = compiled.diagnostics.iter().map(|of| (of.code.as_str(), of.message.as_str())).collect();
    assert_eq!(said, [("E0604", "`reader` is a tier of embedding models")], "once, although two steps use it");
    let place = compiled.diagnostics[0].span.unwrap_or_default();
    assert_eq!(compiled.sources.slice(place), "reader");
    assert_eq!(compiled.sources.get(place.source).map(|file| file.name()), Some("main.flow"));
}
