//! What a client asks beyond netperf's request: how many flows the next test has, and how they are served.

use compat::wire::Message;

use super::{ExtensionError, NO_CPU, contents, encode, kind};
use crate::LoadTerms;

/// The types: "rrl" and a number.
const FIRST_KIND: u32 = 0x7272_6c00;
const TERMS: u32 = FIRST_KIND + 1;
const REPORT: u32 = FIRST_KIND + 2;
const MEASURE: u32 = FIRST_KIND + 3;

/// A request about the load of a test.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum LoadRequest {
    /// The next test is on these terms.
    Terms(LoadTerms),
    /// Send the report of the last such test as JSON, from this offset on.
    Report {
        /// Bytes already had.
        offset: u32,
    },
    /// Sent while a test runs, and not answered: the warm-up is over, what is reported begins here.
    Measure,
}

impl LoadRequest {
    /// Whether `message` is one, whatever its contents.
    #[must_use]
    pub fn is_one(message: &Message) -> bool {
        (TERMS..=MEASURE).contains(&kind(message))
    }

    /// Whether a message that begins so is a [`LoadRequest::Measure`].
    #[must_use]
    pub fn is_measure(first: [u8; 4]) -> bool {
        u32::from_be_bytes(first) == MEASURE
    }

    /// As it travels.
    #[must_use]
    pub fn encode(&self) -> Message {
        match self {
            Self::Terms(terms) => encode(TERMS, NO_CPU, 0, &terms.to_string()),
            Self::Report { offset } => encode(REPORT, NO_CPU, *offset, ""),
            Self::Measure => encode(MEASURE, NO_CPU, 0, ""),
        }
    }

    /// Reads what a client sent.
    ///
    /// # Errors
    /// It is none of ours, damaged, or a load that cannot be.
    pub fn decode(message: &Message) -> Result<Self, ExtensionError> {
        let (number, text) = contents(message)?;
        match kind(message) {
            TERMS => Ok(Self::Terms(text.parse()?)),
            REPORT => Ok(Self::Report { offset: number }),
            MEASURE => Ok(Self::Measure),
            other => Err(ExtensionError::Kind(other)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::data::{Engine, Wait};
    use crate::extension::TEXT_MAX;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn requests_travel_both_ways(
            flows in 1..=crate::load::FLOWS_MAX, cpus in "[0-9]{1,3}(\\+[0-9]{1,3}){0,60}", wait in any::<bool>(),
            uring in any::<bool>(), offset in any::<u32>(),
        ) {
            let wait = if wait { Wait::Spin } else { Wait::BusyPoll { usec: 50 } };
            let terms = LoadTerms::new(flows, None, cpus.parse().expect("list"), wait).expect("terms");
            let terms = if uring { terms.clone().by(Engine::Uring).unwrap_or(terms) } else { terms };
            prop_assert!(terms.to_string().len() <= TEXT_MAX);
            for request in [LoadRequest::Terms(terms), LoadRequest::Report { offset }, LoadRequest::Measure] {
                let message = request.encode();
                prop_assert!(LoadRequest::is_one(&message));
                prop_assert_eq!(LoadRequest::decode(&message), Ok(request));
            }
        }
    }
}
