//! Names of files, programs and interfaces: bare words, because a path never travels over the network.

use std::fmt;
use std::str::FromStr;

/// A bare name of 1 to `MAX` bytes: ASCII letters, digits, `.`, `_` and `-`, and no leading dot.
///
/// It can therefore be joined to a directory and stays inside it.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct BareName<const MAX: usize>(String);

/// A file inside the hook host's own hook directory.
pub type FileName = BareName<64>;
/// A function symbol in an eBPF object.
pub type ProgramName = BareName<64>;
/// A network interface; the kernel's `IFNAMSIZ` less the closing zero.
pub type InterfaceName = BareName<15>;

/// A text that is no bare name.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("expected a bare name of 1 to {max} letters, digits, '.', '_' or '-', without a leading '.'")]
pub struct BadName {
    max: usize,
}

impl<const MAX: usize> BareName<MAX> {
    /// The name.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl<const MAX: usize> FromStr for BareName<MAX> {
    type Err = BadName;

    fn from_str(text: &str) -> Result<Self, BadName> {
        let plain = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'_' | b'-');
        let bare = (1..=MAX).contains(&text.len()) && !text.starts_with('.') && text.bytes().all(plain);
        bare.then(|| BareName(text.to_owned())).ok_or(BadName { max: MAX })
    }
}

impl<const MAX: usize> fmt::Display for BareName<MAX> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_without_a_way_out_are_taken() {
        for name in ["a", "drop-port.lua", "_x.y-z", "v2..lua"] {
            assert_eq!(name.parse::<FileName>().unwrap().as_str(), name);
        }
    }

    #[test]
    fn paths_and_oversize_are_refused() {
        let long = "x".repeat(16);
        for name in ["", ".", "..", "../x", "a/b", "/etc/passwd", ".hidden", "a b", "é", "a\0", &long] {
            assert!(name.parse::<InterfaceName>().is_err(), "{name:?}");
        }
    }
}
