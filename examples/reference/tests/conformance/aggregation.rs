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
        // A group of which nothing is left would still be one.
        get(
            "Products?$apply=groupby((CategoryID),skip(1)/aggregate($count as N))",
            501,
        )
        .has("groupby"),
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
        get(
            "Categories?$apply=aggregate(Products/Name with countdistinct as N)",
            501,
        ),
        get(
            "Products?$apply=aggregate(RelatedProducts/Price with sum as Sum)",
            501,
        ),
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
            "groupby((rollup(Category/Name,Name)),aggregate($count as N))",
            501,
            "rollup",
        ),
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
