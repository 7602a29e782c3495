//! Every operation that the service describes, called with every kind of credential. What each
//! accepts is written down in `docs/permissions.md`, which is reviewed: an operation that is new, or
//! that accepts something else than it did, fails here until that page says so.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write;

use expect_test::expect_file;
use serde_json::{Value, json};

use crate::support::{Client, READ_WRITE, Request, Server};

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

A property, its raw value, a count and a reference need what their entity needs. An expansion, and a
path of an expression that leads to another entity, need what reading that entity needs, too.

This page is made from the model by a test (`tests/access/matrix.rs`), which calls every operation
without a token, with a wrong one, and with each permission. After a change that is meant,
`UPDATE_EXPECT=1 cargo test -p runstate --test black_box matrix` writes it anew, for review.

| operation | AR | AW | CR | CW | DR | DW | DP | BR | BW | SR | SW | or all of |
|---|---|---|---|---|---|---|---|---|---|---|---|---|
";

/// Permissions that suffice together.
type Together = BTreeSet<String>;

/// An operation as the description of the service has it.
struct Operation {
    method: String,
    path: String,
    /// Each is enough, and none holds another. Empty if any token is.
    alternatives: Vec<Together>,
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
            true => row.push_str(" |\n"),
            false => writeln!(row, " {} |", together.join(", ")).unwrap(),
        }
        row
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
                let answer = client.send(&operation.request());
                let let_in = match answer.status {
                    403 => false,
                    200..300 | 400 | 404 => true,
                    status => panic!("{} {}: {status}", operation.method, operation.path),
                };
                assert_eq!(
                    let_in,
                    operation.accepts(&held),
                    "{kind} {held:?}: {} {}: {}",
                    operation.method,
                    operation.path,
                    answer.text()
                );
            }
        }
    }
}
