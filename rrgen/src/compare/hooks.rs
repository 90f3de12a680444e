//! Which hooks are compared: those that were named, or those that the place and the privileges allow.
//!
//! What was named and cannot be had is refused before anything runs. What would have been there by default and cannot
//! be had is left out, and the report says so.

use hooks::{AttachPoint, Engine, HookSpec, Variant as Named};
use thiserror::Error;

use super::args::Design;
use crate::results::{MAX_VARIANTS, Pair, Place, Site, Skipped, Variant};

/// The hook of a variant without one.
pub(super) const NO_HOOK: &str = "none";

/// The baseline, twice.
const BASELINES: [&str; 2] = ["baseline", "baseline'"];

/// In the kernel, on an interface.
const PROGRAMS: [(Engine, AttachPoint); 2] = [(Engine::Null, AttachPoint::Xdp), (Engine::Ebpf, AttachPoint::Xdp)];

/// At an end of the connection, which takes no privilege.
const MESSAGES: [(Engine, AttachPoint); 2] =
    [(Engine::Native, AttachPoint::Message), (Engine::Lua, AttachPoint::Message)];

/// On the way of one connection.
const QUEUES: [(Engine, AttachPoint); 2] = [(Engine::Null, AttachPoint::Nfqueue), (Engine::Lua, AttachPoint::Nfqueue)];

/// Why hooks cannot be compared.
#[derive(Debug, Error, PartialEq, Eq)]
pub(super) enum HookError {
    /// Something is missing, or not allowed.
    #[error("{0} cannot be had: {1}")]
    Missing(String, String),
    /// It would see the packets of all variants.
    #[error(
        "{hook} sees {}, which variants share there: leave out --design lockstep, and they take turns in slots; or {}",
        .shared.what(),
        .shared.instead()
    )]
    Shared {
        /// The hook.
        hook: String,
        /// What it would see of others.
        shared: Shared,
    },
    /// It is on an end of the connection, and the hook host is between.
    #[error(
        "{0} hooks an end of the connection, which a router is not: hook @nfqueue, @xdp or @tcx-ingress there, or an end \
         (--topology direct, no --hook-host, or --hook-side client)"
    )]
    NotBetween(String),
    /// A comparison with itself, which the baseline has already.
    #[error("{0} is named twice")]
    Twice(String),
    /// More than a comparison has room for.
    #[error("at most {} hooks can be compared at once", MAX_VARIANTS - BASELINES.len())]
    TooMany,
}

/// What variants have in common that a hook must have to itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Shared {
    Interface,
    Host,
}

impl Shared {
    fn what(self) -> &'static str {
        match self {
            Self::Interface => "all that crosses an interface",
            Self::Host => "all traffic of its host",
        }
    }

    fn instead(self) -> &'static str {
        match self {
            Self::Interface => "use a test-bed (--topology direct or router)",
            Self::Host => "leave out --hook-scope",
        }
    }
}

/// Where the hooks of a comparison are.
#[derive(Debug, Clone, Copy)]
pub(super) struct Spot<'a> {
    pub(super) place: &'a Place,
    pub(super) site: &'a Site,
    /// They see all traffic of their host.
    pub(super) whole_host: bool,
}

