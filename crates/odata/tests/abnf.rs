//! The test cases of the OData ABNF (OASIS, OData ABNF Test Cases 4.01): each names a rule, a text,
//! and for a text that is not what the rule says the place where it stops being that.
//!
//! `abnf/cases.jsonl` holds the standard's own, `abnf/rules.jsonl` ours for rules that those leave out.
//! `ODATA_ABNF_CASES` names a folder whose `*.jsonl` files are run instead of the project's own.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::path::{Path, PathBuf};

use odata::uri::{Limits, Names, recognize};
use serde::Deserialize;

/// One line of a file of cases.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct Case {
    name: String,
    rule: String,
    input: String,
    fail_at: Option<usize>,
}

/// The names that the cases take for granted, by rule. A rule that is not listed takes any.
struct Constraints(HashMap<String, HashSet<String>>);

impl Constraints {
    fn read(file: &Path) -> Self {
        let text = std::fs::read_to_string(file).expect("the constraints are there");
        Self(serde_json::from_str(&text).expect("the constraints are lists of names"))
    }
}

impl Names for Constraints {
    fn has(&self, rule: &str, name: &str) -> bool {
        self.0.get(rule).is_none_or(|names| names.contains(name))
    }
}

/// How the cases of one rule went.
#[derive(Default)]
struct Tally {
    passed: usize,
    failed: usize,
    not_covered: usize,
}

/// What is wrong with a case, if anything; `None` for a rule that is not covered.
fn run(case: &Case, names: &Constraints) -> Option<Result<(), String>> {
    let outcome = recognize(&case.rule, &case.input, names, &Limits::default())?;
    // Places are counted in UTF-16 code units, as the standard's own tools do.
    let stop = outcome.map_err(|at| {
        let before = case.input.get(..at).unwrap_or(&case.input);
        before.encode_utf16().count()
    });
    let wrong = match (stop, case.fail_at) {
        (Ok(()), None) => return Some(Ok(())),
        (Err(at), Some(expected)) if at == expected => return Some(Ok(())),
        (Ok(()), Some(expected)) => format!("it is accepted and should stop at {expected}"),
        (Err(at), None) => format!("it stops at {at} and should be accepted"),
        (Err(at), Some(expected)) => format!("it stops at {at} instead of {expected}"),
    };
    Some(Err(format!(
        "{} ({}): {wrong}: {:?}",
        case.rule, case.name, case.input
    )))
}

fn cases(folder: &Path) -> Vec<Case> {
    let entries = std::fs::read_dir(folder).expect("the folder of cases can be read");
    let mut files: Vec<PathBuf> = entries
        .map(|entry| entry.expect("the folder of cases can be read").path())
        .filter(|path| path.extension().is_some_and(|e| e == "jsonl"))
        .collect();
    files.sort();
    let mut cases = Vec::new();
    for file in files {
        let text = std::fs::read_to_string(&file).expect("a file of cases can be read");
        for (i, line) in text.lines().enumerate().filter(|(_, l)| !l.is_empty()) {
            let case = serde_json::from_str(line);
            cases.push(case.unwrap_or_else(|e| panic!("{}:{}: {e}", file.display(), i + 1)));
        }
    }
    cases
}

#[test]
fn cases_of_the_standard() {
    let own = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/abnf");
    let folder = std::env::var_os("ODATA_ABNF_CASES").map_or_else(|| own.clone(), PathBuf::from);
    let names = Constraints::read(&own.join("constraints.json"));
    let cases = cases(&folder);
    assert!(!cases.is_empty(), "{} has no cases", folder.display());

    let mut tallies = BTreeMap::<&str, Tally>::new();
    let mut failures = Vec::new();
    for case in &cases {
        let tally = tallies.entry(&case.rule).or_default();
        match run(case, &names) {
            None => tally.not_covered += 1,
            Some(Ok(())) => tally.passed += 1,
            Some(Err(wrong)) => {
                tally.failed += 1;
                failures.push(wrong);
            }
        }
    }
    let mut total = Tally::default();
    for (rule, tally) in &tallies {
        println!(
            "{rule}: {} passed, {} failed, {} not covered",
            tally.passed, tally.failed, tally.not_covered
        );
        total.passed += tally.passed;
        total.failed += tally.failed;
        total.not_covered += tally.not_covered;
    }
    println!(
        "all {} rules: {} passed, {} failed, {} not covered",
        tallies.len(),
        total.passed,
        total.failed,
        total.not_covered
    );
    assert!(failures.is_empty(), "\n{}", failures.join("\n"));
    if folder == own {
        assert_eq!(
            total.not_covered, 0,
            "every rule of our own cases is covered"
        );
    }
}
