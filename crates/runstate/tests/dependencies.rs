//! What the product is built from: `deny.toml` says which licences, crates and sources may be in it.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::process::Command;

use serde_json::Value;
use spdx::{Expression, ParseMode};

struct Rules(toml::Table);

impl Rules {
    fn read() -> Self {
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../deny.toml");
        let text = std::fs::read_to_string(path).expect("deny.toml is there");
        Self(text.parse().expect("deny.toml is TOML"))
    }

    /// The names in a list, which stand by themselves or as the `crate` of a table.
    fn names(&self, section: &str, list: &str) -> BTreeSet<String> {
        let items = self.0[section][list].as_array().expect("a list");
        let name = |item: &toml::Value| {
            item.get("crate")
                .unwrap_or(item)
                .as_str()
                .map(str::to_owned)
        };
        items
            .iter()
            .map(|item| name(item).expect("a name"))
            .collect()
    }
}

/// All packages that any of ours is built or tested with.
fn packages() -> Vec<Value> {
    let line = [
        "metadata",
        "--locked",
        "--offline",
        "--all-features",
        "--format-version",
        "1",
    ];
    let output = Command::new(env!("CARGO"))
        .args(line)
        .current_dir(env!("CARGO_MANIFEST_DIR"))
        .output()
        .expect("cargo runs");
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{said}");
    let mut metadata: Value = serde_json::from_slice(&output.stdout).expect("JSON");
    match metadata["packages"].take() {
        Value::Array(packages) if packages.len() > 100 => packages,
        other => panic!("{other}"),
    }
}

fn text<'v>(package: &'v Value, member: &str) -> &'v str {
    package[member].as_str().unwrap_or_default()
}

/// Whether a package may be used under a licence that is allowed.
fn is_licensed(license: &str, allowed: &BTreeSet<String>) -> bool {
    let parsed = Expression::parse_mode(license, ParseMode::LAX);
    parsed.is_ok_and(|licence| licence.evaluate(|one| allowed.contains(&one.to_string())))
}

#[test]
fn licences() {
    let allowed = Rules::read().names("licenses", "allow");
    let refused: Vec<String> = packages()
        .iter()
        .filter(|package| !is_licensed(text(package, "license"), &allowed))
        .map(|package| format!("{}: {}", text(package, "name"), text(package, "license")))
        .collect();
    assert_eq!(refused, Vec::<String>::new());
}

#[test]
fn what_a_licence_says() {
    let allowed = Rules::read().names("licenses", "allow");
    for (license, holds) in [
        ("MIT OR Apache-2.0", true),
        ("MIT/Apache-2.0", true),
        ("GPL-3.0-only OR MIT", true),
        ("GPL-3.0-only", false),
        ("MIT AND GPL-3.0-only", false),
        ("AGPL-3.0-only", false),
        ("SSPL-1.0", false),
        ("", false),
        ("Proprietary", false),
    ] {
        assert_eq!(is_licensed(license, &allowed), holds, "{license}");
    }
}

#[test]
fn sources() {
    let registries = Rules::read().names("sources", "allow-registry");
    let of = |package: &Value| text(package, "source").to_owned();
    let is_allowed = |source: &str| {
        let registry = source.strip_prefix("registry+");
        // Ours have none.
        source.is_empty() || registry.is_some_and(|registry| registries.contains(registry))
    };
    let refused: Vec<String> = packages()
        .iter()
        .map(of)
        .filter(|s| !is_allowed(s))
        .collect();
    assert_eq!(refused, Vec::<String>::new());
}

#[test]
fn banned_crates_and_second_versions() {
    let rules = Rules::read();
    let (banned, skipped) = (rules.names("bans", "deny"), rules.names("bans", "skip"));
    let mut versions: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for package in packages() {
        let of = versions
            .entry(text(&package, "name").to_owned())
            .or_default();
        of.insert(text(&package, "version").to_owned());
    }
    let used: BTreeSet<String> = versions.keys().cloned().collect();
    let found: Vec<_> = banned.intersection(&used).collect();
    assert_eq!(found, Vec::<&String>::new(), "banned");
    let twice = versions.into_iter().filter(|(_, of)| of.len() > 1);
    let twice: BTreeSet<String> = twice.map(|(name, _)| name).collect();
    assert_eq!(twice, skipped, "crates of which there are several versions");
}
