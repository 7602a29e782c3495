//! Each permission against each family and method, as the permissions table has it.

use serde_json::json;

use crate::support::{
    Client, FAMILIES, HEALTH, PLATFORM, Request, Server, make_device, make_script, make_state,
};

const AREAS: [&str; 4] = ["Configuration", "Scripts", "ManagedDevices", "Apps"];

/// A resource, and the areas whose permissions open it.
fn resources() -> Vec<(String, Vec<&'static str>)> {
    let mut resources = vec![
        (
            "/beta/deviceManagement/managedDevices".to_owned(),
            vec!["ManagedDevices", "Configuration"],
        ),
        (
            "/beta/deviceManagement/managedDevices/none".to_owned(),
            vec!["ManagedDevices", "Configuration"],
        ),
        (
            "/beta/deviceManagement".to_owned(),
            vec!["Configuration", "ManagedDevices"],
        ),
    ];
    for family in &FAMILIES {
        let mut areas = vec!["Scripts", "Configuration"];
        if family.set != HEALTH.set {
            areas.push("ManagedDevices");
        }
        let mut paths = vec![
            "",
            "/none",
            "/none/deviceRunStates",
            "/none/deviceRunStates/none",
            "/none/assignments",
            "/none/assignments/none",
            "/none/runSummary",
            "/none/deviceRunStates/$count",
            "/none/displayName",
        ];
        if family.users {
            paths.extend([
                "/none/userRunStates",
                "/none/userRunStates/none/deviceRunStates/none",
                "/none/groupAssignments/none",
            ]);
        }
        resources.extend(
            paths
                .iter()
                .map(|path| (format!("{}{path}", family.url()), areas.clone())),
        );
    }
    resources
}

/// Whether a client is let through to what would then fail for another reason: nothing is there,
/// and nothing is asked that could be.
fn is_let_in(client: &Client, method: &str, target: &str) -> Option<bool> {
    let request = Request::new(method, target);
    let answer = client.send(&if method == "GET" || method == "DELETE" {
        request
    } else {
        request.json(&json!({ "nope": 1 }))
    });
    match answer.status {
        403 => Some(false),
        405 => None,
        200 | 400 | 404 => Some(true),
        status => panic!("{method} {target}: {status} {}", answer.text()),
    }
}

#[test]
fn each_permission_opens_what_it_should() {
    let server = Server::shared();
    for kind in ["--role", "--scope"] {
        for area in AREAS {
            for level in ["Read", "ReadWrite"] {
                let client = server.client(&[kind, &format!("DeviceManagement{area}.{level}.All")]);
                for (target, areas) in resources() {
                    for method in ["GET", "POST", "PATCH", "DELETE"] {
                        let Some(open) = is_let_in(&client, method, &target) else {
                            continue;
                        };
                        let expected =
                            areas.contains(&area) && (method == "GET" || level == "ReadWrite");
                        assert_eq!(open, expected, "{kind} {area}.{level}: {method} {target}");
                    }
                }
            }
        }
    }
}

#[test]
fn a_refusal_names_what_is_needed() {
    let server = Server::shared();
    let reader = server.client(&["--role", "DeviceManagementScripts.Read.All"]);
    let said = reader
        .post(&HEALTH.url(), &json!({}))
        .expect_error(403, "Forbidden");
    assert!(
        said.contains("DeviceManagementScripts.ReadWrite.All"),
        "{said}"
    );
    assert!(
        said.contains("DeviceManagementConfiguration.ReadWrite.All"),
        "{said}"
    );
    assert!(
        !said.contains(".Read.All"),
        "a read scope never writes: {said}"
    );
    let other = server.client(&["--role", "User.Read.All", "--scope", "Mail.Send"]);
    let said = other.get(&HEALTH.url()).expect_error(403, "Forbidden");
    assert!(said.contains("DeviceManagementScripts.Read.All"), "{said}");
    for close in [
        "devicemanagementscripts.read.all",
        "DeviceManagementScripts.Read",
        "DeviceManagementScripts.Read.All.x",
    ] {
        server
            .client(&["--role", close])
            .get(&HEALTH.url())
            .expect_error(403, "Forbidden");
    }
}

