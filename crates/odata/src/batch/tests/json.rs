use proptest::prelude::*;

use super::super::{Rules, read_json};
use super::{RULES, expect};

#[track_caller]
fn check(body: &str, expected: Result<&[&str], &str>) {
    expect(read_json(body.as_bytes(), RULES), expected);
}

/// A batch of these requests.
fn batch(requests: &str) -> String {
    format!(r#"{{"requests":[{requests}]}}"#)
}

#[test]
fn requests_are_read() {
    check(&batch(""), Ok(&[]));
    check(
        &batch(r#"{"id":"a","method":"get","url":"/x?$filter=a eq 'b'"}"#),
        Ok(&["a GET /x?$filter=a eq 'b'"]),
    );
    check(
        &batch(r#"{"id":7,"method":"PaTcH","url":"x","body":{"n":1.00,"a":[1]},"other":{"x":1}}"#),
        Ok(&[r#"7 PATCH x {"n":1.00,"a":[1]}"#]),
    );
    check(
        r#"{"@note":{"a":[1]},"requests":[{"id":"a","method":"DELETE","url":"x","body":null,
            "headers":{"If-Match":"*"},"dependsOn":null,"atomicityGroup":null}]}"#,
        Ok(&["a DELETE x"]),
    );
}

#[test]
fn bodies_are_what_they_would_be_alone() {
    let body = |media: &str, body: &str| {
        batch(&format!(
            r#"{{"id":"a","method":"PUT","url":"x","headers":{{"Content-Type":"{media}"}},"body":{body}}}"#
        ))
    };
    let json = "application/json;odata.metadata=minimal";
    check(&body(json, "[0.10]"), Ok(&["a PUT x [0.10]"]));
    check(
        &body("application/merge-patch+json", "{}"),
        Ok(&["a PUT x {}"]),
    );
    check(&body("text/plain", r#""a\nb""#), Ok(&["a PUT x a\nb"]));
    for encoded in ["Pj4_", "Pj4/"] {
        check(
            &body("image/png", &format!("\"{encoded}\"")),
            Ok(&["a PUT x >>?"]),
        );
    }
    check(&body("image/png", r#""Pj4=""#), Ok(&["a PUT x >>"]));
    check(
        &body("image/png", r#""!""#),
        Err("(id 'a'): 'body' is not base64url"),
    );
    check(&body("image/png", "{}"), Err("'body' is no string"));
    check(&body("text/plain", "1"), Err("'body' is no string"));
}

#[test]
fn groups_and_dependencies_become_positions() {
    let line = |id: &str, more: &str| format!(r#"{{"id":"{id}","method":"POST","url":"x"{more}}}"#);
    let group = r#","atomicityGroup":"g""#;
    let all = [
        line("1", ""),
        line("2", group),
        line("3", r#","atomicityGroup":"g","dependsOn":["1","2"]"#),
        line("4", r#","dependsOn":["g","1","g"]"#),
    ];
    check(
        &batch(&all.join(",")),
        Ok(&[
            "1 POST x",
            "2 POST x in g",
            "3 POST x in g after [0, 1]",
            "4 POST x after [0, 1, 2]",
        ]),
    );
    let torn = [line("1", group), line("2", ""), line("3", group)];
    check(
        &batch(&torn.join(",")),
        Err("requests/2 (id '3'): 'atomicityGroup' 'g' began at requests/0"),
    );
    let own = [
        line("1", group),
        line("2", r#","atomicityGroup":"g","dependsOn":["g"]"#),
    ];
    check(&batch(&own.join(",")), Err("'dependsOn' names 'g'"));
    let forward = [
        line("1", r#","dependsOn":["2"]"#),
        line("2", r#","dependsOn":["1"]"#),
    ];
    check(
        &batch(&forward.join(",")),
        Err("requests/0 (id '1'): 'dependsOn' names '2'"),
    );
    check(
        &batch(&line("1", r#","dependsOn":["1"]"#)),
        Err("names '1'"),
    );
    check(
        &batch(&line("1", r#","dependsOn":"2""#)),
        Err("an array of strings"),
    );
    let called = [line("1", group), line("g", "")];
    check(
        &batch(&called.join(",")),
        Err("'atomicityGroup' 'g' is the id of requests/1"),
    );
}

#[test]
fn identifiers_are_unique() {
    let two = r#"{"id":"a","method":"GET","url":"x"},{"id":"A","method":"GET","url":"x"}"#;
    check(
        &batch(two),
        Err("requests/1 (id 'A'): 'id' 'A' is that of requests/0"),
    );
    let strict = Rules {
        ids_ignore_case: false,
        ..RULES
    };
    let read = read_json(batch(two).as_bytes(), strict);
    expect(read, Ok(&["a GET x", "A GET x"]));
}

#[test]
fn what_is_malformed_is_named() {
    for (request, fault) in [
        ("1", "requests/0: is no object of a request"),
        ("{}", "requests/0: 'id' is missing"),
        (r#"{"id":""}"#, "'id' must be 1 to 256"),
        (r#"{"id":"a\r\nb"}"#, "'id' must be 1 to 256"),
        (r#"{"id":1.5}"#, "'id' is a number"),
        (r#"{"id":"a"}"#, "requests/0 (id 'a'): 'method' is missing"),
        (
            r#"{"id":"a","method":"HEAD"}"#,
            "'method' is 'HEAD'; allowed are GET, POST",
        ),
        (r#"{"id":"a","method":"GET"}"#, "'url' is missing"),
        (r#"{"id":"a","method":"GET","url":[]}"#, "'url' is an array"),
        (r#"{"id":"a","id":"a"}"#, "the member 'id' twice"),
        (
            r#"{"id":"a","method":"GET","url":"x","body":{}}"#,
            "'body' may not stand with GET",
        ),
        (
            r#"{"id":"a","method":"GET","url":"x","headers":[]}"#,
            "'headers' is an array",
        ),
        (
            r#"{"id":"a","method":"GET","url":"x","headers":{"a":1}}"#,
            "holds 'a' as a number",
        ),
        (
            r#"{"id":"a","method":"GET","url":"x","headers":{"a b":""}}"#,
            "no header name",
        ),
        (
            r#"{"id":"a","method":"GET","url":"x","headers":{"A":"","a":""}}"#,
            "holds 'a' twice",
        ),
        (
            r#"{"id":"a","method":"GET","url":"x","headers":{"a":"\n1"}}"#,
            "control character",
        ),
        (
            r#"{"id":"a","method":"GET","url":"x","headers":{"Authorization":"B"}}"#,
            "'authorization'",
        ),
        (
            r#"{"id":"a","method":"GET","url":"x","if":1}"#,
            "'if' is a number",
        ),
    ] {
        check(&batch(request), Err(fault));
    }
    for (body, fault) in [
        ("", "no batch in JSON"),
        ("[]", "no batch in JSON"),
        ("{}", "no 'requests'"),
        (r#"{"requests":{}}"#, "no array of requests"),
        (r#"{"requests":[]} x"#, "no batch in JSON"),
        (r#"{"requests":[],"requests":[]}"#, "twice"),
        ("{\"requests\":[\u{0}]}", "no batch in JSON"),
    ] {
        check(body, Err(fault));
    }
}

#[test]
fn a_batch_ends_at_its_limit() {
    let one = |n: usize| format!(r#"{{"id":"{n}","method":"GET","url":"x"}}"#);
    let of = |n: usize| (0..n).map(one).collect::<Vec<_>>().join(",");
    assert_eq!(
        read_json(batch(&of(5)).as_bytes(), RULES)
            .map(|r| r.len())
            .ok(),
        Some(5)
    );
    check(&batch(&of(6)), Err("at most 5 requests"));
    check(
        &batch("{},".repeat(100_000).trim_end_matches(',')),
        Err("at most 5 requests"),
    );
    let members: Vec<String> = (0..100).map(|n| format!(r#""m{n}":0"#)).collect();
    check(
        &format!("{{{}}}", members.join(",")),
        Err("more than 64 members"),
    );
    let deep = format!("{}{}", "[".repeat(100_000), "]".repeat(100_000));
    let nested = format!(r#"{{"id":"a","method":"POST","url":"x","body":{deep}}}"#);
    let read = read_json(batch(&nested).as_bytes(), RULES).expect("it is judged where it is read");
    assert_eq!(read[0].body.len(), deep.len());
    check(
        &batch(&format!(r#"{{"id":{deep}}}"#)),
        Err("'id' is malformed"),
    );
}

proptest! {
    #[test]
    fn no_body_panics(body in r#"(\{"requests":\[)?(\{"id":"a"|,|"method":"GET"|"url":"x"|"dependsOn":\["a"\]|\}|\]|\PC){0,12}"#) {
        let _ = read_json(body.as_bytes(), RULES);
    }
}
