//! The names of a request: the server's own, and the client's, which comes back.

use crate::support::{Request, Server};

#[test]
fn the_client_names_its_request() {
    let server = Server::shared();
    for target in [
        "/health",
        "/beta",
        "/beta/nope",
        "/beta/deviceManagement/deviceHealthScripts/none",
        "/nope",
    ] {
        for id in ["3f6a1f0c-6b7d-4b0e-9f37-3a2f4f6b7c11", "my-request.1"] {
            let answer = server.send(&Request::new("GET", target).header("client-request-id", id));
            assert_eq!(answer.header("client-request-id"), Some(id), "{target}");
            assert_ne!(answer.header("request-id"), Some(id), "{target}");
        }
    }
    let hostile = ["\"><script>", "a b", "x\u{e9}", ""];
    for id in hostile
        .iter()
        .map(|id| (*id).to_owned())
        .chain(["x".repeat(10_000)])
    {
        // It comes back whole, or the server gives one; never a part, never an error.
        let answer =
            server.send(&Request::new("GET", "/beta/nope").header("client-request-id", &id));
        let echoed = answer.header("client-request-id").unwrap();
        assert!(echoed == id || echoed.len() == 36, "{id}: {echoed}");
        assert!(
            answer.status == 404 || answer.status == 400,
            "{}",
            answer.text()
        );
    }
    let ids: Vec<String> = (0..100)
        .map(|_| {
            server
                .get("/health")
                .header("request-id")
                .unwrap()
                .to_owned()
        })
        .collect();
    let mut unique = ids.clone();
    unique.sort();
    unique.dedup();
    assert_eq!(unique.len(), ids.len());
}
