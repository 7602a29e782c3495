//! Every operation that the service describes, called with every kind of credential. What each
//! accepts is written down in `docs/permissions.md`, which is reviewed: an operation that is new, or
//! that accepts something else than it did, fails here until that page says so.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write;

use expect_test::expect_file;
use serde_json::{Value, json};

use crate::support::{Client, READ_WRITE, Request, Server, make_device};

/// The permissions of Graph that something accepts, in the order of the page's columns.
const PERMISSIONS: [&str; 11] = [
    "DeviceManagementApps.Read.All",
    "DeviceManagementApps.ReadWrite.All",
    "DeviceManagementConfiguration.Read.All",
    "DeviceManagementConfiguration.ReadWrite.All",
    "DeviceManagementManagedDevices.Read.All",
    "DeviceManagementManagedDevices.ReadWrite.All",
    "DeviceManagementManagedDevices.PrivilegedOperations.All",
    "DeviceManagementRBAC.Read.All",
    "DeviceManagementRBAC.ReadWrite.All",
    "DeviceManagementScripts.Read.All",
    "DeviceManagementScripts.ReadWrite.All",
];

const HEAD: &str = "\
# Permissions

What each operation accepts, under `/beta` and `/v1.0`: any one of the marked permissions, or all
that one entry of the last column names. They are marked with the area (**A**pps, **C**onfiguration,
Managed**D**evices, R**B**AC, **S**cripts of `DeviceManagement…`) and with **R** for `.Read.All`, **W** for
`.ReadWrite.All`, **P** for `.PrivilegedOperations.All`. As roles of an application or as scopes of a
user they mean the same. What says *any* needs a token, whatever its permissions.

**device**: devices that enrolled may ask for it, as far as it is their own. **tags**: so may, with the
permissions, who is confined to role scope tags, as far as these reach.

A property, its raw value, a count and a reference need what their entity needs. An expansion, and a
path of an expression that leads to another entity, need what reading that entity needs, too. What
`--restrict` demands for single properties beside is in `docs/identity.md`.

This page is made from the model by a test (`tests/access/matrix.rs`), which calls every operation
without a token, with a wrong one, with each permission, as a device and confined to tags. After a change that is meant,
`UPDATE_EXPECT=1 cargo test -p runstate --test black_box matrix` writes it anew, for review.

| operation | AR | AW | CR | CW | DR | DW | DP | BR | BW | SR | SW | or all of | device | tags |
|---|---|---|---|---|---|---|---|---|---|---|---|---|---|---|
";

/// The permissions that a device's token has.
const OF_DEVICES: [&str; 1] = [READ_WRITE];

/// Permissions that suffice together.
type Together = BTreeSet<String>;

/// An operation as the description of the service has it.
struct Operation {
    method: String,
    path: String,
    /// Each is enough, and none holds another. Empty if any token is.
    alternatives: Vec<Together>,
    /// Of an operation of the model, who may call it whose permissions do not reach everything.
    confined: Option<BTreeSet<String>>,
}

impl Operation {
    fn accepts(&self, held: &[&str]) -> bool {
        let holds = |together: &Together| together.iter().all(|one| held.contains(&one.as_str()));
        self.alternatives.is_empty() || self.alternatives.iter().any(holds)
    }

    fn row(&self) -> String {
        let mut row = format!("| {} {} |", self.method, self.path.replace('|', "\\|"));
        for permission in PERMISSIONS {
            let mark = match (self.alternatives.is_empty(), self.accepts(&[permission])) {
                (true, _) => " any |",
                (false, true) => " x |",
                (false, false) => " |",
            };
            row.push_str(mark);
        }
        let together = self.alternatives.iter().filter(|all| all.len() > 1);
        let together: Vec<String> = together
            .map(|all| all.iter().map(|one| short(one)).collect::<Vec<_>>())
            .map(|all| all.join("+"))
            .collect();
        match together.is_empty() {
            true => row.push_str(" |"),
            false => write!(row, " {} |", together.join(", ")).unwrap(),
        }
        let device = self.serves("devices") && self.accepts(&OF_DEVICES);
        for serves in [device, self.serves("roleScopeTags")] {
            row.push_str(if serves { " x |" } else { " |" });
        }
        row.push('\n');
        row
    }

    /// Whether it is served to callers of this kind, who do not reach everything.
    fn serves(&self, callers: &str) -> bool {
        let named = |confined: &BTreeSet<String>| confined.contains(callers);
        self.confined.as_ref().is_none_or(named)
    }

    /// A request that carries nothing out: it names what is not there, and says what nobody can.
    fn request(&self) -> Request {
        let mut target = String::from("/beta");
        let mut rest = self.path.as_str();
        while let Some((before, behind)) = rest.split_once('{') {
            target.push_str(before);
            // Behind a name it is a literal.
            target.push_str(if before.ends_with('=') {
                "'none'"
            } else {
                "none"
            });
            rest = behind.split_once('}').unwrap().1;
        }
        target.push_str(rest);
        let request = Request::new(&self.method, &target);
        match self.method.as_str() {
            "GET" | "DELETE" => request,
            _ => request.json(&json!({ "nope": 1 })),
        }
    }
}

