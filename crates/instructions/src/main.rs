//! Instruction counts of what every request pays beside HTTP and the database: parsing a URL and a
//! body, binding them to the model, writing SQL, writing JSON. Unlike times they are nearly the
//! same on every run, so that a regression of a few percent is seen in CI.
//!
//! `cargo run --release -p instructions` counts by valgrind's callgrind and compares with
//! `crates/instructions/figures.json`; with `-- --save` it writes that file. Without valgrind
//! nothing is counted: it says so, and fails where `CI` is set.

mod callgrind;
mod figures;
mod work;

use std::error::Error;
use std::io::Write;
use std::process::ExitCode;

use figures::{Figures, Judged};
use work::Work;

/// As the product has it.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

type Failure = Box<dyn Error + Send + Sync>;

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let outcome = match arguments.iter().map(String::as_str).collect::<Vec<_>>()[..] {
        // What callgrind runs.
        ["counted", name] => Work::new(name).map(|work| work.run()),
        [] => compare(false),
        ["--save"] => compare(true),
        _ => Err("usage: instructions [--save]".into()),
    };
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => {
            say(&format!("instructions: {failure}"));
            ExitCode::FAILURE
        }
    }
}

fn say(line: &str) {
    // If even this cannot be written, the exit code still says it.
    let _ = writeln!(std::io::stderr(), "{line}");
}

/// Counts everything, and compares it with the figures on file or writes them.
fn compare(save: bool) -> Result<(), Failure> {
    if cfg!(debug_assertions) {
        return Err("a debug build counts other instructions: cargo run --release".into());
    }
    if !callgrind::is_there() {
        let message = "valgrind is not installed: no instructions were counted";
        if save || std::env::var_os("CI").is_some() {
            return Err(message.into());
        }
        say(message);
        return Ok(());
    }
    let mut counted = Figures::empty();
    for name in work::NAMES {
        counted.set(name, callgrind::count(name)?);
    }
    if save {
        counted.write()?;
        say("the figures are written");
        return Ok(());
    }
    let kept = Figures::read()?;
    let mut grown = Vec::new();
    for (name, count) in counted.all() {
        let judged = kept.judge(name, count);
        say(&format!("{name:<34} {count:>12} instructions  {judged}"));
        if matches!(judged, Judged::Grown(_) | Judged::Unknown) {
            grown.push(name);
        }
    }
    for name in kept.all().map(|(name, _)| name) {
        if !work::NAMES.contains(&name) {
            return Err(format!("'{name}' is on file, but nothing counts it").into());
        }
    }
    if grown.is_empty() {
        return Ok(());
    }
    Err(format!(
        "more instructions than on file: {}. What is meant to cost more is written down by \
         `cargo run --release -p instructions -- --save`",
        grown.join(", ")
    )
    .into())
}
