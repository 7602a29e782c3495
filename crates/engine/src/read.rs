//! GET: entities, collections by pages, counts, properties.

use bytes::Bytes;
use edm::Value;
use odata::expr::{Expr, PropertyPath};
use odata::path::{ResourcePath, Segment};
use odata::query::{OrderBy, QueryOptions};
use odata::{Error, json};
use store::page::{self, fingerprint};
use store::{Order, Reader, Select, TableId};

use crate::access::Permit;
use crate::core::Core;
use crate::exchange::Request;
use crate::expand::{self, Expanded};
use crate::links::{self, Place};
use crate::negotiate::Negotiated;
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

/// A structural property of an entity: `{"@odata.context":…,"value":…}`, or its raw value behind
/// `/$value` (`None` for null: 204).
pub(crate) fn property(
    core: &Core,
    reader: &mut dyn Reader,
    request: &Request,
    path: &ResourcePath,
    raw: bool,
    _permit: Permit,
) -> Result<Option<Bytes>, Error> {
    let segments = if raw {
        &path.segments[..path.segments.len() - 1]
    } else {
        &path.segments[..]
    };
    let Some((Segment::Property { ordinal, .. }, entity)) = segments.split_last() else {
        return Err(Error::bad_request("This path is not served."));
    };
    let target = locate(core, reader, entity)?;
    let row = load(core, reader, &target)?;
    let property = &core.model.structured(target.of).properties[*ordinal];
    let value = &row[*ordinal];
    if value.is_null() {
        return Ok(None);
    }
    if raw {
        return Ok(Some(raw_value(core, &property.ty, value)));
    }
    let mut out = Vec::with_capacity(256);
    out.extend_from_slice(b"{\"@odata.context\":");
    let path = links::canonical_path(core, segments);
    json::write_string(
        &mut out,
        &format!("{}/$metadata#{path}", request.service_root),
    );
    out.extend_from_slice(b",\"value\":");
    json::write_value(&mut out, &core.model, &property.ty, value);
    out.push(b'}');
    Ok(Some(out.into()))
}

fn raw_value(core: &Core, ty: &edm::TypeRef, value: &Value) -> Bytes {
    match value {
        Value::String(text) => text.clone().into(),
        Value::Binary(bytes) => bytes.clone().into(),
        other => {
            let mut out = Vec::new();
            json::write_value(&mut out, &core.model, ty, other);
            // Scalars stand in JSON as text, some in quotes that a raw value does not have.
            let quoted = out.first() == Some(&b'"') && out.len() >= 2;
            if quoted {
                out[1..out.len() - 1].to_vec().into()
            } else {
                out.into()
            }
        }
    }
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

/// The order of a collection: what was asked for, then the key, so that it is total.
///
/// # Errors
/// 400 for what no column orders.
fn order(core: &Core, target: &Target, orderby: &[OrderBy]) -> Result<Vec<Order>, Error> {
    let table = core.tables.table(target.table);
    let mut order = Vec::with_capacity(orderby.len() + 2);
    for item in orderby {
        let column = own_column(&item.expr).ok_or_else(|| {
            Error::bad_request("$orderby: only properties of the entity itself order it here.")
                .with_target("$orderby")
        })?;
        if table.columns[column].kind == store::ColumnKind::Json {
            return Err(Error::bad_request(
                "$orderby: complex values and collections have no order.",
            )
            .with_target("$orderby"));
        }
        if !order.iter().any(|term: &Order| term.column == column) {
            order.push(Order {
                column,
                descending: item.descending,
            });
        }
    }
    for column in &table.key {
        let fixed = target.fixed.iter().any(|(c, _)| c == column);
        if !fixed && !order.iter().any(|term| term.column == *column) {
            order.push(Order {
                column: *column,
                descending: false,
            });
        }
    }
    Ok(order)
}

fn own_column(expr: &Expr) -> Option<usize> {
    match expr {
        Expr::Path(PropertyPath {
            navigation,
            properties,
            ..
        }) if navigation.is_empty() => match properties.as_slice() {
            [(_, ordinal)] => Some(*ordinal),
            _ => None,
        },
        _ => None,
    }
}

/// How many rows this page has, and whether the client chose.
fn page_size(core: &Core, options: &QueryOptions, negotiated: &Negotiated) -> (u64, bool) {
    let profile = core.service.profile();
    let asked = match (options.top, negotiated.max_page_size) {
        (Some(top), Some(max)) => Some(top.min(max)),
        (top, max) => top.or(max),
    };
    (
        asked
            .unwrap_or(profile.page_size)
            .min(profile.max_page_size),
        asked.is_some(),
    )
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
    let (size, _) = page_size(core, options, negotiated);
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

/// One page of rows.
pub(crate) struct Page<'a> {
    pub(crate) target: &'a Target,
    pub(crate) options: &'a QueryOptions,
    pub(crate) size: u64,
    pub(crate) query: u64,
}

/// An entity's bytes so far, and where its expansions come from.
struct Pending<'r> {
    bytes: std::ops::Range<usize>,
    sources: Vec<Vec<(usize, Value)>>,
    place: Place<'r>,
}

