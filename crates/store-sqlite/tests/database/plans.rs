//! How SQLite carries the hot statements out: by search, never by reading a whole table, and in
//! the order of an index, never by sorting.

use edm::Value;
use rusqlite::Connection;
use store::{ColumnSet, Dialect, Select, Table};

use super::schema::{column, created, model, table, tables};

const STATES: [&str; 3] = [
    "device_health_script_device_state",
    "device_compliance_script_device_state",
    "device_management_script_device_state",
];

pub(crate) fn database() -> Connection {
    let connection = Connection::open_in_memory().unwrap();
    connection.execute_batch(&created()).unwrap();
    store_sqlite::register_functions(&connection, model()).unwrap();
    connection
}

pub(crate) fn plan(connection: &Connection, sql: &str) -> Vec<String> {
    let mut statement = connection
        .prepare(&format!("EXPLAIN QUERY PLAN {sql}"))
        .unwrap();
    // The parameters stay unbound: a plan is made without them.
    let rows = statement.raw_query().mapped(|row| row.get(3));
    rows.map(Result::unwrap).collect()
}

/// Asserts that a statement searches and neither scans nor sorts.
fn check(connection: &Connection, sql: &str) -> Vec<String> {
    let plan = plan(connection, sql);
    for step in &plan {
        assert!(
            !step.contains("SCAN") && !step.contains("TEMP B-TREE"),
            "{sql}\n{plan:#?}"
        );
    }
    plan
}

/// Asserts also that it searches by this index.
fn check_uses(connection: &Connection, sql: &str, index: &str) {
    let plan = check(connection, sql);
    let searched = |step: &String| step.starts_with("SEARCH") && step.contains(index);
    assert!(
        plan.iter().any(searched),
        "no search by {index}: {sql}\n{plan:#?}"
    );
}

fn emitted(select: &Select<'_>, count: bool) -> String {
    store::select(model(), tables(), Dialect::Sqlite, select, count)
        .unwrap()
        .sql
}

/// A page of all columns, by key, of rows with these columns fixed.
fn page<'a>(name: &str, fixed: &[&str], behind: bool) -> Select<'a> {
    let (id, table) = table(name);
    let mut select = Select::all(id, table.columns.len());
    let fixed = fixed.iter().map(|name| column(table, name));
    select.fixed = fixed.map(|column| (column, Value::from("x"))).collect();
    select.order_by_key(table);
    select.after = behind.then(|| vec![Value::from("k"); select.order.len()]);
    select.limit = Some(101);
    select
}

#[test]
fn statements_by_key_search() {
    let connection = database();
    for (_, table) in tables().iter() {
        if table.view.is_some() {
            // Prepared, so that every column is there; how it is read is another test.
            plan(
                &connection,
                &store::get(table, 738_000, model(), Dialect::Sqlite),
            );
            continue;
        }
        let every = |wanted: &dyn Fn(&Table, usize) -> bool| -> ColumnSet {
            (0..table.columns.len())
                .filter(|column| wanted(table, *column))
                .collect()
        };
        let stored = every(&|table, column| {
            table.columns[column].expression.is_none() && !table.key.contains(&column)
        });
        // A key that is one integer is the row's own number.
        let rowid = match table.key[..] {
            [column] => table.columns[column].kind == store::ColumnKind::Integer,
            _ => false,
        };
        let index = if rowid {
            "INTEGER PRIMARY KEY".to_owned()
        } else {
            format!("sqlite_autoindex_{}_1", table.name)
        };
        let mut statements = vec![
            store::get(table, 738_000, model(), Dialect::Sqlite),
            store::exists(table, Dialect::Sqlite),
            store::delete(table, Dialect::Sqlite),
        ];
        if !stored.is_empty() {
            statements.push(store::update(table, stored, Dialect::Sqlite));
        }
        for sql in statements {
            check_uses(&connection, &sql, &index);
        }
        check(&connection, &store::insert(table, Dialect::Sqlite));
    }
}

