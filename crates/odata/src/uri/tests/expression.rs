//! `$filter` and `$orderby`.

use super::*;

const STATES: &str = "deviceManagement/deviceHealthScripts/x/deviceRunStates";

pub(super) fn check(model: &Model, path: &str, filter: &str, expected: &str) {
    let (_, options) = get(model, &format!("{path}?$filter={filter}")).expect(filter);
    let bound = options.filter.map(|f| describe_expr(model, &f));
    assert_eq!(bound.as_deref(), Some(expected), "{filter}");
}

#[test]
fn literals_take_the_type_of_the_other_side() {
    let state = |filter: &str, expected: &str| check(&GRAPH, STATES, filter, expected);
    for literal in [
        "1",
        "'1'",
        "'success'",
        "microsoft.graph.runState'success'",
        "runState'success'",
    ] {
        state(
            &format!("detectionState eq {literal}"),
            "(detectionState eq '1':microsoft.graph.runState)",
        );
    }
    state(
        "'fail' ne detectionState",
        "('2':microsoft.graph.runState ne detectionState)",
    );
    state(
        "detectionState in ('fail',null)",
        "(detectionState in '2':microsoft.graph.runState,null)",
    );
    state(
        "managedDevice/deviceName eq 'O''Neil'",
        "(managedDevice/deviceName eq 'O''Neil':Edm.String)",
    );
    state(
        "preRemediationDetectionScriptOutput ne null",
        "(preRemediationDetectionScriptOutput ne null)",
    );
    state(
        "lastStateUpdateDateTime ge 2017-01-01T00:02:30.8589467%2B03:00",
        "(lastStateUpdateDateTime ge 2017-01-01T00:02:30.8589467%2B03:00:Edm.DateTimeOffset)",
    );
    state("id eq @x&@x='y'", "(id eq 'y':Edm.String)");
    state("id eq @x", "(id eq null)");
}

#[test]
fn every_primitive_type_has_literals() {
    let shop = |filter: &str, expected: &str| check(&SHOP, "Products", filter, expected);
    shop("Price gt 3", "(Price gt 3e0:Edm.Double)");
    shop("Price gt 3.5", "(Price gt 3.5e0:Edm.Double)");
    shop("Price lt -INF", "(Price lt -INF:Edm.Double)");
    shop("Cost eq 007", "(Cost eq 7:Edm.Decimal)");
    shop("Cost eq 1e2", "(Cost eq 1e2:Edm.Double)");
    shop("Stock lt 5000000000", "(Stock lt 5000000000:Edm.Int64)");
    shop("Stock lt 4", "(Stock lt 4:Edm.Int64)");
    shop("Stock lt 4.5", "(Stock lt 4.5:Edm.Decimal)");
    shop(
        "Stock lt 99999999999999999999",
        "(Stock lt 99999999999999999999:Edm.Decimal)",
    );
    shop("Colors eq 'Red,Green'", "(Colors eq '3':shop.Color)");
    shop("Colors eq '2'", "(Colors eq '2':shop.Color)");
    shop(
        "Released le 2013-05-24",
        "(Released le 2013-05-24:Edm.Date)",
    );
    shop("Opens le 09:30:00", "(Opens le 09:30:00:Edm.TimeOfDay)");
    shop(
        "Ships le duration'P1D'",
        "(Ships le duration'P1D':Edm.Duration)",
    );
    shop("Data eq binary'_w'", "(Data eq binary'_w==':Edm.Binary)");
    shop("Price gt Stock", "(Price gt Stock)");
    shop("Origin/City eq 'x'", "(Origin/City eq 'x':Edm.String)");
    shop("Maker/Home/Zip eq 5", "(Maker/Home/Zip eq 5:Edm.Int32)");
    shop("1 eq 2", "(1:Edm.Int32 eq 2:Edm.Int32)");
    shop(
        "true and (Price eq 1) eq false",
        "(true:Edm.Boolean and ((Price eq 1e0:Edm.Double) eq false:Edm.Boolean))",
    );
}

#[test]
fn logic() {
    let script = |filter: &str, expected: &str| {
        check(
            &GRAPH,
            "deviceManagement/deviceHealthScripts",
            filter,
            expected,
        );
    };
    script("isGlobalScript", "isGlobalScript");
    script("not isGlobalScript", "(not isGlobalScript)");
    script("not(id eq 'a')", "(not (id eq 'a':Edm.String))");
    script(
        "id eq 'a' or id eq 'b' and isGlobalScript or isGlobalScript",
        "((id eq 'a':Edm.String) or (((id eq 'b':Edm.String) and isGlobalScript) or isGlobalScript))",
    );
    script("not @f&@f=id%20eq%20'a'", "(not (id eq 'a':Edm.String))");
    let long = format!("id eq 'x'{}", " or id eq 'x'".repeat(400));
    let (_, options) = get(
        &GRAPH,
        &format!("deviceManagement/deviceHealthScripts?$filter={long}"),
    )
    .expect("it binds");
    assert!(
        depth(&options.filter.expect("a filter was given")) < 12,
        "a long chain stays shallow"
    );
}

fn depth(expr: &Expr) -> usize {
    match expr {
        Expr::And(l, r) | Expr::Or(l, r) => 1 + depth(l).max(depth(r)),
        _ => 1,
    }
}

