//! The first line: which test, from where to where, with what.
//!
//! netperf prints it once the control connection is up and before it asks the server for a test, so its
//! ports are the ones asked for, normally 0.

use std::fmt;
use std::net::{IpAddr, SocketAddr};

use super::{Test, address_family, direction, printf::Float};
use crate::wire::Family;

/// netperf hands `inet_ntop` the size of a pointer as the size of its buffer, so a longer text is lost.
const IP_TEXT_MAX: usize = 7;

/// What a title says of a test that has a burst, in netperf's eyes.
const BURST_TITLE: &str = "REQUEST/RESPONSE";

/// Half of a confidence interval in percent, from its width as a fraction: 100 / 2, as netperf divides.
const FRACTION_PER_HALF_PERCENT: f64 = 0.02;

/// The line, newline included. Also the first line of the omni modes.
#[derive(Debug, Clone, PartialEq)]
pub struct Banner {
    /// Which test.
    pub test: Test,
    /// The client's end of the data connection.
    pub source: Endpoint,
    /// The server's end of the data connection.
    pub destination: Endpoint,
    /// What `-i` or `-I` asked for.
    pub confidence: Option<ConfidenceGoal>,
    /// Test `-D`.
    pub nodelay: bool,
    /// Test `-V`.
    pub copy_avoidance: bool,
    /// `-N`.
    pub no_control: bool,
    /// Test `-b`: requests beyond the first, as given.
    pub first_burst: i32,
    /// `-T` in whatever form.
    pub cpu_bind: bool,
}

/// One end of the data connection.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Endpoint {
    /// What the resolver calls it: the canonical name, or the address as it was typed.
    pub name: String,
    /// The address, and the port asked for (0 if any).
    pub address: SocketAddr,
}

/// The confidence a result should reach.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct ConfidenceGoal {
    /// 95 or 99 percent.
    pub level: u32,
    /// Full width of the interval as a fraction of the mean.
    pub width: f64,
    /// `-r`: only the throughput counts, not the CPU figures.
    pub result_only: bool,
}

impl fmt::Display for Banner {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.write(title(self.test), f)
    }
}

/// The same line of the test named `omni`, whose title tells what is done and not with which protocol (`ar-omni`).
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct OmniBanner<'a>(pub &'a Banner);

impl fmt::Display for OmniBanner<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let connection_test = self.0.test == Test::TcpCrr;
        self.0.write(&format!("OMNI {} TEST", direction(connection_test)), f)
    }
}

impl Banner {
    fn write(&self, title: &str, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{title} from {} to {}", self.source, self.destination)?;
        if let Some(goal) = self.confidence {
            write!(f, "{goal}")?;
        }
        for (given, suffix) in [
            (self.nodelay, " : nodelay"),
            (self.copy_avoidance, " : copy avoidance"),
            (self.no_control, " : no control"),
            // It says that interim results are compiled in, not that they were asked for.
            (true, " : demo"),
        ] {
            if given {
                f.write_str(suffix)?;
            }
        }
        if title.contains(BURST_TITLE) {
            write!(f, " : first burst {}", self.first_burst)?;
        }
        if self.cpu_bind {
            f.write_str(" : cpu bind")?;
        }
        writeln!(f)
    }
}

impl fmt::Display for Endpoint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut ip = self.address.ip().to_string();
        if ip.len() > IP_TEXT_MAX {
            ip.clear();
        }
        let family = match self.address.ip() {
            IpAddr::V4(_) => Family::Inet,
            IpAddr::V6(_) => Family::Inet6,
        };
        write!(f, "{} ({ip}) port {} {}", self.name, self.address.port(), address_family::name(family))
    }
}

impl fmt::Display for ConfidenceGoal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            " : +/-{:.3}% @ {:2}% conf. {}",
            Float(self.width / FRACTION_PER_HALF_PERCENT),
            self.level,
            if self.result_only { " on result only" } else { "" }
        )
    }
}

fn title(test: Test) -> &'static str {
    match test {
        Test::TcpRr => "MIGRATED TCP REQUEST/RESPONSE TEST",
        Test::TcpCrr => "MIGRATED TCP Connect/Request/Response TEST",
        Test::UdpRr => "MIGRATED UDP REQUEST/RESPONSE TEST",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn endpoint(address: &str) -> String {
        let address = address.parse().unwrap();
        let name = "host".to_owned();
        Endpoint { name, address }.to_string()
    }

    #[test]
    fn an_ip_of_more_than_seven_characters_is_lost() {
        assert_eq!(endpoint("1.2.3.4:5"), "host (1.2.3.4) port 5 AF_INET");
        assert_eq!(endpoint("10.0.0.1:0"), "host () port 0 AF_INET");
        assert_eq!(endpoint("[fe80::1]:9"), "host (fe80::1) port 9 AF_INET6");
        assert_eq!(endpoint("[fe80::12]:9"), "host () port 9 AF_INET6");
    }
}
