//! Remediations at a glance, and the service's own.

use serde_json::{Value, json};

use crate::support::{
    COMPLIANCE, HEALTH, PLATFORM, Server, base64, make_device, make_script, make_state,
};

const SCRIPTS: &str = "/beta/deviceManagement/deviceHealthScripts";

#[test]
fn the_summary_counts_scripts_and_remediated_devices() {
    // On its own: others make scripts at the same time.
    let server = Server::start();
    let url = format!("{SCRIPTS}/getRemediationSummary()");
    let check = |scripts: i64, devices: i64| {
        let shown = server.get(&url).expect_json(200);
        let found = (&shown["scriptCount"], &shown["remediatedDeviceCount"]);
        assert_eq!(found, (&json!(scripts), &json!(devices)), "{shown}");
    };
    check(0, 0);
    for scripts in 1..=2 {
        let (script, _) = make_script(&server, &HEALTH);
        make_state(&server, &script, &json!({ "remediationState": "success" }));
        make_state(&server, &script, &json!({ "remediationState": "skipped" }));
        check(scripts, scripts);
    }
    server
        .get(&format!(
            "{SCRIPTS}/microsoft.graph.getRemediationSummary()"
        ))
        .expect(200);
}

#[test]
fn the_history_has_a_device_once_a_day() {
    let server = Server::shared();
    let (script, _) = make_script(&server, &HEALTH);
    let url = format!("{script}/getRemediationHistory()");
    let today = || {
        let shown = server.get(&url).expect_json(200);
        let days = shown["historyData"].as_array().unwrap();
        assert_eq!(days.len(), 30, "{shown}");
        assert!(days.is_sorted_by_key(|day| day["date"].as_str().unwrap()));
        // A test that runs over midnight finds what it did on the day before.
        let names = [
            "remediatedDeviceCount",
            "noIssueDeviceCount",
            "detectFailedDeviceCount",
        ];
        let sum = |name: &str| days.iter().map(|day| day[name].as_i64().unwrap()).sum();
        names.map(sum)
    };
    assert_eq!(today(), [0, 0, 0]);
    let report = |detection: &str, remediation: &str| json!({ "detectionState": detection, "remediationState": remediation });
    make_state(&server, &script, &json!({ "id": "a" }));
    let state = format!("{script}/deviceRunStates/a");
    for (body, expected) in [
        (report("fail", "remediationFailed"), [0, 0, 1]),
        (report("fail", "success"), [1, 0, 1]),
        (report("success", "skipped"), [0, 1, 0]),
        (report("pending", "skipped"), [0, 0, 0]),
    ] {
        server.patch(&state, &body).expect(200);
        let found: [i64; 3] = today();
        assert_eq!(found, expected, "{body}");
    }
    server
        .get(&format!(
            "{SCRIPTS}/00000000-0000-0000-0000-000000000000/getRemediationHistory()"
        ))
        .expect_error(404, "ResourceNotFound");
}

#[test]
fn global_scripts_are_added_once_and_read_only() {
    let server = Server::start();
    let available = || {
        let url = format!("{SCRIPTS}/areGlobalScriptsAvailable()");
        server.get(&url).expect_json(200)["value"].clone()
    };
    assert_eq!(available(), "notConfigured");
    for _ in 0..2 {
        server
            .post(&format!("{SCRIPTS}/enableGlobalScripts"), &json!({}))
            .expect(204);
        assert_eq!(available(), "enabled");
        let listed = server.get(&format!("{SCRIPTS}?$filter=isGlobalScript eq true"));
        assert_eq!(listed.values().len(), 4);
    }
    for script in server.get(SCRIPTS).values() {
        let url = format!("{SCRIPTS}/{}", script["id"].as_str().unwrap());
        let script = server.get(&url).expect_json(200);
        assert_eq!(script["highestAvailableVersion"], "1");
        assert_eq!(script["version"], "1");
        assert!(script["remediationScriptContent"].is_string(), "{script}");
        let patch = json!({ "displayName": "Mine" });
        server.patch(&url, &patch).expect_error(403, "Forbidden");
        server.delete(&url).expect_error(403, "Forbidden");
        let everyone =
            json!({ "target": { "@odata.type": "#microsoft.graph.allDevicesAssignmentTarget" } });
        let assign = json!({ "deviceHealthScriptAssignments": [everyone] });
        server.post(&format!("{url}/assign"), &assign).expect(200);
        versions(&server, &url);
    }
}

