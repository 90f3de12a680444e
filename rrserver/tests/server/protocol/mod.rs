//! What a client in order gets.

mod addresses;
mod binding;
mod counts;
mod ends;
mod response;
mod results;
mod terms;
