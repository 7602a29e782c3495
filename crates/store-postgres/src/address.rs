//! The address of a database: `postgres://USER:PASSWORD@HOST:PORT/DATABASE?…`, several hosts with
//! commas between them, and what may follow behind `?`.

use std::net::IpAddr;
use std::path::PathBuf;
use std::time::Duration;

use percent_encoding::percent_decode_str;
use tokio_postgres::Config;
use tokio_postgres::config::{Host, LoadBalanceHosts, SslMode, TargetSessionAttrs};

use crate::connect::ConnectionError;
use crate::tls::Check;

/// How long a connection may take to come about, unless the address says otherwise.
const CONNECT: Duration = Duration::from_secs(5);
/// How long the network may keep silent about what was sent before the connection is lost.
const SILENCE: Duration = Duration::from_secs(15);
/// When an idle connection is asked whether it lives, and how often after that.
const KEEPALIVE: (Duration, Duration, u32) = (Duration::from_secs(10), Duration::from_secs(5), 3);

/// What an address says.
#[derive(Clone)]
pub(crate) struct Address {
    /// One for each host, in their order.
    pub(crate) hosts: Vec<Config>,
    /// What is asked of the server's certificate; none without TLS.
    pub(crate) check: Option<Check>,
    /// Where the trusted authorities are, if not the well-known ones.
    pub(crate) roots: Option<PathBuf>,
}

/// `sslmode`.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Mode {
    Disable,
    Prefer,
    Require,
    VerifyCa,
    VerifyFull,
}

impl Mode {
    fn read(text: &str) -> Result<Self, ConnectionError> {
        Ok(match text {
            "disable" => Self::Disable,
            "prefer" => Self::Prefer,
            "require" => Self::Require,
            "verify-ca" => Self::VerifyCa,
            "verify-full" => Self::VerifyFull,
            other => return Err(ConnectionError::Mode(other.to_owned())),
        })
    }
}

/// Reads an address.
///
/// # Errors
/// If it is none, or would send data over the network in the clear without saying so.
pub(crate) fn read(url: &str) -> Result<Address, ConnectionError> {
    if !url.starts_with("postgres://") && !url.starts_with("postgresql://") {
        return Err(ConnectionError::Scheme);
    }
    let (url, mode, roots) = take_tls(url)?;
    let mut config: Config = url.parse().map_err(ConnectionError::Syntax)?;
    if config.get_hosts().is_empty() && config.get_hostaddrs().is_empty() {
        return Err(ConnectionError::Scheme);
    }
    let here = names(&config).iter().all(|name| is_here(name))
        && config.get_hostaddrs().iter().all(IpAddr::is_loopback);
    let mode = match (mode, here) {
        (Some(Mode::Prefer), false) => return Err(ConnectionError::Remote),
        (Some(mode), _) => mode,
        (None, true) => Mode::Prefer,
        (None, false) => Mode::VerifyFull,
    };
    if config.get_target_session_attrs() == TargetSessionAttrs::ReadOnly {
        return Err(ConnectionError::ReadOnly);
    }
    if config.get_load_balance_hosts() != LoadBalanceHosts::Disable {
        return Err(ConnectionError::Balance);
    }
    complete(&mut config);
    config.ssl_mode(match mode {
        Mode::Disable => SslMode::Disable,
        Mode::Prefer => SslMode::Prefer,
        Mode::Require | Mode::VerifyCa | Mode::VerifyFull => SslMode::Require,
    });
    let check = match mode {
        Mode::Disable => None,
        // As libpq: whoever names an authority means it.
        Mode::Require if roots.is_some() => Some(Check::Issuer),
        Mode::Prefer | Mode::Require => Some(Check::Nothing),
        Mode::VerifyCa => Some(Check::Issuer),
        Mode::VerifyFull => Some(Check::Host),
    };
    Ok(Address {
        hosts: hosts(&config)?,
        check,
        roots,
    })
}

/// What holds for all connections unless the address says otherwise.
fn complete(config: &mut Config) {
    // A standby can neither be written to nor tell what is true now.
    config.target_session_attrs(TargetSessionAttrs::ReadWrite);
    if config.get_application_name().is_none() {
        config.application_name("runstate");
    }
    let (idle, interval, retries) = KEEPALIVE;
    if config.get_keepalives_interval().is_none() {
        config.keepalives_idle(idle);
        config.keepalives_interval(interval);
    }
    if config.get_keepalives_retries().is_none() {
        config.keepalives_retries(retries);
    }
}

