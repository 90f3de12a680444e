//! Columns that line up: the first to the left, the others to the right, so that digits stand under digits.

use std::fmt;

/// Between two columns.
const GAP: &str = "  ";

/// Rows of as many cells as there are headings.
#[derive(Debug)]
pub(super) struct Table {
    rows: Vec<Vec<String>>,
    /// Text reads from the left, numbers from the right.
    numbers: bool,
}

impl Table {
    /// A table of numbers, with headings only.
    pub(super) fn new<'a>(headings: impl IntoIterator<Item = &'a str>) -> Self {
        Self { rows: vec![headings.into_iter().map(str::to_owned).collect()], numbers: true }
    }

    /// A table of text without headings.
    pub(super) fn unlabelled() -> Self {
        Self { rows: Vec::new(), numbers: false }
    }

    /// Adds a row.
    pub(super) fn row(&mut self, cells: impl IntoIterator<Item = String>) {
        self.rows.push(cells.into_iter().collect());
    }

    fn width(&self, column: usize) -> usize {
        self.rows.iter().filter_map(|row| row.get(column)).map(|cell| cell.chars().count()).max().unwrap_or(0)
    }
}

impl fmt::Display for Table {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for row in &self.rows {
            for (column, cell) in row.iter().enumerate() {
                let width = self.width(column);
                match (column, self.numbers) {
                    (0, _) => write!(f, "{cell:<width$}")?,
                    (_, true) => write!(f, "{GAP}{cell:>width$}")?,
                    (_, false) => write!(f, "{GAP}{cell}")?,
                }
            }
            writeln!(f)?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_are_as_wide_as_their_widest_cell() {
        let mut table = Table::new(["variant", "±"]);
        table.row(["a".into(), "100 %".into()]);
        assert_eq!(table.to_string(), "variant      ±\na        100 %\n");
        let mut text = Table::unlabelled();
        text.row(["a".into(), "b".into()]);
        text.row(["longer".into(), "text".into()]);
        assert_eq!(text.to_string(), "a       b\nlonger  text\n");
    }
}
