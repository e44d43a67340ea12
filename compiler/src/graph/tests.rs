use super::*;
use crate::testing::program;

const DESK: &str = "
tier small = local(\"smollm2-135m-instruct\")
step split(q: Text<=20tok) -> Text<=20tok[<=3] { on small\n time <= 10s\n \"{q}\" }
step solve(q: Text<=20tok) -> Text<=10tok { on small\n time <= 20s\n \"{q}\" }
step sort(q: Text<=20tok) -> Text<=10tok { on small\n time <= 5s\n \"{q}\" }
flow desk(q: Text<=20tok) -> Text<=10tok[<=3] {
  let parts = split(q)
  let kind = sort(q)
  let answers = each p in parts { solve(p) }
  return answers
}
";

fn graph() -> Graph {
    Graph::of(&program(DESK), FlowId(0)).expect("it has a bound")
}

#[test]
fn a_node_comes_after_what_it_waits_for() {
    let graph = graph();
    let order = graph.order();
    let at =
        |label: &str| order.iter().position(|index| graph.nodes[*index].label.contains(label)).expect("it is there");
    assert!(at("split") < at("each"));
}

#[test]
fn the_critical_path_is_the_longest() {
    let graph = graph();
    let path: Vec<&str> = graph.critical_path().iter().map(|index| graph.nodes[*index].label.as_str()).collect();
    assert_eq!(&path[..2], ["parts = split", "answers = each ×3"]);
    assert!(!graph.nodes.node_weights().any(|vertex| vertex.critical && vertex.label.contains("sort")));
}

#[test]
fn drawings_name_every_node() {
    let graph = graph();
    for drawing in [graph.dot(), graph.mermaid(), graph.svg()] {
        for label in ["parts = split", "kind = sort", "answers = each ×3", "solve ×3"] {
            assert!(drawing.contains(label), "{label}\n{drawing}");
        }
    }
    assert!(graph.svg().ends_with("</svg>\n"));
}

#[test]
fn shares_are_coloured_from_white_to_red() {
    assert_eq!((colour(0), colour(500), colour(1_000)), ("#ffffff".into(), "#ffd764".into(), "#ff5a64".into()));
}
