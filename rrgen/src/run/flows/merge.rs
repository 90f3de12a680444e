//! One result of all threads.

use std::io;

use hooks::Ledger;
use hooks::host::HostError;
use rrserver::EndReport;
use rrserver::data::{self, AffinityError, ThreadUsage, Traffic};
use socket2::Socket;

use super::fairness::Fairness;
use super::open_result::OpenResult;
use super::share::Shared;
use super::stages::OpenPart;
use crate::engine::{End, LatencyHistogram};
use crate::run::WarmedUp;
use crate::run::flow::FlowOutcome;

/// What all threads did together.
pub(super) struct Merged {
    transactions: u64,
    per_flow: Vec<u64>,
    histogram: LatencyHistogram,
    open: OpenPart,
    warmed_up: Option<WarmedUp>,
    traffic: Traffic,
    usage: ThreadUsage,
    /// When all threads began, ns.
    started_ns: u64,
    elapsed_ns: u64,
    threads: usize,
    /// Of the first thread that did not stop when it was told to.
    end: End,
    unbound: Option<AffinityError>,
    shortfall: Option<String>,
    ledger: Option<Result<Ledger, HostError>>,
}

impl Merged {
    pub(super) fn of(shares: Vec<io::Result<Shared>>, started_ns: u64) -> Self {
        let mut merged = Self {
            transactions: 0,
            per_flow: Vec::new(),
            histogram: LatencyHistogram::new(),
            open: None,
            warmed_up: None,
            traffic: Traffic::default(),
            usage: ThreadUsage::default(),
            started_ns,
            elapsed_ns: 0,
            threads: shares.len(),
            end: End::Stopped,
            unbound: None,
            shortfall: None,
            ledger: None,
        };
        for share in shares {
            match share {
                Ok(share) => merged.add(share),
                Err(e) => merged.ended(End::SendFailed(e)),
            }
        }
        merged
    }

    fn add(&mut self, share: Shared) {
        self.transactions += share.flow.transactions;
        self.per_flow.extend(share.per_flow);
        self.histogram.add(share.histogram.histogram());
        if let Some((counts, service)) = share.open {
            let (all, services) = self.open.get_or_insert_default();
            *all += counts;
            services.add(service.histogram());
        }
        if let Some(one) = share.warmed_up {
            *self.warmed_up.get_or_insert_default() += one;
        }
        self.traffic += share.traffic;
        self.usage = self.usage + share.usage;
        self.elapsed_ns = self.elapsed_ns.max(share.flow.last_ns.saturating_sub(self.started_ns));
        self.unbound = self.unbound.take().or(share.unbound);
        self.shortfall = self.shortfall.take().or(share.shortfall);
        self.ledger = self.ledger.take().or(share.ledger);
        self.ended(share.flow.end);
    }

    fn ended(&mut self, end: End) {
        if matches!(self.end, End::Stopped) {
            self.end = end;
        }
    }

    /// As one flow's data thread would tell it. What the kernel says of buffers is that of the first flow; all are alike.
    /// `retransmits` had been made before the test.
    pub(super) fn outcome(self, sockets: &[Socket], retransmits: u64, stopped: bool) -> FlowOutcome {
        let at_end = data::at_end_of_all(sockets);
        let report = EndReport {
            elapsed_ns: self.elapsed_ns,
            threads: self.usage,
            shortfall: self.shortfall,
            ..EndReport::of_connection(self.transactions, &self.traffic, &at_end, retransmits)
        };
        FlowOutcome {
            transactions: self.transactions,
            traffic: self.traffic,
            started_ns: self.started_ns,
            elapsed_ns: self.elapsed_ns,
            fairness: (sockets.len() > 1).then(|| Fairness::of(self.per_flow, self.elapsed_ns, self.threads)),
            open: self.open.map(|(counts, service)| OpenResult {
                counts,
                elapsed_ns: self.elapsed_ns,
                service: service.into_inner(),
            }),
            histogram: self.histogram.into_inner(),
            at_end,
            report,
            warmed_up: self.warmed_up,
            cpu: None,
            interim: None,
            end: if stopped { End::Stopped } else { self.end },
            unbound: self.unbound,
            connect_error: None,
            ledger: self.ledger,
        }
    }
}
