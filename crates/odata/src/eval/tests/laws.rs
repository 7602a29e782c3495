//! Laws that hold of all values.

use edm::{ItemType, Model, Primitive, TypeRef, Value};
use proptest::prelude::*;

use super::values::{decimal, identical, number, primitive};
use crate::eval::functions::{Context, call};
use crate::eval::{
    Evaluator, Scope, Subject, and, arithmetic, cast, compare, equals, negate, not, or, order,
};
use crate::expr::{Arithmetic, Comparison, Expr, Function};

fn context() -> Context {
    Context::new(edm::time::DateTimeOffset::MIN)
}

fn truth() -> impl Strategy<Value = Option<bool>> {
    prop::sample::select(vec![None, Some(true), Some(false)])
}

/// Any Boolean expression over literals.
fn condition() -> impl Strategy<Value = Expr> {
    let literal = |value| Expr::Literal { value, ty: None };
    let leaf = prop_oneof![
        truth().prop_map(move |t| literal(t.map_or(Value::Null, Value::Boolean))),
        (primitive(), primitive()).prop_map(move |(left, right)| Expr::Compare {
            op: Comparison::Le,
            left: Box::new(literal(left)),
            right: Box::new(literal(right)),
        }),
        (primitive(), prop::collection::vec(primitive(), 0..3)).prop_map(move |(needle, among)| {
            Expr::In {
                needle: Box::new(literal(needle)),
                among: Box::new(Expr::Collection(among.into_iter().map(literal).collect())),
            }
        }),
    ];
    leaf.prop_recursive(4, 16, 2, |inner| {
        prop_oneof![
            (inner.clone(), inner.clone()).prop_map(|(l, r)| Expr::And(Box::new(l), Box::new(r))),
            (inner.clone(), inner.clone()).prop_map(|(l, r)| Expr::Or(Box::new(l), Box::new(r))),
            inner.prop_map(|operand| Expr::Not(Box::new(operand))),
        ]
    })
}

/// The expression with every `not` driven down to what is neither `and` nor `or`.
fn driven_down(expr: &Expr, negated: bool) -> Expr {
    let both = |l: &Expr, r: &Expr| {
        let (l, r) = (driven_down(l, negated), driven_down(r, negated));
        (Box::new(l), Box::new(r))
    };
    match expr {
        Expr::Not(operand) => driven_down(operand, !negated),
        Expr::And(l, r) | Expr::Or(l, r) => {
            let is_and = matches!(expr, Expr::And(..)) != negated;
            let (l, r) = both(l, r);
            if is_and {
                Expr::And(l, r)
            } else {
                Expr::Or(l, r)
            }
        }
        other if negated => Expr::Not(Box::new(other.clone())),
        other => other.clone(),
    }
}

