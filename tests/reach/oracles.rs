//! Questions whose answer would tell of what is not seen, without showing it: counts, conditions,
//! orders, and refusals that differ from those for what is not there.

use serde_json::{Value, json};

use super::world::{
    DEVICES, MARKER, Side, administrator, assign, device_client, make_script, make_side, state,
    tagged_client,
};
use crate::support::{Client, FAMILIES, HEALTH, PLATFORM, Request, Server};

/// An id that nothing has.
const NOTHING: &str = "11111111-2222-4333-8444-555555555555";

/// Fails unless the requests are answered for what is not seen as for what is not there.
fn alike(client: &Client, method: &str, url: impl Fn(&str) -> String, ids: &[&str], body: &Value) {
    let ask = |id: &str| {
        let request = Request::new(method, &url(id));
        let answer = match method {
            "GET" | "DELETE" => client.send(&request),
            _ => client.send(&request.json(&name(body, id))),
        };
        let mut said = answer.json();
        said["error"]["innerError"] = Value::Null;
        let text = said.to_string().replace(id, "[id]");
        (answer.status, text)
    };
    let nothing = ask(NOTHING);
    assert!(nothing.0 >= 400, "{method} {}: {}", url(NOTHING), nothing.1);
    for id in ids {
        assert_eq!(ask(id), nothing, "{method} {}", url(id));
    }
}

/// A body with the id in place of `[id]`.
fn name(body: &Value, id: &str) -> Value {
    let text = body.to_string().replace("[id]", id);
    serde_json::from_str(&text).expect("JSON")
}

/// Scripts that are not seen are answered as those that are not there.
fn no_script_is_told(client: &Client, other: &Side) {
    for family in &FAMILIES {
        let ids = [other.script(family)];
        let at = |rest: &'static str| move |id: &str| format!("{}/{id}{rest}", family.url());
        for rest in [
            "",
            "/displayName",
            "/$ref",
            "/runSummary",
            "/assignments",
            "/assignments/$count",
            "/deviceRunStates",
            "/deviceRunStates/$count",
            "/deviceRunStates/x",
        ] {
            alike(client, "GET", at(rest), &ids, &json!({}));
        }
        let rename = json!({ "displayName": "x" });
        alike(client, "PATCH", at(""), &ids, &rename);
        alike(client, "DELETE", at(""), &ids, &json!({}));
        alike(client, "POST", at("/deviceRunStates"), &ids, &json!({}));
        alike(client, "PATCH", at("/deviceRunStates/x"), &ids, &json!({}));
        let assign = json!({ family.assign.0: [] });
        alike(client, "POST", at("/assign"), &ids, &assign);
    }
}

#[test]
fn a_device_learns_nothing_of_others() {
    let server = Server::start();
    let admin = administrator(&server);
    let a = make_side(&admin, "a", "own", &[]);
    let b = make_side(&admin, "b", MARKER, &[]);
    let shared = make_script(&admin, &HEALTH, "shared", &[]);
    let url = format!("{}/{shared}", HEALTH.url());
    assign(&admin, &url, &HEALTH, &a.group);
    let of_b = state(&HEALTH, &shared, &b.device, MARKER);
    admin
        .post(&format!("{url}/deviceRunStates"), &of_b)
        .expect(201);
    let client = device_client(&server, &a.device);
    no_script_is_told(&client, &b);
    let device = |rest: &'static str| move |id: &str| format!("{DEVICES}/{id}{rest}");
    for rest in [
        "",
        "/deviceName",
        "/users",
        "/deviceHealthScriptStates",
        "/$ref",
    ] {
        alike(&client, "GET", device(rest), &[&b.device], &json!({}));
    }
    alike(
        &client,
        "GET",
        device("/runstate.dueScripts()"),
        &[&b.device],
        &json!({}),
    );
    alike(
        &client,
        "PATCH",
        device(""),
        &[&b.device],
        &json!({ "notes": "x" }),
    );
    alike(&client, "DELETE", device(""), &[&b.device], &json!({}));
    // A run state of another device, or bound to one, is refused whether that is there or not.
    let state_of = |id: &str| format!("{url}/deviceRunStates/{shared}:{id}");
    for method in ["GET", "PATCH", "DELETE"] {
        alike(&client, method, state_of, &[&b.device], &json!({}));
    }
    let states = |_: &str| format!("{url}/deviceRunStates");
    let made = json!({ "id": format!("{shared}:[id]") });
    alike(&client, "POST", states, &[&b.device], &made);
    let bound = json!({ "managedDevice@odata.bind": "deviceManagement/managedDevices/[id]" });
    alike(&client, "POST", states, &[&b.device], &bound);
    for (target, count) in [
        (format!("{DEVICES}/$count"), 1),
        (
            format!("{DEVICES}/$count?$filter=contains(deviceName,'{MARKER}')"),
            0,
        ),
        (format!("{url}/deviceRunStates/$count"), 0),
        (format!("{}/$count", HEALTH.url()), 2),
    ] {
        assert_eq!(
            client.get(&target).expect(200).text(),
            count.to_string(),
            "{target}"
        );
    }
    assert_eq!(
        client
            .get(&format!(
                "{}?$filter=deviceRunStates/$count gt 0",
                HEALTH.url()
            ))
            .ids(),
        [a.script(&HEALTH)]
    );
    let outputs = "deviceRunStates/any(s:contains(s/preRemediationDetectionScriptOutput,";
    for (target, found) in [
        (format!("{}?$filter={outputs}'{MARKER}'))", HEALTH.url()), 0),
        (format!("{}?$filter={outputs}'own'))", HEALTH.url()), 1),
        (
            format!("{DEVICES}?$filter=deviceHealthScriptStates/any(s:s/policyId eq '{shared}')"),
            0,
        ),
    ] {
        assert_eq!(client.get(&target).values().len(), found, "{target}");
    }
    let counts = format!(
        "{}?$apply=aggregate(deviceRunStates/$count as n)",
        HEALTH.url()
    );
    assert_eq!(client.get(&counts).values(), [json!({ "n": 1 })]);
}

