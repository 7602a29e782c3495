//! OData 4.01 Protocol, sections 7 to 9 and 11.1: status, headers, versions, metadata.

use crate::fixture::{
    ABSENT, KITCHEN, LAPTOP, Running, bytes, check, delete, get, patch, post, put,
};

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
        get("Products", 200)
            .with("OData-MaxVersion", "5.0")
            .sends("OData-Version", "4.01"),
        get("Products", 400)
            .with("OData-MaxVersion", "3.0")
            .sends("OData-Version", "4.01"),
        get("Nothing", 404)
            .with("OData-MaxVersion", "4.0")
            .sends("OData-Version", "4.0"),
        post("Categories", "{\"Name\":\"Toys\"}", 201).with("OData-Version", "4.0"),
        post("Categories", "{\"Name\":\"Games\"}", 400)
            .with("OData-Version", "5.0")
            .has("OData-Version"),
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
        get("Company/Logo/$value", 200)
            .sends("Content-Type", "image/svg+xml")
            .has("<svg"),
        get("Products", 406).with("Accept", "application/json;q=0, */*"),
        get("Products", 200)
            .with("Accept", "application/json;q=0.5, text/html, */*;q=0.1")
            .sends("Content-Type", "application/json"),
        get("Products", 406).with("Accept", "application/json;unknown=x"),
        get("Products", 406).with("Accept", "application/json;odata.metadata=most"),
        get("Products?$format=application/json;unknown=x", 406).has("unknown=x"),
        get("Products?$format=xml", 406).has("$format"),
        get("Products", 406).with("Accept-Charset", "iso-8859-1"),
        get("Products", 200).with("Accept-Charset", "iso-8859-1, utf-8;q=0.5"),
    ]);
}

#[test]
fn the_content_type_has_the_parameters_that_were_asked_for() {
    let check_type = |accept: &str, expected: &str| {
        let service = Running::start();
        let answer = service.send(&get("Company", 200).with("Accept", accept));
        assert_eq!(answer.header("content-type"), Some(expected), "{accept}");
    };
    check_type("*/*", "application/json;odata.metadata=minimal");
    check_type(
        "application/json;charset=utf-8;odata.streaming=true",
        "application/json;odata.metadata=minimal;odata.streaming=true;charset=utf-8",
    );
    check_type(
        "application/json;metadata=none;IEEE754Compatible=true",
        "application/json;odata.metadata=none;IEEE754Compatible=true",
    );
}

#[test]
fn bodies_are_json_in_utf_8() {
    let body = "{\"Name\":\"Toys\"}";
    let toys = |media: &str, status| bytes("POST", "Categories", media, body, status);
    check(&[
        toys("application/xml", 415).has("application/xml"),
        toys("text/plain", 415),
        toys("application/json;charset=utf-16", 415),
        toys("application/json;charset=UTF-8;IEEE754Compatible=true", 201),
        bytes("POST", "MediaItems", "no media type", "x", 415).has("Content-Type"),
        toys("application/json", 415)
            .with("Content-Encoding", "gzip")
            .has("gzip"),
    ]);
}

#[test]
fn isolation_is_refused_not_ignored() {
    check(&[
        get("Products", 412)
            .with("Isolation", "snapshot")
            .has("Isolation"),
        get("Products", 412).with("OData-Isolation", "snapshot"),
        get("Products", 400).with("Isolation", "something"),
        post("$batch", "{\"requests\":[]}", 412).with("Isolation", "snapshot"),
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
        get(&product, 200).with("If-Match", "W/\"1\", \"4\""),
        get(&product, 412).with("If-Match", "W/\"1\""),
        get(&format!("{product}/Photo"), 412).with("If-Match", "W/\"1\""),
    ]);
}

#[test]
fn conditions_of_links_and_actions_are_those_of_their_entity() {
    let product = format!("Products({LAPTOP})");
    let category = format!("{{\"@odata.id\":\"Categories({KITCHEN})\"}}");
    let link = format!("{product}/Category/$ref");
    let discount = format!("{product}/ApplyDiscount");
    check(&[
        put(&link, &category, 412).with("If-Match", "W/\"7\""),
        delete(&link, 412).with("If-Match", "W/\"7\""),
        post(&discount, "{\"percentage\":50}", 412).with("If-Match", "W/\"7\""),
        post(&discount, "{\"percentage\":50}", 412).with("If-None-Match", "*"),
        get(&product, 200)
            .has("\"Price\":999.99")
            .has("\"Version\":1"),
        post(&discount, "{\"percentage\":50}", 200).with("If-Match", "W/\"1\""),
        put(&link, &category, 204).with("If-Match", "W/\"2\""),
        get(&product, 200)
            .has("\"Price\":499.995")
            .has("\"Version\":3"),
        post(
            &format!("Products({ABSENT})/ApplyDiscount"),
            "{\"percentage\":1}",
            404,
        )
        .with("If-Match", "*"),
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
            .sends("Preference-Applied", "odata.maxpagesize=3")
            .members(3)
            .has("@odata.nextLink\":\"{root}/Products"),
        get("Products?$skiptoken=made-up", 400),
        get("Products", 200)
            .with("Prefer", "return=minimal, MaxPageSize=\"2\"; x=y, unknown")
            .members(2),
    ]);
    let service = Running::start();
    let applied = |url: &str, prefer: &str, expected: Option<&str>| {
        let answer = service.send(&get(url, 200).with("Prefer", prefer));
        let found = answer.header("preference-applied");
        assert_eq!(found, expected, "{prefer} on {url}");
    };
    applied("Products", "maxpagesize=2", Some("maxpagesize=2"));
    applied("Products", "return=representation", None);
    applied("Products", "maxpagesize=0", None);
    applied("Company", "maxpagesize=2", None);
    applied(
        "Products",
        "odata.track-changes",
        Some("odata.track-changes"),
    );
    applied("Categories", "track-changes", None);
}

#[test]
fn the_service_document() {
    check(&[get("", 200)
        .has("\"@odata.context\":\"{root}/$metadata\"")
        .has("\"Products\"")
        .has("\"kind\":\"Singleton\"")]);
}
