//! netserver's options, with long names beside them.

use std::ffi::OsString;
use std::io::{self, Write};
use std::net::{IpAddr, ToSocketAddrs};
use std::ops::RangeInclusive;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::bail;
use clap::error::{ContextKind, ContextValue, ErrorKind};
use clap::{ArgAction, CommandFactory, Parser, ValueEnum, value_parser};
use compat::text::netserver::Listening;
use compat::wire::{CONTROL_PORT, Family, PASSPHRASE_MAX};
use hooks::host::{AllowHook, Policy};
use rrserver::{Config, DataPorts, Limits, Listen};
use tracing::Level;

/// Serve netperf's TCP_RR, TCP_CRR and UDP_RR on this host: for rrgen, and for any netperf 2.7 client.
///
/// Stays in the foreground until SIGINT or SIGTERM. Errors go to stderr, one line each.
#[derive(Debug, Parser)]
#[command(name = "rrserver", disable_help_flag = true, disable_version_flag = true, args_override_self = true)]
struct Options {
    /// Port of the control connection (12865); 0 lets the kernel choose
    #[arg(short, long, value_name = "PORT", help_heading = "Where to listen")]
    port: Option<u16>,
    /// Listen on this address only (name or number, with ,4 or ,6 for the family); data sockets stay on it too
    #[arg(short = 'L', long, value_name = "HOST[,FAMILY]", help_heading = "Where to listen")]
    local_host: Option<String>,
    /// IPv4 only
    #[arg(short = '4', long, overrides_with = "ipv6", help_heading = "Where to listen")]
    ipv4: bool,
    /// IPv6 only
    #[arg(short = '6', long, overrides_with = "ipv4", help_heading = "Where to listen")]
    ipv6: bool,
    /// Take data connections on this port only, for a firewall; one test at a time
    #[arg(long, value_name = "PORT", value_parser = value_parser!(u16).range(1..), conflicts_with = "data_ports",
          help_heading = "Where to listen")]
    data_port: Option<u16>,
    /// Take data connections on these ports only; as many tests at a time
    #[arg(long, value_name = "FIRST-LAST", value_parser = port_range, help_heading = "Where to listen")]
    data_ports: Option<RangeInclusive<u16>>,
    /// Serve only clients that send this passphrase first (netperf -Z); it travels unencrypted
    #[arg(short = 'Z', long, value_name = "TEXT", help_heading = "Who is served")]
    passphrase: Option<String>,
    /// One client at a time; the others wait
    #[arg(short = 'f', long, help_heading = "Who is served")]
    serial: bool,
    /// Allow clients this hook beyond the built-in ones on messages: ENGINE, ENGINE@ATTACH, @ATTACH or all; repeatable.
    /// From another host it takes a passphrase (-Z), too
    #[arg(long, value_name = "HOOK", value_delimiter = ',', help_heading = "Hooks")]
    allow_hook: Vec<AllowHook>,
    /// What hooks may see: the test's own connection, or all traffic of the host (interfaces carry nothing less)
    #[arg(long, value_name = "SCOPE", default_value = "connection", help_heading = "Hooks")]
    hook_scope: HookScope,
    /// Folder of scripts (script=) and objects (object=) that clients may name
    #[arg(long, value_name = "DIR", help_heading = "Hooks")]
    hook_dir: Option<PathBuf>,
    /// How much to log on stderr: 0 errors, 1 what went wrong with a client, 2 every client, 3 every test
    #[arg(short, long, value_name = "LEVEL", default_value_t = 1, allow_hyphen_values = true, help_heading = "Log")]
    verbosity: i32,
    /// Log everything (same as -v 3)
    #[arg(short, long, action = ArgAction::Count, help_heading = "Log")]
    debug: u8,
    /// Log errors only (same as -v 0)
    #[arg(short = 'N', long, help_heading = "Log")]
    no_debug: bool,
    /// Stay in the foreground; only a link named netserver goes to the background without this
    #[arg(short = 'D', long, help_heading = "Accepted for netserver's sake")]
    foreground: bool,
    /// Stray words, which netserver ignores
    #[arg(hide = true)]
    strays: Vec<String>,
    /// Number of CPUs; ignored, as netserver does on Linux
    #[arg(short = 'n', long, value_name = "CPUS", hide = true)]
    cpu_count: Option<String>,
    /// Print the version and exit
    #[arg(short = 'V', long, help_heading = "Information")]
    version: bool,
    /// Print this help on stderr and exit with status 1, as netserver does
    #[arg(short = 'h', help_heading = "Information")]
    usage: bool,
    /// Print this help
    #[arg(long, action = ArgAction::Help, help_heading = "Information")]
    help: Option<bool>,
}

