//! `runstate serve`: the server in the foreground, until a signal ends it.

use std::io::{self, Write};
use std::path::Path;
use std::process::ExitCode;
use std::sync::Arc;
use std::time::Duration;

use engine::Core;
use server::auth::{Issuers, KeyEncryptionKey, Verifier};
use server::{Options, Server, Traces};
use service::identity::{SigningKeys, UserRegistry};
use tokio::runtime::Runtime;
use tokio::sync::oneshot;

use crate::Failure;
use crate::cli::{DatabaseArguments, ServeArguments};
use crate::user;
use crate::wire::{self, Settings};

/// The permission in the example that is printed: it opens everything but privileged operations.
pub(crate) const EXAMPLE_ROLE: &str = "DeviceManagementConfiguration.ReadWrite.All";

/// Serves until SIGTERM or SIGINT. The exit code is 0 if every request in flight was answered.
pub(crate) fn run(arguments: &ServeArguments) -> Result<ExitCode, Failure> {
    allow_open_files();
    Runtime::new()?.block_on(serve(arguments))
}

/// Takes as many open files as the system allows this process: each connection is one, and what
/// shells hand down is often 1024.
fn allow_open_files() {
    #[cfg(unix)]
    {
        use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
        let limit = getrlimit(Resource::Nofile);
        let most = Rlimit {
            current: limit.maximum,
            ..limit
        };
        if let Err(reason) = setrlimit(Resource::Nofile, most) {
            tracing::warn!(%reason, "the limit of open files cannot be raised");
        }
    }
}

async fn serve(arguments: &ServeArguments) -> Result<ExitCode, Failure> {
    // First of all: a signal that comes as soon as the address is printed must not be lost.
    let mut signals = Signals::install()?;
    let data_dir = &arguments.data.data_dir;
    let public = arguments.public_url.as_ref();
    let tls = arguments.tls.tls(data_dir, arguments.listen, public)?;
    let traces = arguments.telemetry.otlp()?;
    let taken_by = traces.clone().map(|traces| traces as Arc<dyn Traces>);
    let options = Options {
        listen: arguments.listen,
        tls,
        insecure_http: arguments.insecure_http,
        public_origin: arguments.public_url.clone(),
        proxies: arguments.proxies.proxies(),
        throttle: arguments.throttle.throttle(),
        traces: taken_by,
        signing_keys: None,
        limits: server::Limits {
            notice: arguments.stop_delay,
            ..arguments.connections.with(arguments.limits.server())
        },
    };
    let settings = Settings {
        uri: arguments.limits.uri(),
        service: arguments.limits.service(),
        approval_of_scripts: arguments.require_approval,
        restrictions: arguments.restrict.iter().copied().map(Into::into).collect(),
    };
    let issuers = arguments
        .issuers
        .as_deref()
        .map(Issuers::read)
        .transpose()?;
    let issuers = issuers.unwrap_or_default();
    let (database, seal) = (Some(&arguments.database), wire::seal(&arguments.seal)?);
    let (server, core) = open(data_dir, database, settings, (issuers, seal), options).await?;
    let metrics = match arguments.telemetry.metrics_listen {
        Some(address) => Some(server.metrics(address).await?),
        None => None,
    };
    // Whoever started the server may read its first line and close the pipe: it serves on.
    if let Err(error) = announce(&server, arguments) {
        tracing::warn!(%error, "the address could not be printed");
    }
    let origin = match &arguments.public_url {
        Some(origin) => origin.as_str().to_owned(),
        None => reached(&server),
    };
    // It writes, and whoever has read the address need not wait for that.
    tokio::spawn(async move {
        if let Err(error) = invite(&origin, core).await {
            tracing::warn!(%error, "no code for the first administrator could be printed");
        }
    });
    if server.scheme() == "http" && !server.address().ip().is_loopback() {
        tracing::warn!("plain http on the network: whoever listens there can read the tokens");
    }
    if let Some(metrics) = metrics {
        tracing::info!(address = %metrics.address(), "metrics are served at /metrics");
        tokio::spawn(metrics.run());
    }
    let (stop, stopped) = oneshot::channel::<()>();
    let running = server.run(async move {
        // An error is the sender dropped: then this future is being dropped too.
        let _ = stopped.await;
    });
    tokio::pin!(running);
    tokio::select! {
        _ = &mut running => return Err("the server ended by itself".into()),
        () = signals.next() => {}
    }
    tracing::info!("stopping; requests in flight are answered; a second signal breaks them off");
    let _ = stop.send(());
    let broken_off = tokio::select! {
        broken_off = running => broken_off,
        () = signals.next() => return Err("stopped at once by a second signal".into()),
    };
    if let Some(traces) = traces {
        // It waits for its thread.
        tokio::task::spawn_blocking(move || traces.finish()).await?;
    }
    match broken_off {
        0 => Ok(ExitCode::SUCCESS),
        count => Err(format!("{count} connections were broken off with requests in flight").into()),
    }
}

/// A server of a data directory and perhaps a database elsewhere, bound to an address but not yet running.
///
/// # Errors
/// The key or the store cannot be opened, or the address cannot be listened on.
pub(crate) async fn open(
    data_dir: &Path,
    database: Option<&DatabaseArguments>,
    settings: Settings,
    (issuers, seal): (Issuers, Option<KeyEncryptionKey>),
    options: Options,
) -> Result<(Server, Arc<Core>), Failure> {
    let throttle = options.throttle.clone();
    let opened = wire::service_handler(data_dir, database, settings, throttle, seal);
    let (handler, keys, core) = opened.await?;
    let keys = Arc::new(keys);
    let verifier = Verifier::new(Arc::clone(&keys)).with_issuers(issuers);
    let options = Options {
        signing_keys: Some(keys),
        ..options
    };
    Ok((Server::bind(options, verifier, handler).await?, core))
}

