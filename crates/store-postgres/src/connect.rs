//! The address of a database, and connections to it.

use std::net::IpAddr;
use std::time::Duration;

use postgres::config::{Host, SslMode};
use postgres::{Client, Config, NoTls};

/// How long a connection may take to come about.
const CONNECT: Duration = Duration::from_secs(5);
/// How long the network may keep silent about what was sent before the connection is lost.
const SILENCE: Duration = Duration::from_secs(15);

/// Why an address is not one that can be used. It never holds the password.
#[derive(Debug, thiserror::Error)]
pub enum ConnectionError {
    /// Not an address of a PostgreSQL database.
    #[error("write the database as postgres://USER:PASSWORD@HOST/DATABASE")]
    Scheme,
    /// An address with a mistake.
    #[error("the database's address cannot be read: {0}")]
    Syntax(postgres::Error),
    /// The client demands TLS.
    #[error("sslmode=require is not served: TLS to the database is not there yet")]
    Tls,
    /// A password and data would go over the network in the clear.
    #[error(
        "the database's host must be this machine (a loopback address or the directory of a unix \
         socket): connections over the network need TLS, which is not there yet"
    )]
    Remote,
}

/// The address of a database. Its debug form has no password.
#[derive(Clone, Debug)]
pub struct Target {
    config: Config,
}

impl Target {
    /// Reads `postgres://USER:PASSWORD@HOST:PORT/DATABASE`.
    ///
    /// # Errors
    /// If it is no such address, or one that needs TLS.
    pub fn parse(url: &str) -> Result<Self, ConnectionError> {
        if !url.starts_with("postgres://") && !url.starts_with("postgresql://") {
            return Err(ConnectionError::Scheme);
        }
        let mut config: Config = url.parse().map_err(ConnectionError::Syntax)?;
        if config.get_ssl_mode() == SslMode::Require {
            return Err(ConnectionError::Tls);
        }
        if config.get_hosts().is_empty() && config.get_hostaddrs().is_empty() {
            return Err(ConnectionError::Scheme);
        }
        let here = config.get_hosts().iter().all(is_here)
            && config.get_hostaddrs().iter().all(IpAddr::is_loopback);
        if !here {
            return Err(ConnectionError::Remote);
        }
        if config.get_application_name().is_none() {
            config.application_name("runstate");
        }
        config.ssl_mode(SslMode::Disable);
        config.connect_timeout(CONNECT);
        config.tcp_user_timeout(SILENCE);
        Ok(Self { config })
    }

    /// A new connection. It blocks.
    pub(crate) fn connect(&self) -> Result<Client, postgres::Error> {
        let mut client = self.config.connect(NoTls)?;
        // What the server or the role has set must not weaken what an answer promises, nor change
        // what our statements mean.
        client.batch_execute(
            "SET standard_conforming_strings = on; \
             SELECT set_config('synchronous_commit', 'on', false) \
             WHERE current_setting('synchronous_commit') = 'off'",
        )?;
        Ok(client)
    }
}

fn is_here(host: &Host) -> bool {
    match host {
        Host::Tcp(name) => {
            name == "localhost" || name.parse().is_ok_and(|ip: IpAddr| ip.is_loopback())
        }
        #[cfg(unix)]
        Host::Unix(_) => true,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses() {
        for (url, refused) in [
            ("postgres://u:p@localhost/d", None),
            ("postgresql://u@127.0.0.1:5433/d", None),
            ("postgres://u@[::1]/d", None),
            ("postgres://u@%2Frun%2Fpostgresql/d", None),
            ("postgres:///d?host=/run/postgresql", None),
            ("postgres://u@localhost/d?sslmode=disable", None),
            (
                "postgres://u@localhost/d?sslmode=require",
                Some("sslmode=require"),
            ),
            ("postgres://u:secret@db.example/d", Some("this machine")),
            (
                "postgres://u:secret@localhost,10.0.0.1/d",
                Some("this machine"),
            ),
            (
                "postgres://u:secret@localhost/d?hostaddr=10.0.0.1",
                Some("this machine"),
            ),
            (
                "postgres://u:secret@localhost:port/d",
                Some("cannot be read"),
            ),
            ("postgres:///d", Some("postgres://")),
            ("mysql://u:secret@localhost/d", Some("postgres://")),
            ("", Some("postgres://")),
        ] {
            let found = Target::parse(url).map_err(|error| error.to_string());
            match (&found, refused) {
                (Ok(_), None) => {}
                (Err(message), Some(part)) => {
                    assert!(message.contains(part), "{url}: {message}");
                    assert!(!message.contains("secret"), "{url}: {message}");
                }
                _ => panic!("{url}: {found:?}"),
            }
        }
    }

    #[test]
    fn no_password_in_the_debug_form() {
        let target = Target::parse("postgres://u:secret@localhost/d").unwrap();
        assert!(!format!("{target:?}").contains("secret"));
    }
}
