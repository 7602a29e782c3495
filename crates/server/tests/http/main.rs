//! The server over real sockets, with a small handler in place of the service.
#![cfg(test)]

mod client;
mod fixture;
mod log;

mod concurrency;
mod connections;
mod proxies;
mod refusals;
mod requests;
mod stopping;
mod throttling;
mod tls;
