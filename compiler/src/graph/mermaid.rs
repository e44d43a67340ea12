//! Mermaid, as forges draw it in Markdown.

use std::fmt::Write as _;

use super::{Graph, colour};

impl Graph {
    /// The graph in Mermaid.
    #[must_use]
    pub fn mermaid(&self) -> String {
        let mut out = String::from("flowchart TB\n");
        for index in self.nodes.node_indices() {
            let vertex = &self.nodes[index];
            let mut lines = vec![vertex.label.clone()];
            lines.extend(vertex.calls.iter().cloned());
            lines.push(self.takes(vertex));
            let label: Vec<String> = lines.iter().map(|line| escaped(line)).collect();
            let _ = writeln!(out, "  n{}[\"{}\"]", index.index(), label.join("<br/>"));
            let stroke = if vertex.critical { ",stroke-width:3px" } else { "" };
            let _ = writeln!(out, "  style n{} fill:{},color:#222{stroke}", index.index(), colour(vertex.share));
        }
        for edge in self.nodes.edge_indices() {
            let Some((from, to)) = self.nodes.edge_endpoints(edge) else { continue };
            let arrow = if self.nodes[from].critical && self.nodes[to].critical { "==>" } else { "-->" };
            let _ = writeln!(out, "  n{} {arrow} n{}", from.index(), to.index());
        }
        out
    }
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('"', "&quot;").replace('<', "&lt;").replace('>', "&gt;")
}
