//! The commands of the agent.

use std::path::PathBuf;
use std::time::Duration;

use clap::{Args, Subcommand, ValueEnum};

use crate::duration;

#[derive(Debug, Subcommand)]
pub(crate) enum AgentCommand {
    /// Make one pass, or one after the other: enrol, ask what is due, run it, report it
    Run(Box<AgentRunArguments>),
    /// Give this device another key, signed by the one that it has
    RotateKey(Box<AgentRunArguments>),
}

#[derive(Clone, Debug, Args)]
pub(crate) struct AgentRunArguments {
    /// The server's URL, such as http://127.0.0.1:8080
    #[arg(long, value_name = "URL")]
    pub(crate) server: String,
    /// The bearer token; other users of this machine can see it here, so prefer --token-file or the
    /// variable RUNSTATE_TOKEN
    #[arg(long, value_name = "TOKEN")]
    pub(crate) token: Option<String>,
    /// A file that holds the bearer token
    #[arg(long, value_name = "FILE", conflicts_with = "token")]
    pub(crate) token_file: Option<PathBuf>,
    /// The token to enrol with, needed once: from then on the device has a key of its own. Other users
    /// of this machine can see it here, so prefer --enrollment-token-file or the variable
    #[arg(
        long,
        value_name = "TOKEN",
        env = "RUNSTATE_ENROLLMENT_TOKEN",
        hide_env_values = true,
        conflicts_with_all = ["token", "token_file"]
    )]
    pub(crate) enrollment_token: Option<String>,
    /// A file that holds the token to enrol with
    #[arg(
        long,
        value_name = "FILE",
        conflicts_with_all = ["enrollment_token", "token", "token_file"]
    )]
    pub(crate) enrollment_token_file: Option<PathBuf>,
    /// The kind of key that the device makes when it enrols
    #[arg(long, value_name = "KIND", default_value = "ed25519")]
    pub(crate) key_type: KeyType,
    /// The age at which the device gives itself another key
    #[arg(long, value_name = "DURATION", default_value = "90d", value_parser = duration::parse)]
    pub(crate) rotate_key_every: Duration,
    /// Make a pass every so often, a tenth sooner or later, instead of one: 5m, 1h
    #[arg(long, value_name = "DURATION", value_parser = interval)]
    pub(crate) every: Option<Duration>,
    /// Run only scripts that a trusted key has signed for what they are run as, whatever the server
    /// says
    #[arg(long, requires = "trusted_keys")]
    pub(crate) require_signature: bool,
    /// A minisign public key whose signatures are taken; repeatable
    #[arg(
        long = "trusted-key",
        value_name = "FILE",
        requires = "require_signature"
    )]
    pub(crate) trusted_keys: Vec<PathBuf>,
    /// The device's name [default: the host's]
    #[arg(long, value_name = "NAME")]
    pub(crate) device_name: Option<String>,
    /// What tells this device from all others [default: the machine's id]
    #[arg(long, value_name = "KEY")]
    pub(crate) device_key: Option<String>,
    /// The device's serial number [default: the device key]
    #[arg(long, value_name = "NUMBER")]
    pub(crate) serial_number: Option<String>,
    /// The id of a group that the device is a member of; repeatable
    #[arg(long = "group", value_name = "ID")]
    pub(crate) groups: Vec<String>,
    /// The id of the device's primary user
    #[arg(long, value_name = "ID")]
    pub(crate) user_id: Option<String>,
    /// The principal name of the device's primary user
    #[arg(long, value_name = "NAME")]
    pub(crate) user_principal_name: Option<String>,
    /// Where the agent keeps what it must remember [default: the user's state directory]
    #[arg(long, value_name = "DIRECTORY")]
    pub(crate) state_dir: Option<PathBuf>,
    /// Where scripts get their private directories [default: the temporary directory]
    #[arg(long, value_name = "DIRECTORY")]
    pub(crate) work_dir: Option<PathBuf>,
    /// The longest that a script may run [default: 1h]
    #[arg(long, value_name = "DURATION", value_parser = duration::parse)]
    pub(crate) timeout: Option<Duration>,
    /// How many characters of a script's output are reported [default: 2048]
    #[arg(long, value_name = "CHARACTERS")]
    pub(crate) output_limit: Option<usize>,
    /// A PEM file of the certificate authorities to trust instead of the well-known ones
    #[arg(long, value_name = "FILE")]
    pub(crate) ca_file: Option<PathBuf>,
    /// Send the token over plain http to another host, where others can read it
    #[arg(long)]
    pub(crate) insecure_http: bool,
}

/// The kinds of keys that a device makes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum KeyType {
    Ed25519,
    P256,
}

impl From<KeyType> for agent::KeyKind {
    fn from(key_type: KeyType) -> Self {
        match key_type {
            KeyType::Ed25519 => Self::Ed25519,
            KeyType::P256 => Self::P256,
        }
    }
}

/// How often passes are made: between a second and a week.
fn interval(text: &str) -> Result<Duration, String> {
    let interval = duration::parse(text)?;
    match interval.as_secs() {
        1..=604_800 => Ok(interval),
        _ => Err("passes are made every 1s to 7d".to_owned()),
    }
}
