//! Under which conditions the numbers of a report were measured: without them they mean little.
//!
//! Every format for people tells the same facts, each laid out in its own way.

use std::time::Duration;

use hooks::timing::SAMPLE_EVERY;

use crate::analysis::Analysis;
use crate::results::{Design, Header, Hooks, Ledger, Machine, Peer, Place, Results, Settings, Site, Variant};
use crate::stats::precision::{self, Next};
use crate::stats::verdict::Margin;

/// One condition: what it is called, and what it was.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Fact {
    pub(super) name: &'static str,
    pub(super) text: String,
}

/// What the whole comparison has in common.
pub(super) fn facts(results: &Results, margin: Margin) -> Vec<Fact> {
    let Header { settings, machine: host, target, hook_host, .. } = &results.header;
    let joined = |options: &[String]| (!options.is_empty()).then(|| options.join(" "));
    let all = [
        ("design", Some(design(results))),
        ("load", load(settings)),
        ("place", Some(place(&settings.place))),
        ("hooks", hook_site(&settings.hooks)),
        ("global", joined(&settings.options)),
        ("options", joined(&settings.test_options)),
        ("CPUs", Some(cpus(settings, host))),
        ("machine", Some(machine(host))),
        ("target", target.as_ref().map(peer)),
        ("hook host", hook_host.as_ref().map(peer)),
        ("margin", Some(format!("{} % of the rate", margin.percent()))),
    ];
    all.into_iter().filter_map(|(name, text)| Some(Fact { name, text: text? })).collect()
}

/// What a hook did over all rounds, and where it was in the end.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct LedgerSum<'a> {
    /// Its variant.
    pub(super) name: &'a str,
    pub(super) calls: u64,
    pub(super) transactions: u64,
    pub(super) errors: u64,
    pub(super) attached: &'a str,
    /// SHA-256 of what ran: one, unless somebody changed it meanwhile.
    pub(super) hashes: Vec<&'a str>,
}

/// The ledgers of all hooks.
pub(super) fn ledgers(results: &Results) -> impl Iterator<Item = LedgerSum<'_>> {
    results.header.variants.iter().enumerate().filter_map(|(variant, Variant { name, .. })| {
        let attached = &results.ledgers(variant).last()?.attached;
        let sum = |count: fn(&Ledger) -> u64| results.ledgers(variant).map(count).fold(0, u64::saturating_add);
        let (calls, errors) = (sum(|ledger| ledger.calls), sum(|ledger| ledger.errors));
        let mut hashes: Vec<&str> = results.ledgers(variant).filter_map(|ledger| ledger.hash.as_deref()).collect();
        hashes.dedup();
        Some(LedgerSum { name, calls, transactions: sum(|ledger| ledger.expected_calls), errors, attached, hashes })
    })
}

/// Where own costs come from: never from calls whose effect was measured at the price of a clock.
pub(super) fn timed(header: &Header) -> impl Iterator<Item = String> {
    let by_the_kernel = match header.settings.design {
        Design::Lockstep { .. } => "by the kernel, every call of a phase before the measuring",
        Design::Slots { .. } => "by the kernel, every call of the warm-up",
    };
    let by_its_host = format!("by the hook's host, one call in {SAMPLE_EVERY}");
    [(true, by_the_kernel.to_owned()), (false, by_its_host)].into_iter().filter_map(|(in_kernel, how)| {
        let timed = |variant: &&Variant| variant.attach().is_some_and(|attach| attach.is_in_kernel() == in_kernel);
        let names: Vec<&str> = header.variants.iter().filter(timed).map(|variant| variant.name.as_str()).collect();
        (!names.is_empty()).then(|| format!("{}: {how}", names.join(", ")))
    })
}

/// What was measured again, with its round as people count, and why.
pub(super) fn repeats(results: &Results) -> impl Iterator<Item = (u32, &str)> {
    let of_rounds = results.rounds.iter().map(|round| (round.round, &round.repeats));
    let of_slots = results.slots.iter().map(|slot| (slot.round, &slot.repeats));
    of_rounds
        .chain(of_slots)
        .flat_map(|(round, causes)| causes.iter().map(move |cause| (round.saturating_add(1), cause.as_str())))
}

/// Whether the comparison was to go on.
pub(super) fn is_unfinished(results: &Results, analysis: &Analysis) -> bool {
    let settings = &results.header.settings;
    let contrasts: Vec<_> = analysis.contrasts.iter().map(|figures| figures.contrast).collect();
    match settings.precision_percent {
        Some(target_percent) => precision::next(&contrasts, target_percent) == Next::Continue,
        None => results.finished_rounds() < settings.rounds as usize,
    }
}

fn design(results: &Results) -> String {
    let Settings { design, seed, length_ns, .. } = &results.header.settings;
    let (rounds, length) = (rounds(results), Duration::from_nanos(*length_ns));
    let turns = match design {
        Design::Lockstep { block_ns, block_transactions } => {
            let block = Duration::from_nanos(*block_ns);
            format!("lock-step in blocks of {block:?}, at least {block_transactions} transactions")
        }
        Design::Slots { .. } => "slots, each a whole run".into(),
    };
    format!("{turns}; {rounds} rounds of {length:?} per variant; seed {seed}")
}

/// What is busy at once, if that is more than netperf has.
fn load(settings: &Settings) -> Option<String> {
    let flows = settings.flows;
    (flows > 1).then(|| format!("{flows} flows per variant, in one data thread at each end"))
}

/// How many rounds there are, and of how many if there were to be more.
pub(super) fn rounds(results: &Results) -> String {
    let (done, planned) = (results.finished_rounds(), results.header.settings.rounds);
    if done == planned as usize { done.to_string() } else { format!("{done} of {planned}") }
}

fn place(place: &Place) -> String {
    match place {
        Place::Direct => "two network namespaces, a veth pair per variant".into(),
        Place::Router => "three network namespaces, two veth pairs per variant over a router".into(),
        Place::Loopback => "the loopback device".into(),
        Place::Host { host, port } => format!("the server at {host}, port {port}"),
    }
}

/// Where hooks were, if that is not where the place has them.
fn hook_site(hooks: &Hooks) -> Option<String> {
    let site = match &hooks.site {
        Site::Target => None,
        Site::HookHost { host } => Some(format!("on the hook host {host}")),
        Site::Client => Some("in the client".into()),
    };
    let scope = hooks.whole_host.then(|| "seeing all traffic there".to_owned());
    let parts: Vec<String> = site.into_iter().chain(scope).collect();
    (!parts.is_empty()).then(|| parts.join(", "))
}

fn peer(Peer { address, program, machine }: &Peer) -> String {
    let described = machine
        .as_ref()
        .map(|machine| format!("; {}; {} CPUs ({})", self::machine(machine), machine.cpus, machine.cpu_model));
    format!("{program} at {address}{}", described.unwrap_or_default())
}

fn cpus(settings: &Settings, machine: &Machine) -> String {
    let name = |cpu: Option<u32>| cpu.map_or("any".into(), |cpu| cpu.to_string());
    let [client, server] = [settings.client_cpu, settings.server_cpu].map(name);
    format!("client {client}, server {server}, of {} ({})", machine.cpus, machine.cpu_model)
}

fn machine(machine: &Machine) -> String {
    let or_none = |what: &Option<String>| what.clone().unwrap_or_else(|| "none".into());
    let (governor, virtualisation) = (or_none(&machine.governor), or_none(&machine.virtualisation));
    format!("Linux {}; governor {governor}; virtualisation {virtualisation}", machine.kernel)
}
