use proptest::prelude::*;

use super::super::{Answer, write_json, write_multipart};

fn answer(id: Option<&str>, group: Option<&str>, media: &str, body: &[u8]) -> Answer {
    let mut headers = Vec::new();
    if !body.is_empty() {
        headers.push(("content-type".to_owned(), media.to_owned()));
    }
    Answer {
        id: id.map(str::to_owned),
        group: group.map(str::to_owned),
        status: if body.is_empty() { 204 } else { 200 },
        reason: if body.is_empty() { "No Content" } else { "OK" },
        headers,
        body: body.to_vec(),
    }
}

#[test]
fn json_keeps_what_is_json() {
    let mut out = Vec::new();
    write_json(
        &mut out,
        &[
            answer(Some("1"), None, "application/json;x=y", b"{\"a\":1.0}"),
            answer(Some("2"), Some("g"), "text/plain", b"4\"2"),
            answer(Some("3"), Some("g"), "", b""),
            answer(None, None, "image/png", b">>?"),
        ],
    );
    let expected = concat!(
        r#"{"responses":[{"id":"1","status":200,"headers":{"content-type":"application/json;x=y"},"body":{"a":1.0}},"#,
        r#"{"id":"2","atomicityGroup":"g","status":200,"headers":{"content-type":"text/plain"},"body":"4\"2"},"#,
        r#"{"id":"3","atomicityGroup":"g","status":204,"headers":{}},"#,
        r#"{"status":200,"headers":{"content-type":"image/png"},"body":"Pj4_"}]}"#
    );
    assert_eq!(String::from_utf8_lossy(&out), expected);
}

#[test]
fn parts_mirror_the_request() {
    let mut out = Vec::new();
    let answers = [
        answer(None, None, "text/plain", b"1"),
        answer(Some("a"), Some("x"), "", b""),
        answer(Some("b"), Some("x"), "", b""),
        answer(Some("c"), Some("y"), "", b""),
    ];
    write_multipart(&mut out, "B", &answers);
    let part = "Content-Type: application/http\r\nContent-Transfer-Encoding: binary\r\n";
    let empty = "HTTP/1.1 204 No Content\r\n\r\n\r\n";
    let expected = [
        "--B\r\n",
        part,
        "\r\nHTTP/1.1 200 OK\r\ncontent-type: text/plain\r\ncontent-length: 1\r\n\r\n1\r\n",
        "--B\r\nContent-Type: multipart/mixed; boundary=\"cs0_B\"\r\n\r\n",
        "--cs0_B\r\n",
        part,
        "Content-ID: a\r\n\r\n",
        empty,
        "--cs0_B\r\n",
        part,
        "Content-ID: b\r\n\r\n",
        empty,
        "--cs0_B--\r\n",
        "--B\r\nContent-Type: multipart/mixed; boundary=\"cs1_B\"\r\n\r\n",
        "--cs1_B\r\n",
        part,
        "Content-ID: c\r\n\r\n",
        empty,
        "--cs1_B--\r\n",
        "--B--\r\n",
    ];
    assert_eq!(String::from_utf8_lossy(&out), expected.concat());
}

proptest! {
    /// Whatever a part holds, the object of the answers is JSON and holds it.
    #[test]
    fn any_body_is_json(body in proptest::collection::vec(any::<u8>(), 1..40), text in any::<bool>()) {
        let media = if text { "text/plain" } else { "a/b" };
        let mut out = Vec::new();
        write_json(&mut out, &[answer(Some("1"), None, media, &body)]);
        let read: serde_json::Value = serde_json::from_slice(&out).expect("it is JSON");
        let written = read["responses"][0]["body"].as_str().expect("a string");
        let back = match std::str::from_utf8(&body) {
            Ok(plain) if text => plain == written,
            _ => super::super::header::decode_base64(written) == Some(body),
        };
        prop_assert!(back);
    }
}
