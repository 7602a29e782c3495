//! OData 4.01 Protocol, section 11.7: batches in parts.

use std::fmt::Write as _;

use crate::fixture::{Case, bytes, check, get};

/// A request as a part of a batch.
fn part(headers: &str, line: &str, body: &str) -> String {
    format!(
        "Content-Type: application/http\r\nContent-Transfer-Encoding: binary\r\n{headers}\r\n\
         {line} HTTP/1.1\r\nContent-Type: application/json\r\n\r\n{body}"
    )
}

fn framed(boundary: &str, parts: &[String]) -> String {
    let mut text = String::new();
    for part in parts {
        let _ = write!(text, "--{boundary}\r\n{part}\r\n");
    }
    text + &format!("--{boundary}--\r\n")
}

fn change_set(parts: &[String]) -> String {
    format!(
        "Content-Type: multipart/mixed; boundary=set\r\n\r\n{}",
        framed("set", parts)
    )
}

fn batch(parts: &[String]) -> Case {
    let body = framed("batch", parts);
    bytes(
        "POST",
        "$batch",
        "multipart/mixed; boundary=batch",
        &body,
        200,
    )
}

#[test]
fn references_may_look_like_paths() {
    let one = |url: &str| {
        batch(&[
            change_set(&[
                part("Content-ID: 1\r\n", "POST /Products", "{\"Name\":\"New\"}"),
                part(
                    "Content-ID: 2\r\n",
                    &format!("PATCH {url}"),
                    "{\"Price\":9}",
                ),
            ]),
            part("", &format!("GET {url}/Price/$value"), ""),
        ])
        .has("201 Created")
        .has("204 No Content")
        .has("\r\n\r\n9")
    };
    let category = "{\"Name\":\"p\",\"Category@odata.bind\":\"/$c\"}";
    check(&[
        one("$1"),
        one("/$1"),
        one("{root}/$1"),
        batch(&[change_set(&[
            part(
                "Content-ID: c\r\n",
                "POST Categories",
                "{\"Name\":\"Garden\"}",
            ),
            part("Content-ID: p\r\n", "POST /Products", category),
        ])])
        .lacks("HTTP/1.1 4"),
        get("Products/$count?$filter=Category/Name eq 'Garden'", 200).has("1"),
    ]);
}

#[test]
fn requests_of_a_change_set_may_lack_an_identifier() {
    let toys = part("", "POST /Categories", "{\"Name\":\"Toys\"}");
    let games = part("", "POST /Categories", "{\"Name\":\"Games\"}");
    check(&[
        batch(&[change_set(&[toys.clone(), games])]).lacks("HTTP/1.1 4"),
        get("Categories/$count", 200).has("5"),
        batch(&[change_set(&[
            part("", "POST /Categories", "{\"Name\":\"More\"}"),
            toys,
        ])])
        .has("HTTP/1.1 409")
        .lacks("HTTP/1.1 201"),
        get("Categories/$count", 200).has("5"),
    ]);
}
