//! One page of a collection: by key behind a token, never by offset alone.

mod order;
mod size;

use edm::Value;
use odata::Error;
use odata::expr::Expr;
use odata::json::{self, Style};
use odata::query::{ExpandForm, QueryOptions};
use store::page;
use store::{Cells, Order, OrderKey, Reader, Select};

use crate::access::Permit;
use crate::core::Core;
use crate::expand::{Expanded, Expansion, It, Source, it_paths, source_columns};
use crate::links::Place;
use crate::read::conditions;
use crate::represent::{At, Representation, computed, entity_url};
use crate::target::Target;

pub(crate) use size::{take_size, with_size};

/// One page of rows.
pub(crate) struct Page<'a> {
    pub(crate) target: &'a Target,
    pub(crate) options: &'a QueryOptions,
    pub(crate) style: Style,
    /// Entities, or references to them.
    pub(crate) form: ExpandForm,
    pub(crate) size: u64,
    pub(crate) query: u64,
}

/// An entity's bytes so far, and where its expansions begin.
struct Pending<'r> {
    bytes: std::ops::Range<usize>,
    separate: bool,
    sources: Vec<Source<'r>>,
}

/// How far a page is: the rows begun, whether there is one more, and where the last one stands.
#[derive(Default)]
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
        let order = select.order.clone();
        let representation = self.representation(core, &order)?;
        let it = it_paths(&self.options.expand)?;
        select.columns = representation.columns().to_vec();
        select.expressions = representation
            .expressions()
            .chain(order::expressions(&order))
            .chain(&it)
            .collect();
        let rows = if self.options.expand.is_empty() {
            self.plain(core, reader, place, (&select, &representation), out)?
        } else {
            let (rows, written, pending) =
                self.pending(core, reader, place, (&select, &representation, &it))?;
            self.expand(core, reader, permit, (&written, pending), out)?;
            rows
        };
        out.push(b']');
        let table = core.tables.table(self.target.table);
        let token = || page::encode(&core.model, table, &order, &rows.last, self.query);
        Ok(rows.more.then(token))
    }

    /// The representation with what the next page and the expansions need of a row.
    fn representation<'s>(
        &'s self,
        core: &'s Core,
        order: &[Order<'_>],
    ) -> Result<Representation<'s>, Error> {
        let Target { table, of, .. } = *self.target;
        let mut made = Representation::new(core, table, of, self.options, self.style, true)?;
        made.compute(self.options);
        for term in order {
            if let OrderKey::Column(column) = term.by {
                made.read(column);
            }
        }
        for item in &self.options.expand {
            source_columns(core, item)?.for_each(|column| made.read(column));
        }
        if !self.options.expand.is_empty() || self.form == ExpandForm::References {
            let key = &core.model.structured(of).key;
            key.iter().for_each(|ordinal| made.read(*ordinal));
        }
        Ok(made)
    }

    /// Rows without expansions: written where they stay.
    fn plain(
        &self,
        core: &Core,
        reader: &mut dyn Reader,
        place: &Place<'_>,
        (select, representation): (&Select<'_>, &Representation<'_>),
        out: &mut Vec<u8>,
    ) -> Result<Rows, Error> {
        let mut rows = Rows::default();
        reader.select(select, &mut |cells| {
            if !rows.begin(self.size) {
                return Ok(());
            }
            out.extend_from_slice(if rows.begun == 1 { b"{" } else { b",{" });
            if self.form == ExpandForm::References {
                let key = self.key(core, representation, cells)?;
                out.extend_from_slice(b"\"@odata.id\":");
                let url = entity_url(core, self.target.of, &key, At::Member(place));
                json::write_string(out, &url);
            } else {
                representation.members(out, cells, At::Member(place))?;
            }
            out.push(b'}');
            // Only behind a full page there is another.
            if rows.begun == self.size {
                (rows.last, _) = values_of(&select.order, representation, cells)?;
            }
            Ok(())
        })?;
        Ok(rows)
    }

    /// Rows with expansions: their own members, and where the expansions begin.
    fn pending<'r>(
        &self,
        core: &Core,
        reader: &mut dyn Reader,
        place: &Place<'r>,
        (select, representation, it): (&Select<'_>, &Representation<'_>, &[Expr]),
    ) -> Result<(Rows, Vec<u8>, Vec<Pending<'r>>), Error> {
        let (mut rows, mut written, mut pending) = (Rows::default(), Vec::new(), Vec::new());
        reader.select(select, &mut |cells| {
            if !rows.begin(self.size) {
                return Ok(());
            }
            let begin = written.len();
            let separate = representation.members(&mut written, cells, At::Member(place))?;
            let at;
            (rows.last, at) = values_of(&select.order, representation, cells)?;
            let it = It::new(it, values_at(core, it, cells, at)?);
            let key = self.key(core, representation, cells)?;
            let of = representation.type_of(cells)?;
            let here = place.member(core, self.target.of, &key);
            let mut sources = Vec::with_capacity(self.options.expand.len());
            for item in &self.options.expand {
                let values = source_columns(core, item)?
                    .map(|column| Ok((column, representation.value(cells, column)?)))
                    .collect::<Result<Vec<_>, Error>>()?;
                sources.push(Source {
                    of,
                    values,
                    place: here.clone(),
                    it: it.clone(),
                });
            }
            pending.push(Pending {
                bytes: begin..written.len(),
                separate,
                sources,
            });
            Ok(())
        })?;
        Ok((rows, written, pending))
    }

    fn expand(
        &self,
        core: &Core,
        reader: &mut dyn Reader,
        permit: Permit,
        (written, pending): (&[u8], Vec<Pending<'_>>),
        out: &mut Vec<u8>,
    ) -> Result<(), Error> {
        let mut expanded: Vec<Expanded> = Vec::with_capacity(self.options.expand.len());
        for (i, item) in self.options.expand.iter().enumerate() {
            let from: Vec<_> = pending.iter().map(|row| row.sources[i].clone()).collect();
            let expansion = Expansion {
                core,
                item,
                style: self.style,
                permit,
            };
            expanded.push(expansion.read(reader, &from)?);
        }
        for (i, row) in pending.into_iter().enumerate() {
            out.extend_from_slice(if i == 0 { b"{" } else { b",{" });
            out.extend_from_slice(&written[row.bytes]);
            let mut separate = row.separate;
            for expansion in &expanded {
                expansion.write(i, &mut separate, out);
            }
            out.push(b'}');
        }
        Ok(())
    }

    /// The values of the key properties.
    fn key(
        &self,
        core: &Core,
        representation: &Representation<'_>,
        cells: &dyn Cells,
    ) -> Result<Vec<Value>, Error> {
        let key = &core.model.structured(self.target.of).key;
        key.iter()
            .map(|ordinal| representation.value(cells, *ordinal))
            .collect()
    }

    fn select(&self, core: &Core) -> Result<Select<'_>, Error> {
        let table = core.tables.table(self.target.table);
        let mut select = conditions(core, self.target, self.options);
        select.order = order::terms(table, &self.options.orderby);
        select.order_by_key(table);
        // One more row than the page has tells whether there is another page.
        select.limit = Some(self.size.saturating_add(1));
        select.offset = self.options.skip.filter(|n| *n > 0);
        if let Some(token) = &self.options.skip_token {
            let order = &select.order;
            select.after = Some(page::decode(&core.model, table, order, token, self.query)?);
        }
        Ok(select)
    }
}

/// Where a row stands in an order: its expressions stand behind all columns. And where the cells
/// behind them begin.
fn values_of(
    order: &[Order<'_>],
    representation: &Representation<'_>,
    cells: &dyn Cells,
) -> Result<(Vec<Value>, usize), Error> {
    let mut at = representation.width();
    let values = order.iter().map(|term| match term.by {
        OrderKey::Column(column) => representation.value(cells, column),
        OrderKey::Expr(_) => {
            let (value, width) = representation.expression(cells, at, term)?;
            at += width;
            Ok(value)
        }
    });
    let values = values.collect::<Result<_, Error>>()?;
    Ok((values, at))
}

/// The values of expressions whose cells begin at a place.
fn values_at(
    core: &Core,
    exprs: &[Expr],
    cells: &dyn Cells,
    mut at: usize,
) -> Result<Vec<Value>, Error> {
    let value = |expr: &Expr| {
        let column = computed::column_of(expr);
        let value = store::cell::decode(&core.model, &column, cells, at)?;
        at += column.width();
        Ok(value)
    };
    exprs.iter().map(value).collect()
}
