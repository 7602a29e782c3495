//! The figures as a table and as JSON.

use std::fmt::Write;
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

/// Medians over the rounds.
#[derive(Clone, Copy, Debug, Serialize)]
pub(crate) struct Figures {
    pub(crate) rate: f64,
    pub(crate) p50_millis: f64,
    pub(crate) p99_millis: f64,
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

impl Report {
    /// The table, as a person reads it.
    pub(crate) fn table(&self) -> String {
        let mut out = String::new();
        self.heading(&mut out);
        // Writing to a string cannot fail.
        let _ = writeln!(
            out,
            "{:<20} {:>9} {:>8} {:>8}   {:<20} {:>9} {:>8} {:>8} {:>6}  goal",
            "operation",
            "product/s",
            "p50 ms",
            "p99 ms",
            "floor",
            "floor/s",
            "p50 ms",
            "p99 ms",
            "ratio"
        );
        let mut shown = "";
        for line in &self.lines {
            let again = line.operation == shown;
            shown = line.operation;
            let product = [
                whole(line.product.rate),
                millis(line.product.p50_millis),
                millis(line.product.p99_millis),
            ];
            let [rate, p50, p99] = if again { Default::default() } else { product };
            let goal = match line.goal {
                Some(goal) if line.ratio >= goal => format!(">= {goal}, met"),
                Some(goal) => format!(">= {goal}, missed"),
                None => String::new(),
            };
            let row = format!(
                "{:<20} {rate:>9} {p50:>8} {p99:>8}   {:<20} {:>9} {:>8} {:>8} {:>6.2}  {goal}",
                if again { "" } else { line.operation },
                line.against,
                whole(line.floor.rate),
                millis(line.floor.p50_millis),
                millis(line.floor.p99_millis),
                line.ratio,
            );
            let _ = writeln!(out, "{}", row.trim_end());
        }
        self.product_figures(&mut out);
        out
    }

    fn heading(&self, out: &mut String) {
        let Self {
            machine, setting, ..
        } = self;
        let memory = machine
            .memory
            .map_or(0.0, |bytes| bytes as f64 / f64::from(1 << 30));
        let load = |load: Option<f64>| load.map_or("?".to_owned(), |load| format!("{load:.2}"));
        let _ = writeln!(
            out,
            "{} x {}, {memory:.1} GiB, {}, {}, a durable 4 KiB write in {} us; load average {} \
             before, {} after\n{} states, {} connections (bulk: at most 4), medians of {} rounds of \
             {} s; a token is checked on every request; bulk rates are states; the deep page is \
             number {}\n",
            machine.cores,
            machine.processor,
            machine.system,
            machine.filesystem,
            machine.sync_micros,
            load(machine.load_before),
            load(self.load_after),
            whole(setting.states as f64),
            setting.connections,
            setting.rounds,
            setting.window_seconds,
            whole(setting.deep_page as f64)
        );
    }

    fn product_figures(&self, out: &mut String) {
        let ProductFigures {
            load_rate,
            storage,
            memory_after_load,
            memory_after_run,
            ready_seconds,
            answered_seconds,
        } = &self.product;
        let beyond = storage.row - storage.outputs as f64;
        let raw = (storage.raw - storage.outputs) as f64;
        let _ = writeln!(
            out,
            "\nloaded at {} states/s by bulk PATCHes\n\
             on disk: {:.0} bytes a state with its key's index, {beyond:.0} beyond its outputs, \
             {:.2} of the raw values' {raw:.0}; {:.0} bytes a history row; the file holds {:.0} \
             bytes a state",
            whole(*load_rate),
            storage.row,
            beyond / raw,
            storage.history_row,
            storage.file_per_state,
        );
        for (when, memory) in [("load", memory_after_load), ("run", memory_after_run)] {
            if let Some(Memory { now, most }) = memory {
                let mebi = |bytes: u64| bytes as f64 / f64::from(1 << 20);
                let (now, most) = (mebi(*now), mebi(*most));
                let _ = writeln!(
                    out,
                    "server's memory after the {when}: {now:.0} MiB, at most {most:.0} MiB"
                );
            }
        }
        let _ = writeln!(
            out,
            "start: listens after {:.0} ms, first answer after {:.0} ms",
            ready_seconds * 1e3,
            answered_seconds * 1e3
        );
    }
}

fn millis(millis: f64) -> String {
    if millis < 100.0 {
        format!("{millis:.2}")
    } else {
        format!("{millis:.0}")
    }
}

/// A whole number with commas between thousands.
fn whole(number: f64) -> String {
    let digits = format!("{number:.0}");
    let mut out = String::with_capacity(digits.len() + digits.len() / 3);
    for (i, digit) in digits.chars().enumerate() {
        if i > 0 && (digits.len() - i) % 3 == 0 {
            out.push(',');
        }
        out.push(digit);
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers() {
        for (number, text) in [
            (0.0, "0"),
            (999.4, "999"),
            (1_000.0, "1,000"),
            (1.2e7, "12,000,000"),
        ] {
            assert_eq!(whole(number), text);
        }
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
