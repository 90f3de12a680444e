//! How the kernel is asked about many flows: by epoll, or by io_uring. Neither is the better one everywhere.

use std::fmt;
use std::io;
use std::os::fd::AsFd;
use std::str::FromStr;
use std::time::Duration;

use thiserror::Error;

use super::{EpollFlows, Exchange, Happening, Messages, UringFlows, UringRefused, Wake, uring_available};
use crate::data::{Traffic, Wait};

/// What many flows are exchanged with.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Engine {
    /// Asks which flows have something to say, and makes a call for every message.
    #[default]
    Epoll,
    /// Hands over sends, and takes what was received, in batches.
    Uring,
}

/// A text that is no engine.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("'{0}' is no engine: write epoll or uring")]
pub struct EngineError(String);

impl FromStr for Engine {
    type Err = EngineError;

    fn from_str(text: &str) -> Result<Self, EngineError> {
        match text {
            "epoll" => Ok(Self::Epoll),
            "uring" => Ok(Self::Uring),
            _ => Err(EngineError(text.to_owned())),
        }
    }
}

impl fmt::Display for Engine {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Epoll => "epoll",
            Self::Uring => "uring",
        })
    }
}

impl Engine {
    /// Whether this kernel has it, asked before a test is begun.
    ///
    /// # Errors
    /// It has not, and why.
    pub fn available(self) -> Result<(), UringRefused> {
        match self {
            Self::Epoll => Ok(()),
            Self::Uring => uring_available(),
        }
    }
}

/// An [`Exchange`] by either engine. It belongs to the thread that made it.
#[derive(Debug)]
pub enum AnyFlows<'a, S> {
    /// By epoll.
    Epoll(Box<EpollFlows<'a, S>>),
    /// By io_uring.
    Uring(Box<UringFlows<'a, S>>),
}

impl<'a, S: AsFd> AnyFlows<'a, S> {
    /// Exchanges `messages` over `sockets` until `wake` is rung.
    ///
    /// # Errors
    /// The kernel refuses the engine, or has no memory for it.
    ///
    /// # Panics
    /// A message has a size that cannot be: both ends check what they were asked for before they come here.
    pub fn new(
        engine: Engine,
        sockets: &'a [S],
        wake: &'a Wake,
        messages: Messages<'a>,
        wait: Wait,
    ) -> io::Result<Self> {
        Ok(match engine {
            Engine::Epoll => Self::Epoll(Box::new(EpollFlows::new(sockets, wake, messages, wait)?)),
            Engine::Uring => Self::Uring(Box::new(UringFlows::new(sockets, wake, messages, wait)?)),
        })
    }

    /// What has gone over all flows so far.
    pub fn traffic(&self) -> Traffic {
        match self {
            Self::Epoll(flows) => flows.traffic(),
            Self::Uring(flows) => flows.traffic(),
        }
    }

    /// Why the flows were not waited for as they were to be; all of a test are alike.
    pub fn shortfall(&self) -> Option<String> {
        match self {
            Self::Epoll(flows) => flows.shortfall(),
            // Terms have it wait in no way that a kernel refuses.
            Self::Uring(_) => None,
        }
    }
}

impl<S: AsFd> Exchange for AnyFlows<'_, S> {
    #[inline]
    fn send(&mut self, flow: usize) -> io::Result<()> {
        match self {
            Self::Epoll(flows) => flows.send(flow),
            Self::Uring(flows) => flows.send(flow),
        }
    }

    #[inline]
    fn next(&mut self, patience: Option<Duration>) -> io::Result<Happening> {
        match self {
            Self::Epoll(flows) => flows.next(patience),
            Self::Uring(flows) => flows.next(patience),
        }
    }

    #[inline]
    fn has_more(&self) -> bool {
        match self {
            Self::Epoll(flows) => flows.has_more(),
            Self::Uring(flows) => flows.has_more(),
        }
    }

    #[inline]
    fn message(&self, flow: usize) -> &[u8] {
        match self {
            Self::Epoll(flows) => flows.message(flow),
            Self::Uring(flows) => flows.message(flow),
        }
    }

    fn close(&mut self, flow: usize) {
        match self {
            Self::Epoll(flows) => flows.close(flow),
            Self::Uring(flows) => flows.close(flow),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn there_are_two_and_no_text_is_too_strange(text in "(epoll|uring)?\\PC{0,5}") {
            match text.parse::<Engine>() {
                Ok(engine) => prop_assert_eq!(engine.to_string(), text),
                Err(e) => prop_assert!(text != "epoll" && text != "uring", "{}", e),
            }
        }
    }
}
