//! The scripts themselves: made, read, listed, changed, removed.

use serde_json::{Value, json};

use crate::support::{FAMILIES, Family, HEALTH, Server, base64, make_script, shape_of};

#[test]
fn a_script_is_made_read_and_changed() {
    let server = Server::shared();
    for family in &FAMILIES {
        let body = json!({
            "@odata.type": format!("#microsoft.graph.{}", family.of),
            "displayName": "Größe \"quoted\" \u{1f4bb}\n",
            "description": "",
            "runAsAccount": "user",
            "roleScopeTagIds": ["0", "two"],
            family.content: base64("#!/bin/sh\nexit 0\n"),
        });
        let answer = server.post(&family.url(), &body).expect(201);
        let mut made = answer.json();
        for (name, value) in body.as_object().unwrap() {
            // A script's type is told by where it is.
            let shown = (name != "@odata.type").then_some(value);
            assert_eq!(made.get(name), shown, "{name}");
        }
        let id = made["id"].as_str().unwrap().to_owned();
        assert_eq!(id.len(), 36, "{id} is a GUID");
        let location = answer.header("location").unwrap().to_owned();
        assert_eq!(
            location,
            format!("http://graph.test{}('{id}')", family.url())
        );
        insta::assert_json_snapshot!(
            format!("{}_made", family.of),
            shape_of(&answer, &[(&id, "script")])
        );
        let read = server
            .get(location.strip_prefix("http://graph.test").unwrap())
            .expect_json(200);
        assert_eq!(read, made);

        let patch = json!({ "description": null, "displayName": "second" });
        let patched = server
            .patch(&format!("{}/{id}", family.url()), &patch)
            .expect_json(200);
        assert!(patched["lastModifiedDateTime"].as_str() > made["lastModifiedDateTime"].as_str());
        for name in ["description", "displayName", "lastModifiedDateTime"] {
            made[name] = patched[name].clone();
        }
        assert_eq!(made["displayName"], "second");
        assert_eq!(patched, made, "nothing else changed");
    }
}

/// What a GET gave may come back in a POST or a PATCH: what the server sets is ignored there.
#[test]
fn what_was_read_may_be_sent_back() {
    let server = Server::shared();
    for family in &FAMILIES {
        let (script, id) = make_script(&server, family);
        let read = server.get(&script).expect_json(200);
        let mut sent = read.clone();
        sent["createdDateTime"] = json!("2001-01-01T00:00:00Z");
        sent["displayName"] = json!("again");
        let patched = server.patch(&script, &sent).expect_json(200);
        assert_eq!(patched["createdDateTime"], read["createdDateTime"]);
        assert_eq!(patched["displayName"], "again");
        sent.as_object_mut().unwrap().remove("id");
        let copy = server.post(&family.url(), &sent).expect_json(201);
        assert_ne!(copy["id"], id);
        assert_ne!(copy["createdDateTime"], sent["createdDateTime"]);
        assert_eq!(copy[family.content], read[family.content]);
    }
}

#[test]
fn content_is_null_in_lists_unless_asked_for() {
    let server = Server::shared();
    for family in &FAMILIES {
        let (script, id) = make_script(&server, family);
        let content = base64("#!/bin/sh\n");
        let listed = |query: &str| -> Value {
            let list = server
                .get(&format!("{}?$filter=id eq '{id}'{query}", family.url()))
                .values();
            assert_eq!(list.len(), 1);
            list[0].clone()
        };
        assert_eq!(listed("").get(family.content), Some(&Value::Null));
        assert_eq!(
            listed(&format!("&$select=id,{}", family.content))[family.content],
            content
        );
        assert_eq!(
            server.get(&script).expect_json(200)[family.content],
            content
        );
        let selected = server.get(&format!("{script}?$select={}", family.content));
        assert_eq!(selected.expect_json(200)[family.content], content);
        let property = server
            .get(&format!("{script}/{}", family.content))
            .expect_json(200);
        assert_eq!(property["value"], content);
        let value = server
            .get(&format!("{script}/{}/$value", family.content))
            .expect(200);
        assert_eq!(value.body, b"#!/bin/sh\n");
    }
}

#[test]
fn the_version_grows_with_the_content_alone() {
    let server = Server::shared();
    let versioned: Vec<&Family> = FAMILIES.iter().filter(|family| !family.users).collect();
    assert_eq!(versioned.len(), 2);
    for family in versioned {
        let (script, _) = make_script(&server, family);
        let check = |body: Value, version: &str| {
            let patched = server.patch(&script, &body).expect_json(200);
            assert_eq!(patched["version"], version, "{body}");
        };
        check(json!({}), "1");
        check(json!({ "displayName": "x" }), "1");
        check(json!({ family.content: base64("#!/bin/sh\n") }), "1");
        check(json!({ "version": "9" }), "1");
        check(
            json!({ family.content: base64("#!/bin/sh\nexit 1\n") }),
            "2",
        );
        check(json!({ family.content: null }), "3");
        check(json!({ family.content: base64("") }), "4");
    }
    let (script, _) = make_script(&server, &HEALTH);
    let body = json!({ "remediationScriptContent": base64("#!/bin/sh\n") });
    assert_eq!(
        server.patch(&script, &body).expect_json(200)["version"],
        "2"
    );
}

#[test]
fn what_a_script_cannot_be() {
    let server = Server::shared();
    for family in &FAMILIES {
        let limit = if family.set == "deviceManagementScripts" {
            204_800
        } else {
            1_048_576
        };
        let (script, _) = make_script(&server, family);
        let fits = json!({ family.content: base64(&"x".repeat(limit)) });
        assert_eq!(
            server.patch(&script, &fits).expect_json(200)[family.content],
            fits[family.content]
        );
        let before = server.get(&script).expect_json(200);
        for (name, value) in [
            (family.content, json!(base64(&"x".repeat(limit + 1)))),
            (family.content, json!("a")),
            (family.content, json!("a+/=====")),
            (family.content, json!(1)),
            ("displayName", json!(1)),
            ("displayName", json!("\u{0}")),
            ("runAsAccount", json!("root")),
            ("runAsAccount", json!(null)),
            ("roleScopeTagIds", json!("0")),
            ("roleScopeTagIds", json!([0])),
            ("nope", json!(null)),
        ] {
            let body = json!({ name: value });
            for answer in [
                server.post(&family.url(), &body),
                server.patch(&script, &body),
            ] {
                let error = answer.expect_json(400)["error"].take();
                let target = error["target"].as_str().unwrap_or_default();
                assert!(target.starts_with(name), "{name}: {error}");
            }
        }
        for body in [json!({}), json!({ "displayName": null })] {
            let error = server.post(&family.url(), &body).expect_json(400)["error"].take();
            assert_eq!(error["target"], "displayName", "{error}");
        }
        assert_eq!(server.get(&script).expect_json(200), before);
    }
}
