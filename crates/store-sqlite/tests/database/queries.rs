//! Statements of queries, as text for both databases, and how SQLite carries them out: every form
//! of query option in one file that is read when it changes.

use std::fmt::Write as _;

use edm::Value;
use expect_test::expect_file;
use odata::query::QueryOptions;
use odata::uri::{Limits, parse_request};
use rusqlite::Connection;
use store::cell::Cell;
use store::{Aggregation, Dialect, Order, Select, Statement};

use super::plans::{database, plan};
use super::schema::{column, model, table, tables};

/// The forms, each as a client would send it for the run states of a script.
const QUERIES: [&str; 30] = [
    "$filter=detectionState eq 'fail'",
    "$filter=detectionState in ('fail','scriptError') and lastSyncDateTime eq null",
    "$filter=lastStateUpdateDateTime ge 2025-01-01T00:00:00Z and lastStateUpdateDateTime lt now()",
    "$filter=year(lastStateUpdateDateTime) eq 2025 and hour(lastStateUpdateDateTime) lt 6",
    "$filter=contains(preRemediationDetectionScriptOutput,'disk') or startswith(id,'x')",
    "$filter=tolower(trim(preRemediationDetectionScriptError)) eq 'none'",
    "$filter=length(preRemediationDetectionScriptOutput) add 1 gt 2 mul 3",
    "$filter=substring(preRemediationDetectionScriptOutput,1,2) eq concat('a','b')",
    "$filter=indexof(preRemediationDetectionScriptOutput,'x') ne -1",
    "$filter=matchesPattern(preRemediationDetectionScriptOutput,'^a.c$')",
    "$filter=not (remediationState eq 'success' and detectionState eq 'success')",
    "$filter=managedDevice/deviceName eq 'web-01'",
    "$filter=managedDevice eq null",
    "$filter=assignmentFilterIds/any(f:f eq 'x')",
    "$filter=assignmentFilterIds/$count gt 1",
    "$orderby=lastStateUpdateDateTime desc",
    "$orderby=managedDevice/deviceName,detectionState desc",
    "$orderby=length(preRemediationDetectionScriptOutput) desc",
    "$compute=length(preRemediationDetectionScriptOutput) as size&$filter=size gt 9&$orderby=size",
    "$apply=aggregate($count as n)",
    "$apply=groupby((detectionState),aggregate($count as n))",
    "$apply=filter(detectionState eq 'fail')/groupby((detectionState,remediationState),aggregate($count as n,lastStateUpdateDateTime with max as latest))",
    "$apply=groupby((managedDevice/operatingSystem),aggregate($count as n))",
    "$apply=groupby((detectionState),aggregate($count as n))/filter(n gt 10)/orderby(n desc)/top(3)",
    "$apply=aggregate(preRemediationDetectionScriptOutput with countdistinct as outputs)",
    "$apply=compute(length(preRemediationDetectionScriptOutput) as size)/aggregate(size with sum as total,size with average as mean)",
    "$apply=topcount(5,lastStateUpdateDateTime)",
    "$apply=concat(aggregate($count as n),groupby((detectionState)))",
    "$apply=groupby((detectionState),aggregate(managedDevice/totalStorageSpaceInBytes with sum as size,$count as n))",
    "$apply=aggregate($count from detectionState with max as most)",
];

/// One clause a line.
fn lines(sql: &str) -> String {
    let clauses = [
        "FROM ",
        "WHERE ",
        "GROUP BY ",
        "ORDER BY ",
        "LIMIT ",
        "LEFT JOIN ",
    ];
    clauses.iter().fold(sql.to_owned(), |text, clause| {
        text.replace(&format!(" {clause}"), &format!("\n  {clause}"))
    })
}

fn options(query: &str) -> QueryOptions {
    let path = "deviceManagement/deviceHealthScripts/x/deviceRunStates";
    let query = query.replace(' ', "%20");
    let parsed = parse_request(model(), &Limits::default(), path, Some(&query));
    parsed
        .map_err(|error| format!("{query}: {error:?}"))
        .unwrap()
        .1
}