#[test]
fn what_does_not_fit_is_named() {
    let bad = |filter: &str, parts: &[&str]| {
        fails(&GRAPH, &format!("{STATES}?$filter={filter}"), 400, parts);
    };
    bad(
        "detectionState eq 'String'",
        &[
            "'String'",
            "unknown, success, fail, scriptError, pending, notApplicable",
        ],
    );
    bad("detectionState eq 'success,fail'", &["success,fail"]);
    bad(
        "detectionState eq microsoft.graph.remediationState'success'",
        &["runState", "remediationState"],
    );
    bad("detectionState eq foo'success'", &["'foo'"]);
    bad("detectionState eq 9", &["'9'", "unknown, success"]);
    bad(
        "detectionState eq true",
        &["microsoft.graph.runState", "Edm.Boolean"],
    );
}

#[test]
fn types_that_do_not_fit_are_named() {
    let bad = |filter: &str, parts: &[&str]| {
        fails(&GRAPH, &format!("{STATES}?$filter={filter}"), 400, parts);
    };
    bad("id eq 5", &["'id'", "Edm.String", "Edm.Int32", "5"]);
    bad("id in ('a',5)", &["Edm.String", "Edm.Int32"]);
    bad(
        "lastStateUpdateDateTime gt '2017-01-01T00:00:00Z'",
        &["Edm.DateTimeOffset", "Edm.String"],
    );
    bad(
        "lastStateUpdateDateTime gt 2017-01-01",
        &["Edm.DateTimeOffset", "Edm.Date"],
    );
    bad(
        "lastStateUpdateDateTime gt 2017-01-01T00:00:00+03:00",
        &["%2B"],
    );
    bad(
        "id eq detectionState",
        &["Edm.String", "microsoft.graph.runState"],
    );
    bad("id", &["'id' must be Edm.Boolean", "Edm.String"]);
    bad("not 'x'", &["Edm.Boolean"]);
    bad(
        "foo eq 1",
        &[
            "no property 'foo'",
            "microsoft.graph.deviceHealthScriptDeviceState",
        ],
    );
    bad(
        "DetectionState eq 'fail'",
        &["Did you mean 'detectionState'"],
    );
    bad("managedDevice eq 'x'", &["managedDevice", "Edm.String"]);
    bad(
        "managedDevice/users/id eq 'x'",
        &["'managedDevice/users'", "Collection(microsoft.graph.user)"],
    );
    bad("id/x eq 1", &["'x'", "Edm.String"]);
    bad("id eq @x&@x=@y&@y='a'", &["@x", "@y"]);
    bad("@x&@x=not @x", &["@x"]);
}

#[test]
fn values_that_cannot_be_compared_are_named() {
    fails(
        &SHOP,
        "Products?$filter=Photo eq null",
        400,
        &["Photo", "Edm.Stream"],
    );
    fails(
        &SHOP,
        "Products?$filter=Tags eq 'x'",
        400,
        &["Collection(Edm.String)"],
    );
    fails(
        &SHOP,
        "Products?$filter=Data gt binary'AA'",
        400,
        &["'gt'", "Edm.Binary"],
    );
    fails(&SHOP, "Products?$filter=Price gt 1e999", 400, &["1e999"]);
    fails(
        &SHOP,
        "Products?$filter=Colors eq 'Blue'",
        400,
        &["Red, Green"],
    );
}

#[test]
fn what_is_not_served_is_named() {
    let bad = |filter: &str, part: &str| {
        fails(
            &GRAPH,
            &format!("{STATES}?$filter={filter}"),
            400,
            &[part, "is not supported"],
        );
    };
    bad("id eq @n.term", "@n.term");
    bad("managedDevice/@n.term eq 'x'", "'@n.term'");
    bad("$these/$count gt 1", "$these");
    bad("assignmentFilterIds/aggregate($count) gt 1", "aggregate");
    bad("runstate.dueScripts() eq 1", "'runstate.dueScripts'");
}

#[test]
fn aliases_do_not_pass_the_limits() {
    let alias = format!("id eq 'x'{}", " or id eq 'x'".repeat(300));
    let filter = format!("@a{}", " or @a".repeat(300));
    fails(
        &GRAPH,
        &format!("{STATES}?$filter={filter}&@a={alias}"),
        400,
        &["expression_nodes"],
    );
    let nots = "not ".repeat(60);
    fails(
        &GRAPH,
        &format!("{STATES}?$filter={nots}@a&@a={nots}true"),
        400,
        &["expression_depth"],
    );
}

#[test]
fn order() {
    let (_, options) = get(
        &GRAPH,
        &format!("{STATES}?$orderby=managedDevice/deviceName desc,id asc,length(id)"),
    )
    .expect("it binds");
    let order: Vec<_> = options
        .orderby
        .iter()
        .map(|o| (describe_expr(&GRAPH, &o.expr), o.descending))
        .collect();
    assert_eq!(
        order,
        [
            ("managedDevice/deviceName".to_owned(), true),
            ("id".to_owned(), false),
            ("length(id):Edm.Int32".to_owned(), false)
        ]
    );
    fails(
        &GRAPH,
        &format!("{STATES}?$orderby=assignmentFilterIds"),
        400,
        &["Collection(Edm.String)"],
    );
    fails(
        &GRAPH,
        &format!("{STATES}?$orderby=managedDevice"),
        400,
        &["managedDevice", "cannot sort"],
    );
    fails(
        &GRAPH,
        &format!("{STATES}?$orderby=id descending"),
        400,
        &["at position"],
    );
    fails(&SHOP, "Products?$orderby=Origin", 400, &["shop.Address"]);
}
