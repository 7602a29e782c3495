//! What the standard allows and the engine does not carry out: refused by name, never ignored.

use edm::{ItemType, TypeRef};
use odata::path::{PathKind, Resource, ResourcePath, Target};
use odata::query::{ExpandItem, QueryOptions, SelectItem};
use odata::uri::{Legal, ResourceKind};
use odata::{Error, ErrorCode};

/// Whether a query option of the standard, with its `$`, is carried out on a kind of resource: no
/// collection but one of values has places.
fn is_served(option: &str, kind: ResourceKind) -> bool {
    option != "$index" || matches!(kind, ResourceKind::Complexes | ResourceKind::Primitives)
}

/// Refuses the query options that are legal on a resource and not served.
///
/// # Errors
/// 501 naming the option or item.
pub(crate) fn check(resource: &Resource, options: &QueryOptions) -> Result<(), Error> {
    if let Resource::Path(path) = resource {
        check_options(path, options)?;
    }
    check_any(options)
}

/// What is served on a kind of resource, for documents that describe the service.
pub(crate) fn legal(kind: ResourceKind) -> Legal {
    let mut legal = odata::uri::legal(kind);
    match kind {
        ResourceKind::Action => legal.write = vec!["$select", "$format"],
        ResourceKind::Function => legal.read = vec!["$format"],
        _ => {
            legal.read.retain(|option| is_served(option, kind));
            legal.write.retain(|option| is_served(option, kind));
        }
    }
    legal
}

/// Options that are served on other resources only.
fn check_options(path: &ResourcePath, options: &QueryOptions) -> Result<(), Error> {
    let entities = matches!(
        path.target,
        Some(Target {
            item: ItemType::Entity(_),
            ..
        })
    );
    let structured = entities
        || matches!(
            path.target,
            Some(Target {
                item: ItemType::Complex(_),
                ..
            })
        );
    let (picks, shapes, expands) = match path.kind {
        PathKind::EntityCollection(_) | PathKind::Entity(_) | PathKind::ReferenceCollection(_) => {
            (true, true, true)
        }
        PathKind::Action(_) | PathKind::Function(_) => (true, structured, entities),
        PathKind::Count => return Ok(()),
        PathKind::Property(TypeRef { collection, .. }) => (collection, structured, false),
        _ => (false, false, false),
    };
    // What changes the shape of rows is read as rows: it is not kept for other resources.
    let is_many = match path.kind {
        PathKind::EntityCollection(_) => true,
        PathKind::Function(_) => entities && path.target.is_some_and(|target| target.collection),
        _ => false,
    };
    let computes = is_many
        || match path.kind {
            PathKind::Entity(_) => true,
            PathKind::Function(_) => entities,
            _ => false,
        };
    let picked = [
        (options.filter.is_some(), "$filter"),
        (!options.orderby.is_empty(), "$orderby"),
        (options.top.is_some(), "$top"),
        (options.skip.is_some(), "$skip"),
        (options.count, "$count"),
        (options.skip_token.is_some(), "$skiptoken"),
    ];
    let given = picked
        .into_iter()
        .map(|(given, name)| (given && !picks, name));
    let shaped = [
        (!options.compute.is_empty() && !computes, "$compute"),
        (!options.apply.is_empty() && !is_many, "$apply"),
        (options.search.is_some() && !picks, "$search"),
    ];
    let values = matches!(path.kind, PathKind::Property(_));
    let others = [
        (options.skip_token.is_some() && values, "$skiptoken"),
        (options.index.is_some() && !values, "$index"),
        (options.select.is_some() && !shapes, "$select"),
        (!options.expand.is_empty() && !expands, "$expand"),
    ];
    match given.chain(shaped).chain(others).find(|(given, _)| *given) {
        Some((_, name)) => Err(unserved(name, &format!("{name} on this resource"))),
        None => Ok(()),
    }
}

/// Options, and items of them, that are served nowhere; nested ones included.
fn check_any(options: &QueryOptions) -> Result<(), Error> {
    let selected = options.select.iter().flat_map(|select| &select.items);
    selected.into_iter().try_for_each(check_selected)?;
    options.expand.iter().try_for_each(check_expanded)
}

fn check_expanded(item: &ExpandItem) -> Result<(), Error> {
    if !item.options.apply.is_empty() {
        return Err(unserved("$apply", "$apply in $expand"));
    }
    check_nested(&item.options)
}

fn check_selected(item: &SelectItem) -> Result<(), Error> {
    check_nested(&item.options)
}

fn check_nested(options: &QueryOptions) -> Result<(), Error> {
    if options.index.is_some() {
        return Err(unserved("$index", "$index in $select and $expand"));
    }
    check_any(options)
}

fn unserved(target: &str, what: &str) -> Error {
    let message = format!("{what} is not supported.");
    Error::new(ErrorCode::NotImplemented, message).with_target(target)
}
