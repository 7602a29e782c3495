//! `$orderby`: nulls first ascending, texts by code point, enums by value, dates by instant.

use std::cmp::Ordering;

use super::rows::{self, Row, STATES};
use crate::support::Server;

type Compare = fn(&Row, &Row) -> Ordering;

fn value(row: &Row) -> Option<usize> {
    STATES.iter().position(|state| *state == row.state)
}

const ORDERS: [(&str, Compare); 12] = [
    ("id", |a, b| a.id.cmp(&b.id)),
    ("id asc", |a, b| a.id.cmp(&b.id)),
    ("id desc", |a, b| b.id.cmp(&a.id)),
    ("detectionState", |a, b| value(a).cmp(&value(b))),
    ("detectionState desc", |a, b| value(b).cmp(&value(a))),
    ("preRemediationDetectionScriptOutput", |a, b| {
        a.output.cmp(&b.output)
    }),
    ("preRemediationDetectionScriptOutput desc", |a, b| {
        b.output.cmp(&a.output)
    }),
    ("expectedStateUpdateDateTime", |a, b| {
        a.expected.cmp(&b.expected)
    }),
    ("expectedStateUpdateDateTime desc", |a, b| {
        b.expected.cmp(&a.expected)
    }),
    ("expectedStateUpdateDateTime desc,detectionState", |a, b| {
        b.expected.cmp(&a.expected).then(value(a).cmp(&value(b)))
    }),
    (
        "detectionState,preRemediationDetectionScriptOutput desc,id desc",
        |a, b| {
            value(a)
                .cmp(&value(b))
                .then(b.output.cmp(&a.output))
                .then(b.id.cmp(&a.id))
        },
    ),
    (
        "preRemediationDetectionScriptOutput asc, expectedStateUpdateDateTime",
        |a, b| a.output.cmp(&b.output).then(a.expected.cmp(&b.expected)),
    ),
];

/// In one page and in pages of every size: each row once, in an order that the terms allow.
#[test]
fn every_order_pages_through_all_rows_once() {
    let server = Server::shared();
    let (states, rows) = rows::make(&server);
    let find = |id: &str| rows.iter().find(|row| row.id == id).unwrap();
    for (order, compare) in ORDERS {
        let whole = server.get(&format!("{states}?$orderby={order}")).ids();
        for pair in whole.windows(2) {
            let between = compare(find(&pair[0]), find(&pair[1]));
            assert_ne!(between, Ordering::Greater, "{order}: {pair:?}");
        }
        let mut unique = whole.clone();
        unique.sort();
        unique.dedup();
        assert_eq!(unique.len(), rows.len(), "{order}");
        for size in [1, 7, 59, 60, 61] {
            let pages = rows::follow(&server, &format!("{states}?$orderby={order}&$top={size}"));
            assert!(
                pages.iter().all(|page| page.len() <= size),
                "{order} by {size}"
            );
            assert_eq!(pages.concat(), whole, "{order} by {size}");
        }
    }
}

#[test]
fn what_cannot_be_ordered_by_is_said() {
    let server = Server::shared();
    let (states, _) = rows::make(&server);
    for order in [
        "nope",
        "id up",
        "id,",
        ",id",
        "id desc desc",
        "assignmentFilterIds",
        "managedDevice",
        "",
        "id asc,id/x",
    ] {
        let answer = server.get(&format!("{states}?$orderby={order}"));
        answer.expect_error(400, "BadRequest");
    }
}
