//! The hook syntax, `ENGINE[@ATTACH][:KEY=VALUE,...]`, on the command line and on the wire.
//!
//! One parser for both: what a peer sends is checked by the same rules as what a user types, and its
//! canonical text ([`fmt::Display`]) names the hook in banners, ledgers and saved results.

use std::fmt;
use std::str::FromStr;

use crate::named::{Named, UnknownName, by_name, list};
use crate::table;

mod name;
mod params;
mod point;

pub use name::{BadName, BareName, FileName, InterfaceName, ProgramName};
pub use params::Params;
pub use point::{AttachPoint, Engine};

/// Longest hook spec that is looked at, in bytes.
pub const SPEC_MAX: usize = 512;
/// The variant without a hook.
const BASELINE: &str = "none";

/// One hook as asked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HookSpec {
    /// What decides.
    pub engine: Engine,
    /// Where it sits.
    pub attach: AttachPoint,
    /// The rest.
    pub params: Params,
}

/// One side of a comparison: no hook, or one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Variant {
    /// `none`: the measurement itself.
    Baseline,
    /// The measurement with a hook.
    Hook(HookSpec),
}

/// Why a text is no hook; each message says what would be.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum SpecError {
    /// Longer than [`SPEC_MAX`].
    #[error("a hook is at most {SPEC_MAX} bytes long")]
    TooLong,
    /// An engine, attach point or key that does not exist.
    #[error(transparent)]
    Unknown(#[from] UnknownName),
    /// An engine that does not run at the attach point.
    #[error("{engine} does not run at {attach}; engines there: {allowed}")]
    NotThere {
        /// The engine asked for.
        engine: Engine,
        /// Where it was asked for.
        attach: AttachPoint,
        /// What runs there.
        allowed: String,
    },
    /// A key without `=`.
    #[error("{key:?} is not KEY=VALUE")]
    NoValue {
        /// The text in place of a pair.
        key: String,
    },
    /// A key that means nothing for this hook.
    #[error("{key}= means nothing for {engine}@{attach}; keys there: {allowed}")]
    Unfit {
        /// The key.
        key: &'static str,
        /// The hook's engine.
        engine: Engine,
        /// The hook's attach point.
        attach: AttachPoint,
        /// The keys that do mean something.
        allowed: String,
    },
    /// A key given twice.
    #[error("{key}= is given twice")]
    Twice {
        /// The key.
        key: &'static str,
    },
    /// Two keys of which only one makes sense.
    #[error("{first}= and {second}= exclude each other")]
    Conflict {
        /// One key.
        first: &'static str,
        /// The other.
        second: &'static str,
    },
    /// A key that needs another.
    #[error("{key}= needs {needs}=")]
    Missing {
        /// The key given.
        key: &'static str,
        /// The key it needs.
        needs: &'static str,
    },
    /// A value that its key cannot take.
    #[error("{key}={value}: {reason}")]
    BadValue {
        /// The key.
        key: &'static str,
        /// The text behind `=`.
        value: String,
        /// What was expected.
        reason: String,
    },
}

impl FromStr for HookSpec {
    type Err = SpecError;

    fn from_str(text: &str) -> Result<HookSpec, SpecError> {
        if text.len() > SPEC_MAX {
            return Err(SpecError::TooLong);
        }
        let (point, tail) = text.split_once(':').map_or((text, None), |(point, tail)| (point, Some(tail)));
        let (engine, attach) = match point.split_once('@') {
            Some((engine, attach)) => (by_name(engine)?, by_name(attach)?),
            None => {
                let engine: Engine = by_name(point)?;
                (engine, engine.default_attach())
            }
        };
        let allowed = table::engines_at(attach);
        if !allowed.contains(&engine) {
            return Err(SpecError::NotThere { engine, attach, allowed: list(allowed) });
        }
        let params = tail.map(|tail| Params::parse(tail, engine, attach)).transpose()?.unwrap_or_default();
        Ok(HookSpec { engine, attach, params })
    }
}

impl fmt::Display for HookSpec {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}@{}", self.engine.name(), self.attach.name())?;
        if self.params.is_default() { Ok(()) } else { write!(f, ":{}", self.params) }
    }
}

impl FromStr for Variant {
    type Err = SpecError;

    fn from_str(text: &str) -> Result<Variant, SpecError> {
        if text == BASELINE { Ok(Variant::Baseline) } else { text.parse().map(Variant::Hook) }
    }
}

impl fmt::Display for Variant {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Variant::Baseline => f.write_str(BASELINE),
            Variant::Hook(spec) => spec.fmt(f),
        }
    }
}

#[cfg(test)]
mod tests;
