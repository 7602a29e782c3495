//! The file and its rules.

use std::collections::HashSet;

use serde_json::{Map, Value as Json};

use super::fault::{Codes, Fault};
use super::operand::{DataType, OPERATORS, Operator, TYPES, operand};
use super::texts;

/// The greatest size of a rules file, in bytes.
const LONGEST_FILE: usize = 100 * 1024;
/// The most rules of a file.
const MOST_RULES: usize = 100;
/// The longest name of a setting, in characters.
const LONGEST_SETTING: usize = 256;
/// The longest URL with more information, in characters.
const LONGEST_URL: usize = 2_048;

/// A sound rule.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Rule {
    pub(crate) setting: String,
    pub(crate) operator: Operator,
    pub(crate) data_type: DataType,
    /// As text, whatever JSON wrote it as.
    pub(crate) operand: String,
}

/// What a validation found.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Findings {
    /// Faults of the file.
    pub(crate) of_script: Vec<Fault>,
    /// Faults of rules.
    pub(crate) of_rules: Vec<Fault>,
    /// The rules without a fault.
    pub(crate) rules: Vec<Rule>,
}

/// Validates a rules file.
pub(crate) fn validate(content: &[u8]) -> Findings {
    match read(content) {
        Ok(rules) => judge(&rules),
        Err(fault) => Findings {
            of_script: vec![fault],
            ..Findings::default()
        },
    }
}

/// The rules of a file that is one.
fn read(content: &[u8]) -> Result<Vec<Json>, Fault> {
    if content.is_empty() {
        return Err(Fault::new("jsonFileMissing", "The rules are missing."));
    }
    if content.len() > LONGEST_FILE {
        return Err(Fault::new(
            "jsonFileTooLarge",
            format!(
                "The rules have {} bytes; {LONGEST_FILE} are the most.",
                content.len()
            ),
        ));
    }
    let invalid = |what: String| Fault::new("jsonFileInvalid", what);
    // Editors on Windows begin a file with a mark.
    let content = content
        .strip_prefix("\u{FEFF}".as_bytes())
        .unwrap_or(content);
    let document: Json = serde_json::from_slice(content)
        .map_err(|error| invalid(format!("The rules are not JSON: {error}.")))?;
    let Json::Object(members) = document else {
        return Err(invalid("The rules are not a JSON object.".to_owned()));
    };
    let missing = || Fault::new("rulesMissing", "'Rules' is missing or empty.");
    match find(&members, "Rules") {
        None | Some(Json::Null) => Err(missing()),
        Some(Json::Array(rules)) if rules.is_empty() => Err(missing()),
        Some(Json::Array(rules)) => Ok(rules.clone()),
        Some(_) => Err(invalid("'Rules' is not an array.".to_owned())),
    }
}

fn judge(rules: &[Json]) -> Findings {
    let mut findings = Findings::default();
    if rules.len() > MOST_RULES {
        findings.of_script.push(Fault::new(
            "tooManyRulesSpecified",
            format!(
                "There are {} rules; {MOST_RULES} are the most.",
                rules.len()
            ),
        ));
    }
    let mut seen = HashSet::new();
    for (i, rule) in rules.iter().take(MOST_RULES).enumerate() {
        let Json::Object(members) = rule else {
            let message = format!("Rules/{i} is not an object.");
            findings
                .of_script
                .push(Fault::new("jsonFileInvalid", message));
            continue;
        };
        let mut faults = Vec::new();
        let sound = judge_rule(members, &mut faults);
        let setting = find(members, "SettingName").and_then(Json::as_str);
        if let Some(name) = setting.filter(|name| !name.trim().is_empty())
            && !seen.insert(name.to_lowercase())
        {
            let message = format!("There is another rule for '{name}'.");
            faults.push(Fault::new("duplicateRules", message));
        }
        if let (Some(rule), true) = (sound, faults.is_empty()) {
            findings.rules.push(rule);
        }
        findings
            .of_rules
            .extend(faults.into_iter().map(|fault| Fault {
                message: format!("Rules/{i}: {}", fault.message),
                setting: setting.map(str::to_owned),
                ..fault
            }));
    }
    findings
}

