//! The crate graph is the architecture: doors open downwards only. An edge that is not listed
//! here is a decision to be made, and then written down in ARCHITECTURE.md.

use std::collections::{BTreeMap, BTreeSet};
use std::process::Command;

use serde_json::Value;

/// Which of our crates each of them may use.
const ALLOWED: [(&str, &[&str]); 15] = [
    ("edm", &[]),
    ("measures", &[]),
    ("odata", &["edm"]),
    ("store", &["edm", "odata"]),
    ("store-sqlite", &["edm", "measures", "odata", "store"]),
    ("store-postgres", &["edm", "measures", "odata", "store"]),
    ("engine", &["edm", "measures", "odata", "store"]),
    ("service", &["edm", "odata", "store", "engine"]),
    ("server", &["measures", "odata", "engine"]),
    ("agent", &[]),
    (
        "runstate",
        &[
            "store",
            "store-sqlite",
            "store-postgres",
            "engine",
            "service",
            "server",
            "agent",
        ],
    ),
    ("benchmark", &[]),
    ("instructions", &["edm", "odata", "store"]),
    (
        "reference",
        &[
            "edm",
            "odata",
            "store",
            "store-sqlite",
            "store-postgres",
            "engine",
        ],
    ),
    ("test-postgres", &[]),
];

fn metadata() -> Value {
    let output = Command::new(env!("CARGO"))
        .args([
            "metadata",
            "--no-deps",
            "--offline",
            "--format-version",
            "1",
        ])
        .current_dir(env!("CARGO_MANIFEST_DIR"))
        .output()
        .expect("cargo runs");
    assert!(
        output.status.success(),
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );
    serde_json::from_slice(&output.stdout).expect("cargo metadata is JSON")
}

/// The crates of the workspace with what they use of it, development dependencies left out.
fn edges() -> BTreeMap<String, BTreeSet<String>> {
    let metadata = metadata();
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    metadata["packages"]
        .as_array()
        .expect("packages")
        .iter()
        .map(|package| {
            let uses = package["dependencies"]
                .as_array()
                .expect("dependencies")
                .iter()
                .filter(|dependency| dependency["kind"].is_null() && dependency["path"].is_string())
                .map(|dependency| text(&dependency["name"]))
                .collect();
            (text(&package["name"]), uses)
        })
        .collect()
}

#[test]
fn doors_open_downwards_only() {
    let allowed: BTreeMap<_, BTreeSet<_>> = ALLOWED
        .iter()
        .map(|(name, uses)| (*name, uses.iter().copied().collect()))
        .collect();
    for (name, uses) in edges() {
        let may = allowed
            .get(name.as_str())
            .unwrap_or_else(|| panic!("{name} has no place in the house"));
        let refused: Vec<_> = uses
            .iter()
            .filter(|used| !may.contains(used.as_str()))
            .collect();
        assert!(refused.is_empty(), "{name} must not use {refused:?}");
    }
}

#[test]
fn every_room_is_there() {
    let found: BTreeSet<_> = edges().into_keys().collect();
    let listed: BTreeSet<_> = ALLOWED.iter().map(|(name, _)| (*name).to_owned()).collect();
    assert_eq!(found, listed);
}
