//! One document around the reports: everything it needs is inside, and it may load nothing else.

use super::markup::{Element, element};

const STYLE: &str = include_str!("style.css");

/// A second lock behind the escapes: a browser that keeps to this runs no script and asks no network, whatever is
/// written in the page.
const POLICY: &str = "default-src 'none'; style-src 'unsafe-inline'";

/// The whole file.
pub(super) fn document(title: &str, articles: Vec<Element>) -> String {
    let meta = |name: &str, content: &str| element("meta").with("name", name).with("content", content);
    let head = element("head").holding([
        element("meta").with("charset", "utf-8"),
        element("meta").with("http-equiv", "Content-Security-Policy").with("content", POLICY),
        meta("viewport", "width=device-width, initial-scale=1"),
        meta("color-scheme", "light dark"),
        meta("generator", concat!("rrgen ", env!("CARGO_PKG_VERSION"))),
        element("title").text(title),
        element("style").style(STYLE),
    ]);
    let body = element("body").holding([element("main").holding(articles)]);
    format!("{DOCTYPE}\n{}\n", element("html").with("lang", "en").holding([head, body]))
}

/// How a page begins.
pub(super) const DOCTYPE: &str = "<!DOCTYPE html>";

#[cfg(test)]
mod tests {
    use super::*;

    /// The colours of a scheme by their names, as red, green and blue from 0 to 1.
    fn colours(sheet: &str) -> Vec<(&str, [f64; 3])> {
        let channel = |hex: &str, at: usize| f64::from(u8::from_str_radix(&hex[at..at + 2], 16).unwrap()) / 255.0;
        sheet
            .split("--")
            .filter_map(|part| part.split_once(": #"))
            .map(|(name, rest)| (name, [0, 2, 4].map(|at| channel(rest, at))))
            .collect()
    }

    /// How much light a colour gives, by WCAG 2.2.
    fn luminance(colour: [f64; 3]) -> f64 {
        let linear = |c: f64| if c <= 0.04045 { c / 12.92 } else { ((c + 0.055) / 1.055).powf(2.4) };
        let [r, g, b] = colour.map(linear);
        0.2126 * r + 0.7152 * g + 0.0722 * b
    }

    fn contrast(a: [f64; 3], b: [f64; 3]) -> f64 {
        let (a, b) = (luminance(a), luminance(b));
        (a.max(b) + 0.05) / (a.min(b) + 0.05)
    }

    #[test]
    fn whatever_is_read_stands_out_in_both_schemes() {
        let (light, dark) = STYLE.split_once("@media screen").unwrap();
        for scheme in [light, dark] {
            let colours = colours(scheme);
            let of = |name: &str| colours.iter().find(|(known, _)| *known == name).unwrap().1;
            assert_eq!(colours.len(), 19);
            for ground in ["page", "band", "notice"] {
                let least = if ground == "page" { 4.5 } else { 3.0 };
                let behind = ["page", "rule", "band", "notice"];
                for (name, colour) in colours.iter().filter(|(name, _)| !behind.contains(name)) {
                    let ratio = contrast(*colour, of(ground));
                    assert!(ratio >= least, "{name} on {ground}: {ratio:.2}");
                }
            }
            assert!(contrast(of("text"), of("notice")) >= 7.0);
        }
    }

    #[test]
    fn nothing_comes_from_elsewhere() {
        let page = document("t", vec![element("p").text("x")]);
        assert!(page.starts_with("<!DOCTYPE html>\n<html lang=\"en\">"), "{page}");
        for other in ["://", "@import", "url(", "<script", "src=", "href="] {
            assert!(!page.contains(other), "{other}");
        }
    }
}
