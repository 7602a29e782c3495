//! The command line.

mod agent;
mod app;
mod audit;
mod connections;
mod contents;
mod database;
mod devices;
mod key;
mod limits;
mod proxies;
mod script;
mod telemetry;
mod throttle;
mod tls;
mod user;

use std::net::{SocketAddr, ToSocketAddrs};
use std::path::PathBuf;
use std::time::Duration;

use clap::{Args, Parser, Subcommand, ValueEnum};
use engine::access::Reach;
use server::PublicOrigin;
use service::Restriction;

use crate::duration;

pub(crate) use agent::{AgentCommand, AgentRunArguments};
pub(crate) use app::{AppCommand, AppCreateArguments, AppPlace, CredentialArguments, Grants};
pub(crate) use audit::{
    AuditCommand, AuditExportArguments, AuditVerifyArguments, Format as AuditFormat,
};
pub(crate) use connections::ConnectionArguments;
pub(crate) use contents::{
    BackupArguments, CopyArguments, DatabaseCommand, Place, RestoreArguments,
};
pub(crate) use database::{DatabaseArguments, DatabaseUrl, TokenDatabase};
pub(crate) use devices::{
    CreateTokenArguments, DeviceCommand, EnrollmentTokenCommand, PlaceArguments, ReleaseArguments,
};
pub(crate) use key::{KeyCommand, KeyPlace, RetireArguments, RotateArguments, SealArguments};
pub(crate) use limits::LimitArguments;
pub(crate) use proxies::ProxyArguments;
pub(crate) use script::{
    KeygenArguments, Role, RunAs, ScriptCommand, SignArguments, StatementArguments,
};
pub(crate) use telemetry::TelemetryArguments;
pub(crate) use throttle::ThrottleArguments;
pub(crate) use tls::TlsArguments;
pub(crate) use user::{
    FirstArguments, PasswordArguments, UserCommand, UserCreateArguments, UserGrants,
    UserTotpArguments,
};

/// A self-hosted server of the Microsoft Graph API for Intune device scripts, and its agent.
#[derive(Debug, Parser)]
#[command(name = "runstate", version, arg_required_else_help = true)]
pub(crate) struct Cli {
    #[command(subcommand)]
    pub(crate) command: Command,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Serve the API over HTTP
    Serve(Box<ServeArguments>),
    /// Print a bearer token for the API
    Token(TokenArguments),
    /// Refuse all tokens of a user, an application or a device that were issued until now
    Revoke(RevokeArguments),
    /// Make tokens by which devices enrol
    #[command(subcommand)]
    EnrollmentToken(EnrollmentTokenCommand),
    /// Approve, revoke and release the devices that enrolled
    #[command(subcommand)]
    Device(DeviceCommand),
    /// Sign scripts, for devices that run no others
    #[command(subcommand)]
    Script(ScriptCommand),
    /// Register applications that get tokens by themselves
    #[command(subcommand)]
    App(AppCommand),
    /// Show, rotate and retire the keys that tokens are signed with
    #[command(subcommand)]
    Key(KeyCommand),
    /// Make users who sign in by a browser
    #[command(subcommand)]
    User(UserCommand),
    /// Check or export the events of what was changed by whom
    #[command(subcommand)]
    Audit(AuditCommand),
    /// Back a database up, restore it, or copy it to another one
    #[command(subcommand)]
    Database(DatabaseCommand),
    /// Be a managed device
    #[command(subcommand)]
    Agent(AgentCommand),
    /// Watch a remediation run on this machine and its run state come back through the API
    Demo,
}