/// The letters of a permission's column.
fn short(permission: &str) -> String {
    let name = permission.strip_prefix("DeviceManagement").unwrap();
    let (area, level) = name.split_once('.').unwrap();
    let area = match area {
        "Configuration" => 'C',
        "ManagedDevices" => 'D',
        "RBAC" => 'B',
        "Scripts" => 'S',
        other => panic!("{other} has no letter"),
    };
    let level = match level {
        "Read.All" => 'R',
        "ReadWrite.All" => 'W',
        "PrivilegedOperations.All" => 'P',
        other => panic!("{other} has no letter"),
    };
    format!("{area}{level}")
}

fn operations(server: &Server) -> Vec<Operation> {
    let description = server.get("/beta/openapi.json").expect_json(200);
    let mut operations = Vec::new();
    for (path, item) in description["paths"].as_object().unwrap() {
        let methods = item.as_object().unwrap().iter();
        for (method, operation) in methods.filter(|(method, _)| *method != "parameters") {
            operations.push(Operation {
                method: method.to_uppercase(),
                path: path.clone(),
                alternatives: alternatives(operation),
                confined: serde_json::from_value(operation["x-confined-callers"].clone()).unwrap(),
            });
        }
    }
    operations.sort_by(|a, b| (&a.path, &a.method).cmp(&(&b.path, &b.method)));
    operations
}

/// What suffices, without what holds something else that does.
fn alternatives(operation: &Value) -> Vec<Together> {
    let requirements = operation["security"].as_array().into_iter().flatten();
    let all: BTreeSet<Together> = requirements
        .map(|one| serde_json::from_value(one["bearer"].clone()).unwrap())
        .collect();
    let is_least = |one: &&Together| {
        !all.iter()
            .any(|other| other != *one && other.is_subset(one))
    };
    all.iter().filter(is_least).cloned().collect()
}

#[test]
fn what_each_operation_accepts_is_written_down() {
    let operations = operations(&Server::shared());
    let mut page = HEAD.to_owned();
    for operation in &operations {
        page.push_str(&operation.row());
    }
    expect_file!["../../docs/permissions.md"].assert_eq(&page);
}

/// The client of each kind, by the permissions that it holds.
fn clients(server: &Server, kind: &str) -> BTreeMap<Vec<&'static str>, Client> {
    let with = |held: &[&'static str]| {
        let mut arguments = vec![kind, "User.Read.All"];
        for permission in held {
            arguments.extend([kind, permission]);
        }
        (held.to_vec(), server.client(&arguments))
    };
    let mut clients = BTreeMap::from([with(&[])]);
    for (index, permission) in PERMISSIONS.iter().enumerate() {
        clients.extend([with(&[permission])]);
        clients.extend(
            PERMISSIONS[..index]
                .iter()
                .map(|other| with(&[other, permission])),
        );
    }
    clients
}

#[test]
fn every_operation_lets_in_those_whom_it_accepts_and_nobody_else() {
    let server = Server::start();
    let operations = operations(&server);
    assert!(operations.len() > 300, "{}", operations.len());
    let other = Server::start();
    let nobody = server.client_with(None);
    let wrong = server.client_with(Some(&other.issue(&["--role", READ_WRITE])));
    for operation in &operations {
        let request = operation.request();
        for unknown in [&nobody, &wrong] {
            unknown
                .send(&request)
                .expect_error(401, "InvalidAuthenticationToken");
        }
    }
    for kind in ["--role", "--scope"] {
        for (held, client) in clients(&server, kind) {
            for operation in &operations {
                check(
                    &client,
                    operation,
                    operation.accepts(&held),
                    &format!("{kind} {held:?}"),
                );
            }
        }
    }
}

/// Fails unless an operation lets its caller in, or refuses it for its rights.
fn check(client: &Client, operation: &Operation, accepts: bool, who: &str) {
    let answer = client.send(&operation.request());
    let let_in = match answer.status {
        403 => false,
        200..300 | 400 | 404 => true,
        status => panic!("{} {}: {status}", operation.method, operation.path),
    };
    let (method, path) = (&operation.method, &operation.path);
    assert_eq!(let_in, accepts, "{who}: {method} {path}: {}", answer.text());
}

#[test]
fn every_operation_is_served_to_the_confined_as_far_as_they_reach() {
    let server = Server::start();
    let operations = operations(&server);
    let named = |callers: &str| {
        let confined = operations.iter().filter_map(|one| one.confined.as_ref());
        confined
            .filter(|confined| confined.contains(callers))
            .count()
    };
    assert!(named("devices") > 3 && named("roleScopeTags") > 20);
    let device = make_device(&server, &json!({ "deviceName": "one" }));
    let mut arguments = vec!["--device", &device];
    for permission in OF_DEVICES {
        arguments.extend(["--role", permission]);
    }
    let device = server.client(&arguments);
    let mut arguments = vec!["--role-scope-tag", "1"];
    for permission in PERMISSIONS {
        arguments.extend(["--role", permission]);
    }
    let tagged = server.client(&arguments);
    for operation in &operations {
        let served = operation.serves("devices") && operation.accepts(&OF_DEVICES);
        check(&device, operation, served, "a device");
        // Whose changes are asked for is looked up first: what is not there is a 404.
        let below = operation.path.ends_with("/delta()") && operation.path.contains('{');
        let served = below || operation.serves("roleScopeTags");
        check(&tagged, operation, served, "tags");
    }
}
