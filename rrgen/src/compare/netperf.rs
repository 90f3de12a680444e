//! What the settings of a comparison are in netperf's words: rounds and slots ask the server for the same test.

use std::ffi::OsString;
use std::net::SocketAddr;

use compat::text::failure::Report;

use super::hooks::NO_HOOK;
use crate::cli::{self, Command};
use crate::plan::Plan;
use crate::results::{Hooks, Place, Settings, Site};
use crate::testbed::Path;

/// `-l` of a test that lasts as long as its connection.
pub(super) const UNTIL_CLOSED: &str = "0";

/// A hook to give with the options that mean nothing without one.
const ANY_HOOK: &str = "null";

/// What a run with so many flows is asked for by; with one it is netperf's.
fn load_options(flows: u32) -> Vec<String> {
    if flows > 1 { vec!["--flows".into(), flows.to_string()] } else { Vec::new() }
}

/// Why values of one's choice are refused.
const CHOSEN_VALUES: &str = "-- -k, -o and -O choose values of a run; a comparison has a report of its own (--format)";

/// What all connections of a comparison at `place` have in common, by rrgen's own parser: `flows` of them per variant,
/// `options`, `hook_options` with some hook, and `passphrase`.
///
/// # Errors
/// An option that is wrong or not available.
pub(super) fn common(
    place: &Place,
    flows: u32,
    options: &[String],
    hook_options: &[String],
    passphrase: Option<&String>,
) -> Result<Plan, String> {
    let mut words: Vec<String> = match place {
        Place::Host { host, port } => ["-H", host, "-p", &port.to_string()].map(str::to_owned).into(),
        Place::Direct | Place::Router | Place::Loopback => vec!["--local".into()],
    };
    words.extend(load_options(flows));
    words.extend_from_slice(options);
    words.extend(["--hook", ANY_HOOK].map(str::to_owned));
    words.extend_from_slice(hook_options);
    words.extend(passphrase.iter().flat_map(|passphrase| ["-Z".into(), (*passphrase).clone()]));
    understand(words.into_iter().map(OsString::from))
}

/// The options that put hooks where `hooks` says; on the host at `between`, if the place has one.
pub(super) fn hook_options(hooks: &Hooks, between: Option<SocketAddr>) -> Vec<String> {
    let mut words: Vec<String> = Vec::new();
    match &hooks.site {
        Site::Target => {
            words.extend(
                between.iter().flat_map(|host| ["--hook-host".into(), format!("{},{}", host.ip(), host.port())]),
            );
        }
        Site::HookHost { host } => words.extend(["--hook-host".into(), host.clone()]),
        Site::Client => {
            words.extend(["--hook-side", "client"].map(str::to_owned));
            words.extend(hooks.folder.iter().flat_map(|folder| ["--hook-dir".into(), folder.clone()]));
        }
    }
    if hooks.whole_host {
        words.extend(["--hook-scope", "host"].map(str::to_owned));
    }
    words
}

/// A test over one path, as the settings of a comparison want it.
#[derive(Debug, Clone, Copy)]
pub(super) struct Test<'a> {
    pub(super) path: &'a Path,
    /// In canonical syntax, or [`NO_HOOK`].
    pub(super) hook: &'a str,
    pub(super) settings: &'a Settings,
}

impl Test<'_> {
    /// The command line of a run that lasts `length` and has the `further` options.
    pub(super) fn words(&self, length: &str, further: &[String]) -> Vec<OsString> {
        let Path { server, hook_host, passphrase } = self.path;
        let Settings { flows, hooks, options, test_options, client_cpu, server_cpu, .. } = self.settings;
        let (host, port) = (number(*server), server.port().to_string());
        let mut words: Vec<String> = ["-H", &host, "-p", &port, "-l", length].map(str::to_owned).into();
        words.extend_from_slice(further);
        words.extend(load_options(*flows));
        words.extend_from_slice(options);
        words.extend(passphrase.iter().flat_map(|passphrase| ["-Z".into(), passphrase.clone()]));
        if self.hook != NO_HOOK {
            words.extend(["--hook".into(), self.hook.to_owned()]);
            words.extend(hook_options(hooks, *hook_host));
        }
        words.extend(bound(*client_cpu, *server_cpu).into_iter().flat_map(|cpus| ["-T".into(), cpus]));
        words.push("--".into());
        words.extend_from_slice(test_options);
        words.into_iter().map(OsString::from).collect()
    }

    /// The plan of a run that lasts `length`.
    ///
    /// # Errors
    /// An option that is wrong or not available.
    pub(super) fn plan(&self, length: &str) -> Result<Plan, String> {
        let plan = understand(self.words(length, &[]))?;
        if plan.style.output.is_some() { Err(CHOSEN_VALUES.into()) } else { Ok(plan) }
    }
}