impl Spot<'_> {
    /// Whether all variants share the interfaces there.
    fn shares_interfaces(self) -> bool {
        matches!(self.place, Place::Loopback | Place::Host { .. })
    }

    /// What a hook that is attached there would see of other variants.
    fn shared(self, attach: AttachPoint) -> Option<Shared> {
        match attach {
            AttachPoint::Nfqueue => self.whole_host.then_some(Shared::Host),
            _ => (attach.is_on_interface() && self.shares_interfaces()).then_some(Shared::Interface),
        }
    }

    /// Whether it is no end of the connections.
    fn is_between(self) -> bool {
        match self.site {
            Site::HookHost { .. } => true,
            Site::Target => *self.place == Place::Router,
            Site::Client => false,
        }
    }

    /// What is compared there if nothing is named, by whoever may have programs in the kernel or may not.
    fn candidates(self, privileged: bool) -> &'static [[(Engine, AttachPoint); 2]] {
        match self.place {
            // Programs all the same: the report lists what was left out, and how to get it.
            Place::Direct if !privileged => &[PROGRAMS, MESSAGES, QUEUES],
            Place::Direct | Place::Router => &[PROGRAMS, QUEUES],
            Place::Loopback | Place::Host { .. } if self.is_between() => &[QUEUES],
            Place::Loopback | Place::Host { .. } => &[MESSAGES, QUEUES],
        }
    }
}

/// The hooks of a comparison.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Chosen {
    hooks: Vec<HookSpec>,
    pub(super) skipped: Vec<Skipped>,
}

impl Chosen {
    /// The hooks that were `named`, or else those that `spot` has by default; `missing` says what a hook lacks there.
    ///
    /// # Errors
    /// One that was named cannot be had there.
    pub(super) fn new(named: &[Named], spot: Spot, missing: impl Fn(&HookSpec) -> String) -> Result<Self, HookError> {
        if named.is_empty() { Ok(Self::by_default(spot, missing)) } else { Self::of_named(named, spot, missing) }
    }

    fn by_default(spot: Spot, missing: impl Fn(&HookSpec) -> String) -> Self {
        let mut chosen = Self::default();
        let specs = |pairs: &[[(Engine, AttachPoint); 2]]| -> Vec<HookSpec> {
            let spec = |&(engine, attach): &_| HookSpec { engine, attach, params: Default::default() };
            pairs.iter().flatten().map(spec).collect()
        };
        let privileged = specs(&[PROGRAMS]).iter().all(|hook| missing(hook).is_empty());
        for hook in specs(spot.candidates(privileged)) {
            match missing(&hook) {
                why if why.is_empty() => chosen.hooks.push(hook),
                why => chosen.skipped.push(Skipped { what: hook.to_string(), why }),
            }
        }
        if spot.shares_interfaces() {
            let why = "it is on an interface that variants share; name it, and they take turns in slots";
            let left_out = |hook: HookSpec| Skipped { what: hook.to_string(), why: why.into() };
            chosen.skipped.extend(specs(&[PROGRAMS]).into_iter().map(left_out));
        }
        chosen
    }

    fn of_named(named: &[Named], spot: Spot, missing: impl Fn(&HookSpec) -> String) -> Result<Self, HookError> {
        let mut hooks: Vec<HookSpec> = Vec::new();
        for named in named {
            // The baseline is always there.
            let Named::Hook(hook) = named else { continue };
            let at_an_end = matches!(hook.attach, AttachPoint::Message | AttachPoint::Socket);
            if hooks.contains(hook) {
                return Err(HookError::Twice(hook.to_string()));
            }
            if at_an_end && spot.is_between() {
                return Err(HookError::NotBetween(hook.to_string()));
            }
            match missing(hook) {
                why if why.is_empty() => hooks.push(hook.clone()),
                why => return Err(HookError::Missing(hook.to_string(), why)),
            }
        }
        if BASELINES.len() + hooks.len() > MAX_VARIANTS {
            Err(HookError::TooMany)
        } else {
            Ok(Self { hooks, skipped: Vec::new() })
        }
    }

    /// How the variants take turns: as `asked`, or in lock-step, unless a hook must have its interface or host to itself.
    ///
    /// # Errors
    /// Lock-step was asked for, and it must.
    pub(super) fn design(&mut self, asked: Option<Design>, spot: Spot) -> Result<Design, HookError> {
        let sharing = self.hooks.iter().find_map(|hook| Some((hook.to_string(), spot.shared(hook.attach)?)));
        match (sharing, asked) {
            (Some((hook, shared)), Some(Design::Lockstep)) => Err(HookError::Shared { hook, shared }),
            (Some((hook, shared)), None) => {
                let why = format!("{hook} sees {}, which variants share: slots instead", shared.what());
                self.skipped.push(Skipped { what: "lock-step".into(), why });
                Ok(Design::Slots)
            }
            (_, asked) => Ok(asked.unwrap_or(Design::Lockstep)),
        }
    }

