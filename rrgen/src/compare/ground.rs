//! Where variants are compared: a test-bed of our own, or the way to a running server.

use std::io;
use std::path::PathBuf;

use rrserver::data::{DescriptorError, make_room};
use thiserror::Error;

use crate::plan::{Plan, Target};
use crate::resolve::resolve;
use crate::results::{Hooks, Place};
use crate::testbed::{BedError, Namespace, Path, TestBed, Topology, obtain_privilege};

/// How to get a test-bed of namespaces.
const HOW: &str = "run as root, or on a kernel that gives users namespaces (user.max_user_namespaces)";

/// Descriptors that a variant takes at most: both ends of its control, data and hook connections, with the server of a
/// test-bed inside, and a program with its maps.
const PER_VARIANT: u32 = 16;

/// Why there is no ground to compare on.
#[derive(Debug, Error)]
pub(super) enum GroundError {
    /// Namespaces are not allowed.
    #[error("cannot have namespaces: {0}; {HOW}")]
    Privilege(#[source] io::Error),
    /// There is no room for so many open connections.
    #[error(transparent)]
    Descriptors(#[from] DescriptorError),
    /// The test-bed cannot be built.
    #[error(transparent)]
    Bed(#[from] BedError),
    /// The server has no address.
    #[error("{0} has no address: {1}")]
    Host(String, String),
}

/// A path for every variant.
#[derive(Debug)]
pub(super) struct Ground {
    /// As many as variants; the same for all where nothing lies in between that a variant could have for itself.
    pub(super) paths: Vec<Path>,
    bed: Option<TestBed>,
}

impl Ground {
    /// Gets the privileges that `place` takes. Must come before the process has a second thread.
    ///
    /// # Errors
    /// They cannot be had.
    pub(super) fn claim(place: &Place) -> Result<(), GroundError> {
        match place {
            Place::Direct | Place::Router => obtain_privilege().map_err(GroundError::Privilege),
            Place::Loopback | Place::Host { .. } => Ok(()),
        }
    }

    /// The ground at `place`, which was claimed, with a path for each of so many variants. `plan` is what their runs
    /// have in common.
    ///
    /// # Errors
    /// It cannot be had.
    pub(super) fn new(place: &Place, plan: &Plan, hooks: &Hooks, variants: usize) -> Result<Self, GroundError> {
        make_room(PER_VARIANT * variants as u32)?;
        let topology = match place {
            Place::Direct => Topology::Direct,
            Place::Router => Topology::Router,
            Place::Loopback => Topology::Loopback,
            Place::Host { .. } => return Self::host(&plan.target, variants),
        };
        let folder = hooks.folder.as_ref().map(PathBuf::from);
        Ok(TestBed::build(topology, variants, folder)?.into())
    }

    /// The client's host; `None` if it is this one.
    pub(super) fn client(&self) -> Option<&Namespace> {
        self.bed.as_ref().and_then(TestBed::client)
    }

    fn host(target: &Target, variants: usize) -> Result<Self, GroundError> {
        let name = &target.host.name;
        let unknown = |why: String| GroundError::Host(name.clone(), why);
        let found = resolve(name, target.host.family).map_err(|e| unknown(io::Error::from(e).to_string()))?;
        let mut server = found.first().ok_or_else(|| unknown("the resolver knows none".into()))?.address;
        server.set_port(target.port);
        let path = Path { server, hook_host: None, passphrase: target.passphrase.clone() };
        Ok(Self { paths: vec![path; variants], bed: None })
    }
}

impl From<TestBed> for Ground {
    fn from(bed: TestBed) -> Self {
        Self { paths: bed.paths().to_vec(), bed: Some(bed) }
    }
}
