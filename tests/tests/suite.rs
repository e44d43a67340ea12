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
            if let Err(why) = claim_of_commands(&case) {
                wrong += &format!("--- {}:{} {}: {why}\n", path.display(), case.line, case.name);
            }
            written += &case.written();
        }
        if bless {
            std::fs::write(&path, format!("{}\n", written.trim_end())).expect("a file of the suite can be written");
        }
    }
    assert!(wrong.is_empty(), "{wrong}");
}

/// A case that keeps a rule ends well with every command, one that breaks it with none.
fn claim_of_commands(case: &Case) -> Result<(), String> {
    let well = |command: &&flow_tests::suite::Command| command.said.first().is_some_and(|line| line == " exit 0");
    let count = case.commands.iter().filter(well).count();
    match case.kind {
        Kind::Keeps if count < case.commands.len() => Err("it keeps the rule, and a command fails".to_owned()),
        Kind::Slip | Kind::Breaks if count > 0 => Err("it breaks the rule, and a command ends well".to_owned()),
        Kind::Case | Kind::Slip | Kind::Keeps | Kind::Breaks => Ok(()),
    }
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

/// Headings without rules for flows, each with what holds them.
const SPARED: [&str; 3] = [
    // The two parsers are held to each other by tests/language.
    "The grammar",
    // What comes later has no rule yet.
    "What this version leaves out",
    // Compiled with every block of the page: tests/tests/reference.rs.
    "The prelude of this page",
];

/// The rules of the reference: its headings, and the rows of the tables below them.
fn rules(page: &str) -> Vec<String> {
    let (mut rules, mut heading, mut before) = (Vec::new(), "", "");
    for line in page.lines() {
        if let Some(name) = line.strip_prefix("## ").or_else(|| line.strip_prefix("### ")) {
            heading = name;
            rules.push(name.to_owned());
        }
        let is_row = line.starts_with('|') && before.starts_with('|') && !line.starts_with("|---");
        if is_row {
            rules.push(format!("{heading}: {}", key(line)));
        }
        before = line;
    }
    rules.retain(|rule| !SPARED.iter().any(|spared| rule.starts_with(spared)));
    rules
}

/// What a row of a table is about: what its first cell begins with in backticks, else its words.
fn key(row: &str) -> String {
    let hidden = row.replace("\\|", "\u{1}");
    let cell = hidden.trim_start_matches('|').split('|').next().unwrap_or("").trim().replace('\u{1}', "\\|");
    let ticks = cell.chars().take_while(|c| *c == '`').count();
    // `"""` … `"""` and ``a`` alike: up to the same number of backticks.
    let fence = "`".repeat(ticks);
    match cell.get(ticks..).and_then(|rest| rest.split_once(&fence)).filter(|_| ticks > 0) {
        Some((code, _)) => code.to_owned(),
        None => cell.replace('`', ""),
    }
}

/// Every heading of the reference and every row of its tables has a flow that keeps it and one that breaks it.
#[test]
fn suite_shows_each_rule_of_the_reference_kept_and_broken() {
    let rules = rules(&page("docs/language.md"));
    assert!(rules.len() >= 90, "{} rules", rules.len());
    let folders = PHASES.iter().chain(&["command"]);
    let all: Vec<Case> = folders.flat_map(|phase| files(phase)).flat_map(|(.., cases)| cases).collect();
    let of = |kind: Kind| -> BTreeSet<&str> {
        all.iter().filter(|case| case.kind == kind).filter_map(|case| case.rule.as_deref()).collect()
    };
    let (keeps, breaks) = (of(Kind::Keeps), of(Kind::Breaks));
    let mut wrong = String::new();
    for rule in &rules {
        // A heading with a table is kept and broken row by row.
        let has_rows =
            rules.iter().any(|other| other.strip_prefix(rule.as_str()).is_some_and(|rest| rest.starts_with(": ")));
        for (found, what) in [(&keeps, "keeps"), (&breaks, "breaks")] {
            if !has_rows && !found.contains(rule.as_str()) {
                wrong += &format!("no flow of the suite {what} `{rule}`\n");
            }
        }
    }
    for rule in keeps.union(&breaks) {
        if !rules.iter().any(|known| known == rule) {
            wrong += &format!("`{rule}` is no rule of docs/language.md\n");
        }
    }
    assert!(wrong.is_empty(), "{wrong}");
}

/// Twenty-five mistakes, twenty-five messages; whoever repairs one line loses its message and no other.
#[test]
fn suite_many_mistakes_are_each_said_once() {
    each_mistake_has_its_message("check/twenty_five.flow");
    each_mistake_has_its_message("check/twenty_five_beyond.flow");
}

fn each_mistake_has_its_message(file: &str) {
    let text = std::fs::read_to_string(folder(file)).expect("the file is there");
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

/// What nothing is known to bring about.
const NEVER: [&str; 2] = [
    // What the layout guards against: the runs of `tests/language` look for a text that does.
    "E0990", "E0991",
];

/// The codes in a text.
fn codes(text: &str) -> BTreeSet<String> {
    let words = text.split(|c: char| !c.is_ascii_alphanumeric());
    words.filter(|word| code::Code::find(word).is_some()).map(str::to_owned).collect()
}

/// The codes of files that no flow of the suite can be: each is made here and checked by the real command.
fn codes_of_odd_files() -> BTreeSet<String> {
    let project = Project::new(&[("flow.toml", "")]);
    let deep = format!("flow main() -> Bool {{ return {}true{} }}\n", "(".repeat(400), ")".repeat(400));
    project.write("deep.flow", &deep);
    project.write("long.flow", " ".repeat((32 << 20) + 1));
    std::fs::write(project.path().join("bytes.flow"), b"// \xff\xfe\n").expect("the file can be written");
    let files = ["deep.flow", "long.flow", "bytes.flow"];
    let said = files.map(|file| project.flowc(&["check", file]));
    said.iter().flat_map(|said| codes(&format!("{}{}", said.stdout, said.stderr))).collect()
}

/// The codes that the tests beside the suite name: what runs, servers, ledgers, locks and comparisons say needs more than a flow.
fn codes_of_tests() -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    let mut open: Vec<PathBuf> = ["compiler/src", "compiler/tests", "runtime/src", "runtime/tests", "tests/tests"]
        .map(|path| repository().join(path))
        .into();
    while let Some(path) = open.pop() {
        if path.is_dir() {
            let entries = std::fs::read_dir(&path).expect("a folder can be read");
            open.extend(entries.map(|entry| entry.expect("an entry").path()));
            continue;
        }
        let shown = path.strip_prefix(repository()).unwrap_or(&path).display().to_string();
        let is_test = shown.contains("/tests/") || shown.contains("/snapshots/") || shown.ends_with("/tests.rs");
        if is_test && !shown.ends_with("tests/suite.rs") {
            found.extend(codes(&std::fs::read_to_string(&path).unwrap_or_default()));
        }
    }
    found
}

/// Every code of the catalogue is given by some flow of the suite or of a page, by a command, or by a test that names it.
#[test]
fn suite_gives_every_code_of_the_catalogue() {
    let prelude = prelude();
    let mut given = codes_of_odd_files();
    for code in ["E0002", "E0003", "E0108"] {
        assert!(given.contains(code), "{code} is not said of its file: {given:?}");
    }
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
        given.extend(said.flat_map(|line| codes(line)));
    }
    let all: Vec<&str> = code::entries().map(|entry| entry.code.as_str()).collect();
    assert!(all.len() >= 120, "{} codes", all.len());
    let named = codes_of_tests();
    // What the compiler says of a flow, the suite shows; a test that names the code is enough for what takes a run, a server or a
    // second revision to say.
    let beside_flows =
        |code: &str| ["E004", "E08", "E09", "W09", "E10", "W105"].iter().any(|range| code.starts_with(range));
    let is_given =
        |code: &&&str| given.contains(**code) || beside_flows(code) && named.contains(**code) || NEVER.contains(*code);
    let missing: Vec<&&str> = all.iter().filter(|code| !is_given(code)).collect();
    assert!(missing.is_empty(), "nothing gives {missing:?}");
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
