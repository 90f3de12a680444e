//! Text of strangers on a page: a name from a results file or a record is read as a name, whatever it looks like.

use std::fs;

use tempfile::TempDir;

use super::browser::{load, load_with};
use super::{RECORD, Reported, of_record};
use crate::support::{rrgen, run};

/// A name that tries every way out of where it stands; a record takes no longer one.
const NAME: &str = "</title></svg><img src=x onerror=a()><script>a()</script>'\"-->";

/// The same, as a browser writes down text.
const WRITTEN: &str =
    "&lt;/title&gt;&lt;/svg&gt;&lt;img src=x onerror=a()&gt;&lt;script&gt;a()&lt;/script&gt;'\"--&gt;";

/// Loads a page without the policy that would hide a script that got in, and holds the name against it.
fn assert_harmless(reported: &Reported) {
    let Some(shown) = load_with(&reported.page(), "console.log('ours')") else { return };
    assert_eq!(shown.console.len(), 1, "{:?}", shown.console);
    assert!(shown.console[0].contains("ours"), "{:?}", shown.console);
    assert_eq!((shown.dom.matches("<script").count(), shown.dom.matches("<img").count()), (1, 0));
    assert!(shown.dom.contains(WRITTEN), "{}", shown.dom);
}

#[test]
fn a_name_in_saved_results_stays_a_name() {
    let saved = TempDir::new().unwrap();
    let out = saved.path().to_str().unwrap();
    let common = ["compare", "--topology", "loopback", "--hooks", "none,lua", "--rounds", "2", "-l", "0.02"];
    let finished = run(rrgen().args(common).args(["--out", out]));
    assert_eq!(finished.code(), 0, "{finished}");
    let file = saved.path().join("results.jsonl");
    let text = fs::read_to_string(&file).unwrap();
    let quoted = serde_json::to_string(NAME).unwrap();
    let [variant, kernel] = ["\"lua@message\",\"hook\"", "\"kernel\":\""];
    assert!(text.contains(variant) && text.contains(kernel), "{text}");
    let renamed = text.replace(variant, &format!("{quoted},\"hook\""));
    fs::write(&file, renamed.replace(kernel, &format!("\"kernel\":{}", quoted.trim_end_matches('"')))).unwrap();
    assert_harmless(&Reported::by(&["report", out]));
}

#[test]
fn a_heading_of_a_record_stays_a_heading() {
    let folder = TempDir::new().unwrap();
    let file = folder.path().join("record");
    fs::write(&file, fs::read_to_string(RECORD).unwrap().replace("\nLua:", &format!("\n{NAME}:"))).unwrap();
    assert_harmless(&of_record(&file));
}

/// The policy of the page, should the escapes ever fail; and the proof that the console is listened to.
#[test]
fn a_script_in_the_page_is_not_run() {
    let reported = of_record(RECORD.as_ref());
    let page = reported.page();
    let text = fs::read_to_string(&page).unwrap();
    fs::write(&page, text.replace("</body>", "<script>document.title = 'owned'</script></body>")).unwrap();
    let Some(shown) = load(&page) else { return };
    assert_eq!(shown.console.len(), 1, "{:?}", shown.console);
    assert!(shown.console[0].contains("Content Security Policy"), "{:?}", shown.console);
    assert!(shown.dom.contains("<title>rrgen report</title>"));
}
