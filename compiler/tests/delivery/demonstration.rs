//! `examples/ci`: three changes, and the comments that they get.

use std::process::Command;

use crate::desk::{Project, Said, repository};

/// The repository that `repository.sh` makes.
fn made() -> Project {
    let project = Project::new(&[]);
    let script = repository().join("examples/ci/repository.sh");
    let said = Said::of(Command::new("bash").arg(script).arg(project.path()).output().expect("bash"));
    assert_eq!(said.code, 0, "{said:#?}");
    project
}

#[test]
fn every_change_gets_the_comment_that_is_shown() {
    let project = made();
    let changes = [
        ("0-begin", "1-longer-system-prompt", 0),
        ("1-longer-system-prompt", "2-one-more-retry", 0),
        ("2-one-more-retry", "3-another-model", 1),
    ];
    for (before, after, code) in changes {
        let said = project.flowc(&["diff", &format!("{before}..{after}"), "--comment-file", "comment.md"]);
        assert_eq!(said.code, code, "{said:#?}");
        let comment = project.read("comment.md");
        let held = repository().join(format!("examples/ci/comments/{after}.md"));
        if std::env::var_os("FLOW_BLESS").is_some() {
            std::fs::write(&held, &comment).expect("the comment is written");
        }
        let expected = std::fs::read_to_string(&held).unwrap_or_default();
        assert_eq!(comment, expected, "{}: FLOW_BLESS=1 writes it anew, read the difference", held.display());
    }
}
