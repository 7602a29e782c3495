//! OData 4.01 Protocol, sections 7 to 9 and 11.1: status, headers, versions, metadata.

use crate::fixture::{ABSENT, LAPTOP, check, get, patch, post};

#[test]
fn versions() {
    check(&[
        get("Products", 200).sends("OData-Version", "4.01"),
        get("Products", 200)
            .with("OData-MaxVersion", "4.0")
            .sends("OData-Version", "4.0"),
        get("Products", 200)
            .with("OData-MaxVersion", "4.01")
            .sends("OData-Version", "4.01"),
        get("$metadata", 200)
            .sends("Content-Type", "application/xml")
            .has("Version=\"4.01\""),
        get("$metadata", 200)
            .with("OData-MaxVersion", "4.0")
            .has("Version=\"4.0\""),
    ]);
}

#[test]
fn formats() {
    check(&[
        get("Products", 200)
            .sends("Content-Type", "application/json")
            .sends("Content-Type", "odata.metadata=minimal"),
        get("Products", 406)
            .with("Accept", "application/xml")
            .has("\"error\""),
        get("Products", 200)
            .with("Accept", "application/json;odata.metadata=none")
            .lacks("@odata.context")
            .lacks("@odata.id"),
        get("Products?$format=json", 200).with("Accept", "application/xml"),
        get("Products?$format=application/json;odata.metadata=full", 200)
            .sends("Content-Type", "odata.metadata=full")
            .has("@odata.editLink"),
        get("$metadata", 200)
            .with("Accept", "application/json")
            .sends("Content-Type", "application/json")
            .has("\"$Version\""),
        get("Products/$count", 200)
            .sends("Content-Type", "text/plain")
            .has("7"),
    ]);
}

#[test]
fn errors_name_what_is_wrong() {
    check(&[
        get("Nothing", 404).has("\"error\"").has("Nothing"),
        get(&format!("Products({ABSENT})"), 404).has("Product"),
        get("Products?$unknown=1", 400).has("$unknown"),
        get("Products('x", 400),
        get("Products('x')", 404),
        get("Products(1)", 404),
        get("Products?$filter=Nothing eq 1", 400).has("Nothing"),
        get("Products?$top=-1", 400).has("$top"),
        get("Products", 200).with("X-Unknown", "1"),
        post("Products", "{\"Name\":", 400),
        patch("Products", "{}", 400),
    ]);
}

#[test]
fn conditions_are_honoured() {
    let product = format!("Products({LAPTOP})");
    check(&[
        get(&product, 200).sends("ETag", "\"1\"").has("@odata.etag"),
        get(&product, 304).with("If-None-Match", "W/\"1\""),
        get(&product, 200).with("If-None-Match", "W/\"7\""),
        patch(&product, "{\"Price\":1}", 412).with("If-Match", "W/\"7\""),
        patch(&product, "{\"Price\":1}", 412).with("If-None-Match", "*"),
        patch(&product, "{\"Price\":1}", 204)
            .with("If-Match", "W/\"1\"")
            .sends("ETag", "\"2\""),
        get(&product, 200).has("\"Version\":2").has("\"Price\":1"),
        patch(&product, "{\"Price\":2}", 204).with("If-Match", "*"),
        patch(&product, "{\"Price\":3}", 204),
        get(&product, 200).has("\"Version\":4"),
    ]);
}

#[test]
fn preferences_are_applied() {
    let product = format!("Products({LAPTOP})");
    check(&[
        patch(&product, "{\"Price\":1}", 200)
            .with("Prefer", "return=representation")
            .sends("Preference-Applied", "return=representation")
            .has("\"Price\":1"),
        patch(&product, "{\"Price\":1}", 204).with("Prefer", "return=minimal"),
        post("Categories", "{\"Name\":\"Toys\"}", 204)
            .with("Prefer", "return=minimal")
            .sends("Preference-Applied", "return=minimal")
            .sends("Location", "{root}/Categories(")
            .sends("OData-EntityId", "{root}/Categories("),
        get("Products", 200)
            .with("Prefer", "odata.maxpagesize=3")
            .sends("Preference-Applied", "maxpagesize=3")
            .members(3)
            .has("@odata.nextLink\":\"{root}/Products"),
        get("Products?$skiptoken=made-up", 400),
    ]);
}

#[test]
fn the_service_document() {
    check(&[get("", 200)
        .has("\"@odata.context\":\"{root}/$metadata\"")
        .has("\"Products\"")
        .has("\"kind\":\"Singleton\"")]);
}
