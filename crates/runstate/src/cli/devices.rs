//! The commands about enrolment tokens and the devices that enrolled by them.

use std::time::Duration;

use clap::{Args, Subcommand};

use super::{DataArguments, TokenDatabase};
use crate::duration;

#[derive(Debug, Subcommand)]
pub(crate) enum EnrollmentTokenCommand {
    /// Make an enrolment token and print it: it is shown this once
    Create(CreateTokenArguments),
    /// List the enrolment tokens that there are
    List(PlaceArguments),
    /// Delete an enrolment token: no device enrols by it any more
    Delete(OneArguments),
}

#[derive(Debug, Args)]
pub(crate) struct CreateTokenArguments {
    /// How many devices may enrol by it, 1 to 1,000,000
    #[arg(long, value_name = "NUMBER", default_value_t = 1)]
    pub(crate) uses: u32,
    /// How long it holds: 15m, 24h, 30d, at most 90d
    #[arg(long, value_name = "DURATION", default_value = "24h", value_parser = duration::parse)]
    pub(crate) expires: Duration,
    /// The id of a group that the devices come into; repeatable
    #[arg(long = "group", value_name = "ID")]
    pub(crate) groups: Vec<String>,
    /// Have each device wait until an administrator approves it
    #[arg(long)]
    pub(crate) approval: bool,
    /// Let devices that are known enrol with another key: whoever has this token can take the place
    /// of any device whose udid they know, but for revoked ones
    #[arg(long)]
    pub(crate) allow_replace: bool,
    #[command(flatten)]
    pub(crate) place: PlaceArguments,
}

#[derive(Debug, Subcommand)]
pub(crate) enum DeviceCommand {
    /// List the devices that enrolled, and the states of their keys
    List(PlaceArguments),
    /// Let a device have tokens that waits for approval
    Approve(OneArguments),
    /// Take a device's key from it: its tokens are refused within 2 seconds, and it gets no other
    Revoke(OneArguments),
    /// Take a device back whose key was used in two places
    Release(ReleaseArguments),
}

#[derive(Debug, Args)]
pub(crate) struct ReleaseArguments {
    /// The device's id
    #[arg(value_name = "ID", required_unless_present = "all")]
    pub(crate) id: Option<String>,
    /// All devices whose keys were used in two places, as it seems when the database was restored
    /// from a backup
    #[arg(long, conflicts_with_all = ["id", "new_key"])]
    pub(crate) all: bool,
    /// Let the next enrolment with its udid give the device another key instead, once
    #[arg(long)]
    pub(crate) new_key: bool,
    #[command(flatten)]
    pub(crate) place: PlaceArguments,
}

#[derive(Debug, Args)]
pub(crate) struct OneArguments {
    /// The id
    #[arg(value_name = "ID")]
    pub(crate) id: String,
    #[command(flatten)]
    pub(crate) place: PlaceArguments,
}

/// Where the servers keep what they know.
#[derive(Debug, Args)]
pub(crate) struct PlaceArguments {
    #[command(flatten)]
    pub(crate) data: DataArguments,
    #[command(flatten)]
    pub(crate) database: TokenDatabase,
}
