//! The signing keys of a database, and the tenant that they sign for.

mod layout;

use std::sync::Arc;

use engine::Core;
use engine::audit::Origin;
use engine::exchange::{self, KeptSecret, Known, OwnAuthority, SigningKeyRow};
use odata::Error;
use store::Transaction;
use uuid::Uuid;

use crate::graph::GraphError;
use layout::{Kept, Layout, ends_at};

/// The most keys that are kept, retired ones included.
const MOST_KEYS: usize = 50;

/// Why nothing is done to a signing key.
#[derive(Debug, thiserror::Error)]
pub enum SigningKeyError {
    /// No key has the id.
    #[error("there is no signing key {0:?}; `runstate key list` shows all")]
    NoKey(String),
    /// There are too many.
    #[error(
        "there are {MOST_KEYS} signing keys, the most that are kept; those of which all tokens have expired go within an hour"
    )]
    Keys,
    /// The next key is there.
    #[error("the key {0} is to sign next; say --now to let it sign at once, or retire it")]
    Pending(String),
    /// Its tokens would end.
    #[error(
        "tokens that the key {0} signed hold; it goes by itself when they have expired, and --now ends them"
    )]
    InUse(String),
    /// It signs.
    #[error(
        "the key {0} signs; rotate first, or say --now to put another one in its place and end its tokens"
    )]
    Signs(String),
    /// It is retired.
    #[error("the key {0} is retired")]
    Retired(String),
    /// The storage map does not fit.
    #[error(transparent)]
    Tables(#[from] GraphError),
    /// The database refuses.
    #[error(transparent)]
    Store(#[from] Error),
}

/// A key to be kept.
#[derive(Clone, Debug)]
pub struct NewSigningKey {
    /// The `kid` of its tokens.
    pub id: String,
    /// The private key.
    pub secret: KeptSecret,
}

/// When the next key signs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Rotation {
    /// As soon as servers know it.
    Now,
    /// After so many seconds, in which it is published.
    After(u64),
}

/// The signing keys of a database.
#[derive(Clone)]
pub struct SigningKeys {
    core: Arc<Core>,
    layout: Layout,
}

/// What became of a command: a refusal comes before the first write.
type Judged<T> = Result<Result<T, SigningKeyError>, Error>;

impl SigningKeys {
    /// The keys in the database of a service.
    ///
    /// # Errors
    /// [`SigningKeyError::Tables`].
    pub fn new(core: Arc<Core>) -> Result<Self, SigningKeyError> {
        let layout = Layout::of(&core.tables)?;
        Ok(Self { core, layout })
    }

    /// The tenant. A database that has none gets one.
    ///
    /// # Errors
    /// [`SigningKeyError::Store`].
    pub async fn tenant(&self) -> Result<Uuid, SigningKeyError> {
        let known = self.read(|core, layout, reader| layout.tenant(core, reader));
        if let Some(tenant) = known.await? {
            return Ok(tenant);
        }
        let (core, layout) = (Arc::clone(&self.core), self.layout);
        let made = self
            .core
            .write(Origin::server(&self.core), move |transaction| {
                // Of those who come at once, one makes it.
                transaction.insert(layout.tenants, &layout.tenant_row(&core, Uuid::new_v4()))
            });
        made.await?;
        let known = self.read(|core, layout, reader| layout.tenant(core, reader));
        let lost = || Error::internal("the tenant that was made is not there");
        Ok(known.await?.ok_or_else(lost)?)
    }

    /// The tenant, with a key to sign: this one, if there is none yet.
    ///
    /// # Errors
    /// [`SigningKeyError::Store`].
    pub async fn found(&self, first: NewSigningKey) -> Result<Uuid, SigningKeyError> {
        let tenant = self.tenant().await?;
        let known = self.read(|core, layout, reader| layout.keys(core, reader));
        if known.await?.is_empty() {
            let origin = Origin::server(&self.core);
            let made = self.change(origin, move |core, layout, transaction, keys| {
                if keys.is_empty() {
                    // It signs whatever the clocks say that read it.
                    insert(core, layout, transaction, &first, 0)?;
                }
                Ok(Ok(()))
            });
            made.await?;
        }
        Ok(tenant)
    }

