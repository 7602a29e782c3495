//! Enrolment by token.

use serde_json::{Value, json};

use super::holder::{Holder, Key, device, enrollment_token, fresh, hash, now, refused};
use crate::servers::pairs;
use crate::support::{Request, Server};

#[test]
fn a_device_gets_its_identity() {
    let server = Server::start();
    for key in [Key::ed25519(), Key::p256()] {
        let token = enrollment_token(&server, &["--group", "g1", "--group", "g2"]);
        let mut holder = Holder::new(key, &token);
        let enrolled = holder.enrol(&server, &token);
        assert_eq!(enrolled["deviceRegistrationState"], "registered");
        let shown = device(&server, &holder.id);
        assert_eq!(shown["udid"], holder.udid.as_str());
        assert_eq!(shown["deviceName"], "a device");
        assert_eq!(shown["deviceRegistrationState"], "registered");
        holder.token(&server);
        let listed = server.runstate(&["device", "list"]);
        assert!(listed.contains(&holder.id), "{listed}");
    }
    let groups = "SELECT COUNT(*) FROM managed_device WHERE group_ids = '[\"g1\",\"g2\"]'";
    assert_eq!(server.count_in_database(groups), 2);
}

#[test]
fn a_token_is_good_for_so_many_devices() {
    let server = Server::start();
    let token = enrollment_token(&server, &["--uses", "2"]);
    for _ in 0..2 {
        Holder::enrolled(&server, Key::ed25519(), &token);
    }
    let third = Holder::new(Key::ed25519(), &token);
    let answer = third.try_enrol(&server, &token, &third.enrolment(&token));
    refused(answer, 401, "invalid_token");
    let listed = server.runstate(&["enrollment-token", "list"]);
    assert!(listed.contains("0 of 2 left"), "{listed}");
    let secret = token.rsplit('_').next().unwrap();
    assert!(!listed.contains(secret), "{listed}");
}

#[test]
fn of_two_that_race_for_the_last_use_one_enrols() {
    for (one, other) in pairs() {
        for _ in 0..5 {
            let token = enrollment_token(&one, &[]);
            let enrol = |server: &Server| {
                let holder = Holder::new(Key::ed25519(), &token);
                let claims = holder.enrolment(&token);
                holder.try_enrol(server, &token, &claims).status
            };
            let mut statuses = std::thread::scope(|scope| {
                let racing =
                    [&one, &other, &one, &other].map(|server| scope.spawn(|| enrol(server)));
                racing.map(|thread| thread.join().unwrap())
            });
            statuses.sort_unstable();
            assert_eq!(statuses, [200, 401, 401, 401]);
        }
    }
}

#[test]
fn what_is_no_token_enrols_nobody() {
    let server = Server::start();
    let other = Server::start();
    let token = enrollment_token(&server, &[]);
    let deleted = enrollment_token(&server, &[]);
    let id = deleted.split('_').nth(2).unwrap();
    server.runstate(&["enrollment-token", "delete", id]);
    assert!(
        !server
            .try_runstate(&["enrollment-token", "delete", id])
            .status
            .success()
    );
    let expired = enrollment_token(&server, &["--expires", "1s"]);
    std::thread::sleep(std::time::Duration::from_millis(1_100));
    let foreign = enrollment_token(&other, &[]);
    let (known, _) = token.rsplit_once('_').unwrap();
    let guessed = format!("{known}_{}", fresh());
    let access = server.issue(&["--role", "DeviceManagementConfiguration.ReadWrite.All"]);
    for bad in [&deleted, &expired, &foreign, &guessed, &access, known, "x"] {
        let holder = Holder::new(Key::ed25519(), &token);
        let answer = holder.try_enrol(&server, bad, &holder.enrolment(bad));
        refused(answer, 401, "invalid_token");
    }
    // Nor does one get in anywhere else.
    for path in ["/beta/deviceManagement/managedDevices", "/beta/$batch"] {
        let client = server.client_with(Some(&token));
        client
            .get(path)
            .expect_error(401, "InvalidAuthenticationToken");
    }
    let devices = server.get("/beta/deviceManagement/managedDevices").values();
    assert!(devices.is_empty(), "{devices:?}");
}

#[test]
fn bounds_of_tokens() {
    let server = Server::start();
    for bad in [
        &["--uses", "0"][..],
        &["--uses", "1000001"],
        &["--expires", "91d"],
        &["--expires", "0s"],
        &["--group", ""],
    ] {
        let line = [&["enrollment-token", "create"], bad].concat();
        assert!(!server.try_runstate(&line).status.success(), "{bad:?}");
    }
    assert_eq!(
        server.count_in_database("SELECT COUNT(*) FROM enrollment_token"),
        0
    );
    enrollment_token(&server, &[]);
    let lifetime = "SELECT (expires_at - created_at) / 10000000 FROM enrollment_token";
    assert_eq!(server.count_in_database(lifetime), 86_400);
}

