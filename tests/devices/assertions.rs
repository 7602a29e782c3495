//! Assertions: what a device gets a token by, and what gets none.

use std::time::Instant;

use serde_json::{Value, json};

use super::holder::{Holder, Key, device, enrollment_token, fresh, now, refused};
use crate::access::revoked::{GRACE, WITHIN};
use crate::servers::pairs;
use crate::support::{Client, Server};

fn claims_of(token: &str) -> Value {
    use base64::Engine;
    let claims = token.split('.').nth(1).unwrap();
    let claims = base64::prelude::BASE64_URL_SAFE_NO_PAD
        .decode(claims)
        .unwrap();
    serde_json::from_slice(&claims).unwrap()
}

#[test]
fn tokens_are_short_and_reach_the_device_alone() {
    let server = Server::start();
    let token = enrollment_token(&server, &[]);
    let mut holder = Holder::enrolled(&server, Key::p256(), &token);
    let answer = holder.step(&server);
    assert_eq!(answer.header("cache-control"), Some("no-store"));
    let answer = answer.expect_json(200);
    assert_eq!(answer["token_type"], "Bearer");
    assert_eq!(answer["expires_in"], 600);
    let claims = claims_of(answer["access_token"].as_str().unwrap());
    assert_eq!(claims["idtyp"], "device");
    assert_eq!(claims["sub"], holder.id.as_str());
    let lifetime = claims["exp"].as_i64().unwrap() - claims["iat"].as_i64().unwrap();
    assert_eq!(lifetime, 600);
}

/// Changes the claims of an assertion.
type Change = fn(&mut Value);

#[test]
fn an_assertion_must_hold_in_every_claim() {
    let server = Server::start();
    let token = enrollment_token(&server, &[]);
    let mut holder = Holder::enrolled(&server, Key::ed25519(), &token);
    let changes: [(Change, u16, &str); 10] = [
        (
            |c| c["aud"] = "https://graph.microsoft.com".into(),
            401,
            "invalid_client",
        ),
        (|c| c["exp"] = (now() - 1).into(), 401, "invalid_client"),
        (
            |c| c["exp"] = (now() + 301 + 60).into(),
            401,
            "invalid_client",
        ),
        (|c| c["iat"] = (now() - 400).into(), 401, "invalid_client"),
        (|c| c["iss"] = "another".into(), 401, "invalid_client"),
        (|c| c["sub"] = "another".into(), 401, "invalid_client"),
        (|c| c["jti"] = "".into(), 400, "invalid_request"),
        (|c| c["next_nonce_hash"] = "".into(), 400, "invalid_request"),
        (
            |c| c["nonce"] = "x".repeat(65).into(),
            400,
            "invalid_request",
        ),
        (
            |c| drop(c.as_object_mut().unwrap().remove("exp")),
            401,
            "invalid_client",
        ),
    ];
    for (change, status, error) in changes {
        let mut claims = holder.assertion(&fresh());
        change(&mut claims);
        refused(holder.ask(&server, &holder.sign(&claims)), status, error);
    }
    holder.token(&server);
}

#[test]
fn whoever_does_not_hold_the_key_gets_no_token() {
    let server = Server::start();
    let token = enrollment_token(&server, &["--uses", "2"]);
    let mut holder = Holder::enrolled(&server, Key::ed25519(), &token);
    let other = Holder::enrolled(&server, Key::ed25519(), &token);
    let thief = Key::ed25519();
    let claims = holder.assertion(&fresh());
    let typ = "device-assertion+jwt";
    let of_holder = holder.key.header(typ);
    let mut unsigned = of_holder.clone();
    unsigned["alg"] = "none".into();
    let mut confused = of_holder.clone();
    confused["alg"] = "HS256".into();
    let mut beside = of_holder.clone();
    beside["jwk"] = thief.jwk();
    for (key, header) in [
        (&thief, &of_holder),
        (&thief, &thief.header(typ)),
        (&thief, &thief.header_with_jwk(typ)),
        (&thief, &unsigned),
        (&thief, &confused),
        (&thief, &beside),
        // A key of this server, but another device's.
        (&other.key, &other.key.header(typ)),
        (&holder.key, &holder.key.header("JWT")),
        (&holder.key, &json!({"typ": typ, "alg": "EdDSA"})),
    ] {
        let answer = holder.ask(&server, &key.sign(header, &claims));
        assert!((400..=401).contains(&answer.status), "{header}: {answer:?}");
    }
    for junk in ["", ".", "e30.e30.", &"x".repeat(20_000)] {
        refused(holder.ask(&server, junk), 401, "invalid_client");
    }
    // None of that was a step.
    holder.token(&server);
}

#[test]
fn an_assertion_is_taken_once_at_whichever_server() {
    for (one, other) in pairs() {
        let token = enrollment_token(&one, &[]);
        let mut holder = Holder::enrolled(&one, Key::ed25519(), &token);
        let next = fresh();
        let assertion = holder.sign(&holder.assertion(&next));
        holder.ask(&one, &assertion).expect(200);
        for server in [&one, &other] {
            let said = refused(holder.ask(server, &assertion), 401, "invalid_client");
            assert!(said.contains("before"), "{said}");
        }
        // A replay is no step, so that whoever replays shuts nobody out.
        holder.nonce = next;
        holder.token(&other);
    }
}