/// How much of the host's traffic a hook may see.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum HookScope {
    /// The test's own connection.
    Connection,
    /// All of it.
    Host,
}

/// netserver's own first line of usage; it ends with a blank.
const NETSERVER_USAGE: &str = "\nUsage: netserver [options] \n\n";

/// What the command line means.
#[derive(Debug)]
pub(crate) struct Command {
    pub(crate) config: Config,
    pub(crate) log_level: Level,
    /// Set if we were called as `netserver`.
    pub(crate) netserver: Option<AsNetserver>,
}

/// What netserver makes of its options beyond serving.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct AsNetserver {
    pub(crate) listening: Listening,
    /// `-D` or `-f`.
    pub(crate) foreground: bool,
    /// Nothing says that it is to listen itself: a client on its standard input is what it is for.
    pub(crate) from_inetd: bool,
}

/// Something to print instead of serving.
#[derive(Debug, thiserror::Error)]
#[error("{text}")]
pub(crate) struct Info {
    text: String,
    failure: bool,
}

impl Info {
    /// A line for stderr, and a failure.
    pub(crate) fn failed(text: String) -> Self {
        Self { text, failure: true }
    }

    /// Prints it where it belongs; the exit status netserver would have, or a failure if stdout does not take it.
    pub(crate) fn print(&self) -> ExitCode {
        if self.failure {
            // Whoever closed the stream does not want the text.
            let _ = io::stderr().write_all(self.text.as_bytes());
            return ExitCode::FAILURE;
        }
        let mut out = io::stdout();
        match out.write_all(self.text.as_bytes()).and_then(|()| out.flush()) {
            Err(e) if e.kind() != io::ErrorKind::BrokenPipe => {
                let _ = writeln!(io::stderr(), "{}: cannot write to stdout: {e}", name());
                ExitCode::FAILURE
            }
            _ => ExitCode::SUCCESS,
        }
    }
}

/// The name that we pass under.
pub(crate) fn name() -> &'static str {
    if std::env::args_os().next().as_ref().is_some_and(is_netserver) { "netserver" } else { "rrserver" }
}

fn is_netserver(program: &OsString) -> bool {
    Path::new(program).file_name() == Some("netserver".as_ref())
}

/// Reads the command line.
///
/// # Errors
/// An [`Info`] to print instead of serving, or what is wrong with an option.
pub(crate) fn read(args: impl IntoIterator<Item = OsString>) -> anyhow::Result<Command> {
    let mut args = args.into_iter().peekable();
    let stock = args.peek().is_some_and(is_netserver);
    let program = args.peek().map(|program| program.to_string_lossy().into_owned()).unwrap_or_default();
    let options = Options::try_parse_from(args).map_err(|e| {
        let text = unknown_to_getopt(&e).filter(|_| stock).map(|letter| {
            let usage = usage(stock);
            format!("{program}: invalid option -- '{letter}'\n{usage}")
        });
        Info { text: text.unwrap_or_else(|| e.render().to_string()), failure: e.kind() != ErrorKind::DisplayHelp }
    })?;
    if options.usage {
        bail!(Info::failed(usage(stock)));
    }
    if options.version {
        let text = match stock {
            true => "Netperf version 2.7.0\n".to_owned(),
            false => format!("rrserver {}, compatible with netserver 2.7.0\n", env!("CARGO_PKG_VERSION")),
        };
        bail!(Info { text, failure: false });
    }
    if let Some(passphrase) = &options.passphrase
        && !(1..=PASSPHRASE_MAX).contains(&passphrase.len())
    {
        bail!("-Z: a passphrase has 1 to {PASSPHRASE_MAX} bytes; no client could match this one");
    }
    let limits = if options.serial { Limits { sessions: 1, ..Limits::default() } } else { Limits::default() };
    Ok(Command {
        log_level: log_level(&options),
        netserver: stock.then(|| as_netserver(&options)),
        config: Config {
            listen: listen(&options).map_err(|e| if stock { cannot_start(&options) } else { e })?,
            port: control_port(&options),
            data_ports: data_ports(&options),
            limits,
            hooks: Policy {
                allow: options.allow_hook,
                whole_host: options.hook_scope == HookScope::Host,
                hook_dir: options.hook_dir,
            },
            passphrase: options.passphrase,
        },
    })
}

