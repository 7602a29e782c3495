//! Whole passes against a server on the loopback that serves what the API serves.

mod fixture;

use serde_json::{Value, json};

use self::fixture::{DUE, ENROL, Heard, base64, device, due, ok, serve};
use super::*;
use crate::test_server::{Reply, TestServer};

/// Seven digits and Z.
fn assert_is_time(value: &Value) {
    let text = value.as_str().expect("a string");
    assert_eq!((text.len(), text.ends_with('Z')), (28, true), "{text}");
    assert!(text.parse::<Timestamp>().is_ok(), "{text}");
}

#[test]
#[cfg(unix)]
fn a_remediation_mends_and_reports() {
    let dir = tempfile::tempdir().unwrap();
    let wrong = dir.path().join("wrong");
    std::fs::write(&wrong, "").unwrap();
    let detect = format!(
        "[ ! -e {0} ] && echo fine && exit 0; echo wrong; exit 1",
        wrong.display()
    );
    let script = json!({"detectionScriptContent": base64(&detect),
        "remediationScriptContent": base64(&format!("rm {}; echo mended >&2", wrong.display())),
        "expectedStateUpdateDateTime": "2026-01-02T03:04:05.1234567+02:00"});
    let server = serve(vec![due("deviceHealthScript", "h 1", &script)], ok);
    let mut device = device(&server);
    device.options.groups = vec!["g".to_owned()];
    device.options.user_id = Some("u".to_owned());
    let mut heard = Heard::default();
    let report = run_once(&device.options, &mut heard).unwrap();
    assert!(!wrong.exists());
    assert_eq!(
        heard.0,
        [
            "enrolled d:1 n",
            "due 1",
            "The h 1: detection",
            "The h 1: The script exited with code 1.",
            "The h 1: remediation",
            "The h 1: The script exited with code 0.",
            "The h 1: detection after remediation",
            "The h 1: The script exited with code 0.",
            "h 1: fail Some(\"success\")"
        ]
    );
    assert_eq!((report.device_id.as_str(), report.runs.len()), ("d:1", 1));
    let [enrol, _, patch] = server.asked().try_into().expect("three requests");
    assert_eq!((&*enrol.method, &*patch.method), ("POST", "PATCH"));
    let body = enrol.json();
    assert_eq!(
        (&body["deviceName"], &body["udid"], &body["serialNumber"]),
        (&json!("n"), &json!("key"), &json!("key"))
    );
    assert_eq!(
        (
            &body["groupIds"],
            &body["userId"],
            &body["userPrincipalName"]
        ),
        (&json!(["g"]), &json!("u"), &Value::Null)
    );
    assert_eq!(
        patch.path,
        "/beta/deviceManagement/deviceHealthScripts/h%201/deviceRunStates"
    );
    let mut state = patch.json();
    assert_is_time(&state["lastStateUpdateDateTime"].take());
    assert_is_time(&state["lastSyncDateTime"].take());
    assert_eq!(
        state,
        json!({"@odata.type": "#microsoft.graph.deviceHealthScriptDeviceState", "id": "h 1:d:1",
        "detectionState": "fail", "remediationState": "success", "lastStateUpdateDateTime": null, "lastSyncDateTime": null,
        "expectedStateUpdateDateTime": "2026-01-02T03:04:05.1234567+02:00",
        "preRemediationDetectionScriptOutput": "wrong", "preRemediationDetectionScriptError": "",
        "remediationScriptError": "mended", "postRemediationDetectionScriptOutput": "fine",
        "postRemediationDetectionScriptError": ""})
    );
    let left: Vec<_> = std::fs::read_dir(device.dir.path())
        .unwrap()
        .map(|e| e.unwrap().file_name())
        .collect();
    assert_eq!(left, ["state"]);
}

