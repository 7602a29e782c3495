//! The commands about signed scripts.

use std::path::PathBuf;

use clap::{Args, Subcommand, ValueEnum};

#[derive(Debug, Subcommand)]
pub(crate) enum ScriptCommand {
    /// Make a key that signs scripts, and the public key that devices trust
    Keygen(KeygenArguments),
    /// Print a script with its signature at its end, which is what to upload
    Sign(SignArguments),
    /// Print the trusted comment that minisign must sign with a script (-t)
    Comment(StatementArguments),
}

#[derive(Debug, Args)]
pub(crate) struct KeygenArguments {
    /// Where to write the secret key; it must not be there yet
    #[arg(long, value_name = "FILE")]
    pub(crate) secret_key: PathBuf,
    /// Where to write the public key; it must not be there yet
    #[arg(long, value_name = "FILE")]
    pub(crate) public_key: PathBuf,
}

#[derive(Debug, Args)]
pub(crate) struct SignArguments {
    /// The script
    #[arg(value_name = "FILE")]
    pub(crate) script: PathBuf,
    /// The secret key of `runstate script keygen`
    #[arg(long, value_name = "FILE", required_unless_present = "minisig")]
    pub(crate) key: Option<PathBuf>,
    /// A signature that minisign has made with the comment of `runstate script comment`
    #[arg(long, value_name = "FILE", conflicts_with_all = ["key", "name", "script_type", "role"])]
    pub(crate) minisig: Option<PathBuf>,
    #[command(flatten)]
    pub(crate) statement: Option<StatementArguments>,
}

/// What a script is signed for.
#[derive(Clone, Debug, Args)]
pub(crate) struct StatementArguments {
    /// The script's displayName: it runs under no other
    #[arg(long, value_name = "NAME")]
    pub(crate) name: String,
    /// The script's type
    #[arg(long = "type", value_name = "TYPE", value_parser = TYPES)]
    pub(crate) script_type: String,
    /// Which of its contents this is
    #[arg(long, value_name = "ROLE")]
    pub(crate) role: Role,
    /// Its runAsAccount
    #[arg(long, value_name = "ACCOUNT", default_value = "system")]
    pub(crate) run_as: RunAs,
}

const TYPES: [&str; 5] = [
    "deviceHealthScript",
    "deviceComplianceScript",
    "deviceManagementScript",
    "deviceShellScript",
    "deviceCustomAttributeShellScript",
];

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Role {
    Detection,
    Remediation,
    Script,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum RunAs {
    System,
    User,
}
