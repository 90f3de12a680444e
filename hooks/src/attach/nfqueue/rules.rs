//! The netfilter rules that send packets to a queue, by the `iptables` programs, and their removal in every case.
//!
//! A rule names its owner in its comment, is removed when dropped, and lets packets pass when nobody reads the queue
//! (`--queue-bypass`); what a killed process leaves behind is harmless therefore, and is removed at the next start.

use std::fs;
use std::net::{IpAddr, SocketAddr};
use std::process::Command;

use super::owner::Owner;
use super::{Chain, NfqueueError, Scope};

/// The programs per family; the second of each is for kernels without nftables' queue.
const IPV4: [&str; 2] = ["iptables", "iptables-legacy"];
const IPV6: [&str; 2] = ["ip6tables", "ip6tables-legacy"];
/// Seconds to wait for another program that holds the lock of the tables.
const LOCK_WAIT: &str = "5";

/// A rule in place.
#[derive(Debug)]
pub(super) struct Rule {
    program: &'static str,
    chain: Chain,
    /// What it matches and does.
    body: Vec<String>,
}

/// Puts the rules of a scope into a chain: one for a connection, one per family for the host.
pub(super) fn insert(scope: Scope, chain: Chain, queue: u16) -> Result<Vec<Rule>, NfqueueError> {
    let rule = |programs, matching| Rule::insert(programs, chain, body(matching, queue));
    match scope {
        Scope::Host => Ok(vec![rule(&IPV4, vec![])?, rule(&IPV6, vec![])?]),
        Scope::Connection { source, destination } => {
            let (from, to) = (canonical(source), canonical(destination));
            let programs = if from.is_ipv4() { &IPV4 } else { &IPV6 };
            Ok(vec![rule(programs, connection(from, to))?])
        }
    }
}

/// The address without the IPv6 form that dual-stack sockets give to IPv4.
fn canonical(address: SocketAddr) -> SocketAddr {
    SocketAddr::new(address.ip().to_canonical(), address.port())
}

/// Matches one direction of one TCP connection.
fn connection(source: SocketAddr, destination: SocketAddr) -> Vec<String> {
    let [from, to]: [IpAddr; 2] = [source.ip(), destination.ip()];
    let arguments = format!("-p tcp -s {from} --sport {} -d {to} --dport {}", source.port(), destination.port());
    arguments.split(' ').map(str::to_owned).collect()
}

/// The rule's match, mark and target.
fn body(mut matching: Vec<String>, queue: u16) -> Vec<String> {
    let owner = Owner::this_process();
    let rest = format!("-m comment --comment {owner} -j NFQUEUE --queue-num {queue} --queue-bypass");
    matching.extend(rest.split(' ').map(str::to_owned));
    matching
}

impl Rule {
    /// Inserts at the head of the chain, by the first program that can.
    fn insert(programs: &[&'static str], chain: Chain, body: Vec<String>) -> Result<Rule, NfqueueError> {
        let mut reason = String::new();
        for program in programs {
            match run(program, &["-I", chain.name()], &body) {
                Ok(_) => return Ok(Rule { program, chain, body }),
                Err(error) => reason = error,
            }
        }
        Err(NfqueueError::Rule { programs: programs.join(" or "), reason })
    }

    /// The program that made it.
    pub(super) fn program(&self) -> &'static str {
        self.program
    }
}

impl Drop for Rule {
    fn drop(&mut self) {
        if let Err(reason) = run(self.program, &["-D", self.chain.name()], &self.body) {
            tracing::warn!(program = self.program, %reason, "a netfilter rule could not be removed; the next start will");
        }
    }
}

/// Removes the rules of processes that are gone, in this network namespace.
pub(super) fn remove_left_overs() {
    for program in IPV4.into_iter().chain(IPV6) {
        if !has_tables(program) {
            continue;
        }
        // A program that is not installed has no left-overs either.
        let Ok(listing) = run(program, &["-S"], &[]) else { continue };
        for (chain, body) in listing.lines().filter_map(left_over) {
            if let Err(reason) = run(program, &["-D", chain], &body) {
                tracing::warn!(program, %reason, "a dead process's netfilter rule could not be removed");
            }
        }
    }
}

/// Whether a program of the legacy kind has a filter table to list; asking it would make one. The others keep theirs
/// elsewhere, and make none by listing.
fn has_tables(program: &str) -> bool {
    let names = match program {
        "iptables-legacy" => "/proc/thread-self/net/ip_tables_names",
        "ip6tables-legacy" => "/proc/thread-self/net/ip6_tables_names",
        _ => return true,
    };
    // Of this thread's network namespace.
    fs::read_to_string(names).is_ok_and(|tables| tables.lines().any(|table| table == "filter"))
}

/// The chain and body of a listed rule (`-A CHAIN BODY`) whose owner is dead.
fn left_over(line: &str) -> Option<(&str, Vec<String>)> {
    let mut words = line.split_whitespace().map(|word| word.trim_matches('"'));
    let chain = words.next().filter(|word| *word == "-A").and_then(|_| words.next())?;
    let body: Vec<String> = words.map(str::to_owned).collect();
    let comment = body.iter().skip_while(|word| *word != "--comment").nth(1)?;
    let owner: Owner = comment.parse().ok()?;
    (!owner.is_alive()).then_some((chain, body))
}

/// Runs a program on the filter table; its output, or its complaint on one line.
fn run(program: &str, action: &[&str], body: &[String]) -> Result<String, String> {
    let output = Command::new(program).args(["-w", LOCK_WAIT, "-t", "filter"]).args(action).args(body).output();
    match output {
        Ok(output) if output.status.success() => Ok(String::from_utf8_lossy(&output.stdout).into_owned()),
        Ok(output) => Err(format!("{program}: {}", String::from_utf8_lossy(&output.stderr).trim().replace('\n', "; "))),
        Err(error) => Err(format!("{program}: {error}")),
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn any_listing_is_answered(line in "(-A )?[A-Z]{0,8} ?\\PC{0,20}( --comment)?( \"?rrgen:1:1\"?)?\\PC{0,20}") {
            if let Some((chain, body)) = left_over(&line) {
                prop_assert!(line.starts_with("-A") && line.contains(chain) && body.contains(&"--comment".to_owned()));
            }
        }
    }

    #[test]
    fn a_connection_is_matched_in_one_direction() {
        let body = body(connection("10.0.0.1:5".parse().unwrap(), "10.0.0.2:6".parse().unwrap()), 9);
        let owner = Owner::this_process();
        assert_eq!(
            body.join(" "),
            format!(
                "-p tcp -s 10.0.0.1 --sport 5 -d 10.0.0.2 --dport 6 -m comment --comment {owner} -j NFQUEUE --queue-num 9 \
                 --queue-bypass"
            )
        );
    }

    #[test]
    fn only_the_rules_of_the_dead_are_left_over() {
        let rule = |comment: &str| format!("-A INPUT -p tcp -m comment --comment \"{comment}\" -j NFQUEUE");
        let dead = rule("rrgen:1:18446744073709551615");
        let (chain, body) = left_over(&dead).unwrap();
        assert_eq!((chain, body[5].as_str()), ("INPUT", "rrgen:1:18446744073709551615"));
        for line in [rule(&Owner::this_process().to_string()), rule("other"), "-P INPUT ACCEPT".into(), String::new()] {
            assert_eq!(left_over(&line), None, "{line}");
        }
    }
}