/// A rule, unless one of its parts is not what it must be; what is wrong is added to `faults`.
fn judge_rule(members: &Map<String, Json>, faults: &mut Vec<Fault>) -> Option<Rule> {
    let setting = text(
        find(members, "SettingName"),
        "SettingName",
        LONGEST_SETTING,
        Codes {
            missing: "settingNameMissing",
            invalid: "settingNameInvalid",
            too_large: "settingNameTooLarge",
        },
    );
    let operator = choice(
        members,
        "Operator",
        &OPERATORS,
        "operatorMissing",
        "operatorNotSupported",
    );
    let data_type = choice(
        members,
        "DataType",
        &TYPES,
        "datatypeMissing",
        "datatypeNotSupported",
    );
    if let (Ok(operator), Ok(data_type)) = (&operator, &data_type)
        && !data_type.has(*operator)
    {
        faults.push(Fault::new(
            "operatorDataTypeCombinationNotSupported",
            format!("{operator:?} does not compare values of type {data_type:?}."),
        ));
    }
    let operand = match &data_type {
        Ok(data_type) => operand(find(members, "Operand"), Some(*data_type)),
        Err(_) => operand(find(members, "Operand"), None),
    };
    let url = more_information(find(members, "MoreInfoUrl"));
    texts::judge(find(members, "RemediationStrings"), faults);
    let setting = keep(setting, faults);
    let operator = keep(operator, faults);
    let data_type = keep(data_type, faults);
    let operand = keep(operand, faults);
    keep(url, faults);
    Some(Rule {
        setting: setting?,
        operator: operator?,
        data_type: data_type?,
        operand: operand?,
    })
}

fn keep<T>(found: Result<T, Fault>, faults: &mut Vec<Fault>) -> Option<T> {
    found.map_err(|fault| faults.push(fault)).ok()
}

/// A member by its name, in any case, as the service's own reader takes it.
pub(super) fn find<'j>(members: &'j Map<String, Json>, name: &str) -> Option<&'j Json> {
    members.get(name).or_else(|| {
        let mut members = members.iter();
        members
            .find(|(known, _)| known.eq_ignore_ascii_case(name))
            .map(|(_, value)| value)
    })
}

/// A text that is there, not blank, without control characters, and not too long.
pub(super) fn text(
    value: Option<&Json>,
    name: &str,
    longest: usize,
    codes: Codes,
) -> Result<String, Fault> {
    let text = match value {
        None | Some(Json::Null) => "",
        Some(Json::String(text)) => text.as_str(),
        Some(_) => {
            return Err(Fault::new(
                codes.invalid,
                format!("'{name}' is not a text."),
            ));
        }
    };
    if text.trim().is_empty() {
        return Err(Fault::new(codes.missing, format!("'{name}' is missing.")));
    }
    if text
        .chars()
        .any(|c| c.is_control() && !matches!(c, '\n' | '\r' | '\t'))
    {
        let message = format!("'{name}' holds control characters.");
        return Err(Fault::new(codes.invalid, message));
    }
    let length = text.chars().count();
    if length > longest {
        let message = format!("'{name}' has {length} characters; {longest} are the most.");
        return Err(Fault::new(codes.too_large, message));
    }
    Ok(text.to_owned())
}

fn choice<T: Copy>(
    members: &Map<String, Json>,
    name: &str,
    known: &[(&str, T)],
    missing: &'static str,
    unsupported: &'static str,
) -> Result<T, Fault> {
    let given = match find(members, name) {
        None | Some(Json::Null) => None,
        Some(Json::String(text)) if text.trim().is_empty() => None,
        Some(given) => Some(given),
    };
    let names = || {
        let names: Vec<_> = known.iter().map(|(name, _)| *name).collect();
        names.join(", ")
    };
    let Some(given) = given else {
        return Err(Fault::new(
            missing,
            format!("'{name}' is missing: one of {}.", names()),
        ));
    };
    let chosen = given.as_str().and_then(|text| {
        known
            .iter()
            .find(|(name, _)| name.eq_ignore_ascii_case(text))
    });
    chosen
        .map(|(_, value)| *value)
        .ok_or_else(|| Fault::new(unsupported, format!("'{name}' must be one of {}.", names())))
}

/// An absolute http or https URL.
fn more_information(value: Option<&Json>) -> Result<(), Fault> {
    let url = text(
        value,
        "MoreInfoUrl",
        LONGEST_URL,
        Codes {
            missing: "moreInfoUriMissing",
            invalid: "moreInfoUriInvalid",
            too_large: "moreInfoUriTooLarge",
        },
    )?;
    let parsed: Result<http::Uri, _> = url.parse();
    let sound = parsed.is_ok_and(|uri| {
        matches!(uri.scheme_str(), Some("http" | "https"))
            && uri.host().is_some_and(|host| !host.is_empty())
    });
    if sound {
        return Ok(());
    }
    let message = "'MoreInfoUrl' is not an absolute http or https URL.";
    Err(Fault::new("moreInfoUriInvalid", message))
}
