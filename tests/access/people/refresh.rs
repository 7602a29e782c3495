//! Refresh tokens: each holds once, and for its client.

use super::browser::Browser;
use super::{make_user, public_client, text};
use crate::access::authority::expect_refusal;
use crate::servers::pairs;
use crate::support::{HEALTH, READ_WRITE, Server};

#[test]
fn each_is_exchanged_for_the_next_and_a_copy_ends_them_all() {
    for (one, other) in pairs() {
        make_user(&one, "ada", &[]);
        let app = public_client(&one);
        let first = app.tokens_of(&one, "ada");
        let first = text(&first, "refresh_token");
        let second = app.refresh(&other, first).expect_json(200);
        let client = one.client_with(second["access_token"].as_str());
        client.get(&HEALTH.url()).expect(200);
        let third = app.refresh(&one, text(&second, "refresh_token"));
        let third = third.expect_json(200);
        // Somebody has the first one, too.
        let since = std::time::Instant::now();
        expect_refusal(app.refresh(&other, first), 400, "invalid_grant");
        let latest = text(&third, "refresh_token");
        expect_refusal(app.refresh(&one, latest), 400, "invalid_grant");
        let client = other.client_with(third["access_token"].as_str());
        crate::access::revoked::expect_refused(&client, since);
    }
}

#[test]
fn what_is_refused() {
    let server = Server::start();
    make_user(&server, "ada", &[]);
    let (app, other) = (public_client(&server), public_client(&server));
    let tokens = app.tokens_of(&server, "ada");
    let token = text(&tokens, "refresh_token").to_owned();
    for bad in ["x", "x.y", ".", &format!("{token}x")[1..]] {
        expect_refusal(app.refresh(&server, bad), 400, "invalid_grant");
    }
    // Another client neither gets anything by it nor ends it.
    expect_refusal(other.refresh(&server, &token), 400, "invalid_grant");
    let more = |scope: &str| {
        [
            ("grant_type".to_owned(), "refresh_token".to_owned()),
            ("client_id".to_owned(), app.id.clone()),
            ("refresh_token".to_owned(), token.clone()),
            ("scope".to_owned(), scope.to_owned()),
        ]
    };
    let fields = more("https://evil.example/.default");
    let fields = fields.each_ref().map(|(n, v)| (n.as_str(), v.as_str()));
    expect_refusal(app.ask_with(&server, &fields), 400, "invalid_scope");
    let next = app.refresh(&server, &token).expect_json(200);
    assert!(next["id_token"].is_string());
    // Whoever does not ask for it gets none.
    let mut browser = Browser::new(&server);
    let code = browser.code(&app.authorize_with(&[("scope", READ_WRITE)]), "ada");
    let brief = app.exchange(&server, &code, &[]).expect_json(200);
    assert!(brief.get("refresh_token").is_none() && brief.get("id_token").is_none());
}
