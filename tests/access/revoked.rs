//! A revoked token is refused by every server on the database within 2 seconds.

use std::thread;
use std::time::{Duration, Instant};

use super::authority::register;
use crate::devices::holder::{Holder, Key, enrollment_token};
use crate::servers::pairs;
use crate::support::{Client, HEALTH, READ_WRITE};

/// How long a revocation may take to reach a server.
pub(crate) const WITHIN: Duration = Duration::from_secs(2);
/// What a busy machine may take longer: a request waits for its turn.
pub(crate) const GRACE: Duration = Duration::from_secs(3);

/// Asks until the answer is a refusal, for as long as a revocation may take.
#[track_caller]
pub(crate) fn expect_refused(client: &Client, since: Instant) {
    loop {
        let answer = client.get(&HEALTH.url());
        if answer.status != 200 {
            let said = answer.expect_error(401, "InvalidAuthenticationToken");
            assert_eq!(said, "The access token has been revoked.");
            return;
        }
        assert!(since.elapsed() < WITHIN + GRACE, "the token still holds");
        thread::sleep(Duration::from_millis(20));
    }
}

#[test]
fn everywhere_and_of_nobody_else() {
    for (one, other) in pairs() {
        let of = |subject: &str| one.issue(&["--role", READ_WRITE, "--subject", subject]);
        let (gone, stays) = (of("gone"), of("stays"));
        for server in [&one, &other] {
            // Both are remembered as verified.
            for token in [&gone, &stays] {
                server
                    .client_with(Some(token))
                    .get(&HEALTH.url())
                    .expect(200);
            }
        }
        one.runstate(&["revoke", "gone"]);
        let since = Instant::now();
        for server in [&one, &other] {
            expect_refused(&server.client_with(Some(&gone)), since);
            server
                .client_with(Some(&stays))
                .get(&HEALTH.url())
                .expect(200);
        }
        // Whoever starts later knows it before the first request.
        let third = other.beside();
        let answer = third.client_with(Some(&gone)).get(&HEALTH.url());
        answer.expect_error(401, "InvalidAuthenticationToken");
        // A token of the second of the revocation is refused with it.
        thread::sleep(Duration::from_millis(1_100));
        let anew = of("gone");
        for server in [&one, &other, &third] {
            server
                .client_with(Some(&anew))
                .get(&HEALTH.url())
                .expect(200);
        }
    }
}

/// Tokens of the second of a revocation are refused, but for those that are issued behind it.
#[test]
fn who_may_come_again_at_once_does() {
    for (one, other) in pairs() {
        let apps = [(); 3].map(|()| register(&one, &[]));
        let enrolment = enrollment_token(&one, &["--uses", "3"]);
        let mut devices = [(); 3].map(|()| Holder::enrolled(&one, Key::ed25519(), &enrolment));
        let before: Vec<String> = apps.iter().map(|app| app.token(&one)).collect();
        let mut again = Vec::new();
        for app in &apps {
            one.runstate(&["revoke", &app.id]);
            again.push((app.token(&other), HEALTH.url()));
        }
        for device in &mut devices {
            one.runstate(&["revoke", &device.id]);
            let own = format!("/beta/deviceManagement/managedDevices/{}", device.id);
            again.push((device.token(&other), own));
        }
        thread::sleep(WITHIN);
        for server in [&one, &other] {
            for (token, path) in &again {
                server.client_with(Some(token)).get(path).expect(200);
            }
            for token in &before {
                expect_refused(&server.client_with(Some(token)), Instant::now());
            }
        }
    }
}

#[test]
fn nobody_is_no_principal() {
    let server = crate::support::Server::shared();
    assert!(!server.try_runstate(&["revoke", ""]).status.success());
    assert!(!server.try_runstate(&["revoke"]).status.success());
}
