//! Graphviz.

use std::fmt::Write as _;

use super::{Graph, colour};

impl Graph {
    /// The graph in DOT.
    #[must_use]
    pub fn dot(&self) -> String {
        let mut out = format!("digraph {} {{\n  rankdir=TB;\n", quoted(&self.name));
        out.push_str("  node [shape=box, style=\"rounded,filled\", fontname=\"Helvetica\"];\n");
        for index in self.nodes.node_indices() {
            let vertex = &self.nodes[index];
            let mut lines = vec![vertex.label.clone()];
            lines.extend(vertex.calls.iter().cloned());
            lines.push(self.takes(vertex));
            let width = if vertex.critical { ", penwidth=2" } else { "" };
            let label = quoted(&lines.join("\n"));
            let _ =
                writeln!(out, "  n{} [label={label}, fillcolor=\"{}\"{width}];", index.index(), colour(vertex.share));
        }
        for edge in self.nodes.edge_indices() {
            let Some((from, to)) = self.nodes.edge_endpoints(edge) else { continue };
            let width = if self.nodes[from].critical && self.nodes[to].critical { " [penwidth=2]" } else { "" };
            let _ = writeln!(out, "  n{} -> n{}{width};", from.index(), to.index());
        }
        out.push_str("}\n");
        out
    }
}

fn quoted(text: &str) -> String {
    format!("\"{}\"", text.replace('\\', "\\\\").replace('"', "\\\"").replace('\n', "\\n"))
}
