//! The steps of a run, in netperf's order.

use compat::confidence::Iterations;
use compat::text::banner::Endpoint;
use compat::text::failure::Failure;
use compat::text::interim::Interval;
use compat::text::tcp_info::TcpInfoDump;
use compat::wire;
use hdrhistogram::Histogram;

use super::ends::{DataEnds, connect, uncontrolled};
use super::figures::figures;
use super::iteration::{Carried, iterate};
use super::{Iteration, RunFailure};
use crate::control::Control;
use crate::plan::Plan;

/// Hears of a run while it goes on.
pub trait Observer {
    /// The control connection is up; the data connection will go from `source` to `destination`.
    fn connected(&mut self, source: &Endpoint, destination: &Endpoint);

    /// An interval is full.
    fn interim(&mut self, interval: Interval);

    /// What the kernel said of the data connection at the end of an iteration.
    fn tcp_info(&mut self, info: TcpInfoDump);

    /// Something the user should know, that is no failure.
    fn remark(&mut self, text: &str);
}

/// Everything measured in one run.
#[derive(Debug)]
pub struct RunResult {
    /// The last iteration.
    pub last: Iteration,
    /// The figures of all of them.
    pub iterations: Iterations,
    /// Every round trip of all of them, ns.
    pub histogram: Histogram<u64>,
    /// TCP_MAXSEG in bytes, read at the end of the first iteration.
    pub max_segment: Option<u32>,
    /// Where the data connection came from.
    pub source: Endpoint,
    /// Where it went.
    pub destination: Endpoint,
}

/// Runs `plan`.
///
/// # Errors
/// What kept the run from having results.
pub fn run(plan: &Plan, observer: &mut impl Observer) -> Result<RunResult, RunFailure> {
    let (mut control, ends) = reach(plan)?;
    observer.connected(&ends.source, &ends.destination);
    if let (Some(passphrase), Some(control)) = (&plan.target.passphrase, &mut control) {
        let message = wire::passphrase_message(passphrase, plan.test.remote_cpu)
            .map_err(|e| RunFailure::Setup(format!("-Z: {e}")))?;
        control.send(&message).map_err(Failure::ControlRecv)?;
    }
    let mut carried = Carried::default();
    let mut iterations = Iterations::new(plan.confidence, plan.result_only);
    let mut next = || {
        let iteration = iterate(&mut control, plan, &ends, &mut carried, observer)?;
        if let Some(info) = iteration.flow.at_end.tcp_info {
            observer.tcp_info(info.dump);
        }
        iterations.add(figures(plan.style.unit, &iteration));
        let another = iterations.needs_another() && !iteration.interrupted && !iteration.cut_short;
        Ok::<_, RunFailure>((iteration, another))
    };
    let (mut last, mut another) = next()?;
    let max_segment = last.flow.at_end.max_segment;
    let mut histogram = last.flow.histogram.clone();
    while another {
        (last, another) = next()?;
        // Histograms of the same bounds always add up.
        let _ = histogram.add(&last.flow.histogram);
    }
    if let Some(control) = control {
        control.close();
    }
    let DataEnds { source, destination, .. } = ends;
    Ok(RunResult { last, iterations, histogram, max_segment, source, destination })
}

/// The control connection, if there is to be one, and the ends of the data connection.
fn reach(plan: &Plan) -> Result<(Option<Control>, DataEnds), RunFailure> {
    if plan.target.no_control {
        return Ok((None, DataEnds::new(&plan.target, &plan.test, &uncontrolled(&plan.target)?)?));
    }
    let control = connect(&plan.target)?;
    let ends = DataEnds::new(&plan.target, &plan.test, control.remote())?;
    Ok((Some(control), ends))
}
