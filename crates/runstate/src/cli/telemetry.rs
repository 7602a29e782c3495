//! What a server tells of itself.

use std::net::SocketAddr;

use clap::Args;

use super::address;
use crate::logging::LogFormat;

#[derive(Clone, Copy, Debug, Args)]
#[command(next_help_heading = "Metrics and logs")]
pub(crate) struct TelemetryArguments {
    /// Where to serve /metrics for Prometheus, without a token: whoever reaches this address may
    /// read them, so let it be one of this machine or of a network of your own; a port alone is one
    /// of this machine [default: nowhere]
    #[arg(long, value_name = "HOST:PORT", value_parser = near)]
    pub(crate) metrics_listen: Option<SocketAddr>,
    /// How lines of the log are written. RUST_LOG says which are:
    /// RUST_LOG=info,runstate::requests=debug adds one for each request
    #[arg(long, value_name = "FORMAT", value_enum, default_value_t)]
    pub(crate) log_format: LogFormat,
}

/// An address, or a port of this machine.
fn near(text: &str) -> Result<SocketAddr, String> {
    match text.parse::<u16>() {
        Ok(port) => Ok(([127, 0, 0, 1], port).into()),
        Err(_) => address(text),
    }
}
