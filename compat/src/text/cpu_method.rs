//! The letters netperf's tables use for the way CPU utilization was measured.

/// One letter per method number, from 0 (`U`, not measured) on; 8 (`S`) is `/proc/stat`.
const LETTERS: &[u8] = b"UIPTLRNKSCEMO";

/// The letter of a side that was not measured.
pub const UNMEASURED: char = LETTERS[0] as char;

/// The letter for a method number as it travels in the results; `?` if there is none.
pub fn letter(method: u32) -> char {
    usize::try_from(method).ok().and_then(|index| LETTERS.get(index)).map_or('?', |&letter| char::from(letter))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::wire::METHOD_PROC_STAT;

    #[test]
    fn known_numbers_have_letters() {
        assert_eq!(letter(0), UNMEASURED);
        assert_eq!(letter(METHOD_PROC_STAT), 'S');
        assert_eq!(letter(12), 'O');
        assert_eq!(letter(13), '?');
        assert_eq!(letter(u32::MAX), '?');
    }
}
