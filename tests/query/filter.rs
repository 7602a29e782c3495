//! `$filter`: each answer is what the same question finds among the rows that were sent.

use serde_json::json;

use super::rows::{self, Row};
use crate::support::{Client, FAMILIES, HEALTH, PLATFORM, Server, make_script, make_state};

/// Asserts that a filter finds the rows for which `holds`, in lists, counts and `$count`.
fn check(client: &Client, states: &str, rows: &[Row], filter: &str, holds: impl Fn(&Row) -> bool) {
    let mut expected: Vec<&str> = rows
        .iter()
        .filter(|row| holds(row))
        .map(|row| row.id.as_str())
        .collect();
    expected.sort_unstable();
    let escaped = filter.replace('+', "%2B").replace('é', "%C3%A9");
    let list = client
        .get(&format!("{states}?$filter={escaped}&$count=true"))
        .expect_json(200);
    let mut found: Vec<&str> = list["value"]
        .as_array()
        .unwrap()
        .iter()
        .map(|e| e["id"].as_str().unwrap())
        .collect();
    found.sort_unstable();
    assert_eq!(found, expected, "{filter}");
    assert_eq!(list["@odata.count"], expected.len(), "{filter}");
    let count = client.get(&format!("{states}/$count?$filter={escaped}"));
    assert_eq!(count.text(), expected.len().to_string(), "{filter}");
}

#[test]
fn enums_and_keys() {
    let server = Server::shared();
    let (states, rows) = rows::make(&server);
    let check =
        |filter: &str, holds: fn(&Row) -> bool| check(&server, &states, &rows, filter, holds);
    check("detectionState eq 'fail'", |r| r.state == "fail");
    check("detectionState eq microsoft.graph.runState'fail'", |r| {
        r.state == "fail"
    });
    check("'fail' eq detectionState", |r| r.state == "fail");
    check("detectionState ne 'fail'", |r| r.state != "fail");
    check("detectionState in ('fail','success')", |r| {
        ["fail", "success"].contains(&r.state)
    });
    check("not (detectionState in ('fail'))", |r| r.state != "fail");
    check("detectionState eq null", |_| false);
    check("id eq 's05'", |r| r.id == "s05");
    check("id in ('s05','s06','none')", |r| {
        ["s05", "s06"].contains(&r.id.as_str())
    });
    check("id gt 's50'", |r| r.id.as_str() > "s50");
    check("id ge 's50' and id lt 's55'", |r| {
        ("s50".."s55").contains(&r.id.as_str())
    });
}

#[test]
fn texts_and_null() {
    let server = Server::shared();
    let (states, rows) = rows::make(&server);
    let check = |filter: &str, holds: fn(&Row) -> bool| {
        let filter = filter.replace("output", "preRemediationDetectionScriptOutput");
        check(&server, &states, &rows, &filter, holds);
    };
    check("output eq 'a'", |r| r.output == Some("a"));
    check("output eq 'A'", |_| false);
    check("output eq ''", |r| r.output == Some(""));
    check("output eq 'it''s'", |r| r.output == Some("it's"));
    check("output eq 'é'", |r| r.output == Some("é"));
    check("output eq null", |r| r.output.is_none());
    check("null eq output", |r| r.output.is_none());
    check("output ne null", |r| r.output.is_some());
    check("output ne 'a'", |r| r.output != Some("a"));
    check("not (output eq 'a')", |r| r.output != Some("a"));
    check("not (output ne 'a')", |r| r.output == Some("a"));
    // By code point; a comparison with null does not hold, and its negation does.
    check("output gt 'B'", |r| r.output.is_some_and(|o| o > "B"));
    check("output ge 'a'", |r| r.output.is_some_and(|o| o >= "a"));
    check("output lt 'a'", |r| r.output.is_some_and(|o| o < "a"));
    check("output le 'B'", |r| r.output.is_some_and(|o| o <= "B"));
    check("not (output gt 'B')", |r| r.output.is_none_or(|o| o <= "B"));
    check("output in ('a','B')", |r| {
        matches!(r.output, Some("a" | "B"))
    });
    check("output in ('a',null)", |r| {
        matches!(r.output, Some("a") | None)
    });
    check("not (output in ('a','B'))", |r| {
        !matches!(r.output, Some("a" | "B"))
    });
    check("output eq id", |_| false);
    check("output lt id", |r| {
        r.output.is_some_and(|o| o < r.id.as_str())
    });
}

#[test]
fn date_times_compare_by_instant() {
    let server = Server::shared();
    let (states, rows) = rows::make(&server);
    for offset in [0, 60, -480, 845] {
        let date = |minutes| rows::date(minutes, offset);
        let check = |operator: &str, holds: fn(i64) -> bool| {
            let filter = format!("expectedStateUpdateDateTime {operator} {}", date(120));
            check(&server, &states, &rows, &filter, |r| {
                r.expected.is_some_and(holds)
            });
            let filter = format!("not (expectedStateUpdateDateTime {operator} {})", date(120));
            check(&server, &states, &rows, &filter, |r| {
                !r.expected.is_some_and(holds)
            });
        };
        check("eq", |minutes| minutes == 120);
        check("gt", |minutes| minutes > 120);
        check("ge", |minutes| minutes >= 120);
        check("lt", |minutes| minutes < 120);
        check("le", |minutes| minutes <= 120);
        let filter = format!("expectedStateUpdateDateTime ne {}", date(120));
        check_one(&server, &states, &rows, &filter, |r| {
            r.expected != Some(120)
        });
        let filter = format!("expectedStateUpdateDateTime in ({},{})", date(0), date(240));
        check_one(&server, &states, &rows, &filter, |r| {
            matches!(r.expected, Some(0 | 240))
        });
    }
    check(
        &server,
        &states,
        &rows,
        "expectedStateUpdateDateTime eq null",
        |r| r.expected.is_none(),
    );
    check(
        &server,
        &states,
        &rows,
        "expectedStateUpdateDateTime lt 9999-12-31T23:59:59.9999999Z",
        |r| r.expected.is_some(),
    );
}