fn versions(server: &Server, url: &str) {
    let highest = format!("{url}/getGlobalScriptHighestAvailableVersion");
    assert_eq!(
        server.post(&highest, &json!({})).expect_json(200)["value"],
        "1"
    );
    let update = format!("{url}/updateGlobalScript");
    for body in [
        json!({}),
        json!({ "version": "1" }),
        json!({ "version": null }),
    ] {
        assert_eq!(server.post(&update, &body).expect_json(200)["value"], "1");
    }
    let message = server
        .post(&update, &json!({ "version": "7" }))
        .expect_error(400, "BadRequest");
    assert!(message.contains("'7'"), "{message}");
}

#[test]
fn a_script_of_ones_own_has_its_own_version_alone() {
    let server = Server::shared();
    let (script, _) = make_script(&server, &HEALTH);
    let body = json!({ "detectionScriptContent": base64("exit 0\n"), "isGlobalScript": true });
    let script_now = server.patch(&script, &body).expect_json(200);
    assert_eq!(script_now["isGlobalScript"], false);
    assert_eq!(script_now["highestAvailableVersion"], Value::Null);
    let highest = format!("{script}/getGlobalScriptHighestAvailableVersion");
    assert_eq!(
        server.post(&highest, &json!({})).expect_json(200)["value"],
        "2"
    );
    let update = format!("{script}/updateGlobalScript");
    server.post(&update, &json!({ "version": "2" })).expect(200);
    server
        .post(&update, &json!({ "version": "1" }))
        .expect_error(400, "BadRequest");
}

#[test]
fn payload_links_say_what_is_assigned() {
    let server = Server::shared();
    let everyone =
        json!({ "target": { "@odata.type": "#microsoft.graph.allDevicesAssignmentTarget" } });
    for (family, bound) in [
        (&PLATFORM, "deviceManagementScripts"),
        (&COMPLIANCE, "deviceCompliancePolicies"),
    ] {
        let (assigned, linked) = make_script(&server, family);
        let (_, free) = make_script(&server, family);
        server
            .post(&format!("{assigned}/assignments"), &everyone)
            .expect(201);
        let url = format!("/beta/deviceManagement/{bound}/hasPayloadLinks");
        let body = json!({ "payloadIds": [linked, free, "nothing"] });
        let items = server.post(&url, &body).expect(200).values();
        let found: Vec<_> = items
            .iter()
            .map(|item| (&item["payloadId"], &item["hasLink"], &item["sources"]))
            .collect();
        let expected = [
            (&json!(linked), &json!(true), &json!(["direct"])),
            (&json!(free), &json!(false), &json!([])),
            (&json!("nothing"), &json!(false), &json!([])),
        ];
        assert_eq!(found, expected);
        assert_eq!(items[1]["error"], Value::Null);
        assert!(items[2]["error"].as_str().unwrap().contains("'nothing'"));
        for body in [
            json!({}),
            json!({ "payloadIds": [null] }),
            json!({ "payloadIds": "x" }),
        ] {
            server.post(&url, &body).expect_error(400, "BadRequest");
        }
    }
}

