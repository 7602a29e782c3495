//! What connections may cost: their number, their time, and the memory of what they send.

use std::time::Duration;

use clap::Args;
use server::Limits;

use crate::duration;

#[derive(Clone, Copy, Debug, Args)]
#[command(next_help_heading = "Limits of connections")]
pub(crate) struct ConnectionArguments {
    /// Connections at once; more are closed as they come
    #[arg(long, value_name = "NUMBER", default_value_t = Limits::default().connections as u64,
        value_parser = clap::value_parser!(u64).range(1..=1_000_000))]
    max_connections: u64,
    /// Connections at once from one IPv4 address or IPv6 network of 64 bits, trusted proxies excepted
    #[arg(long, value_name = "NUMBER", default_value_t = Limits::default().connections_of_one as u64,
        value_parser = clap::value_parser!(u64).range(1..=1_000_000))]
    max_connections_per_address: u64,
    /// Bytes of heads, bodies and answers that are held at once, the first 16 KiB of each not
    /// counted: beyond it, requests are a 503 until there is room
    #[arg(long, value_name = "BYTES", default_value_t = Limits::default().held as u64,
        value_parser = clap::value_parser!(u64).range(1 << 20..=1 << 40))]
    max_bytes_held: u64,
    /// Bytes of the head of a request; more are a 431
    #[arg(long, value_name = "BYTES", default_value_t = Limits::default().head_size as u64,
        value_parser = clap::value_parser!(u64).range(8_192..=1 << 24))]
    max_head: u64,
    /// Time for the head of a request, and so for a connection to be idle
    #[arg(long, value_name = "DURATION", default_value = "60s", value_parser = time)]
    head_timeout: Duration,
    /// Time for a TLS handshake
    #[arg(long, value_name = "DURATION", default_value = "10s", value_parser = time)]
    handshake_timeout: Duration,
    /// Time between two pieces of a body; more is a 408
    #[arg(long, value_name = "DURATION", default_value = "30s", value_parser = time)]
    body_idle_timeout: Duration,
    /// Time for a whole body; more is a 408
    #[arg(long, value_name = "DURATION", default_value = "10m", value_parser = time)]
    body_timeout: Duration,
    /// Bytes of a body within a second, on average behind the first `--body-idle-timeout`; fewer are
    /// a 408
    #[arg(long, value_name = "BYTES", default_value_t = Limits::default().body_rate,
        value_parser = clap::value_parser!(u64).range(1..=1 << 30))]
    min_body_rate: u64,
    /// Time in which a client reads nothing of its answer; then its connection is closed
    #[arg(long, value_name = "DURATION", default_value = "30s", value_parser = time)]
    unread_timeout: Duration,
    /// Time for the service to answer a request; more is a 503
    #[arg(long, value_name = "DURATION", default_value = "5m", value_parser = time)]
    request_timeout: Duration,
    /// Wrong tokens from one address within 20 seconds; more are a 429 that comes late. Right tokens
    /// are served whatever comes beside them
    #[arg(long, value_name = "NUMBER", default_value_t = Limits::default().wrong_tokens,
        value_parser = clap::value_parser!(u32).range(1..))]
    max_wrong_tokens: u32,
}

impl ConnectionArguments {
    /// These limits with those of requests.
    pub(crate) fn with(&self, of_requests: Limits) -> Limits {
        Limits {
            connections: size(self.max_connections),
            connections_of_one: size(self.max_connections_per_address),
            held: size(self.max_bytes_held),
            head_size: size(self.max_head),
            head: self.head_timeout,
            handshake: self.handshake_timeout,
            body_idle: self.body_idle_timeout,
            body_total: self.body_timeout,
            body_rate: self.min_body_rate,
            unread: self.unread_timeout,
            request: self.request_timeout,
            wrong_tokens: self.max_wrong_tokens,
            ..of_requests
        }
    }
}

fn time(text: &str) -> Result<Duration, String> {
    let time = duration::parse(text)?;
    let allowed = Duration::from_millis(100)..=Duration::from_secs(86_400);
    if allowed.contains(&time) {
        Ok(time)
    } else {
        Err("write a time between 100ms and 24h".to_owned())
    }
}

fn size(number: u64) -> usize {
    usize::try_from(number).unwrap_or(usize::MAX)
}

#[cfg(test)]
mod tests {
    use clap::Parser;

    use super::*;

    #[derive(Parser)]
    struct Line {
        #[command(flatten)]
        arguments: ConnectionArguments,
    }

    #[test]
    fn what_is_not_said_is_the_default() {
        let line = Line::try_parse_from(["serve"]).unwrap();
        let limits = line.arguments.with(Limits::default());
        assert_eq!(format!("{limits:?}"), format!("{:?}", Limits::default()));
    }

    #[test]
    fn times_are_bounded() {
        for (text, holds) in [
            ("100ms", true),
            ("24h", true),
            ("0s", false),
            ("25h", false),
        ] {
            let line = ["serve", "--request-timeout", text];
            assert_eq!(Line::try_parse_from(line).is_ok(), holds, "{text}");
        }
    }
}
