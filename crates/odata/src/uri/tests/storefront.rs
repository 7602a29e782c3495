//! The reference example's URLs.

use super::*;

const KEY: &str = "0f9c5b0e-4d1b-4c3f-9a1f-2b8f3f1d7a10";

#[test]
fn functions_and_their_overloads() {
    let product = format!("Products/[\"{KEY}\"]");
    let check = |path: &str, expected: &str| super::path::check(&STOREFRONT, path, expected);
    for path in [
        "GetTopProducts()?count=5",
        "GetTopProducts?count=5",
        "GetTopProducts(count=5)",
        "GetTopProducts(count=@c)?@c=5",
    ] {
        check(
            path,
            "Storefront.GetTopProducts(count=5:Edm.Int64) : function Collection(Storefront.Product)",
        );
    }
    check(
        "GetTopProducts()/$count",
        "Storefront.GetTopProducts()/$count : count Collection(Storefront.Product)",
    );
    check(
        &format!("Products({KEY})/CalculatePrice?discount=10&tax=5"),
        &format!(
            "{product}/Storefront.CalculatePrice(discount=1e1:Edm.Double,tax=5e0:Edm.Double) : \
             function Edm.Double"
        ),
    );
    check(
        &format!("Products({KEY})/Storefront.GetInfo(format='short')"),
        &format!("{product}/Storefront.GetInfo(format='short':Edm.String) : function Edm.String"),
    );
    check(
        "Convert(number=7)",
        "Storefront.Convert(number=7:Edm.Int64) : function Edm.String",
    );
    check(
        "Products/GetAveragePrice",
        "Products/Storefront.GetAveragePrice() : function Edm.Double",
    );
    let bad = |path: &str, parts: &[&str]| fails(&STOREFRONT, path, 400, parts);
    bad("GetTopProducts()?limit=5", &["'limit'"]);
    bad(
        "GetTopProducts(count='x')",
        &["'count'", "Edm.Int64", "Edm.String"],
    );
    bad("Calculate(a=1)", &["No overload of 'Calculate'"]);
    bad("FindProducts(name='x')", &["maxPrice"]);
}

#[test]
fn filters_over_flags_derived_types_and_shapes() {
    let check = |filter: &str, expected: &str| {
        super::expression::check(&STOREFRONT, "Products", filter, expected);
    };
    let flags = "'9':Storefront.ProductStatus";
    check(
        "Status has 'InStock,Featured'",
        &format!("(Status has {flags})"),
    );
    check(
        "Status has Storefront.ProductStatus'9'",
        &format!("(Status has {flags})"),
    );
    check(
        "SpecialProduct/SpecialFeature ne null and isof(Storefront.SpecialProduct)",
        "((<Storefront.SpecialProduct>/SpecialFeature ne null) and isof(,Storefront.SpecialProduct))",
    );
    check(
        "Offset lt duration'PT1H' and ShippingTime mul 2 gt Offset",
        "((Offset lt duration'PT1H':Edm.Duration) and ((ShippingTime mul 2:Edm.Int32):Edm.Duration gt Offset))",
    );
    check(
        "Category/Name eq 'x' and Descriptions/any(d:d/LanguageKey eq 'EN')",
        "((Category/Name eq 'x':Edm.String) and Descriptions/any(($0/LanguageKey eq 'EN':Edm.String)))",
    );
    check(
        "geo.distance(Location,geography'SRID=4326;Point(1 2)') lt 5",
        "(geo.distance(Location,geography'SRID=4326;Point(1%202)':Edm.GeographyPoint):Edm.Double lt 5e0:Edm.Double)",
    );
}

#[test]
fn every_key_form_of_a_compound_key() {
    let expected =
        format!("ProductDescriptions/[\"{KEY}\", \"'EN'\"] : entity Storefront.ProductDescription");
    for path in [
        format!("ProductDescriptions(ProductID={KEY},LanguageKey='EN')"),
        format!("ProductDescriptions(LanguageKey='EN',ProductID={KEY})"),
        format!("ProductDescriptions(ProductID=@p,LanguageKey=@l)?@p={KEY}&@l='EN'"),
        format!("ProductDescriptions/{KEY}/EN"),
    ] {
        super::path::check(&STOREFRONT, &path, &expected);
    }
}

#[test]
fn functions_that_are_defined_stand_for_their_definitions() {
    let mut model = STOREFRONT.clone();
    let mut define = |name: &str, parameters: &[&str], text: &str| {
        assert!(model.define(name, parameters, text), "{name}");
    };
    define(
        "Storefront.GetTotalPrice",
        &["taxRate"],
        "Price mul (1 add taxRate)",
    );
    define(
        "Storefront.GetInfo",
        &["format"],
        "concat(format,cast(Descriptions/any(d:d/LongText eq format),Edm.String))",
    );
    define(
        "Storefront.Calculate",
        &["value"],
        "Storefront.Calculate(value=value)",
    );
    let check = |set: &str, filter: &str, same: &str| {
        super::expression::check(&model, set, filter, same);
    };
    check(
        "Products",
        "Storefront.GetTotalPrice(taxRate=Rating) gt 1",
        "((Price mul (1e0:Edm.Double add Rating):Edm.Double):Edm.Double gt 1e0:Edm.Double)",
    );
    check(
        "ProductDescriptions",
        "Product/GetTotalPrice(taxRate=0.5) gt 1",
        "((Product/Price mul (1e0:Edm.Double add 5e-1:Edm.Double):Edm.Double):Edm.Double gt 1e0:Edm.Double)",
    );
    check(
        "Categories",
        "Products/any(p:p/Storefront.GetInfo(format=Name) eq 'x')",
        "Products/any((concat(Name,cast($0/Descriptions/any(($1/LongText eq Name)),Edm.String)):Edm.String eq 'x':Edm.String))",
    );
    // One that calls itself ends with a limit.
    fails(
        &model,
        "Products?$filter=Storefront.Calculate(value=1) eq 1",
        400,
        &["expression_depth"],
    );
    assert!(!model.define("Storefront.GetTotalPrice", &["other"], "1"));
}
