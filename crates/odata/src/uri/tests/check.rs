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
                        (405, Some(expected)),
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
    allowed(SCRIPT, "GET, HEAD, PATCH, DELETE");
    allowed(&format!("{SCRIPT}/runSummary"), "GET, HEAD, PATCH, DELETE");
    allowed(&format!("{SCRIPT}/displayName"), "GET, HEAD");
    allowed(&format!("{SCRIPT}/displayName/$value"), "GET, HEAD");
    allowed(&format!("{SCRIPTS}/$count"), "GET, HEAD");
    allowed(&format!("{SCRIPTS}/$ref"), "POST");
    allowed(&format!("{SCRIPT}/$ref"), "GET, HEAD, PUT, DELETE");
    allowed(&format!("{SCRIPT}/assign"), "POST");
    allowed(&format!("{SCRIPTS}/getRemediationSummary()"), "GET, HEAD");
}

/// Asserts which of all options are legal.
fn legal(path: &str, method: &str, expected: &[&str]) {
    let given = [
        "$filter=true",
        "$orderby=id",
        "$select=id",
        "$expand=*",
        "$top=1",
        "$skip=1",
        "$count=true",
        "$skiptoken=x",
        "$format=json",
    ];
    for option in given {
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
                assert_eq!(error.target.as_deref(), Some(name), "{error}");
            }
        }
    }
}

#[test]
fn options() {
    let many = [
        "$filter",
        "$orderby",
        "$select",
        "$expand",
        "$top",
        "$skip",
        "$count",
        "$skiptoken",
        "$format",
    ];
    let shape = ["$select", "$expand", "$format"];
    legal(SCRIPTS, "GET", &many);
    legal(SCRIPTS, "POST", &shape);
    legal(SCRIPTS, "PATCH", &shape);
    legal(SCRIPT, "GET", &shape);
    legal(SCRIPT, "DELETE", &["$format"]);
    legal(&format!("{SCRIPTS}/$count"), "GET", &["$filter"]);
    legal(&format!("{SCRIPTS}/$ref"), "POST", &shape);
    legal(&format!("{SCRIPT}/$ref"), "GET", &["$format"]);
    legal(&format!("{SCRIPT}/displayName"), "GET", &["$format"]);
    legal("", "GET", &["$format"]);
    let error = check(SCRIPT, "GET", "$filter=true").expect_err("it is one entity");
    assert!(
        error.message.contains("$filter") && error.message.contains("a collection of entities"),
        "{error}"
    );
}
