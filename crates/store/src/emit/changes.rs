//! The statements about logs of changes. SQLite has one writer: the numbers of rows are in the
//! order of the commits. On PostgreSQL transactions end in any order: rows are told apart by their
//! transaction, and those are final that all snapshots to come hold, too.

use std::fmt::Write as _;

use super::Dialect;
use crate::changes::{DAY, NUMBER, TRANSACTION};
use crate::table::{ColumnKind, Table};

/// The columns of a row's place, in the order of the log.
fn place(dialect: Dialect) -> &'static [&'static str] {
    match dialect {
        Dialect::Sqlite => &[NUMBER],
        Dialect::Postgres => &[TRANSACTION, NUMBER],
    }
}

fn list(dialect: Dialect, separator: &str) -> String {
    let names: Vec<_> = place(dialect).iter().map(|n| format!("\"{n}\"")).collect();
    names.join(separator)
}

/// How many of a place's sequence and number are bound to a statement.
pub(crate) fn place_width(dialect: Dialect) -> usize {
    place(dialect).len()
}

/// `SELECT` of a log's rows in order: place and columns. Binds the place that they come behind,
/// and how many at most.
#[must_use]
pub fn log_rows(log: &Table, dialect: Dialect) -> String {
    let sequence = place(dialect)[0];
    let mut sql = format!("SELECT \"{sequence}\", \"{NUMBER}\"");
    for (index, column) in log.columns.iter().enumerate() {
        match &column.expression {
            Some(expression) => {
                let _ = write!(sql, ", {}", dialect.virtual_column(expression, column.kind));
            }
            None if log.key.contains(&index) => {}
            None => {
                let _ = write!(sql, ", \"{}\"", column.name);
                if column.kind == ColumnKind::DateTimeOffset {
                    let _ = write!(sql, ", \"{}_form\"", column.name);
                }
            }
        }
    }
    let marks = vec!["?"; place(dialect).len()].join(", ");
    let _ = write!(
        sql,
        " FROM \"{}\" WHERE ({}) > ({marks}) ORDER BY {} LIMIT ?",
        log.name,
        list(dialect, ", "),
        list(dialect, ", ")
    );
    dialect.placeholders(sql)
}

/// `SELECT` of a log's [`Horizon`](crate::changes::Horizon): the sequence that is pruned or null,
/// the one that is settled, the end, the newest number.
#[must_use]
pub fn log_horizon(log: &Table, dialect: Dialect) -> String {
    let (table, order) = (&log.name, list(dialect, ", "));
    let sequence = place(dialect)[0];
    let pruned = format!(
        "(SELECT CASE \"{DAY}\" WHEN 0 THEN \"{sequence}\" END FROM \"{table}\" ORDER BY {order} LIMIT 1)"
    );
    let newest = format!(
        "COALESCE((SELECT \"{NUMBER}\" FROM \"{table}\" ORDER BY {} LIMIT 1), 0)",
        list(dialect, " DESC, ") + " DESC"
    );
    let (settled, end) = match dialect {
        Dialect::Sqlite => (format!("{newest} + 1"), format!("{newest} + 1")),
        Dialect::Postgres => {
            let bound =
                |name: &str| format!("pg_snapshot_{name}(pg_current_snapshot())::text::bigint");
            (bound("xmin"), bound("xmax"))
        }
    };
    format!("SELECT {pruned}, {settled}, {end}, {newest}")
}

/// `DELETE` of a log's rows before a place; binds it.
#[must_use]
pub fn trim_log(log: &Table, dialect: Dialect) -> String {
    let marks = vec!["?"; place(dialect).len()].join(", ");
    dialect.placeholders(format!(
        "DELETE FROM \"{}\" WHERE ({}) < ({marks})",
        log.name,
        list(dialect, ", ")
    ))
}

/// `UPDATE` that marks the row of a place as the last that is pruned; binds it.
#[must_use]
pub fn mark_log(log: &Table, dialect: Dialect) -> String {
    let marks = vec!["?"; place(dialect).len()].join(", ");
    dialect.placeholders(format!(
        "UPDATE \"{}\" SET \"{DAY}\" = 0 WHERE ({}) = ({marks})",
        log.name,
        list(dialect, ", ")
    ))
}

/// What a `DELETE` of a tracked table ends with: it answers what the log says of each row.
pub(super) fn returning(table: &Table) -> String {
    let Some(log) = &table.changes else {
        return String::new();
    };
    let names: Vec<_> = log
        .sources
        .iter()
        .flat_map(|column| super::sql_names(table, *column))
        .collect();
    format!(" RETURNING {}", names.join(", "))
}

/// The end of a log's `CREATE TABLE`.
pub(crate) fn log_columns(dialect: Dialect) -> String {
    match dialect {
        Dialect::Sqlite => format!("  \"{NUMBER}\" {} PRIMARY KEY\n", dialect.identity()),
        Dialect::Postgres => format!(
            "  \"{NUMBER}\" {},\n  \"{TRANSACTION}\" BIGINT NOT NULL DEFAULT \
             (pg_current_xact_id()::text::bigint),\n  PRIMARY KEY (\"{TRANSACTION}\", \"{NUMBER}\")\n",
            dialect.identity()
        ),
    }
}
