//! Data connections over the control port, for firewalls that let one port through and no more.
//!
//! A client of ours asks for it on its control connection and gets a token; its data connection then comes to the same
//! port and begins with a message that carries the token. A stock netserver answers the question with error 998.

use std::collections::HashMap;
use std::io;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use compat::wire::{MESSAGE_LEN, Message};
use rustix::rand::{GetRandomFlags, getrandom};
use socket2::Socket;
use tokio::net::TcpStream;
use tokio::sync::oneshot;

/// The types: "rrp" and a number.
const FIRST_KIND: u32 = 0x7272_7000;
const ASK: u32 = FIRST_KIND + 1;
const GRANT: u32 = FIRST_KIND + 2;
const DATA: u32 = FIRST_KIND + 3;

/// Where the token stands, and how long it is, bytes: nobody guesses it.
const TOKEN: usize = 8;
const TOKEN_LEN: usize = 16;

/// Says which test a data connection belongs to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Token([u8; TOKEN_LEN]);

/// What travels.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SinglePort {
    /// A client asks for data over the control port.
    Ask,
    /// The server's answer.
    Grant(Token),
    /// Begins a data connection.
    Data(Token),
}

impl SinglePort {
    /// The message to send. Word 1 asks for no CPU in a request, and is no error in an answer.
    #[must_use]
    pub fn encode(&self) -> Message {
        let (kind, word_1, token) = match self {
            Self::Ask => (ASK, u32::MAX, [0; TOKEN_LEN]),
            Self::Grant(Token(token)) => (GRANT, 0, *token),
            Self::Data(Token(token)) => (DATA, u32::MAX, *token),
        };
        let mut bytes = [0; MESSAGE_LEN];
        bytes[..4].copy_from_slice(&kind.to_be_bytes());
        bytes[4..TOKEN].copy_from_slice(&word_1.to_be_bytes());
        bytes[TOKEN..TOKEN + TOKEN_LEN].copy_from_slice(&token);
        Message::from_bytes(bytes)
    }

    /// Reads a message; `None` if it is not of this protocol.
    #[must_use]
    pub fn decode(message: &Message) -> Option<Self> {
        let token = message.as_bytes()[TOKEN..].first_chunk().copied().map(Token)?;
        match message.kind().number() {
            ASK => Some(Self::Ask),
            GRANT => Some(Self::Grant(token)),
            DATA => Some(Self::Data(token)),
            _ => None,
        }
    }
}

/// The tests that wait for their data connection at the control port.
#[derive(Debug, Clone, Default)]
pub(crate) struct Waiting(Arc<Mutex<HashMap<Token, oneshot::Sender<Socket>>>>);

impl Waiting {
    /// A token that no other session has.
    fn token() -> io::Result<Token> {
        let mut token = [0; TOKEN_LEN];
        getrandom(&mut token, GetRandomFlags::empty())?;
        Ok(Token(token))
    }

    /// Waits for the data connection with `token`, from now on and until the ticket is dropped.
    fn expect(&self, token: Token) -> Ticket {
        let (sender, socket) = oneshot::channel();
        self.tests().insert(token, sender);
        Ticket { waiting: self.clone(), token, socket }
    }

    /// Hands a data connection to the test that waits for it; `false` if none does.
    fn hand_over(&self, token: Token, stream: TcpStream) -> io::Result<bool> {
        let Some(test) = self.tests().remove(&token) else { return Ok(false) };
        let socket = Socket::from(stream.into_std()?);
        socket.set_nonblocking(false)?;
        // A test that has just ended closes it.
        Ok(test.send(socket).is_ok())
    }

    fn tests(&self) -> MutexGuard<'_, HashMap<Token, oneshot::Sender<Socket>>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Where the tests of one session get their data connections.
#[derive(Debug)]
pub(crate) struct Entrance {
    /// `None` if nobody here listens on the control port.
    waiting: Option<Waiting>,
    /// Set if it is the control port.
    token: Option<Token>,
}

impl Entrance {
    /// A port of their own.
    pub(crate) fn new(waiting: Waiting) -> Self {
        Self { waiting: Some(waiting), token: None }
    }

    /// A port of their own, whatever the client asks for.
    pub(crate) fn none() -> Self {
        Self { waiting: None, token: None }
    }

    /// Whether it can be the control port.
    pub(crate) fn is_there(&self) -> bool {
        self.waiting.is_some()
    }

    /// Hands a data connection to the test that waits for it; `false` if none does.
    pub(crate) fn hand_over(&self, token: Token, stream: TcpStream) -> io::Result<bool> {
        self.waiting.as_ref().map_or(Ok(false), |waiting| waiting.hand_over(token, stream))
    }

    /// The control port, from now on.
    pub(crate) fn open(&mut self) -> io::Result<Token> {
        let token = Waiting::token()?;
        self.token = Some(token);
        Ok(token)
    }

    /// The ticket of the next test, if its data connection comes to the control port.
    pub(crate) fn expect(&self) -> Option<Ticket> {
        self.waiting.as_ref().zip(self.token).map(|(waiting, token)| waiting.expect(token))
    }
}

/// The place of one test among those that wait.
#[derive(Debug)]
pub(crate) struct Ticket {
    waiting: Waiting,
    token: Token,
    /// The data connection, when it is there.
    pub(crate) socket: oneshot::Receiver<Socket>,
}

impl Drop for Ticket {
    fn drop(&mut self) {
        self.waiting.tests().remove(&self.token);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn what_is_sent_is_read_and_nothing_else() {
        let token = Waiting::token().expect("random bytes");
        for message in [SinglePort::Ask, SinglePort::Grant(token), SinglePort::Data(token)] {
            assert_eq!(SinglePort::decode(&message.encode()), Some(message));
        }
        assert_eq!(SinglePort::decode(&Message::from_bytes([0; MESSAGE_LEN])), None);
        assert_ne!(token, Waiting::token().expect("random bytes"));
    }

    #[test]
    fn a_test_that_has_ended_waits_no_more() {
        let waiting = Waiting::default();
        let token = Waiting::token().expect("random bytes");
        drop(waiting.expect(token));
        assert!(waiting.tests().is_empty());
    }

    proptest! {
        #[test]
        fn what_can_be_read_is_what_was_sent(
            kind in FIRST_KIND..FIRST_KIND + 5, rest in proptest::collection::vec(any::<u8>(), MESSAGE_LEN - 4),
        ) {
            let bytes = [&kind.to_be_bytes()[..], &rest].concat();
            let read = SinglePort::decode(&Message::from_bytes(bytes.try_into().expect("its length")));
            prop_assert_eq!(read.is_some(), (ASK..=DATA).contains(&kind));
            prop_assert_eq!(read.and_then(|read| SinglePort::decode(&read.encode())), read);
        }
    }
}
