//! The examples compile without a word.

use std::path::Path;

use crate::testing::{Memory, check};

#[test]
fn the_examples_compile_without_a_word() {
    let examples = Path::new(env!("CARGO_MANIFEST_DIR")).join("../examples");
    let mut seen = 0;
    for entry in std::fs::read_dir(examples).expect("the examples are there") {
        let folder = entry.expect("a folder can be read").path();
        // Not every folder is a project: some hold several.
        if !folder.join("main.flow").is_file() {
            continue;
        }
        let mut world = Memory::default();
        for file in std::fs::read_dir(&folder).into_iter().flatten().flatten() {
            let name = file.file_name().to_string_lossy().into_owned();
            // A run leaves its data in a folder `.flow` beside its project.
            if name.ends_with(".flow") && file.path().is_file() {
                world = world.with(&name, &std::fs::read_to_string(file.path()).expect("an example is UTF-8"));
            }
        }
        let (checked, _) = check(&world);
        assert_eq!(checked.diagnostics, [], "{}", folder.display());
        assert!(!checked.value.flows.is_empty(), "{}", folder.display());
        seen += 1;
    }
    assert!(seen >= 4);
}
