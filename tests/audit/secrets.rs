//! Script bodies and secrets are told as hashes: the audit holds neither.

use serde_json::json;

use super::{events_of, modified};
use crate::support::{HEALTH, Server, base64};

#[test]
fn a_script_body_is_a_hash() {
    let server = Server::start();
    let marker = "marker-of-a-script-body-5c1e";
    let script = json!({ "displayName": "s", "detectionScriptContent": base64(marker),
        "remediationScriptContent": base64("exit 0") });
    let id = server.post(&HEALTH.url(), &script).expect_json(201)["id"].clone();
    let id = id.as_str().unwrap();
    let body = json!({ "detectionScriptContent": base64("exit 1") });
    server
        .patch(&format!("{}/{id}", HEALTH.url()), &body)
        .expect(200);
    let events = events_of(&server, id);
    let (old, new) = modified(&events[1], "detectionScriptContent").unwrap();
    assert_eq!(
        modified(&events[0], "detectionScriptContent").unwrap().1,
        old
    );
    for hash in [old, new] {
        let hex = hash.as_str().and_then(|text| text.strip_prefix("sha256:"));
        assert_eq!(hex.map(str::len), Some(64));
    }
    assert_ne!(old, new);
    // SHA-256 of the body itself, as any tool computes it.
    assert_eq!(
        new,
        &format!(
            "sha256:{}",
            "1a21be8bb1dc4721d30cc1850ead617faa55ae9aebf416da4369668bdeaf0824"
        )
    );
    let everything = server.runstate(&["audit", "export"]);
    assert!(everything.contains(id));
    for secret in [marker, &base64(marker)] {
        assert!(!everything.contains(secret));
    }
    let query = format!(
        "SELECT count(*) FROM audit_event WHERE resources LIKE '%{marker}%' OR resources LIKE '%{}%'",
        base64(marker)
    );
    assert_eq!(server.count_in_database(&query), 0);
}
