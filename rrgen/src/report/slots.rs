//! The runs of the slot design as a record, so that they are written down, and can be read again, like those of 2019.

use hooks::{Engine, HookSpec};

use super::ReportError;
use crate::record::{self, Record};
use crate::results::{Results, Variant};

/// The runs under a heading per variant.
pub(super) fn as_record(results: &Results) -> Result<Record, ReportError> {
    let variants = &results.header.variants;
    let mut text = String::new();
    for (index, variant) in variants.iter().enumerate() {
        text.push_str(&format!("{}:\n", heading(variant, variants)));
        results.slots.iter().filter(|slot| slot.variant == index).for_each(|slot| text.push_str(&slot.output));
    }
    Ok(record::parse(text.as_bytes())?)
}

/// As the 2019 record names its variants: by the engine alone, unless that is in it more than once.
fn heading(variant: &Variant, variants: &[Variant]) -> String {
    let Some(engine) = engine(variant) else { return capitalised(&variant.name) };
    let alike = variants.iter().filter(|other| self::engine(other) == Some(engine)).count();
    let name = match engine {
        Engine::Ebpf => "EBPF",
        Engine::Lua => "Lua",
        Engine::Native => "Native",
        Engine::Null => "Null",
    };
    match variant.name.split_once('@') {
        Some((_, place)) if alike > 1 => format!("{name}@{place}"),
        _ => name.to_owned(),
    }
}

fn engine(variant: &Variant) -> Option<Engine> {
    variant.hook.parse().ok().map(|spec: HookSpec| spec.engine)
}

fn capitalised(name: &str) -> String {
    let mut letters = name.chars();
    letters.next().map_or_else(String::new, |first| first.to_uppercase().chain(letters).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn headings(hooks: &[&str]) -> Vec<String> {
        let baselines = ["baseline", "baseline'"].map(|name| Variant { name: name.into(), hook: "none".into() });
        let hooked = hooks.iter().map(|&hook| Variant { name: hook.into(), hook: hook.into() });
        let variants: Vec<Variant> = baselines.into_iter().chain(hooked).collect();
        variants.iter().map(|variant| heading(variant, &variants)).collect()
    }

    #[test]
    fn variants_are_called_as_in_2019() {
        assert_eq!(headings(&["ebpf@xdp", "lua@message"]), ["Baseline", "Baseline'", "EBPF", "Lua"]);
        let many = headings(&["null@xdp", "ebpf@xdp:port=5", "null@nfqueue", "lua@nfqueue"]);
        assert_eq!(many[2..], ["Null@xdp", "EBPF", "Null@nfqueue", "Lua"]);
        assert_eq!(headings(&["native@message", "native@message:burn=300"])[3], "Native@message:burn=300");
    }
}
