//! Delta payloads: the changes to a collection in one body (OData JSON Format 4.01, section 15;
//! Protocol 11.4.12).

use edm::{Model, StructuredId};

use super::fault::{Fallible, Fault};
use super::name::{Name, classify};
use super::read::{EntityPayload, RequestKind};
use super::read_value::{Reader, Source};
use super::tree::Node;
use crate::Error;

/// Whether a body is a delta payload: its context is `#$delta` or ends in it.
#[must_use]
pub fn is_delta(node: &Node) -> bool {
    let Node::Object(members) = node else {
        return false;
    };
    members.iter().any(|(name, value)| match value {
        Node::String(context) => {
            classify(name) == Name::Control("context")
                && (context.ends_with("#$delta") || context.ends_with("/$delta"))
        }
        _ => false,
    })
}

/// Binds a delta payload to the type of the collection's members, in document order.
///
/// # Errors
/// 400 if it is none, and for every member as [`read_entity`](super::read_entity) says; the
/// target begins with `value/` and the member's position.
pub fn read_delta(
    model: &Model,
    expected: StructuredId,
    node: Node,
) -> Result<Vec<EntityPayload>, Error> {
    delta(
        Reader {
            model,
            source: Source::Client,
        },
        expected,
        node,
    )
    .map_err(Fault::into_error)
}

fn delta(reader: Reader<'_>, expected: StructuredId, node: Node) -> Fallible<Vec<EntityPayload>> {
    if !is_delta(&node) {
        return Err(Fault::new(
            "expected a delta payload with \"@odata.context\": \"#$delta\"",
        ));
    }
    let Node::Object(members) = node else {
        return Err(Fault::expected("an object", node.kind()));
    };
    let mut entities = None;
    for (name, node) in members {
        match (classify(&name), node) {
            (Name::Property("value"), Node::Array(items)) => {
                let read = reader.entities(expected, items, RequestKind::Delta);
                entities = Some(read.map_err(|fault| fault.at("value"))?);
            }
            (Name::Property("value"), other) => {
                return Err(Fault::expected("an array", other.kind()).at("value"));
            }
            (Name::Property(_), _) => {
                return Err(Fault::new("a delta payload has no such member").at(&name));
            }
            _ => {}
        }
    }
    entities.ok_or_else(|| Fault::new("a delta payload needs this array").at("value"))
}

#[cfg(test)]
mod tests;
