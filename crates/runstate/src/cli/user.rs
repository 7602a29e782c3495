//! Users on the command line.

use std::time::Duration;

use clap::{Args, Subcommand};

use super::AppPlace;
use super::app::{lifetime, name};
use crate::duration;

#[derive(Debug, Subcommand)]
pub(crate) enum UserCommand {
    /// Make a user, and print a one-time code with which it sets its password
    Create(UserCreateArguments),
    /// Show the users
    List(AppPlace),
    /// Print a one-time code with which a user sets its password anew, or set it here
    Password(UserPasswordArguments),
    /// Have a user need one-time passwords to sign in, or none
    Totp(UserTotpArguments),
    /// Replace what is granted to a user; what it was issued before ends
    Grant(UserGrantArguments),
    /// Let a user sign in no more, and end what it was issued
    Disable(UserNameArguments),
    /// Let a disabled user sign in again
    Enable(UserNameArguments),
    /// Remove a user; what it was issued ends
    Delete(UserNameArguments),
    /// Print another one-time code for the first administrator
    FirstAdministrator(FirstArguments),
}

#[derive(Debug, Args)]
pub(crate) struct UserNameArguments {
    /// What the user signs in with
    #[arg(value_name = "NAME")]
    pub(crate) name: String,
    #[command(flatten)]
    pub(crate) place: AppPlace,
}

/// What a user may do.
#[derive(Debug, Args)]
pub(crate) struct UserGrants {
    /// A delegated permission; repeatable
    #[arg(
        long = "scope",
        visible_alias = "role",
        value_name = "NAME",
        required = true
    )]
    pub(crate) scopes: Vec<String>,
    /// A role scope tag: the permissions reach only what has it or another one that is given;
    /// repeatable [default: they reach everything]
    #[arg(long = "role-scope-tag", value_name = "ID")]
    pub(crate) role_scope_tags: Vec<String>,
}

/// How the user comes to a password.
#[derive(Debug, Args)]
pub(crate) struct PasswordArguments {
    /// Take the password from standard input, instead of printing a code
    #[arg(long)]
    pub(crate) password_stdin: bool,
    /// How long the code holds, at most 30d
    #[arg(
        long,
        value_name = "DURATION",
        default_value = "1d",
        value_parser = code_lifetime,
        conflicts_with = "password_stdin"
    )]
    pub(crate) expires: Duration,
}

#[derive(Debug, Args)]
#[command(
    after_help = "Example: runstate user create ada --scope DeviceManagementConfiguration.ReadWrite.All"
)]
pub(crate) struct UserCreateArguments {
    /// What people call the user [default: its name]
    #[arg(long, value_name = "TEXT", value_parser = name)]
    pub(crate) display_name: Option<String>,
    #[command(flatten)]
    pub(crate) grants: UserGrants,
    #[command(flatten)]
    pub(crate) password: PasswordArguments,
    #[command(flatten)]
    pub(crate) user: UserNameArguments,
}

#[derive(Debug, Args)]
pub(crate) struct UserPasswordArguments {
    #[command(flatten)]
    pub(crate) password: PasswordArguments,
    #[command(flatten)]
    pub(crate) user: UserNameArguments,
}

#[derive(Debug, Args)]
pub(crate) struct UserTotpArguments {
    /// Make a new secret, and show it this once, as an address and as a QR code
    #[arg(long, required_unless_present = "disable")]
    pub(crate) enable: bool,
    /// Let the user sign in without
    #[arg(long, conflicts_with = "enable")]
    pub(crate) disable: bool,
    #[command(flatten)]
    pub(crate) user: UserNameArguments,
}

#[derive(Debug, Args)]
pub(crate) struct UserGrantArguments {
    #[command(flatten)]
    pub(crate) grants: UserGrants,
    #[command(flatten)]
    pub(crate) user: UserNameArguments,
}

#[derive(Debug, Args)]
pub(crate) struct FirstArguments {
    /// How long the code holds, at most 30d
    #[arg(long, value_name = "DURATION", default_value = "1h", value_parser = code_lifetime)]
    pub(crate) expires: Duration,
    #[command(flatten)]
    pub(crate) place: AppPlace,
}

/// How long a one-time code holds.
fn code_lifetime(text: &str) -> Result<Duration, String> {
    let given = lifetime(text)?;
    match given > Duration::from_secs(30 * 86_400) {
        true => Err("from 1s to 30d".to_owned()),
        false => duration::parse(text),
    }
}
