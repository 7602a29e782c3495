//! OData JSON Format 4.01: values, control information, metadata levels.

use crate::fixture::{CHAIR, LAPTOP, MEDIA, MOUSE, Running, check, get, patch, post};

#[test]
fn values_come_back_as_written() {
    check(&[
        get(&format!("Products({LAPTOP})"), 200)
            .has("\"Price\":999.99")
            .has("\"Rating\":200")
            .has("\"Temperature\":-10")
            .has("\"Weight\":3.14")
            .has("\"Data\":\"dGVzdA\"")
            .has("\"ReleaseDate\":\"2024-01-15\"")
            .has("\"OpenTime\":\"09:30:00\"")
            .has("\"ShippingTime\":\"P1D\"")
            .has("\"ProcessingTime\":\"PT45S\"")
            .has("\"Status\":\"InStock,Featured\"")
            .has("\"CreatedAt\":\"2024-01-15T10:30:00Z\"")
            .has("\"Location\":{\"type\":\"Point\",\"coordinates\":[-122.3321,47.6062]")
            .has("\"Description\":null"),
        get("DecimalSamples", 200).has("\"Amount\":123.45"),
        get("DecimalSamples", 200)
            .with("Accept", "application/json;IEEE754Compatible=true")
            .has("\"Amount\":\"123.45")
            .sends("Content-Type", "IEEE754Compatible=true"),
        post(
            "DecimalSamples",
            "{\"Name\":\"x\",\"Amount\":0.123456789012345678}",
            201,
        )
        .has("\"Amount\":0.123456789012345678"),
        post(
            "DecimalSamples",
            "{\"Name\":\"y\",\"Amount\":\"12345678901234567890.123456789012345678\"}",
            201,
        )
        .with("Content-Type", "application/json;IEEE754Compatible=true")
        .has("12345678901234567890.123456789012345678"),
    ]);
}

#[test]
fn control_information() {
    let laptop = format!("Products({LAPTOP})");
    check(&[
        get(&laptop, 200)
            .has("\"@odata.context\":\"{root}/$metadata#Products/$entity\"")
            .has("\"@odata.type\":\"#Storefront.SpecialProduct\"")
            .has(&format!("\"@odata.id\":\"{{root}}/Products({LAPTOP})\""))
            .has("\"@odata.etag\":\"W/\\\"1\\\"\"")
            .has("Photo@odata.mediaContentType\":\"image/png\""),
        get(&laptop, 200)
            .with("Accept", "application/json;odata.metadata=full")
            .has("\"Rating@odata.type\":\"#Byte\"")
            .has("Category@odata.navigationLink")
            .has("Category@odata.associationLink"),
        get(&laptop, 200)
            .with("Accept", "application/json;metadata=none")
            .lacks("@odata."),
        get("Products", 200).has("\"@odata.context\":\"{root}/$metadata#Products\""),
        get(&format!("MediaItems({MEDIA})"), 200)
            .has("@odata.mediaReadLink")
            .has("\"@odata.mediaContentType\":\"image/png\"")
            .has("\"Size\":69"),
        get("Company", 200).has("\"@odata.context\":\"{root}/$metadata#Company\""),
    ]);
}

