//! References to entities (OData JSON Format 4.01, section 14).

use super::fault::Fault;
use super::name::{Name, classify};
use super::read::read_url;
use super::tree::Node;
use crate::Error;

/// The URL in the body of a request to `/$ref`: `{"@odata.id": "…"}`, in 4.01 `{"@id": "…"}`.
/// `None` if the body is no reference: it has no id, or properties beside it and so is an entity.
///
/// # Errors
/// 400 if it is no object, or its id no URL.
pub fn read_reference(node: &Node) -> Result<Option<String>, Error> {
    let Node::Object(members) = node else {
        let fault = Fault::expected("an object with '@odata.id'", node.kind());
        return Err(fault.into_error());
    };
    let mut url = None;
    let mut has_properties = false;
    for (name, value) in members {
        match classify(name) {
            Name::Control("id") if url.is_some() => {
                return Err(Fault::new("given twice").at(name).into_error());
            }
            Name::Control("id") => {
                let read = read_url(value.clone());
                url = Some(read.map_err(|fault| fault.at(name).into_error())?);
            }
            Name::Property(_) | Name::PropertyControl(_, "bind") => has_properties = true,
            _ => {}
        }
    }
    Ok(url.filter(|_| !has_properties))
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
