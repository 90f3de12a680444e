//! The filter of one socket (`SO_ATTACH_BPF`): sees the segments of one connection and nothing else.

use std::os::fd::{BorrowedFd, OwnedFd};

use aya::programs::SocketFilter;

use super::kernel::Attachment;
use crate::engine::ebpf::EbpfError;
use crate::spec::AttachPoint;

/// A socket whose filter is removed when this is dropped.
struct FilteredSocket(OwnedFd);

impl Drop for FilteredSocket {
    fn drop(&mut self) {
        // Nothing to do about an error: the socket then has no filter any more.
        let _ = SocketFilter::detach(&self.0);
    }
}

/// Attaches `program` to `socket`, in place of any filter that is there.
pub(super) fn attach(program: &SocketFilter, socket: BorrowedFd<'_>) -> Result<Attachment, EbpfError> {
    let ours = socket.try_clone_to_owned();
    let ours = ours.map_err(|error| EbpfError::from_kernel("duplicating the socket", &error))?;
    program.attach(&ours).map_err(|error| EbpfError::from_kernel("attaching to the socket", &error))?;
    Ok(Attachment { place: AttachPoint::Socket.to_string(), guard: Box::new(FilteredSocket(ours)) })
}
