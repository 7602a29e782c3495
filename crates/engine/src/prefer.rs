//! The preferences of a request (OData 4.01 Protocol, section 8.2.8; RFC 7240, section 2).

use std::time::Duration;

use http::HeaderMap;

/// What a client prefers. A preference that is unknown or malformed is none: the standard has them
/// ignored.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Preferences {
    /// `return=minimal` or `return=representation`.
    pub(crate) minimal: Option<bool>,
    /// `maxpagesize`, at least 1.
    pub(crate) max_page_size: Option<u64>,
    /// `omit-values`.
    pub(crate) omit_values: Option<OmitValues>,
    /// `include-annotations`: the patterns as given.
    pub(crate) include_annotations: Option<String>,
    /// `continue-on-error`, with what it says.
    pub(crate) continue_on_error: Option<bool>,
    /// `respond-async`.
    pub(crate) respond_async: bool,
    /// `wait`.
    pub(crate) wait: Option<Duration>,
    /// `track-changes`.
    pub(crate) track_changes: bool,
    /// `allow-entityreferences`.
    pub(crate) allow_entity_references: bool,
}

/// Which values an answer may leave out (section 8.2.8.6).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum OmitValues {
    /// Nulls.
    Nulls,
    /// What is as its property's default, and nulls where there is none.
    Defaults,
}

impl Preferences {
    /// Reads the `Prefer` headers. Of a preference given twice the first counts, and one without
    /// the prefix `odata.` before one with it.
    pub(crate) fn read(headers: &HeaderMap) -> Self {
        let mut read = Self::default();
        if !headers.contains_key("prefer") {
            return read;
        }
        let mut given = preferences(headers);
        given.sort_by_key(|preference| preference.prefixed);
        let mut seen: Vec<&str> = Vec::with_capacity(given.len());
        for preference in &given {
            if !seen.contains(&preference.name.as_str()) {
                seen.push(&preference.name);
                read.apply(&preference.name, &preference.value);
            }
        }
        read
    }

    /// A preference as its client names it, with `odata.` or without, for `Preference-Applied`.
    pub(crate) fn as_named(headers: &HeaderMap, name: &str) -> String {
        let given = preferences(headers);
        let mut named = given.iter().filter(|preference| preference.name == name);
        let prefixed = named.all(|preference| preference.prefixed);
        format!("{}{name}", if prefixed { "odata." } else { "" })
    }

    fn apply(&mut self, name: &str, value: &str) {
        match name {
            "return" => {
                self.minimal = match value.to_ascii_lowercase().as_str() {
                    "minimal" => Some(true),
                    "representation" => Some(false),
                    _ => None,
                };
            }
            "maxpagesize" => self.max_page_size = value.parse().ok().filter(|size| *size > 0),
            "omit-values" => {
                self.omit_values = match value.to_ascii_lowercase().as_str() {
                    "nulls" => Some(OmitValues::Nulls),
                    "defaults" => Some(OmitValues::Defaults),
                    _ => None,
                };
            }
            "include-annotations" => {
                self.include_annotations = Some(value.to_owned()).filter(|v| !v.is_empty());
            }
            "continue-on-error" => self.continue_on_error = truth(value),
            "respond-async" => self.respond_async = value.is_empty(),
            "wait" => self.wait = value.parse().ok().map(Duration::from_secs),
            "track-changes" => self.track_changes = value.is_empty(),
            "allow-entityreferences" => self.allow_entity_references = value.is_empty(),
            _ => {}
        }
    }
}

/// A Boolean preference: true if it has no value.
fn truth(value: &str) -> Option<bool> {
    match value.to_ascii_lowercase().as_str() {
        "" | "true" => Some(true),
        "false" => Some(false),
        _ => None,
    }
}

/// One preference, without its parameters.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Preference {
    /// In lower case, without `odata.`.
    pub(crate) name: String,
    /// Whether it had `odata.`.
    prefixed: bool,
    /// Without quotes.
    pub(crate) value: String,
    /// All of it, as given.
    pub(crate) text: String,
}

/// The preferences in the order in which they were given.
pub(crate) fn preferences(headers: &HeaderMap) -> Vec<Preference> {
    let values = headers.get_all("prefer").iter();
    values
        .filter_map(|value| value.to_str().ok())
        .flat_map(|value| split(value, ','))
        .filter_map(Preference::read)
        .collect()
}

