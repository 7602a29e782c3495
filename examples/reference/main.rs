//! `cargo run --release --example reference -- --listen 127.0.0.1:9090 [--database FILE|URL]`:
//! serves the shop. It has no authentication: whoever reaches the address may do everything.

use std::io::{self, IsTerminal, Write};
use std::net::SocketAddr;
use std::process::ExitCode;

use clap::Parser;
use reference::{Failure, open, serve};
use tokio::net::TcpListener;
use tracing_subscriber::EnvFilter;

/// Serves a small shop over OData 4.01, to everyone who reaches the address.
#[derive(Debug, Parser)]
struct Arguments {
    /// Where to listen; port 0 takes a free one
    #[arg(long, value_name = "ADDRESS:PORT", default_value = "127.0.0.1:9090")]
    listen: SocketAddr,
    /// An SQLite file, made on first use, or `postgres://…` [default: a file that goes with the
    /// process]
    #[arg(long, value_name = "FILE|URL")]
    database: Option<String>,
}

fn main() -> ExitCode {
    match run(Arguments::parse()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => {
            // If even this cannot be written, the exit code still says it.
            let _ = writeln!(io::stderr(), "reference: {failure}");
            ExitCode::FAILURE
        }
    }
}

fn run(arguments: Arguments) -> Result<(), Failure> {
    tracing_subscriber::fmt()
        .with_env_filter(EnvFilter::try_from_default_env().unwrap_or_else(|_| "warn".into()))
        .with_writer(io::stderr)
        .with_ansi(io::stderr().is_terminal())
        .init();
    tokio::runtime::Runtime::new()?.block_on(async move {
        let shop = open(arguments.database.as_deref()).await?;
        let listener = TcpListener::bind(arguments.listen).await?;
        let address = listener.local_addr()?;
        // Whoever started the service may close the pipe: it serves on.
        let _ = writeln!(
            io::stdout(),
            "The reference service listens on http://{address}/"
        );
        serve(listener, shop, end()).await?;
        Ok(())
    })
}

/// Ready when the process is asked to end.
async fn end() {
    #[cfg(unix)]
    {
        use tokio::signal::unix::{SignalKind, signal};
        if let Ok(mut terminate) = signal(SignalKind::terminate()) {
            tokio::select! {
                _ = terminate.recv() => {}
                _ = tokio::signal::ctrl_c() => {}
            }
            return;
        }
    }
    if tokio::signal::ctrl_c().await.is_err() {
        // Without the signal, the service runs until its process is ended.
        std::future::pending::<()>().await;
    }
}
