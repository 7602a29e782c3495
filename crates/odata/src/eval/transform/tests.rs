//! The examples of the OData Extension for Data Aggregation 4.0, section 3.

use edm::time::DateTimeOffset;
use edm::{ItemType, Primitive, TypeRef};

use super::*;
use crate::apply::{Aggregate, Method, RankMeasure};
use crate::eval::functions::Context;
use crate::eval::tests::fixture::{World, compared, computed, decimal, literal};
use crate::eval::tests::values::value;
use crate::expr::{Arithmetic, Comparison, Expr, Path, Root};
use crate::query::{OrderBy, Search};

fn transformed<'a>(
    world: &'a World,
    transformations: &[Transformation],
) -> Result<Vec<Row<'a>>, EvalError> {
    let context = Context::new(DateTimeOffset::MIN);
    let evaluator = Evaluator::new(world.model, &context);
    let rows = world.sales.iter().map(|sale| Row::new(*sale)).collect();
    transform(&evaluator, transformations, rows)
}

/// The values of some paths in each row, such as `1 'Joe'`.
#[track_caller]
fn check(world: &World, transformations: &[Transformation], shown: &[&str], expected: &[&str]) {
    let context = Context::new(DateTimeOffset::MIN);
    let evaluator = Evaluator::new(world.model, &context);
    let rows = transformed(world, transformations).expect("rows");
    let show = |row: &Row<'_>| {
        let values = shown.iter().map(|path| {
            let path = world.sale(path);
            let found = evaluator.evaluate(&path, &scope(row)).expect("a value");
            let found = found.into_value().expect("a value").into_owned();
            found.to_text().unwrap_or_else(|| "null".to_owned())
        });
        values.collect::<Vec<_>>().join(" ")
    };
    let found: Vec<String> = rows.iter().map(show).collect();
    assert_eq!(found, expected, "{transformations:?}");
}

fn aggregate(expr: Option<Expr>, method: Method, name: &str, ty: Primitive) -> Aggregate {
    Aggregate {
        expr,
        method,
        name: name.to_owned(),
        ty: TypeRef::of(ItemType::Primitive(ty)),
        from: Vec::new(),
    }
}

fn total(world: &World) -> Transformation {
    let amount = world.sale("Amount");
    let total = aggregate(Some(amount), Method::Sum, "Total", Primitive::Decimal);
    Transformation::Aggregate(vec![total])
}

fn groups(world: &World, paths: &[&str], then: Vec<Transformation>) -> Transformation {
    let paths = paths.iter();
    Transformation::GroupBy {
        properties: paths
            .map(|path| world.path_from("Sale", Root::Instance, path))
            .collect::<Vec<Path>>(),
        then,
    }
}

fn orderby(expr: Expr, descending: bool) -> Transformation {
    Transformation::OrderBy(vec![OrderBy { expr, descending }])
}

#[test]
fn aggregation_methods() {
    use Method::{Average, Count, CountDistinct, Max, Min, Sum};
    let world = World::new();
    let path = |text| Some(world.sale(text));
    let tax = computed(
        world.sale("Amount"),
        Arithmetic::Mul,
        world.sale("Product/TaxRate"),
    );
    for (expr, method, ty, expected) in [
        (path("Amount"), Sum, Primitive::Decimal, "24d"),
        (path("Amount"), Min, Primitive::Decimal, "1d"),
        (path("Amount"), Max, Primitive::Decimal, "8d"),
        (path("Amount"), Average, Primitive::Decimal, "3d"),
        (path("ID"), Average, Primitive::Double, "4.5e0"),
        (path("ID"), Sum, Primitive::Int64, "36"),
        (path("Customer/Name"), Max, Primitive::String, "'Sue'"),
        (path("Product"), CountDistinct, Primitive::Int64, "3"),
        (path("Customer/Name"), CountDistinct, Primitive::Int64, "2"),
        (
            path("Customer/Address/City"),
            CountDistinct,
            Primitive::Int64,
            "1",
        ),
        (Some(tax), Sum, Primitive::Decimal, "2.08"),
        (None, Count, Primitive::Int64, "8"),
        (path("Product"), Count, Primitive::Int64, "3"),
        (path("Customer/Tags"), Count, Primitive::Int64, "3"),
        // Every product once (section 3.2.1.1).
        (path("Product/TaxRate"), Sum, Primitive::Decimal, "0.26"),
        (
            path("Customer/Address/City"),
            Min,
            Primitive::String,
            "'Rome'",
        ),
    ] {
        let item = aggregate(expr, method, "x", ty);
        let rows = transformed(&world, &[Transformation::Aggregate(vec![item.clone()])]);
        let rows = rows.expect("a row");
        assert_eq!(rows.len(), 1);
        let expected = [("x".to_owned(), value(expected))];
        assert_eq!(rows[0].added(), expected, "{item:?}");
        assert!(rows[0].instance().is_none());
    }
}

