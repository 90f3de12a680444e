//! The statistics of a comparison, as pure functions.
//!
//! A verdict is only as good as the arithmetic under it, and arithmetic is easiest to trust where nothing else
//! happens: no input or output, no clock, no global state, every seed an argument. What was measured comes in as
//! numbers; estimates, intervals and verdicts go out.
//!
//! Before measuring, [`order`] says what runs when. Every [`round`] is reduced to one value per contrast, the rounds
//! to a [`contrast`], and that to a [`verdict`], unless [`withheld`] has a reason against one; [`precision`] says
//! whether further rounds are worth their time. Latency percentiles go their own way, through the [`bootstrap`].

pub mod bootstrap;
pub mod contrast;
pub mod interval;
pub mod order;
pub mod precision;
pub mod round;
pub mod scale;
mod seeded;
pub mod signed_rank;
pub mod verdict;
mod walsh;
pub mod withheld;

#[cfg(test)]
mod tests;
