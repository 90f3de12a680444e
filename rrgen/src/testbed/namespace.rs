//! A network namespace without a name: it lives while a descriptor of it, or a socket in it, is open.

use std::fs::File;
use std::io;
use std::os::fd::{AsFd, AsRawFd};
use std::path::PathBuf;
use std::process;
use std::sync::Arc;
use std::thread;

use rustix::thread::{LinkNameSpaceType, UnshareFlags, move_into_link_name_space, unshare_unsafe};

/// The calling thread's own network namespace, as a file.
const OWN: &str = "/proc/thread-self/ns/net";

/// A network namespace; clones are the same one.
#[derive(Debug, Clone)]
pub struct Namespace(Arc<File>);

impl Namespace {
    /// Makes a namespace with nothing in it but a loopback interface that is down.
    ///
    /// # Errors
    /// The privilege for it is missing, or no more may be made.
    pub fn new() -> io::Result<Self> {
        on_a_thread(|| {
            // SAFETY: no file descriptor table is unshared; only this thread, which ends here, changes its network.
            unsafe { unshare_unsafe(UnshareFlags::NEWNET) }?;
            Ok(Self(Arc::new(File::open(OWN)?)))
        })
    }

    /// Moves the calling thread in, for good: the sockets and processes it makes from now on belong there.
    ///
    /// # Errors
    /// The privilege for it is missing.
    pub fn enter(&self) -> io::Result<()> {
        Ok(move_into_link_name_space(self.0.as_fd(), Some(LinkNameSpaceType::Network))?)
    }

    /// Does `job` inside, on a thread of its own.
    ///
    /// # Errors
    /// The namespace cannot be entered, or the job failed.
    pub fn run<T: Send>(&self, job: impl FnOnce() -> io::Result<T> + Send) -> io::Result<T> {
        on_a_thread(|| {
            self.enter()?;
            job()
        })
    }

    /// A path by which other programs find the namespace while this process runs.
    #[must_use]
    pub fn path(&self) -> PathBuf {
        format!("/proc/{}/fd/{}", process::id(), self.0.as_raw_fd()).into()
    }
}

fn on_a_thread<T: Send>(job: impl FnOnce() -> io::Result<T> + Send) -> io::Result<T> {
    let joined =
        thread::scope(|scope| thread::Builder::new().spawn_scoped(scope, job).map(thread::ScopedJoinHandle::join))?;
    joined.unwrap_or_else(|_| Err(io::Error::other("the thread in the namespace failed; please report this as a bug")))
}
