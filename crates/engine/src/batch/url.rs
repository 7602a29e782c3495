//! The URL of a request inside a batch (OData 4.01 Protocol, section 11.7.7.1; JSON Format, section
//! 19.1): absolute, an absolute path, or relative to the service root.

use odata::Error;

/// The path behind the service root and the query. `slash_is_root`: a path that begins with a slash
/// and is not under the service root is relative to it.
///
/// # Errors
/// 400 for a URL outside of the service.
pub(super) fn resolve<'u>(
    service_root: &str,
    url: &'u str,
    slash_is_root: bool,
) -> Result<(&'u str, Option<&'u str>), Error> {
    let url = url.split('#').next().unwrap_or("");
    let outside = || {
        Error::bad_request(format!(
            "The URL '{url}' is not one of this service, whose root is {service_root}."
        ))
        .with_target("url")
    };
    let root = path_of(service_root).unwrap_or("");
    let relative = match path_of(url) {
        Some(path) => behind(root, path).ok_or_else(outside)?,
        None => match url.strip_prefix('/') {
            None => url,
            Some(rest) => match behind(root, url) {
                Some(rest) => rest,
                None if slash_is_root => rest,
                None => return Err(outside()),
            },
        },
    };
    let (path, query) = match relative.split_once('?') {
        Some((path, query)) => (path, Some(query)),
        None => (relative, None),
    };
    Ok((path, query))
}

/// The path of an absolute URL, from its slash on. Clients name the service by any host it has:
/// only the path counts.
fn path_of(url: &str) -> Option<&str> {
    let (scheme, rest) = url.split_once("://")?;
    if scheme.is_empty() || !scheme.bytes().all(|b| b.is_ascii_alphanumeric()) {
        return None;
    }
    let end = rest.find(['/', '?']).unwrap_or(rest.len());
    rest.get(end..)
}

/// What follows the root in a path, without the slash between them.
fn behind<'p>(root: &str, path: &'p str) -> Option<&'p str> {
    let rest = path.strip_prefix(root)?;
    match rest.strip_prefix('/') {
        Some(relative) => Some(relative),
        None if rest.is_empty() || rest.starts_with('?') => Some(rest),
        None => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn three_forms_lead_to_one() {
        let check =
            |root: &str, url: &str, lenient: bool, expected: Option<(&str, Option<&str>)>| {
                let found = resolve(root, url, lenient).ok();
                assert_eq!(found, expected, "{url} under {root}");
            };
        let graph = "http://h:1/beta";
        let x = Some(("x/y", None));
        check(graph, "x/y", true, x);
        check(graph, "/x/y", true, x);
        check(graph, "/beta/x/y", true, x);
        check(graph, "https://other/beta/x/y#f", true, x);
        check(
            graph,
            "x?$filter=a eq 'b://c'",
            true,
            Some(("x", Some("$filter=a eq 'b://c'"))),
        );
        check(graph, "/beta?a=b", true, Some(("", Some("a=b"))));
        check(graph, "/betax", true, Some(("betax", None)));
        check(graph, "https://other/v1.0/x", true, None);
        check(graph, "https://other", true, None);
        check(graph, "/x/y", false, None);
        check(graph, "/beta/x/y", false, x);
        let rooted = "http://h:1";
        check(rooted, "/x/y", false, x);
        check(rooted, "x/y", false, x);
        check(rooted, "http://h:1/x/y", false, x);
        check(rooted, "http://h:1", false, Some(("", None)));
        check(rooted, "http://h:1?a", false, Some(("", Some("a"))));
    }
}
