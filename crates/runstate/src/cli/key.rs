//! Signing keys on the command line.

use std::path::PathBuf;
use std::time::Duration;

use clap::builder::NonEmptyStringValueParser;
use clap::{Args, Subcommand};

use super::{DataArguments, TokenDatabase};
use crate::duration;

#[derive(Debug, Subcommand)]
pub(crate) enum KeyCommand {
    /// Show the keys that tokens are signed with
    List(KeyPlace),
    /// Make the next key: it is published at once, and signs after a time
    Rotate(RotateArguments),
    /// Take a key out of service
    Retire(RetireArguments),
}

/// Which database the keys are in, and what seals them there.
#[derive(Debug, Args)]
pub(crate) struct KeyPlace {
    #[command(flatten)]
    pub(crate) data: DataArguments,
    #[command(flatten)]
    pub(crate) database: TokenDatabase,
    #[command(flatten)]
    pub(crate) seal: SealArguments,
}

#[derive(Debug, Args)]
pub(crate) struct SealArguments {
    /// A file of 32 random bytes in base64 that seal the signing keys in the database; say so to
    /// all servers and commands of a database
    #[arg(
        long = "key-encryption-key",
        value_name = "FILE",
        env = "RUNSTATE_KEY_ENCRYPTION_KEY"
    )]
    pub(crate) file: Option<PathBuf>,
}

#[derive(Debug, Args)]
#[command(
    after_help = "Whoever verifies tokens by themselves must read the published keys again \
                        before the next key signs. Servers need no more than 2 seconds."
)]
pub(crate) struct RotateArguments {
    /// After which time the next key signs
    #[arg(long, value_name = "DURATION", default_value = "1d", value_parser = wait)]
    pub(crate) after: Duration,
    /// Let the next key sign at once
    #[arg(long, conflicts_with = "after")]
    pub(crate) now: bool,
    #[command(flatten)]
    pub(crate) place: KeyPlace,
}

#[derive(Debug, Args)]
pub(crate) struct RetireArguments {
    /// The key's id, as `runstate key list` shows it
    #[arg(value_name = "ID", value_parser = NonEmptyStringValueParser::new(), allow_hyphen_values = true)]
    pub(crate) id: String,
    /// End all tokens that it signed; if it is the one that signs, the next does, or a new one
    #[arg(long)]
    pub(crate) now: bool,
    #[command(flatten)]
    pub(crate) place: KeyPlace,
}

/// How long the next key waits: at most a month.
fn wait(text: &str) -> Result<Duration, String> {
    let wait = duration::parse(text)?;
    match (1..=30 * 86_400).contains(&wait.as_secs()) {
        true => Ok(wait),
        false => Err("from 1s to 30d; --now for none".to_owned()),
    }
}
