//! Which hooks are compared: those that were named, or those that the place and the privileges allow.
//!
//! What was named and cannot be had is refused before anything runs. What would have been there by default and cannot
//! be had is left out, and the report says so.

use hooks::capability::Host;
use hooks::{AttachPoint, Engine, HookSpec, Variant as Named};
use thiserror::Error;

use crate::results::{MAX_VARIANTS, Pair, Place, Skipped, Variant};

/// The hook of a variant without one.
pub(super) const NO_HOOK: &str = "none";

/// The baseline, twice.
const BASELINES: [&str; 2] = ["baseline", "baseline'"];

/// Where every variant has an interface of its own.
const IN_THE_BED: [(Engine, AttachPoint); 4] = [
    (Engine::Null, AttachPoint::Xdp),
    (Engine::Ebpf, AttachPoint::Xdp),
    (Engine::Null, AttachPoint::Nfqueue),
    (Engine::Lua, AttachPoint::Nfqueue),
];

/// Where all variants share the loopback device.
const ON_LOOPBACK: [(Engine, AttachPoint); 4] = [
    (Engine::Native, AttachPoint::Message),
    (Engine::Lua, AttachPoint::Message),
    (Engine::Null, AttachPoint::Nfqueue),
    (Engine::Lua, AttachPoint::Nfqueue),
];

/// Why hooks cannot be compared.
#[derive(Debug, Error, PartialEq, Eq)]
pub(super) enum HookError {
    /// Something is missing here.
    #[error("{0} cannot run here: {1}")]
    Missing(String, String),
    /// It would see the packets of all variants.
    #[error("{0} sees all that crosses an interface, which variants share there; use --topology direct or router")]
    SharedInterface(String),
    /// It is on an end of the connection, and the hook host is between.
    #[error("{0} hooks an end of the connection, and here hooks are on the router; use --topology direct, or @nfqueue")]
    NotBetween(String),
    /// A comparison with itself, which the baseline has already.
    #[error("{0} is named twice")]
    Twice(String),
    /// More than a comparison has room for.
    #[error("at most {} hooks can be compared at once", MAX_VARIANTS - BASELINES.len())]
    TooMany,
}

/// The hooks of a comparison.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Chosen {
    hooks: Vec<HookSpec>,
    pub(super) skipped: Vec<Skipped>,
}

impl Chosen {
    /// The hooks that were `named`, or else those that `place` has by default. `before` is this host as it was when the
    /// process had the privileges it was started with: those of a user namespace are good for a netfilter queue in a
    /// test-bed, and not for programs in the kernel.
    ///
    /// # Errors
    /// One that was named cannot be had there.
    pub(super) fn new(named: &[Named], place: &Place, before: &Host) -> Result<Self, HookError> {
        let missing = |engine, attach| match place {
            // What another host has is not known here.
            Place::Host { .. } => String::new(),
            Place::Direct | Place::Router if attach == AttachPoint::Nfqueue => {
                Host::probe().missing(engine, attach).join("; ")
            }
            Place::Direct | Place::Router | Place::Loopback => before.missing(engine, attach).join("; "),
        };
        if named.is_empty() { Ok(Self::by_default(place, missing)) } else { Self::of_named(named, place, missing) }
    }

    fn by_default(place: &Place, missing: impl Fn(Engine, AttachPoint) -> String) -> Self {
        let candidates: &[(Engine, AttachPoint)] = match place {
            Place::Direct | Place::Router => &IN_THE_BED,
            Place::Loopback => &ON_LOOPBACK,
            Place::Host { .. } => &[],
        };
        let mut chosen = Self::default();
        for &(engine, attach) in candidates {
            let hook = HookSpec { engine, attach, params: Default::default() };
            match missing(engine, attach) {
                why if why.is_empty() => chosen.hooks.push(hook),
                why => chosen.skipped.push(Skipped { what: hook.to_string(), why }),
            }
        }
        chosen
    }

