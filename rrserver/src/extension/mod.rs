//! What rrgen and rrserver say to each other beyond netperf: further request types on the control connection.
//!
//! A stock netserver answers a type it does not know with error 998 and goes on; so a client can ask anyone, and
//! a server of ours stays usable by a stock client that never asks.
//!
//! Layout of the 656 bytes, words big-endian: type, word 1 as in every message, a number, the length of a text,
//! the text.

mod hook;
mod load;

use compat::wire::{MESSAGE_LEN, Message};
use thiserror::Error;

pub use hook::HookRequest;
pub use load::LoadRequest;

use crate::load::LoadError;

/// The types of answers: "rrh" and a number. The types of requests stand with what they ask for.
const FIRST_ANSWER: u32 = 0x7272_6880;
const DONE: u32 = FIRST_ANSWER + 1;
const REFUSED: u32 = FIRST_ANSWER + 2;
const PART: u32 = FIRST_ANSWER + 3;

/// `serv_errno` of a response that says: the hook could not be attached, ask for its report.
pub const ERRNO_HOOK: i32 = 997;

/// Word 1 of a request that asks for no CPU, and of an answer without an error.
const NO_CPU: u32 = u32::MAX;
const NO_ERROR: u32 = 0;

/// Where the text begins, and how long it may be, bytes.
const TEXT: usize = 16;
/// Longest text of one message, bytes.
pub const TEXT_MAX: usize = MESSAGE_LEN - TEXT;

/// What a server answers to any of these requests.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Reply {
    /// It is done; what was understood, in canonical form, or the place that a hook got.
    Done(String),
    /// It is not, and why.
    Refused(String),
    /// A part of a report.
    Part {
        /// Length of the whole, bytes.
        total: u32,
        /// What stands at the offset asked for.
        text: String,
    },
}

/// A message that is not of this protocol.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum ExtensionError {
    /// Another type.
    #[error("message type {0:#x} is none of ours")]
    Kind(u32),
    /// A length beyond the message.
    #[error("a text of {0} bytes does not fit a message")]
    Length(u32),
    /// Bytes that are no text.
    #[error("the text is not UTF-8")]
    Text,
    /// An address that is none.
    #[error("'{0}' is not SOURCE DESTINATION, each ADDRESS:PORT")]
    Direction(String),
    /// A load that cannot be.
    #[error("load: {0}")]
    Load(#[from] LoadError),
}

impl Reply {
    /// The part of `report` from `offset` on that fits a message.
    #[must_use]
    pub fn part(report: &str, offset: u32) -> Self {
        let rest = report.get(offset as usize..).unwrap_or_default();
        Self::Part { total: report.len() as u32, text: start(rest).to_owned() }
    }

    /// As it travels; a text that does not fit is cut.
    #[must_use]
    pub fn encode(&self) -> Message {
        match self {
            Self::Done(text) => encode(DONE, NO_ERROR, 0, text),
            Self::Refused(text) => encode(REFUSED, NO_ERROR, 0, text),
            Self::Part { total, text } => encode(PART, NO_ERROR, *total, text),
        }
    }

    /// Reads what a server sent.
    ///
    /// # Errors
    /// It is none of ours, or damaged.
    pub fn decode(message: &Message) -> Result<Self, ExtensionError> {
        let (number, text) = contents(message)?;
        match kind(message) {
            DONE => Ok(Self::Done(text)),
            REFUSED => Ok(Self::Refused(text)),
            PART => Ok(Self::Part { total: number, text }),
            other => Err(ExtensionError::Kind(other)),
        }
    }
}

fn encode(kind: u32, word_1: u32, number: u32, text: &str) -> Message {
    let text = start(text);
    let mut bytes = [0; MESSAGE_LEN];
    for (slot, word) in bytes.chunks_exact_mut(4).zip([kind, word_1, number, text.len() as u32]) {
        slot.copy_from_slice(&word.to_be_bytes());
    }
    bytes[TEXT..TEXT + text.len()].copy_from_slice(text.as_bytes());
    Message::from_bytes(bytes)
}

/// The longest start of `text` that fits a message, in whole characters.
fn start(text: &str) -> &str {
    &text[..text.floor_char_boundary(TEXT_MAX)]
}

fn word(message: &Message, index: usize) -> u32 {
    let bytes = &message.as_bytes()[4 * index..4 * index + 4];
    u32::from_be_bytes(bytes.try_into().expect("four bytes"))
}

fn kind(message: &Message) -> u32 {
    word(message, 0)
}

/// The number and the text of a message.
fn contents(message: &Message) -> Result<(u32, String), ExtensionError> {
    let length = word(message, 3);
    let text = message.as_bytes()[TEXT..].get(..length as usize).ok_or(ExtensionError::Length(length))?;
    let text = std::str::from_utf8(text).map_err(|_| ExtensionError::Text)?;
    Ok((word(message, 2), text.to_owned()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn replies_travel_both_ways(text in "\\PC{0,100}", total in any::<u32>()) {
            for reply in [Reply::Done(text.clone()), Reply::Refused(text.clone()), Reply::Part { total, text }] {
                prop_assert_eq!(Reply::decode(&reply.encode()), Ok(reply));
            }
        }

        #[test]
        fn no_message_is_too_strange(
            bytes in proptest::collection::vec(any::<u8>(), MESSAGE_LEN), family in 0..4_u32, number in 0..9_u32,
        ) {
            let mut bytes: [u8; MESSAGE_LEN] = bytes.try_into().expect("length");
            bytes[..4].copy_from_slice(&(0x7272_6880 + family * 0x180 + number).to_be_bytes());
            let message = Message::from_bytes(bytes);
            let _ = HookRequest::decode(&message);
            let _ = LoadRequest::decode(&message);
            let _ = Reply::decode(&message);
        }

        #[test]
        fn a_report_in_parts_is_the_report(report in "\\PC{0,2000}") {
            let mut had = String::new();
            while had.len() < report.len() {
                let Reply::Part { total, text } = Reply::part(&report, had.len() as u32) else { unreachable!() };
                prop_assert_eq!(total as usize, report.len());
                prop_assert!(!text.is_empty());
                had.push_str(&text);
            }
            prop_assert_eq!(had, report);
        }
    }

    #[test]
    fn an_offset_past_the_end_or_within_a_character_is_empty() {
        for offset in [1, 9, u32::MAX] {
            assert_eq!(Reply::part("é", offset), Reply::Part { total: 2, text: String::new() });
        }
    }
}
