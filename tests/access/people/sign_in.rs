//! Signing in: who is told what, how often, and what a browser keeps.

use super::browser::{Browser, location, parameter};
use super::{PASSWORD, make_user, public_client};
use crate::support::Server;

/// The code that an authenticator shows for a secret, `away` steps from now (RFC 6238).
fn totp(uri: &str, away: i64) -> String {
    let secret = parameter(uri.trim(), "secret").expect("a secret");
    let mut bits = secret.bytes().flat_map(|letter| {
        let value = match letter {
            b'A'..=b'Z' => letter - b'A',
            digit => digit - b'2' + 26,
        };
        (0..5).rev().map(move |bit| value >> bit & 1)
    });
    let mut key = Vec::new();
    while let Some(first) = bits.next() {
        let rest: Vec<u8> = bits.by_ref().take(7).collect();
        key.push(rest.iter().fold(first, |byte, bit| byte << 1 | bit));
    }
    let now = std::time::SystemTime::UNIX_EPOCH
        .elapsed()
        .unwrap()
        .as_secs();
    let step = (now / 30).checked_add_signed(away).unwrap();
    let key = aws_lc_rs::hmac::Key::new(aws_lc_rs::hmac::HMAC_SHA1_FOR_LEGACY_USE_ONLY, &key);
    let tag = aws_lc_rs::hmac::sign(&key, &step.to_be_bytes());
    let offset = usize::from(tag.as_ref()[19] & 15);
    let word: [u8; 4] = tag.as_ref()[offset..offset + 4].try_into().unwrap();
    format!(
        "{:06}",
        (u32::from_be_bytes(word) & 0x7fff_ffff) % 1_000_000
    )
}

#[test]
fn who_is_there_is_not_told() {
    let server = Server::start();
    make_user(&server, "ada", &[]);
    make_user(&server, "dismissed", &[]);
    server.runstate(&["user", "disable", "dismissed"]);
    server.runstate(&[
        "user",
        "create",
        "new",
        "--scope",
        crate::support::READ_WRITE,
    ]);
    let app = public_client(&server);
    let said = |name: &str, password: &str| {
        let mut browser = Browser::new(&server);
        let answer = browser.sign_in(&app.authorize(), name, password);
        let answer = answer.expect(200);
        assert!(answer.text().contains("The name or the password is wrong."));
        assert!(!browser.cookies.contains_key("runstate-session"));
        // But for what was typed and what is random, all is the same.
        let begin = answer.text().find("form_token").unwrap();
        let end = answer.text()[begin..].find('>').unwrap();
        let text = answer.text();
        format!("{}{}", &text[..begin], &text[begin + end..]).replace(name, "NAME")
    };
    let wrong = said("ada", "a wrong password it is");
    for (name, password) in [
        ("nobody", PASSWORD),
        ("dismissed", PASSWORD),
        ("new", PASSWORD),
        ("new", ""),
        ("ada", ""),
        ("ada", "correct horse battery stapl"),
    ] {
        assert_eq!(said(name, password), wrong, "{name}");
    }
}

#[test]
fn guessing_passwords_is_slow() {
    let server = Server::start();
    make_user(&server, "ada", &[]);
    let app = public_client(&server);
    let mut tried = 0;
    let refused = loop {
        let answer = Browser::new(&server).sign_in(&app.authorize(), "ada", "wrong wrong wrong");
        if answer.status != 200 {
            break answer;
        }
        tried += 1;
        assert!(tried <= 10, "nobody slows guessing down");
    };
    assert_eq!(refused.header("retry-after"), Some("60"));
    refused.expect(429);
    let right = Browser::new(&server).sign_in(&app.authorize(), "ADA", PASSWORD);
    right.expect(429);
}

