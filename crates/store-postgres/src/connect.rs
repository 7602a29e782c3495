//! Connections to a database, and what holds on each of them.

use std::fmt;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use tokio_postgres::{Config, NoTls};
use tokio_postgres_rustls::MakeRustlsConnect;

use crate::address::{self, Address};
use crate::client::{Client, ClientError};
use crate::tls;

/// How long a group may compute between two statements. A server of ours that hangs holds its locks
/// for no longer.
const IDLE: Duration = Duration::from_secs(60);
/// How much longer than a statement may run its answer is waited for.
const GRACE: Duration = Duration::from_secs(15);

/// Why an address is not one that can be used. It never holds the password.
#[derive(Debug, thiserror::Error)]
pub enum ConnectionError {
    /// Not an address of a PostgreSQL database.
    #[error("write the database as postgres://USER:PASSWORD@HOST/DATABASE")]
    Scheme,
    /// An address with a mistake.
    #[error("the database's address cannot be read: {}", reason(.0))]
    Syntax(tokio_postgres::Error),
    /// A value that is no text.
    #[error("the value of {0} in the database's address is not UTF-8")]
    NotUtf8(String),
    /// An `sslmode` that is none.
    #[error("sslmode={0}: it is disable, prefer, require, verify-ca or verify-full")]
    Mode(String),
    /// A password and data might go over the network in the clear.
    #[error(
        "sslmode=prefer to another host may send everything in the clear: say verify-full, \
         verify-ca or require (or disable, on a network that you trust)"
    )]
    Remote,
    /// Authorities are named that nothing is checked against.
    #[error("sslrootcert needs sslmode=verify-full, verify-ca or require")]
    RootsUnused,
    /// The authorities cannot be read.
    #[error("sslrootcert={}: {reason}", path.display())]
    Roots {
        /// Where they should be.
        path: PathBuf,
        /// What is wrong.
        reason: String,
    },
    /// TLS cannot be set up.
    #[error("cannot set up TLS to the database: {0}")]
    Tls(rustls::Error),
    /// Lists of hosts, addresses and ports that do not fit.
    #[error("the database's address needs as many hosts as hostaddrs and ports")]
    Hosts,
    /// Only one server can be written to.
    #[error("load_balance_hosts: only one of the hosts can be written to")]
    Balance,
    /// A server that cannot be written to.
    #[error("target_session_attrs=read-only: the database is written to")]
    ReadOnly,
}

/// What is wrong with an address: the error itself only says that something is.
fn reason(error: &tokio_postgres::Error) -> String {
    std::error::Error::source(error).map_or_else(|| error.to_string(), ToString::to_string)
}

/// The address of a database. Its debug form has no password.
#[derive(Clone)]
pub struct Target {
    address: Address,
    tls: Option<MakeRustlsConnect>,
    /// The host that the last connection led to.
    last: Arc<AtomicUsize>,
}

impl fmt::Debug for Target {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let hosts: Vec<_> = self.address.hosts.iter().map(Config::get_hosts).collect();
        f.debug_struct("Target").field("hosts", &hosts).finish()
    }
}

/// What a connection may take its time for.
#[derive(Clone, Copy, Debug)]
pub struct Timeouts {
    /// For a statement, after which it is cancelled.
    pub statement: Duration,
    /// For a lock, after which a group of commands is repeated while no other runs.
    pub lock: Duration,
}

impl Default for Timeouts {
    fn default() -> Self {
        Self {
            statement: Duration::from_secs(60),
            // Less than the second after which PostgreSQL looks for a deadlock by default.
            lock: Duration::from_millis(500),
        }
    }
}

impl Target {
    /// Reads `postgres://USER:PASSWORD@HOST:PORT/DATABASE`, which may name several hosts (the one
    /// that can be written to is used) and, behind `?`, what libpq knows: `sslmode`, `sslrootcert`,
    /// `connect_timeout` and others.
    ///
    /// # Errors
    /// If it is no such address, its authorities cannot be read, or it would send data over the
    /// network in the clear without saying so.
    pub fn parse(url: &str) -> Result<Self, ConnectionError> {
        let address = address::read(url)?;
        let tls = address
            .check
            .map(|check| tls::connector(check, address.roots.as_deref()))
            .transpose()?;
        Ok(Self {
            address,
            tls,
            last: Arc::default(),
        })
    }

    /// A new connection. It blocks.
    pub(crate) fn connect(&self, timeouts: Timeouts) -> Result<Client, ClientError> {
        let hosts = &self.address.hosts;
        // Where the last connection led, the next one most likely does, too.
        let first = self.last.load(Ordering::Relaxed);
        let mut failed = ClientError::NoHost;
        for i in (0..hosts.len()).map(|i| (first + i) % hosts.len()) {
            match self.connect_to(&hosts[i], timeouts) {
                Ok(client) => {
                    self.last.store(i, Ordering::Relaxed);
                    return Ok(client);
                }
                Err(error) => {
                    if hosts.len() > 1 {
                        tracing::info!(host = i + 1, %error, "a host cannot be used");
                    }
                    failed = error;
                }
            }
        }
        Err(failed)
    }

    fn connect_to(&self, host: &Config, timeouts: Timeouts) -> Result<Client, ClientError> {
        // A name may stand for two addresses, and the server has its time behind that.
        let within = host.get_connect_timeout().copied().unwrap_or_default() * 3;
        let patience = timeouts.statement + GRACE;
        let mut client = match &self.tls {
            Some(tls) => Client::connect(host, tls.clone(), within, patience)?,
            None => Client::connect(host, NoTls, within, patience)?,
        };
        client.batch_execute(&settings(timeouts))?;
        // What the settings made the database say is no word on a commit.
        client.take_warned();
        Ok(client)
    }
}

/// What the server or the role has set must not weaken what an answer promises, nor change what our
/// statements mean; a server of ours that vanishes must not hold its locks for long.
fn settings(timeouts: Timeouts) -> String {
    format!(
        "SET standard_conforming_strings = on; \
         SET jit = off; \
         SET statement_timeout = {}; \
         SET lock_timeout = {}; \
         SET idle_in_transaction_session_timeout = {}; \
         SET tcp_keepalives_idle = 10; \
         SET tcp_keepalives_interval = 5; \
         SET tcp_keepalives_count = 3; \
         SELECT set_config('synchronous_commit', 'on', false) \
         WHERE current_setting('synchronous_commit') IN ('off', 'local', 'remote_write')",
        timeouts.statement.as_millis(),
        timeouts.lock.as_millis(),
        IDLE.as_millis(),
    )
}

#[cfg(test)]
mod tests;
