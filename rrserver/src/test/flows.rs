//! A test of many flows: all of them are accepted, then served by several threads, then summed up.

use std::io;
use std::sync::Arc;
use std::thread;

use hooks::host::{EndHook, HostError};
use hooks::{Ledger, Verdict};
use socket2::Socket;

use super::data_path::Path;
use super::plan::Plan;
use super::worker::{Outcome, STACK_BYTES};
use crate::data::{
    self, AffinityError, AnyFlows, End, Exchange, Messages, Served, ThreadId, ThreadUsage, Threads, Traffic, Wake,
    payload, serve_flows,
};
use crate::hooking::TestHook;
use crate::load::ThreadReport;

type Flows = [Arc<Socket>];

/// Serves one test to its end.
pub(super) fn serve(path: &mut Path<'_>, hook: TestHook) -> Outcome {
    let gathered = Wake::new().and_then(|wake| {
        let wake = Arc::new(wake);
        Ok(accept_all(path, &wake)?.map(|flows| (flows, wake)))
    });
    match gathered {
        Ok(Some((flows, wake))) => {
            path.arrived();
            serve_all(path, &flows, &wake, hook)
        }
        Ok(None) => Outcome::default(),
        Err(e) => Outcome { broken: Some(e), ..Outcome::default() },
    }
}

/// Every flow of the test, or `None` when it was cancelled before they came; from then on `wake` cancels it.
fn accept_all(path: &Path<'_>, wake: &Arc<Wake>) -> io::Result<Option<Arc<Flows>>> {
    let count = path.plan.load.flows as usize;
    let mut flows = Vec::with_capacity(count);
    while flows.len() < count {
        let Some(flow) = path.cancel.accept(&path.socket)? else { return Ok(None) };
        flows.push(flow);
    }
    let flows = flows.into();
    Ok(path.cancel.hold_many(&flows, wake).then_some(flows))
}

/// What a thread needs to know.
struct Share<'a> {
    number: usize,
    flows: &'a Flows,
    plan: &'a Plan,
    outgoing: &'a [u8],
    wake: &'a Wake,
    entrance: &'a Threads,
}

/// What came of serving them.
struct Exchanged {
    served: Served,
    traffic: Traffic,
    ledger: Option<Result<Ledger, HostError>>,
    /// Why it did not wait as it was asked to.
    shortfall: Option<String>,
}

/// What a thread did.
struct Done {
    exchanged: Exchanged,
    unbound: Option<AffinityError>,
    usage: ThreadUsage,
    report: ThreadReport,
}

fn serve_all(path: &Path<'_>, flows: &Flows, wake: &Wake, hook: TestHook) -> Outcome {
    let Path { plan, threads: entrance, .. } = *path;
    let outgoing = payload::pattern(plan.response_size);
    // The session lets a hook in only where there is one thread: it has one interpreter.
    let mut hook = Some(hook);
    let threads = thread::scope(|scope| {
        let start = |number| {
            let flows = &flows[plan.load.flows_of(number)];
            let share = Share { number, flows, plan, outgoing: &outgoing, wake, entrance };
            let hook = hook.take().unwrap_or(TestHook::Elsewhere);
            let name = format!("rr-data-{number}");
            thread::Builder::new().name(name).stack_size(STACK_BYTES).spawn_scoped(scope, move || share.run(hook))
        };
        let threads: Vec<_> = (0..plan.load.threads as usize).map(start).collect();
        if threads.iter().any(Result::is_err) {
            wake.ring();
        }
        threads.into_iter().map(|thread| Ok(thread?.join().expect("data thread"))).collect::<Vec<_>>()
    });
    sum_up(threads, flows)
}

