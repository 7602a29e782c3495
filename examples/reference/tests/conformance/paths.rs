//! OData 4.01 URL Conventions, section 4: resource paths.

use crate::fixture::{ELECTRONICS, LAPTOP, MEDIA, MOUSE, check, get};

#[test]
fn entities_and_their_parts() {
    let product = format!("Products({LAPTOP})");
    check(&[
        get(&product, 200).has("\"Name\":\"Laptop\""),
        get(&format!("Products/{LAPTOP}"), 200).has("\"Name\":\"Laptop\""),
        get(&format!("Products(ID={LAPTOP})"), 200).has("\"Name\":\"Laptop\""),
        get(&format!("{product}/Name"), 200)
            .has("\"@odata.context\":\"{root}/$metadata#Products(")
            .has("\"value\":\"Laptop\""),
        get(&format!("{product}/Name/$value"), 200)
            .sends("Content-Type", "text/plain")
            .has("Laptop"),
        get(&format!("{product}/Description"), 204),
        get(&format!("{product}/Description/$value"), 204),
        get(&format!("{product}/ShippingAddress"), 200).has("\"City\":\"Seattle\""),
        get(&format!("{product}/ShippingAddress/City"), 200).has("\"value\":\"Seattle\""),
        get(&format!("{product}/Status/$value"), 200).has("InStock,Featured"),
        get(&format!("{product}/Nothing"), 404).has("Nothing"),
        get(&format!("{product}/Photo"), 200).sends("Content-Type", "image/png"),
        get(&format!("{product}/Photo/$value"), 200).sends("Content-Type", "image/png"),
        get(&format!("MediaItems({MEDIA})/$value"), 200).sends("Content-Type", "image/png"),
        get("Company", 200).has("TechStore"),
        get("Company/Name", 200).has("TechStore"),
    ]);
}

#[test]
fn composite_keys() {
    let key = format!("ProductID={LAPTOP},LanguageKey='EN'");
    check(&[
        get(&format!("ProductDescriptions({key})"), 200).has("\"LanguageKey\":\"EN\""),
        get(
            &format!("ProductDescriptions(LanguageKey='DE',ProductID={LAPTOP})"),
            200,
        )
        .has("\"LanguageKey\":\"DE\""),
        get(&format!("ProductDescriptions/{LAPTOP}/EN"), 200).has("\"LanguageKey\":\"EN\""),
        get(&format!("ProductDescriptions({key})/Product"), 200).has("Laptop"),
        get(
            &format!("ProductDescriptions(ProductID={LAPTOP},LanguageKey='XX')"),
            404,
        ),
        get(&format!("ProductDescriptions({LAPTOP})"), 400),
    ]);
}

#[test]
fn navigation() {
    let product = format!("Products({LAPTOP})");
    check(&[
        get(&format!("{product}/Category"), 200)
            .has("\"@odata.context\":\"{root}/$metadata#Categories/$entity\"")
            .has("Electronics"),
        get(&format!("{product}/Category/$ref"), 200).has(&format!(
            "\"@odata.id\":\"{{root}}/Categories({ELECTRONICS})\""
        )),
        get(&format!("{product}/Descriptions"), 200).members(2),
        get(&format!("{product}/Descriptions/$count"), 200).has("2"),
        get(&format!("{product}/Descriptions/$ref"), 200).members(2),
        get(&format!("{product}/RelatedProducts"), 200).members(0),
        get(&format!("Categories({ELECTRONICS})/Products"), 200).members(5),
        get(&format!("Categories({ELECTRONICS})/Products({MOUSE})"), 200).has("Wireless Mouse"),
        get(
            &format!("{product}/Descriptions(ProductID={LAPTOP},LanguageKey='EN')"),
            200,
        )
        .has("EN"),
    ]);
}

#[test]
fn casts() {
    check(&[
        get("Products/Storefront.SpecialProduct", 200)
            .members(3)
            .has("SpecialProperty"),
        get("Products/SpecialProduct", 200).members(3),
        get("Products/Storefront.SpecialProduct/$count", 200).has("3"),
        get(
            &format!("Products({LAPTOP})/Storefront.SpecialProduct/SpecialProperty"),
            200,
        )
        .has("Three years"),
        get(&format!("Products({MOUSE})/Storefront.SpecialProduct"), 404),
        get("Products/Storefront.Category", 404),
    ]);
}

#[test]
fn entity_by_id() {
    check(&[
        get(&format!("$entity?$id=Products({LAPTOP})"), 200).has("Laptop"),
        get(&format!("$entity?$id={{root}}/Products({LAPTOP})"), 200).has("Laptop"),
    ]);
}

#[test]
fn what_is_not_served_is_named() {
    check(&[
        get("$all", 501).has("$all"),
        get("$crossjoin(Products,Categories)", 501).has("$crossjoin"),
        get("$nothing", 400).has("$nothing"),
        get("Products/$nothing", 400).has("$nothing"),
        get("Products/$value", 400).has("$value"),
    ]);
}
