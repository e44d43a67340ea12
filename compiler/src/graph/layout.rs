//! Where boxes stand: each in the row after the last one it waits for, the rows centred.

use petgraph::Direction;
use petgraph::graph::NodeIndex;

use super::Graph;

/// A box of a drawing, in pixels.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Place {
    pub x: usize,
    pub y: usize,
    pub width: usize,
    pub height: usize,
}

/// The boxes by index of their node, and the size of the drawing.
pub(super) struct Layout {
    pub places: Vec<Place>,
    pub width: usize,
    pub height: usize,
}

pub(super) const LINE: usize = 18;
const LETTER: usize = 8;
const GAP: usize = 40;
const PADDING: usize = 12;

/// Lays out a graph whose boxes have these lines of text.
pub(super) fn layout(graph: &Graph, lines: &[Vec<String>]) -> Layout {
    let mut rows: Vec<Vec<NodeIndex>> = Vec::new();
    let mut row_of = vec![0usize; graph.nodes.node_count()];
    for index in graph.order() {
        let before = graph.nodes.neighbors_directed(index, Direction::Incoming);
        let row = before.map(|before| row_of[before.index()] + 1).max().unwrap_or(0);
        row_of[index.index()] = row;
        if rows.len() <= row {
            rows.resize(row + 1, Vec::new());
        }
        rows[row].push(index);
    }
    let mut places = vec![Place::default(); graph.nodes.node_count()];
    let (mut width, mut y) = (0, GAP);
    for row in &rows {
        let mut x = GAP;
        let mut tallest = 0;
        for index in row {
            let text = &lines[index.index()];
            let longest = text.iter().map(|line| line.chars().count()).max().unwrap_or(0);
            let place = Place { x, y, width: longest * LETTER + 2 * PADDING, height: text.len() * LINE + PADDING };
            x += place.width + GAP;
            tallest = tallest.max(place.height);
            places[index.index()] = place;
        }
        width = width.max(x);
        y += tallest + GAP;
    }
    for row in &rows {
        let end = row.last().map_or(0, |index| places[index.index()].x + places[index.index()].width + GAP);
        row.iter().for_each(|index| places[index.index()].x += (width - end) / 2);
    }
    Layout { places, width, height: y }
}
