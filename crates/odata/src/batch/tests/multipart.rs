use proptest::prelude::*;

use super::super::{Format, format_of, read_multipart};
use super::{RULES, expect};

/// Reads a batch written with `\n` for the ends of lines.
#[track_caller]
fn check(body: &str, expected: Result<&[&str], &str>) {
    for body in [body.replace('\n', "\r\n"), body.to_owned()] {
        expect(read_multipart(body.as_bytes(), "b", RULES), expected);
    }
}

#[test]
fn content_types_say_the_format() {
    let boundary = |text: &str| match format_of(text) {
        Ok((Format::Multipart, Some(boundary))) => Ok(boundary),
        Ok((Format::Json, None)) => Ok("json".to_owned()),
        Ok(other) => panic!("{other:?}"),
        Err(error) => Err(error.code.status()),
    };
    for (text, expected) in [
        ("application/json", Ok("json")),
        ("Application/JSON; charset=utf-8", Ok("json")),
        ("multipart/mixed; boundary=batch_1", Ok("batch_1")),
        ("multipart/mixed;Boundary=\"a b:c\"", Ok("a b:c")),
        ("multipart/mixed; charset=x; boundary=b", Ok("b")),
        ("multipart/mixed", Err(400)),
        ("multipart/mixed; boundary=", Err(400)),
        ("multipart/mixed; boundary=\"a \"", Err(400)),
        ("multipart/mixed; boundary=a<b", Err(400)),
        ("multipart/form-data; boundary=b", Err(415)),
        ("", Err(415)),
    ] {
        assert_eq!(boundary(text), expected.map(str::to_owned), "{text}");
    }
    let long = format!("multipart/mixed; boundary={}", "x".repeat(71));
    assert_eq!(boundary(&long), Err(400));
}

const PART: &str = "Content-Type: application/http\n";

