use super::super::{identifier, replace_in_body};

#[test]
fn first_segments_are_references() {
    for (url, expected) in [
        ("$1", Some(("1", ""))),
        ("$1/Orders", Some(("1", "/Orders"))),
        ("$new-1?$select=a", Some(("new-1", "?$select=a"))),
        ("$a/$count", Some(("a", "/$count"))),
        ("/$1", Some(("1", ""))),
        ("/$1/Orders", Some(("1", "/Orders"))),
        ("http://host/$1?$top=1", Some(("1", "?$top=1"))),
        ("http://host", None),
        ("/$metadata", None),
        ("//$1", None),
        ("x/$1", None),
        ("$", None),
        ("$/x", None),
        ("$metadata", None),
        ("$batch", None),
        ("$entity?$id=x", None),
    ] {
        assert_eq!(identifier(url), expected, "{url}");
    }
}

#[test]
fn references_in_bodies_are_replaced() {
    let check = |body: &str, expected: Option<&str>| {
        let known = |id: &str| match id {
            "1" => Ok("http://h/Set('1')".to_owned()),
            other => Err(other.to_owned()),
        };
        let replaced = replace_in_body(body.as_bytes(), known);
        let replaced = replaced.expect("every reference is known");
        let text = replaced.map(|bytes| String::from_utf8(bytes).expect("it stays UTF-8"));
        assert_eq!(text.as_deref(), expected, "{body}");
    };
    check(
        r#"{"a@odata.bind":"$1"}"#,
        Some(r#"{"a@odata.bind":"http://h/Set('1')"}"#),
    );
    check(
        r#"{ "a@bind" : [ "$1/b" , "x", "$1" ], "n": 1.10, "s": "$1" }"#,
        Some(
            r#"{ "a@bind" : [ "http://h/Set('1')/b" , "x", "http://h/Set('1')" ], "n": 1.10, "s": "$1" }"#,
        ),
    );
    check(
        r#"{"@odata.id":"$1"}"#,
        Some(r#"{"@odata.id":"http://h/Set('1')"}"#),
    );
    check(
        r#"[{"@id":"$1"},{"@id":"$1"}]"#,
        Some(r#"[{"@id":"http://h/Set('1')"},{"@id":"http://h/Set('1')"}]"#),
    );
    check(
        r#"{"x":{"a@odata.bind":"$1"},"y":"$1"}"#,
        Some(r#"{"x":{"a@odata.bind":"http://h/Set('1')"},"y":"$1"}"#),
    );
    check(r#"{"a@odata.bind":{"b":"$1"}}"#, None);
    check(r#"{"a@odata.bind":["x"],"b":["$1"]}"#, None);
    check(r#"["$1"]"#, None);
    check(r#"{"a":"\"$1"}"#, None);
    check(
        r#"{"a":"x\\","b@bind":"$1"}"#,
        Some(r#"{"a":"x\\","b@bind":"http://h/Set('1')"}"#),
    );
    check(r#"{"a@bind":"$metadata"}"#, None);
    check(r#"{"a@bind":"$1"#, None);
    check(r#"{"a@odata.context":"$1"}"#, None);
    let unknown = replace_in_body(br#"{"a@bind":"$2"}"#, |id| Err::<String, _>(id.to_owned()));
    assert_eq!(unknown, Err("2".to_owned()));
}
