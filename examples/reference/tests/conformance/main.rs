//! The service from outside, over HTTP: what the standard says, section by section, and what the
//! service itself promises.
#![cfg(test)]

mod aggregation;
mod batch_values;
mod batches;
mod composition;
mod deltas;
mod expressions;
mod fixture;
mod headers;
mod limits;
mod operations;
mod paths;
mod payloads;
mod queries;
mod service;
mod writes;
