//! OData Extension for Data Aggregation 4.0: `$apply`, and what follows it.

use crate::fixture::{Case, ELECTRONICS, check, get};

fn apply(transformations: &str, count: usize) -> Case {
    get(&format!("Products?$apply={transformations}"), 200).members(count)
}

#[test]
fn results_that_are_entities_are_shaped_as_such() {
    check(&[
        apply("filter(Price gt 500)&$select=Name", 3)
            .has("\"@odata.id\":\"{root}/Products(")
            .lacks("\"Price\""),
        apply(
            "filter(Price gt 500)&$expand=Category($select=Name)&$select=Name",
            3,
        )
        .has("\"Category\":{"),
        apply(
            "filter(Price gt 500)/compute(Price mul 2 as Two)&$filter=Two gt 2000&$select=Two",
            1,
        )
        .has("\"Two\":3999.98"),
        apply("search(laptop)&$count=true&$select=Name", 2).has("\"@odata.count\":2"),
        apply("topcount(2,Price)&$select=Name", 2).has("Premium Laptop Pro"),
        apply("topcount(4,Price)/bottomcount(1,Price)&$select=Name", 1).has("Office Chair"),
        apply("orderby(Price desc)/skip(1)/top(1)&$select=Name", 1).has("\"Laptop\""),
        apply(
            "topcount(3,Price)&$orderby=Name desc&$top=1&$count=true&$select=Name",
            1,
        )
        .has("Smartphone")
        .has("\"@odata.count\":3"),
        apply("topcount(1,Price)&$expand=Category&$select=Name", 1).has("Electronics"),
        get(
            "Products/$filter(Price lt 900)?$apply=topcount(1,Price)",
            200,
        )
        .has("Smartphone"),
        get(
            &format!("Categories({ELECTRONICS})/Products?$apply=bottomcount(1,Price)"),
            200,
        )
        .has("Wireless Mouse"),
        get("Products/$count?$apply=filter(Price gt 500)", 200).has("3"),
        get("Products/$count?$apply=groupby((CategoryID))", 200).has("3"),
    ]);
}

#[test]
fn what_is_selected_of_aggregates() {
    let grouped = "groupby((Category/Name,ProductType),aggregate($count as N))";
    check(&[
        apply(&format!("{grouped}&$select=N"), 4)
            .has("$metadata#Products(N)")
            .lacks("Category"),
        apply(&format!("{grouped}&$select=Category/Name"), 4).lacks("ProductType"),
        apply(
            &format!("{grouped}&$select=Category,N&$orderby=N desc&$top=1"),
            1,
        )
        .has("{\"Category\":{\"Name\":\"Electronics\"},\"N\":3}"),
        get(&format!("Products?$apply={grouped}&$select=Price"), 400).has("Price"),
        get(&format!("Products?$apply={grouped}&$expand=Category"), 400).has("Category"),
    ]);
}

#[test]
fn ranks_and_pages_within_groups() {
    let by_category =
        |rest: &str, count: usize| apply(&format!("groupby((Category/Name),{rest}"), count);
    check(&[
        by_category("topcount(1,Price))&$select=Name", 3)
            .has("Premium Laptop Pro")
            .has("Office Chair")
            .has("Coffee Mug"),
        by_category("topcount(2,Price)/aggregate(Price with sum as Sum))", 3)
            .has("\"Sum\":2999.98"),
        by_category("orderby(Price)/skip(1)/top(2))&$select=Name", 2).has("Smartphone"),
        by_category("toppercent(50,Price)/aggregate($count as N))", 3).has("\"N\":1"),
        by_category("filter(Price gt 100))&$select=Name", 5),
        by_category("filter(Price gt 100)/topcount(1,Price))&$select=Name", 2),
        // A group of which nothing is left is still one.
        by_category("orderby(Price)/skip(1)/aggregate($count as N))", 3)
            .has("{\"Category\":{\"Name\":\"Electronics\"},\"N\":4}")
            .has("{\"Category\":{\"Name\":\"Kitchen\"},\"N\":0}"),
        by_category(
            "concat(aggregate($count as N),topcount(1,Price)))&$select=N,Name",
            6,
        )
        .has("\"N\":5")
        .has("Premium Laptop Pro"),
        by_category(
            "groupby((ProductType),aggregate(Price with max as M))/aggregate($count as N))",
            3,
        )
        .has("{\"Category\":{\"Name\":\"Electronics\"},\"N\":2}"),
    ]);
}

#[test]
fn aggregates_through_collections() {
    let categories =
        |apply: &str, count: usize| get(&format!("Categories?$apply={apply}"), 200).members(count);
    check(&[
        categories("aggregate(Products/Price with sum as Sum)", 1).has("\"Sum\":4245.44"),
        categories("aggregate(Products/$count as N)", 1).has("\"N\":7"),
        categories(
            "groupby((Name),aggregate(Products/Price with max as Most,Products/$count as N))",
            3,
        )
        .has("{\"Name\":\"Kitchen\",\"Most\":15.5,\"N\":1}"),
        categories("aggregate(Products/Price with average as Mean)", 1).has("\"Mean\":606.49"),
        apply(
            "groupby((Category/Name),aggregate(Descriptions/$count as N))",
            3,
        )
        .has("{\"Category\":{\"Name\":\"Furniture\"},\"N\":0}"),
        categories("aggregate(Products/Name with countdistinct as N)", 1).has("\"N\":7"),
        categories("aggregate(Products/Descriptions/$count as N)", 1).has("\"N\":7"),
        apply(
            "aggregate(RelatedProducts/Price with sum as Sum,$count as N)",
            1,
        )
        .has("{\"Sum\":null,\"N\":7}"),
    ]);
}

