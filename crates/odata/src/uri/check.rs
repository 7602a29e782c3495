//! What is legal on what: methods and query options, by the table of resources (OData 4.01
//! Protocol, section 11; URL Conventions, section 5.1).

use edm::{ItemType, Primitive, TypeRef};

use super::check_table::{
    APPLY, COMPUTE, COUNT, DELTA_TOKEN, EXPAND, FILTER, FORMAT, ID, INDEX, Kind, OPTIONS, ORDERBY,
    Options, Row, SCHEMA_VERSION, SEARCH, SELECT, SKIP, SKIP_TOKEN, TABLE, TOP, row as row_of,
};
use crate::expr::Step;
use crate::path::{PathKind, Resource, ResourcePath, Segment, Target};
use crate::query::{ExpandForm, ExpandItem, QueryOptions, SelectItem};
use crate::{Error, Methods};

/// Options of a collection in `$expand` or `$select`.
const NESTED_MANY: Options = FILTER | SEARCH | ORDERBY | SKIP | TOP | COUNT;

/// Whether the method and every query option are legal on the resource. HEAD is as GET. What the
/// model's annotations forbid, and what a service does not carry out, is not this function's
/// matter.
///
/// # Errors
/// 405 with the allowed methods; 400 naming the option and what it is legal on.
pub fn check(resource: &Resource, options: &QueryOptions, method: &str) -> Result<(), Error> {
    let kind = kind(resource);
    let row = row_of(kind);
    if !row.allow.split(", ").any(|allowed| allowed == method) {
        return Err(Error::method_not_allowed(
            row.allow,
            format!("The method {method} is not allowed on {}.", row.what),
        ));
    }
    let illegal = given(options) & !legal_options(resource, row, method);
    if let Some((bit, name)) = OPTIONS.iter().find(|(bit, _)| illegal & bit != 0) {
        return Err(not_legal(name, *bit, method, row));
    }
    check_id(kind, options, method)?;
    check_nested(options)
}

/// The methods that [`check`] lets pass on a resource.
#[must_use]
pub fn methods(resource: &Resource) -> Methods {
    Methods::listed(row_of(kind(resource)).allow)
}

/// What is legal on a kind of resource, for documents that describe the service.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Legal {
    /// The methods, such as `GET`.
    pub methods: Vec<&'static str>,
    /// The query options when it is read, with their `$`.
    pub read: Vec<&'static str>,
    /// The query options when it is written to.
    pub write: Vec<&'static str>,
}

/// What [`check`] lets pass on a kind of resource; the options of operations are those of what
/// they return.
#[must_use]
pub fn legal(kind: Kind) -> Legal {
    let row = row_of(kind);
    let named = |bits| {
        let options = OPTIONS.iter().filter(move |(bit, _)| bits & bit != 0);
        options.map(|(_, name)| *name).collect()
    };
    Legal {
        methods: row.allow.split(", ").collect(),
        read: named(row.read),
        write: named(row.write),
    }
}

/// The options that are legal: those of an operation are those of what it returns.
fn legal_options(resource: &Resource, row: &Row, method: &str) -> Options {
    if let Resource::Path(ResourcePath {
        kind: PathKind::Action(_) | PathKind::Function(_),
        target,
        ..
    }) = resource
    {
        return target.map_or(SCHEMA_VERSION, |target| row_of(returned(target)).read);
    }
    match method {
        "GET" | "HEAD" => row.read,
        "DELETE" => row.delete,
        _ => row.write,
    }
}

fn not_legal(name: &'static str, bit: Options, method: &str, row: &Row) -> Error {
    let on: Vec<_> = TABLE
        .iter()
        .filter(|row| row.read & bit != 0)
        .map(|row| row.what)
        .collect();
    let on = if on.is_empty() {
        "It is legal in requests that insert into an ordered collection.".to_owned()
    } else {
        format!("It is legal when reading {}.", on.join(", "))
    };
    Error::bad_request(format!(
        "The query option {name} is not legal for {method} of {}. {on}",
        row.what
    ))
    .with_target(name)
}

/// `$entity` is about the entity that `$id` names.
fn check_id(kind: Kind, options: &QueryOptions, method: &str) -> Result<(), Error> {
    if kind == Kind::EntityById && options.id.is_none() {
        return Err(Error::bad_request(format!(
            "{method} of $entity needs the query option $id: the entity's id."
        ))
        .with_target("$id"));
    }
    Ok(())
}

fn check_nested(options: &QueryOptions) -> Result<(), Error> {
    options.expand.iter().try_for_each(check_expanded)?;
    let selected = options.select.iter().flat_map(|select| &select.items);
    selected.into_iter().try_for_each(check_selected)
}

/// The options nested in `$expand`: those of one entity or of many (URL Conventions 5.1.3.1).
fn check_expanded(item: &ExpandItem) -> Result<(), Error> {
    let one = SELECT | EXPAND | COMPUTE;
    let legal = match (item.form, item.collection) {
        (ExpandForm::Entities, true) => NESTED_MANY | one | APPLY,
        (ExpandForm::Entities, false) => one,
        (ExpandForm::References, true) => NESTED_MANY,
        (ExpandForm::References, false) => 0,
        (ExpandForm::Count, _) => FILTER | SEARCH,
    };
    check_inside(
        legal,
        &item.options,
        "$expand of a navigation property that leads to one entity",
    )
}

