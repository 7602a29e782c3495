//! The keys of the server's own tokens, as the database said last: several at a time, so that one can
//! take the place of another while the tokens of both hold.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, PoisonError, RwLock, Weak};
use std::time::{Duration, SystemTime};

use engine::exchange::{OwnAuthority, SigningKeys};
use tokio::sync::Mutex;
use tokio::time::{Instant, sleep_until, timeout};
use uuid::Uuid;

use super::seal::signing_key;
use super::token::seconds;
use super::{AuthError, KeyEncryptionKey, KeyError, SigningKey};

/// How often is looked for what is new.
const LOOK: Duration = Duration::from_secs(1);
/// How long rests between two looks that tokens of unknown keys ask for.
const COOL_DOWN: Duration = Duration::from_millis(100);
/// How long such a look may take.
const PATIENCE: Duration = Duration::from_secs(2);
/// What is said of a token that none of the keys signed.
pub(super) const NOT_OURS: &str = "The access token is not signed by a key of this server.";

/// A key and what became of it.
pub(super) struct OwnKey {
    id: String,
    /// None, if it was retired before it was met.
    key: Option<SigningKey>,
    /// Whether it was retired: its tokens do not hold any more.
    retired: AtomicBool,
}

impl OwnKey {
    /// Whether its tokens do not hold any more.
    pub(super) fn is_retired(&self) -> bool {
        self.retired.load(Ordering::Acquire)
    }

    /// What verifies its tokens.
    pub(super) fn verifies(&self) -> Option<&SigningKey> {
        self.key.as_ref().filter(|_| !self.is_retired())
    }
}

/// A key at its time. Times are seconds since 1970.
struct Timed {
    key: Arc<OwnKey>,
    signs_from: u64,
    ends_at: Option<u64>,
}

impl Timed {
    fn ended(&self, now: u64) -> bool {
        self.ends_at.is_some_and(|end| end <= now)
    }
}

/// The signing keys of the own tenant.
pub struct KeySet {
    tenant: Uuid,
    source: Option<Arc<dyn SigningKeys>>,
    seal: Option<KeyEncryptionKey>,
    /// In the order in which they sign.
    known: RwLock<Arc<Vec<Timed>>>,
    /// When the last look began.
    looked: Mutex<Option<Instant>>,
}

impl KeySet {
    /// One key that is all there ever is: for a service without a database of keys.
    #[must_use]
    pub fn of(tenant: Uuid, key: SigningKey) -> Self {
        let own = OwnKey {
            id: key.thumbprint(),
            key: Some(key),
            retired: AtomicBool::new(false),
        };
        let timed = Timed {
            key: Arc::new(own),
            signs_from: 0,
            ends_at: None,
        };
        Self {
            tenant,
            source: None,
            seal: None,
            known: RwLock::new(Arc::new(vec![timed])),
            looked: Mutex::default(),
        }
    }

    /// The keys of a database.
    ///
    /// # Errors
    /// If they cannot be read, one is broken or sealed by another key than this, or none signs.
    pub async fn read(
        source: Arc<dyn SigningKeys>,
        seal: Option<KeyEncryptionKey>,
    ) -> Result<Self, KeyError> {
        let found = source.all().await.map_err(KeyError::Read)?;
        let set = Self {
            tenant: found.tenant,
            source: Some(source),
            seal,
            known: RwLock::default(),
            looked: Mutex::default(),
        };
        set.learn(found)?;
        set.current(SystemTime::now()).ok_or(KeyError::None)?;
        Ok(set)
    }

    /// The tenant.
    #[must_use]
    pub fn tenant(&self) -> Uuid {
        self.tenant
    }

    /// The issuer of its tokens.
    #[must_use]
    pub fn issuer(&self) -> String {
        format!("urn:runstate:{}", self.tenant)
    }

    /// The key that signs now; by a clock that is before all of them, the first.
    pub(super) fn current(&self, now: SystemTime) -> Option<Arc<OwnKey>> {
        let (known, now) = (self.known(), seconds(now));
        let mut sign = known.iter().filter(|timed| timed.key.verifies().is_some());
        let first = sign.clone().next();
        let current = sign.rfind(|timed| timed.signs_from <= now).or(first);
        current.map(|timed| Arc::clone(&timed.key))
    }

    /// The public keys of the tokens that hold, and of the next: their ids and coordinates.
    pub(crate) fn published(&self, now: SystemTime) -> Vec<(String, Vec<u8>, Vec<u8>)> {
        let (known, now) = (self.known(), seconds(now));
        let live = known.iter().filter(|timed| !timed.ended(now));
        live.filter_map(|timed| {
            let (x, y) = timed.key.verifies()?.coordinates();
            Some((timed.key.id.clone(), x.to_vec(), y.to_vec()))
        })
        .collect()
    }

