//! What a client asks of a hook host.

use std::net::SocketAddr;

use compat::wire::Message;
use hooks::host::Direction;

use super::{ExtensionError, NO_CPU, contents, encode, kind};

/// The types: "rrh" and a number.
const FIRST_KIND: u32 = 0x7272_6800;
const PREPARE: u32 = FIRST_KIND + 1;
const ATTACH: u32 = FIRST_KIND + 2;
const DETACH: u32 = FIRST_KIND + 3;
const REPORT: u32 = FIRST_KIND + 4;
const TIME: u32 = FIRST_KIND + 5;

/// Bits of the number in a PREPARE.
const WHOLE_HOST: u32 = 1;
const UNTIMED: u32 = 2;

/// A request about a hook.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum HookRequest {
    /// Load this hook for the next test.
    Prepare {
        /// The hook, in hook syntax.
        hook: String,
        /// It may see all traffic of the host.
        whole_host: bool,
        /// A program has its calls timed while it is attached; else the client does by `Time`, when it suits.
        timed: bool,
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
    /// Instead of a hook: have the kernel time the calls of its programs until `Detach`, or the end of the connection.
    Time {
        /// A hook that the client may run here, in hook syntax: others have no business with the clock.
        hook: String,
    },
}

impl HookRequest {
    /// Whether `message` is one, whatever its contents.
    #[must_use]
    pub fn is_one(message: &Message) -> bool {
        (PREPARE..=TIME).contains(&kind(message))
    }

    /// As it travels. A text that does not fit is cut: the host then refuses it for what is missing.
    #[must_use]
    pub fn encode(&self) -> Message {
        match self {
            Self::Prepare { hook, whole_host, timed } => {
                let whole_host = if *whole_host { WHOLE_HOST } else { 0 };
                let untimed = if *timed { 0 } else { UNTIMED };
                encode(PREPARE, NO_CPU, whole_host | untimed, hook)
            }
            Self::Attach(Direction { source, destination }) => {
                encode(ATTACH, NO_CPU, 0, &format!("{source} {destination}"))
            }
            Self::Detach => encode(DETACH, NO_CPU, 0, ""),
            Self::Report { offset } => encode(REPORT, NO_CPU, *offset, ""),
            Self::Time { hook } => encode(TIME, NO_CPU, 0, hook),
        }
    }

    /// Reads what a client sent.
    ///
    /// # Errors
    /// It is none of ours, or damaged.
    pub fn decode(message: &Message) -> Result<Self, ExtensionError> {
        let (number, text) = contents(message)?;
        match kind(message) {
            PREPARE => {
                let bit = |bit| number & bit != 0;
                Ok(Self::Prepare { hook: text, whole_host: bit(WHOLE_HOST), timed: !bit(UNTIMED) })
            }
            ATTACH => Ok(Self::Attach(direction(&text).ok_or(ExtensionError::Direction(text))?)),
            DETACH => Ok(Self::Detach),
            REPORT => Ok(Self::Report { offset: number }),
            TIME => Ok(Self::Time { hook: text }),
            other => Err(ExtensionError::Kind(other)),
        }
    }
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
            (text, any::<bool>(), any::<bool>()).prop_map(|(hook, whole_host, timed)| HookRequest::Prepare {
                hook,
                whole_host,
                timed
            }),
            text.prop_map(|hook| HookRequest::Time { hook }),
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
    }
}
