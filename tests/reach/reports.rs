//! Exports of administrators who are confined to role scope tags.

use serde_json::{Value, json};

use super::world::{MARKER, administrator, device_client, make_side, tagged_client};
use crate::reports::archive::{JOBS, content, export};
use crate::support::{HEALTH, PLATFORM, Server};

const REPORT: &str = "PolicyRunStatesByProactiveRemediation";

/// The rows are those that whoever asked for them sees, and the job is theirs alone.
#[test]
fn an_export_holds_what_its_owner_reaches() {
    let server = Server::start();
    let admin = administrator(&server);
    let a = make_side(&admin, "a", "own", &["1"]);
    let b = make_side(&admin, "b", MARKER, &["2"]);
    let client = tagged_client(&server, &["1", "7"]);
    let body = json!({ "reportName": REPORT });
    let job = export(&client, &body);
    let (_, text) = content(&server, &job);
    assert!(
        text.contains(&a.device) && text.contains("own output"),
        "{text}"
    );
    assert!(
        !text.contains(MARKER) && !text.contains(&b.device),
        "{text}"
    );
    let all = export(&admin, &body);
    assert!(content(&server, &all).1.contains(MARKER));
    for (report, family) in [
        ("DeviceRunStatesByProactiveRemediation", HEALTH),
        ("DeviceRunStatesByScript", PLATFORM),
    ] {
        for (side, rows) in [(&a, 1), (&b, 0)] {
            let filter = format!("PolicyId eq '{}'", side.script(&family));
            let body = json!({ "reportName": report, "filter": filter, "format": "json" });
            let (_, text) = content(&server, &export(&client, &body));
            let found: Vec<Value> = serde_json::from_str(&text).expect("rows");
            assert_eq!(found.len(), rows, "{report}: {text}");
        }
    }
    let id = |job: &Value| job["id"].as_str().expect("an id").to_owned();
    let url = |job: &Value| format!("{JOBS}/{}", id(job));
    for other in [
        tagged_client(&server, &["1"]),
        tagged_client(&server, &["1", "2", "7"]),
        device_client(&server, &a.device),
    ] {
        other.get(&url(&job)).expect(404);
        assert!(!other.get(JOBS).text().contains(&id(&job)));
        assert!(other.delete(&url(&job)).status >= 400);
    }
    client.get(&url(&all)).expect(404);
    assert!(client.get(JOBS).ids().contains(&id(&job)));
    admin.get(&url(&job)).expect(200);
    let same = tagged_client(&server, &["7", "1"]);
    same.delete(&url(&job)).expect(204);
    let device = device_client(&server, &a.device);
    let refused = device.post(JOBS, &body);
    refused.expect_error(403, "Forbidden");
    // All that one reaches go at once, and no others.
    client.delete("/beta/deviceManagement/reports").expect(204);
    assert!(client.get(JOBS).ids().is_empty());
    assert_eq!(admin.get(JOBS).ids(), [id(&all)]);
}
