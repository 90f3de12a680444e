//! Arguments of two halves, `FIRST,SECOND`, and netperf's two rules for leaving one out.

/// The halves that were given.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Halves<'a> {
    /// What stands before the comma.
    pub first: Option<&'a str>,
    /// What stands after it.
    pub second: Option<&'a str>,
}

/// One text without a comma means both halves: `1` is `1,1`, while `1,` and `,1` are one half each.
pub fn both(text: &str) -> Halves<'_> {
    let halves = explicit(text);
    if text.contains(',') { halves } else { Halves { second: halves.first, ..halves } }
}

/// The second half needs its comma: `1` and `1,` are the first only.
pub fn explicit(text: &str) -> Halves<'_> {
    let (first, second) = text.split_once(',').unwrap_or((text, ""));
    let given = |half| Some(half).filter(|half: &&str| !half.is_empty());
    Halves { first: given(first), second: given(second) }
}

/// A setting of this end and of the server.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Ends<T> {
    /// This end's.
    pub local: T,
    /// The server's.
    pub remote: T,
}

impl<T> Ends<T> {
    pub(super) fn pair(&mut self) -> [&mut T; 2] {
        [&mut self.local, &mut self.remote]
    }
}

/// A setting of one end's sending and receiving side.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Directions<T> {
    /// The sending side's.
    pub send: T,
    /// The receiving side's.
    pub recv: T,
}

impl<T> Directions<T> {
    pub(super) fn pair(&mut self) -> [&mut T; 2] {
        [&mut self.send, &mut self.recv]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const fn halves(first: Option<&'static str>, second: Option<&'static str>) -> Halves<'static> {
        Halves { first, second }
    }

    #[test]
    fn the_rules_differ_without_a_comma_only() {
        assert_eq!(both("1"), halves(Some("1"), Some("1")));
        assert_eq!(explicit("1"), halves(Some("1"), None));
        for rule in [both, explicit] {
            assert_eq!(rule("1,"), halves(Some("1"), None));
            assert_eq!(rule(",1"), halves(None, Some("1")));
            assert_eq!(rule("1,2"), halves(Some("1"), Some("2")));
            assert_eq!(rule("1,2,3"), halves(Some("1"), Some("2,3")));
            assert_eq!(rule(""), halves(None, None));
            assert_eq!(rule(","), halves(None, None));
        }
    }
}