#[test]
#[cfg(unix)]
fn every_family_reports_in_its_own_words() {
    let content = |text: &str| json!({"scriptContent": base64(text)});
    let server = serve(
        vec![
            due(
                "deviceComplianceScript",
                "c",
                &json!({"detectionScriptContent": base64("echo '{\"a\":1}'")}),
            ),
            due(
                "deviceManagementScript",
                "p",
                &content("echo out; echo err >&2; exit 4"),
            ),
            due("deviceShellScript", "s", &content("echo out")),
            due(
                "deviceCustomAttributeShellScript",
                "a",
                &content("head -c 30000 /dev/zero | tr '\\0' x"),
            ),
            due("deviceNewScript", "n", &content("exit 0")),
            due("deviceShellScript", "s", &content("echo twice")),
            due("deviceShellScript", "m", &json!({})),
            due(
                "deviceHealthScript",
                "b",
                &json!({"detectionScriptContent": "no base64!"}),
            ),
        ],
        ok,
    );
    let device = device(&server);
    let report = run_once(&device.options, &mut crate::Silent).unwrap();
    assert_eq!(report.skipped, ["n"]);
    let ran: Vec<_> = report
        .runs
        .iter()
        .map(|run| (&*run.script_id, run.run_state))
        .collect();
    use RunState::{Fail, ScriptError, Success};
    assert_eq!(
        ran,
        [
            ("c", Success),
            ("p", Fail),
            ("s", Success),
            ("a", Success),
            ("m", ScriptError),
            ("b", ScriptError)
        ]
    );
    let asked = server.asked();
    let states = asked.get(2..).expect("the reports");
    let expected = [
        (
            "deviceComplianceScripts/c/deviceRunStates/c%3Ad%3A1",
            json!({"scriptOutput": "{\"a\":1}", "scriptError": "", "detectionState": "success"}),
        ),
        (
            "deviceManagementScripts/p/deviceRunStates/p%3Ad%3A1",
            json!({"runState": "fail", "resultMessage": "out", "errorCode": 4, "errorDescription": "err"}),
        ),
        (
            "deviceShellScripts/s/deviceRunStates/s%3Ad%3A1",
            json!({"runState": "success", "resultMessage": "out", "errorCode": 0, "errorDescription": ""}),
        ),
        (
            "deviceCustomAttributeShellScripts/a/deviceRunStates/a%3Ad%3A1",
            json!({"runState": "success", "resultMessage": "x".repeat(20480)}),
        ),
        (
            "deviceShellScripts/m/deviceRunStates/m%3Ad%3A1",
            json!({"runState": "scriptError", "errorCode": 127, "errorDescription": "The script could not be run: the service gave no content."}),
        ),
        (
            "deviceHealthScripts/b/deviceRunStates",
            json!({"id": "b:d:1", "detectionState": "scriptError", "remediationState": "skipped", "remediationScriptError": null,
            "preRemediationDetectionScriptError": "The script could not be run: its content is no base64."}),
        ),
    ];
    assert_eq!(states.len(), expected.len());
    for (asked, (path, fields)) in states.iter().zip(&expected) {
        assert_eq!(asked.path, format!("/beta/deviceManagement/{path}"));
        assert_eq!(asked.method, "PATCH");
        let state = asked.json();
        for (name, value) in fields.as_object().expect("an object") {
            assert_eq!(state.get(name), Some(value), "{path} {name}");
        }
        assert_is_time(&state["lastStateUpdateDateTime"]);
    }
}

#[test]
fn a_state_that_is_gone_is_made_again() {
    let check = |answers: &'static [u16], expected: &[(&str, &str)], holds: bool| {
        let script = due("deviceShellScript", "s", &json!({}));
        let server = serve(vec![script], |_, count| {
            Reply(
                answers.get(count - 2).copied().unwrap_or(500),
                "",
                "{}".to_owned(),
            )
        });
        let result = run_once(&device(&server).options, &mut crate::Silent);
        assert_eq!(result.is_ok(), holds, "{answers:?}: {result:?}");
        let asked = server.asked();
        let sent: Vec<_> = asked
            .iter()
            .skip(2)
            .map(|asked| (&*asked.method, asked.path.rsplit('/').next().unwrap()))
            .collect();
        assert_eq!(sent, expected, "{answers:?}");
        for post in asked.iter().skip(2).filter(|asked| asked.method == "POST") {
            assert_eq!(post.json()["id"], json!("s:d:1"));
        }
    };
    let (patch, post) = (("PATCH", "s%3Ad%3A1"), ("POST", "deviceRunStates"));
    check(&[200], &[patch], true);
    check(&[404, 201], &[patch, post], true);
    check(&[404, 409, 200], &[patch, post, patch], true);
    check(&[404, 404], &[patch, post], false);
    check(&[503, 200], &[patch, patch], true);
    check(&[403], &[patch], false);
}

