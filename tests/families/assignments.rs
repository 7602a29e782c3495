//! Assignments: one by one, and the whole set by `assign`.

use std::ops::Range;

use serde_json::{Value, json};

use crate::support::{
    COMPLIANCE, CUSTOM_ATTRIBUTE, FAMILIES, Family, HEALTH, PLATFORM, Request, SHELL, Server,
    make_script, shape_of,
};

const ALL_DEVICES: &str = "adadadad-808e-44e2-905a-0b7873a8a531";
const ALL_USERS: &str = "acacacac-9df4-4c7d-9d50-4ef0226f57a9";

/// Every target with the id that its assignment gets, behind the script's.
fn targets() -> Vec<(Value, Option<&'static str>)> {
    let target = |of: &str| json!({ "@odata.type": format!("#microsoft.graph.{of}") });
    let with = |of: &str, name: &str, value: &str| {
        let mut target = target(of);
        target[name] = json!(value);
        target
    };
    let mut filtered = with("groupAssignmentTarget", "groupId", "filtered");
    filtered["deviceAndAppManagementAssignmentFilterId"] = json!("f");
    filtered["deviceAndAppManagementAssignmentFilterType"] = json!("include");
    vec![
        (target("allDevicesAssignmentTarget"), Some(ALL_DEVICES)),
        (target("allLicensedUsersAssignmentTarget"), Some(ALL_USERS)),
        (with("groupAssignmentTarget", "groupId", "in"), Some("in")),
        (
            with("exclusionGroupAssignmentTarget", "groupId", "out"),
            Some("out"),
        ),
        (filtered, Some("filtered")),
        (
            with(
                "configurationManagerCollectionAssignmentTarget",
                "collectionId",
                "c",
            ),
            None,
        ),
    ]
}

#[test]
fn every_target_is_assigned_one_by_one() {
    let server = Server::shared();
    for family in &FAMILIES {
        let (script, id) = make_script(&server, family);
        let assignments = format!("{script}/assignments");
        for (target, group) in targets() {
            let made = server
                .post(&assignments, &json!({ "target": target }))
                .expect(201);
            let made = made.json();
            for (name, value) in target.as_object().unwrap() {
                assert_eq!(made["target"][name], *value, "{made}");
            }
            let own = made["id"].as_str().unwrap();
            match group {
                Some(group) => assert_eq!(own, format!("{id}:{group}")),
                None => assert!(own.starts_with(&format!("{id}:"))),
            }
            let url = format!("{assignments}/{own}");
            let read = server.get(&url).expect_json(200);
            assert_eq!(read["target"], made["target"]);
            assert_eq!(
                server
                    .patch(&url, &json!({ "target": target }))
                    .expect_json(200)["target"],
                made["target"]
            );
        }
        assert_eq!(server.get(&assignments).values().len(), targets().len());
        let again = server.post(&assignments, &json!({ "target": targets()[2].0 }));
        again.expect_error(409, "Conflict");
        server.delete(&format!("{assignments}/{id}:in")).expect(204);
        server
            .get(&format!("{assignments}/{id}:in"))
            .expect_error(404, "ResourceNotFound");
        assert_eq!(server.get(&assignments).values().len(), targets().len() - 1);
    }
}

/// The body of `assign` for some of the targets.
fn set(family: &Family, range: Range<usize>) -> Value {
    let (parameter, of) = family.assign;
    let of = format!("#microsoft.graph.{of}");
    let targets = targets();
    let assignments = targets[range]
        .iter()
        .map(|(target, _)| json!({ "@odata.type": of, "target": target }));
    json!({ parameter: assignments.collect::<Vec<_>>() })
}

fn sorted(mut ids: Vec<String>) -> Vec<String> {
    ids.sort();
    ids
}

