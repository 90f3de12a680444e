//! Under which conditions the numbers above were measured: without them they mean little.

use std::time::Duration;

use hooks::timing::SAMPLE_EVERY;

use super::table::Table;
use crate::results::{Design, Header, Hooks, Ledger, Machine, Peer, Place, Results, Settings, Site, Variant};

/// The conditions, a line each.
pub(super) fn footer(results: &Results) -> Table {
    let header = &results.header;
    let settings = &header.settings;
    let mut lines = Lines(Table::unlabelled());
    lines.add("design", design(results));
    lines.add("place", place(&settings.place));
    if let Some(hooks) = hook_site(&settings.hooks) {
        lines.add("hooks", hooks);
    }
    for (name, options) in [("global", &settings.options), ("options", &settings.test_options)] {
        if !options.is_empty() {
            lines.add(name, options.join(" "));
        }
    }
    lines.add("CPUs", cpus(settings, &header.machine));
    lines.add("machine", machine(&header.machine));
    for (name, peer) in [("target", &header.target), ("hook host", &header.hook_host)] {
        if let Some(said) = peer {
            lines.add(name, self::peer(said));
        }
    }
    lines.add("margin", format!("{} % of the rate", settings.margin_percent));
    hooks(results).for_each(|hook| lines.add("ledger", hook));
    timed(header).for_each(|timed| lines.add("timed", timed));
    for skipped in &header.skipped {
        lines.add("skipped", format!("{}: {}", skipped.what, skipped.why));
    }
    let of_rounds = results.rounds.iter().map(|round| (round.round, &round.repeats));
    let of_slots = results.slots.iter().map(|slot| (slot.round, &slot.repeats));
    for (round, causes) in of_rounds.chain(of_slots) {
        causes.iter().for_each(|cause| lines.add("repeated", format!("round {}: {cause}", round + 1)));
    }
    lines.0
}

struct Lines(Table);

impl Lines {
    fn add(&mut self, name: &str, text: String) {
        self.0.row([name.to_owned(), text]);
    }
}

fn design(results: &Results) -> String {
    let Settings { design, seed, length_ns, rounds: planned, .. } = &results.header.settings;
    let (done, length) = (results.finished_rounds(), Duration::from_nanos(*length_ns));
    let rounds = if done == *planned as usize { done.to_string() } else { format!("{done} of {planned}") };
    let turns = match design {
        Design::Lockstep { block_ns, block_transactions } => {
            let block = Duration::from_nanos(*block_ns);
            format!("lock-step in blocks of {block:?}, at least {block_transactions} transactions")
        }
        Design::Slots { .. } => "slots, each a whole run".into(),
    };
    format!("{turns}; {rounds} rounds of {length:?} per variant; seed {seed}")
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

/// What each hook did, and where it was in the end.
fn hooks(results: &Results) -> impl Iterator<Item = String> {
    results.header.variants.iter().enumerate().filter_map(|(variant, Variant { name, .. })| {
        let attached = &results.ledgers(variant).last()?.attached;
        let sum = |count: fn(&Ledger) -> u64| results.ledgers(variant).map(count).fold(0, u64::saturating_add);
        let [calls, transactions, errors] =
            [sum(|ledger| ledger.calls), sum(|ledger| ledger.expected_calls), sum(|ledger| ledger.errors)];
        Some(format!("{name}: {calls} calls, {transactions} transactions, {errors} errors; last {attached}"))
    })
}

/// Where own costs come from: never from calls whose effect was measured at the price of a clock.
fn timed(header: &Header) -> impl Iterator<Item = String> {
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
