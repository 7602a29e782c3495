//! What administrators do to registered applications. Whatever takes rights away revokes the tokens
//! that were issued before it, in the same transaction.

use std::collections::BTreeSet;
use std::sync::Arc;

use edm::Value;
use engine::Core;
use engine::audit::Origin;
use engine::exchange::{Application, Credential};
use odata::Error;
use store::Transaction;

use super::applications::{Layout, all, rows};
use super::revocations::{revoke, revoked_until};
use crate::graph::GraphError;

/// The most credentials of one application.
const MOST_CREDENTIALS: usize = 10;

/// Why something is not done to an application.
#[derive(Debug, thiserror::Error)]
pub enum RegistryError {
    /// A role that no operation accepts.
    #[error("no operation accepts the permission {0:?}; the known ones are: {1}")]
    UnknownRole(String, String),
    /// No application has the id.
    #[error("there is no application {0:?}; `runstate app list` shows all")]
    NoApplication(String),
    /// It has too many.
    #[error("the application has {MOST_CREDENTIALS} credentials, the most that one may have")]
    Credentials,
    /// The storage map does not fit.
    #[error(transparent)]
    Tables(#[from] GraphError),
    /// The database refuses.
    #[error(transparent)]
    Store(#[from] Error),
}

/// An application to be registered.
#[derive(Clone, Debug)]
pub struct NewApplication {
    /// What people call it.
    pub display_name: String,
    /// Its application permissions; each must be one that an operation accepts.
    pub roles: Vec<String>,
    /// The role scope tags that they are confined to; none: they reach everything.
    pub role_scope_tag_ids: Vec<String>,
    /// The delegated permissions that users may let it have; likewise.
    pub scopes: Vec<String>,
    /// Where browsers may be sent with what it is to get.
    pub redirect_uris: Vec<String>,
    /// Whether it proves nothing.
    pub public_client: bool,
}

/// The registered applications of a database, to be changed.
pub struct Registry {
    core: Arc<Core>,
    layout: Layout,
}

/// What a change makes of an application, and whether earlier tokens end by it.
type Changed = Result<bool, RegistryError>;

impl Registry {
    /// The applications in the database of a service.
    ///
    /// # Errors
    /// [`RegistryError::Tables`].
    pub fn new(core: Arc<Core>) -> Result<Self, RegistryError> {
        let layout = Layout::of(&core.tables)?;
        Ok(Self { core, layout })
    }

    /// Now, in seconds since 1970.
    #[must_use]
    pub fn now(&self) -> u64 {
        u64::try_from(self.core.clock.now().to_unix_seconds()).unwrap_or(0)
    }

    /// Registers an application with what it proves itself with, if it does, and says its id.
    ///
    /// # Errors
    /// [`RegistryError::UnknownRole`], [`RegistryError::Store`].
    pub async fn create(
        &self,
        new: NewApplication,
        credential: Option<Credential>,
    ) -> Result<String, RegistryError> {
        check_permissions(&self.core, new.roles.iter().chain(&new.scopes))?;
        let id = uuid::Uuid::new_v4().to_string();
        let now = self.now();
        let application = Application {
            id: id.clone(),
            display_name: new.display_name,
            roles: new.roles,
            role_scope_tag_ids: new.role_scope_tag_ids,
            scopes: new.scopes,
            redirect_uris: new.redirect_uris,
            public_client: new.public_client,
            disabled: false,
            created_at: now,
            tokens_from: 0,
            credentials: Vec::new(),
        };
        let (layout, row) = (self.layout, self.layout.row(&self.core, &application));
        let proof =
            credential.map(|credential| self.layout.credential_row(&self.core, &id, &credential));
        let origin = Origin::command_line("app create", &self.core);
        let made = self.core.write(origin, move |transaction| {
            transaction.insert(layout.applications, &row)?;
            if let Some(proof) = &proof {
                transaction.insert(layout.credentials, proof)?;
            }
            Ok(())
        });
        made.await?;
        Ok(id)
    }

    /// All applications with their credentials, by id.
    ///
    /// # Errors
    /// [`RegistryError::Store`].
    pub async fn list(&self) -> Result<Vec<Application>, RegistryError> {
        let (core, layout) = (Arc::clone(&self.core), self.layout);
        let found = self.core.read(move |reader| {
            let mut ids = Vec::new();
            let select = all(&core, layout.applications);
            rows(&core, reader, &select, &mut |row| {
                ids.push(layout.read(&row).id);
            })?;
            let mut found = Vec::with_capacity(ids.len());
            for id in ids {
                found.extend(layout.load(&core, reader, &id)?);
            }
            Ok(found)
        });
        Ok(found.await?)
    }

    /// Gives an application a credential. Those that it has go on until `earlier_until` at the latest,
    /// in seconds since 1970, and none is added to them where they are many already; with `None` they
    /// end at once, and with them the tokens that were issued before.
    ///
    /// # Errors
    /// [`RegistryError::NoApplication`], [`RegistryError::Credentials`], [`RegistryError::Store`].
    pub async fn add_credential(
        &self,
        id: &str,
        credential: Credential,
        earlier_until: Option<u64>,
    ) -> Result<(), RegistryError> {
        let now = self.now();
        self.change(
            ("app rotate", id),
            move |core, layout, transaction, application| {
                let ends =
                    |earlier: &Credential| earlier_until.unwrap_or(0).min(earlier.expires_at);
                let stay = application
                    .credentials
                    .iter()
                    .filter(|known| ends(known) > now);
                if stay.count() >= MOST_CREDENTIALS {
                    return Err(RegistryError::Credentials);
                }
                for earlier in &application.credentials {
                    let key = [&application.id, &earlier.id].map(|id| Value::String(id.clone()));
                    transaction.delete(layout.credentials, &key)?;
                    let kept = Credential {
                        expires_at: ends(earlier),
                        ..earlier.clone()
                    };
                    if kept.expires_at > now {
                        let row = layout.credential_row(core, &application.id, &kept);
                        transaction.insert(layout.credentials, &row)?;
                    }
                }
                let row = layout.credential_row(core, &application.id, &credential);
                transaction.insert(layout.credentials, &row)?;
                Ok(earlier_until.is_none() && !application.credentials.is_empty())
            },
        )
        .await
    }

    /// Replaces what is granted to an application: its own permissions, and those that users may let
    /// it have.
    ///
    /// # Errors
    /// [`RegistryError::UnknownRole`], [`RegistryError::NoApplication`], [`RegistryError::Store`].
    pub async fn grant(
        &self,
        id: &str,
        (roles, scopes): (Vec<String>, Vec<String>),
        role_scope_tag_ids: Vec<String>,
    ) -> Result<(), RegistryError> {
        check_permissions(&self.core, roles.iter().chain(&scopes))?;
        self.change(("app grant", id), move |_, _, _, application| {
            application.roles.clone_from(&roles);
            application.scopes.clone_from(&scopes);
            application
                .role_scope_tag_ids
                .clone_from(&role_scope_tag_ids);
            Ok(true)
        })
        .await
    }

    /// Says whether an application gets tokens. Those that it has end when it gets no more.
    ///
    /// # Errors
    /// [`RegistryError::NoApplication`], [`RegistryError::Store`].
    pub async fn set_disabled(&self, id: &str, disabled: bool) -> Result<(), RegistryError> {
        let command = if disabled {
            "app disable"
        } else {
            "app enable"
        };
        self.change((command, id), move |_, _, _, application| {
            application.disabled = disabled;
            Ok(disabled)
        })
        .await
    }

    /// Removes an application, its credentials and its tokens.
    ///
    /// # Errors
    /// [`RegistryError::NoApplication`], [`RegistryError::Store`].
    pub async fn delete(&self, id: &str) -> Result<(), RegistryError> {
        let (core, layout, key) = (Arc::clone(&self.core), self.layout, id.to_owned());
        let origin = Origin::command_line("app delete", &self.core);
        let deleted = self.core.write(origin, move |transaction| {
            let id = Value::String(key.clone());
            if !transaction.delete(layout.applications, std::slice::from_ref(&id))? {
                return Ok(false);
            }
            transaction.delete_where(layout.credentials, &[(layout.of, id)], u32::MAX)?;
            revoke(
                (&core.model, &core.tables),
                transaction,
                core.clock.now(),
                &key,
            )?;
            Ok(true)
        });
        match deleted.await? {
            true => Ok(()),
            false => Err(RegistryError::NoApplication(id.to_owned())),
        }
    }

    /// Changes an application as it is in the transaction that writes it.
    async fn change(
        &self,
        (command, id): (&'static str, &str),
        mut judge: impl FnMut(&Core, Layout, &mut dyn Transaction, &mut Application) -> Changed
        + Send
        + 'static,
    ) -> Result<(), RegistryError> {
        let (core, layout, key) = (Arc::clone(&self.core), self.layout, id.to_owned());
        let origin = Origin::command_line(command, &self.core);
        let changed = self.core.write(origin, move |transaction| {
            let Some(mut application) = layout.load(&core, transaction, &key)? else {
                return Ok(Err(RegistryError::NoApplication(key.clone())));
            };
            let now = core.clock.now();
            let revokes = match judge(&core, layout, transaction, &mut application) {
                Ok(revokes) => revokes,
                Err(RegistryError::Store(error)) => return Err(error),
                // A refusal comes before the first write.
                Err(refused) => return Ok(Err(refused)),
            };
            if revokes {
                let place = (&*core.model, &*core.tables);
                application.tokens_from = revoked_until(place, transaction, now, &key)?;
            }
            let row = layout.row(&core, &application);
            let columns = [
                layout.roles,
                layout.tags,
                layout.scopes,
                layout.disabled,
                layout.tokens_from,
            ];
            let row_key = [Value::String(key.clone())];
            transaction.update(
                layout.applications,
                &row_key,
                columns.into_iter().collect(),
                &row,
            )?;
            if revokes {
                revoke((&core.model, &core.tables), transaction, now, &key)?;
            }
            Ok(Ok(()))
        });
        changed.await?
    }
}

/// Whether operations accept these permissions.
pub(super) fn check_permissions<'a>(
    core: &Core,
    mut names: impl Iterator<Item = &'a String>,
) -> Result<(), RegistryError> {
    let known: BTreeSet<&str> = core.permission_names();
    match names.find(|name| !known.contains(name.as_str())) {
        None => Ok(()),
        Some(unknown) => {
            let known: Vec<&str> = known.into_iter().collect();
            let known = known.join(", ");
            Err(RegistryError::UnknownRole(unknown.clone(), known))
        }
    }
}
