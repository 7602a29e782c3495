//! Query options on what is at hand already: the entities that an operation returns, and
//! collections within values (OData 4.01 URL Conventions, section 5.1).

use std::borrow::Cow;

use edm::{Model, StructuredId, Value};
use odata::Error;
use odata::eval::functions::Context;
use odata::eval::{EvalError, Evaluator, Instance, Related, Scope, Subject, search};
use odata::query::QueryOptions;
use store::clock::Clock;
use store::{Row, Table};

/// A row as expressions see it.
struct RowInstance<'r> {
    table: &'r Table,
    of: Option<StructuredId>,
    row: &'r Row,
}

impl Instance for RowInstance<'_> {
    fn of(&self) -> Option<StructuredId> {
        self.of
    }

    fn property(&self, of: StructuredId, ordinal: usize) -> Result<Cow<'_, Value>, EvalError> {
        let column = self.table.column_of(of, ordinal);
        let value = column.and_then(|column| self.row.get(column));
        Ok(value.map_or(Cow::Owned(Value::Null), Cow::Borrowed))
    }

    fn navigation(&self, _: StructuredId, _: usize) -> Result<Related<'_>, EvalError> {
        let what = "A navigation property of what an operation returns";
        Err(EvalError::Unavailable(what.to_owned()))
    }

    fn searchable(&self) -> Result<Vec<Cow<'_, str>>, EvalError> {
        let columns = self.table.searchable.iter();
        let texts = columns.filter_map(|column| self.row.get(*column)?.as_str());
        Ok(texts.map(Cow::Borrowed).collect())
    }
}

/// What query options leave of a collection.
pub(crate) struct Left<T> {
    /// The items of the page.
    pub(crate) items: Vec<T>,
    /// How many there are without `$skip` and `$top`, if that is asked for.
    pub(crate) count: Option<usize>,
}

/// Applies `$filter`, `$search`, `$count`, `$orderby`, `$skip` and `$top` to rows.
///
/// # Errors
/// What the expressions cannot be evaluated to.
pub(crate) fn rows(
    model: &Model,
    clock: &dyn Clock,
    table: &Table,
    rows: Vec<Row>,
    options: &QueryOptions,
) -> Result<Left<Row>, Error> {
    refuse_token(options)?;
    let of = |row: &Row| table.type_of(model, row).ok().flatten();
    let context = Context::new(clock.now());
    let evaluator = Evaluator::new(model, &context);
    let mut kept = Vec::with_capacity(rows.len());
    for row in rows {
        let instance = RowInstance {
            table,
            of: of(&row),
            row: &row,
        };
        let found = match &options.search {
            Some(wanted) => search::matches(wanted, &instance.searchable()?),
            None => true,
        };
        let scope = Scope::new(Subject::Instance(&instance));
        let holds = match &options.filter {
            Some(filter) => evaluator.holds(filter, &scope)?,
            None => true,
        };
        if found && holds {
            kept.push(row);
        }
    }
    let count = options.count.then_some(kept.len());
    if !options.orderby.is_empty() {
        sort_rows(&evaluator, table, of, &mut kept, options)?;
    }
    let items = page(kept, options);
    Ok(Left { items, count })
}

/// Sorts rows: an instance borrows its row, so the places are sorted first.
fn sort_rows(
    evaluator: &Evaluator<'_>,
    table: &Table,
    of: impl Fn(&Row) -> Option<StructuredId>,
    rows: &mut Vec<Row>,
    options: &QueryOptions,
) -> Result<(), Error> {
    let instances: Vec<RowInstance<'_>> = rows
        .iter()
        .map(|row| RowInstance {
            table,
            of: of(row),
            row,
        })
        .collect();
    let mut places: Vec<(usize, &RowInstance<'_>)> = instances.iter().enumerate().collect();
    evaluator.sort(&mut places, &options.orderby, |(_, instance)| {
        Scope::new(Subject::Instance(*instance))
    })?;
    let order: Vec<usize> = places.iter().map(|(place, _)| *place).collect();
    let mut taken: Vec<Option<Row>> = std::mem::take(rows).into_iter().map(Some).collect();
    rows.extend(
        order
            .into_iter()
            .filter_map(|place| taken.get_mut(place)?.take()),
    );
    Ok(())
}

/// What stands in memory is given whole, so that no next link was ever made for it.
fn refuse_token(options: &QueryOptions) -> Result<(), Error> {
    match options.skip_token {
        None => Ok(()),
        Some(_) => Err(store::page::not_of_this_query()),
    }
}

/// Applies the same options to the items of a collection of values.
///
/// # Errors
/// What the expressions cannot be evaluated to.
pub(crate) fn values<'v>(
    model: &Model,
    clock: &dyn Clock,
    items: &'v [Value],
    options: &QueryOptions,
) -> Result<Left<&'v Value>, Error> {
    refuse_token(options)?;
    let context = Context::new(clock.now());
    let evaluator = Evaluator::new(model, &context);
    let mut kept = Vec::with_capacity(items.len());
    for item in items {
        let scope = Scope::new(Subject::Value(item));
        let holds = match &options.filter {
            Some(filter) => evaluator.holds(filter, &scope)?,
            None => true,
        };
        let found = match &options.search {
            Some(wanted) => search::matches(wanted, &texts(item)),
            None => true,
        };
        if holds && found {
            kept.push(item);
        }
    }
    let count = options.count.then_some(kept.len());
    if !options.orderby.is_empty() {
        evaluator.sort(&mut kept, &options.orderby, |item| {
            Scope::new(Subject::Value(item))
        })?;
    }
    let items = page(kept, options);
    Ok(Left { items, count })
}

/// The texts directly within a value.
fn texts(value: &Value) -> Vec<&str> {
    match value {
        Value::String(text) => vec![text],
        Value::Complex(complex) => complex.values.iter().filter_map(Value::as_str).collect(),
        _ => Vec::new(),
    }
}

fn page<T>(items: Vec<T>, options: &QueryOptions) -> Vec<T> {
    let bound = |n: u64| usize::try_from(n).unwrap_or(usize::MAX);
    let skip = bound(options.skip.unwrap_or(0));
    let top = bound(options.top.unwrap_or(u64::MAX));
    items.into_iter().skip(skip).take(top).collect()
}
