//! What a server says of itself, so that a report can tell where things ran: whoever reads it was not there.
//!
//! A further request type on the control connection. A stock netserver answers it with error 998, which is an answer,
//! too. Layout of the 656 bytes, words big-endian: type, word 1 as in every message, the length of a text, the text: JSON.

use compat::wire::{MESSAGE_LEN, Message};
use serde::{Deserialize, Serialize};
use thiserror::Error;

use crate::machine::{Machine, clean, this_machine};

/// The types: "rra" and a number.
const FIRST_KIND: u32 = 0x7272_6100;
const ASK: u32 = FIRST_KIND + 1;
const ANSWER: u32 = FIRST_KIND + 0x81;

/// Where the text begins, bytes.
const TEXT: usize = 12;

/// A server, and the machine it runs on.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct About {
    /// Name and version.
    pub program: String,
    /// Where it runs.
    pub machine: Machine,
}

impl About {
    /// This process, on this machine.
    #[must_use]
    pub fn this_server() -> Self {
        Self { program: concat!("rrserver ", env!("CARGO_PKG_VERSION")).into(), machine: this_machine() }
    }
}

/// What travels.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum AboutMessage {
    /// A client asks.
    Ask,
    /// The server answers.
    Answer(About),
}

/// A message that is no description of a server.
#[derive(Debug, Error)]
pub enum AboutError {
    /// Another type.
    #[error("message type {0:#x} is none of these")]
    Kind(u32),
    /// A length beyond the message.
    #[error("a text of {0} bytes does not fit a message")]
    Length(u32),
    /// A text that describes no server.
    #[error("the description cannot be read: {0}")]
    Text(#[from] serde_json::Error),
}

impl AboutMessage {
    /// As it travels. Word 1 asks for no CPU in a request, and is no error in an answer.
    #[must_use]
    pub fn encode(&self) -> Message {
        let (kind, word_1, text) = match self {
            Self::Ask => (ASK, u32::MAX, Vec::new()),
            // Strings and numbers always have a JSON form; texts are bounded so that all of them fit.
            Self::Answer(about) => (ANSWER, 0, serde_json::to_vec(about).unwrap_or_default()),
        };
        let mut bytes = [0; MESSAGE_LEN];
        for (slot, word) in bytes.chunks_exact_mut(4).zip([kind, word_1, text.len() as u32]) {
            slot.copy_from_slice(&word.to_be_bytes());
        }
        bytes[TEXT..].iter_mut().zip(text).for_each(|(slot, byte)| *slot = byte);
        Message::from_bytes(bytes)
    }

    /// Reads a message. What the other side wrote is cleaned: it reaches terminals and files.
    ///
    /// # Errors
    /// It is none of these, or damaged.
    pub fn decode(message: &Message) -> Result<Self, AboutError> {
        match message.kind().number() {
            ASK => Ok(Self::Ask),
            ANSWER => {
                let bytes = message.as_bytes();
                let length = u32::from_be_bytes([bytes[8], bytes[9], bytes[10], bytes[11]]);
                let text = bytes[TEXT..].get(..length as usize).ok_or(AboutError::Length(length))?;
                let About { program, machine } = serde_json::from_slice(text)?;
                Ok(Self::Answer(About { program: clean(&program), machine: machine.cleaned() }))
            }
            other => Err(AboutError::Kind(other)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn this_server_travels() {
        for message in [AboutMessage::Ask, AboutMessage::Answer(About::this_server())] {
            assert_eq!(AboutMessage::decode(&message.encode()).unwrap(), message);
        }
    }

    #[test]
    fn the_longest_description_fits() {
        let longest = || clean(&"x".repeat(MESSAGE_LEN));
        let machine = Machine {
            kernel: longest(),
            cpu_model: longest(),
            cpus: usize::MAX,
            governor: Some(longest()),
            virtualisation: Some(longest()),
        };
        let answer = AboutMessage::Answer(About { program: longest(), machine });
        assert_eq!(AboutMessage::decode(&answer.encode()).unwrap(), answer);
    }

    #[test]
    fn a_server_does_nothing_to_the_terminal() {
        let mut about = About::this_server();
        about.program = "\u{1b}[2Jgone".into();
        let AboutMessage::Answer(read) = AboutMessage::decode(&AboutMessage::Answer(about).encode()).unwrap() else {
            panic!("another message")
        };
        assert_eq!(read.program, "[2Jgone");
    }

    proptest! {
        #[test]
        fn no_message_is_too_strange(
            kind in prop_oneof![Just(ASK), Just(ANSWER), any::<u32>()],
            length in any::<u32>(),
            rest in proptest::collection::vec(any::<u8>(), MESSAGE_LEN - TEXT),
        ) {
            let words = [kind, 0, length].map(u32::to_be_bytes).concat();
            let bytes: [u8; MESSAGE_LEN] = [words, rest].concat().try_into().expect("length");
            let _ = AboutMessage::decode(&Message::from_bytes(bytes));
        }
    }
}
