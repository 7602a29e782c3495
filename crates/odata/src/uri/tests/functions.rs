//! Operators and functions, with the types of their results.

use super::expression::check;
use super::*;

fn shop(filter: &str, expected: &str) {
    check(&SHOP, "Products", filter, expected);
}

fn bad(filter: &str, parts: &[&str]) {
    fails(&SHOP, &format!("Products?$filter={filter}"), 400, parts);
}

#[test]
fn arithmetic() {
    for (expr, ty) in [
        ("Rank add 1", "Edm.Int32"),
        ("Rank mul Rank", "Edm.Int32"),
        ("Stock sub 1", "Edm.Int64"),
        ("Stock mod 2", "Edm.Int64"),
        ("Cost mul 2", "Edm.Decimal"),
        ("Price add Cost", "Edm.Double"),
        ("Weight add Stock", "Edm.Single"),
        ("Rank divby 2", "Edm.Decimal"),
        ("Rank div 2", "Edm.Int32"),
        ("Made add Ships", "Edm.DateTimeOffset"),
        ("Made add duration'P1D'", "Edm.DateTimeOffset"),
        ("Made add 'P1D'", "Edm.DateTimeOffset"),
        ("Made sub Made", "Edm.Duration"),
        ("Released sub Released", "Edm.Duration"),
        ("Released add Ships", "Edm.Date"),
        ("Ships mul 3", "Edm.Duration"),
        ("3 mul Ships", "Edm.Duration"),
        ("Ships div 3", "Edm.Duration"),
        ("Price add null", "Edm.Double"),
        ("null sub null", "Edm.Int32"),
    ] {
        let (_, options) = get(&SHOP, &format!("Products?$orderby={expr}")).expect(expr);
        let found = options.orderby[0].expr.ty().map(|ty| SHOP.type_name(&ty));
        assert_eq!(found.as_deref(), Some(ty), "{expr}");
    }
    shop(
        "Price mul 2 gt -Cost",
        "((Price mul 2e0:Edm.Double):Edm.Double gt (-Cost))",
    );
    shop("-Ships lt Ships", "((-Ships) lt Ships)");
    bad(
        "Name add 1 eq 2",
        &["'add'", "'Name'", "Edm.String", "Edm.Int32", "two numbers"],
    );
    bad(
        "Made add Made eq Made",
        &["'add'", "Edm.DateTimeOffset", "duration"],
    );
    bad("Ships mod 2 eq 1", &["'mod'", "Edm.Duration"]);
    bad("-Name eq 'x'", &["'-'", "'Name'", "Edm.String", "numbers"]);
    bad("Tags add 1 eq 1", &["'Tags'", "Collection(Edm.String)"]);
}

#[test]
fn has_and_in() {
    shop("Colors has 'Red'", "(Colors has '1':shop.Color)");
    shop(
        "Colors has shop.Color'Red,Green'",
        "(Colors has '3':shop.Color)",
    );
    shop("Colors has Colors", "(Colors has Colors)");
    shop("Colors has 3", "(Colors has '3':shop.Color)");
    bad(
        "Size has 'Small'",
        &["'has'", "'Size'", "shop.Size", "IsFlags"],
    );
    bad("Stock has 1", &["'Stock'", "Edm.Int64"]);
    shop("'x' in Tags", "('x':Edm.String in Tags)");
    shop("Name in Tags", "(Name in Tags)");
    shop("Stock in [1,Rank]", "(Stock in 1:Edm.Int64,Rank)");
    shop(
        "Size in ('Small','Large')",
        "(Size in '1':shop.Size,'2':shop.Size)",
    );
    shop("Stock in []", "(Stock in )");
    bad("Stock in Tags", &["Edm.Int64", "Edm.String"]);
    bad("Stock in Rank", &["'in'", "a collection"]);
    bad("Stock in (1,'x')", &["Edm.Int64", "Edm.String"]);
    bad("Photo in []", &["Edm.Stream"]);
}

#[test]
fn strings_and_collections() {
    shop(
        "contains(Name,'x')",
        "contains(Name,'x':Edm.String):Edm.Boolean",
    );
    shop(
        "STARTSWITH(Name,'x')",
        "startswith(Name,'x':Edm.String):Edm.Boolean",
    );
    shop(
        "concat(Name,'x') eq substring(Name,1,2)",
        "(concat(Name,'x':Edm.String):Edm.String eq substring(Name,1:Edm.Int32,2:Edm.Int32):Edm.String)",
    );
    shop(
        "length(Tags) gt 1",
        "(length(Tags):Edm.Int32 gt 1:Edm.Int32)",
    );
    shop(
        "hassubset(Tags,['a','b'])",
        "hassubset(Tags,'a':Edm.String,'b':Edm.String):Edm.Boolean",
    );
    shop("hassubset(Tags,[])", "hassubset(Tags,):Edm.Boolean");
    shop("endswith(Tags,Tags)", "endswith(Tags,Tags):Edm.Boolean");
    shop(
        "concat(Tags,Tags) eq Tags",
        "(concat(Tags,Tags):Collection(Edm.String) eq Tags)",
    );
    shop("contains(Name,null)", "contains(Name,null):Edm.Boolean");
    bad(
        "contains(Name,5)",
        &["Argument 2", "'contains'", "Edm.String", "'5'", "Edm.Int32"],
    );
    bad("contains(Name)", &["'contains'", "2 arguments", "not 1"]);
    bad("substring(Name)", &["2 to 3"]);
    bad(
        "contains(Name,Tags)",
        &["two strings or two collections", "Collection(Edm.String)"],
    );
    bad("hassubset(Tags,[1])", &["hassubset", "Edm.Int32"]);
    bad("hassubset(Name,'x')", &["Argument 1", "a collection"]);
    bad("tolower(Stock) eq 'x'", &["'Stock'", "Edm.Int64"]);
    bad("lenght(Name) eq 1", &["'lenght'"]);
    bad("length(name='x') eq 1", &["'length'"]);
    bad("length(Name)/x eq 1", &["'length'", "no path"]);
    bad("contains(Name,'x') eq 1", &["Edm.Boolean", "Edm.Int32"]);
    bad("length(Name)", &["must be Edm.Boolean", "Edm.Int32"]);
}

