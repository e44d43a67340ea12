//! What holds of every program: it is read, laid out without a change to what it means, and laid out twice as once.

use std::collections::BTreeSet;

use flow_language::generate::program;
use flow_language::properties::{is_laid_out, is_read, shape_of};
use flow_language::repository::{blocks, files};

/// How many programs are made here; `many` makes more.
const PROGRAMS: u64 = 600;

#[test]
fn generated_programs_are_read_and_laid_out() {
    for seed in 0..PROGRAMS {
        let text = program(seed);
        let held = is_read(&text).and_then(|()| is_laid_out(&text));
        assert_eq!(held, Ok(()), "program {seed}");
    }
}

#[test]
fn every_text_of_the_repository_is_laid_out() {
    for text in files().into_iter().chain(blocks()) {
        assert_eq!(is_laid_out(&text.text), Ok(()), "{}", text.file.display());
    }
}

/// The names of nodes are those that the shape writes: a construct that is new there is missed here.
#[test]
fn generated_programs_hold_every_node_of_the_tree() {
    let sources = [
        include_str!("../../../compiler/src/syntax/shape.rs"),
        include_str!("../../../compiler/src/syntax/shape/exam.rs"),
        include_str!("../../../compiler/src/syntax/shape/expr.rs"),
        include_str!("../../../compiler/src/syntax/shape/item.rs"),
        include_str!("../../../compiler/src/syntax/shape/standing.rs"),
        include_str!("../../../compiler/src/syntax/shape/template.rs"),
    ];
    let quoted = |text: &'static str| text.split('"').skip(1).step_by(2);
    let calls =
        ["node(", "names(", "cap(", "limits(", "=> ", "{ ", "if promise.least { ", "(if *negated { ", "} else { "];
    let mut nodes: BTreeSet<&str> = BTreeSet::new();
    for source in sources {
        for call in calls {
            nodes.extend(
                source.split(call).skip(1).filter(|rest| rest.starts_with('"')).filter_map(|rest| quoted(rest).next()),
            );
        }
    }
    nodes.retain(|name| {
        !matches!(*name, "error" | "tok" | "char" | "kb" | "ms" | "s" | "m" | "h" | "d" | "%" | "true" | "false")
    });
    assert!(nodes.len() > 80, "{nodes:?}");
    let mut missing = nodes;
    for seed in 0..4 * PROGRAMS {
        let text = program(seed);
        let made = shape_of(&text).unwrap_or_default();
        missing.retain(|name| {
            !made.contains(&format!("({name} "))
                && !made.contains(&format!("({name})"))
                && !made.contains(&format!(" {name} "))
        });
    }
    assert!(missing.is_empty(), "no program has {missing:?}");
}
