//! Registered applications on the command line.

use std::path::PathBuf;
use std::time::Duration;

use clap::builder::NonEmptyStringValueParser;
use clap::{Args, Subcommand};
use server::authority::check_redirect_uri;

use super::{DataArguments, TokenDatabase};
use crate::duration;

#[derive(Debug, Subcommand)]
pub(crate) enum AppCommand {
    /// Register an application that gets tokens by itself
    Create(AppCreateArguments),
    /// Show the registered applications
    List(AppPlace),
    /// Give an application a new secret or key; the earlier ones end after a time
    Rotate(AppRotateArguments),
    /// Replace what is granted to an application; its earlier tokens end
    Grant(AppGrantArguments),
    /// Give an application no more tokens, and end those that it has
    Disable(AppIdArguments),
    /// Give a disabled application tokens again
    Enable(AppIdArguments),
    /// Remove an application; its tokens end
    Delete(AppIdArguments),
}

/// Which database the applications are registered in.
#[derive(Debug, Args)]
pub(crate) struct AppPlace {
    #[command(flatten)]
    pub(crate) data: DataArguments,
    #[command(flatten)]
    pub(crate) database: TokenDatabase,
}

#[derive(Debug, Args)]
pub(crate) struct Grants {
    /// An application permission; repeatable
    #[arg(long = "role", value_name = "NAME", required_unless_present = "scopes")]
    pub(crate) roles: Vec<String>,
    /// A delegated permission that users may let it have, as far as they have it; repeatable
    #[arg(long = "scope", value_name = "NAME")]
    pub(crate) scopes: Vec<String>,
    /// A role scope tag: the permissions reach only what has it or another one that is given;
    /// repeatable [default: they reach everything]
    #[arg(long = "role-scope-tag", value_name = "ID")]
    pub(crate) role_scope_tags: Vec<String>,
}

/// What an application proves itself with.
#[derive(Debug, Args)]
pub(crate) struct CredentialArguments {
    /// A PEM file of a public key or a certificate, with whose private key the application signs
    /// assertions, instead of a secret
    #[arg(long, value_name = "FILE")]
    pub(crate) public_key: Option<PathBuf>,
    /// How long the secret or the key holds; at the longest until a certificate ends
    #[arg(long, value_name = "DURATION", default_value = "365d", value_parser = lifetime)]
    pub(crate) expires: Duration,
}

#[derive(Debug, Args)]
#[command(
    after_help = "Example: runstate app create backup --role DeviceManagementConfiguration.Read.All"
)]
pub(crate) struct AppCreateArguments {
    /// What people call it
    #[arg(value_name = "NAME", value_parser = name)]
    pub(crate) name: String,
    #[command(flatten)]
    pub(crate) grants: Grants,
    /// Where browsers may be sent with what the application is to get: https, http on localhost
    /// (whatever port it has then), or a scheme of its own; repeatable
    #[arg(long = "redirect-uri", value_name = "URI", value_parser = redirect_uri, requires = "scopes")]
    pub(crate) redirect_uris: Vec<String>,
    /// It runs where it can keep no secret, on a desktop, a telephone or in a terminal, and proves
    /// nothing: only users sign in with it
    #[arg(long, conflicts_with_all = ["roles", "public_key"], requires = "scopes")]
    pub(crate) public_client: bool,
    #[command(flatten)]
    pub(crate) credential: CredentialArguments,
    #[command(flatten)]
    pub(crate) place: AppPlace,
}

#[derive(Debug, Args)]
pub(crate) struct AppIdArguments {
    /// The application's id
    #[arg(value_name = "ID", value_parser = NonEmptyStringValueParser::new())]
    pub(crate) id: String,
    #[command(flatten)]
    pub(crate) place: AppPlace,
}

#[derive(Debug, Args)]
pub(crate) struct AppGrantArguments {
    #[command(flatten)]
    pub(crate) grants: Grants,
    #[command(flatten)]
    pub(crate) application: AppIdArguments,
}

#[derive(Debug, Args)]
pub(crate) struct AppRotateArguments {
    #[command(flatten)]
    pub(crate) credential: CredentialArguments,
    /// How long the earlier secrets and keys still hold
    #[arg(long, value_name = "DURATION", default_value = "1d", value_parser = lifetime)]
    pub(crate) overlap: Duration,
    /// End the earlier secrets, keys and tokens at once
    #[arg(long, conflicts_with = "overlap")]
    pub(crate) now: bool,
    #[command(flatten)]
    pub(crate) application: AppIdArguments,
}

/// An address that browsers may be sent to.
fn redirect_uri(text: &str) -> Result<String, String> {
    match check_redirect_uri(text) {
        Ok(()) => Ok(text.to_owned()),
        Err(refused) => Err(refused.to_string()),
    }
}

/// How long something of an application holds: at most ten years.
pub(super) fn lifetime(text: &str) -> Result<Duration, String> {
    let lifetime = duration::parse(text)?;
    if !(1..=3_653 * 86_400).contains(&lifetime.as_secs()) {
        return Err("from 1s to 3653d".to_owned());
    }
    Ok(lifetime)
}

/// A name for people: of one line, and not long.
pub(super) fn name(text: &str) -> Result<String, String> {
    let fits = (1..=256).contains(&text.len()) && !text.chars().any(char::is_control);
    match fits && !text.trim().is_empty() {
        true => Ok(text.to_owned()),
        false => Err("a name has 1 to 256 bytes on one line".to_owned()),
    }
}
