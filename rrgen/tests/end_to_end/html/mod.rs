//! `--report`: the page in a real browser, which must show the numbers of the JSON and complain about nothing.

mod browser;
mod crafted;
mod layout;
mod numbers;
mod strangers;
mod table;

use std::path::{Path, PathBuf};

use serde_json::Value;
use tempfile::TempDir;

use crate::support::{rrgen, run};

const RECORD: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/data/record-2019.txt");

/// A page, and the JSON that was printed next to it.
struct Reported {
    folder: TempDir,
    json: Value,
}

impl Reported {
    /// Has rrgen report by `words`.
    fn by(words: &[&str]) -> Self {
        let folder = TempDir::new().unwrap();
        let page = page_in(&folder);
        let finished = run(rrgen().args(words).args(["--format", "json", "--report"]).arg(page));
        assert_eq!(finished.code(), 0, "{finished}");
        let json = serde_json::from_str(&finished.stdout).unwrap();
        Self { folder, json }
    }

    /// A short comparison with hooks.
    fn comparison() -> Self {
        let common = ["compare", "--topology", "loopback", "--rounds", "8", "-l", "0.05"];
        Self::by(&[&common[..], &["--hooks", "none,null,lua"]].concat())
    }

    fn page(&self) -> PathBuf {
        page_in(&self.folder)
    }
}

fn page_in(folder: &TempDir) -> PathBuf {
    folder.path().join("page.html")
}

/// The page that a text record gives.
fn of_record(record: &Path) -> Reported {
    Reported::by(&["report", record.to_str().unwrap()])
}
