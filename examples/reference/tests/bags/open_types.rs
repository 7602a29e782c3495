//! Open types (OData CSDL 4.01, section 6.3): properties that the model does not declare are made,
//! changed, read and asked for.

use crate::service::Bags;

#[test]
fn dynamic_properties_are_made_and_shown_with_their_types() {
    let bags = Bags::open();
    bags.check(&[
        ("POST", "bags", r#"{"id":1,"a":"x","n":5}"#, 201, r#""a":"x","n":5.0"#),
        ("GET", "bags(1)", "", 200, r#""places":[],"tags":[],"a":"x","n":5.0}"#),
        (
            "POST",
            "bags",
            r##"{"id":2,"n@odata.type":"#Int64","n":7,"o":{"p":[1,"q"]},"at":{"name":"y","z":true}}"##,
            201,
            r##""at":{"name":"y","z":true},"places":[],"tags":[],"n@odata.type":"#Int64","n":7,"o":{"p":[1.0,"q"]}}"##,
        ),
        (
            "GET",
            "bags(2)?$format=application/json;metadata=full",
            "",
            200,
            r##""n@odata.type":"#Int64","n":7,"o":{"p@odata.type":"#Collection(Untyped)""##,
        ),
        ("POST", "bags", r#"{"id":3}"#, 201, r#""at":null,"places":[],"tags":[]}"#),
        (
            "POST",
            "bags",
            r##"{"@odata.type":"#n.case","id":4,"lock":"l","a":1,"places":[{"b":2},{}]}"##,
            201,
            r##""places":[{"name":null,"b":2.0},{"name":null}],"tags":[],"a":1.0,"lock":"l""##,
        ),
        ("POST", "bags", r#"{"id":5,"parts":[{"id":6,"w":1}]}"#, 201, ""),
        ("GET", "bags(5)?$expand=parts", "", 200, r#""w":1.0"#),
        ("GET", "bags(5)/parts?$select=w", "", 200, r#"[{"w":1.0}]"#),
    ]);
}

#[test]
fn what_cannot_be_a_dynamic_property_is_refused() {
    let bags = Bags::open();
    bags.check(&[
        ("POST", "bags", r#"{"id":1,"a b":1}"#, 400, "identifier"),
        ("POST", "bags", r#"{"id":1,"lock":"x"}"#, 400, "derived"),
        ("POST", "bags", r#"{"id":1,"parts":"x"}"#, 400, "parts"),
        (
            "POST",
            "bags",
            r#"{"id":1,"x@odata.bind":"bags(1)"}"#,
            400,
            "navigation",
        ),
        (
            "POST",
            "bags",
            r#"{"id":1,"n":9007199254740993}"#,
            400,
            "@odata.type",
        ),
        (
            "POST",
            "shuts",
            r#"{"id":1,"a":1}"#,
            400,
            "no such property",
        ),
        ("GET", "bags?$filter=lock eq 'x'", "", 400, "lock"),
        ("GET", "shuts?$filter=a eq 1", "", 400, "'a'"),
        ("GET", "bags", "", 200, r#""value":[]"#),
    ]);
    let many: Vec<String> = (0..100).map(|n| format!(r#""p{n}":1"#)).collect();
    let more: Vec<String> = (0..29).map(|n| format!(r#""q{n}":1"#)).collect();
    let (status, answer) = bags.ask("POST", "bags", &format!(r#"{{"id":1,{}}}"#, many.join(",")));
    assert_eq!(status, 201, "{answer}");
    let (status, answer) = bags.ask("PATCH", "bags(1)", &format!("{{{}}}", more.join(",")));
    assert_eq!(status, 400, "{answer}");
    assert!(answer.contains("at most 128"), "{answer}");
}

#[test]
fn updates_keep_change_and_remove() {
    let bags = Bags::open();
    bags.check(&[
        (
            "POST",
            "bags",
            r#"{"id":1,"a":"x","b":2,"at":{"c":3}}"#,
            201,
            "",
        ),
        (
            "PATCH",
            "bags(1)",
            r#"{"b":null,"d":true}"#,
            200,
            r#""at":{"name":null,"c":3.0},"places":[],"tags":[],"a":"x","d":true}"#,
        ),
        (
            "PATCH",
            "bags(1)",
            r#"{"at":{"c":null,"e":4}}"#,
            200,
            r#""at":{"name":null,"e":4.0}"#,
        ),
        (
            "PUT",
            "bags(1)",
            r#"{"f":5}"#,
            200,
            r#""at":null,"places":[],"tags":[],"f":5.0}"#,
        ),
        ("PUT", "bags(7)", r#"{"g":6}"#, 201, r#""g":6.0"#),
        (
            "PATCH",
            "bags(8)",
            r#"{"g":null,"h":1}"#,
            201,
            r#""places":[],"tags":[],"h":1.0}"#,
        ),
        (
            "POST",
            "bags",
            r##"{"@odata.type":"#n.case","id":9}"##,
            201,
            "",
        ),
        (
            "PATCH",
            "bags(9)",
            r#"{"lock":"l","i":1}"#,
            200,
            r#""i":1.0,"lock":"l""#,
        ),
    ]);
}

#[test]
fn a_dynamic_property_has_a_url() {
    let bags = Bags::open();
    bags.check(&[
        (
            "POST",
            "bags",
            r##"{"id":1,"a":"x","n@odata.type":"#Int64","n":5,"o":{"p":1},"at":{"b":true}}"##,
            201,
            "",
        ),
        (
            "GET",
            "bags(1)/a",
            "",
            200,
            r#"{"@odata.context":"http://h/$metadata#bags(1)/a","value":"x"}"#,
        ),
        (
            "GET",
            "bags(1)/n",
            "",
            200,
            r##""@odata.type":"#Int64","value":5}"##,
        ),
        ("GET", "bags(1)/o", "", 200, r#"bags(1)/o","p":1.0}"#),
        (
            "GET",
            "bags(1)/at/b",
            "",
            200,
            r#"bags(1)/at/b","value":true}"#,
        ),
        ("GET", "bags(1)/a/$value", "", 200, "x"),
        ("GET", "bags(1)/none", "", 404, "none"),
        ("GET", "bags(1)/at/none", "", 404, "at/none"),
        ("GET", "shuts(1)/none", "", 404, "none"),
        ("PUT", "bags(1)/a", r#"{"value":[1]}"#, 204, ""),
        ("GET", "bags(1)/a", "", 200, r#""value":[1.0]}"#),
        (
            "PUT",
            "bags(1)/new",
            r##"{"@odata.type":"#Date","value":"2020-01-31"}"##,
            204,
            "",
        ),
        (
            "GET",
            "bags(1)?$select=new",
            "",
            200,
            r##""new@odata.type":"#Date","new":"2020-01-31"}"##,
        ),
        (
            "PUT",
            "bags(1)/o",
            r##"{"@odata.type":"#n.place","name":"y"}"##,
            204,
            "",
        ),
        (
            "GET",
            "bags(1)/o",
            "",
            200,
            r##""@odata.type":"#n.place","name":"y"}"##,
        ),
        ("PATCH", "bags(1)/o", r#"{"q":1}"#, 501, "PUT"),
        ("POST", "bags(1)/a", r#"{"value":1}"#, 405, "PUT"),
        (
            "PUT",
            "bags(1)/n",
            r##"{"@odata.type":"#Int32","value":"x"}"##,
            400,
            "Int32",
        ),
        ("PUT", "bags(1)/n", r#"{"value":null}"#, 204, ""),
        ("GET", "bags(1)/n", "", 404, ""),
        ("DELETE", "bags(1)/a", "", 204, ""),
        ("GET", "bags(1)/a", "", 404, ""),
        ("DELETE", "bags(1)/at/b", "", 204, ""),
        ("GET", "bags(1)/at", "", 200, r#"bags(1)/at","name":null}"#),
    ]);
}

#[test]
fn queries_name_dynamic_properties() {
    let bags = Bags::open();
    for body in [
        r#"{"id":1,"a":"x","n":5}"#,
        r##"{"id":2,"a":3,"n@odata.type":"#Int64","n":7,"at":{"b":1}}"##,
        r#"{"id":3}"#,
        r##"{"@odata.type":"#n.case","id":4,"a":"b","n":"5"}"##,
    ] {
        let (status, answer) = bags.ask("POST", "bags", body);
        assert_eq!(status, 201, "{body}: {answer}");
    }
    let check = |query: &str, ids: &[i64]| {
        let query = format!("{query}&$top=50");
        assert_eq!(bags.found(&query), ids, "{query}");
    };
    check("$filter=n gt 4&$orderby=id", &[1, 2]);
    check("$filter=n eq '5'", &[4]);
    check("$filter=n eq null", &[3]);
    check("$filter=none eq null&$orderby=id", &[1, 2, 3, 4]);
    check(
        "$filter=startswith(a,'x') or at/b eq 1&$orderby=id",
        &[1, 2],
    );
    check("$filter=n.case/a eq 'b'", &[4]);
    check("$orderby=a", &[3, 4, 1, 2]);
    check("$orderby=a desc", &[2, 1, 4, 3]);
    check("$compute=n add 1 as m&$filter=m gt 6", &[2]);
    bags.check(&[
        (
            "GET",
            "bags?$filter=id eq 1&$select=a",
            "",
            200,
            r#"[{"a":"x"}]"#,
        ),
        (
            "GET",
            "bags?$filter=id eq 2&$select=at/b,n",
            "",
            200,
            r##"[{"at":{"b":1.0},"n@odata.type":"#Int64","n":7}]"##,
        ),
        (
            "GET",
            "bags(1)?$select=a,none",
            "",
            200,
            r#"bags(a,none)/$entity""#,
        ),
        (
            "GET",
            "bags(1)?$compute=n mul 2 as m",
            "",
            200,
            r#""m":10.0"#,
        ),
        ("GET", "bags?$filter=a eq n", "", 501, "cast"),
        ("GET", "bags?$compute=a as c", "", 501, "cast"),
        ("GET", "bags?$filter=a/b eq 1", "", 501, "dynamic"),
        ("GET", "bags?$apply=groupby((a))", "", 501, "a"),
        (
            "GET",
            "bags?$apply=filter(n gt 4)/aggregate($count as c)",
            "",
            200,
            r#""c":2"#,
        ),
        (
            "GET",
            "bags?$apply=aggregate(n with sum as s)",
            "",
            501,
            "n",
        ),
    ]);
    let (_, first) = bags.ask("GET", "bags?$orderby=a,id", "");
    let first: serde_json::Value = serde_json::from_str(&first).expect("JSON");
    let next = first["@odata.nextLink"].as_str().expect("a next page");
    let next = next
        .strip_prefix("http://h/bags?")
        .expect("a link of the service");
    assert_eq!(bags.found(next), [1, 2], "the page behind {next}");
}

#[test]
fn documents_say_that_types_are_open() {
    let bags = Bags::open();
    let check = |url: &str, parts: &[&str], not: &str| {
        let (status, answer) = bags.ask("GET", url, "");
        assert_eq!(status, 200, "{url}: {answer}");
        for part in parts {
            assert!(answer.contains(part), "{url} holds {part}: {answer}");
        }
        assert!(!answer.contains(not), "{url} holds {not}: {answer}");
    };
    check(
        "$metadata",
        &[r#"Name="bag" OpenType="true""#],
        r#"Name="""#,
    );
    check(
        "$metadata?$format=json",
        &[r#""$OpenType":true"#],
        r#""":{"#,
    );
    check(
        "openapi.json",
        &[r#""additionalProperties":true"#],
        r#""":{"type"#,
    );
}
