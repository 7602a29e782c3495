//! `runstate database`: backups, restoring them, and copies between databases.

use std::io::Write as _;
use std::process::ExitCode;
use std::time::Duration;

use indicatif::{ProgressBar, ProgressStyle};
use store::contents::{Copied, Phase, Progress};

use crate::Failure;
use crate::cli::{BackupArguments, CopyArguments, DatabaseCommand, Place, RestoreArguments};
use crate::wire;

pub(crate) fn run(command: &DatabaseCommand) -> Result<ExitCode, Failure> {
    match command {
        DatabaseCommand::Backup(arguments) => backup(arguments),
        DatabaseCommand::Restore(arguments) => restore(arguments),
        DatabaseCommand::Copy(CopyArguments { from, to, replace }) => copy(from, to, *replace),
    }
}

fn backup(arguments: &BackupArguments) -> Result<ExitCode, Failure> {
    let BackupArguments {
        file,
        data,
        database,
    } = arguments;
    if file.exists() {
        return Err(format!("{} is there already", file.display()).into());
    }
    copy(
        &Place::of(data, database),
        &Place::File(file.clone()),
        false,
    )
}

fn restore(arguments: &RestoreArguments) -> Result<ExitCode, Failure> {
    let RestoreArguments {
        file,
        replace,
        data,
        database,
    } = arguments;
    copy(
        &Place::File(file.clone()),
        &Place::of(data, database),
        *replace,
    )
}

fn copy(from: &Place, to: &Place, replace: bool) -> Result<ExitCode, Failure> {
    let tables = wire::tables()?;
    let mut source = wire::source(from)?;
    let destination = wire::destination(to)?;
    let mut bar = Bar::new();
    let copied = store::contents::copy(&tables, source.as_mut(), destination, replace, &mut bar);
    bar.0.finish_and_clear();
    let Copied {
        rows,
        inserted,
        removed,
    } = copied.map_err(|error| match error {
        store::contents::CopyError::NotEmpty { .. } => {
            format!("{error}. Say --replace to remove what the source does not have")
        }
        error => error.to_string(),
    })?;
    writeln!(
        anstream::stdout(),
        "{rows} rows: {inserted} written, {removed} removed; each was compared."
    )?;
    Ok(ExitCode::SUCCESS)
}

/// How far a copy is, on a terminal.
struct Bar(ProgressBar);

impl Bar {
    fn new() -> Self {
        let bar = ProgressBar::new(0);
        let style = "{bar:40} {percent:>3} %  {elapsed_precise}, {eta} left  {msg}";
        if let Ok(style) = ProgressStyle::with_template(style) {
            bar.set_style(style);
        }
        bar.enable_steady_tick(Duration::from_millis(200));
        Self(bar)
    }
}

impl Progress for Bar {
    fn total(&mut self, rows: u64) {
        self.0.set_length(rows);
    }

    fn table(&mut self, name: &str, phase: Phase) {
        let doing = match phase {
            Phase::Remove => "removing",
            Phase::Insert => "writing",
            Phase::Check => "comparing",
        };
        self.0.set_message(format!("{doing} {name}"));
    }

    fn rows(&mut self, rows: u64) {
        self.0.inc(rows);
    }
}
