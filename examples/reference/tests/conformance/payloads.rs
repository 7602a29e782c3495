//! OData JSON Format 4.01: values, control information, metadata levels.

use crate::fixture::{LAPTOP, MEDIA, check, get, post};

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
