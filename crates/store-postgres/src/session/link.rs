//! A thread's way to the database: its session, made when it is needed and made anew when it is
//! lost.

use std::time::{Duration, Instant};

use odata::Error;
use uuid::Uuid;

use super::{Context, Session};
use crate::connect::Target;
use crate::doubt;
use crate::failure::{describe, failure, unavailable};

/// How long one read may take, in the words of PostgreSQL.
const READ_TIME: &str = "SET statement_timeout = '60s'";
/// How often a writer removes the records of old groups.
const PRUNE: Duration = Duration::from_secs(600);

pub(crate) struct Link {
    target: Target,
    context: Context,
    session: Option<Session>,
    pruned: Option<Instant>,
}

impl Link {
    pub(crate) fn new(target: Target, context: Context) -> Self {
        Self {
            target,
            context,
            session: None,
            pruned: None,
        }
    }

    /// The session, on a new connection if there is none.
    pub(crate) fn session(&mut self) -> Result<&mut Session, Error> {
        let session = match self.session.take().filter(|s| !s.client.is_closed()) {
            Some(session) => session,
            None => {
                let client = self.target.connect();
                // Whatever refuses a connection is the database's condition.
                let client = client.map_err(|error| unavailable(&describe(&error)))?;
                Session::new(client, self.context.clone())
            }
        };
        Ok(self.session.insert(session))
    }

    pub(crate) fn drop_session(&mut self) {
        self.session = None;
    }

    /// Begins a snapshot, on a new connection if the old one does not answer any more.
    pub(crate) fn begin_read(&mut self) -> Result<&mut Session, Error> {
        if let Some(session) = &mut self.session
            && session.begin_read().is_err()
        {
            self.session = None;
        }
        if self.session.is_none() {
            let session = self.session()?;
            let begun = session.client.batch_execute(READ_TIME);
            begun
                .and_then(|()| session.begin_read())
                .map_err(|error| failure(&error, true))?;
        }
        self.session()
    }

    /// Ends a snapshot. It wrote nothing, so nothing can be lost by a failure.
    pub(crate) fn end_read(&mut self) {
        if let Some(session) = &mut self.session
            && session.end_read().is_err()
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
        let begun = *self.pruned.get_or_insert_with(Instant::now);
        if begun.elapsed() < PRUNE {
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
