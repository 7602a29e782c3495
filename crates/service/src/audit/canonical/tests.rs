use proptest::prelude::*;
use serde_json::json;

use super::*;

#[test]
fn the_text_is_that_of_rfc_8785_without_nothing() {
    for (value, expected) in [
        (json!({}), "{}"),
        (json!({"b": 1, "a": null, "c": []}), r#"{"b":1}"#),
        (
            json!({"b": [null, {}], "a": true}),
            r#"{"a":true,"b":[null,{}]}"#,
        ),
        (
            json!("\u{8}\t\n\u{c}\r\"\\/\u{1}\u{7f}€"),
            "\"\\b\\t\\n\\f\\r\\\"\\\\/\\u0001\u{7f}€\"",
        ),
        // By UTF-16 code units a character beyond them stands before one at their end.
        (
            json!({"\u{fb33}": 1, "\u{1f600}": 2}),
            "{\"\u{1f600}\":2,\"\u{fb33}\":1}",
        ),
    ] {
        assert_eq!(text(&value), expected);
    }
}

#[test]
fn the_hash_is_sha_256() {
    let empty = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";
    assert_eq!(hash(b""), empty);
}

/// Values as events have them, without what is left out.
fn values() -> impl Strategy<Value = Json> {
    let leaf = prop_oneof![
        any::<bool>().prop_map(Json::from),
        (0..1_i64 << 53).prop_map(Json::from),
        any::<String>().prop_map(Json::from),
    ];
    leaf.prop_recursive(4, 24, 4, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 1..4).prop_map(Json::from),
            prop::collection::btree_map(any::<String>(), inner, 0..4)
                .prop_map(|members| Json::Object(members.into_iter().collect())),
        ]
    })
}

proptest! {
    #[test]
    fn the_text_is_read_back_as_the_same(value in values()) {
        prop_assert_eq!(serde_json::from_str::<Json>(&text(&value)).unwrap(), value);
    }

    #[test]
    fn two_values_have_two_texts(a in values(), b in values()) {
        prop_assert_eq!(a == b, text(&a) == text(&b));
    }

    #[test]
    fn members_that_hold_nothing_change_nothing(value in values(), name in any::<String>()) {
        let around = json!({ "value": value });
        let mut more = around.clone();
        for (key, nothing) in [(format!("a{name}"), Json::Null), (format!("b{name}"), json!([]))] {
            more[key] = nothing;
        }
        prop_assert_eq!(text(&around), text(&more));
    }
}
