//! `runstate`: the server, its tokens, the device agent and the demonstration, in one binary.

mod agent;
mod app;
mod audit;
mod cli;
mod contents;
mod demo;
mod devices;
mod duration;
mod key;
mod logging;
mod revoke;
mod script;
mod serve;
mod token;
mod traces;
mod user;
mod wire;

use std::io::Write;
use std::process::ExitCode;
use std::time::Duration;

use clap::Parser;

use crate::cli::{AgentCommand, Cli, Command};

/// Why a command fails: a message for the person who typed it.
pub(crate) type Failure = Box<dyn std::error::Error + Send + Sync>;

/// How long the database may take to close when all else has ended.
const CLOSING: Duration = Duration::from_secs(30);

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    let cli = Cli::parse();
    let code = run(cli.command).unwrap_or_else(|failure| {
        // If even this cannot be written, the exit code still says it.
        let _ = writeln!(anstream::stderr(), "runstate: {failure}");
        ExitCode::FAILURE
    });
    if !store_sqlite::wait_until_closed(CLOSING) {
        tracing::warn!("a database is not closed: its log is read when it is opened again");
    }
    code
}

fn run(command: Command) -> Result<ExitCode, Failure> {
    let quiet = if matches!(command, Command::Serve(_)) {
        "info"
    } else {
        "off"
    };
    let format = match &command {
        Command::Serve(arguments) => arguments.telemetry.log_format,
        _ => logging::LogFormat::default(),
    };
    logging::start(quiet, format)?;
    match command {
        Command::Serve(arguments) => serve::run(&arguments),
        Command::Token(arguments) => token::run(&arguments),
        Command::App(command) => app::run(&command),
        Command::Key(command) => key::run(&command),
        Command::User(command) => user::run(&command),
        Command::Revoke(arguments) => revoke::run(&arguments),
        Command::EnrollmentToken(command) => devices::enrollment_token(&command),
        Command::Device(command) => devices::device(&command),
        Command::Audit(command) => audit::run(&command),
        Command::Database(command) => contents::run(&command),
        Command::Agent(AgentCommand::Run(arguments)) => agent::run(&arguments),
        Command::Agent(AgentCommand::RotateKey(arguments)) => agent::rotate_key(&arguments),
        Command::Script(command) => script::run(&command),
        Command::Demo => demo::run(),
    }
}
