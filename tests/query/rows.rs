//! Known run states to ask for, and what is known of each.

use serde_json::{Value, json};

use crate::support::{Client, HEALTH, make_script};

/// One run state as it was sent.
#[derive(Clone, Debug)]
pub(super) struct Row {
    pub(super) id: String,
    pub(super) state: &'static str,
    /// Null, empty, and a few texts with ties.
    pub(super) output: Option<&'static str>,
    /// Minutes after midnight of 2026-01-02 in UTC; sent with various offsets.
    pub(super) expected: Option<i64>,
}

/// The members of `runState` in the order of their values.
pub(super) const STATES: [&str; 6] = [
    "unknown",
    "success",
    "fail",
    "scriptError",
    "pending",
    "notApplicable",
];
const OUTPUTS: [Option<&str>; 7] = [
    None,
    Some(""),
    Some("a"),
    Some("B"),
    Some("it's"),
    Some("é"),
    Some("\u{1f4bb}"),
];
pub(super) const COUNT: usize = 60;

/// A script with [`COUNT`] run states: the URL of their collection, and what they are.
pub(super) fn make(client: &Client) -> (String, Vec<Row>) {
    let (script, _) = make_script(client, &HEALTH);
    let rows: Vec<Row> = (0..COUNT).map(row).collect();
    let members: Vec<Value> = rows
        .iter()
        .enumerate()
        .map(|(i, row)| body(i, row))
        .collect();
    let states = format!("{script}/deviceRunStates");
    let delta = json!({ "@odata.context": "#$delta", "value": members });
    client.patch(&states, &delta).expect(200);
    (states, rows)
}

fn row(i: usize) -> Row {
    Row {
        // Not in the order of their making.
        id: format!("s{:02}", i * 37 % COUNT),
        state: STATES[i % STATES.len()],
        output: OUTPUTS[i % OUTPUTS.len()],
        expected: (!i.is_multiple_of(4)).then_some((i % 5 * 60) as i64),
    }
}

fn body(i: usize, row: &Row) -> Value {
    let offset = [0, 60, -120, 330][i % 4];
    let date = row.expected.map(|minutes| date(minutes, offset));
    json!({
        "id": row.id,
        "detectionState": row.state,
        "preRemediationDetectionScriptOutput": row.output,
        "expectedStateUpdateDateTime": date,
    })
}

/// An instant of 2026-01-02 in UTC, told in an offset; both in minutes.
pub(super) fn date(minutes: i64, offset: i64) -> String {
    let local = 24 * 60 + minutes + offset;
    let (day, time) = (local.div_euclid(24 * 60) + 1, local.rem_euclid(24 * 60));
    let (hour, minute) = (time / 60, time % 60);
    let (sign, distance) = if offset < 0 {
        ('-', -offset)
    } else {
        ('+', offset)
    };
    format!(
        "2026-01-{day:02}T{hour:02}:{minute:02}:00{sign}{:02}:{:02}",
        distance / 60,
        distance % 60
    )
}

/// Follows the links of a collection to its end: the pages' ids.
pub(super) fn follow(client: &Client, first: &str) -> Vec<Vec<String>> {
    let mut pages = Vec::new();
    let mut target = first.to_owned();
    loop {
        let page = client.get(&target).expect_json(200);
        let entities = page["value"].as_array().unwrap();
        pages.push(
            entities
                .iter()
                .map(|e| e["id"].as_str().unwrap().to_owned())
                .collect(),
        );
        assert!(pages.len() <= 2 * COUNT, "links without end");
        let Some(link) = page["@odata.nextLink"].as_str() else {
            return pages;
        };
        target = link.strip_prefix("http://graph.test").unwrap().to_owned();
    }
}

#[test]
fn dates_are_told_in_an_offset() {
    assert_eq!(date(0, 0), "2026-01-02T00:00:00+00:00");
    assert_eq!(date(60, -120), "2026-01-01T23:00:00-02:00");
    assert_eq!(date(0, 330), "2026-01-02T05:30:00+05:30");
}
