//! GET: entities, collections by pages, counts.

use bytes::Bytes;
use odata::json;
use odata::path::Segment;
use odata::query::{ExpandForm, QueryOptions};
use odata::{Error, ErrorCode};
use store::page::fingerprint;
use store::{Reader, Select};

use crate::aggregate;
use crate::answer::{self, representation};
use crate::context::Context;
use crate::core::Core;
use crate::delta;
use crate::etag;
use crate::exchange::Response;
use crate::links::{self, without_reference};
use crate::page::Page;
use crate::prefer::Preferences;
use crate::property;
use crate::represent::{count_member, of_collection};
use crate::target::{Target, cast_filter, load, locate, locate_filtered};

/// An entity with its context, and its tag.
pub(crate) fn entity(
    context: &Context,
    reader: &mut dyn Reader,
) -> Result<(Bytes, Option<String>), Error> {
    let core = &context.core;
    let target = locate(core, reader, &context.path.segments)?;
    let row = load(core, reader, &target)?;
    let tag = etag::of_row(core.tables.table(target.table), &row);
    let place = context.place();
    let body = representation(
        context,
        Some(reader),
        (target.table, target.of, &row),
        &place,
    )?;
    Ok((body, tag))
}

/// Whether a path ends with a single-valued navigation property that leads to nothing, of an entity
/// that is there: an answer without content, not a resource that is missing (OData 4.01 Protocol,
/// section 11.2.5).
pub(crate) fn leads_nowhere(context: &Context, reader: &mut dyn Reader) -> Result<bool, Error> {
    let core = &context.core;
    let segments = without_reference(&context.path.segments);
    let Some((Segment::Navigation { of, index }, source)) = segments.split_last() else {
        return Ok(false);
    };
    let navigation = &core.model.structured(*of).navigation[*index];
    if navigation.collection || navigation.contains_target || !navigation.nullable {
        return Ok(false);
    }
    let target = match locate(core, reader, source) {
        Ok(target) => target,
        Err(error) if error.code == ErrorCode::ResourceNotFound => return Ok(false),
        Err(error) => return Err(error),
    };
    match load(core, reader, &target) {
        Ok(_) => Ok(true),
        Err(error) if error.code == ErrorCode::ResourceNotFound => Ok(false),
        Err(error) => Err(error),
    }
}

/// `{"@odata.context":"…"`, or only the brace where no metadata is wanted. Answers whether a
/// member was written.
pub(crate) fn open(context: &Context, entity: bool, out: &mut Vec<u8>) -> bool {
    out.push(b'{');
    if context.negotiated.style.metadata == json::Metadata::None {
        return false;
    }
    out.extend_from_slice(b"\"@odata.context\":");
    json::write_string(out, &context.context_url(entity));
    true
}

/// The number of a collection's rows, as text.
pub(crate) fn count(context: &Context, reader: &mut dyn Reader) -> Result<Bytes, Error> {
    if context.tracking.changes {
        return delta::count(context, reader);
    }
    let segments = context
        .path
        .segments
        .split_last()
        .map_or(&[][..], |(_, rest)| rest);
    if segments
        .iter()
        .any(|s| matches!(s, Segment::Property { .. }))
    {
        return property::count(context, reader);
    }
    let target = locate_filtered(&context.core, reader, segments)?;
    if !context.options.apply.is_empty() {
        let total = aggregate::count(&context.core, reader, &target, &context.options)?;
        return Ok(total.to_string().into());
    }
    let select = conditions(&context.core, &target, &context.options);
    Ok(reader.count(&select)?.to_string().into())
}

/// The conditions of a collection, without order and page.
pub(crate) fn conditions<'a>(
    core: &Core,
    target: &'a Target,
    options: &'a QueryOptions,
) -> Select<'a> {
    let mut select = Select::all(target.table, 0);
    select.fixed = target.fixed.clone();
    select.linked = target.linked.as_ref();
    select.of = cast_filter(core, target.table, target.of);
    select.filter = target.filters.iter().chain(&options.filter).collect();
    select.search = options.search.as_ref();
    select.compute = options.compute.iter().collect();
    select.now = core.clock.now();
    select.today = core.today();
    select
}

