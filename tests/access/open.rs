//! What is served without a token is one short list.

use crate::support::{FAMILIES, Request, Server};

#[test]
fn without_a_token_there_are_health_and_readiness_and_nothing_else() {
    let server = Server::shared();
    let nobody = server.client_with(None);
    assert_eq!(nobody.get("/health").expect_json(200)["status"], "ok");
    assert_eq!(nobody.get("/ready").expect_json(200)["status"], "ready");
    let mut targets: Vec<String> = [
        "",
        "/",
        "/$metadata",
        "/$batch",
        "/nope",
        "/deviceManagement",
        "/deviceManagement/managedDevices",
        "/health",
        "/$metadata?$format=json",
    ]
    .map(|path| format!("/beta{path}"))
    .into();
    targets.extend(FAMILIES.iter().map(|family| family.url()));
    targets.extend(["/v1.0", "/localtest/deviceManagement"].map(str::to_owned));
    for target in &targets {
        for method in ["GET", "HEAD", "POST", "PATCH", "PUT", "DELETE"] {
            let answer = nobody.send(&Request::new(method, target));
            assert_eq!(answer.status, 401, "{method} {target}");
            assert_eq!(answer.header("www-authenticate"), Some("Bearer realm=\"\""));
        }
    }
    for target in [
        "/",
        "/health/",
        "/Health",
        "/health/x",
        "/ready/",
        "/readyx",
        "/metrics",
        "/debug",
        "/oauth2/v2.0/token",
        "/.well-known/openid-configuration",
        "/beta/../health",
        "/..",
        "/%68ealth",
    ] {
        let answer = nobody.send(&Request::new("GET", target));
        assert!(
            matches!(answer.status, 400 | 401 | 404),
            "{target}: {}",
            answer.status
        );
    }
}
