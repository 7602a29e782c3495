//! What administrators do to users on the host. Whatever takes rights away ends what was issued before
//! it, in the same transaction.

use std::sync::Arc;

use edm::Value;
use engine::Core;
use engine::audit::Origin;
use engine::exchange::users::{Holder, User};
use odata::Error;
use store::Transaction;

use super::registry::{RegistryError, check_permissions};
use super::revocations::revoke;
use super::sign_ins::{Kept, Kind};
use super::users::Layout;
use crate::graph::GraphError;

/// Why something is not done to a user.
#[derive(Debug, thiserror::Error)]
pub enum UserError {
    /// A name that nobody signs in with.
    #[error("{0:?} is no name: 1 to 64 of letters, digits and ._@+-")]
    Name(String),
    /// There is one already.
    #[error("there is a user {0:?} already")]
    Taken(String),
    /// There is none.
    #[error("there is no user {0:?}; `runstate user list` shows all")]
    NoUser(String),
    /// The first administrator is made already.
    #[error("there are users already: have one of them made with `runstate user create`")]
    NotFirst,
    /// A permission that no operation accepts.
    #[error(transparent)]
    Permission(#[from] RegistryError),
    /// The storage map does not fit.
    #[error(transparent)]
    Tables(#[from] GraphError),
    /// The database refuses.
    #[error(transparent)]
    Store(#[from] Error),
}

/// A user who is to be made.
#[derive(Clone, Debug)]
pub struct NewUser {
    /// What it signs in with; lower case is made of it.
    pub name: String,
    /// What people call it.
    pub display_name: String,
    /// Its delegated permissions; each must be one that an operation accepts.
    pub scopes: Vec<String>,
    /// The role scope tags that they are confined to; none: they reach everything.
    pub role_scope_tag_ids: Vec<String>,
    /// The hash of its password as a PHC string, if it has one already.
    pub password: Option<String>,
}

/// A name as it is kept: in lower case.
///
/// # Errors
/// [`UserError::Name`].
pub(super) fn name_of(text: &str) -> Result<String, UserError> {
    let plain = |b: u8| b.is_ascii_alphanumeric() || b"._@+-".contains(&b);
    match (1..=64).contains(&text.len()) && text.bytes().all(plain) {
        true => Ok(text.to_ascii_lowercase()),
        false => Err(UserError::Name(text.to_owned())),
    }
}

/// The users of a database, to be changed.
pub struct UserRegistry {
    core: Arc<Core>,
    users: Layout,
    kept: Kept,
}

impl UserRegistry {
    /// The users in the database of a service.
    ///
    /// # Errors
    /// [`UserError::Tables`].
    pub fn new(core: Arc<Core>) -> Result<Self, UserError> {
        Ok(Self {
            users: Layout::of(&core.tables)?,
            kept: Kept::of(&core.tables)?,
            core,
        })
    }

    /// Now, in seconds since 1970.
    #[must_use]
    pub fn now(&self) -> u64 {
        u64::try_from(self.core.clock.now().to_unix_seconds()).unwrap_or(0)
    }

    /// Makes a user, and says its id.
    ///
    /// # Errors
    /// [`UserError`].
    pub async fn create(&self, new: NewUser) -> Result<String, UserError> {
        check_permissions(&self.core, new.scopes.iter())?;
        let user = User {
            name: name_of(&new.name)?,
            id: self.core.ids.new_id().to_string(),
            display_name: new.display_name,
            scopes: new.scopes,
            role_scope_tag_ids: new.role_scope_tag_ids,
            disabled: false,
            created_at: self.now(),
            tokens_from: 0,
            password: new.password,
            totp_secret: None,
        };
        let (core, users, id) = (Arc::clone(&self.core), self.users, user.id.clone());
        let origin = Origin::command_line("user create", &self.core);
        let made = self.core.write(origin, move |transaction| {
            users.insert(&core, transaction, &user)
        });
        match made.await? {
            true => Ok(id),
            false => Err(UserError::Taken(new.name)),
        }
    }

    /// All users, by name.
    ///
    /// # Errors
    /// [`UserError::Store`].
    pub async fn list(&self) -> Result<Vec<User>, UserError> {
        let (core, users) = (Arc::clone(&self.core), self.users);
        let found = self.core.read(move |reader| users.all(&core, reader));
        Ok(found.await?)
    }

    /// Gives a user a password, as a PHC string.
    ///
    /// # Errors
    /// [`UserError::NoUser`], [`UserError::Store`].
    pub async fn set_password(&self, name: &str, password: String) -> Result<(), UserError> {
        self.change(name, "user password", true, move |user| {
            user.password = Some(password.clone());
        })
        .await
    }

    /// Has a user need one-time passwords of a secret, or none.
    ///
    /// # Errors
    /// [`UserError::NoUser`], [`UserError::Store`].
    pub async fn set_totp(&self, name: &str, secret: Option<Vec<u8>>) -> Result<(), UserError> {
        self.change(name, "user totp", true, move |user| {
            user.totp_secret.clone_from(&secret);
        })
        .await
    }

    /// Replaces what is granted to a user.
    ///
    /// # Errors
    /// [`UserError`].
    pub async fn grant(
        &self,
        name: &str,
        scopes: Vec<String>,
        role_scope_tag_ids: Vec<String>,
    ) -> Result<(), UserError> {
        check_permissions(&self.core, scopes.iter())?;
        self.change(name, "user grant", true, move |user| {
            user.scopes.clone_from(&scopes);
            user.role_scope_tag_ids.clone_from(&role_scope_tag_ids);
        })
        .await
    }

    /// Says whether a user can sign in. What it has ends when it cannot.
    ///
    /// # Errors
    /// [`UserError::NoUser`], [`UserError::Store`].
    pub async fn set_disabled(&self, name: &str, disabled: bool) -> Result<(), UserError> {
        let command = match disabled {
            true => "user disable",
            false => "user enable",
        };
        self.change(name, command, disabled, move |user| {
            user.disabled = disabled;
        })
        .await
    }

    /// Removes a user, and what it has.
    ///
    /// # Errors
    /// [`UserError::NoUser`], [`UserError::Store`].
    pub async fn delete(&self, name: &str) -> Result<(), UserError> {
        let (core, users, name) = (Arc::clone(&self.core), self.users, name_of(name)?);
        let wanted = name.clone();
        let origin = Origin::command_line("user delete", &self.core);
        let deleted = self.core.write(origin, move |transaction| {
            let Some(user) = users.load(transaction, &wanted)? else {
                return Ok(false);
            };
            revoke(
                (&core.model, &core.tables),
                transaction,
                core.clock.now(),
                &user.id,
            )?;
            transaction.delete(users.table, &[Value::from(wanted.as_str())])
        });
        match deleted.await? {
            true => Ok(()),
            false => Err(UserError::NoUser(name)),
        }
    }

    /// Keeps the digest of a one-time code with which a user sets its password until a time.
    ///
    /// # Errors
    /// [`UserError::NoUser`], [`UserError::Store`].
    pub async fn add_password_code(
        &self,
        name: &str,
        digest: String,
        expires_at: u64,
    ) -> Result<(), UserError> {
        let (core, users, kept) = (Arc::clone(&self.core), self.users, self.kept);
        let (name, now) = (name_of(name)?, self.now());
        let wanted = name.clone();
        let origin = Origin::command_line("user password", &self.core);
        let added = self.core.write(origin, move |transaction| {
            let Some(user) = users.load(transaction, &wanted)? else {
                return Ok(false);
            };
            let holder = Holder {
                name: user.name,
                id: user.id,
                since: now.max(user.tokens_from),
            };
            let place = (Kind::Password, digest.as_str());
            kept.insert(&core, transaction, place, (&holder, expires_at))
        });
        match added.await? {
            true => Ok(()),
            false => Err(UserError::NoUser(name)),
        }
    }

    /// Keeps the digest of a one-time code with which somebody becomes the first administrator.
    ///
    /// # Errors
    /// [`UserError::NotFirst`], [`UserError::Store`].
    pub async fn add_first_code(&self, digest: String, expires_at: u64) -> Result<(), UserError> {
        let (core, users, kept) = (Arc::clone(&self.core), self.users, self.kept);
        let origin = Origin::command_line("user first-administrator", &self.core);
        let added = self.core.write(origin, move |transaction| {
            if users.any(&core, transaction)? {
                return Ok(false);
            }
            let place = (Kind::First, digest.as_str());
            kept.insert(&core, transaction, place, (&(), expires_at))
        });
        match added.await? {
            true => Ok(()),
            false => Err(UserError::NotFirst),
        }
    }

    /// Changes a user as it is in the transaction that writes it.
    async fn change(
        &self,
        name: &str,
        command: &'static str,
        ends: bool,
        mut judge: impl FnMut(&mut User) + Send + 'static,
    ) -> Result<(), UserError> {
        let (core, users, name) = (Arc::clone(&self.core), self.users, name_of(name)?);
        let wanted = name.clone();
        let origin = Origin::command_line(command, &self.core);
        let changed = self
            .core
            .write(origin, move |transaction: &mut dyn Transaction| {
                let Some(mut user) = users.load(transaction, &wanted)? else {
                    return Ok(false);
                };
                judge(&mut user);
                users.update(&core, transaction, &mut user, ends)?;
                Ok(true)
            });
        match changed.await? {
            true => Ok(()),
            false => Err(UserError::NoUser(name)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names() {
        let check = |text: &str, expected: Option<&str>| {
            assert_eq!(name_of(text).ok().as_deref(), expected, "{text}");
        };
        check("Ada", Some("ada"));
        check("ada@example.com", Some("ada@example.com"));
        check(&"a".repeat(64), Some(&"a".repeat(64)));
        for bad in ["", "a b", "a\n", "<a>", "\u{e9}", &"a".repeat(65)] {
            check(bad, None);
        }
    }
}