#[test]
fn context_urls() {
    let service = Running::start();
    let laptop = format!("Products({LAPTOP})");
    let is = |url: &str, fragment: &str, version: &str| {
        let case = get(url, 200).with("OData-MaxVersion", version);
        let answer = service.send(&case).json();
        let context = answer["@odata.context"].as_str().unwrap_or_default();
        let found = context.split_once('#').map_or("", |(_, found)| found);
        assert_eq!(found, fragment, "{url} under {version}");
    };
    let cases = [
        ("Products".to_owned(), "Products"),
        (laptop.clone(), "Products/$entity"),
        ("Products?$select=Name".to_owned(), "Products(Name)"),
        (
            "Products?$expand=Category".to_owned(),
            "Products(Category())",
        ),
        (
            "Products?$select=Name&$expand=Category($select=Name),Descriptions".to_owned(),
            "Products(Name,Category(Name),Descriptions())",
        ),
        ("Products?$expand=Category/$ref".to_owned(), "Products"),
        (
            "Products?$select=ShippingAddress($select=City)".to_owned(),
            "Products(ShippingAddress/City)",
        ),
        (
            format!("{laptop}?$expand=Category"),
            "Products(Category())/$entity",
        ),
        (format!("{laptop}/Category"), "Categories/$entity"),
        (format!("{laptop}/Descriptions"), "ProductDescriptions"),
        (format!("{laptop}/Descriptions/$ref"), "Collection($ref)"),
        (format!("{laptop}/Category/$ref"), "$ref"),
        (
            "Products/Storefront.SpecialProduct".to_owned(),
            "Products/Storefront.SpecialProduct",
        ),
        (
            format!("{laptop}/Storefront.SpecialProduct?$select=Name"),
            "Products/Storefront.SpecialProduct(Name)/$entity",
        ),
        ("Company".to_owned(), "Company"),
        ("Company?$select=Name".to_owned(), "Company(Name)"),
        ("Company/Name".to_owned(), "Company/Name"),
        (
            format!("{laptop}/Category/Name"),
            "Categories(c101256d-cc3e-41fb-88ee-7f400cedc18a)/Name",
        ),
        (
            format!("{laptop}/Category/Products/{MOUSE}/ShippingAddress"),
            "Products(d1021e59-0d0b-43a1-8c4c-a2961a8a2857)/ShippingAddress",
        ),
        ("GetTopProducts(count=1)".to_owned(), "Products"),
        (
            "GetTopProducts(count=1)?$select=Name".to_owned(),
            "Products(Name)",
        ),
        (
            format!("{laptop}/GetRelatedProducts()"),
            "Collection(Storefront.Product)",
        ),
        ("GetProductStats()".to_owned(), "Storefront.ProductStats"),
        (
            format!("{laptop}/ShippingAddress?$select=City"),
            "Products(d1012072-4c41-47dc-85cd-719d9edd897e)/ShippingAddress(City)",
        ),
        (
            "GetProductStats()?$select=averagePrice".to_owned(),
            "Storefront.ProductStats(averagePrice)",
        ),
        ("Calculate(value=1)".to_owned(), "Edm.Int64"),
    ];
    for (url, fragment) in cases {
        is(&url, fragment, "4.01");
    }
    is("Products?$expand=Category", "Products", "4.0");
    is(
        "Products?$expand=Category($select=Name)",
        "Products(Category(Name))",
        "4.0",
    );
}

#[test]
fn values_that_are_omitted() {
    let laptop = format!("Products({LAPTOP})");
    let chair = format!("Products({CHAIR})?$select=Description,Rating,ProductType,ShippingAddress");
    check(&[
        get(&laptop, 200)
            .with("Prefer", "omit-values=nulls")
            .sends("Preference-Applied", "omit-values=nulls")
            .lacks("\"Description\"")
            .lacks("\"SerialNumber\"")
            .has("\"Rating\":200"),
        get(&chair, 200)
            .with("Prefer", "omit-values=defaults")
            .sends("Preference-Applied", "omit-values=defaults")
            .lacks("\"Description\"")
            .lacks("\"ProductType\"")
            .lacks("\"ShippingAddress\"")
            .has("\"Rating\":255"),
        get("Categories?$expand=Products($select=Description,Name)", 200)
            .with("Prefer", "omit-values=nulls")
            .has("\"Name\":\"Laptop\"")
            .lacks(":null"),
        patch(&laptop, "{\"ShippingAddress\":{\"State\":null}}", 204),
        get(&format!("{laptop}?$select=ShippingAddress"), 200)
            .with("Prefer", "omit-values=nulls")
            .has("\"City\":\"Seattle\"")
            .lacks("\"State\""),
        // What a change answers shows what was changed.
        patch(&laptop, "{\"SerialNumber\":null,\"Description\":null}", 200)
            .with("Prefer", "omit-values=nulls, return=representation")
            .has("\"Description\":null"),
        get(&laptop, 200)
            .with(
                "Prefer",
                "odata.include-annotations=\"display.*#tablet,-*\"",
            )
            .sends(
                "Preference-Applied",
                "odata.include-annotations=\"display.*#tablet,-*\"",
            ),
    ]);
}