fn statement(options: &QueryOptions, dialect: Dialect) -> Result<Statement, odata::Error> {
    let (id, states) = table("device_health_script_device_state");
    let key = column(states, "state_key");
    let mut select = Select::all(id, 0);
    select.fixed = vec![(column(states, "script_id"), Value::from("x"))];
    if !options.apply.is_empty() {
        let steps = options.apply.iter().collect();
        let aggregation = Aggregation {
            input: select,
            steps,
        };
        return store::aggregate(model(), tables(), dialect, &aggregation).map(|(text, _)| text);
    }
    select.columns = vec![key];
    select.compute = options.compute.iter().collect();
    select.filter = options.filter.iter().collect();
    let terms = options.orderby.iter();
    select.order = terms
        .map(|term| Order::expression(states, &term.expr, term.descending))
        .chain([Order::column(key, false)])
        .collect();
    select.limit = Some(101);
    store::select(model(), tables(), dialect, &select, false)
}

fn describe(connection: &Connection, query: &str, out: &mut String) {
    let options = options(query);
    let _ = writeln!(out, "-- {query}");
    let sqlite = statement(&options, Dialect::Sqlite);
    let steps = sqlite.as_ref().map(|text| plan(connection, &text.sql));
    for (name, text) in [
        ("SQLite", &sqlite),
        ("PostgreSQL", &statement(&options, Dialect::Postgres)),
    ] {
        let _ = match text {
            Ok(text) => writeln!(out, "-- {name}:\n{}", lines(&text.sql)),
            Err(error) => writeln!(out, "-- {name}: refused: {}", error.message),
        };
    }
    for step in steps.into_iter().flatten() {
        let _ = writeln!(out, "-- {step}");
    }
    out.push('\n');
}

#[test]
fn queries() {
    let connection = database();
    let mut out = String::new();
    for query in QUERIES {
        describe(&connection, query, &mut out);
    }
    expect_file!["queries.sql"].assert_eq(&out);
}

/// No form reads the rows of other scripts, nor all devices for the device of a row.
#[test]
fn no_query_reads_a_whole_table() {
    let connection = database();
    for query in QUERIES {
        let Ok(text) = statement(&options(query), Dialect::Sqlite) else {
            continue;
        };
        let steps = plan(&connection, &text.sql);
        // What a statement makes itself is scanned under its name.
        let made = |name: &str| {
            steps
                .iter()
                .any(|step| step == &format!("CO-ROUTINE {name}"))
        };
        let whole = |step: &&String| {
            let name = step.strip_prefix("SCAN ").unwrap_or_default();
            let is_table = name.starts_with("device_") || name.starts_with("managed_device");
            is_table && !made(name)
        };
        assert_eq!(steps.iter().find(whole), None, "{query}\n{}", text.sql);
    }
}

/// What divides by zero in a branch that no row takes is no reason to refuse a query.
#[test]
fn a_branch_that_is_never_taken_may_fail() {
    let connection = database();
    let query = "$filter=case(true:1,true:1 div 0) eq 1";
    let text = statement(&options(query), Dialect::Sqlite).unwrap();
    let state =
        "INSERT INTO device_health_script_device_state (script_id, state_key) VALUES ('x', 'k')";
    connection.execute(state, []).unwrap();
    let mut statement = connection.prepare(&text.sql).unwrap();
    for (at, cell) in text.binds.iter().enumerate() {
        let bound = match cell {
            Cell::Integer(number) => statement.raw_bind_parameter(at + 1, number),
            Cell::Text(text) => statement.raw_bind_parameter(at + 1, text.as_ref()),
            other => panic!("{other:?}"),
        };
        bound.unwrap();
    }
    let mut rows = statement.raw_query();
    assert!(rows.next().unwrap().is_some());
}
