//! Charts as inline SVG: what every one of them shares.
//!
//! No script draws them, so they look the same in any browser, on paper, and in ten years. Colours come from the page's
//! style sheet by class, which follows the reader's choice of dark or light.

pub(super) mod axis;
pub(super) mod scale;
pub(super) mod ticks;

use super::markup::{Element, element};

/// Width of one letter of a strong label, px: of the widest of the usual fonts at the size of the style sheet.
const LETTER: f64 = 9.2;

/// A chart without its marks.
#[derive(Debug)]
pub(super) struct Chart<'a> {
    /// Unique in the page.
    pub(super) id: String,
    /// What is shown, for those who do not see it.
    pub(super) title: &'a str,
    /// What there is to see.
    pub(super) description: String,
    pub(super) width: f64,
    pub(super) height: f64,
}

impl Chart<'_> {
    /// The chart with its marks.
    pub(super) fn of(self, marks: impl IntoIterator<Item = Element>) -> Element {
        let Self { id, title, description, width, height } = self;
        let [title_id, description_id] = ["title", "desc"].map(|part| format!("{id}-{part}"));
        element("svg")
            .with("role", "img")
            .with("aria-labelledby", format!("{title_id} {description_id}"))
            .with("viewBox", format!("0 0 {} {}", px(width), px(height)))
            .holding([
                element("title").with("id", title_id).text(title),
                element("desc").with("id", description_id).text(description),
            ])
            .holding(marks)
    }
}

/// Where in a chart values are drawn, px.
#[derive(Debug, Clone, Copy)]
pub(super) struct Plot {
    pub(super) left: f64,
    pub(super) top: f64,
    pub(super) right: f64,
    pub(super) bottom: f64,
}

impl Plot {
    /// A filled part of the plot: from one side to the other, and from `a` to `b` in the other direction.
    pub(super) fn column(&self, class: &str, a: f64, b: f64) -> Element {
        area(class, a.min(b), self.top, a.max(b), self.bottom)
    }

    /// The same along the other direction.
    pub(super) fn row(&self, class: &str, a: f64, b: f64) -> Element {
        area(class, self.left, a.min(b), self.right, a.max(b))
    }
}

fn area(class: &str, left: f64, top: f64, right: f64, bottom: f64) -> Element {
    let corner = element("rect").class(class).with("x", px(left)).with("y", px(top));
    corner.with("width", px(right - left)).with("height", px(bottom - top))
}

/// A straight line.
pub(super) fn line(class: &str, from: (f64, f64), to: (f64, f64)) -> Element {
    let begun = element("line").class(class).with("x1", px(from.0)).with("y1", px(from.1));
    begun.with("x2", px(to.0)).with("y2", px(to.1))
}

/// Lines from point to point.
pub(super) fn path(class: &str, points: impl IntoIterator<Item = (f64, f64)>) -> Element {
    let corners: Vec<String> = points.into_iter().map(|(x, y)| format!("{} {}", px(x), px(y))).collect();
    let way = if corners.is_empty() { String::new() } else { format!("M{}", corners.join("L")) };
    element("path").class(class).with("d", way)
}

/// A round mark that tells its value when it is pointed at.
pub(super) fn dot(class: &str, at: (f64, f64), radius: f64, told: impl std::fmt::Display) -> Element {
    let mark = element("circle").class(class).with("cx", px(at.0)).with("cy", px(at.1)).with("r", px(radius));
    mark.holding([element("title").text(told)])
}

/// A line of text whose `anchor` (start, middle, end) is at a point.
pub(super) fn label(class: &str, anchor: &'static str, at: (f64, f64), text: impl std::fmt::Display) -> Element {
    element("text").class(class).with("text-anchor", anchor).with("x", px(at.0)).with("y", px(at.1)).text(text)
}

/// Room for a text of so many letters, px.
pub(super) fn room(letters: usize) -> f64 {
    letters as f64 * LETTER
}

/// How many letters have room in a width, px.
pub(super) fn letters(room: f64) -> usize {
    (room / LETTER) as usize
}

/// A text of at most `most` letters, without its middle if it is longer.
pub(super) fn shortened(text: &str, most: usize) -> String {
    let letters: Vec<char> = text.chars().collect();
    if letters.len() <= most {
        return text.to_owned();
    }
    let kept = most.saturating_sub(1);
    let (head, tail) = (kept - kept / 2, kept / 2);
    letters[..head].iter().chain(&['…']).chain(&letters[letters.len() - tail..]).collect()
}

/// A length or a place as SVG wants it: a tenth of a pixel is finer than anybody sees.
fn px(length: f64) -> String {
    let text = format!("{length:.1}");
    text.strip_suffix(".0").map_or(text.clone(), str::to_owned)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_chart_names_itself() {
        let chart = Chart { id: "c".into(), title: "<T>", description: "d".into(), width: 10.0, height: 5.5 };
        let svg = chart.of([line("grid", (0.0, 1.0), (2.25, 1.0))]).to_string();
        assert!(
            svg.starts_with("<svg role=\"img\" aria-labelledby=\"c-title c-desc\" viewBox=\"0 0 10 5.5\">"),
            "{svg}"
        );
        assert!(
            svg.contains("<title id=\"c-title\">&lt;T&gt;</title>") && svg.contains("<desc id=\"c-desc\">d</desc>")
        );
        assert!(svg.contains("<line class=\"grid\" x1=\"0\" y1=\"1\" x2=\"2.2\" y2=\"1\"></line>"), "{svg}");
    }

    #[test]
    fn a_long_text_loses_its_middle() {
        assert_eq!(shortened("baseline", 8), "baseline");
        assert_eq!(shortened("lua@nfqueue:script=mine.lua", 11), "lua@n…e.lua");
        assert_eq!([shortened("ab", 1), shortened("ab", 0)], ["…", "…"]);
    }

    #[test]
    fn no_points_are_no_path() {
        assert_eq!(path("curve", []).to_string(), "<path class=\"curve\" d=\"\"></path>");
        assert!(path("curve", [(0.0, 1.0), (2.0, 3.0)]).to_string().contains("d=\"M0 1L2 3\""));
    }
}
