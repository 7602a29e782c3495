//! Items of collections of values (OData 4.01 Protocol, section 11.4.9.4; URL Conventions, section
//! 5.1.10).

use crate::service::Bags;

#[test]
fn an_item_is_inserted_at_a_place() {
    let bags = Bags::open();
    let names = |expected: &str| {
        let (_, answer) = bags.ask("GET", "bags(1)/places", "");
        let answer: serde_json::Value = serde_json::from_str(&answer).expect("JSON");
        let items = answer["value"].as_array().expect("a collection");
        let names: Vec<&str> = items
            .iter()
            .filter_map(|item| item["name"].as_str())
            .collect();
        assert_eq!(names.join(","), expected);
    };
    let insert = |index: &str, name: &str, status: u16, part: &str| {
        let url = format!("bags(1)/places?$index={index}");
        bags.check(&[(
            "POST",
            &url,
            &format!(r#"{{"name":"{name}"}}"#),
            status,
            part,
        )]);
    };
    bags.check(&[("POST", "bags", r#"{"id":1}"#, 201, "")]);
    insert("1", "x", 400, "-1 to 0");
    insert("-1", "b", 204, "");
    insert("0", "a", 204, "");
    insert("-1", "d", 204, "");
    insert("-2", "c", 204, "");
    names("a,b,c,d");
    insert("4", "e", 204, "");
    insert("-6", "z", 204, "");
    names("z,a,b,c,d,e");
    for index in ["7", "-8", "9223372036854775807", "-9223372036854775808"] {
        insert(index, "x", 400, "-7 to 6");
    }
    insert("1.5", "x", 400, "$index");
    bags.check(&[
        ("POST", "bags(1)/places", r#"{"name":"f"}"#, 204, ""),
        ("POST", "bags(1)/tags?$index=0", r#"{"value":"y"}"#, 204, ""),
        ("POST", "bags(1)/tags?$index=0", r#"{"value":"x"}"#, 204, ""),
        ("GET", "bags(1)/tags", "", 200, r#""value":["x","y"]"#),
        (
            "PUT",
            "bags(1)/tags?$index=0",
            r#"{"value":["x"]}"#,
            400,
            "$index",
        ),
        ("GET", "bags(1)/tags?$index=0", "", 400, "$index"),
        ("POST", "bags?$index=0", r#"{"id":2}"#, 501, "$index"),
        ("PATCH", "bags(1)?$index=0", "{}", 400, "$index"),
    ]);
    names("z,a,b,c,d,e,f");
}

#[test]
fn an_item_without_members_is_still_an_object() {
    let bags = Bags::open();
    bags.check(&[(
        "POST",
        "bags",
        r#"{"id":1,"places":[{"name":null}]}"#,
        201,
        "",
    )]);
    let without_nulls = [("prefer", "omit-values=nulls")];
    let (status, answer) = bags.send("GET", "bags(1)/places/0", &without_nulls, "");
    assert_eq!(status, 200, "{answer}");
    let item: serde_json::Value = serde_json::from_str(&answer).expect(&answer);
    let members = item.as_object().expect("an object");
    assert!(members.keys().all(|name| name.contains('@')), "{answer}");
}
