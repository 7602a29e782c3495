//! Random words of the grammar: whatever binds has the types that it promises, and nothing panics.

use edm::{Primitive, TypeRef};
use proptest::prelude::*;

use super::*;
use crate::apply::Transformation;

/// Words that make expressions over products more often than not.
const WORDS: [&str; 44] = [
    "Name",
    "Price",
    "Stock",
    "Rank",
    "Made",
    "Ships",
    "Colors",
    "Tags",
    "Homes",
    "Origin/City",
    "Maker/Name",
    "Items",
    "$it",
    "$this",
    "$root/Makers",
    "@a",
    "null",
    "true",
    "1",
    "-2.5",
    "1e3",
    "'x'",
    "duration'P1D'",
    "2020-01-01",
    "['a',null]",
    "{}",
    " eq ",
    " ne ",
    " lt ",
    " add ",
    " divby ",
    " and ",
    " or ",
    "not ",
    " in ",
    " has ",
    "(",
    ")",
    "contains(",
    ",",
    "/$count",
    "/any(t:t",
    "cast(",
    ",Edm.String)",
];

fn words() -> impl Strategy<Value = String> {
    proptest::collection::vec(proptest::sample::select(WORDS.to_vec()), 1..10)
        .prop_map(|words| words.concat())
}

fn operand() -> impl Strategy<Value = String> {
    let leaf = proptest::sample::select(WORDS[..26].to_vec()).prop_map(str::to_owned);
    leaf.prop_recursive(4, 24, 2, |inner| {
        let operators = proptest::sample::select(vec![
            "eq", "ne", "lt", "ge", "add", "sub", "mul", "div", "divby", "mod", "and", "or", "in",
            "has",
        ]);
        let functions = proptest::sample::select(vec![
            "length",
            "trim",
            "year",
            "round",
            "totalseconds",
            "date",
        ]);
        prop_oneof![
            (inner.clone(), operators, inner.clone())
                .prop_map(|(l, op, r)| format!("({l} {op} {r})")),
            (functions, inner.clone()).prop_map(|(name, argument)| format!("{name}({argument})")),
            (inner.clone(), inner).prop_map(|(c, r)| format!("case({c}:{r},true:{r})")),
        ]
    })
}

proptest! {
    #[test]
    fn a_bound_filter_is_boolean(filter in prop_oneof![words(), operand()]) {
        let query = format!("$filter={filter}&@a=Stock");
        match parse_request(&SHOP, &Limits::default(), "Products", Some(&query)) {
            Ok((_, options)) => {
                let ty = options.filter.expect("it was given").ty();
                // Of nothing but nulls, it is not known.
                let boolean = |ty: &TypeRef| {
                    matches!(
                        ty.item,
                        ItemType::Primitive(Primitive::Boolean) | ItemType::Untyped
                    )
                };
                prop_assert!(ty.as_ref().is_none_or(boolean), "{filter}: {ty:?}");
            }
            Err(error) => prop_assert_eq!(error.code.status(), 400, "{}: {}", filter, error),
        }
    }

    #[test]
    fn what_an_aggregation_makes_can_be_filtered_by(
        expr in operand(),
        method in proptest::sample::select(vec!["sum", "min", "max", "average", "countdistinct"]),
    ) {
        let apply = format!("$apply=groupby((Name),aggregate({expr} with {method} as Made1))");
        let query = format!("{apply}&$filter=Made1 ne null&$orderby=Made1&$select=Name,Made1&@a=Stock");
        match parse_request(&SHOP, &Limits::default(), "Products", Some(&query)) {
            Ok((_, options)) => {
                let is_group = matches!(options.apply.as_slice(), [Transformation::GroupBy { .. }]);
                prop_assert!(is_group);
                let gone = format!("{apply}&$filter=Price ne null&@a=Stock");
                let error = parse_request(&SHOP, &Limits::default(), "Products", Some(&gone))
                    .expect_err("it is not grouped");
                prop_assert!(error.message.contains("'Price' is not there any more"), "{}", error);
            }
            Err(error) => prop_assert_eq!(error.code.status(), 400, "{}: {}", expr, error),
        }
    }

    #[test]
    fn hostile_paths_are_refused(
        segments in proptest::collection::vec(
            proptest::sample::select(vec![
                "Products", "Makers", "Makers(1)", "Homes", "Origin", "Items", "Photo", "Name",
                "shop.SpecialProduct", "SpecialProduct", "$count", "$ref", "$value", "$each",
                "$filter(true)", "$filter(", "$entity", "0", "-1", "Similar()", "Find(Names=@n)(1)",
                "Label", "Farthest", "Maker", "(1)", "a=1", "0f9c5b0e-4d1b-4c3f-9a1f-2b8f3f1d7a10",
            ]),
            0..7,
        ),
        method in proptest::sample::select(vec!["GET", "POST", "PATCH", "PUT", "DELETE"]),
    ) {
        let path = segments.join("/");
        let outcome = parse_request(&SHOP, &Limits::default(), &path, Some("@n=[]"))
            .and_then(|(resource, options)| super::super::check(&resource, &options, method));
        if let Err(error) = outcome {
            prop_assert!((400..500).contains(&error.code.status()), "{}: {}", path, error);
            prop_assert_eq!(error.allow.is_some(), error.code == ErrorCode::MethodNotAllowed);
        }
    }
}
