//! Any legal value of a type of the suite's model.

use edm::time::{Date, DateTimeOffset, Duration, TimeOfDay};
use edm::{ComplexValue, DynamicProperty, Geo, ItemType, Primitive, StructuredId, TypeRef, Value};
use proptest::prelude::*;

use super::world::model;
use crate::{Row, Table};

/// Rows of a table.
pub(super) fn any_row(table: &'static Table) -> BoxedStrategy<Row> {
    let columns: Vec<_> = table.columns.iter().map(|c| any_value(&c.ty)).collect();
    columns.boxed()
}

/// Rows of a table of any of its types, as [`Table::blank_of`] makes them.
pub(super) fn any_typed_row(table: &'static Table) -> BoxedStrategy<Row> {
    let own = table.of.expect("the table is one of entities");
    let mut types = vec![own];
    let mut at = 0;
    while let Some(id) = types.get(at) {
        types.extend(&model().structured(*id).derived);
        at += 1;
    }
    let of_type = move |of: StructuredId| {
        let ty = model().structured(of);
        let columns = (0..ty.properties.len()).map(|ordinal| {
            let column = table.column_of(of, ordinal);
            column.expect("every property of the type has a column")
        });
        let properties = ty.properties.iter().map(|p| any_value(&p.ty));
        let values: Vec<_> = columns.zip(properties).collect();
        let (columns, values): (Vec<_>, Vec<_>) = values.into_iter().unzip();
        values.prop_map(move |values| {
            let mut row = table.blank_of(model(), of);
            for (column, value) in columns.iter().zip(values) {
                row[*column] = value;
            }
            row
        })
    };
    prop::sample::select(types).prop_flat_map(of_type).boxed()
}

/// Values of a type, null included where it is allowed.
pub(super) fn any_value(ty: &TypeRef) -> BoxedStrategy<Value> {
    let item = any_item(ty);
    let value = if ty.collection {
        prop::collection::vec(item, 0..4)
            .prop_map(Value::Collection)
            .boxed()
    } else {
        item
    };
    if ty.nullable && !ty.collection {
        prop_oneof![1 => Just(Value::Null), 4 => value].boxed()
    } else {
        value
    }
}

fn any_item(ty: &TypeRef) -> BoxedStrategy<Value> {
    match ty.item {
        ItemType::Primitive(primitive) => any_primitive(primitive),
        ItemType::Enum(id) => {
            let members: Vec<i64> = model()
                .enum_type(id)
                .members
                .iter()
                .map(|m| m.value)
                .collect();
            prop::sample::select(members).prop_map(Value::Enum).boxed()
        }
        ItemType::Complex(id) => {
            let mut types = vec![id];
            types.extend(&model().structured(id).derived);
            prop::sample::select(types)
                .prop_flat_map(any_complex)
                .boxed()
        }
        ItemType::Entity(_) => Just(Value::Null).boxed(),
        // Nothing else of the suite's model is untyped.
        ItemType::Untyped => any_dynamic(2),
    }
}

/// Dynamic properties of an instance.
fn any_dynamic(depth: u32) -> BoxedStrategy<Value> {
    let one = || any_dynamic_value(depth);
    let some = prop::collection::btree_map(prop::sample::select(vec!["a", "b", "c"]), one(), 1..4);
    some.prop_map(|some| {
        let properties = some.into_iter().map(|(name, (ty, value))| DynamicProperty {
            name: name.to_owned(),
            ty,
            value,
        });
        Value::Dynamic(properties.collect())
    })
    .boxed()
}

/// A value and the type that it says of itself.
fn any_dynamic_value(depth: u32) -> BoxedStrategy<(TypeRef, Value)> {
    use Primitive::{
        Binary, Boolean, Byte, Date, DateTimeOffset, Decimal, Double, Duration, Guid, Int32, Int64,
        Single, String, TimeOfDay,
    };
    let plain = vec![
        Binary,
        Boolean,
        Boolean,
        Byte,
        Date,
        DateTimeOffset,
        Decimal,
        Double,
        Double,
        Duration,
        Guid,
        Int32,
        Int64,
        Single,
        String,
        String,
        TimeOfDay,
    ];
    let finite = |value: &Value| !matches!(value, Value::Double(x) if !x.is_finite());
    let plain = prop::sample::select(plain).prop_flat_map(move |primitive| {
        let value = any_primitive(primitive).prop_filter("finite", finite);
        value.prop_map(move |value| (TypeRef::primitive(primitive), value))
    });
    let alike = prop::sample::select(vec!["5", "true", "2020-01-01", "#Int64", "P1D", ""]);
    let alike = alike.prop_map(|text| (TypeRef::primitive(String), Value::from(text)));
    let small = (-3..4_i64).prop_map(|n| (TypeRef::primitive(Int64), Value::Integer(n)));
    let named = |name: &str| model().find_structured(name).expect("the type is there");
    let shape = named("suite.circle");
    let complex =
        any_complex(shape).prop_map(move |value| (TypeRef::of(ItemType::Complex(shape)), value));
    let colour = ItemType::Enum(
        model()
            .find_enum("suite.colour")
            .expect("the type is there"),
    );
    let colour = any_item(&TypeRef::of(colour)).prop_map(move |value| (TypeRef::of(colour), value));
    let untyped = TypeRef::of(ItemType::Untyped);
    let many = TypeRef {
        collection: true,
        ..untyped.clone()
    };
    let items = prop::collection::vec(any_primitive(String), 0..3);
    let many = items.prop_map(move |items| (many.clone(), Value::Collection(items)));
    let object = match depth {
        0 => Just(Value::Dynamic(Vec::new())).boxed(),
        _ => any_dynamic(depth - 1),
    };
    let object = object.prop_map(move |value| (untyped.clone(), value));
    prop_oneof![8 => plain, 2 => alike, 3 => small, 1 => complex, 1 => colour, 1 => many, 1 => object].boxed()
}

