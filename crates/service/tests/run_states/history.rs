//! The history of runs over time: what retention takes, and whom a row belongs to.

use serde_json::{Value, json};

use super::fixture::World;

fn runs(world: &World, state: &str) -> Vec<Value> {
    let history = world.get(&format!("{state}/runstate.history()"));
    history["value"].as_array().unwrap().clone()
}

pub(crate) fn maintain(world: &World) {
    maintain_with(world, service::Limits::default());
}

fn maintain_with(world: &World, limits: service::Limits) {
    let graph = service::Graph::new(&world.core.model, &world.core.tables).unwrap();
    let graph = graph.with_limits(limits);
    world
        .runtime
        .block_on(service::maintain(&world.core, &graph))
        .unwrap();
}

#[test]
fn runs_go_when_they_are_past_retention() {
    let world = World::new();
    let script = world.new_script("deviceHealthScripts");
    let state = format!("{script}/deviceRunStates/a");
    world.post(&format!("{script}/deviceRunStates"), &json!({"id": "a"}));
    for (days, detection) in [(0, "fail"), (60, "success"), (20, "pending")] {
        world.clock.pass_days(days);
        world.patch(&state, &json!({"detectionState": detection}));
    }
    maintain(&world);
    assert_eq!(runs(&world, &state).len(), 3);
    world.clock.pass_days(11);
    maintain(&world);
    let left: Vec<_> = runs(&world, &state)
        .iter()
        .map(|run| run["detectionState"].clone())
        .collect();
    assert_eq!(left, ["pending", "success"]);
    let limits = service::Limits {
        history_days: 7,
        ..service::Limits::default()
    };
    maintain_with(&world, limits);
    assert_eq!(
        runs(&world, &state).len(),
        1,
        "only what none may go without"
    );
}

#[test]
fn after_all_runs_have_gone_nobody_gets_the_runs_of_another() {
    let world = World::new();
    let script = world.new_script("deviceHealthScripts");
    let states = format!("{script}/deviceRunStates");
    let [a, b] = ["a", "b"].map(|id| {
        world.post(&states, &json!({"id": id, "detectionState": "fail"}));
        format!("{states}/{id}")
    });
    world.clock.pass_days(1_000);
    maintain(&world);
    maintain(&world);
    let before = [&a, &b].map(|state| runs(&world, state).len());
    // The database hands out keys for the rows of new runs; none may be that of a row that went.
    world.patch(&b, &json!({"detectionState": "success"}));
    world.patch(&b, &json!({"detectionState": "pending"}));
    assert_eq!(runs(&world, &a).len(), before[0]);
    assert_eq!(runs(&world, &b).len(), before[1] + 2);
}