/// Changes the claims of an enrolment.
type Change = fn(&mut Value);

#[test]
fn an_enrolment_must_hold_in_every_claim() {
    let server = Server::start();
    let token = enrollment_token(&server, &[]);
    let changes: [(Change, u16, &str); 12] = [
        (
            |c| c["aud"] = "urn:runstate:tenant:other".into(),
            401,
            "invalid_client",
        ),
        (|c| c["aud"] = json!([c["aud"]]), 401, "invalid_client"),
        (|c| c["exp"] = now().into(), 401, "invalid_client"),
        (|c| c["exp"] = (now() + 400).into(), 401, "invalid_client"),
        (|c| c["iat"] = (now() + 90).into(), 401, "invalid_client"),
        (|c| c["jti"] = "short".into(), 400, "invalid_request"),
        (
            |c| c["ath"] = hash("another token").into(),
            400,
            "invalid_request",
        ),
        (|c| c["nonce_hash"] = "short".into(), 400, "invalid_request"),
        (
            |c| c["device"] = json!({"udid": "x"}),
            400,
            "invalid_request",
        ),
        (
            |c| c["device"]["groupIds"] = json!(["admins"]),
            400,
            "invalid_request",
        ),
        (
            |c| c["device"]["deviceName"] = "a\u{1b}[2J".into(),
            400,
            "invalid_request",
        ),
        (
            |c| c["device"]["isSupervised"] = true.into(),
            400,
            "invalid_request",
        ),
    ];
    for (change, status, error) in changes {
        let holder = Holder::new(Key::p256(), &token);
        let mut claims = holder.enrolment(&token);
        change(&mut claims);
        refused(holder.try_enrol(&server, &token, &claims), status, error);
    }
    // The token was not used by any of them.
    Holder::enrolled(&server, Key::p256(), &token);
}

#[test]
fn whoever_does_not_hold_the_key_enrols_nobody() {
    let server = Server::start();
    let token = enrollment_token(&server, &[]);
    let (holder, thief) = (Holder::new(Key::ed25519(), &token), Key::ed25519());
    let claims = holder.enrolment(&token);
    let typ = "device-enrollment+jwt";
    let of_another = holder.key.header_with_jwk(typ);
    let mut unsigned = of_another.clone();
    unsigned["alg"] = "none".into();
    let mut with_secret = thief.header_with_jwk(typ);
    with_secret["jwk"]["d"] = "AAAA".into();
    let mut critical = thief.header_with_jwk(typ);
    critical["crit"] = json!(["b64"]);
    for header in [
        of_another,
        unsigned,
        with_secret,
        critical,
        thief.header_with_jwk("JWT"),
        thief.header(typ),
        json!({"typ": typ, "alg": "HS256", "jwk": {"kty": "oct", "k": "AAAA"}}),
    ] {
        let jwt = thief.sign(&header, &claims);
        let answer = holder.send_enrolment(&server, &token, &jwt);
        assert!((400..=401).contains(&answer.status), "{header}: {answer:?}");
    }
    for junk in ["", ".", "..", "a.b.c", &"x".repeat(20_000)] {
        let answer = holder.send_enrolment(&server, &token, junk);
        refused(answer, 400, "invalid_request");
    }
    let answer = holder.send_enrolment(&server, &token, &"x".repeat(40_000));
    assert_eq!(answer.status, 413);
    Holder::enrolled(&server, Key::ed25519(), &token);
}