proptest! {
    /// De Morgan's laws, in trees and with null.
    #[test]
    fn conditions(expr in condition()) {
        let (model, context) = (Model::default(), context());
        let evaluator = Evaluator::new(&model, &context);
        let nothing = Value::Null;
        let scope = Scope::new(Subject::Value(&nothing));
        let truth = |expr: &Expr| evaluator.evaluate(expr, &scope).map(|found| found.truth());
        prop_assert_eq!(truth(&driven_down(&expr, false)), truth(&expr));
        let negated = truth(&driven_down(&expr, true));
        prop_assert_eq!(negated, truth(&expr).map(not));
    }

    #[test]
    fn logic(a in truth(), b in truth(), c in truth()) {
        prop_assert_eq!(not(and(a, b)), or(not(a), not(b)));
        prop_assert_eq!(not(or(a, b)), and(not(a), not(b)));
        prop_assert_eq!(and(a, or(b, c)), or(and(a, b), and(a, c)));
        prop_assert_eq!(and(a, b), and(b, a));
        prop_assert_eq!(or(a, or(b, c)), or(or(a, b), c));
        prop_assert_eq!(not(not(a)), a);
    }

    #[test]
    fn comparisons(a in primitive(), b in primitive()) {
        let of = |op, a: &Value, b: &Value| compare(op, a, b);
        prop_assert_eq!(of(Comparison::Eq, &a, &b), not(of(Comparison::Ne, &a, &b)));
        prop_assert_eq!(of(Comparison::Eq, &a, &b), of(Comparison::Eq, &b, &a));
        prop_assert_eq!(of(Comparison::Lt, &a, &b), of(Comparison::Gt, &b, &a));
        prop_assert_eq!(of(Comparison::Le, &a, &b), of(Comparison::Ge, &b, &a));
        if !a.is_null() && !b.is_null() {
            let either = or(of(Comparison::Lt, &a, &b), of(Comparison::Eq, &a, &b));
            prop_assert_eq!(of(Comparison::Le, &a, &b), either);
        }
    }

    /// One order for `$orderby` and for the operators, total among values of one type.
    #[test]
    fn orders_agree(a in decimal(), b in decimal(), x in primitive(), y in primitive()) {
        for (a, b) in [(&a, &b), (&x, &y), (&x, &Value::Null)] {
            prop_assert_eq!(order(a, b), order(b, a).reverse());
            prop_assert!(order(a, a).is_eq());
            if let (Some(less), false, false) = (compare(Comparison::Lt, a, b), a.is_null(), b.is_null()) {
                let has_nan = equals(a, a) != Some(true) || equals(b, b) != Some(true);
                prop_assert!(has_nan || less == order(a, b).is_lt());
            }
        }
    }

    #[test]
    fn decimals_compare_as_their_differences(a in decimal(), b in decimal()) {
        let difference = arithmetic(Arithmetic::Sub, &a, &b);
        let difference = difference.map_err(|e| TestCaseError::fail(e.to_string()))?;
        let zero = Value::Integer(0);
        for op in [Comparison::Eq, Comparison::Lt, Comparison::Gt] {
            prop_assert_eq!(compare(op, &a, &b), compare(op, &difference, &zero));
        }
    }

    #[test]
    fn decimal_arithmetic(a in decimal(), b in decimal()) {
        let of = |op, a: &Value, b: &Value| {
            arithmetic(op, a, b).map_err(|e| TestCaseError::fail(e.to_string()))
        };
        prop_assert_eq!(of(Arithmetic::Add, &a, &b)?, of(Arithmetic::Add, &b, &a)?);
        let back = of(Arithmetic::Sub, &of(Arithmetic::Add, &a, &b)?, &b)?;
        prop_assert_eq!(equals(&back, &a), Some(true));
        if equals(&b, &Value::Integer(0)) == Some(false) {
            let product = of(Arithmetic::Mul, &a, &b)?;
            prop_assert_eq!(equals(&of(Arithmetic::Div, &product, &b)?, &a), Some(true));
            let rest = of(Arithmetic::Mod, &a, &b)?;
            let again = of(Arithmetic::Mod, &rest, &b)?;
            prop_assert_eq!(equals(&again, &rest), Some(true));
        }
    }

    #[test]
    fn rounding(number in decimal()) {
        let of = |function| {
            call(&context(), function, &[&number]).map_err(|e| TestCaseError::fail(e.to_string()))
        };
        let (floor, round, ceiling) = (of(Function::Floor)?, of(Function::Round)?, of(Function::Ceiling)?);
        prop_assert_eq!(compare(Comparison::Le, &floor, &number), Some(true));
        prop_assert_eq!(compare(Comparison::Ge, &ceiling, &number), Some(true));
        prop_assert!(round == floor || round == ceiling);
        let opposite = negate(&number).and_then(|number| call(&context(), Function::Round, &[&number]));
        prop_assert_eq!(opposite, negate(&round));
    }

    #[test]
    fn strings(a in "[aßİ😀]{0,6}", b in "[aßİ😀]{0,3}", start in -8_i64..8, length in 0_i64..8) {
        let (context, a, b) = (context(), Value::from(a), Value::from(b));
        let of = |function, arguments: &[&Value]| {
            call(&context, function, arguments).map_err(|e| TestCaseError::fail(e.to_string()))
        };
        let both = of(Function::Concat, &[&a, &b])?;
        prop_assert_eq!(of(Function::StartsWith, &[&both, &a])?, Value::Boolean(true));
        prop_assert_eq!(of(Function::EndsWith, &[&both, &b])?, Value::Boolean(true));
        let size = of(Function::Length, &[&a])?;
        prop_assert_eq!(&of(Function::Substring, &[&both, &size])?, &b);
        prop_assert_eq!(of(Function::Length, &[&of(Function::ToUpper, &[&a])?])?, size);

        let place = of(Function::IndexOf, &[&both, &b])?;
        let found = of(Function::Substring, &[&both, &place, &of(Function::Length, &[&b])?])?;
        prop_assert_eq!(&found, &b);
        let contains = of(Function::Contains, &[&a, &b])?;
        prop_assert_eq!(contains == Value::Boolean(false), of(Function::IndexOf, &[&a, &b])? == Value::Integer(-1));

        let part = of(Function::Substring, &[&a, &Value::Integer(start), &Value::Integer(length)])?;
        prop_assert_eq!(of(Function::Contains, &[&a, &part])?, Value::Boolean(true));
        let all = of(Function::Substring, &[&a, &Value::Integer(start)])?;
        prop_assert_eq!(of(Function::StartsWith, &[&all, &part])?, Value::Boolean(true));
    }

    /// What is cast to a string comes back from it.
    #[test]
    fn casts(value in primitive()) {
        let to = match value {
            Value::Boolean(_) => Primitive::Boolean,
            Value::Integer(_) => Primitive::Int64,
            Value::Double(_) => Primitive::Double,
            Value::Decimal(_) => Primitive::Decimal,
            Value::Guid(_) => Primitive::Guid,
            Value::Date(_) => Primitive::Date,
            Value::DateTimeOffset(_) => Primitive::DateTimeOffset,
            Value::Duration(_) => Primitive::Duration,
            _ => Primitive::String,
        };
        let to = TypeRef::primitive(to);
        let model = Model::default();
        if !matches!(value, Value::Enum(_)) {
            let text = cast(&model, &value, None, &TypeRef::primitive(Primitive::String));
            let back = cast(&model, &text, None, &to);
            // A date-time whose form is too coarse for it is written with all digits.
            let same = identical(&back, &value) || equals(&back, &value) == Some(true);
            prop_assert!(same, "{:?}", text);
        }
        prop_assert!(identical(&cast(&model, &value, None, &TypeRef::of(ItemType::Untyped)), &value));
    }

    /// Nothing panics, and null makes null.
    #[test]
    fn any_call_ends(a in primitive(), b in primitive(), n in number(), function in prop::sample::select(Function::ALL.to_vec())) {
        let context = context();
        for arguments in [&[][..], &[&a], &[&a, &b], &[&a, &n, &n]] {
            let found = call(&context, function.0, arguments);
            if arguments.iter().any(|argument| argument.is_null()) {
                prop_assert_eq!(found, Ok(Value::Null));
            }
        }
        for op in [Arithmetic::Add, Arithmetic::Sub, Arithmetic::Mul, Arithmetic::Div, Arithmetic::DivBy, Arithmetic::Mod] {
            let _ = arithmetic(op, &a, &n);
            if a.is_null() {
                prop_assert_eq!(arithmetic(op, &n, &a), Ok(Value::Null));
            }
        }
    }
}
