//! `flowc doc`: pages whose links lead somewhere, whose numbers are those of `flowc check`, and that never stand where something
//! else stood.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use flow_tests::command::{Project, repository};

const NOTES: &str = "//! Notes & <b>more</b>.\n\n/// A \"note\" with `code`, see [this](javascript:alert(1)).\npub type Note {\n  /// what it <i>says</i>\n  text: Text<=40tok\n}\n";
const MAIN: &str = r#"//! A trial. <script>alert("x")</script>

use shared.notes { Note }

tier mid = openai("gpt-5.4-mini")

/// Says it shorter.
step shorten(n: Note) -> Text<=20tok {
  on mid
  time <= 5s

  """
  Say "this" in < 5 words & stop:
  {n.text}
  """
}

/// Tells somebody.
tool tell(text: Text<=20tok) -> Text<=8tok {
  from   exec("true")
  effect send
  price  $0.001
  time   <= 1s
  gate   len(text) > 3 else deny
}

/// Shortens a note.
pub flow brief(n: Note) -> Text<=20tok {
  budget cost <= $0.01, calls <= 2
  return shorten(n)
}
"#;

fn trial() -> Project {
    Project::new(&[
        ("flow.toml", "[project]\nname = \"trial <1>\"\n"),
        ("main.flow", MAIN),
        ("shared/notes.flow", NOTES),
    ])
}

/// Every page below a folder by its path.
fn pages(folder: &Path) -> BTreeMap<String, String> {
    let mut found = BTreeMap::new();
    let mut waiting = vec![folder.to_path_buf()];
    while let Some(at) = waiting.pop() {
        for entry in std::fs::read_dir(at).expect("a folder").flatten() {
            let path = entry.path();
            if path.is_dir() {
                waiting.push(path);
            } else if path.extension().is_some_and(|extension| extension == "html") {
                let name = path.strip_prefix(folder).expect("inside").to_string_lossy().into_owned();
                found.insert(name, std::fs::read_to_string(&path).expect("a page"));
            }
        }
    }
    found
}

/// The values of an attribute on a page.
fn values<'p>(page: &'p str, attribute: &str) -> Vec<&'p str> {
    let start = format!(" {attribute}=\"");
    page.split(start.as_str()).skip(1).filter_map(|rest| rest.split('"').next()).collect()
}

/// Where a link of a page leads, from the folder of the documentation.
fn target(page: &str, link: &str) -> (String, Option<String>) {
    let (path, anchor) = link.split_once('#').map_or((link, None), |(path, anchor)| (path, Some(anchor.to_owned())));
    if path.is_empty() {
        return (page.to_owned(), anchor);
    }
    let mut parts: Vec<&str> = page.split('/').collect();
    parts.pop();
    for part in path.split('/') {
        if part == ".." {
            parts.pop();
        } else {
            parts.push(part);
        }
    }
    (parts.join("/"), anchor)
}

/// Links lead to pages and places that are there, what is opened is closed, ids are given once, and nothing is fetched or run.
fn assert_sound(folder: &Path) {
    let pages = pages(folder);
    let ids: BTreeMap<&str, Vec<&str>> = pages.iter().map(|(path, page)| (path.as_str(), values(page, "id"))).collect();
    for (path, page) in &pages {
        let distinct: BTreeSet<&&str> = ids[path.as_str()].iter().collect();
        assert_eq!(distinct.len(), ids[path.as_str()].len(), "an id is given twice in {path}");
        for link in values(page, "href").into_iter().filter(|link| !link.starts_with("https://")) {
            let (to, anchor) = target(path, link);
            assert!(folder.join(&to).is_file(), "{path} links to {to}, which is not there");
            if let Some(anchor) = anchor {
                assert!(
                    ids[to.as_str()].contains(&anchor.as_str()),
                    "{path} links to {to}#{anchor}, which is not there"
                );
            }
        }
        for forbidden in ["<script", "<img", "<iframe", "javascript:", " src=", "@import", "url("] {
            assert!(!page.contains(forbidden), "{forbidden} in {path}");
        }
        assert_balanced(path, page);
    }
}

