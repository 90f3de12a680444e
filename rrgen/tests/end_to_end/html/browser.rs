//! Chromium, as the judge of a page: what it makes of it, and what it has to complain about.

use std::fs;
use std::path::Path;
use std::process::Command;

use tempfile::TempDir;

use crate::support::{is_installed, run};

/// Debian's name for it.
const CHROMIUM: &str = "chromium";

/// No window, no sandbox (which root cannot have), nothing but the page: no updates, no name that resolves.
const OPTIONS: [&str; 10] = [
    "--headless=new",
    "--no-sandbox",
    "--disable-gpu",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--host-resolver-rules=MAP * ~NOTFOUND",
    "--enable-logging=stderr",
    "--dump-dom",
];

/// A page as the browser has understood it.
pub(super) struct Shown {
    /// Its document, written down again.
    pub(super) dom: String,
    /// What it said on its console.
    pub(super) console: Vec<String>,
}

/// Loads a page; `None` if there is no browser.
pub(super) fn load(page: &Path) -> Option<Shown> {
    if !is_installed(CHROMIUM) {
        return None;
    }
    let profile = TempDir::new().unwrap();
    let mut command = Command::new(CHROMIUM);
    command.args(OPTIONS).arg("--window-size=1200,1000");
    command.arg(format!("--user-data-dir={}", profile.path().display()));
    let finished = run(command.arg(format!("file://{}", page.display())));
    assert_eq!(finished.code(), 0, "{finished}");
    let console = finished.stderr.lines().filter(|line| line.contains(":CONSOLE")).map(str::to_owned).collect();
    Some(Shown { dom: finished.stdout, console })
}

/// Loads a page with `script` at its end, and without the policy that would keep it from running.
pub(super) fn load_with(page: &Path, script: &str) -> Option<Shown> {
    let text = fs::read_to_string(page).unwrap();
    let (before, policy) = text.split_once("<meta http-equiv=\"Content-Security-Policy\"").unwrap();
    let (_, after) = policy.split_once('>').unwrap();
    let changed = format!("{before}{after}").replace("</body>", &format!("<script>{script}</script></body>"));
    let copy = page.with_extension("copy.html");
    fs::write(&copy, changed).unwrap();
    load(&copy)
}
