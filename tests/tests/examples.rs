//! Examples and templates do what their READMEs say: every command there is run, and ends as it says.

use std::path::{Path, PathBuf};

use flow_tests::command::{Project, Said, repository};

use crate::pages::blocks;

/// The examples, in their order.
fn examples() -> Vec<PathBuf> {
    let entries = std::fs::read_dir(repository().join("examples")).expect("the examples are there");
    let is_numbered = |path: &PathBuf| path.is_dir() && path.join("main.flow").is_file();
    let mut found: Vec<PathBuf> = entries.flatten().map(|entry| entry.path()).filter(is_numbered).collect();
    found.sort();
    found
}

/// The commands of a README that can be run here, each with the exit code that it names (`# exit 3`).
///
/// A run without `--answers` asks models; those are run by the tests of the models.
fn commands(readme: &str) -> Vec<(Vec<String>, i32)> {
    let lines = blocks(readme, "sh").into_iter().flat_map(|(_, block)| block.lines());
    lines
        .filter(|line| line.starts_with("flowc ") || line.starts_with("flow run ") && line.contains("--answers"))
        .map(|line| {
            let (command, comment) = line.split_once('#').unwrap_or((line, ""));
            let exit = comment.trim().strip_prefix("exit ").and_then(|code| code.parse().ok()).unwrap_or(0);
            (command.split_whitespace().map(str::to_owned).collect(), exit)
        })
        .collect()
}

/// Runs the commands of a README in a folder.
fn assert_kept(readme: &Path, folder: &Path) -> usize {
    let text = std::fs::read_to_string(readme).expect("a README");
    let commands = commands(&text);
    let home = Project::new(&[]);
    for (words, exit) in &commands {
        let [program, arguments @ ..] = &words[..] else { panic!("a command has a name") };
        let said = Said::of(home.command(program).args(arguments).current_dir(folder));
        assert_eq!(said.code, *exit, "{}: `{}`: {said:#?}", readme.display(), words.join(" "));
    }
    commands.iter().filter(|(words, _)| words[0] == "flow").count()
}

#[test]
fn every_command_of_an_example_ends_as_its_readme_says() {
    let examples = examples();
    assert!(examples.len() >= 14, "{examples:?}");
    let played = examples.iter().map(|example| assert_kept(&example.join("README.md"), repository()));
    assert!(played.sum::<usize>() >= 11, "the examples have lost their played runs");
}

/// What the examples show is what the lints ask for; where one does otherwise, it says why.
#[test]
fn no_example_is_remarked_on() {
    let home = Project::new(&[]);
    let said = Said::of(home.command("flowc").args(["lint", "examples"]).current_dir(repository()));
    assert_eq!(said.code, 0, "{said:#?}");
    assert!(format!("{}{}", said.stdout, said.stderr).contains("no remarks in "), "{said:#?}");
}

/// Every example has what its reader needs, and its input is one that its flow takes.
#[test]
fn every_example_is_whole() {
    for example in examples() {
        for file in ["flow.toml", "main.flow", "README.md"] {
            assert!(example.join(file).is_file(), "{} has no {file}", example.display());
        }
        let project = Project::new(&[]);
        let said = Said::of(project.command("flowc").args(["check"]).arg(example.join("main.flow")));
        assert_eq!(said.code, 0, "{}: {said:#?}", example.display());
    }
}

#[test]
fn every_template_is_a_project_that_checks_and_runs() {
    let here = Project::new(&[]);
    for template in ["hello", "support-desk", "extraction", "research", "guardrails", "rag"] {
        let name = format!("my-{template}");
        let said = here.flowc(&["new", &name, "--template", template]);
        assert_eq!(said.code, 0, "{said:#?}");
        let folder = here.path().join(&name);
        let checked = Said::of(here.command("flowc").args(["check"]).current_dir(&folder));
        assert_eq!(checked.code, 0, "{template}: {checked:#?}");
        let readme = std::fs::read_to_string(folder.join("README.md")).expect("a README");
        assert!(readme.starts_with(&format!("# {name}\n")) && !readme.contains("examples/"), "{readme}");
        let toml = std::fs::read_to_string(folder.join("flow.toml")).expect("a project file");
        assert!(toml.contains(&format!("name = \"{name}\"")), "{toml}");
        assert!(assert_kept(&folder.join("README.md"), &folder) >= 1, "{template} plays nothing");
    }
}

#[test]
fn an_unknown_template_names_the_nearest_and_makes_nothing() {
    let here = Project::new(&[]);
    let said = here.flowc(&["new", "desk", "--template", "suport-desk"]);
    assert_eq!(said.code, 64, "{said:#?}");
    assert!(said.stderr.contains("E0982") && said.stderr.contains("did you mean `support-desk`?"), "{said:#?}");
    assert!(!here.path().join("desk").exists());
    let said = here.flowc(&["new", "desk", "-t", "nothing-like-it"]);
    assert!(said.stderr.contains("`guardrails`"), "{said:#?}");
}

/// What `flowc inputs` shows is of its own schema, and is an input that `flow run` takes.
#[test]
fn the_example_of_every_input_is_taken() {
    let files = examples().into_iter().map(|folder| folder.join("main.flow"));
    let project = Project::new(&[]);
    for file in files {
        let inputs = |more: &[&str]| Said::of(project.command("flowc").arg("inputs").arg(&file).args(more)).json();
        let schema = inputs(&[]);
        let validator = jsonschema::draft202012::new(&schema).expect("a schema");
        let example = inputs(&["--example"]);
        assert!(validator.is_valid(&example), "{}: {example:#}", file.display());
        assert_eq!(schema["examples"][0], example);
        let mut dry = project.command("flow");
        let said = Said::of(dry.arg("run").arg(&file).args(["--dry", "--input", &example.to_string()]));
        assert_eq!(said.code, 0, "{}: {said:#?}", file.display());
    }
}