    fn of_named(
        named: &[Named],
        place: &Place,
        missing: impl Fn(Engine, AttachPoint) -> String,
    ) -> Result<Self, HookError> {
        let mut hooks: Vec<HookSpec> = Vec::new();
        for named in named {
            // The baseline is always there.
            let Named::Hook(hook) = named else { continue };
            let is_between = *place == Place::Router;
            match missing(hook.engine, hook.attach) {
                _ if hooks.contains(hook) => return Err(HookError::Twice(hook.to_string())),
                why if !why.is_empty() => return Err(HookError::Missing(hook.to_string(), why)),
                _ if hook.attach.is_on_interface() && !matches!(place, Place::Direct | Place::Router) => {
                    return Err(HookError::SharedInterface(hook.to_string()));
                }
                _ if is_between && matches!(hook.attach, AttachPoint::Message | AttachPoint::Socket) => {
                    return Err(HookError::NotBetween(hook.to_string()));
                }
                _ => hooks.push(hook.clone()),
            }
        }
        if BASELINES.len() + hooks.len() > MAX_VARIANTS {
            Err(HookError::TooMany)
        } else {
            Ok(Self { hooks, skipped: Vec::new() })
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

    fn chosen(hooks: &[&str], place: &Place) -> Result<Chosen, HookError> {
        Chosen::of_named(&named(hooks), place, |_, _| String::new())
    }

    #[test]
    fn every_hook_meets_the_baseline_and_every_engine_its_null() {
        let chosen = chosen(&["none", "ebpf", "null@xdp", "lua@nfqueue"], &Place::Direct).unwrap();
        let names: Vec<String> = chosen.variants().into_iter().map(|variant| variant.name).collect();
        assert_eq!(names, ["baseline", "baseline'", "ebpf@xdp", "null@xdp", "lua@nfqueue"]);
        let pairs: Vec<_> = chosen.contrasts().iter().map(|pair| (pair.variant, pair.reference)).collect();
        assert_eq!(pairs, [(1, 0), (2, 0), (3, 0), (4, 0), (2, 3)]);
    }

    #[test]
    fn what_cannot_be_had_by_default_is_left_out_and_told() {
        let no_queue = |_, attach| if attach == AttachPoint::Nfqueue { "no queue".to_owned() } else { String::new() };
        let loopback = Chosen::by_default(&Place::Loopback, no_queue);
        let left: Vec<&str> = loopback.skipped.iter().map(|skipped| skipped.what.as_str()).collect();
        assert_eq!(left, ["null@nfqueue", "lua@nfqueue"]);
        assert_eq!(loopback.variants().len(), 4);
        assert_eq!(Chosen::by_default(&Place::Router, |_, _| String::new()).contrasts().len(), 7);
    }

    #[test]
    fn what_was_named_and_cannot_be_had_is_refused() {
        let refusal = |hooks: &[&str], place: &Place| chosen(hooks, place).unwrap_err();
        let shared = HookError::SharedInterface("ebpf@xdp".into());
        assert_eq!(refusal(&["ebpf"], &Place::Loopback), shared);
        assert_eq!(refusal(&["ebpf"], &Place::Host { host: "there".into(), port: 1 }), shared);
        assert_eq!(refusal(&["lua"], &Place::Router), HookError::NotBetween("lua@message".into()));
        assert_eq!(refusal(&["lua", "lua@message"], &Place::Direct), HookError::Twice("lua@message".into()));
        let many: Vec<String> = (0..MAX_VARIANTS).map(|port| format!("lua:port={}", port + 1)).collect();
        let many: Vec<&str> = many.iter().map(String::as_str).collect();
        assert_eq!(refusal(&many, &Place::Direct), HookError::TooMany);
        let missing = Chosen::of_named(&named(&["lua"]), &Place::Direct, |_, _| "an interpreter".into());
        assert_eq!(missing, Err(HookError::Missing("lua@message".into(), "an interpreter".into())));
    }
}