use check as check_one;

#[test]
fn logic_binds_as_the_standard_says() {
    let server = Server::shared();
    let (states, rows) = rows::make(&server);
    let a = |r: &Row| r.state == "fail";
    let b = |r: &Row| r.expected.is_none();
    let c = |r: &Row| r.id.as_str() < "s20";
    let (at, bt, ct) = (
        "detectionState eq 'fail'",
        "expectedStateUpdateDateTime eq null",
        "id lt 's20'",
    );
    let check =
        |filter: &str, holds: &dyn Fn(&Row) -> bool| check(&server, &states, &rows, filter, holds);
    check(&format!("{at} and {bt}"), &|r| a(r) && b(r));
    check(&format!("{at} or {bt}"), &|r| a(r) || b(r));
    check(&format!("{at} or {bt} and {ct}"), &|r| a(r) || b(r) && c(r));
    check(&format!("({at} or {bt}) and {ct}"), &|r| {
        (a(r) || b(r)) && c(r)
    });
    check(&format!("not ({at}) and {ct}"), &|r| !a(r) && c(r));
    check(&format!("not ({at} and {ct})"), &|r| !(a(r) && c(r)));
    check(&format!("not (not ({at}))"), &|r| a(r));
    check(&format!("((({at})))"), &|r| a(r));
    check("true", &|_| true);
    check("false or true", &|_| true);
    check("1 eq 1 and 2 gt 1", &|_| true);
    check("null eq null", &|_| true);
}

#[test]
fn numbers() {
    let server = Server::shared();
    let (script, _) = make_script(&server, &PLATFORM);
    let codes = [-2_147_483_648_i64, -1, 0, 1, 9, 2_147_483_647];
    for (i, code) in codes.iter().enumerate() {
        for twin in ["a", "b"] {
            let body = json!({ "id": format!("{twin}{i}"), "errorCode": code });
            make_state(&server, &script, &body);
        }
    }
    let count = |filter: &str| {
        server
            .get(&format!("{script}/deviceRunStates/$count?$filter={filter}"))
            .text()
            .to_owned()
    };
    for (filter, expected) in [
        ("errorCode eq 9", 2),
        ("errorCode eq -1", 2),
        ("errorCode ne 9", 10),
        ("errorCode gt 0", 6),
        ("errorCode ge 0", 8),
        ("errorCode lt 0", 4),
        ("errorCode le -2147483648", 2),
        ("errorCode gt 2147483646", 2),
        ("errorCode lt 9223372036854775807", 12),
        ("errorCode in (1,9,10)", 4),
        ("errorCode eq 1.0", 2),
        ("errorCode lt 0.5", 6),
        ("errorCode eq null", 0),
    ] {
        assert_eq!(count(filter), expected.to_string(), "{filter}");
    }
}

#[test]
fn booleans() {
    let server = Server::shared();
    for family in FAMILIES
        .iter()
        .filter(|family| family.set != "deviceCustomAttributeShellScripts")
    {
        let name = if family.set == "deviceShellScripts" {
            "blockExecutionNotifications"
        } else {
            "runAs32Bit"
        };
        let mark = format!("bool-{}", family.set);
        for value in [true, false, false] {
            let body = json!({ "displayName": mark, name: value });
            server.post(&family.url(), &body).expect(201);
        }
        for (filter, expected) in [
            (format!("{name} eq true"), 1),
            (name.to_owned(), 1),
            (format!("not {name}"), 2),
            (format!("{name} ne true"), 2),
            (format!("{name} eq false"), 2),
            (format!("{name} in (true,false)"), 3),
        ] {
            let url = format!(
                "{}?$filter=displayName eq '{mark}' and ({filter})",
                family.url()
            );
            assert_eq!(server.get(&url).values().len(), expected, "{filter}");
        }
    }
}

#[test]
fn what_cannot_be_filtered_is_said() {
    let server = Server::shared();
    let (script, _) = make_script(&server, &HEALTH);
    for (filter, part) in [
        ("nope eq 1", "nope"),
        ("detectionState eq 'String'", "String"),
        ("detectionState eq 9", "unknown, success"),
        ("id eq 1", ""),
        ("id eq", ""),
        ("eq 'a'", ""),
        ("id eq 'a", ""),
        ("id eq 'a' and", ""),
        ("id eq 'a')", ""),
        ("(id eq 'a'", ""),
        ("id", ""),
        ("'a'", ""),
        ("1", ""),
        ("expectedStateUpdateDateTime gt 2026-02-30T00:00:00Z", ""),
        ("expectedStateUpdateDateTime gt 'yesterday'", ""),
        ("id == 'a'", ""),
        ("nope('a')", "nope"),
        ("", ""),
    ] {
        let url = format!("{script}/deviceRunStates?$filter={filter}");
        let error = server.get(&url).expect_json(400)["error"].take();
        assert_eq!(error["code"], "BadRequest");
        assert!(
            error["message"].as_str().unwrap().contains(part),
            "{filter}: {error}"
        );
    }
}
