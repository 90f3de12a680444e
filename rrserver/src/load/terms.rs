//! The terms of a test beyond netperf's request: how many flows it has, and how the server serves them.
//!
//! Both ends hold them as text, `KEY=VALUE` words: on the wire ([`LoadRequest`](crate::extension::LoadRequest)) a key
//! that a server does not know is refused, so that no test silently runs on other terms than were asked for.

use std::fmt;
use std::ops::Range;
use std::str::FromStr;

use hooks::AttachPoint;
use thiserror::Error;

use crate::data::{CpuList, CpuListError, Engine, EngineError, Wait, WaitError};

/// Most flows of one test: a server has no more ports to tell them apart by.
pub const FLOWS_MAX: u32 = 1 << 16;

/// Most threads of one test at one end.
pub const THREADS_MAX: u32 = 256;

/// How a test is served. One flow in one thread that sleeps is netperf's.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct LoadTerms {
    /// Data connections, 1 to [`FLOWS_MAX`].
    pub flows: u32,
    /// Data threads, 1 to [`THREADS_MAX`], no more than flows.
    pub threads: u32,
    /// Where they run; empty leaves it to the CPU of netperf's request.
    pub cpus: CpuList,
    /// How they wait.
    pub wait: Wait,
    /// How they ask the kernel, of several flows.
    pub engine: Engine,
}

