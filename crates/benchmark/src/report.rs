//! The figures of a run: what the JSON file holds, and what the table shows.

mod baseline;
mod goals;
mod table;

use std::fs;
use std::path::Path;
use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::Failure;
use crate::contest::Entry;
use crate::database::Storage;
use crate::load::Measured;
use crate::machine::Machine;
use crate::process::Memory;

/// Everything that a run found.
#[derive(Clone, Debug, Deserialize, Serialize)]
pub(crate) struct Report {
    pub(crate) machine: Machine,
    pub(crate) load_after: Option<f64>,
    /// One for each number of states and connections.
    pub(crate) cells: Vec<Cell>,
}

/// What was found with so many states and connections.
#[derive(Clone, Debug, Deserialize, Serialize)]
pub(crate) struct Cell {
    pub(crate) setting: Setting,
    /// The share of all processors that other programs, or the host, took during the rounds.
    pub(crate) others: Option<f64>,
    pub(crate) lines: Vec<Line>,
    pub(crate) product: ProductFigures,
}

/// How it was measured.
#[derive(Clone, Debug, Deserialize, Serialize)]
pub(crate) struct Setting {
    pub(crate) states: u64,
    pub(crate) connections: u16,
    pub(crate) rounds: u16,
    pub(crate) window_seconds: f64,
    pub(crate) deep_page: u64,
}

/// What only the product has.
#[derive(Clone, Debug, Deserialize, Serialize)]
pub(crate) struct ProductFigures {
    /// What it keeps its rows in.
    pub(crate) database: String,
    /// States a second during the load.
    pub(crate) load_rate: f64,
    pub(crate) storage: Storage,
    pub(crate) memory_after_load: Option<Memory>,
    pub(crate) memory_after_run: Option<Memory>,
    /// Seconds from the start to the line that says where it listens, in several starts.
    pub(crate) ready_seconds: Vec<f64>,
    /// Seconds from the start to the first answer.
    pub(crate) answered_seconds: Vec<f64>,
}

impl Report {
    /// Writes the report as JSON. Who interrupts it finds the earlier file as it was.
    ///
    /// # Errors
    /// If the file cannot be written.
    pub(crate) fn write(&self, file: &Path) -> Result<(), Failure> {
        let directory = match file.parent() {
            Some(parent) if parent != Path::new("") => parent,
            _ => Path::new("."),
        };
        let mut new = tempfile::NamedTempFile::new_in(directory)?;
        serde_json::to_writer_pretty(&mut new, self)?;
        new.persist(file)?;
        Ok(())
    }

    /// The report of an earlier run.
    ///
    /// # Errors
    /// If the file is none.
    pub(crate) fn read(file: &Path) -> Result<Self, Failure> {
        let name = file.display();
        let text = fs::read(file).map_err(|reason| format!("{name}: {reason}"))?;
        let report = serde_json::from_slice(&text);
        Ok(report.map_err(|reason| format!("{name} is no report: {reason}"))?)
    }
}

impl Verdict {
    /// The verdict of figures that should be at least so much.
    pub(crate) fn at_least(goal: f64, figures: impl Iterator<Item = f64>) -> Self {
        let [low, high] = range(figures);
        match goal {
            goal if low >= goal => Self::Met,
            goal if high < goal => Self::Missed,
            _ => Self::Unclear,
        }
    }

    /// The verdict of figures that should be at most so much.
    pub(crate) fn at_most(goal: f64, figures: impl Iterator<Item = f64>) -> Self {
        Self::at_least(-goal, figures.map(|figure| -figure))
    }

    /// The word for it.
    pub(crate) fn word(self) -> &'static str {
        match self {
            Self::Met => "met",
            Self::Missed => "missed",
            Self::Unclear => "unclear",
        }
    }
}

/// The lowest and the highest of figures.
fn range(figures: impl Iterator<Item = f64>) -> [f64; 2] {
    figures.fold([f64::INFINITY, f64::NEG_INFINITY], |[low, high], figure| {
        [low.min(figure), high.max(figure)]
    })
}

/// An operation against one floor.
#[derive(Clone, Debug, Deserialize, Serialize)]
pub(crate) struct Line {
    pub(crate) operation: String,
    pub(crate) against: String,
    /// Requests a second; of bulk operations states a second.
    pub(crate) product: Figures,
    pub(crate) floor: Figures,
    /// The product's share of the floor's rate: the median of the rounds' ratios.
    pub(crate) ratio: f64,
    /// The rates of the rounds, by which the medians can be doubted.
    pub(crate) rounds: Vec<[f64; 2]>,
    /// The product's 99th percentiles in milliseconds, by round.
    pub(crate) p99_rounds: Vec<f64>,
    /// What the ratio should be, on the line that is judged.
    pub(crate) goal: Option<f64>,
}

/// Whether a goal is reached.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Verdict {
    /// In every round.
    Met,
    /// In no round.
    Missed,
    /// In some rounds and not in others: the run says nothing.
    Unclear,
}

impl Line {
    /// The ratios of the rounds.
    pub(crate) fn ratios(&self) -> impl Iterator<Item = f64> {
        self.rounds.iter().map(|[product, floor]| product / floor)
    }

    /// The lowest and the highest ratio of a round.
    pub(crate) fn range(&self) -> [f64; 2] {
        range(self.ratios())
    }

    /// Whether its goal is reached, if it has one.
    pub(crate) fn verdict(&self) -> Option<Verdict> {
        Some(Verdict::at_least(self.goal?, self.ratios()))
    }
}

