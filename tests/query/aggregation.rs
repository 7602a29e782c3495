//! `$apply`, `$compute`, functions and lambda operators: each answer is what the same question finds
//! among the rows that were sent.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::rows::{self, Row};
use crate::support::{HEALTH, Server, make_device, make_script, make_state};

#[test]
fn states_are_counted_by_group() {
    let server = Server::shared();
    let (states, rows) = rows::make(&server);
    let mut expected: BTreeMap<&str, i64> = BTreeMap::new();
    for row in &rows {
        *expected.entry(row.state).or_default() += 1;
    }
    let answer = server
        .get(&format!(
            "{states}?$apply=groupby((detectionState),aggregate($count as n))&$orderby=n desc&$count=true"
        ))
        .expect_json(200);
    let found: BTreeMap<&str, i64> = answer["value"]
        .as_array()
        .expect("an array")
        .iter()
        .map(|group| {
            let state = group["detectionState"].as_str().expect("a state");
            (state, group["n"].as_i64().expect("a number"))
        })
        .collect();
    assert_eq!(found, expected);
    assert_eq!(answer["@odata.count"], expected.len());
    let context = answer["@odata.context"].as_str().expect("a context");
    assert!(context.ends_with("(detectionState,n)"), "{context}");
    let counts: Vec<i64> = answer["value"]
        .as_array()
        .expect("an array")
        .iter()
        .filter_map(|group| group["n"].as_i64())
        .collect();
    assert!(counts.is_sorted_by(|a, b| a >= b), "{counts:?}");
}

#[test]
fn transformations_follow_each_other() {
    let server = Server::shared();
    let (states, rows) = rows::make(&server);
    let failed = rows.iter().filter(|row| row.state == "fail").count();
    let one = |apply: &str| -> Value {
        let answer = server
            .get(&format!("{states}?$apply={apply}"))
            .expect_json(200);
        assert_eq!(answer["value"].as_array().map(Vec::len), Some(1), "{apply}");
        answer["value"][0].clone()
    };
    assert_eq!(
        one("filter(detectionState eq 'fail')/aggregate($count as n)"),
        json!({ "n": failed })
    );
    let last = rows.iter().map(|row| row.id.as_str()).max();
    assert_eq!(
        one("aggregate(id with max as last)"),
        json!({ "last": last })
    );
    for (apply, part) in [
        ("groupby((nope),aggregate($count as n))", "nope"),
        ("aggregate(detectionState with sum as n)", "detectionState"),
        ("frobnicate(id)", "$apply"),
    ] {
        let refused = server
            .get(&format!("{states}?$apply={apply}"))
            .expect_error(400, "BadRequest");
        assert!(refused.contains(part), "{apply}: {refused}");
    }
}

#[test]
fn functions_filter_and_compute() {
    let server = Server::shared();
    let (states, rows) = rows::make(&server);
    let ids = |query: &str| -> Vec<String> {
        let answer = server.get(&format!("{states}?{query}")).expect_json(200);
        let rows = answer["value"].as_array().expect("an array");
        let id = |row: &Value| row["id"].as_str().expect("an id").to_owned();
        let mut ids: Vec<String> = rows.iter().map(id).collect();
        ids.sort_unstable();
        ids
    };
    let expected = |holds: fn(&Row) -> bool| -> Vec<String> {
        let kept = rows.iter().filter(|row| holds(row));
        let mut ids: Vec<String> = kept.map(|row| row.id.clone()).collect();
        ids.sort_unstable();
        ids
    };
    let all = "$top=1000&$filter=";
    assert_eq!(
        ids(&format!("{all}endswith(id,'5')")),
        expected(|row| row.id.ends_with('5'))
    );
    assert_eq!(
        ids(&format!("{all}contains(toupper(id),'S1')")),
        expected(|row| row.id.to_uppercase().contains("S1"))
    );
    assert_eq!(
        ids(&format!(
            "{all}length(concat(id,'xy')) eq 5 and not startswith(id,'s0')"
        )),
        expected(|row| row.id.len() == 3 && !row.id.starts_with("s0"))
    );
    let answer = server
        .get(&format!(
            "{states}?$compute=concat(id,'!') as loud&$select=id,loud&$orderby=length(id),id desc&$top=3"
        ))
        .expect_json(200);
    for row in answer["value"].as_array().expect("an array") {
        let id = row["id"].as_str().expect("an id");
        assert_eq!(row["loud"], format!("{id}!"));
    }
}

#[test]
fn paths_lead_through_navigation() {
    let server = Server::shared();
    let (script, id) = make_script(&server, &HEALTH);
    let device = make_device(&server, &json!({ "deviceName": "pluto" }));
    let other = make_device(&server, &json!({ "deviceName": "mars" }));
    for device in [&device, &other] {
        make_state(&server, &script, &json!({ "id": format!("{id}:{device}") }));
    }
    let answer = server
        .get(&format!(
            "{script}/deviceRunStates?$filter=managedDevice/deviceName eq 'pluto'&$select=id"
        ))
        .expect_json(200);
    let found = answer["value"].as_array().expect("an array");
    assert_eq!(found.len(), 1);
    assert_eq!(found[0]["id"], format!("{id}:{device}"));
    let scripts = "/beta/deviceManagement/deviceHealthScripts";
    let answer = server
        .get(&format!(
            "{scripts}?$filter=deviceRunStates/any(s:s/id eq '{id}:{other}')&$select=id"
        ))
        .expect_json(200);
    assert_eq!(answer["value"].as_array().map(Vec::len), Some(1));
    assert_eq!(answer["value"][0]["id"], id);
}
