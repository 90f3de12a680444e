//! The data plane: what runs between two packets, and how its sockets are made.
//!
//! Blocking sockets on one OS thread per test. Nothing in here formats, logs or allocates once a
//! test has started.

mod affinity;
mod serve;
mod socket;
mod stream;
mod tcp_info;
mod transport;

pub use affinity::{AffinityError, pin_current_thread};
pub use serve::{End, Served, serve};
pub use socket::{Effective, SetupError, SocketOptions, bind, congestion_control, open};
pub use stream::SocketStream;
pub use tcp_info::{TcpInfo, tcp_info};
pub use transport::{MAX_MESSAGE, MessageStream, Traffic, Transport};
