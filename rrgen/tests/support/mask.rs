//! Numbers out of the way: two runs never measure the same, but they print it in the same form.

/// Begins an interim line.
const INTERIM: &str = "Interim result:";

/// `text` with every measured number replaced by a placeholder with as many decimals. Banner and headings stay as they
/// are. Padding around a number depends on its digits and becomes one space; interim lines that have become equal
/// become one.
pub(crate) fn mask(text: &str) -> String {
    let mut lines: Vec<String> = Vec::new();
    for line in text.split('\n') {
        let is_interim = line.starts_with(INTERIM);
        let masked = if is_interim || is_row(line) { mask_numbers(line) } else { line.to_owned() };
        if !(is_interim && lines.last() == Some(&masked)) {
            lines.push(masked);
        }
    }
    lines.join("\n")
}

/// Whether this is a row of numbers.
pub(crate) fn is_row(line: &str) -> bool {
    line.trim_start().starts_with(|first: char| first.is_ascii_digit())
}

fn mask_numbers(line: &str) -> String {
    let words: Vec<String> = line.split_whitespace().map(placeholder).collect();
    words.join(" ")
}

fn placeholder(word: &str) -> String {
    if word.parse::<f64>().is_err() {
        return word.to_owned();
    }
    match word.split_once('.') {
        Some((_, decimals)) => format!("#.{}", "#".repeat(decimals.len())),
        None => "#".to_owned(),
    }
}

#[test]
fn numbers_lose_their_digits_but_not_their_decimals() {
    let rows = "16384  131072 64       128     1.00     97340.18   brand\n65536  65536 \n    8      0  11.250\n";
    assert_eq!(mask(rows), "# # # # #.## #.## brand\n# #\n# # #.###\n");
}

#[test]
fn headings_stay_as_they_are() {
    let headings = "TEST from 0.0.0.0 (0.0.0.0) port 0 : demo : first burst 4\nbytes  Bytes  10^3bits/sec   \n\n";
    assert_eq!(mask(headings), headings);
}

#[test]
fn interim_lines_of_one_form_become_one() {
    let line = "Interim result:    1.23 Trans/s over 0.200 seconds ending at 1.041\n";
    let other = "Interim result: 1.2 Trans/s over 0.200 seconds ending at 1.041\n";
    let masked = mask(&[line, line, other, line].concat());
    let folded = "Interim result: #.## Trans/s over #.### seconds ending at #.###\n";
    assert_eq!(masked.matches(folded).count(), 2);
    assert_eq!(masked.lines().count(), 3);
}
