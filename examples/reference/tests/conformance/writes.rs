//! OData 4.01 Protocol, section 11.4: changes.

use crate::fixture::{
    ABSENT, CHAIR, ELECTRONICS, KITCHEN, LAPTOP, MEDIA, MOUSE, Running, bytes, case_without_body,
    check, delete, get, patch, post, put,
};

#[test]
fn creates() {
    check(&[
        post("Products", "{\"Name\":\"Lamp\"}", 201)
            .sends("Location", "{root}/Products(")
            .sends("ETag", "\"1\"")
            .has("\"@odata.context\":\"{root}/$metadata#Products/$entity\"")
            .has("\"Price\":0")
            .has("\"Status\":\"None\"")
            .has("\"ProductType\":\"Product\"")
            .has("\"Version\":1"),
        get("Products", 200).members(8),
        post("Products", "{\"Price\":1}", 400).has("Name"),
        post("Products", "{\"Name\":\"\"}", 400).has("Name"),
        post("Products", "{\"Name\":null}", 400).has("Name"),
        post("Products", "{\"Name\":\"x\",\"Nothing\":1}", 400).has("Nothing"),
        post("Products", "{\"Name\":\"x\",\"Price\":\"x\"}", 400).has("Price"),
        post("Products", "{\"Name\":\"x\",\"Rating\":256}", 400).has("Rating"),
        post("Products", &format!("{{\"Name\":\"{}\"}}", "x".repeat(101)), 400).has("Name"),
        post("Products", &format!("{{\"ID\":\"{ABSENT}\",\"Name\":\"x\",\"Version\":9}}"), 201)
            .lacks(ABSENT)
            .has("\"Version\":1"),
        post("Products", "{\"@odata.type\":\"#Storefront.SpecialProduct\",\"Name\":\"s\",\"ProductType\":\"SpecialProduct\",\"SpecialProperty\":\"p\"}", 201)
            .has("\"@odata.type\":\"#Storefront.SpecialProduct\"")
            .has("\"SpecialProperty\":\"p\""),
        post("Products", "{\"Name\":\"x\"}", 415).with("Content-Type", "text/plain"),
        post("Categories", "{\"Name\":\"Electronics\"}", 409),
        post("Products", &format!("{{\"Name\":\"b\",\"Category@odata.bind\":\"Categories({KITCHEN})\"}}"), 201)
            .has(&format!("\"CategoryID\":\"{KITCHEN}\"")),
        post("Products", &format!("{{\"Name\":\"b\",\"Category\":{{\"@odata.id\":\"Categories({KITCHEN})\"}}}}"), 201)
            .has(&format!("\"CategoryID\":\"{KITCHEN}\"")),
        post("Products", &format!("{{\"Name\":\"b\",\"Category@odata.bind\":\"Categories({ABSENT})\"}}"), 400),
        post("Products", "{\"Name\":\"d\",\"Category\":{\"Name\":\"Garden\"},\"Descriptions\":[{\"LanguageKey\":\"EN\",\"Description\":\"x\"}]}", 201),
        get("Categories?$filter=Name%20eq%20'Garden'", 200).members(1),
        get("ProductDescriptions/$count", 200).has("8"),
    ]);
}

#[test]
fn descriptions() {
    let body = |product: &str, language: &str| {
        format!(
            "{{\"ProductID\":\"{product}\",\"LanguageKey\":\"{language}\",\"Description\":\"x\"}}"
        )
    };
    let french = format!("ProductDescriptions(ProductID={LAPTOP},LanguageKey='FR')");
    check(&[
        post("ProductDescriptions", &body(LAPTOP, "FR"), 201)
            .sends("Location", "{root}/ProductDescriptions("),
        post("ProductDescriptions", &body(LAPTOP, "FR"), 409),
        post("ProductDescriptions", &body(ABSENT, "FR"), 400),
        patch(&french, "{\"LongText\":\"y\"}", 204),
        get(&french, 200).has("\"LongText\":\"y\""),
        put(&french, "{\"Description\":\"z\"}", 204),
        get(&french, 200).has("\"LongText\":null"),
        delete(&french, 204),
        get(&french, 404),
    ]);
}