#[test]
fn the_identity_of_a_known_device_is_not_for_whoever_has_a_token() {
    let server = Server::start();
    let token = enrollment_token(&server, &["--uses", "10"]);
    let mut own = Holder::enrolled(&server, Key::ed25519(), &token);
    let mut thief = Holder::new(Key::ed25519(), &token);
    thief.udid = own.udid.clone();
    let answer = thief.try_enrol(&server, &token, &thief.enrolment(&token));
    refused(answer, 403, "access_denied");
    own.token(&server);
    // Nor is that of a device that an administrator brought in.
    let imported = json!({"udid": fresh(), "deviceName": "imported"});
    let path = "/beta/deviceManagement/managedDevices/runstate.enrol";
    let imported = server.post(path, &imported).expect_json(200);
    thief.udid = imported["udid"].as_str().unwrap().to_owned();
    let answer = thief.try_enrol(&server, &token, &thief.enrolment(&token));
    refused(answer, 403, "access_denied");
    // Unless an administrator says so, for that device, once.
    let id = imported["id"].as_str().unwrap();
    server.runstate(&["device", "release", id, "--new-key"]);
    thief.enrol(&server, &token);
    assert_eq!(thief.id, id);
    let mut next = Holder::new(Key::ed25519(), &token);
    next.udid = thief.udid.clone();
    let answer = next.try_enrol(&server, &token, &next.enrolment(&token));
    refused(answer, 403, "access_denied");
    // Or says it of a token; but not for a device that was revoked.
    let replacing = enrollment_token(&server, &["--allow-replace", "--uses", "2"]);
    next.udid = own.udid.clone();
    next.enrol(&server, &replacing);
    assert_eq!(next.id, own.id);
    next.token(&server);
    refused(own.step(&server), 401, "invalid_client");
    server.runstate(&["device", "revoke", &next.id]);
    own.enrol_refused(&server, &replacing);
    server.runstate(&["device", "release", &next.id, "--new-key"]);
    own.nonce = fresh();
    own.enrol(&server, &replacing);
    own.token(&server);
}

impl Holder {
    fn enrol_refused(&self, server: &Server, token: &str) {
        let answer = self.try_enrol(server, token, &self.enrolment(token));
        refused(answer, 403, "access_denied");
    }
}

#[test]
fn an_enrolment_whose_answer_was_lost_is_repeated_and_never_replayed() {
    let server = Server::start();
    let token = enrollment_token(&server, &[]);
    let mut holder = Holder::new(Key::ed25519(), &token);
    let header = holder.key.header_with_jwk("device-enrollment+jwt");
    let jwt = holder.key.sign(&header, &holder.enrolment(&token));
    let first = holder
        .send_enrolment(&server, &token, &jwt)
        .expect_json(200);
    // The very same bytes are a replay.
    refused(
        holder.send_enrolment(&server, &token, &jwt),
        401,
        "invalid_client",
    );
    // The device itself asks once more, and has the same identity; the token is used up already.
    let again = holder.enrol(&server, &token);
    assert_eq!(again, first);
    let begun = holder.nonce.clone();
    holder.token(&server);
    // When the key was used, an enrolment does not set its chain back.
    let latest = std::mem::replace(&mut holder.nonce, begun);
    let answer = holder.try_enrol(&server, &token, &holder.enrolment(&token));
    refused(answer, 401, "invalid_client");
    holder.nonce = latest;
    holder.token(&server);
}

#[test]
fn approval() {
    let server = Server::start();
    let token = enrollment_token(&server, &["--approval"]);
    let mut holder = Holder::new(Key::ed25519(), &token);
    let enrolled = holder.enrol(&server, &token);
    assert_eq!(enrolled["deviceRegistrationState"], "approvalPending");
    let said = refused(holder.step(&server), 400, "authorization_pending");
    assert!(said.contains("device approve"), "{said}");
    let state = |expected: &str| {
        let shown = device(&server, &holder.id);
        assert_eq!(shown["deviceRegistrationState"], expected);
        let listed = server.runstate(&["device", "list"]);
        assert!(listed.contains(expected), "{listed}");
    };
    state("approvalPending");
    server.runstate(&["device", "approve", &holder.id]);
    state("registered");
    assert!(
        !server
            .try_runstate(&["device", "approve", &holder.id])
            .status
            .success()
    );
    assert!(
        !server
            .try_runstate(&["device", "approve", "nobody"])
            .status
            .success()
    );
    holder.token(&server);
}

#[test]
fn paths_and_methods() {
    let server = Server::start();
    let post = |path: &str, media: &str| {
        server
            .exchange(&Request::new("POST", path).text(media, "x"))
            .status
    };
    assert_eq!(
        server
            .exchange(&Request::new("GET", "/t/oauth2/v2.0/enrol"))
            .status,
        405
    );
    assert_eq!(
        server
            .exchange(&Request::new("GET", "/t/oauth2/v2.0/token"))
            .status,
        405
    );
    assert_eq!(post("/t/oauth2/v2.0/enrol", "application/json"), 415);
    assert_eq!(post("/t/oauth2/v2.0/token", "application/json"), 400);
    assert_eq!(post("/t/oauth2/v2.0/enrol", "application/jwt"), 401);
    assert_eq!(post("//oauth2/v2.0/enrol", "application/jwt"), 404);
    assert_eq!(post("/a/b/oauth2/v2.0/enrol", "application/jwt"), 404);
    assert_eq!(post("/oauth2/v2.0/enrol", "application/jwt"), 404);
}