#[test]
fn a_one_time_password_is_needed_and_taken_once() {
    let server = Server::start();
    make_user(&server, "ada", &[]);
    let app = public_client(&server);
    let printed = server.runstate(&["user", "totp", "ada", "--enable"]);
    let uri = printed.lines().next().unwrap();
    assert!(
        uri.starts_with("otpauth://totp/Runstate:ada?secret="),
        "{printed}"
    );
    assert!(printed.contains('\u{2588}'), "no QR code: {printed}");
    let secret = parameter(uri, "secret").unwrap();
    assert!(!server.runstate(&["user", "list"]).contains(&secret));
    let mut browser = Browser::new(&server);
    let target = app.authorize();
    let halfway = browser.sign_in(&target, "ada", PASSWORD).expect(303);
    let before = browser.cookies["runstate-session"].clone();
    let page = browser.follow(&halfway).expect(200);
    assert!(page.text().contains("name=\"otp\""));
    // Half signed in is not signed in.
    let none = app.authorize_with(&[("prompt", "none")]);
    let sent = location(&browser.get(&none).expect(303));
    assert_eq!(parameter(&sent, "error").as_deref(), Some("login_required"));
    let code = totp(uri, 0);
    let steps = [("otp", code.as_str()), ("step", "totp")];
    for wrong in ["", "123", totp(uri, -4).as_str()] {
        let answer = browser.fill(&page, &[("otp", wrong), ("step", "totp")]);
        answer.expect(200);
    }
    let done = browser.fill(&page, &steps).expect(303);
    assert_ne!(
        browser.cookies["runstate-session"], before,
        "the session is another"
    );
    let sent = location(&browser.follow(&done).expect(303));
    assert!(parameter(&sent, "code").is_some());
    // Somebody has looked over the shoulder.
    let mut other = Browser::new(&server);
    let halfway = other.sign_in(&target, "ada", PASSWORD).expect(303);
    let page = other.follow(&halfway).expect(200);
    let again = other.fill(&page, &steps).expect(200);
    assert!(again.text().contains("used before"), "{}", again.text());
    let earlier = totp(uri, -1);
    other
        .fill(&page, &[("otp", &earlier), ("step", "totp")])
        .expect(200);
    // Whoever guesses on waits, even with the right one.
    let mut statuses = Vec::new();
    for _ in 0..4 {
        statuses.push(
            other
                .fill(&page, &[("otp", "000000"), ("step", "totp")])
                .status,
        );
    }
    assert_eq!(statuses.last(), Some(&429), "{statuses:?}");
    let next = totp(uri, 1);
    other
        .fill(&page, &[("otp", &next), ("step", "totp")])
        .expect(429);
    let restart = other.fill(&page, &[("step", "restart")]).expect(303);
    assert!(
        other
            .follow(&restart)
            .expect(200)
            .text()
            .contains("name=\"password\"")
    );
}

#[test]
fn a_session_is_made_by_the_server_alone_and_ends() {
    let server = Server::start();
    make_user(&server, "ada", &[]);
    let app = public_client(&server);
    let target = app.authorize();
    let mut browser = Browser::new(&server);
    // Somebody has planted a session that she is to sign in to.
    browser
        .cookies
        .insert("runstate-session".to_owned(), "planted".to_owned());
    let signed_in = browser.sign_in(&target, "ada", PASSWORD).expect(303);
    let cookie = signed_in.header("set-cookie").unwrap();
    assert!(
        cookie.ends_with("; Path=/; HttpOnly; SameSite=Lax"),
        "{cookie}"
    );
    assert_ne!(browser.cookies["runstate-session"], "planted");
    let mut planter = Browser::new(&server);
    planter
        .cookies
        .insert("runstate-session".to_owned(), "planted".to_owned());
    planter.get(&target).expect(200);
    // Who is asked to sign in anew is, and goes on then.
    for anew in [
        ("prompt", "login"),
        ("prompt", "select_account"),
        ("max_age", "0"),
    ] {
        let target = app.authorize_with(&[anew]);
        assert!(
            browser
                .get(&target)
                .expect(200)
                .text()
                .contains("name=\"password\"")
        );
        let code = browser.code(&target, "ada");
        app.exchange(&server, &code, &[]).expect(200);
    }
    browser
        .get(&app.authorize_with(&[("max_age", "600")]))
        .expect(303);
    browser
        .get(&app.authorize_with(&[("prompt", "none")]))
        .expect(303);
    let before = browser.cookies.clone();
    let out = format!(
        "/{}/oauth2/v2.0/logout?client_id={}&state=s&post_logout_redirect_uri=https%3A%2F%2Fapp.example%2Fsigned-in",
        app.tenant, app.id
    );
    let page = browser.get(&out).expect(200);
    let sent = browser.fill(&page, &[("step", "sign-out")]).expect(303);
    assert_eq!(location(&sent), "https://app.example/signed-in?state=s");
    assert!(!browser.cookies.contains_key("runstate-session"));
    browser.cookies = before;
    browser.get(&target).expect(200);
}

#[test]
fn over_tls_the_cookies_are_of_this_host() {
    let server = Server::start_with(&["--public-url", "https://graph.example"]);
    make_user(&server, "ada", &[]);
    let app = public_client(&server);
    let mut browser = Browser::new(&server);
    let signed_in = browser
        .sign_in(&app.authorize(), "ada", PASSWORD)
        .expect(303);
    let cookie = signed_in.header("set-cookie").unwrap();
    assert!(cookie.starts_with("__Host-runstate-session="), "{cookie}");
    assert!(cookie.ends_with("; SameSite=Lax; Secure"), "{cookie}");
    browser.follow(&signed_in).expect(303);
}
