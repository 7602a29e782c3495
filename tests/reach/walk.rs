//! Every operation of the SDK's table, and every navigation, expansion, filter, reference and batch
//! that follows from it, asked for by one side on the other's things: no answer holds any of them,
//! and nothing is written.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use super::dump::dump;
use super::world::{
    MARKER, Side, administrator, assign, device_client, make_script, make_side, state,
    tagged_client,
};
use crate::operations::{body, make_job, operations};
use crate::support::{Answer, Client, FAMILIES, Family, Request, Server, base64};

/// Whose keys stand in a path.
#[derive(Clone, Debug)]
pub(super) struct Keys {
    scripts: Vec<String>,
    device: String,
    user: String,
    group: String,
    job: String,
}

impl Keys {
    pub(super) fn of(scripts: &[String], side: &Side, job: &str) -> Self {
        Self {
            scripts: scripts.to_vec(),
            device: side.device.clone(),
            user: side.user.clone(),
            group: side.group.clone(),
            job: job.to_owned(),
        }
    }

    /// A path of the table with its keys filled in.
    pub(super) fn fill(&self, path: &str) -> String {
        let at = |family: &Family| path.contains(&format!("/{}", family.set));
        let script = match FAMILIES.iter().position(at) {
            Some(at) => &self.scripts[at],
            None => &self.scripts[0],
        };
        let device = &self.device;
        let mut filled = "/beta".to_owned();
        let mut before = "";
        for segment in path.split('/').skip(1) {
            filled.push('/');
            match (segment.starts_with('{'), before) {
                (false, _) if segment.starts_with("id='") => filled.push_str(&format!(
                    "id='{script}:{device}',policyId='{script}',deviceId='{device}'"
                )),
                (false, _) => filled.push_str(segment),
                (true, "managedDevices") => filled.push_str(device),
                (true, "exportJobs") => filled.push_str(&self.job),
                (true, "deviceRunStates") => filled.push_str(&format!("{script}:{device}")),
                (true, "userRunStates") => filled.push_str(&format!("{script}:{}", self.user)),
                (true, "assignments") => filled.push_str(&format!("{script}:{}", self.group)),
                (true, "groupAssignments") => {
                    filled.push_str(&format!("{script}:{}-2", self.group));
                }
                (true, _) => filled.push_str(script),
            }
            before = segment;
        }
        filled
    }
}

/// The names that follow a path in the table: its navigation properties.
fn led_to(path: &str) -> BTreeSet<&'static str> {
    let mut names = BTreeSet::new();
    for operation in operations() {
        for lead in [path.to_owned(), format!("{path}/")] {
            let Some(rest) = operation.path.strip_prefix(lead.as_str()) else {
                continue;
            };
            // A collection's own members are told by their keys.
            let mut segments = rest.split('/').filter(|s| !s.is_empty());
            let first = segments.next().unwrap_or_default();
            let name = match first.starts_with('{') {
                true => segments.next().unwrap_or_default(),
                false => first,
            };
            let is_name = name.starts_with(|c: char| c.is_ascii_alphabetic());
            if is_name && !name.contains(['(', '=']) && rest.starts_with('/') {
                names.insert(name);
            }
        }
    }
    names
}

/// Further reads of a path.
pub(super) fn variants(path: &str, target: &str) -> Vec<String> {
    let mut all = vec![target.to_owned()];
    let names = led_to(path);
    let mut options = vec![
        "$expand=*".to_owned(),
        "$expand=*($levels=2)".to_owned(),
        "$select=*".to_owned(),
        "$count=true&$top=100".to_owned(),
        format!("$filter=contains(displayName,'{MARKER}')"),
        format!("$search={MARKER}"),
        "$orderby=id desc".to_owned(),
        "$apply=groupby((id))".to_owned(),
        "$apply=groupby((displayName))".to_owned(),
        "$apply=concat(identity,aggregate($count as n))".to_owned(),
        "$compute=id as x&$select=x,id".to_owned(),
        "$deltatoken=latest".to_owned(),
    ];
    for name in &names {
        options.push(format!("$expand={name}"));
        options.push(format!("$expand={name}/$ref"));
        options.push(format!("$expand={name}($expand=*;$count=true)"));
        options.push(format!("$expand={name}($filter=contains(id,'-'))"));
        options.push(format!("$filter={name}/any()"));
        options.push(format!("$orderby={name}/id"));
        options.push(format!("$orderby={name}/$count"));
        options.push(format!("$apply=groupby(({name}/id))"));
        options.push(format!("$apply=aggregate({name}($count as n))"));
        for further in led_to(&format!("{path}/{name}")) {
            options.push(format!("$expand={name}($expand={further})"));
            options.push(format!("$filter={name}/any(x:x/{further} ne null)"));
        }
        all.push(format!("{target}/{name}"));
        all.push(format!("{target}/{name}/$ref"));
        all.push(format!("{target}/{name}/$count"));
    }
    all.extend(options.iter().map(|option| format!("{target}?{option}")));
    for segment in [
        "$ref",
        "$count",
        "delta()",
        "displayName",
        "displayName/$value",
        "runstate.history()",
        "$filter(true)",
        "$each",
    ] {
        all.push(format!("{target}/{segment}"));
    }
    all
}

/// Fails if an answer holds anything of the other side.
pub(super) fn hides(answer: &Answer, markers: &[String]) {
    let text = String::from_utf8_lossy(&answer.body);
    for marker in markers {
        assert!(!text.contains(marker), "{} showed {text}", answer.asked);
    }
    if let Some(link) = answer.header("location") {
        assert!(!link.contains(MARKER), "{}: {link}", answer.asked);
    }
}

