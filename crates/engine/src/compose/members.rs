//! Entities that are at hand, as expressions name them: by their keys.

use edm::{Model, Primitive, StructuredId, TypeRef, Value};
use odata::expr::{Comparison, Expr, Path, Root, Step};
use odata::query::OrderBy;

/// Whether an entity has one of the keys.
pub(crate) fn among(model: &Model, of: StructuredId, keys: &[Vec<Value>]) -> Expr {
    if let [ordinal] = model.structured(of).key.as_slice() {
        let values = keys.iter().flatten();
        return Expr::In {
            needle: Box::new(property(model, of, *ordinal)),
            among: Box::new(Expr::Collection(
                values
                    .map(|value| literal(model, of, *ordinal, value))
                    .collect(),
            )),
        };
    }
    any(keys.iter().map(|key| has_key(model, of, key)).collect())
}

/// The order in which the keys stand; none of fewer than two.
pub(crate) fn rank(model: &Model, of: StructuredId, keys: &[Vec<Value>]) -> Option<OrderBy> {
    if keys.len() < 2 {
        return None;
    }
    let ty = TypeRef::primitive(Primitive::Int32);
    let place = |place: usize| Expr::Literal {
        value: Value::Integer(i64::try_from(place).unwrap_or(i64::MAX)),
        ty: Some(ty.item),
    };
    let branches = keys.iter().enumerate();
    let branches = branches.map(|(i, key)| (has_key(model, of, key), place(i)));
    Some(OrderBy {
        expr: Expr::Case {
            branches: branches.collect(),
            ty: ty.clone(),
        },
        descending: false,
    })
}

fn has_key(model: &Model, of: StructuredId, key: &[Value]) -> Expr {
    let ordinals = model.structured(of).key.iter();
    let equal = |(ordinal, value): (&usize, &Value)| Expr::Compare {
        op: Comparison::Eq,
        left: Box::new(property(model, of, *ordinal)),
        right: Box::new(literal(model, of, *ordinal, value)),
    };
    let equal = ordinals.zip(key).map(equal);
    equal
        .reduce(|left, right| Expr::And(Box::new(left), Box::new(right)))
        .unwrap_or_else(|| truth(false))
}

/// Whether any holds, as a balanced tree: it stays shallow.
fn any(mut conditions: Vec<Expr>) -> Expr {
    while conditions.len() > 1 {
        let mut halved = Vec::with_capacity(conditions.len().div_ceil(2));
        let mut rest = conditions.into_iter();
        while let Some(left) = rest.next() {
            halved.push(match rest.next() {
                Some(right) => Expr::Or(Box::new(left), Box::new(right)),
                None => left,
            });
        }
        conditions = halved;
    }
    conditions.pop().unwrap_or_else(|| truth(false))
}

fn truth(value: bool) -> Expr {
    Expr::Literal {
        value: Value::Boolean(value),
        ty: Some(TypeRef::primitive(Primitive::Boolean).item),
    }
}

fn property(model: &Model, of: StructuredId, ordinal: usize) -> Expr {
    Expr::Path(Path {
        root: Root::Instance,
        steps: vec![Step::Property { of, ordinal }],
        ty: type_of(model, of, ordinal),
    })
}

fn literal(model: &Model, of: StructuredId, ordinal: usize, value: &Value) -> Expr {
    Expr::Literal {
        value: value.clone(),
        ty: Some(type_of(model, of, ordinal).item),
    }
}

fn type_of(model: &Model, of: StructuredId, ordinal: usize) -> TypeRef {
    let declared = model.structured(of).properties.get(ordinal);
    declared.map_or_else(
        || TypeRef::primitive(Primitive::String),
        |property| property.ty.clone(),
    )
}
