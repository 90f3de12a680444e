//! What an operator gets: options, access, signals.

mod access;
mod listening;
mod options;
mod signals;
