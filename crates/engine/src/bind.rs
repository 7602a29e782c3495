//! References to entities in bodies: `@odata.bind`, `@odata.id` (OData JSON Format 4.01, sections
//! 8.5 and 4.5.8).

use std::borrow::Cow;

use edm::StructuredId;
use odata::json::EntityPayload;
use odata::path::{PathKind, Resource};
use odata::{Error, uri};
use store::{ColumnSet, Row, Transaction};

use crate::change::Edit;
use crate::core::Core;
use crate::permissions::Action;
use crate::relate::Relation;
use crate::target::{load, locate};

/// Puts a payload's bindings of single-valued navigation properties onto a row: the columns by
/// which they lead to the bound entities, which must exist.
pub(crate) fn bind(
    edit: &Edit<'_>,
    transaction: &mut dyn Transaction,
    payload: &EntityPayload,
    row: &mut Row,
    given: &mut ColumnSet,
    makes: bool,
) -> Result<(), Error> {
    let core = edit.core;
    for (index, urls) in &payload.bindings {
        let navigation = &core.model.structured(payload.of).navigation[*index];
        if navigation.collection {
            continue;
        }
        let name = format!("{}@odata.bind", navigation.name);
        let refuse = |message: String| Error::bad_request(message).with_target(name.clone());
        if navigation.contains_target {
            return Err(refuse(format!("'{name}' cannot be bound.")));
        }
        let mut relation = Relation::new(core, core.table_of(payload.of)?, payload.of, *index)
            .map_err(|_| refuse(format!("'{name}' cannot be bound.")))?;
        relation.makes = makes;
        edit.authorize(navigation, Action::Read)?;
        let bound = match urls.as_slice() {
            [] => None,
            [url] => Some(
                entity_of_url(edit, transaction, url, navigation.target)
                    .map_err(|error| refuse(format!("{name}: {}", error.message)))?,
            ),
            _ => return Err(refuse(format!("'{name}' takes one URL."))),
        };
        relation.point(core, row, bound.as_ref(), given)?;
    }
    Ok(())
}

/// The row of the entity that a URL names.
///
/// # Errors
/// As [`referenced`], and 404 if there is none.
pub(crate) fn entity_of_url(
    edit: &Edit<'_>,
    transaction: &mut dyn Transaction,
    url: &str,
    expected: StructuredId,
) -> Result<Row, Error> {
    let segments = referenced(edit.core, (edit.root, edit.path), url, expected)?;
    let target = locate(edit.core, transaction, &segments)?;
    load(edit.core, transaction, &target)
}

/// The segments of an entity's URL: absolute, relative to the service root, or, where it begins with
/// dots, to the path of the request behind the service root (Protocol, section 11.4.6.2).
///
/// # Errors
/// 400 if it is not a URL of an entity of the expected type in this service.
pub(crate) fn referenced(
    core: &Core,
    (service_root, base): (&str, &str),
    url: &str,
    expected: StructuredId,
) -> Result<Vec<odata::path::Segment>, Error> {
    let outside = || Error::bad_request(format!("'{url}' is not a URL of this service."));
    let climbed = climbed(base, url).ok_or_else(outside)?;
    let path = relative(service_root, &climbed).ok_or_else(outside)?;
    let (path, query) = path
        .split_once('?')
        .map_or((path, None), |(p, q)| (p, Some(q)));
    let (resource, _) = uri::parse_request(&core.model, &core.limits, path, query)?;
    match resource {
        Resource::Path(path) => match path.kind {
            PathKind::Entity(of) if core.model.is_a(of, expected) => Ok(path.segments),
            PathKind::Entity(of) => Err(Error::bad_request(format!(
                "'{url}' is a {}, not a {}.",
                core.model.structured(of).short_name(),
                core.model.structured(expected).short_name()
            ))),
            _ => Err(Error::bad_request(format!(
                "'{url}' is not the URL of an entity."
            ))),
        },
        _ => Err(Error::bad_request(format!(
            "'{url}' is not the URL of an entity."
        ))),
    }
}

/// A URL whose dot segments at its start are followed from a path; `None` if they lead above the
/// service root (RFC 3986, section 5.2.4).
fn climbed<'u>(base: &str, url: &'u str) -> Option<Cow<'u, str>> {
    if !url.starts_with("./") && !url.starts_with("../") {
        return Some(Cow::Borrowed(url));
    }
    let mut at: Vec<&str> = base.trim_matches('/').split('/').collect();
    at.pop();
    let mut rest = url;
    loop {
        if let Some(behind) = rest.strip_prefix("./") {
            rest = behind;
        } else if let Some(behind) = rest.strip_prefix("../") {
            at.pop()?;
            rest = behind;
        } else {
            at.push(rest);
            return Some(Cow::Owned(at.join("/")));
        }
    }
}

/// The part of a URL behind the service root. Clients name the service by any host it has and,
/// where its root has a path, by any version: what counts is what follows the version segment.
pub(crate) fn relative<'u>(service_root: &str, url: &'u str) -> Option<&'u str> {
    let behind = |text: &'u str| text.split_once('/').map(|(_, path)| path);
    if let Some(rest) = url.strip_prefix(service_root) {
        return rest.strip_prefix('/');
    }
    let root_path = service_root
        .split_once("://")
        .and_then(|(_, rest)| rest.split_once('/'));
    let below_root = |path: &'u str| match root_path {
        Some(_) => behind(path),
        None => Some(path),
    };
    match url.split_once("://") {
        Some((_, rest)) => below_root(behind(rest)?),
        None => match url.strip_prefix('/') {
            Some(path) => below_root(path),
            None => Some(url),
        },
    }
}

#[cfg(test)]
mod tests {
    use super::{climbed, relative};

    #[test]
    fn dots_climb_from_the_path_of_the_request() {
        let check = |base: &str, url: &str, expected: Option<&str>| {
            assert_eq!(climbed(base, url).as_deref(), expected, "{url} at {base}");
        };
        check("a(1)/b/$ref", "../../c(2)", Some("c(2)"));
        check("a(1)/b/$ref", "../c", Some("a(1)/c"));
        check("a(1)/b/$ref", "./../../c?x=../y", Some("c?x=../y"));
        check("a(1)/b/$ref", "../../../c", None);
        check("a", "./c(2)", Some("c(2)"));
        check("a", "../c(2)", None);
        check("", "../c", None);
        check("a/b", "c/../d", Some("c/../d"));
    }

    #[test]
    fn urls_are_relative_to_the_root_however_they_name_it() {
        let check = |root: &str, url: &str, expected: Option<&str>| {
            assert_eq!(relative(root, url), expected, "{url} at {root}");
        };
        for url in [
            "http://h/beta/a(1)",
            "https://other:8/v1.0/a(1)",
            "/beta/a(1)",
            "a(1)",
        ] {
            check("http://h/beta", url, Some("a(1)"));
        }
        for url in ["http://h/a(1)", "https://other:8/a(1)", "/a(1)", "a(1)"] {
            check("http://h", url, Some("a(1)"));
        }
        check("http://h/beta", "http://h/beta", None);
        check("http://h", "http://other", None);
    }
}
