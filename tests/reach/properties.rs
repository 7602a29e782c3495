//! What scripts consist of and printed, granted apart from the rest: every restricted property of the
//! model, asked for in every way by who may read all else.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Value, json};

use super::walk::{Keys, batches, hides, variants};
use super::world::{DEVICES, PRIVILEGED, Side, device_client, make_side};
use crate::operations::{make_job, operations};
use crate::reports::archive::{JOBS, content, export};
use crate::support::{
    COMPLIANCE, Client, FAMILIES, Family, HEALTH, READ_WRITE, Request, Server, base64,
};

const CONTENT: &str = "Runstate.ScriptContent.Read";
const OUTPUT: &str = "Runstate.ScriptOutput.Read";
/// In every restricted property, and nowhere else.
const SECRET: &str = "NotForEveryAdministrator";

const ALL: [&str; 4] = [
    "--restrict",
    "script-content",
    "--restrict",
    "script-output",
];

/// The restricted properties of each type, with their permission, as the service's model says.
type Model = BTreeMap<String, BTreeMap<String, String>>;

fn model(client: &Client) -> Model {
    let all = client.get("/beta/$metadata?$format=json").expect_json(200);
    let mut model = Model::new();
    for (namespace, types) in all.as_object().expect("namespaces") {
        for (name, ty) in types.as_object().into_iter().flatten() {
            for (property, said) in ty.as_object().into_iter().flatten() {
                if let Some(permission) = said["@runstate.restrictedTo"].as_str() {
                    let of = model.entry(format!("{namespace}.{name}")).or_default();
                    of.insert(property.clone(), permission.to_owned());
                }
            }
        }
    }
    model
}

struct World {
    server: Server,
    /// Who may read everything.
    admin: Client,
    /// Who may do everything but read what is restricted.
    other: Client,
    side: Side,
    model: Model,
}

fn client(server: &Server, more: &[&str]) -> Client {
    let mut arguments = vec!["--role", READ_WRITE, "--role", PRIVILEGED];
    for role in more {
        arguments.extend(["--role", role]);
    }
    server.client(&arguments)
}

fn secrets() -> Vec<String> {
    vec![SECRET.to_owned(), base64(SECRET)]
}

fn parameter() -> Value {
    json!([{
        "@odata.type": "#microsoft.graph.deviceHealthScriptStringParameter",
        "name": SECRET, "description": SECRET, "isRequired": true,
        "applyDefaultValueWhenNotAssigned": false, "defaultValue": SECRET,
    }])
}

/// A secret for each restricted property of a type.
fn filled(model: &Model, of: &str) -> Value {
    let properties = model[&format!("microsoft.graph.{of}")].keys();
    let secret = |name: &String| match name {
        name if name.ends_with("Content") => json!(base64(SECRET)),
        name if name.ends_with("Parameters") => parameter(),
        _ => json!(SECRET),
    };
    let members = properties.map(|name| (name.clone(), secret(name)));
    Value::Object(members.collect())
}

fn state_url(side: &Side, family: &Family) -> String {
    let (script, device) = (side.script(family), &side.device);
    format!("{}/deviceRunStates/{script}:{device}", side.url(family))
}

fn world() -> World {
    let server = Server::start_with(&ALL);
    let admin = client(&server, &[CONTENT, OUTPUT]);
    let other = client(&server, &[]);
    let side = make_side(&admin, "a", "plain", &[]);
    let model = model(&admin);
    for family in &FAMILIES {
        let body = filled(&model, family.of);
        admin.patch(&side.url(family), &body).expect(200);
        let body = filled(&model, family.state);
        admin.patch(&state_url(&side, family), &body).expect(200);
    }
    World {
        server,
        admin,
        other,
        side,
        model,
    }
}

