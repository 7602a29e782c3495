//! References to values of earlier answers in the query part of a URL: `$filter=Building eq
//! $1/Building` (OData 4.01 Protocol, section 11.7.6). What stands there then is the literal of the
//! value that the answer shows, of the type that the model gives it.

use edm::Value;
use odata::json::{self, Node};
use odata::path::{PathKind, Resource};
use odata::{Error, ErrorCode, uri};

use crate::core::Core;

/// What `$` and a name mean in expressions whatever the requests are called.
const PREDEFINED: [&str; 5] = ["count", "it", "root", "these", "this"];

/// A reference in a query: where it stands, the request, and the properties behind it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Reference<'q> {
    start: usize,
    end: usize,
    pub(super) id: &'q str,
    /// Names with slashes between them; empty for the value itself.
    path: &'q str,
}

/// What may be references in a query: `$name` outside of quotes that is neither the name of a query
/// option nor a path segment.
pub(super) fn references(query: &str) -> Vec<Reference<'_>> {
    let mut found = Vec::new();
    let (mut at, mut quoted) = (0, false);
    while let Some(rest) = query.get(at..).filter(|rest| !rest.is_empty()) {
        let quote = ["'", "%27"]
            .into_iter()
            .find(|quote| rest.starts_with(quote));
        let dollar = ["$", "%24"]
            .into_iter()
            .find(|dollar| rest.starts_with(dollar));
        let is_segment = query.get(..at).is_some_and(|before| before.ends_with('/'));
        if let Some(quote) = quote {
            quoted = !quoted;
            at += quote.len();
            continue;
        }
        let reference = dollar
            .filter(|_| !quoted && !is_segment)
            .and_then(|dollar| {
                let rest = rest.get(dollar.len()..)?;
                reference(rest).map(|(id, path)| (dollar.len(), id, path))
            });
        match reference {
            Some((sign, id, path)) => {
                let slash = usize::from(!path.is_empty());
                let end = at + sign + id.len() + slash + path.len();
                found.push(Reference {
                    start: at,
                    end,
                    id,
                    path,
                });
                at = end;
            }
            None => at += rest.chars().next().map_or(1, char::len_utf8),
        }
    }
    found
}

/// The identifier and the path behind a `$`.
fn reference(rest: &str) -> Option<(&str, &str)> {
    let is_id = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '.' | '_' | '~');
    let (id, behind) = rest.split_at(rest.find(|c| !is_id(c)).unwrap_or(rest.len()));
    if id.is_empty() || PREDEFINED.contains(&id) || behind.starts_with(['=', '(']) {
        return None;
    }
    let is_name = |c: char| c.is_alphanumeric() || matches!(c, '_' | '/' | '.');
    let path = behind.strip_prefix('/').unwrap_or_default();
    let end = path.find(|c| !is_name(c)).unwrap_or(path.len());
    Some((id, path.get(..end)?))
}

/// The query with the literals that `literal` gives for the references of earlier requests; `None`
/// if it has none.
///
/// # Errors
/// What `literal` says.
pub(super) fn replaced<'q>(
    query: &'q str,
    literal: impl Fn(Reference<'q>) -> Result<Option<String>, Error>,
) -> Result<Option<String>, Error> {
    let mut out = String::new();
    let mut taken = 0;
    for reference in references(query) {
        if let Some(text) = literal(reference)? {
            out.push_str(query.get(taken..reference.start).unwrap_or_default());
            out.push_str(&text);
            taken = reference.end;
        }
    }
    if taken == 0 {
        return Ok(None);
    }
    out.push_str(query.get(taken..).unwrap_or_default());
    Ok(Some(out))
}

/// The literal of a value that an answer shows, percent-encoded: the answer is of the resource at
/// `path`.
///
/// # Errors
/// 400 if the answer does not show it, 501 for what is no primitive value.
pub(super) fn literal(
    core: &Core,
    path: &str,
    body: &[u8],
    reference: Reference<'_>,
) -> Result<String, Error> {
    let name = match reference.path {
        "" => format!("${}", reference.id),
        inner => format!("${}/{inner}", reference.id),
    };
    let unserved = || {
        let message =
            format!("'{name}' is not served: it refers to no primitive value of a property.");
        Error::new(ErrorCode::NotImplemented, message)
    };
    let url = match reference.path {
        "" => path.to_owned(),
        inner => format!("{path}/{inner}"),
    };
    let resource = uri::parse_request(&core.model, &core.limits, &url, None);
    let ty = match resource.map_err(|error| Error::bad_request(error.message))? {
        (Resource::Path(path), _) => match path.kind {
            PathKind::Property(ty) if !ty.collection && ty.item.structured().is_none() => ty,
            _ => return Err(unserved()),
        },
        _ => return Err(unserved()),
    };
    let names = match reference.path {
        "" => "value",
        inner => inner,
    };
    let inner = |node, name: &str| match node {
        Node::Object(members) => {
            let mut members = members.into_iter();
            members
                .find(|(known, _)| known == name)
                .map(|(_, node)| node)
        }
        _ => None,
    };
    let answer = json::parse(body).ok();
    let shown = answer.and_then(|answer| names.split('/').try_fold(answer, inner));
    let shown = shown.ok_or_else(|| {
        Error::bad_request(format!(
            "'{name}' refers to what the answer to the request '{}' does not show.",
            reference.id
        ))
    })?;
    match json::read_value(&core.model, &ty, shown)? {
        Value::Complex(_) | Value::Collection(_) | Value::Dynamic(_) => Err(unserved()),
        value => Ok(uri::encode_key(&value)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn references_stand_outside_of_quotes_and_names() {
        let check = |query: &str, expected: &[(&str, &str)]| {
            let found: Vec<_> = references(query).iter().map(|r| (r.id, r.path)).collect();
            assert_eq!(found, expected, "{query}");
        };
        check("$filter=a%20eq%20$1/b/c", &[("1", "b/c")]);
        check("$filter=a eq $1&$top=1", &[("1", "")]);
        check("%24filter=a eq %241/b", &[("1", "b")]);
        check("$filter=a in ($1/b,$x-2/c)", &[("1", "b"), ("x-2", "c")]);
        check("$filter=a eq '$1/b' or a eq 'it''s $1'", &[]);
        check("$filter=a eq %27$1/b%27 and c eq $2", &[("2", "")]);
        check(
            "$filter=$it/a eq $root/s(1)/b and c/$count gt 0 and $this lt 1",
            &[],
        );
        check("$expand=a($filter=b eq $1/c;$select=d)", &[("1", "c")]);
        check("$", &[]);
        check("é$é'", &[]);
    }

    #[test]
    fn what_is_no_reference_stays() {
        let check = |query: &str, expected: Option<&str>| {
            let literal = |r: Reference<'_>| Ok((r.id == "1").then(|| format!("<{}>", r.path)));
            let found = replaced(query, literal).expect("no literal fails");
            assert_eq!(found.as_deref(), expected, "{query}");
        };
        check(
            "$filter=a eq $1/b or c eq $2/d&e=$1",
            Some("$filter=a eq <b> or c eq $2/d&e=<>"),
        );
        check("$filter=a eq $2", None);
        check("", None);
    }
}
