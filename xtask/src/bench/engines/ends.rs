//! Both ends of a loop under comparison, each a program of one thread: closed-loop client and echo server.

use std::net::{Shutdown, TcpListener, TcpStream};
use std::time::Instant;

use anyhow::{bail, ensure};
use clap::{Args, Subcommand};

use super::event_loop::{Engine, EventLoop, Heard};
use super::{FLOWS, TRANSACTIONS};

/// One end of a loop.
#[derive(Debug, Subcommand)]
pub(crate) enum End {
    /// Answers one client after the other, and says its port first
    Server(Setting),
    /// Runs so many transactions in all and prints their rate
    Client {
        /// Port of the server, on loopback
        port: u16,
        /// How many
        #[arg(value_parser = clap::value_parser!(u32).range(TRANSACTIONS))]
        transactions: u32,
        #[command(flatten)]
        setting: Setting,
    },
}

#[derive(Debug, Args)]
pub(crate) struct Setting {
    /// How to ask the kernel
    #[arg(value_enum)]
    engine: Engine,
    /// Connections
    #[arg(value_parser = clap::value_parser!(u16).range(FLOWS))]
    flows: u16,
    /// The CPU to run on
    #[arg(long)]
    cpu: u32,
}

pub(crate) fn run(end: &End) -> anyhow::Result<()> {
    match end {
        End::Server(setting) => {
            rrserver::data::pin_current_thread(setting.cpu)?;
            rrserver::data::make_room(setting.flows.into())?;
            let listener = TcpListener::bind("127.0.0.1:0")?;
            println!("listening on port {}", listener.local_addr()?.port());
            loop {
                serve(&listener, setting.engine, setting.flows)?;
            }
        }
        End::Client { port, transactions, setting } => {
            rrserver::data::pin_current_thread(setting.cpu)?;
            rrserver::data::make_room(setting.flows.into())?;
            println!("{}", rate(*port, *transactions, setting.engine, setting.flows)?);
            Ok(())
        }
    }
}

/// Serves one client until it has closed all of its flows.
fn serve(listener: &TcpListener, engine: Engine, flows: u16) -> anyhow::Result<()> {
    let accept = || {
        let (socket, _) = listener.accept()?;
        socket.set_nodelay(true)?;
        Ok(socket)
    };
    let sockets: Vec<TcpStream> = (0..flows).map(|_| accept()).collect::<std::io::Result<_>>()?;
    let mut events = engine.over(&sockets)?;
    let mut open = flows;
    while open > 0 {
        match events.next()? {
            Heard::Message(flow) => events.send(flow)?,
            Heard::Closed(_) => open -= 1,
        }
    }
    Ok(())
}

/// Transactions per second.
fn rate(port: u16, transactions: u32, engine: Engine, flows: u16) -> anyhow::Result<f64> {
    let connect = || {
        let socket = TcpStream::connect(("127.0.0.1", port))?;
        socket.set_nodelay(true)?;
        Ok(socket)
    };
    let sockets: Vec<TcpStream> = (0..flows).map(|_| connect()).collect::<std::io::Result<_>>()?;
    let mut events = engine.over(&sockets)?;
    let started = Instant::now();
    exchange(&mut *events, flows.into(), transactions)?;
    let elapsed = started.elapsed();
    for socket in &sockets {
        // Now, and not when the engine has let go of its own references.
        socket.shutdown(Shutdown::Both)?;
    }
    Ok(f64::from(transactions) / elapsed.as_secs_f64())
}

/// Keeps one request in flight on every flow until `transactions` have been sent, and awaits their responses.
fn exchange(events: &mut dyn EventLoop, flows: usize, transactions: u32) -> anyhow::Result<()> {
    ensure!(transactions as usize >= flows, "fewer transactions ({transactions}) than flows ({flows})");
    for flow in 0..flows {
        events.send(flow)?;
    }
    let mut unsent = transactions as usize - flows;
    for _ in 0..transactions {
        match events.next()? {
            Heard::Message(flow) if unsent > 0 => {
                events.send(flow)?;
                unsent -= 1;
            }
            Heard::Message(_) => {}
            Heard::Closed(flow) => bail!("the server closed flow {flow}"),
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::thread;

    /// Answers what is asked, in order, and counts; ends a flow after so many answers.
    struct Peer {
        asked: std::collections::VecDeque<usize>,
        sent: u32,
        answers: u32,
    }

    impl EventLoop for Peer {
        fn send(&mut self, flow: usize) -> std::io::Result<()> {
            self.sent += 1;
            self.asked.push_back(flow);
            Ok(())
        }

        fn next(&mut self) -> std::io::Result<Heard> {
            let flow = self.asked.pop_front().ok_or(std::io::ErrorKind::UnexpectedEof)?;
            let Some(left) = self.answers.checked_sub(1) else { return Ok(Heard::Closed(flow)) };
            self.answers = left;
            Ok(Heard::Message(flow))
        }
    }

    #[test]
    fn as_many_are_sent_as_asked_and_all_are_answered() {
        for (flows, transactions) in [(1, 1), (3, 3), (3, 10)] {
            let mut peer = Peer { asked: Default::default(), sent: 0, answers: u32::MAX };
            exchange(&mut peer, flows, transactions).expect("exchanged");
            assert_eq!((peer.sent, peer.asked.len()), (transactions, 0));
        }
    }

    #[test]
    fn a_server_that_closes_early_and_too_few_transactions_are_failures() {
        let mut peer = Peer { asked: Default::default(), sent: 0, answers: 4 };
        let early = exchange(&mut peer, 2, 10).expect_err("closed").to_string();
        assert_eq!(early, "the server closed flow 0");
        assert!(exchange(&mut peer, 3, 2).is_err());
    }

    #[test]
    fn every_engine_talks_to_every_other() {
        let engines: &[Engine] = match rrserver::data::uring_available() {
            Ok(()) => &[Engine::Epoll, Engine::Uring],
            Err(e) => {
                assert!(std::env::var_os("RRGEN_CI").is_none(), "no io_uring in CI: {e}");
                eprintln!("skipping io_uring: {e}");
                &[Engine::Epoll]
            }
        };
        for &server in engines {
            for &client in engines {
                let listener = TcpListener::bind("127.0.0.1:0").expect("listener");
                let port = listener.local_addr().expect("address").port();
                // More flows than a batch, and a number that is no power of two.
                let serving = thread::spawn(move || serve(&listener, server, 70));
                assert!(rate(port, 5_000, client, 70).expect("client") > 0.0);
                serving.join().expect("no panic").expect("the server hears all flows close");
            }
        }
    }
}
