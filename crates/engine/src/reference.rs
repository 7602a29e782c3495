//! `$ref`: where an entity lives, and the links between entities (OData 4.01 Protocol, sections
//! 11.2.8 and 11.4.6).

use std::sync::Arc;

use bytes::Bytes;
use edm::StructuredId;
use odata::Error;
use odata::json::{self, EntityPayload, Metadata, Node};
use odata::path::{PathKind, ResourcePath, Segment};
use store::{ColumnSet, Reader, Row, Transaction};

use crate::answer;
use crate::bind::{entity_of_url, referenced};
use crate::body;
use crate::context::Context;
use crate::core::Core;
use crate::create;
use crate::deep::{self, Told};
use crate::etag;
use crate::exchange::Response;
use crate::links::without_reference;
use crate::relate::Relation;
use crate::represent::{At, entity_url};
use crate::target::{Target, load, locate};

/// GET of a single `…/$ref`: where the entity lives.
pub(crate) fn get(context: &Context, reader: &mut dyn Reader) -> Result<Bytes, Error> {
    let (core, root) = (&context.core, context.root());
    let target = locate(core, reader, without_reference(&context.path.segments))?;
    let row = load(core, reader, &target)?;
    let key = core.key_of(target.of, &row);
    let mut out = vec![b'{'];
    if context.negotiated.style.metadata != Metadata::None {
        out.extend_from_slice(b"\"@odata.context\":");
        json::write_string(&mut out, &format!("{root}/$metadata#$ref"));
        out.push(b',');
    }
    out.extend_from_slice(b"\"@odata.id\":");
    let url = entity_url(core, target.of, &key, At::Itself(&context.place()));
    json::write_string(&mut out, &url);
    out.push(b'}');
    Ok(out.into())
}

/// POST to `…/$ref` of a collection: a body with `@odata.id` links an existing entity (204); a
/// whole object is made, as the service's documents show it (201).
pub(crate) async fn post(
    context: &Arc<Context>,
    of: StructuredId,
    node: Node,
) -> Result<Response, Error> {
    match json::read_reference(&node)? {
        Some(url) => link(context, url).await,
        None => create::entity(context, of, node).await,
    }
}

/// PUT to `…/$ref` of a single-valued navigation property: it leads to the entity that the body
/// names from then on (204).
pub(crate) async fn put(context: &Arc<Context>) -> Result<Response, Error> {
    let node = body::required(&context.request)?;
    let url = json::read_reference(&node)?.ok_or_else(|| {
        Error::bad_request("The body must be {\"@odata.id\": \"…\"}.").with_target("@odata.id")
    })?;
    link(context, url).await
}

async fn link(context: &Arc<Context>, url: String) -> Result<Response, Error> {
    context
        .write(move |context, transaction| {
            let refuse = |message: String| Error::bad_request(message).with_target("@odata.id");
            let owner = owner(context, transaction)?;
            let relation = owner.relation(context)?;
            let edit = context.edit();
            let navigation = &context.core.model.structured(relation.of).navigation[relation.index];
            let other = entity_of_url(&edit, transaction, &url, navigation.target)
                .map_err(|error| refuse(error.message))?;
            if relation.is_in_source(&context.core) {
                return point(context, transaction, &owner, Some(&other));
            }
            relation
                .link(&edit, transaction, &owner.row, &other)
                .map_err(|error| refuse(error.message))
        })
        .await?;
    Ok(answer::empty(&context.negotiated))
}

/// PUT to `…/$ref` of a collection: the entities that the body refers to are led to from then on,
/// and no others (204).
pub(crate) async fn replace(context: &Arc<Context>) -> Result<Response, Error> {
    let urls = json::read_references(body::required(&context.request)?)?;
    context
        .write(move |context, transaction| {
            let owner = owner(context, transaction)?;
            let relation = owner.relation(context)?;
            let (edit, target) = (context.edit(), &owner.target);
            deep::links(&edit, transaction, target, &relation, &owner.row, &urls)
        })
        .await?;
    Ok(answer::empty(&context.negotiated))
}

/// Adds, changes or removes a member of the collection of links that the path addresses.
///
/// # Errors
/// Those of the change.
pub(crate) fn change_linked(
    context: &Context,
    transaction: &mut dyn Transaction,
    payload: &EntityPayload,
) -> Result<Told, Error> {
    let owner = owner(context, transaction)?;
    let relation = owner.relation(context)?;
    let (edit, target) = (context.edit(), &owner.target);
    deep::change(&edit, transaction, target, &relation, &owner.row, payload)
}

