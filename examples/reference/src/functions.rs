//! The functions of the shop.

use std::sync::Arc;

use edm::{ComplexValue, Model, Value};
use engine::{Answer, Call, Core, Target, load, locate, locate_filtered};
use odata::Error;
use store::{Order, Reader, Row, Select};

use crate::rows::number;
use crate::service::Storefront;

/// The most products that are related to one.
const RELATED: usize = 5;

/// Carries out a function.
///
/// # Errors
/// 400 for arguments without a result, 404 for an entity that is not there.
pub(crate) async fn invoke(
    shop: &Storefront,
    core: Arc<Core>,
    call: Call,
) -> Result<Answer, Error> {
    let shop = shop.clone();
    let reading = Arc::clone(&core);
    core.read(move |reader| answer(&shop, &reading, reader, &call))
        .await
}

fn answer(
    shop: &Storefront,
    core: &Core,
    reader: &mut dyn Reader,
    call: &Call,
) -> Result<Answer, Error> {
    let model = &core.model;
    let value = |name| call.value(model, name);
    let of_product = |reader: &mut dyn Reader| product(core, reader, call);
    match short_name(model, call) {
        "GetTopProducts" => top_products(shop, model, reader, call),
        "FindProducts" => find_products(shop, reader, &value("name"), &value("maxPrice")),
        "GetProductStats" => stats(shop, model, reader),
        "Calculate" => calculate(model, call),
        "Convert" => Ok(converted(&value("input"), &value("number"))),
        "GetTotalPrice" => {
            let (_, row) = of_product(reader)?;
            let price = number(&row[shop.rows.product.price]);
            price_of(price * (1.0 + number(&value("taxRate"))))
        }
        "CalculatePrice" => {
            let (_, row) = of_product(reader)?;
            let discounted = discounted(&row[shop.rows.product.price], &value("discount"));
            price_of(discounted * (1.0 + number(&value("tax")) / 100.0))
        }
        "GetInfo" => info(shop, of_product(reader)?.1, &value("format")),
        "GetRelatedProducts" => related(shop, of_product(reader)?.1, reader),
        "GetAveragePrice" => average(shop, core, reader, call),
        other => Err(Error::internal(format!("the function {other} is unknown"))),
    }
}

/// The name of an operation without its namespace.
pub(crate) fn short_name<'m>(model: &'m Model, call: &Call) -> &'m str {
    let name = &model.operation(call.operation).name;
    name.rsplit('.').next().unwrap_or(name)
}

/// The product that an operation is bound to.
///
/// # Errors
/// 404 if there is none.
pub(crate) fn product(
    core: &Core,
    reader: &mut dyn Reader,
    call: &Call,
) -> Result<(Target, Row), Error> {
    let target = locate(core, reader, &call.binding)?;
    let row = load(core, reader, &target)?;
    Ok((target, row))
}

/// A price less as many per cents.
pub(crate) fn discounted(price: &Value, percentage: &Value) -> f64 {
    number(price) * (1.0 - number(percentage) / 100.0)
}

/// A price as a value.
///
/// # Errors
/// 400 if no number is that large.
pub(crate) fn finite(price: f64) -> Result<Value, Error> {
    if price.is_finite() {
        return Ok(Value::Double(price));
    }
    Err(Error::bad_request(
        "The result is larger than an Edm.Double.",
    ))
}

fn price_of(price: f64) -> Result<Answer, Error> {
    finite(price).map(Answer::Value)
}

/// Whole rows.
///
/// # Errors
/// The database's.
pub(crate) fn select<R: Reader + ?Sized>(
    shop: &Storefront,
    reader: &mut R,
    select: &Select<'_>,
) -> Result<Vec<Row>, Error> {
    let mut found = Vec::new();
    let table = shop.tables.table(select.table);
    reader.select(select, &mut |cells| {
        found.push(store::cell::decode_row(&shop.model, table, cells)?);
        Ok(())
    })?;
    Ok(found)
}

/// All products by falling price.
fn dearest(shop: &Storefront) -> Select<'static> {
    let product = &shop.rows.product;
    let mut select = Select::all(
        product.table,
        shop.tables.table(product.table).columns.len(),
    );
    select.order = [(product.price, true), (product.id, false)]
        .map(|(column, descending)| Order::column(column, descending))
        .into();
    select
}

/// All products in the order of their keys.
pub(crate) fn every_product(shop: &Storefront) -> Select<'static> {
    let mut select = dearest(shop);
    select.order.remove(0);
    select
}

fn top_products(
    shop: &Storefront,
    model: &Model,
    reader: &mut dyn Reader,
    call: &Call,
) -> Result<Answer, Error> {
    let table = shop.rows.product.table;
    let mut wanted = dearest(shop);
    if let Value::Integer(count) = call.value(model, "count") {
        let count = u64::try_from(count);
        let refuse = |_| Error::bad_request("'count' is not negative.").with_target("count");
        wanted.limit = Some(count.map_err(refuse)?.min(i64::MAX as u64));
    }
    if let category @ Value::String(_) = call.value(model, "category") {
        let of = &shop.rows.category;
        let mut named = Select::all(of.table, shop.tables.table(of.table).columns.len());
        named.fixed = vec![(of.name, category)];
        let Some(row) = select(shop, reader, &named)?.pop() else {
            return Ok(Answer::Entities(table, Vec::new()));
        };
        wanted.fixed = vec![(shop.rows.product.category_id, row[of.id].clone())];
    }
    Ok(Answer::Entities(table, select(shop, reader, &wanted)?))
}

