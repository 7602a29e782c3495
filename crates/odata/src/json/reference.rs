//! References to entities (OData JSON Format 4.01, section 14).

use super::control::read_url;
use super::fault::{Fallible, Fault};
use super::name::{Name, classify};
use super::tree::Node;
use crate::Error;

/// The URL in the body of a request to `/$ref`: `{"@odata.id": "…"}`, in 4.01 `{"@id": "…"}`.
/// `None` if the body is no reference: it has no id, or properties beside it and so is an entity.
///
/// # Errors
/// 400 if it is no object, or its id no URL.
pub fn read_reference(node: &Node) -> Result<Option<String>, Error> {
    reference(node).map_err(Fault::into_error)
}

fn reference(node: &Node) -> Fallible<Option<String>> {
    let Node::Object(members) = node else {
        return Err(Fault::expected("an object with '@odata.id'", node.kind()));
    };
    let mut url = None;
    let mut has_properties = false;
    for (name, value) in members {
        match classify(name) {
            Name::Control("id") if url.is_some() => {
                return Err(Fault::new("given twice").at(name));
            }
            Name::Control("id") => {
                let read = read_url(value.clone());
                url = Some(read.map_err(|fault| fault.at(name))?);
            }
            Name::Property(_) | Name::PropertyControl(_, "bind") => has_properties = true,
            _ => {}
        }
    }
    Ok(url.filter(|_| !has_properties))
}

/// The URLs in the body of a PUT to the references of a collection, in the form in which a GET
/// answers them: `{"value": [{"@odata.id": "…"}, …]}` (Protocol, section 11.4.6.4).
///
/// # Errors
/// 400 if it is anything else.
pub fn read_references(node: Node) -> Result<Vec<String>, Error> {
    references(node).map_err(Fault::into_error)
}

fn references(node: Node) -> Fallible<Vec<String>> {
    let Node::Object(members) = node else {
        return Err(Fault::expected("an object with 'value'", node.kind()));
    };
    let mut urls = None;
    for (name, node) in members {
        match (classify(&name), node) {
            (Name::Property("value"), Node::Array(items)) => {
                let mut read = Vec::with_capacity(items.len());
                for (at, item) in items.iter().enumerate() {
                    let needed = || Fault::new("must be {\"@odata.id\": \"…\"}");
                    let url = reference(item).and_then(|url| url.ok_or_else(needed));
                    read.push(url.map_err(|fault| fault.at_index(at).at("value"))?);
                }
                urls = Some(read);
            }
            (Name::Property("value"), other) => {
                return Err(Fault::expected("an array", other.kind()).at("value"));
            }
            (Name::Property(_), _) => {
                return Err(Fault::new("a collection of references has no such member").at(&name));
            }
            _ => {}
        }
    }
    urls.ok_or_else(|| Fault::new("a collection of references needs this array").at("value"))
}

#[cfg(test)]
mod tests {
    use super::super::tree::parse;
    use super::*;

    #[test]
    fn references_are_told_from_entities() {
        let check = |body: &str, expected: Result<Option<&str>, Option<&str>>| {
            let found = read_reference(&parse(body.as_bytes()).expect("the case is JSON"));
            let found = found
                .as_ref()
                .map(|url| url.as_deref())
                .map_err(|e| e.target.as_deref());
            assert_eq!(found, expected, "{body}");
        };
        check(r#"{"@odata.id": "states('1')"}"#, Ok(Some("states('1')")));
        check(
            r#"{"@id": "states/1", "@odata.context": "$metadata#x"}"#,
            Ok(Some("states/1")),
        );
        check(r#"{}"#, Ok(None));
        check(r#"{"id": "1"}"#, Ok(None));
        check(r#"{"@odata.id": "states/1", "runState": "fail"}"#, Ok(None));
        check(r#"{"@odata.id": 1}"#, Err(Some("@odata.id")));
        check(r#"{"@odata.id": ""}"#, Err(Some("@odata.id")));
        check(r#"{"@odata.id": "a\u0000"}"#, Err(Some("@odata.id")));
        check(r#"{"@odata.id": "a", "@id": "b"}"#, Err(Some("@id")));
        check("[]", Err(None));
        check("null", Err(None));
    }
}
