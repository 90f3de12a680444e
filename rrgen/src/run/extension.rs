//! Asking a server for what netperf's protocol does not have, and reading its reports.

use compat::text::failure::Failure;
use compat::wire::{ERRNO_UNKNOWN_REQUEST, Message};
use hooks::ledger::printable;
use rrserver::extension::Reply;

use super::RunFailure;
use super::negotiate::receive;
use crate::control::Control;

/// Asks for something that the server may refuse; `stock` is what to tell the user if it is a netserver, which knows none
/// of it.
///
/// # Errors
/// The server refuses, is a stock one, or does not answer.
pub(super) fn ask(control: &mut Control, request: &Message, stock: &str) -> Result<Reply, RunFailure> {
    offer(control, request)?.ok_or_else(|| RunFailure::Setup(format!("the peer is a stock netserver, {stock}")))
}

/// Asks for something that can be done without; `None` if the server is a netserver.
///
/// # Errors
/// The server refuses, or does not answer.
pub(super) fn offer(control: &mut Control, request: &Message) -> Result<Option<Reply>, RunFailure> {
    control.send(request).map_err(Failure::ControlRecv)?;
    let message = receive(control)?;
    if message.errno() == ERRNO_UNKNOWN_REQUEST { Ok(None) } else { reply(&message).map(Some) }
}

/// Reads an answer.
///
/// # Errors
/// It is a refusal, or none.
pub(super) fn reply(message: &Message) -> Result<Reply, RunFailure> {
    match Reply::decode(message) {
        Ok(Reply::Refused(reason)) => Err(RunFailure::Setup(printable(&reason))),
        Ok(reply) => Ok(reply),
        Err(e) => Err(RunFailure::Setup(format!("the server's answer makes no sense: {e}"))),
    }
}

/// A report of at most `longest` bytes, part by part, each asked for by the request that `from` makes of an offset.
///
/// # Errors
/// There is none, it is too long, or the server does not answer.
pub(super) fn report(
    control: &mut Control,
    from: impl Fn(u32) -> Message,
    longest: usize,
    stock: &str,
) -> Result<String, RunFailure> {
    let mut json = String::new();
    loop {
        match ask(control, &from(json.len() as u32), stock)? {
            Reply::Part { total, text } if !text.is_empty() && json.len() + text.len() <= longest => {
                json.push_str(&text);
                if json.len() >= total as usize {
                    return Ok(json);
                }
            }
            other => return Err(RunFailure::Setup(format!("the server's report makes no sense: {other:?}"))),
        }
    }
}
