//! Authorization codes: for whom they are, how often, and what comes of them.

use serde_json::Value;

use super::browser::{Browser, location, parameter};
use super::{PASSWORD, REDIRECT, VERIFIER, challenge, claims_of, make_user, public_client, text};
use crate::access::authority::{expect_refusal, registered};
use crate::servers::pairs;
use crate::support::{HEALTH, READ_WRITE, Server};

#[test]
fn a_user_signs_in_and_an_application_gets_tokens() {
    for (one, other) in pairs() {
        let id = make_user(&one, "ada@example.com", &["--display-name", "Ada L."]);
        let app = public_client(&one);
        let mut browser = Browser::new(&one);
        let target = app.authorize();
        let signed_in = browser
            .sign_in(&target, "Ada@Example.com", PASSWORD)
            .expect(303);
        let sent = location(&browser.follow(&signed_in).expect(303));
        assert!(sent.starts_with(REDIRECT), "{sent}");
        assert_eq!(parameter(&sent, "state").as_deref(), Some("a state"));
        let issuer = format!("http://graph.test/{}/v2.0", app.tenant);
        assert_eq!(parameter(&sent, "iss").as_deref(), Some(issuer.as_str()));
        // The code of one server is exchanged at the other.
        let code = parameter(&sent, "code").unwrap();
        let answer = app.exchange(&other, &code, &[]);
        assert_eq!(answer.header("cache-control"), Some("no-store"));
        let tokens = answer.expect_json(200);
        let access = claims_of(text(&tokens, "access_token"));
        assert_eq!(access["scp"], READ_WRITE);
        assert_eq!(access["azp"], app.id);
        assert_eq!(access["sub"], id);
        assert_eq!(access["idtyp"], "user");
        assert_eq!(access["roles"], Value::Null);
        let said = claims_of(text(&tokens, "id_token"));
        for (name, expected) in [
            ("aud", app.id.as_str()),
            ("iss", &issuer),
            ("nonce", "a nonce"),
            ("oid", &id),
            ("sub", &id),
            ("tid", &app.tenant),
            ("name", "Ada L."),
            ("preferred_username", "ada@example.com"),
        ] {
            assert_eq!(said[name], expected, "{name}");
        }
        let info = format!("{{\"uid\":\"{id}\",\"utid\":\"{}\"}}", app.tenant);
        let info = crate::support::base64(&info);
        let told = text(&tokens, "client_info").trim_end_matches('=');
        assert_eq!(told, info.trim_end_matches('='));
        let holder = one.client_with(tokens["access_token"].as_str());
        holder.get(&HEALTH.url()).expect(200);
        // Signed in once, the browser is asked no more; an ID token opens nothing.
        let again = browser.get(&target).expect(303);
        assert!(parameter(&location(&again), "code").is_some());
        let by_id = one.client_with(tokens["id_token"].as_str());
        by_id.get(&HEALTH.url()).expect(401);
    }
}

#[test]
fn a_code_is_for_one_client_one_address_one_verifier_and_once() {
    let server = Server::start();
    make_user(&server, "ada", &[]);
    let (app, other) = (public_client(&server), public_client(&server));
    let code = || Browser::new(&server).code(&app.authorize(), "ada");
    let wrong = "x".repeat(43);
    for changed in [
        ("client_id", other.id.as_str()),
        ("redirect_uri", "http://localhost:8401/signed-in"),
        ("redirect_uri", "https://app.example/signed-in"),
        ("code_verifier", &wrong),
    ] {
        let code = code();
        let by = if changed.0 == "client_id" {
            &other
        } else {
            &app
        };
        expect_refusal(
            by.exchange(&server, &code, &[changed]),
            400,
            "invalid_grant",
        );
        // Whoever has tried has used it up.
        expect_refusal(app.exchange(&server, &code, &[]), 400, "invalid_grant");
    }
    let whole = code();
    for (changed, error) in [
        (("code_verifier", ""), "invalid_request"),
        (("code_verifier", "short"), "invalid_request"),
        (("redirect_uri", ""), "invalid_request"),
        (("code", ""), "invalid_request"),
        (("code", "x"), "invalid_grant"),
    ] {
        expect_refusal(app.exchange(&server, &whole, &[changed]), 400, error);
    }
    expect_refusal(
        app.exchange(&server, &whole, &[("client_id", "nobody")]),
        401,
        "invalid_client",
    );
    app.exchange(&server, &whole, &[]).expect(200);
}