/// Our help; as netserver below its own first line, which scripts look for.
fn usage(stock: bool) -> String {
    let command = Options::command().bin_name("netserver");
    match stock {
        true => format!("{NETSERVER_USAGE}{}", command.help_template("{options}\n").render_help()),
        false => Options::command().render_help().to_string(),
    }
}

/// netserver's words for an address that is none.
fn cannot_start(options: &Options) -> anyhow::Error {
    Info::failed(as_netserver(options).listening.failed()).into()
}

/// The letter of an option that there is not.
fn unknown_to_getopt(error: &clap::Error) -> Option<char> {
    match (error.kind(), error.get(ContextKind::InvalidArg)) {
        (ErrorKind::UnknownArgument, Some(ContextValue::String(word))) => word.strip_prefix('-')?.chars().next(),
        _ => None,
    }
}

fn as_netserver(options: &Options) -> AsNetserver {
    let (host, suffix) = host_and_family(options);
    let family = match suffix {
        Some(suffix) if suffix.contains('6') => Family::Inet6,
        Some(_) => Family::Inet,
        None if options.ipv6 => Family::Inet6,
        None if options.ipv4 => Family::Inet,
        None => Family::Unspecified,
    };
    let listening = Listening { host: host.map(str::to_owned), port: control_port(options), family };
    let foreground = options.foreground || options.serial;
    let from_inetd = !foreground && options.local_host.is_none() && options.port.is_none();
    AsNetserver { listening, foreground, from_inetd }
}

fn control_port(options: &Options) -> u16 {
    options.port.unwrap_or(CONTROL_PORT)
}

/// Sends the log to stderr, one plain line an event. A log that is full keeps no server from serving: the subscriber's
/// complaint about it would panic.
pub(crate) fn start_logging(level: Level) {
    let log = tracing_subscriber::fmt().with_max_level(level).with_target(false).with_ansi(false);
    log.with_writer(io::stderr).log_internal_errors(false).init();
}

fn log_level(options: &Options) -> Level {
    match options.verbosity {
        _ if options.no_debug => Level::ERROR,
        _ if options.debug > 0 => Level::DEBUG,
        ..=0 => Level::ERROR,
        1 => Level::WARN,
        2 => Level::INFO,
        3.. => Level::DEBUG,
    }
}

fn data_ports(options: &Options) -> DataPorts {
    let range = options.data_ports.clone().or(options.data_port.map(|port| port..=port));
    range.map_or(DataPorts::Any, DataPorts::Only)
}

fn port_range(text: &str) -> Result<RangeInclusive<u16>, String> {
    let port = |text: &str| text.parse().ok().filter(|&port| port != 0);
    let ends = text.split_once('-').and_then(|(first, last)| Some((port(first)?, port(last)?)));
    match ends {
        Some((first, last)) if first <= last => Ok(first..=last),
        _ => Err("write two ports from 1 to 65535, the lower one first: 5000-5009".into()),
    }
}

fn listen(options: &Options) -> anyhow::Result<Listen> {
    let (name, suffix) = host_and_family(options);
    let ipv6 = match suffix {
        None => {
            if options.ipv6 {
                Some(true)
            } else {
                options.ipv4.then_some(false)
            }
        }
        Some(family) if family.contains('6') => Some(true),
        Some(family) if family.contains('4') || family.eq_ignore_ascii_case("inet") => Some(false),
        Some(family) => bail!("-L: '{family}' is no address family; write 4 or 6"),
    };
    Ok(match (name, ipv6) {
        (None, None) => Listen::AnyFamily,
        (None, Some(true)) => Listen::ANY_IPV6,
        (None, Some(false)) => Listen::ANY_IPV4,
        (Some(name), ipv6) => Listen::Address(resolve(name, ipv6)?),
    })
}

/// The two halves of `-L`.
fn host_and_family(options: &Options) -> (Option<&str>, Option<&str>) {
    match options.local_host.as_deref() {
        None => (None, None),
        Some(text) => match text.split_once(',') {
            None => (Some(text), None),
            Some((name, family)) => (Some(name).filter(|name| !name.is_empty()), Some(family)),
        },
    }
}

