//! GET of a delta link: changed entities as they are now, and those that are not there any more.

use std::collections::HashMap;

use bytes::Bytes;
use edm::Value;
use odata::{Error, ErrorCode, json};
use store::changes::{Changed, Changes, LogPlace, Wanted, changes as read_changes};
use store::{Cells, Reader, Select, Table, cell};

use super::links::write_rest;
use super::removed::{self, Reason};
use super::token::{self, Rest, Token, Unusable};
use super::{query, resync, tracked};
use crate::context::Context;
use crate::read::{conditions, next_top, page_size};
use crate::represent::{At, Representation, count_member};
use crate::target::{Target, locate};

/// Keys in one statement.
const KEYS: usize = 500;

/// The answer of a delta link: a page of changes.
///
/// # Errors
/// 400 for a token of another query, 410 for one whose changes are not kept any more, 404 if the
/// collection is gone.
pub(crate) fn changes(context: &Context, reader: &mut dyn Reader) -> Result<Bytes, Error> {
    let core = &context.core;
    let style = context.negotiated.style;
    if style.metadata == json::Metadata::None {
        // JSON Format 4.01, section 3.1.3.
        let message = "odata.metadata=none is not valid for changes; ask for minimal or full.";
        return Err(Error::new(ErrorCode::NotAcceptable, message));
    }
    let target = locate(core, reader, &context.path.segments)?;
    let rest = rest(context, reader, &target)?;
    let size = page_size(context).max(1);
    let total = match context.options.count {
        true => Some(total(context, reader, &target, rest)?),
        false => None,
    };
    let page = page(context, reader, &target, rest, size)?;
    let mut out = Vec::with_capacity(16 * 1024);
    out.push(b'{');
    out.extend_from_slice(b"\"@odata.context\":");
    json::write_string(&mut out, &format!("{}/$delta", context.context_url(false)));
    out.push(b',');
    if let Some(total) = total {
        count_member(&mut out, style, "", total as u64);
        out.push(b',');
    }
    out.extend_from_slice(b"\"value\":[");
    Delta {
        context,
        target: &target,
    }
    .write(reader, &page.rows, &mut out)?;
    out.push(b']');
    let rest = match page.next {
        Some(after) => Ok(Rest { after, ..rest }),
        None => Err(rest.then),
    };
    let top = next_top(context, size).flatten();
    write_rest(context, rest, top, &mut out);
    out.push(b'}');
    Ok(out.into())
}

/// How many rows a delta link would answer (OData 4.01 Protocol, section 11.3.3). One that
/// changes on and on may count more than once.
///
/// # Errors
/// As [`changes`].
pub(crate) fn count(context: &Context, reader: &mut dyn Reader) -> Result<Bytes, Error> {
    let segments = context.path.segments.split_last();
    let target = locate(
        &context.core,
        reader,
        segments.map_or(&[][..], |(_, rest)| rest),
    )?;
    let rest = rest(context, reader, &target)?;
    let total = total(context, reader, &target, rest)?;
    Ok(total.to_string().into())
}

/// How many rows there are from here on.
fn total(
    context: &Context,
    reader: &mut dyn Reader,
    target: &Target,
    mut rest: Rest,
) -> Result<usize, Error> {
    let mut total = 0;
    loop {
        let page = page(context, reader, target, rest, u64::MAX)?;
        total += page.rows.len();
        match page.next {
            Some(after) => rest.after = after,
            None => return Ok(total),
        }
    }
}

fn page(
    context: &Context,
    reader: &mut dyn Reader,
    target: &Target,
    rest: Rest,
    size: u64,
) -> Result<Changes, Error> {
    let wanted = Wanted {
        table: target.table,
        fixed: &target.fixed,
        after: rest.after,
        end: rest.end,
        limit: usize::try_from(size).unwrap_or(usize::MAX),
    };
    read_changes(&context.core.model, &context.core.tables, reader, &wanted)
}

/// What the request's token leaves to be read.
fn rest(context: &Context, reader: &mut dyn Reader, target: &Target) -> Result<Rest, Error> {
    let log = tracked(context, target)?;
    let text = context.tracking.token.as_deref().unwrap_or_default();
    let token = match token::decode(text, query(context)) {
        Ok(token) => token,
        Err(Unusable::Foreign) => return Err(token::foreign("$deltatoken")),
        Err(Unusable::OtherTimeline) => return Err(resync(context)),
    };
    let horizon = reader.log_horizon(log.table)?;
    let begin = |position: i64| Rest {
        after: LogPlace::before(position),
        end: horizon.end,
        then: horizon.settled,
    };
    let (rest, position) = match token {
        // Nothing of the past: also not what is repeated since it is not settled.
        Token::Latest => (begin(horizon.end), horizon.settled),
        Token::Since(position) => (begin(position), position),
        Token::Rest(rest) => (rest, rest.after.sequence),
    };
    if horizon.covers(position) && rest.end <= horizon.end && rest.then <= rest.end {
        return Ok(rest);
    }
    Err(resync(context))
}

/// Changes of a collection, to be written.
struct Delta<'a> {
    context: &'a Context,
    target: &'a Target,
}

