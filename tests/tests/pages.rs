//! The blocks of `docs/flow-toml.md` and `docs/answers.md` are what they say: each is checked or run.

use flow_tests::command::{Project, repository};

const FLOW: &str = r#"tier mid = openai("gpt-5.4-mini")

/// Looks a word up.
tool lookup(word: Text<=8tok) -> Text<=40tok {
  from   exec("echo", "a countess")
  effect read
  price  $0.00
  time   <= 2s
}

step greet(name: Text<=16tok) -> Text<=40tok {
  on    mid
  retry <= 1
  tools lookup <= 1
  turns <= 2
  "Welcome {name}."
}

pub flow hello(name: Text<=16tok) -> Text<=40tok {
  budget cost <= $1
  return greet(name)
}
"#;

/// The blocks of a fence, each with the line it starts on.
pub(crate) fn blocks<'a>(page: &'a str, fence: &str) -> Vec<(usize, &'a str)> {
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

/// A page of the manual.
pub(crate) fn page(path: &str) -> String {
    std::fs::read_to_string(repository().join(path)).expect("the page is there")
}

/// A flow that names every model of a project file: chats as tiers of steps, embedders as those of classifications.
fn flow_of(models: &toml::Table) -> String {
    let mut flow = "enum Kind { One, Two }\n\n".to_owned();
    for (index, (name, model)) in models.iter().enumerate() {
        // A table that overrides single facts is named by its provider.
        let named = if model.get("provider").is_some() { "model" } else { "openai" };
        let is_embedder = model.get("kind").is_some_and(|kind| kind.as_str() == Some("embed"));
        flow += &format!("tier t{index} = {named}(\"{name}\")\n\n");
        flow += &if is_embedder {
            format!(
                "flow f{index}(text: Text<=16tok) -> Kind {{\n  let kind = classify(text, into: Kind) by t{index}\n  \
                 return kind\n}}\n\n"
            )
        } else {
            format!(
                "step s{index}(text: Text<=16tok) -> Text<=40tok {{\n  on t{index}\n  \"Say {{text}}.\"\n}}\n\n\
                 flow f{index}(text: Text<=16tok) -> Text<=40tok {{\n  return s{index}(text)\n}}\n\n"
            )
        };
    }
    flow
}

#[test]
fn every_project_file_of_the_manual_is_one() {
    let page = page("docs/flow-toml.md");
    let check = |block: &str| {
        let file: toml::Table = block.parse().expect("TOML");
        let models = file["models"].as_table().expect("models");
        Project::new(&[("flow.toml", block), ("main.flow", &flow_of(models))]).flowc(&["check"])
    };
    let whole = blocks(&page, "toml");
    assert!(whole.len() >= 2, "the page has lost its blocks");
    for (line, block) in whole {
        let said = check(block);
        assert_eq!(said.code, 0, "docs/flow-toml.md:{line}: {said:#?}");
    }
    // What the page says that is said of what is missing.
    let [(_, block)] = blocks(&page, "toml lacks")[..] else { panic!("the page has one block that lacks something") };
    let said = check(block);
    assert_eq!(said.code, 2, "{said:#?}");
    let [(_, message)] = blocks(&page, "text")[..] else { panic!("the page has one message") };
    for line in message.lines().map(|line| line.trim().trim_start_matches("= help: ")) {
        assert!(said.stdout.contains(line), "`{line}` is not in {}", said.stdout);
    }
}

#[test]
fn every_file_of_answers_of_the_manual_is_played() {
    let page = page("docs/answers.md");
    let blocks = blocks(&page, "toml");
    assert!(blocks.len() >= 4, "the page has lost its blocks");
    let project = Project::new(&[("flow.toml", ""), ("main.flow", FLOW)]);
    for (line, block) in blocks {
        project.write("answers.toml", block);
        let run = ["run", "main.flow", "--input", "{\"name\": \"Ada\"}", "--answers", "answers.toml", "--json"];
        let said = project.flow(&run);
        assert_eq!(said.code, 0, "docs/answers.md:{line}: {said:#?}");
        let report = said.json();
        let is_silent = block.contains("\"none\"");
        assert_eq!(report["presumed"] != "0.000000000", is_silent, "docs/answers.md:{line}: {report:#}");
    }
}

#[test]
fn the_flows_on_the_page_of_the_ledger_are_checked_and_laid_out() {
    let page = page("docs/ledger.md");
    let flows = blocks(&page, "flow");
    assert!(!flows.is_empty(), "the page shows a ceiling");
    for (line, flow) in flows {
        let project = Project::new(&[("flow.toml", ""), ("main.flow", flow)]);
        for command in [["check", "main.flow"].as_slice(), &["fmt", "--check", "main.flow"]] {
            let said = project.flowc(command);
            assert_eq!(said.code, 0, "docs/ledger.md:{line}: {said:#?}");
        }
    }
}
