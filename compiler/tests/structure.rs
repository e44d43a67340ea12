//! The shape of the compiler: phases in one direction, no I/O in the library, no heavy dependencies.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

/// The phases in the order of the data. A module imports only from modules before it.
const ORDER: &[&str] = &[
    "mutant",
    "cost",
    "source",
    "diagnostic",
    "lex",
    "syntax",
    "parse",
    "format",
    "resolve",
    "catalogue",
    "program",
    "fence",
    "tokens",
    "types",
    "schema",
    "size",
    "check",
    "cascade",
    "plan",
    "bound",
    "lint",
    "graph",
    "doc",
    "preview",
    "review",
    "profile",
    "contract",
];

/// What only the outside may touch.
const RIM: [&str; 6] = ["std::fs", "std::env", "std::net", "std::process", "std::thread", "std::time"];

fn source() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("src")
}

/// The files of the library by module, tests left out.
fn modules() -> BTreeMap<String, Vec<(PathBuf, String)>> {
    let mut modules: BTreeMap<String, Vec<(PathBuf, String)>> = BTreeMap::new();
    let mut waiting = vec![source()];
    while let Some(folder) = waiting.pop() {
        for entry in fs::read_dir(&folder).expect("the folder is read") {
            let path = entry.expect("the entry is read").path();
            let inside = path.strip_prefix(source()).expect("it is in the folder").to_path_buf();
            let first = inside.iter().next().map(|part| part.to_string_lossy().replace(".rs", "")).unwrap_or_default();
            let is_rim = matches!(first.as_str(), "main" | "cli" | "lib" | "testing");
            let is_test = inside.iter().any(|part| part.to_string_lossy().starts_with("tests"));
            if is_rim || is_test {
                continue;
            }
            if path.is_dir() {
                waiting.push(path);
            } else if path.extension().is_some_and(|extension| extension == "rs") {
                let text = fs::read_to_string(&path).expect("the file is read");
                modules.entry(first).or_default().push((inside, without_tests(&text)));
            }
        }
    }
    modules
}

/// The code of a file without comments and without its `#[cfg(test)]` tail.
fn without_tests(text: &str) -> String {
    let code = text.split("#[cfg(test)]").next().unwrap_or(text);
    code.lines().filter(|line| !line.trim_start().starts_with("//")).collect::<Vec<_>>().join("\n")
}

/// The modules of the crate that a text names, in `use crate::x` or inline.
fn imports(text: &str) -> BTreeSet<String> {
    let after = text.split("crate::").skip(1);
    let mut names = BTreeSet::new();
    for rest in after {
        match rest.strip_prefix('{') {
            Some(group) => names.extend(group.split('}').next().unwrap_or("").split(',').map(word)),
            None => {
                names.insert(word(rest));
            }
        }
    }
    names.remove("");
    names
}

fn word(text: &str) -> String {
    text.trim_start().chars().take_while(|c| c.is_alphanumeric() || *c == '_').collect()
}

#[test]
fn a_module_imports_only_from_phases_before_it() {
    let place = |module: &str| ORDER.iter().position(|phase| *phase == module);
    let mut wrong = Vec::new();
    for (module, files) in modules() {
        let Some(own) = place(&module) else {
            wrong.push(format!("`{module}` is in no place of the order"));
            continue;
        };
        for (file, text) in files {
            for import in imports(&text) {
                if place(&import).is_some_and(|other| other > own) {
                    wrong.push(format!("{} imports `{import}`, which comes after `{module}`", file.display()));
                }
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn the_library_touches_nothing_outside() {
    let mut wrong = Vec::new();
    for (file, text) in modules().into_values().flatten() {
        for door in RIM.iter().filter(|door| text.contains(**door)) {
            wrong.push(format!("{} names `{door}`; what the compiler needs comes through `World`", file.display()));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn one_file_names_ariadne() {
    let named = modules()
        .into_values()
        .flatten()
        .filter(|(_, text)| text.contains("ariadne::") || text.contains("use ariadne"));
    let files: Vec<PathBuf> = named.map(|(file, _)| file).collect();
    assert_eq!(files, [Path::new("diagnostic/render.rs")]);
}

/// `flowc` starts in milliseconds and builds in a minute because of what it does not depend on.
#[test]
fn the_compiler_depends_on_no_engine_executor_or_client() {
    let lock =
        fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("../Cargo.lock")).expect("the lock is read");
    let mut needs: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
    for package in lock.split("[[package]]").skip(1) {
        let name = package.lines().find_map(|line| line.strip_prefix("name = \"")?.strip_suffix('"')).unwrap_or("");
        let listed = package.split("dependencies = [").nth(1).and_then(|rest| rest.split(']').next()).unwrap_or("");
        let listed = listed.split('"').skip(1).step_by(2).map(|entry| entry.split(' ').next().unwrap_or(entry));
        needs.entry(name).or_default().extend(listed);
    }
    let mut reached = BTreeSet::new();
    let mut waiting = vec!["flow-compiler"];
    while let Some(package) = waiting.pop() {
        if reached.insert(package) {
            waiting.extend(needs.get(package).into_iter().flatten());
        }
    }
    assert!(reached.len() > 20, "the lock was read: {reached:?}");
    let heavy = ["candle-core", "candle-nn", "candle-transformers", "tokio", "reqwest", "rusqlite", "llguidance"];
    for package in heavy {
        assert!(!reached.contains(package), "flow-compiler depends on {package}");
    }
}
