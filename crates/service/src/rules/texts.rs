//! What a rule tells the user of a device that breaks it, by language.

use std::collections::HashSet;

use serde_json::Value as Json;

use super::document::{find, text};
use super::fault::{Codes, Fault};

/// The language that must be there.
const ENGLISH: &str = "en_US";
/// The longest title, in characters.
const LONGEST_TITLE: usize = 256;
/// The longest description, in characters.
const LONGEST_DESCRIPTION: usize = 1_024;

/// The languages of the Company Portal, in which these texts are shown.
const LANGUAGES: [&str; 22] = [
    "cs_CZ", "da_DK", "de_DE", "el_GR", ENGLISH, "es_ES", "fi_FI", "fr_FR", "hu_HU", "it_IT",
    "ja_JP", "ko_KR", "nb_NO", "nl_NL", "pl_PL", "pt_BR", "ro_RO", "ru_RU", "sv_SE", "tr_TR",
    "zh_CN", "zh_TW",
];

/// Adds what is wrong with a rule's `RemediationStrings`.
pub(super) fn judge(value: Option<&Json>, faults: &mut Vec<Fault>) {
    let entries = match value {
        Some(Json::Array(entries)) if !entries.is_empty() => entries,
        _ => {
            let message = "'RemediationStrings' is missing or empty.";
            faults.push(Fault::new("remediationStringsMissing", message));
            return;
        }
    };
    let mut languages = HashSet::new();
    for (i, entry) in entries.iter().enumerate() {
        let mut found = Vec::new();
        if let Some(language) = judge_entry(entry, &mut found)
            && !languages.insert(language)
        {
            let message = format!("'Language' {language} stands twice.");
            found.push(Fault::new("duplicateLocales", message));
        }
        faults.extend(found.into_iter().map(|fault| Fault {
            message: format!("RemediationStrings/{i}: {}", fault.message),
            ..fault
        }));
    }
    if !languages.contains(ENGLISH) {
        let message = format!("'RemediationStrings' has no text in {ENGLISH}.");
        faults.push(Fault::new("englishLocaleMissing", message));
    }
}

/// The language of an entry, if it is known.
fn judge_entry(entry: &Json, faults: &mut Vec<Fault>) -> Option<&'static str> {
    let member = |name: &str| entry.as_object().and_then(|members| find(members, name));
    let given = member("Language")
        .and_then(Json::as_str)
        .unwrap_or_default();
    let given = given.replace('-', "_");
    let language = LANGUAGES
        .into_iter()
        .find(|known| known.eq_ignore_ascii_case(&given));
    if language.is_none() {
        let message = format!("'Language' must be one of {}.", LANGUAGES.join(", "));
        faults.push(Fault::new("unrecognizedLocale", message));
    }
    let title = Codes {
        missing: "titleMissing",
        invalid: "titleInvalid",
        too_large: "titleTooLarge",
    };
    let description = Codes {
        missing: "descriptionMissing",
        invalid: "descriptionInvalid",
        too_large: "descriptionTooLarge",
    };
    let title = text(member("Title"), "Title", LONGEST_TITLE, title);
    faults.extend(title.err());
    let longest = LONGEST_DESCRIPTION;
    let description = text(member("Description"), "Description", longest, description);
    faults.extend(description.err());
    language
}