/// Medians over the rounds.
#[derive(Clone, Copy, Debug, Deserialize, Serialize)]
pub(crate) struct Figures {
    pub(crate) rate: f64,
    pub(crate) p50_millis: f64,
    pub(crate) p99_millis: f64,
    /// What a request, or a state of a bulk, cost the server in processor time.
    pub(crate) cost_micros: Option<f64>,
    /// The most resident memory of the server in any round, in bytes.
    pub(crate) memory: Option<u64>,
}

/// The lines of an operation.
pub(crate) fn lines(entry: &Entry) -> Vec<Line> {
    let operation = entry.operation.as_ref();
    let states = operation.states() as f64;
    let product = figures(&entry.product, states);
    entry
        .floors
        .iter()
        .map(|(against, rounds)| {
            let rates: Vec<[f64; 2]> = entry
                .product
                .iter()
                .zip(rounds)
                .map(|(p, f)| [p.rate * states, f.rate * states])
                .collect();
            Line {
                operation: operation.name().to_owned(),
                against: against.name().to_owned(),
                product,
                floor: figures(rounds, states),
                ratio: median(rates.iter().map(|[product, floor]| product / floor)),
                rounds: rates,
                p99_rounds: entry.product.iter().map(|p| millis(p.p99)).collect(),
                goal: operation.goal().filter(|_| against.judges(operation)),
            }
        })
        .collect()
}

fn millis(time: Duration) -> f64 {
    time.as_secs_f64() * 1e3
}

fn figures(rounds: &[Measured], states: f64) -> Figures {
    Figures {
        rate: median(rounds.iter().map(|round| round.rate)) * states,
        p50_millis: median(rounds.iter().map(|round| millis(round.p50))),
        p99_millis: median(rounds.iter().map(|round| millis(round.p99))),
        cost_micros: rounds
            .iter()
            .map(|round| round.cost.map(|cost| cost.as_secs_f64() * 1e6 / states))
            .collect::<Option<Vec<f64>>>()
            .map(|costs| median(costs.into_iter())),
        memory: rounds.iter().filter_map(|round| round.memory).max(),
    }
}

fn median(values: impl Iterator<Item = f64>) -> f64 {
    let mut values: Vec<f64> = values.collect();
    values.sort_by(f64::total_cmp);
    let middle = values.len() / 2;
    match values.as_slice() {
        [] => 0.0,
        values if values.len() % 2 == 1 => values[middle],
        values => f64::midpoint(values[middle - 1], values[middle]),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A report of cells.
    pub(super) fn report(cells: Vec<Cell>) -> Report {
        Report {
            machine: Machine::read(&std::env::temp_dir()).unwrap(),
            load_after: None,
            cells,
        }
    }

    /// A cell with one operation that keeps half of its floor's rate.
    pub(super) fn cell(states: u64, connections: u16) -> Cell {
        let memory = Memory {
            now: 1,
            most: 512 << 20,
        };
        Cell {
            setting: Setting {
                states,
                connections,
                rounds: 1,
                window_seconds: 1.0,
                deep_page: 2,
            },
            others: None,
            lines: vec![line(&[[5.0, 10.0]])],
            product: ProductFigures {
                database: "SQLite".to_owned(),
                load_rate: 1.0,
                storage: Storage {
                    file_per_state: 1.0,
                    row: 200.0,
                    history_row: 1.0,
                    raw: 100,
                    outputs: 50,
                },
                memory_after_load: Some(memory),
                memory_after_run: None,
                ready_seconds: vec![0.1],
                answered_seconds: vec![0.1, 0.2],
            },
        }
    }

    fn line(rounds: &[[f64; 2]]) -> Line {
        let figures = figures(&[], 1.0);
        Line {
            operation: "PATCH a state".to_owned(),
            against: "axum, group commit".to_owned(),
            product: figures,
            floor: figures,
            ratio: 0.5,
            rounds: rounds.to_vec(),
            p99_rounds: vec![1.0],
            goal: Some(0.5),
        }
    }

    #[test]
    fn a_verdict_needs_every_round() {
        for (rounds, verdict) in [
            ([[1.0, 2.0], [3.0, 4.0]], Verdict::Met),
            ([[1.0, 2.0], [1.0, 4.0]], Verdict::Unclear),
            ([[1.0, 3.0], [1.0, 4.0]], Verdict::Missed),
        ] {
            assert_eq!(line(&rounds).verdict(), Some(verdict));
        }
        for (figures, verdict) in [
            ([1.0, 2.0], Verdict::Met),
            ([2.0, 3.0], Verdict::Unclear),
            ([3.0, 4.0], Verdict::Missed),
        ] {
            assert_eq!(Verdict::at_most(2.0, figures.into_iter()), verdict);
        }
    }

    #[test]
    fn a_report_is_read_as_it_was_written() {
        let directory = tempfile::tempdir().unwrap();
        let file = directory.path().join("report.json");
        let written = report(vec![cell(1_000, 64)]);
        written.write(&file).unwrap();
        let read = Report::read(&file).unwrap();
        assert_eq!(format!("{read:?}"), format!("{written:?}"));
        assert!(read.table().contains("axum, group commit"));
        std::fs::write(&file, "{}").unwrap();
        assert!(Report::read(&file).is_err());
    }

    #[test]
    fn medians() {
        for (values, middle) in [
            (vec![], 0.0),
            (vec![3.0], 3.0),
            (vec![9.0, 1.0], 5.0),
            (vec![9.0, 1.0, 2.0], 2.0),
        ] {
            assert!((median(values.into_iter()) - middle).abs() < f64::EPSILON);
        }
    }
}
