//! One report of a page: a heading, what must be known before the numbers, and sections.

use super::markup::{Element, element};

/// A report in the making. Its number keeps its ids apart from those of other reports in the page.
#[derive(Debug)]
pub(super) struct Article {
    number: usize,
    parts: Vec<Element>,
}

impl Article {
    /// A report with a heading, and what it is about.
    pub(super) fn new(number: usize, heading: &str, about: &str) -> Self {
        let head = [element("h1").text(heading), element("p").class("about").text(about)];
        Self { number, parts: vec![element("header").holding(head)] }
    }

    /// An id that no other report has.
    pub(super) fn id(&self, name: &str) -> String {
        format!("r{}-{name}", self.number)
    }

    /// Something that changes how everything else is read; nothing without `items`.
    pub(super) fn notice(&mut self, heading: &str, items: &[String]) {
        if !items.is_empty() {
            let list = element("ul").holding(items.iter().map(|item| element("li").text(item)));
            let heading = element("strong").text(heading);
            self.parts.push(element("div").class("notice").with("role", "note").holding([heading, list]));
        }
    }

    /// A section; nothing without content.
    pub(super) fn section(&mut self, name: &str, heading: &str, content: Vec<Element>) {
        if !content.is_empty() {
            let id = self.id(name);
            let heading = element("h2").with("id", &id).text(heading);
            self.parts.push(element("section").with("aria-labelledby", id).holding([heading]).holding(content));
        }
    }

    /// The whole report.
    pub(super) fn finish(self) -> Element {
        element("article").holding(self.parts)
    }
}

/// A chart as wide as the page, with what helps to read it.
pub(super) fn figure(chart: Element, caption: &str) -> Element {
    // On a narrow screen it scrolls, with the keyboard, too.
    let scroll = element("div").class("scroll").with("role", "group").with("aria-label", "chart").with("tabindex", "0");
    element("figure").holding([scroll.holding([chart.class("wide")]), element("figcaption").text(caption)])
}
