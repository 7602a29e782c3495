//! What a command changed, and for whom: gathered while the command runs, and handed to the service
//! in the same transaction, for its audit events.
//!
//! Every command passes through [`Core::write`], which looks over the shoulder of the transaction: no
//! writer can forget it. A table of which the storage map says nothing costs a look at one field.

mod changes;
mod watched;

use std::net::IpAddr;
use std::sync::Arc;

use odata::Error;
use store::Transaction;
use uuid::Uuid;

use crate::access::Caller;
use crate::core::Core;
use crate::exchange::Request;
use changes::Changes;
use watched::{Unconfined, Watched};

pub use changes::RowChange;

/// Who asked for a change, and from where.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Origin {
    /// Who.
    pub actor: Actor,
    /// The client's address, where there is one.
    pub client: Option<IpAddr>,
    /// What everything that the request did is found by.
    pub correlation: Uuid,
    /// The short name of the action that was called, if it was one.
    pub action: Option<String>,
}

/// Who changes something.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Actor {
    /// Who sent the request.
    Caller(Arc<Caller>),
    /// Who may run this command on the host: `runstate app create`.
    CommandLine(&'static str),
    /// A device that is not known yet, by the id of the enrolment token that it has.
    EnrollmentToken(String),
    /// The server by itself: what it does at its start, and what it removes with time.
    Server,
}

impl Origin {
    /// That of a request.
    #[must_use]
    pub fn of(request: &Request) -> Self {
        Self {
            actor: Actor::Caller(Arc::clone(&request.caller)),
            client: request.client,
            correlation: request.correlation,
            action: None,
        }
    }

    /// That of a command on the host.
    #[must_use]
    pub fn command_line(command: &'static str, core: &Core) -> Self {
        Self {
            actor: Actor::CommandLine(command),
            client: None,
            correlation: core.ids.new_id(),
            action: None,
        }
    }

    /// That of what the server does by itself.
    #[must_use]
    pub fn server(core: &Core) -> Self {
        Self {
            actor: Actor::Server,
            client: None,
            correlation: core.ids.new_id(),
            action: None,
        }
    }
}

impl Core {
    /// Carries out a command and answers when it is durable. What it changes in audited tables is told
    /// to the service in the same transaction ([`Service::audit`](crate::Service::audit)): the command
    /// that fails leaves no event, and the one that succeeds never lacks its own.
    ///
    /// # Errors
    /// The command's own, or the store's if it could not be made durable.
    pub async fn write<T: Send + 'static>(
        self: &Arc<Self>,
        origin: Origin,
        mut run: impl FnMut(&mut dyn Transaction) -> Result<T, Error> + Send + 'static,
    ) -> Result<T, Error> {
        let core = Arc::clone(self);
        store::write(self.store.as_ref(), move |transaction| {
            audited(&core, transaction, || origin.clone(), &mut run)
        })
        .await
    }
}

/// Runs a command in a transaction, and has told what it changed.
///
/// # Errors
/// The command's, and the service's.
pub(crate) fn audited<T>(
    core: &Core,
    transaction: &mut dyn Transaction,
    origin: impl FnOnce() -> Origin,
    run: impl FnOnce(&mut dyn Transaction) -> Result<T, Error>,
) -> Result<T, Error> {
    let mut watched = Watched(Unconfined {
        model: &core.model,
        tables: &core.tables,
        inner: transaction,
        changes: Changes::default(),
    });
    let done = run(&mut watched)?;
    let changes = watched.0.changes.told(&core.tables);
    if !changes.is_empty() {
        let service = &core.service;
        service.audit(transaction.unconfined(), &core.scope(), &origin(), &changes)?;
    }
    Ok(done)
}

#[cfg(test)]
mod tests;
