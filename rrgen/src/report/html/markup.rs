//! Markup as a tree, so that text is text: names, hosts, file names and error messages come from users and peers, and
//! there is no way to put a string into a page but through the escapes here.

use std::fmt::{self, Display};

/// Elements that have no end tag in HTML.
const VOID: [&str; 1] = ["meta"];

/// An element with everything in it. Names are the program's own; text and values may be anybody's.
#[derive(Debug, Clone)]
pub(super) struct Element {
    name: &'static str,
    attributes: Vec<(&'static str, String)>,
    content: Vec<Content>,
}

#[derive(Debug, Clone)]
enum Content {
    Element(Element),
    Text(String),
    /// A style sheet is not escaped, and so must be the program's own.
    Style(&'static str),
}

/// An empty element.
pub(super) fn element(name: &'static str) -> Element {
    Element { name, attributes: Vec::new(), content: Vec::new() }
}

impl Element {
    /// Adds an attribute.
    pub(super) fn with(mut self, name: &'static str, value: impl Display) -> Self {
        self.attributes.push((name, value.to_string()));
        self
    }

    /// Adds the attribute that style sheets go by.
    pub(super) fn class(self, class: impl Display) -> Self {
        self.with("class", class)
    }

    /// Adds text.
    pub(super) fn text(mut self, text: impl Display) -> Self {
        self.content.push(Content::Text(text.to_string()));
        self
    }

    /// Adds a style sheet.
    pub(super) fn style(mut self, sheet: &'static str) -> Self {
        self.content.push(Content::Style(sheet));
        self
    }

    /// Adds elements.
    pub(super) fn holding(mut self, children: impl IntoIterator<Item = Self>) -> Self {
        self.content.extend(children.into_iter().map(Content::Element));
        self
    }

    /// Whether line ends between its parts would be seen.
    fn is_flow(&self) -> bool {
        self.content.iter().any(|content| matches!(content, Content::Text(_)))
    }
}

impl Display for Element {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let name = self.name;
        write!(f, "<{name}")?;
        self.attributes.iter().try_for_each(|(name, value)| write!(f, " {name}=\"{}\"", Escaped(value)))?;
        f.write_str(">")?;
        if VOID.contains(&name) {
            return Ok(());
        }
        let end = if self.is_flow() { "" } else { "\n" };
        for content in &self.content {
            match content {
                Content::Element(child) => write!(f, "{end}{child}")?,
                Content::Text(text) => write!(f, "{}", Escaped(text))?,
                Content::Style(sheet) => f.write_str(sheet)?,
            }
        }
        write!(f, "</{name}>")
    }
}

/// Text as it may stand in an element or in a quoted value.
struct Escaped<'a>(&'a str);

impl Display for Escaped<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.chars().try_for_each(|letter| match letter {
            '&' => f.write_str("&amp;"),
            '<' => f.write_str("&lt;"),
            '>' => f.write_str("&gt;"),
            '"' => f.write_str("&quot;"),
            '\'' => f.write_str("&#39;"),
            '\n' => f.write_str("\n"),
            // What cannot be seen, or turns around what stands next to it.
            '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' => f.write_str("\u{fffd}"),
            letter if letter.is_control() => f.write_str("\u{fffd}"),
            letter => write!(f, "{letter}"),
        })
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn elements_nest() {
        let list = element("ul").class("a").holding([element("li").text("x").holding([element("b").text("y")])]);
        assert_eq!(list.to_string(), "<ul class=\"a\">\n<li>x<b>y</b></li></ul>");
        assert_eq!(element("meta").with("charset", "utf-8").to_string(), "<meta charset=\"utf-8\">");
        assert_eq!(element("style").style("a > b {}").to_string(), "<style>a > b {}</style>");
    }

    #[test]
    fn what_means_something_to_browsers_is_written_out() {
        let shown = element("p").with("title", "\"'>").text("<&\u{1b}\u{0}\u{202e}\n");
        assert_eq!(shown.to_string(), "<p title=\"&quot;&#39;&gt;\">&lt;&amp;\u{fffd}\u{fffd}\u{fffd}\n</p>");
    }

    proptest! {
        #[test]
        fn no_text_leaves_its_place(text in "[<>&\"'/=a-z \\PC]{0,40}", value in "[<>&\"'/=a-z \\PC]{0,40}") {
            let page = element("p").with("title", &value).text(&text).to_string();
            let inner = page.strip_prefix("<p title=\"").and_then(|rest| rest.strip_suffix("</p>")).unwrap();
            let (value_shown, text_shown) = inner.split_once("\">").unwrap();
            for shown in [value_shown, text_shown] {
                prop_assert!(!shown.contains(['<', '>', '"', '\'']), "{}", shown);
            }
            prop_assert_eq!(read(value_shown), visible(&value));
            prop_assert_eq!(read(text_shown), visible(&text));
        }
    }

    /// What a browser makes of escaped text.
    fn read(text: &str) -> String {
        [("&lt;", "<"), ("&gt;", ">"), ("&quot;", "\""), ("&#39;", "'"), ("&amp;", "&")]
            .iter()
            .fold(text.to_owned(), |text, (escape, letter)| text.replace(escape, letter))
    }

    fn visible(text: &str) -> String {
        text.replace(|letter| matches!(letter, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}'), "\u{fffd}")
    }
}
