//! The least that a request/response program can do: what every other figure is held against.
//!
//! Two programs of one thread each, as netperf and netserver are; blocking, or spinning on sockets that do not block.
//! No recording, no clock reading between the first and the last transaction. System calls are made in line, as rrgen makes
//! them: a function of the C library that makes one and returns costs more than all of rrgen's loop where kernels
//! guard the prediction of returns (ARCHITECTURE.md has the figures).

use std::net::{TcpListener, TcpStream};
use std::time::Instant;

use anyhow::ensure;
use clap::{Args, Subcommand, ValueEnum};
use rustix::io::Errno;
use rustix::net::{RecvFlags, SendFlags, recv, send};

/// One end of the bare loop.
#[derive(Debug, Subcommand)]
pub(crate) enum Bare {
    /// Answers one client after the other, and says its port first
    Server(Binding),
    /// Runs so many transactions and prints their rate
    Client {
        /// Port of the server, on loopback
        port: u16,
        /// How many
        transactions: u32,
        #[command(flatten)]
        binding: Binding,
    },
}

#[derive(Debug, Args)]
pub(crate) struct Binding {
    /// The CPU to run on
    #[arg(long)]
    cpu: u32,
    /// How to wait for a message
    #[arg(long, value_enum)]
    wait: Wait,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Wait {
    Block,
    Spin,
}

pub(crate) fn run(bare: &Bare) -> anyhow::Result<()> {
    match bare {
        Bare::Server(binding) => serve(binding),
        Bare::Client { port, transactions, binding } => {
            println!("{}", rate(*port, *transactions, binding)?);
            Ok(())
        }
    }
}

fn serve(binding: &Binding) -> anyhow::Result<()> {
    rrserver::data::pin_current_thread(binding.cpu)?;
    let listener = TcpListener::bind("127.0.0.1:0")?;
    println!("listening on port {}", listener.local_addr()?.port());
    for stream in listener.incoming() {
        let stream = prepared(stream?, binding.wait)?;
        let mut byte = [0];
        while receive(&stream, &mut byte)? {
            send(&stream, &byte, SendFlags::NOSIGNAL)?;
        }
    }
    Ok(())
}

fn rate(port: u16, transactions: u32, binding: &Binding) -> anyhow::Result<f64> {
    rrserver::data::pin_current_thread(binding.cpu)?;
    let stream = prepared(TcpStream::connect(("127.0.0.1", port))?, binding.wait)?;
    let mut byte = [b'r'];
    let started = Instant::now();
    for _ in 0..transactions {
        send(&stream, &byte, SendFlags::NOSIGNAL)?;
        ensure!(receive(&stream, &mut byte)?, "the server closed");
    }
    Ok(f64::from(transactions) / started.elapsed().as_secs_f64())
}

fn prepared(stream: TcpStream, wait: Wait) -> std::io::Result<TcpStream> {
    stream.set_nodelay(true)?;
    stream.set_nonblocking(wait == Wait::Spin)?;
    Ok(stream)
}

/// Whether a byte came, and not the end.
#[inline(always)]
fn receive(stream: &TcpStream, byte: &mut [u8; 1]) -> Result<bool, Errno> {
    loop {
        match recv(stream, &mut byte[..], RecvFlags::empty()) {
            Ok((_, bytes)) => return Ok(bytes > 0),
            Err(Errno::AGAIN) => std::hint::spin_loop(),
            Err(e) => return Err(e),
        }
    }
}
