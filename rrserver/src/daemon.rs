//! Going to the background, as netserver does: scripts start it and go on at once.

use std::fs::OpenOptions;
use std::io;
use std::process;

/// Goes on in a process of its own, without a terminal, and ends the calling one with status 0.
///
/// The caller must be the only thread: a thread does not survive this. Listening sockets do.
///
/// # Errors
/// No process to be had.
pub(crate) fn detach() -> io::Result<()> {
    // SAFETY: no other thread exists yet that could hold a lock, such as the allocator's, across the fork; the
    // caller starts its runtime afterwards.
    match unsafe { libc::fork() } {
        -1 => return Err(io::Error::last_os_error()),
        0 => {}
        _child => process::exit(0),
    }
    rustix::process::setsid()?;
    silence()
}

/// Lets go of standard input, output and error: whoever gave them to us may wait for their end.
///
/// # Errors
/// There is no /dev/null.
pub(crate) fn silence() -> io::Result<()> {
    let null = OpenOptions::new().read(true).write(true).open("/dev/null")?;
    rustix::stdio::dup2_stdin(&null)?;
    rustix::stdio::dup2_stdout(&null)?;
    rustix::stdio::dup2_stderr(&null)?;
    Ok(())
}
