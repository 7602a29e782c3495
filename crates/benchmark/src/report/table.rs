//! The table, as a person reads it.

use std::fmt::Write;

use super::{Cell, Figures, ProductFigures, Report, Verdict, goals, median};
use crate::process::Memory;

impl Report {
    /// The table, as a person reads it.
    pub(crate) fn table(&self) -> String {
        let mut out = String::new();
        self.heading(&mut out);
        for cell in &self.cells {
            cell.heading(&mut out);
            cell.rows(&mut out);
            cell.product_figures(&mut out);
        }
        goals::write(self, &mut out);
        out
    }

    fn heading(&self, out: &mut String) {
        let machine = &self.machine;
        let memory = machine
            .memory
            .map_or(0.0, |bytes| bytes as f64 / f64::from(1 << 30));
        let load = |load: Option<f64>| load.map_or("?".to_owned(), |load| format!("{load:.2}"));
        // Writing to a string cannot fail.
        let _ = writeln!(
            out,
            "{} x {}, {memory:.1} GiB, {}, {}, a durable 4 KiB write in {} us; load average {} \
             before, {} after; a token is checked on every request",
            machine.cores,
            machine.processor,
            machine.system,
            machine.filesystem,
            machine.sync_micros,
            load(machine.load_before),
            load(self.load_after),
        );
    }
}

impl Cell {
    fn heading(&self, out: &mut String) {
        let setting = &self.setting;
        let others = self
            .others
            .map_or("?".to_owned(), |share| format!("{:.0} %", share * 100.0));
        let _ = writeln!(
            out,
            "\n{}: {} states, {} connections (bulk: at most 4; what looks at every state: 2; \
             exports: 1), medians of {} rounds of {} s; rates of bulk, batch and export are states; \
             the deep page is number {}; others took {others} of the processors\n",
            self.product.database,
            whole(setting.states as f64),
            whole(f64::from(setting.connections)),
            setting.rounds,
            setting.window_seconds,
            whole(setting.deep_page as f64)
        );
    }

    fn rows(&self, out: &mut String) {
        // Writing to a string cannot fail.
        let _ = writeln!(
            out,
            "{:<18} {:>9} {:>7} {:>7} {:>7} {:>4}   {:<18} {:>9} {:>7} {:>7} {:>7} {:>6} {:>9}  goal",
            "operation",
            "product/s",
            "p50 ms",
            "p99 ms",
            "cpu us",
            "MiB",
            "floor",
            "floor/s",
            "p50 ms",
            "p99 ms",
            "cpu us",
            "ratio",
            "rounds"
        );
        let mut shown = "";
        for line in &self.lines {
            let again = line.operation == shown;
            shown = &line.operation;
            let [rate, p50, p99, cost, memory] = if again {
                Default::default()
            } else {
                cells(&line.product)
            };
            let [floor_rate, floor_p50, floor_p99, floor_cost, _] = cells(&line.floor);
            let verdict = line.verdict().map_or("", Verdict::word);
            let goal = line
                .goal
                .map_or(String::new(), |goal| format!("{goal:.2} {verdict}"));
            let [low, high] = line.range();
            let range = format!("{low:.2}-{high:.2}");
            let row = format!(
                "{:<18} {rate:>9} {p50:>7} {p99:>7} {cost:>7} {memory:>4}   {:<18} {floor_rate:>9} \
                 {floor_p50:>7} {floor_p99:>7} {floor_cost:>7} {:>6.2} {range:>9}  {goal}",
                if again { "" } else { &line.operation },
                line.against,
                line.ratio,
            );
            let _ = writeln!(out, "{}", row.trim_end());
        }
    }

    fn product_figures(&self, out: &mut String) {
        let ProductFigures {
            load_rate,
            storage,
            memory_after_load,
            memory_after_run,
            ready_seconds,
            answered_seconds,
            ..
        } = &self.product;
        let (beyond, raw) = storage.beyond_outputs();
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
                let (now, most) = (mebibytes(*now), mebibytes(*most));
                let _ = writeln!(
                    out,
                    "server's memory after the {when}: {now:.0} MiB, at most {most:.0} MiB"
                );
            }
        }
        let _ = writeln!(
            out,
            "start: listens after {:.0} ms, first answer after {:.0} ms",
            median(ready_seconds.iter().copied()) * 1e3,
            median(answered_seconds.iter().copied()) * 1e3
        );
    }
}

/// Figures as the table shows them.
fn cells(figures: &Figures) -> [String; 5] {
    [
        whole(figures.rate),
        millis(figures.p50_millis),
        millis(figures.p99_millis),
        figures
            .cost_micros
            .map_or("?".to_owned(), |micros| format!("{micros:.1}")),
        figures
            .memory
            .map_or("?".to_owned(), |bytes| format!("{:.0}", mebibytes(bytes))),
    ]
}

/// Bytes as MiB.
pub(super) fn mebibytes(bytes: u64) -> f64 {
    bytes as f64 / f64::from(1 << 20)
}

fn millis(millis: f64) -> String {
    if millis < 100.0 {
        format!("{millis:.2}")
    } else {
        format!("{millis:.0}")
    }
}

/// A whole number with commas between thousands.
pub(super) fn whole(number: f64) -> String {
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
    }
}
