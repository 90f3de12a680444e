//! Waiting at an epoll instance to the nanosecond, on kernels of any age.
//!
//! An open loop sleeps until its next arrival. Linux takes such a time since 5.11 (`epoll_pwait2`), and RHEL 8 has 4.18.
//! There `ppoll` waits for the instance itself, and the old call takes what is ready.

use std::io;
use std::os::fd::{AsRawFd, OwnedFd};

use rustix::buffer::spare_capacity;
use rustix::event::{PollFd, PollFlags, Timespec, epoll, poll};
use rustix::io::Errno;

/// How this kernel is asked; learnt by asking.
#[derive(Debug)]
pub(super) struct EpollWait {
    has_pwait2: bool,
}

impl EpollWait {
    /// Supposes a kernel of today.
    pub(super) fn new() -> Self {
        Self { has_pwait2: true }
    }

    /// Puts into `events`, as far as there is room, what has happened at `epoll`; waits for it until `timeout`, if
    /// there is one.
    ///
    /// # Errors
    /// What the kernel says: `EINTR` if a signal came first.
    #[inline]
    pub(super) fn wait(
        &mut self,
        epoll: &OwnedFd,
        events: &mut Vec<epoll::Event>,
        timeout: Option<&Timespec>,
    ) -> Result<(), Errno> {
        if self.has_pwait2 {
            match epoll::wait(epoll, spare_capacity(events), timeout) {
                // EPERM is what some sandboxes say of calls younger than they are.
                Err(Errno::NOSYS | Errno::PERM) => self.has_pwait2 = false,
                answer => return answer.map(drop),
            }
        }
        wait_without_pwait2(epoll, events, timeout)
    }
}

#[cold]
fn wait_without_pwait2(
    epoll: &OwnedFd,
    events: &mut Vec<epoll::Event>,
    timeout: Option<&Timespec>,
) -> Result<(), Errno> {
    let now = Timespec::default();
    if let Some(time) = timeout.filter(|time| **time != now)
        && poll(&mut [PollFd::new(epoll, PollFlags::IN)], Some(time))? == 0
    {
        return Ok(());
    }
    let milliseconds = if timeout.is_none() { -1 } else { 0 };
    let room = events.spare_capacity_mut();
    let most = room.len().try_into().unwrap_or(libc::c_int::MAX);
    // SAFETY: The kernel writes at most so many events as there is room for, and rustix lays them out as it does.
    let count = unsafe { libc::epoll_wait(epoll.as_raw_fd(), room.as_mut_ptr().cast(), most, milliseconds) };
    let Ok(count) = usize::try_from(count) else {
        return Err(Errno::from_io_error(&io::Error::last_os_error()).unwrap_or(Errno::IO));
    };
    // SAFETY: The kernel has written so many.
    unsafe { events.set_len(events.len() + count) };
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::data::Wake;
    use std::thread;
    use std::time::{Duration, Instant};

    /// An instance that tells once when `wake` is rung.
    fn watching(wake: &Wake) -> OwnedFd {
        let epoll = epoll::create(epoll::CreateFlags::CLOEXEC).expect("epoll");
        let edge = epoll::EventFlags::IN | epoll::EventFlags::ET;
        epoll::add(&epoll, wake, epoll::EventData::new_u64(7), edge).expect("added");
        epoll
    }

    /// What is told within `timeout`.
    fn told(wait: &mut EpollWait, epoll: &OwnedFd, timeout: Option<Duration>) -> Option<u64> {
        let mut events = Vec::with_capacity(4);
        let timeout = timeout.map(|timeout| Timespec::try_from(timeout).expect("a time"));
        wait.wait(epoll, &mut events, timeout.as_ref()).expect("waited");
        events.pop().map(|event| event.data.u64())
    }

    const LONG: Option<Duration> = Some(Duration::from_secs(60));

    /// On the kernel of today, and as if it were an old one.
    fn of_any_age() -> [EpollWait; 2] {
        [EpollWait::new(), EpollWait { has_pwait2: false }]
    }

    #[test]
    fn an_event_ends_a_wait_and_is_told_once() {
        for mut wait in of_any_age() {
            for timeout in [None, LONG] {
                let wake = Wake::new().expect("wake");
                let epoll = watching(&wake);
                let event = thread::scope(|scope| {
                    scope.spawn(|| wake.ring());
                    told(&mut wait, &epoll, timeout)
                });
                assert_eq!(event, Some(7), "{wait:?} {timeout:?}");
                assert_eq!(told(&mut wait, &epoll, Some(Duration::from_nanos(1))), None, "{wait:?}");
                wake.ring();
                assert_eq!(told(&mut wait, &epoll, Some(Duration::ZERO)), Some(7), "{wait:?}: told again");
            }
        }
    }

    #[test]
    fn a_wait_without_events_lasts_its_time() {
        let time = Duration::from_nanos(2_500_001);
        let wake = Wake::new().expect("wake");
        let epoll = watching(&wake);
        for mut wait in of_any_age() {
            let begin = Instant::now();
            assert_eq!(told(&mut wait, &epoll, Some(time)), None, "{wait:?}");
            assert!(begin.elapsed() >= time, "{wait:?}");
        }
    }

    #[test]
    fn a_time_that_is_none_is_an_error() {
        let epoll = watching(&Wake::new().expect("wake"));
        for mut wait in of_any_age() {
            let answer = wait.wait(&epoll, &mut Vec::with_capacity(4), Some(&Timespec { tv_sec: 0, tv_nsec: -1 }));
            assert_eq!(answer, Err(Errno::INVAL), "{wait:?}");
        }
    }
}
