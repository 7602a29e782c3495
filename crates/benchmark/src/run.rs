//! A run from its beginning to its table.

use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Arc;
use std::sync::atomic::AtomicU64;
use std::time::{Duration, Instant};

use crate::Failure;
use crate::cli::RunArguments;
use crate::contest::{Contest, Entry, start_floor};
use crate::load::Plan;
use crate::machine::{Machine, load_average};
use crate::operation::{self, DeepPage, Subject};
use crate::probe::{done, progress};
use crate::process::Memory;
use crate::product::{self, Product};
use crate::report::{Line, ProductFigures, Report, Setting, lines};
use crate::storage::{self, Storage};

/// The page that is asked for as one deep in the list, where the list has as many.
const DEEP: u64 = 10_000;

/// Runs the benchmark.
///
/// # Errors
/// If anything cannot be set up, or an answer is wrong.
pub(crate) fn run(arguments: &RunArguments) -> Result<(), Failure> {
    let program = program(arguments)?;
    let base = arguments
        .directory
        .clone()
        .unwrap_or_else(std::env::temp_dir)
        .canonicalize()?;
    let directory = tempfile::Builder::new()
        .prefix("runstate-benchmark-")
        .tempdir_in(base)?;
    let machine = Machine::read(directory.path())?;
    let product = Product::new(program, directory.path().join("product"))?;
    let loaded = load(arguments, &product)?;
    let copy = directory.path().join("floor.db");
    progress("copying the database for the floors");
    product::copy_database(&product.database(), &copy)?;
    let outcome = compete(arguments, &product, &loaded, &copy)?;
    progress("checking what the product wrote");
    storage::verify(&product.database())?;
    done("every counter is what the rows say, and every state's latest run is in the history");
    let report = Report {
        machine,
        load_after: load_average(),
        setting: Setting {
            states: arguments.states(),
            connections: arguments.connections,
            rounds: arguments.rounds(),
            window_seconds: arguments.window().as_secs_f64(),
            deep_page: loaded.deep.number,
        },
        others: outcome.others,
        lines: outcome.lines,
        product: ProductFigures {
            load_rate: loaded.rate,
            storage: loaded.storage,
            memory_after_load: loaded.memory,
            memory_after_run: outcome.memory,
            ready_seconds: loaded.starts[0].as_secs_f64(),
            answered_seconds: loaded.starts[1].as_secs_f64(),
        },
    };
    if let Some(file) = &arguments.json {
        fs::write(file, serde_json::to_vec_pretty(&report)?)?;
    }
    Ok(std::io::stdout().write_all(report.table().as_bytes())?)
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
        done("this is a debug build: its figures say nothing");
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
    if beside.exists() {
        Ok(beside)
    } else {
        let beside = beside.display();
        Err(format!("{beside} is not there: cargo build --release -p runstate").into())
    }
}

/// The product loaded and stopped, with what was measured on the way.
struct Loaded {
    subject: Subject,
    rate: f64,
    deep: DeepPage,
    memory: Option<Memory>,
    storage: Storage,
    starts: [Duration; 2],
}

fn load(arguments: &RunArguments, product: &Product) -> Result<Loaded, Failure> {
    let states = arguments.states();
    let server = product.start()?;
    let peer = product.peer(&server);
    let (subject, rate) = product::load(&peer, states)?;
    let memory = server.memory();
    done(&format!("loaded {states} states, {rate:.0} a second"));
    let deep = product::walk(&peer, &subject, DEEP)?;
    done(&format!("followed next links to page {}", deep.number));
    server.stop()?;
    progress("measuring the database");
    let storage = storage::measure(&product.database(), states)?;
    progress("measuring starts");
    let starts = product::cold_start(product, &subject)?;
    Ok(Loaded {
        subject,
        rate,
        deep,
        memory,
        storage,
        starts,
    })
}

/// What the rounds found.
struct Outcome {
    lines: Vec<Line>,
    memory: Option<Memory>,
    others: Option<f64>,
}

/// All operations in all rounds.
fn compete(
    arguments: &RunArguments,
    product: &Product,
    loaded: &Loaded,
    copy: &Path,
) -> Result<Outcome, Failure> {
    let states = arguments.states();
    let server = product.start()?;
    let window = arguments.window();
    let contest = Contest {
        product: product.peer(&server),
        server,
        floor: start_floor(copy, states)?,
        subject: loaded.subject.clone(),
        plan: Plan {
            connections: arguments.connections.into(),
            warm_up: (window / 4).max(Duration::from_millis(200)),
            window,
        },
        sequence: Arc::new(AtomicU64::new(states)),
    };
    let chosen = |name: &str| {
        arguments.only.is_empty() || arguments.only.iter().any(|text| name.contains(text))
    };
    let mut entries: Vec<Entry> = operation::all(&loaded.subject, loaded.deep.clone())
        .into_iter()
        .filter(|operation| chosen(operation.name()))
        .map(Entry::new)
        .collect();
    if entries.is_empty() {
        return Err("no operation has such a name".into());
    }
    for entry in &entries {
        contest.agree(entry.operation.as_ref())?;
    }
    let (begun, before) = (Instant::now(), contest.others());
    for round in 0..arguments.rounds() {
        let label = format!("round {} of {}", round + 1, arguments.rounds());
        for entry in &mut entries {
            contest.round(entry, round, &label)?;
        }
        done(&format!("{label} is done"));
    }
    let processors = std::thread::available_parallelism().map_or(1, usize::from) as f64;
    let others = contest.others().zip(before).map(|(after, before)| {
        let used = after.saturating_sub(before).as_secs_f64();
        used / (begun.elapsed().as_secs_f64() * processors)
    });
    let memory = contest.server.memory();
    contest.server.stop()?;
    Ok(Outcome {
        lines: entries.iter().flat_map(lines).collect(),
        memory,
        others,
    })
}
