//! Reading results back, trusting nothing: what indexes, divides or allocates later is checked here.

use super::{
    Cycle, Design, Header, Hooks, LONGEST_LOCKSTEP_NS, Ledger, Line, MAX_VARIANTS, Machine, Pair, Place, ReadError,
    Results, Round, SHORTEST_BLOCK_NS, Settings, Site, Slot, VERSION,
};
use crate::stats::order;
use crate::stats::signed_rank::MAX_VALUES;
use crate::stats::verdict::Margin;
use rrserver::load::FLOWS_MAX;

/// The longest name of a variant or hook, letters: hooks are far shorter, and a column of a table must hold two.
const LONGEST_NAME: usize = 1_000;

/// The most contrasts of one variant: with the baseline, and with the null engine at its attach point.
const CONTRASTS_PER_VARIANT: usize = 2;

impl Results {
    /// Reads a results file.
    ///
    /// # Errors
    /// The line at which it stops being one, and what was expected there.
    pub fn parse(bytes: &[u8]) -> Result<Self, ReadError> {
        let mut lines = bytes.split_inclusive(|&byte| byte == b'\n').enumerate().map(|(index, line)| (index + 1, line));
        let expected = |line, expected| ReadError { line, expected };
        let header = match lines.next().map(|(_, line)| parse_line(line)).transpose().map_err(|e| expected(1, e))? {
            Some(Line::Header(header)) => *header,
            _ => return Err(expected(1, "the header of a results file".into())),
        };
        check_header(&header).map_err(|e| expected(1, e))?;
        let mut results = Self::new(header);
        for (number, line) in lines {
            parse_line(line).and_then(|line| results.take(line)).map_err(|e| expected(number, e))?;
        }
        Ok(results)
    }

    /// Adds what was measured next.
    ///
    /// # Errors
    /// What would have to come next instead.
    pub(super) fn take(&mut self, line: Line) -> Result<(), String> {
        match (line, self.header.settings.design) {
            (Line::Round(round), Design::Lockstep { .. }) => {
                self.check_round(&round)?;
                self.rounds.push(round);
            }
            (Line::Slot(slot), Design::Slots { .. }) => {
                self.check_slot(&slot)?;
                self.slots.push(slot);
            }
            (_, Design::Lockstep { .. }) => return Err("a round of the lock-step design".into()),
            (_, Design::Slots { .. }) => return Err("a slot of the slot design".into()),
        }
        Ok(())
    }

    fn check_round(&self, round: &Round) -> Result<(), String> {
        let variants = self.header.variants.len();
        require(round.round as usize == self.rounds.len(), || format!("round {}", self.rounds.len()))?;
        require(self.rounds.len() < MAX_VALUES, || format!("at most {MAX_VALUES} rounds"))?;
        printable(&round.repeats)?;
        require(!round.cycles.is_empty(), || "at least one cycle".into())?;
        require(is_order(&round.paths, variants), || format!("{variants} paths, each once"))?;
        require(round.variants.len() == variants, || format!("{variants} variants"))?;
        let possible = round.variants.iter().all(|variant| variant.round_trips.histogram().is_some());
        require(possible, || "round trips of 1 ns to an hour".into())?;
        check_ledgers(round.variants.iter().filter_map(|variant| variant.ledger.as_ref()))?;
        round.cycles.iter().try_for_each(|cycle| check_cycle(cycle, variants))
    }

    fn check_slot(&self, slot: &Slot) -> Result<(), String> {
        let variants = self.header.variants.len();
        let (round, place) = (self.slots.len() / variants, self.slots.len() % variants);
        let settings = &self.header.settings;
        printable(slot.repeats.iter().chain([&slot.output]))?;
        require(round < MAX_VALUES, || format!("at most {MAX_VALUES} rounds"))?;
        require((slot.round as usize, slot.place) == (round, place), || format!("slot {place} of round {round}"))?;
        let turn = order::slot_order(settings.seed, slot.round, variants)[place];
        require(slot.variant == turn, || format!("variant {turn}, whose turn it is by the seed"))?;
        check_ledgers(&slot.ledger)?;
        require(slot.rate.is_finite() && slot.rate > 0.0, || "a positive rate".into())
    }
}

fn parse_line(line: &[u8]) -> Result<Line, String> {
    require(line.ends_with(b"\n"), || "a whole line; the file was cut off".into())?;
    serde_json::from_slice(line).map_err(|e| format!("a line of a results file in JSON: {e}"))
}