#[test]
fn nothing_is_aggregated_to_null_and_counted_as_none() {
    let world = World::new();
    let items = [Method::Sum, Method::Min, Method::Max, Method::Average]
        .map(|method| aggregate(Some(world.sale("Amount")), method, "x", Primitive::Decimal));
    let mut items = items.to_vec();
    items.push(aggregate(None, Method::Count, "n", Primitive::Int64));
    let nothing = [Transformation::Top(0), Transformation::Aggregate(items)];
    let rows = transformed(&world, &nothing).expect("a row");
    let values: Vec<_> = rows[0]
        .added()
        .iter()
        .map(|(_, value)| value.clone())
        .collect();
    assert_eq!(values, ["null", "null", "null", "null", "0"].map(value));
    let none = [
        Transformation::Top(0),
        groups(&world, &["Product"], vec![total(&world)]),
    ];
    assert_eq!(transformed(&world, &none).expect("no rows").len(), 0);
}

#[test]
fn groups_of_values_and_of_entities() {
    let world = World::new();
    let by_product = [
        groups(&world, &["Product/Name"], vec![total(&world)]),
        orderby(world.sale("=Total"), true),
    ];
    let expected = ["Coffee 12", "Paper 8", "Sugar 4"];
    check(&world, &by_product, &["Product/Name", "=Total"], &expected);

    let by_customer = [groups(&world, &["Customer"], vec![total(&world)])];
    let expected = ["Joe 7", "Sue 12", "Sue 5"];
    check(
        &world,
        &by_customer,
        &["Customer/Name", "=Total"],
        &expected,
    );
}

#[test]
fn groups_by_several_properties_and_by_null() {
    let world = World::new();
    let by_name = [groups(&world, &["Customer/Name"], vec![total(&world)])];
    check(
        &world,
        &by_name,
        &["Customer/Name", "=Total"],
        &["Joe 7", "Sue 17"],
    );

    let distinct = [groups(&world, &["Customer/Name", "Product/Name"], vec![])];
    let expected = [
        "Joe Paper",
        "Joe Sugar",
        "Joe Coffee",
        "Sue Coffee",
        "Sue Paper",
        "Sue Sugar",
    ];
    check(
        &world,
        &distinct,
        &["Customer/Name", "Product/Name"],
        &expected,
    );

    // Null is a value of a grouping property.
    let by_city = [groups(
        &world,
        &["Customer/Address/City"],
        vec![total(&world)],
    )];
    check(
        &world,
        &by_city,
        &["Customer/Address/City", "=Total"],
        &["Rome 7", "null 17"],
    );

    // Section 3.1.2, example 6: the greatest sale of each customer.
    let best = vec![orderby(world.sale("Amount"), true), Transformation::Top(1)];
    let best = [groups(&world, &["Customer"], best)];
    check(&world, &best, &["ID"], &["3", "4", "6"]);
}

#[test]
fn groups_of_groups() {
    let world = World::new();
    let amount = aggregate(
        Some(world.sale("=Total")),
        Method::Average,
        "Mean",
        Primitive::Decimal,
    );
    let compute = Transformation::Compute(vec![Compute {
        expr: compared(world.sale("=Total"), Comparison::Gt, literal("6")),
        name: "Large".to_owned(),
        ty: TypeRef::primitive(Primitive::Boolean),
    }]);
    let nested = [
        groups(&world, &["Customer"], vec![total(&world)]),
        compute,
        groups(
            &world,
            &["=Large"],
            vec![Transformation::Aggregate(vec![amount])],
        ),
    ];
    check(
        &world,
        &nested,
        &["=Large", "=Mean"],
        &["true 9.5", "false 5"],
    );
}