/// DELETE of a link: `…/nav/$ref`, `…/nav/key/$ref`, `…/nav/$ref?$id=…` (204); of all links of a
/// collection if nothing says which.
pub(crate) async fn delete(context: &Arc<Context>) -> Result<Response, Error> {
    context
        .write(|context, transaction| {
            let owner = owner(context, transaction)?;
            let relation = owner.relation(context)?;
            let many = matches!(context.path.kind, PathKind::ReferenceCollection(_));
            if many && context.options.id.is_none() {
                let (edit, target) = (context.edit(), &owner.target);
                return deep::links(&edit, transaction, target, &relation, &owner.row, &[]);
            }
            if relation.is_in_source(&context.core) {
                return point(context, transaction, &owner, None);
            }
            let other = unlinked(context, transaction, &relation)?;
            relation.unlink(&context.edit(), transaction, &owner.row, &other)
        })
        .await?;
    Ok(answer::empty(&context.negotiated))
}

/// Whether the path ends with a navigation property that contains, in the model, an entity to which
/// its source only refers: by columns that are not its key. The entity has a collection of its own.
pub(crate) fn is_referred(core: &Core, path: &ResourcePath) -> bool {
    let Some(Segment::Navigation { of, index }) = path.segments.last() else {
        return false;
    };
    let navigation = &core.model.structured(*of).navigation[*index];
    let Some(map) = core.tables.navigation(&core.model, *of, *index) else {
        return false;
    };
    let mut tables = core.tables.iter();
    let refers = tables
        .find(|(_, table)| table.of == Some(*of))
        .is_some_and(|(_, source)| map.on.iter().all(|(_, from)| !source.key.contains(from)));
    navigation.contains_target && !navigation.collection && !map.on.is_empty() && refers
}

/// The entity whose link is removed: the one that `$id` or the path names.
fn unlinked(
    context: &Context,
    transaction: &mut dyn Transaction,
    relation: &Relation<'_>,
) -> Result<Row, Error> {
    let core = &context.core;
    if let Some(url) = &context.options.id {
        let of = core.model.structured(relation.of).navigation[relation.index].target;
        let segments =
            referenced(core, context.base(), url, of).map_err(|error| error.with_target("$id"))?;
        let target = locate(core, transaction, &segments)?;
        return load(core, transaction, &target);
    }
    let target = locate(core, transaction, without_reference(&context.path.segments))?;
    load(core, transaction, &target)
}

/// The entity whose links a path to `$ref` is about.
struct Owner {
    target: Target,
    row: Row,
    of: StructuredId,
    index: usize,
}

impl Owner {
    fn relation<'c>(&self, context: &'c Context) -> Result<Relation<'c>, Error> {
        Relation::new(&context.core, self.target.table, self.of, self.index)
    }
}

/// Finds the entity whose navigation property the path ends with, which the request's conditions
/// are about.
fn owner(context: &Context, transaction: &mut dyn Transaction) -> Result<Owner, Error> {
    let segments = without_reference(&context.path.segments);
    let at = segments
        .iter()
        .rposition(|segment| matches!(segment, Segment::Navigation { .. }))
        .ok_or_else(|| Error::bad_request("Only navigation properties have links."))?;
    let Some(Segment::Navigation { of, index }) = segments.get(at) else {
        return Err(Error::internal("a path without its navigation property"));
    };
    let before = segments.get(..at).unwrap_or_default();
    let target = locate(&context.core, transaction, before)?;
    let row = load(&context.core, transaction, &target)?;
    let table = context.core.tables.table(target.table);
    etag::check(&context.request.headers, table, &row)?;
    Ok(Owner {
        target,
        row,
        of: *of,
        index: *index,
    })
}

/// Lets a single-valued navigation property lead to an entity, or to none.
fn point(
    context: &Context,
    transaction: &mut dyn Transaction,
    owner: &Owner,
    other: Option<&Row>,
) -> Result<(), Error> {
    let core = &context.core;
    let relation = owner.relation(context)?;
    let mut new = owner.row.clone();
    let mut given = ColumnSet::default();
    relation.point(core, &mut new, other, &mut given)?;
    let target = Target {
        key: Some(core.tables.table(owner.target.table).key_of(&owner.row)),
        ..owner.target.clone()
    };
    let edit = context.edit();
    edit.write(transaction, &target, &owner.row, new, given)
        .map(|_| ())
}

/// Makes an entity where it lives and links it to the owner of the path.
pub(crate) fn make_linked(
    context: &Context,
    transaction: &mut dyn Transaction,
    payload: &EntityPayload,
) -> Result<Row, Error> {
    let owner = owner(context, transaction)?;
    let relation = owner.relation(context)?;
    let edit = context.edit();
    let home = Target::root(relation.map.table, payload.of, Some(owner.of));
    let made = edit.insert(transaction, &home, payload)?;
    relation.link(&edit, transaction, &owner.row, &made)?;
    Ok(made)
}
