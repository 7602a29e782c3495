//! `runstate audit`: the events of what was changed by whom.

use std::path::PathBuf;

use clap::{Args, Subcommand, ValueEnum};
use service::Expected;

use super::{DataArguments, TokenDatabase};

#[derive(Debug, Subcommand)]
pub(crate) enum AuditCommand {
    /// Check that no event was changed, removed, added or moved
    Verify(AuditVerifyArguments),
    /// Write all events to a file or the standard output
    Export(AuditExportArguments),
}

#[derive(Debug, Args)]
#[command(
    after_help = "Prints the end of each chain, SERVER:SEQUENCE:HASH. Keep it where nobody who can \
                  change the database can, and expect it next time: who changes the database as a \
                  whole can chain it anew, but not to that.\n\
                  Exit code 0: all is whole. 1: it is not, or cannot be read."
)]
pub(crate) struct AuditVerifyArguments {
    /// An event that must be there as it was, as an earlier run printed it; repeatable
    #[arg(long = "expect", value_name = "SERVER:SEQUENCE:HASH")]
    pub(crate) expected: Vec<Expected>,
    #[command(flatten)]
    pub(crate) data: DataArguments,
    #[command(flatten)]
    pub(crate) database: TokenDatabase,
}

#[derive(Debug, Args)]
pub(crate) struct AuditExportArguments {
    /// How to write them
    #[arg(long, value_enum, default_value_t = Format::Jsonl)]
    pub(crate) format: Format,
    /// The file, which must not be there [default: the standard output]
    #[arg(long, value_name = "FILE")]
    pub(crate) output: Option<PathBuf>,
    #[command(flatten)]
    pub(crate) data: DataArguments,
    #[command(flatten)]
    pub(crate) database: TokenDatabase,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
pub(crate) enum Format {
    /// A JSON object a line, in the form of which the hash is made
    Jsonl,
    /// For a spreadsheet: a line for each changed property
    Csv,
}
