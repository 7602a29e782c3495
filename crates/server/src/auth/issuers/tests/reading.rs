//! When the keys of an issuer are read, and what holds while they cannot be.

use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

use super::super::keys::{Key, Keys, usable};
use super::*;

/// Keys that are read from memory, and may fail to be.
struct Source {
    fails: AtomicBool,
    read: AtomicUsize,
    keys: Vec<Key>,
}

fn keys(pace: Pace) -> (Arc<Source>, Arc<Keys>) {
    let set = json!({ "keys": [Signer::ec("1").jwk()] });
    let set = serde_json::from_value(set).unwrap();
    let source = Arc::new(Source {
        fails: AtomicBool::new(false),
        read: AtomicUsize::new(0),
        keys: usable(&set, &[Algorithm::ES256]),
    });
    let read = Arc::clone(&source);
    let keys = Keys::new("https://issuer", pace, move || {
        read.read.fetch_add(1, Ordering::SeqCst);
        // Long enough for others to wait meanwhile.
        std::thread::sleep(Duration::from_millis(20));
        match read.fails.load(Ordering::SeqCst) {
            true => Err("away".to_owned()),
            false => Ok(read.keys.clone()),
        }
    });
    (source, Arc::new(keys))
}

fn pace(refresh: u64, rest: u64, stale: u64) -> Pace {
    let of = Duration::from_millis;
    Pace {
        refresh: of(refresh),
        rest: of(rest),
        stale: of(stale),
    }
}

const HOUR: u64 = 3_600_000;

#[tokio::test]
async fn many_at_once_share_one_reading() {
    let (source, keys) = keys(pace(HOUR, HOUR, HOUR));
    let mut asking = tokio::task::JoinSet::new();
    for _ in 0..50 {
        let keys = Arc::clone(&keys);
        asking.spawn(async move { keys.find(Some("1")).await.is_ok() });
    }
    assert!(asking.join_all().await.into_iter().all(|found| found));
    assert_eq!(source.read.load(Ordering::SeqCst), 1);
}

#[tokio::test]
async fn ids_that_nobody_has_cause_no_readings() {
    let (source, keys) = keys(pace(HOUR, HOUR, HOUR));
    for id in ["2", "3", "4"] {
        let refused = keys.find(Some(id)).await.err();
        assert!(
            matches!(refused, Some(AuthError::Invalid(_))),
            "{refused:?}"
        );
    }
    assert!(keys.find(None).await.is_ok(), "the only one");
    assert_eq!(source.read.load(Ordering::SeqCst), 1);
}

#[tokio::test]
async fn known_keys_hold_while_the_issuer_is_away_but_not_for_ever() {
    let (source, keys) = keys(pace(0, 0, 400));
    assert!(keys.find(Some("1")).await.is_ok());
    source.fails.store(true, Ordering::SeqCst);
    for _ in 0..5 {
        assert!(keys.find(Some("1")).await.is_ok());
    }
    tokio::time::sleep(Duration::from_millis(450)).await;
    let refused = keys.find(Some("1")).await.err();
    assert_eq!(refused, Some(AuthError::Unavailable));
    source.fails.store(false, Ordering::SeqCst);
    assert!(keys.find(Some("1")).await.is_ok(), "it is back");
}

#[tokio::test]
async fn an_issuer_that_was_never_reached_is_no_fault_of_the_token() {
    let (source, keys) = keys(pace(HOUR, HOUR, HOUR));
    source.fails.store(true, Ordering::SeqCst);
    for _ in 0..3 {
        let refused = keys.find(Some("1")).await.err();
        assert_eq!(refused, Some(AuthError::Unavailable));
    }
    assert_eq!(source.read.load(Ordering::SeqCst), 1, "it is left in peace");
}

#[tokio::test]
async fn old_keys_are_read_anew_behind_the_answer() {
    let (source, keys) = keys(pace(0, 0, HOUR));
    assert!(keys.find(Some("1")).await.is_ok());
    assert!(keys.find(Some("1")).await.is_ok());
    let until = std::time::Instant::now() + Duration::from_secs(20);
    while source.read.load(Ordering::SeqCst) < 2 {
        assert!(std::time::Instant::now() < until, "never read anew");
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
}

#[tokio::test]
async fn a_provider_that_calls_itself_otherwise_is_not_believed() {
    let signer = Signer::rsa("1");
    let provider = Provider::with(&[&signer]);
    provider.say("https://elsewhere.example");
    let verifier = trusting(&provider, "");
    let token = signer.sign(&claims(&provider));
    let refused = verifier.verify(&token, now());
    assert_eq!(refused.await, Err(AuthError::Unavailable));
    assert_eq!(provider.asked(), 0, "its keys are not even read");
}

#[tokio::test]
async fn a_provider_that_fails_is_no_fault_of_the_token() {
    let signer = Signer::rsa("1");
    let provider = Provider::with(&[]);
    let verifier = trusting(&provider, "");
    let token = signer.sign(&claims(&provider));
    let refused = verifier.verify(&token, now());
    assert_eq!(refused.await, Err(AuthError::Unavailable));
    provider.show(&[&signer]);
}

#[test]
fn only_keys_that_check_signatures_are_used() {
    let (ec, rsa) = (Signer::ec("ec").jwk(), Signer::rsa("rsa").jwk());
    let changed = |key: &Value, member: &str, value: Value| {
        let mut key = key.clone();
        key[member] = value;
        key
    };
    let set = json!({ "keys": [
        ec, rsa,
        changed(&ec, "use", json!("enc")),
        changed(&rsa, "alg", json!("RSA-OAEP")),
        changed(&rsa, "n", json!("AQAB")),
        { "kty": "oct", "kid": "secret", "k": "AAAA", "alg": "HS256" },
    ]});
    let set = serde_json::from_value(set).unwrap();
    let algorithms = |among: &[Algorithm]| -> Vec<Algorithm> {
        usable(&set, among)
            .iter()
            .map(|key| key.algorithm)
            .collect()
    };
    use Algorithm::{ES256, PS256, RS256};
    assert_eq!(algorithms(&[RS256, ES256]), [ES256, RS256]);
    assert_eq!(algorithms(&[RS256]), [RS256]);
    assert_eq!(algorithms(&[PS256]), []);
}
