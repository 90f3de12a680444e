//! The program `ip` in a namespace: lines in, errors out.

use std::io::{self, Write};
use std::process::{Command, Output, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use super::{BedError, Namespace};

/// How long interfaces may take to come up: the kernel notices carriers in its own time.
const PATIENCE: Duration = Duration::from_secs(10);

/// Between two looks at them.
const LOOK_EVERY: Duration = Duration::from_millis(5);

/// Carries out the lines of a batch, all or none to speak of.
///
/// # Errors
/// `ip` is missing, or refuses a line; its own words say which.
pub(super) fn batch(namespace: &Namespace, lines: &[String]) -> Result<(), BedError> {
    let text = lines.join("\n") + "\n";
    let output = namespace.run(|| feed(Command::new("ip").args(["-batch", "-"]), &text)).map_err(BedError::NoIp)?;
    if output.status.success() { Ok(()) } else { Err(BedError::Ip(words_of(&output.stderr))) }
}

/// Waits until every interface of the namespace is up, the loopback aside.
///
/// # Errors
/// That takes too long.
pub(super) fn await_links(namespace: &Namespace) -> Result<(), BedError> {
    let deadline = Instant::now() + PATIENCE;
    loop {
        let list = || Command::new("ip").args(["-oneline", "link", "show", "type", "veth"]).output();
        let output = namespace.run(list).map_err(BedError::NoIp)?;
        let links = String::from_utf8_lossy(&output.stdout);
        let Some(down) = links.lines().find(|link| !link.contains(" state UP ")) else { return Ok(()) };
        if Instant::now() > deadline {
            return Err(BedError::Down(down.to_owned()));
        }
        thread::sleep(LOOK_EVERY);
    }
}

fn feed(command: &mut Command, text: &str) -> io::Result<Output> {
    let mut child = command.stdin(Stdio::piped()).stdout(Stdio::null()).stderr(Stdio::piped()).spawn()?;
    // `ip` stops reading at the first line that fails, and says why on stderr.
    let _ = child.stdin.take().map(|mut stdin| stdin.write_all(text.as_bytes()));
    child.wait_with_output()
}

fn words_of(stderr: &[u8]) -> String {
    String::from_utf8_lossy(stderr).split_whitespace().collect::<Vec<_>>().join(" ")
}
