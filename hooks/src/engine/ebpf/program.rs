//! One program in the kernel with its maps: chosen by the hook spec, loaded, and read while it runs.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;

use aya::Ebpf;
use aya::maps::{Array, PerCpuArray};
use aya::programs::{Program, ProgramError, ProgramInfo};

use super::abi::{Counters, Params};
use super::choice::choose;
use super::errno::Errno;
use super::error::EbpfError;
use super::object::Object;
use crate::filter::{FilterCounters, Rung};
use crate::ledger::{Cost, CostSource, Ledger};
use crate::spec::{AttachPoint, Engine, HookSpec};

/// The map of [`Counters`], one per CPU.
const COUNTERS: &str = "COUNTERS";
/// The map of [`Params`].
const PARAMS: &str = "PARAMS";
/// Both maps have one element.
const ELEMENT: u32 = 0;
/// The verifier gives up when a signal is pending; so often it is asked.
const LOAD_ATTEMPTS: u32 = 5;
/// No flags, in a call on a map.
const NO_FLAGS: u64 = 0;

/// A program that the verifier accepted and that awaits frames.
///
/// An object of one's own may bring maps called `COUNTERS` and `PARAMS`, laid out as the built-in object has
/// them; they are then used alike. Without `COUNTERS` its calls are known from the kernel's program statistics and
/// its verdicts are not: passes and drops both stay 0.
#[derive(Debug)]
pub struct EbpfProgram {
    spec: HookSpec,
    ebpf: Ebpf,
    name: String,
    counts: bool,
    timed: bool,
    sha256: String,
}

impl EbpfProgram {
    /// Loads the program that `spec` asks for, from `hook_dir` if it asks for an object of its own.
    ///
    /// # Errors
    ///
    /// [`EbpfError`], with the verifier's words if it rejects the program.
    pub fn load(spec: &HookSpec, hook_dir: Option<&Path>) -> Result<EbpfProgram, EbpfError> {
        let object = match &spec.params.object {
            Some(name) => Object::read(hook_dir.ok_or(EbpfError::NoHookDir)?, name)?,
            None => Object::prebuilt(),
        };
        // The loader slices and unwraps by what the file says, and so panics on a damaged one.
        let loaded = catch_unwind(AssertUnwindSafe(|| EbpfProgram::from_object(&object, spec)));
        loaded.unwrap_or_else(|_| Err(object.bad("its sections contradict each other")))
    }

    fn from_object(object: &Object, spec: &HookSpec) -> Result<EbpfProgram, EbpfError> {
        let mut ebpf = object.load()?;
        let name = choose(&ebpf, spec)?;
        set_params(&mut ebpf, spec)?;
        let counts = match (&spec.params.object, spec.engine) {
            (Some(_), _) => counters(&ebpf).is_ok(),
            (None, engine) => engine == Engine::Ebpf && spec.params.filter().rung >= Rung::Count,
        };
        let program = ebpf.program_mut(&name).ok_or_else(|| lost(spec.attach))?;
        load_into_kernel(program).map_err(|error| EbpfError::from_load(&name, error))?;
        Ok(EbpfProgram { spec: spec.clone(), ebpf, name, counts, timed: true, sha256: object.sha256() })
    }

    /// The hook that the program was loaded for.
    #[must_use]
    pub fn spec(&self) -> &HookSpec {
        &self.spec
    }

    /// Whether the program counts its calls; one that does not needs the kernel's program statistics for its ledger.
    #[must_use]
    pub fn counts(&self) -> bool {
        self.counts
    }

    /// The same program, timed by whoever keeps a [`ProgramClock`](crate::attach::ProgramClock), and not at all its calls.
    #[must_use]
    pub fn untimed(self) -> Self {
        Self { timed: false, ..self }
    }

    /// Whether every call is timed while the program is attached.
    #[must_use]
    pub fn is_timed(&self) -> bool {
        self.timed
    }

    /// The kernel's number of the program, as `bpftool prog` shows it.
    ///
    /// # Errors
    ///
    /// [`EbpfError::Kernel`] when the kernel does not say.
    pub fn id(&self) -> Result<u32, EbpfError> {
        self.info().map(|info| info.id())
    }

    /// What the program did so far, on all CPUs; `None` for one that does not count.
    ///
    /// # Errors
    ///
    /// [`EbpfError::Kernel`] when the map cannot be read.
    pub fn counters(&self) -> Result<Option<FilterCounters>, EbpfError> {
        self.counts.then(|| counters(&self.ebpf)).transpose()
    }

