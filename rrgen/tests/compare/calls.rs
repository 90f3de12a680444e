//! The system calls of the measuring thread.

use std::process::Command;

/// The last calls of the client's thread in a comparison over so many flows; `None`, after a skip, without strace.
fn calls_over(flows: &str) -> Option<Vec<String>> {
    let directory = tempfile::tempdir().unwrap();
    let trace = directory.path().join("trace");
    let program = env!("CARGO_BIN_EXE_rrgen");
    let words =
        ["compare", "--topology", "loopback", "--hooks", "none", "--rounds", "1", "-l", "0.1", "--flows", flows];
    let strace = ["-f", "-o", trace.to_str().unwrap(), program];
    let traced = Command::new("strace").args(strace).args(words).output();
    let Ok(output) = traced else {
        assert!(std::env::var_os("RRGEN_CI").is_none(), "no strace in CI");
        eprintln!("skipped: no strace");
        return None;
    };
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let calls = client_calls(&std::fs::read_to_string(trace).unwrap());
    assert!(calls.len() > 200, "{} calls", calls.len());
    Some(calls)
}

/// Inside a round the client makes two system calls per transaction, and no other.
#[test]
fn between_packets_there_is_nothing_else() {
    let Some(calls) = calls_over("1") else { return };
    let expected = ["sendto", "recvfrom"].iter().cycle();
    assert!(calls.iter().zip(expected).all(|(call, expected)| call == expected), "{calls:?}");
}

/// With many flows one more, for all those that have something to say.
#[test]
fn between_packets_of_many_flows_there_is_one_wait_more() {
    let Some(mut calls) = calls_over("4") else { return };
    // Behind the last block, what the waits were by is closed.
    let over = calls.iter().position(|call| ["fcntl", "close"].contains(&call.as_str()));
    calls.truncate(over.expect("the end of the round"));
    let count = |name: &str| calls.iter().filter(|call| call.starts_with(name)).count();
    let (sent, received, waits) = (count("sendto"), count("recvfrom"), count("epoll_"));
    assert_eq!(sent + received + waits, calls.len(), "{calls:?}");
    assert!(sent.abs_diff(received) <= 4 && waits <= received, "{calls:?}");
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