/// The same for each host alone, so that each has its time to answer.
fn hosts(config: &Config) -> Result<Vec<Config>, ConnectionError> {
    let (names, addresses, ports) = (names(config), config.get_hostaddrs(), config.get_ports());
    let count = names.len().max(addresses.len());
    let fits = |n: usize| n == count || n == 0;
    if !fits(names.len()) || !fits(addresses.len()) || !(fits(ports.len()) || ports.len() == 1) {
        return Err(ConnectionError::Hosts);
    }
    let one = |i: usize| {
        let mut one = without_hosts(config);
        if let Some(name) = names.get(i) {
            one.host(name);
        }
        if let Some(address) = addresses.get(i) {
            one.hostaddr(*address);
        }
        if let Some(port) = ports.get(i).or(ports.first()) {
            one.port(*port);
        }
        one
    };
    Ok((0..count).map(one).collect())
}

/// The hosts, those too that stand behind `?host=` with commas between them.
fn names(config: &Config) -> Vec<String> {
    let text = |host: &Host| match host {
        Host::Tcp(name) => name.clone(),
        // It came as text.
        #[cfg(unix)]
        Host::Unix(directory) => directory.to_string_lossy().into_owned(),
    };
    let lists: Vec<_> = config.get_hosts().iter().map(text).collect();
    let names = lists.iter().flat_map(|list| list.split(','));
    names.map(str::to_owned).collect()
}

/// All that an address says but where.
fn without_hosts(config: &Config) -> Config {
    let mut out = Config::new();
    if let Some(user) = config.get_user() {
        out.user(user);
    }
    if let Some(password) = config.get_password() {
        out.password(password);
    }
    if let Some(database) = config.get_dbname() {
        out.dbname(database);
    }
    if let Some(options) = config.get_options() {
        out.options(options);
    }
    if let Some(name) = config.get_application_name() {
        out.application_name(name);
    }
    out.connect_timeout(config.get_connect_timeout().copied().unwrap_or(CONNECT));
    out.tcp_user_timeout(config.get_tcp_user_timeout().copied().unwrap_or(SILENCE));
    out.keepalives(config.get_keepalives());
    out.keepalives_idle(config.get_keepalives_idle());
    if let Some(interval) = config.get_keepalives_interval() {
        out.keepalives_interval(interval);
    }
    if let Some(retries) = config.get_keepalives_retries() {
        out.keepalives_retries(retries);
    }
    out.ssl_mode(config.get_ssl_mode());
    out.ssl_negotiation(config.get_ssl_negotiation());
    out.channel_binding(config.get_channel_binding());
    out.target_session_attrs(config.get_target_session_attrs());
    out
}

type Tls = (String, Option<Mode>, Option<PathBuf>);

/// Takes `sslmode` and `sslrootcert` out of an address: the client does not know all that they may
/// say.
fn take_tls(url: &str) -> Result<Tls, ConnectionError> {
    let Some((base, query)) = url.split_once('?') else {
        return Ok((url.to_owned(), None, None));
    };
    let (mut mode, mut roots, mut rest) = (None, None, Vec::new());
    for pair in query.split('&').filter(|pair| !pair.is_empty()) {
        let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
        let value = || {
            let text = percent_decode_str(value).decode_utf8();
            text.map_err(|_| ConnectionError::NotUtf8(name.to_owned()))
        };
        match name {
            "sslmode" => mode = Some(Mode::read(&value()?)?),
            "sslrootcert" => roots = Some(PathBuf::from(value()?.into_owned())),
            _ => rest.push(pair),
        }
    }
    if roots.is_some() && matches!(mode, Some(Mode::Disable | Mode::Prefer)) {
        return Err(ConnectionError::RootsUnused);
    }
    let url = if rest.is_empty() {
        base.to_owned()
    } else {
        format!("{base}?{}", rest.join("&"))
    };
    Ok((url, mode, roots))
}