/// Where entities of a type with restricted properties are met.
struct Place {
    collection: String,
    entity: Option<String>,
    /// What leads there: a collection and its navigation property.
    parent: Option<(String, &'static str)>,
    of: String,
}

fn places(side: &Side) -> Vec<Place> {
    let mut places = Vec::new();
    for family in &FAMILIES {
        let script = side.url(family);
        places.push(Place {
            collection: family.url(),
            entity: Some(script.clone()),
            parent: None,
            of: format!("microsoft.graph.{}", family.of),
        });
        places.push(Place {
            collection: format!("{script}/deviceRunStates"),
            entity: Some(state_url(side, family)),
            parent: Some((family.url(), "deviceRunStates")),
            of: format!("microsoft.graph.{}", family.state),
        });
        if family.users {
            let user = format!("{}:{}", side.script(family), side.user);
            places.push(Place {
                collection: format!("{script}/userRunStates/{user}/deviceRunStates"),
                entity: None,
                parent: Some((format!("{script}/userRunStates"), "deviceRunStates")),
                of: format!("microsoft.graph.{}", family.state),
            });
        }
    }
    let states = "deviceHealthScriptStates";
    places.push(Place {
        collection: format!("{DEVICES}/{}/{states}", side.device),
        entity: None,
        parent: Some((DEVICES.to_owned(), states)),
        of: "microsoft.graph.deviceHealthScriptPolicyState".to_owned(),
    });
    for (report, of) in REPORTS {
        places.push(Place {
            collection: format!("/beta/deviceManagement/reports/{report}"),
            entity: None,
            parent: None,
            of: format!("runstate.{of}"),
        });
    }
    places
}

const REPORTS: [(&str, &str); 3] = [
    (
        "DeviceRunStatesByProactiveRemediation",
        "deviceRunStatesByProactiveRemediation",
    ),
    (
        "PolicyRunStatesByProactiveRemediation",
        "policyRunStatesByProactiveRemediation",
    ),
    ("DeviceRunStatesByScript", "deviceRunStatesByScript"),
];

/// Every way to name a property of what is at a place.
fn ways(place: &Place, p: &str) -> Vec<String> {
    let mut all = Vec::new();
    for option in [
        format!("$select={p}"),
        format!("$select=id,{p}"),
        format!("$filter={p} ne null"),
        format!("$filter=contains({p},'{SECRET}')"),
        format!("$filter=not (length({p}) eq 0)"),
        format!("$filter=@f&@f={p} ne null"),
        format!("$filter=case({p} ne null:true,true:false)"),
        format!("$orderby={p}"),
        format!("$orderby=id,{p} desc"),
        format!("$compute={p} as x&$select=x"),
        format!("$compute=length({p}) as x"),
        format!("$search={SECRET}"),
        format!("$apply=filter({p} ne null)"),
        format!("$apply=groupby(({p}))"),
        format!("$apply=groupby(({p}),aggregate($count as n))"),
        format!("$apply=aggregate({p} with countdistinct as n)"),
        format!("$apply=aggregate({p} with max as n)"),
        format!("$apply=compute(length({p}) as x)/groupby((x))"),
        format!("$apply=topcount(1,length({p}))"),
        format!("$apply=orderby({p})/top(1)"),
        format!("$apply=search({SECRET})"),
        format!("$apply=concat(filter({p} ne null)/aggregate($count as n),identity)"),
    ] {
        all.push(format!("{}?{option}", place.collection));
    }
    for rest in [
        format!("$filter({p} ne null)"),
        format!("$count?$filter={p} ne null"),
        format!("$count?$search={SECRET}"),
        format!("delta()?$select={p}"),
        format!("delta()?$filter={p} ne null"),
    ] {
        all.push(format!("{}/{rest}", place.collection));
    }
    for rest in [
        format!("/{p}"),
        format!("/{p}/$value"),
        format!("?$select={p}"),
        format!("?$compute=length({p}) as x"),
        format!("/runstate.history()?$select={p}"),
        format!("/runstate.history()?$filter={p} ne null"),
        format!("/runstate.history()?$orderby={p}"),
        format!("/runstate.history()?$search={SECRET}"),
    ] {
        all.extend(place.entity.iter().map(|entity| format!("{entity}{rest}")));
    }
    if let Some((parent, lead)) = &place.parent {
        for option in [
            format!("$expand={lead}($select={p})"),
            format!("$expand={lead}($filter={p} ne null)"),
            format!("$expand={lead}($orderby={p})"),
            format!("$expand={lead}($search={SECRET})"),
            format!("$expand={lead}($compute=length({p}) as x;$select=x)"),
            format!("$expand={lead}/$count($filter={p} ne null)"),
            format!("$filter={lead}/any(x:x/{p} ne null)"),
            format!("$filter={lead}/any(x:contains(x/{p},'{SECRET}'))"),
            format!("$filter={lead}/$count($filter={p} ne null) gt 0"),
            format!("$orderby={lead}/$count($filter={p} ne null)"),
            format!("$apply=filter({lead}/any(x:x/{p} ne null))"),
            format!("$apply=aggregate({lead}({p} with max as n))"),
            format!("$compute={lead}/$count($filter={p} ne null) as x"),
        ] {
            all.push(format!("{parent}?{option}"));
        }
    }
    if let Some(entity) = &place.entity {
        let root = entity.trim_start_matches("/beta/");
        all.push(format!("{DEVICES}?$filter=$root/{root}/{p} ne null"));
        all.push(format!("{DEVICES}?$orderby=length($root/{root}/{p})"));
    }
    all
}

/// Whoever may not read a property names it nowhere.
#[test]
fn what_is_restricted_is_named_nowhere() {
    let world = world();
    let (mut refused, mut forms) = (0, BTreeSet::new());
    let mut seen = BTreeSet::new();
    for place in places(&world.side) {
        for (property, permission) in &world.model[&place.of] {
            seen.insert(place.of.clone());
            for target in ways(&place, property) {
                let told = world.admin.get(&target).status;
                let answer = world.other.get(&target);
                hides(&answer, &secrets());
                if (200..300).contains(&told) {
                    let said = answer.expect_error(403, "Forbidden");
                    let searches = target.contains("earch");
                    assert!(
                        said.contains(permission) && (searches || said.contains(property)),
                        "{target}: {said}"
                    );
                    refused += 1;
                    let form = target.split(['?', '(']).nth(1).unwrap_or("").to_owned();
                    forms.insert(form.replace(property, "P"));
                } else {
                    assert!(answer.status >= 400, "{target}: {}", answer.status);
                }
            }
        }
    }
    let of_answers = ["runstate.dueScript", "runstate.requestedOperation"];
    let model: BTreeSet<_> = world.model.keys().cloned().collect();
    let walked: BTreeSet<_> = seen
        .into_iter()
        .chain(of_answers.map(str::to_owned))
        .collect();
    assert_eq!(model, walked);
    assert!(refused > 1_000 && forms.len() > 15, "{refused} {forms:?}");
    let query = Request::new("POST", &format!("{}/$query", HEALTH.url()))
        .text("text/plain", "$filter=detectionScriptContent ne null");
    world.other.send(&query).expect_error(403, "Forbidden");
}

/// What is read as a whole is read without it, wherever it is met.
#[test]
fn what_is_restricted_is_left_out_everywhere() {
    let world = world();
    let keys = Keys::of(&world.side.scripts, &world.side, &make_job(&world.other));
    let mut reads = BTreeSet::new();
    for operation in operations() {
        if operation.method == "GET" {
            reads.extend(variants(operation.path, &keys.fill(operation.path)));
        }
    }
    let mut telling = 0;
    for target in &reads {
        let told = world.admin.get(target);
        telling += usize::from(String::from_utf8_lossy(&told.body).contains(SECRET));
        let answer = world.other.get(target);
        hides(&answer, &secrets());
        let searches = target.contains("$search");
        assert!(
            searches || answer.status == told.status,
            "{target}: {}",
            answer.text()
        );
    }
    assert!(telling > 200, "{telling}");
    let reads: Vec<String> = reads.into_iter().collect();
    batches(&world.other, &reads, &secrets());
    for place in places(&world.side) {
        let entity = match &place.entity {
            Some(entity) => world.other.get(entity).expect_json(200),
            None => world.other.get(&place.collection).values().remove(0),
        };
        for property in world.model[&place.of].keys() {
            let said = &entity[format!("{property}@Org.OData.Core.V1.Permissions")];
            assert_eq!(*said, "None", "{}: {property}", place.collection);
            assert!(entity.get(property).is_none(), "{property}");
        }
    }
    let bare = format!(
        "{}?$format=application/json;odata.metadata=none",
        world.side.url(&HEALTH)
    );
    assert!(
        !world
            .other
            .get(&bare)
            .expect(200)
            .text()
            .contains("Permissions")
    );
}

#[test]
fn each_is_granted_by_itself() {
    let world = world();
    for (role, script, state) in [(CONTENT, true, false), (OUTPUT, false, true)] {
        let client = client(&world.server, &[role]);
        let shows = |target: &str| {
            let answer = client.get(target);
            secrets()
                .iter()
                .any(|secret| answer.text().contains(secret))
        };
        for family in &FAMILIES {
            assert_eq!(shows(&world.side.url(family)), script, "{role}");
            assert_eq!(shows(&state_url(&world.side, family)), state, "{role}");
        }
    }
    // The registry knows them, and a user has them as scopes.
    let app = [
        "app", "create", "reader", "--role", CONTENT, "--role", OUTPUT,
    ];
    world.server.runstate(&app);
    let user = world
        .server
        .client(&["--scope", READ_WRITE, "--scope", CONTENT]);
    let script = user.get(&world.side.url(&COMPLIANCE)).expect_json(200);
    assert_eq!(script["detectionScriptContent"], base64(SECRET));
}

/// Who may write it does so blindly.
#[test]
fn what_is_written_is_not_shown() {
    let World {
        server: _server,
        admin,
        other,
        side,
        model,
    } = world();
    let changed = base64("a change");
    for family in &FAMILIES {
        let url = side.url(family);
        let wishes = |request: Request| request.header("Prefer", "return=representation");
        let patch = Request::new("PATCH", &url).json(&json!({ family.content: changed }));
        let shown = other.send(&wishes(patch)).expect(200);
        assert!(!shown.text().contains(&changed), "{}", shown.text());
        let script = admin.get(&url).expect_json(200);
        assert_eq!(script[family.content], changed);
        let property = format!("{url}/{}", family.content);
        let put = Request::new("PUT", &property).json(&json!({ "value": base64(SECRET) }));
        other.send(&wishes(put)).expect(204);
        let body = json!({ "displayName": "x", family.content: changed });
        let made = other.post(&family.url(), &body).expect(201);
        assert!(!made.text().contains(&changed), "{}", made.text());
        let select = format!("{url}?$select={}", family.content);
        let named = Request::new("PATCH", &select).json(&json!({ "displayName": "y" }));
        other.send(&named).expect_error(403, "Forbidden");
        assert_ne!(admin.get(&url).expect_json(200)["displayName"], "y");
        let output = filled(&model, family.state);
        let report = Request::new("PATCH", &state_url(&side, family)).json(&output);
        hides(&other.send(&wishes(report)).expect(200), &secrets());
    }
}

/// A device has what it runs and what it printed; an administrator does not get them in its name.
#[test]
fn a_device_runs_what_it_is_given() {
    let World {
        server,
        admin,
        other,
        side,
        ..
    } = world();
    let device = device_client(&server, &side.device);
    let due = format!("{DEVICES}/{}/runstate.dueScripts()", side.device);
    other.get(&due).expect_error(403, "Forbidden");
    assert!(
        device
            .get(&due)
            .expect(200)
            .text()
            .contains(&base64(SECRET))
    );
    admin.get(&due).expect(200);
    let script = device.get(&side.url(&HEALTH)).expect(200);
    assert!(script.text().contains(&base64(SECRET)));
    let state = device.get(&state_url(&side, &HEALTH)).expect(200);
    assert!(state.text().contains(SECRET));
}

/// An export has no columns that whoever asked for it may not read, and shows nobody those of others.
#[test]
fn an_export_holds_what_its_owner_may_read() {
    let World {
        server,
        admin,
        other,
        side,
        model,
    } = world();
    for ((report, of), family) in REPORTS.iter().zip([HEALTH, HEALTH, FAMILIES[2]]) {
        let filter = format!("PolicyId eq '{}'", side.script(&family));
        let restricted = &model[&format!("runstate.{of}")];
        let body = json!({ "reportName": report, "filter": filter });
        let whole = export(&admin, &body);
        assert!(content(&server, &whole).1.contains(SECRET), "{report}");
        let job = export(&other, &body);
        let (_, text) = content(&server, &job);
        assert!(
            text.contains(&side.device) && !text.contains(SECRET),
            "{text}"
        );
        for property in restricted.keys() {
            assert!(!text.contains(property.as_str()), "{property}: {text}");
            let mut named = body.clone();
            named["select"] = json!(["DeviceId", property]);
            let said = other.post(JOBS, &named).expect_error(403, "Forbidden");
            assert!(said.contains(OUTPUT), "{said}");
            let mut filtered = body.clone();
            filtered["filter"] = json!(format!("{filter} and {property} ne null"));
            other.post(JOBS, &filtered).expect_error(403, "Forbidden");
        }
        let id = whole["id"].as_str().expect("an id");
        other.get(&format!("{JOBS}/{id}")).expect(404);
        let own = job["id"].as_str().expect("an id").to_owned();
        assert!(other.get(JOBS).ids().contains(&own));
        assert!(admin.get(JOBS).ids().contains(&own));
    }
}