fn find_products(
    shop: &Storefront,
    reader: &mut dyn Reader,
    name: &Value,
    highest: &Value,
) -> Result<Answer, Error> {
    let product = &shop.rows.product;
    let (part, highest) = (name.as_str().unwrap_or_default(), number(highest));
    let mut found = select(shop, reader, &every_product(shop))?;
    found.retain(|row| {
        let named = row[product.name]
            .as_str()
            .is_some_and(|name| name.contains(part));
        named && number(&row[product.price]) <= highest
    });
    Ok(Answer::Entities(product.table, found))
}

/// The mean of prices; null if there are none.
#[expect(clippy::cast_precision_loss, reason = "fewer rows than 2^53")]
fn mean(prices: &[f64]) -> Value {
    if prices.is_empty() {
        return Value::Null;
    }
    Value::Double(prices.iter().sum::<f64>() / prices.len() as f64)
}

fn prices(shop: &Storefront, rows: &[Row]) -> Vec<f64> {
    let price = |row: &Row| number(&row[shop.rows.product.price]);
    rows.iter().map(price).collect()
}

fn stats(shop: &Storefront, model: &Model, reader: &mut dyn Reader) -> Result<Answer, Error> {
    let prices = prices(shop, &select(shop, reader, &every_product(shop))?);
    let ends = |price: Option<f64>| price.map_or(Value::Null, Value::Double);
    let all = || prices.iter().copied();
    complex(model, "Storefront.ProductStats", |name| match name {
        "totalProducts" => Value::Integer(i64::try_from(prices.len()).unwrap_or(i64::MAX)),
        "averagePrice" => mean(&prices),
        "maxPrice" => ends(all().reduce(f64::max)),
        "minPrice" => ends(all().reduce(f64::min)),
        _ => Value::Null,
    })
}

/// A value of a complex type, from the value of each property.
///
/// # Errors
/// If the model has no such type.
pub(crate) fn complex(
    model: &Model,
    ty: &str,
    value: impl Fn(&str) -> Value,
) -> Result<Answer, Error> {
    let of = model.find_structured(ty);
    let of = of.ok_or_else(|| Error::internal(format!("the model has no {ty}")))?;
    let properties = model.structured(of).properties.iter();
    let values = properties.map(|property| value(&property.name)).collect();
    let value = ComplexValue { of, values };
    Ok(Answer::Value(Value::Complex(Box::new(value))))
}

fn calculate(model: &Model, call: &Call) -> Result<Answer, Error> {
    let integer = |name| call.value(model, name).as_i64();
    let result = match (integer("value"), integer("a"), integer("b")) {
        (Some(value), _, _) => value.checked_mul(2),
        (None, Some(a), Some(b)) => a.checked_add(b),
        _ => return Err(Error::internal("an overload without its arguments")),
    };
    let result = result.map(|result| Answer::Value(Value::Integer(result)));
    result.ok_or_else(|| Error::bad_request("The result is larger than an Edm.Int64."))
}

fn converted(input: &Value, number: &Value) -> Answer {
    let text = match (input.as_str(), number.as_i64()) {
        (Some(input), _) => format!("String: {input}"),
        (None, number) => format!("Number: {}", number.unwrap_or_default()),
    };
    Answer::Value(Value::String(text))
}

fn info(shop: &Storefront, row: Row, format: &Value) -> Result<Answer, Error> {
    let product = &shop.rows.product;
    let name = row[product.name].as_str().unwrap_or_default();
    let (price, format) = (
        number(&row[product.price]),
        format.as_str().unwrap_or_default(),
    );
    let text = format!("Product: {name} (Price: {price:.2}) in {format} format");
    Ok(Answer::Value(Value::String(text)))
}

fn related(shop: &Storefront, row: Row, reader: &mut dyn Reader) -> Result<Answer, Error> {
    let product = &shop.rows.product;
    let mut found = Vec::new();
    if !row[product.category_id].is_null() {
        let mut wanted = every_product(shop);
        wanted.fixed = vec![(product.category_id, row[product.category_id].clone())];
        wanted.limit = Some(RELATED as u64 + 1);
        found = select(shop, reader, &wanted)?;
        found.retain(|other| other[product.id] != row[product.id]);
        found.truncate(RELATED);
    }
    Ok(Answer::Entities(product.table, found))
}

fn average(
    shop: &Storefront,
    core: &Core,
    reader: &mut dyn Reader,
    call: &Call,
) -> Result<Answer, Error> {
    let target = locate_filtered(core, reader, &call.binding)?;
    let mut wanted = every_product(shop);
    wanted.fixed = target.fixed.clone();
    wanted.linked = target.linked.as_ref();
    wanted.filter = target.filters.iter().collect();
    wanted.of = Some(target.of);
    (wanted.now, wanted.today) = (core.clock.now(), core.today());
    Ok(match mean(&prices(shop, &select(shop, reader, &wanted)?)) {
        Value::Null => Answer::None,
        mean => Answer::Value(mean),
    })
}
