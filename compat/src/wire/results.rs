//! The omni results (type 99): what the server counted.
//!
//! A stock server never clears the words it does not write, so what was not asked for is not read either.

use std::ops::Range;

use super::{DecodeError, Kind, Message};

/// Everything a client takes from the results. An error says nothing but its `errno`.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct OmniResults {
    /// 0, or why the test failed.
    pub errno: i32,
    /// Request bytes received.
    pub bytes_received: u64,
    /// Receive calls that returned something.
    pub recv_calls: u32,
    /// SO_RCVBUF at the end, in bytes.
    pub recv_buffer: i32,
    /// Response bytes sent.
    pub bytes_sent: u64,
    /// Send calls.
    pub send_calls: u32,
    /// SO_SNDBUF at the end, in bytes.
    pub send_buffer: i32,
    /// Transactions served.
    pub transactions: u32,
    /// Seconds from the server's point of view.
    pub elapsed: f32,
    /// The server's CPU, if the client asked for it.
    pub cpu: Option<RemoteCpu>,
    /// TCP retransmits; −1 if the protocol has none.
    pub retransmits: i32,
    /// The algorithm in use, at most 15 bytes; empty unless the request allowed routing (bit 0x20).
    pub congestion_control: String,
}

/// How busy the server's CPUs were, in percent averaged over all of them.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct RemoteCpu {
    /// Busy in all.
    pub busy: f32,
    /// In user mode.
    pub user: f32,
    /// In the kernel.
    pub system: f32,
    /// Waiting for I/O.
    pub iowait: f32,
    /// In hard interrupts.
    pub irq: f32,
    /// In soft interrupts.
    pub softirq: f32,
    /// How it was measured; [`METHOD_PROC_STAT`], or another of netperf's numbers.
    pub method: u32,
    /// CPUs in the server.
    pub cpus: u32,
    /// The busiest CPU.
    pub peak_cpu: i32,
    /// How busy that one was, in percent.
    pub peak_busy: f32,
}

/// A count as the results have room for it: one beyond 32 bits is the largest there is, where a stock server's begins anew.
#[must_use]
pub fn saturated(count: u64) -> u32 {
    u32::try_from(count).unwrap_or(u32::MAX)
}

/// netperf's number for CPU figures read from `/proc/stat` (letter `S`).
pub const METHOD_PROC_STAT: u32 = 8;

// Field numbers. Fields 8 and 17 are never written by a stock server, 22 to 25 are of no use.
const BYTES_RECEIVED: usize = 0;
const RECV_CALLS: usize = 2;
const RECV_BUFFER: usize = 3;
const BYTES_SENT: usize = 4;
const SEND_CALLS: usize = 6;
const SEND_BUFFER: usize = 7;
const TRANSACTIONS: usize = 9;
const ELAPSED: usize = 10;
const BUSY: usize = 11;
const USER: usize = 12;
const SYSTEM: usize = 13;
const IOWAIT: usize = 14;
const IRQ: usize = 15;
const SOFTIRQ: usize = 16;
const METHOD: usize = 18;
const CPUS: usize = 19;
const PEAK_CPU: usize = 20;
const PEAK_BUSY: usize = 21;
const RETRANSMITS: usize = 26;
const CONGESTION_CONTROL: Range<usize> = 276..292;

impl OmniResults {
    /// The message to send: type 99, and zeros where a stock server leaves old words.
    pub fn encode(&self) -> Message {
        let mut message = Message::new(Kind::OmniResults);
        message.set_errno(self.errno);
        message.set_wide(BYTES_RECEIVED, self.bytes_received);
        message.set_field(RECV_CALLS, self.recv_calls);
        message.set_signed(RECV_BUFFER, self.recv_buffer);
        message.set_wide(BYTES_SENT, self.bytes_sent);
        message.set_field(SEND_CALLS, self.send_calls);
        message.set_signed(SEND_BUFFER, self.send_buffer);
        message.set_field(TRANSACTIONS, self.transactions);
        message.set_float(ELAPSED, self.elapsed);
        if let Some(cpu) = &self.cpu {
            cpu.write(&mut message);
        }
        message.set_signed(RETRANSMITS, self.retransmits);
        message.set_text(CONGESTION_CONTROL, &self.congestion_control);
        message
    }

    /// Reads results, whatever their type word says. The CPU fields are looked at only if `asked_cpu`.
    /// Errors if the congestion control name is no string.
    pub fn decode(message: &Message, asked_cpu: bool) -> Result<Self, DecodeError> {
        let errno = message.errno();
        if errno != 0 {
            return Ok(Self { errno, ..Self::default() });
        }
        Ok(Self {
            errno,
            bytes_received: message.wide(BYTES_RECEIVED),
            recv_calls: message.field(RECV_CALLS),
            recv_buffer: message.signed(RECV_BUFFER),
            bytes_sent: message.wide(BYTES_SENT),
            send_calls: message.field(SEND_CALLS),
            send_buffer: message.signed(SEND_BUFFER),
            transactions: message.field(TRANSACTIONS),
            elapsed: message.float(ELAPSED),
            cpu: asked_cpu.then(|| RemoteCpu::read(message)),
            retransmits: message.signed(RETRANSMITS),
            congestion_control: message.text(CONGESTION_CONTROL)?,
        })
    }
}

impl RemoteCpu {
    fn read(message: &Message) -> Self {
        Self {
            busy: message.float(BUSY),
            user: message.float(USER),
            system: message.float(SYSTEM),
            iowait: message.float(IOWAIT),
            irq: message.float(IRQ),
            softirq: message.float(SOFTIRQ),
            method: message.field(METHOD),
            cpus: message.field(CPUS),
            peak_cpu: message.signed(PEAK_CPU),
            peak_busy: message.float(PEAK_BUSY),
        }
    }

    fn write(&self, message: &mut Message) {
        message.set_float(BUSY, self.busy);
        message.set_float(USER, self.user);
        message.set_float(SYSTEM, self.system);
        message.set_float(IOWAIT, self.iowait);
        message.set_float(IRQ, self.irq);
        message.set_float(SOFTIRQ, self.softirq);
        message.set_field(METHOD, self.method);
        message.set_field(CPUS, self.cpus);
        message.set_signed(PEAK_CPU, self.peak_cpu);
        message.set_float(PEAK_BUSY, self.peak_busy);
    }
}
