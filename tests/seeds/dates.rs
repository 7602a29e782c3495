//! Date-times come back to the digit with their offset, and are refused when they are none.

use serde_json::json;

use crate::support::{FAMILIES, Server, make_script, make_state};

#[test]
fn dates_come_back_as_they_were_sent() {
    let server = Server::shared();
    for family in &FAMILIES {
        let (script, _) = make_script(&server, family);
        for (i, date) in [
            "2017-01-01T00:02:30.8589467+03:00",
            "2016-12-31T23:56:35.0146324+03:00",
            "2017-01-01T00:02:58.4418045-08:00",
            "2026-01-02T03:04:05.123456+05:30",
            "2026-01-02T03:04:05Z",
            "2026-01-02T03:04:05+00:00",
            "2026-01-02T03:04:05.0Z",
            "2026-01-02T03:04:05.10Z",
            "2026-01-02T03:04:05.0000000Z",
            "2026-01-02T23:59:59.9999999-14:00",
            "2026-01-02T00:00:00+14:00",
            "2024-02-29T12:00:00.1-00:01",
            "0001-01-01T00:00:00Z",
            "9999-12-31T23:59:59.9999999Z",
        ]
        .iter()
        .enumerate()
        {
            let id = format!("s{i}");
            let body = json!({ "id": id, "lastStateUpdateDateTime": date });
            let made = make_state(&server, &script, &body);
            assert_eq!(made["lastStateUpdateDateTime"], *date);
            let url = format!("{script}/deviceRunStates/{id}");
            assert_eq!(
                server.get(&url).expect_json(200)["lastStateUpdateDateTime"],
                *date
            );
            // A write of the same instant in another form is a change of what is read.
            let body = json!({ "lastStateUpdateDateTime": "2001-02-03T04:05:06.7+08:09" });
            let patched = server.patch(&url, &body).expect_json(200);
            assert_eq!(
                patched["lastStateUpdateDateTime"],
                body["lastStateUpdateDateTime"]
            );
        }
    }
}

#[test]
fn what_is_no_date_is_refused_by_name() {
    let server = Server::shared();
    let (script, _) = make_script(&server, &FAMILIES[0]);
    make_state(&server, &script, &json!({ "id": "one" }));
    for date in [
        "2026-02-30T00:00:00Z",
        "2025-02-29T00:00:00Z",
        "2026-13-01T00:00:00Z",
        "2026-00-01T00:00:00Z",
        "2026-01-02T24:00:00Z",
        "2026-01-02T03:60:05Z",
        "2026-01-02T03:04:61Z",
        "2026-01-02T03:04:05.12345678Z",
        "2026-01-02T03:04:05.Z",
        "2026-01-02T03:04:05",
        "2026-01-02T03:04:05+24:00",
        "2026-01-02T03:04:05+5:30",
        "2026-01-02 03:04:05Z",
        "2026-01-02",
        "10000-01-01T00:00:00Z",
        "-001-01-01T00:00:00Z",
        "٢026-01-02T03:04:05Z",
        "now",
        "",
    ] {
        let body = json!({ "lastSyncDateTime": date });
        let answer = server.patch(&format!("{script}/deviceRunStates/one"), &body);
        let error = answer.clone().expect_json(400)["error"].take();
        assert_eq!(error["target"], "lastSyncDateTime", "{date}");
        let message = answer.expect_error(400, "BadRequest");
        assert!(message.contains("lastSyncDateTime"), "{date}: {message}");
    }
}
