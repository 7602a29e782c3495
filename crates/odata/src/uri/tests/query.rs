//! `$select`, `$expand` and the simple options.

use super::*;

const STATES: &str = "deviceManagement/deviceHealthScripts/x/deviceRunStates";

fn options(query: &str) -> QueryOptions {
    get(&GRAPH, &format!("{STATES}?{query}")).expect(query).1
}

fn bad(query: &str, parts: &[&str]) {
    fails(&GRAPH, &format!("{STATES}?{query}"), 400, parts);
}

#[test]
fn select() {
    let check = |query: &str, expected: Option<&[&str]>| {
        let selected = options(query).select;
        let names: Option<Vec<_>> = selected.map(|s| {
            let all = s.all.then(|| "*".to_owned()).into_iter();
            all.chain(s.items.iter().map(|i| describe_path(&GRAPH, &i.path)))
                .collect()
        });
        let expected = expected.map(|e| e.iter().map(ToString::to_string).collect());
        assert_eq!(names, expected, "{query}");
    };
    check("", None);
    check(
        "$select=id, detectionState",
        Some(&["id", "detectionState"]),
    );
    check("select=id,id", Some(&["id"]));
    check("$select=id,managedDevice", Some(&["id", "managedDevice"]));
    check("$select=*", Some(&["*"]));
    check("$select=id,*", Some(&["*", "id"]));
    bad("$select=foo", &["no property 'foo'"]);
    bad("$select=Id", &["Did you mean 'id'"]);
    bad("$select=", &["$select"]);
    bad("$select=managedDevice/deviceName", &["$expand"]);
    check("$select=microsoft.graph.*", Some(&[]));
    check(
        "$select=assignmentFilterIds($top=1)",
        Some(&["assignmentFilterIds"]),
    );
    bad("$select=id($top=1)", &["$top", "single value"]);
    bad("$select=managedDevice($select=id)", &["$expand only"]);
    bad("$select=some.*", &["'some.*'"]);
    bad(
        "$select=microsoft.graph.deviceHealthScriptDeviceState",
        &["is a type"],
    );
    let complex = "deviceManagement/managedDevices?$select=hardwareInformation/serialNumber";
    assert_eq!(
        get(&GRAPH, complex)
            .expect(complex)
            .1
            .select
            .map(|s| s.items.len()),
        Some(1)
    );
}

#[test]
fn expand() {
    let bound = options(
        "$expand=managedDevice($select=id;$expand=users($top=2;$filter=id eq 'u';$count=true))",
    );
    let device = &bound.expand[0];
    assert_eq!(
        GRAPH.structured(device.of).navigation[device.index].name,
        "managedDevice"
    );
    assert!(!device.collection);
    assert_eq!(
        device.options.select.as_ref().map(|s| s.items.len()),
        Some(1)
    );
    let users = &device.options.expand[0];
    assert!(users.collection && users.options.count && users.options.filter.is_some());
    assert_eq!(users.options.top, Some(2));

    let script = "deviceManagement/deviceHealthScripts/x";
    let (_, all) = get(
        &GRAPH,
        &format!("{script}?$expand=*,runSummary($select=id)"),
    )
    .expect("it binds");
    assert_eq!(all.expand.len(), 3);

    bad("$expand=foo", &["no navigation property 'foo'"]);
    bad("$expand=manageddevice", &["Did you mean 'managedDevice'"]);
    bad("$expand=detectionState", &["$select shows it"]);
    bad("$expand=managedDevice,managedDevice", &["twice"]);
    bad("$expand=managedDevice/$count", &["one entity"]);
    bad("$expand=managedDevice/deviceName", &["nested options"]);
    bad("$expand=managedDevice/$value", &["not supported"]);
    bad("$expand=*,*", &["twice"]);
    bad("$expand=*($select=id)", &["expected $levels"]);
    bad("$expand=managedDevice($top=1)", &["$top", "one entity"]);
    bad("$expand=managedDevice($expand=users($expand=x))", &["'x'"]);
    fails(
        &GRAPH,
        "deviceManagement?$expand=*,deviceShellScripts($expand=foo)",
        400,
        &["'foo'"],
    );
}

