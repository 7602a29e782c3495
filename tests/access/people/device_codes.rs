//! Devices that show a code (RFC 8628).

use serde_json::Value;

use super::browser::Browser;
use super::{PASSWORD, encode, make_user, public_client, text};
use crate::access::authority::{Registered, expect_refusal, post};
use crate::servers::pairs;
use crate::support::{Answer, HEALTH, Server};

const GRANT: &str = "urn:ietf:params:oauth:grant-type:device_code";

#[track_caller]
fn begin(app: &Registered, server: &Server) -> Value {
    let scope = encode("openid profile offline_access https://graph.microsoft.com/.default");
    let form = format!("client_id={}&scope={scope}", app.id);
    let target = format!("/{}/oauth2/v2.0/devicecode", app.tenant);
    post(server, &target, &form).expect_json(200)
}

fn poll(app: &Registered, server: &Server, code: &str) -> Answer {
    let fields = [
        ("grant_type", GRANT),
        ("client_id", &app.id),
        ("device_code", code),
    ];
    app.ask_with(server, &fields)
}

/// A browser that has signed in at the page of codes, and the page.
#[track_caller]
fn at_page(server: &Server, app: &Registered) -> (Browser, Answer) {
    let target = format!("/{}/oauth2/v2.0/deviceauth", app.tenant);
    let mut browser = Browser::new(server);
    let signed_in = browser.sign_in(&target, "ada", PASSWORD).expect(303);
    let page = browser.follow(&signed_in).expect(200);
    (browser, page)
}

#[test]
fn a_device_gets_tokens_when_its_user_says_so() {
    for (one, other) in pairs() {
        make_user(&one, "ada", &[]);
        let (app, stranger) = (public_client(&one), public_client(&one));
        let begun = begin(&app, &one);
        let (code, shown) = (text(&begun, "device_code"), text(&begun, "user_code"));
        assert_eq!(begun["interval"], 5);
        let page = format!("http://graph.test/{}/oauth2/v2.0/deviceauth", app.tenant);
        assert_eq!(begun["verification_uri"], page);
        expect_refusal(poll(&app, &other, code), 400, "authorization_pending");
        expect_refusal(poll(&app, &one, code), 400, "slow_down");
        expect_refusal(poll(&stranger, &one, code), 400, "expired_token");
        expect_refusal(poll(&app, &one, &format!("{code}x")), 400, "expired_token");
        let (mut browser, page) = at_page(&other, &app);
        let typed = shown.to_lowercase().replace('-', " ");
        let asked = browser.fill(&page, &[("user_code", &typed), ("step", "look")]);
        let asked = asked.expect(200);
        assert!(
            asked.text().contains("a desktop will act as ada"),
            "{}",
            asked.text()
        );
        let done = browser.fill(&asked, &[("step", "allow")]).expect(200);
        assert!(done.text().contains("It is done"), "{}", done.text());
        let tokens = poll(&app, &one, code).expect_json(200);
        let client = one.client_with(tokens["access_token"].as_str());
        client.get(&HEALTH.url()).expect(200);
        app.refresh(&other, text(&tokens, "refresh_token"))
            .expect(200);
        expect_refusal(poll(&app, &other, code), 400, "expired_token");
        let again = browser.fill(&page, &[("user_code", shown), ("step", "allow")]);
        assert!(again.expect(200).text().contains("There is no such code"));
    }
}

#[test]
fn a_device_is_turned_away_or_too_late() {
    let server = Server::start();
    make_user(&server, "ada", &[]);
    let app = public_client(&server);
    let (mut browser, page) = at_page(&server, &app);
    let begun = begin(&app, &server);
    let (code, shown) = (text(&begun, "device_code"), text(&begun, "user_code"));
    let asked = browser.fill(&page, &[("user_code", shown), ("step", "look")]);
    browser
        .fill(&asked.expect(200), &[("step", "deny")])
        .expect(200);
    expect_refusal(poll(&app, &server, code), 400, "access_denied");
    expect_refusal(poll(&app, &server, code), 400, "expired_token");
    let late = begin(&app, &server);
    server.execute_in_database("UPDATE sign_in SET expires_at = 1 WHERE kind = 'device'");
    expect_refusal(
        poll(&app, &server, text(&late, "device_code")),
        400,
        "expired_token",
    );
    let typed = [("user_code", text(&late, "user_code")), ("step", "look")];
    let said = browser.fill(&page, &typed).expect(200);
    assert!(
        said.text().contains("There is no such code"),
        "{}",
        said.text()
    );
    // What was allowed and not fetched ends with the user's rights.
    let begun = begin(&app, &server);
    let typed = [("user_code", text(&begun, "user_code")), ("step", "allow")];
    assert!(
        browser
            .fill(&page, &typed)
            .expect(200)
            .text()
            .contains("It is done")
    );
    server.runstate(&["user", "disable", "ada"]);
    expect_refusal(
        poll(&app, &server, text(&begun, "device_code")),
        400,
        "expired_token",
    );
    let unknown = format!("/{}/oauth2/v2.0/devicecode", app.tenant);
    expect_refusal(
        post(&server, &unknown, "client_id=nobody"),
        401,
        "invalid_client",
    );
}

#[test]
fn codes_are_not_found_by_trying() {
    let server = Server::start();
    make_user(&server, "ada", &[]);
    let app = public_client(&server);
    let begun = begin(&app, &server);
    let (mut browser, page) = at_page(&server, &app);
    let mut tried = 0;
    loop {
        let typed = format!("BCDF-GHJ{}", char::from(b'A' + tried));
        let answer = browser.fill(&page, &[("user_code", &typed), ("step", "allow")]);
        if answer.status != 200 {
            answer.expect(429);
            break;
        }
        tried += 1;
        assert!(tried <= 10, "nobody slows guessing down");
    }
    let right = [("user_code", text(&begun, "user_code")), ("step", "allow")];
    browser.fill(&page, &right).expect(429);
    expect_refusal(
        poll(&app, &server, text(&begun, "device_code")),
        400,
        "authorization_pending",
    );
    // Whoever has not signed in is not even asked for a code.
    let target = format!("/{}/oauth2/v2.0/deviceauth", app.tenant);
    let asked = Browser::new(&server).get(&target).expect(200);
    assert!(!asked.text().contains("user_code"));
}