#[test]
fn operations_need_their_rights() {
    let server = Server::shared();
    let (script, _) = make_script(&server, &HEALTH);
    make_state(&server, &script, &json!({ "id": "one" }));
    let device = make_device(&server, &json!({}));
    let devices = "/beta/deviceManagement/managedDevices";
    let scripts = server.client(&["--role", "DeviceManagementScripts.Read.All"]);
    let writes = server.client(&["--role", "DeviceManagementScripts.ReadWrite.All"]);
    let managed = server.client(&["--role", "DeviceManagementManagedDevices.Read.All"]);
    let assign = json!({ "deviceHealthScriptAssignments": [] });
    scripts
        .post(&format!("{script}/assign"), &assign)
        .expect_error(403, "Forbidden");
    writes
        .post(&format!("{script}/assign"), &assign)
        .expect(200);
    scripts
        .post(&format!("{script}/runstate.recount"), &json!({}))
        .expect_error(403, "Forbidden");
    writes
        .post(&format!("{script}/runstate.recount"), &json!({}))
        .expect(200);
    let history = format!("{script}/deviceRunStates/one/runstate.history()");
    scripts.get(&history).expect(200);
    managed.get(&history).expect_error(403, "Forbidden");
    let enrol = json!({ "udid": "of-permissions", "deviceName": "x" });
    for client in [&scripts, &writes, &managed] {
        client
            .post(&format!("{devices}/runstate.enrol"), &enrol)
            .expect_error(403, "Forbidden");
        client
            .get(&format!("{devices}/{device}/runstate.dueScripts()"))
            .expect_error(403, "Forbidden");
    }
    server
        .post(&format!("{devices}/runstate.enrol"), &enrol)
        .expect(200);
}

/// What leads to a device needs the rights of a device, whichever way it leads.
#[test]
fn an_expansion_needs_the_rights_of_what_it_expands() {
    let server = Server::shared();
    for family in [HEALTH, PLATFORM] {
        let (script, id) = make_script(&server, &family);
        let device = make_device(&server, &json!({ "deviceName": "secret" }));
        make_state(&server, &script, &json!({ "id": format!("{id}:{device}") }));
        let states = format!("{script}/deviceRunStates");
        let (all, _) = script
            .rsplit_once('/')
            .expect("a script is in a collection");
        let scripts = server.client(&["--role", "DeviceManagementScripts.ReadWrite.All"]);
        scripts.get(&states).expect(200);
        for target in [
            format!("{states}?$expand=managedDevice"),
            format!("{states}?$expand=managedDevice($select=id)"),
            format!("{states}/{id}:{device}?$expand=managedDevice"),
            format!("{states}/{id}:{device}/managedDevice"),
            format!("{states}/{id}:{device}/managedDevice/deviceName"),
            format!("{states}/{id}:{device}/managedDevice/deviceName/$value"),
            format!("{script}?$expand=deviceRunStates($expand=managedDevice)"),
        ] {
            let said = scripts.get(&target).expect_error(403, "Forbidden");
            assert!(
                said.contains("DeviceManagementManagedDevices.Read.All"),
                "{said}"
            );
        }
        let devices = "$root/deviceManagement/managedDevices";
        for target in [
            format!("{states}?$expand=*"),
            format!("{states}?$filter=managedDevice/deviceName eq 'secret'"),
            format!("{states}?$orderby=managedDevice/deviceName"),
            format!("{states}?$select=managedDevice/deviceName"),
            format!("{states}?$orderby=length(managedDevice/deviceName)"),
            format!("{states}?$filter=not (managedDevice eq null)"),
            format!("{states}?$filter=contains(managedDevice/deviceName,'s')"),
            format!("{states}/$count?$filter=managedDevice/deviceName eq 'secret'"),
            format!("{states}?$compute=managedDevice/deviceName as n&$select=n"),
            format!("{states}?$apply=groupby((managedDevice/deviceName))"),
            format!("{states}?$apply=filter(managedDevice/deviceName eq 'secret')"),
            format!(
                "{script}?$expand=deviceRunStates($filter=managedDevice/deviceName eq 'secret')"
            ),
            format!("{all}?$filter=deviceRunStates/any(s:s/managedDevice/deviceName eq 'secret')"),
            format!("{states}?$filter={devices}('{device}')/deviceName eq 'secret'"),
            format!("{states}?$filter={devices}/any(d:d/deviceName eq 'secret')"),
            format!("{states}?$filter={devices}/$count gt 0"),
            format!("{states}?$orderby={devices}('{device}')/deviceName"),
            format!("{states}/$filter(managedDevice/deviceName eq 'secret')"),
            format!("{states}/$filter(managedDevice/deviceName eq 'secret')/$count"),
            format!("{states}/delta()?$filter=managedDevice/deviceName eq 'secret'"),
            format!("{script}?$expand=deviceRunStates($filter=$it/id ne managedDevice/deviceName)"),
        ] {
            let answer = scripts.get(&target);
            assert!(
                matches!(answer.status, 400 | 403),
                "{}: {}",
                answer.asked,
                answer.text()
            );
        }
        let both = server.client(&[
            "--role",
            "DeviceManagementScripts.Read.All",
            "--role",
            "DeviceManagementManagedDevices.Read.All",
        ]);
        let shown = both
            .get(&format!("{states}?$expand=managedDevice"))
            .values();
        assert_eq!(shown[0]["managedDevice"]["deviceName"], "secret");
        let by_name = format!("{states}?$filter=managedDevice/deviceName eq 'secret'");
        assert_eq!(both.get(&by_name).values().len(), 1);
        let by_other = format!("{states}?$filter=managedDevice/deviceName eq 'other'");
        assert!(both.get(&by_other).values().is_empty());
    }
}
