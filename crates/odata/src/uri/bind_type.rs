//! Types of expressions: promotion and what can be compared (OData 4.01 URL Conventions,
//! sections 5.1.1.1, 5.1.1.2 and 5.1.1.15).

use edm::{ItemType, Model, Primitive, TypeRef};

use crate::expr::{Arithmetic, Expr};

/// Whether values of the type are numbers.
pub(super) fn is_numeric(primitive: Primitive) -> bool {
    primitive.integer_range().is_some()
        || matches!(
            primitive,
            Primitive::Decimal | Primitive::Double | Primitive::Single
        )
}

/// Whether nothing is known of a value but when it is there.
pub(super) fn is_unknown(item: ItemType) -> bool {
    matches!(
        item,
        ItemType::Untyped | ItemType::Primitive(Primitive::Any)
    )
}

/// The type that two numeric types are promoted to: the first of double, single, decimal and the
/// integers by size that one of them is. `None` if one is not numeric.
pub(super) fn promoted(left: Primitive, right: Primitive) -> Option<Primitive> {
    use Primitive::{Byte, Decimal, Double, Int16, Int32, Int64, SByte, Single};
    if !is_numeric(left) || !is_numeric(right) {
        return None;
    }
    if left == right {
        return Some(left);
    }
    let either = |wanted: &Primitive| left == *wanted || right == *wanted;
    [Double, Single, Decimal, Int64, Int32, Int16]
        .into_iter()
        .find(either)
        // A byte of either kind is neither kind's beside the other.
        .or(Some(Int16).filter(|_| either(&Byte) && either(&SByte)))
}

/// The type of an arithmetic operator's result (section 5.1.1.2); `None` if it does not take such
/// operands. Integers are added as 32 bits at least, so that bytes do not overflow at once.
pub(super) fn arithmetic(op: Arithmetic, left: Primitive, right: Primitive) -> Option<Primitive> {
    use Arithmetic::{Add, Div, DivBy, Mul, Sub};
    use Primitive::{Byte, Date, DateTimeOffset, Decimal, Duration, Int16, Int32, SByte};
    match (op, left, right) {
        (Add | Sub, DateTimeOffset | Date | Duration, Duration) => Some(left),
        (Sub, DateTimeOffset, DateTimeOffset) | (Sub, Date, Date) => Some(Duration),
        (Mul | Div | DivBy, Duration, number) | (Mul, number, Duration) if is_numeric(number) => {
            Some(Duration)
        }
        _ => match promoted(left, right)? {
            integer if op == DivBy && integer.integer_range().is_some() => Some(Decimal),
            Byte | SByte | Int16 => Some(Int32),
            other => Some(other),
        },
    }
}

/// Whether values of two types can be equal.
pub(super) fn comparable(model: &Model, left: &TypeRef, right: &TypeRef) -> bool {
    let geo = |name: &str| name.starts_with("Edm.Geography");
    let items = match (left.item, right.item) {
        (l, r) if l == r || is_unknown(l) || is_unknown(r) => true,
        (ItemType::Primitive(Primitive::Geo(l)), ItemType::Primitive(Primitive::Geo(r))) => {
            geo(l) == geo(r)
        }
        (ItemType::Primitive(l), ItemType::Primitive(r)) => is_numeric(l) && is_numeric(r),
        (ItemType::Entity(l), ItemType::Entity(r))
        | (ItemType::Complex(l), ItemType::Complex(r)) => model.is_a(l, r) || model.is_a(r, l),
        _ => false,
    };
    items && (left.collection == right.collection || [left, right].iter().any(|t| is_open(t)))
}

/// Whether it may as well be a collection.
fn is_open(ty: &TypeRef) -> bool {
    ty.item == ItemType::Untyped
}

/// Whether values of the type have an order.
pub(super) fn is_ordered(ty: &TypeRef) -> bool {
    let item = match ty.item {
        ItemType::Primitive(primitive) => !matches!(
            primitive,
            Primitive::Stream | Primitive::Binary | Primitive::Geo(_)
        ),
        ItemType::Enum(_) | ItemType::Untyped => true,
        ItemType::Complex(_) | ItemType::Entity(_) => false,
    };
    item && !ty.collection
}

/// The type that both results of an expression fit in; null fits in any.
pub(super) fn common(left: Option<TypeRef>, right: Option<TypeRef>) -> Option<Option<TypeRef>> {
    let (left, right) = match (left, right) {
        (Some(left), Some(right)) => (left, right),
        (only, None) | (None, only) => return Some(only),
    };
    if left.collection != right.collection {
        return None;
    }
    let item = match (left.item, right.item) {
        (l, r) if l == r => l,
        (l, _) if is_unknown(l) => l,
        (_, r) if is_unknown(r) => r,
        (ItemType::Primitive(l), ItemType::Primitive(r)) => ItemType::Primitive(promoted(l, r)?),
        _ => return None,
    };
    Some(Some(TypeRef {
        collection: left.collection,
        ..TypeRef::of(item)
    }))
}

/// The primitive type of a single value; `None` for anything else.
pub(super) fn primitive(expr: &Expr) -> Option<Primitive> {
    match expr.ty()? {
        TypeRef {
            item: ItemType::Primitive(primitive),
            collection: false,
            ..
        } => Some(primitive),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_promoted() {
        use Primitive::{Byte, Decimal, Double, Int16, Int32, Int64, SByte, Single, String};
        let check = |left, right, expected| {
            assert_eq!(promoted(left, right), expected, "{left:?} {right:?}");
            assert_eq!(promoted(right, left), expected, "{right:?} {left:?}");
        };
        check(Byte, Byte, Some(Byte));
        check(Byte, SByte, Some(Int16));
        check(Byte, Int16, Some(Int16));
        check(Int32, Int64, Some(Int64));
        check(Int64, Decimal, Some(Decimal));
        check(Decimal, Single, Some(Single));
        check(Single, Double, Some(Double));
        check(Int32, String, None);
    }

    #[test]
    fn operators_have_result_types() {
        use Arithmetic::{Add, Div, DivBy, Mod, Mul, Sub};
        use Primitive::{Byte, Date, DateTimeOffset, Decimal, Double, Duration, Int32, Int64};
        let check = |op, left, right, expected| {
            assert_eq!(
                arithmetic(op, left, right),
                expected,
                "{left:?} {op:?} {right:?}"
            );
        };
        check(Add, Byte, Byte, Some(Int32));
        check(Mod, Int32, Int64, Some(Int64));
        check(Div, Int32, Int32, Some(Int32));
        check(DivBy, Int32, Int32, Some(Decimal));
        check(DivBy, Int32, Double, Some(Double));
        check(Add, DateTimeOffset, Duration, Some(DateTimeOffset));
        check(Add, Duration, DateTimeOffset, None);
        check(Sub, Date, Date, Some(Duration));
        check(Add, Date, Date, None);
        check(Mul, Int32, Duration, Some(Duration));
        check(Div, Duration, Int32, Some(Duration));
        check(Div, Int32, Duration, None);
        check(Add, Primitive::String, Int32, None);
    }
}
