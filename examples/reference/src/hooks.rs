//! What the service computes, and what it refuses, when rows are made, changed and deleted.

use edm::time::{DateTimeOffset, Form, Precision, Zone};
use edm::{StructuredId, Value};
use engine::{Scope, Target};
use odata::{Error, ErrorCode};
use store::{ColumnSet, Row, Select, TableId, Transaction};

use crate::service::Storefront;

/// 100 ns ticks in a microsecond, the precision of the times that the service makes.
const MICROSECOND: i64 = 10;

/// The longest name of a media item, in characters.
pub(crate) const MEDIA_NAME: usize = 100;

/// Completes a new row.
///
/// # Errors
/// 400 for what is missing or leads nowhere, 409 for a name that is taken.
pub(crate) fn insert(
    shop: &Storefront,
    transaction: &mut dyn Transaction,
    scope: &Scope<'_>,
    target: &Target,
    row: &mut Row,
    given: ColumnSet,
) -> Result<(), Error> {
    let rows = &shop.rows;
    let table = shop.tables.table(target.table);
    let of = table.type_of(scope.model, row)?.unwrap_or(target.of);
    let fixed = target.fixed.iter().map(|(column, _)| *column);
    let known: ColumnSet = given.iter().chain(fixed).collect();
    require(shop, scope, target.table, of, row, known)?;
    let now = now(scope);
    if target.table == rows.product.table {
        row[rows.product.version] = Value::Integer(1);
        row[rows.product.created_at] = now;
        check_product(shop, transaction, None, row)?;
    } else if target.table == rows.category.table {
        check_category(shop, transaction, None, row)?;
    } else if target.table == rows.description.table {
        let product = &row[rows.description.product_id];
        if !transaction.exists(rows.product.table, std::slice::from_ref(product))? {
            return Err(refuse("ProductID", "There is no product of this ID."));
        }
    } else if target.table == rows.media.table {
        row[rows.media.created_at] = now.clone();
        row[rows.media.modified_at] = now;
        describe_content(shop, row);
    }
    Ok(())
}

/// What a new row must say: what has no default and may not be null (OData 4.01 Protocol, section
/// 11.4.2). Keys that are computed are made here.
fn require(
    shop: &Storefront,
    scope: &Scope<'_>,
    id: TableId,
    of: StructuredId,
    row: &mut Row,
    known: ColumnSet,
) -> Result<(), Error> {
    let (table, ty) = (shop.tables.table(id), scope.model.structured(of));
    for (ordinal, property) in ty.properties.iter().enumerate() {
        let column = table
            .column_of(of, ordinal)
            .ok_or_else(|| Error::internal("a property has no column"))?;
        if property.computed {
            if ty.key.contains(&ordinal) {
                row[column] = Value::Guid(scope.ids.new_id());
            }
            continue;
        }
        let optional = property.ty.nullable || property.has_default || property.ty.collection;
        if !optional && !known.contains(column) {
            let message = format!(
                "Property '{}' is required to create a {}.",
                property.name,
                ty.short_name()
            );
            return Err(refuse(&property.name, &message));
        }
    }
    Ok(())
}

/// Judges and completes a changed row.
///
/// # Errors
/// As [`insert`].
pub(crate) fn update(
    shop: &Storefront,
    transaction: &mut dyn Transaction,
    scope: &Scope<'_>,
    target: &Target,
    old: &Row,
    new: &mut Row,
) -> Result<(), Error> {
    let rows = &shop.rows;
    if target.table == rows.product.table {
        check_product(shop, transaction, Some(old), new)?;
    } else if target.table == rows.category.table {
        check_category(shop, transaction, Some(old), new)?;
    } else if target.table == rows.media.table {
        let media = &rows.media;
        if [media.content, media.media_type]
            .iter()
            .any(|c| old[*c] != new[*c])
        {
            describe_content(shop, new);
        }
        // Whatever a client says, its size is that of its content.
        new[media.size] = size(&new[media.content]);
        if old != new {
            new[media.modified_at] = now(scope);
        }
    } else if target.table == rows.company.table && old != new {
        new[rows.company.updated_at] = now(scope);
    }
    Ok(())
}

