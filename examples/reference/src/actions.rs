//! The actions of the shop.

use std::sync::Arc;

use edm::{Model, Value};
use engine::audit::Origin;
use engine::{Answer, Call, Core};
use odata::Error;
use store::{Row, Transaction};

use crate::functions::{complex, discounted, every_product, finite, product, select, short_name};
use crate::rows::number;
use crate::service::Storefront;

/// Carries out an action in one transaction.
///
/// # Errors
/// 400 for arguments without a result, 404 for an entity that is not there.
pub(crate) async fn invoke(
    shop: &Storefront,
    core: Arc<Core>,
    call: Call,
) -> Result<Answer, Error> {
    let shop = shop.clone();
    let writing = Arc::clone(&core);
    core.write(Origin::server(&core), move |transaction| {
        answer(&shop, &writing, transaction, &call)
    })
    .await
}

fn answer(
    shop: &Storefront,
    core: &Core,
    transaction: &mut dyn Transaction,
    call: &Call,
) -> Result<Answer, Error> {
    let columns = &shop.rows.product;
    let value = |name| call.value(&core.model, name);
    match short_name(&core.model, call) {
        "ApplyDiscount" => {
            let row = change(shop, core, transaction, call, |row| {
                row[columns.price] = finite(discounted(&row[columns.price], &value("percentage")))?;
                Ok(())
            })?;
            Ok(Answer::Entity(columns.table, row))
        }
        "IncreasePrice" => change(shop, core, transaction, call, |row| {
            row[columns.price] = finite(number(&row[columns.price]) + number(&value("amount")))?;
            Ok(())
        })
        .map(|_| Answer::None),
        "Activate" => change(shop, core, transaction, call, |row| {
            let status = row[columns.status].as_i64().unwrap_or_default();
            row[columns.status] = Value::Enum(status & !columns.discontinued | columns.in_stock);
            Ok(())
        })
        .map(|_| Answer::None),
        "CalculateDiscount" => {
            let (_, row) = product(core, transaction, call)?;
            let price = discounted(&row[columns.price], &value("percentage"));
            finite(price).map(Answer::Value)
        }
        "MarkAllAsReviewed" | "ResetProducts" => Ok(Answer::None),
        "Process" => process(shop, transaction, &value("percentage"), &value("minPrice")),
        "ResetAllPrices" => reset_prices(shop, &core.model, transaction),
        "Reseed" => reseed(shop, &core.model, transaction),
        other => Err(Error::internal(format!("the action {other} is unknown"))),
    }
}

/// Changes the product that an action is bound to, and answers it as it is then.
fn change(
    shop: &Storefront,
    core: &Core,
    transaction: &mut dyn Transaction,
    call: &Call,
    change: impl FnOnce(&mut Row) -> Result<(), Error>,
) -> Result<Row, Error> {
    let (target, old) = product(core, transaction, call)?;
    let mut new = old.clone();
    change(&mut new)?;
    shop.write(transaction, target.table, &old, &mut new)?;
    Ok(new)
}

fn process(
    shop: &Storefront,
    transaction: &mut dyn Transaction,
    percentage: &Value,
    lowest: &Value,
) -> Result<Answer, Error> {
    let columns = &shop.rows.product;
    for old in select(shop, transaction, &every_product(shop))? {
        if !lowest.is_null() && number(&old[columns.price]) < number(lowest) {
            continue;
        }
        let mut new = old.clone();
        new[columns.price] = finite(discounted(&old[columns.price], percentage))?;
        shop.write(transaction, columns.table, &old, &mut new)?;
    }
    Ok(Answer::None)
}

fn reset_prices(
    shop: &Storefront,
    model: &Model,
    transaction: &mut dyn Transaction,
) -> Result<Answer, Error> {
    let columns = &shop.rows.product;
    let mut count = 0;
    for (table, start) in &shop.seed.rows {
        if *table != columns.table {
            continue;
        }
        let key = [start[columns.id].clone()];
        let Some(old) = transaction.get(*table, &key)? else {
            continue;
        };
        let mut new = old.clone();
        new[columns.price] = start[columns.price].clone();
        shop.write(transaction, *table, &old, &mut new)?;
        count += 1;
    }
    let message = format!("{count} prices are those of the start.");
    complex(model, "Storefront.PriceResetResult", |name| match name {
        "updatedCount" => Value::Integer(count),
        _ => Value::String(message.clone()),
    })
}

fn reseed(
    shop: &Storefront,
    model: &Model,
    transaction: &mut dyn Transaction,
) -> Result<Answer, Error> {
    shop.seed.sow(transaction, &shop.rows.all)?;
    complex(model, "Storefront.ReseedResult", |name| match name {
        "status" => Value::from("success"),
        _ => Value::from("Everything is as it was at the start."),
    })
}