#[test]
fn expansion_is_bounded() {
    let mut query = "*".to_owned();
    for _ in 0..8 {
        query = format!("Products($expand=Maker($expand={query}))");
        let url = format!("Makers?$expand={query}");
        if url.matches('(').count() >= 10 {
            fails(&SHOP, &url, 400, &["expand_depth"]);
        } else {
            get(&SHOP, &url).expect(&url);
        }
    }
    let limits = Limits {
        expand_items: 2,
        ..Limits::default()
    };
    let error = parse_request(&GRAPH, &limits, "deviceManagement", Some("$expand=*"))
        .expect_err("it is too much");
    assert!(error.message.contains("expand_items of 2"), "{error}");
}

#[test]
fn the_simple_options() {
    let bound =
        options("$top=0&$skip=18446744073709551615&$count=true&$skiptoken=a%2Bb&$format=json&x=y");
    assert_eq!(
        (bound.top, bound.skip, bound.count),
        (Some(0), Some(u64::MAX), true)
    );
    assert_eq!(
        (bound.skip_token.as_deref(), bound.format.as_deref()),
        (Some("a+b"), Some("json"))
    );
    bad("$top=-1", &["$top", "non-negative"]);
    bad("$skip=1.5", &["$skip"]);
    bad("$top=1&top=2", &["twice"]);
    bad("$count=1", &["true or false"]);
    bad("$foo=1", &["'$foo'"]);
    assert_eq!(bound.custom, [("x".to_owned(), "y".to_owned())]);
    let bound = options("$deltatoken=a&$schemaversion=1.0");
    assert_eq!(
        (
            bound.delta_token.as_deref(),
            bound.schema_version.as_deref()
        ),
        (Some("a"), Some("1.0"))
    );
    bad("$format=json&$format=xml", &["$format", "twice"]);
    bad("$index=1", &["$index", "ordered collection"]);
    bad("$levels=1", &["$levels", "unknown"]);
    // Without `$` it is no system query option, but one of the service's own.
    options("levels=1");
}

/// The deepest URL that the limits let through, on three quarters of the stack that threads have,
/// unoptimized.
#[test]
fn the_stack_suffices() {
    let deep = |open: &str, inner: &str, close: &str| {
        format!("{}{inner}{}", open.repeat(97), close.repeat(97))
    };
    let filters = [
        deep("(", "true", ")"),
        deep("not ", "true", ""),
        deep("[", "1", "]"),
        deep("f(", "1", ")"),
        deep("x/any(x:", "true", ")"),
        (0..97)
            .map(|i| format!("Tags/any(x{i}:"))
            .collect::<String>()
            + "true"
            + &")".repeat(97),
        deep("trim(", "'a'", ")"),
        deep("cast(", "1", ",Edm.Int32)"),
        deep("1 add (", "1", ")"),
        deep("Maker/Products/$count($filter=", "true", ") gt 1"),
        deep("Maker/Products/$filter(", "true", ")/any()"),
        deep("Name in (", "Name", ")"),
        deep("case(true:", "1", ")"),
        deep("(true eq ", "true", ")"),
        format!("@a{}", " eq true".repeat(97)),
    ];
    let parse = move || {
        for filter in filters {
            let mut query = format!("Maker,Items($filter={filter})");
            for nested in [
                "Products", "Maker", "Products", "Maker", "Products", "Maker", "Products",
            ] {
                query = format!("{nested}($expand={query})");
            }
            let url = format!("Makers?$expand={query}&@a={}", deep("not ", "true", ""));
            let _ = get(&SHOP, &url);
            let _ = get(
                &SHOP,
                &format!("Products?$filter={filter}&@a={}", deep("not ", "true", "")),
            );
        }
    };
    let thread = std::thread::Builder::new()
        .stack_size(1536 << 10)
        .spawn(parse);
    thread
        .expect("a thread starts")
        .join()
        .expect("the thread does not panic");
}
