//! Tests beyond netperf's one connection: the terms that a client asks for, and the report it gets afterwards.

mod report;
mod terms;

pub use report::{LoadReport, REPORT_MAX, ReportError, ThreadReport};
pub use terms::{FLOWS_MAX, LoadError, LoadTerms, THREADS_MAX};