#[test]
fn a_code_that_is_used_twice_ends_what_came_of_it() {
    for (one, other) in pairs() {
        make_user(&one, "ada", &[]);
        let app = public_client(&one);
        let mut browser = Browser::new(&one);
        let code = browser.code(&app.authorize(), "ada");
        let tokens = app.exchange(&one, &code, &[]).expect_json(200);
        let since = std::time::Instant::now();
        expect_refusal(app.exchange(&other, &code, &[]), 400, "invalid_grant");
        let refused = app.refresh(&one, text(&tokens, "refresh_token"));
        expect_refusal(refused, 400, "invalid_grant");
        let holder = one.client_with(tokens["access_token"].as_str());
        crate::access::revoked::expect_refused(&holder, since);
    }
}

#[test]
fn codes_expire() {
    let server = Server::start();
    make_user(&server, "ada", &[]);
    let app = public_client(&server);
    let code = Browser::new(&server).code(&app.authorize(), "ada");
    server.execute_in_database("UPDATE sign_in SET expires_at = 1 WHERE kind = 'code'");
    expect_refusal(app.exchange(&server, &code, &[]), 400, "invalid_grant");
    assert_eq!(
        server.count_in_database("SELECT COUNT(*) FROM sign_in WHERE kind = 'family'"),
        0
    );
}

#[test]
fn a_client_with_a_secret_must_prove_itself() {
    let server = Server::start();
    make_user(&server, "ada", &[]);
    let app = registered(&server.runstate(&[
        "app",
        "create",
        "a site",
        "--scope",
        READ_WRITE,
        "--redirect-uri",
        REDIRECT,
    ]));
    let code = || Browser::new(&server).code(&app.authorize(), "ada");
    expect_refusal(app.exchange(&server, &code(), &[]), 401, "invalid_client");
    let wrong = app.exchange(&server, &code(), &[("client_secret", "wrong")]);
    expect_refusal(wrong, 401, "invalid_client");
    let secret = [("client_secret", app.secret.as_str())];
    let tokens = app.exchange(&server, &code(), &secret).expect_json(200);
    let refresh = text(&tokens, "refresh_token");
    expect_refusal(app.refresh(&server, refresh), 401, "invalid_client");
    // It has no permissions of its own.
    expect_refusal(app.ask(&server), 400, "unauthorized_client");
}

#[test]
fn what_the_authorization_endpoint_refuses_at_the_client() {
    let server = Server::start();
    make_user(&server, "ada", &[]);
    let app = public_client(&server);
    let mut browser = Browser::new(&server);
    let mut check = |changed: &[(&str, &str)], error: &str| {
        let sent = location(&browser.get(&app.authorize_with(changed)).expect(303));
        assert!(
            sent.starts_with("http://localhost:8400/signed-in?error="),
            "{sent}"
        );
        assert_eq!(
            parameter(&sent, "error").as_deref(),
            Some(error),
            "{changed:?}"
        );
        assert_eq!(parameter(&sent, "state").as_deref(), Some("a state"));
        assert_eq!(parameter(&sent, "code"), None);
    };
    check(&[("code_challenge", "")], "invalid_request");
    check(&[("code_challenge_method", "")], "invalid_request");
    let plain = [
        ("code_challenge_method", "plain"),
        ("code_challenge", VERIFIER),
    ];
    check(&plain, "invalid_request");
    check(&[("response_type", "")], "invalid_request");
    check(&[("response_type", "token")], "unsupported_response_type");
    check(
        &[("response_type", "code id_token")],
        "unsupported_response_type",
    );
    check(&[("response_mode", "fragment")], "invalid_request");
    check(
        &[("scope", "https://evil.example/.default")],
        "invalid_scope",
    );
    check(&[("prompt", "none")], "login_required");
    check(&[("prompt", "create")], "invalid_request");
    check(&[("request", "eyJ")], "request_not_supported");
    check(&[("max_age", "x")], "invalid_request");
    server.runstate(&["app", "disable", &app.id]);
    check(&[], "unauthorized_client");
}