#[test]
fn ranked_subsets() {
    use RankMeasure::{Count, Percent, Sum};
    let world = World::new();
    for (greatest, measure, limit, expected) in [
        (false, Count, "2", &["1", "7"][..]),
        (true, Count, "2", &["3", "4"]),
        (true, Count, "99", &["1", "2", "3", "4", "5", "6", "7", "8"]),
        (false, Percent, "50", &["1", "2", "3", "6", "7", "8"]),
        (true, Percent, "50", &["3", "4"]),
        (
            true,
            Percent,
            "100",
            &["1", "2", "3", "4", "5", "6", "7", "8"],
        ),
        (false, Sum, "7", &["1", "2", "6", "7", "8"]),
        (true, Sum, "15", &["3", "4", "5"]),
        (true, Sum, "0", &[]),
    ] {
        let ranked = Transformation::Ranked {
            greatest,
            measure,
            limit: literal(limit),
            by: world.sale("Amount"),
        };
        check(&world, &[ranked], &["ID"], expected);
    }
    for (measure, limit) in [
        (Count, "0"),
        (Count, "1.5"),
        (Count, "null"),
        (Percent, "0"),
        (Percent, "101"),
        (Sum, "'1'"),
    ] {
        let ranked = Transformation::Ranked {
            greatest: true,
            measure,
            limit: literal(limit),
            by: world.sale("Amount"),
        };
        let found = transformed(&world, &[ranked]).map(|rows| rows.len());
        assert!(
            matches!(found, Err(EvalError::Limit(_))),
            "{limit}: {found:?}"
        );
    }
}

/// The bound on work is one for each instance, not for all.
#[test]
fn many_rows_may_be_grouped_and_aggregated() {
    let world = World::new();
    let context = Context::new(DateTimeOffset::MIN);
    let evaluator = Evaluator::new(world.model, &context);
    let rows = vec![Row::new(world.sales[0]); 340_000];
    let names = aggregate(
        Some(world.sale("Customer/Address/City")),
        Method::Min,
        "x",
        Primitive::String,
    );
    let then = vec![Transformation::Aggregate(vec![names])];
    let made = transform(
        &evaluator,
        &[groups(&world, &["Customer/Address/City"], then)],
        rows,
    );
    assert_eq!(made.map(|rows| rows.len()), Ok(1));
}

#[test]
fn other_transformations() {
    let world = World::new();
    let above_3 = compared(world.sale("Amount"), Comparison::Gt, literal("3"));
    let filter = Transformation::Filter(above_3);
    check(
        &world,
        std::slice::from_ref(&filter),
        &["ID"],
        &["3", "4", "5"],
    );
    check(&world, &[Transformation::Skip(6)], &["ID"], &["7", "8"]);
    check(&world, &[Transformation::Skip(9)], &["ID"], &[]);
    check(
        &world,
        &[Transformation::Search(Search::Term("x".to_owned()))],
        &["ID"],
        &[],
    );
    let page = [
        orderby(world.sale("Customer/Name"), true),
        Transformation::Skip(2),
        Transformation::Top(2),
    ];
    check(&world, &page, &["ID"], &["6", "7"]);
}

#[test]
fn properties_are_computed_and_results_joined() {
    let world = World::new();
    let tax = computed(
        world.sale("Amount"),
        Arithmetic::Mul,
        world.sale("Product/TaxRate"),
    );
    let compute = |expr, name: &str| Compute {
        expr,
        name: name.to_owned(),
        ty: decimal(),
    };
    let gross = computed(world.sale("Amount"), Arithmetic::Add, world.sale("=Tax"));
    let both = Transformation::Compute(vec![compute(tax, "Tax"), compute(gross, "Gross")]);
    let first = [Transformation::Top(2), both];
    check(
        &world,
        &first,
        &["ID", "=Tax", "=Gross"],
        &["1 0.14 1.14", "2 0.12 2.12"],
    );

    let concat = Transformation::Concat(vec![
        vec![Transformation::Identity, Transformation::Top(1)],
        vec![Transformation::Skip(6), total(&world)],
    ]);
    check(&world, &[concat], &["ID", "=Total"], &["1 null", "null 3"]);
}
