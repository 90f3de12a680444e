//! What rrgen and rrserver say to each other beyond netperf: further request types on the control connection.
//!
//! A stock netserver answers a type it does not know with error 998 and goes on; so a client can ask anyone, and
//! a server of ours stays usable by a stock client that never asks.
//!
//! Layout of the 656 bytes, words big-endian: type, word 1 as in every message, a number, the length of a text,
//! the text.

use std::net::SocketAddr;

use compat::wire::{MESSAGE_LEN, Message};
use hooks::host::Direction;
use thiserror::Error;

/// The types: "rrh" and a number.
const FIRST_KIND: u32 = 0x7272_6800;
const PREPARE: u32 = FIRST_KIND + 1;
const ATTACH: u32 = FIRST_KIND + 2;
const DETACH: u32 = FIRST_KIND + 3;
const REPORT: u32 = FIRST_KIND + 4;
const DONE: u32 = FIRST_KIND + 0x81;
const REFUSED: u32 = FIRST_KIND + 0x82;
const PART: u32 = FIRST_KIND + 0x83;

/// `serv_errno` of a response that says: the hook could not be attached, ask for its report.
pub const ERRNO_HOOK: i32 = 997;

/// Word 1 of a request that asks for no CPU, and of an answer without an error.
const NO_CPU: u32 = u32::MAX;
const NO_ERROR: u32 = 0;

/// Where the text begins, and how long it may be, bytes.
const TEXT: usize = 16;
/// Longest text of one message, bytes.
pub const TEXT_MAX: usize = MESSAGE_LEN - TEXT;

/// What a client asks of a hook host.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum HookRequest {
    /// Load this hook for the next test.
    Prepare {
        /// The hook, in hook syntax.
        hook: String,
        /// It may see all traffic of the host.
        whole_host: bool,
    },
    /// Attach it now, to this direction of a connection that passes through. The target of a test needs no such
    /// word: it attaches with the test.
    Attach(Direction),
    /// Detach it; a test still running ends.
    Detach,
    /// Send the ledger as JSON, from this offset on.
    Report {
        /// Bytes already had.
        offset: u32,
    },
}

/// What a hook host answers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum HookReply {
    /// It is done; the hook in canonical form, or the place it got.
    Done(String),
    /// It is not, and why.
    Refused(String),
    /// A part of the ledger.
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
}

impl HookRequest {
    /// Whether `message` is one, whatever its contents.
    #[must_use]
    pub fn is_one(message: &Message) -> bool {
        (PREPARE..=REPORT).contains(&kind(message))
    }

    /// As it travels. A text that does not fit is cut: the host then refuses it for what is missing.
    #[must_use]
    pub fn encode(&self) -> Message {
        match self {
            Self::Prepare { hook, whole_host } => encode(PREPARE, NO_CPU, u32::from(*whole_host), hook),
            Self::Attach(Direction { source, destination }) => {
                encode(ATTACH, NO_CPU, 0, &format!("{source} {destination}"))
            }
            Self::Detach => encode(DETACH, NO_CPU, 0, ""),
            Self::Report { offset } => encode(REPORT, NO_CPU, *offset, ""),
        }
    }

    /// Reads what a client sent.
    ///
    /// # Errors
    /// It is none of ours, or damaged.
    pub fn decode(message: &Message) -> Result<Self, ExtensionError> {
        let (number, text) = contents(message)?;
        match kind(message) {
            PREPARE => Ok(Self::Prepare { hook: text, whole_host: number != 0 }),
            ATTACH => Ok(Self::Attach(direction(&text).ok_or(ExtensionError::Direction(text))?)),
            DETACH => Ok(Self::Detach),
            REPORT => Ok(Self::Report { offset: number }),
            other => Err(ExtensionError::Kind(other)),
        }
    }
}

impl HookReply {
    /// The part of `ledger` from `offset` on that fits a message.
    #[must_use]
    pub fn part(ledger: &str, offset: u32) -> Self {
        let rest = ledger.get(offset as usize..).unwrap_or_default();
        Self::Part { total: ledger.len() as u32, text: start(rest).to_owned() }
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

    /// Reads what a hook host sent.
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

fn direction(text: &str) -> Option<Direction> {
    let (source, destination) = text.split_once(' ')?;
    let (source, destination): (SocketAddr, SocketAddr) = (source.parse().ok()?, destination.parse().ok()?);
    let family = |address: SocketAddr| address.ip().to_canonical().is_ipv4();
    (family(source) == family(destination)).then_some(Direction { source, destination })
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn request() -> impl Strategy<Value = HookRequest> {
        let text = "\\PC{0,100}";
        prop_oneof![
            (text, any::<bool>()).prop_map(|(hook, whole_host)| HookRequest::Prepare { hook, whole_host }),
            (any::<([u8; 4], u16)>(), any::<([u8; 4], u16)>()).prop_map(|(source, destination)| {
                HookRequest::Attach(Direction { source: source.into(), destination: destination.into() })
            }),
            Just(HookRequest::Detach),
            any::<u32>().prop_map(|offset| HookRequest::Report { offset }),
        ]
    }

    proptest! {
        #[test]
        fn requests_travel_both_ways(request in request()) {
            let message = request.encode();
            prop_assert!(HookRequest::is_one(&message));
            prop_assert_eq!(HookRequest::decode(&message), Ok(request));
        }

        #[test]
        fn replies_travel_both_ways(text in "\\PC{0,100}", total in any::<u32>()) {
            for reply in [HookReply::Done(text.clone()), HookReply::Refused(text.clone()), HookReply::Part { total, text }] {
                prop_assert_eq!(HookReply::decode(&reply.encode()), Ok(reply));
            }
        }

        #[test]
        fn no_message_is_too_strange(bytes in proptest::collection::vec(any::<u8>(), MESSAGE_LEN), number in 0..9_u32) {
            let mut bytes: [u8; MESSAGE_LEN] = bytes.try_into().expect("length");
            bytes[..4].copy_from_slice(&(FIRST_KIND + number).to_be_bytes());
            let message = Message::from_bytes(bytes);
            let _ = HookRequest::decode(&message);
            let _ = HookReply::decode(&message);
        }

        #[test]
        fn a_ledger_in_parts_is_the_ledger(ledger in "\\PC{0,2000}") {
            let mut had = String::new();
            while had.len() < ledger.len() {
                let HookReply::Part { total, text } = HookReply::part(&ledger, had.len() as u32) else { unreachable!() };
                prop_assert_eq!(total as usize, ledger.len());
                prop_assert!(!text.is_empty());
                had.push_str(&text);
            }
            prop_assert_eq!(had, ledger);
        }
    }

    #[test]
    fn an_offset_past_the_end_or_within_a_character_is_empty() {
        for offset in [1, 9, u32::MAX] {
            assert_eq!(HookReply::part("é", offset), HookReply::Part { total: 2, text: String::new() });
        }
    }
}