    /// The baseline twice, and a variant per hook.
    pub(super) fn variants(&self) -> Vec<Variant> {
        let baselines = BASELINES.map(|name| Variant { name: name.into(), hook: NO_HOOK.into() });
        let hooked = self.hooks.iter().map(|hook| Variant { name: hook.to_string(), hook: hook.to_string() });
        baselines.into_iter().chain(hooked).collect()
    }

    /// The noise floor, every hook against the baseline, and every engine against the null engine at its attach point:
    /// the cost of the language.
    pub(super) fn contrasts(&self) -> Vec<Pair> {
        let first = BASELINES.len();
        let against_baseline = (1..first + self.hooks.len()).map(|variant| Pair { variant, reference: 0 });
        let against_null = self.hooks.iter().enumerate().filter_map(|(index, hook)| {
            let is_null = |other: &HookSpec| other.engine == Engine::Null && other.attach == hook.attach;
            let null = self.hooks.iter().position(is_null).filter(|_| hook.engine != Engine::Null)?;
            Some(Pair { variant: first + index, reference: first + null })
        });
        against_baseline.chain(against_null).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn named(hooks: &[&str]) -> Vec<Named> {
        hooks.iter().map(|hook| hook.parse().unwrap()).collect()
    }

    fn at(place: &Place) -> Spot<'_> {
        Spot { place, site: &Site::Target, whole_host: false }
    }

    fn there() -> Place {
        Place::Host { host: "there".into(), port: 1 }
    }

    fn nothing_missing(_: &HookSpec) -> String {
        String::new()
    }

    fn chosen(hooks: &[&str], spot: Spot) -> Result<Chosen, HookError> {
        Chosen::of_named(&named(hooks), spot, nothing_missing)
    }

    fn whats(skipped: &[Skipped]) -> Vec<&str> {
        skipped.iter().map(|skipped| skipped.what.as_str()).collect()
    }

    #[test]
    fn every_hook_meets_the_baseline_and_every_engine_its_null() {
        let chosen = chosen(&["none", "ebpf", "null@xdp", "lua@nfqueue"], at(&Place::Direct)).unwrap();
        let names: Vec<String> = chosen.variants().into_iter().map(|variant| variant.name).collect();
        assert_eq!(names, ["baseline", "baseline'", "ebpf@xdp", "null@xdp", "lua@nfqueue"]);
        let pairs: Vec<_> = chosen.contrasts().iter().map(|pair| (pair.variant, pair.reference)).collect();
        assert_eq!(pairs, [(1, 0), (2, 0), (3, 0), (4, 0), (2, 3)]);
    }

    #[test]
    fn what_cannot_be_had_by_default_is_left_out_and_told() {
        let no_queue =
            |hook: &HookSpec| if hook.attach == AttachPoint::Nfqueue { "no queue".to_owned() } else { String::new() };
        let loopback = Chosen::by_default(at(&Place::Loopback), no_queue);
        assert_eq!(whats(&loopback.skipped), ["null@nfqueue", "lua@nfqueue", "null@xdp", "ebpf@xdp"]);
        assert_eq!(loopback.variants().len(), 4);
        assert_eq!(Chosen::by_default(at(&Place::Router), nothing_missing).contrasts().len(), 7);
    }

