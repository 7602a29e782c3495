//! `runstate.recount` mends counters that are wrong, says how many were, and leaves adjustments.

use edm::Value as Cell;
use engine::audit::Origin;
use serde_json::json;

use super::fixture::{World, id_of};

#[test]
fn wrong_counters_are_mended_and_counted() {
    let world = World::new();
    let script = world.new_script("deviceHealthScripts");
    let states = format!("{script}/deviceRunStates");
    for (id, remediation) in [("a", "success"), ("b", "success"), ("c", "skipped")] {
        world.post(
            &states,
            &json!({"id": id, "detectionState": "fail", "remediationState": remediation}),
        );
    }
    let path = format!("{script}/runSummary");
    world.patch(&path, &json!({"issueDetectedDeviceCount": 10}));
    let sound = world.get(&path);
    let (tables, key) = (world.core.tables.clone(), vec![Cell::from(id_of(&script))]);
    let day = Cell::Integer(world.clock.day());
    let spoilt = world
        .core
        .write(Origin::server(&world.core), move |transaction| {
            let summary = tables.find("device_health_script_run_summary").unwrap();
            let column = |name: &str| tables.table(summary).column(name).unwrap();
            let amounts = [
                (column("issue_detected_device_count"), 5),
                (column("no_issue_detected_device_count"), -1),
            ];
            transaction.add(summary, &key, &amounts)?;
            let days = tables.find("remediation_day").unwrap();
            let devices = tables.table(days).column("devices").unwrap();
            transaction.add(days, &[key[0].clone(), day.clone()], &[(devices, 3)])
        });
    world.runtime.block_on(spoilt).unwrap();
    assert_ne!(world.get(&path), sound);
    assert_eq!(world.recount(&script), 3);
    assert_eq!(world.get(&path), sound);
    assert_eq!(world.recount(&script), 0);
}
