//! Tables that can be read aloud: a caption, and a heading for every row and column.

use super::markup::{Element, element};
use crate::report::words::signed;
use crate::stats::interval::Interval;

/// What stands where there is nothing.
const NOTHING: &str = "–";

/// A column: its heading, and what its cells are.
#[derive(Debug, Clone, Copy)]
pub(super) enum Column {
    Text(&'static str),
    Number(&'static str),
}

/// A table whose rows begin with their headings.
pub(super) fn table(
    caption: &str,
    columns: &[Column],
    rows: impl IntoIterator<Item = (Element, Vec<Element>)>,
) -> Element {
    let heading = |column: &Column| match column {
        Column::Text(name) => element("th").with("scope", "col").text(name),
        Column::Number(name) => element("th").with("scope", "col").class("number").text(name),
    };
    let cell = |(column, content): (&Column, Element)| match column {
        Column::Text(_) => element("td").holding([content]),
        Column::Number(_) => element("td").class("number").holding([content]),
    };
    let row = |(heading, cells): (Element, Vec<Element>)| {
        let first = element("th").with("scope", "row").holding([heading]);
        element("tr").holding([first]).holding(columns[1..].iter().zip(cells).map(cell))
    };
    let table = element("table").holding([
        element("caption").text(caption),
        element("thead").holding([element("tr").holding(columns.iter().map(heading))]),
        element("tbody").holding(rows.into_iter().map(row)),
    ]);
    // What is wider than the screen scrolls by itself, with the keyboard, too.
    let region =
        element("div").class("scroll").with("role", "region").with("aria-label", caption).with("tabindex", "0");
    region.holding([table])
}

/// Plain text in a cell.
pub(super) fn words(text: impl std::fmt::Display) -> Element {
    element("span").text(text)
}

/// A number as it is read, with the number itself behind it.
pub(super) fn number(value: f64, shown: impl std::fmt::Display) -> Element {
    element("data").with("value", value).text(shown)
}

/// A count.
pub(super) fn count(count: u64) -> Element {
    element("data").with("value", count).text(count)
}

/// Nothing to show.
pub(super) fn nothing() -> Element {
    words(NOTHING)
}

/// A number with its sign and unit.
pub(super) fn change(value: f64, decimals: usize, unit: &str) -> Element {
    number(value, format!("{} {unit}", minus(&signed(value, decimals))))
}

/// An interval of changes.
pub(super) fn changes(interval: Option<Interval>, decimals: usize, unit: &str) -> Element {
    let end = |value: f64| number(value, minus(&signed(value, decimals)));
    interval.map_or_else(nothing, |Interval { low, high, .. }| {
        words("[").holding([end(low)]).text(", ").holding([end(high)]).text(format!("] {unit}"))
    })
}

/// The minus sign in the place of the hyphen, which is shorter than a plus and breaks lines.
pub(super) fn minus(number: &str) -> String {
    number.replace('-', "−")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cells_have_their_headings() {
        let rows = [(words("<a>"), vec![change(-1.25, 1, "%"), nothing()])];
        let columns = [Column::Text("what"), Column::Number("rate"), Column::Text("why")];
        let shown = table("Rates", &columns, rows).to_string().replace('\n', "");
        assert!(shown.contains("<caption>Rates</caption>") && shown.contains("aria-label=\"Rates\""), "{shown}");
        assert!(shown.contains("<th scope=\"col\" class=\"number\">rate</th>"), "{shown}");
        let row = "<tr><th scope=\"row\"><span>&lt;a&gt;</span></th><td class=\"number\"><data value=\"-1.25\">−1.2 %";
        assert!(shown.contains(row), "{shown}");
    }

    #[test]
    fn an_interval_has_both_ends_exactly() {
        let shown = changes(Some(Interval { low: -0.1234, high: 0.5, coverage: 0.95 }), 2, "%").to_string();
        let ends = ["<data value=\"-0.1234\">−0.12</data>", "<data value=\"0.5\">+0.50</data>"];
        assert!(ends.iter().all(|end| shown.contains(end)), "{shown}");
        assert_eq!(changes(None, 2, "%").to_string(), nothing().to_string());
    }
}