    #[test]
    fn without_privileges_messages_take_the_place_of_programs() {
        let no_programs =
            |hook: &HookSpec| if hook.attach == AttachPoint::Xdp { "root".to_owned() } else { String::new() };
        let bed = Chosen::by_default(at(&Place::Direct), no_programs);
        let names: Vec<String> = bed.variants().into_iter().skip(2).map(|variant| variant.name).collect();
        assert_eq!(names, ["native@message", "lua@message", "null@nfqueue", "lua@nfqueue"]);
        assert_eq!(whats(&bed.skipped), ["null@xdp", "ebpf@xdp"]);
    }

    #[test]
    fn a_host_between_has_queues_by_default_and_an_end_messages_too() {
        let between = Spot { place: &there(), site: &Site::HookHost { host: "router".into() }, whole_host: false };
        assert_eq!(Chosen::by_default(between, nothing_missing).variants().len(), 4);
        assert_eq!(Chosen::by_default(at(&there()), nothing_missing).variants().len(), 6);
    }

    #[test]
    fn what_was_named_and_cannot_be_had_is_refused() {
        let refusal = |hooks: &[&str], spot: Spot| chosen(hooks, spot).unwrap_err();
        let not_between = HookError::NotBetween("lua@message".into());
        assert_eq!(refusal(&["lua"], at(&Place::Router)), not_between);
        let site = Site::HookHost { host: "router".into() };
        let between = Spot { place: &there(), site: &site, whole_host: false };
        assert_eq!(refusal(&["lua"], between), not_between);
        let at_the_client = Spot { place: &Place::Router, site: &Site::Client, whole_host: false };
        assert!(chosen(&["lua"], at_the_client).is_ok());
        assert_eq!(refusal(&["lua", "lua@message"], at(&Place::Direct)), HookError::Twice("lua@message".into()));
        let many: Vec<String> = (0..MAX_VARIANTS).map(|port| format!("lua:port={}", port + 1)).collect();
        let many: Vec<&str> = many.iter().map(String::as_str).collect();
        assert_eq!(refusal(&many, at(&Place::Direct)), HookError::TooMany);
        let missing = Chosen::of_named(&named(&["lua"]), at(&Place::Direct), |_| "an interpreter".into());
        assert_eq!(missing, Err(HookError::Missing("lua@message".into(), "an interpreter".into())));
    }

    #[test]
    fn variants_that_share_an_interface_take_turns_in_slots() {
        let design = |hook: &str, place: &Place, asked| {
            let mut chosen = chosen(&[hook], at(place)).unwrap();
            let design = chosen.design(asked, at(place))?;
            Ok((design, chosen.skipped.len()))
        };
        for place in [there(), Place::Loopback] {
            assert_eq!(design("ebpf", &place, None), Ok((Design::Slots, 1)), "and the report says so");
            assert_eq!(design("ebpf", &place, Some(Design::Slots)), Ok((Design::Slots, 0)));
            let refused = design("ebpf", &place, Some(Design::Lockstep));
            assert_eq!(refused, Err(HookError::Shared { hook: "ebpf@xdp".into(), shared: Shared::Interface }));
            assert_eq!(design("lua@nfqueue", &place, None), Ok((Design::Lockstep, 0)));
        }
        assert_eq!(design("ebpf", &Place::Direct, None), Ok((Design::Lockstep, 0)));
    }

    #[test]
    fn a_queue_that_sees_its_whole_host_takes_its_turn_in_slots() {
        let spot = Spot { whole_host: true, ..at(&Place::Direct) };
        let mut queue = chosen(&["lua@nfqueue"], spot).unwrap();
        assert_eq!(queue.design(None, spot), Ok(Design::Slots));
        assert_eq!(whats(&queue.skipped), ["lock-step"]);
        let refused = queue.design(Some(Design::Lockstep), spot).unwrap_err().to_string();
        assert!(refused.starts_with("lua@nfqueue sees all traffic of its host, which variants share"), "{refused}");
        assert_eq!(chosen(&["lua"], spot).unwrap().design(None, spot), Ok(Design::Lockstep));
    }
}
