//! Files that may grow no further (RLIMIT_FSIZE, the shell's `ulimit -f`).
//!
//! By default the kernel kills a process that writes beyond its limit (SIGXFSZ), in the middle of a run and without a
//! word. With the signal ignored the write fails instead (EFBIG), as it does on a full disk, and whoever wrote says which
//! file it was.

/// Has writes beyond the limit fail from now on, in this process and in those that it starts.
pub fn survive_file_size_limit() {
    // SAFETY: ignoring a signal installs no handler, so that nothing of ours runs when it comes.
    unsafe { libc::signal(libc::SIGXFSZ, libc::SIG_IGN) };
}
