//! Chosen values: what a capture shows, as a run that the crate is told of, and back as text.

mod choices;
mod layouts;
mod outputs;
mod run;
mod shown;
