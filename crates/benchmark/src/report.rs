//! The figures of a run: what the JSON file holds, and what the table shows.

mod table;

use std::time::Duration;

use serde::Serialize;

use crate::contest::Entry;
use crate::load::Measured;
use crate::machine::Machine;
use crate::process::Memory;
use crate::storage::Storage;

/// Everything that a run found.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct Report {
    pub(crate) machine: Machine,
    pub(crate) load_after: Option<f64>,
    /// The share of all processors that other programs, or the host, took during the rounds.
    pub(crate) others: Option<f64>,
    pub(crate) setting: Setting,
    pub(crate) lines: Vec<Line>,
    pub(crate) product: ProductFigures,
}

/// How it was measured.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct Setting {
    pub(crate) states: u64,
    pub(crate) connections: u16,
    pub(crate) rounds: u16,
    pub(crate) window_seconds: f64,
    pub(crate) deep_page: u64,
}

/// What only the product has.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct ProductFigures {
    /// States a second during the load.
    pub(crate) load_rate: f64,
    pub(crate) storage: Storage,
    pub(crate) memory_after_load: Option<Memory>,
    pub(crate) memory_after_run: Option<Memory>,
    /// Seconds from the start to the line that says where it listens.
    pub(crate) ready_seconds: f64,
    /// Seconds from the start to the first answer.
    pub(crate) answered_seconds: f64,
}

/// An operation against one floor.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct Line {
    pub(crate) operation: &'static str,
    pub(crate) against: &'static str,
    /// Requests a second; of bulk operations states a second.
    pub(crate) product: Figures,
    pub(crate) floor: Figures,
    /// The product's share of the floor's rate: the median of the rounds' ratios.
    pub(crate) ratio: f64,
    /// The rates of the rounds, by which the medians can be doubted.
    pub(crate) rounds: Vec<[f64; 2]>,
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
    /// The lowest and the highest ratio of a round.
    pub(crate) fn range(&self) -> [f64; 2] {
        let ratios = self.rounds.iter().map(|[product, floor]| product / floor);
        ratios.fold([f64::INFINITY, 0.0], |[low, high], ratio| {
            [low.min(ratio), high.max(ratio)]
        })
    }

    /// Whether its goal is reached, if it has one.
    pub(crate) fn verdict(&self) -> Option<Verdict> {
        let [low, high] = self.range();
        Some(match self.goal? {
            goal if low >= goal => Verdict::Met,
            goal if high < goal => Verdict::Missed,
            _ => Verdict::Unclear,
        })
    }
}

/// Medians over the rounds.
#[derive(Clone, Copy, Debug, Serialize)]
pub(crate) struct Figures {
    pub(crate) rate: f64,
    pub(crate) p50_millis: f64,
    pub(crate) p99_millis: f64,
    /// What a request, or a state of a bulk, cost the server in processor time.
    pub(crate) cost_micros: Option<f64>,
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
                operation: operation.name(),
                against: against.name(),
                product,
                floor: figures(rounds, states),
                ratio: median(rates.iter().map(|[product, floor]| product / floor)),
                rounds: rates,
                goal: operation.goal().filter(|_| against.judges(operation)),
            }
        })
        .collect()
}

fn figures(rounds: &[Measured], states: f64) -> Figures {
    let millis = |time: Duration| time.as_secs_f64() * 1e3;
    Figures {
        rate: median(rounds.iter().map(|round| round.rate)) * states,
        p50_millis: median(rounds.iter().map(|round| millis(round.p50))),
        p99_millis: median(rounds.iter().map(|round| millis(round.p99))),
        cost_micros: rounds
            .iter()
            .map(|round| round.cost.map(|cost| cost.as_secs_f64() * 1e6 / states))
            .collect::<Option<Vec<f64>>>()
            .map(|costs| median(costs.into_iter())),
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

    #[test]
    fn a_verdict_needs_every_round() {
        let figures = figures(&[], 1.0);
        let line = |rounds: &[[f64; 2]]| Line {
            operation: "",
            against: "",
            product: figures,
            floor: figures,
            ratio: 0.0,
            rounds: rounds.to_vec(),
            goal: Some(0.5),
        };
        for (rounds, verdict) in [
            ([[1.0, 2.0], [3.0, 4.0]], Verdict::Met),
            ([[1.0, 2.0], [1.0, 4.0]], Verdict::Unclear),
            ([[1.0, 3.0], [1.0, 4.0]], Verdict::Missed),
        ] {
            assert_eq!(line(&rounds).verdict(), Some(verdict));
        }
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