/// Removes what goes with a row: a product's descriptions and links; the products of a category
/// have none from then on.
///
/// # Errors
/// The database's.
pub(crate) fn delete(
    shop: &Storefront,
    transaction: &mut dyn Transaction,
    target: &Target,
    old: &Row,
) -> Result<(), Error> {
    let rows = &shop.rows;
    if target.table == rows.product.table {
        let id = old[rows.product.id].clone();
        let hanging = [
            (rows.description.table, rows.description.product_id),
            (rows.related.table, rows.related.source),
            (rows.related.table, rows.related.target),
        ];
        for (table, column) in hanging {
            transaction.delete_where(table, &[(column, id.clone())], u32::MAX)?;
        }
    } else if target.table == rows.category.table {
        let product = &rows.product;
        let id = old[rows.category.id].clone();
        for row in found(shop, transaction, product.table, product.category_id, id)? {
            let mut without = row.clone();
            without[product.category_id] = Value::Null;
            shop.write(transaction, product.table, &row, &mut without)?;
        }
    }
    Ok(())
}

fn check_product(
    shop: &Storefront,
    transaction: &mut dyn Transaction,
    old: Option<&Row>,
    row: &Row,
) -> Result<(), Error> {
    let product = &shop.rows.product;
    if row[product.name].as_str().is_none_or(str::is_empty) {
        return Err(refuse("Name", "Property 'Name' has 1 to 100 characters."));
    }
    let category = &row[product.category_id];
    let is_new = old.is_none_or(|old| old[product.category_id] != *category);
    let key = std::slice::from_ref(category);
    if is_new && !category.is_null() && !transaction.exists(shop.rows.category.table, key)? {
        return Err(refuse("CategoryID", "There is no category of this ID."));
    }
    Ok(())
}

fn check_category(
    shop: &Storefront,
    transaction: &mut dyn Transaction,
    old: Option<&Row>,
    row: &Row,
) -> Result<(), Error> {
    let category = &shop.rows.category;
    let name = &row[category.name];
    let is_new = old.is_none_or(|old| old[category.name] != *name);
    if !is_new {
        return Ok(());
    }
    let same = found(
        shop,
        transaction,
        category.table,
        category.name,
        name.clone(),
    )?;
    if !same.is_empty() {
        let message = "There is a category of this Name already.";
        return Err(Error::new(ErrorCode::Conflict, message).with_target("Name"));
    }
    Ok(())
}

/// The rows that hold a value in a column.
fn found(
    shop: &Storefront,
    transaction: &mut dyn Transaction,
    id: TableId,
    column: usize,
    value: Value,
) -> Result<Vec<Row>, Error> {
    let table = shop.tables.table(id);
    let mut select = Select::all(id, table.columns.len());
    select.fixed = vec![(column, value)];
    crate::functions::select(shop, transaction, &select)
}

/// The media type and size of a media item are those of its content.
fn describe_content(shop: &Storefront, row: &mut Row) {
    let media = &shop.rows.media;
    row[media.size] = size(&row[media.content]);
    if let Value::String(media_type) = &row[media.media_type] {
        row[media.content_type] = Value::String(media_type.clone());
    }
}

/// The bytes of a content.
fn size(content: &Value) -> Value {
    match content {
        Value::Binary(bytes) => Value::Integer(i64::try_from(bytes.len()).unwrap_or(i64::MAX)),
        _ => Value::Null,
    }
}

/// Now, as finely as the model has it.
fn now(scope: &Scope<'_>) -> Value {
    let ticks = scope.now.ticks - scope.now.ticks.rem_euclid(MICROSECOND);
    let form = Form::new(Zone::Utc, Precision::Seconds(6)).unwrap_or(Form::UTC_TICKS);
    Value::DateTimeOffset(DateTimeOffset { ticks, form })
}

fn refuse(property: &str, message: &str) -> Error {
    Error::bad_request(message).with_target(property)
}
