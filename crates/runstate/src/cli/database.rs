//! Which PostgreSQL database the server uses, and how.

use std::fmt;
use std::time::Duration;

use clap::Args;

use crate::duration;

#[derive(Debug, Args)]
pub(crate) struct DatabaseArguments {
    /// A PostgreSQL database instead of the one in the data directory. Several hosts may stand there
    /// with commas between them: the one that can be written to is used. `?sslmode=` is disable,
    /// prefer, require, verify-ca or verify-full (the default for another machine), `&sslrootcert=`
    /// a file of authorities instead of the well-known ones. Other users of this machine can see a
    /// password here, so prefer the variable
    #[arg(
        long = "database",
        value_name = "URL",
        env = "RUNSTATE_DATABASE",
        hide_env_values = true
    )]
    pub(crate) url: Option<DatabaseUrl>,
    /// How many connections write to the PostgreSQL database
    #[arg(
        long = "database-writers",
        value_name = "NUMBER",
        default_value_t = 4,
        value_parser = clap::value_parser!(u16).range(1..=64)
    )]
    pub(crate) writers: u16,
    /// How many connections read from it [default: one for each processor, 4 to 16]
    #[arg(
        long = "database-readers",
        value_name = "NUMBER",
        value_parser = clap::value_parser!(u16).range(1..=1000)
    )]
    pub(crate) readers: Option<u16>,
    /// How long requests wait for a database that is out of reach, such as one that a standby is
    /// taking over, before they get a 503
    #[arg(
        long = "database-wait",
        value_name = "DURATION",
        default_value = "20s",
        value_parser = duration::parse
    )]
    pub(crate) wait: Duration,
    /// How long one statement may take
    #[arg(
        long = "database-statement-timeout",
        value_name = "DURATION",
        default_value = "60s",
        value_parser = at_least_a_millisecond
    )]
    pub(crate) statement_timeout: Duration,
    /// How long a group of writes waits for a row that another one changes, before it is repeated
    /// while no other runs
    #[arg(
        long = "database-lock-timeout",
        value_name = "DURATION",
        default_value = "500ms",
        value_parser = at_least_a_millisecond
    )]
    pub(crate) lock_timeout: Duration,
}

/// Where the key is that signs a token.
#[derive(Debug, Args)]
pub(crate) struct TokenDatabase {
    /// The PostgreSQL database of the servers, whose key signs the token instead of that of a data
    /// directory. Other users of this machine can see a password here, so prefer the variable
    #[arg(
        long = "database",
        value_name = "URL",
        env = "RUNSTATE_DATABASE",
        hide_env_values = true
    )]
    pub(crate) url: Option<DatabaseUrl>,
}

/// A timeout: PostgreSQL counts milliseconds, at most as many as 32 bits hold, and takes none for
/// "never".
fn at_least_a_millisecond(text: &str) -> Result<Duration, String> {
    let duration = duration::parse(text)?;
    match duration.as_millis() {
        0 => Err("a timeout has at least a millisecond".to_owned()),
        1..=2_000_000_000 => Ok(duration),
        _ => Err("a timeout has at most 23 days".to_owned()),
    }
}

/// `postgres://USER:PASSWORD@HOST/DATABASE`. Its debug form has no password.
#[derive(Clone)]
pub(crate) struct DatabaseUrl(String);

impl DatabaseUrl {
    pub(crate) fn as_str(&self) -> &str {
        &self.0
    }
}

impl From<String> for DatabaseUrl {
    fn from(text: String) -> Self {
        Self(text)
    }
}

impl fmt::Debug for DatabaseUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("DatabaseUrl(..)")
    }
}
