//! PostgreSQL: a database of the product and one of the floors, beside the one that was named.

use std::ffi::OsString;

use postgres::{Client, NoTls};

use super::{Database, Storage};
use crate::Failure;
use crate::workload::Report;

const STATES: &str = "device_health_script_device_state";

/// Two databases, which are dropped with their owner.
pub(super) struct Databases {
    address: String,
    /// The names of the product's and of the floors'.
    names: [String; 2],
    /// How far history and log went when they were alike, in both.
    marks: Option<[[i64; 2]; 2]>,
}

impl Databases {
    /// Makes the product's database on the server of an address.
    pub(super) fn new(address: &str) -> Result<Self, Failure> {
        let number = std::process::id();
        let names = ["product", "floor"].map(|of| format!("runstate_benchmark_{number}_{of}"));
        let made = Self {
            address: address.to_owned(),
            names,
            marks: None,
        };
        let sql = format!("CREATE DATABASE {}", made.names[0]);
        connect(address)?.batch_execute(&sql)?;
        Ok(made)
    }

    fn address_of(&self, at: usize) -> String {
        with_database(&self.address, &self.names[at])
    }

    fn product(&self) -> Result<Client, Failure> {
        connect(&self.address_of(0))
    }

    fn floor(&self) -> Result<Client, Failure> {
        connect(&self.address_of(1))
    }
}

fn connect(address: &str) -> Result<Client, Failure> {
    Client::connect(address, NoTls).map_err(|reason| {
        let reason = std::error::Error::source(&reason)
            .map_or_else(|| reason.to_string(), ToString::to_string);
        format!("PostgreSQL cannot be used: {reason}").into()
    })
}

/// The address of another database of the same server.
fn with_database(address: &str, name: &str) -> String {
    let (address, query) = address.split_once('?').unwrap_or((address, ""));
    let (scheme, rest) = address.split_once("://").unwrap_or(("postgres", address));
    let authority = rest.split('/').next().unwrap_or(rest);
    let mark = if query.is_empty() { "" } else { "?" };
    format!("{scheme}://{authority}/{name}{mark}{query}")
}

impl Database for Databases {
    fn name(&self) -> &'static str {
        "PostgreSQL"
    }

    fn product_arguments(&self) -> Vec<OsString> {
        vec!["--database".into(), self.address_of(0).into()]
    }

    fn floor_arguments(&self) -> Vec<OsString> {
        vec!["--database".into(), self.address_of(1).into()]
    }

    fn copy(&mut self) -> Result<(), Failure> {
        // What the load left to do in the background is done now, not while others are measured.
        let mut client = self.product()?;
        client.batch_execute("VACUUM ANALYZE")?;
        client.batch_execute("CHECKPOINT")?;
        drop(client);
        let [product, floor] = &self.names;
        let sql = format!("CREATE DATABASE {floor} TEMPLATE {product}");
        connect(&self.address)?.batch_execute(&sql)?;
        self.marks = Some([mark(&mut self.product()?)?, mark(&mut self.floor()?)?]);
        Ok(())
    }

    fn compare(&self) -> Result<(), Failure> {
        let [product, floor] = self.marks.ok_or("the database was not copied")?;
        let expected = written(&mut self.product()?, product)?;
        let found = written(&mut self.floor()?, floor)?;
        for ((what, expected), (_, found)) in expected.iter().zip(&found) {
            if expected != found {
                let differing = expected.iter().zip(found).find(|(a, b)| a != b);
                return Err(format!(
                    "the floor writes other rows of {what} than the product ({} and {}): {differing:?}",
                    found.len(),
                    expected.len()
                )
                .into());
            }
        }
        match expected.first() {
            Some((_, runs)) if !runs.is_empty() => Ok(()),
            _ => Err("no run was written that could be compared".into()),
        }
    }

    fn storage(&self, states: u64) -> Result<Storage, Failure> {
        let mut client = self.product()?;
        let mut number = |sql: &str| -> Result<f64, Failure> {
            let number: i64 = client.query_one(sql, &[])?.try_get(0)?;
            Ok(number as f64)
        };
        let (raw, outputs) = Report::raw_bytes();
        let runs = number(&format!("SELECT count(*) FROM {STATES}_history"))?;
        let size = |table: &str| format!("SELECT pg_total_relation_size('{table}')");
        Ok(Storage {
            file_per_state: number("SELECT pg_database_size(current_database())")? / states as f64,
            row: number(&size(STATES))? / states as f64,
            history_row: number(&size(&format!("{STATES}_history")))? / runs.max(1.0),
            raw,
            outputs,
        })
    }

    fn verify(&self) -> Result<(), Failure> {
        let mut client = self.product()?;
        for sql in crate::floor::disagreements() {
            if client.query_one(&sql, &[])?.try_get::<_, i64>(0)? > 0 {
                return Err("the counters of a run summary are not what its states say".into());
            }
        }
        let unchained: i64 = client.query_one(super::UNCHAINED, &[])?.try_get(0)?;
        if unchained > 0 {
            return Err(
                format!("{unchained} states whose latest run is not in the history").into(),
            );
        }
        Ok(())
    }
}

