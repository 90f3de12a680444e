//! The steps of a run, in netperf's order.

use compat::confidence::Iterations;
use compat::text::banner::Endpoint;
use hdrhistogram::Histogram;
use hooks::Ledger;

use super::ends::{DataEnds, open_control, uncontrolled};
use super::figures::figures;
use super::hook::RunHook;
use super::iteration::{Carried, iterate};
use super::{Iteration, Observer, OpenResult, RunFailure, single_port, spinning};
use crate::control::Control;
use crate::plan::Plan;

const NS_PER_US: f64 = 1e3;

/// Everything measured in one run.
#[derive(Debug)]
pub struct RunResult {
    /// The last iteration.
    pub last: Iteration,
    /// The figures of all of them.
    pub iterations: Iterations,
    /// Every round trip of all of them, ns.
    pub histogram: Histogram<u64>,
    /// What became of all that an open loop offered.
    pub open: Option<OpenResult>,
    /// TCP_MAXSEG in bytes, read at the end of the first iteration.
    pub max_segment: Option<u32>,
    /// Where the data connection came from.
    pub source: Endpoint,
    /// Where it went.
    pub destination: Endpoint,
    /// What the hook did, if there was one.
    pub ledger: Option<Ledger>,
}

impl RunResult {
    /// The mean response time of an open loop, µs: the rate is what was offered, and says nothing of it.
    #[must_use]
    pub fn open_loop_round_trip_us(&self) -> Option<f64> {
        self.open.as_ref().map(|_| self.histogram.mean() / NS_PER_US)
    }
}

/// Runs `plan`.
///
/// # Errors
/// What kept the run from having results.
pub fn run(plan: &Plan, observer: &mut impl Observer) -> Result<RunResult, RunFailure> {
    let (mut control, ends) = reach(plan)?;
    let preface = match &mut control {
        Some(control) if plan.target.single_port => Some(single_port::ask(control)?),
        _ => None,
    };
    let mut hook = match &mut control {
        Some(control) => RunHook::prepare(plan.hook.as_ref(), &plan.target, control)?,
        None => RunHook::None,
    };
    observer.connected(&ends.source, &ends.destination);
    if let Some(remark) = spinning::remark(&plan.test.load, ends.destination.address.ip()) {
        observer.remark(&remark);
    }
    match repeat(plan, &mut control, ends, Carried { preface, ..Carried::default() }, &mut hook, observer) {
        Ok(mut result) => {
            if let Some(mut control) = control {
                let from_data_thread = result.last.flow.ledger.take().transpose()?;
                result.ledger = hook.finish(&mut control, from_data_thread)?;
                control.close();
            }
            Ok(result)
        }
        Err(failure) => Err(match &mut control {
            Some(control) => hook.explain(control, None).unwrap_or(failure),
            None => failure,
        }),
    }
}

/// Runs iterations until there are enough.
fn repeat(
    plan: &Plan,
    control: &mut Option<Control>,
    ends: DataEnds,
    mut carried: Carried,
    hook: &mut RunHook,
    observer: &mut impl Observer,
) -> Result<RunResult, RunFailure> {
    let mut iterations = Iterations::new(plan.confidence, plan.result_only);
    let mut next = || {
        let iteration = iterate(control, plan, &ends, &mut carried, hook, observer)?;
        iterations.add(figures(plan.style.unit, &iteration));
        let heard = observer.iteration(&iteration).is_continue();
        // A mean with nothing in it says nothing: what is wrong with the last iteration is wrong with the run.
        let sound = iteration.flow.transactions > 0 && !iteration.cut_short;
        let another = heard && sound && iterations.needs_another() && !iteration.interrupted;
        Ok::<_, RunFailure>((iteration, another))
    };
    let (mut last, mut another) = next()?;
    let max_segment = last.flow.at_end.max_segment;
    let mut histogram = last.flow.histogram.clone();
    let mut open = last.flow.open.clone();
    while another {
        (last, another) = next()?;
        // Histograms of the same bounds always add up.
        let _ = histogram.add(&last.flow.histogram);
        open = open.zip(last.flow.open.as_ref()).map(|(sum, one)| sum.and(one));
    }
    let DataEnds { source, destination, .. } = ends;
    Ok(RunResult { last, iterations, histogram, open, max_segment, source, destination, ledger: None })
}

/// The control connection, if there is to be one, and the ends of the data connection.
fn reach(plan: &Plan) -> Result<(Option<Control>, DataEnds), RunFailure> {
    if plan.target.no_control {
        return Ok((None, DataEnds::new(&plan.target, &plan.test, &uncontrolled(&plan.target)?)?));
    }
    let control = open_control(&plan.target, plan.test.remote_cpu)?;
    let ends = DataEnds::new(&plan.target, &plan.test, control.remote())?;
    Ok((Some(control), ends))
}
