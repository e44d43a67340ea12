//! Every block of `docs/language.md` compiles, is laid out as `flowc fmt` lays it out, and `flowc check` says of it what stands in
//! `tests/suite/reference.txt`. `FLOW_BLESS=1 cargo test -p flow-tests reference` writes what is said; then read the difference.

use std::fmt::Write as _;

use flow_tests::command::{Project, repository};

use crate::pages::{blocks, page};

const PAGE: &str = "docs/language.md";

/// What a block does not use of the prelude is not its mistake.
const PROJECT: &str = "[project]\nname = \"reference\"\n\n[mcp.help-centre]\ncommand = \"help-server\"\n\n\
                       [lints]\nunused_item = \"allow\"\n";

/// A block of the page: the heading it stands under and which of that heading's blocks it is, its line, and its text.
struct Block<'a> {
    name: String,
    line: usize,
    text: &'a str,
}

fn prelude(page: &str) -> &str {
    let prelude = blocks(page, "flow-prelude");
    let [(_, prelude)] = prelude[..] else { panic!("{PAGE} has one prelude") };
    prelude
}

fn named(page: &str) -> Vec<Block<'_>> {
    let headings: Vec<(usize, &str)> = page
        .lines()
        .enumerate()
        .filter(|(_, line)| line.starts_with("## ") || line.starts_with("### "))
        .map(|(at, line)| (at + 1, line.trim_start_matches('#').trim()))
        .collect();
    let mut found: Vec<Block<'_>> = Vec::new();
    let mut last = ("", 0);
    for (line, text) in blocks(page, "flow") {
        let heading = headings.iter().rev().find(|(at, _)| *at < line).map_or("", |(_, heading)| heading);
        last = if last.0 == heading { (heading, last.1 + 1) } else { (heading, 1) };
        found.push(Block { name: format!("{heading}, {}", last.1), line, text });
    }
    found
}

#[test]
fn reference_blocks_compile_and_say_what_they_can_cost() {
    let page = page(PAGE);
    let blocks = named(&page);
    assert!(blocks.len() >= 15, "{PAGE} has lost its blocks");
    let project = Project::new(&[("flow.toml", PROJECT)]);
    let (mut wrong, mut said) = (String::new(), String::new());
    for Block { name, line, text } in &blocks {
        project.write("block.flow", format!("{text}\n{}", prelude(&page)));
        let checked = project.flowc(&["check", "block.flow"]);
        if checked.code != 0 {
            let _ = writeln!(wrong, "{PAGE}:{line} exits {}\n{}{}", checked.code, checked.stdout, checked.stderr);
        }
        let _ = writeln!(said, "=== {name}\n{}", checked.stdout);
    }
    assert!(wrong.is_empty(), "{wrong}");
    let snapshot = repository().join("tests/suite/reference.txt");
    if std::env::var_os("FLOW_BLESS").is_some() {
        std::fs::write(&snapshot, said).expect("the snapshot can be written");
        return;
    }
    let known = std::fs::read_to_string(&snapshot).expect("the snapshot is there");
    let first = known.lines().zip(said.lines()).position(|(known, said)| known != said);
    let at = first.unwrap_or_else(|| known.lines().count().min(said.lines().count()));
    let around = |text: &str| text.lines().skip(at.saturating_sub(2)).take(6).collect::<Vec<_>>().join("\n");
    assert!(known == said, "{}:{}: was\n{}\n--- and is\n{}", snapshot.display(), at + 1, around(&known), around(&said));
}

#[test]
fn reference_blocks_are_in_style() {
    let page = page(PAGE);
    let prelude = Block { name: "prelude".to_owned(), line: 0, text: prelude(&page) };
    let project = Project::new(&[("flow.toml", PROJECT)]);
    let mut wrong = String::new();
    for Block { name, line, text } in named(&page).iter().chain([&prelude]) {
        project.write("block.flow", *text);
        let said = project.flowc(&["fmt", "--check", "block.flow"]);
        if said.code != 0 {
            let changed = project.flowc(&["fmt", "block.flow"]);
            let laid = std::fs::read_to_string(project.path().join("block.flow")).expect("the block is there");
            let _ = writeln!(wrong, "{PAGE}:{line} ({name}) is laid out as\n{laid}{}", changed.stderr);
        }
    }
    assert!(wrong.is_empty(), "{wrong}");
}
