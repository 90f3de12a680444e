//! The thread that gives the verdicts. The engine belongs to it until it ends, so that nothing is locked per packet.

use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering::Relaxed};
use std::thread::{Builder, JoinHandle};

use super::queue::Queue;
use crate::attach::metered::Metered;
use crate::engine::PacketEngine;

/// A running thread; dropping it ends it.
pub(super) struct Worker<E> {
    stop: Arc<AtomicBool>,
    thread: Option<JoinHandle<io::Result<Metered<E>>>>,
}

impl<E: PacketEngine + 'static> Worker<E> {
    /// Starts serving `queue`.
    pub(super) fn start(queue: Queue, engine: E) -> io::Result<Worker<E>> {
        let stop = Arc::new(AtomicBool::new(false));
        let told = Arc::clone(&stop);
        let thread = Builder::new().name("nfqueue".to_owned()).spawn(move || serve(queue, engine, &told))?;
        Ok(Worker { stop, thread: Some(thread) })
    }
}

impl<E> Worker<E> {
    /// Ends the thread once its queue is empty; the engine with its counts, or what broke the queue.
    pub(super) fn finish(&mut self) -> io::Result<Metered<E>> {
        self.stop.store(true, Relaxed);
        let gone = || io::Error::other("its thread has ended");
        self.thread.take().and_then(|thread| thread.join().ok()).ok_or_else(gone)?
    }
}

impl<E> Drop for Worker<E> {
    fn drop(&mut self) {
        // After `finish` there is nothing to end; otherwise nobody is left to hear of an error.
        let _ = self.finish();
    }
}

/// Gives verdicts until told to stop and nothing more comes.
fn serve<E: PacketEngine>(mut queue: Queue, engine: E, stop: &AtomicBool) -> io::Result<Metered<E>> {
    let mut metered = Metered::new(engine);
    while queue.serve(|frame| metered.on_frame(frame))? || !stop.load(Relaxed) {}
    Ok(metered)
}
