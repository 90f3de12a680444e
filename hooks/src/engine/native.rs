//! The filter ladder in Rust: the definition that the other engines are tested against, and the floor of what it costs.

use super::{EngineReport, PacketEngine};
use crate::filter::{Filter, FilterCounters, Rung};
use crate::packet::{Tcp, find_tcp};
use crate::verdict::Verdict;

/// One filter and what it has counted.
#[derive(Clone, Copy, Debug)]
pub struct NativeEngine {
    filter: Filter,
    counters: FilterCounters,
}

impl NativeEngine {
    /// An engine that has counted nothing yet.
    #[must_use]
    pub fn new(filter: Filter) -> NativeEngine {
        NativeEngine { filter, counters: FilterCounters::default() }
    }

    /// What the filter has counted; all zero on the `pass` rung.
    #[must_use]
    pub fn counters(&self) -> FilterCounters {
        self.counters
    }

    /// The verdict on a frame with TCP.
    #[inline]
    fn judge(&self, frame: &[u8], tcp: &Tcp) -> Verdict {
        let Filter { rung, port, pattern } = &self.filter;
        let unwanted = *rung >= Rung::Port && tcp.source_port == *port
            || *rung == Rung::Payload && pattern.is_in(&frame[tcp.payload.clone()]);
        if unwanted { Verdict::Drop } else { Verdict::Pass }
    }
}

impl PacketEngine for NativeEngine {
    #[inline]
    fn on_frame(&mut self, frame: &[u8]) -> Verdict {
        if self.filter.rung == Rung::Pass {
            return Verdict::Pass;
        }
        let tcp = if self.filter.rung >= Rung::Parse { find_tcp(frame) } else { None };
        let verdict = tcp.as_ref().map_or(Verdict::Pass, |tcp| self.judge(frame, tcp));
        self.counters.calls += 1;
        self.counters.tcp += u64::from(tcp.is_some());
        self.counters.passes += u64::from(verdict == Verdict::Pass);
        self.counters.drops += u64::from(verdict == Verdict::Drop);
        verdict
    }

    fn report(&mut self) -> EngineReport {
        EngineReport { counters: Some(self.counters), ..EngineReport::default() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::named::Named;
    use crate::testing::corpus;

    /// The verdicts of a rung on the corpus: the names of the frames it drops.
    fn dropped(rung: Rung) -> Vec<String> {
        let mut engine = NativeEngine::new(Filter::of(rung));
        let mut frames = corpus();
        frames.retain(|frame| engine.on_frame(&frame.bytes) == Verdict::Drop);
        frames.into_iter().map(|frame| frame.name).collect()
    }

    #[test]
    fn the_lower_rungs_drop_nothing() {
        for rung in [Rung::Pass, Rung::Count, Rung::Parse] {
            assert_eq!(dropped(rung), Vec::<String>::new(), "{rung}");
        }
    }

    #[test]
    fn the_port_rung_drops_the_port_wherever_it_finds_it() {
        let dropped = dropped(Rung::Port);
        assert!(["ipv4-dropped", "ipv6-routing", "tag-dropped"].iter().all(|name| dropped.iter().any(|d| d == name)));
        assert!(!dropped.iter().any(|name| name == "ipv4-later-fragment" || name == "payload-pattern"));
    }

    #[test]
    fn the_payload_rung_drops_what_lies_in_the_window_too() {
        let port = dropped(Rung::Port);
        let mut payload = dropped(Rung::Payload);
        payload.retain(|name| !port.contains(name));
        assert_eq!(payload, ["payload-pattern", "payload-restart", "payload-last-in-window", "payload-ipv6"]);
    }

    #[test]
    fn every_rung_counts_what_its_table_says() {
        let frames = corpus();
        for rung in Rung::ALL {
            let mut engine = NativeEngine::new(Filter::of(*rung));
            let drops = frames.iter().filter(|frame| engine.on_frame(&frame.bytes) == Verdict::Drop).count() as u64;
            let with_tcp = frames.iter().filter(|frame| find_tcp(&frame.bytes).is_some()).count() as u64;
            let calls = if *rung > Rung::Pass { frames.len() as u64 } else { 0 };
            let tcp = if *rung >= Rung::Parse { with_tcp } else { 0 };
            assert_eq!(engine.counters(), FilterCounters { calls, tcp, passes: calls - drops, drops }, "{rung}");
        }
    }
}
