//! The product from outside: the real binary, over HTTP, under real tokens.
#![cfg(test)]

mod families;
mod query;
mod seeds;
mod support;
