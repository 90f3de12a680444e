//! A session's load: the terms of its next test, and the report of its last.

use tracing::warn;

use crate::LoadTerms;
use crate::data::make_room;
use crate::extension::{LoadRequest, Reply};
use crate::load::LoadReport;

const NO_REPORT: &str = "there is no report: no test has ended since the last one began";

/// What a client has asked for beyond netperf's request.
#[derive(Debug)]
pub(crate) struct Loading {
    next: Option<LoadTerms>,
    /// JSON.
    report: Result<String, String>,
}

impl Loading {
    pub(crate) fn new() -> Self {
        Self { next: None, report: Err(NO_REPORT.into()) }
    }

    /// Carries out a client's request; what to answer, if it wants that.
    pub(crate) fn answer(&mut self, request: LoadRequest) -> Option<Reply> {
        Some(match request {
            LoadRequest::Terms(terms) => match prepare(&terms) {
                Ok(()) => {
                    let understood = terms.to_string();
                    self.next = Some(terms);
                    Reply::Done(understood)
                }
                Err(reason) => {
                    warn!("{reason}");
                    Reply::Refused(reason)
                }
            },
            // For a test that has ended in the meantime; one that runs hears of it by itself.
            LoadRequest::Measure => return None,
            LoadRequest::Report { offset } => match &self.report {
                Ok(report) => Reply::part(report, offset),
                Err(reason) => Reply::Refused(reason.clone()),
            },
        })
    }

    /// The test is over: what it did is there to be asked for.
    pub(crate) fn end_test(&mut self, report: &LoadReport) {
        self.report = report.to_json().map_err(|e| e.to_string());
    }

    /// The terms of the test that begins now, if there are any; the one after it needs its own.
    pub(crate) fn begin_test(&mut self) -> Option<LoadTerms> {
        self.report = Err(NO_REPORT.into());
        self.next.take()
    }
}

/// Sees to it that a test on these terms can be served here.
///
/// # Errors
/// It cannot, for this reason.
fn prepare(terms: &LoadTerms) -> Result<(), String> {
    terms.engine.available().map_err(|e| format!("--engine: at the server {e}"))?;
    make_room(terms.descriptors()).map_err(|e| format!("at the server: {e}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn terms_are_for_one_test() {
        let mut loading = Loading::new();
        let (report, no_report) = (LoadRequest::Report { offset: 0 }, Some(Reply::Refused(NO_REPORT.into())));
        let terms: LoadTerms = "flows=2 wait=spin".parse().expect("terms");
        let understood = loading.answer(LoadRequest::Terms(terms.clone()));
        assert_eq!(understood, Some(Reply::Done("flows=2 threads=1 wait=spin".into())));
        assert_eq!(loading.begin_test(), Some(terms));
        assert_eq!(loading.begin_test(), None);
        assert_eq!(loading.answer(report), no_report);
    }

    #[test]
    fn a_report_is_there_from_the_end_of_a_test_to_the_next() {
        let mut loading = Loading::new();
        loading.end_test(&LoadReport { flows: 7, ..LoadReport::default() });
        assert_eq!(loading.answer(LoadRequest::Measure), None, "too late");
        let report = LoadRequest::Report { offset: 0 };
        let Some(Reply::Part { text, total }) = loading.answer(report.clone()) else { panic!("no report") };
        assert!(text.starts_with("{\"flows\":7,") && text.len() <= total as usize, "{text}");
        loading.begin_test();
        assert!(matches!(loading.answer(report), Some(Reply::Refused(_))));
    }
}
