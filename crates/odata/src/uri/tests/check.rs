//! The table of what is legal on what.

use super::*;

fn check(path: &str, method: &str, query: &str) -> Result<(), Error> {
    let (resource, options) =
        parse_request(&GRAPH, &Limits::default(), path, Some(query)).expect(path);
    super::super::check(&resource, &options, method)
}

const SCRIPTS: &str = "deviceManagement/deviceHealthScripts";
const SCRIPT: &str = "deviceManagement/deviceHealthScripts/x";

#[test]
fn methods() {
    let allowed = |path: &str, expected: &str| {
        for method in [
            "GET", "HEAD", "POST", "PATCH", "PUT", "DELETE", "TRACE", "get", "",
        ] {
            let legal = expected.split(", ").any(|m| m == method);
            match check(path, method, "") {
                Ok(()) => assert!(legal, "{method} {path}"),
                Err(error) => {
                    assert!(!legal, "{method} {path}: {error}");
                    assert_eq!(
                        (error.code.status(), error.allow),
                        (405, Some(expected.into())),
                        "{method} {path}"
                    );
                }
            }
        }
    };
    allowed("", "GET, HEAD");
    allowed("$metadata", "GET, HEAD");
    allowed("$batch", "POST");
    allowed(SCRIPTS, "GET, HEAD, POST, PATCH");
    let entity = "GET, HEAD, PATCH, PUT, DELETE";
    allowed(SCRIPT, entity);
    allowed("deviceManagement", "GET, HEAD, PATCH, PUT");
    allowed(&format!("{SCRIPT}/runSummary"), entity);
    allowed(&format!("{SCRIPT}/displayName"), entity);
    allowed(
        &format!("{SCRIPT}/roleScopeTagIds"),
        "GET, HEAD, POST, PUT, DELETE",
    );
    allowed(&format!("{SCRIPT}/roleScopeTagIds/0"), "GET, HEAD");
    allowed(
        &format!("{SCRIPT}/displayName/$value"),
        "GET, HEAD, PUT, DELETE",
    );
    allowed(&format!("{SCRIPTS}/$count"), "GET, HEAD");
    allowed(&format!("{SCRIPTS}/$filter(true)"), "GET, HEAD");
    allowed(&format!("{SCRIPTS}/$filter(true)/$each"), "PATCH, DELETE");
    allowed(&format!("{SCRIPTS}/$ref"), "GET, HEAD, POST, PUT, DELETE");
    allowed(&format!("{SCRIPT}/$ref"), "GET, HEAD, DELETE");
    allowed(
        &format!("{SCRIPT}/runSummary/$ref"),
        "GET, HEAD, PUT, DELETE",
    );
    allowed("deviceManagement/$ref", "GET, HEAD");
    allowed(&format!("{SCRIPT}/assign"), "POST");
    allowed(&format!("{SCRIPTS}/getRemediationSummary()"), "GET, HEAD");
}

/// Asserts which of all options are legal; `this` is what `$orderby` and `$select` name.
fn legal_of(path: &str, this: &str, method: &str, expected: &[&str]) {
    let given = [
        "$filter=true",
        "$orderby=NAME",
        "$select=NAME",
        "$expand=*",
        "$top=1",
        "$skip=1",
        "$count=true",
        "$skiptoken=x",
        "$format=json",
        "$apply=identity",
        "$compute=1 as one",
        "$search=x",
        "$deltatoken=x",
        "$id=x",
        "$index=0",
        "$schemaversion=1.0",
    ];
    for option in given {
        let option = &option.replace("NAME", this);
        let name = option.split('=').next().unwrap_or("");
        let outcome = parse_request(&GRAPH, &Limits::default(), path, Some(option))
            .and_then(|(resource, options)| super::super::check(&resource, &options, method));
        match outcome {
            Ok(()) => assert!(expected.contains(&name), "{method} {path}?{option}"),
            Err(error) => {
                assert!(
                    !expected.contains(&name),
                    "{method} {path}?{option}: {error}"
                );
                assert_eq!(error.code.status(), 400);
                // A primitive value has no properties that these could name.
                if !(this.starts_with('$') && matches!(name, "$select" | "$expand")) {
                    assert_eq!(error.target.as_deref(), Some(name), "{error}");
                }
            }
        }
    }
}

#[test]
fn options() {
    let legal = |path: &str, method: &str, expected: &[&str]| {
        legal_of(path, "id", method, expected);
    };
    let answer = ["$format", "$schemaversion"];
    let shape = [
        "$select",
        "$expand",
        "$compute",
        "$format",
        "$schemaversion",
    ];
    let values = [
        "$filter",
        "$orderby",
        "$top",
        "$skip",
        "$count",
        "$skiptoken",
        "$search",
    ];
    let with = |more: &[&'static str], base: &[&'static str]| [more, base].concat();
    let many = with(&["$apply", "$deltatoken"], &with(&values, &shape));
    legal(SCRIPTS, "GET", &many);
    legal(SCRIPTS, "POST", &with(&["$index"], &shape));
    legal(SCRIPTS, "PATCH", &with(&["$index"], &shape));
    legal(SCRIPT, "GET", &shape);
    legal(SCRIPT, "DELETE", &answer);
    legal("deviceManagement", "PATCH", &shape);
    legal(
        &format!("{SCRIPTS}/$count"),
        "GET",
        &["$filter", "$apply", "$search", "$schemaversion"],
    );
    legal(&format!("{SCRIPTS}/$ref"), "POST", &shape);
    legal(&format!("{SCRIPTS}/$ref"), "GET", &with(&values, &answer));
    legal(
        &format!("{SCRIPTS}/$ref"),
        "DELETE",
        &with(&["$id"], &answer),
    );
    legal(&format!("{SCRIPT}/$ref"), "GET", &answer);
    legal_of(&format!("{SCRIPT}/displayName"), "$it", "GET", &answer);
    legal_of(
        &format!("{SCRIPT}/roleScopeTagIds"),
        "$this",
        "GET",
        &with(&values, &answer),
    );
    legal("", "GET", &answer);
    let error = check("$entity", "GET", "").expect_err("it has no $id");
    assert_eq!(error.target.as_deref(), Some("$id"));
    check("$entity", "GET", "$id=x").expect("it has one");
    let error = check(SCRIPT, "GET", "$filter=true").expect_err("it is one entity");
    assert!(
        error.message.contains("$filter") && error.message.contains("a collection of entities"),
        "{error}"
    );
}
