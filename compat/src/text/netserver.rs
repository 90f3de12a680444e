//! What netserver says when it starts, or cannot.

use std::fmt;

use super::address_family;
use crate::wire::Family;

/// How netserver names every address of the families it listens in.
const ANY: &str = "IN(6)ADDR_ANY";

/// Where a netserver is to listen, as it was asked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Listening {
    /// `-L`, if it was given.
    pub host: Option<String>,
    /// `-p`, or the default.
    pub port: u16,
    /// `-4`, `-6` or the family of `-L`.
    pub family: Family,
}

impl Listening {
    /// The line on stdout.
    #[must_use]
    pub fn started(&self) -> String {
        format!("Starting netserver with {self}\n")
    }

    /// The line on stderr (sample `99-ns-inuse`); both blanks are netserver's.
    #[must_use]
    pub fn failed(&self) -> String {
        format!("Unable to start netserver with  {}\n", self.place())
    }

    fn place(&self) -> String {
        let host = self.host.as_deref().unwrap_or(ANY);
        format!("'{host}' port '{}' and family {}", self.port, address_family::name(self.family))
    }
}

impl fmt::Display for Listening {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "host {}", self.place())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_lines_are_netservers() {
        let any = Listening { host: None, port: 23871, family: Family::Unspecified };
        assert_eq!(any.started(), "Starting netserver with host 'IN(6)ADDR_ANY' port '23871' and family AF_UNSPEC\n");
        let taken = Listening { host: Some("127.0.0.1".into()), port: 12865, family: Family::Inet };
        let captured = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/samples/99-ns-inuse.err");
        assert_eq!(taken.failed(), std::fs::read_to_string(captured).expect("sample"));
    }
}
