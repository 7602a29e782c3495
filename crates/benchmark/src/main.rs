//! The floor and the product, measured in one run on one machine.
//!
//! The *product* is the `runstate` binary as a child process, loaded over its own API. A *floor*
//! is the least that could give the same answer: bare axum, bare SQLite, both together, in a child
//! process of this program, on a copy of the product's database. Both are asked in turn, by the
//! same client, and the table shows how much of the floor's rate the product keeps.

mod bar;
mod cell;
mod cli;
mod contest;
mod database;
mod dataset;
mod fleet;
mod floor;
mod interrupt;
mod load;
mod machine;
mod operation;
mod probe;
mod process;
mod product;
mod report;
mod run;
mod workload;

use std::io::Write;
use std::process::ExitCode;

use clap::Parser;

use crate::cli::{Arguments, Command};

/// Why a run fails: a message for the person who started it.
pub(crate) type Failure = Box<dyn std::error::Error + Send + Sync>;

// The product's allocator: a floor with another one would measure allocators.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    let arguments = Arguments::parse();
    let outcome = match arguments.command {
        Some(Command::Floor(floor)) => floor::server::run(&floor),
        None => run::run(&arguments.run),
    };
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => {
            let mut message = failure.to_string();
            let mut cause = failure.source();
            while let Some(reason) = cause {
                message += &format!(": {reason}");
                cause = reason.source();
            }
            // If even this cannot be written, the exit code still says it.
            let _ = writeln!(std::io::stderr(), "benchmark: {message}");
            ExitCode::FAILURE
        }
    }
}