/// Whether a host is this machine: a loopback address, or the directory of a unix socket.
fn is_here(host: &str) -> bool {
    host == "localhost"
        || host.parse().is_ok_and(|ip: IpAddr| ip.is_loopback())
        || cfg!(unix) && host.starts_with('/')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_host_has_its_own_port() {
        for (url, expected) in [
            (
                "postgres://u@a:1,b,[::1]:3/d",
                vec!["a 1", "b 5432", "::1 3"],
            ),
            ("postgres://u@/d?host=a,b&port=7", vec!["a 7", "b 7"]),
            ("postgres://u@/d?host=/x,/y", vec!["/x 5432", "/y 5432"]),
        ] {
            let shown = |config: &Config| {
                let host = match config.get_hosts() {
                    [Host::Tcp(name)] => name.clone(),
                    #[cfg(unix)]
                    [Host::Unix(path)] => path.display().to_string(),
                    other => panic!("{url}: {other:?}"),
                };
                let port = config.get_ports().first().copied().unwrap_or(5432);
                format!("{host} {port}")
            };
            let found: Vec<_> = read(url).unwrap().hosts.iter().map(shown).collect();
            assert_eq!(found, expected, "{url}");
        }
    }

    #[test]
    fn addresses() {
        for (url, expected) in [
            ("postgres://u:p@localhost/d", Ok(Some(Check::Nothing))),
            ("postgresql://u@127.0.0.1:5433/d", Ok(Some(Check::Nothing))),
            ("postgres://u@[::1]/d", Ok(Some(Check::Nothing))),
            (
                "postgres://u@%2Frun%2Fpostgresql/d",
                Ok(Some(Check::Nothing)),
            ),
            (
                "postgres:///d?host=/run/postgresql",
                Ok(Some(Check::Nothing)),
            ),
            ("postgres://u@localhost/d?sslmode=disable", Ok(None)),
            ("postgres://u@10.0.0.1/d?sslmode=disable", Ok(None)),
            (
                "postgres://u@localhost/d?sslmode=require",
                Ok(Some(Check::Nothing)),
            ),
            (
                "postgres://u@db.example/d?sslmode=require&sslrootcert=%2Fca.pem",
                Ok(Some(Check::Issuer)),
            ),
            (
                "postgres://u@db.example/d?sslmode=verify-ca",
                Ok(Some(Check::Issuer)),
            ),
            (
                "postgres://u@db.example/d?sslmode=verify-full",
                Ok(Some(Check::Host)),
            ),
            ("postgres://u:secret@db.example/d", Ok(Some(Check::Host))),
            (
                "postgres://u:secret@localhost,10.0.0.1/d",
                Ok(Some(Check::Host)),
            ),
            (
                "postgres://u:secret@localhost/d?hostaddr=10.0.0.1",
                Ok(Some(Check::Host)),
            ),
            ("postgres:///d?host=/run/a,10.0.0.1", Ok(Some(Check::Host))),
            (
                "postgres://u:secret@db.example/d?sslmode=prefer",
                Err("in the clear"),
            ),
            (
                "postgres://u:secret@localhost/d?sslmode=maybe",
                Err("sslmode"),
            ),
            (
                "postgres://u:secret@localhost/d?sslmode=disable&sslrootcert=a",
                Err("sslrootcert"),
            ),
            (
                "postgres://u:secret@localhost/d?target_session_attrs=read-only",
                Err("target_session_attrs"),
            ),
            (
                "postgres://u:secret@localhost/d?load_balance_hosts=random",
                Err("load_balance_hosts"),
            ),
            (
                "postgres://u:secret@a,b/d?hostaddr=127.0.0.1",
                Err("as many"),
            ),
            ("postgres://u:secret@localhost/d?sslcert=a", Err("sslcert")),
            (
                "postgres://u:secret@localhost:port/d",
                Err("cannot be read"),
            ),
            ("postgres:///d", Err("postgres://")),
            ("mysql://u:secret@localhost/d", Err("postgres://")),
            ("", Err("postgres://")),
        ] {
            let found = read(url).map_err(|error| error.to_string());
            match (found, expected) {
                (Ok(address), Ok(check)) => assert_eq!(address.check, check, "{url}"),
                (Err(message), Err(part)) => {
                    assert!(message.contains(part), "{url}: {message}");
                    assert!(!message.contains("secret"), "{url}: {message}");
                }
                (found, _) => panic!("{url}: {:?}", found.err()),
            }
        }
    }
}