impl Share<'_> {
    fn run(&self, hook: TestHook) -> Done {
        self.entrance.enter();
        let cpu = self.plan.cpu_of(self.number);
        let unbound = cpu.and_then(|cpu| data::pin_current_thread(cpu).err());
        let exchanged = self.exchange(hook);
        // One that stops answering before its flows have ended stops the test.
        if !matches!(exchanged.served.end, End::Closed) {
            self.wake.ring();
        }
        let report = ThreadReport {
            cpu: cpu.filter(|_| unbound.is_none()),
            flows: self.flows.len() as u32,
            transactions: exchanged.served.transactions,
        };
        Done { exchanged, unbound, usage: ThreadId::current().usage(), report }
    }

    fn exchange(&self, hook: TestHook) -> Exchanged {
        let Plan { request_size, load, .. } = self.plan;
        let kept = matches!(hook, TestHook::DataThread(_));
        let messages = Messages { outgoing: self.outgoing, recv_size: *request_size, kept, asked: false };
        match AnyFlows::new(load.engine, self.flows, self.wake, messages, load.wait) {
            Ok(mut exchange) => {
                // Asked once, not for every message.
                let (served, ledger) = match &mut exchange {
                    AnyFlows::Epoll(exchange) => self.serve(&mut **exchange, hook),
                    AnyFlows::Uring(exchange) => self.serve(&mut **exchange, hook),
                };
                Exchanged { served, ledger, traffic: exchange.traffic(), shortfall: exchange.shortfall() }
            }
            Err(e) => {
                let served = Served { transactions: 0, end: End::Broken(e) };
                Exchanged { served, ledger: None, traffic: Traffic::default(), shortfall: None }
            }
        }
    }

    fn serve(&self, exchange: &mut impl Exchange, hook: TestHook) -> (Served, Option<Result<Ledger, HostError>>) {
        let dropped = Served { transactions: 0, end: End::Dropped };
        let count = self.flows.len();
        let TestHook::DataThread(prepared) = hook else {
            return (serve_flows(exchange, count, |_, _| Verdict::Pass), None);
        };
        let mut hook = match prepared.on_end_of(&self.flows[0]) {
            Ok(hook) => hook,
            // A test without its hook would be taken for one with it.
            Err(e) => return (dropped, Some(Err(e))),
        };
        let served = match &mut hook {
            EndHook::Messages(hook) => {
                let ports = data::ports(self.flows);
                serve_flows(exchange, count, |flow, request| hook.on_message_between(ports[flow], request))
            }
            // The session lets none in: it would sit on one flow.
            #[cfg(feature = "ebpf")]
            EndHook::Socket(_) => dropped,
        };
        (served, Some(hook.detach()))
    }
}

/// One outcome of all threads. What the kernel says of buffers is that of the first flow; all are made alike.
fn sum_up(threads: Vec<io::Result<Done>>, flows: &Flows) -> Outcome {
    let mut outcome = Outcome { at_end: data::at_end_of_all(flows), ..Outcome::default() };
    for thread in threads {
        match thread {
            Ok(Done { exchanged, unbound, usage, report }) => {
                let Exchanged { served, traffic, ledger, shortfall } = exchanged;
                outcome.ended_threads = outcome.ended_threads + usage;
                outcome.transactions += served.transactions;
                outcome.traffic += traffic;
                outcome.ledger = outcome.ledger.or(ledger);
                outcome.unbound = outcome.unbound.or(unbound);
                outcome.shortfall = outcome.shortfall.or(shortfall);
                outcome.threads.push(report);
                if let End::Broken(e) = served.end {
                    outcome.broken.get_or_insert(e);
                }
            }
            Err(e) => drop(outcome.broken.get_or_insert(e)),
        }
    }
    outcome
}

#[cfg(test)]
mod tests {
    use std::net::Ipv4Addr;

    use compat::wire::OmniRequest;

    use super::super::results::{report, results};
    use super::super::watching::Watched;
    use super::*;
    use crate::Config;

    /// At a million transactions a second.
    const A_DAY: u64 = 86_400_000_000;

    fn day_of_one() -> io::Result<Done> {
        let traffic = Traffic { send_calls: A_DAY, recv_calls: A_DAY, bytes_sent: A_DAY, bytes_received: A_DAY };
        let served = Served { transactions: A_DAY, end: End::Closed };
        Ok(Done {
            exchanged: Exchanged { served, traffic, ledger: None, shortfall: None },
            unbound: None,
            usage: ThreadUsage::default(),
            report: ThreadReport { cpu: None, flows: 16, transactions: A_DAY },
        })
    }

    #[test]
    fn a_day_of_many_threads_is_whole_in_the_report_and_stops_at_what_netperfs_words_hold() {
        let request = OmniRequest::default();
        let terms = "flows=64 threads=4".parse().expect("terms");
        let plan = Plan::new(&request, Some(terms), Ipv4Addr::LOCALHOST.into(), &Config::default()).expect("a plan");
        let outcome = sum_up((0..4).map(|_| day_of_one()).collect(), &[]);
        let watched = Watched { outcome, warmed_up: None, backstopped: false };
        let report = report(&watched, &plan);
        assert_eq!((report.transactions(), report.end.transactions), (4 * A_DAY, 4 * A_DAY));
        assert_eq!((report.end.bytes_sent, report.end.bytes_received), (4 * A_DAY, 4 * A_DAY));
        let results = results(&watched, &plan, &request);
        assert_eq!((results.transactions, results.send_calls, results.recv_calls), (u32::MAX, u32::MAX, u32::MAX));
        assert_eq!((results.bytes_sent, results.bytes_received), (4 * A_DAY, 4 * A_DAY));
    }
}
