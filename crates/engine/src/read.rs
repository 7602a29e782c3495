//! GET: entities, collections by pages, counts.

use bytes::Bytes;
use odata::path::ResourcePath;
use odata::query::QueryOptions;
use odata::{Error, json};
use store::page::fingerprint;
use store::{Reader, Select};

use crate::access::Permit;
use crate::core::Core;
use crate::exchange::Request;
use crate::expand::{self, Expanded};
use crate::links::{self, Place};
use crate::negotiate::Negotiated;
use crate::page::Page;
use crate::represent::Representation;
use crate::target::{Target, load, locate};

/// An entity with its context.
pub(crate) fn entity(
    core: &Core,
    reader: &mut dyn Reader,
    request: &Request,
    path: &ResourcePath,
    options: &QueryOptions,
    permit: Permit,
) -> Result<Bytes, Error> {
    let target = locate(core, reader, &path.segments)?;
    let row = load(core, reader, &target)?;
    let mut out = Vec::with_capacity(1024);
    open(core, request, path, true, &mut out);
    out.push(b',');
    let representation = Representation::new(core, target.table, target.of, options, false);
    representation.members_of_row(&mut out, &row)?;
    let place = Place::of(core, request, path);
    for item in &options.expand {
        let from = [(expand::sources_of_row(core, item, &row)?, place.clone())];
        Expanded::read(core, reader, item, &from, permit)?.write(0, &mut out);
    }
    out.push(b'}');
    Ok(out.into())
}

/// `{"@odata.context":"…"`.
pub(crate) fn open(
    core: &Core,
    request: &Request,
    path: &ResourcePath,
    entity: bool,
    out: &mut Vec<u8>,
) {
    let select = links::select_text(request.query.as_deref());
    out.extend_from_slice(b"{\"@odata.context\":");
    json::write_string(
        out,
        &links::context(core, request, path, select.as_deref(), entity),
    );
}

/// The number of a collection's rows, as text.
pub(crate) fn count(
    core: &Core,
    reader: &mut dyn Reader,
    path: &ResourcePath,
    options: &QueryOptions,
    _permit: Permit,
) -> Result<Bytes, Error> {
    let segments = path.segments.split_last().map_or(&[][..], |(_, rest)| rest);
    let target = locate(core, reader, segments)?;
    let select = conditions(core, &target, options);
    Ok(reader.count(&select)?.to_string().into())
}

/// The conditions of a collection, without order and page.
pub(crate) fn conditions<'a>(
    core: &Core,
    target: &Target,
    options: &'a QueryOptions,
) -> Select<'a> {
    let mut select = Select::all(target.table, 0);
    select.fixed = target.fixed.clone();
    select.filter = options.filter.as_ref();
    select.today = core.today();
    select
}

/// How many rows this page has.
fn page_size(core: &Core, options: &QueryOptions, negotiated: &Negotiated) -> u64 {
    let profile = core.service.profile();
    let asked = match (options.top, negotiated.max_page_size) {
        (Some(top), Some(max)) => Some(top.min(max)),
        (top, max) => top.or(max),
    };
    asked
        .unwrap_or(profile.page_size)
        .min(profile.max_page_size)
}

/// A page of a collection.
pub(crate) fn collection(
    core: &Core,
    reader: &mut dyn Reader,
    request: &Request,
    path: &ResourcePath,
    options: &QueryOptions,
    negotiated: &Negotiated,
    permit: Permit,
) -> Result<Bytes, Error> {
    let target = locate(core, reader, &path.segments)?;
    let mut out = Vec::with_capacity(16 * 1024);
    open(core, request, path, false, &mut out);
    if options.count {
        let total = reader.count(&conditions(core, &target, options))?;
        out.extend_from_slice(format!(",\"@odata.count\":{total}").as_bytes());
    }
    let size = page_size(core, options, negotiated);
    let place = Place::of(core, request, path);
    let page = Page {
        target: &target,
        options,
        size,
        query: query_of(&place.path, options),
    };
    out.extend_from_slice(b",\"value\"");
    let token = page.write(core, reader, &place, permit, &mut out)?;
    if let Some(token) = token {
        out.extend_from_slice(b",\"@odata.nextLink\":");
        let size = negotiated.max_page_size.map(|_| size);
        json::write_string(&mut out, &links::next_link(request, &token, size));
    }
    out.push(b'}');
    Ok(out.into())
}

/// What a page token is bound to: the collection, its filter and its order.
pub(crate) fn query_of(path: &str, options: &QueryOptions) -> u64 {
    fingerprint(&[path, &format!("{:?}{:?}", options.filter, options.orderby)])
}