#[test]
fn compliance_rules_are_validated() {
    let server = Server::shared();
    let url = "/beta/deviceManagement/deviceCompliancePolicies/validateComplianceScript";
    let validate = |script: Value| {
        let body = json!({ "deviceCompliancePolicyScript": script });
        server.post(url, &body).expect_json(200)
    };
    let texts = json!([{ "Language": "en_US", "Title": "Old", "Description": "Update it." }]);
    let rule = |name: &str, operator: &str| {
        json!({ "SettingName": name, "Operator": operator, "DataType": "Version", "Operand": "10.0.1",
            "MoreInfoUrl": "https://contoso.example", "RemediationStrings": texts })
    };
    let rules = json!({ "Rules": [rule("Bios", "GreaterEquals"), rule("Kernel", "Contains")] });
    let (_, id) = make_script(&server, &COMPLIANCE);
    let found = validate(json!({
        "@odata.type": "microsoft.graph.deviceCompliancePolicyScript",
        "deviceComplianceScriptId": id, "rulesContent": base64(&rules.to_string()),
    }));
    let sound = json!({ "settingName": "Bios", "operand": "10.0.1",
        "operator": "greaterEquals", "deviceComplianceScriptRulOperator": "greaterEquals",
        "dataType": "version", "deviceComplianceScriptRuleDataType": "version" });
    assert_eq!(found["rules"], json!([sound]));
    assert_eq!(found["scriptErrors"], json!([]));
    let fault = &found["ruleErrors"][0];
    assert_eq!(fault["code"], "operatorNotSupported");
    assert_eq!(
        fault["deviceComplianceScriptRulesValidationError"],
        "operatorNotSupported"
    );
    assert_eq!(fault["settingName"], "Kernel");

    // As the reference page asks.
    let found = validate(
        json!({ "deviceComplianceScriptId": "Device Compliance Script Id value", "rulesContent": "cnVsZXNDb250ZW50" }),
    );
    let codes: Vec<_> = found["scriptErrors"]
        .as_array()
        .unwrap()
        .iter()
        .map(|e| &e["code"])
        .collect();
    assert_eq!(codes, ["jsonFileInvalid", "unknown"]);
    let missing = server.post(url, &json!({})).expect_json(200);
    assert_eq!(missing["scriptErrors"][0]["code"], "jsonFileMissing");
}

#[test]
fn actions_on_many_devices() {
    let server = Server::shared();
    let devices = "/beta/deviceManagement/managedDevices";
    let id = make_device(&server, &json!({}));
    let unknown = "00000000-0000-0000-0000-000000000000";
    let execute = |action: &str| {
        let body = json!({ "actionName": action, "deviceIds": [id, unknown, id] });
        server
            .post(&format!("{devices}/executeAction"), &body)
            .expect_json(200)
    };
    let check = |action: &str, supported: bool| {
        let found = execute(action);
        let (yes, no) = match supported {
            true => (json!([id]), json!([])),
            false => (json!([]), json!([id])),
        };
        assert_eq!(found["successfulDeviceIds"], yes, "{found}");
        assert_eq!(found["notSupportedDeviceIds"], no, "{found}");
        assert_eq!(found["notFoundDeviceIds"], json!([unknown]));
        assert_eq!(found["failedDeviceIds"], json!([]));
    };
    check("wipe", false);
    check("syncDevice", true);
    let device = server.get(&format!("{devices}/{id}")).expect_json(200);
    assert_eq!(device["deviceActionResults"][0]["actionState"], "pending");
    check("delete", true);
    server
        .get(&format!("{devices}/{id}"))
        .expect_error(404, "ResourceNotFound");
    for body in [
        json!({ "deviceIds": [] }),
        json!({ "actionName": "wipe" }),
        json!({ "actionName": "wipe", "deviceIds": [null] }),
        json!({ "actionName": "wipe", "deviceIds": vec!["x"; 1_001] }),
        json!({ "actionName": "dance", "deviceIds": [] }),
    ] {
        server
            .post(&format!("{devices}/executeAction"), &body)
            .expect_error(400, "BadRequest");
    }
}
