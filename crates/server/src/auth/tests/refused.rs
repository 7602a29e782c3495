//! Tokens that do not hold, for whatever reason.

use proptest::prelude::*;

use super::*;

proptest! {
    #[test]
    fn no_text_is_a_token_by_chance(text in r"[A-Za-z0-9_-]{0,60}\.[A-Za-z0-9_-]{0,60}\.[A-Za-z0-9_-]{0,90}|\PC*") {
        thread_local!(static KEYS: Keys = keys());
        let refused = KEYS.with(|keys| keys.verify(&text, time(NOW)));
        prop_assert!(matches!(refused, Err(AuthError::Invalid(_))));
    }
}

#[test]
fn forged_tokens() {
    let keys = keys();
    let other = self::keys();
    let claims = claims(&keys.ours);
    let sound = issue(&keys.ours, &request(), time(NOW)).unwrap();
    let (message, signature) = sound.rsplit_once('.').unwrap();
    let signature = BASE64_URL_SAFE_NO_PAD.decode(signature).unwrap();
    let kid = keys.ours.thumbprint();
    let es256 = json!({"alg": "ES256", "typ": "JWT", "kid": kid});
    let signer = "not signed by a key of this server";

    for alg in ["none", "None", "NONE", ""] {
        let header = json!({"alg": alg, "typ": "JWT", "kid": kid});
        check(
            &keys,
            "unsigned",
            &compact(&header, &claims, b""),
            "malformed",
        );
        check(
            &keys,
            "unsigned, signature kept",
            &compact(&header, &claims, &signature),
            "malformed",
        );
    }
    // The classic: the public key, which anyone may know, as the secret of an HMAC.
    for secret in [
        keys.ours.public.clone(),
        keys.ours.thumbprint().into_bytes(),
    ] {
        let key = EncodingKey::from_secret(&secret);
        let mut header = header(&keys.ours);
        header.alg = Algorithm::HS256;
        let token = encode(&header, &claims, &key).unwrap();
        check(&keys, "HS256 with the public key", &token, signer);
    }
    let foreign = encode(&header(&keys.ours), &claims, other.ours.encoding()).unwrap();
    check(&keys, "another key", &foreign, signer);
    let issued = issue(&other.ours, &request(), time(NOW)).unwrap();
    check(&keys, "another data directory", &issued, signer);

    check(&keys, "no signature", &format!("{message}."), signer);
    check(
        &keys,
        "zero signature",
        &compact(&es256, &claims, &[0; 64]),
        signer,
    );
    check(
        &keys,
        "truncated signature",
        &compact(&es256, &claims, &signature[..63]),
        signer,
    );
    let mut raised = claims;
    raised["roles"] = json!(["DeviceManagementConfiguration.ReadWrite.All"]);
    check(
        &keys,
        "claims changed",
        &compact(&es256, &raised, &signature),
        signer,
    );
    for at in 0..signature.len() {
        let mut bent = signature.clone();
        bent[at] ^= 1;
        let token = format!("{message}.{}", BASE64_URL_SAFE_NO_PAD.encode(bent));
        check(&keys, "a bit of the signature", &token, signer);
    }
}

#[test]
fn tokens_that_are_none() {
    let keys = keys();
    let sound = issue(&keys.ours, &request(), time(NOW)).unwrap();
    for end in 0..sound.len() {
        let cut = &sound[..end];
        assert!(keys.verify(cut, time(NOW)).is_err(), "cut at {end}");
    }
    let huge = "a".repeat(1 << 20);
    let deep = compact(&json!({}), &json!(null), b"").replacen(
        '.',
        &format!("{}.", "W".repeat(1 << 16)),
        1,
    );
    let padded = format!("{sound}=");
    let fourth = format!("{sound}.x");
    let dots = ".".repeat(1 << 16);
    let with_space = sound.replacen('.', ". ", 1);
    for garbage in [
        "",
        ".",
        "..",
        "...",
        "a.b.c",
        "null",
        "\u{0}",
        "\u{1F600}.\u{1F600}.x",
        &huge,
        &deep,
        &padded,
        &fourth,
        &dots,
        &with_space,
    ] {
        assert!(
            matches!(keys.verify(garbage, time(NOW)), Err(AuthError::Invalid(_))),
            "{:.40}",
            garbage
        );
    }
}

#[test]
fn tokens_of_this_key_that_do_not_hold() {
    let keys = keys();
    let key = &keys.ours;
    for audience in [
        json!("https://graph.microsoft.com/"),
        json!("00000003-0000-0000-c000-000000000000"),
        json!(""),
    ] {
        check(&keys, "audience", &with(key, "aud", audience), "audience");
    }
    for issuer in ["urn:runstate:", "https://sts.windows.net/x/", ""] {
        check(&keys, "issuer", &with(key, "iss", json!(issuer)), "issuer");
    }
    check(&keys, "expired", &with(key, "exp", json!(NOW)), "expired");
    check(
        &keys,
        "not yet valid",
        &with(key, "nbf", json!(NOW + 61)),
        "not valid yet",
    );
    let tenant = "11111111-1111-1111-1111-111111111111";
    check(&keys, "tenant", &with(key, "tid", json!(tenant)), "tenant");
    for required in ["iss", "aud", "sub", "exp", "nbf", "tid"] {
        check(&keys, required, &without(key, required), "access token");
        check(
            &keys,
            required,
            &with(key, required, Value::Null),
            "access token",
        );
    }
    for (member, value) in [
        ("aud", json!(["https://graph.microsoft.com"])),
        ("exp", json!("1900000000")),
        ("exp", json!(-1)),
        ("exp", json!(1e300)),
        ("nbf", json!({})),
        ("roles", json!("DeviceManagementScripts.ReadWrite.All")),
        ("roles", json!([1])),
        ("scp", json!(["DeviceManagementScripts.ReadWrite.All"])),
        ("sub", json!(7)),
    ] {
        check(&keys, member, &with(key, member, value), "malformed");
    }
    for (member, value, reason) in [
        ("typ", Some("at+jwt"), "type is not JWT"),
        ("typ", None, "type is not JWT"),
    ] {
        let header = Header {
            typ: value.map(str::to_owned),
            ..header(key)
        };
        let token = encode(&header, &claims(key), key.encoding()).unwrap();
        check(&keys, member, &token, reason);
    }
    let header = Header {
        crit: Some(vec!["exp".to_owned()]),
        ..header(key)
    };
    let token = encode(&header, &claims(key), key.encoding()).unwrap();
    check(&keys, "crit", &token, "critical");
}

#[test]
fn personal_accounts_are_refused() {
    let keys = keys();
    for (member, value) in [
        ("tid", "9188040d-6c67-4c5b-b112-36a304b66dad"),
        ("tid", "9188040D-6C67-4C5B-B112-36A304B66DAD"),
        ("idp", "live.com"),
    ] {
        let token = with(&keys.ours, member, json!(value));
        let refused = keys.verify(&token, time(NOW));
        assert_eq!(refused, Err(AuthError::PersonalAccount), "{member} {value}");
    }
    let refusal: odata::Error = AuthError::PersonalAccount.into();
    assert_eq!(refusal.code.status(), 403);
    assert!(refusal.message.contains("not supported"));
    assert_eq!(AuthError::PersonalAccount.challenge(), None);
}
