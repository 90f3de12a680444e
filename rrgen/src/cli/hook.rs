//! What the options about hooks mean together.

use std::path::PathBuf;

use compat::args::Global;
use compat::text::failure::Report;
use compat::wire::CONTROL_PORT;
use hooks::Variant;

use super::own::{Own, OwnId, last};
use super::refused;
use crate::plan::{HookPlace, HookPlan, Host};

/// Where scripts and objects are taken from by a hook host inside this process.
pub(super) fn hook_dir(own: &Own) -> Option<PathBuf> {
    last(own, OwnId::HookDir).map(PathBuf::from)
}

/// The hook that was asked for.
///
/// # Errors
/// It is none, or the options contradict each other.
pub(super) fn hook_plan(own: &Own, global: &Global, local: bool) -> Result<Option<HookPlan>, Report> {
    let Some(text) = last(own, OwnId::Hook) else {
        let orphan = own.iter().any(|(id, _)| id.is_about_a_hook());
        return if orphan { Err(refused("--hook-... means nothing without --hook")) } else { Ok(None) };
    };
    let variant: Variant =
        text.parse().map_err(|e| refused(format!("--hook: {e}\nrrgen: `rrgen hooks` lists what this host can do")))?;
    let whole_host = whole_host(own)?;
    let place = place(own, global)?;
    if hook_dir(own).is_some() && !local && !matches!(place, HookPlace::Client { .. }) {
        return Err(refused("--hook-dir is a folder of the hook host: give it to the rrserver there"));
    }
    let ledger = last(own, OwnId::HookLedger).map(PathBuf::from);
    let timed = !own.iter().any(|(id, _)| *id == OwnId::HookUntimed);
    Ok(match variant {
        Variant::Hook(spec) => Some(HookPlan { spec, whole_host, place, timed, ledger }),
        Variant::Baseline => None,
    })
}

fn whole_host(own: &Own) -> Result<bool, Report> {
    match last(own, OwnId::HookScope) {
        None | Some("connection") => Ok(false),
        Some("host") => Ok(true),
        Some(other) => Err(refused(format!("--hook-scope: '{other}' is neither connection nor host"))),
    }
}

/// Where a hook runs.
fn place(own: &Own, global: &Global) -> Result<HookPlace, Report> {
    match (last(own, OwnId::HookSide), last(own, OwnId::HookHost)) {
        (Some("client"), Some(_)) => {
            Err(refused("--hook-side client runs the hook here; leave out --hook-host, or leave out --hook-side"))
        }
        (Some("client"), None) => Ok(HookPlace::Client { hook_dir: hook_dir(own) }),
        (None | Some("target"), Some(text)) => parse_hook_host(text, global),
        (None | Some("target"), None) => Ok(HookPlace::Target),
        (Some(other), _) => Err(refused(format!("--hook-side: '{other}' is neither target nor client"))),
    }
}

fn parse_hook_host(text: &str, global: &Global) -> Result<HookPlace, Report> {
    let (name, port) = text.split_once(',').unwrap_or((text, ""));
    let port = match port {
        "" => Ok(CONTROL_PORT),
        port => port.parse().map_err(|_| refused(format!("--hook-host: '{port}' is no port (0 to 65535)"))),
    }?;
    if name.is_empty() {
        return Err(refused("--hook-host: name the host, as in --hook-host 10.0.0.254"));
    }
    Ok(HookPlace::HookHost { host: Host { name: name.to_owned(), family: global.host.family }, port })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(options: &[(OwnId, &str)]) -> Result<Option<HookPlan>, Report> {
        let own: Vec<_> = options.iter().map(|(id, value)| (*id, Some((*value).to_owned()))).collect();
        hook_plan(&own, &Global::default(), false)
    }

    #[test]
    fn a_hook_runs_on_the_target_unless_said_otherwise() {
        use OwnId::{Hook, HookHost, HookSide};
        assert_eq!(read(&[]).expect("no hook"), None);
        assert_eq!(read(&[(Hook, "none")]).expect("no hook"), None);
        let place = |options: &[(OwnId, &str)]| read(options).expect("plan").expect("hook").place;
        assert_eq!(place(&[(Hook, "lua")]), HookPlace::Target);
        assert_eq!(place(&[(Hook, "lua"), (HookSide, "client")]), HookPlace::Client { hook_dir: None });
        let HookPlace::HookHost { host, port } = place(&[(Hook, "ebpf"), (HookHost, "router,77")]) else { panic!() };
        assert_eq!((host.name.as_str(), port), ("router", 77));
    }

    #[test]
    fn nonsense_is_refused_by_the_option_it_is_in() {
        use OwnId::{Hook, HookDir, HookHost, HookLedger, HookScope, HookSide};
        for (options, option) in [
            (&[(Hook, "perl")][..], "--hook"),
            (&[(Hook, "lua@xdp")], "--hook"),
            (&[(HookSide, "client")], "--hook"),
            (&[(HookLedger, "file")], "--hook"),
            (&[(Hook, "lua"), (HookSide, "middle")], "--hook-side"),
            (&[(Hook, "lua"), (HookScope, "world")], "--hook-scope"),
            (&[(Hook, "none"), (HookScope, "world")], "--hook-scope"),
            (&[(Hook, "none"), (HookSide, "middle")], "--hook-side"),
            (&[(Hook, "none"), (HookHost, "r,99999")], "--hook-host"),
            (&[(Hook, "none"), (HookDir, "/")], "--hook-dir"),
            (&[(Hook, "lua"), (HookHost, "r,99999")], "--hook-host"),
            (&[(Hook, "lua"), (HookHost, ",5")], "--hook-host"),
            (&[(Hook, "lua"), (HookHost, "r"), (HookSide, "client")], "--hook-host"),
            (&[(Hook, "lua"), (HookDir, "/")], "--hook-dir"),
        ] {
            let refusal = read(options).expect_err(option);
            assert!(refusal.stderr.contains(option), "{refusal:?}");
        }
    }
}
