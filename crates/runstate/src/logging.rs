//! The log: lines on standard error.
//!
//! What our own crates say is written to hold no secret. Libraries are heard from `info` upwards
//! alone, whatever is asked for: in their finer words stand parameters of statements and headers.

use std::io::{self, IsTerminal};

use clap::ValueEnum;
use tracing::{Level, Metadata};
use tracing_subscriber::filter::{FilterExt, filter_fn};
use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::util::SubscriberInitExt;
use tracing_subscriber::{EnvFilter, Layer, fmt};

use crate::Failure;

const VARIABLE: &str = "RUST_LOG";

/// What our own lines are of.
const OURS: [&str; 9] = [
    "runstate",
    "server",
    "service",
    "engine",
    "store",
    "store_sqlite",
    "store_postgres",
    "odata",
    "agent",
];

/// How lines are written.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub(crate) enum LogFormat {
    /// For people
    #[default]
    Text,
    /// One JSON object a line
    Json,
}

/// Starts the log with what `RUST_LOG` asks for, or else with these directives.
///
/// # Errors
/// `RUST_LOG` holds no directives.
pub(crate) fn start(otherwise: &str, format: LogFormat) -> Result<(), Failure> {
    let directives = match std::env::var(VARIABLE) {
        Ok(directives) => directives,
        Err(std::env::VarError::NotPresent) => otherwise.to_owned(),
        Err(error) => return Err(format!("{VARIABLE}: {error}").into()),
    };
    let filter = EnvFilter::try_new(&directives)
        .map_err(|error| format!("{VARIABLE}={directives}: {error}"))?;
    let filter = filter.and(filter_fn(may_be_heard));
    let lines = fmt::layer().with_writer(io::stderr);
    let lines = match format {
        LogFormat::Text => lines.with_ansi(io::stderr().is_terminal()).boxed(),
        LogFormat::Json => lines.json().flatten_event(true).boxed(),
    };
    tracing_subscriber::registry()
        .with(lines.with_filter(filter))
        .try_init()?;
    Ok(())
}

fn may_be_heard(metadata: &Metadata<'_>) -> bool {
    *metadata.level() <= Level::INFO || is_ours(metadata.target())
}

fn is_ours(target: &str) -> bool {
    let name = target.split("::").next().unwrap_or(target);
    OURS.contains(&name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn libraries_are_not_ours() {
        for (target, ours) in [
            ("runstate::requests", true),
            ("server", true),
            ("store_postgres::group", true),
            ("tokio_postgres::query", false),
            ("storefront", false),
            ("ureq::run", false),
            ("hyper", false),
            ("", false),
        ] {
            assert_eq!(is_ours(target), ours, "{target}");
        }
    }
}
