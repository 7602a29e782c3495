//! The product from outside: the real binary, over HTTP, under real tokens.
#![cfg(test)]

mod access;
mod asynchronous;
mod audit;
mod batch;
mod copies;
mod devices;
mod errors;
mod families;
mod operations;
mod query;
mod reach;
mod reports;
mod seeds;
mod servers;
mod support;
mod telemetry;
