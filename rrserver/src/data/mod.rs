//! The data plane: what runs between two packets, and how its sockets are made.
//!
//! Blocking sockets on one OS thread per test. Nothing in here formats, logs or allocates once a
//! test has started.

mod accepting;
mod affinity;
mod cancel;
mod cpu;
mod cpu_list;
mod datagrams;
mod descriptors;
mod drain;
mod flows;
pub mod payload;
mod raw_option;
mod serve;
mod socket;
mod spin;
mod stream;
mod tcp_info;
mod thread_usage;
mod transport;
mod wait;
mod waiting;

pub use accepting::{Accepting, Connection};
pub use affinity::{AffinityError, pin_current_thread, while_pinned};
pub use cancel::Cancel;
pub use cpu::{CPU_RATE, CpuSnapshot, CpuUsage};
pub use cpu_list::{CpuList, CpuListError};
pub use datagrams::{Datagrams, MAX_DATAGRAM};
pub use descriptors::{DescriptorError, make_room};
pub use drain::drain;
pub use flows::{
    AnyFlows, BufferPlan, Engine, EngineError, EpollFlows, Exchange, Happening, Messages, Ring, UringFlows,
    UringRefused, Wake, serve_flows, settle, uring_available,
};
pub use serve::{End, Served, serve};
pub use socket::{
    AtEnd, DataProtocol, Effective, FastOpen, SetupError, SocketOptions, at_end, at_end_of_all, bind, configure, open,
    ports,
};
pub use stream::SocketStream;
pub use tcp_info::{TcpInfo, retransmits, tcp_info};
pub use thread_usage::{ThreadId, ThreadUsage, Threads};
pub use transport::{MAX_MESSAGE, MessageStream, Traffic, Transport};
pub use wait::{Wait, WaitError};
pub use waiting::Waiting;
