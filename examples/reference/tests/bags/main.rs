//! What the reference model has not: open types, and collections of values.
#![cfg(test)]

mod collections;
mod open_types;
mod service;
