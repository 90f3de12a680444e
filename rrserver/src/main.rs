//! `rrserver`: options, one line that says where it listens, serve until SIGINT or SIGTERM.

mod cli;

use std::io::{self, Write};
use std::process::ExitCode;

use anyhow::Context;
use hooks::attach::nfqueue;
use rrserver::{Config, Server};
use tokio::signal::unix::{SignalKind, signal};

fn main() -> ExitCode {
    let outcome = cli::read(std::env::args_os()).and_then(|command| {
        cli::start_logging(command.log_level);
        serve(command.config)
    });
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(e) => match e.downcast::<cli::Info>() {
            Ok(info) => info.print(),
            Err(e) => {
                eprintln!("rrserver: {e:#}");
                ExitCode::FAILURE
            }
        },
    }
}

fn serve(config: Config) -> anyhow::Result<()> {
    let runtime =
        tokio::runtime::Builder::new_current_thread().enable_all().build().context("cannot start the control plane")?;
    runtime.block_on(async {
        // Before the line that says we listen: whoever reads it may signal us at once.
        let mut terminate = signal(SignalKind::terminate()).context("cannot handle SIGTERM")?;
        let mut interrupt = signal(SignalKind::interrupt()).context("cannot handle SIGINT")?;
        if !config.hooks.allow.is_empty() {
            // What a killed server left behind goes before anything new comes.
            nfqueue::clean_up();
        }
        let server = Server::bind(config)?;
        announce(&server)?;
        server
            .run(async {
                tokio::select! { _ = terminate.recv() => {} _ = interrupt.recv() => {} }
            })
            .await;
        Ok(())
    })
}

fn announce(server: &Server) -> anyhow::Result<()> {
    let address = server.local_addr()?;
    let families = match address.ip() {
        ip if ip.is_ipv4() => "IPv4",
        ip if ip.is_unspecified() && !server.is_ipv6_only() => "IPv4 and IPv6",
        _ => "IPv6",
    };
    let mut out = io::stdout().lock();
    // A closed stdout must not keep a server from serving.
    let _ = writeln!(out, "rrserver: listening on {address} ({families})").and_then(|()| out.flush());
    Ok(())
}
