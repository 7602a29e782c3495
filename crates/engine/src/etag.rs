//! Entity tags and the conditions of requests (RFC 9110, sections 8.8.3 and 13.1; OData 4.01
//! Protocol, sections 8.2.4, 8.2.5 and 11.4.1.1). A tag is weak and made of the row's version.

use http::HeaderMap;
use odata::{Error, ErrorCode};
use store::{Row, Table};

use crate::negotiate::list;

/// The tag of a row's version.
pub(crate) fn of_version(version: i64) -> String {
    format!("W/\"{version}\"")
}

/// The tag of a row; `None` if its table has no versions.
pub(crate) fn of_row(table: &Table, row: &Row) -> Option<String> {
    let version = row.get(table.version?)?.as_i64()?;
    Some(of_version(version))
}

/// Checks the conditions of a request that changes an entity which exists. One whose table has no
/// versions has no tag: only `*` matches it.
///
/// # Errors
/// 412.
pub(crate) fn check(headers: &HeaderMap, table: &Table, row: &Row) -> Result<(), Error> {
    let tag = of_row(table, row);
    let fail = |message: &str| Err(Error::new(ErrorCode::PreconditionFailed, message));
    if headers.contains_key("if-match") && !matches(headers, "if-match", tag.as_deref()) {
        return fail("If-Match: the entity has none of these tags; it was changed.");
    }
    if headers.contains_key("if-none-match") && matches(headers, "if-none-match", tag.as_deref()) {
        return fail("If-None-Match: the entity has one of these tags.");
    }
    Ok(())
}

/// Checks the conditions of a request on an entity that does not exist.
///
/// # Errors
/// 412: no tag matches what is not there.
pub(crate) fn check_absent(headers: &HeaderMap) -> Result<(), Error> {
    if headers.contains_key("if-match") {
        return Err(Error::new(
            ErrorCode::PreconditionFailed,
            "If-Match: there is no such entity.",
        ));
    }
    Ok(())
}

/// Checks the conditions of a request that reads an entity. Answers whether the client has it as it
/// is already: 304.
///
/// # Errors
/// 412.
pub(crate) fn is_known(headers: &HeaderMap, tag: Option<&str>) -> Result<bool, Error> {
    if headers.contains_key("if-match") && !matches(headers, "if-match", tag) {
        let message = "If-Match: the entity has none of these tags.";
        return Err(Error::new(ErrorCode::PreconditionFailed, message));
    }
    Ok(headers.contains_key("if-none-match") && matches(headers, "if-none-match", tag))
}

/// Checks the tag that the body of an update shows, as 4.01 has it (section 11.4.3).
///
/// # Errors
/// 412.
pub(crate) fn check_body(shown: Option<&str>, table: &Table, row: &Row) -> Result<(), Error> {
    let weak = |tag: &str| tag.strip_prefix("W/").unwrap_or(tag).to_owned();
    match (shown.filter(|tag| *tag != "*"), of_row(table, row)) {
        (Some(shown), Some(tag)) if weak(shown) != weak(&tag) => Err(Error::new(
            ErrorCode::PreconditionFailed,
            "The entity has another tag than the body; it was changed.",
        )
        .with_target("@odata.etag")),
        _ => Ok(()),
    }
}

/// Whether a list of tags has this one, by weak comparison.
fn matches(headers: &HeaderMap, name: &'static str, tag: Option<&str>) -> bool {
    let weak = |tag: &str| tag.strip_prefix("W/").unwrap_or(tag).to_owned();
    let tag = tag.map(weak);
    list(headers, name, ',').any(|listed| listed == "*" || Some(weak(listed)) == tag)
}

#[cfg(test)]
mod tests {
    use http::{HeaderName, HeaderValue};

    use super::*;

    #[test]
    fn tags_match_weakly() {
        let check = |listed: &'static str, tag: Option<&str>, expected: bool| {
            let name = HeaderName::from_static("if-match");
            let headers = HeaderMap::from_iter([(name, HeaderValue::from_static(listed))]);
            assert_eq!(matches(&headers, "if-match", tag), expected, "{listed}");
        };
        check("*", None, true);
        check("*", Some("W/\"1\""), true);
        check("W/\"1\"", Some("W/\"1\""), true);
        check("\"1\"", Some("W/\"1\""), true);
        check("W/\"2\", W/\"1\"", Some("W/\"1\""), true);
        check("W/\"2\"", Some("W/\"1\""), false);
        check("W/\"2\"", None, false);
        check("", Some("W/\"1\""), false);
    }
}
