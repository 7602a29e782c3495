//! A thread's way to the database: its session, made when it is needed and made anew when it is
//! lost.

use std::sync::Arc;
use std::time::{Duration, Instant};

use odata::Error;
use uuid::Uuid;

use super::{Context, Session};
use crate::connect::{Target, Timeouts};
use crate::doubt;
use crate::failure::{describe, unavailable};
use crate::outage::Outage;

/// How often a writer removes the records of old groups.
const PRUNE: Duration = Duration::from_secs(600);

/// What all links of a store share.
#[derive(Clone)]
pub(crate) struct Database {
    pub(crate) target: Target,
    pub(crate) timeouts: Timeouts,
    pub(crate) context: Context,
    pub(crate) outage: Arc<Outage>,
}

pub(crate) struct Link {
    database: Database,
    session: Option<Session>,
    pruned: Option<Instant>,
}

impl Link {
    pub(crate) fn new(database: Database) -> Self {
        Self {
            database,
            session: None,
            pruned: None,
        }
    }

    /// Until when to wait for the database from now on.
    pub(crate) fn deadline(&self) -> Instant {
        self.database.outage.deadline()
    }

    /// Whether the database was within reach when it was tried last.
    pub(crate) fn is_reached(&self) -> bool {
        self.database.outage.is_over()
    }

    /// The session, on a new connection if there is none.
    pub(crate) fn session(&mut self) -> Result<&mut Session, Error> {
        let session = match self.session.take().filter(|s| !s.client.is_closed()) {
            Some(session) => session,
            None => self.connect()?,
        };
        Ok(self.session.insert(session))
    }

    fn connect(&self) -> Result<Session, Error> {
        let Database {
            target,
            timeouts,
            context,
            outage,
        } = &self.database;
        if !outage.may_try() {
            return Err(unavailable("the database has been out of reach for long"));
        }
        match target.connect(*timeouts) {
            Ok(client) => {
                outage.over();
                Ok(Session::new(client, context.clone()))
            }
            // Whatever refuses a connection is the database's condition.
            Err(error) => {
                outage.failed();
                Err(unavailable(&describe(&error)))
            }
        }
    }

    pub(crate) fn drop_session(&mut self) {
        self.session = None;
    }

    /// Ends a snapshot. It wrote nothing, so nothing can be lost by a failure.
    pub(crate) fn end_read(&mut self) {
        if let Some(session) = &mut self.session
            && session.abandon().is_err()
        {
            self.session = None;
        }
    }

    /// Whether a group in doubt was committed; an error if that cannot be asked now.
    pub(crate) fn was_committed(&mut self, group: Uuid) -> Result<bool, ()> {
        let session = self.session().map_err(|_| ())?;
        doubt::was_committed(&mut session.client, group).map_err(|error| {
            tracing::warn!(reason = describe(&error), "a commit is still in doubt");
        })
    }

    /// Removes the records of old groups, now and then.
    pub(crate) fn prune(&mut self) {
        if self.pruned.is_some_and(|at| at.elapsed() < PRUNE) {
            return;
        }
        self.pruned = Some(Instant::now());
        if let Some(session) = &mut self.session
            && let Err(error) = doubt::prune(&mut session.client)
        {
            tracing::warn!(reason = describe(&error), "old groups were not removed");
        }
    }
}
