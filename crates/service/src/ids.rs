//! Ids as Graph forms them: `{scriptId}:{deviceId}`, `{scriptId}:{userId}`, or plain.

use odata::Error;

/// The greatest length of an id that a client gives, in bytes; a script's id and a colon come on
/// top.
const LONGEST: usize = 128;

/// What the key columns of a run state or user state hold.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct StateId {
    /// The id behind the script's, or the plain id.
    pub(crate) key: String,
    /// Whether the script's id stands before it.
    pub(crate) composite: bool,
}

impl StateId {
    /// The id as clients see it.
    pub(crate) fn text(&self, script: &str) -> String {
        if self.composite {
            format!("{script}:{}", self.key)
        } else {
            self.key.clone()
        }
    }

    /// The value of the column that tells the two forms apart.
    pub(crate) fn form(&self) -> i64 {
        self.composite.into()
    }
}

/// Reads an id that a client gave for a row of a script; `None` if no such row can have it.
pub(crate) fn parse(script: &str, id: &str) -> Option<StateId> {
    let (key, composite) = match id.split_once(':') {
        Some((prefix, rest)) if prefix.eq_ignore_ascii_case(script) => (rest, true),
        Some(_) => return None,
        None => (id, false),
    };
    let sound = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'.' | b'_' | b':' | b'-');
    let fits = (1..=LONGEST).contains(&key.len()) && key.bytes().all(sound);
    (fits && !names_operation(key)).then(|| StateId {
        key: key.to_owned(),
        composite,
    })
}

/// Reads an id that a client gives to a new row.
///
/// # Errors
/// 400 saying what ids look like.
pub(crate) fn parse_new(script: &str, id: &str) -> Result<StateId, Error> {
    parse(script, id).ok_or_else(|| {
        Error::bad_request(format!(
            "Property 'id' must be 1 to {LONGEST} of the characters A-Z a-z 0-9 . _ : -, must not name an \
             operation, and a part before a colon must be the script's id '{script}'."
        ))
        .with_target("id")
    })
}

/// A key that reads like a qualified operation could not be told from one in a URL.
fn names_operation(key: &str) -> bool {
    key == "delta" || key.starts_with("microsoft.graph.") || key.starts_with("runstate.")
}

/// The canonical text of a GUID, or `None`.
pub(crate) fn guid(text: &str) -> Option<String> {
    uuid::Uuid::parse_str(text)
        .ok()
        .filter(|_| text.len() == 36)
        .map(|id| id.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    const SCRIPT: &str = "0b9ab0ea-36f6-4b5b-8b70-1d3f4b8a9c11";

    #[test]
    fn forms_of_ids() {
        let composite = format!("{SCRIPT}:device-1");
        for (id, expected) in [
            ("97e5e797-e797-97e5-97e7-e59797e7e597", Some(false)),
            (composite.as_str(), Some(true)),
            ("a.b_c-D", Some(false)),
            ("other:device-1", None),
            ("", None),
            ("a b", None),
            ("a/b", None),
            ("délta", None),
            ("delta", None),
            ("runstate.history", None),
        ] {
            let parsed = parse(SCRIPT, id);
            assert_eq!(parsed.as_ref().map(|p| p.composite), expected, "{id}");
            if let Some(parsed) = parsed {
                assert_eq!(parsed.text(SCRIPT), id);
            }
        }
        assert!(parse(SCRIPT, &"x".repeat(128)).is_some());
        assert!(parse(SCRIPT, &"x".repeat(129)).is_none());
        assert!(
            parse_new(SCRIPT, "a b")
                .unwrap_err()
                .message
                .contains(SCRIPT)
        );
    }

    #[test]
    fn guids_are_canonical() {
        assert_eq!(guid(&SCRIPT.to_uppercase()).as_deref(), Some(SCRIPT));
        assert_eq!(guid(&SCRIPT.replace('-', "")), None);
        assert_eq!(guid("x"), None);
    }
}
