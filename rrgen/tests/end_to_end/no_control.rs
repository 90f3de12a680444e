//! Without a control connection (`-N`): any server that answers a request will do.

use std::thread;

use crate::support::{Client, data_listener, mask, run, serve_data};

/// What a client prints that has talked to an echo server.
fn printed(client: Client, test_options: &[&str]) -> Option<(String, String)> {
    let mut command = client.command()?;
    let (listener, _) = data_listener();
    let port = listener.local_addr().expect("an address").port();
    let echo = thread::spawn(move || serve_data(&listener));
    command.args(["-H", "127.0.0.1", "-N", "-t", "TCP_RR", "-l", "-100", "--", "-P", &format!(",{port}")]);
    let finished = run(command.args(test_options));
    echo.join().expect("the server").expect("served to the end");
    assert_eq!((finished.code(), finished.stderr.as_str()), (0, ""), "{finished}");
    Some((mask(&finished.stdout.replace(&port.to_string(), "PORT")), finished.stdout))
}

#[test]
fn any_server_that_answers_will_do() {
    const CHOSEN: &str = "LOCAL_SEND_CALLS,DEST_PORT,REMOTE_RECV_CALLS,RSS_SIZE,RSS_SIZE_END,REMOTE_SEND_SIZE,\
                          REMOTE_SEND_WIDTH,REMOTE_TRANSPORT_RETRANS,REMOTE_CPU_UTIL";
    for options in [&[][..], &["-k", CHOSEN]] {
        let (ours, stdout) = printed(Client::RrgenAsNetperf, options).expect("always there");
        let is_counted = options.is_empty() || stdout.contains("LOCAL_SEND_CALLS=100\n");
        assert!(ours.lines().next().is_some_and(|banner| banner.contains(" : no control")) && is_counted, "{stdout}");
        let Some((stock, stock_stdout)) = printed(Client::Netperf, options) else { return };
        assert_eq!(ours, stock, "{stdout}\n{stock_stdout}");
    }
}

#[test]
fn what_no_server_told_is_what_was_asked_for() {
    let (_, stdout) = printed(Client::RrgenAsNetperf, &["-k", "REMOTE_NODELAY,REMOTE_RECV_ALIGN"]).expect("there");
    assert!(stdout.ends_with("REMOTE_NODELAY=0\nREMOTE_RECV_ALIGN=8\n"), "{stdout}");
}
