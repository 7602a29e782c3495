//! GET: entities, collections by pages, counts.

use bytes::Bytes;
use odata::query::QueryOptions;
use odata::{Error, json};
use store::page::fingerprint;
use store::{Reader, Select};

use crate::context::Context;
use crate::core::Core;
use crate::expand::{self, Expanded};
use crate::links;
use crate::page::Page;
use crate::represent::Representation;
use crate::target::{Target, load, locate};

/// An entity with its context.
pub(crate) fn entity(context: &Context, reader: &mut dyn Reader) -> Result<Bytes, Error> {
    let (core, options) = (&context.core, &context.options);
    let target = locate(core, reader, &context.path.segments)?;
    let row = load(core, reader, &target)?;
    let mut out = Vec::with_capacity(1024);
    open(context, true, &mut out);
    out.push(b',');
    let representation = Representation::new(core, target.table, target.of, options, false);
    representation.members_of_row(&mut out, &row)?;
    for item in &options.expand {
        let from = [(expand::sources_of_row(core, item, &row)?, context.place())];
        Expanded::read(core, reader, item, &from, context.permit)?.write(0, &mut out);
    }
    out.push(b'}');
    Ok(out.into())
}

/// `{"@odata.context":"…"`.
pub(crate) fn open(context: &Context, entity: bool, out: &mut Vec<u8>) {
    out.extend_from_slice(b"{\"@odata.context\":");
    json::write_string(out, &context.context_url(entity));
}

/// The number of a collection's rows, as text.
pub(crate) fn count(context: &Context, reader: &mut dyn Reader) -> Result<Bytes, Error> {
    let segments = context
        .path
        .segments
        .split_last()
        .map_or(&[][..], |(_, rest)| rest);
    let target = locate(&context.core, reader, segments)?;
    let select = conditions(&context.core, &target, &context.options);
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
fn page_size(context: &Context) -> u64 {
    let profile = context.core.service.profile();
    let asked = match (context.options.top, context.negotiated.max_page_size) {
        (Some(top), Some(max)) => Some(top.min(max)),
        (top, max) => top.or(max),
    };
    asked
        .unwrap_or(profile.page_size)
        .min(profile.max_page_size)
}

/// A page of a collection.
pub(crate) fn collection(context: &Context, reader: &mut dyn Reader) -> Result<Bytes, Error> {
    let (core, options) = (&context.core, &context.options);
    let target = locate(core, reader, &context.path.segments)?;
    let mut out = Vec::with_capacity(16 * 1024);
    open(context, false, &mut out);
    if options.count {
        let total = reader.count(&conditions(core, &target, options))?;
        out.extend_from_slice(format!(",\"@odata.count\":{total}").as_bytes());
    }
    let (size, place) = (page_size(context), context.place());
    let query = query_of(&place.path, options);
    let page = Page {
        target: &target,
        options,
        size,
        query,
    };
    out.extend_from_slice(b",\"value\"");
    let token = page.write(core, reader, &place, context.permit, &mut out)?;
    if let Some(token) = token {
        out.extend_from_slice(b",\"@odata.nextLink\":");
        let size = context.negotiated.max_page_size.map(|_| size);
        json::write_string(&mut out, &links::next_link(&context.request, &token, size));
    }
    out.push(b'}');
    Ok(out.into())
}

/// What a page token is bound to: the collection, its filter and its order.
pub(crate) fn query_of(path: &str, options: &QueryOptions) -> u64 {
    fingerprint(&[path, &format!("{:?}{:?}", options.filter, options.orderby)])
}