#[test]
fn assign_replaces_the_set() {
    let server = Server::shared();
    for family in &FAMILIES {
        let (script, id) = make_script(&server, family);
        let assign = format!("{script}/assign");
        let ids = |targets: &[&str]| -> Vec<String> {
            targets.iter().map(|t| format!("{id}:{t}")).collect()
        };
        let listed = || sorted(server.get(&format!("{script}/assignments")).ids());
        let answer = server.post(&assign, &set(family, 0..3)).expect(200);
        insta::assert_json_snapshot!(
            format!("{}_assign", family.of),
            shape_of(&answer, &[(&id, "script")])
        );
        assert_eq!(answer.ids(), ids(&[ALL_DEVICES, ALL_USERS, "in"]));
        assert_eq!(listed(), sorted(ids(&[ALL_DEVICES, ALL_USERS, "in"])));
        assert_eq!(
            server.post(&assign, &set(family, 2..4)).ids(),
            ids(&["in", "out"])
        );
        assert_eq!(listed(), ids(&["in", "out"]));

        let minimal = Request::new("POST", &format!("{script}/microsoft.graph.assign"))
            .header("Prefer", "return=minimal")
            .json(&set(family, 0..1));
        server.send(&minimal).expect(204);
        assert_eq!(listed(), ids(&[ALL_DEVICES]));
        let cleared = server.post(&assign, &json!({ family.assign.0: [] }));
        assert_eq!(cleared.values(), Vec::<Value>::new());
        assert_eq!(listed(), Vec::<String>::new());
    }
}

