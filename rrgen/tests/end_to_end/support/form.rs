//! The forms of a run that every pairing of client and server must master, each with a captured run to compare with.

use super::{Client, Finished, RoundTrips, Sample, has_ipv6, mask, rows};

/// Enough transactions for every form, and too few to take time.
pub(crate) const COUNTED_LENGTH: &str = "-300";

/// The least number of seconds.
const TIMED_LENGTH: &str = "1";

const IPV4: &str = "127.0.0.1";
const IPV6: &str = "::1";

/// A captured run to be done again.
#[derive(Debug)]
pub(crate) struct Form {
    /// Its name.
    pub(crate) sample: &'static str,
    /// How long to run (`-l`): what is printed has the same form whatever the length.
    pub(crate) length: &'static str,
    /// The address of the server.
    pub(crate) host: &'static str,
    /// Options of the server.
    pub(crate) server: &'static [&'static str],
}

impl Form {
    const fn counted(sample: &'static str) -> Self {
        Self { sample, length: COUNTED_LENGTH, host: IPV4, server: &[] }
    }

    const fn timed(sample: &'static str) -> Self {
        Self { length: TIMED_LENGTH, ..Self::counted(sample) }
    }

    /// Whether this machine can run it; skips if not.
    pub(crate) fn is_possible(&self) -> bool {
        self.host == IPV4 || has_ipv6()
    }

    /// `run` printed what the captured run did, but for the numbers.
    pub(crate) fn assert_printed(&self, client: Client, run: &Finished) {
        let sample = Sample::load(self.sample);
        assert_eq!(run.code(), sample.status, "{}: {run}", self.sample);
        assert_eq!(mask(&run.stdout), mask(&sample.stdout), "{}: {run}", self.sample);
        assert_eq!(message_sizes(&run.stdout), message_sizes(&sample.stdout), "{}: {run}", self.sample);
        if client == Client::Rrgen && self.sample == DETAILED.sample {
            RoundTrips::read(&run.stderr).assert_consistent();
        } else {
            assert_eq!(run.stderr, "", "{}", self.sample);
        }
    }
}

/// Request and response size, where the form shows them.
fn message_sizes(stdout: &str) -> Option<Vec<String>> {
    let sizes = rows(stdout).first()?.get(2..4)?.to_vec();
    Some(sizes.into_iter().map(str::to_owned).collect())
}

/// `-v 2`, of which rrgen makes more than netperf does.
const DETAILED: Form = Form::counted("10-v2");

/// All of them.
pub(crate) const FORMS: [Form; 17] = [
    Form::timed("02-H127"),
    Form::counted("32-lneg1000"),
    Form::timed("29-b4"),
    Form::counted("29-b4"),
    Form::counted("28-r64,128"),
    Form::counted("31-sS32K"),
    Form { host: IPV6, server: &["-6"], ..Form::counted("36-ipv6") },
    Form::counted("22-T0,1"),
    Form::counted("23-T0"),
    Form { server: &["-Z", "right"], ..Form::counted("94-Z-right") },
    Form::counted("94-Z-nopass-server"),
    Form::timed("07-Dneg0.2"),
    Form::counted("78-fk"),
    Form::counted("09-v0"),
    DETAILED,
    Form::counted("33-P0-B"),
    Form::counted("30-nodelay"),
];