    /// Makes the next key, or lets the one that is there sign at once. Says its id.
    ///
    /// # Errors
    /// [`SigningKeyError::Pending`], [`SigningKeyError::Keys`], [`SigningKeyError::Store`].
    pub async fn rotate(
        &self,
        next: NewSigningKey,
        when: Rotation,
    ) -> Result<String, SigningKeyError> {
        let origin = Origin::command_line("key rotate", &self.core);
        self.change(origin, move |core, layout, transaction, keys| {
            let now = seconds_now(core);
            let pending = keys.iter().find(|key| key.is_pending(now));
            match (pending, when) {
                (Some(pending), Rotation::After(_)) => {
                    Ok(Err(SigningKeyError::Pending(pending.id.clone())))
                }
                (Some(pending), Rotation::Now) => {
                    let signs = Kept {
                        signs_from: now,
                        ..pending.clone()
                    };
                    layout.update(core, transaction, &signs)?;
                    Ok(Ok(pending.id.clone()))
                }
                (None, _) if keys.len() >= MOST_KEYS => Ok(Err(SigningKeyError::Keys)),
                (None, when) => {
                    let wait = match when {
                        Rotation::Now => 0,
                        Rotation::After(seconds) => seconds,
                    };
                    insert(core, layout, transaction, &next, now.saturating_add(wait))?;
                    Ok(Ok(next.id.clone()))
                }
            }
        })
        .await
    }

    /// Takes a key out of service. Without `now`, only one that has signed nothing yet; with it, its
    /// tokens hold no more, on every server within 2 seconds, and if it was the one that signs,
    /// the next one does, or `instead`.
    ///
    /// # Errors
    /// [`SigningKeyError`].
    pub async fn retire(
        &self,
        id: &str,
        now: bool,
        instead: NewSigningKey,
    ) -> Result<(), SigningKeyError> {
        let id = id.to_owned();
        let origin = Origin::command_line("key retire", &self.core);
        self.change(origin, move |core, layout, transaction, keys| {
            let time = seconds_now(core);
            let Some(key) = keys.iter().find(|key| key.id == id) else {
                return Ok(Err(SigningKeyError::NoKey(id.clone())));
            };
            let signs = current(keys, time).is_some_and(|signs| signs.id == id);
            if key.retired_at.is_some() {
                return Ok(Err(SigningKeyError::Retired(id.clone())));
            }
            if key.is_pending(time) && !signs {
                layout.delete(transaction, &id)?;
                return Ok(Ok(()));
            }
            if !now {
                let why = if signs {
                    SigningKeyError::Signs
                } else {
                    SigningKeyError::InUse
                };
                return Ok(Err(why(id.clone())));
            }
            let retired = Kept {
                secret: None,
                retired_at: Some(time),
                ..key.clone()
            };
            layout.update(core, transaction, &retired)?;
            if signs {
                match keys.iter().find(|key| key.is_pending(time)) {
                    Some(next) => {
                        let next = Kept {
                            signs_from: time,
                            ..next.clone()
                        };
                        layout.update(core, transaction, &next)?;
                    }
                    None => insert(core, layout, transaction, &instead, time)?,
                }
            }
            Ok(Ok(()))
        })
        .await
    }

    /// Notes that a key signs a token that holds until a second since 1970, for longer than what
    /// servers issue, before anyone gets it.
    ///
    /// # Errors
    /// [`SigningKeyError::NoKey`], [`SigningKeyError::Retired`], [`SigningKeyError::Store`].
    pub async fn note_token(&self, id: &str, until: u64) -> Result<(), SigningKeyError> {
        let id = id.to_owned();
        let origin = Origin::command_line("token", &self.core);
        self.change(origin, move |core, layout, transaction, keys| {
            match keys.iter().find(|key| key.id == id) {
                None => Ok(Err(SigningKeyError::NoKey(id.clone()))),
                Some(key) if key.retired_at.is_some() => {
                    Ok(Err(SigningKeyError::Retired(id.clone())))
                }
                Some(key) if key.signed_until >= until => Ok(Ok(())),
                Some(key) => {
                    let noted = Kept {
                        signed_until: until,
                        ..key.clone()
                    };
                    layout.update(core, transaction, &noted)?;
                    Ok(Ok(()))
                }
            }
        })
        .await
    }

