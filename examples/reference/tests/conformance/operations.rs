//! OData 4.01 Protocol, section 11.5, and the operations of the service.

use crate::fixture::{ABSENT, LAPTOP, MOUSE, case_without_body as bare, check, get, post};

#[test]
fn functions() {
    let laptop = format!("Products({LAPTOP})");
    check(&[
        get("GetTopProducts()", 200)
            .members(7)
            .has("Premium Laptop Pro"),
        get("GetTopProducts", 200).members(7),
        get("GetTopProducts(count=2)", 200).members(2),
        get("GetTopProducts(count=2,category='Electronics')", 200).members(2),
        get("GetTopProducts(count=2,category='Nothing')", 200).members(0),
        get("GetTopProducts()?count=5", 200).members(5),
        get("GetTopProducts(count=@n)?@n=3", 200).members(3),
        get("GetTopProducts(count='x')", 400),
        get("GetTopProducts(nothing=1)", 400),
        get("GetTopProducts()?nothing=1", 400),
        get("GetTopProducts()?$filter=Price%20lt%20100", 200).members(2),
        get("GetTopProducts()?$select=Name&$top=1", 200)
            .members(1)
            .lacks("\"Price\""),
        get("FindProducts(name='Laptop',maxPrice=1500)", 200).members(1),
        get("FindProducts(name='laptop',maxPrice=1500)", 200).members(0),
        get("GetProductStats()", 200)
            .has("\"totalProducts\":7")
            .has("\"maxPrice\":1999.99"),
        get("Calculate(value=21)", 200).has("\"value\":42"),
        get("Calculate(a=1,b=2)", 200).has("\"value\":3"),
        get("Calculate(a=1)", 400),
        get("Convert(input='x')", 200).has("\"value\":\"String: x\""),
        get("Convert(number=5)", 200).has("\"value\":\"Number: 5\""),
        get(
            &format!("{laptop}/Storefront.GetTotalPrice(taxRate=1)"),
            200,
        )
        .has("\"value\":1999.98"),
        get(&format!("{laptop}/GetTotalPrice(taxRate=0.5)"), 200).has("\"value\":1499.985"),
        get(&format!("{laptop}/CalculatePrice(discount=50)"), 200).has("\"value\":499.995"),
        get(
            &format!("{laptop}/CalculatePrice(discount=50,tax=100)"),
            200,
        )
        .has("\"value\":999.99"),
        get(&format!("{laptop}/CalculatePrice?discount=50"), 200).has("\"value\":499.995"),
        get(&format!("{laptop}/GetInfo(format='short')"), 200)
            .has("Product: Laptop (Price: 999.99) in short format"),
        get(&format!("{laptop}/GetRelatedProducts()"), 200)
            .members(4)
            .lacks(LAPTOP),
        get(&format!("{laptop}/GetRelatedProducts()?$top=1"), 200).members(1),
        get("Products/GetAveragePrice()", 200).has("\"value\":606."),
        get("Products/Storefront.GetAveragePrice", 200).has("\"value\":606."),
        get(&format!("Products({ABSENT})/GetTotalPrice(taxRate=1)"), 404),
        post("GetProductStats()", "{}", 405),
    ]);
}

#[test]
fn actions() {
    let mouse = format!("Products({MOUSE})");
    let laptop = format!("Products({LAPTOP})");
    check(&[
        post(
            &format!("{mouse}/ApplyDiscount"),
            "{\"percentage\":50}",
            200,
        )
        .has("\"Price\":14.995")
        .has("\"Version\":2"),
        post(
            &format!("{mouse}/Storefront.IncreasePrice"),
            "{\"amount\":0.005}",
            204,
        ),
        get(&mouse, 200).has("\"Price\":15").has("\"Version\":3"),
        post(
            &format!("{laptop}/CalculateDiscount"),
            "{\"percentage\":50}",
            200,
        )
        .has("\"value\":499.995"),
        bare("POST", &format!("{laptop}/Activate"), 204),
        post("Products/MarkAllAsReviewed", "", 204),
        post("Process", "{\"percentage\":50,\"minPrice\":900}", 204),
        get(&laptop, 200).has("\"Price\":499.995"),
        post("ResetAllPrices", "", 200).has("\"updatedCount\":7"),
        get(&laptop, 200).has("\"Price\":999.99"),
        post("ResetProducts", "{}", 204),
        post(&format!("{mouse}/ApplyDiscount"), "{}", 400).has("percentage"),
        post(
            &format!("{mouse}/ApplyDiscount"),
            "{\"percentage\":\"x\"}",
            400,
        ),
        post(
            &format!("{mouse}/ApplyDiscount"),
            "{\"percentage\":1,\"more\":1}",
            400,
        ),
        post(
            &format!("Products({ABSENT})/ApplyDiscount"),
            "{\"percentage\":1}",
            404,
        ),
        get("ResetProducts", 405),
        get(&format!("{mouse}/Activate"), 405),
    ]);
}
