//! Every block of `docs/language.md` compiles.

use flow_tests::command::{Project, repository};

const PAGE: &str = "docs/language.md";

/// The blocks of a fence, each with the line it starts on.
fn blocks<'a>(page: &'a str, fence: &str) -> Vec<(usize, &'a str)> {
    let mut found = Vec::new();
    let mut rest = page;
    let opening = format!("```{fence}\n");
    while let Some(at) = rest.find(&opening) {
        let body = &rest[at + opening.len()..];
        let end = body.find("\n```").expect("a fence is closed");
        let line = page[..page.len() - body.len()].lines().count();
        found.push((line + 1, &body[..=end]));
        rest = &body[end..];
    }
    found
}

#[test]
fn every_block_of_the_reference_compiles() {
    let page = std::fs::read_to_string(repository().join(PAGE)).expect("the reference is there");
    let prelude = blocks(&page, "flow-prelude");
    let [(_, prelude)] = prelude[..] else { panic!("{PAGE} has one prelude") };
    let blocks = blocks(&page, "flow");
    assert!(blocks.len() >= 8, "{PAGE} has lost its blocks");
    let project = Project::new(&[("flow.toml", "[project]\nname = \"reference\"\n")]);
    let mut wrong = String::new();
    for (line, block) in blocks {
        project.write("block.flow", format!("{block}\n{prelude}"));
        let said = project.flowc(&["check", "block.flow"]);
        if said.code != 0 {
            wrong += &format!("{PAGE}:{line} exits {}\n{}{}\n", said.code, said.stdout, said.stderr);
        }
    }
    assert!(wrong.is_empty(), "{wrong}");
}
