//! The models that tests of this module bind to, and values of their types.

use std::sync::LazyLock;

use edm::time::{Date, DateTimeOffset, Duration, TimeOfDay};
use edm::{ComplexValue, ItemType, Model, Primitive, StructuredId, TypeRef, Value};
use proptest::prelude::*;

static GRAPH: LazyLock<Model> = LazyLock::new(|| {
    Model::from_csdl(include_str!("../../../../schema/deviceManagement.csdl.xml"))
        .expect("the schema is a model")
});

static EVERYTHING: LazyLock<Model> = LazyLock::new(|| {
    Model::from_csdl(include_str!("sample/everything.csdl.xml")).expect("the sample is a model")
});

/// The model of the service.
pub(super) fn graph() -> &'static Model {
    &GRAPH
}

/// A model with what the service's has not: every primitive type, facets, combined flags.
pub(super) fn everything() -> &'static Model {
    &EVERYTHING
}

/// The structured type of a name without namespace.
pub(super) fn structured(model: &Model, name: &str) -> StructuredId {
    model
        .structured_types()
        .find(|(_, ty)| ty.short_name() == name)
        .map(|(id, _)| id)
        .expect("the model has the type")
}

/// The type of a property of a structured type.
pub(super) fn property<'m>(model: &'m Model, of: &str, name: &str) -> &'m TypeRef {
    let ty = model.structured(structured(model, of));
    &ty.properties[ty.property(name).expect("the type has the property")].ty
}

/// Every type that a property of the model is of.
pub(super) fn property_types(model: &Model) -> Vec<TypeRef> {
    let all = model.structured_types().flat_map(|(_, ty)| &ty.properties);
    all.map(|property| property.ty.clone()).collect()
}

/// The cases of a table, a line each: `body => target: what the message says`, with `-` for an
/// error that has no target.
pub(super) fn refusals(table: &str) -> impl Iterator<Item = (&str, &str, &str)> {
    table
        .lines()
        .filter(|line| !line.trim().is_empty())
        .map(|line| {
            let (body, error) = line.split_once("=>").expect("a case has an arrow");
            let (target, says) = error.split_once(": ").expect("a case names its target");
            let target = target.trim();
            (
                body.trim(),
                if target == "-" { "" } else { target },
                says.trim(),
            )
        })
}

/// Asserts that an error is a 400 with this target, and that it says this.
pub(super) fn assert_refused(error: &crate::Error, (body, target, says): (&str, &str, &str)) {
    assert_eq!(error.code.status(), 400, "{body}");
    assert_eq!(
        error.target.as_deref().unwrap_or_default(),
        target,
        "{body}: {error}"
    );
    assert!(error.message.contains(says), "{body}: {}", error.message);
}

/// Any legal value of a type.
pub(super) fn values(model: &'static Model, ty: &TypeRef) -> BoxedStrategy<Value> {
    let item = items(model, ty);
    let value = if ty.collection {
        prop::collection::vec(item, 0..4)
            .prop_map(Value::Collection)
            .boxed()
    } else {
        item
    };
    if ty.nullable {
        prop_oneof![1 => Just(Value::Null), 4 => value].boxed()
    } else {
        value
    }
}

fn items(model: &'static Model, ty: &TypeRef) -> BoxedStrategy<Value> {
    match ty.item {
        ItemType::Primitive(primitive) => primitives(primitive),
        ItemType::Enum(id) => {
            let ty = model.enum_type(id);
            let members: Vec<i64> = ty.members.iter().map(|m| m.value).collect();
            let is_flags = ty.is_flags;
            let some = prop::collection::vec(prop::sample::select(members), 1..4);
            some.prop_map(move |some| {
                let first = some.first().copied().unwrap_or_default();
                Value::Enum(if is_flags {
                    some.iter().fold(0, |all, m| all | m)
                } else {
                    first
                })
            })
            .boxed()
        }
        ItemType::Complex(declared) => {
            let concrete: Vec<StructuredId> = model
                .structured_types()
                .filter(|(id, ty)| model.is_a(*id, declared) && !ty.is_abstract)
                .map(|(id, _)| id)
                .collect();
            prop::sample::select(concrete)
                .prop_flat_map(move |of| complex(model, of))
                .boxed()
        }
        ItemType::Entity(_) | ItemType::Untyped => Just(Value::Null).boxed(),
    }
}

fn complex(model: &'static Model, of: StructuredId) -> BoxedStrategy<Value> {
    let properties: Vec<_> = model
        .structured(of)
        .properties
        .iter()
        .map(|p| values(model, &p.ty))
        .collect();
    let complex = |of, values| Value::Complex(Box::new(ComplexValue { of, values }));
    properties
        .prop_map(move |values| complex(of, values))
        .boxed()
}

fn primitives(primitive: Primitive) -> BoxedStrategy<Value> {
    if let Some((least, greatest)) = primitive.integer_range() {
        return (least..=greatest).prop_map(Value::Integer).boxed();
    }
    match primitive {
        Primitive::Boolean => any::<bool>().prop_map(Value::Boolean).boxed(),
        // Any bits but those of a NaN, which equals nothing.
        Primitive::Double => any::<f64>()
            .prop_filter("NaN", |n| !n.is_nan())
            .prop_map(Value::Double)
            .boxed(),
        Primitive::Single => any::<f32>()
            .prop_filter("NaN", |n| !n.is_nan())
            .prop_map(|n| Value::Double(n.into()))
            .boxed(),
        Primitive::Decimal => "-?[1-9][0-9]{0,30}(\\.[0-9]{1,30})?"
            .prop_map(Value::Decimal)
            .boxed(),
        Primitive::Binary => any::<Vec<u8>>().prop_map(Value::Binary).boxed(),
        Primitive::Guid => any::<u128>()
            .prop_map(|n| Value::Guid(uuid::Uuid::from_u128(n)))
            .boxed(),
        Primitive::Date => dates()
            .prop_map(|d| Value::Date(parsed(&d, Date::parse)))
            .boxed(),
        Primitive::TimeOfDay => times()
            .prop_map(|t| Value::TimeOfDay(parsed(&t, TimeOfDay::parse)))
            .boxed(),
        Primitive::DateTimeOffset => (dates(), times(), "Z|[-+](0[0-9]|1[0-3]):[0-5][0-9]")
            .prop_map(|(date, time, zone)| {
                let text = format!("{date}T{time}{zone}");
                Value::DateTimeOffset(parsed(&text, DateTimeOffset::parse))
            })
            .boxed(),
        Primitive::Duration => "-?P[1-9]D(T[1-9]H([1-5]M([1-9](\\.[1-9]{1,7})?S)?)?)?"
            .prop_map(|d| Value::Duration(parsed(&d, Duration::parse)))
            .boxed(),
        _ => "[^\u{0}]*".prop_map(Value::String).boxed(),
    }
}

fn dates() -> impl Strategy<Value = String> {
    "[1-9][0-9]{3}-(0[1-9]|1[0-2])-(0[1-9]|1[0-9]|2[0-8])"
}

fn times() -> impl Strategy<Value = String> {
    "([01][0-9]|2[0-3]):[0-5][0-9]:[0-5][0-9](\\.[0-9]{1,7})?"
}

fn parsed<T, E: std::fmt::Debug>(text: &str, parse: impl Fn(&str) -> Result<T, E>) -> T {
    parse(text).expect("the text follows the grammar")
}
