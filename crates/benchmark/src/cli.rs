//! The command line.

use std::path::PathBuf;
use std::time::Duration;

use clap::{Args, Parser, Subcommand};

/// Measure the product against the floor: bare axum and bare SQLite, in one run, in turn
#[derive(Debug, Parser)]
#[command(name = "benchmark", args_conflicts_with_subcommands = true)]
pub(crate) struct Arguments {
    #[command(subcommand)]
    pub(crate) command: Option<Command>,
    #[command(flatten)]
    pub(crate) run: RunArguments,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Serve the floors of a database: what the benchmark starts of itself
    #[command(hide = true)]
    Floor(FloorArguments),
}

#[derive(Debug, Args)]
pub(crate) struct FloorArguments {
    /// A database that the product made: its file, or its address
    #[arg(long)]
    pub(crate) database: String,
    /// How many states it holds
    #[arg(long)]
    pub(crate) states: u64,
}

#[derive(Clone, Debug, Args)]
pub(crate) struct RunArguments {
    /// A look instead of a measurement: 100,000 states, 3 rounds of 1 second
    #[arg(long)]
    quick: bool,
    /// The whole matrix: 100 thousand, 1 million and 10 million states, each with 1, 64 and 1,000
    /// connections, 3 rounds of 2 seconds. Takes hours; the JSON file is written after each cell
    #[arg(long, conflicts_with_all = ["quick", "states", "connections"], requires = "json")]
    pub(crate) full: bool,
    /// How many run states are loaded [default: 1000000]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u64).range(1_000..=100_000_000))]
    states: Option<u64>,
    /// How many keep-alive connections ask at once
    #[arg(long, value_name = "N", default_value_t = 64, value_parser = clap::value_parser!(u16).range(1..=10_000))]
    pub(crate) connections: u16,
    /// How long each measurement of a round lasts, in seconds [default: 3]
    #[arg(long, value_name = "S", value_parser = seconds)]
    seconds: Option<Duration>,
    /// How many times product and floors take turns [default: 5]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u16).range(1..=1_000))]
    rounds: Option<u16>,
    /// Measure only operations whose name contains this; repeatable
    #[arg(long = "only", value_name = "TEXT")]
    pub(crate) only: Vec<String>,
    /// Also write the figures as JSON
    #[arg(long, value_name = "FILE")]
    pub(crate) json: Option<PathBuf>,
    /// Also print how the ratios changed against the JSON file of an earlier run
    #[arg(long, value_name = "FILE")]
    pub(crate) baseline: Option<PathBuf>,
    /// Where the databases lie while the run lasts [default: the system's temporary directory]
    #[arg(long, value_name = "DIRECTORY")]
    pub(crate) directory: Option<PathBuf>,
    /// Measure on PostgreSQL: the address of a database whose role may make databases. Two are made
    /// beside it, and dropped at the end
    #[arg(long, value_name = "URL", value_parser = address)]
    pub(crate) database: Option<String>,
    /// A built `runstate` to measure instead of the one of this workspace
    #[arg(long, value_name = "FILE")]
    pub(crate) runstate: Option<PathBuf>,
}

impl RunArguments {
    /// How many states are loaded.
    pub(crate) fn states(&self) -> u64 {
        self.states
            .unwrap_or(if self.quick { 100_000 } else { 1_000_000 })
    }

    /// The window of one measurement.
    pub(crate) fn window(&self) -> Duration {
        let default = Duration::from_secs(match (self.quick, self.full) {
            (true, _) => 1,
            (_, true) => 2,
            _ => 3,
        });
        self.seconds.unwrap_or(default)
    }

    /// How many times product and floors take turns.
    pub(crate) fn rounds(&self) -> u16 {
        self.rounds
            .unwrap_or(if self.quick || self.full { 3 } else { 5 })
    }

    /// In how many rounds everything is exported, which takes long.
    pub(crate) fn exports(&self) -> u16 {
        if self.full { 1 } else { 2 }
    }
}

fn address(text: &str) -> Result<String, String> {
    if crate::floor::is_address(text) {
        Ok(text.to_owned())
    } else {
        Err("write postgres://USER@HOST:PORT/DATABASE".to_owned())
    }
}

fn seconds(text: &str) -> Result<Duration, String> {
    let seconds: f64 = text.parse().map_err(|_| "write a number".to_owned())?;
    if (0.05..=3_600.0).contains(&seconds) {
        Ok(Duration::from_secs_f64(seconds))
    } else {
        Err("between 0.05 and 3600 seconds".to_owned())
    }
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

    use super::*;

    #[test]
    fn the_definition_holds() {
        Arguments::command().debug_assert();
    }

    #[test]
    fn quick_changes_defaults_and_nothing_that_was_said() {
        let parse = |line: &[&str]| Arguments::try_parse_from(line).unwrap().run;
        let plain = parse(&["benchmark"]);
        assert_eq!((plain.states(), plain.rounds()), (1_000_000, 5));
        let quick = parse(&["benchmark", "--quick", "--seconds", "0.5"]);
        assert_eq!((quick.states(), quick.rounds()), (100_000, 3));
        assert_eq!(quick.window(), Duration::from_millis(500));
        for bad in ["0", "-1", "NaN", "inf", "x"] {
            assert!(seconds(bad).is_err(), "{bad}");
        }
    }
}