/// Terms that cannot be.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum LoadError {
    /// Too few, too many, or no number at all.
    #[error("{key}: '{value}' is out of range (1 to {max})")]
    Range {
        /// Which number.
        key: &'static str,
        /// What was written.
        value: String,
        /// The most there may be.
        max: u32,
    },
    /// Some would have nothing to do.
    #[error("{threads} threads are more than {flows} flows; leave some out")]
    IdleThreads {
        /// Asked for.
        threads: u32,
        /// To be spread over them.
        flows: u32,
    },
    /// No list of CPUs.
    #[error("cpus: {0}")]
    Cpus(#[from] CpuListError),
    /// No way to wait.
    #[error("wait: {0}")]
    Wait(#[from] WaitError),
    /// No engine.
    #[error("engine: {0}")]
    Engine(#[from] EngineError),
    /// An engine for many flows, and one flow.
    #[error("engine: {0} is for many flows: ask for more than one, or leave it out")]
    OneFlow(Engine),
    /// An engine that cannot wait like that.
    #[error("engine: {engine} waits by block or spin, not by {wait}: choose one of these, or epoll")]
    EngineWait {
        /// Asked for.
        engine: Engine,
        /// Asked for, too.
        wait: Wait,
    },
    /// A word that this version does not know, or has read already.
    #[error("'{0}' is not known here, or there twice; is the other end a newer version?")]
    Word(String),
}

impl Default for LoadTerms {
    fn default() -> Self {
        Self { flows: 1, threads: 1, cpus: CpuList::default(), wait: Wait::default(), engine: Engine::default() }
    }
}

impl LoadTerms {
    /// Whether a stock netserver serves the same without being told.
    #[must_use]
    pub fn is_netperfs(&self) -> bool {
        self.flows == 1 && self.wait == Wait::Block
    }

    /// Why a hook attached there cannot have a test on these terms, if it cannot.
    #[must_use]
    pub fn unfit_for(&self, attach: AttachPoint, whole_host: bool) -> Option<&'static str> {
        match attach {
            _ if self.flows == 1 => None,
            AttachPoint::Message if self.threads > 1 => Some(
                "a hook on messages has one interpreter, for one data thread: leave out --threads, or name one CPU in -T",
            ),
            AttachPoint::Socket => {
                Some("a hook on a socket sits on one flow: leave out --flows, or choose another attach point")
            }
            AttachPoint::Nfqueue if !whole_host => Some(
                "a queue is kept to one connection: leave out --flows, or let it see all traffic by --hook-scope host",
            ),
            _ => None,
        }
    }

    /// The flows of the thread with this number: as many as any other's, or one more.
    #[must_use]
    pub fn flows_of(&self, thread: usize) -> Range<usize> {
        let from = |thread: usize| thread * self.flows as usize / self.threads as usize;
        from(thread)..from(thread + 1)
    }

    /// File descriptors that they take at one end: each flow a socket, each thread what it waits by.
    #[must_use]
    pub fn descriptors(&self) -> u32 {
        self.flows + self.threads
    }

    /// So many flows over so many threads; if nobody says how many, a thread for every CPU, or one.
    ///
    /// # Errors
    /// A number is out of range, or threads would have no flow.
    pub fn new(flows: u32, threads: Option<u32>, cpus: CpuList, wait: Wait) -> Result<Self, LoadError> {
        let default = (cpus.len() as u32).clamp(1, THREADS_MAX).min(flows.max(1));
        let threads = threads.unwrap_or(default);
        for (key, number, max) in [("flows", flows, FLOWS_MAX), ("threads", threads, THREADS_MAX)] {
            if !(1..=max).contains(&number) {
                return Err(LoadError::Range { key, value: number.to_string(), max });
            }
        }
        if threads > flows {
            return Err(LoadError::IdleThreads { threads, flows });
        }
        Ok(Self { flows, threads, cpus, wait, engine: Engine::default() })
    }

    /// The same by another engine.
    ///
    /// # Errors
    /// The engine is for other terms.
    pub fn by(self, engine: Engine) -> Result<Self, LoadError> {
        match (engine, self.wait) {
            (Engine::Epoll, _) => {}
            _ if self.flows == 1 => return Err(LoadError::OneFlow(engine)),
            (_, wait @ Wait::BusyPoll { .. }) => return Err(LoadError::EngineWait { engine, wait }),
            _ => {}
        }
        Ok(Self { engine, ..self })
    }
}

impl FromStr for LoadTerms {
    type Err = LoadError;

    fn from_str(text: &str) -> Result<Self, LoadError> {
        let (mut flows, mut threads, mut cpus, mut wait, mut engine) = (None, None, None, None, None);
        for word in text.split_ascii_whitespace() {
            let unknown = || LoadError::Word(word.to_owned());
            let (key, value) = word.split_once('=').ok_or_else(unknown)?;
            let taken = match key {
                "flows" => flows.replace(number("flows", value, FLOWS_MAX)?).is_some(),
                "threads" => threads.replace(number("threads", value, THREADS_MAX)?).is_some(),
                "cpus" => cpus.replace(value.parse()?).is_some(),
                "wait" => wait.replace(value.parse()?).is_some(),
                "engine" => engine.replace(value.parse()?).is_some(),
                _ => true,
            };
            if taken {
                return Err(unknown());
            }
        }
        Self::new(flows.unwrap_or(1), threads, cpus.unwrap_or_default(), wait.unwrap_or_default())?
            .by(engine.unwrap_or_default())
    }
}

fn number(key: &'static str, value: &str, max: u32) -> Result<u32, LoadError> {
    value.parse().map_err(|_| LoadError::Range { key, value: value.to_owned(), max })
}

impl fmt::Display for LoadTerms {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { flows, threads, cpus, wait, engine } = self;
        write!(f, "flows={flows} threads={threads} wait={wait}")?;
        // Servers that know no engines go by epoll.
        if *engine != Engine::default() {
            write!(f, " engine={engine}")?;
        }
        if cpus.is_empty() { Ok(()) } else { write!(f, " cpus={cpus}") }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn read(text: &str) -> Result<LoadTerms, LoadError> {
        text.parse()
    }

    #[test]
    fn without_a_word_it_is_netperfs_test() {
        assert_eq!(read(""), Ok(LoadTerms::default()));
        assert_eq!(read("flows=1 threads=1 wait=block"), Ok(LoadTerms::default()));
    }

    #[test]
    fn threads_are_one_for_every_cpu_unless_said_otherwise() {
        let threads = |text: &str| read(text).expect(text).threads;
        assert_eq!(threads("flows=8"), 1);
        assert_eq!(threads("flows=8 cpus=0-3"), 4);
        assert_eq!(threads("flows=2 cpus=0-3"), 2);
        assert_eq!(threads("flows=8 cpus=0 threads=3"), 3);
        assert_eq!(threads("flows=65536 cpus=0-1023"), THREADS_MAX);
    }

    #[test]
    fn every_flow_has_one_thread() {
        let terms = read("flows=10 threads=4").expect("terms");
        let shares: Vec<_> = (0..4).map(|thread| terms.flows_of(thread)).collect();
        assert_eq!(shares, [0..2, 2..5, 5..7, 7..10]);
    }

    #[test]
    fn what_cannot_be_is_refused_by_name() {
        for (text, culprit) in [
            ("flows=0", "flows: '0'"),
            ("flows=65537", "flows: '65537'"),
            ("flows=many", "flows: 'many'"),
            ("flows=9 threads=0", "threads: '0'"),
            ("flows=900 threads=257", "threads: '257'"),
            ("flows=2 threads=3", "3 threads are more than 2 flows"),
            ("cpus=", "cpus: ''"),
            ("wait=sleep", "wait: 'sleep'"),
            ("flows=2 engine=steam", "engine: 'steam'"),
            ("engine=uring", "engine: uring is for many flows"),
            ("flows=2 engine=uring wait=busy-poll:5", "engine: uring waits by block or spin, not by busy-poll:5"),
            ("flows=2 flows=2", "'flows=2' is not known here, or there twice"),
            ("pace=2", "'pace=2' is not known"),
            ("flows", "'flows' is not known"),
        ] {
            let refusal = read(text).expect_err(text).to_string();
            assert!(refusal.starts_with(culprit), "{refusal}");
        }
    }

    proptest! {
        #[test]
        fn no_text_is_too_strange(text in "((flows|threads|cpus|wait|engine)?=([0-9:+-]{0,5}|spin|epoll|uring) ?){0,5}\\PC{0,9}") {
            if let Ok(terms) = read(&text) {
                prop_assert_eq!(read(&terms.to_string()), Ok(terms));
            }
        }
    }
}
