//! The CPUs of several data threads, as a user writes them: `0-3`, `0+2+4`, `0-3+8`.
//!
//! A comma separates the two ends in netperf's `-T`, and stays free for that.

use std::fmt;
use std::str::FromStr;

use thiserror::Error;

use super::affinity::CPU_SET_SIZE;

/// Longest text of a list, bytes: a list has to fit a control message beside other words.
const TEXT_MAX: usize = 256;

/// CPUs, in the order in which threads get them. Empty: threads run where the kernel puts them.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct CpuList(Vec<u32>);

/// A text that is no list of CPUs.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum CpuListError {
    /// A part that is neither a CPU nor a range.
    #[error("'{0}' is neither a CPU (0 to {max}) nor a range FIRST-LAST of them", max = CPU_SET_SIZE - 1)]
    Part(String),
    /// It names more CPUs than there can be, or takes too many words for it.
    #[error("the list of CPUs is too long (at most {CPU_SET_SIZE} CPUs in {TEXT_MAX} bytes)")]
    TooLong,
}

impl CpuList {
    /// The CPU of the thread with this number; the list begins anew where there are more threads than CPUs.
    #[must_use]
    pub fn of_thread(&self, number: usize) -> Option<u32> {
        self.0.get(number % self.0.len().max(1)).copied()
    }

    /// How many there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Whether threads run where the kernel puts them.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

impl From<Option<u32>> for CpuList {
    fn from(cpu: Option<u32>) -> Self {
        Self(cpu.into_iter().collect())
    }
}

impl FromStr for CpuList {
    type Err = CpuListError;

    fn from_str(text: &str) -> Result<Self, CpuListError> {
        if text.len() > TEXT_MAX {
            return Err(CpuListError::TooLong);
        }
        let mut cpus = Vec::new();
        for part in text.split('+') {
            let range = range(part).ok_or_else(|| CpuListError::Part(part.to_owned()))?;
            cpus.extend(range);
            if cpus.len() > CPU_SET_SIZE as usize {
                return Err(CpuListError::TooLong);
            }
        }
        Ok(Self(cpus))
    }
}

/// `N` or `N-M`, ascending.
fn range(part: &str) -> Option<std::ops::RangeInclusive<u32>> {
    let (first, last) = part.split_once('-').unwrap_or((part, part));
    let (first, last) = (cpu(first)?, cpu(last)?);
    (first <= last).then_some(first..=last)
}

/// Digits alone: `parse` would take a sign, which is a separator here.
fn cpu(digits: &str) -> Option<u32> {
    let cpu = digits.parse().ok().filter(|_| digits.bytes().all(|byte| byte.is_ascii_digit()))?;
    (cpu < CPU_SET_SIZE).then_some(cpu)
}

impl fmt::Display for CpuList {
    /// The shortest way to write it, which is never longer than what was read.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, run) in self.0.chunk_by(|a, b| a + 1 == *b).enumerate() {
            let separator = if index > 0 { "+" } else { "" };
            match run {
                [one] => write!(f, "{separator}{one}")?,
                [first, .., last] => write!(f, "{separator}{first}-{last}")?,
                [] => {}
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn list(text: &str) -> CpuList {
        text.parse().expect(text)
    }

    #[test]
    fn threads_take_turns_in_the_order_written() {
        let cpus = list("4-5+0+2");
        let of: Vec<_> = (0..6).map(|thread| cpus.of_thread(thread)).collect();
        assert_eq!(of, [4, 5, 0, 2, 4, 5].map(Some));
        assert_eq!((cpus.len(), CpuList::default().of_thread(3)), (4, None));
    }

    #[test]
    fn what_is_no_list_is_refused_by_the_part_that_is_none() {
        for text in ["", "+", "0+", "a", "3-1", "-1", "1-", "0-2-4", "1024", "0,1", "0-4294967296", "1-+2", " 1"] {
            assert!(matches!(text.parse::<CpuList>(), Err(CpuListError::Part(_))), "{text}");
        }
        assert_eq!("0-1023+0".parse::<CpuList>(), Err(CpuListError::TooLong));
        assert_eq!("1+".repeat(300).parse::<CpuList>(), Err(CpuListError::TooLong));
        assert_eq!(list("0-1023").len(), 1024);
    }

    proptest! {
        #[test]
        fn what_is_written_is_what_was_read_and_no_longer(text in "[0-9+-]{0,40}") {
            if let Ok(list) = text.parse::<CpuList>() {
                let written = list.to_string();
                prop_assert!(written.len() <= text.len());
                prop_assert_eq!(written.parse(), Ok(list));
            }
        }
    }
}
