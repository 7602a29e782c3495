//! Which tokens of a trusted issuer hold, and for what.

use super::*;

#[tokio::test]
async fn tokens_of_a_trusted_issuer_hold() {
    let (rsa, ec) = (Signer::rsa("1"), Signer::ec("2"));
    let provider = Provider::with(&[&rsa, &ec]);
    let verifier = trusting(&provider, "algorithms = [\"RS256\", \"ES256\"]");
    for signer in [&rsa, &ec] {
        let token = signer.sign(&claims(&provider));
        for _ in 0..2 {
            let caller = verifier.verify(&token, now()).await.unwrap();
            assert_eq!(caller.subject, format!("{} ada", provider.url));
            assert!(caller.roles.contains("A.Read.All"), "{caller:?}");
        }
    }
    assert_eq!(provider.asked(), 1);
}

#[tokio::test]
async fn what_does_not_hold() {
    let signer = Signer::ec("1");
    let provider = Provider::with(&[&signer]);
    let more = "algorithms = [\"ES256\"]\ntenants = [\"T\"]";
    let verifier = trusting(&provider, more);
    let mut good = claims(&provider);
    good["tid"] = json!("t");
    let verify = async |token: &str, at| verifier.verify(token, time(at)).await;
    assert!(verify(&signer.sign(&good), NOW).await.is_ok());
    assert!(verify(&signer.sign(&good), NOW + 3_659).await.is_ok());
    for (at, said) in [(NOW + 3_660, "expired"), (NOW - 61, "not valid yet")] {
        let Err(AuthError::Invalid(reason)) = verify(&signer.sign(&good), at).await else {
            panic!("held at {at}")
        };
        assert!(reason.contains(said), "{reason}");
    }
    for (claim, value, said) in [
        ("aud", json!("another"), "audience"),
        ("aud", json!(null), "malformed"),
        ("tid", json!("other"), "tenant"),
        ("tid", json!(null), "tenant"),
        ("sub", json!(""), "subject"),
        ("exp", json!(null), "malformed"),
        ("exp", json!(NOW + 10 * 86_400), "8 days"),
        ("nbf", json!("x"), "no number"),
        ("iss", json!("https://elsewhere.example"), "not signed by"),
    ] {
        let mut claims = good.clone();
        claims[claim] = value;
        let refused = verify(&signer.sign(&claims), NOW).await;
        let Err(AuthError::Invalid(reason)) = refused else {
            panic!("{claim}: {refused:?}")
        };
        assert!(reason.contains(said), "{claim}: {reason}");
    }
    for (claim, value) in [
        ("tid", "9188040d-6c67-4c5b-b112-36a304b66dad"),
        ("idp", "live.com"),
    ] {
        let mut claims = good.clone();
        claims[claim] = json!(value);
        let refused = verify(&signer.sign(&claims), NOW).await;
        assert_eq!(refused, Err(AuthError::PersonalAccount), "{claim}");
    }
}