#[test]
fn an_administrator_learns_nothing_of_other_tags() {
    let server = Server::start();
    let admin = administrator(&server);
    let a = make_side(&admin, "a", "own", &["1"]);
    let b = make_side(&admin, "b", MARKER, &["2"]);
    // Both sides' scripts ran on one device.
    for side in [&a, &b] {
        let states = format!("{}/deviceRunStates", side.url(&HEALTH));
        let device = make_side(&admin, &format!("{}2", side.user), "x", &["3"]).device;
        let state = state(&HEALTH, side.script(&HEALTH), &device, MARKER);
        admin.post(&states, &state).expect(201);
    }
    let client = tagged_client(&server, &["1"]);
    no_script_is_told(&client, &b);
    for (target, count) in [
        (format!("{}/$count", HEALTH.url()), 1),
        (
            format!("{DEVICES}/{}/deviceHealthScriptStates/$count", a.device),
            1,
        ),
        (
            format!("{DEVICES}/{}/deviceHealthScriptStates/$count", b.device),
            0,
        ),
        (
            "/beta/deviceManagement/reports/PolicyRunStatesByProactiveRemediation/$count".into(),
            2,
        ),
        (
            "/beta/deviceManagement/reports/DeviceRunStatesByScript/$count".into(),
            3,
        ),
    ] {
        assert_eq!(
            client.get(&target).expect(200).text(),
            count.to_string(),
            "{target}"
        );
    }
    for (target, found) in [
        (
            format!("{}?$filter=contains(displayName,'{MARKER}')", HEALTH.url()),
            0,
        ),
        (
            format!(
                "{DEVICES}?$filter=deviceHealthScriptStates/any(s:contains(s/policyName,'{MARKER}'))"
            ),
            0,
        ),
        (
            format!(
                "{DEVICES}?$filter=deviceHealthScriptStates/any(s:contains(s/policyName,'own'))"
            ),
            2,
        ),
    ] {
        assert_eq!(client.get(&target).values().len(), found, "{target}");
    }
    let total = "$apply=aggregate($count as n)";
    let total = client.get(&format!("{}?{total}", HEALTH.url())).values();
    assert_eq!(total, [json!({ "n": 1 })]);
    let summary = client.get(&format!("{}/getRemediationSummary()", HEALTH.url()));
    assert_eq!(summary.expect_json(200)["scriptCount"], 1);
    let ids = json!({ "payloadIds": [a.script(&PLATFORM), b.script(&PLATFORM), NOTHING] });
    let links = client.post(&format!("{}/hasPayloadLinks", PLATFORM.url()), &ids);
    let links = links.values();
    let linked: Vec<&Value> = links.iter().map(|link| &link["hasLink"]).collect();
    assert_eq!(linked, [true, false, false]);
    let run = |id: &str| json!({ "scriptPolicyId": id });
    let on_demand = format!(
        "{DEVICES}/{}/initiateOnDemandProactiveRemediation",
        a.device
    );
    client.post(&on_demand, &run(b.script(&HEALTH))).expect(400);
    client.post(&on_demand, &run(a.script(&HEALTH))).expect(204);
}
