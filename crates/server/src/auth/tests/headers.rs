//! How a request carries its token.

use http::{HeaderMap, HeaderValue, header};

use super::*;

#[test]
fn authorization_headers() {
    let long = format!("Bearer {}", "x".repeat(AUTHORIZATION_LIMIT));
    let longest = format!("Bearer {}", "x".repeat(AUTHORIZATION_LIMIT - 7));
    check_header(&["Bearer abc"], Ok("abc"));
    check_header(&["bearer abc"], Ok("abc"));
    check_header(&["BEARER   abc "], Ok("abc"));
    check_header(&[&longest], Ok(&longest[7..]));
    check_header(&[], Err("empty"));
    check_header(&[""], Err("empty"));
    check_header(&["Bearer"], Err("empty"));
    check_header(&["Bearer "], Err("empty"));
    check_header(&["Basic dXNlcjpwYXNz"], Err("empty"));
    check_header(&["Bearerabc"], Err("empty"));
    check_header(&[&long], Err("longer than"));
    check_header(&["Bearer abc", "Bearer abc"], Err("more than one"));
    check_header(&["Bearer caf\u{e9}"], Err("not ASCII"));
}

fn check_header(sent: &[&str], expected: Result<&str, &str>) {
    let mut headers = HeaderMap::new();
    for value in sent {
        let value = HeaderValue::from_bytes(value.as_bytes()).unwrap();
        headers.append(header::AUTHORIZATION, value);
    }
    match (bearer_token(&headers), expected) {
        (Ok(token), Ok(expected)) => assert_eq!(token, expected),
        (Err(refused), Err(expected)) => {
            let challenge = refused.challenge().unwrap();
            let described = challenge
                .to_str()
                .unwrap()
                .contains("error=\"invalid_token\"");
            assert_eq!(described, refused != AuthError::Missing);
            let error = Error::from(refused);
            assert_eq!(error.code.status(), 401);
            assert!(
                error.message.contains(expected),
                "{sent:?}: {}",
                error.message
            );
        }
        (token, _) => panic!("{sent:?}: {token:?}"),
    }
}
