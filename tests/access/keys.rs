//! The keys that tokens are signed with take each other's place, on every server of a database.

use std::process::Command;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use jsonwebtoken::dangerous::insecure_decode_claims;
use jsonwebtoken::decode_header;
use serde_json::Value;

use super::authority::{Registered, register};
use super::revoked::{GRACE, WITHIN, expect_refused};
use crate::servers::pairs;
use crate::support::{HEALTH, READ_WRITE, Server};

/// The id of the key that signed a token.
fn signed_by(token: &str) -> String {
    decode_header(token).unwrap().kid.unwrap()
}

/// The ids of the published keys.
fn published(server: &Server) -> Vec<String> {
    let answer = server.get("/common/discovery/v2.0/keys").expect(200);
    assert_eq!(answer.header("cache-control"), Some("public, max-age=3600"));
    let said = answer.json();
    let keys = said["keys"].as_array().unwrap().iter();
    keys.map(|key| key["kid"].as_str().unwrap().to_owned())
        .collect()
}

/// What `runstate key list` says of each key.
fn listed(server: &Server) -> Vec<(String, String)> {
    let printed = server.runstate(&["key", "list"]);
    let pairs = printed.lines().map(|line| line.split_once("  ").unwrap());
    pairs
        .map(|(id, state)| (id.to_owned(), state.to_owned()))
        .collect()
}

#[track_caller]
fn expect_works(server: &Server, token: &str) {
    let client = server.client_with(Some(token));
    client.get(&HEALTH.url()).expect(200);
}

/// Gets tokens at one server and uses them at once at the other, until it is told to stop.
fn work(app: &Registered, (one, other): (&Server, &Server), stop: &AtomicBool) -> usize {
    let mut done = 0;
    while !stop.load(Ordering::Acquire) {
        expect_works(other, &app.token(one));
        done += 1;
    }
    done
}

#[test]
fn no_request_is_refused_while_keys_are_rotated() {
    for (one, other) in pairs() {
        let app = register(&one, &[]);
        let old = app.token(&one);
        let stop = AtomicBool::new(false);
        thread::scope(|scope| {
            let ways = [(&one, &other), (&other, &one), (&other, &other)];
            let (app, stop) = (&app, &stop);
            let working = ways.map(|way| scope.spawn(move || work(app, way, stop)));
            let rotate = |line: &[&str]| {
                let line = [&["key", "rotate"], line].concat();
                let next = one.runstate(&line).trim_end().to_owned();
                let begun = Instant::now();
                while signed_by(&app.token(&other)) != next {
                    assert!(
                        begun.elapsed() < WITHIN + GRACE + Duration::from_secs(3),
                        "{line:?}"
                    );
                    thread::sleep(Duration::from_millis(20));
                }
                thread::sleep(Duration::from_millis(500));
            };
            rotate(&["--after", "3s"]);
            rotate(&["--now"]);
            rotate(&["--now"]);
            stop.store(true, Ordering::Release);
            for worker in working {
                assert!(worker.join().unwrap() > 5);
            }
        });
        for server in [&one, &other, &other.beside()] {
            expect_works(server, &old);
            assert_eq!(published(server).len(), 4);
        }
    }
}

#[test]
fn the_next_key_is_published_before_it_signs() {
    for (one, other) in pairs() {
        let first = signed_by(&one.issue(&["--role", READ_WRITE]));
        assert_eq!(published(&one), [first.as_str()]);
        let next = one.runstate(&["key", "rotate"]).trim_end().to_owned();
        let begun = Instant::now();
        while published(&other) != [first.as_str(), next.as_str()] {
            assert!(begun.elapsed() < WITHIN + GRACE, "it is not published");
            thread::sleep(Duration::from_millis(20));
        }
        assert_eq!(signed_by(&one.issue(&["--role", READ_WRITE])), first);
        let shown = listed(&one);
        assert_eq!(shown[0], (first.clone(), "signs".to_owned()));
        assert!(shown[1].1.starts_with("signs from 20"), "{shown:?}");
        // One key waits at a time; it can be withdrawn, or sign at once.
        let refused = one.try_runstate(&["key", "rotate"]);
        let said = String::from_utf8(refused.stderr).unwrap();
        assert!(!refused.status.success() && said.contains(&next), "{said}");
        one.runstate(&["key", "retire", &next]);
        assert_eq!(listed(&one), [(first.clone(), "signs".to_owned())]);
        let next = one.runstate(&["key", "rotate"]).trim_end().to_owned();
        assert_eq!(one.runstate(&["key", "rotate", "--now"]).trim_end(), next);
        assert_eq!(signed_by(&one.issue(&["--role", READ_WRITE])), next);
        let shown = listed(&one);
        assert!(shown[0].1.starts_with("verifies until 20"), "{shown:?}");
        assert_eq!(shown[1], (next, "signs".to_owned()));
    }
}