fn check_header(header: &Header) -> Result<(), String> {
    let variants = header.variants.len();
    require(header.version == VERSION, || format!("version {VERSION} of the format, not {}", header.version))?;
    require((2..=MAX_VARIANTS).contains(&variants), || format!("2 to {MAX_VARIANTS} variants"))?;
    check_contrasts(&header.contrasts, variants)?;
    check_settings(&header.settings)?;
    let variants = header.variants.iter().flat_map(|variant| [&variant.name, &variant.hook]);
    let short = variants.clone().all(|name| name.chars().count() <= LONGEST_NAME);
    require(short, || format!("names of at most {LONGEST_NAME} letters"))?;
    let skipped = header.skipped.iter().flat_map(|skipped| [&skipped.what, &skipped.why]);
    let peers = || header.target.iter().chain(&header.hook_host);
    let programs = peers().flat_map(|peer| [&peer.address, &peer.program]);
    let machines = [&header.machine].into_iter().chain(peers().filter_map(|peer| peer.machine.as_ref()));
    let Settings { place, hooks, options, test_options, .. } = &header.settings;
    printable(variants.chain(skipped).chain(programs).chain(machines.flat_map(machine_texts)))?;
    printable(place_texts(place).chain(hook_texts(hooks)).chain(options).chain(test_options))
}

fn check_contrasts(contrasts: &[Pair], variants: usize) -> Result<(), String> {
    let most = CONTRASTS_PER_VARIANT * variants;
    require((1..=most).contains(&contrasts.len()), || format!("1 to {most} contrasts"))?;
    let known = contrasts.iter().all(|pair| pair.variant.max(pair.reference) < variants);
    require(known, || "contrasts of the variants listed".into())?;
    let different = contrasts.iter().all(|pair| pair.variant != pair.reference);
    require(different, || "contrasts of two variants".into())?;
    // Every other verdict hangs on it.
    require(contrasts[0] == Pair { variant: 1, reference: 0 }, || "the noise floor as the first contrast".into())
}

fn machine_texts(machine: &Machine) -> impl Iterator<Item = &String> {
    let Machine { kernel, cpu_model, cpus: _, governor, virtualisation } = machine;
    [Some(kernel), Some(cpu_model), governor.as_ref(), virtualisation.as_ref()].into_iter().flatten()
}

fn place_texts(place: &Place) -> impl Iterator<Item = &String> {
    match place {
        Place::Host { host, .. } => Some(host),
        Place::Direct | Place::Router | Place::Loopback => None,
    }
    .into_iter()
}

fn hook_texts(hooks: &Hooks) -> impl Iterator<Item = &String> {
    let host = match &hooks.site {
        Site::HookHost { host } => Some(host),
        Site::Target | Site::Client => None,
    };
    host.into_iter().chain(&hooks.folder)
}

/// Settings by which a comparison may go on.
fn check_settings(settings: &Settings) -> Result<(), String> {
    let rounds = settings.rounds as usize;
    require((1..=MAX_VALUES).contains(&rounds), || format!("1 to {MAX_VALUES} rounds"))?;
    require((1..=FLOWS_MAX).contains(&settings.flows), || format!("1 to {FLOWS_MAX} flows per variant"))?;
    match settings.design {
        Design::Lockstep { block_ns, .. } => {
            require(block_ns >= SHORTEST_BLOCK_NS, || format!("blocks of at least {SHORTEST_BLOCK_NS} ns"))?;
            require(settings.length_ns <= LONGEST_LOCKSTEP_NS, || format!("at most {LONGEST_LOCKSTEP_NS} ns a round"))?;
        }
        Design::Slots { interim_s } => require(interim_s > 0.0, || "a positive time between interim results".into())?,
    }
    Margin::from_percent(settings.margin_percent).map(drop).map_err(|e| format!("another margin: {e}"))
}

fn check_cycle(cycle: &Cycle, variants: usize) -> Result<(), String> {
    require(is_order(&cycle.order, variants), || format!("cycles with {variants} variants, each once"))?;
    require(cycle.blocks.len() == variants, || format!("{variants} blocks in each cycle"))?;
    let measured = cycle.blocks.iter().all(|block| block.transactions > 0 && block.elapsed_ns > 0);
    require(measured, || "blocks with transactions and time".into())
}

fn check_ledgers<'a>(ledgers: impl IntoIterator<Item = &'a Ledger>) -> Result<(), String> {
    ledgers.into_iter().try_for_each(|ledger| {
        printable(ledger.hash.iter().chain([&ledger.attached]))?;
        let possible = ledger.ns_per_call.is_none_or(|ns| ns.is_finite() && ns >= 0.0);
        require(possible, || "a hook's calls to take 0 ns or longer".into())
    })
}

/// Texts that reach terminals.
fn printable<'a>(texts: impl IntoIterator<Item = &'a String>) -> Result<(), String> {
    let plain = texts.into_iter().all(|text| !text.chars().any(|letter| letter.is_control() && letter != '\n'));
    require(plain, || "texts without control characters".into())
}

fn is_order(order: &[usize], of: usize) -> bool {
    order.len() == of && (0..of).all(|index| order.contains(&index))
}

fn require(holds: bool, expected: impl FnOnce() -> String) -> Result<(), String> {
    if holds { Ok(()) } else { Err(expected()) }
}
