//! The control connection: fixed 656-byte messages of 164 words, on port 12865.
//!
//! Layouts are those of netperf 2.7.0, verified byte for byte against captured sessions.

mod request;
mod response;
mod results;

pub use request::OmniRequest;
pub use response::OmniResponse;
pub use results::OmniResults;
