//! The server as its clients and its operator meet it.
//!
//! Where the program counts (streams, signals, exit status, threads, descriptors) the tests run the binary;
//! where time counts they run the library with limits short enough to wait for. Nothing sleeps for luck:
//! a test waits for what it expects, and fails when that has not come within [`harness::PATIENCE`].

mod harness;
mod hostile;
mod program;
mod protocol;