#[test]
fn counters_move_by_search() {
    let connection = database();
    for name in [
        "device_health_script_run_summary",
        "device_compliance_script_run_summary",
        "device_management_script_run_summary",
        "device_management_script_user_state",
        "remediation_day",
    ] {
        let (_, table) = table(name);
        let numbers: ColumnSet = (0..table.columns.len())
            .filter(|column| table.columns[*column].kind == store::ColumnKind::Integer)
            .filter(|column| table.columns[*column].expression.is_none())
            .filter(|column| !table.key.contains(column))
            .collect();
        check(
            &connection,
            &store::upsert_add(table, numbers, Dialect::Sqlite),
        );
        for (column, _) in table
            .columns
            .iter()
            .enumerate()
            .filter(|(_, column)| column.kind == store::ColumnKind::DateTimeOffset)
        {
            let index = format!("sqlite_autoindex_{name}_1");
            check_uses(
                &connection,
                &store::raise(table, column, Dialect::Sqlite),
                &index,
            );
        }
    }
}

#[test]
fn pages_of_run_states_follow_the_key() {
    let connection = database();
    for name in STATES {
        let index = format!("sqlite_autoindex_{name}_1");
        for behind in [false, true] {
            let select = page(name, &["script_id"], behind);
            check_uses(&connection, &emitted(&select, false), &index);
        }
        let select = page(name, &["script_id"], false);
        check(&connection, &emitted(&select, true));
        let (_, states) = table(name);
        let script = [column(states, "script_id")];
        let drained = store::delete_where(states, &script, Dialect::Sqlite);
        check(&connection, &drained);
    }
}

#[test]
fn pages_of_a_users_run_states_follow_their_index() {
    let connection = database();
    let name = "device_management_script_device_state";
    for behind in [false, true] {
        let mut select = page(name, &["script_id", "user_id"], behind);
        select.limit = Some(101);
        let sql = emitted(&select, false);
        check_uses(&connection, &sql, &format!("{name}_index_1"));
        check_uses(
            &connection,
            &emitted(&select, true),
            &format!("{name}_index_1"),
        );
    }
}

#[test]
fn what_hangs_on_a_script_is_found_by_it() {
    let connection = database();
    for name in [
        "device_management_script_user_state",
        "device_health_script_assignment",
        "device_management_script_assignment",
        "device_management_script_group_assignment",
    ] {
        let index = format!("sqlite_autoindex_{name}_1");
        for behind in [false, true] {
            let select = page(name, &["script_id"], behind);
            check_uses(&connection, &emitted(&select, false), &index);
        }
    }
}

#[test]
fn devices_are_found_by_identity_and_in_pages() {
    let connection = database();
    let (id, devices) = table("managed_device");
    let mut select = Select::all(id, devices.columns.len());
    select.fixed = vec![(column(devices, "udid"), Value::from("u"))];
    check_uses(
        &connection,
        &emitted(&select, false),
        "managed_device_index_1",
    );
    let mut select = Select::all(id, devices.columns.len());
    select.among = Some((devices.key[0], vec![Value::from("a"), Value::from("b")]));
    check_uses(
        &connection,
        &emitted(&select, false),
        "sqlite_autoindex_managed_device_1",
    );
    let behind = page("managed_device", &[], true);
    check_uses(
        &connection,
        &emitted(&behind, false),
        "sqlite_autoindex_managed_device_1",
    );
    // The first page reads the index from its beginning and stops: a scan, but not a sort.
    let first = plan(
        &connection,
        &emitted(&page("managed_device", &[], false), false),
    );
    assert!(
        first.iter().all(|step| step.contains("USING INDEX")),
        "{first:?}"
    );
}

/// A slice of an export costs what it holds, wherever it begins: its rows are found in the order of
/// their run states, those of one script or of all.
#[test]
fn slices_of_reports_search_behind_their_key() {
    let connection = database();
    for (name, fixed) in [
        ("report_device_run_states", &["policy_id"][..]),
        ("report_policy_run_states", &[]),
        ("report_script_run_states", &[]),
    ] {
        let steps = check(&connection, &emitted(&page(name, fixed, true), false));
        // Behind the key, not only by the script: a slice would read all slices before it.
        let behind = |step: &String| step.starts_with("SEARCH s ") && step.contains('>');
        assert!(steps.iter().any(behind), "{name}: {steps:#?}");
    }
}

/// A device's states are found by it, not among all.
#[test]
fn the_states_of_a_device_search_by_it() {
    let connection = database();
    let select = page("device_health_script_policy_state", &["device_id"], false);
    let plan = plan(&connection, &emitted(&select, false));
    let by_device = "device_health_script_device_state_index_1";
    assert!(plan[0].contains(by_device), "{plan:#?}");
    assert!(!plan.iter().any(|step| step.contains("SCAN")), "{plan:#?}");
}
