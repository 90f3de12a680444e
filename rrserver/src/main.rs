//! `rrserver`: options, one line that says where it listens, serve until SIGINT or SIGTERM.
//!
//! Called as `netserver` it says what netserver says, and goes to the background like it, unless inetd has started it
//! for one client.

mod cli;
mod daemon;
mod inetd;

use std::io::{self, Write};
use std::net::TcpStream;
use std::pin::Pin;
use std::process::ExitCode;

use anyhow::Context;
use cli::{Command, Info};
use hooks::attach::nfqueue;
use rrserver::data::make_room;
use rrserver::{Config, Limits, Server, serve_client, survive_file_size_limit};
use tokio::signal::unix::{SignalKind, signal};

fn main() -> ExitCode {
    survive_file_size_limit();
    match cli::read(std::env::args_os()).and_then(start) {
        Ok(()) => ExitCode::SUCCESS,
        Err(e) => match e.downcast::<Info>() {
            Ok(info) => info.print(),
            Err(e) => {
                // Not `eprintln!`, which panics where stderr takes nothing.
                let _ = writeln!(io::stderr(), "{}: {e:#}", cli::name());
                ExitCode::FAILURE
            }
        },
    }
}

/// Listens, says so, and serves.
fn start(command: Command) -> anyhow::Result<()> {
    let Command { config, log_level, netserver } = command;
    make_room(0)?;
    // What a killed server left behind goes before anything new comes.
    nfqueue::clean_up();
    let Some(as_asked) = netserver else {
        cli::start_logging(log_level);
        let server = Server::bind(config)?;
        let line = announcement(&server)?;
        return serve(server, || say(&line));
    };
    if as_asked.from_inetd
        && let Some(client) = inetd::client().context("cannot take the client from inetd")?
    {
        return serve_one(client, config);
    }
    let server = Server::bind(config).map_err(|_| Info::failed(as_asked.listening.failed()))?;
    say(&as_asked.listening.started());
    if !as_asked.foreground {
        daemon::detach().context("cannot go to the background")?;
    }
    serve(server, || {})
}

fn serve(server: Server, ready: impl FnOnce()) -> anyhow::Result<()> {
    until_signalled(|shutdown| {
        ready();
        server.run(shutdown)
    })
}

/// Serves the client that inetd has accepted for us.
fn serve_one(client: TcpStream, config: Config) -> anyhow::Result<()> {
    until_signalled(|shutdown| serve_client(client, config, shutdown))
}

/// Runs what `start` makes of the end that a signal brings.
fn until_signalled<F>(start: impl FnOnce(Signalled) -> F) -> anyhow::Result<()>
where
    F: Future<Output = io::Result<()>>,
{
    let runtime =
        tokio::runtime::Builder::new_current_thread().enable_all().build().context("cannot start the control plane")?;
    let served = runtime.block_on(async {
        // Before the line that says we listen: whoever reads it may signal us at once.
        let mut terminate = signal(SignalKind::terminate()).context("cannot handle SIGTERM")?;
        let mut interrupt = signal(SignalKind::interrupt()).context("cannot handle SIGINT")?;
        let shutdown = async move {
            tokio::select! { _ = terminate.recv() => {} _ = interrupt.recv() => {} }
        };
        start(Box::pin(shutdown)).await.context("cannot serve")
    });
    // Hooks are detached by now, or hang in a script that nobody waits for.
    runtime.shutdown_timeout(Limits::default().drain);
    served
}

/// Completes when SIGINT or SIGTERM comes.
type Signalled = Pin<Box<dyn Future<Output = ()>>>;

fn announcement(server: &Server) -> anyhow::Result<String> {
    let address = server.local_addr()?;
    let families = match address.ip() {
        ip if ip.is_ipv4() => "IPv4",
        ip if ip.is_unspecified() && !server.is_ipv6_only() => "IPv4 and IPv6",
        _ => "IPv6",
    };
    Ok(format!("rrserver: listening on {address} ({families})\n"))
}

fn say(line: &str) {
    let mut out = io::stdout().lock();
    // A closed stdout must not keep a server from serving.
    let _ = out.write_all(line.as_bytes()).and_then(|()| out.flush());
}
