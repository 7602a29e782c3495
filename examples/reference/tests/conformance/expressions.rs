//! OData 4.01 URL Conventions, sections 5.1.1.12 to 5.1.1.15: functions, `$it`, `$root`, `$this`
//! and aliases in expressions; section 5.1.5: computed properties wherever entities are read.

use crate::fixture::{ABSENT, ELECTRONICS, LAPTOP, MOUSE, check, get, patch};

#[test]
fn functions_of_the_model_in_expressions() {
    let names = |query: &str, count: usize| {
        get(&format!("Products?$select=Name&{query}"), 200).members(count)
    };
    check(&[
        names("$filter=Storefront.GetTotalPrice(taxRate=1) gt 3000", 1).has("Premium Laptop Pro"),
        names("$filter=GetTotalPrice(taxRate=1) gt 3000", 1),
        names("$filter=$it/Storefront.GetTotalPrice(taxRate=1) gt 3000", 1),
        names(
            "$filter=$this/Storefront.GetTotalPrice(taxRate=@t) gt 3000&@t=1",
            1,
        ),
        names(
            "$filter=Storefront.CalculatePrice(discount=50,tax=0) lt 10",
            1,
        )
        .has("Coffee Mug"),
        names("$filter=Storefront.Calculate(value=Quantity) eq 600", 1).has("Wireless Mouse"),
        names(
            "$filter=Storefront.Convert(number=Quantity) eq 'Number: 300'",
            1,
        ),
        names(
            "$orderby=Storefront.GetTotalPrice(taxRate=Rating div 100) desc&$top=1",
            1,
        )
        .has("\"Laptop\""),
        names(
            "$compute=Storefront.GetTotalPrice(taxRate=1) as Total&$filter=Total gt 3000",
            1,
        ),
        get(
            "ProductDescriptions?$filter=Product/Storefront.GetTotalPrice(taxRate=1) gt 1900",
            200,
        )
        .members(2),
        get(
            "Categories?$filter=Products/any(p:p/Storefront.GetTotalPrice(taxRate=1) gt 1000)",
            200,
        )
        .members(1)
        .has("Electronics"),
        get(
            "Products/$filter(GetTotalPrice(taxRate=1) gt 3000)/$count",
            200,
        )
        .has("1"),
        get(
            "Products?$apply=aggregate(Storefront.GetTotalPrice(taxRate=1) with max as M)",
            200,
        )
        .has("\"M\":3999.98"),
        get(
            "GetTopProducts()?$filter=GetTotalPrice(taxRate=1) gt 3000",
            200,
        )
        .members(1),
        get(
            "Products?$filter=Storefront.GetTotalPrice(taxRate='x') gt 1",
            400,
        )
        .has("taxRate"),
        get("Products?$filter=Storefront.GetTotalPrice(tax=1) gt 1", 400).has("taxRate"),
        get("Products?$filter=Storefront.Nothing() gt 1", 400).has("Storefront.Nothing"),
        get(
            "Products?$filter=Storefront.GetRelatedProducts()/$count gt 1",
            501,
        )
        .has("Storefront.GetRelatedProducts"),
    ]);
}

/// What an expression says and what the service computes is the same.
#[test]
fn definitions_say_what_functions_compute() {
    let service = crate::fixture::Running::start();
    for (call, filter) in [
        ("GetTotalPrice(taxRate=0.19)", "GetTotalPrice(taxRate=0.19)"),
        (
            "CalculatePrice(discount=12.5)",
            "CalculatePrice(discount=12.5)",
        ),
        (
            "CalculatePrice(discount=3,tax=7)",
            "CalculatePrice(discount=3,tax=7)",
        ),
    ] {
        for product in [LAPTOP, MOUSE] {
            let called = service.send(&get(&format!("Products({product})/{call}"), 200));
            let value = called.json()["value"].clone();
            let found = format!("Products?$filter=ID eq {product} and {filter} eq {value}");
            service.check(&[get(&found, 200).members(1)]);
        }
    }
    for (call, filter) in [
        ("Calculate(value=21)", "Storefront.Calculate(value=21)"),
        ("Calculate(a=1,b=2)", "Storefront.Calculate(a=1,b=2)"),
        ("Convert(input='x')", "Storefront.Convert(input='x')"),
        ("Convert(number=-5)", "Storefront.Convert(number=-5)"),
    ] {
        let value = service.send(&get(call, 200)).json()["value"].clone();
        let literal = value
            .as_str()
            .map_or(value.to_string(), |text| format!("'{text}'"));
        service.check(&[get(&format!("Products?$filter={filter} eq {literal}"), 200).members(7)]);
    }
}

