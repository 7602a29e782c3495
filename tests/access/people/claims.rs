//! One-time codes: the first administrator, and passwords that people set themselves.

use std::thread;

use super::browser::Browser;
use super::{PASSWORD, claims_of, make_user, public_client, text};
use crate::servers::pairs;
use crate::support::{READ_WRITE, Server};

/// The page of the first administrator, and that of passwords.
fn pages(server: &Server) -> (String, String) {
    let tenant = public_client(server).tenant;
    let page = |name: &str| format!("/{tenant}/account/{name}");
    (page("first-administrator"), page("password"))
}

#[track_caller]
fn claim(browser: &mut Browser, page: &str, fields: &[(&str, &str)]) -> bool {
    let form = browser.get(page).expect(200);
    let mut all = vec![("password", PASSWORD), ("repeated", PASSWORD)];
    all.retain(|(name, _)| !fields.iter().any(|(other, _)| other == name));
    all.extend(fields);
    let answer = browser.fill(&form, &all).expect(200);
    answer.text().contains("It is done")
}

#[test]
fn the_first_administrator_is_whoever_has_the_code() {
    for (one, other) in pairs() {
        let (page, _) = pages(&one);
        let mut browser = Browser::new(&other);
        let code = one.runstate(&["user", "first-administrator"]);
        let code = code.trim();
        for fields in [
            [
                ("code", "AAAAA-AAAAA-AAAAA-AAAAA-AAAAA"),
                ("username", "eve"),
            ],
            [("code", ""), ("username", "eve")],
            [("code", code), ("username", "<b>")],
        ] {
            assert!(!claim(&mut browser, &page, &fields), "{fields:?}");
        }
        let short = [
            ("code", code),
            ("username", "eve"),
            ("password", "short"),
            ("repeated", "short"),
        ];
        assert!(!claim(&mut browser, &page, &short));
        let differ = [
            ("code", code),
            ("username", "eve"),
            ("repeated", "another one"),
        ];
        assert!(!claim(&mut browser, &page, &differ));
        assert_eq!(one.runstate(&["user", "list"]), "");
        // Somebody types it in lower case.
        let typed = code.to_lowercase();
        assert!(claim(
            &mut browser,
            &page,
            &[("code", &typed), ("username", "Ada")]
        ));
        assert!(!claim(
            &mut browser,
            &page,
            &[("code", code), ("username", "eve")]
        ));
        let app = public_client(&one);
        let tokens = app.tokens_of(&other, "ada");
        let scope = claims_of(text(&tokens, "access_token"))["scp"].clone();
        assert_eq!(scope, READ_WRITE);
        let listed = one.runstate(&["user", "list"]);
        assert!(
            listed.contains("DeviceManagementManagedDevices.PrivilegedOperations.All"),
            "{listed}"
        );
        assert!(
            !one.try_runstate(&["user", "first-administrator"])
                .status
                .success()
        );
    }
}

#[test]
fn of_many_who_have_codes_one_is_first() {
    for (one, other) in pairs() {
        let (page, _) = pages(&one);
        let codes: Vec<String> = (0..2)
            .map(|_| {
                one.runstate(&["user", "first-administrator"])
                    .trim()
                    .to_owned()
            })
            .collect();
        let made: usize = thread::scope(|scope| {
            let claims: Vec<_> = (0..8)
                .map(|n| {
                    let (server, code) = (if n % 2 == 0 { &one } else { &other }, &codes[n / 4]);
                    let page = &page;
                    scope.spawn(move || {
                        let mut browser = Browser::new(server);
                        let name = format!("user{n}");
                        claim(&mut browser, page, &[("code", code), ("username", &name)])
                    })
                })
                .collect();
            claims
                .into_iter()
                .map(|claim| usize::from(claim.join().unwrap()))
                .sum()
        });
        assert_eq!(made, 1);
        assert_eq!(
            one.count_in_database("SELECT COUNT(*) FROM user_account"),
            1
        );
        assert_eq!(
            one.count_in_database("SELECT COUNT(*) FROM sign_in WHERE kind = 'first'"),
            0
        );
    }
}

#[test]
fn a_code_sets_a_password_once_and_expires() {
    let server = Server::start();
    let (first, page) = pages(&server);
    let created = server.runstate(&["user", "create", "ada", "--scope", READ_WRITE]);
    let code = created.lines().last().unwrap();
    let mut browser = Browser::new(&server);
    let app = public_client(&server);
    // Nobody signs in without a password, whatever it is.
    let fill = |browser: &mut Browser, password: &str| {
        browser.sign_in(&app.authorize(), "ada", password).status
    };
    assert_eq!(fill(&mut browser, ""), 200);
    assert!(!claim(
        &mut browser,
        &first,
        &[("code", code), ("username", "eve")]
    ));
    assert!(claim(&mut browser, &page, &[("code", code)]));
    assert!(!claim(&mut browser, &page, &[("code", code)]));
    app.tokens_of(&server, "ada");
    let brief = server.runstate(&["user", "password", "ada", "--expires", "1s"]);
    thread::sleep(std::time::Duration::from_millis(2_100));
    assert!(!claim(&mut browser, &page, &[("code", brief.trim())]));
    let gone = server.runstate(&["user", "password", "ada"]);
    server.runstate(&["user", "delete", "ada"]);
    make_user(&server, "ada", &[]);
    assert!(!claim(&mut browser, &page, &[("code", gone.trim())]));
}

#[test]
fn the_server_prints_the_code_where_there_is_no_user() {
    let (server, said) = Server::start().printed_until("with the code", 1);
    let (page, _) = pages(&server);
    assert!(said.contains(&page), "{said}");
    let code = said.lines().last().unwrap().trim();
    let fields = [("code", code), ("username", "ada")];
    assert!(claim(&mut Browser::new(&server), &page, &fields));
}
