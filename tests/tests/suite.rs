//! The suite in `tests/suite`: one test a folder. `FLOW_BLESS=1 cargo test -p flow-tests suite` writes what is said; then read the
//! difference.

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;

use flow_compiler::diagnostic::{Diagnostic, code};
use flow_tests::command::{Project, repository};
use flow_tests::suite::case::cases;
use flow_tests::suite::{Answer, Case, Kind, answer};

use crate::pages::{blocks, page};

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

/// Holds every command of a folder to what it says there, or writes what it says. Commands are run in a folder with the files of
/// their case; behind each stands its exit code and what it says.
fn hold_commands(folder: &str) {
    let bless = std::env::var_os("FLOW_BLESS").is_some();
    let mut wrong = String::new();
    for (path, head, cases) in files(folder) {
        let mut written = head;
        for mut case in cases {
            assert!(!case.commands.is_empty(), "{}:{} runs nothing", path.display(), case.line);
            let project = Project::new(&[]);
            for (path, text) in case.bare() {
                // How many blank lines stand before the commands is layout.
                project.write(&path, format!("{}\n", text.trim_end()));
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
            std::fs::write(&path, format!("{}\n", written.trim_end())).expect("a file of the suite can be written");
        }
    }
    assert!(wrong.is_empty(), "{wrong}");
}

#[test]
fn suite_command() {
    hold_commands("command");
}

/// The examples of the design of the language: each is in style, and what is checked is said there.
#[test]
fn suite_language() {
    hold_commands("language");
    for (path, _, cases) in files("language") {
        for case in cases {
            let lines: Vec<&str> = case.commands.iter().map(|command| command.line.as_str()).collect();
            assert!(lines.starts_with(&["flowc fmt --check .", "flowc check"]), "{}: {lines:?}", path.display());
            let styled = case.commands[0].said.first().map(String::as_str);
            assert_eq!(styled, Some(" exit 0"), "{} is not in style", path.display());
        }
    }
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

/// Every heading of the reference has a flow that keeps its rules and one that breaks them.
#[test]
fn suite_shows_each_rule_of_the_reference_kept_and_broken() {
    let page = page("docs/language.md");
    // Tests, layout and grammar are held by tests of their own.
    let spared = [
        "One idea, one symbol",
        "Tests",
        "Layout",
        "The grammar",
        "What this version leaves out",
        "The prelude of this page",
    ];
    let headings = page.lines().filter_map(|line| line.strip_prefix("## ")).filter(|heading| !spared.contains(heading));
    let all: Vec<Case> = PHASES.iter().flat_map(|phase| files(phase)).flat_map(|(.., cases)| cases).collect();
    let of = |kind: Kind| -> BTreeSet<&str> {
        all.iter().filter(|case| case.kind == kind).filter_map(|case| case.rule.as_deref()).collect()
    };
    let (keeps, breaks) = (of(Kind::Keeps), of(Kind::Breaks));
    let headings: Vec<&str> = headings.collect();
    for heading in &headings {
        assert!(keeps.contains(heading), "no flow of the suite keeps the rules of `{heading}`");
        assert!(breaks.contains(heading), "no flow of the suite breaks the rules of `{heading}`");
    }
    for rule in keeps.union(&breaks) {
        let is_one = headings.contains(rule) || spared.contains(rule);
        assert!(is_one, "`{rule}` is no heading of docs/language.md");
    }
}

/// Twenty-five mistakes, twenty-five messages; whoever repairs one line loses its message and no other.
#[test]
fn suite_many_mistakes_are_each_said_once() {
    let text = std::fs::read_to_string(folder("check/twenty_five.flow")).expect("the file is there");
    let (_, cases) = cases("twenty_five", &text);
    let [case] = &cases[..] else { panic!("one case") };
    // A line `//~ …` stands under a mistake and says how the line above it is written rightly.
    let annotated = &case.bare()[0].1;
    let mut lines: Vec<&str> = Vec::new();
    let mut rights: Vec<(usize, &str)> = Vec::new();
    for line in annotated.lines() {
        match line.trim_start().strip_prefix("//~") {
            Some(right) => rights.push((lines.len() - 1, right.strip_prefix(' ').unwrap_or(right))),
            None => lines.push(line),
        }
    }
    let said = |lines: &[&str]| -> Vec<(usize, String)> {
        let files = [("main.flow".to_owned(), lines.join("\n") + "\n")];
        let said = answer(&files, "");
        let line = |problem: &Diagnostic| {
            let span = problem.span.expect("a place");
            said.sources.get(span.source).map_or(0, |source| source.position(span.start).0)
        };
        let told = said.diagnostics.iter().map(|of| (line(of), format!("{} {}", of.code, of.message)));
        told.collect()
    };
    let all = said(&lines);
    assert_eq!(rights.len(), 25, "mistakes");
    assert_eq!(all.len(), 25, "{all:#?}");
    for (at, right) in rights {
        let mut repaired = lines.clone();
        repaired[at] = right;
        let left = said(&repaired);
        let expected: Vec<_> = all.iter().filter(|(line, _)| *line != at + 1).cloned().collect();
        assert_eq!(expected.len(), 24, "line {} has no message of its own", at + 1);
        assert_eq!(left, expected, "`{right}` in line {} takes away its own message only", at + 1);
    }
}

/// The flows of a page, the bad one first.
fn flows(page: &str) -> Vec<String> {
    blocks(page, "flow").into_iter().map(|(_, flow)| flow.to_owned()).collect()
}

/// What is said about a flow alone, with every lint on.
fn said_alone(flow: &str) -> Answer {
    let lints = code::lint::LINTS.iter().map(|lint| format!("{} = \"warn\"\n", lint.name)).collect::<String>();
    let files = [("main.flow".to_owned(), flow.to_owned()), ("flow.toml".to_owned(), format!("[lints]\n{lints}"))];
    answer(&files, "")
}

/// Each page shows a flow that its message is about and a repair that it is not about; an edit that is offered takes it away.
#[test]
fn suite_every_page_shows_a_mistake_and_its_repair() {
    let mut wrong = String::new();
    for entry in code::entries() {
        let flows = flows(entry.page);
        let [bad, good] = &flows[..] else { continue };
        // What runs say, and what takes further files, is shown by the tests of the commands.
        if entry.code.as_str().starts_with("E09") || bad.contains("use ") {
            continue;
        }
        let of = |answer: &Answer| answer.diagnostics.iter().filter(|of| of.code == entry.code).count();
        let said = said_alone(bad);
        if of(&said) == 0 {
            wrong += &format!("{}: its flow gives {}\n", entry.code, listed(&said.diagnostics));
        }
        if of(&said_alone(good)) > 0 {
            wrong += &format!("{}: its repair gives it again\n", entry.code);
        }
        for problem in said.diagnostics.iter().filter(|of| of.code == entry.code) {
            let Some(repaired) = said.repaired(problem) else { continue };
            let after = answer(&repaired, "");
            if of(&after) >= of(&said) {
                wrong += &format!("{}: its fix leaves {}\n", entry.code, listed(&after.diagnostics));
            }
        }
    }
    assert!(wrong.is_empty(), "{wrong}");
}

/// Codes that no flow brings about: commands, files and runs give them. The tests named here drive them through the commands.
const BY_COMMANDS: &[(&str, &str)] = &[
    ("E0040", "a size of an input that is not there: compiler/src/bound/tests/sized.rs"),
    ("E0043", "a dimension of a witness that there is not: tests/tests/witness.rs"),
    ("E0309", "an import that binds what is not there: compiler/src/resolve/tests/bindings.rs"),
    ("E0310", "an import that binds too much: compiler/src/resolve/tests/bindings.rs"),
    ("E0041", "a step that is not there: tests/prompt.rs"),
    ("E0042", "a value that no step takes: tests/prompt.rs"),
    ("E0001", "a file that is not there: suite/command"),
    ("E0002", "a file that is not UTF-8: compiler/tests/cli.rs"),
    ("E0003", "a file that is too large: compiler/tests/cli.rs"),
    ("E0004", "a folder for a file: suite/command"),
    ("E0005", "a project without flows: suite/command"),
    ("E0006", "a file that cannot be written: suite/command"),
    ("E0007", "a name that is none: suite/command"),
    ("E0008", "a flow that is not there: suite/command"),
    ("E0009", "a code that is not there: suite/command"),
    ("E0108", "a nest too deep to be written down: compiler/src/parse/tests/stress.rs"),
];

/// Every code of the catalogue is given by some flow of the suite or of a page, or by a command.
#[test]
fn suite_gives_every_code_of_the_catalogue() {
    let prelude = prelude();
    let mut given: BTreeSet<String> = BTreeSet::new();
    for (.., cases) in PHASES.iter().flat_map(|phase| files(phase)) {
        for case in cases {
            given.extend(answer(&case.bare(), &prelude).diagnostics.iter().map(|of| of.code.as_str().to_owned()));
        }
    }
    for entry in code::entries() {
        let shown = flows(entry.page).into_iter().flat_map(|flow| said_alone(&flow).diagnostics);
        given.extend(shown.map(|of| of.code.as_str().to_owned()));
    }
    for (.., cases) in files("command") {
        let said = cases.iter().flat_map(|case| &case.commands).flat_map(|command| &command.said);
        for line in said {
            let words = line.split(|c: char| !c.is_ascii_alphanumeric());
            given.extend(words.filter(|word| code::Code::find(word).is_some()).map(str::to_owned));
        }
    }
    let all: Vec<&str> = code::entries().map(|entry| entry.code.as_str()).collect();
    assert!(all.len() >= 120, "{} codes", all.len());
    let is_given = |code: &&&str| given.contains(**code) || BY_COMMANDS.iter().any(|(known, _)| known == *code);
    let missing: Vec<&&str> = all.iter().filter(|code| !is_given(code)).collect();
    // What the commands of runs, locks and comparisons say is driven by the tests of those commands.
    let elsewhere =
        |code: &&str| ["E09", "W09", "E10", "E08", "E02", "W105"].iter().any(|range| code.starts_with(range));
    let missing: Vec<&&str> = missing.into_iter().filter(|code| !elsewhere(code)).collect();
    assert!(missing.is_empty(), "nothing in the suite gives {missing:?}");
}

/// The manual names every lint with its code and its level.
#[test]
fn suite_every_lint_stands_in_the_manual() {
    let page = page("docs/lints.md");
    for lint in code::lint::LINTS {
        let row = format!("| `{}` | {} | {} | {} |", lint.name, lint.usual.name(), lint.code, lint.code.title());
        assert!(page.contains(&row), "docs/lints.md lacks {row}");
    }
}