impl Drop for Databases {
    fn drop(&mut self) {
        let Ok(mut client) = connect(&self.address) else {
            return;
        };
        for name in &self.names {
            // A database that stays is no reason to lose the figures.
            let _ = client.batch_execute(&format!("DROP DATABASE IF EXISTS {name} WITH (FORCE)"));
        }
    }
}

/// How far history and log go.
fn mark(client: &mut Client) -> Result<[i64; 2], Failure> {
    let sql = format!(
        "SELECT (SELECT coalesce(max(history_id), 0) FROM {STATES}_history), \
                (SELECT coalesce(max(change_id), 0) FROM {STATES}_change)"
    );
    let row = client.query_one(&sql, &[])?;
    Ok([row.try_get(0)?, row.try_get(1)?])
}

/// Rows as JSON.
type Rows = Vec<String>;

/// What was written behind a mark, without the numbers that each database hands out itself: the
/// history first.
fn written(
    client: &mut Client,
    [history, change]: [i64; 2],
) -> Result<Vec<(String, Rows)>, Failure> {
    let runs = format!("{STATES}_history WHERE history_id > {history}");
    let mut questions = vec![
        ("the history".to_owned(), runs.clone()),
        (
            "the log of changes".to_owned(),
            format!("{STATES}_change WHERE change_id > {change}"),
        ),
        (
            STATES.to_owned(),
            format!(
                "{STATES} WHERE (script_id, state_key) IN (SELECT script_id, state_key FROM {runs})"
            ),
        ),
    ];
    for table in ["device_health_script_run_summary", "remediation_day"] {
        questions.push((table.to_owned(), table.to_owned()));
    }
    let mut found = Vec::new();
    for (what, from) in questions {
        let sql = format!(
            "SELECT (to_jsonb(t) - '{{history_id,last_history_id,recorded_at,change_id,transaction_id}}'::TEXT[])::TEXT \
             FROM (SELECT * FROM {from}) AS t ORDER BY 1"
        );
        let rows = client.query(sql.as_str(), &[])?;
        let rows = rows.iter().map(|row| row.try_get(0));
        found.push((what, rows.collect::<Result<Rows, _>>()?));
    }
    Ok(found)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_of_other_databases() {
        for (address, expected) in [
            ("postgres://u@h:1/a", "postgres://u@h:1/new"),
            ("postgres://u:p@h", "postgres://u:p@h/new"),
            (
                "postgresql://h/a?sslmode=disable",
                "postgresql://h/new?sslmode=disable",
            ),
        ] {
            assert_eq!(with_database(address, "new"), expected);
        }
    }
}