#[test]
fn one_failed_report_does_not_stop_the_others() {
    let scripts = ["a", "b", "c"].map(|id| due("deviceShellScript", id, &json!({})));
    let server = serve(scripts.into(), |asked, _| {
        Reply(
            if asked.path.contains("/b/") { 400 } else { 200 },
            "",
            "{}".to_owned(),
        )
    });
    let mut heard = Heard::default();
    let error = run_once(&device(&server).options, &mut heard).unwrap_err();
    let AgentError::Unreported {
        count: 1,
        first,
        report,
    } = error
    else {
        panic!("{error}")
    };
    assert_eq!(first.status(), Some(400));
    assert_eq!(report.runs.len(), 3);
    assert!(
        heard.0.contains(&"b unreported".to_owned())
            && !heard.0.iter().any(|line| line.starts_with("b: script"))
    );
    // A token that is refused is refused for the rest too.
    let scripts = ["a", "b"].map(|id| due("deviceShellScript", id, &json!({})));
    let server = serve(scripts.into(), |_, _| Reply(401, "", "{}".to_owned()));
    let error = run_once(&device(&server).options, &mut crate::Silent).unwrap_err();
    assert_eq!((error.status(), server.asked().len()), (Some(401), 3));
}

#[test]
fn pages_are_followed_within_the_service() {
    let check = |link: fn(&str, usize) -> Option<String>, expected: Result<usize, &str>| {
        let server = TestServer::start(move |asked, count| {
            let host = asked.header("host").expect("a host").to_owned();
            let answer = match (&*asked.path, &*asked.method) {
                (ENROL, _) => json!({"id": "d:1"}),
                (path, "GET") => {
                    assert!(path.starts_with(DUE));
                    let script = due("deviceNewScript", &format!("s{count}"), &json!({}));
                    json!({"value": [script], "@odata.nextLink": link(&host, count)})
                }
                (path, method) => panic!("{method} {path}"),
            };
            Reply(200, "", answer.to_string())
        });
        let result = run_once(&device(&server).options, &mut crate::Silent);
        match (result, expected) {
            (Ok(report), Ok(count)) => assert_eq!(report.skipped.len(), count),
            (Err(error), Err(part)) => assert!(error.to_string().contains(part), "{error}"),
            (result, _) => panic!("{result:?}"),
        }
    };
    check(|_, _| None, Ok(1));
    check(
        |host, count| (count < 5).then(|| format!("http://{host}{DUE}?$skiptoken={count}")),
        Ok(5),
    );
    check(
        |host, _| Some(format!("http://{host}{DUE}?$skiptoken=same")),
        Err("circle"),
    );
    check(
        |host, count| Some(format!("http://{host}{DUE}?$skiptoken={}", count % 2)),
        Err("circle"),
    );
    check(
        |_, _| Some(format!("http://127.0.0.1:1{DUE}")),
        Err("elsewhere"),
    );
    check(
        |host, _| Some(format!("http://{host}/other")),
        Err("elsewhere"),
    );
    check(
        |host, count| Some(format!("http://{host}{DUE}?$skiptoken={count}")),
        Err("more is due"),
    );
}

#[test]
fn ids_that_would_change_the_path_are_refused() {
    for id in ["", ".", ".."] {
        let answer = json!({ "id": id }).to_string();
        let server = TestServer::start(move |_, _| Reply(200, "", answer.clone()));
        assert!(
            run_once(&device(&server).options, &mut crate::Silent).is_err(),
            "{id:?}"
        );
        let server = serve(vec![due("deviceShellScript", id, &json!({}))], ok);
        assert!(
            run_once(&device(&server).options, &mut crate::Silent).is_err(),
            "{id:?}"
        );
        assert_eq!(server.asked().len(), 2, "nothing ran");
    }
}

#[test]
fn the_shorter_timeout_holds() {
    let hour = Duration::from_secs(3600);
    let check = |minutes: Option<i64>, expected: u64| {
        assert_eq!(
            timeout(minutes, hour),
            Duration::from_secs(expected),
            "{minutes:?}"
        );
    };
    check(None, 3600);
    check(Some(0), 3600);
    check(Some(-5), 3600);
    check(Some(5), 300);
    check(Some(61), 3600);
    check(Some(i64::MAX), 3600);
}

#[test]
fn content_is_bounded() {
    assert_eq!(decode(Some("QUJD"), 3).as_deref(), Ok(b"ABC".as_slice()));
    for (content, limit) in [
        (None, 9),
        (Some("QUJD"), 2),
        (Some("QUJ"), 9),
        (Some("Ä"), 9),
    ] {
        assert!(decode(content, limit).is_err(), "{content:?}");
    }
}
