//! What is issued, and that it holds.

use super::*;

#[test]
fn an_issued_token_names_its_caller() {
    let keys = keys();
    let mut wanted = request();
    wanted.roles = vec!["A.Read.All".to_owned(), "B.Read.All".to_owned()];
    wanted.scopes = vec!["C.Read.All".to_owned(), "D.Read.All".to_owned()];
    let token = issue(&keys.ours, &wanted, time(NOW)).unwrap();
    for _ in ["examined", "remembered"] {
        let caller = keys.verify(&token, time(NOW)).unwrap();
        assert_eq!(caller.subject, "tests");
        assert_eq!(Vec::from_iter(caller.roles.clone()), wanted.roles);
        assert_eq!(Vec::from_iter(caller.scopes.clone()), wanted.scopes);
    }
}

#[test]
fn the_claims_of_an_application_and_of_a_user() {
    let keys = keys();
    let app = claims(&keys.ours);
    assert_eq!(
        app["iss"],
        format!("urn:runstate:{}", keys.ours.set.tenant())
    );
    assert_eq!(app["aud"], "https://graph.microsoft.com");
    assert_eq!(app["tid"], keys.ours.set.tenant().to_string());
    assert_eq!(
        (&app["iat"], &app["nbf"], &app["exp"]),
        (&json!(NOW), &json!(NOW), &json!(NOW + 3600))
    );
    assert_eq!(app["idtyp"], "app");
    assert_eq!(
        app["roles"],
        json!(["DeviceManagementScripts.ReadWrite.All"])
    );
    assert!(app.get("scp").is_none() && app.get("idp").is_none());

    let delegated = TokenRequest {
        roles: Vec::new(),
        scopes: vec!["A".into(), "B".into()],
        ..request()
    };
    let token = issue(&keys.ours, &delegated, time(NOW)).unwrap();
    let header = jsonwebtoken::decode_header(&token).unwrap();
    assert_eq!(
        (header.alg, header.typ.as_deref()),
        (Algorithm::ES256, Some("JWT"))
    );
    assert_eq!(header.kid, Some(keys.ours.thumbprint()));
    let user = payload(&token);
    assert_eq!(
        (&user["idtyp"], &user["scp"]),
        (&json!("user"), &json!("A B"))
    );
    assert!(user.get("roles").is_none());
}

#[test]
fn what_a_token_reaches_is_what_it_was_issued_for() {
    let keys = keys();
    let tags = |ids: &[&str]| Reach::RoleScopeTags(ids.iter().map(|id| (*id).to_owned()).collect());
    let device = || Reach::Device("tests".to_owned());
    for reach in [Reach::Everything, tags(&["1", "2"]), device()] {
        let request = TokenRequest {
            reach: reach.clone(),
            application: Some("an-app".to_owned()),
            ..request()
        };
        let token = issue(&keys.ours, &request, time(NOW)).unwrap();
        let caller = keys.verify(&token, time(NOW)).unwrap();
        assert_eq!(caller.reach, reach);
        assert_eq!(caller.application.as_deref(), Some("an-app"));
    }
    for (reach, refused) in [
        (tags(&[]), "a role scope tag has"),
        (tags(&["a b"]), "a role scope tag has"),
        (Reach::Device("other".to_owned()), "the subject of"),
    ] {
        let request = TokenRequest { reach, ..request() };
        let error = issue(&keys.ours, &request, time(NOW)).unwrap_err();
        assert!(error.to_string().starts_with(refused), "{error}");
    }
    let mut both = claims(&keys.ours);
    both["idtyp"] = json!("device");
    both["roleScopeTagIds"] = json!(["1"]);
    let token = encode(&header(&keys.ours), &both, keys.ours.encoding()).unwrap();
    assert!(keys.verify(&token, time(NOW)).is_err());
}

#[test]
fn a_token_without_permissions_names_a_caller_without_permissions() {
    let keys = keys();
    let caller = keys
        .verify(&without(&keys.ours, "roles"), time(NOW))
        .unwrap();
    assert!(caller.roles.is_empty() && caller.scopes.is_empty());
}

#[test]
fn a_token_holds_from_a_minute_before_its_beginning_to_its_end() {
    let keys = keys();
    let token = issue(&keys.ours, &request(), time(NOW)).unwrap();
    // The second time, the token is remembered, and its times count all the same.
    for _ in ["examined", "remembered"] {
        for (at, holds) in [
            (0, false),
            (NOW - 61, false),
            (NOW - 60, true),
            (NOW, true),
            (NOW + 3599, true),
            (NOW + 3600, false),
            (NOW * 2, false),
        ] {
            assert_eq!(keys.verify(&token, time(at)).is_ok(), holds, "at {at}");
        }
    }
    let ages = with(&keys.ours, "exp", json!(u64::MAX));
    assert!(
        keys.verify(&ages, time(NOW)).is_ok(),
        "no overflow at the end of time"
    );
}

#[test]
fn requests_that_make_no_token() {
    let keys = keys();
    let long = "x".repeat(257);
    let names = |names: &[&str]| {
        names
            .iter()
            .map(|&name| name.to_owned())
            .collect::<Vec<_>>()
    };
    for bad in ["", "a b", "a\"b", "r\u{f4}le", "a,b", "a\n", &long] {
        for request in [
            TokenRequest {
                roles: names(&["ok", bad]),
                ..request()
            },
            TokenRequest {
                scopes: names(&[bad]),
                ..request()
            },
        ] {
            let refused = issue(&keys.ours, &request, time(NOW));
            assert!(matches!(refused, Err(TokenError::PermissionName(name)) if name == bad));
        }
    }
    for bad in ["", "a b", "\u{e9}", &long] {
        let refused = issue(
            &keys.ours,
            &TokenRequest {
                subject: bad.into(),
                ..request()
            },
            time(NOW),
        );
        assert!(matches!(refused, Err(TokenError::Subject(_))), "{bad}");
    }
    for bad in [
        Duration::ZERO,
        Duration::from_millis(999),
        MAX_LIFETIME + Duration::from_nanos(1),
    ] {
        let refused = issue(
            &keys.ours,
            &TokenRequest {
                expires: bad,
                ..request()
            },
            time(NOW),
        );
        assert!(matches!(refused, Err(TokenError::Lifetime)), "{bad:?}");
    }
    let none = TokenRequest {
        roles: Vec::new(),
        ..request()
    };
    assert!(matches!(
        issue(&keys.ours, &none, time(NOW)),
        Err(TokenError::NoPermission)
    ));
    let longest = TokenRequest {
        expires: MAX_LIFETIME,
        ..request()
    };
    assert!(issue(&keys.ours, &longest, time(NOW)).is_ok());
}
