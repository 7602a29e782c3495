//! Every documented code, each by the smallest change of a sound file.

use serde_json::{Value as Json, json};

use super::document::validate;

fn rule() -> Json {
    json!({
        "SettingName": "TPMChipPresent",
        "Operator": "IsEquals",
        "DataType": "Boolean",
        "Operand": true,
        "MoreInfoUrl": "https://contoso.example/tpm?x=1",
        "RemediationStrings": [
            { "Language": "en_US", "Title": "TPM is missing", "Description": "Enable the chip." },
            { "Language": "de-DE", "Title": "TPM fehlt", "Description": "Chip einschalten." },
        ],
    })
}

/// The codes that a file of these rules gives, those of the file first.
fn codes(document: &Json) -> Vec<&'static str> {
    let findings = validate(document.to_string().as_bytes());
    let faults = findings.of_script.iter().chain(&findings.of_rules);
    faults.map(|fault| fault.code).collect()
}

#[test]
fn a_sound_file_has_no_faults() {
    let findings = validate(json!({ "Rules": [rule()] }).to_string().as_bytes());
    assert_eq!((findings.of_script.len(), findings.of_rules.len()), (0, 0));
    assert_eq!(findings.rules.len(), 1);
    let with_mark = format!("\u{FEFF}{}", json!({ "rules": [rule()] }));
    assert_eq!(validate(with_mark.as_bytes()).rules.len(), 1);
}

