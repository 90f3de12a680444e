//! The attach point in the process's own loop: no privilege, no kernel, one call per received message.
//!
//! What the engine sees is the frame that the message came in, rebuilt (the frame contract of [`crate::packet::frame`]);
//! rebuilding it counts as the attach point's cost, not the engine's.

use std::net::SocketAddr;

use super::metered::Metered;
use crate::engine::PacketEngine;
use crate::ledger::Ledger;
use crate::packet::FrameTemplate;
use crate::spec::HookSpec;
use crate::verdict::Verdict;

/// A hook on one connection, called by the loop that reads from it.
#[derive(Debug)]
pub struct MessageHook<E> {
    spec: HookSpec,
    frame: FrameTemplate,
    metered: Metered<E>,
}

impl<E: PacketEngine> MessageHook<E> {
    /// A hook on what `peer` sends to `local`.
    #[must_use]
    pub fn new(spec: HookSpec, engine: E, peer: SocketAddr, local: SocketAddr) -> MessageHook<E> {
        MessageHook { spec, frame: FrameTemplate::new(peer, local), metered: Metered::new(engine) }
    }

    /// Decides about one received message. Neither allocates nor fails.
    #[inline]
    pub fn on_message(&mut self, payload: &[u8]) -> Verdict {
        self.metered.on_frame(self.frame.with_payload(payload))
    }

    /// Decides about a message of another connection between the same two hosts, by its ports at the peer and here.
    #[inline]
    pub fn on_message_between(&mut self, (peer, local): (u16, u16), payload: &[u8]) -> Verdict {
        self.frame.set_ports(peer, local);
        self.on_message(payload)
    }

    /// What the hook did so far.
    pub fn ledger(&mut self) -> Ledger {
        let attached = self.spec.attach.to_string();
        self.metered.ledger(&self.spec, &attached)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::engine::{NativeEngine, NullEngine};

    fn addresses(peer_port: u16) -> (SocketAddr, SocketAddr) {
        (SocketAddr::from(([10, 0, 0, 1], peer_port)), SocketAddr::from(([10, 0, 0, 2], 5000)))
    }

    fn ledger_of<E: PacketEngine>(spec: &str, engine: E, peer_port: u16) -> Ledger {
        let (peer, local) = addresses(peer_port);
        let mut hook = MessageHook::new(spec.parse().unwrap(), engine, peer, local);
        for message in [&b"a"[..], b"", &[0; 100_000]] {
            hook.on_message(message);
        }
        hook.ledger()
    }

    #[test]
    fn the_reference_filter_drops_messages_of_its_port_only() {
        let spec: HookSpec = "native".parse().unwrap();
        for (peer_port, drops) in [(40_000, 0), (1234, 3)] {
            let ledger = ledger_of("native", NativeEngine::new(spec.params.filter()), peer_port);
            assert_eq!((ledger.calls, ledger.passes, ledger.drops), (3, Some(3 - drops), Some(drops)));
            assert_eq!((ledger.tcp, ledger.errors), (Some(3), 0));
            assert_eq!((ledger.hook.as_str(), ledger.attached.as_str()), ("native@message", "message"));
        }
    }

    #[test]
    fn a_boxed_engine_is_an_engine() {
        let engine: Box<dyn PacketEngine> = Box::new(NullEngine);
        let ledger = ledger_of("null", engine, 1234);
        assert_eq!((ledger.calls, ledger.drops, ledger.tcp, ledger.hash), (3, Some(0), None, None));
    }
}
