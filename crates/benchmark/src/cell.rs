//! One cell of the matrix: all operations on a loaded database, under so many connections.

use std::time::Instant;

use crate::cli::RunArguments;
use crate::contest::{Contest, Entry};
use crate::load::Plan;
use crate::operation::{Operation, Pace};
use crate::report::{Cell, ProductFigures, Setting, lines};
use crate::{Failure, bar};
use std::sync::Arc;

/// What a cell is.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Wanted {
    pub(crate) connections: u16,
    /// Whether the operations that use a connection or two are measured, too.
    pub(crate) all: bool,
}

/// The operations that a run measures.
///
/// # Errors
/// If none has such a name.
pub(crate) fn chosen(
    arguments: &RunArguments,
    all: Vec<Arc<dyn Operation>>,
) -> Result<Vec<Arc<dyn Operation>>, Failure> {
    let only = &arguments.only;
    let named = |name: &str| only.is_empty() || only.iter().any(|text| name.contains(text));
    let names: Vec<&str> = all.iter().map(|operation| operation.name()).collect();
    let names = names.join(", ");
    let chosen: Vec<_> = all
        .into_iter()
        .filter(|operation| named(operation.name()))
        .collect();
    if chosen.is_empty() {
        return Err(format!("no operation has such a name: there are {names}").into());
    }
    Ok(chosen)
}

/// Measures a cell in rounds.
///
/// # Errors
/// If an answer is wrong.
pub(crate) fn measure(
    arguments: &RunArguments,
    contest: &mut Contest,
    operations: &[Arc<dyn Operation>],
    wanted: Wanted,
    product: ProductFigures,
    deep_page: u64,
) -> Result<Cell, Failure> {
    let Wanted { connections, all } = wanted;
    contest.plan = Plan {
        connections: connections.into(),
        ..contest.plan
    };
    let mut entries: Vec<Entry> = operations
        .iter()
        .filter(|operation| all || operation.pace() == Pace::Steady)
        .cloned()
        .map(Entry::new)
        .collect();
    let rounds = arguments.rounds();
    let states = contest.subject.states;
    let steps: usize = entries.iter().map(|entry| entry.floors.len() + 1).sum();
    let name = format!("{states} states, {connections} connections");
    bar::begin(&name, steps as u64 * u64::from(rounds));
    let (begun, before) = (Instant::now(), contest.others());
    for round in 0..rounds {
        let label = format!("{name}, round {} of {rounds}", round + 1);
        for entry in &mut entries {
            if entry.operation.pace() != Pace::Export || round < arguments.exports() {
                contest.round(entry, round, &label)?;
            }
        }
    }
    let processors = std::thread::available_parallelism().map_or(1, usize::from) as f64;
    let others = contest.others().zip(before).map(|(after, before)| {
        let used = after.saturating_sub(before).as_secs_f64();
        used / (begun.elapsed().as_secs_f64() * processors)
    });
    bar::done(&format!("{name}: measured"));
    let lines: Vec<_> = entries.iter().flat_map(lines).collect();
    let most = lines.iter().filter_map(|line| line.product.memory).max();
    Ok(Cell {
        setting: Setting {
            states,
            connections,
            rounds,
            window_seconds: arguments.window().as_secs_f64(),
            deep_page,
        },
        others,
        lines,
        product: ProductFigures {
            memory_after_run: contest.server.memory().map(|memory| memory.with_most(most)),
            ..product
        },
    })
}
