//! One page of a collection: by key behind a token, never by offset alone.

use edm::Value;
use odata::Error;
use odata::expr::Expr;
use odata::query::{OrderBy, QueryOptions};
use store::page;
use store::{Order, Reader, Select, TableId};

use crate::access::Permit;
use crate::core::Core;
use crate::expand::{self, Expanded, Sources};
use crate::links::Place;
use crate::read::conditions;
use crate::represent::Representation;
use crate::target::Target;

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
    sources: Vec<Sources>,
    place: Place<'r>,
}

/// How far a page is: the rows begun, whether there is one more, and where the last one stands.
struct Rows {
    begun: u64,
    more: bool,
    last: Vec<Value>,
}

impl Rows {
    /// Begins a row; `false` if it is one more than the page has.
    fn begin(&mut self, size: u64) -> bool {
        self.more = self.begun == size;
        self.begun += u64::from(!self.more);
        !self.more
    }
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
        select.columns = representation.columns().to_vec();
        let behind = Behind::new(core, self.target.table, &mut select, self.options, &order)?;
        let first = representation.width();
        let mut rows = Rows {
            begun: 0,
            more: false,
            last: Vec::new(),
        };
        let mut written: Vec<u8> = Vec::new();
        let mut pending: Vec<Pending<'_>> = Vec::new();
        let plain = self.options.expand.is_empty();
        reader.select(&select, &mut |cells| {
            if !rows.begin(self.size) {
                return Ok(());
            }
            if plain {
                out.extend_from_slice(if rows.begun == 1 { b"{" } else { b",{" });
                representation.members(out, cells)?;
                out.push(b'}');
                // Only behind a full page there is another.
                if rows.begun == self.size {
                    rows.last = behind.read(core, table, cells, first)?.last;
                }
                return Ok(());
            }
            let begin = written.len();
            representation.members(&mut written, cells)?;
            let read = behind.read(core, table, cells, first)?;
            rows.last = read.last;
            let place = read
                .key
                .map_or_else(|| place.clone(), |key| place.member(&[key]));
            pending.push(Pending {
                bytes: begin..written.len(),
                sources: read.sources,
                place,
            });
            Ok(())
        })?;
        let expanded = self.expansions(core, reader, &pending, permit)?;
        for (i, row) in pending.into_iter().enumerate() {
            out.extend_from_slice(if i == 0 { b"{" } else { b",{" });
            out.extend_from_slice(&written[row.bytes]);
            expanded
                .iter()
                .for_each(|expansion| expansion.write(i, out));
            out.push(b'}');
        }
        out.push(b']');
        let token = || page::encode(&core.model, table, &order, &rows.last, self.query);
        Ok(rows.more.then(token))
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
pub(crate) struct Behind {
    order: Vec<usize>,
    expansions: Vec<Vec<(usize, usize)>>,
    key: Option<usize>,
}

impl Behind {
    pub(crate) fn new(
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

    pub(crate) fn read(
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
pub(crate) struct BehindValues {
    last: Vec<Value>,
    pub(crate) sources: Vec<Sources>,
    key: Option<Value>,
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
        Expr::Path(path) => path.own_property().map(|(_, ordinal)| ordinal),
        _ => None,
    }
}
