//! What a server tells of itself.

use std::net::SocketAddr;
use std::sync::Arc;

use clap::Args;

use super::address;
use crate::Failure;
use crate::logging::LogFormat;
use crate::traces::Otlp;

#[derive(Clone, Debug, Args)]
#[command(next_help_heading = "Metrics and logs")]
pub(crate) struct TelemetryArguments {
    /// Where to serve /metrics for Prometheus, without a token: whoever reaches this address may
    /// read them, so let it be one of this machine or of a network of your own; a port alone is one
    /// of this machine [default: nowhere]
    #[arg(long, value_name = "HOST:PORT", value_parser = near)]
    pub(crate) metrics_listen: Option<SocketAddr>,
    /// The collector that traces of requests are sent to by OTLP over HTTP, such as
    /// http://127.0.0.1:4318 [default: none]
    #[arg(long, value_name = "URL")]
    otlp: Option<String>,
    /// Which share of the traces that begin here is sent: 0 to 1; those that began elsewhere are as
    /// their `traceparent` says
    #[arg(long, value_name = "SHARE", default_value_t = 1.0, value_parser = share)]
    otlp_share: f64,
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

impl TelemetryArguments {
    /// What sends traces, if they are to be sent.
    ///
    /// # Errors
    /// The URL is none.
    pub(crate) fn otlp(&self) -> Result<Option<Arc<Otlp>>, Failure> {
        let Some(url) = &self.otlp else {
            return Ok(None);
        };
        if !url.starts_with("http://") && !url.starts_with("https://") {
            return Err(format!("--otlp {url}: write http:// or https:// with a host").into());
        }
        Ok(Some(Arc::new(Otlp::to(url, self.otlp_share)?)))
    }
}

fn share(text: &str) -> Result<f64, String> {
    let share: Option<f64> = text.parse().ok();
    share
        .filter(|share| (0.0..=1.0).contains(share))
        .ok_or_else(|| "write a number from 0 to 1".to_owned())
}
