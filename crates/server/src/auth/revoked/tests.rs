use std::sync::Mutex;

use engine::access::Caller;
use engine::exchange::{Answering, Probing, Request, Revocations, Revoked as Reading};

use super::*;

const NOW: u64 = 1_800_000_000;
/// 1970-01-01 in ticks.
const EPOCH: i64 = 621_355_968_000_000_000;

fn revocation(second: u64, principal: &str) -> Revocation {
    Revocation {
        revoked_at: EPOCH + i64::try_from(second).unwrap() * TICKS_PER_SECOND,
        revoked_at_second: second,
        principal: principal.to_owned(),
    }
}

fn issued(second: u64, subject: &str, application: Option<&str>) -> Verified {
    Verified {
        key: None,
        caller: Arc::new(Caller {
            subject: subject.to_owned(),
            application: application.map(str::to_owned),
            ..Caller::default()
        }),
        issued: second,
        not_before: second,
        expires: second + 60,
        leeway: 0,
    }
}

#[test]
fn what_was_issued_until_then_is_refused() {
    let revoked = Revoked::default();
    revoked.insert(vec![revocation(NOW, "a"), revocation(NOW + 10, "b")]);
    // One that comes late takes nothing back.
    revoked.insert(vec![revocation(NOW - 5, "a")]);
    let check = |second: u64, subject: &str, application: Option<&str>, holds: bool| {
        let checked = revoked.check(&issued(second, subject, application));
        assert_eq!(checked.is_ok(), holds, "{second} {subject} {application:?}");
    };
    check(NOW - 1, "a", None, false);
    check(NOW, "a", None, false);
    check(NOW + 1, "a", None, true);
    check(NOW, "c", None, true);
    check(NOW + 1, "c", Some("b"), false);
    check(NOW + 1, "a", Some("b"), false);
    check(NOW + 11, "a", Some("b"), true);
    revoked.forget(NOW + 1);
    check(NOW, "a", None, true);
    check(NOW + 10, "b", None, false);
}

/// A database of revocations, read two at a time.
struct Source(Mutex<Vec<Revocation>>);

impl Revocations for Source {
    fn after(&self, revoked_at: i64, principal: String) -> Reading<'_> {
        let mut found = self.0.lock().unwrap().clone();
        found.sort_by_key(|known| (known.revoked_at, known.principal.clone()));
        found.retain(|known| (known.revoked_at, &known.principal) > (revoked_at, &principal));
        found.truncate(2);
        Box::pin(async { Ok(found) })
    }
}

impl Handler for Source {
    fn revocations(&self) -> Option<&dyn Revocations> {
        Some(self)
    }

    fn ready(&self) -> Probing<'_> {
        Box::pin(async { Ok(()) })
    }

    fn handle(&self, _: Request) -> Answering<'_> {
        Box::pin(async { Err(Error::internal("nothing is asked here")) })
    }
}

#[tokio::test]
async fn a_look_finds_what_is_new_whatever_the_clocks_say() {
    let now = seconds(SystemTime::now());
    let source = Source(Mutex::default());
    let add = |second, principal: &str| {
        let found = revocation(second, principal);
        source.0.lock().unwrap().push(found);
    };
    let (revoked, mut latest) = (Revoked::default(), Latest::default());
    let holds = |second, subject: &str| revoked.check(&issued(second, subject, None)).is_ok();
    for number in 0..5 {
        add(now - 90_000, &format!("long ago {number}"));
    }
    // By a clock that is an hour ahead.
    add(now + 3_600, "future");
    latest = refresh(&revoked, &source, latest).await.unwrap();
    assert!(!holds(now - 90_000, "long ago 4"));
    assert!(!holds(now + 1, "future"));
    // By clocks that are right, or behind by some minutes.
    add(now - 300, "late");
    add(now, "present");
    refresh(&revoked, &source, latest).await.unwrap();
    assert!(!holds(now - 300, "late"));
    assert!(!holds(now, "present"));
    assert!(holds(now + 1, "present"));
}