/// What rrgen makes of `words`.
fn understand(words: impl IntoIterator<Item = OsString>) -> Result<Plan, String> {
    let argv: Vec<OsString> = [OsString::from("rrgen")].into_iter().chain(words).collect();
    match cli::read(&argv) {
        Ok(Command::Run { plan, .. }) => Ok(*plan),
        Ok(Command::Print(report)) | Err(report) => Err(complaint(report)),
    }
}

/// An address as the resolver reads it, with the scope of one that means nothing without.
fn number(address: SocketAddr) -> String {
    match address {
        SocketAddr::V6(address) if address.scope_id() != 0 => format!("{}%{}", address.ip(), address.scope_id()),
        address => address.ip().to_string(),
    }
}

fn complaint(Report { stdout, stderr, .. }: Report) -> String {
    (stderr + &stdout).trim().trim_start_matches("rrgen: ").to_owned()
}

/// The argument of `-T`, if there is anything to bind.
fn bound(client: Option<u32>, server: Option<u32>) -> Option<String> {
    let cpu = |cpu: Option<u32>| cpu.map(|cpu| cpu.to_string()).unwrap_or_default();
    client.or(server).map(|_| format!("{},{}", cpu(client), cpu(server)))
}

#[cfg(test)]
mod tests {
    use std::net::{IpAddr, Ipv4Addr};

    use compat::wire::Family;

    use super::*;
    use crate::plan::{HookPlace, Host};
    use crate::results::samples::{LOCKSTEP, header};

    const DIRECT: Path = Path {
        server: SocketAddr::new(IpAddr::V4(Ipv4Addr::new(10, 0, 0, 1)), 12865),
        hook_host: None,
        passphrase: None,
    };

    fn settings(client_cpu: Option<u32>, server_cpu: Option<u32>, options: &[&str]) -> Settings {
        let test_options = options.iter().map(|&word| word.to_owned()).collect();
        Settings { client_cpu, server_cpu, test_options, ..header(LOCKSTEP).settings }
    }

    fn plan(settings: &Settings, path: &Path, hook: &str) -> Result<Plan, String> {
        Test { path, hook, settings }.plan(UNTIL_CLOSED)
    }

    #[test]
    fn a_slot_is_the_command_line_of_2019() {
        let settings = settings(Some(2), Some(2), &[]);
        let words = Test { path: &DIRECT, hook: NO_HOOK, settings: &settings }.words("20", &["-D".into(), "1".into()]);
        let line: Vec<&str> = words.iter().filter_map(|word| word.to_str()).collect();
        assert_eq!(line.join(" "), "-H 10.0.0.1 -p 12865 -l 20 -D 1 -T 2,2 --");
    }

