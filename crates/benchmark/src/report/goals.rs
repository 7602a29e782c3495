//! The goals: each with what was found, and whether it is met. A figure that differs from round to
//! round meets or misses a goal only if every round does.

use std::fmt::Write;

use super::table::{mebibytes, whole};
use super::{Cell, Line, Report, Verdict, median};

/// The number of states for which most goals are set.
const MANY: u64 = 10_000_000;
/// The number that they are compared with.
const FEW: u64 = 100_000;
/// The connections for which the rates are judged.
const CONNECTIONS: u16 = 64;
/// How much longer than with few states an answer may take.
const SLOWER: f64 = 1.3;
/// The most memory of the server, in bytes.
const MEMORY: f64 = 256.0 * 1_048_576.0;
/// Bulk writes in single PATCHes.
const BULK: f64 = 3.0;
/// Bytes on disk in bytes of the raw values.
const BYTES: f64 = 1.5;
/// Seconds from a start to its first answer.
const START: f64 = 0.3;
/// What must not become slower with the number of states.
const STEADY: [&str; 6] = [
    "PATCH a state",
    "GET a state",
    "page of 100, first",
    "page of 100, deep",
    "check-in",
    "run summary",
];

/// A goal, and what was found of it.
struct Judged {
    what: String,
    goal: String,
    found: String,
    verdict: Verdict,
}

/// Writes the table of the goals that the run tells of.
pub(super) fn write(report: &Report, out: &mut String) {
    let cells = &report.cells;
    let mut judged: Vec<Judged> = cells
        .iter()
        .filter(|cell| cell.setting.connections == CONNECTIONS)
        .flat_map(rates)
        .collect();
    judged.extend(slower(cells));
    // What does not depend on connections is judged once, by the most states.
    if let Some(most) = cells.iter().map(|cell| cell.setting.states).max() {
        let largest: Vec<&Cell> = cells
            .iter()
            .filter(|cell| cell.setting.states == most)
            .collect();
        judged.extend(sizes(&largest, most));
    }
    if judged.is_empty() {
        return;
    }
    // Writing to a string cannot fail.
    let _ = writeln!(out, "\n{:<66} {:>9} {:>16}  goal is", "goal", "", "found");
    for Judged {
        what,
        goal,
        found,
        verdict,
    } in judged
    {
        let word = verdict.word();
        let _ = writeln!(out, "{what:<66} {goal:>9} {found:>16}  {word}");
    }
}

/// The goals for rates against floors.
fn rates(cell: &Cell) -> Vec<Judged> {
    let states = whole(cell.setting.states as f64);
    let mut judged: Vec<Judged> = cell
        .lines
        .iter()
        .filter_map(|line| {
            let [low, high] = line.range();
            Some(Judged {
                what: format!(
                    "{} against {}, {states} states",
                    line.operation, line.against
                ),
                goal: format!(">= {:.2}", line.goal?),
                found: format!("{:.2} ({low:.2}-{high:.2})", line.ratio),
                verdict: line.verdict()?,
            })
        })
        .collect();
    if let (Some(bulk), Some(single)) = (
        line(cell, "bulk PATCH of 1000"),
        line(cell, "PATCH a state"),
    ) {
        let pairs = bulk.rounds.iter().zip(&single.rounds);
        let times: Vec<f64> = pairs.map(|(bulk, single)| bulk[0] / single[0]).collect();
        judged.push(Judged {
            what: format!("bulk PATCH against single PATCHes, {states} states"),
            goal: format!(">= {BULK:.1}"),
            found: format!("{:.2}", median(times.iter().copied())),
            verdict: Verdict::at_least(BULK, times.into_iter()),
        });
    }
    judged
}

fn line<'c>(cell: &'c Cell, operation: &str) -> Option<&'c Line> {
    cell.lines.iter().find(|line| line.operation == operation)
}