impl Page<'_> {
    /// Writes `:[…]` and answers the token of the next page, if there is one.
    pub(crate) fn write(
        &self,
        core: &Core,
        reader: &mut dyn Reader,
        place: &Place<'_>,
        permit: Permit,
        out: &mut Vec<u8>,
    ) -> Result<Option<String>, Error> {
        out.extend_from_slice(b":[");
        let mut select = self.select(core)?;
        if self.size == 0 {
            out.push(b']');
            return Ok(None);
        }
        let table = core.tables.table(self.target.table);
        let order = select.order.clone();
        let representation =
            Representation::new(core, self.target.table, self.target.of, self.options, true);
        select.columns = representation.columns();
        let behind = Behind::new(core, self.target.table, &mut select, self.options, &order)?;
        let (first, mut written, mut more) = (representation.width(), 0, false);
        let mut rows: Vec<u8> = Vec::with_capacity(16 * 1024);
        let mut pending: Vec<Pending<'_>> = Vec::new();
        let mut last = Vec::new();
        reader.select(&select, &mut |cells| {
            if written == self.size {
                more = true;
                return Ok(());
            }
            written += 1;
            let begin = rows.len();
            representation.members(&mut rows, cells)?;
            let read = behind.read(core, table, cells, first)?;
            last = read.last;
            let place = read
                .key
                .map_or_else(|| place.clone(), |key| place.member(&[key]));
            pending.push(Pending {
                bytes: begin..rows.len(),
                sources: read.sources,
                place,
            });
            Ok(())
        })?;
        let expanded = self.expansions(core, reader, &pending, permit)?;
        for (i, row) in pending.into_iter().enumerate() {
            out.extend_from_slice(if i == 0 { b"{" } else { b",{" });
            out.extend_from_slice(&rows[row.bytes]);
            expanded
                .iter()
                .for_each(|expansion| expansion.write(i, out));
            out.push(b'}');
        }
        out.push(b']');
        Ok(more.then(|| page::encode(&core.model, table, &order, &last, self.query)))
    }

    fn select(&self, core: &Core) -> Result<Select<'_>, Error> {
        let table = core.tables.table(self.target.table);
        let mut select = conditions(core, self.target, self.options);
        select.order = order(core, self.target, &self.options.orderby)?;
        // One more row than the page has tells whether there is another page.
        select.limit = Some(self.size + 1);
        select.offset = self.options.skip.filter(|n| *n > 0);
        if let Some(token) = &self.options.skip_token {
            let order = &select.order;
            select.after = Some(page::decode(&core.model, table, order, token, self.query)?);
        }
        Ok(select)
    }

    fn expansions(
        &self,
        core: &Core,
        reader: &mut dyn Reader,
        pending: &[Pending<'_>],
        permit: Permit,
    ) -> Result<Vec<Expanded>, Error> {
        self.options
            .expand
            .iter()
            .enumerate()
            .map(|(i, item)| {
                let from: Vec<_> = pending
                    .iter()
                    .map(|row| (row.sources[i].clone(), row.place.clone()))
                    .collect();
                Expanded::read(core, reader, item, &from, permit)
            })
            .collect()
    }
}

/// The columns behind the selected ones: what the next page and the expansions need of a row.
struct Behind {
    order: Vec<usize>,
    expansions: Vec<Vec<(usize, usize)>>,
    key: Option<usize>,
}

impl Behind {
    fn new(
        core: &Core,
        id: TableId,
        select: &mut Select<'_>,
        options: &QueryOptions,
        order: &[Order],
    ) -> Result<Self, Error> {
        let order: Vec<usize> = order.iter().map(|term| term.column).collect();
        select.columns.extend(&order);
        let mut expansions = Vec::with_capacity(options.expand.len());
        for item in &options.expand {
            let map = expand::map_of(core, item)?;
            select
                .columns
                .extend(map.on.iter().map(|(_, source)| *source));
            expansions.push(map.on.clone());
        }
        // The entity's own key property is in links of what it expands.
        let of = core.tables.table(id).of;
        let key = of.and_then(|of| core.model.structured(of).key.first().copied());
        let key = key.filter(|_| !options.expand.is_empty());
        select.columns.extend(key);
        Ok(Self {
            order,
            expansions,
            key,
        })
    }

    fn read(
        &self,
        core: &Core,
        table: &store::Table,
        cells: &dyn store::Cells,
        mut at: usize,
    ) -> Result<BehindValues, Error> {
        let mut next = |column: usize| {
            let column = &table.columns[column];
            let value = store::cell::decode(&core.model, column, cells, at);
            at += column.width();
            value
        };
        let last = self
            .order
            .iter()
            .map(|c| next(*c))
            .collect::<Result<Vec<_>, _>>()?;
        let mut sources = Vec::with_capacity(self.expansions.len());
        for on in &self.expansions {
            let pairs = on
                .iter()
                .map(|(target, source)| Ok((*target, next(*source)?)))
                .collect::<Result<Vec<_>, Error>>()?;
            sources.push(pairs);
        }
        let key = self.key.map(&mut next).transpose()?;
        Ok(BehindValues { last, sources, key })
    }
}

/// What [`Behind`] reads of a row: its values of the order's columns, where each expansion leads,
/// its key property.
struct BehindValues {
    last: Vec<Value>,
    sources: Vec<Vec<(usize, Value)>>,
    key: Option<Value>,
}
