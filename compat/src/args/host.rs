//! A host as `-H` and `-L` take it: `NAME[,FAMILY]`, for the data connection `NAME[/MASK][,FAMILY]`.

use super::pair::explicit;
use super::reader::{Read, Reader};
use super::warning::Warning;
use crate::wire::Family;

/// One end's name or address, and the family to look it up in.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct HostArg {
    /// Host name or address; `None` leaves the default.
    pub name: Option<String>,
    /// The family asked for here or by `-4` and `-6`.
    pub family: Family,
    /// Bits of the network mask, for data addresses only.
    pub mask_bits: Option<u8>,
}

/// Bits in the longest address.
const MASK_BITS_MAX: u8 = 128;

impl HostArg {
    /// Takes `NAME[,FAMILY]`; what is left out stays as it is.
    pub(super) fn read(&mut self, arg: &mut Reader<'_>) -> Read<()> {
        let halves = explicit(arg.text());
        if let Some(name) = halves.first {
            self.name = Some(name.to_owned());
        }
        if let Some(name) = halves.second {
            self.family = family(name).unwrap_or_else(|| {
                arg.warn(Warning::UnknownFamily(name.to_owned()));
                Family::Unspecified
            });
        }
        Ok(())
    }

    /// Takes `NAME[/MASK][,FAMILY]`.
    pub(super) fn read_masked(&mut self, arg: &mut Reader<'_>) -> Read<()> {
        let mut read = self.clone();
        read.read(arg)?;
        if let Some((name, mask)) = read.name.as_deref().and_then(|name| name.split_once('/')) {
            let bits = mask.parse().ok().filter(|bits| *bits <= MASK_BITS_MAX);
            let bits = bits.ok_or_else(|| arg.not_allowed(mask, format_args!("0 to {MASK_BITS_MAX}")))?;
            read = Self { name: Some(name.to_owned()), mask_bits: Some(bits), ..read };
        }
        *self = read;
        Ok(())
    }
}

/// What netperf looks for anywhere in the text, in this order; capitals it does not know.
const FAMILIES: [(&str, Family); 5] = [
    ("6", Family::Inet6),
    ("inet", Family::Inet),
    ("4", Family::Inet),
    ("unspec", Family::Unspecified),
    ("0", Family::Unspecified),
];

fn family(name: &str) -> Option<Family> {
    let found = FAMILIES.iter().find(|(mark, _)| name.contains(mark));
    found.map(|(_, family)| *family)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn families_are_found_anywhere() {
        for (name, meaning) in [
            ("6", Some(Family::Inet6)),
            ("inet6", Some(Family::Inet6)),
            ("inet", Some(Family::Inet)),
            ("IPv4", Some(Family::Inet)),
            ("unspec", Some(Family::Unspecified)),
            ("0", Some(Family::Unspecified)),
            ("INET", None),
            ("foo", None),
        ] {
            assert_eq!(family(name), meaning, "{name}");
        }
    }
}