/// What tells the other side's data: its texts, and its content.
fn markers() -> Vec<String> {
    vec![MARKER.to_owned(), base64(&format!("echo {MARKER}"))]
}

/// Reads in batches, each of which must hide as much.
pub(super) fn batches(client: &Client, targets: &[String], markers: &[String]) {
    for chunk in targets.chunks(20) {
        let requests: Vec<Value> = chunk
            .iter()
            .enumerate()
            .map(|(i, target)| {
                let url = target.trim_start_matches("/beta").replace(' ', "%20");
                json!({ "id": i.to_string(), "method": "GET", "url": url })
            })
            .collect();
        let answer = client.post("/beta/$batch", &json!({ "requests": requests }));
        hides(&answer.expect(200), markers);
    }
}

/// Writes in one atomicity group behind a read that is allowed.
fn groups(client: &Client, writes: &[(String, String, Value)]) {
    for (method, target, body) in writes {
        let url = target.trim_start_matches("/beta");
        let headers = json!({ "Content-Type": "application/json" });
        let mut write = json!({
            "id": "w", "atomicityGroup": "g", "method": method, "url": url, "body": body,
            "headers": headers,
        });
        if method == "DELETE" {
            write.as_object_mut().expect("an object").remove("body");
        }
        let read = json!({ "id": "r", "method": "GET", "url": "/deviceManagement/managedDevices" });
        let batch = json!({ "requests": [read, write] });
        let answer = client.post("/beta/$batch", &batch).expect(200);
        hides(&answer, &markers());
        for response in answer.json()["responses"].as_array().expect("responses") {
            let status = response["status"].as_u64().expect("a status");
            assert!(
                response["id"] != "w" || status >= 400,
                "{target}: {response}"
            );
        }
    }
}

/// Asks for all of it with `client`, and checks that the database stays as it is. `writes`: which
/// paths are written to.
fn walk(
    server: &Server,
    admin: &Client,
    client: &Client,
    all: &[Keys],
    writes: impl Fn(&str) -> bool,
) {
    let mut reads = BTreeSet::new();
    let mut changes = Vec::new();
    for operation in operations() {
        let family = FAMILIES
            .iter()
            .find(|family| operation.path.contains(&format!("/{}", family.set)));
        for keys in all {
            let target = keys.fill(operation.path);
            if operation.method == "GET" {
                reads.extend(variants(operation.path, &target));
            } else if writes(operation.path) {
                let body = body(admin, operation.path, family);
                changes.push((operation.method.to_owned(), target, body));
            }
        }
    }
    assert!(reads.len() > 2_000 && changes.len() > 50, "{}", reads.len());
    // Who sees everything is shown it by many of these.
    let shows = |target: &&String| {
        let answer = admin.get(target);
        String::from_utf8_lossy(&answer.body).contains(MARKER)
    };
    let telling = reads.iter().filter(shows).count();
    assert!(telling > 300, "{telling}");
    let before = dump(server);
    let mut answered = 0;
    for target in &reads {
        let answer = client.get(target);
        hides(&answer, &markers());
        answered += usize::from(answer.status == 200);
    }
    assert!(answered > 100, "{answered}");
    for (method, target, body) in &changes {
        let request = Request::new(method, target);
        let answer = match method.as_str() {
            "DELETE" => client.send(&request),
            _ => client.send(&request.json(body)),
        };
        hides(&answer, &markers());
        assert!(
            answer.status >= 400,
            "{} was {}",
            answer.asked,
            answer.status
        );
        for (name, value) in [("If-Match", "*"), ("If-None-Match", "*")] {
            let request = Request::new(method, target).header(name, value).json(body);
            let conditional = client.send(&request);
            hides(&conditional, &markers());
            let status = conditional.status;
            assert!(status >= 400, "{name} {}: {status}", conditional.asked);
            // A condition fails on what is seen alone.
            if status == 412 {
                client.get(target).expect(200);
            }
        }
    }
    let reads: Vec<String> = reads.into_iter().collect();
    batches(client, &reads, &markers());
    groups(client, &changes);
    let after = dump(server);
    for (table, rows) in &before {
        assert_eq!(Some(rows), after.get(table), "{table} was written");
    }
}

#[test]
fn no_device_reaches_what_is_anothers() {
    let server = Server::start();
    let admin = administrator(&server);
    let a = make_side(&admin, "a", "own", &[]);
    let b = make_side(&admin, "b", MARKER, &[]);
    // Scripts that both run: A may read them, and nothing that B made of them.
    let mut shared = Vec::new();
    for family in &FAMILIES {
        let script = make_script(&admin, family, "shared", &[]);
        let url = format!("{}/{script}", family.url());
        assign(&admin, &url, family, &a.group);
        let states = format!("{url}/deviceRunStates");
        let of_b = state(family, &script, &b.device, MARKER);
        admin.post(&states, &of_b).expect(201);
        shared.push(script);
    }
    let job = make_job(&admin);
    let client = device_client(&server, &a.device);
    let all = [
        Keys::of(&b.scripts, &b, &job),
        Keys::of(&a.scripts, &b, &job),
        Keys::of(&shared, &b, &job),
    ];
    walk(&server, &admin, &client, &all, |_| true);
}

#[test]
fn no_administrator_reaches_scripts_of_other_tags() {
    let server = Server::start();
    let admin = administrator(&server);
    make_side(&admin, "a", "own", &["1"]);
    let b = make_side(&admin, "b", MARKER, &["2", "3"]);
    let job = make_job(&admin);
    let client = tagged_client(&server, &["1", "7"]);
    let all = [Keys::of(&b.scripts, &b, &job)];
    walk(&server, &admin, &client, &all, |path| {
        path.contains("cript-id}")
            || path.contains("deviceHealthScriptStates/")
            || path.contains("exportJobs/")
    });
}