#[derive(Debug, Args)]
pub(crate) struct ServeArguments {
    /// Where to listen; port 0 takes a free one
    #[arg(long, value_name = "HOST:PORT", default_value = "127.0.0.1:8080", value_parser = address)]
    pub(crate) listen: SocketAddr,
    #[command(flatten)]
    pub(crate) data: DataArguments,
    #[command(flatten)]
    pub(crate) database: DatabaseArguments,
    #[command(flatten)]
    pub(crate) seal: SealArguments,
    #[command(flatten)]
    pub(crate) tls: TlsArguments,
    /// A TOML file of identity providers whose tokens are taken beside those of `runstate token`
    #[arg(long, value_name = "FILE")]
    pub(crate) issuers: Option<PathBuf>,
    /// Carry out a change of scripts and their assignments only when somebody else has approved it
    /// (Graph's Multi Admin Approval); say so to all servers of a database
    #[arg(long)]
    pub(crate) require_approval: bool,
    /// Give this of scripts to those alone who have its permission, too, and to the devices that
    /// run them: script-content needs Runstate.ScriptContent.Read, script-output
    /// Runstate.ScriptOutput.Read; repeatable; say so to all servers of a database
    #[arg(long, value_name = "WHAT")]
    pub(crate) restrict: Vec<Restricted>,
    /// Serve plain http to the network, where others can read the tokens
    #[arg(long)]
    pub(crate) insecure_http: bool,
    /// How long to go on serving after the signal to stop, while /ready tells load balancers that
    /// the server stops: 500ms, 10s, 1m
    #[arg(long, value_name = "DURATION", default_value = "0s", value_parser = delay)]
    pub(crate) stop_delay: Duration,
    /// What clients reach the server under behind a TLS proxy, such as `https://graph.example.com`:
    /// links in answers begin with it [default: the scheme that is served and the host that the
    /// request names]
    #[arg(long, value_name = "ORIGIN")]
    pub(crate) public_url: Option<PublicOrigin>,
    #[command(flatten)]
    pub(crate) proxies: ProxyArguments,
    #[command(flatten)]
    pub(crate) limits: LimitArguments,
    #[command(flatten)]
    pub(crate) connections: ConnectionArguments,
    #[command(flatten)]
    pub(crate) throttle: ThrottleArguments,
    #[command(flatten)]
    pub(crate) telemetry: TelemetryArguments,
}

/// What `--restrict` names.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Restricted {
    /// What scripts consist of, and their parameters
    ScriptContent,
    /// What scripts printed on devices
    ScriptOutput,
}

impl From<Restricted> for Restriction {
    fn from(named: Restricted) -> Self {
        match named {
            Restricted::ScriptContent => Self::ScriptContent,
            Restricted::ScriptOutput => Self::ScriptOutput,
        }
    }
}

#[derive(Debug, Args)]
pub(crate) struct DataArguments {
    /// The directory of the database, which holds the signing keys; made on first use
    #[arg(long, value_name = "DIRECTORY", default_value = "./runstate-data")]
    pub(crate) data_dir: PathBuf,
}

#[derive(Debug, Args)]
#[command(
    after_help = "Example: runstate token --role DeviceManagementConfiguration.ReadWrite.All"
)]
pub(crate) struct TokenArguments {
    /// An application permission; repeatable
    #[arg(long = "role", value_name = "NAME", required_unless_present = "scopes")]
    pub(crate) roles: Vec<String>,
    /// A delegated permission; repeatable
    #[arg(long = "scope", value_name = "NAME")]
    pub(crate) scopes: Vec<String>,
    /// How long the token holds: 90s, 15m, 1h, 7d, at most 365d
    #[arg(long, value_name = "DURATION", default_value = "1h", value_parser = duration::parse)]
    pub(crate) expires: Duration,
    /// The application's or user's id
    #[arg(long, value_name = "ID", default_value = "administrator")]
    subject: String,
    /// A role scope tag: the permissions reach only what has it or another one that is given;
    /// repeatable [default: they reach everything]
    #[arg(long = "role-scope-tag", value_name = "ID")]
    role_scope_tags: Vec<String>,
    /// The id of a managed device: the permissions reach only what is of this device
    #[arg(long, value_name = "ID", conflicts_with_all = ["role_scope_tags", "subject"])]
    device: Option<String>,
    #[command(flatten)]
    pub(crate) place: KeyPlace,
}

impl TokenArguments {
    /// The subject of the token: a device's is the device.
    pub(crate) fn subject(&self) -> &str {
        self.device.as_ref().unwrap_or(&self.subject)
    }

    /// What its permissions are good for.
    pub(crate) fn reach(&self) -> Reach {
        match &self.device {
            Some(device) => Reach::Device(device.clone()),
            None if self.role_scope_tags.is_empty() => Reach::Everything,
            None => Reach::RoleScopeTags(self.role_scope_tags.iter().cloned().collect()),
        }
    }
}

#[derive(Debug, Args)]
#[command(after_help = "Every server on the database refuses them within 2 seconds.")]
pub(crate) struct RevokeArguments {
    /// The subject of the tokens, or the application that they were issued to. That of another
    /// issuer has the issuer and a space before it
    #[arg(value_name = "ID", value_parser = clap::builder::NonEmptyStringValueParser::new())]
    pub(crate) principal: String,
    #[command(flatten)]
    pub(crate) data: DataArguments,
    #[command(flatten)]
    pub(crate) database: TokenDatabase,
}

