//! What holds, and for how long: each is judged as it is in the transaction.

use engine::Core;
use engine::exchange::Application;
use engine::exchange::users::{
    Claimant, Claimed, Code, Decision, DeviceCode, Family, Grant, Holder, Poll, Rotation, Session,
    Taken, User,
};
use odata::Error;
use serde::Serialize;
use store::{Reader, Transaction};

use super::super::user_registry::name_of;
use super::Layouts;
use super::kept::Kind;

/// By how many seconds a device that asks too often must ask more slowly (RFC 8628, section 3.5).
const SLOWER: u64 = 5;

/// Who a grant is between.
type Parties = (Box<User>, Box<Application>);

/// What a transaction here works with.
#[derive(Clone, Copy)]
pub(super) struct Around<'a> {
    pub(super) core: &'a Core,
    pub(super) tables: Layouts,
    /// In seconds since 1970.
    pub(super) now: u64,
}

impl<'a> Around<'a> {
    pub(super) fn new(core: &'a Core, tables: Layouts) -> Self {
        let now = u64::try_from(core.clock.now().to_unix_seconds()).unwrap_or(0);
        Self { core, tables, now }
    }

    /// Keeps something under the digest of a secret, which nobody else has.
    pub(super) fn keep(
        self,
        transaction: &mut dyn Transaction,
        place: (Kind, &str),
        kept: (&impl Serialize, u64),
    ) -> Result<(), Error> {
        match self
            .tables
            .kept
            .insert(self.core, transaction, place, kept)?
        {
            true => Ok(()),
            false => Err(Error::internal("a random secret came twice")),
        }
    }

    pub(super) fn session(
        self,
        reader: &mut dyn Reader,
        digest: &str,
    ) -> Result<Option<(Session, User)>, Error> {
        let kept = self.tables.kept;
        let Some(session) = kept.get::<Session>(reader, (Kind::Session, digest), self.now)? else {
            return Ok(None);
        };
        let user = self.tables.users.holding(reader, &session.holder)?;
        Ok(user.map(|user| (session, user)))
    }

    /// The user and the application of a grant, if both still have what they had.
    fn parties(self, reader: &mut dyn Reader, grant: &Grant) -> Result<Option<Parties>, Error> {
        let applications = self.tables.applications;
        let application = applications.load(self.core, reader, &grant.application_id)?;
        let application =
            application.filter(|known| !known.disabled && grant.granted_at >= known.tokens_from);
        let user = self.tables.users.holding(reader, &grant.holder)?;
        Ok(user
            .zip(application)
            .map(|(u, a)| (Box::new(u), Box::new(a))))
    }

    /// Ends all that a user has: somebody else has a part of it.
    fn end_all(self, transaction: &mut dyn Transaction, holder: &Holder) -> Result<(), Error> {
        let users = self.tables.users;
        match users.holding(transaction, holder)? {
            Some(mut user) => users.update(self.core, transaction, &mut user, true),
            None => Ok(()),
        }
    }

    pub(super) fn take_code(
        self,
        transaction: &mut dyn Transaction,
        digest: &str,
        family: &str,
    ) -> Result<Taken<Code>, Error> {
        let (kept, place) = (self.tables.kept, (Kind::Code, digest));
        let Some(mut code) = kept.get::<Code>(transaction, place, self.now)? else {
            return Ok(Taken::Unknown);
        };
        if code.used {
            if let Some(family) = &code.family {
                kept.delete(transaction, (Kind::Family, family))?;
            }
            self.end_all(transaction, &code.grant.holder)?;
            return Ok(Taken::Reused);
        }
        (code.used, code.family) = (true, Some(family.to_owned()));
        kept.replace(self.core, transaction, place, (&code, code.expires_at))?;
        Ok(match self.parties(transaction, &code.grant)? {
            Some((user, application)) => Taken::Fresh(code, user, application),
            None => Taken::Unknown,
        })
    }

    pub(super) fn rotate(
        self,
        transaction: &mut dyn Transaction,
        digest: &str,
        rotation: &Rotation,
    ) -> Result<Taken<Grant>, Error> {
        let (kept, place) = (self.tables.kept, (Kind::Family, digest));
        let family = kept.get::<Family>(transaction, place, self.now)?;
        let ours = |family: &Family| family.grant.application_id == rotation.application_id;
        let Some(mut family) = family.filter(ours) else {
            return Ok(Taken::Unknown);
        };
        if family.latest != rotation.presented {
            kept.delete(transaction, place)?;
            self.end_all(transaction, &family.grant.holder)?;
            return Ok(Taken::Reused);
        }
        let Some((user, application)) = self.parties(transaction, &family.grant)? else {
            kept.delete(transaction, place)?;
            return Ok(Taken::Unknown);
        };
        family.latest.clone_from(&rotation.next);
        family.expires_at = rotation.expires_at;
        kept.replace(self.core, transaction, place, (&family, family.expires_at))?;
        Ok(Taken::Fresh(family.grant, user, application))
    }

