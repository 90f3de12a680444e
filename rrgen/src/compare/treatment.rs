//! What makes a variant different from the bare path: nothing, or a hook.
//!
//! The rounds know variants by this trait only; [`treatment`] is the one place that knows which there are.

use thiserror::Error;

use crate::results::Ledger;
use crate::testbed::Path;

/// The hook of a variant without a hook.
pub(super) const NO_HOOK: &str = "none";

/// A treatment that cannot be given.
#[derive(Debug, Error)]
#[error("{hook}: {cause}")]
pub(super) struct TreatmentError {
    /// The hook.
    pub(super) hook: String,
    /// What is wrong.
    pub(super) cause: String,
}

/// Something that is done to a path for a round: `prepare`, `attach`, measure, `ledger`, `detach`, in this order.
pub(super) trait Treatment: Send {
    /// Gets everything ready that may take time or fail, without touching a packet of `path` yet.
    ///
    /// # Errors
    /// It cannot be had there.
    fn prepare(&mut self, path: &Path) -> Result<(), TreatmentError>;

    /// Takes effect.
    ///
    /// # Errors
    /// It is refused.
    fn attach(&mut self) -> Result<(), TreatmentError>;

    /// What it counted since `attach`, while its connection completed `transactions`; `None` if it has nothing to
    /// count.
    ///
    /// # Errors
    /// Its counts cannot be had.
    fn ledger(&mut self, transactions: u64) -> Result<Option<Ledger>, TreatmentError>;

    /// Leaves the path as it was; also after a failure, and when nothing was attached.
    fn detach(&mut self);
}

/// The baseline.
#[derive(Debug)]
struct Bare;

impl Treatment for Bare {
    fn prepare(&mut self, _path: &Path) -> Result<(), TreatmentError> {
        Ok(())
    }

    fn attach(&mut self) -> Result<(), TreatmentError> {
        Ok(())
    }

    fn ledger(&mut self, _transactions: u64) -> Result<Option<Ledger>, TreatmentError> {
        Ok(None)
    }

    fn detach(&mut self) {}
}

/// The treatment that a hook in its canonical syntax stands for.
///
/// # Errors
/// This version does not have it.
pub(super) fn treatment(hook: &str) -> Result<Box<dyn Treatment>, TreatmentError> {
    match hook {
        NO_HOOK => Ok(Box::new(Bare)),
        _ => Err(TreatmentError { hook: hook.to_owned(), cause: "this version has no such hook".into() }),
    }
}

/// Treatments in effect; dropping this ends them, however the round went.
pub(super) struct Attached<'a>(&'a mut [Box<dyn Treatment>]);

impl<'a> Attached<'a> {
    /// Prepares every treatment on its path, then attaches all.
    ///
    /// # Errors
    /// One is refused; none is in effect then.
    pub(super) fn new<'p>(
        treatments: &'a mut [Box<dyn Treatment>],
        paths: impl Iterator<Item = &'p Path>,
    ) -> Result<Self, TreatmentError> {
        let attached = Self(treatments);
        attached.0.iter_mut().zip(paths).try_for_each(|(treatment, path)| treatment.prepare(path))?;
        attached.0.iter_mut().try_for_each(|treatment| treatment.attach())?;
        Ok(attached)
    }

    /// The ledger of each variant that completed so many transactions.
    ///
    /// # Errors
    /// One cannot be had.
    pub(super) fn ledgers(&mut self, transactions: &[u64]) -> Result<Vec<Option<Ledger>>, TreatmentError> {
        self.0.iter_mut().zip(transactions).map(|(treatment, &count)| treatment.ledger(count)).collect()
    }
}

impl Drop for Attached<'_> {
    fn drop(&mut self) {
        self.0.iter_mut().rev().for_each(|treatment| treatment.detach());
    }
}

#[cfg(test)]
mod tests {
    use std::sync::{Arc, Mutex};

    use super::*;

    type Log = Arc<Mutex<Vec<String>>>;

    /// Writes down what it is asked to do, and refuses one of it.
    struct Noted {
        name: &'static str,
        refuses: &'static str,
        log: Log,
    }

    impl Noted {
        fn note(&self, call: &'static str) -> Result<(), TreatmentError> {
            self.log.lock().unwrap().push(format!("{call} {}", self.name));
            let refusal = || TreatmentError { hook: self.name.into(), cause: "refused".into() };
            if self.refuses == call { Err(refusal()) } else { Ok(()) }
        }
    }

    impl Treatment for Noted {
        fn prepare(&mut self, _path: &Path) -> Result<(), TreatmentError> {
            self.note("prepare")
        }

        fn attach(&mut self) -> Result<(), TreatmentError> {
            self.note("attach")
        }

        fn ledger(&mut self, transactions: u64) -> Result<Option<Ledger>, TreatmentError> {
            self.note("ledger")?;
            let attached = self.name.into();
            Ok(Some(Ledger { attached, expected_calls: transactions, calls: 0, errors: 0, ns_per_call: None }))
        }

        fn detach(&mut self) {
            let _ = self.note("detach");
        }
    }

    /// What two treatments are asked to do when the second refuses something.
    fn asked(refuses: &'static str) -> Vec<String> {
        let log = Log::default();
        let noted = |name, refuses| -> Box<dyn Treatment> { Box::new(Noted { name, refuses, log: Arc::clone(&log) }) };
        let mut treatments = [noted("a", ""), noted("b", refuses)];
        let path = Path { server: ([127, 0, 0, 1], 0).into(), interface: None };
        let attached = Attached::new(&mut treatments, [&path, &path].into_iter());
        let ledgers = attached.and_then(|mut attached| attached.ledgers(&[7, 8]));
        if refuses.is_empty() {
            let expected: Vec<u64> =
                ledgers.unwrap().into_iter().flatten().map(|ledger| ledger.expected_calls).collect();
            assert_eq!(expected, [7, 8]);
        } else {
            assert_eq!(ledgers.unwrap_err().to_string(), "b: refused");
        }
        log.lock().unwrap().clone()
    }

    #[test]
    fn all_are_prepared_before_one_is_attached_and_detached_in_the_end() {
        let all = ["prepare a", "prepare b", "attach a", "attach b", "ledger a", "ledger b", "detach b", "detach a"];
        assert_eq!(asked(""), all);
    }

    #[test]
    fn whatever_is_refused_all_are_detached() {
        assert_eq!(asked("prepare"), ["prepare a", "prepare b", "detach b", "detach a"]);
        assert_eq!(asked("attach"), ["prepare a", "prepare b", "attach a", "attach b", "detach b", "detach a"]);
        assert!(asked("ledger").ends_with(&["detach b".into(), "detach a".into()]));
    }

    #[test]
    fn only_what_exists_is_given() {
        assert!(treatment("none").is_ok());
        assert_eq!(treatment("lua@moon").err().unwrap().to_string(), "lua@moon: this version has no such hook");
    }
}