#[tokio::test]
async fn keys_and_algorithms_are_not_the_tokens_choice() {
    let (known, stranger) = (Signer::rsa("1"), Signer::rsa("1"));
    let provider = Provider::with(&[&known]);
    let verifier = trusting(&provider, "");
    let good = known.sign(&claims(&provider));
    assert!(verifier.verify(&good, now()).await.is_ok());
    let parts: Vec<&str> = good.split('.').collect();
    let header = |text: &str| {
        use base64::Engine;
        base64::prelude::BASE64_URL_SAFE_NO_PAD.encode(text)
    };
    // The public key as the secret of an HMAC: what "key confusion" forges.
    let public = known.jwk()["n"].as_str().unwrap().to_owned();
    let secret = jsonwebtoken::EncodingKey::from_secret(public.as_bytes());
    let mut confused = Header::new(Algorithm::HS256);
    confused.kid = Some("1".to_owned());
    let mut critical = Header::new(Algorithm::RS256);
    critical.kid = Some("1".to_owned());
    critical.crit = Some(vec!["exp".to_owned()]);
    let mut other_typ = Header::new(Algorithm::RS256);
    other_typ.kid = Some("1".to_owned());
    other_typ.typ = Some("logout+jwt".to_owned());
    let mut pss = Header::new(Algorithm::PS256);
    pss.kid = Some("1".to_owned());
    let claims = claims(&provider);
    for token in [
        stranger.sign(&claims),
        encode(&confused, &claims, &secret).unwrap(),
        encode(&critical, &claims, &known.encoding).unwrap(),
        encode(&other_typ, &claims, &known.encoding).unwrap(),
        encode(&pss, &claims, &known.encoding).unwrap(),
        format!(
            "{}.{}.",
            header(r#"{"alg":"none","typ":"JWT","kid":"1"}"#),
            parts[1]
        ),
        format!(
            "{}.{}.{}",
            header(r#"{"alg":"none","typ":"JWT"}"#),
            parts[1],
            parts[2]
        ),
        format!("{}.{}.{}", parts[0], header("{}"), parts[2]),
        Signer::ec("1").sign(&claims),
    ] {
        let refused = verifier.verify(&token, now()).await;
        assert!(matches!(refused, Err(AuthError::Invalid(_))), "{token}");
    }
}

#[tokio::test]
async fn permissions_stand_where_the_settings_say() {
    let signer = Signer::rsa("1");
    let provider = Provider::with(&[&signer]);
    let verifier = trusting(
        &provider,
        "roles = \"realm_access.roles\"\nscopes = \"scope\"",
    );
    let caller = async |claim: &str, value: Value| {
        let mut claims = claims(&provider);
        claims[claim] = value;
        let token = signer.sign(&claims);
        verifier.verify(&token, now()).await.unwrap()
    };
    let nested = caller("realm_access", json!({ "roles": ["B", 1, "C"] })).await;
    assert_eq!(nested.roles.iter().collect::<Vec<_>>(), ["B", "C"]);
    let delegated = caller("scope", json!("openid A.Read.All")).await;
    assert!(delegated.roles.is_empty() && delegated.scopes.contains("A.Read.All"));
    for strange in [json!(1), json!({ "roles": { "A": true } }), json!(null)] {
        let none = caller("realm_access", strange).await;
        assert!(none.roles.is_empty() && none.scopes.is_empty());
    }
}

#[test]
fn settings_are_checked() {
    let tenant = "11111111-2222-3333-4444-555555555555";
    let entra = format!("[[entra]]\ntenants = [\"{tenant}\"]\naudiences = [\"a\"]\n");
    let issuers = settings(&entra).unwrap();
    let names: Vec<&str> = issuers
        .0
        .iter()
        .map(|issuer| issuer.name.as_str())
        .collect();
    assert_eq!(
        names,
        [
            format!("https://sts.windows.net/{tenant}/"),
            format!("https://login.microsoftonline.com/{tenant}/v2.0"),
        ]
    );
    assert_eq!(settings("").unwrap().0, []);
    let openid = "[[openid]]\nissuer = \"https://a\"\naudiences = [\"a\"]\n";
    for (text, said) in [
        ("[[entra]]\ntenants = []\naudiences = [\"a\"]", "tenant"),
        (
            "[[entra]]\ntenants = [\"common\"]\naudiences = [\"a\"]",
            "common",
        ),
        (&entra.replace("[\"a\"]", "[]"), "audience"),
        (&format!("{openid}algorithms = [\"HS256\"]"), "HS256"),
        (&format!("{openid}algorithms = [\"none\"]"), "none"),
        (&format!("{openid}algorithm = \"RS256\""), "algorithm"),
        (&format!("{openid}{openid}"), "twice"),
        (&openid.replace("https", "http"), "not https"),
        (
            &openid.replace("https://a", "http://localhost.evil.example"),
            "not https",
        ),
        ("[[other]]", "other"),
        ("x", "issuers.toml"),
    ] {
        let error = settings(text).unwrap_err().to_string();
        assert!(error.contains(said), "{text}: {error}");
    }
    assert!(settings(&openid.replace("https://a", "http://localhost:8/a")).is_ok());
}