#[test]
fn roots_of_paths() {
    let names = |query: &str, count: usize| {
        get(&format!("Products?$select=Name&{query}"), 200).members(count)
    };
    let root = format!("$root/Products({MOUSE})");
    check(&[
        names("$filter=$it/Price gt 500", 3),
        names(&format!("$filter=CategoryID eq $root/Categories({ELECTRONICS})/ID"), 5),
        names(&format!("$filter=Price gt {root}/Price"), 5),
        names(&format!("$filter=Category/Name eq {root}/Category/Name"), 5),
        names(&format!("$filter=Price gt $root/Products({ABSENT})/Price"), 0),
        names("$filter=$root/Products/$count gt 6", 7),
        names("$filter=$root/Products/any(p:p/Price gt $it/Price)", 6),
        names("$filter=startswith($root/Company/Name,'TechStore')", 7),
        names(&format!("$orderby=Price sub {root}/Price desc&$top=1"), 1).has("Premium"),
        get("Categories?$filter=Products/$filter(Name ne $it/Name)/$count gt 2", 200).members(1),
        get("Products?$filter=$root/Nothing/Name eq 'x'", 400).has("Nothing"),
        // In an expansion `$it` is still what the resource path names.
        get(&format!("Products({LAPTOP})?$expand=Descriptions($filter=$it/Name eq 'Laptop')"), 200)
            .has("\"LanguageKey\":\"EN\""),
        get(&format!("Products({MOUSE})?$expand=Descriptions($filter=$it/Name eq 'Laptop')"), 200)
            .has("\"Descriptions\":[]"),
        get("Categories?$filter=Name eq 'Kitchen'&$expand=Products($filter=$it/Name eq 'Kitchen';$expand=Category($expand=Products($filter=$it/Name ne 'Kitchen')))", 200)
            .has("Coffee Mug")
            .has("\"Products\":[]"),
        get("Products?$expand=Descriptions($filter=$this/LanguageKey eq 'DE';$select=LanguageKey)&$filter=Name eq 'Laptop'", 200)
            .has("\"LanguageKey\":\"DE\"")
            .lacks("\"EN\""),
        get("Categories?$expand=Products($filter=$it/Products/any(p:p/Price gt 1))", 501).has("$it"),
    ]);
}

#[test]
fn aliases() {
    check(&[
        get("Products?$filter=Price gt @p&@p=500", 200).members(3),
        get("Products?$filter=Description eq @missing", 200).members(7),
        get("Products?$filter=@p&@p=Price gt 500", 200).members(3),
        get("Products?$filter=Price in @p&@p=[29.99,15.5]", 200).members(2),
        get("Products?$orderby=@p desc&@p=Price&$top=1", 200).has("Premium Laptop Pro"),
        get(&format!("Products(@k)?@k={LAPTOP}"), 200).has("\"Laptop\""),
        get("Products?$expand=Descriptions($filter=LanguageKey eq @l;@l='DE')&$filter=Name eq 'Laptop'", 200)
            .has("\"LanguageKey\":\"DE\"")
            .lacks("\"LanguageKey\":\"EN\""),
    ]);
}

#[test]
fn computed_properties_of_single_entities() {
    let laptop = format!("Products({LAPTOP})");
    check(&[
        get(
            &format!("{laptop}?$compute=Price mul 2 as Two&$select=Name,Two"),
            200,
        )
        .has("\"Two\":1999.98")
        .lacks("\"Price\""),
        get(
            &format!("{laptop}?$compute=Category/Name as Group,length(Name) as Length"),
            200,
        )
        .has("\"Group\":\"Electronics\"")
        .has("\"Length\":6")
        .has("\"Price\":999.99"),
        get(
            &format!("{laptop}/Category?$compute=length(Name) as Length&$select=Length"),
            200,
        )
        .has("\"Length\":11"),
        get("Company?$compute=Founded add 1 as Next&$select=Next", 200).has("\"Next\":"),
        get(
            "ProductDescriptions?$expand=Product($compute=Price mul 2 as Two;$select=Two)&$top=1",
            200,
        )
        .has("\"Two\":1999.98"),
        patch(
            &format!("{laptop}?$compute=Price mul 3 as Three&$select=Three"),
            "{\"Price\":2}",
            200,
        )
        .with("Prefer", "return=representation")
        .has("\"Three\":6"),
        get(&format!("{laptop}?$compute=Price mul 2 as Name"), 400).has("Name"),
        get(&format!("{laptop}/Name?$compute=1 as One"), 400).has("$compute"),
    ]);
}

#[test]
fn types() {
    let count =
        |filter: &str, count: usize| get(&format!("Products?$filter={filter}"), 200).members(count);
    check(&[
        count("isof(Storefront.SpecialProduct)", 3),
        count("isof($it,Storefront.SpecialProduct)", 3),
        count("isof(Price,Edm.Double)", 7),
        count("isof(Price,Edm.String)", 0),
        count("isof(Price,Edm.Decimal)", 0),
        count("isof(Status,Storefront.ProductStatus)", 7),
        count("isof(Description,Edm.String)", 0),
        count("isof(ShippingAddress,Storefront.Address)", 6),
        count("cast(Price,Edm.String) eq '999.99'", 1),
        count("cast(Price,Edm.Int32) eq 1000", 1),
        count("cast('999.99',Edm.Double) eq Price", 1),
    ]);
}
