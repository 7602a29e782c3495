//! OData 4.01 URL Conventions, sections 4.3.2, 4.5, 4.12 and 4.13: what stands behind a function or
//! a collection in a path.

use crate::fixture::{LAPTOP, MOUSE, check, delete, get, patch, post};

#[test]
fn behind_a_function_stands_what_may_stand_behind_its_result() {
    let related = format!("Products({LAPTOP})/GetRelatedProducts()");
    check(&[
        get("GetTopProducts()/$count", 200).has("7"),
        get("GetTopProducts(count=3)/$count?$filter=Price gt 900", 200).has("2"),
        get("GetTopProducts(count=2)/$filter(Price gt 900)", 200)
            .members(2)
            .has("Premium Laptop Pro"),
        get("GetTopProducts(count=3)/$filter(Price gt 900)/$count", 200).has("2"),
        get(&format!("GetTopProducts()({LAPTOP})"), 200)
            .has("\"@odata.id\":\"{root}/Products(")
            .has("\"Name\":\"Laptop\""),
        get(&format!("GetTopProducts()/{LAPTOP}/Name"), 200).has("\"value\":\"Laptop\""),
        get(
            &format!("GetTopProducts()({LAPTOP})/Category/Name/$value"),
            200,
        )
        .has("Electronics"),
        get(&format!("GetTopProducts(count=1)({LAPTOP})"), 404).has(LAPTOP),
        get("GetTopProducts()/Storefront.SpecialProduct/$count", 200).has("3"),
        get("GetTopProducts(count=2)/$ref", 200)
            .members(2)
            .lacks("Name"),
        get(&format!("{related}/$count"), 200).has("4"),
        get(&format!("{related}({MOUSE})/GetTotalPrice(taxRate=1)"), 200).has("59.98"),
        get(
            &format!("{related}({MOUSE})/GetRelatedProducts()/$count"),
            200,
        )
        .has("4"),
        get(&format!("{related}/GetAveragePrice()"), 200).has("744.99"),
        get("GetProductStats()/totalProducts", 404).has("totalProducts"),
        post("GetTopProducts()/$filter(Price gt 1)", "{}", 405),
        patch(
            &format!("GetTopProducts()({LAPTOP})"),
            "{\"Name\":\"Changed\"}",
            204,
        ),
        get(&format!("Products({LAPTOP})/Name"), 200).has("Changed"),
    ]);
}

#[test]
fn options_on_what_a_function_returns_lead_on_from_it() {
    check(&[
        get(
            "GetTopProducts(count=4)?$filter=Category/Name eq 'Electronics'",
            200,
        )
        .members(3),
        get("GetTopProducts()?$orderby=Category/Name desc&$top=1", 200).has("Coffee Mug"),
        get(
            "GetTopProducts(count=2)?$compute=Price mul 2 as Two&$select=Two",
            200,
        )
        .members(2)
        .has("\"Two\":3999.98"),
        get(
            "GetTopProducts(count=2)?$apply=aggregate($count as Total)",
            200,
        )
        .has("\"Total\":2"),
        get("GetTopProducts(count=0)?$compute=1 as One", 200).members(0),
    ]);
}

#[test]
fn a_collection_is_filtered_in_the_path() {
    check(&[
        get("Products/$filter(Price gt 500)", 200)
            .members(3)
            .has("\"@odata.context\":\"{root}/$metadata#Products\""),
        get("Products/$filter(@p)?@p=Price gt 500", 200).members(3),
        get("Products/$filter(Price gt 500)/$count", 200).has("3"),
        get("Products/$filter(Price gt 500)?$filter=Rating gt 100", 200).members(1),
        get(
            "Products/$filter(Price gt 500)/$filter(Rating gt 100)/$count",
            200,
        )
        .has("1"),
        get(
            "Products/$filter(Price gt 500)/Storefront.SpecialProduct",
            200,
        )
        .members(2),
        get(
            &format!("Products/$filter(Price gt 500)({LAPTOP})/Name"),
            200,
        )
        .has("Laptop"),
        get(&format!("Products/$filter(Price gt 500)/{LAPTOP}"), 200).has("Laptop"),
        get(&format!("Products/$filter(Price gt 500)({MOUSE})"), 404).has(MOUSE),
        get("Products/$filter(Price gt 900)/GetAveragePrice()", 200).has("1499.99"),
        get(
            "Products/$filter(Price gt 500)?$apply=aggregate($count as N)",
            200,
        )
        .has("\"N\":3"),
        get(
            &format!("Products({LAPTOP})/Descriptions/$filter(LanguageKey eq 'EN')/$ref"),
            200,
        )
        .members(1),
        get("Products/$filter(Nothing eq 1)", 400).has("Nothing"),
        get("Products/$filter(Price)", 400).has("Edm.Boolean"),
        get(&format!("Products({LAPTOP})/$filter(Price gt 1)"), 400),
        post("Products/$filter(Price gt 500)", "{\"Name\":\"New\"}", 405),
    ]);
}

#[test]
fn each_member_is_changed() {
    let dear = "Products/$filter(Price gt 900)/$each";
    check(&[
        patch(dear, "{\"Description\":\"Dear\"}", 204),
        get("Products/$count?$filter=Description eq 'Dear'", 200).has("2"),
        patch(
            "Products/$filter(Price gt 900)/$each",
            "{\"Rating\":7}",
            200,
        )
        .with("Prefer", "return=representation")
        .members(2)
        .has("\"Rating\":7"),
        post(&format!("{dear}/IncreasePrice"), "{\"amount\":1}", 204),
        get(&format!("Products({LAPTOP})/Price"), 200).has("1000.99"),
        post(
            &format!("{dear}/Storefront.ApplyDiscount"),
            "{\"percentage\":0}",
            200,
        )
        .members(2),
        post(
            &format!("{dear}/CalculateDiscount"),
            "{\"percentage\":0}",
            200,
        )
        .has("Collection(Edm.Double)")
        .members(2),
        post(
            "Products/$filter(Price lt 0)/$each/CalculateDiscount",
            "{\"percentage\":0}",
            200,
        )
        .members(0),
        post(
            &format!("{dear}/CalculateDiscount"),
            "{\"percentage\":\"x\"}",
            400,
        ),
        // All or nothing.
        patch("Products/$each", "{\"Name\":\"\"}", 400),
        get("Products/$each/GetTotalPrice(taxRate=1)", 501).has("GetTotalPrice"),
        get("Products/$each/$count", 404).has("$count"),
        get("Products/$each", 405).sends("Allow", "PATCH, DELETE"),
        delete("ReadOnlyItems/$each", 405),
        delete(dear, 204),
        get("Products/$count", 200).has("5"),
    ]);
}

#[test]
fn what_a_referential_constraint_says_of_a_key_may_be_left_out() {
    let descriptions = format!("Products({LAPTOP})/Descriptions");
    check(&[
        get(&format!("{descriptions}('EN')"), 200).has("\"LanguageKey\":\"EN\""),
        get(&format!("{descriptions}(LanguageKey='DE')"), 200).has("\"LanguageKey\":\"DE\""),
        get(&format!("{descriptions}/EN/Description"), 200).has("value"),
        get(&format!("{descriptions}/{LAPTOP}/EN"), 200).has("\"LanguageKey\":\"EN\""),
        get(&format!("{descriptions}('XX')"), 404).has("XX"),
        get(
            &format!("{descriptions}(ProductID={MOUSE},LanguageKey='EN')"),
            404,
        ),
        get("ProductDescriptions('EN')", 400).has("ProductID"),
    ]);
}
