//! `runstate database`: what a database holds, kept elsewhere.

use std::path::PathBuf;

use clap::{Args, Subcommand};

use super::{DataArguments, DatabaseUrl, TokenDatabase};

#[derive(Debug, Subcommand)]
pub(crate) enum DatabaseCommand {
    /// Write all that a database holds to a file, beside running servers
    Backup(BackupArguments),
    /// Make a database what a backup holds
    Restore(RestoreArguments),
    /// Make a database what another one is: from SQLite to PostgreSQL, or back
    Copy(CopyArguments),
}

#[derive(Debug, Args)]
#[command(
    after_help = "The file holds one instant of the database, keys and hashes of secrets included: \
                  only its owner can read it."
)]
pub(crate) struct BackupArguments {
    /// The file, which must not be there; it has its name only when it is whole
    #[arg(value_name = "FILE")]
    pub(crate) file: PathBuf,
    #[command(flatten)]
    pub(crate) data: DataArguments,
    #[command(flatten)]
    pub(crate) database: TokenDatabase,
}

#[derive(Debug, Args)]
#[command(
    after_help = "Stop the servers of the database first. Clients that follow changes read their \
                  collections anew."
)]
pub(crate) struct RestoreArguments {
    /// What `runstate database backup` wrote
    #[arg(value_name = "FILE")]
    pub(crate) file: PathBuf,
    /// Remove what the database holds and the backup does not
    #[arg(long)]
    pub(crate) replace: bool,
    #[command(flatten)]
    pub(crate) data: DataArguments,
    #[command(flatten)]
    pub(crate) database: TokenDatabase,
}

#[derive(Debug, Args)]
#[command(
    after_help = "To move with little time without service: copy while the servers go on, stop \
                  them, and copy again with --replace, which writes only what differs. Nothing may \
                  serve the destination meanwhile.\n\
                  Example: runstate database copy --from ./runstate-data --to postgres://HOST/runstate"
)]
pub(crate) struct CopyArguments {
    /// A data directory, or postgres://USER@HOST/DATABASE. Other users of this machine can see a
    /// password here, so prefer the variable
    #[arg(
        long,
        value_name = "PLACE",
        env = "RUNSTATE_DATABASE_FROM",
        hide_env_values = true,
        value_parser = place
    )]
    pub(crate) from: Place,
    /// The same, for what becomes the copy; it is made if it is not there
    #[arg(
        long,
        value_name = "PLACE",
        env = "RUNSTATE_DATABASE_TO",
        hide_env_values = true,
        value_parser = place
    )]
    pub(crate) to: Place,
    /// Remove what the destination holds and the source does not
    #[arg(long)]
    pub(crate) replace: bool,
}

/// Where a database is.
#[derive(Clone, Debug)]
pub(crate) enum Place {
    /// A data directory.
    Directory(PathBuf),
    /// The file of a backup.
    File(PathBuf),
    /// A PostgreSQL database.
    Postgres(DatabaseUrl),
}

impl Place {
    /// The database that servers use.
    pub(crate) fn of(data: &DataArguments, database: &TokenDatabase) -> Self {
        match &database.url {
            Some(url) => Self::Postgres(url.clone()),
            None => Self::Directory(data.data_dir.clone()),
        }
    }
}

/// A text that begins with a scheme is a URL: one of another kind is no directory either.
fn place(text: &str) -> Result<Place, String> {
    match text.split_once("://") {
        Some(("postgres" | "postgresql", _)) => {
            Ok(Place::Postgres(DatabaseUrl::from(text.to_owned())))
        }
        Some(_) => Err("name a data directory or postgres://USER@HOST/DATABASE".to_owned()),
        None if text.is_empty() => Err("name a data directory".to_owned()),
        None => Ok(Place::Directory(text.into())),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places() {
        let is = |text: &str| match place(text) {
            Ok(Place::Directory(path)) => path.display().to_string(),
            Ok(Place::Postgres(_)) => "postgres".to_owned(),
            Ok(Place::File(_)) => "file".to_owned(),
            Err(_) => "refused".to_owned(),
        };
        for (text, expected) in [
            ("./runstate-data", "./runstate-data"),
            ("postgres://h/d", "postgres"),
            ("postgresql://h/d", "postgres"),
            ("mysql://h/d", "refused"),
            ("", "refused"),
        ] {
            assert_eq!(is(text), expected, "{text}");
        }
    }
}
