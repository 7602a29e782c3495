//! `$apply`: types of results, and what is still there behind a transformation.

use super::*;
use crate::apply::{Aggregate, RankMeasure, Transformation};

fn bind(query: &str) -> QueryOptions {
    get(&SHOP, &format!("Products?{query}")).expect(query).1
}

fn bad(query: &str, parts: &[&str]) {
    fails(&SHOP, &format!("Products?{query}"), 400, parts);
}

/// Describes the items of the first transformation, which is an `aggregate`.
fn aggregates(query: &str) -> Vec<String> {
    match bind(query).apply.first() {
        Some(Transformation::Aggregate(items)) => items.iter().map(describe).collect(),
        other => panic!("{query}: {other:?}"),
    }
}

fn describe(item: &Aggregate) -> String {
    let of = item
        .expr
        .as_ref()
        .map_or_else(|| "$count".to_owned(), |expr| describe_expr(&SHOP, expr));
    format!(
        "{:?} {of} {}: {}",
        item.method,
        item.name,
        SHOP.type_name(&item.ty)
    )
}

#[test]
fn aggregates_have_types() {
    for (item, expected) in [
        ("$count as N", "Count $count N: Edm.Int64"),
        ("Price with sum as S", "Sum Price S: Edm.Double"),
        ("Cost with average as S", "Average Cost S: Edm.Decimal"),
        ("Stock with average as S", "Average Stock S: Edm.Double"),
        ("Rank with sum as S", "Sum Rank S: Edm.Int64"),
        ("Made with max as S", "Max Made S: Edm.DateTimeOffset"),
        ("Name with min as S", "Min Name S: Edm.String"),
        (
            "Name with countdistinct as S",
            "CountDistinct Name S: Edm.Int64",
        ),
        (
            "Items/OrderNo with sum as S",
            "Sum Items/OrderNo S: Edm.Int64",
        ),
        ("Items/$count as S", "Count Items S: Edm.Int64"),
        ("Maker/No with max as S", "Max Maker/No S: Edm.Int32"),
        (
            "Price mul Rank with sum as S",
            "Sum (Price mul Rank):Edm.Double S: Edm.Double",
        ),
    ] {
        assert_eq!(
            aggregates(&format!("$apply=aggregate({item})")),
            [expected],
            "{item}"
        );
    }
    bad(
        "$apply=aggregate(Name with sum as S)",
        &["'sum'", "'Name'", "Edm.String"],
    );
    bad(
        "$apply=aggregate(Photo with max as S)",
        &["'max'", "Edm.Stream"],
    );
    bad(
        "$apply=aggregate(Price with median as S)",
        &["median", "countdistinct"],
    );
    bad(
        "$apply=aggregate(Price with sum as Name)",
        &["'Name'", "taken"],
    );
    bad(
        "$apply=aggregate(Price with sum as S,Cost with sum as S)",
        &["'S'", "taken"],
    );
    bad("$apply=aggregate(Forecast as S)", &["'Forecast'"]);
}

#[test]
fn what_is_not_grouped_is_gone() {
    let bound = bind(
        "$apply=filter(Sold)/groupby((Name,Maker/Name),aggregate(Price with sum as Total,$count as N))\
         /filter(Total gt 5)&$filter=N gt 1 and Maker/Name ne null&$orderby=Total desc,Name\
         &$select=Name,Total,Maker/Name&$compute=Total div N as Mean",
    );
    assert_eq!(bound.apply.len(), 3);
    assert_eq!(
        bound
            .filter
            .as_ref()
            .map(|f| describe_expr(&SHOP, f))
            .as_deref(),
        Some("((?N gt 1:Edm.Int64) and (Maker/Name ne null))")
    );
    let gone = "$apply=groupby((Name,Maker/Name),aggregate(Price with sum as Total))";
    bad(
        &format!("{gone}&$filter=Price gt 5"),
        &["'Price'", "not there any more", "Total, Name, Maker/Name"],
    );
    bad(
        &format!("{gone}&$orderby=Maker/No"),
        &["'Maker/No'", "any more"],
    );
    bad(&format!("{gone}&$select=Price"), &["'Price'", "any more"]);
    bad(&format!("{gone}&$expand=Maker"), &["'Maker'", "any more"]);
    bad(
        &format!("{gone}/aggregate(Price with max as M)"),
        &["'Price'", "any more"],
    );
    bad(
        "$apply=aggregate($count as N)&$filter=Items/any()",
        &["'Items'", "any more"],
    );
    bad(
        "$apply=groupby((Name))&$filter=$it/Price gt 1",
        &["'Price'", "any more"],
    );
}

#[test]
fn groups_that_keep_their_members_keep_everything() {
    let bound = bind("$apply=groupby((Name),topcount(1,Price))&$filter=Cost gt 5");
    assert!(bound.filter.is_some());
    bind("$apply=concat(aggregate($count as N),identity)&$filter=Price gt 5 and N eq null");
    bad(
        "$apply=concat(aggregate($count as N),groupby((Name)))&$filter=Price gt 5",
        &["'Price'", "N, Name"],
    );
    bind("$apply=compute(Price mul 2 as Twice)/groupby((Twice))&$orderby=Twice");
    bad(
        "$apply=groupby((Items/Line))",
        &["'Line'", "Collection(shop.Item)"],
    );
    bad("$apply=groupby((rollup(Name)))", &["rollup"]);
    bad("$apply=groupby((Items))", &["'Items'", "single values"]);
}

#[test]
fn ranks_and_simple_steps() {
    match bind("$apply=bottompercent(10.5,Price)").apply.as_slice() {
        [
            Transformation::Ranked {
                greatest: false,
                measure: RankMeasure::Percent,
                ..
            },
        ] => {}
        other => panic!("{other:?}"),
    }
    bind("$apply=topcount(2,Name)");
    bind("$apply=search(blue)/orderby(Price desc)/skip(1)/top(2)/identity");
    bad(
        "$apply=topsum(2,Name)",
        &["'topsum'", "'Name'", "Edm.String"],
    );
    bad("$apply=topcount(1.5,Price)", &["'topcount'", "an integer"]);
    bad("$apply=topsum(-1,Price)", &["negative"]);
    bad("$apply=topcount(Rank,Price)", &["Rank"]);
    bad("$apply=filter(Price)", &["'Price' must be Edm.Boolean"]);
    bad(
        "$apply=nest(groupby((Name)) as n)",
        &["nest", "not supported"],
    );
    fails(
        &SHOP,
        "Makers(1)?$apply=identity",
        400,
        &["$apply", "one entity"],
    );
}

#[test]
fn concat_repeats_instances_within_bounds() {
    let many = |n: usize| {
        let step = "concat(identity,identity)";
        format!("$apply={}", vec![step; n].join("/"))
    };
    bind(&many(6));
    bad(&many(7), &["concat", "64 times"]);
    bad(&many(64), &["concat", "64 times"]);
    let nested = format!("$apply=concat({0},{0})", &many(6)["$apply=".len()..]);
    bad(&nested, &["concat", "64 times"]);
    bad(
        &format!("$apply=groupby((Name),{})", &many(7)["$apply=".len()..]),
        &["concat", "64 times"],
    );
}
