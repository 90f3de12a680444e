//! The `KEY=VALUE,...` tail of a hook spec.

use std::fmt;
use std::str::FromStr;

use crate::engine::Burn;
use crate::filter::{Filter, Pattern, Rung};
use crate::named::{Named, by_name, list};

use super::name::{FileName, InterfaceName, ProgramName};
use super::{AttachPoint, Engine, SpecError};

/// What a hook was asked to do, beyond its engine and attach point; what is `None` was left to its default.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Params {
    /// `filter=`: a rung of the ladder; [`Rung::Port`] unless said.
    pub filter: Option<Rung>,
    /// `port=`: the TCP source port to drop.
    pub port: Option<u16>,
    /// `payload=`: the byte string to drop.
    pub payload: Option<Pattern>,
    /// `burn=`: how long a call takes, whatever the filter does; to calibrate a measurement by.
    pub burn: Option<Burn>,
    /// `script=`: a Lua file in the hook directory.
    pub script: Option<FileName>,
    /// `object=`: an eBPF ELF file in the hook directory.
    pub object: Option<FileName>,
    /// `program=`: a program in that object.
    pub program: Option<ProgramName>,
    /// `iface=`: the interface to attach to.
    pub iface: Option<InterfaceName>,
}

/// The keys of a spec.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Key {
    Filter,
    Port,
    Payload,
    Burn,
    Script,
    Object,
    Program,
    Iface,
}

impl Named for Key {
    const WHAT: &'static str = "key";
    const ALL: &'static [Key] =
        &[Key::Filter, Key::Port, Key::Payload, Key::Burn, Key::Script, Key::Object, Key::Program, Key::Iface];

    fn name(self) -> &'static str {
        match self {
            Key::Filter => "filter",
            Key::Port => "port",
            Key::Payload => "payload",
            Key::Burn => "burn",
            Key::Script => "script",
            Key::Object => "object",
            Key::Program => "program",
            Key::Iface => "iface",
        }
    }
}

impl Key {
    /// Whether the key means something for this engine there.
    fn applies(self, engine: Engine, attach: AttachPoint) -> bool {
        match self {
            Key::Filter | Key::Port | Key::Payload => engine != Engine::Null,
            Key::Burn => engine == Engine::Native,
            Key::Script => engine == Engine::Lua,
            Key::Object | Key::Program => engine == Engine::Ebpf,
            Key::Iface => attach.is_on_interface(),
        }
    }
}

impl Params {
    /// Reads the tail behind the colon.
    pub(super) fn parse(text: &str, engine: Engine, attach: AttachPoint) -> Result<Params, SpecError> {
        let mut params = Params::default();
        for pair in text.split(',') {
            let (name, value) = pair.split_once('=').ok_or_else(|| SpecError::NoValue { key: pair.to_owned() })?;
            let key: Key = by_name(name)?;
            if !key.applies(engine, attach) {
                let fitting: Vec<Key> = Key::ALL.iter().copied().filter(|key| key.applies(engine, attach)).collect();
                return Err(SpecError::Unfit { key: key.name(), engine, attach, allowed: list(&fitting) });
            }
            params.set(key, value)?;
        }
        params.check()?;
        Ok(params)
    }

    /// The filter that the parameters describe.
    #[must_use]
    pub fn filter(&self) -> Filter {
        let default = Filter::default();
        Filter {
            rung: self.filter.unwrap_or(default.rung),
            port: self.port.unwrap_or(default.port),
            pattern: self.payload.unwrap_or(default.pattern),
        }
    }

    /// Whether nothing was asked for.
    #[must_use]
    pub fn is_default(&self) -> bool {
        *self == Params::default()
    }

    fn set(&mut self, key: Key, value: &str) -> Result<(), SpecError> {
        match key {
            Key::Filter => put(&mut self.filter, key, value),
            Key::Port => put(&mut self.port, key, value),
            Key::Payload => put(&mut self.payload, key, value),
            Key::Burn => put(&mut self.burn, key, value),
            Key::Script => put(&mut self.script, key, value),
            Key::Object => put(&mut self.object, key, value),
            Key::Program => put(&mut self.program, key, value),
            Key::Iface => put(&mut self.iface, key, value),
        }
    }

    /// Refuses keys that contradict each other: the user's own code is no rung of the ladder.
    fn check(&self) -> Result<(), SpecError> {
        let given = |wanted: Key| self.given().any(|(key, _)| key == wanted);
        let own_code = [Key::Script, Key::Object].into_iter().find(|key| given(*key));
        if let Some(own_code) = own_code.filter(|_| given(Key::Filter)) {
            return Err(SpecError::Conflict { first: Key::Filter.name(), second: own_code.name() });
        }
        if given(Key::Program) && !given(Key::Object) {
            return Err(SpecError::Missing { key: Key::Program.name(), needs: Key::Object.name() });
        }
        Ok(())
    }

    /// The keys that were given, in canonical order, each with its value as text.
    fn given(&self) -> impl Iterator<Item = (Key, String)> + '_ {
        Key::ALL.iter().filter_map(|key| {
            let value = match key {
                Key::Filter => self.filter.map(|rung| rung.to_string()),
                Key::Port => self.port.map(|port| port.to_string()),
                Key::Payload => self.payload.map(|pattern| pattern.to_string()),
                Key::Burn => self.burn.map(|burn| burn.to_string()),
                Key::Script => self.script.as_ref().map(ToString::to_string),
                Key::Object => self.object.as_ref().map(ToString::to_string),
                Key::Program => self.program.as_ref().map(ToString::to_string),
                Key::Iface => self.iface.as_ref().map(ToString::to_string),
            };
            Some((*key, value?))
        })
    }
}

/// Stores one value, once.
fn put<T: FromStr>(slot: &mut Option<T>, key: Key, value: &str) -> Result<(), SpecError>
where
    T::Err: fmt::Display,
{
    if slot.is_some() {
        return Err(SpecError::Twice { key: key.name() });
    }
    let bad =
        |reason: T::Err| SpecError::BadValue { key: key.name(), value: value.to_owned(), reason: reason.to_string() };
    *slot = Some(value.parse().map_err(bad)?);
    Ok(())
}

impl fmt::Display for Params {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let pairs: Vec<String> = self.given().map(|(key, value)| format!("{}={value}", key.name())).collect();
        f.write_str(&pairs.join(","))
    }
}
