//! Runs a program on one frame without attaching it: for tests, which need its verdict, and benchmarks, which need
//! its time without a network around it.

use std::time::Duration;

use aya::programs::Program;
use aya::{TestRun as _, TestRunOptions};

use super::error::EbpfError;
use super::program::EbpfProgram;
use crate::verdict::Verdict;

/// `XDP_PASS` of `linux/bpf.h`.
const XDP_PASS: u32 = 2;
/// `TC_ACT_SHOT` of `linux/pkt_cls.h`.
const TC_ACT_SHOT: u32 = 2;
/// A socket filter answers how many bytes of the packet to keep.
const KEEP_NOTHING: u32 = 0;

/// What a program made of a frame.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TestRun {
    /// The verdict of the last run.
    pub verdict: Verdict,
    /// The mean time of a run, as the kernel measured it, in whole nanoseconds.
    pub mean: Duration,
}

impl EbpfProgram {
    /// Has the kernel run the program `repeat` times on `frame` (`BPF_PROG_TEST_RUN`).
    ///
    /// # Errors
    ///
    /// [`EbpfError`] when the kernel refuses; it does for frames below 14 and above some 3.5 thousand bytes.
    pub fn test_run(&self, frame: &[u8], repeat: u32) -> Result<TestRun, EbpfError> {
        let options = TestRunOptions { data_in: Some(frame), repeat, ..TestRunOptions::default() };
        let program = self.program()?;
        let run = match program {
            Program::Xdp(program) => program.test_run(options),
            Program::SchedClassifier(program) => program.test_run(options),
            Program::SocketFilter(program) => program.test_run(options),
            _ => return Err(EbpfError::NotInKernel(self.spec().attach)),
        };
        let run = run.map_err(|error| EbpfError::from_kernel("running the program on a frame", &error))?;
        let pass = match program {
            Program::Xdp(_) => run.return_value == XDP_PASS,
            Program::SchedClassifier(_) => run.return_value != TC_ACT_SHOT,
            _ => run.return_value != KEEP_NOTHING,
        };
        Ok(TestRun { verdict: if pass { Verdict::Pass } else { Verdict::Drop }, mean: run.duration })
    }
}