    pub(super) fn poll(
        self,
        transaction: &mut dyn Transaction,
        place: (Kind, &str),
        (secret, application): (&str, &str),
    ) -> Result<Poll, Error> {
        let kept = self.tables.kept;
        let code = kept.get::<DeviceCode>(transaction, place, self.now)?;
        let ours = |code: &DeviceCode| code.secret == secret && code.application_id == application;
        let Some(mut code) = code.filter(ours) else {
            return Ok(Poll::Expired);
        };
        match code.decision {
            Some(Decision::Denied) => {
                kept.delete(transaction, place)?;
                Ok(Poll::Denied)
            }
            Some(Decision::Allowed(holder)) => {
                kept.delete(transaction, place)?;
                let grant = Grant {
                    holder,
                    application_id: code.application_id,
                    granted_at: code.granted_at,
                    scope: code.scope,
                    nonce: None,
                };
                let parties = self.parties(transaction, &grant)?;
                Ok(match parties {
                    Some((user, application)) => Poll::Allowed(grant, user, application),
                    None => Poll::Expired,
                })
            }
            None => {
                let early = self.now < code.asked_at.saturating_add(code.interval);
                code.asked_at = self.now;
                if early {
                    code.interval = code.interval.saturating_add(SLOWER);
                }
                kept.replace(self.core, transaction, place, (&code, code.expires_at))?;
                Ok(if early { Poll::SlowDown } else { Poll::Pending })
            }
        }
    }

    pub(super) fn undecided(
        self,
        reader: &mut dyn Reader,
        digest: &str,
    ) -> Result<Option<DeviceCode>, Error> {
        let place = (Kind::Device, digest);
        let code = self
            .tables
            .kept
            .get::<DeviceCode>(reader, place, self.now)?;
        Ok(code.filter(|code| code.decision.is_none()))
    }

    pub(super) fn decide(
        self,
        transaction: &mut dyn Transaction,
        digest: &str,
        decision: &Decision,
    ) -> Result<bool, Error> {
        let Some(mut code) = self.undecided(transaction, digest)? else {
            return Ok(false);
        };
        code.decision = Some(decision.clone());
        let place = (Kind::Device, digest);
        let kept = self.tables.kept;
        kept.replace(self.core, transaction, place, (&code, code.expires_at))?;
        Ok(true)
    }

    pub(super) fn set_password(
        self,
        transaction: &mut dyn Transaction,
        digest: &str,
        password: &str,
    ) -> Result<Option<String>, Error> {
        let (kept, place) = (self.tables.kept, (Kind::Password, digest));
        let Some(holder) = kept.get::<Holder>(transaction, place, self.now)? else {
            return Ok(None);
        };
        kept.delete(transaction, place)?;
        let users = self.tables.users;
        let user = users.load(transaction, &holder.name)?;
        // A code outlives what ends tokens, but not the user, nor the right to sign in.
        let Some(mut user) = user.filter(|user| user.id == holder.id && !user.disabled) else {
            return Ok(None);
        };
        user.password = Some(password.to_owned());
        users.update(self.core, transaction, &mut user, true)?;
        Ok(Some(user.name))
    }

    pub(super) fn claim(
        self,
        transaction: &mut dyn Transaction,
        digest: &str,
        claimant: &Claimant,
    ) -> Result<Claimed, Error> {
        let (kept, users) = (self.tables.kept, self.tables.users);
        let Ok(name) = name_of(&claimant.name) else {
            return Ok(Claimed::Refused);
        };
        let code = kept.get::<()>(transaction, (Kind::First, digest), self.now)?;
        if code.is_none() || users.any(self.core, transaction)? {
            return Ok(Claimed::Refused);
        }
        let permissions = self.core.permission_names().into_iter();
        let user = User {
            name,
            id: self.core.ids.new_id().to_string(),
            display_name: claimant.display_name.clone(),
            scopes: permissions.map(str::to_owned).collect(),
            role_scope_tag_ids: Vec::new(),
            disabled: false,
            created_at: self.now,
            tokens_from: 0,
            password: Some(claimant.password.clone()),
            totp_secret: None,
        };
        users.insert(self.core, transaction, &user)?;
        kept.delete_all(transaction, Kind::First)?;
        Ok(Claimed::Made)
    }
}