/// Every entity that a path goes through last is considered once (section 3.2.1.1).
#[test]
fn aggregates_through_single_valued_navigation() {
    let descriptions = |apply: &str, count: usize| {
        get(&format!("ProductDescriptions?$apply={apply}"), 200).members(count)
    };
    check(&[
        descriptions("aggregate(Product/Quantity with sum as S)", 1).has("\"S\":1300"),
        descriptions("aggregate(Product/Quantity with average as M)", 1).has("\"M\":325"),
        descriptions(
            "aggregate(Product with countdistinct as N,$count as All)",
            1,
        )
        .has("{\"N\":4,\"All\":7}"),
        descriptions("aggregate(Product/Quantity mul 1 with sum as S)", 1).has("\"S\":2800"),
        descriptions(
            "groupby((LanguageKey),aggregate(Product/Quantity with sum as S))&$orderby=LanguageKey",
            4,
        )
        .has("{\"LanguageKey\":\"DE\",\"S\":1200}")
        .has("{\"LanguageKey\":\"EN\",\"S\":1300}"),
        apply("aggregate(Category with countdistinct as N)", 1).has("\"N\":3"),
        apply(
            "groupby((ProductType),aggregate(Category/Name with countdistinct as N))",
            2,
        )
        .has("{\"ProductType\":\"Product\",\"N\":3}"),
    ]);
}

#[test]
fn aggregates_of_groups() {
    check(&[
        apply(
            "aggregate(Quantity with sum from Category/Name with max as M)",
            1,
        )
        .has("\"M\":32767"),
        apply(
            "aggregate(Quantity with sum from Category/Name with min as M,$count as N)",
            1,
        )
        .has("{\"M\":-200,\"N\":7}"),
        apply(
            "groupby((ProductType),aggregate($count from Category/Name with max as M))",
            2,
        )
        .has("{\"ProductType\":\"Product\",\"M\":2}"),
        apply("aggregate(ProcessingTime with sum as S)", 1).has("\"S\":\"PT31M31.5S\""),
        apply("aggregate(ShippingTime with average as M)", 1).has("\"M\":\"P1DT3H12M51.4285714S\""),
        get(
            "Products?$apply=aggregate(Forecast from CategoryID with max as M)",
            400,
        ),
    ]);
}

#[test]
fn levels_of_rollup() {
    check(&[
        apply(
            "groupby((rollup(Category/Name,ProductType)),aggregate($count as N))",
            7,
        )
        .has("{\"Category\":{\"Name\":\"Electronics\"},\"ProductType\":\"Product\",\"N\":2}")
        .has("\"N\":5"),
        apply(
            "groupby((rollup(Category/Name,ProductType)),aggregate($count as N))\
             /filter(N eq 5)&$select=N,Category",
            1,
        )
        .has("{\"Category\":{\"Name\":\"Electronics\"},\"N\":5}"),
        get("Products?$apply=groupby((rollup(Name)))", 501).has("rollup"),
        get(
            "Products?$apply=groupby((rollup(Name,Price),rollup(Rating,Price,Quantity,Version),\
             rollup(Weight,Price,Name,ID,Quantity)))",
            400,
        )
        .has("groupings"),
    ]);
}

#[test]
fn what_is_not_served_is_named() {
    let refused = |apply: &str, status: u16, part: &str| {
        get(&format!("Products?$apply={apply}"), status).has(part)
    };
    check(&[
        refused(
            "join(Descriptions as D)/aggregate($count as N)",
            501,
            "join",
        ),
        refused(
            "outerjoin(Descriptions as D)/aggregate($count as N)",
            501,
            "outerjoin",
        ),
        refused("nest(groupby((Name)) as G)", 501, "nest"),
        refused(
            "ancestors($root/Products,H,ID,filter(Name eq 'x'))",
            501,
            "ancestors",
        ),
        refused("traverse($root/Products,H,ID,preorder)", 501, "traverse"),
        refused("aggregate(Forecast)", 501, "Forecast"),
        refused(
            "aggregate(Price with Custom.median as M)",
            400,
            "Custom.median",
        ),
        refused("nothing(1)", 400, "nothing"),
        refused("aggregate(Price with sum)", 400, "as"),
        refused("aggregate(Name with sum as N)", 400, "Edm.String"),
        refused("aggregate(Price with sum as Price)", 400, "Price"),
        refused("groupby((Nothing))", 400, "Nothing"),
        refused("topcount(0,Price)", 400, "positive"),
        refused("topcount(-1,Price)", 400, "topcount"),
    ]);
}