    #[test]
    fn a_hook_is_where_the_settings_and_the_place_have_it() {
        let router = Path { hook_host: Some(([10, 0, 0, 5], 77).into()), passphrase: Some("friend".into()), ..DIRECT };
        let between = |name: &str, port| HookPlace::HookHost { host: host(name), port };
        let folder = || Some("scripts".to_owned());
        let on_the_client = HookPlace::Client { hook_dir: folder().map(Into::into) };
        let elsewhere = || Site::HookHost { host: "r,99".into() };
        for (site, path, place) in [
            (Site::Target, &DIRECT, HookPlace::Target),
            (Site::Target, &router, between("10.0.0.5", 77)),
            (elsewhere(), &DIRECT, between("r", 99)),
            (Site::Client, &router, on_the_client),
        ] {
            let mut settings = settings(None, None, &[]);
            settings.hooks = Hooks { site, whole_host: true, folder: folder() };
            let hooked = plan(&settings, path, "lua@nfqueue").unwrap();
            let hook = hooked.hook.unwrap();
            assert_eq!((hook.spec.to_string().as_str(), hook.whole_host, hook.place), ("lua@nfqueue", true, place));
            assert_eq!(hooked.target.passphrase, path.passphrase);
            assert!(plan(&settings, path, NO_HOOK).unwrap().hook.is_none());
        }
    }

    #[test]
    fn what_is_asked_of_hooks_is_read_by_the_parser_of_a_run() {
        let there = Place::Host { host: "there".into(), port: 7 };
        let read = |place: &Place, words: &[&str]| {
            let words: Vec<String> = words.iter().map(|&word| word.to_owned()).collect();
            common(place, 1, &["-L".into(), "here,4".into()], &words, Some(&"friend".into()))
        };
        let plan = read(&there, &["--hook-host", "router", "--hook-scope", "host"]).unwrap();
        assert_eq!((plan.target.host.name.as_str(), plan.target.port), ("there", 7));
        assert_eq!((plan.target.local.unwrap().name.as_str(), plan.hook.unwrap().whole_host), ("here", true));
        for (place, words) in [
            (&there, ["--hook-side", "middle"]),
            (&there, ["--hook-host", ",5"]),
            (&there, ["--hook-scope", "world"]),
            (&there, ["--hook-dir", "scripts"]),
        ] {
            assert!(read(place, &words).unwrap_err().starts_with(words[0]), "{words:?}");
        }
        assert!(read(&Place::Direct, &["--hook-dir", "scripts"]).is_ok());
    }

    #[test]
    fn many_flows_are_asked_for_as_by_a_user() {
        let many = Settings { flows: 64, ..settings(Some(0), Some(1), &[]) };
        let load = plan(&many, &DIRECT, NO_HOOK).unwrap().test.load;
        assert_eq!(load.local.to_string(), "flows=64 threads=1 wait=block cpus=0");
        assert_eq!(load.remote.to_string(), "flows=64 threads=1 wait=block cpus=1");
        let there = Place::Host { host: "there".into(), port: 7 };
        let refused = common(&there, 64, &["--single-port".into()], &[], None).unwrap_err();
        assert!(refused.starts_with("--single-port carries one flow"), "{refused}");
    }

    #[test]
    fn a_link_local_address_keeps_its_scope() {
        assert_eq!(number("[fe80::1%3]:5".parse().unwrap()), "fe80::1%3");
        assert_eq!(number("[::1]:5".parse().unwrap()), "::1");
    }

    fn host(name: &str) -> Host {
        Host { name: name.into(), family: Family::Unspecified }
    }

    #[test]
    fn either_end_may_be_left_to_the_scheduler() {
        for (client, server) in [(None, None), (Some(1), None), (None, Some(0)), (Some(0), Some(1))] {
            let plan = plan(&settings(client, server, &[]), &DIRECT, NO_HOOK).unwrap();
            assert_eq!((plan.test.local_cpu, plan.test.remote_cpu), (client, server));
            assert_eq!(plan.target.host.name, "10.0.0.1");
        }
    }

    #[test]
    fn test_options_are_netperfs() {
        let sized = plan(&settings(None, None, &["-r", "64,128"]), &DIRECT, NO_HOOK).unwrap();
        assert_eq!((sized.test.request_size, sized.test.response_size), (64, 128));
        let refused = |options: &[&str]| plan(&settings(None, None, options), &DIRECT, NO_HOOK).unwrap_err();
        assert!(refused(&["-k"]).starts_with("-- -k, -o and -O choose values"), "{}", refused(&["-k"]));
        assert!(refused(&["-r", "99999999"]).starts_with("-r: a request of 99999999 bytes is too large"));
    }
}