    /// The ledger of what the program did so far at the place called `attached`.
    ///
    /// # Errors
    ///
    /// [`EbpfError::Kernel`] when the kernel's records of the program cannot be read.
    pub fn ledger(&self, attached: &str) -> Result<Ledger, EbpfError> {
        let info = self.info()?;
        let counters = self.counters()?;
        let walks = self.spec.params.object.is_some() || self.spec.params.filter().rung >= Rung::Parse;
        // What does not count and is built in passes everything; what others wrote may do anything.
        let built_in = self.spec.params.object.is_none();
        let uncounted = |count: u64| built_in.then_some(count);
        Ok(Ledger {
            hook: self.spec.to_string(),
            attached: attached.to_owned(),
            calls: counters.map_or(info.run_count(), |counters| counters.calls),
            only_timed: counters.is_none(),
            passes: counters.map(|counters| counters.passes).or_else(|| uncounted(info.run_count())),
            drops: counters.map(|counters| counters.drops).or_else(|| uncounted(0)),
            errors: 0,
            tcp: counters.filter(|_| walks).map(|counters| counters.tcp),
            first_error: None,
            cost: cost(&info),
            hash: Some(self.sha256.clone()),
        })
    }

    fn info(&self) -> Result<ProgramInfo, EbpfError> {
        self.program()?.info().map_err(|error| EbpfError::from_kernel("reading the program", &error))
    }

    /// The program, to run it on a frame of one's own.
    pub(super) fn program(&self) -> Result<&Program, EbpfError> {
        self.ebpf.program(&self.name).ok_or_else(|| lost(self.spec.attach))
    }

    /// The program as the type that its attach point takes, to attach it.
    pub(crate) fn attachable<'a, P>(&'a mut self) -> Result<&'a mut P, EbpfError>
    where
        &'a mut P: TryFrom<&'a mut Program, Error = ProgramError>,
    {
        let attach = self.spec.attach;
        let program = self.ebpf.program_mut(&self.name).ok_or_else(|| lost(attach))?;
        program.try_into().map_err(|error| EbpfError::from_kernel("attaching the program", &error))
    }
}

/// For a name that was chosen from the object and then is not in it.
fn lost(attach: AttachPoint) -> EbpfError {
    EbpfError::NoProgram { attach, programs: Vec::new() }
}

/// The sum of the counters of all CPUs.
fn counters(ebpf: &Ebpf) -> Result<FilterCounters, EbpfError> {
    let unreadable = |error| EbpfError::from_kernel("reading the counters", &error);
    let map = ebpf.map(COUNTERS).ok_or(EbpfError::NoMap(COUNTERS))?;
    let array = PerCpuArray::<_, Counters>::try_from(map).map_err(unreadable)?;
    let per_cpu = array.get(&ELEMENT, NO_FLAGS).map_err(unreadable)?;
    Ok(per_cpu.iter().fold(FilterCounters::default(), |sum, cpu| FilterCounters {
        calls: sum.calls + cpu.calls,
        tcp: sum.tcp + cpu.tcp,
        passes: sum.passes + cpu.passes,
        drops: sum.drops + cpu.drops,
    }))
}

/// Tells the program what to look for; an object without the map looks for nothing of ours.
fn set_params(ebpf: &mut Ebpf, spec: &HookSpec) -> Result<(), EbpfError> {
    let Some(map) = ebpf.map_mut(PARAMS) else {
        let asked = spec.params.port.is_some() || spec.params.payload.is_some();
        return if asked { Err(EbpfError::NoMap(PARAMS)) } else { Ok(()) };
    };
    let failed = |error| EbpfError::from_kernel("writing the parameters", &error);
    let mut array = Array::<_, Params>::try_from(map).map_err(failed)?;
    array.set(ELEMENT, Params::from(&spec.params.filter()), NO_FLAGS).map_err(failed)
}

/// Has the verifier look at the program, again if a signal kept it from finishing.
fn load_into_kernel(program: &mut Program) -> Result<(), ProgramError> {
    let mut attempts = LOAD_ATTEMPTS;
    loop {
        attempts -= 1;
        let loaded = match program {
            Program::Xdp(program) => program.load(),
            Program::SchedClassifier(program) => program.load(),
            Program::SocketFilter(program) => program.load(),
            _ => Err(ProgramError::UnexpectedProgramType),
        };
        match loaded {
            Err(error) if error.errno() == Some(libc::EAGAIN) && attempts > 0 => {}
            done => return done,
        }
    }
}

/// The mean over all calls; `None` before the first, or while the kernel keeps no program statistics.
fn cost(info: &ProgramInfo) -> Option<Cost> {
    let samples = info.run_count();
    let ns_per_call = info.run_time().as_nanos() as f64 / samples as f64;
    (samples > 0).then_some(Cost { ns_per_call, samples, source: CostSource::Kernel })
}
