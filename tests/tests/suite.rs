//! The suite in `tests/suite`: one test a folder. `FLOW_BLESS=1 cargo test -p flow-tests suite` writes what is said; then read the
//! difference.

use std::collections::BTreeMap;
use std::path::PathBuf;

use flow_compiler::diagnostic::Diagnostic;
use flow_tests::command::{Project, repository};
use flow_tests::suite::case::cases;
use flow_tests::suite::{Answer, Case, Kind, answer};

fn folder(name: &str) -> PathBuf {
    repository().join("tests/suite").join(name)
}

fn prelude() -> String {
    std::fs::read_to_string(folder("prelude.flow")).expect("the prelude is there")
}

/// The files of a folder of the suite, with their cases.
fn files(phase: &str) -> Vec<(PathBuf, String, Vec<Case>)> {
    let entries = std::fs::read_dir(folder(phase)).expect("the folder is there");
    let mut paths: Vec<PathBuf> = entries.map(|entry| entry.expect("an entry").path()).collect();
    paths.retain(|path| path.extension().is_some_and(|extension| extension == "flow"));
    paths.sort();
    assert!(!paths.is_empty(), "tests/suite/{phase} holds no flow");
    let read = paths.into_iter().map(|path| {
        let text = std::fs::read_to_string(&path).expect("a file of the suite");
        let stem = path.file_stem().unwrap_or_default().to_string_lossy().into_owned();
        let (head, cases) = cases(&stem, &text);
        (path, head, cases)
    });
    read.collect()
}

const PHASES: [&str; 6] = ["lex", "parse", "resolve", "check", "bound", "lint"];

/// Holds every case of a folder to what stands in it, or writes it there.
fn hold(phase: &str) {
    let (bless, prelude) = (std::env::var_os("FLOW_BLESS").is_some(), prelude());
    let mut wrong = String::new();
    for (path, head, cases) in files(phase) {
        let shown = path.strip_prefix(repository()).unwrap_or(&path).display().to_string();
        let mut written = head;
        for mut case in cases {
            let said = answer(&case.bare(), &prelude);
            let annotated = said.annotated();
            let place = format!("{shown}:{} {}", case.line, case.name);
            if annotated != case.files && !bless {
                let now: String = annotated.iter().map(|(_, text)| text.as_str()).collect();
                wrong += &format!("--- {place}: this is said instead\n{now}\n");
            }
            if let Err(why) = claim(&case, &said, &prelude) {
                wrong += &format!("--- {place}: {why}\n");
            }
            case.files = annotated;
            written += &case.written();
        }
        if bless {
            std::fs::write(&path, written).expect("a file of the suite can be written");
        }
    }
    assert!(wrong.is_empty(), "{wrong}");
}

/// Whether what is said is what such a case claims.
fn claim(case: &Case, said: &Answer, prelude: &str) -> Result<(), String> {
    let problems = &said.diagnostics;
    let helps = |problem: &Diagnostic| !problem.help.is_empty() || problem.fix.is_some();
    match case.kind {
        Kind::Case => {}
        Kind::Keeps if problems.is_empty() => {}
        Kind::Keeps => return Err(format!("it keeps the rule, and yet: {}", listed(problems))),
        Kind::Slip | Kind::Breaks if problems.len() != 1 => {
            return Err(format!("one mistake, one message; this has {}: {}", problems.len(), listed(problems)));
        }
        Kind::Slip if !problems.iter().all(helps) => return Err("no help says what to type".to_owned()),
        Kind::Slip | Kind::Breaks => {}
    }
    for problem in problems {
        let Some(repaired) = said.repaired(problem) else { continue };
        let after = answer(&repaired, prelude).diagnostics;
        let same = |of: &&Diagnostic| of.code == problem.code && of.message == problem.message;
        let still = after.iter().filter(same).count() >= problems.iter().filter(same).count();
        // The one edit of a single slip leaves nothing to say.
        let more = case.kind == Kind::Slip && after.iter().any(Diagnostic::is_error);
        if still || more {
            let title = problem.fix.as_ref().map_or("", |fix| fix.title.as_str());
            return Err(format!("the fix `{title}` does not repair it: {}", listed(&after)));
        }
    }
    Ok(())
}

fn listed(problems: &[Diagnostic]) -> String {
    let lines = problems.iter().map(|problem| format!("\n    {} {}", problem.code, problem.message));
    lines.collect()
}

#[test]
fn suite_lex() {
    hold("lex");
}

#[test]
fn suite_parse() {
    hold("parse");
}

#[test]
fn suite_resolve() {
    hold("resolve");
}

#[test]
fn suite_check() {
    hold("check");
}

#[test]
fn suite_bound() {
    hold("bound");
}

#[test]
fn suite_lint() {
    hold("lint");
}

/// Commands are run in a folder with the files of their case; behind each stands its exit code and what it says.
#[test]
fn suite_command() {
    let bless = std::env::var_os("FLOW_BLESS").is_some();
    let mut wrong = String::new();
    for (path, head, cases) in files("command") {
        let mut written = head;
        for mut case in cases {
            let project = Project::new(&[]);
            for (path, text) in case.bare() {
                project.write(&path, text);
            }
            for command in &mut case.commands {
                let said = run(&project, &command.line);
                if said != command.said && !bless {
                    let place = format!("{}:{} {}", path.display(), case.line, case.name);
                    wrong += &format!("--- {place}\n$ {}\n{}\n", command.line, said.join("\n"));
                }
                command.said = said;
            }
            written += &case.written();
        }
        if bless {
            std::fs::write(&path, written).expect("a file of the suite can be written");
        }
    }
    assert!(wrong.is_empty(), "{wrong}");
}

/// A command as a user types it, and what it says: its exit code, standard error, standard output.
fn run(project: &Project, line: &str) -> Vec<String> {
    let words: Vec<&str> = line.split(' ').collect();
    let said = match words[..] {
        ["flow", ref rest @ ..] => project.flow(rest),
        ["flowc", ref rest @ ..] => project.flowc(rest),
        ["cat", path] => {
            let text = std::fs::read_to_string(project.path().join(path)).expect("the file is there");
            return text.lines().map(|line| format!(" {line}").trim_end().to_owned()).collect();
        }
        _ => panic!("`{line}` is no command of ours"),
    };
    let mut lines = vec![format!(" exit {}", said.code)];
    let shown = said.stderr.lines().chain(said.stdout.lines());
    lines.extend(shown.map(|line| format!(" {line}").trim_end().to_owned()));
    lines
}

#[test]
fn suite_holds_the_corpus_of_slips() {
    let slips = PHASES.iter().flat_map(|phase| files(phase)).flat_map(|(.., cases)| cases);
    let slips: Vec<Case> = slips.filter(|case| case.kind == Kind::Slip).collect();
    assert!(slips.len() >= 150, "{} slips", slips.len());
    let mut seen = BTreeMap::new();
    for slip in &slips {
        let twin = seen.insert(slip.bare().into_iter().map(|(_, text)| text).collect::<String>(), &slip.name);
        assert!(twin.is_none(), "`{}` and `{twin:?}` are the same flow", slip.name);
    }
}
