//! Several keys at a time, as a database says it.

use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};

use engine::exchange::{KeptSecret, Known, OwnAuthority, SigningKeyRow, SigningKeys};
use odata::Error;

use super::*;

/// A database of keys.
#[derive(Default)]
struct Source {
    keys: Mutex<Vec<SigningKeyRow>>,
    looks: AtomicUsize,
    broken: Mutex<bool>,
}

impl SigningKeys for Source {
    fn all(&self) -> Known<'_, OwnAuthority> {
        self.looks.fetch_add(1, Ordering::SeqCst);
        let keys = self.keys.lock().unwrap().clone();
        let broken = *self.broken.lock().unwrap();
        Box::pin(async move {
            match broken {
                true => Err(Error::internal("away")),
                false => Ok(OwnAuthority {
                    tenant: Uuid::nil(),
                    keys,
                }),
            }
        })
    }
}

impl Source {
    /// Adds a key that signs from a second on, and says its id.
    fn add(&self, signs_from: u64) -> String {
        let (id, secret) = new_kept(None).unwrap();
        self.keys.lock().unwrap().push(SigningKeyRow {
            id: id.clone(),
            secret: Some(secret),
            created_at: 0,
            signs_from,
            ends_at: None,
            retired_at: None,
        });
        id
    }

    fn change(&self, id: &str, change: impl FnOnce(&mut SigningKeyRow)) {
        let mut keys = self.keys.lock().unwrap();
        change(keys.iter_mut().find(|key| key.id == id).unwrap());
    }
}

async fn read(source: &Arc<Source>) -> Arc<KeySet> {
    let source = Arc::clone(source) as Arc<dyn SigningKeys>;
    Arc::new(KeySet::read(source, None).await.unwrap())
}

/// A token, and the id of the key that signed it.
fn token(set: &KeySet, now: u64) -> (String, String) {
    let issued = super::super::issue(set, &request(), time(now)).unwrap();
    let header = jsonwebtoken::decode_header(&issued.token).unwrap();
    assert_eq!(header.kid.as_ref(), Some(&issued.key_id));
    (issued.token, issued.key_id)
}

#[tokio::test(start_paused = true)]
async fn each_key_signs_in_its_time_and_all_verify() {
    let source = Arc::new(Source::default());
    let [first, second, third] = [NOW, NOW + 10, NOW + 20].map(|from| source.add(from));
    let set = read(&source).await;
    let verifier = Verifier::new(Arc::clone(&set));
    for (at, expected) in [
        (NOW - 30, &first),
        (NOW, &first),
        (NOW + 9, &first),
        (NOW + 10, &second),
        (NOW + 20, &third),
        (NOW + 99, &third),
    ] {
        let (token, signed_by) = token(&set, at);
        assert_eq!(&signed_by, expected, "at {at}");
        verifier.verify(&token, time(at)).await.unwrap();
    }
    assert_eq!(set.published(time(NOW)).len(), 3);
    source.change(&first, |key| key.ends_at = Some(NOW + 50));
    let set = read(&source).await;
    assert_eq!(set.published(time(NOW + 49)).len(), 3);
    let left = set.published(time(NOW + 50));
    let left: Vec<_> = left.iter().map(|(id, ..)| id).collect();
    assert_eq!(left, [&second, &third]);
}

#[tokio::test(start_paused = true)]
async fn a_token_of_a_key_that_was_made_a_moment_ago_holds() {
    let source = Arc::new(Source::default());
    source.add(0);
    let verifier = Verifier::new(read(&source).await);
    let new = source.add(NOW);
    let (token, signed_by) = token(&*read(&source).await, NOW);
    assert_eq!(signed_by, new);
    verifier.verify(&token, time(NOW)).await.unwrap();
}

#[tokio::test(start_paused = true)]
async fn tokens_that_name_keys_at_random_ask_the_database_seldom() {
    let source = Arc::new(Source::default());
    source.add(0);
    let set = read(&source).await;
    let before = source.looks.load(Ordering::SeqCst);
    let verifier = Arc::new(Verifier::new(Arc::clone(&set)));
    let mut asking = tokio::task::JoinSet::new();
    for n in 0..200 {
        let other = keys();
        let verifier = Arc::clone(&verifier);
        asking.spawn(async move {
            tokio::time::sleep(Duration::from_millis(n)).await;
            let foreign = issue(&other.ours, &request(), time(NOW)).unwrap();
            verifier.verify(&foreign, time(NOW)).await
        });
    }
    for refused in asking.join_all().await {
        assert_eq!(refused.unwrap_err(), AuthError::Invalid(keys::NOT_OURS));
    }
    let looks = source.looks.load(Ordering::SeqCst) - before;
    assert!((1..=5).contains(&looks), "{looks}");
    // What is no thumbprint is not asked for.
    let before = source.looks.load(Ordering::SeqCst);
    for id in ["", "k", &"é".repeat(43), &"'".repeat(43)] {
        assert_eq!(
            set.find(id).await.err(),
            Some(AuthError::Invalid(keys::NOT_OURS))
        );
    }
    assert_eq!(source.looks.load(Ordering::SeqCst), before);
    *source.broken.lock().unwrap() = true;
    let unknown = new_kept(None).unwrap().0;
    assert_eq!(set.find(&unknown).await.err(), Some(AuthError::Unavailable));
}

