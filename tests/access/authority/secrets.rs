//! Client credentials by secret.

use base64::Engine;
use base64::prelude::BASE64_STANDARD;

use super::{expect_refusal, form_request, post, register, registered};
use crate::support::{HEALTH, READ_WRITE, Request, Server, make_script};

#[test]
fn a_secret_gets_a_token_that_opens_what_was_granted() {
    let server = Server::start();
    let read = "DeviceManagementScripts.Read.All";
    let reader = registered(&server.runstate(&["app", "create", "a reader", "--role", read]));
    let answer = reader.ask(&server);
    assert_eq!(answer.header("cache-control"), Some("no-store"));
    assert_eq!(answer.header("pragma"), Some("no-cache"));
    assert_eq!(answer.header("content-type"), Some("application/json"));
    let body = answer.expect_json(200);
    assert_eq!(body["token_type"], "Bearer");
    assert_eq!(body["expires_in"], 3_600);
    let token = body["access_token"].as_str().unwrap();
    let client = server.client_with(Some(token));
    client.get(&HEALTH.url()).expect(200);
    let script = serde_json::json!({ "displayName": "x" });
    client
        .post(&HEALTH.url(), &script)
        .expect_error(403, "Forbidden");
    let writer = register(&server, &[]);
    make_script(&server.client_with(Some(&writer.token(&server))), &HEALTH);
    let listed = server.runstate(&["app", "list"]);
    for known in [&reader.id, &writer.id, "a reader", read] {
        assert!(listed.contains(known), "{listed}");
    }
    for secret in [&reader.secret, &writer.secret] {
        assert_eq!(secret.len(), 43);
        assert!(!listed.contains(secret.as_str()));
    }
}

#[test]
fn the_ways_to_send_it() {
    let server = Server::start();
    let nobody = server.client_with(None);
    let app = register(&server, &[]);
    let basic = |id: &str, secret: &str| {
        let pair = BASE64_STANDARD.encode(format!("{id}:{secret}"));
        form_request(&app.endpoint(), "grant_type=client_credentials")
            .header("Authorization", &format!("Basic {pair}"))
    };
    nobody.exchange(&basic(&app.id, &app.secret)).expect(200);
    let refused = nobody.exchange(&basic(&app.id, "x"));
    let challenge = refused.header("www-authenticate").map(str::to_owned);
    assert!(challenge.is_some_and(|value| value.starts_with("Basic ")));
    expect_refusal(refused, 401, "invalid_client");
    for tenant in [
        "organizations",
        "common",
        "adfs",
        &app.tenant.to_uppercase(),
    ] {
        let endpoint = format!("/{tenant}/oauth2/v2.0/token");
        post(&server, &endpoint, &app.form()).expect(200);
    }
    let ignored = format!("{}&client_info=1&claims=%7B%7D&x=y", app.form());
    post(&server, &app.endpoint(), &ignored).expect(200);
    let by_upper = app.form().replace(&app.id, &app.id.to_uppercase());
    post(&server, &app.endpoint(), &by_upper).expect(200);
}

#[test]
fn what_is_refused() {
    let server = Server::start();
    let nobody = server.client_with(None);
    let app = register(&server, &[]);
    let (form, endpoint) = (app.form(), app.endpoint());
    let check = |form: &str, status: u16, error: &str| {
        expect_refusal(post(&server, &endpoint, form), status, error)
    };
    check("", 400, "invalid_request");
    check("grant_type=client_credentials", 401, "invalid_client");
    check(
        &form.replace("client_credentials", "password"),
        400,
        "unsupported_grant_type",
    );
    check(
        &format!("{form}&client_id={}", app.id),
        400,
        "invalid_request",
    );
    check(
        &format!("{form}&client_assertion=x"),
        400,
        "invalid_request",
    );
    check(&form.replace(".default", "User.Read"), 400, "invalid_scope");
    check(&format!("{form}%ff"), 400, "invalid_request");
    // Who does not exist and who guesses wrongly are told the same.
    let wrong = check(&form.replace(&app.secret, "x"), 401, "invalid_client");
    let unknown = check(&form.replace(&app.id, "nobody"), 401, "invalid_client");
    assert_eq!(wrong, unknown);
    assert!(!wrong.contains(&app.id));
    let other = "/00000000-0000-4000-8000-000000000000/oauth2/v2.0/token";
    expect_refusal(post(&server, other, &form), 400, "invalid_request");
    let json = Request::new("POST", &endpoint).text("application/json", "{}");
    expect_refusal(nobody.exchange(&json), 400, "invalid_request");
    server.get(&endpoint).expect_error(405, "MethodNotAllowed");
    let large = format!("{form}&x={}", "y".repeat(70_000));
    post(&server, &endpoint, &large).expect(413);
    // An expired secret is none.
    let brief = register(&server, &["--expires", "1s"]);
    std::thread::sleep(std::time::Duration::from_millis(2_100));
    expect_refusal(brief.ask(&server), 401, "invalid_client");
}

#[test]
fn guessing_is_slow() {
    let server = Server::start();
    let (app, other) = (register(&server, &[]), register(&server, &[]));
    let wrong = app.form().replace(&app.secret, "wrong");
    let mut tried = 0;
    let refused = loop {
        let answer = post(&server, &app.endpoint(), &wrong);
        if answer.status != 401 {
            break answer;
        }
        tried += 1;
        assert!(tried <= 10, "nobody slows guessing down");
    };
    assert_eq!(refused.header("retry-after"), Some("60"));
    expect_refusal(refused, 429, "temporarily_unavailable");
    // Not even the right secret passes there, or the guesser would know it; others do.
    expect_refusal(app.ask(&server), 429, "temporarily_unavailable");
    other.ask(&server).expect(200);
}

#[test]
fn what_the_command_line_refuses() {
    let server = Server::start();
    let refused = |line: &[&str]| {
        let output = server.try_runstate(line);
        assert!(!output.status.success(), "{line:?}");
        String::from_utf8(output.stderr).unwrap()
    };
    let said = refused(&["app", "create", "x", "--role", "Directory.Read.All"]);
    assert!(
        said.contains("Directory.Read.All") && said.contains(READ_WRITE),
        "{said}"
    );
    refused(&["app", "create", "x"]);
    refused(&["app", "create", "", "--role", READ_WRITE]);
    refused(&[
        "app",
        "create",
        "x",
        "--role",
        READ_WRITE,
        "--role-scope-tag",
        "",
    ]);
    refused(&[
        "app",
        "create",
        "x",
        "--role",
        READ_WRITE,
        "--expires",
        "0s",
    ]);
    refused(&[
        "app",
        "create",
        "x",
        "--role",
        READ_WRITE,
        "--public-key",
        "/none",
    ]);
    let said = refused(&["app", "delete", "nobody"]);
    assert!(said.contains("no application \"nobody\""), "{said}");
    refused(&["app", "rotate", "nobody"]);
    refused(&["app", "grant", "nobody", "--role", READ_WRITE]);
    assert_eq!(server.runstate(&["app", "list"]), "");
    let app = register(&server, &[]);
    for _ in 0..9 {
        server.runstate(&["app", "rotate", &app.id, "--overlap", "7d"]);
    }
    let said = refused(&["app", "rotate", &app.id, "--overlap", "7d"]);
    assert!(said.contains("10 credentials"), "{said}");
    app.ask(&server).expect(200);
}