fn any_complex(of: StructuredId) -> BoxedStrategy<Value> {
    let properties: Vec<_> = model()
        .structured(of)
        .properties
        .iter()
        .map(|property| any_value(&property.ty))
        .collect();
    properties
        .prop_map(move |values| Value::Complex(Box::new(ComplexValue { of, values })))
        .boxed()
}

fn any_primitive(primitive: Primitive) -> BoxedStrategy<Value> {
    if let Some((least, greatest)) = primitive.integer_range() {
        let edges = prop::sample::select(vec![least, greatest, 0]);
        return prop_oneof![least..=greatest, edges]
            .prop_map(Value::Integer)
            .boxed();
    }
    match primitive {
        Primitive::Boolean => any::<bool>().prop_map(Value::Boolean).boxed(),
        // Not-a-number equals nothing, not even itself, and databases do not keep it.
        Primitive::Double => any::<f64>()
            .prop_filter("not a number", |x| !x.is_nan())
            .prop_map(Value::Double)
            .boxed(),
        Primitive::Single => any::<f32>()
            .prop_filter("not a number", |x| !x.is_nan())
            .prop_map(|x| Value::Double(x.into()))
            .boxed(),
        Primitive::Decimal => "-?[1-9][0-9]{0,30}(\\.[0-9]{1,30})?"
            .prop_map(Value::Decimal)
            .boxed(),
        Primitive::Binary => any::<Vec<u8>>().prop_map(Value::Binary).boxed(),
        Primitive::Guid => "[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}"
            .prop_map(|text| Value::Guid(text.parse().expect("the text is a GUID")))
            .boxed(),
        Primitive::Date => dates()
            .prop_map(|text| Value::Date(Date::parse(&text).expect("the text is a date")))
            .boxed(),
        Primitive::TimeOfDay => times()
            .prop_map(|text| Value::TimeOfDay(TimeOfDay::parse(&text).expect("the text is a time")))
            .boxed(),
        Primitive::DateTimeOffset => instants().prop_map(Value::DateTimeOffset).boxed(),
        Primitive::Duration => any::<i64>()
            .prop_map(|ticks| Value::Duration(Duration { ticks }))
            .boxed(),
        Primitive::Geo(_) => (-180_i16..=180, -90_i16..=90)
            .prop_map(|(x, y)| {
                let text = format!("SRID=4326;Point({x} {y})");
                Value::Geo(Box::new(Geo::parse(&text).expect("the text is a point")))
            })
            .boxed(),
        Primitive::Stream => any::<Vec<u8>>().prop_map(Value::Binary).boxed(),
        _ => texts().prop_map(Value::String).boxed(),
    }
}

/// Texts without U+0000, which is refused before it comes to a store. Where UTF-16 and code
/// points order differently, and quotes, are likelier than by chance.
pub(super) fn texts() -> BoxedStrategy<String> {
    let special = prop::sample::select(vec![
        'a',
        'B',
        'é',
        '\u{d7ff}',
        '\u{e000}',
        '\u{ffff}',
        '\u{10000}',
        '\u{10ffff}',
        '\'',
        '"',
        '\\',
        '%',
        '_',
        '\n',
        '\u{1}',
    ]);
    let letter = prop_oneof![special, any::<char>().prop_filter("U+0000", |c| *c != '\0')];
    prop::collection::vec(letter, 0..6)
        .prop_map(|letters| letters.into_iter().collect())
        .boxed()
}

/// Date-times in every form of offset and precision.
pub(super) fn instants() -> BoxedStrategy<DateTimeOffset> {
    let zone = "Z|-00:00|[-+](0[0-9]|1[0-9]|2[0-3]):[0-5][0-9]";
    (dates(), times(), zone)
        .prop_map(|(date, time, zone)| {
            DateTimeOffset::parse(&format!("{date}T{time}{zone}")).expect("the text is a date-time")
        })
        .boxed()
}

fn dates() -> impl Strategy<Value = String> {
    "[1-9][0-9]{3}-(0[1-9]|1[0-2])-(0[1-9]|1[0-9]|2[0-8])"
}

fn times() -> impl Strategy<Value = String> {
    "([01][0-9]|2[0-3]):[0-5][0-9](:[0-5][0-9](\\.[0-9]{1,7})?)?"
}
