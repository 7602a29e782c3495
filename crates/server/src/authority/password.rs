//! Passwords: hashed with Argon2id (RFC 9106) on threads of their own, a few at once.

use argon2::password_hash::phc::PasswordHash;
use argon2::{Algorithm, Argon2, Params, PasswordHasher, PasswordVerifier, Version};
use odata::{Error, ErrorCode};
use std::sync::{Arc, OnceLock};
use tokio::sync::Semaphore;
use tokio::task::spawn_blocking;

/// What OWASP's Password Storage Cheat Sheet recommends: 19 MiB, two passes, one lane.
const MEMORY_KIB: u32 = 19 * 1_024;
const PASSES: u32 = 2;
const LANES: u32 = 1;
/// How many bytes of salt.
const SALT: usize = 16;
/// The fewest characters of a password (NIST SP 800-63B-4, section 3.1.1.2), and the most bytes.
const FEWEST: usize = 15;
const MOST: usize = 1_024;
/// How many are hashed at once, so that a flood takes no memory, and how many wait for that.
const AT_ONCE: usize = 4;
const WAITING: usize = 60;

/// Why a password is not taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PasswordError {
    /// Guessed too easily.
    #[error("A password has at least {FEWEST} characters.")]
    Short,
    /// Longer than any that is typed.
    #[error("A password has at most {MOST} bytes.")]
    Long,
    /// The system has no randomness, or the parameters are wrong.
    #[error("The password cannot be hashed.")]
    Hash,
}

/// Hashes a new password as a PHC string.
///
/// # Errors
/// [`PasswordError`].
pub fn hash_password(password: &str) -> Result<String, PasswordError> {
    check_password(password)?;
    hash(password)
}

/// Whether a password may be one.
///
/// # Errors
/// [`PasswordError::Short`], [`PasswordError::Long`].
pub fn check_password(password: &str) -> Result<(), PasswordError> {
    if password.len() > MOST {
        return Err(PasswordError::Long);
    }
    match password.chars().count() < FEWEST {
        true => Err(PasswordError::Short),
        false => Ok(()),
    }
}

fn hash(password: &str) -> Result<String, PasswordError> {
    let mut salt = [0; SALT];
    aws_lc_rs::rand::fill(&mut salt).map_err(|_| PasswordError::Hash)?;
    let params = Params::new(MEMORY_KIB, PASSES, LANES, None).map_err(|_| PasswordError::Hash)?;
    let argon2 = Argon2::new(Algorithm::Argon2id, Version::V0x13, params);
    let hash: PasswordHash = argon2
        .hash_password_with_salt(password.as_bytes(), &salt)
        .map_err(|_| PasswordError::Hash)?;
    Ok(hash.to_string())
}

/// Whether a password is that of a hash. Without one, a hash that nothing has is tried, so that the time
/// does not tell who exists.
fn is_right(password: &str, kept: Option<&str>) -> bool {
    static NOBODY: OnceLock<Option<String>> = OnceLock::new();
    let nobody = NOBODY.get_or_init(|| hash("nobody signs in with this").ok());
    let known = kept.or(nobody.as_deref());
    let parsed = known.and_then(|known| PasswordHash::new(known).ok());
    let same = parsed.is_some_and(|hash| {
        let argon2 = Argon2::default();
        argon2.verify_password(password.as_bytes(), &hash).is_ok()
    });
    same && kept.is_some()
}

/// Where passwords are hashed.
pub(crate) struct Hashing {
    running: Arc<Semaphore>,
    waiting: Arc<Semaphore>,
}

impl Default for Hashing {
    fn default() -> Self {
        Self {
            running: Arc::new(Semaphore::new(AT_ONCE)),
            waiting: Arc::new(Semaphore::new(AT_ONCE + WAITING)),
        }
    }
}

impl Hashing {
    /// Whether a password is that of a hash; never, without one.
    ///
    /// # Errors
    /// 503 if too many wait.
    pub(super) async fn verify(
        &self,
        password: String,
        kept: Option<String>,
    ) -> Result<bool, Error> {
        // What is longer is nobody's.
        if password.len() > MOST {
            return Ok(false);
        }
        self.run(move || is_right(&password, kept.as_deref())).await
    }

    /// The hash of a new password.
    ///
    /// # Errors
    /// 503 if too many wait.
    pub(super) async fn hash(
        &self,
        password: String,
    ) -> Result<Result<String, PasswordError>, Error> {
        if let Err(refused) = check_password(&password) {
            return Ok(Err(refused));
        }
        self.run(move || hash_password(&password)).await
    }

    async fn run<T: Send + 'static>(
        &self,
        work: impl FnOnce() -> T + Send + 'static,
    ) -> Result<T, Error> {
        let busy = || {
            let message = "Too many people sign in at this moment. Try again in a few seconds.";
            Error::new(ErrorCode::ServiceUnavailable, message)
        };
        let place = Arc::clone(&self.waiting).try_acquire_owned();
        let place = place.map_err(|_| busy())?;
        let turn = Arc::clone(&self.running).acquire_owned().await;
        let turn = turn.map_err(|_| busy())?;
        let done = spawn_blocking(move || {
            let done = work();
            // Whoever waits for the answer may have gone: the memory is given back only here.
            drop((turn, place));
            done
        });
        done.await.map_err(Error::internal)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn passwords_are_kept_as_hashes_of_the_recommended_cost() {
        let kept = hash_password("correct horse battery").unwrap();
        assert!(
            kept.starts_with("$argon2id$v=19$m=19456,t=2,p=1$"),
            "{kept}"
        );
        assert_ne!(kept, hash_password("correct horse battery").unwrap());
        assert!(is_right("correct horse battery", Some(&kept)));
        assert!(!is_right("correct horse batterz", Some(&kept)));
        assert!(!is_right("correct horse battery", None));
        assert!(!is_right("nobody signs in with this", None));
        assert!(!is_right("x", Some("no hash")));
    }

    #[test]
    fn lengths() {
        let check = |password: &str, expected| {
            assert_eq!(check_password(password), expected, "{}", password.len());
        };
        check("12345678901234", Err(PasswordError::Short));
        check("123456789012345", Ok(()));
        check(&"\u{e9}".repeat(15), Ok(()));
        check(&"x".repeat(1_024), Ok(()));
        check(&"x".repeat(1_025), Err(PasswordError::Long));
    }

    #[tokio::test]
    async fn a_flood_is_turned_away() {
        let hashing = Arc::new(Hashing::default());
        let turns = Arc::clone(&hashing.running);
        let held = turns.acquire_many_owned(AT_ONCE as u32).await.unwrap();
        let waiting: Vec<_> = (0..AT_ONCE + WAITING)
            .map(|_| {
                let hashing = Arc::clone(&hashing);
                tokio::spawn(async move { hashing.run(|| ()).await })
            })
            .collect();
        while hashing.waiting.available_permits() > 0 {
            tokio::task::yield_now().await;
        }
        let refused = hashing.run(|| ()).await.unwrap_err();
        assert_eq!(refused.code, ErrorCode::ServiceUnavailable);
        drop(held);
        for one in waiting {
            one.await.unwrap().unwrap();
        }
        hashing.run(|| ()).await.unwrap();
    }
}