/// Says where the server listens and how to get a token. The first line is for programs too.
fn announce(server: &Server, arguments: &ServeArguments) -> io::Result<()> {
    let program = program();
    let data_dir = &arguments.data.data_dir;
    let (hint, place) = match arguments.database.url {
        // The URL may hold a password.
        Some(_) => (", with RUNSTATE_DATABASE as for this server", String::new()),
        None => {
            let data_dir = shell_word(&data_dir.to_string_lossy());
            ("", format!(" --data-dir {data_dir}"))
        }
    };
    let root = format!("{}://{}", server.scheme(), server.address());
    let mut out = anstream::stdout();
    writeln!(out, "Runstate listens on {root}")?;
    writeln!(out)?;
    let reached = reached(server);
    let mut trust = String::new();
    if let Some(authority) = arguments.tls.authority(data_dir) {
        let authority = shell_word(&authority.to_string_lossy());
        trust = format!("--cacert {authority} ");
        writeln!(
            out,
            "Its certificate is signed by its own authority: have clients trust"
        )?;
        writeln!(out, "  {authority}")?;
        writeln!(
            out,
            "(curl --cacert, runstate agent run --ca-file, SSL_CERT_FILE or"
        )?;
        writeln!(
            out,
            "REQUESTS_CA_BUNDLE for Python, NODE_EXTRA_CA_CERTS for Node.js)."
        )?;
        writeln!(out)?;
    }
    writeln!(out, "Get a token for an hour{hint}:")?;
    writeln!(
        out,
        "  TOKEN=$({program} token --role {EXAMPLE_ROLE}{place})"
    )?;
    writeln!(out, "Then:")?;
    writeln!(
        out,
        "  curl {trust}-H \"Authorization: Bearer $TOKEN\" \
         {reached}/beta/deviceManagement/deviceHealthScripts"
    )?;
    out.flush()
}

/// How long the code for the first administrator holds.
const INVITATION: Duration = Duration::from_secs(3_600);

/// Where there is no user yet, says how the first one is made, to whoever can read what the server
/// prints on its host. The log never has the code.
async fn invite(origin: &str, core: Arc<Core>) -> Result<(), Failure> {
    let registry = UserRegistry::new(Arc::clone(&core))?;
    if !registry.list().await?.is_empty() {
        return Ok(());
    }
    let (code, _) = user::first_code(&registry, INVITATION).await?;
    let tenant = SigningKeys::new(core)?.tenant().await?;
    let mut out = anstream::stdout();
    writeln!(out)?;
    writeln!(
        out,
        "Nobody can sign in yet. Within an hour, the first administrator is made at"
    )?;
    writeln!(out, "  {origin}/{tenant}{}", user::FIRST_PAGE)?;
    writeln!(out, "with the code")?;
    writeln!(out, "  {code}")?;
    Ok(out.flush()?)
}

/// What this machine reaches the server under.
fn reached(server: &Server) -> String {
    match server.address() {
        address if address.ip().is_unspecified() => {
            format!("{}://localhost:{}", server.scheme(), address.port())
        }
        address => format!("{}://{address}", server.scheme()),
    }
}

/// This program as its user called it, for commands to paste.
pub(crate) fn program() -> String {
    let program = std::env::args_os().next();
    let program = program.unwrap_or_else(|| "runstate".into());
    shell_word(&program.to_string_lossy())
}

/// A word as a POSIX shell reads it back.
fn shell_word(text: &str) -> String {
    let plain = |b: u8| b.is_ascii_alphanumeric() || b"-_./,:@%+=".contains(&b);
    if !text.is_empty() && text.bytes().all(plain) {
        return text.to_owned();
    }
    format!("'{}'", text.replace('\'', r"'\''"))
}

/// SIGXFSZ, on every system that is served.
#[cfg(unix)]
const FILE_TOO_LARGE: i32 = 25;

/// The signals that end the server.
pub(crate) struct Signals {
    #[cfg(unix)]
    terminate: tokio::signal::unix::Signal,
    #[cfg(unix)]
    interrupt: tokio::signal::unix::Signal,
}

#[cfg(unix)]
impl Signals {
    pub(crate) fn install() -> io::Result<Self> {
        use tokio::signal::unix::{SignalKind, signal};
        // Caught and forgotten, since by itself it ends the process: a limit on file sizes is then
        // what a full disk is, a write that fails.
        drop(signal(SignalKind::from_raw(FILE_TOO_LARGE))?);
        Ok(Self {
            terminate: signal(SignalKind::terminate())?,
            interrupt: signal(SignalKind::interrupt())?,
        })
    }

    pub(crate) async fn next(&mut self) {
        tokio::select! {
            _ = self.terminate.recv() => {}
            _ = self.interrupt.recv() => {}
        }
    }
}

#[cfg(not(unix))]
impl Signals {
    pub(crate) fn install() -> io::Result<Self> {
        Ok(Self {})
    }

    pub(crate) async fn next(&mut self) {
        if tokio::signal::ctrl_c().await.is_err() {
            // Without the signal, the server runs until its process is ended.
            std::future::pending::<()>().await;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_for_the_shell() {
        for (text, word) in [
            ("./runstate-data", "./runstate-data"),
            ("/a b", "'/a b'"),
            ("it's", r"'it'\''s'"),
            ("$(reboot)", "'$(reboot)'"),
            ("", "''"),
        ] {
            assert_eq!(shell_word(text), word);
        }
    }
}
