//! Asking the server to take the data connection at its control port (`--single-port`).

use compat::text::failure::Failure;
use compat::wire::ERRNO_UNKNOWN_REQUEST;
use rrserver::single_port::SinglePort;

use super::RunFailure;
use super::negotiate::receive;
use crate::control::Control;

/// Asks; the bytes that have to begin the data connection come back.
///
/// # Errors
/// The server is a stock one, or does not answer.
pub(super) fn ask(control: &mut Control) -> Result<Vec<u8>, RunFailure> {
    control.send(&SinglePort::Ask.encode()).map_err(Failure::ControlRecv)?;
    let answer = receive(control)?;
    match SinglePort::decode(&answer) {
        Some(SinglePort::Grant(token)) => Ok(SinglePort::Data(token).encode().as_bytes().to_vec()),
        _ if answer.errno() == ERRNO_UNKNOWN_REQUEST => Err(RunFailure::Setup(
            "--single-port: the server is a stock netserver or was started by inetd, and cannot; run rrserver there, or open \
             a data port and name it with `-- -P ,PORT`"
                .into(),
        )),
        _ => Err(RunFailure::Setup("--single-port: the server's answer makes no sense".into())),
    }
}
