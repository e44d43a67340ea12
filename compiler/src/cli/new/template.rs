//! What a project can begin with: the smallest one, and examples of this repository under a new name.

/// A project to begin with.
pub(super) struct Template {
    /// What it is called.
    pub(super) name: &'static str,
    /// How it is run, in its folder.
    pub(super) run: &'static str,
    /// The folder in the repository, as its README writes it; empty where the template is none of the examples.
    folder: &'static str,
    /// Its files: path and content.
    files: &'static [(&'static str, &'static str)],
}

const RUN: &str = "flow run main.flow --input @input.json";
const PLAY: &str = "flow run main.flow --input @input.json --answers answers.toml";

/// The files of an example.
macro_rules! example {
    ($name:literal, $folder:literal, [$($file:literal),* $(,)?]) => {
        Template {
            name: $name,
            run: PLAY,
            folder: concat!("examples/", $folder, "/"),
            files: &[$(($file, include_str!(concat!("../../../../examples/", $folder, "/", $file)))),*],
        }
    };
}

/// Every template.
pub(super) const TEMPLATES: &[Template] = &[
    Template {
        name: "hello",
        run: RUN,
        folder: "",
        files: &[
            ("flow.toml", include_str!("flow.toml")),
            ("main.flow", include_str!("main.flow")),
            ("input.json", include_str!("input.json")),
            ("answers.toml", include_str!("answers.toml")),
            ("README.md", include_str!("README.md")),
        ],
    },
    example!(
        "support-desk",
        "05-support-desk",
        [
            "flow.toml",
            "main.flow",
            "kb.flow",
            "search.py",
            "refund.py",
            "help/charged-twice.md",
            "help/export-invoices.md",
            "help/change-plan.md",
            "input.json",
            "answers.toml",
            "README.md",
        ]
    ),
    example!("extraction", "08-extraction", ["flow.toml", "main.flow", "input.json", "answers.toml", "README.md"]),
    example!("research", "14-map-reduce", ["flow.toml", "main.flow", "input.json", "answers.toml", "README.md"]),
    example!(
        "guardrails",
        "03-guardrails",
        ["flow.toml", "main.flow", "hours.py", "input.json", "answers.toml", "README.md"]
    ),
    example!(
        "rag",
        "07-rag",
        [
            "flow.toml",
            "main.flow",
            "find.py",
            "pages/vacation.md",
            "pages/travel.md",
            "input.json",
            "answers.toml",
            "README.md",
        ]
    ),
];

impl Template {
    /// The files of a project of this name.
    pub(super) fn project(&self, name: &str) -> Vec<(&'static str, String)> {
        self.files.iter().map(|(file, text)| (*file, self.renamed(file, text, name))).collect()
    }

    fn renamed(&self, file: &str, text: &str, name: &str) -> String {
        match file {
            "flow.toml" => text
                .lines()
                .map(
                    |line| {
                        if line.starts_with("name = ") { format!("name = \"{name}\"\n") } else { format!("{line}\n") }
                    },
                )
                .collect(),
            // The README of an example stands in the repository; that of a project stands in its folder.
            "README.md" => {
                let (_, rest) = text.split_once('\n').unwrap_or(("", text));
                let rest = if self.folder.is_empty() { rest.to_owned() } else { rest.replace(self.folder, "") };
                format!("# {name}\n{rest}")
            }
            _ => text.to_owned(),
        }
    }
}