#[test]
fn dates_numbers_and_shapes() {
    for (call, ty) in [
        ("year(Made)", "Edm.Int32"),
        ("year(Released)", "Edm.Int32"),
        ("hour(Opens)", "Edm.Int32"),
        ("fractionalseconds(Made)", "Edm.Decimal"),
        ("totalseconds(Ships)", "Edm.Decimal"),
        ("totalseconds('PT1S')", "Edm.Decimal"),
        ("date(Made)", "Edm.Date"),
        ("time(Made)", "Edm.TimeOfDay"),
        ("now()", "Edm.DateTimeOffset"),
        ("totaloffsetminutes(Made)", "Edm.Int32"),
        ("round(Price)", "Edm.Double"),
        ("round(Cost)", "Edm.Decimal"),
        ("floor(Weight)", "Edm.Double"),
        ("ceiling(Stock)", "Edm.Int64"),
        (
            "geo.distance(Place,geography'SRID=4326;Point(1 2)')",
            "Edm.Double",
        ),
        ("geo.length(Route)", "Edm.Double"),
        ("geo.intersects(Place,Area)", "Edm.Boolean"),
    ] {
        let (_, options) = get(&SHOP, &format!("Products?$orderby={call}")).expect(call);
        let found = options.orderby[0].expr.ty().map(|ty| SHOP.type_name(&ty));
        assert_eq!(found.as_deref(), Some(ty), "{call}");
    }
    bad(
        "year(Opens) eq 1",
        &["Argument 1", "Edm.Date or", "Edm.TimeOfDay"],
    );
    bad("hour(Released) eq 1", &["Edm.TimeOfDay or", "Edm.Date"]);
    bad("round(Name) eq 1", &["a number"]);
    bad("now(1) eq now()", &["0 arguments"]);
    bad(
        "geo.distance(Place,Route) lt 1",
        &["Argument 2", "Edm.GeographyLineString"],
    );
    bad("Place lt Place", &["'lt'", "Edm.GeographyPoint"]);
    bad("Place eq geography'POINT(1'", &["Invalid"]);
    bad("Made gt 2020-02-30T00:00:00Z", &["2020-02-30"]);
}

#[test]
fn casts_and_cases() {
    shop(
        "cast(Stock,Edm.String) eq '5'",
        "(cast(Stock,Edm.String) eq '5':Edm.String)",
    );
    shop("isof(shop.SpecialProduct)", "isof(,shop.SpecialProduct)");
    shop("isof(Maker,shop.Maker)", "isof(Maker,shop.Maker)");
    shop(
        "isof($it/Tags,Collection(Edm.String))",
        "isof(Tags,Collection(Edm.String))",
    );
    shop(
        "cast(shop.SpecialProduct)/Reason eq 'x'",
        "(<shop.SpecialProduct>/Reason eq 'x':Edm.String)",
    );
    shop(
        "shop.SpecialProduct/Reason eq 'x'",
        "(<shop.SpecialProduct>/Reason eq 'x':Edm.String)",
    );
    shop(
        "SpecialProduct/Reason eq 'x'",
        "(<shop.SpecialProduct>/Reason eq 'x':Edm.String)",
    );
    shop(
        "Origin/shop.Office/Floor eq 1",
        "(Origin/<shop.Office>/Floor eq 1:Edm.SByte)",
    );
    shop(
        "case(Sold:1,true:Price) gt 0",
        "(case(Sold:1e0:Edm.Double,true:Edm.Boolean:Price):Edm.Double gt 0e0:Edm.Double)",
    );
    bad(
        "cast(Maker,shop.Item) eq null",
        &["shop.Maker", "cannot be cast", "shop.Item"],
    );
    bad("cast(Name,shop.Maker) eq null", &["cannot be cast"]);
    bad("cast(Name,Nothing) eq null", &["'Nothing'"]);
    bad(
        "cast(Tags,Edm.String) eq 'x'",
        &["Collection(Edm.String)", "cannot be cast"],
    );
    bad("isof(1,2)", &["'2'", "no type"]);
    bad("cast() eq 1", &["an expression and a type"]);
    bad("case(Name:1) eq 1", &["'Name' must be Edm.Boolean"]);
    bad(
        "case(Sold:1,true:'x') eq 1",
        &["case", "Edm.String", "Edm.Int32"],
    );
    bad("shop.Maker/Name eq 'x'", &["'shop.Maker'"]);
}