    /// The key of an id. Where none is known, the database is asked once more: it may have been made
    /// a moment ago, and have signed at another server already.
    pub(super) async fn find(&self, id: &str) -> Result<Arc<OwnKey>, AuthError> {
        if let Some(known) = self.known_of(id) {
            return Ok(known);
        }
        let plain = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_');
        // Nothing else is a thumbprint.
        if id.len() == 43 && id.bytes().all(plain) && self.source.is_some() {
            self.look_since(Instant::now()).await?;
        }
        self.known_of(id).ok_or(AuthError::Invalid(NOT_OURS))
    }

    fn known(&self) -> Arc<Vec<Timed>> {
        // A poisoned lock still holds a whole value: it is exchanged in one step.
        let known = self.known.read().unwrap_or_else(PoisonError::into_inner);
        Arc::clone(&known)
    }

    fn known_of(&self, id: &str) -> Option<Arc<OwnKey>> {
        let known = self.known();
        let found = known.iter().find(|timed| timed.key.id == id)?;
        Some(Arc::clone(&found.key))
    }

    /// Looks, unless somebody has since. All who wait share a look, so that tokens that name keys at
    /// random cost the database some looks in a second, however many they are.
    async fn look_since(&self, asked: Instant) -> Result<(), AuthError> {
        let mut looked = self.looked.lock().await;
        if looked.is_some_and(|last| last > asked) {
            return Ok(());
        }
        if let Some(last) = *looked {
            sleep_until(last + COOL_DOWN).await;
        }
        match timeout(PATIENCE, self.look(&mut looked)).await {
            Ok(Ok(())) => Ok(()),
            Ok(Err(_)) | Err(_) => Err(AuthError::Unavailable),
        }
    }

    /// Looks what the database says. One look at a time, so that none brings back what is older.
    async fn look(&self, looked: &mut Option<Instant>) -> Result<(), KeyError> {
        let Some(source) = &self.source else {
            return Ok(());
        };
        *looked = Some(Instant::now());
        let found = source.all().await.map_err(KeyError::Read)?;
        self.learn(found)
    }

    /// Takes over what the database says. A key that cannot be used does not keep others from it.
    fn learn(&self, found: OwnAuthority) -> Result<(), KeyError> {
        let (mut keys, mut failed) = (Vec::with_capacity(found.keys.len()), Ok(()));
        for row in found.keys {
            let retired = row.retired_at.is_some();
            let known = self.known_of(&row.id);
            let key = match (known, &row.secret) {
                (Some(known), _) => known,
                (None, None) => Arc::new(OwnKey {
                    id: row.id,
                    key: None,
                    retired: AtomicBool::new(retired),
                }),
                (None, Some(kept)) => match signing_key(&row.id, kept, self.seal.as_ref()) {
                    Ok(key) => Arc::new(OwnKey {
                        id: row.id,
                        key: Some(key),
                        retired: AtomicBool::new(retired),
                    }),
                    Err(error) => {
                        failed = Err(error);
                        continue;
                    }
                },
            };
            if retired {
                key.retired.store(true, Ordering::Release);
            }
            keys.push(Timed {
                key,
                signs_from: row.signs_from,
                ends_at: row.ends_at,
            });
        }
        self.exchange(keys);
        failed
    }

    fn exchange(&self, keys: Vec<Timed>) {
        let mut known = self.known.write().unwrap_or_else(PoisonError::into_inner);
        for gone in known.iter() {
            if !keys.iter().any(|timed| Arc::ptr_eq(&timed.key, &gone.key)) {
                gone.key.retired.store(true, Ordering::Release);
            }
        }
        *known = Arc::new(keys);
    }
}

/// Keeps the keys current for as long as anyone needs them, within a runtime of tokio. While the
/// database cannot be read, what is known counts.
pub(crate) fn watch(keys: &Arc<KeySet>) {
    if keys.source.is_some() {
        tokio::spawn(keep_current(Arc::downgrade(keys)));
    }
}

async fn keep_current(keys: Weak<KeySet>) {
    let mut complained = false;
    loop {
        tokio::time::sleep(LOOK).await;
        let Some(keys) = keys.upgrade() else { return };
        let mut looked = keys.looked.lock().await;
        match keys.look(&mut looked).await {
            Ok(()) => complained = false,
            Err(reason) => {
                if !complained {
                    tracing::warn!(%reason, "not all signing keys can be read; what is known counts");
                }
                complained = true;
            }
        }
    }
}