impl Delta<'_> {
    /// Writes the changed rows that are in the collection, then those that are not.
    fn write(
        &self,
        reader: &mut dyn Reader,
        changed: &[Changed],
        out: &mut Vec<u8>,
    ) -> Result<(), Error> {
        let mut missing: HashMap<String, &Changed> =
            changed.iter().map(|row| (name(&row.key), row)).collect();
        let mut separate = false;
        self.present(reader, changed, &mut |key, entity| {
            missing.remove(&key);
            comma(&mut separate, out);
            out.extend_from_slice(entity);
        })?;
        let mut outside = HashMap::new();
        if !missing.is_empty() && self.is_narrowed() {
            outside = self.outside(reader, changed)?;
        }
        for row in changed {
            let name = name(&row.key);
            if !missing.contains_key(&name) {
                continue;
            }
            let (key, reason) = match (outside.get(&name), &row.public) {
                (Some(key), _) => (key, Reason::Changed),
                (None, Some(key)) => (key, Reason::Deleted),
                // Its deletion is a change of its own, which tells the key.
                (None, None) => continue,
            };
            comma(&mut separate, out);
            removed::write(self.context, self.target, key, reason, out);
        }
        Ok(())
    }

    /// Whether rows of the collection's table may be outside of it.
    fn is_narrowed(&self) -> bool {
        let options = &self.context.options;
        let table = self.context.core.tables.table(self.target.table);
        options.filter.is_some() || options.search.is_some() || table.of != Some(self.target.of)
    }

    /// Hands out the entities that are in the collection, each with the name of its key.
    fn present(
        &self,
        reader: &mut dyn Reader,
        changed: &[Changed],
        sink: &mut dyn FnMut(String, &[u8]),
    ) -> Result<(), Error> {
        let (core, options) = (&self.context.core, &self.context.options);
        let table = core.tables.table(self.target.table);
        let style = self.context.negotiated.style;
        let (id, of) = (self.target.table, self.target.of);
        let mut made = Representation::new(core, id, of, options, style, true)?;
        table.key.iter().for_each(|column| made.read(*column));
        let mut base = conditions(core, self.target, options);
        base.columns = made.columns().to_vec();
        base.expressions = made.expressions().collect();
        let place = self.context.place();
        let mut entity = Vec::with_capacity(1024);
        for select in selects(table, &base, changed) {
            reader.select(&select, &mut |cells| {
                let key = table.key.iter().map(|column| made.value(cells, *column));
                let key = key.collect::<Result<Vec<_>, _>>()?;
                entity.clear();
                entity.push(b'{');
                made.members(&mut entity, cells, At::Member(&place))?;
                entity.push(b'}');
                sink(name(&key), &entity);
                Ok(())
            })?;
        }
        Ok(())
    }

    /// The public keys of changed rows that are there, by the names of their keys.
    fn outside(
        &self,
        reader: &mut dyn Reader,
        changed: &[Changed],
    ) -> Result<HashMap<String, Vec<Value>>, Error> {
        let core = &self.context.core;
        let table = core.tables.table(self.target.table);
        let public = &core.model.structured(self.target.of).key;
        let mut base = Select::all(self.target.table, 0);
        base.fixed = self.target.fixed.clone();
        base.today = core.today();
        base.columns = table.key.iter().chain(public).copied().collect();
        let mut found = HashMap::new();
        for select in selects(table, &base, changed) {
            reader.select(&select, &mut |cells| {
                let mut values = values(&core.model, table, &base.columns, cells)?;
                let public = values.split_off(table.key.len());
                found.insert(name(&values), public);
                Ok(())
            })?;
        }
        Ok(found)
    }
}

/// The values of columns, in order.
fn values(
    model: &edm::Model,
    table: &Table,
    columns: &[usize],
    cells: &dyn Cells,
) -> Result<Vec<Value>, Error> {
    let mut at = 0;
    columns
        .iter()
        .map(|column| {
            let column = &table.columns[*column];
            let value = cell::decode(model, column, cells, at);
            at += column.width();
            value
        })
        .collect()
}

/// A select for the rows of these keys: by one column among many, or else one for each row.
fn selects<'s>(table: &Table, base: &Select<'s>, changed: &[Changed]) -> Vec<Select<'s>> {
    let is_fixed = |column: &usize| base.fixed.iter().any(|(fixed, _)| fixed == column);
    let free: Vec<usize> = (0..table.key.len())
        .filter(|at| !is_fixed(&table.key[*at]))
        .collect();
    if let [at] = *free.as_slice() {
        let values: Vec<Value> = changed
            .iter()
            .filter_map(|row| row.key.get(at).cloned())
            .collect();
        let among = |values: &[Value]| Select {
            among: Some((table.key[at], values.to_vec())),
            ..base.clone()
        };
        return values.chunks(KEYS).map(among).collect();
    }
    let of = |row: &Changed| {
        let mut select = base.clone();
        for at in &free {
            let value = row.key.get(*at).cloned().unwrap_or_default();
            select.fixed.push((table.key[*at], value));
        }
        select
    };
    changed.iter().map(of).collect()
}

fn name(key: &[Value]) -> String {
    format!("{key:?}")
}

fn comma(separate: &mut bool, out: &mut Vec<u8>) {
    if *separate {
        out.push(b',');
    }
    *separate = true;
}
