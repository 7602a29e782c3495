//! What administrators do to an application reaches every server.

use std::thread;
use std::time::{Duration, Instant};

use super::{expect_refusal, register, registered};
use crate::access::revoked::expect_refused;
use crate::servers::pairs;
use crate::support::{HEALTH, READ_WRITE, Server};

/// The first second of a token must have passed for its revocation to spare the next ones.
fn next_second() {
    thread::sleep(Duration::from_millis(1_050));
}

#[test]
fn a_secret_is_rotated_with_an_overlap_or_at_once() {
    for (one, other) in pairs() {
        let first = register(&one, &[]);
        let token = first.token(&other);
        let second = registered(&one.runstate(&["app", "rotate", &first.id]));
        for (app, server) in [
            (&first, &one),
            (&first, &other),
            (&second, &one),
            (&second, &other),
        ] {
            app.ask(server).expect(200);
        }
        let holder = other.client_with(Some(&token));
        holder.get(&HEALTH.url()).expect(200);
        let third = registered(&one.runstate(&["app", "rotate", &first.id, "--now"]));
        let since = Instant::now();
        // A token that is issued at once holds, whatever becomes of the earlier ones.
        let anew = third.token(&other);
        for server in [&one, &other] {
            for gone in [&first, &second] {
                expect_refusal(gone.ask(server), 401, "invalid_client");
            }
            expect_refused(&server.client_with(Some(&token)), since);
            server
                .client_with(Some(&anew))
                .get(&HEALTH.url())
                .expect(200);
        }
    }
}

#[test]
fn an_overlap_ends() {
    let server = Server::start();
    let first = register(&server, &[]);
    let line = ["app", "rotate", &first.id, "--overlap", "2s"];
    let second = registered(&server.runstate(&line));
    first.ask(&server).expect(200);
    thread::sleep(Duration::from_millis(3_100));
    expect_refusal(first.ask(&server), 401, "invalid_client");
    second.ask(&server).expect(200);
}

#[test]
fn who_loses_rights_loses_the_tokens_that_say_them() {
    for (one, other) in pairs() {
        let app = register(&one, &[]);
        let lose = |line: &[&str]| {
            let client = other.client_with(Some(&app.token(&other)));
            client.get(&HEALTH.url()).expect(200);
            next_second();
            one.runstate(line);
            expect_refused(&client, Instant::now());
        };
        let read = "DeviceManagementManagedDevices.Read.All";
        lose(&["app", "grant", &app.id, "--role", read]);
        let narrow = other.client_with(Some(&app.token(&other)));
        narrow
            .get("/beta/deviceManagement/managedDevices")
            .expect(200);
        let health = narrow.get(&HEALTH.url());
        health.expect_error(403, "Forbidden");
        one.runstate(&["app", "grant", &app.id, "--role", READ_WRITE]);
        lose(&["app", "disable", &app.id]);
        expect_refusal(app.ask(&other), 400, "unauthorized_client");
        one.runstate(&["app", "enable", &app.id]);
        lose(&["app", "delete", &app.id]);
        expect_refusal(app.ask(&other), 401, "invalid_client");
    }
}
