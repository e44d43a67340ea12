//! Every flow text of the repository has the one style.

use std::fs;

use flow_compiler::format::format;
use flow_compiler::source::SourceId;
use flow_language::repository::{Text, blocks, files, root};

/// Files whose layout is what they are about: inputs of the parser's tests, and flows that say below a text what is said about it.
const ODD: [&str; 3] = ["compiler/src/parse/tests", "tests/suite", "tests/fuzz"];

fn styled() -> Vec<Text> {
    let odd = |text: &Text| ODD.iter().any(|folder| text.file.starts_with(folder));
    files().into_iter().filter(|text| !odd(text)).chain(blocks()).collect()
}

/// `FLOW_BLESS=1` lays them out.
#[test]
fn every_file_and_every_block_of_the_documentation_has_the_one_style() {
    let texts = styled();
    assert!(texts.len() > 15, "{} texts were found", texts.len());
    let mut wrong = Vec::new();
    for Text { file, before, text } in texts.into_iter().rev() {
        match format(SourceId(0), &text) {
            Ok(made) if made == text => {}
            Ok(made) if std::env::var_os("FLOW_BLESS").is_some() => {
                let path = root().join(&file);
                let mut whole = fs::read_to_string(&path).expect("it was read before");
                whole.replace_range(before..before + text.len(), &made);
                fs::write(&path, whole).expect("it is ours to write");
            }
            Ok(made) => wrong.push(format!("{} at byte {before} should be\n{made}", file.display())),
            Err(said) => wrong.push(format!("{} at byte {before}: {}", file.display(), said[0].message)),
        }
    }
    assert!(wrong.is_empty(), "run this test with FLOW_BLESS=1, or `flowc fmt`:\n{}", wrong.join("\n"));
}
