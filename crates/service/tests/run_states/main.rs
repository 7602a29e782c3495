//! Run states and what moves with them, through the engine on SQLite, held against naive recounts
//! in memory.
#![cfg(test)]

mod concurrency;
mod enrollment_tokens;
mod exports;
mod fixture;
mod history;
mod recount;
mod remediation_model;
mod remediations;
mod revocations;
mod users;
