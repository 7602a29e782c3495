use proptest::prelude::*;

use super::*;

fn object(members: &[(&str, Node)]) -> Node {
    Node::Object(
        members
            .iter()
            .map(|(name, node)| ((*name).to_owned(), node.clone()))
            .collect(),
    )
}

#[test]
fn every_kind_of_value_is_read_as_itself() {
    let check = |text: &str, expected: Node| {
        assert_eq!(parse(text.as_bytes()).expect(text), expected, "{text}");
    };
    check("null", Node::Null);
    check(" true\r\n\t", Node::Bool(true));
    check("-5", Node::Integer(-5));
    check("9223372036854775807", Node::Integer(i64::MAX));
    check("9223372036854775808", Node::Unsigned(1 << 63));
    check(
        "18446744073709551616",
        Node::Digits("18446744073709551616".to_owned()),
    );
    check("1.50", Node::Float(1.5));
    check(
        r#""a\u00e9\ud83d\ude00\n""#,
        Node::String("aé😀\n".to_owned()),
    );
    check("[]", Node::Array(Vec::new()));
    check(
        "[[1],{}]",
        Node::Array(vec![Node::Array(vec![Node::Integer(1)]), object(&[])]),
    );
    let members = [
        ("z", Node::Integer(1)),
        ("a", Node::Null),
        ("", Node::Bool(false)),
    ];
    check(r#"{"z":1,"a":null,"":false}"#, object(&members));
}

#[test]
fn bad_bodies_are_bad_requests_that_say_why() {
    let check = |body: &[u8], expected: &str| {
        let error = parse(body).expect_err(expected);
        assert_eq!(error.code.status(), 400);
        assert!(
            error.message.contains(expected),
            "{expected}: {}",
            error.message
        );
    };
    check(b"", "The body is empty");
    check(b" \n", "The body is empty");
    check(b"\xEF\xBB\xBF{}", "byte order mark");
    check(b"{\"a\": \"\xFF\"}", "not UTF-8: bad byte at offset 7");
    check(b"{\n  \"a\": 1,\n}", "at line 3 column 1");
    check(b"{\"a\": 1} x", "trailing characters at line 1 column 10");
    check(b"{\"a\": 1}{}", "trailing characters");
    check(b"{\"a\"", "EOF while parsing");
    check(b"{'a': 1}", "at line 1 column 2");
    check(b"[1, 01]", "at line 1 column");
    check(b"NaN", "at line 1 column");
    check(b"1e400", "number out of range at line 1 column");
    check(b"\"\\ud800\"", "at line 1 column");
    check(b"\"\x01\"", "control character");
    check(
        "[".repeat(10_000).as_bytes(),
        "recursion limit exceeded at line 1 column 128",
    );
    check(
        "{\"a\":".repeat(10_000).as_bytes(),
        "recursion limit exceeded",
    );
}

#[test]
fn a_member_that_stands_twice_is_named_with_its_path() {
    let check = |body: &str, target: &str| {
        let error = parse(body.as_bytes()).expect_err(body);
        assert_eq!(error.target.as_deref(), Some(target), "{body}");
        assert!(error.message.contains("twice"), "{}", error.message);
    };
    check(r#"{"a":1,"b":2,"a":3}"#, "a");
    check(r#"{"a":1,"\u0061":3}"#, "a");
    check(r#"{"x":[0,{"y":{"k":1,"k":1}}]}"#, "x/1/y/k");
    let many: Vec<String> = (0..1000).map(|n| format!("\"m{n}\":0")).collect();
    check(&format!("{{{},\"m500\":1}}", many.join(",")), "m500");
    assert!(parse(format!("{{{}}}", many.join(",")).as_bytes()).is_ok());
    assert!(parse(br#"{"a":{"a":1},"A":[{"a":1},{"a":2}]}"#).is_ok());
}

#[test]
fn only_an_optional_body_may_be_empty() {
    assert_eq!(parse_optional(b"").expect("empty is allowed"), None);
    assert_eq!(parse_optional(b"\r\n ").expect("blank is allowed"), None);
    assert_eq!(
        parse_optional(b"null").expect("null is a value"),
        Some(Node::Null)
    );
    assert!(parse_optional(b"{").is_err());
}

proptest! {
    #[test]
    fn no_bytes_panic(body in any::<Vec<u8>>()) {
        let _ = parse(&body);
    }

    #[test]
    fn no_json_like_text_panics(body in "[\\[\\]{}\",:0-9eE.+\\-a-f\\\\u tnrl]{0,60}") {
        match parse(body.as_bytes()) {
            Ok(_) => prop_assert!(serde_json::from_str::<serde_json::Value>(&body).is_ok()),
            Err(error) => prop_assert_eq!(error.code.status(), 400),
        }
    }
}