impl Preference {
    fn read(text: &str) -> Option<Self> {
        let first = split(text, ';').into_iter().next()?;
        let (name, value) = first.split_once('=').unwrap_or((first, ""));
        let name = name.trim().to_ascii_lowercase();
        let (name, prefixed) = match name.strip_prefix("odata.") {
            Some(name) => (name.to_owned(), true),
            None => (name, false),
        };
        if name.is_empty() {
            return None;
        }
        let value = value.trim();
        let quoted = value.strip_prefix('"').and_then(|v| v.strip_suffix('"'));
        Some(Self {
            name,
            prefixed,
            value: quoted.map_or_else(|| value.to_owned(), unescape),
            text: text.trim().to_owned(),
        })
    }
}

fn unescape(quoted: &str) -> String {
    let mut text = String::with_capacity(quoted.len());
    let mut characters = quoted.chars();
    while let Some(character) = characters.next() {
        match character {
            '\\' => text.extend(characters.next()),
            other => text.push(other),
        }
    }
    text
}

/// Splits at a separator outside of quoted strings.
fn split(text: &str, separator: char) -> Vec<&str> {
    let (mut parts, mut start) = (Vec::new(), 0);
    let (mut quoted, mut escaped) = (false, false);
    for (at, character) in text.char_indices() {
        match character {
            _ if escaped => escaped = false,
            '\\' if quoted => escaped = true,
            '"' => quoted = !quoted,
            _ if character == separator && !quoted => {
                parts.push(text.get(start..at).unwrap_or(""));
                start = at + character.len_utf8();
            }
            _ => {}
        }
    }
    parts.push(text.get(start..).unwrap_or(""));
    parts
}

#[cfg(test)]
mod tests {
    use http::HeaderValue;

    use super::*;

    fn check(lines: &[&'static str], expected: Preferences) {
        let mut headers = HeaderMap::new();
        for line in lines {
            headers.append("prefer", HeaderValue::from_static(line));
        }
        assert_eq!(Preferences::read(&headers), expected, "{lines:?}");
    }

    #[test]
    fn every_preference_is_read_with_and_without_its_prefix() {
        let none = Preferences::default;
        check(&[], none());
        check(&["", ",;=,"], none());
        check(&["unknown, x=y; z"], none());
        check(
            &["return=minimal; x=1, maxpagesize=5"],
            Preferences {
                minimal: Some(true),
                max_page_size: Some(5),
                ..none()
            },
        );
        check(
            &["Return=\"representation\"", "respond-async, wait=10"],
            Preferences {
                minimal: Some(false),
                respond_async: true,
                wait: Some(Duration::from_secs(10)),
                ..none()
            },
        );
        check(
            &["odata.track-changes,odata.allow-entityreferences , odata.continue-on-error"],
            Preferences {
                track_changes: true,
                allow_entity_references: true,
                continue_on_error: Some(true),
                ..none()
            },
        );
        check(
            &["omit-values=nulls, continue-on-error=false, include-annotations=\"a.b,-*\\\"\""],
            Preferences {
                omit_values: Some(OmitValues::Nulls),
                continue_on_error: Some(false),
                include_annotations: Some("a.b,-*\"".to_owned()),
                ..none()
            },
        );
        check(
            &["omit-values=defaults"],
            Preferences {
                omit_values: Some(OmitValues::Defaults),
                ..none()
            },
        );
    }

    #[test]
    fn the_first_counts_and_the_new_name_before_the_old() {
        let of = |max_page_size| Preferences {
            max_page_size: Some(max_page_size),
            ..Preferences::default()
        };
        check(&["maxpagesize=1, maxpagesize=2"], of(1));
        check(&["odata.maxpagesize=1", "maxpagesize=2"], of(2));
    }

    #[test]
    fn malformed_values_are_no_preferences() {
        for line in [
            "maxpagesize=0",
            "maxpagesize=-1",
            "maxpagesize=x",
            "return=all",
            "omit-values=some",
            "continue-on-error=maybe",
            "wait=soon",
            "respond-async=yes",
            "include-annotations=",
            "callback; url=\"http://x\"",
        ] {
            check(&[line], Preferences::default());
        }
    }
}