/// What `assign` refuses to be given, as JSON, and what it says; `@` stands for the parameter.
#[rustfmt::skip]
const FAULTS: [(&str, &str); 9] = [
    (r##"[{"target":{"@odata.type":"#microsoft.graph.allDevicesAssignmentTarget"}},{"target":null}]"##, "@/1"),
    (r##"[{"target":{"@odata.type":"#microsoft.graph.allDevicesAssignmentTarget"}},{"target":{"@odata.type":"#microsoft.graph.allDevicesAssignmentTarget"}}]"##, "@/1"),
    ("[{}]", "@/0"),
    (r##"[{"target":{"@odata.type":"#microsoft.graph.groupAssignmentTarget"}}]"##, "@/0"),
    (r##"[{"target":{"@odata.type":"#microsoft.graph.user","groupId":"g"}}]"##, "type"),
    (r##"[{"target":{"@odata.type":"#microsoft.graph.groupAssignmentTarget","groupId":1}}]"##, "groupId"),
    ("[null]", "@"),
    ("{}", "@"),
    (r#""x""#, "@"),
];

#[test]
fn assign_is_all_or_nothing() {
    let server = Server::shared();
    for family in &FAMILIES {
        let (script, _) = make_script(&server, family);
        let parameter = family.assign.0;
        let assign = format!("{script}/assign");
        server.post(&assign, &set(family, 2..4)).expect(200);
        let before = server.get(&format!("{script}/assignments")).json();
        for (fault, part) in FAULTS {
            let body = format!("{{\"{parameter}\":{fault}}}");
            let request = Request::new("POST", &assign).text("application/json", &body);
            let said = server.send(&request).expect_error(400, "BadRequest");
            assert!(
                said.contains(&part.replace('@', parameter)),
                "{body}: {said}"
            );
        }
        for body in [
            json!({}),
            json!({ parameter: null }),
            json!({ "assignments": [] }),
        ] {
            server.post(&assign, &body).expect_error(400, "BadRequest");
        }
        server.send(&Request::new("POST", &assign)).expect(400);
        server.get(&assign).expect_error(405, "MethodNotAllowed");
        assert_eq!(server.get(&format!("{script}/assignments")).json(), before);
    }
}

#[test]
fn a_remediation_is_assigned_with_its_schedule() {
    let server = Server::shared();
    let (script, _) = make_script(&server, &HEALTH);
    let schedule = |of: &str, more: Value| {
        let mut schedule = json!({ "@odata.type": format!("#microsoft.graph.deviceHealthScript{of}Schedule"), "interval": 1 });
        schedule
            .as_object_mut()
            .unwrap()
            .extend(more.as_object().unwrap().clone());
        schedule
    };
    for (i, schedule) in [
        schedule("Hourly", json!({ "interval": 23 })),
        schedule(
            "Daily",
            json!({ "interval": 7, "useUtc": true, "time": "18:00:00.0000000" }),
        ),
        schedule(
            "RunOnce",
            json!({ "date": "2024-12-31", "useUtc": false, "time": "23:59:58.123456" }),
        ),
    ]
    .iter()
    .enumerate()
    {
        let body = json!({
            "runRemediationScript": true,
            "runSchedule": schedule,
            "target": { "@odata.type": "#microsoft.graph.groupAssignmentTarget", "groupId": format!("g{i}") },
        });
        let made = server
            .post(&format!("{script}/assignments"), &body)
            .expect_json(201);
        assert_eq!(made["runSchedule"], *schedule);
        assert_eq!(made["runRemediationScript"], true);
        let url = format!("{script}/assignments/{}", made["id"].as_str().unwrap());
        assert_eq!(server.get(&url).expect_json(200)["runSchedule"], *schedule);
    }
}

#[test]
fn groups_are_assigned_to_the_families_that_have_them() {
    const NAME: &str = "deviceManagementScriptGroupAssignments";
    let server = Server::shared();
    let families: Vec<&Family> = FAMILIES.iter().filter(|family| family.users).collect();
    for family in families {
        let (script, id) = make_script(&server, family);
        let groups = format!("{script}/groupAssignments");
        let made = server
            .post(&groups, &json!({ "targetGroupId": "g" }))
            .expect_json(201);
        assert_eq!(
            (&made["id"], &made["targetGroupId"]),
            (&json!(format!("{id}:g")), &json!("g"))
        );
        server
            .post(&groups, &json!({ "targetGroupId": "g" }))
            .expect_error(409, "Conflict");
        for body in [
            json!({}),
            json!({ "targetGroupId": null }),
            json!({ "targetGroupId": "" }),
        ] {
            server.post(&groups, &body).expect_error(400, "BadRequest");
        }
        let url = format!("{groups}/{id}:g");
        assert_eq!(server.get(&url).expect_json(200)["targetGroupId"], "g");
        let assigned = server.post(
            &format!("{script}/assign"),
            &json!({ NAME: [{ "targetGroupId": "h" }] }),
        );
        assert_eq!(assigned.ids(), [format!("{id}:h")]);
        assert_eq!(server.get(&groups).ids(), [format!("{id}:h")]);
        server.delete(&format!("{groups}/{id}:h")).expect(204);
        assert_eq!(server.get(&groups).values(), Vec::<Value>::new());
    }
    let (script, _) = make_script(&server, &HEALTH);
    server
        .get(&format!("{script}/groupAssignments"))
        .expect(404);
}

/// The set is both kinds of assignment: what is not given is cleared.
#[test]
fn assign_replaces_both_kinds_of_assignment() {
    let server = Server::shared();
    let (script, _) = make_script(&server, &PLATFORM);
    let target = json!({ "@odata.type": "#microsoft.graph.allDevicesAssignmentTarget" });
    let both = json!({
        "deviceManagementScriptAssignments": [{ "target": target }],
        "deviceManagementScriptGroupAssignments": [{ "targetGroupId": "g" }],
    });
    server.post(&format!("{script}/assign"), &both).expect(200);
    let count = |path: &str| server.get(&format!("{script}/{path}")).values().len();
    assert_eq!((count("assignments"), count("groupAssignments")), (1, 1));
    let one = json!({ "deviceManagementScriptAssignments": [{ "target": target }] });
    server.post(&format!("{script}/assign"), &one).expect(200);
    assert_eq!((count("assignments"), count("groupAssignments")), (1, 0));
}

/// The live service finds platform scripts, shell scripts and custom attributes by their ids alone,
/// and a tool that restores backups assigns all three through `deviceManagementScripts`.
#[test]
fn shell_scripts_and_custom_attributes_are_assigned_as_platform_scripts() {
    let server = Server::shared();
    let body = |name: &str| {
        let target = json!({ "@odata.type": "#microsoft.graph.allDevicesAssignmentTarget" });
        json!({ name: [{ "target": target }] })
    };
    let platform = body("deviceManagementScriptAssignments");
    for family in [SHELL, CUSTOM_ATTRIBUTE] {
        let (script, id) = make_script(&server, &family);
        let assigned = server.post(&format!("{}/{id}/assign", PLATFORM.url()), &platform);
        assert_eq!(
            assigned.expect(200).values()[0]["id"],
            format!("{id}:{ALL_DEVICES}")
        );
        let shown = server.get(&format!("{script}/assignments"));
        assert_eq!(shown.values().len(), 1);
        server
            .get(&format!("{}/{id}/assignments", PLATFORM.url()))
            .expect(404);
    }
    // Not so where permissions differ, and not what is nowhere.
    let (_, id) = make_script(&server, &HEALTH);
    for (family, body) in [
        (PLATFORM, &platform),
        (COMPLIANCE, &body("deviceHealthScriptAssignments")),
    ] {
        let assigned = server.post(&format!("{}/{id}/assign", family.url()), body);
        assigned.expect_error(404, "ResourceNotFound");
    }
}
