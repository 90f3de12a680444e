//! HdrHistogram's interval log: one line of text per interval, with its whole histogram.
//!
//! Percentiles of percentiles mean nothing, but histograms add up without loss: over intervals, clients and machines.
//! This is the form in which the public HdrHistogram tools exchange them, described in HdrHistogram's
//! `HistogramLogWriter` (log format 1.3, histograms in V2 compressed encoding):
//!
//! ```text
//! #[StartTime: 1795352842.315 (seconds since epoch)]
//! Tag=lua@message,0.000,1.001,0.132,HISTFAAAA...
//! ```
//!
//! that is the start of the interval and its length in seconds, its longest value, and the histogram in base64.

mod payload;
mod reader;
mod writer;

pub use payload::{PayloadError, decode};
pub use reader::{Entry, ReadError, Reader};
pub use writer::{Span, Writer, tag_of};

#[cfg(test)]
mod tests;
