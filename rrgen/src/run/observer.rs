//! Who hears of a run while it goes on.

use std::ops::ControlFlow;

use compat::text::banner::Endpoint;

use super::{Interim, Iteration};

/// Hears of a run while it goes on. What breaks ends the run: nobody listens any more.
pub trait Observer {
    /// The control connection is up; the data connection will go from `source` to `destination`.
    fn connected(&mut self, source: &Endpoint, destination: &Endpoint);

    /// An interval is full.
    fn interim(&mut self, interim: &Interim) -> ControlFlow<()>;

    /// An interval ended with the loss of a datagram: interim results leave it out, as netperf's do.
    fn left_out(&mut self, _interim: &Interim) -> ControlFlow<()> {
        ControlFlow::Continue(())
    }

    /// An iteration is over.
    fn iteration(&mut self, iteration: &Iteration) -> ControlFlow<()>;

    /// Something the user should know, that is no failure.
    fn remark(&mut self, text: &str);
}

/// Both hear of everything, also when one of them has heard enough.
impl<A: Observer, B: Observer> Observer for (A, B) {
    fn connected(&mut self, source: &Endpoint, destination: &Endpoint) {
        self.0.connected(source, destination);
        self.1.connected(source, destination);
    }

    fn interim(&mut self, interim: &Interim) -> ControlFlow<()> {
        either(self.0.interim(interim), self.1.interim(interim))
    }

    fn left_out(&mut self, interim: &Interim) -> ControlFlow<()> {
        either(self.0.left_out(interim), self.1.left_out(interim))
    }

    fn iteration(&mut self, iteration: &Iteration) -> ControlFlow<()> {
        either(self.0.iteration(iteration), self.1.iteration(iteration))
    }

    fn remark(&mut self, text: &str) {
        self.0.remark(text);
        self.1.remark(text);
    }
}

/// Somebody, or nobody.
impl<A: Observer> Observer for Option<A> {
    fn connected(&mut self, source: &Endpoint, destination: &Endpoint) {
        if let Some(observer) = self {
            observer.connected(source, destination);
        }
    }

    fn interim(&mut self, interim: &Interim) -> ControlFlow<()> {
        self.as_mut().map_or(ControlFlow::Continue(()), |observer| observer.interim(interim))
    }

    fn left_out(&mut self, interim: &Interim) -> ControlFlow<()> {
        self.as_mut().map_or(ControlFlow::Continue(()), |observer| observer.left_out(interim))
    }

    fn iteration(&mut self, iteration: &Iteration) -> ControlFlow<()> {
        self.as_mut().map_or(ControlFlow::Continue(()), |observer| observer.iteration(iteration))
    }

    fn remark(&mut self, text: &str) {
        if let Some(observer) = self {
            observer.remark(text);
        }
    }
}

fn either(one: ControlFlow<()>, other: ControlFlow<()>) -> ControlFlow<()> {
    if one.is_break() { one } else { other }
}
