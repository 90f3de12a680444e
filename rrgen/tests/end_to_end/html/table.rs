//! The tables of a page, as numbers.

/// A number of a table: what it is, and how it is shown.
#[derive(Debug, Clone)]
pub(super) struct Datum {
    pub(super) value: f64,
    pub(super) shown: String,
}

impl Datum {
    /// Whether what is shown is the value, rounded.
    pub(super) fn is_faithful(&self) -> bool {
        let number = self.shown.replace('−', "-");
        let number = number.split(' ').next().unwrap();
        let decimals = number.split_once('.').map_or(0, |(_, decimals)| decimals.len() as i32);
        (number.parse::<f64>().unwrap() - self.value).abs() <= 0.500_001 * 10_f64.powi(-decimals)
    }
}

/// The numbers of every row of the table whose caption begins so.
pub(super) fn rows(dom: &str, caption: &str) -> Vec<Vec<Datum>> {
    let (_, table) = dom.split_once(&format!("<caption>{caption}")).unwrap_or_else(|| panic!("no table {caption}"));
    let (table, _) = table.split_once("</table>").unwrap();
    let (_, body) = table.split_once("<tbody>").unwrap();
    body.split("</tr>").filter(|row| row.contains("<tr>")).map(data).collect()
}

/// All numbers in a piece of a page.
pub(super) fn data(dom: &str) -> Vec<Datum> {
    let numbers = dom.split("<data value=\"").skip(1).map(|rest| rest.split_once("</data>").unwrap().0);
    numbers
        .map(|number| {
            let (value, shown) = number.split_once("\">").unwrap();
            Datum { value: value.parse().unwrap(), shown: shown.to_owned() }
        })
        .collect()
}
