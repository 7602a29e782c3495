//! Control information of entities in requests, and URLs of entities (OData JSON Format 4.01,
//! sections 4.5, 8.5 and 15).

use edm::{NavigationProperty, StructuredType};

use super::fault::{Fallible, Fault};
use super::read::{EntityPayload, Removal, RequestKind};
use super::read_primitive::refuse_nul;
use super::tree::Node;

/// The annotation `Core.ContentID`, by its own name and by the vocabulary's alias.
pub(super) const CONTENT_IDS: [&str; 2] = ["@Org.OData.Core.V1.ContentID", "@Core.ContentID"];

/// Control information about the entity. What a service only ever tells (links, counts, the
/// context) and what we do not know is ignored, as the standard asks (section 4.6).
pub(super) fn read_control(
    payload: &mut EntityPayload,
    control: &str,
    node: Node,
    kind: RequestKind,
) -> Fallible<()> {
    match control {
        "id" => {
            let id = read_url(node)?;
            if payload.id.replace(id).is_some() {
                return Err(Fault::new("given twice"));
            }
            Ok(())
        }
        "removed" if kind == RequestKind::Delta => {
            payload.removed = Some(read_removal(&node)?);
            Ok(())
        }
        "etag" => {
            // What is no text is none; only an update looks at it.
            if let Node::String(etag) = node {
                payload.etag = Some(etag);
            }
            Ok(())
        }
        "removed" => Err(Fault::new("allowed only among the members of a delta")),
        "context" if kind == RequestKind::Delta => refuse_link(&node),
        _ => Ok(()),
    }
}

/// `{"reason": "changed"}` or `{"reason": "deleted"}` (section 15.3).
fn read_removal(node: &Node) -> Fallible<Removal> {
    let Node::Object(members) = node else {
        return Err(Fault::expected("an object with a reason", node.kind()));
    };
    match members.iter().find(|(name, _)| name == "reason") {
        None => Ok(Removal::Changed),
        Some((_, Node::String(reason))) => removal_of(reason).map_err(|f| f.at("reason")),
        Some(_) => Err(Fault::new("must be 'changed' or 'deleted'").at("reason")),
    }
}

/// The reason of a removal by its name.
pub(super) fn removal_of(reason: &str) -> Fallible<Removal> {
    match reason {
        "changed" => Ok(Removal::Changed),
        "deleted" => Ok(Removal::Deleted),
        _ => Err(Fault::new("must be 'changed' or 'deleted'")),
    }
}

/// `@Core.ContentID`: text, or a number as some write it.
pub(super) fn read_content_id(node: Node) -> Fallible<Option<String>> {
    match node {
        Node::Null => Ok(None),
        Node::String(id) => refuse_nul(&id).map(|()| Some(id)),
        Node::Integer(id) => Ok(Some(id.to_string())),
        other => Err(Fault::expected("a string", other.kind())),
    }
}

/// A member of a nested delta is no link and no delta (Protocol, section 11.4.3.1).
fn refuse_link(node: &Node) -> Fallible<()> {
    let fragment = match node {
        Node::String(context) => context.rsplit(['#', '/']).next().unwrap_or_default(),
        _ => "",
    };
    if matches!(fragment, "$link" | "$deletedLink" | "$delta") {
        return Err(Fault::new(format!("{fragment} is not allowed here")));
    }
    Ok(())
}

pub(super) fn find_navigation<'t>(
    ty: &'t StructuredType,
    name: &str,
) -> Fallible<(usize, &'t NavigationProperty)> {
    let index = ty
        .navigation_property(name)
        .ok_or_else(|| Fault::new(format!("{} has no such navigation property", ty.name)))?;
    Ok((index, &ty.navigation[index]))
}

/// `nav@odata.bind` (section 8.5): a URL, or for a collection an array of them.
pub(super) fn read_binding(navigation: &NavigationProperty, node: Node) -> Fallible<Vec<String>> {
    match node {
        Node::Array(items) if navigation.collection => {
            let mut urls = Vec::with_capacity(items.len());
            for (at, item) in items.into_iter().enumerate() {
                urls.push(read_url(item).map_err(|f| f.at_index(at))?);
            }
            Ok(urls)
        }
        other if navigation.collection => Err(Fault::expected("an array of URLs", other.kind())),
        Node::Null if navigation.nullable => Ok(Vec::new()),
        other => Ok(vec![read_url(other)?]),
    }
}

/// The URL of an entity, which is not resolved here.
pub(super) fn read_url(node: Node) -> Fallible<String> {
    match node {
        Node::String(url) if url.is_empty() => Err(Fault::new("the URL is empty")),
        Node::String(url) => refuse_nul(&url).map(|()| url),
        other => Err(Fault::expected("the URL of an entity", other.kind())),
    }
}

/// A single-valued navigation property cannot lead to two entities.
pub(super) fn refuse_two_targets(ty: &StructuredType, payload: &EntityPayload) -> Fallible<()> {
    for (index, _) in &payload.nested {
        let navigation = &ty.navigation[*index];
        if !navigation.collection && payload.bindings.iter().any(|(other, _)| other == index) {
            return Err(Fault::new("both bound and nested").at(&navigation.name));
        }
    }
    Ok(())
}