#[test]
fn faults_of_the_file() {
    let check = |content: &[u8], expected: &str| {
        let findings = validate(content);
        let codes: Vec<_> = findings.of_script.iter().map(|fault| fault.code).collect();
        assert_eq!(codes, [expected], "{}", String::from_utf8_lossy(content));
    };
    check(b"", "jsonFileMissing");
    check(b"rulesContent", "jsonFileInvalid");
    check(b"[]", "jsonFileInvalid");
    check(b"\xff{}", "jsonFileInvalid");
    check(br#"{"Rules":{}}"#, "jsonFileInvalid");
    check(br#"{"Rules":[1]}"#, "jsonFileInvalid");
    check("[".repeat(50_000).as_bytes(), "jsonFileInvalid");
    check(&[b' '; 102_401], "jsonFileTooLarge");
    check(b"{}", "rulesMissing");
    check(br#"{"Rules":null}"#, "rulesMissing");
    check(br#"{"Rules":[]}"#, "rulesMissing");
    let many: Vec<Json> = (0..101)
        .map(|i| {
            let mut rule = rule();
            rule["SettingName"] = json!(format!("setting {i}"));
            rule
        })
        .collect();
    check(
        json!({ "Rules": many }).to_string().as_bytes(),
        "tooManyRulesSpecified",
    );
}

#[test]
fn faults_of_a_rule() {
    let check = |name: &str, value: Json, expected: &str| {
        let mut rule = rule();
        rule[name] = value.clone();
        let document = json!({ "Rules": [rule] });
        assert_eq!(codes(&document), [expected], "{name}: {value}");
        let findings = validate(document.to_string().as_bytes());
        assert_eq!(findings.rules, [], "{name}: {value}");
    };
    check("SettingName", json!(null), "settingNameMissing");
    check("SettingName", json!(" "), "settingNameMissing");
    check("SettingName", json!(1), "settingNameInvalid");
    check("SettingName", json!("a\u{7}"), "settingNameInvalid");
    check("SettingName", json!("é".repeat(257)), "settingNameTooLarge");
    check("Operator", json!(null), "operatorMissing");
    check("Operator", json!("Contains"), "operatorNotSupported");
    check("Operator", json!(3), "operatorNotSupported");
    check(
        "Operator",
        json!("LessThan"),
        "operatorDataTypeCombinationNotSupported",
    );
    check("DataType", json!(""), "datatypeMissing");
    check("DataType", json!("Xml"), "datatypeNotSupported");
    check("Operand", json!(null), "operandMissing");
    check("Operand", json!("yes"), "operandInvalid");
    check("Operand", json!([true]), "operandInvalid");
    check("Operand", json!("x".repeat(4_097)), "operandTooLarge");
    check("MoreInfoUrl", json!(null), "moreInfoUriMissing");
    check(
        "MoreInfoUrl",
        json!("contoso.example"),
        "moreInfoUriInvalid",
    );
    check(
        "MoreInfoUrl",
        json!("javascript:alert(1)"),
        "moreInfoUriInvalid",
    );
    check("MoreInfoUrl", json!("https:///x"), "moreInfoUriInvalid");
    let long = format!("https://contoso.example/{}", "x".repeat(2_048));
    check("MoreInfoUrl", json!(long), "moreInfoUriTooLarge");
    check(
        "RemediationStrings",
        json!(null),
        "remediationStringsMissing",
    );
    check("RemediationStrings", json!([]), "remediationStringsMissing");
    check(
        "RemediationStrings",
        json!("text"),
        "remediationStringsMissing",
    );
}

#[test]
fn faults_of_the_texts() {
    let check = |change: fn(&mut Json), expected: &str| {
        let mut rule = rule();
        change(&mut rule["RemediationStrings"]);
        let document = json!({ "Rules": [rule] });
        assert_eq!(codes(&document), [expected], "{document}");
    };
    check(
        |texts| texts[1]["Language"] = json!("xx_XX"),
        "unrecognizedLocale",
    );
    check(
        |texts| texts[1]["Language"] = json!(null),
        "unrecognizedLocale",
    );
    check(
        |texts| texts[0]["Language"] = json!("fr_FR"),
        "englishLocaleMissing",
    );
    check(
        |texts| texts[1]["Language"] = json!("en-us"),
        "duplicateLocales",
    );
    check(|texts| texts[0]["Title"] = json!(""), "titleMissing");
    check(|texts| texts[0]["Title"] = json!({}), "titleInvalid");
    check(
        |texts| texts[0]["Title"] = json!("x".repeat(257)),
        "titleTooLarge",
    );
    check(
        |texts| texts[0]["Description"] = json!(null),
        "descriptionMissing",
    );
    check(
        |texts| texts[0]["Description"] = json!(1),
        "descriptionInvalid",
    );
    check(
        |texts| texts[0]["Description"] = json!("x".repeat(1_025)),
        "descriptionTooLarge",
    );
}

#[test]
fn two_rules_for_one_setting() {
    let mut other = rule();
    other["SettingName"] = json!("tpmchippresent");
    let findings = validate(json!({ "Rules": [rule(), other] }).to_string().as_bytes());
    assert_eq!(findings.of_rules.len(), 1);
    assert_eq!(findings.of_rules[0].code, "duplicateRules");
    assert_eq!(
        findings.of_rules[0].setting.as_deref(),
        Some("tpmchippresent")
    );
    assert_eq!(findings.rules.len(), 1);
}

#[test]
fn operands_by_type() {
    let check = |ty: &str, good: &[Json], bad: &[Json]| {
        for (operands, sound) in [(good, true), (bad, false)] {
            for operand in operands {
                let mut rule = rule();
                rule["DataType"] = json!(ty);
                rule["Operand"] = operand.clone();
                let found = codes(&json!({ "Rules": [rule] }));
                let expected: &[&str] = if sound { &[] } else { &["operandInvalid"] };
                assert_eq!(found, expected, "{ty} {operand}");
            }
        }
    };
    check(
        "Boolean",
        &[json!(false), json!("True")],
        &[json!(1), json!("on")],
    );
    check(
        "Int64",
        &[json!(-3), json!("9223372036854775807")],
        &[json!(1.5), json!("1e3")],
    );
    check(
        "Double",
        &[json!(1.5), json!("2")],
        &[json!("NaN"), json!("x")],
    );
    check("String", &[json!("x"), json!(1)], &[json!({})]);
    check(
        "DateTime",
        &[
            json!("2024-02-29"),
            json!("2024-01-01T10:00:00Z"),
            json!("2024-01-01T10:00:00"),
        ],
        &[json!("2023-02-29"), json!("yesterday")],
    );
    check(
        "Version",
        &[json!("10.0"), json!("10.0.22631.4169")],
        &[
            json!("10"),
            json!("1.2.3.4.5"),
            json!("1..2"),
            json!("1.x"),
            json!("1.99999999999"),
        ],
    );
}
