//! A table in plain text: columns as wide as their widest cell, two spaces between them.

use std::fmt;

/// Rows of equal length under a head.
pub(crate) struct Table<const N: usize> {
    rows: Vec<[String; N]>,
    right: Vec<usize>,
}

impl<const N: usize> Table<N> {
    /// A table with this head.
    pub(crate) fn new(head: [&str; N]) -> Table<N> {
        Table { rows: vec![head.map(str::to_owned)], right: Vec::new() }
    }

    /// Adds a row.
    pub(crate) fn row(&mut self, cells: [String; N]) {
        self.rows.push(cells);
    }

    /// Aligns these columns, from 0, to the right.
    pub(crate) fn right<const M: usize>(mut self, columns: [usize; M]) -> Table<N> {
        self.right = columns.to_vec();
        self
    }
}

impl<const N: usize> fmt::Display for Table<N> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let length = |text: &String| text.chars().count();
        let widths: [usize; N] =
            std::array::from_fn(|column| self.rows.iter().map(|row| length(&row[column])).max().unwrap_or(0));
        for row in &self.rows {
            let cells = row.iter().enumerate().map(|(column, cell)| {
                let space = " ".repeat(widths[column] - length(cell));
                if self.right.contains(&column) { format!("{space}{cell}") } else { format!("{cell}{space}") }
            });
            let line = cells.collect::<Vec<_>>().join("  ");
            writeln!(f, "{}", line.trim_end())?;
        }
        Ok(())
    }
}
