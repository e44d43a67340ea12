use super::*;
use crate::catalogue::Catalogue;
use crate::compile;
use crate::program::{FlowId, StepId};
use crate::testing::Memory;

/// The pages of `main.flow` and of what it imports.
fn pages_of(world: &Memory) -> Vec<Page> {
    let compiled = compile(world, "main.flow", Catalogue::standard());
    let plan = compiled.plan.unwrap_or_else(|| panic!("this should compile: {:#?}", compiled.diagnostics));
    let root = Root { resolved: compiled.resolved, sources: compiled.sources, plan, report: compiled.report };
    pages("trial", &[root])
}

fn page<'p>(pages: &'p [Page], path: &str) -> &'p str {
    &pages.iter().find(|page| page.path == path).expect("the page is there").text
}

#[test]
fn documentation_cannot_bring_markup_scripts_or_pictures() {
    let docs = "A <script>alert(1)</script> <b onclick=x>b</b> [a](javascript:alert(1)) ![p](https://x/y.png) [ok](https://x/)";
    let html = markdown::html(docs);
    for forbidden in ["<script", "<b ", "javascript:", "<img", "y.png"] {
        assert!(!html.contains(forbidden), "{forbidden} in {html}");
    }
    for kept in ["&lt;script&gt;", "href=\"https://x/\""] {
        assert!(html.contains(kept), "{kept} not in {html}");
    }
}

#[test]
fn the_first_sentence_is_told_without_a_link() {
    assert_eq!(
        markdown::first_sentence("Sorts `x`, see [y](https://y/). And more.\n\nElse."),
        "Sorts <code>x</code>, see y."
    );
}

#[test]
fn holes_and_tags_of_a_prompt_are_told_apart_and_braces_kept() {
    let shown = prompt::shown("\"\"\"\n  {each p in xs}\n    {p.a<b}\n  {end}\n  {{x}}\n  \"\"\"", "user");
    for part in ["<span class=\"k\">{each p in xs}</span>", "  <span class=\"h\">{p.a&lt;b}</span>", "{x}"] {
        assert!(shown.contains(part), "{part} not in {shown}");
    }
}

const FAILING: &str = "
tier small = local(\"smollm2-135m-instruct\")
tier mid = openai(\"gpt-5.4-mini\")
type Yes { yes: Bool }
tool ask(q: Text<=20tok) -> Text<=20tok { from exec(\"x\")\n effect read\n price $0.00\n time <= 1s\n gate len(q) > 2 else deny }
step here(q: Text<=20tok) -> Yes { on small\n \"{q}\" }
step there(q: Text<=20tok) -> Text<=20tok { on small -> mid\n accept not empty(it)\n \"{q}\" }
flow all(q: Text<=20tok) -> Text<=20tok { return there(ask(q)) }
flow none(q: Text<=20tok) -> Yes { return here(q) else Yes { yes: false } }
";

#[test]
fn a_failure_that_is_handled_does_not_reach_the_caller() {
    use crate::program::Reason::{Denied, Invalid, NotAccepted, Refused, TooLong, ToolFailed, Truncated};
    let program = crate::testing::program(FAILING);
    let here = failures::of_step(&program, StepId(0));
    assert!(!here.contains(&Invalid) && !here.contains(&Refused), "{here:?}");
    let all = failures::of_flow(&program, FlowId(0));
    for reason in [Denied, Invalid, NotAccepted, Refused, TooLong, ToolFailed, Truncated] {
        assert!(all.contains(&reason), "{reason:?} not in {all:?}");
    }
    // What is left is what the text of a value can do.
    assert!(failures::of_flow(&program, FlowId(1)).iter().all(|reason| *reason == TooLong));
}

#[test]
fn a_name_leads_to_its_declaration_in_whatever_module_it_stands() {
    let world = Memory::of("use shared.kb { Note }\n\n/// Gives it back.\npub flow same(n: Note) -> Note {\n  budget calls <= 0\n  return n\n}\n")
        .with("shared/kb.flow", "//! Notes.\n\npub type Note { text: Text<=20tok }\n");
    let pages = pages_of(&world);
    assert!(
        page(&pages, "modules/main.html").contains("<a class=\"t\" href=\"../modules/shared/kb.html#Note\">Note</a>")
    );
    let note = page(&pages, "modules/shared/kb.html");
    assert!(note.contains("Used by <a href=\"../../modules/main.html#same\">"), "{note}");
    assert!(page(&pages, "names.html").contains("href=\"modules/shared/kb.html#Note\""));
    assert!(page(&pages, "index.html").contains("Gives it back."));
}
