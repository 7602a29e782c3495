//! The statements of the service, as text: a change of them is seen before it lands.

use edm::Value;
use expect_test::{Expect, expect};
use odata::uri::{Limits, parse_request};
use store::{ColumnSet, Dialect, Order, Select, Table};

use super::schema::{column, model, table, tables};

fn set(table: &Table, names: &[&str]) -> ColumnSet {
    names.iter().map(|name| column(table, name)).collect()
}

fn check(sql: &str, expected: Expect) {
    // One clause a line reads better than one line.
    let mut text = sql.to_owned();
    for clause in [
        "FROM",
        "WHERE",
        "ORDER BY",
        "LIMIT",
        "VALUES",
        "ON CONFLICT",
        "SET",
    ] {
        text = text.replace(&format!(" {clause} "), &format!("\n{clause} "));
    }
    expected.assert_eq(&text);
}

#[test]
fn by_key() {
    let (_, summary) = table("device_management_script_run_summary");
    check(
        &store::get(summary, 0, model(), Dialect::Sqlite),
        expect![[r#"
            SELECT "id", "error_device_count", "error_user_count", "success_device_count", "success_user_count", "error_device_count_adjustment", "error_user_count_adjustment", "success_device_count_adjustment", "success_user_count_adjustment"
            FROM "device_management_script_run_summary"
            WHERE "id" = ?"#]],
    );
    let (_, health) = table("device_health_script_run_summary");
    let get = store::get(health, 738_000, model(), Dialect::Sqlite);
    assert!(
        get.contains("\"day\" > 738000 - 30)"),
        "the day of a virtual column is written into its text: {get}"
    );
    let (_, states) = table("device_management_script_device_state");
    check(
        &store::exists(states, Dialect::Sqlite),
        expect![[r#"
        SELECT 1
        FROM "device_management_script_device_state"
        WHERE "script_id" = ? AND "state_key" = ?"#]],
    );
    check(
        &store::delete(states, Dialect::Sqlite),
        expect![[r#"
            DELETE
            FROM "device_management_script_device_state"
            WHERE "script_id" = ? AND "state_key" = ? RETURNING "script_id", "state_key", "id_form""#]],
    );
    check(
        &store::insert(states, Dialect::Sqlite),
        expect![[r#"
        INSERT INTO "device_management_script_device_state" ("run_state", "result_message", "last_state_update_date_time", "last_state_update_date_time_form", "error_code", "error_description", "script_id", "state_key", "id_form", "device_id", "user_id", "handed_version", "handed_count", "last_history_id")
        VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
        ON CONFLICT DO NOTHING"#]],
    );
}

#[test]
fn changes() {
    let (_, states) = table("device_health_script_device_state");
    let run = [
        "detection_state",
        "last_state_update_date_time",
        "last_history_id",
    ];
    check(
        &store::update(states, set(states, &run), Dialect::Sqlite),
        expect![[r#"
        UPDATE "device_health_script_device_state"
        SET "detection_state" = ?, "last_state_update_date_time" = ?, "last_state_update_date_time_form" = ?, "last_history_id" = ?
        WHERE "script_id" = ? AND "state_key" = ?"#]],
    );
    let (_, summary) = table("device_health_script_run_summary");
    let moved = [
        "issue_detected_device_count",
        "no_issue_detected_device_count",
    ];
    check(
        &store::upsert_add(summary, set(summary, &moved), Dialect::Sqlite),
        expect![[r#"
            INSERT INTO "device_health_script_run_summary" ("id", "issue_detected_device_count", "no_issue_detected_device_count")
            VALUES (?, ?, ?)
            ON CONFLICT ("id") DO UPDATE
            SET "issue_detected_device_count" = "device_health_script_run_summary"."issue_detected_device_count" + excluded."issue_detected_device_count", "no_issue_detected_device_count" = "device_health_script_run_summary"."no_issue_detected_device_count" + excluded."no_issue_detected_device_count""#]],
    );
    let latest = column(summary, "last_script_run_date_time");
    check(
        &store::raise(summary, latest, Dialect::Sqlite),
        expect![[r#"
        UPDATE "device_health_script_run_summary"
        SET "last_script_run_date_time" = ?, "last_script_run_date_time_form" = ?
        WHERE "id" = ? AND ("last_script_run_date_time" IS NULL OR "last_script_run_date_time" < ?)"#]],
    );
    let (_, days) = table("remediation_day");
    check(
        &store::upsert_add(days, set(days, &["devices"]), Dialect::Sqlite),
        expect![[r#"
            INSERT INTO "remediation_day" ("script_id", "day", "devices")
            VALUES (?, ?, ?)
            ON CONFLICT ("script_id", "day") DO UPDATE
            SET "devices" = "remediation_day"."devices" + excluded."devices""#]],
    );
    let script = [column(states, "script_id")];
    check(
        &store::delete_where(states, &script, Dialect::Sqlite),
        expect![[r#"
            DELETE
            FROM "device_health_script_device_state"
            WHERE rowid IN (SELECT rowid
            FROM "device_health_script_device_state"
            WHERE "script_id" = ?
            LIMIT ?) RETURNING "script_id", "state_key", "id_form""#]],
    );
}

/// A select of ids of run states with this query.
fn states(query: &str, change: impl FnOnce(&Table, &mut Select<'_>)) -> String {
    let (id, states) = table("device_management_script_device_state");
    let path = "deviceManagement/deviceManagementScripts/x/deviceRunStates";
    let parsed = parse_request(model(), &Limits::default(), path, Some(query));
    let (_, options) = parsed.unwrap();
    let mut select = Select::all(id, 0);
    select.columns = vec![
        column(states, "state_key"),
        column(states, "last_state_update_date_time"),
    ];
    select.fixed = vec![(column(states, "script_id"), Value::from("x"))];
    select.filter = options.filter.iter().collect();
    change(states, &mut select);
    let emitted = store::select(model(), tables(), Dialect::Sqlite, &select, false).unwrap();
    assert_eq!(emitted.sql.matches('?').count(), emitted.binds.len());
    emitted.sql
}

#[test]
fn pages() {
    let key = |table: &Table, select: &mut Select<'_>| {
        select.order = vec![Order::column(column(table, "state_key"), false)];
        select.limit = Some(101);
    };
    check(
        &states("", key),
        expect![[r#"
            SELECT "state_key", "last_state_update_date_time", "last_state_update_date_time_form"
            FROM "device_management_script_device_state"
            WHERE "script_id" = ?
            ORDER BY "device_management_script_device_state"."state_key"
            LIMIT ?"#]],
    );
    let behind = |table: &Table, select: &mut Select<'_>| {
        key(table, select);
        select.after = Some(vec![Value::from("k")]);
    };
    check(
        &states("", behind),
        expect![[r#"
            SELECT "state_key", "last_state_update_date_time", "last_state_update_date_time_form"
            FROM "device_management_script_device_state"
            WHERE "script_id" = ? AND ("state_key") > (?)
            ORDER BY "device_management_script_device_state"."state_key"
            LIMIT ?"#]],
    );
    let by_message = |descending: bool, message: Value| {
        move |table: &Table, select: &mut Select<'_>| {
            select.order = vec![
                Order::column(column(table, "result_message"), descending),
                Order::column(column(table, "state_key"), false),
            ];
            select.after = Some(vec![message, Value::from("k")]);
            select.offset = Some(5);
        }
    };
    check(
        &states("", by_message(false, Value::from("m"))),
        expect![[r#"
            SELECT "state_key", "last_state_update_date_time", "last_state_update_date_time_form"
            FROM "device_management_script_device_state"
            WHERE "script_id" = ? AND ("result_message" > ? OR ("result_message" = ? AND ("state_key" > ?)))
            ORDER BY "device_management_script_device_state"."result_message", "device_management_script_device_state"."state_key"
            LIMIT -1 OFFSET ?"#]],
    );
    check(
        &states("", by_message(true, Value::from("m"))),
        expect![[r#"
            SELECT "state_key", "last_state_update_date_time", "last_state_update_date_time_form"
            FROM "device_management_script_device_state"
            WHERE "script_id" = ? AND ("result_message" < ? OR "result_message" IS NULL OR ("result_message" = ? AND ("state_key" > ?)))
            ORDER BY "device_management_script_device_state"."result_message" DESC, "device_management_script_device_state"."state_key"
            LIMIT -1 OFFSET ?"#]],
    );
    check(
        &states("", by_message(false, Value::Null)),
        expect![[r#"
            SELECT "state_key", "last_state_update_date_time", "last_state_update_date_time_form"
            FROM "device_management_script_device_state"
            WHERE "script_id" = ? AND ("result_message" IS NOT NULL OR ("result_message" IS NULL AND ("state_key" > ?)))
            ORDER BY "device_management_script_device_state"."result_message", "device_management_script_device_state"."state_key"
            LIMIT -1 OFFSET ?"#]],
    );
    check(
        &states("", by_message(true, Value::Null)),
        expect![[r#"
            SELECT "state_key", "last_state_update_date_time", "last_state_update_date_time_form"
            FROM "device_management_script_device_state"
            WHERE "script_id" = ? AND (FALSE OR ("result_message" IS NULL AND ("state_key" > ?)))
            ORDER BY "device_management_script_device_state"."result_message" DESC, "device_management_script_device_state"."state_key"
            LIMIT -1 OFFSET ?"#]],
    );
}

#[test]
fn filters() {
    for (filter, expected) in [
        (
            "runState eq 'success'",
            expect![[r#"
            SELECT "state_key", "last_state_update_date_time", "last_state_update_date_time_form"
            FROM "device_management_script_device_state"
            WHERE "script_id" = ? AND ("run_state" = ?)"#]],
        ),
        (
            "resultMessage ne 'x' and not (errorCode gt 3)",
            expect![[r#"
                SELECT "state_key", "last_state_update_date_time", "last_state_update_date_time_form"
                FROM "device_management_script_device_state"
                WHERE "script_id" = ? AND ((NOT ("result_message" IS ?)) AND (NOT ("error_code" > ?)))"#]],
        ),
        (
            "resultMessage eq null or resultMessage gt 'a'",
            expect![[r#"
                SELECT "state_key", "last_state_update_date_time", "last_state_update_date_time_form"
                FROM "device_management_script_device_state"
                WHERE "script_id" = ? AND (("result_message" IS NULL) OR ("result_message" > ?))"#]],
        ),
        (
            "lastStateUpdateDateTime ge 2025-01-01T00:00:00Z",
            expect![[r#"
                SELECT "state_key", "last_state_update_date_time", "last_state_update_date_time_form"
                FROM "device_management_script_device_state"
                WHERE "script_id" = ? AND ("last_state_update_date_time" >= ?)"#]],
        ),
        (
            "runState in ('success','fail')",
            expect![[r#"
                SELECT "state_key", "last_state_update_date_time", "last_state_update_date_time_form"
                FROM "device_management_script_device_state"
                WHERE "script_id" = ? AND ("run_state" IN (?, ?))"#]],
        ),
        (
            "id eq 'k'",
            expect![[r#"
            SELECT "state_key", "last_state_update_date_time", "last_state_update_date_time_form"
            FROM "device_management_script_device_state"
            WHERE "script_id" = ? AND ((CASE "id_form" WHEN 1 THEN "script_id" || ':' || "state_key" ELSE "state_key" END) = ?)"#]],
        ),
    ] {
        let query = format!("$filter={}", filter.replace(' ', "%20"));
        check(&states(&query, |_, _| {}), expected);
    }
}
