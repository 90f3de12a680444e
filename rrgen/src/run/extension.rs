//! Questions that only an rrserver understands, and answers in parts. A stock netserver answers error 998 to any of them.

use compat::text::failure::Failure;
use compat::wire::{ERRNO_UNKNOWN_REQUEST, Message};
use hooks::ledger::printable;
use rrserver::extension::Reply;

use super::RunFailure;
use super::negotiate::receive;
use crate::control::Control;

/// Asks for something that may be refused; `None`: the peer is a stock netserver.
///
/// # Errors
/// It is refused, or the peer is gone, silent, or answers something else.
pub(super) fn ask(control: &mut Control, request: &Message) -> Result<Option<Reply>, RunFailure> {
    control.send(request).map_err(Failure::ControlRecv)?;
    let message = receive(control)?;
    if message.errno() == ERRNO_UNKNOWN_REQUEST {
        return Ok(None);
    }
    match Reply::decode(&message) {
        Ok(Reply::Refused(reason)) => Err(RunFailure::Setup(printable(&reason))),
        Ok(reply) => Ok(Some(reply)),
        Err(e) => Err(RunFailure::Setup(format!("the server's answer makes no sense: {e}"))),
    }
}

/// Asks for a text of up to `most` bytes, part by part, with a request for each that names how much is there.
///
/// # Errors
/// As [`ask`] has them; or the text is longer, or ends before its end.
pub(super) fn fetch(
    control: &mut Control,
    part_from: impl Fn(u32) -> Message,
    most: usize,
) -> Result<String, RunFailure> {
    let mut had = String::new();
    loop {
        match ask(control, &part_from(had.len() as u32))? {
            Some(Reply::Part { total, text }) if !text.is_empty() && had.len() + text.len() <= most => {
                had.push_str(&text);
                if had.len() >= total as usize {
                    return Ok(had);
                }
            }
            other => return Err(RunFailure::Setup(format!("the server's report makes no sense: {other:?}"))),
        }
    }
}