#[test]
fn a_revoked_device_is_refused_everywhere() {
    for (one, other) in pairs() {
        let token = enrollment_token(&one, &[]);
        let mut holder = Holder::enrolled(&one, Key::ed25519(), &token);
        let access = holder.token(&one);
        let clients = [&one, &other].map(|server| server.client_with(Some(&access)));
        for client in &clients {
            assert_ne!(client.get("/beta/deviceManagement").status, 401);
        }
        one.runstate(&["device", "revoke", &holder.id]);
        let since = Instant::now();
        refused(holder.step(&other), 401, "invalid_client");
        for client in &clients {
            until_refused(client, since);
        }
        let shown = device(&one, &holder.id);
        assert_eq!(shown["deviceRegistrationState"], "revoked");
        // What releases a key in conflict does not bring a revoked one back.
        assert!(
            !one.try_runstate(&["device", "release", &holder.id])
                .status
                .success()
        );
        refused(holder.step(&one), 401, "invalid_client");
    }
}

fn until_refused(client: &Client, since: Instant) {
    while client.get("/beta/deviceManagement").status != 401 {
        assert!(since.elapsed() < WITHIN + GRACE, "the token still holds");
        std::thread::sleep(std::time::Duration::from_millis(20));
    }
}

#[test]
fn a_deleted_device_is_refused() {
    let server = Server::start();
    let token = enrollment_token(&server, &["--uses", "2"]);
    let mut holder = Holder::enrolled(&server, Key::ed25519(), &token);
    let access = holder.token(&server);
    let path = format!("/beta/deviceManagement/managedDevices/{}", holder.id);
    server.delete(&path).expect(204);
    refused(holder.step(&server), 401, "invalid_client");
    until_refused(&server.client_with(Some(&access)), Instant::now());
    // It is unknown, so that it may enrol anew.
    holder.nonce = fresh();
    let old = std::mem::take(&mut holder.id);
    holder.enrol(&server, &token);
    assert_ne!(holder.id, old);
    holder.token(&server);
}

#[test]
fn a_device_gives_itself_another_key() {
    let server = Server::start();
    let token = enrollment_token(&server, &[]);
    let mut holder = Holder::enrolled(&server, Key::ed25519(), &token);
    let (next, thief) = (Key::p256(), Key::p256());
    // A proof by another key, or for another device, gives it none.
    let typ = "device-key+jwt";
    let mut for_another = holder.assertion("x");
    for_another["sub"] = "another".into();
    for proof in [
        thief.sign(&next.header_with_jwk(typ), &holder.assertion("x")),
        next.sign(&next.header_with_jwk(typ), &for_another),
        next.sign(&next.header_with_jwk("JWT"), &holder.assertion("x")),
        "x".to_owned(),
    ] {
        let mut claims = holder.assertion(&fresh());
        claims["next_key"] = proof.into();
        let answer = holder.ask(&server, &holder.sign(&claims));
        assert!((400..=401).contains(&answer.status), "{answer:?}");
    }
    let value = fresh();
    let mut claims = holder.assertion(&value);
    claims["next_key"] = holder.next_key(&next).into();
    holder.ask(&server, &holder.sign(&claims)).expect(200);
    // The answer was lost: with the old key there is no way on, with the new one there is.
    refused(
        holder.ask(&server, &holder.sign(&holder.assertion(&value))),
        401,
        "invalid_client",
    );
    holder.key = next;
    let again = holder.assertion(&value);
    holder.ask(&server, &holder.sign(&again)).expect(200);
    holder.nonce = value;
    holder.token(&server);
}

#[test]
fn a_device_describes_itself_anew() {
    let server = Server::start();
    let token = enrollment_token(&server, &["--group", "g"]);
    let mut holder = Holder::enrolled(&server, Key::ed25519(), &token);
    let describe = |holder: &mut Holder, description: Value| {
        let next = fresh();
        let mut claims = holder.assertion(&next);
        claims["device"] = description;
        let answer = holder.ask(&server, &holder.sign(&claims));
        if answer.status == 200 {
            holder.nonce = next;
        }
        answer
    };
    let udid = holder.udid.clone();
    let sound = json!({"udid": udid, "deviceName": "renamed", "osVersion": "2"});
    describe(&mut holder, sound).expect(200);
    let shown = device(&server, &holder.id);
    assert_eq!(
        (&shown["deviceName"], &shown["osVersion"]),
        (&json!("renamed"), &json!("2"))
    );
    for bad in [
        json!({"udid": "another", "deviceName": "x"}),
        json!({"udid": udid, "deviceName": "x", "groupIds": []}),
        json!({"udid": udid, "deviceName": "x", "id": "y"}),
        json!([]),
    ] {
        refused(describe(&mut holder, bad), 400, "invalid_request");
    }
    assert_eq!(device(&server, &holder.id), shown);
    holder.token(&server);
    let groups = "SELECT COUNT(*) FROM managed_device WHERE group_ids = '[\"g\"]'";
    assert_eq!(server.count_in_database(groups), 1);
}
