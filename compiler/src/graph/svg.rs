//! SVG that stands alone.

use std::fmt::Write as _;

use super::layout::{LINE, layout};
use super::{Graph, colour};

impl Graph {
    /// The graph as an SVG document.
    #[must_use]
    pub fn svg(&self) -> String {
        let lines: Vec<Vec<String>> = self
            .nodes
            .node_weights()
            .map(|vertex| {
                let mut lines = vec![vertex.label.clone()];
                lines.extend(vertex.calls.iter().cloned());
                lines.push(self.takes(vertex));
                lines
            })
            .collect();
        let layout = layout(self, &lines);
        let mut out = format!(
            "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{0}\" height=\"{1}\" viewBox=\"0 0 {0} {1}\" \
             font-family=\"Helvetica, Arial, sans-serif\" font-size=\"13\">\n<title>{2}</title>\n",
            layout.width,
            layout.height,
            escaped(&self.name)
        );
        for edge in self.nodes.edge_indices() {
            let Some((from, to)) = self.nodes.edge_endpoints(edge) else { continue };
            let (a, b) = (layout.places[from.index()], layout.places[to.index()]);
            let width = if self.nodes[from].critical && self.nodes[to].critical { 3 } else { 1 };
            let (x1, y1, x2, y2) = (a.x + a.width / 2, a.y + a.height, b.x + b.width / 2, b.y);
            let middle = usize::midpoint(y1, y2);
            let _ = writeln!(
                out,
                "<path d=\"M{x1} {y1} C{x1} {middle} {x2} {middle} {x2} {y2}\" fill=\"none\" stroke=\"#666\" stroke-width=\"{width}\"/>"
            );
        }
        for (index, vertex) in self.nodes.node_weights().enumerate() {
            let place = layout.places[index];
            let stroke = if vertex.critical { 3 } else { 1 };
            let _ = writeln!(
                out,
                "<rect x=\"{}\" y=\"{}\" width=\"{}\" height=\"{}\" rx=\"6\" fill=\"{}\" stroke=\"#444\" stroke-width=\"{stroke}\"/>",
                place.x,
                place.y,
                place.width,
                place.height,
                colour(vertex.share)
            );
            for (line, text) in lines[index].iter().enumerate() {
                let weight = if line == 0 { " font-weight=\"bold\"" } else { "" };
                let _ = writeln!(
                    out,
                    "<text x=\"{}\" y=\"{}\" text-anchor=\"middle\"{weight} fill=\"#222\">{}</text>",
                    place.x + place.width / 2,
                    place.y + (line + 1) * LINE,
                    escaped(text)
                );
            }
        }
        out.push_str("</svg>\n");
        out
    }
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('"', "&quot;").replace('<', "&lt;").replace('>', "&gt;")
}
