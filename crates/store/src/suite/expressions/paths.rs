//! Paths and literals of the suite's model.

use edm::{ItemType, Primitive, StructuredId, TypeRef, Value};
use odata::expr::{Expr, Path, Root, Step};

use super::super::world::model;
use super::tape::Of;

pub(in crate::suite) fn literal(value: Value, primitive: Primitive) -> Expr {
    Expr::Literal {
        value,
        ty: Some(ItemType::Primitive(primitive)),
    }
}

pub(in crate::suite) fn item(of: Of) -> ItemType {
    let named = |name: &str| ItemType::Enum(model().find_enum(name).expect("the enumeration"));
    ItemType::Primitive(match of {
        Of::Boolean => Primitive::Boolean,
        Of::Integer => Primitive::Int64,
        Of::Decimal => Primitive::Decimal,
        Of::Double => Primitive::Double,
        Of::Text => Primitive::String,
        Of::Date => Primitive::Date,
        Of::Instant => Primitive::DateTimeOffset,
        Of::Time => Primitive::TimeOfDay,
        Of::Duration => Primitive::Duration,
        Of::Colour => return named("suite.colour"),
        Of::Rights => return named("suite.rights"),
    })
}

pub(in crate::suite) fn find(name: &str) -> StructuredId {
    model().find_structured(name).expect("the type is there")
}

/// A path of a thing: properties by name, `type:` before those of a derived type.
pub(in crate::suite) fn own_path(name: &str) -> Expr {
    match name.split_once(':') {
        Some((of, name)) => {
            let of = find(&format!("suite.{of}"));
            let mut path = path_of(steps(&model().structured(of).name, name));
            path.steps.insert(0, Step::Cast(of));
            Expr::Path(path)
        }
        None => steps("suite.thing", name),
    }
}

pub(in crate::suite) fn steps(of: &str, names: &str) -> Expr {
    let mut at = find(of);
    let mut steps = Vec::new();
    let mut ty = TypeRef::of(ItemType::Entity(at));
    for name in names.split('/') {
        let structured = model().structured(at);
        if let Some(ordinal) = structured.property(name) {
            steps.push(Step::Property { of: at, ordinal });
            ty = structured.properties[ordinal].ty.clone();
        } else {
            let index = structured.navigation_property(name).expect("a property");
            let navigation = &structured.navigation[index];
            steps.push(Step::Navigation { of: at, index });
            ty = TypeRef::of(ItemType::Entity(navigation.target));
            ty.collection = navigation.collection;
        }
        if let Some(next) = ty.item.structured() {
            at = next;
        }
    }
    Expr::Path(Path {
        root: Root::Instance,
        steps,
        ty,
    })
}

pub(in crate::suite) fn path_of(expr: Expr) -> Path {
    match expr {
        Expr::Path(path) => path,
        other => panic!("{other:?} is no path"),
    }
}
