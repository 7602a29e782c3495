//! What is taken from a user ends what it was issued, on every server.

use std::thread;
use std::time::{Duration, Instant};

use super::browser::Browser;
use super::{PASSWORD, make_user, public_client, text};
use crate::access::authority::expect_refusal;
use crate::access::revoked::expect_refused;
use crate::servers::pairs;
use crate::support::{HEALTH, READ_WRITE, Server};

#[test]
fn taking_rights_away_ends_tokens_refresh_tokens_and_sessions() {
    for (one, other) in pairs() {
        let app = public_client(&one);
        let id = make_user(&one, "ada", &[]);
        for command in [
            vec!["user", "grant", "ada", "--scope", READ_WRITE],
            vec!["user", "totp", "ada", "--disable"],
            vec!["user", "disable", "ada"],
            vec!["revoke", &id],
            vec!["app", "disable", &app.id],
            vec!["revoke", &app.id],
            vec!["user", "delete", "ada"],
        ] {
            let mut browser = Browser::new(&other);
            let target = app.authorize();
            let code = browser.code(&target, "ada");
            let tokens = app.exchange(&other, &code, &[]).expect_json(200);
            let client = other.client_with(tokens["access_token"].as_str());
            client.get(&HEALTH.url()).expect(200);
            let of_app = command.contains(&app.id.as_str());
            let unused = browser.get(&target).expect(303);
            let unused = super::browser::location(&unused);
            let unused = super::browser::parameter(&unused, "code").unwrap();
            one.runstate(&command);
            let since = Instant::now();
            let refreshed = app.refresh(&other, text(&tokens, "refresh_token"));
            expect_refusal(refreshed, 400, "invalid_grant");
            expect_refusal(app.exchange(&other, &unused, &[]), 400, "invalid_grant");
            expect_refused(&client, since);
            // Tokens of users are not issued behind a revocation of the same second.
            thread::sleep(Duration::from_millis(1_100));
            if !of_app {
                let page = browser.get(&target).expect(200);
                assert!(page.text().contains("name=\"password\""), "{command:?}");
            }
            match command[1] {
                "disable" if of_app => drop(one.runstate(&["app", "enable", &app.id])),
                "disable" => drop(one.runstate(&["user", "enable", "ada"])),
                _ => {}
            }
        }
        // Another user of the same name is another.
        let again = make_user(&one, "ada", &[]);
        assert_ne!(again, id);
        app.tokens_of(&other, "ada");
    }
}

#[test]
fn a_password_that_is_set_anew_ends_the_old_one() {
    let server = Server::start();
    let app = public_client(&server);
    make_user(&server, "ada", &[]);
    let tokens = app.tokens_of(&server, "ada");
    let line = ["user", "password", "ada", "--password-stdin"];
    server.runstate_with_input(&line, "another password of hers\n");
    let refused = app.refresh(&server, text(&tokens, "refresh_token"));
    expect_refusal(refused, 400, "invalid_grant");
    let mut browser = Browser::new(&server);
    browser
        .sign_in(&app.authorize(), "ada", PASSWORD)
        .expect(200);
    let page = browser.sign_in(&app.authorize(), "ada", "another password of hers");
    page.expect(303);
}

#[test]
fn what_the_command_line_refuses_and_shows() {
    let server = Server::start();
    let id = make_user(&server, "Ada", &["--role-scope-tag", "7"]);
    let listed = server.runstate(&["user", "list"]);
    for known in ["ada  enabled", &id, READ_WRITE, "role scope tags: 7"] {
        assert!(listed.contains(known), "{listed}");
    }
    assert!(!listed.contains("argon2"), "{listed}");
    let refused = |line: &[&str]| {
        let output = server.try_runstate(line);
        assert!(!output.status.success(), "{line:?}");
        String::from_utf8(output.stderr).unwrap()
    };
    let said = refused(&["user", "create", "ADA", "--scope", READ_WRITE]);
    assert!(said.contains("a user \"ADA\" already"), "{said}");
    refused(&["user", "create", "a b", "--scope", READ_WRITE]);
    refused(&["user", "create", "bob"]);
    refused(&["user", "create", "bob", "--scope", "Directory.Read.All"]);
    refused(&["user", "totp", "ada"]);
    for command in ["password", "disable", "enable", "delete"] {
        let said = refused(&["user", command, "nobody"]);
        assert!(said.contains("no user \"nobody\""), "{said}");
    }
    refused(&["user", "first-administrator"]);
    let public = [
        "app",
        "create",
        "x",
        "--public-client",
        "--scope",
        READ_WRITE,
    ];
    for uri in [
        "http://app.example/",
        "https://a.example/#x",
        "javascript:x",
    ] {
        refused(&[&public[..], &["--redirect-uri", uri]].concat());
    }
    refused(&["app", "create", "x", "--public-client"]);
    refused(&[
        "app",
        "create",
        "x",
        "--public-client",
        "--role",
        READ_WRITE,
    ]);
    let short =
        server.try_runstate_with_input(&["user", "password", "ada", "--password-stdin"], "short");
    assert!(!short.status.success());
    // Every change is audited, and neither password nor hash stands there.
    let events = server.client(&["--role", "DeviceManagementApps.Read.All"]);
    let events = events.get("/beta/deviceManagement/auditEvents").expect(200);
    let told = events.text();
    assert!(told.contains("\"User\"") && told.contains("ada"), "{told}");
    assert!(
        !told.contains("argon2") && !told.contains(PASSWORD),
        "{told}"
    );
}