fn resolve(name: &str, ipv6: Option<bool>) -> anyhow::Result<IpAddr> {
    let found = match (name, 0).to_socket_addrs() {
        Ok(addresses) => {
            addresses.map(|address| address.ip()).find(|ip| ipv6.is_none_or(|wanted| wanted == ip.is_ipv6()))
        }
        Err(e) => bail!("-L: cannot resolve '{name}': {e}"),
    };
    match found {
        Some(IpAddr::V6(ip)) if ip.is_unicast_link_local() => {
            bail!("-L: link-local addresses are not supported; listen on all of them with -6")
        }
        Some(ip) => Ok(ip),
        None => bail!("-L: '{name}' has no address of the family asked for"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn config(args: &[&str]) -> anyhow::Result<Command> {
        read(std::iter::once("rrserver").chain(args.iter().copied()).map(OsString::from))
    }

    fn listens(args: &[&str]) -> Listen {
        config(args).expect("valid options").config.listen
    }

    #[test]
    fn the_definition_is_sound() {
        Options::command().debug_assert();
    }

    #[test]
    fn families_and_addresses_are_netservers() {
        assert_eq!(listens(&[]), Listen::AnyFamily);
        assert_eq!(listens(&["-4"]), Listen::ANY_IPV4);
        assert_eq!(listens(&["-6"]), Listen::ANY_IPV6);
        assert_eq!(listens(&["-4", "-6"]), Listen::ANY_IPV6);
        assert_eq!(listens(&["-L", ",6"]), Listen::ANY_IPV6);
        assert_eq!(listens(&["-L127.0.0.1"]), Listen::Address("127.0.0.1".parse().expect("address")));
        assert_eq!(listens(&["-L", "localhost,inet"]), Listen::Address("127.0.0.1".parse().expect("address")));
        assert!(config(&["-L", "127.0.0.1,6"]).is_err());
        assert!(config(&["-L", "localhost,ipx"]).is_err());
    }

    #[test]
    fn as_netserver_it_goes_to_the_background_unless_told_otherwise() {
        let called = |args: &[&str]| {
            let words = std::iter::once("/usr/bin/netserver").chain(args.iter().copied());
            read(words.map(OsString::from)).expect("valid options").netserver.expect("netserver")
        };
        assert_eq!(config(&[]).expect("valid options").netserver, None);
        let plain = called(&[]);
        let any = Listening { host: None, port: CONTROL_PORT, family: Family::Unspecified };
        assert_eq!(plain, AsNetserver { listening: any, foreground: false, from_inetd: true });
        assert!(called(&["-N4", "-Zx"]).from_inetd, "these do not say where to listen");
        for own in ["-D", "-f", "-L::", "-p7"] {
            assert!(!called(&[own]).from_inetd, "{own}");
        }
        assert!(called(&["-D"]).foreground && called(&["-f"]).foreground);
        let named = called(&["-L", "localhost,4", "-p7"]).listening;
        assert_eq!(named, Listening { host: Some("localhost".into()), port: 7, family: Family::Inet });
    }

    #[test]
    fn data_ports_are_one_or_a_range_and_never_both() {
        let ports = |args: &[&str]| config(args).map(|command| command.config.data_ports);
        assert_eq!(ports(&[]).expect("valid"), DataPorts::Any);
        assert_eq!(ports(&["--data-port", "7"]).expect("valid"), DataPorts::Only(7..=7));
        assert_eq!(ports(&["--data-ports", "7-9"]).expect("valid"), DataPorts::Only(7..=9));
        for args in
            [&["--data-port", "0"][..], &["--data-ports", "9-7"], &["--data-ports", "7"], &["--data-ports", "0-9"]]
        {
            assert!(ports(args).is_err(), "{args:?}");
        }
        assert!(ports(&["--data-port", "7", "--data-ports", "7-9"]).is_err());
    }

    #[test]
    fn options_bundle_attach_and_repeat_as_with_getopt() {
        let command = config(&["-DfNp0", "-p", "7", "-Zsecret"]).expect("valid options");
        assert_eq!((command.config.port, command.config.limits.sessions), (7, 1));
        assert_eq!(command.config.passphrase.as_deref(), Some("secret"));
        assert_eq!(command.log_level, Level::ERROR);
        assert_eq!(config(&["-v", "2"]).expect("valid options").log_level, Level::INFO);
        assert_eq!(config(&["-ddd"]).expect("valid options").log_level, Level::DEBUG);
    }

    #[test]
    fn what_is_no_option_ends_with_status_1_and_help_with_0() {
        for (args, failure) in
            [(["-q"], true), (["-h"], true), (["-p99999"], true), (["--help"], false), (["-V"], false)]
        {
            let info = config(&args).expect_err("no server").downcast::<Info>().expect("text to print");
            assert_eq!(info.failure, failure, "{args:?}: {info}");
        }
    }
}