#[test]
fn full_metadata() {
    let laptop = format!("Products({LAPTOP})");
    let full = "application/json;odata.metadata=full";
    check(&[
        get(&laptop, 200)
            .with("Accept", full)
            .has("\"#Storefront.ApplyDiscount\":{\"title\":\"ApplyDiscount\",\"target\":\"{root}/Products(")
            .has("/Storefront.GetTotalPrice(taxRate=@taxRate)\"")
            .has("\"#Storefront.CalculatePrice(discount,tax)\""),
        get(&format!("{laptop}/Storefront.GetTotalPrice(taxRate=@taxRate)?@taxRate=0.5"), 200)
            .has("1499.985"),
        get("Products?$top=1", 200)
            .with("Accept", full)
            .has("\"#Storefront.MarkAllAsReviewed\":{\"title\":")
            .has("\"target\":\"{root}/Products/Storefront.MarkAllAsReviewed\""),
        get(&laptop, 200).lacks("\"#Storefront.ApplyDiscount"),
        get(&format!("{laptop}?$select=Name,Storefront.Activate"), 200)
            .has("\"#Storefront.Activate\":{}")
            .lacks("ApplyDiscount"),
        get(&format!("{laptop}?$expand=Category"), 200).with("Accept", full).has(
            "/Category\",\"Category\":{\"@odata.type\":\"#Storefront.Category\"",
        ),
        get(&format!("{laptop}/Status"), 200)
            .with("Accept", full)
            .has("\"@odata.type\":\"#Storefront.ProductStatus\",\"value\""),
        get(&format!("{laptop}/Price"), 200)
            .with("Accept", full)
            .lacks("@odata.type"),
        get("Calculate(value=2)", 200)
            .with("Accept", full)
            .has("\"@odata.type\":\"#Int64\",\"value\":4"),
        get("", 200)
            .with("Accept", "application/json;odata.metadata=none")
            .lacks("@odata.context"),
        get(&format!("{laptop}?$select=Name,Category"), 200)
            .with("Accept", full)
            .has("Category@odata.navigationLink")
            .lacks("Descriptions@odata.navigationLink"),
        get(&format!("{laptop}/Category/$ref"), 200)
            .with("Accept", "application/json;odata.metadata=none")
            .has("{\"@odata.id\":"),
        get("ReadOnlyItems", 200)
            .with("Accept", full)
            .has("@odata.readLink")
            .lacks("@odata.editLink"),
        get(&laptop, 200)
            .with("Accept", full)
            .has("\"Photo@odata.mediaEtag\":\"W/\\\"1\\\"\""),
    ]);
}

#[test]
fn a_duration_of_zero_comes_back_as_written() {
    check(&[get(&format!("Products({LAPTOP})?$select=Offset"), 200).has("\"Offset\":\"P0D\"")]);
}

#[test]
fn counts_are_64_bit_integers() {
    let exact = "application/json;IEEE754Compatible=true";
    check(&[
        get("Products?$count=true&$top=1", 200).has("\"@odata.count\":7"),
        get("Products?$count=true&$top=1", 200)
            .with("Accept", exact)
            .has("\"@odata.count\":\"7\""),
        get("Categories?$expand=Products($count=true)", 200)
            .with("Accept", exact)
            .has("\"Products@odata.count\":\""),
        get("Calculate(value=2)", 200)
            .with("Accept", exact)
            .has("\"value\":\"4\""),
        get("$metadata", 200)
            .has("Org.OData.Core.V1.xml")
            .has("Org.OData.Validation.V1.xml"),
    ]);
}
