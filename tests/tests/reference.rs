//! Every block of `docs/language.md` compiles.

use flow_tests::command::Project;

use crate::pages::{blocks, page};

const PAGE: &str = "docs/language.md";

const PROJECT: &str = "[project]\nname = \"reference\"\n\n[mcp.help-centre]\ncommand = \"help-server\"\n";

#[test]
fn every_block_of_the_reference_compiles() {
    let page = page(PAGE);
    let prelude = blocks(&page, "flow-prelude");
    let [(_, prelude)] = prelude[..] else { panic!("{PAGE} has one prelude") };
    let blocks = blocks(&page, "flow");
    assert!(blocks.len() >= 8, "{PAGE} has lost its blocks");
    let project = Project::new(&[("flow.toml", PROJECT)]);
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
