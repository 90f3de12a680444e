//! Nothing stands on anything else, and nothing is cut off: asked of the browser, which knows how wide letters are.

use super::browser::load_with;
use super::crafted::crafted;
use super::{RECORD, Reported, of_record};

/// Writes every pair of labels of a chart that overlap, and every label that leaves its chart, into the page.
const JUDGE: &str = r#"
const found = [];
for (const chart of document.querySelectorAll("svg")) {
  const frame = chart.getBoundingClientRect();
  const labels = [...chart.querySelectorAll("text")].map(text => [text.textContent, text.getBoundingClientRect()]);
  labels.forEach(([name, a], place) => {
    if (a.left < frame.left - 1 || a.right > frame.right + 1 || a.top < frame.top - 1 || a.bottom > frame.bottom + 1) {
      found.push(name + " is cut off");
    }
    for (const [other, b] of labels.slice(place + 1)) {
      const across = Math.min(a.right, b.right) - Math.max(a.left, b.left);
      const along = Math.min(a.bottom, b.bottom) - Math.max(a.top, b.top);
      if (across > 1 && along > 3) found.push(name + " overlaps " + other);
    }
  });
}
if (document.documentElement.scrollWidth > window.innerWidth) found.push("the page is wider than its window");
console.log("judged " + document.querySelectorAll("svg text").length + " labels: " + JSON.stringify(found));
"#;

fn assert_tidy(reported: &Reported, fewest: usize) {
    let Some(shown) = load_with(&reported.page(), JUDGE) else { return };
    assert_eq!(shown.console.len(), 1, "{:?}", shown.console);
    let (_, judged) = shown.console[0].split_once("judged ").unwrap();
    let labels: usize = judged.split(' ').next().unwrap().parse().unwrap();
    assert!(labels >= fewest, "{judged}");
    assert!(judged.contains(" labels: []"), "{judged}");
}

#[test]
fn the_charts_of_a_comparison_are_tidy() {
    assert_tidy(&Reported::comparison(), 50);
}

#[test]
fn the_charts_of_a_record_are_tidy() {
    assert_tidy(&of_record(RECORD.as_ref()), 20);
}

/// Every verdict, long names, and effects from a hundredth of a percent to a factor of ten.
#[test]
fn the_charts_of_extremes_are_tidy() {
    let saved = crafted();
    let reported = Reported::by(&["report", saved.path().to_str().unwrap()]);
    let verdicts: Vec<&str> =
        reported.json["contrasts"].as_array().unwrap().iter().map(|found| found["verdict"].as_str().unwrap()).collect();
    assert_eq!(verdicts[..2], ["equivalent", "equivalent, but not zero"]);
    assert!(verdicts[2].starts_with("inconclusive, about ") && verdicts[3..] == ["slower", "faster"], "{verdicts:?}");
    assert_tidy(&reported, 100);
}