#[test]
fn updates() {
    let mouse = format!("Products({MOUSE})");
    check(&[
        patch(
            &mouse,
            "{\"Price\":10,\"Version\":77,\"SerialNumber\":\"n\"}",
            204,
        ),
        get(&mouse, 200)
            .has("\"Price\":10")
            .has("\"Version\":2")
            .has("\"SerialNumber\":null"),
        patch(&mouse, &format!("{{\"ID\":\"{LAPTOP}\"}}"), 400),
        patch(&mouse, "{\"ShippingAddress\":{\"City\":\"Rome\"}}", 204),
        get(&format!("{mouse}/ShippingAddress"), 200)
            .has("\"City\":\"Rome\"")
            .has("\"Street\":\"456"),
        put(&mouse, "{\"Name\":\"New\"}", 204),
        get(&mouse, 200)
            .has("\"Name\":\"New\"")
            .has("\"Price\":0")
            .has("\"Status\":\"None\"")
            .has("\"CategoryID\":null")
            .has("\"CreatedAt\":\"2024-03-20T14:45:00Z\""),
        put(&format!("Products({ABSENT})"), "{\"Name\":\"x\"}", 404),
        patch(&format!("Products({ABSENT})"), "{\"Name\":\"x\"}", 404),
        patch("Company", "{\"CEO\":\"Me\"}", 204),
        get("Company", 200)
            .has("\"CEO\":\"Me\"")
            .has("\"Version\":2"),
        put(&format!("{mouse}/Name"), "{\"value\":\"Again\"}", 204),
        get(&mouse, 200).has("Again"),
        delete(&format!("{mouse}/Data"), 204),
        delete(&format!("{mouse}/Name"), 400),
        put(&format!("{mouse}/Name/$value"), "Third", 204).with("Content-Type", "text/plain"),
        get(&mouse, 200).has("Third"),
    ]);
}

#[test]
fn links() {
    let mouse = format!("Products({MOUSE})");
    let reference = |url: &str| format!("{{\"@odata.id\":\"{{root}}/{url}\"}}");
    let laptop = format!("Products({LAPTOP})");
    check(&[
        put(
            &format!("{mouse}/Category/$ref"),
            &reference(&format!("Categories({KITCHEN})")),
            204,
        ),
        get(&mouse, 200).has(KITCHEN),
        put(
            &format!("{mouse}/Category/$ref"),
            &reference(&format!("Categories({ABSENT})")),
            400,
        ),
        delete(&format!("{mouse}/Category/$ref"), 204),
        get(&mouse, 200).has("\"CategoryID\":null"),
        get(&format!("{mouse}/Category"), 204),
        post(
            &format!("{mouse}/RelatedProducts/$ref"),
            &reference(&laptop),
            204,
        ),
        get(&format!("{mouse}/RelatedProducts"), 200)
            .members(1)
            .has("Laptop"),
        get(&format!("{laptop}/RelatedProducts"), 200).members(0),
        delete(
            &format!("{mouse}/RelatedProducts/$ref?$id={{root}}/{laptop}"),
            204,
        ),
        get(&format!("{mouse}/RelatedProducts"), 200).members(0),
        post(
            &format!("{mouse}/RelatedProducts/$ref"),
            &reference(&laptop),
            204,
        ),
        delete(&format!("{mouse}/RelatedProducts({LAPTOP})/$ref"), 204),
        // Relative to the request.
        post(
            &format!("{mouse}/RelatedProducts/$ref"),
            &format!("{{\"@odata.id\":\"../../{laptop}\"}}"),
            204,
        ),
        delete(
            &format!("{mouse}/RelatedProducts/$ref?$id=../../{laptop}"),
            204,
        ),
        delete(
            &format!("{mouse}/RelatedProducts/$ref?$id=../../../{laptop}"),
            400,
        ),
        post(
            "Products",
            &format!("{{\"Name\":\"x\",\"Category@odata.bind\":\"./Categories({KITCHEN})\"}}"),
            201,
        ),
        get(&format!("{mouse}/RelatedProducts/$count"), 200).has("0"),
        get(&laptop, 200),
    ]);
}

#[test]
fn deletes() {
    let chair = format!("Products({CHAIR})");
    let mouse = format!("Products({MOUSE})");
    check(&[
        // What hangs on another entity goes alone.
        delete(&format!("{mouse}/Descriptions('EN')"), 204),
        get(&mouse, 200),
        delete(
            &format!("ProductDescriptions(ProductID={MOUSE},LanguageKey='FR')"),
            204,
        ),
        get(&mouse, 200),
        delete(&chair, 204),
        get(&chair, 404),
        delete(&chair, 404),
        delete(&format!("Products({LAPTOP})"), 204),
        get("ProductDescriptions", 200).members(3),
        delete(&format!("Categories({ELECTRONICS})"), 204),
        get(&format!("Products({MOUSE})"), 200).has("\"CategoryID\":null"),
        delete("Company", 405).sends("Allow", "GET"),
        post("Company", "{}", 405).sends("Allow", "GET"),
    ]);
}

