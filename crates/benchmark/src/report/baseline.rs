//! What changed since an earlier run: the ratios of product to floor, which say the same on
//! machines of different speed.

use std::fmt::Write;

use super::table::whole;
use super::{Line, Report};

impl Report {
    /// A table of the ratios of an earlier run and of this one, for the same states and
    /// connections.
    pub(crate) fn against(&self, earlier: &Self) -> String {
        let mut out = String::new();
        // Writing to a string cannot fail.
        let _ = writeln!(
            out,
            "\n{:>10} {:>6}  {:<18} {:<18} {:>8} {:>6} {:>8}",
            "states", "conn.", "operation", "floor", "baseline", "now", "change"
        );
        let mut compared = 0;
        for cell in &self.cells {
            let setting = &cell.setting;
            let before = earlier.cells.iter().find(|before| {
                let same = &before.setting;
                before.product.database == cell.product.database
                    && (same.states, same.connections) == (setting.states, setting.connections)
            });
            for (line, before) in before
                .into_iter()
                .flat_map(|before| pairs(&cell.lines, &before.lines))
            {
                compared += 1;
                let change = (line.ratio / before.ratio - 1.0) * 100.0;
                let _ = writeln!(
                    out,
                    "{:>10} {:>6}  {:<18} {:<18} {:>8.2} {:>6.2} {change:>+6.0} %{}",
                    whole(setting.states as f64),
                    setting.connections,
                    line.operation,
                    line.against,
                    before.ratio,
                    line.ratio,
                    doubt(line, before)
                );
            }
        }
        if compared == 0 {
            return "\nThe baseline has no figures for the same database, states and connections.\n"
                .to_owned();
        }
        out
    }
}

/// The lines of both runs that are about the same.
fn pairs<'l>(now: &'l [Line], before: &'l [Line]) -> impl Iterator<Item = (&'l Line, &'l Line)> {
    now.iter().filter_map(|line| {
        let same =
            |before: &&Line| before.operation == line.operation && before.against == line.against;
        Some((line, before.iter().find(same)?))
    })
}

/// Says where the rounds of both runs overlap: then the change may be none.
fn doubt(now: &Line, before: &Line) -> &'static str {
    let ([low, high], [before_low, before_high]) = (now.range(), before.range());
    if low <= before_high && before_low <= high {
        "  (within the rounds)"
    } else {
        ""
    }
}

#[cfg(test)]
mod tests {
    use super::super::tests::{cell, report};

    #[test]
    fn changes_of_the_same_cells() {
        let now = report(vec![cell(1_000, 64), cell(1_000, 1)]);
        let mut earlier = report(vec![cell(1_000, 64)]);
        let line = &mut earlier.cells[0].lines[0];
        (line.ratio, line.rounds) = (0.4, vec![[4.0, 10.0]]);
        let text = now.against(&earlier);
        let rows: Vec<&str> = text.lines().filter(|row| row.contains("PATCH")).collect();
        assert_eq!(rows.len(), 1, "{text}");
        assert!(rows[0].ends_with("0.40   0.50    +25 %"), "{text}");
        earlier.cells[0].lines[0].rounds.push([5.0, 10.0]);
        assert!(now.against(&earlier).contains("within the rounds"));
        let others = now.against(&report(vec![cell(2_000, 64)]));
        assert!(others.contains("no figures"), "{others}");
    }
}