    /// Now, in seconds since 1970.
    #[must_use]
    pub fn now(&self) -> u64 {
        seconds_now(&self.core)
    }

    /// Reads something of the tables.
    async fn read<T: Send + 'static>(
        &self,
        read_it: impl Fn(&Core, Layout, &mut dyn store::Reader) -> Result<T, Error> + Send + 'static,
    ) -> Result<T, Error> {
        let (core, layout) = (Arc::clone(&self.core), self.layout);
        self.core
            .read(move |reader| read_it(&core, layout, reader))
            .await
    }

    /// Changes the keys as they are in the transaction that writes them.
    async fn change<T: Send + 'static>(
        &self,
        origin: Origin,
        judge: impl Fn(&Core, Layout, &mut dyn Transaction, &[Kept]) -> Judged<T> + Send + 'static,
    ) -> Result<T, SigningKeyError> {
        let (core, layout) = (Arc::clone(&self.core), self.layout);
        let changed = self.core.write(origin, move |transaction| {
            // Of two changes that come at once, one waits here.
            layout.lock(transaction)?;
            let keys = layout.keys(&core, transaction)?;
            judge(&core, layout, transaction, &keys)
        });
        changed.await?
    }
}

impl exchange::SigningKeys for SigningKeys {
    fn all(&self) -> Known<'_, OwnAuthority> {
        let found = self.read(|core, layout, reader| {
            let tenant = layout.tenant(core, reader)?;
            Ok((tenant, layout.keys(core, reader)?))
        });
        Box::pin(async move {
            let (tenant, keys) = found.await?;
            let tenant = tenant.ok_or_else(|| Error::internal("the database has no tenant"))?;
            let ends: Vec<_> = (0..keys.len()).map(|index| ends_at(&keys, index)).collect();
            let shown = keys
                .into_iter()
                .zip(ends)
                .map(|(key, ends_at)| SigningKeyRow {
                    id: key.id,
                    secret: key.secret,
                    created_at: key.created_at,
                    signs_from: key.signs_from,
                    ends_at,
                    retired_at: key.retired_at,
                });
            let keys = shown.collect();
            Ok(OwnAuthority { tenant, keys })
        })
    }
}

/// The key that signs.
fn current(keys: &[Kept], now: u64) -> Option<&Kept> {
    let mut live = keys.iter().filter(|key| key.retired_at.is_none());
    let first = live.clone().next();
    live.rfind(|key| key.signs_from <= now).or(first)
}

fn insert(
    core: &Core,
    layout: Layout,
    transaction: &mut dyn Transaction,
    new: &NewSigningKey,
    signs_from: u64,
) -> Result<(), Error> {
    let key = Kept {
        id: new.id.clone(),
        secret: Some(new.secret.clone()),
        created_at: seconds_now(core),
        signs_from,
        signed_until: 0,
        retired_at: None,
    };
    match transaction.insert(layout.table, &layout.row(core, &key))? {
        true => Ok(()),
        false => Err(Error::internal("a new signing key has the id of another")),
    }
}

fn seconds_now(core: &Core) -> u64 {
    u64::try_from(core.clock.now().to_unix_seconds()).unwrap_or(0)
}

/// Removes the keys of which all tokens have expired.
///
/// # Errors
/// What the store says; the next call goes on.
pub(super) async fn clear(core: &Arc<Core>) -> Result<(), Error> {
    let layout = Layout::of(&core.tables).map_err(Error::internal)?;
    let shared = Arc::clone(core);
    core.write(Origin::server(core), move |transaction| {
        let keys = layout.keys(&shared, transaction)?;
        let now = seconds_now(&shared);
        for (index, key) in keys.iter().enumerate() {
            if ends_at(&keys, index).is_some_and(|end| end <= now) {
                layout.delete(transaction, &key.id)?;
            }
        }
        Ok(())
    })
    .await
}
