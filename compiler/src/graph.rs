//! A flow as a graph. In: a program and one of its flows. Out: its nodes in an order in which they can run, the critical path,
//! and drawings in DOT, Mermaid and SVG, coloured by share of the cost.

mod dot;
mod layout;
mod mermaid;
mod svg;

use std::collections::HashMap;

use petgraph::Direction;
use petgraph::algo::toposort;
use petgraph::graph::{DiGraph, NodeIndex};

use crate::bound::{Outline, outline};
use crate::cost::{Dimension, Resources};
use crate::program::{FlowId, Program, Slot};

/// The nodes of a flow that take something or decide something, and what waits for what.
#[derive(Clone, Debug)]
pub struct Graph {
    /// The name of the flow.
    pub name: String,
    /// The graph; an edge leads from a node to one that waits for it.
    pub nodes: DiGraph<Vertex, ()>,
    /// The dimension in which shares are told.
    pub telling: Dimension,
}

/// A node of a graph.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Vertex {
    /// What it is.
    pub label: String,
    /// The line it stands in.
    pub line: u32,
    /// The most that it takes.
    pub bound: Resources,
    /// What it takes of all that the nodes take, in thousandths.
    pub share: u64,
    /// The calls inside of it, with how often.
    pub calls: Vec<String>,
    /// Whether it is on the critical path: what the flow's time is made of.
    pub critical: bool,
}

impl Graph {
    /// The graph of a flow; `None` where the flow has no finite bound or there is no such flow.
    #[must_use]
    pub fn of(program: &Program, flow: FlowId) -> Option<Graph> {
        let outlines = outline(program, flow)?;
        let name = program.flows.get(flow.index())?.name.clone();
        let sum = |dimension| outlines.iter().fold(0u64, |sum, node| sum.saturating_add(node.bound.get(dimension)));
        let telling = [Dimension::Cost, Dimension::Tokens].into_iter().find(|d| sum(*d) > 0).unwrap_or(Dimension::Time);
        let total = sum(telling).max(1);
        let mut graph = Graph { name, nodes: DiGraph::new(), telling };
        graph.fill(&outlines, |amount| u64::try_from(u128::from(amount) * 1_000 / u128::from(total)).unwrap_or(1_000));
        for index in graph.critical_path() {
            graph.nodes[index].critical = true;
        }
        Some(graph)
    }

    /// Nodes that only compute are left out; what waits for them waits for what they wait for.
    fn fill(&mut self, outlines: &[Outline], share: impl Fn(u64) -> u64) {
        let mut behind: HashMap<Slot, Vec<NodeIndex>> = HashMap::new();
        for node in outlines {
            let mut needs: Vec<NodeIndex> =
                node.needs.iter().filter_map(|slot| behind.get(slot)).flatten().copied().collect();
            needs.sort_unstable();
            needs.dedup();
            if node.is_pure && node.bound == Resources::ZERO {
                behind.insert(node.slot, needs);
                continue;
            }
            let index = self.nodes.add_node(Vertex {
                label: node.label.clone(),
                line: node.place.line,
                bound: node.bound,
                share: share(node.bound.get(self.telling)),
                calls: calls(node),
                critical: false,
            });
            for need in needs {
                self.nodes.add_edge(need, index, ());
            }
            behind.insert(node.slot, vec![index]);
        }
    }

    /// The nodes in an order in which each stands after all it waits for.
    #[must_use]
    pub fn order(&self) -> Vec<NodeIndex> {
        // A node needs only what stands before it, so there is no cycle; if there were one, the order of writing is as good.
        toposort(&self.nodes, None).unwrap_or_else(|_| self.nodes.node_indices().collect())
    }

    /// The chain of nodes that takes the longest: shortening anything else does not make the flow faster.
    #[must_use]
    pub fn critical_path(&self) -> Vec<NodeIndex> {
        let mut finish: HashMap<NodeIndex, (u64, Option<NodeIndex>)> = HashMap::new();
        for index in self.order() {
            let before = self.nodes.neighbors_directed(index, Direction::Incoming);
            let latest = before.map(|before| (finish.get(&before).map_or(0, |found| found.0), before)).max();
            let start = latest.map_or(0, |(finish, _)| finish);
            let time = self.nodes[index].bound.time_ms;
            finish.insert(index, (start.saturating_add(time), latest.map(|(_, before)| before)));
        }
        let last = finish.iter().max_by_key(|(index, (finish, _))| (*finish, std::cmp::Reverse(**index)));
        let mut path = Vec::new();
        let mut next = last.map(|(index, _)| *index);
        while let Some(index) = next {
            path.push(index);
            next = finish.get(&index).and_then(|found| found.1);
        }
        path.reverse();
        path
    }

    /// What a node takes, as it is written into it: `$0.0458, 92s`.
    fn takes(&self, vertex: &Vertex) -> String {
        let time = Dimension::Time.show(vertex.bound.time_ms);
        let amount = self.telling.show(vertex.bound.get(self.telling));
        match self.telling {
            Dimension::Time => time,
            Dimension::Cost => format!("{amount}, {time}"),
            Dimension::Calls
            | Dimension::Turns
            | Dimension::Tools
            | Dimension::Input
            | Dimension::Output
            | Dimension::Tokens => format!("{amount} {}, {time}", self.telling.name()),
        }
    }
}

/// The calls inside of a node; of a node that is one call there is nothing more to say.
fn calls(node: &Outline) -> Vec<String> {
    let is_itself = |name: &str| node.calls.len() == 1 && node.label.ends_with(name);
    let inside = node.calls.iter().filter(|(name, _, _)| !is_itself(name));
    inside.map(|(name, count, _)| if *count == 1 { name.clone() } else { format!("{name} ×{count}") }).collect()
}

/// The colour of a share: from white over yellow to red, as `#rrggbb`.
fn colour(share: u64) -> String {
    let share = share.min(1_000);
    let (green, blue) = if share <= 500 {
        (255 - share * 40 / 500, 255 - share * 155 / 500)
    } else {
        (215 - (share - 500) * 125 / 500, 100)
    };
    format!("#ff{green:02x}{blue:02x}")
}

#[cfg(test)]
mod tests;