fn assert_balanced(path: &str, page: &str) {
    let mut open: Vec<&str> = Vec::new();
    for tag in page.split('<').skip(1).map(|rest| rest.split('>').next().unwrap_or("")) {
        let name = tag.trim_start_matches('/').split([' ', '\n']).next().unwrap_or("");
        if tag.starts_with('!') || tag.ends_with('/') || matches!(name, "meta" | "link" | "br" | "hr") {
            continue;
        }
        if tag.starts_with('/') {
            assert_eq!(open.pop(), Some(name), "{path}: </{name}> closes something else");
        } else {
            open.push(name);
        }
    }
    assert!(open.is_empty(), "{path}: not closed: {open:?}");
}

#[test]
fn pages_are_whole_and_lead_to_each_other() {
    let project = trial();
    let said = project.flowc(&["doc", "-o", "site"]);
    assert_eq!(said.code, 0, "{said:#?}");
    let site = project.path().join("site");
    assert_sound(&site);
    let main = &pages(&site)["modules/main.html"];
    for shown in [
        "trial &lt;1&gt;",
        "&lt; 5 words &amp; stop",
        "Used by",
        "effect-send",
        "gated",
        "<svg",
        "fixed text",
        "gpt-5.4-mini",
    ] {
        assert!(main.contains(shown), "`{shown}` is not in {main}");
    }
}

#[test]
fn numbers_are_those_of_the_check() {
    let project = trial();
    let check = project.flowc(&["check", "main.flow", "--format", "json"]).json();
    assert_eq!(project.flowc(&["doc", "main.flow", "-o", "site"]).code, 0);
    let main = &pages(&project.path().join("site"))["modules/main.html"];
    let bound = &check["flows"][0]["bound"];
    for dimension in ["calls", "tokens", "input", "output"] {
        let row = format!("<th scope=\"row\">{dimension}</th><td>{}</td>", bound[dimension]);
        assert!(main.contains(&row), "`{row}` is not in {main}");
    }
    assert!(main.contains("<th scope=\"row\">cost</th><td>$0.0"), "{main}");
}

#[test]
fn every_example_is_documented() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let examples = std::fs::read_dir(repository().join("examples")).expect("examples");
    for example in examples.flatten().map(|entry| entry.path()).filter(|path| path.join("main.flow").is_file()) {
        let out = folder.path().join(example.file_name().expect("a name"));
        let mut command = Project::new(&[]).command("flowc");
        let said = flow_tests::command::Said::of(command.current_dir(&example).arg("doc").arg("-o").arg(&out));
        assert_eq!(said.code, 0, "{}: {said:#?}", example.display());
        assert_sound(&out);
    }
}

#[test]
fn what_somebody_else_wrote_is_left_as_it_is() {
    let project = trial();
    let doc = |folder: &str| project.flowc(&["doc", "-o", folder]);
    project.write("mine/letter.txt", "dear");
    for folder in ["mine", ".", "main.flow"] {
        let said = doc(folder);
        assert!(said.code == 64 && said.stderr.contains("E0981"), "{said:#?}");
    }
    assert_eq!(std::fs::read_to_string(project.path().join("mine/letter.txt")).expect("it is there"), "dear");

    assert_eq!(doc("site").code, 0);
    project.write("main.flow", MAIN.replace("brief", "short"));
    assert_eq!(doc("site").code, 0, "what it wrote itself is written anew");
    let main = project.path().join("site/modules/main.html");
    assert!(std::fs::read_to_string(&main).expect("a page").contains("id=\"short\""));

    project.write("site/notes.txt", "mine");
    let said = doc("site");
    assert!(said.code == 64 && said.stderr.contains("notes.txt"), "{said:#?}");
    assert!(main.is_file());
}

#[test]
fn nothing_is_written_where_something_is_wrong() {
    let project = trial();
    for (wrong, code) in
        [(MAIN.replace("cost <= $0.01", "cost <= $0.00"), 1), (MAIN.replace("-> Text<=20tok {", "-> Txt {"), 2)]
    {
        project.write("main.flow", wrong);
        let said = project.flowc(&["doc", "-o", "site"]);
        assert!(said.code == code && said.stderr.contains("error[E"), "{said:#?}");
        let left: Vec<_> =
            std::fs::read_dir(project.path()).expect("a folder").flatten().map(|entry| entry.file_name()).collect();
        assert!(!left.iter().any(|name| name.to_string_lossy().contains("site")), "{left:?}");
    }
}