/// The goals for the 99th percentiles with many states against those with few.
fn slower(cells: &[Cell]) -> Vec<Judged> {
    let of = |states: u64| {
        cells
            .iter()
            .filter(move |cell| cell.setting.states == states)
    };
    let mut judged = Vec::new();
    for (operation, many) in STEADY
        .iter()
        .flat_map(|name| of(MANY).map(move |m| (name, m)))
    {
        let connections = many.setting.connections;
        let few = of(FEW).find(|few| few.setting.connections == connections);
        let lines = few.and_then(|few| Some((line(few, operation)?, line(many, operation)?)));
        let Some((few, many)) = lines else {
            continue;
        };
        // Of different runs of the server: each round of one may meet each of the other.
        let mut ratios = Vec::new();
        for many in &many.p99_rounds {
            ratios.extend(few.p99_rounds.iter().map(|few| many / few));
        }
        judged.push(Judged {
            what: format!("p99 of {operation}, 10 million to 100 thousand, {connections} conn."),
            goal: format!("<= {SLOWER:.1}"),
            found: format!("{:.2}", many.product.p99_millis / few.product.p99_millis),
            verdict: Verdict::at_most(SLOWER, ratios.into_iter()),
        });
    }
    judged
}

/// The goals for memory, bytes and starts, of the cells with the most states.
fn sizes(cells: &[&Cell], states: u64) -> Vec<Judged> {
    let Some(product) = cells.first().map(|cell| &cell.product) else {
        return Vec::new();
    };
    // With fewer states than the goal names, only that it is missed can be known.
    let known = |verdict: Verdict| match verdict {
        Verdict::Met if states < MANY => Verdict::Unclear,
        verdict => verdict,
    };
    let states = whole(states as f64);
    let mut judged = Vec::new();
    let memories = cells.iter().flat_map(|cell| {
        let after = [
            cell.product.memory_after_load,
            cell.product.memory_after_run,
        ];
        after.into_iter().flatten().map(|memory| memory.most)
    });
    if let Some(most) = memories.max() {
        judged.push(Judged {
            what: format!("memory of the server, {states} states"),
            goal: "<= 256 MB".to_owned(),
            found: format!("{:.0} MiB", mebibytes(most)),
            verdict: known(Verdict::at_most(MEMORY, std::iter::once(most as f64))),
        });
    }
    let (beyond, raw) = product.storage.beyond_outputs();
    judged.push(Judged {
        what: format!("bytes a run state beyond its outputs to raw values, {states} states"),
        goal: format!("<= {BYTES:.1}"),
        found: format!("{:.2}", beyond / raw),
        verdict: Verdict::at_most(BYTES, std::iter::once(beyond / raw)),
    });
    let starts = &product.answered_seconds;
    judged.push(Judged {
        what: format!("start to the first answer, {states} states"),
        goal: "< 300 ms".to_owned(),
        found: format!("{:.0} ms", median(starts.iter().copied()) * 1e3),
        verdict: known(Verdict::at_most(START, starts.iter().copied())),
    });
    judged
}

#[cfg(test)]
mod tests {
    use super::super::tests::{cell, report};
    use super::*;

    #[test]
    fn goals_of_a_matrix() {
        let mut few = cell(FEW, CONNECTIONS);
        let mut many = cell(MANY, CONNECTIONS);
        for (cell, p99) in [(&mut few, 10.0), (&mut many, 12.0)] {
            cell.lines[0].p99_rounds = vec![p99, p99 + 0.5];
            cell.lines[0].product.p99_millis = p99;
        }
        let mut out = String::new();
        write(&report(vec![few.clone(), many.clone()]), &mut out);
        let row = |out: &str, what: &str| {
            let row = out.lines().find(|row| row.contains(what));
            row.unwrap_or_default().to_owned()
        };
        let p99 = row(&out, "p99 of PATCH a state");
        assert!(p99.contains("1.20") && p99.ends_with("  met"), "{out}");
        assert!(row(&out, "memory").ends_with("missed"), "{out}");
        assert!(row(&out, "start").ends_with("  met"), "{out}");
        many.lines[0].p99_rounds = vec![12.0, 14.0];
        let mut out = String::new();
        write(&report(vec![few.clone(), many]), &mut out);
        assert!(row(&out, "p99 of PATCH").ends_with("unclear"), "{out}");
        let mut out = String::new();
        write(&report(vec![few]), &mut out);
        assert_eq!(row(&out, "p99 of PATCH"), "");
        assert!(row(&out, "start").ends_with("unclear"), "{out}");
    }
}
