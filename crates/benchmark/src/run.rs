//! A run from its beginning to its table.

use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::cell::Wanted;
use crate::cli::RunArguments;
use crate::machine::{Machine, load_average};
use crate::report::Report;
use crate::{Failure, bar, dataset, interrupt};

/// The sizes of the whole matrix.
const SIZES: [u64; 3] = [100_000, 1_000_000, 10_000_000];
/// The connections of the whole matrix. What uses a connection or two is measured beside 64.
const CONNECTIONS: [u16; 3] = [1, 64, 1_000];

/// Runs the benchmark.
///
/// # Errors
/// If anything cannot be set up, an answer is wrong, or the run is interrupted: what was measured
/// until then is printed and kept.
pub(crate) fn run(arguments: &RunArguments) -> Result<(), Failure> {
    interrupt::listen()?;
    raise_open_files()?;
    let baseline = arguments
        .baseline
        .as_deref()
        .map(Report::read)
        .transpose()?;
    let program = program(arguments)?;
    let base = arguments
        .directory
        .clone()
        .unwrap_or_else(std::env::temp_dir)
        .canonicalize()?;
    let mut report = Report {
        machine: Machine::read(&base)?,
        load_after: None,
        cells: Vec::new(),
    };
    let outcome = cells(arguments, &program, &base, &mut report);
    let mut text = report.table();
    if let Some(baseline) = baseline {
        text += &report.against(&baseline);
    }
    if !report.cells.is_empty() {
        std::io::stdout().write_all(text.as_bytes())?;
    }
    match outcome {
        Err(_) if interrupt::happened() => {
            Err(format!("interrupted: {} cells were measured", report.cells.len()).into())
        }
        other => other,
    }
}

/// Measures every cell; the report is written after each.
fn cells(
    arguments: &RunArguments,
    program: &Path,
    base: &Path,
    report: &mut Report,
) -> Result<(), Failure> {
    let sizes = if arguments.full {
        SIZES.to_vec()
    } else {
        vec![arguments.states()]
    };
    let connections = if arguments.full {
        CONNECTIONS.to_vec()
    } else {
        vec![arguments.connections]
    };
    let wanted: Vec<Wanted> = connections
        .into_iter()
        .map(|connections| Wanted {
            connections,
            all: !arguments.full || connections == 64,
        })
        .collect();
    for states in sizes {
        let directory = tempfile::Builder::new()
            .prefix("runstate-benchmark-")
            .tempdir_in(base)?;
        let places = (program, directory.path());
        dataset::measure(arguments, places, states, &wanted, |cell| {
            report.cells.push(cell);
            report.load_after = load_average();
            match &arguments.json {
                Some(file) => report.write(file),
                None => Ok(()),
            }
        })?;
    }
    Ok(())
}

/// Every connection is an open file here and one in the server, which inherits the limit.
fn raise_open_files() -> Result<(), Failure> {
    #[cfg(unix)]
    {
        use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
        let limit = getrlimit(Resource::Nofile);
        let raised = Rlimit {
            current: limit.maximum,
            maximum: limit.maximum,
        };
        setrlimit(Resource::Nofile, raised)?;
    }
    Ok(())
}

/// The product's program: the one that was named, else that of this workspace, built now as this
/// program was, so that nobody measures an old one.
fn program(arguments: &RunArguments) -> Result<PathBuf, Failure> {
    if let Some(program) = &arguments.runstate {
        return Ok(program.clone());
    }
    let own = std::env::current_exe()?;
    let name = format!("runstate{}", std::env::consts::EXE_SUFFIX);
    let beside = own.with_file_name(name);
    let profile: &[&str] = if cfg!(debug_assertions) {
        bar::done("this is a debug build: its figures say nothing");
        &[]
    } else {
        &["--release"]
    };
    // Cargo names itself to what it runs; without it, what is built already is measured.
    if let Some(cargo) = std::env::var_os("CARGO") {
        let built = Command::new(cargo)
            .args(["build", "--package", "runstate"])
            .args(profile)
            .status()?;
        if !built.success() {
            return Err("the product could not be built".into());
        }
    }
    if fs::exists(&beside)? {
        Ok(beside)
    } else {
        let beside = beside.display();
        Err(format!("{beside} is not there: cargo build --release -p runstate").into())
    }
}