#[test]
fn streams_and_media() {
    let service = Running::start();
    let mouse = format!("Products({MOUSE})");
    let item = format!("MediaItems({MEDIA})");
    service.check(&[
        bytes("PUT", &format!("{mouse}/Photo"), "image/gif", "GIF", 204),
        get(&format!("{mouse}/Photo"), 200)
            .sends("Content-Type", "image/gif")
            .has("GIF"),
        bytes("PUT", &format!("{item}/$value"), "text/plain", "hello", 204),
        get(&format!("{item}/$value"), 200)
            .sends("Content-Type", "text/plain")
            .has("hello"),
        get(&item, 200)
            .has("\"Size\":5")
            .has("\"ContentType\":\"text/plain\""),
        bytes("POST", "MediaItems", "text/csv", "a,b", 201)
            .with("Slug", "My%20table")
            .sends("Location", "{root}/MediaItems(")
            .has("\"Name\":\"My table\"")
            .has("\"ContentType\":\"text/csv\"")
            .has("\"Size\":3"),
        bytes("POST", "MediaItems", "text/csv", "a,b", 201).has("\"Name\":\"Untitled\""),
        post("MediaItems", "{\"Name\":\"x\"}", 415),
        patch(&item, "{\"Name\":\"Renamed\",\"Size\":99}", 204),
        get(&item, 200).has("Renamed").has("\"Size\":5"),
        put(&item, "{\"Name\":\"Replaced\"}", 204),
        get(&item, 200).has("\"Size\":5"),
        delete(&item, 204),
        get(&format!("{item}/$value"), 404),
    ]);
    let made = service
        .send(&post("Products", "{\"Name\":\"Plain\"}", 201))
        .json();
    let id = made["ID"].as_str().expect("an ID").to_owned();
    service.check(&[get(&format!("Products({id})/Photo"), 200)]);
}

#[test]
fn all_links_of_a_collection_at_once() {
    let links = format!("Products({LAPTOP})/RelatedProducts/$ref");
    let refer = |keys: &[&str]| {
        let urls: Vec<String> = keys
            .iter()
            .map(|key| format!("{{\"@odata.id\":\"Products({key})\"}}"))
            .collect();
        format!("{{\"value\":[{}]}}", urls.join(","))
    };
    check(&[
        put(&links, &refer(&[MOUSE, CHAIR]), 204),
        get(&links, 200).members(2),
        put(&links, &refer(&[CHAIR]), 204),
        get(&links, 200).members(1).has(CHAIR),
        put(&links, &refer(&[ABSENT]), 400),
        put(&links, "{\"value\":[{}]}", 400).has("@odata.id"),
        put(&links, "{}", 400),
        get(&links, 200).members(1),
        delete(&links, 204),
        get(&links, 200).members(0),
    ]);
}

#[test]
fn bindings_of_a_collection_add_to_it() {
    let laptop = format!("Products({LAPTOP})");
    let bind = |key: &str| format!("{{\"RelatedProducts@odata.bind\":[\"Products({key})\"]}}");
    let nest = |key: &str| {
        format!("{{\"RelatedProducts\":[{{\"@odata.id\":\"Products({key})\",\"Price\":3}}]}}")
    };
    let links = format!("{laptop}/RelatedProducts");
    check(&[
        patch(&laptop, &bind(MOUSE), 204),
        patch(&laptop, &bind(CHAIR), 204),
        get(&links, 200).members(2),
        patch(&laptop, &nest(CHAIR), 204),
        get(&links, 200).members(1).has(CHAIR).has("\"Price\":3"),
    ]);
}

#[test]
fn what_a_deep_insert_made_is_shown() {
    let body = "{\"Name\":\"Deep\",\"Category\":{\"Name\":\"Deeper\"},
                 \"Descriptions\":[{\"LanguageKey\":\"EN\",\"Description\":\"deepest\"}]}";
    check(&[
        post("Products", body, 201)
            .has("#Products(Category(),Descriptions())/$entity\"")
            .has("\"Name\":\"Deeper\"")
            .has("\"Description\":\"deepest\""),
        post("Products?$select=Name", "{\"Name\":\"Shown\"}", 201)
            .with("Prefer", "return=minimal")
            .has("\"Name\":\"Shown\""),
        patch(
            &format!("Products({LAPTOP})?$select=Name"),
            "{\"Price\":1}",
            200,
        )
        .has("\"Name\":\"Laptop\""),
    ]);
}

