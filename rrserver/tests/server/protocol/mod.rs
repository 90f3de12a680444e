//! What a client in order gets.

mod addresses;
mod binding;
mod counts;
mod ends;
mod flows;
mod keepalive;
mod response;
mod results;
mod terms;