/// How many rows this page has.
pub(crate) fn page_size(context: &Context) -> u64 {
    let profile = context.core.service.profile();
    let asked = match (context.options.top, context.negotiated.max_page_size) {
        (Some(top), Some(max)) => Some(top.min(max)),
        (top, max) => top.or(max),
    };
    asked
        .unwrap_or(profile.page_size)
        .min(profile.max_page_size)
}

/// The `$top` of the next page; `None` if there is none, since `$top` was reached.
#[expect(clippy::option_option, reason = "no next page, or one without $top")]
pub(crate) fn next_top(context: &Context, size: u64) -> Option<Option<u64>> {
    let asked = context.options.top;
    if context.core.service.profile().top_is_page_size {
        return Some(asked);
    }
    match asked.map(|top| top.saturating_sub(size)) {
        Some(0) => None,
        left => Some(left),
    }
}

/// A page of a collection, of entities or of references to them.
pub(crate) fn collection(
    context: &Context,
    reader: &mut dyn Reader,
    form: ExpandForm,
) -> Result<Response, Error> {
    let (core, options) = (&context.core, &context.options);
    if !options.apply.is_empty() {
        delta::refuse(context, "$apply")?;
        let segments = links::without_reference(&context.path.segments);
        let target = locate_filtered(core, reader, segments)?;
        return match aggregate::of_entities(core, reader, &target, options)? {
            Some(options) => collection(&context.with_options(options), reader, form),
            None => {
                let body = aggregate::collection(context, reader)?;
                Ok(answer::json(body, &context.negotiated))
            }
        };
    }
    let segments = links::without_reference(&context.path.segments);
    let target = locate_filtered(core, reader, segments)?;
    let since = match form {
        ExpandForm::Entities => delta::begin(context, reader, &target)?,
        _ => None,
    };
    let mut out = Vec::with_capacity(16 * 1024);
    let mut separate = open(context, false, &mut out);
    if options.count {
        let total = reader.count(&conditions(core, &target, options))?;
        comma(&mut separate, &mut out);
        count_member(&mut out, context.negotiated.style, "", total);
    }
    let (size, place) = (page_size(context), context.place());
    let page = Page {
        target: &target,
        options,
        style: context.negotiated.style,
        form,
        size,
        query: match target.filters.as_slice() {
            [] => query_of(&place.path, options),
            filters => query_of(&format!("{}{filters:?}", place.path), options),
        },
    };
    for operation in of_collection(&core.model, target.of, options, context.negotiated.style) {
        comma(&mut separate, &mut out);
        let full = context.negotiated.style.metadata == json::Metadata::Full;
        operation.write(&mut out, full.then(|| place.url()).as_deref());
    }
    comma(&mut separate, &mut out);
    out.extend_from_slice(b"\"value\"");
    let token = page.write(core, reader, &place, context.permit, &mut out)?;
    let next = token.zip(next_top(context, size));
    if let Some(since) = since {
        delta::write_links(context, since, next, &mut out);
    } else if let Some((token, top)) = next {
        out.extend_from_slice(b",\"@odata.nextLink\":");
        json::write_string(&mut out, &links::next_link(context, &token, top));
    }
    out.push(b'}');
    let mut response = answer::page(out.into(), context);
    if since.is_some() && context.negotiated.prefer.track_changes {
        let name = Preferences::as_named(&context.request.headers, "track-changes");
        answer::applied(&mut response.headers, &name);
    }
    Ok(response)
}

fn comma(separate: &mut bool, out: &mut Vec<u8>) {
    if *separate {
        out.push(b',');
    }
    *separate = true;
}

/// What a page token is bound to: the collection, its filter and its order.
pub(crate) fn query_of(path: &str, options: &QueryOptions) -> u64 {
    let QueryOptions {
        filter,
        search,
        orderby,
        compute,
        ..
    } = options;
    let query = format!("{filter:?}{search:?}{orderby:?}{compute:?}");
    fingerprint(&[path, &query])
}