#[test]
fn what_a_url_says_cannot_be_contradicted() {
    let other = format!("{{\"Name\":\"x\",\"Category@odata.bind\":\"Categories({KITCHEN})\"}}");
    let same = format!("{{\"Name\":\"x\",\"Category@odata.bind\":\"Categories({ELECTRONICS})\"}}");
    let products = format!("Categories({ELECTRONICS})/Products");
    let bound = format!(
        "{{\"Product@odata.bind\":\"Products({LAPTOP})\",\"LanguageKey\":\"ES\",\"Description\":\"x\"}}"
    );
    check(&[
        post(&products, &other, 400),
        post(&products, &same, 201).has(ELECTRONICS),
        post("ProductDescriptions", &bound, 201).has(LAPTOP),
        patch(
            &format!("Products({LAPTOP})"),
            "{\"@odata.etag\":\"W/\\\"7\\\"\",\"Price\":1}",
            412,
        )
        .with("OData-Version", "4.01"),
        patch(
            &format!("Products({LAPTOP})"),
            "{\"@odata.etag\":\"W/\\\"7\\\"\",\"Price\":1}",
            204,
        )
        .with("OData-Version", "4.0"),
    ]);
}

#[test]
fn values_that_are_out_of_the_ordinary() {
    let laptop = format!("Products({LAPTOP})");
    check(&[
        patch(&laptop, "{\"Price\":\"NaN\"}", 400).has("Price"),
        put(&format!("{laptop}/Weight"), "{\"value\":\"NaN\"}", 400),
        patch(&laptop, "{\"Price\":\"INF\"}", 204),
        get(&laptop, 200).has("\"Price\":\"INF\""),
        patch(&laptop, "{\"Status\":\"9\"}", 204),
        get(&laptop, 200).has("\"Status\":\"InStock,Featured\""),
        patch(&laptop, "{\"Status\":\"InStock,4\"}", 204),
        get(&laptop, 200).has("\"Status\":\"InStock,Discontinued\""),
        patch(&laptop, "{\"Status\":\"16\"}", 400),
        patch(&laptop, "{\"Status\":9}", 400),
    ]);
}

#[test]
fn a_media_entity_goes_with_its_content() {
    let media = format!("MediaItems({MEDIA})");
    check(&[
        delete(&format!("{media}/$value"), 204),
        get(&media, 404),
        case_without_body("OPTIONS", "ReadOnlyItems", 204).sends("Allow", "GET, HEAD"),
        case_without_body("OPTIONS", "Products", 204).sends("Allow", "POST"),
        case_without_body("OPTIONS", "Company", 204).sends("Allow", "PUT"),
    ]);
}

#[test]
fn a_replacement_is_complete() {
    check(&[
        put(
            "Company",
            "{\"Name\":\"x\",\"CEO\":\"y\",\"Founded\":1}",
            400,
        )
        .has("HeadQuarter"),
        put(
            "Company",
            "{\"Name\":\"x\",\"CEO\":\"y\",\"Founded\":1,\"HeadQuarter\":\"z\"}",
            204,
        ),
        get("Company", 200)
            .has("\"Website\":null")
            .has("\"Version\":2"),
        put(&format!("Products({LAPTOP})"), "{\"Price\":1}", 400).has("Name"),
    ]);
}

#[test]
fn streams_and_actions_answer_as_preferred() {
    let media = format!("MediaItems({MEDIA})/$value");
    let laptop = format!("Products({LAPTOP})");
    let discount = format!("{laptop}/ApplyDiscount");
    check(&[
        bytes("PUT", &media, "image/gif", "GIF", 200)
            .with("Prefer", "return=representation")
            .has("#MediaItems/$entity\"")
            .has("\"ContentType\":\"image/gif\""),
        bytes(
            "PUT",
            &format!("{laptop}/Photo"),
            "text/plain",
            "words",
            200,
        )
        .with("Prefer", "return=representation")
        .sends("Content-Type", "text/plain")
        .has("words"),
        post(&discount, "{\"percentage\":10}", 200)
            .sends("ETag", "W/\"3\"")
            .has("#Storefront.Product\""),
        post(&discount, "{\"percentage\":10}", 204)
            .with("Prefer", "return=minimal")
            .sends("Preference-Applied", "return=minimal"),
    ]);
}

#[test]
fn an_entity_of_a_derived_type_is_changed_as_what_it_is() {
    let feature = "{\"SpecialFeature\":\"bells\"}";
    check(&[
        patch(&format!("Products({LAPTOP})"), feature, 204),
        get(&format!("Products({LAPTOP})"), 200).has("\"SpecialFeature\":\"bells\""),
        patch(
            &format!("Products({LAPTOP})/Storefront.SpecialProduct"),
            feature,
            204,
        ),
        patch(&format!("Products({MOUSE})"), feature, 400).has("SpecialFeature"),
        patch(&format!("Products({ABSENT})"), feature, 404),
        patch(&format!("Products({LAPTOP})"), "{\"Nothing\":1}", 400).has("Nothing"),
        post("Products", feature, 400),
    ]);
}
