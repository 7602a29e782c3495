//! What signing in leaves behind: sessions, codes, refresh tokens. Each is a row that the digest of a
//! secret finds; whatever holds once is judged and written in one transaction.

mod judged;
mod kept;

use std::net::IpAddr;
use std::sync::Arc;

use engine::Core;
use engine::audit::Origin;
use engine::exchange::Known;
use engine::exchange::users::{
    Claimant, Claimed, Code, Decision, DeviceCode, Family, Grant, Holder, Poll, Rotation, Session,
    Taken, TotpOutcome, User, Users,
};
use odata::Error;
use store::{Reader, Transaction};

use super::applications::Layout as Applications;
use super::users::Layout;
use crate::graph::GraphError;
use judged::Around;

pub(super) use kept::{Kept, Kind, clear};

/// The users of a database, as signing in sees them.
pub struct SignIns {
    core: Arc<Core>,
    tables: Layouts,
}

/// The tables that matter here.
#[derive(Clone, Copy)]
struct Layouts {
    users: Layout,
    applications: Applications,
    kept: Kept,
}

impl SignIns {
    /// The users of the database of a service.
    ///
    /// # Errors
    /// If the storage map lacks a table.
    pub fn new(core: Arc<Core>) -> Result<Self, GraphError> {
        let tables = Layouts {
            users: Layout::of(&core.tables)?,
            applications: Applications::of(&core.tables)?,
            kept: Kept::of(&core.tables)?,
        };
        Ok(Self { core, tables })
    }

    /// Reads in a snapshot.
    fn look<T: Send + 'static>(
        &self,
        mut run: impl FnMut(Around<'_>, &mut dyn Reader) -> Result<T, Error> + Send + 'static,
    ) -> Known<'_, T> {
        let (core, tables) = (Arc::clone(&self.core), self.tables);
        Box::pin(
            self.core
                .read(move |reader| run(Around::new(&core, tables), reader)),
        )
    }

    /// Writes in a transaction, for the server itself or for a user at an address.
    fn change<T: Send + 'static>(
        &self,
        client: Option<IpAddr>,
        mut run: impl FnMut(Around<'_>, &mut dyn Transaction) -> Result<T, Error> + Send + 'static,
    ) -> Known<'_, T> {
        let (core, tables) = (Arc::clone(&self.core), self.tables);
        let origin = Origin {
            client,
            ..Origin::server(&self.core)
        };
        Box::pin(self.core.write(origin, move |transaction| {
            run(Around::new(&core, tables), transaction)
        }))
    }
}

impl Users for SignIns {
    fn user(&self, name: String) -> Known<'_, Option<User>> {
        let name = name.to_ascii_lowercase();
        self.look(move |around, reader| around.tables.users.load(reader, &name))
    }

    fn totp(&self, holder: Holder, step: Option<u64>) -> Known<'_, TotpOutcome> {
        self.change(None, move |around, transaction| {
            let users = around.tables.users;
            users.totp(transaction, &holder, (step, around.now))
        })
    }

    fn keep_session(&self, digest: String, session: Session) -> Known<'_, ()> {
        self.change(None, move |around, transaction| {
            let place = (Kind::Session, digest.as_str());
            around.keep(transaction, place, (&session, session.expires_at))
        })
    }

    fn session(&self, digest: String) -> Known<'_, Option<(Session, User)>> {
        self.look(move |around, reader| around.session(reader, &digest))
    }

    fn end_session(&self, digest: String) -> Known<'_, ()> {
        self.change(None, move |around, transaction| {
            let kept = around.tables.kept;
            kept.delete(transaction, (Kind::Session, &digest))
                .map(|_| ())
        })
    }

    fn keep_code(&self, digest: String, code: Code) -> Known<'_, ()> {
        self.change(None, move |around, transaction| {
            let place = (Kind::Code, digest.as_str());
            around.keep(transaction, place, (&code, code.expires_at))
        })
    }

    fn take_code(&self, digest: String, family: String) -> Known<'_, Taken<Code>> {
        self.change(None, move |around, transaction| {
            around.take_code(transaction, &digest, &family)
        })
    }

    fn keep_family(&self, digest: String, family: Family) -> Known<'_, ()> {
        self.change(None, move |around, transaction| {
            let place = (Kind::Family, digest.as_str());
            around.keep(transaction, place, (&family, family.expires_at))
        })
    }

    fn rotate(&self, digest: String, rotation: Rotation) -> Known<'_, Taken<Grant>> {
        self.change(None, move |around, transaction| {
            around.rotate(transaction, &digest, &rotation)
        })
    }

    fn keep_device_code(&self, digest: String, code: DeviceCode) -> Known<'_, bool> {
        self.change(None, move |around, transaction| {
            let place = (Kind::Device, digest.as_str());
            let kept = around.tables.kept;
            kept.insert(around.core, transaction, place, (&code, code.expires_at))
        })
    }

    fn device_code(&self, digest: String) -> Known<'_, Option<DeviceCode>> {
        self.look(move |around, reader| around.undecided(reader, &digest))
    }

    fn decide(&self, digest: String, decision: Decision) -> Known<'_, bool> {
        self.change(None, move |around, transaction| {
            around.decide(transaction, &digest, &decision)
        })
    }

    fn poll(&self, digest: String, secret: String, application: String) -> Known<'_, Poll> {
        self.change(None, move |around, transaction| {
            let place = (Kind::Device, digest.as_str());
            around.poll(transaction, place, (&secret, &application))
        })
    }

    fn set_password(
        &self,
        digest: String,
        password: String,
        client: Option<IpAddr>,
    ) -> Known<'_, Option<String>> {
        self.change(client, move |around, transaction| {
            around.set_password(transaction, &digest, &password)
        })
    }

    fn claim(
        &self,
        digest: String,
        claimant: Claimant,
        client: Option<IpAddr>,
    ) -> Known<'_, Claimed> {
        self.change(client, move |around, transaction| {
            around.claim(transaction, &digest, &claimant)
        })
    }
}
