//! Where the programs are: ours are built, the others are installed, or not.

use std::env;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::OnceLock;

use super::skip;

/// Of rrgen alone cargo tells a test where it is.
const RRGEN: &str = env!("CARGO_BIN_EXE_rrgen");

/// rrgen under its own name, without the folder, which messages about the command line begin with.
pub(crate) fn rrgen() -> Command {
    use std::os::unix::process::CommandExt;
    let mut command = Command::new(RRGEN);
    command.arg0("rrgen");
    command
}

/// Stock netperf, if installed.
pub(crate) fn netperf() -> Option<Command> {
    is_installed("netperf").then(|| Command::new("netperf"))
}

/// Stock netserver on `host`, in the foreground, if installed.
pub(super) fn netserver(host: &str) -> Option<Command> {
    is_installed("netserver").then(|| {
        let mut command = Command::new("netserver");
        command.args(["-D", "-L", host]);
        command
    })
}

/// rrserver on `host`, at a port of the kernel's choice; built once, as this test was.
pub(crate) fn rrserver(host: &str) -> Command {
    static BUILT: OnceLock<PathBuf> = OnceLock::new();
    let program = BUILT.get_or_init(|| {
        let folder = Path::new(RRGEN).parent().expect("a folder of programs");
        let target = folder.parent().expect("a target folder");
        let profile = match folder.file_name().and_then(|name| name.to_str()).expect("a profile's name") {
            "debug" => "dev",
            other => other,
        };
        let mut build = Command::new(env!("CARGO"));
        build.args(["build", "--quiet", "--package", "rrserver", "--profile", profile, "--target-dir"]).arg(target);
        let status = build.current_dir(env!("CARGO_MANIFEST_DIR")).status().expect("cargo");
        assert!(status.success(), "rrserver does not build");
        folder.join("rrserver")
    });
    let mut command = Command::new(program);
    command.args(["-L", host, "-p", "0"]);
    command
}

/// Whether a program is on the search path; skips if not.
pub(crate) fn is_installed(program: &str) -> bool {
    let folders = env::var_os("PATH").unwrap_or_default();
    let there = env::split_paths(&folders).any(|folder| folder.join(program).is_file());
    if !there {
        skip(&format!("{program} is not installed; `.ci/install-packages` installs it"));
    }
    there
}
