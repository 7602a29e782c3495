//! A small run of everything: the benchmark fails by itself if a floor answers something else than
//! the product or writes other rows, so that a change of the product shows here.

#![expect(
    clippy::unwrap_used,
    reason = "a test that cannot go on says where by its panic"
)]

use std::process::Command;
use std::sync::{Mutex, PoisonError};

use serde_json::Value;

/// Runs the benchmark on few states and returns its report. The product is built by cargo.
fn run(more: &[&str]) -> Value {
    // One at a time: each uses all processors.
    static ALONE: Mutex<()> = Mutex::new(());
    let _alone = ALONE.lock().unwrap_or_else(PoisonError::into_inner);
    let directory = tempfile::tempdir().unwrap();
    let json = directory.path().join("report.json");
    let output = Command::new(env!("CARGO_BIN_EXE_benchmark"))
        .args(["--states", "1000", "--rounds", "1", "--seconds", "0.05"])
        .args(["--connections", "2", "--json"])
        .arg(&json)
        .arg("--directory")
        .arg(directory.path())
        .args(more)
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{said}");
    assert!(said.contains("write the same rows"), "{said}");
    let left: Vec<_> = std::fs::read_dir(directory.path())
        .unwrap()
        .map(|entry| entry.unwrap().file_name())
        .collect();
    assert_eq!(left, ["report.json"], "the databases are removed");
    serde_json::from_slice(&std::fs::read(&json).unwrap()).unwrap()
}

/// Every operation has figures, of the product and of its floors.
fn check(report: &Value) {
    let lines = report["cells"][0]["lines"].as_array().unwrap();
    let mut operations: Vec<&str> = lines
        .iter()
        .map(|line| line["operation"].as_str().unwrap())
        .collect();
    operations.dedup();
    assert_eq!(operations.len(), 16, "{operations:?}");
    for line in lines {
        for figures in ["product", "floor"] {
            let rate = line[figures]["rate"].as_f64();
            assert!(rate.is_some_and(|rate| rate > 0.0), "{line}");
        }
    }
}

#[test]
fn floors_do_what_the_product_does_on_sqlite() {
    check(&run(&[]));
}

#[test]
fn floors_do_what_the_product_does_on_postgres() {
    let Some(server) = test_postgres::postgres() else {
        return;
    };
    check(&run(&["--database", &server.new_database()]));
}