#[tokio::test(start_paused = true)]
async fn a_retired_key_ends_its_tokens_even_those_that_are_remembered() {
    let source = Arc::new(Source::default());
    let gone = source.add(0);
    let set = read(&source).await;
    let verifier = Verifier::new(Arc::clone(&set));
    let (old, _) = token(&set, NOW);
    verifier.verify(&old, time(NOW)).await.unwrap();
    super::super::keys::watch(&set);
    source.add(NOW);
    source.change(&gone, |key| {
        (key.secret, key.retired_at) = (None, Some(NOW));
    });
    tokio::time::sleep(Duration::from_millis(1_500)).await;
    let refused = verifier.verify(&old, time(NOW)).await.unwrap_err();
    assert_eq!(refused, AuthError::Invalid(REVOKED));
    let published = set.published(time(NOW));
    assert!(published.iter().all(|(id, ..)| *id != gone));
    let (new, _) = token(&set, NOW);
    verifier.verify(&new, time(NOW)).await.unwrap();
    // Who starts later knows it by its name alone.
    let later = Verifier::new(read(&source).await);
    let refused = later.verify(&old, time(NOW)).await.unwrap_err();
    assert_eq!(refused, AuthError::Invalid(REVOKED));
    // While the database is away, what is known counts.
    *source.broken.lock().unwrap() = true;
    tokio::time::sleep(Duration::from_millis(2_500)).await;
    verifier.verify(&new, time(NOW)).await.unwrap();
    // A key that is gone altogether ends its tokens, too.
    *source.broken.lock().unwrap() = false;
    source.keys.lock().unwrap().remove(1);
    tokio::time::sleep(Duration::from_millis(1_500)).await;
    let refused = verifier.verify(&new, time(NOW)).await.unwrap_err();
    assert_eq!(refused, AuthError::Invalid(REVOKED));
}

#[tokio::test(start_paused = true)]
async fn a_key_that_cannot_be_used_keeps_others_from_nothing_but_the_start() {
    let source = Arc::new(Source::default());
    let gone = source.add(0);
    let set = read(&source).await;
    let verifier = Verifier::new(Arc::clone(&set));
    let (old, _) = token(&set, NOW);
    super::super::keys::watch(&set);
    let sealed = source.add(NOW);
    source.change(&sealed, |key| {
        let bytes = vec![0; 200];
        key.secret = Some(KeptSecret {
            bytes,
            sealed: true,
        });
    });
    source.add(NOW);
    source.change(&gone, |key| {
        (key.secret, key.retired_at) = (None, Some(NOW));
    });
    tokio::time::sleep(Duration::from_millis(1_500)).await;
    assert!(verifier.verify(&old, time(NOW)).await.is_err());
    let (new, _) = token(&set, NOW);
    verifier.verify(&new, time(NOW)).await.unwrap();
    let source = Arc::clone(&source) as Arc<dyn SigningKeys>;
    let refused = KeySet::read(source, None).await.err().unwrap();
    assert!(matches!(refused, KeyError::Sealed(id) if id == sealed));
    let none = Arc::new(Source::default());
    assert!(matches!(
        KeySet::read(none, None).await,
        Err(KeyError::None)
    ));
}

#[test]
fn a_token_that_names_no_key_or_another_is_refused() {
    let keys = keys();
    let claims = claims(&keys.ours);
    for kid in [None, Some(""), Some("k"), Some("../../etc/passwd")] {
        let mut header = header(&keys.ours);
        header.kid = kid.map(str::to_owned);
        let token = encode(&header, &claims, keys.ours.encoding()).unwrap();
        check(
            &keys,
            "another kid",
            &token,
            "not signed by a key of this server",
        );
    }
    // The name of another key of ours does not help a signature.
    let other = self::keys();
    let token = encode(&header(&keys.ours), &claims, other.ours.encoding()).unwrap();
    check(
        &keys,
        "another key",
        &token,
        "not signed by a key of this server",
    );
}
