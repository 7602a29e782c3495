//! What other sites, and what stands in URLs and forms, can do to those who sign in.

use super::browser::{Browser, hidden};
use super::{PASSWORD, make_user, public_client};
use crate::support::Server;

#[test]
fn a_form_of_another_site_does_nothing() {
    let server = Server::start();
    make_user(&server, "ada", &[]);
    let app = public_client(&server);
    let target = app.authorize();
    let mut browser = Browser::new(&server);
    let page = browser.get(&target).expect(200);
    let ours = hidden(page.text());
    let token = ours[0].1.clone();
    let fields = |token: &str| {
        let fields = [
            ("form_token", token),
            ("username", "ada"),
            ("password", PASSWORD),
            ("step", "password"),
        ];
        fields.map(|(name, value)| (name, value.to_owned()))
    };
    let other = hidden(Browser::new(&server).get(&target).expect(200).text())[0]
        .1
        .clone();
    for bad in ["", "x", &other] {
        let fields = fields(bad);
        let fields = fields
            .each_ref()
            .map(|(name, value)| (*name, value.as_str()));
        browser.post(&target, &fields).expect(400);
    }
    let right = fields(&token);
    let right = right
        .each_ref()
        .map(|(name, value)| (*name, value.as_str()));
    for site in ["cross-site", "same-site"] {
        let headers = [("Sec-Fetch-Site", site)];
        browser.post_with(&target, &right, &headers).expect(400);
    }
    // The token without the cookie is nothing.
    Browser::new(&server).post(&target, &right).expect(400);
    assert!(!browser.cookies.contains_key("runstate-session"));
    let headers = [("Sec-Fetch-Site", "same-origin")];
    browser.post_with(&target, &right, &headers).expect(303);
    // So it is where one signs out, and where codes are used.
    for page in [
        "oauth2/v2.0/logout",
        "account/password",
        "oauth2/v2.0/deviceauth",
    ] {
        let target = format!("/{}/{page}", app.tenant);
        browser
            .post(&target, &[("step", "sign-out"), ("user_code", "x")])
            .expect(400);
    }
    browser.get(&target).expect(303);
}

#[test]
fn nothing_that_is_sent_becomes_html() {
    let server = Server::start();
    make_user(&server, "ada", &[]);
    let app = public_client(&server);
    let hostile = "\"'><script>alert(1)</script><img src=x onerror=alert(1)>";
    let check = |answer: &crate::support::Answer| {
        let policy = answer.header("content-security-policy").unwrap();
        assert!(policy.starts_with("default-src 'none';"), "{policy}");
        let text = answer.text();
        assert!(
            !text.contains("<img") && !text.contains("alert(1)</script"),
            "{text}"
        );
        assert_eq!(
            answer.header("content-type"),
            Some("text/html; charset=utf-8")
        );
    };
    let names = [
        "client_id",
        "redirect_uri",
        "response_type",
        "response_mode",
        "scope",
        "state",
        "nonce",
        "prompt",
        "max_age",
        "login_hint",
        "code_challenge",
        "code_challenge_method",
        "unknown",
        "domain_hint",
    ];
    let mut shown = 0;
    for name in names {
        let answer = Browser::new(&server).get(&app.authorize_with(&[(name, hostile)]));
        match answer.status {
            303 => {
                let sent = super::browser::location(&answer);
                assert!(!sent.contains(['<', '"', '\'']), "{sent}");
            }
            _ => {
                shown += 1;
                check(&answer);
            }
        }
    }
    assert!(shown > 5, "{shown}");
    let mut browser = Browser::new(&server);
    check(
        &browser
            .sign_in(&app.authorize(), hostile, hostile)
            .expect(200),
    );
    let page = format!("/{}/account/first-administrator", app.tenant);
    let form = browser.get(&page).expect(200);
    let fields = [
        ("code", hostile),
        ("username", hostile),
        ("password", PASSWORD),
        ("repeated", PASSWORD),
    ];
    check(&browser.fill(&form, &fields).expect(200));
    // What an administrator has called an application is text, too.
    let named = server.runstate(&[
        "app",
        "create",
        hostile,
        "--public-client",
        "--scope",
        crate::support::READ_WRITE,
        "--redirect-uri",
        "http://localhost/signed-in",
    ]);
    let named = crate::access::authority::registered(&named);
    check(&browser.get(&named.authorize()).expect(200));
}
