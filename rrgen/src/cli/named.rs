//! Which test a name stands for.

use compat::args::{Global, TestOptions};
use compat::text::Test;
use compat::text::failure::{Failure, Report};

use super::refused;
use crate::output::uuid;
use crate::run::RunFailure;

/// The test that netperf runs when nobody says which.
const NETPERFS_DEFAULT: &str = "TCP_STREAM";

/// What there is, by name.
const AVAILABLE: &str = "TCP_RR, TCP_CRR, UDP_RR, and omni with -- -d rr";

/// A test, and how it was called.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Named {
    pub(super) kind: Test,
    /// It was called `omni`.
    pub(super) omni: bool,
}

impl Named {
    /// The test that is asked for; without a name it is TCP_RR, or for a `stock` netperf what that would run.
    ///
    /// # Errors
    /// netperf's text for a test that is not here; or the identifier that the test `UUID` prints.
    pub(super) fn read(global: &Global, test: &TestOptions, stock: bool) -> Result<Self, Report> {
        let default = if stock { NETPERFS_DEFAULT } else { "TCP_RR" };
        let name = global.test.as_deref().unwrap_or(default);
        let omni = name == "OMNI";
        let (usual, connecting) = match name {
            "TCP_RR" => ("TCP", false),
            "TCP_CRR" => ("TCP", true),
            "UDP_RR" => ("UDP", false),
            "OMNI" => ("TCP", omni_connecting(test).ok_or_else(|| unknown(name, stock))?),
            "UUID" => return Err(identifier(test)),
            _ => return Err(unknown(name, stock)),
        };
        let kind = match (carrier(test, usual).as_str(), connecting || test.connection_test) {
            ("TCP", false) => Test::TcpRr,
            ("TCP", true) => Test::TcpCrr,
            ("UDP", false) => Test::UdpRr,
            ("UDP", true) => {
                return Err(refused("-- -c: datagrams have no connections; leave it out, or measure over TCP"));
            }
            _ => return Err(unknown(name, stock)),
        };
        Ok(Self { kind, omni })
    }
}

/// Whether an omni test's options describe a connection per transaction; `None` if they describe a stream.
fn omni_connecting(test: &TestOptions) -> Option<bool> {
    match test.direction.as_deref()?.to_ascii_uppercase().as_str() {
        "RR" | "6" | "0X6" => Some(false),
        "CRR" => Some(true),
        _ => None,
    }
}

/// What carries the messages: the protocol that is named, whatever the test's name says, or that of the type of socket.
fn carrier(test: &TestOptions, usual: &str) -> String {
    let by_type = test.socket_type.as_deref().map(|name| match name.to_ascii_uppercase().as_str() {
        "STREAM" => "TCP".to_owned(),
        "DGRAM" => "UDP".to_owned(),
        other => other.to_owned(),
    });
    test.protocol.as_ref().map(|name| name.to_ascii_uppercase()).or(by_type).unwrap_or_else(|| usual.to_owned())
}

fn unknown(name: &str, stock: bool) -> Report {
    RunFailure::Netperf {
        failure: Failure::UnknownTest(name.to_owned()),
        hint: format!("available: {AVAILABLE}; streams are another tool's job"),
    }
    .report(stock)
}

/// No line end, as netperf has it (`as-UUID`).
fn identifier(test: &TestOptions) -> Report {
    Report { stdout: test.uuid.clone().unwrap_or_else(uuid::random), stderr: String::new(), status: 0 }
}

#[cfg(test)]
mod tests {
    use super::*;
    use compat::args::parse;

    fn named(words: &[&str], stock: bool) -> Result<Named, Report> {
        let invocation = parse::<_, ()>(&[&["netperf"], words].concat(), &[]).expect("options");
        Named::read(&invocation.global, &invocation.test, stock)
    }

    #[test]
    fn names_in_any_case_and_omni_by_its_options() {
        for (words, kind, omni) in [
            (&[][..], Test::TcpRr, false),
            (&["-t", "tcp_crr"], Test::TcpCrr, false),
            (&["-t", "UDP_RR"], Test::UdpRr, false),
            (&["-t", "TCP_RR", "--", "-c"], Test::TcpCrr, false),
            (&["-t", "TCP_RR", "--", "-T", "udp"], Test::UdpRr, false),
            (&["-t", "TCP_RR", "--", "-t", "dgram"], Test::UdpRr, false),
            (&["-t", "UDP_RR", "--", "-T", "tcp"], Test::TcpRr, false),
            (&["-t", "TCP_CRR", "--", "-t", "stream"], Test::TcpCrr, false),
            (&["-t", "omni", "--", "-d", "rr"], Test::TcpRr, true),
            (&["-t", "omni", "--", "-d", "RR", "-T", "udp"], Test::UdpRr, true),
            (&["-t", "omni", "--", "-d", "rr", "-t", "dgram"], Test::UdpRr, true),
            (&["-t", "omni", "--", "-d", "rr", "-t", "dgram", "-T", "tcp"], Test::TcpRr, true),
            (&["-t", "omni", "--", "-d", "rr", "-c"], Test::TcpCrr, true),
            (&["-t", "omni", "--", "-d", "crr", "-T", "tcp"], Test::TcpCrr, true),
        ] {
            assert_eq!(named(words, false), Ok(Named { kind, omni }), "{words:?}");
        }
    }

    #[test]
    fn an_unknown_test_is_netperfs_text_and_the_list_of_what_there_is() {
        for words in [
            &["-t", "TCP_STREAM"][..],
            &["-t", "omni"],
            &["-t", "omni", "--", "-d", "send"],
            &["-t", "omni", "--", "-d", "rr", "-t", "seqpacket"],
            &["-t", "TCP_RR", "--", "-T", "sctp"],
        ] {
            let report = named(words, false).expect_err("refused");
            assert_eq!(report.status, 1);
            assert!(report.stdout.starts_with("The test you requested ("), "{report:?}");
            assert!(report.stdout.ends_with("another tool's job\n"), "{report:?}");
        }
        let stock = named(&[], true).expect_err("no streams");
        assert!(stock.stdout.contains("(TCP_STREAM)") && !stock.stdout.contains("rrgen"), "{stock:?}");
        for words in [["UDP_RR", "--", "-c"].as_slice(), &["TCP_CRR", "--", "-T", "udp"]] {
            assert!(named(&[&["-t"], words].concat(), false).expect_err("refused").stderr.contains("no connections"));
        }
    }

    #[test]
    fn the_test_uuid_prints_one() {
        let report = named(&["-t", "uuid", "--", "-u", "abc"], true).expect_err("text");
        assert_eq!((report.stdout.as_str(), report.status), ("abc", 0));
        assert_eq!(named(&["-t", "uuid"], true).expect_err("text").stdout.len(), 36);
    }
}
