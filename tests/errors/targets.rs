//! URLs that lead nowhere, and requests that are hardly HTTP.

use serde_json::json;

use crate::support::{HEALTH, Server, make_script, make_state};

/// Paths, and the statuses that they may answer.
#[rustfmt::skip]
const NOWHERE: [(&str, &[u16]); 26] = [
    ("/", &[404]),
    ("/nope", &[404]),
    ("/Beta", &[404]),
    ("/beta/nope", &[400, 404]),
    ("/beta//deviceManagement", &[400, 404]),
    ("/beta/deviceManagement//deviceHealthScripts", &[400, 404]),
    ("/beta/deviceManagement/nope", &[400, 404]),
    ("/beta/devicemanagement", &[400, 404]),
    ("/beta/deviceManagement/deviceHealthScripts/x/y", &[400, 404]),
    ("/beta/deviceManagement/deviceHealthScripts/../x", &[400, 404]),
    ("/beta/%", &[400, 404]),
    ("/beta/%zz", &[400, 404]),
    ("/beta/%FF", &[400, 404]),
    ("/beta/%00", &[400, 404]),
    ("/beta/deviceManagement/%00", &[400, 404]),
    ("/beta/deviceManagement/deviceHealthScripts('%00')", &[400, 404]),
    ("/beta/deviceManagement/deviceHealthScripts/%C0%80", &[400, 404]),
    ("/beta/deviceManagement/deviceHealthScripts/a%2Fb", &[404]),
    ("/beta/deviceManagement/deviceHealthScripts('a%2Fb')", &[404]),
    ("/beta/deviceManagement/deviceHealthScripts/%2F..%2F..%2Fetc%2Fpasswd", &[404]),
    ("/beta/$nope", &[400, 404]),
    ("/beta/$count", &[400, 404]),
    ("/beta/$metadata/x", &[400, 404]),
    ("/beta/$all", &[501]),
    ("/beta/$entity", &[400, 404]),
    ("/beta/$crossjoin(a,b)", &[501]),
];

#[test]
fn paths_that_lead_nowhere() {
    let server = Server::shared();
    let (script, _) = make_script(&server, &HEALTH);
    make_state(&server, &script, &json!({ "id": "one" }));
    let script = script.strip_prefix("/beta/").unwrap();
    for (path, statuses) in NOWHERE {
        let answer = server.get(path);
        assert!(
            statuses.contains(&answer.status),
            "{path}: {} {}",
            answer.status,
            answer.text()
        );
    }
    for path in [
        "deviceRunStates/one/nope",
        "deviceRunStates/one/$count",
        "deviceRunStates/$value",
        "nope",
        "nope()",
        "microsoft.graph.nope()",
        "runstate.nope",
        "displayName/x",
    ] {
        let answer = server.get(&format!("/beta/{script}/{path}"));
        assert!(
            matches!(answer.status, 400 | 404),
            "{path}: {}",
            answer.text()
        );
    }
}

/// What the connection refuses before there is a request needs no error object; the server stays.
#[test]
fn what_is_hardly_http_harms_nobody() {
    let server = Server::shared();
    for bytes in [
        &b"GARBAGE\r\n\r\n"[..],
        b"\r\n\r\n\r\n\r\nx",
        b"GET\r\n\r\n",
        b"GET /health\r\n\r\n",
        b"GET /health HTTP/9.9\r\n\r\n",
        b"GET /health HTTP/1.1\r\n\r\n",
        b"GET /health HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n",
        b"GET /beta HTTP/1.1\r\nHost: a b\r\n\r\n",
        b"GET /beta HTTP/1.1\r\nHost: \xff\r\n\r\n",
        b"GET /\xff HTTP/1.1\r\nHost: a\r\n\r\n",
        b"GET /beta?\x00 HTTP/1.1\r\nHost: a\r\n\r\n",
        b"GET /beta HTTP/1.1\r\nHost: a\r\nX: \x00\r\n\r\n",
        b"GET /beta HTTP/1.1\r\nHost: a\r\nAuthorization: Bearer \xff\r\n\r\n",
        b"POST /beta HTTP/1.1\r\nHost: a\r\nContent-Length: -1\r\n\r\n",
        b"POST /beta HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nxx",
        b"POST /beta HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",
        b"POST /beta HTTP/1.1\r\nHost: a\r\nContent-Length: 99999999999999999999\r\n\r\n",
        b"WEIRD-METHOD /beta HTTP/1.1\r\nHost: a\r\n\r\n",
        b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03",
        b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
    ] {
        if let Ok(answer) = server.raw(bytes) {
            let fine =
                answer.status == 200 || (400..500).contains(&answer.status) || answer.status == 505;
            assert!(fine, "{} answered {}", answer.asked, answer.status);
        }
        server.get("/health").expect(200);
    }
}
