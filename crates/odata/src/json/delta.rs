//! Delta payloads: the changes to a collection in one body (OData JSON Format 4.01, section 15;
//! Protocol 11.4.12).

use edm::{Model, StructuredId};

use super::control::{CONTENT_IDS, read_url, removal_of};
use super::fault::{Fallible, Fault};
use super::name::{Name, classify};
use super::read::{EntityPayload, Removal, RequestKind};
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

/// One change of a delta payload.
#[derive(Clone, Debug)]
pub enum DeltaItem {
    /// An entity that is added, changed or removed.
    Entity(EntityPayload),
    /// A link between two entities that is added or removed.
    Link(DeltaLink),
    /// An entity that cannot be understood, as far as it says which one it is.
    Faulty(EntityPayload, Error),
}

/// An added or deleted link (sections 15.4 and 15.5).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DeltaLink {
    /// Whether it is added.
    pub added: bool,
    /// The URL of the entity that it starts from.
    pub source: String,
    /// The path from there to the navigation property.
    pub relationship: String,
    /// The URL of the entity that it leads to; a deleted link of a single-valued navigation property
    /// needs none.
    pub target: Option<String>,
    /// What the client calls it in this request.
    pub content_id: Option<String>,
}

/// Binds a delta payload to the type of the collection's members, in document order. With `keep`,
/// entities that cannot be understood stay in it as faulty.
///
/// # Errors
/// 400 if it is none, and for every member as [`read_entity`](super::read_entity) says; the
/// target begins with `value/` and the member's position.
pub fn read_delta(
    model: &Model,
    expected: StructuredId,
    node: Node,
    keep: bool,
) -> Result<Vec<DeltaItem>, Error> {
    let reader = Reader {
        model,
        source: Source::Client,
    };
    delta(reader, expected, node, keep).map_err(Fault::into_error)
}

fn delta(
    reader: Reader<'_>,
    expected: StructuredId,
    node: Node,
    keep: bool,
) -> Fallible<Vec<DeltaItem>> {
    if !is_delta(&node) {
        return Err(Fault::new(
            "expected a delta payload with \"@odata.context\": \"#$delta\"",
        ));
    }
    let Node::Object(members) = node else {
        return Err(Fault::expected("an object", node.kind()));
    };
    let mut changes = None;
    for (name, node) in members {
        match (classify(&name), node) {
            (Name::Property("value"), Node::Array(items)) => {
                let read = items_of(reader, expected, items, keep);
                changes = Some(read.map_err(|fault| fault.at("value"))?);
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
    changes.ok_or_else(|| Fault::new("a delta payload needs this array").at("value"))
}

fn items_of(
    reader: Reader<'_>,
    expected: StructuredId,
    items: Vec<Node>,
    keep: bool,
) -> Fallible<Vec<DeltaItem>> {
    let mut changes = Vec::with_capacity(items.len());
    for (at, node) in items.into_iter().enumerate() {
        let named = keep.then(|| reader.named(expected, &node));
        let change = item(reader, expected, node).map_err(|fault| fault.at_index(at));
        changes.push(match (change, named) {
            (Ok(change), _) => change,
            (Err(fault), Some(named)) => DeltaItem::Faulty(named, fault.at("value").into_error()),
            (Err(fault), None) => return Err(fault),
        });
    }
    Ok(changes)
}

fn item(reader: Reader<'_>, expected: StructuredId, node: Node) -> Fallible<DeltaItem> {
    match fragment(&node) {
        Some("$link") => link(node, true).map(DeltaItem::Link),
        Some("$deletedLink") => link(node, false).map(DeltaItem::Link),
        Some("$deletedEntity") if !is_removed(&node) => {
            deleted(expected, node).map(DeltaItem::Entity)
        }
        _ => {
            let entity = reader.entity(expected, node, RequestKind::Delta)?;
            Ok(DeltaItem::Entity(entity))
        }
    }
}

/// What the context of an item ends in.
fn fragment(node: &Node) -> Option<&str> {
    let Node::Object(members) = node else {
        return None;
    };
    let context = members.iter().find_map(|(name, value)| match value {
        Node::String(context) if classify(name) == Name::Control("context") => Some(context),
        _ => None,
    });
    context?.rsplit(['#', '/']).next()
}

fn is_removed(node: &Node) -> bool {
    let Node::Object(members) = node else {
        return false;
    };
    let mut names = members.iter().map(|(name, _)| classify(name));
    names.any(|name| name == Name::Control("removed"))
}

fn link(node: Node, added: bool) -> Fallible<DeltaLink> {
    let Node::Object(members) = node else {
        return Err(Fault::expected("a link", node.kind()));
    };
    let (mut source, mut relationship, mut target, mut content_id) = (None, None, None, None);
    for (name, node) in members {
        let place = match name.as_str() {
            "source" => &mut source,
            "relationship" => &mut relationship,
            "target" => &mut target,
            name if CONTENT_IDS.contains(&name) => &mut content_id,
            name if matches!(classify(name), Name::Property(_)) => {
                return Err(Fault::new("a link has no such member").at(name));
            }
            _ => continue,
        };
        *place = Some(read_url(node).map_err(|fault| fault.at(&name))?);
    }
    let needed = |name: &str| Fault::new("a link needs it").at(name);
    if added && target.is_none() {
        return Err(needed("target"));
    }
    Ok(DeltaLink {
        added,
        source: source.ok_or_else(|| needed("source"))?,
        relationship: relationship.ok_or_else(|| needed("relationship"))?,
        target,
        content_id,
    })
}

/// A deleted entity as 4.0 writes it: `id` and `reason` are properties.
fn deleted(expected: StructuredId, node: Node) -> Fallible<EntityPayload> {
    let Node::Object(members) = node else {
        return Err(Fault::expected("a deleted entity", node.kind()));
    };
    let mut payload = EntityPayload {
        removed: Some(Removal::Changed),
        ..EntityPayload::empty(expected)
    };
    for (name, node) in members {
        match (name.as_str(), node) {
            ("id", node) => {
                payload.id = Some(read_url(node).map_err(|fault| fault.at("id"))?);
            }
            ("reason", Node::String(reason)) => {
                let removal = removal_of(&reason).map_err(|fault| fault.at("reason"))?;
                payload.removed = Some(removal);
            }
            _ => {}
        }
    }
    match payload.id {
        Some(_) => Ok(payload),
        None => Err(Fault::new("a deleted entity needs it").at("id")),
    }
}

impl Reader<'_> {
    /// What an item says of which entity it means, as far as that can be understood.
    fn named(self, expected: StructuredId, node: &Node) -> EntityPayload {
        let mut named = EntityPayload::empty(expected);
        let Node::Object(members) = node else {
            return named;
        };
        let ty = self.model.structured(expected);
        for (name, node) in members {
            match (classify(name), node) {
                (Name::Control("id"), Node::String(id)) => named.id = Some(id.clone()),
                (Name::Control("removed"), _) => named.removed = Some(Removal::Changed),
                (Name::Ignored, Node::String(id)) if CONTENT_IDS.contains(&name.as_str()) => {
                    named.content_id = Some(id.clone());
                }
                (Name::Property(property), node) => {
                    let ordinal = ty.property(property).filter(|o| ty.key.contains(o));
                    if let Some(ordinal) = ordinal
                        && let Ok(value) = self.value(&ty.properties[ordinal].ty, node.clone())
                    {
                        named.values.push((ordinal, value));
                    }
                }
                _ => {}
            }
        }
        named
    }
}

#[cfg(test)]
mod tests;