#[test]
fn a_token_of_a_retired_key_is_refused_everywhere() {
    for (one, other) in pairs() {
        let token = || one.issue(&["--role", READ_WRITE, "--expires", "30d"]);
        let old = token();
        let gone = signed_by(&old);
        for server in [&one, &other] {
            expect_works(server, &old);
        }
        for line in [["key", "retire", &gone], ["key", "retire", "none"]] {
            let refused = one.try_runstate(&line);
            assert!(!refused.status.success(), "{line:?}");
        }
        expect_works(&one, &old);
        one.runstate(&["key", "retire", &gone, "--now"]);
        let since = Instant::now();
        let new = token();
        assert_ne!(signed_by(&new), gone);
        for server in [&one, &other] {
            expect_refused(&server.client_with(Some(&old)), since);
            expect_works(server, &new);
            assert_eq!(published(server), [signed_by(&new)]);
        }
        // Who starts later knows it, too; its private key is nowhere any more.
        let third = other.beside();
        let answer = third.client_with(Some(&old)).get(&HEALTH.url());
        let said = answer.expect_error(401, "InvalidAuthenticationToken");
        assert_eq!(said, "The access token has been revoked.");
        expect_works(&third, &new);
        let kept = "SELECT count(*) FROM signing_key WHERE secret IS NOT NULL";
        assert_eq!(one.count_in_database(kept), 1);
        assert!(listed(&one)[0].1.starts_with("retired 20"));
        assert!(
            !one.try_runstate(&["key", "retire", &gone, "--now"])
                .status
                .success()
        );
    }
}

#[test]
fn a_database_is_one_tenant_whatever_signs() {
    for (one, other) in pairs() {
        let first = register(&one, &[]).tenant;
        one.runstate(&["key", "rotate", "--now"]);
        assert_eq!(register(&other, &[]).tenant, first);
        assert_eq!(register(&other.beside(), &[]).tenant, first);
        let token = one.runstate(&["enrollment-token", "create"]);
        assert!(token.contains(&first.replace('-', "")), "{token} {first}");
    }
    assert_ne!(
        register(&Server::start(), &[]).tenant,
        register(&Server::start(), &[]).tenant
    );
}

/// A key of 30 days is kept until its last token of 30 days has expired.
#[test]
fn a_key_is_kept_as_long_as_its_longest_token() {
    let server = Server::start();
    server.issue(&["--role", READ_WRITE, "--expires", "30d"]);
    let shown = |server: &Server| {
        server.runstate(&["key", "rotate", "--now"]);
        listed(server)
    };
    let end = |(_, state): &(String, String)| {
        let end = state.strip_prefix("verifies until ").unwrap();
        end.parse::<jiff::Timestamp>().unwrap().as_second()
    };
    let keys = shown(&server);
    let now = jiff::Timestamp::now().as_second();
    assert!(
        (30 * 86_400 - 120..=30 * 86_400).contains(&(end(&keys[0]) - now)),
        "{keys:?}"
    );
    let keys = shown(&server);
    assert!(
        (3_600..3_600 + 600).contains(&(end(&keys[1]) - now)),
        "{keys:?}"
    );
}

#[test]
fn programs_that_begin_together_share_tenant_and_key() {
    let mut databases = vec![None];
    databases.extend(test_postgres::postgres().map(|server| Some(server.new_database())));
    for database in databases {
        let directory = tempfile::tempdir().unwrap();
        let issue = || {
            let mut command = Command::new(env!("CARGO_BIN_EXE_runstate"));
            command.args(["token", "--role", READ_WRITE, "--data-dir"]);
            command
                .arg(directory.path())
                .env_remove("RUNSTATE_DATABASE");
            if let Some(url) = &database {
                command.env("RUNSTATE_DATABASE", url);
            }
            let output = command.output().unwrap();
            assert!(output.status.success(), "{output:?}");
            String::from_utf8(output.stdout)
                .unwrap()
                .trim_end()
                .to_owned()
        };
        let tokens: Vec<String> = thread::scope(|scope| {
            let issuing: Vec<_> = (0..6).map(|_| scope.spawn(issue)).collect();
            let issued = issuing.into_iter().map(|issuing| issuing.join().unwrap());
            issued.collect()
        });
        let named = |token: &String| {
            let claims = insecure_decode_claims::<Value>(token).unwrap();
            (
                signed_by(token),
                claims["tid"].clone(),
                claims["iss"].clone(),
            )
        };
        let first = named(&tokens[0]);
        assert!(
            tokens.iter().all(|token| named(token) == first),
            "{first:?}"
        );
        assert_eq!(named(&issue()), first);
    }
}

#[test]
fn sealed_keys_need_their_key() {
    let directory = tempfile::tempdir().unwrap();
    let file = |name: &str, text: &str| {
        let path = directory.path().join(name);
        std::fs::write(&path, text).unwrap();
        let private = std::os::unix::fs::PermissionsExt::from_mode(0o600);
        std::fs::set_permissions(&path, private).unwrap();
        path.to_str().unwrap().to_owned()
    };
    let right = file("right", "MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTIzNDU2Nzg5MDE=\n");
    let wrong = file("wrong", "MTIzNDU2Nzg5MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTI=\n");
    let none = file("none", "secret");
    let server = Server::start_with(&["--key-encryption-key", &right]);
    let line = ["key", "list", "--key-encryption-key", &right];
    let printed = server.runstate(&line);
    assert!(printed.trim_end().ends_with("  signs, sealed"), "{printed}");
    let token = ["token", "--role", READ_WRITE, "--key-encryption-key"];
    let issue = |file: &str| server.try_runstate(&[&token[..], &[file]].concat());
    let issued = String::from_utf8(issue(&right).stdout).unwrap();
    expect_works(&server, issued.trim_end());
    for (file, said) in [(&wrong, "sealed by"), (&none, "32 random bytes")] {
        let refused = issue(file);
        let stderr = String::from_utf8(refused.stderr).unwrap();
        assert!(
            !refused.status.success() && stderr.contains(said),
            "{stderr}"
        );
    }
    let refused = server.try_runstate(&token[..3]);
    let stderr = String::from_utf8(refused.stderr).unwrap();
    assert!(
        !refused.status.success() && stderr.contains("sealed by"),
        "{stderr}"
    );
}
