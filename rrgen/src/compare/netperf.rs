//! What the settings of a comparison are in netperf's words: rounds and slots ask the server for the same test.

use std::ffi::OsString;
use std::net::SocketAddr;

use compat::text::failure::Report;

use super::hooks::NO_HOOK;
use crate::cli::{self, Command};
use crate::plan::Plan;
use crate::testbed::Path;

/// `-l` of a test that lasts as long as its connection.
pub(super) const UNTIL_CLOSED: &str = "0";

/// Why values of one's choice are refused.
const CHOSEN_VALUES: &str = "-- -k, -o and -O choose values of a run; a comparison has a report of its own (--format)";

/// A test between two CPUs, with whatever netperf's own test options ask for.
#[derive(Debug, Clone, Copy)]
pub(super) struct Test<'a> {
    pub(super) path: &'a Path,
    /// In canonical syntax, or [`NO_HOOK`].
    pub(super) hook: &'a str,
    pub(super) client_cpu: Option<u32>,
    pub(super) server_cpu: Option<u32>,
    /// What stands behind `--`.
    pub(super) options: &'a [String],
}

impl Test<'_> {
    /// The command line of a run that lasts `length` and has the `further` options.
    pub(super) fn words(&self, length: &str, further: &[String]) -> Vec<OsString> {
        let Path { server, hook_host, passphrase } = self.path;
        let (host, port) = (server.ip().to_string(), server.port().to_string());
        let mut words: Vec<String> = ["-H", &host, "-p", &port, "-l", length].map(str::to_owned).into();
        words.extend_from_slice(further);
        words.extend(passphrase.iter().flat_map(|passphrase| ["-Z".into(), passphrase.clone()]));
        if self.hook != NO_HOOK {
            words.extend(["--hook".into(), self.hook.to_owned()]);
            let address = |host: &SocketAddr| format!("{},{}", host.ip(), host.port());
            words.extend(hook_host.iter().flat_map(|host| ["--hook-host".into(), address(host)]));
        }
        words.extend(bound(self.client_cpu, self.server_cpu).into_iter().flat_map(|cpus| ["-T".into(), cpus]));
        words.push("--".into());
        words.extend_from_slice(self.options);
        words.into_iter().map(OsString::from).collect()
    }

    /// The plan of a run that lasts `length`.
    ///
    /// # Errors
    /// An option that is wrong or not available.
    pub(super) fn plan(&self, length: &str) -> Result<Plan, String> {
        let argv: Vec<OsString> = [OsString::from("rrgen")].into_iter().chain(self.words(length, &[])).collect();
        match cli::read(&argv) {
            Ok(Command::Run { plan, .. }) if plan.style.output.is_some() => Err(CHOSEN_VALUES.into()),
            Ok(Command::Run { plan, .. }) => Ok(*plan),
            Ok(Command::Print(report)) | Err(report) => Err(complaint(report)),
        }
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

    const DIRECT: Path = Path {
        server: SocketAddr::new(IpAddr::V4(Ipv4Addr::new(10, 0, 0, 1)), 12865),
        hook_host: None,
        passphrase: None,
    };

    fn test(client_cpu: Option<u32>, server_cpu: Option<u32>, options: &[String]) -> Test<'_> {
        Test { path: &DIRECT, hook: NO_HOOK, client_cpu, server_cpu, options }
    }

    #[test]
    fn a_slot_is_the_command_line_of_2019() {
        let words = test(Some(2), Some(2), &[]).words("20", &["-D".into(), "1".into()]);
        let line: Vec<&str> = words.iter().filter_map(|word| word.to_str()).collect();
        assert_eq!(line.join(" "), "-H 10.0.0.1 -p 12865 -l 20 -D 1 -T 2,2 --");
    }

    #[test]
    fn a_hook_is_on_the_target_or_on_the_host_between() {
        let router = Path { hook_host: Some(([10, 0, 0, 5], 77).into()), passphrase: Some("friend".into()), ..DIRECT };
        for (path, place) in
            [(&DIRECT, HookPlace::Target), (&router, HookPlace::HookHost { host: host("10.0.0.5"), port: 77 })]
        {
            let plan = Test { path, hook: "lua@nfqueue", ..test(None, None, &[]) }.plan(UNTIL_CLOSED).unwrap();
            let hook = plan.hook.unwrap();
            assert_eq!((hook.spec.to_string().as_str(), hook.whole_host, hook.place), ("lua@nfqueue", false, place));
            assert_eq!(plan.target.passphrase, path.passphrase);
        }
        assert!(Test { path: &router, ..test(None, None, &[]) }.plan(UNTIL_CLOSED).unwrap().hook.is_none());
    }

    fn host(name: &str) -> Host {
        Host { name: name.into(), family: Family::Unspecified }
    }

    #[test]
    fn either_end_may_be_left_to_the_scheduler() {
        for (client, server) in [(None, None), (Some(1), None), (None, Some(0)), (Some(0), Some(1))] {
            let plan = test(client, server, &[]).plan(UNTIL_CLOSED).unwrap();
            assert_eq!((plan.test.local_cpu, plan.test.remote_cpu), (client, server));
            assert_eq!(plan.target.host.name, "10.0.0.1");
        }
    }

    #[test]
    fn test_options_are_netperfs() {
        let options = ["-r", "64,128"].map(str::to_owned);
        let plan = test(None, None, &options).plan(UNTIL_CLOSED).unwrap();
        assert_eq!((plan.test.request_size, plan.test.response_size), (64, 128));
        let refused = |options: &[&str]| {
            let options: Vec<String> = options.iter().map(|&word| word.to_owned()).collect();
            test(None, None, &options).plan(UNTIL_CLOSED).unwrap_err()
        };
        assert!(refused(&["-k"]).starts_with("-- -k, -o and -O choose values"), "{}", refused(&["-k"]));
        assert!(refused(&["-r", "99999999"]).starts_with("-r: a request of 99999999 bytes is too large"));
    }
}