#[test]
fn nobody_is_sent_where_the_application_is_not() {
    let server = Server::start();
    let app = public_client(&server);
    let mut browser = Browser::new(&server);
    for uri in [
        "",
        "https://evil.example/",
        "https://app.example/signed-in/../x",
        "https://app.example/signed-in?x=y",
        "https://app.example/signed-in#x",
        "https://app.example@evil.example/signed-in",
        "https://app.example.evil.example/signed-in",
        "http://app.example/signed-in",
        "http://localhost/",
        "http://localhost:1@evil.example/signed-in",
        "http://localhost.evil.example/signed-in",
        "http://127.0.0.1/signed-in",
        "javascript:alert(1)",
        "//evil.example",
        "/x",
    ] {
        for more in ["", "none"] {
            let target = app.authorize_with(&[("redirect_uri", uri), ("prompt", more)]);
            let answer = browser.get(&target).expect(400);
            assert_eq!(answer.header("location"), None, "{uri}");
        }
    }
    let unknown = app.authorize_with(&[("client_id", "nobody")]);
    assert_eq!(browser.get(&unknown).expect(400).header("location"), None);
    let twice = format!(
        "{}&redirect_uri=https%3A%2F%2Fevil.example",
        app.authorize()
    );
    assert_eq!(browser.get(&twice).expect(400).header("location"), None);
    // Signing out leads nowhere else, either.
    let out = format!(
        "/{}/oauth2/v2.0/logout?client_id={}&post_logout_redirect_uri=https%3A%2F%2Fevil.example",
        app.tenant, app.id
    );
    assert_eq!(browser.get(&out).expect(400).header("location"), None);
}

#[test]
fn an_answer_by_form_sends_itself() {
    let server = Server::start();
    make_user(&server, "ada", &[]);
    let app = public_client(&server);
    let mut browser = Browser::new(&server);
    let target = app.authorize_with(&[("response_mode", "form_post"), ("state", "\"><b>")]);
    let signed_in = browser.sign_in(&target, "ada", PASSWORD).expect(303);
    let page = browser.follow(&signed_in).expect(200);
    let fields = super::browser::hidden(page.text());
    let field = |name: &str| fields.iter().find(|(n, _)| n == name).unwrap().1.clone();
    assert_eq!(field("state"), "\"><b>");
    let policy = page.header("content-security-policy").unwrap();
    assert!(policy.contains("script-src 'sha256-"), "{policy}");
    assert!(
        policy.contains("form-action 'self' http://localhost:8400"),
        "{policy}"
    );
    assert!(page.text().contains(&format!("action=\"{REDIRECT}\"")));
    app.exchange(&server, &field("code"), &[]).expect(200);
}

#[test]
fn tokens_have_what_both_have() {
    let server = Server::start();
    let read = "DeviceManagementScripts.Read.All";
    let line = ["user", "create", "bob", "--scope", read, "--password-stdin"];
    server.runstate_with_input(&line, PASSWORD);
    make_user(&server, "ada", &["--role-scope-tag", "7"]);
    let app = public_client(&server);
    // Bob has nothing that the application may have.
    let mut browser = Browser::new(&server);
    let signed_in = browser
        .sign_in(&app.authorize(), "bob", PASSWORD)
        .expect(303);
    let sent = location(&browser.follow(&signed_in).expect(303));
    assert_eq!(parameter(&sent, "error").as_deref(), Some("invalid_scope"));
    let tokens = app.tokens_of(&server, "ada");
    let access = claims_of(text(&tokens, "access_token"));
    assert_eq!(access["roleScopeTagIds"], serde_json::json!(["7"]));
    assert_eq!(
        challenge(VERIFIER),
        "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM"
    );
}