/// How long a server that stops goes on: at most an hour.
fn delay(text: &str) -> Result<Duration, String> {
    let delay = duration::parse(text)?;
    if delay > Duration::from_secs(3_600) {
        return Err("a server that stops goes on for an hour at most".to_owned());
    }
    Ok(delay)
}

/// An address, or a name with a port that the system knows an address of.
fn address(text: &str) -> Result<SocketAddr, String> {
    if let Ok(address) = text.parse() {
        return Ok(address);
    }
    let mut found = text
        .to_socket_addrs()
        .map_err(|reason| format!("write HOST:PORT, such as 127.0.0.1:8080 ({reason})"))?;
    found
        .next()
        .ok_or_else(|| "this host has no address".to_owned())
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory;
    use clap::error::ErrorKind;

    use super::*;

    #[test]
    fn the_definition_holds() {
        Cli::command().debug_assert();
    }

    #[test]
    fn serve_listens_on_this_machine_by_default() {
        let Ok(Command::Serve(arguments)) = parse("serve") else {
            panic!("not parsed")
        };
        assert_eq!(arguments.listen, SocketAddr::from(([127, 0, 0, 1], 8080)));
        assert_eq!(arguments.data.data_dir, PathBuf::from("./runstate-data"));
        assert!(!arguments.insecure_http);
        let Ok(Command::Serve(arguments)) = parse("serve --listen localhost:1") else {
            panic!("not parsed")
        };
        assert!(arguments.listen.ip().is_loopback());
    }

    #[test]
    fn no_password_is_printed() {
        let line = "serve --database postgres://me:secret@localhost/runstate";
        let Ok(Command::Serve(arguments)) = parse(line) else {
            panic!("not parsed")
        };
        assert!(!format!("{arguments:?}").contains("secret"));
        let url = arguments.database.url.map(|url| url.as_str().to_owned());
        assert_eq!(url.as_deref(), line.strip_prefix("serve --database "));
    }

    #[test]
    fn token_repeats_roles_and_scopes() {
        let Ok(Command::Token(arguments)) =
            parse("token --role A --role B --scope C --expires 7d --subject me --data-dir d")
        else {
            panic!("not parsed")
        };
        assert_eq!(arguments.roles, ["A", "B"]);
        assert_eq!(arguments.scopes, ["C"]);
        assert_eq!(arguments.expires, Duration::from_secs(7 * 86_400));
        assert_eq!(arguments.subject, "me");
        assert!(matches!(parse("token --scope C"), Ok(Command::Token(_))));
    }

    #[test]
    fn what_is_refused() {
        for (line, kind) in [
            ("", ErrorKind::DisplayHelpOnMissingArgumentOrSubcommand),
            ("agent", ErrorKind::DisplayHelpOnMissingArgumentOrSubcommand),
            ("token", ErrorKind::MissingRequiredArgument),
            ("token --role A --expires 5", ErrorKind::ValueValidation),
            ("token --role A --expires -1h", ErrorKind::UnknownArgument),
            ("serve --listen 127.0.0.1", ErrorKind::ValueValidation),
            ("serve --listen 127.0.0.1:99999", ErrorKind::ValueValidation),
            (
                "serve --database-writers 0 --database postgres://a",
                ErrorKind::ValueValidation,
            ),
            (
                "serve --database-lock-timeout 0s --database postgres://a",
                ErrorKind::ValueValidation,
            ),
            (
                "serve --database-statement-timeout 24d --database postgres://a",
                ErrorKind::ValueValidation,
            ),
            ("serve --stop-delay 2h", ErrorKind::ValueValidation),
            ("agent run", ErrorKind::MissingRequiredArgument),
            (
                "agent run --server s --token t --token-file f",
                ErrorKind::ArgumentConflict,
            ),
            (
                "agent run --server s --output-limit -1",
                ErrorKind::UnknownArgument,
            ),
            ("demonstrate", ErrorKind::InvalidSubcommand),
        ] {
            assert_eq!(
                parse(line).map_err(|error| error.kind()).err(),
                Some(kind),
                "{line}"
            );
        }
    }

    fn parse(line: &str) -> Result<Command, clap::Error> {
        let arguments = std::iter::once("runstate").chain(line.split_ascii_whitespace());
        Cli::try_parse_from(arguments).map(|cli| cli.command)
    }
}