#[test]
fn the_example_of_the_standard() {
    let body = "preamble
--b
Content-Type: application/http

GET /service/Customers('ALFKI')
Host: host


--b
Content-Type: multipart/mixed; boundary=c

--c
Content-Type: application/http
Content-ID: 1

POST /service/Customers HTTP/1.1
Host: host
Content-Type: application/json

{\"Name\":1}
--c
content-type: application/http
content-id: 2
Content-Transfer-Encoding: binary

PATCH $1 HTTP/1.1
If-Match: xxxxx
Content-Length: 2

{}
--c--

--b  
Content-Type: application/http

GET /service/Products?$filter=a eq 1 HTTP/1.1


--b--
epilogue --b";
    check(
        body,
        Ok(&[
            "- GET /service/Customers('ALFKI')",
            "1 POST /service/Customers in changeset0 {\"Name\":1}",
            "2 PATCH $1 in changeset0 {}",
            "- GET /service/Products?$filter=a eq 1",
        ]),
    );
}

#[test]
fn change_sets_are_called_as_no_request_is() {
    let body = format!(
        "--b\nContent-Type: multipart/mixed;boundary=c\n\n--c\n{PART}Content-ID: Changeset0\n\n\
         POST x HTTP/1.1\n\n--c--\n--b--"
    );
    check(&body, Ok(&["Changeset0 POST x in changeset_0"]));
}

#[test]
fn bodies_keep_their_bytes() {
    let body = format!(
        "--b\r\n{PART}\r\nPUT x HTTP/1.1\r\nContent-Type: a/b\r\n\r\n\x00\n--bb\r\n\n\r\n--b--"
    );
    let read = read_multipart(body.as_bytes(), "b", RULES).expect("it is a batch");
    assert_eq!(read[0].body, b"\x00\n--bb\r\n\n");
    let body =
        format!("--b\r\n{PART}\r\nPUT x HTTP/1.1\r\nContent-Length: 3\r\n\r\n \n \r\n\r\n--b--");
    let read = read_multipart(body.as_bytes(), "b", RULES).expect("it is a batch");
    assert_eq!(read[0].body, b" \n ");
}

#[test]
fn what_is_malformed_is_named() {
    let one = |part: &str| format!("--b\n{part}\n--b--");
    for (part, fault) in [
        ("GET x HTTP/1.1\n\n", "'GET x HTTP/1.1' is no header"),
        (
            "Content-Type: text/plain\n\nx",
            "is a part of type 'text/plain'",
        ),
        ("\nGET x HTTP/1.1\n\n", "is a part of type ''"),
        (&format!("{PART}\nGET"), "'GET' is no request line"),
        (&format!("{PART}\n"), "'' is no request line"),
        (
            &format!("{PART}\nOPTIONS x HTTP/1.1"),
            "'method' is 'OPTIONS'",
        ),
        (
            &format!("{PART}\nGET x HTTP/2"),
            "another version than HTTP/1.1",
        ),
        (&format!("{PART}\nGET  HTTP/1.1"), "no request line"),
        (
            &format!("{PART}\nGET x HTTP/1.1\nTE: x\n\n"),
            "header 'te' may not",
        ),
        (
            &format!("{PART}\nGET x HTTP/1.1\n: x\n\n"),
            "no header name",
        ),
        (
            &format!("{PART}\nGET x HTTP/1.1\n\n{{}}"),
            "GET may not have a body",
        ),
        (
            &format!("{PART}\nPOST x HTTP/1.1\nContent-Length: 9\n\n{{}}"),
            "Content-Length is 9",
        ),
        (
            &format!("{PART}\nPOST x HTTP/1.1\nContent-Length: 1\n\n{{}}"),
            "Content-Length is 1",
        ),
        (
            &format!("{PART}\nPOST x HTTP/1.1\nContent-Length: x\n\n{{}}"),
            "'x' is no number",
        ),
        (
            &format!("{PART}\nPOST x HTTP/1.1\nTransfer-Encoding: chunked\n\n{{}}"),
            "Transfer-Encoding",
        ),
        (
            &format!("{PART}Content-Transfer-Encoding: base64\n\nGET x"),
            "Content-Transfer-Encoding",
        ),
        ("Content-Type: multipart/mixed\n\n", "begins a change set: "),
        (
            "Content-Type: multipart/mixed;boundary=c\n\n--c--",
            "without requests",
        ),
        (
            "Content-Type: multipart/mixed;boundary=c\n\n",
            "The change set has no line",
        ),
        (
            &format!("Content-Type: multipart/mixed;boundary=c\n\n--c\n{PART}\nPOST x\n"),
            "requests/0: The change set does not end",
        ),
        (
            &format!(
                "Content-Type: multipart/mixed;boundary=c\n\n--c\n{PART}Content-ID: 1\n\nGET x\n--c--"
            ),
            "(id '1'): reads",
        ),
        (
            "Content-Type: multipart/mixed;boundary=c\n\n--c\nContent-Type: multipart/mixed;boundary=d\n\n--c--",
            "is a part of type 'multipart/mixed'",
        ),
    ] {
        check(&one(part), Err(fault));
    }
    check("", Err("no line with its boundary"));
    check("--c\n--c--", Err("no line with its boundary"));
    check(
        &format!("--b\n{PART}\nGET x"),
        Err("does not end with its closing boundary"),
    );
    let twice = format!("{PART}Content-ID: 1\n\nGET x\n");
    check(
        &format!("--b\n{twice}--b\n{twice}--b--"),
        Err("'id' '1' is that of requests/0"),
    );
    check(
        &format!("{}--b--", "--b\n\n".repeat(100_000)),
        Err("at most 5 requests"),
    );
    let headers = "a: b\n".repeat(101);
    check(&one(&headers), Err("more than 100 headers"));
    let three = format!("--c\n{PART}Content-ID: ").repeat(1);
    let many: String = (0..6).map(|n| format!("{three}{n}\n\nPOST x\n")).collect();
    check(
        &one(&format!(
            "Content-Type: multipart/mixed;boundary=c\n\n{many}--c--"
        )),
        Err("at most 5 requests"),
    );
}

proptest! {
    #[test]
    fn no_body_panics(body in r"(--b\r?\n|--b--|Content-Type: (application/http|multipart/mixed;boundary=c)\n|\n|--c\n|--c--|GET x HTTP/1\.1\n|Content-Length: 3\n|\PC){0,14}") {
        let _ = read_multipart(body.as_bytes(), "b", RULES);
    }
}
