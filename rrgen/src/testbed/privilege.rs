//! What building namespaces takes: CAP_SYS_ADMIN, or a user namespace in which one has it.

use std::fs;
use std::io;

use rustix::process::{getgid, getuid};
use rustix::thread::{CapabilitySet, UnshareFlags, capabilities, unshare_unsafe};

/// Makes sure that this process may build namespaces, in a user namespace of its own if need be: there it is root,
/// over what it makes there and nothing else. Must come before the process has a second thread.
///
/// # Errors
/// Neither is allowed here.
pub fn obtain() -> io::Result<()> {
    let needed = CapabilitySet::SYS_ADMIN | CapabilitySet::NET_ADMIN;
    if capabilities(None)?.effective.contains(needed) {
        return Ok(());
    }
    let (user, group) = (getuid(), getgid());
    // SAFETY: no file descriptor table is unshared.
    unsafe { unshare_unsafe(UnshareFlags::NEWUSER) }?;
    // Without this a group could be dropped to get around permissions that deny it something, so the kernel insists.
    fs::write("/proc/self/setgroups", "deny")?;
    fs::write("/proc/self/uid_map", format!("0 {} 1", user.as_raw()))?;
    fs::write("/proc/self/gid_map", format!("0 {} 1", group.as_raw()))
}
