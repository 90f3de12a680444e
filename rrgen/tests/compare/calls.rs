//! The system calls of the measuring thread.

use std::process::Command;

/// Inside a round the client makes two system calls per transaction, and no other.
#[test]
fn between_packets_there_is_nothing_else() {
    let directory = tempfile::tempdir().unwrap();
    let trace = directory.path().join("trace");
    let program = env!("CARGO_BIN_EXE_rrgen");
    let words = ["compare", "--topology", "loopback", "--hooks", "none", "--rounds", "1", "-l", "0.1"];
    let strace = ["-f", "-o", trace.to_str().unwrap(), program];
    let traced = Command::new("strace").args(strace).args(words).output();
    let Ok(output) = traced else {
        assert!(std::env::var_os("RRGEN_CI").is_none(), "no strace in CI");
        eprintln!("skipped: no strace");
        return;
    };
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let calls = client_calls(&std::fs::read_to_string(trace).unwrap());
    assert!(calls.len() > 200, "{} calls", calls.len());
    let expected = ["sendto", "recvfrom"].iter().cycle();
    assert!(calls.iter().zip(expected).all(|(call, expected)| call == expected), "{calls:?}");
}

/// The names of the client thread's last calls inside the round, beginning with one to send.
fn client_calls(trace: &str) -> Vec<String> {
    const LAST: usize = 400;
    let shut = trace.lines().find(|line| line.contains("shutdown(")).unwrap();
    let thread = shut.split_once(' ').unwrap().0;
    let own = trace.lines().filter(|line| line.starts_with(thread) && !line.contains(" resumed>"));
    let calls: Vec<&str> = own.take_while(|line| *line != shut).collect();
    let names = calls[calls.len().saturating_sub(LAST)..].iter().map(|line| {
        let call = line.split_once(' ').unwrap().1.trim_start();
        call.split('(').next().unwrap().to_owned()
    });
    names.skip_while(|name| name != "sendto").collect()
}