/// The options nested in `$select`: those of one value or of many (URL Conventions 5.1.4).
fn check_selected(item: &SelectItem) -> Result<(), Error> {
    let one = SELECT | EXPAND | COMPUTE;
    let legal = match (item.path.ty.collection, item.path.ty.item) {
        (true, ItemType::Complex(_)) => NESTED_MANY | one,
        (true, _) => NESTED_MANY,
        (false, ItemType::Complex(_)) => one,
        (false, ItemType::Untyped) if is_dynamic(&item.path.steps) => NESTED_MANY | one,
        (false, _) => 0,
    };
    check_inside(legal, &item.options, "$select of a single value")
}

fn is_dynamic(steps: &[Step]) -> bool {
    matches!(steps.last(), Some(Step::Dynamic(_)))
}

fn check_inside(legal: Options, options: &QueryOptions, place: &str) -> Result<(), Error> {
    let illegal = given(options) & !legal;
    if let Some((_, name)) = OPTIONS.iter().find(|(bit, _)| illegal & bit != 0) {
        return Err(Error::bad_request(format!(
            "The query option {name} is not legal inside {place}."
        ))
        .with_target(*name));
    }
    check_nested(options)
}

fn given(options: &QueryOptions) -> Options {
    let bit = |present: bool, bit: Options| if present { bit } else { 0 };
    bit(options.filter.is_some(), FILTER)
        | bit(!options.orderby.is_empty(), ORDERBY)
        | bit(options.select.is_some(), SELECT)
        | bit(!options.expand.is_empty(), EXPAND)
        | bit(options.top.is_some(), TOP)
        | bit(options.skip.is_some(), SKIP)
        | bit(options.count, COUNT)
        | bit(options.skip_token.is_some(), SKIP_TOKEN)
        | bit(options.format.is_some(), FORMAT)
        | bit(!options.apply.is_empty(), APPLY)
        | bit(!options.compute.is_empty(), COMPUTE)
        | bit(options.search.is_some(), SEARCH)
        | bit(options.delta_token.is_some(), DELTA_TOKEN)
        | bit(options.id.is_some(), ID)
        | bit(options.index.is_some(), INDEX)
        | bit(options.schema_version.is_some(), SCHEMA_VERSION)
}

fn kind(resource: &Resource) -> Kind {
    let path = match resource {
        Resource::ServiceDocument => return Kind::ServiceDocument,
        Resource::Metadata => return Kind::Metadata,
        Resource::Batch => return Kind::Batch,
        Resource::EntityById { .. } => return Kind::EntityById,
        Resource::Path(path) => path,
    };
    let before_last = path.segments.iter().rev().nth(1);
    match (&path.kind, path.segments.last()) {
        (PathKind::EntityCollection(_), Some(Segment::Each)) => Kind::Each,
        (PathKind::EntityCollection(_), _) if is_filtered(&path.segments) => {
            Kind::FilteredCollection
        }
        (PathKind::EntityCollection(_), _) => Kind::EntityCollection,
        (PathKind::Entity(_), Some(Segment::Singleton(_))) => Kind::Singleton,
        (PathKind::Entity(_), _) => Kind::Entity,
        (PathKind::Property(ty), last) => property(ty, last),
        (PathKind::PropertyValue(_), _) => Kind::RawValue,
        (PathKind::Stream, Some(Segment::Property { .. })) => Kind::StreamProperty,
        (PathKind::Stream, _) => match before_last {
            Some(Segment::Property { .. }) => Kind::StreamProperty,
            _ => Kind::MediaStream,
        },
        (PathKind::Count, _) => Kind::Count,
        (PathKind::ReferenceCollection(_), _) => match before_last {
            Some(Segment::Navigation { .. }) => Kind::ReferenceCollection,
            _ => Kind::SetReferences,
        },
        (PathKind::Reference(_), _) => reference(&path.segments),
        (PathKind::Action(_), _) => Kind::Action,
        (PathKind::Function(_), _) => Kind::Function,
    }
}

/// Whether a collection is behind `/$filter(…)` or a function, and perhaps a cast.
fn is_filtered(segments: &[Segment]) -> bool {
    let mut behind = segments.iter().rev();
    matches!(
        behind.find(|segment| !matches!(segment, Segment::Cast(_))),
        Some(Segment::Filter(_) | Segment::Operation { .. })
    )
}

fn property(ty: &TypeRef, last: Option<&Segment>) -> Kind {
    if let Some(Segment::Index(_)) = last {
        return Kind::Member;
    }
    match (ty.item, ty.collection) {
        (ItemType::Complex(_), true) => Kind::Complexes,
        (_, true) => Kind::Primitives,
        (ItemType::Complex(_), false) => Kind::Complex,
        (_, false) => Kind::Primitive,
    }
}

/// Of a reference, what stands before `/$ref` says whether it can be set or removed.
fn reference(segments: &[Segment]) -> Kind {
    let before = segments.split_last().map_or(&[][..], |(_, rest)| rest);
    match before {
        [
            ..,
            Segment::Navigation { .. },
            Segment::Key(_) | Segment::AlternateKey(_),
        ] => Kind::MemberReference,
        [.., Segment::Navigation { .. }] => Kind::Reference,
        _ => Kind::EntityReference,
    }
}

/// The resource that the result of an operation is read like.
fn returned(target: Target) -> Kind {
    match (target.item, target.collection) {
        (ItemType::Entity(_), true) => Kind::EntityCollection,
        (ItemType::Entity(_), false) => Kind::Entity,
        (ItemType::Complex(_) | ItemType::Untyped, true) => Kind::Complexes,
        (ItemType::Complex(_) | ItemType::Untyped, false) => Kind::Complex,
        (ItemType::Primitive(Primitive::Stream), false) => Kind::StreamProperty,
        (_, true) => Kind::Primitives,
        (_, false) => Kind::Primitive,
    }
}
