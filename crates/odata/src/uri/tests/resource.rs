//! Paths whole: casts, collections of values, filters, members, references, alternate keys,
//! operations and their parameters.

use super::path::{SCRIPT, check};
use super::*;

fn shop(path: &str, expected: &str) {
    check(&SHOP, path, expected);
}

fn bad(path: &str, status: u16, parts: &[&str]) {
    fails(&SHOP, path, status, parts);
}

#[test]
fn casts_on_everything() {
    let product = format!("Products/[\"{SCRIPT}\"]");
    shop(
        "Products/SpecialProduct",
        "Products/<shop.SpecialProduct> : entities Collection(shop.SpecialProduct)",
    );
    shop(
        &format!("Products/shop.SpecialProduct({SCRIPT})/Reason"),
        &format!("Products/<shop.SpecialProduct>/[\"{SCRIPT}\"]/Reason : property Edm.String"),
    );
    shop(
        &format!("Products({SCRIPT})/shop.SpecialProduct/Reason"),
        &format!("{product}/<shop.SpecialProduct>/Reason : property Edm.String"),
    );
    shop(
        &format!("Products({SCRIPT})/Origin/shop.Office/Floor"),
        &format!("{product}/Origin/<shop.Office>/Floor : property Edm.SByte"),
    );
    shop(
        &format!("Products({SCRIPT})/Homes/shop.Office"),
        &format!("{product}/Homes/<shop.Office> : property Collection(shop.Office)"),
    );
    shop(
        "Products/shop.SpecialProduct/$count",
        "Products/<shop.SpecialProduct>/$count : count Collection(shop.SpecialProduct)",
    );
    bad("Makers/1/shop.Product", 404, &["shop.Product"]);
}

#[test]
fn collections_of_values() {
    let product = format!("Products/[\"{SCRIPT}\"]");
    let path = |rest: &str| format!("Products({SCRIPT})/{rest}");
    shop(
        &path("Homes"),
        &format!("{product}/Homes : property Collection(shop.Address)"),
    );
    shop(
        &path("Homes/0/City"),
        &format!("{product}/Homes/0/City : property Edm.String"),
    );
    shop(
        &path("Homes/-1"),
        &format!("{product}/Homes/-1 : property shop.Address"),
    );
    shop(
        &path("Tags/1"),
        &format!("{product}/Tags/1 : property Edm.String"),
    );
    shop(
        &path("Homes/$filter(Zip eq 5)/$count"),
        &format!(
            "{product}/Homes/$filter(Zip eq 5:Edm.Int32)/$count : count Collection(shop.Address)"
        ),
    );
    shop(
        &path("Tags/$filter($this eq 'x')"),
        &format!("{product}/Tags/$filter( eq 'x':Edm.String) : property Collection(Edm.String)"),
    );
    bad(&path("Tags/x"), 404, &["'x'", "a collection of Edm.String"]);
    bad(&path("Tags/$ref"), 400, &["$ref", "Edm.String"]);
    bad(
        &path("Name/$filter(true)"),
        400,
        &["$filter", "one Edm.String"],
    );
}

#[test]
fn filters_members_and_references() {
    shop(
        "Products/$filter(Price gt 5)/$filter(Sold)",
        "Products/$filter(Price gt 5e0:Edm.Double)/$filterSold : entities Collection(shop.Product)",
    );
    shop(
        "Products/$filter(@f)/$each?@f=Price%20gt%205",
        "Products/$filter(Price gt 5e0:Edm.Double)/$each : entities Collection(shop.Product)",
    );
    shop(
        &format!("Products/$filter(Sold)/{SCRIPT}/Name"),
        &format!("Products/$filterSold/[\"{SCRIPT}\"]/Name : property Edm.String"),
    );
    shop(
        &format!("Makers(1)/Products({SCRIPT})/$ref"),
        &format!("Makers/[\"1\"]/Products/[\"{SCRIPT}\"]/$ref : reference shop.Product"),
    );
    shop(
        &format!("Products({SCRIPT})/Photo/$value"),
        &format!("Products/[\"{SCRIPT}\"]/Photo/$value : stream -"),
    );
    shop("$entity?$id=x", "EntityById { cast: None }");
    assert!(matches!(
        get(&SHOP, "$entity/shop.Maker?$id=x&$select=Name")
            .expect("it binds")
            .0,
        Resource::EntityById { cast: Some(_) }
    ));
    bad(
        "$entity/shop.Address?$id=x",
        400,
        &["shop.Address", "no entity type"],
    );
    bad("$entity?$id=x&$select=Name", 400, &["$select"]);
    bad("Products/$each/x", 404, &["'x'"]);
    bad(
        "Products/$filter(Price)",
        400,
        &["'Price' must be Edm.Boolean"],
    );
    bad("Products/$filter(Nothing eq 1)", 400, &["'Nothing'"]);
    bad("Products/$filter(Price eq", 400, &["position"]);
    bad(
        "$crossjoin(Products,Makers)",
        400,
        &["$crossjoin", "not supported"],
    );
    bad("$all", 400, &["$all", "not supported"]);
    bad("Products/$query", 400, &["$query"]);
    bad(
        &format!("Products({SCRIPT})/Photo/x"),
        404,
        &["'x'", "stream"],
    );
}

#[test]
fn alternate_keys() {
    let key = |path: &str| match get(&SHOP, path).expect(path).0 {
        Resource::Path(path) => path.segments.last().cloned(),
        other => panic!("{other:?}"),
    };
    let name = SHOP
        .find_structured("shop.Maker")
        .and_then(|of| SHOP.structured(of).property("Name"))
        .expect("it is in the model");
    let expected = Some(Segment::AlternateKey(vec![(name, Value::from("x"))]));
    assert_eq!(key("Makers(Called='x')"), expected);
    assert_eq!(key("Makers(Called=@a)?@a='x'"), expected);
    bad("Makers(Called=5)", 404, &["'Name'", "Edm.String"]);
    bad("Makers(Name='x')", 400, &["'Name' is no key property"]);
}

#[test]
fn operations_by_binding_type() {
    let product = format!("Products/[\"{SCRIPT}\"]");
    let path = |rest: &str| format!("Products({SCRIPT})/{rest}");
    shop(
        &path("Label"),
        &format!("{product}/shop.Label() : function Edm.String"),
    );
    shop(
        &path("shop.SpecialProduct/shop.Label(format='x')"),
        &format!(
            "{product}/<shop.SpecialProduct>/shop.Label(format='x':Edm.String) : function Edm.String"
        ),
    );
    shop(
        &path("shop.SpecialProduct/Label()"),
        &format!("{product}/<shop.SpecialProduct>/shop.Label() : function Edm.String"),
    );
    bad(&path("Label(format='x')"), 400, &["No overload of 'Label'"]);
    shop(
        &path("Origin/Distance(to=@a)?@a={\"City\":\"x\",\"Zip\":5}"),
        &format!("{product}/Origin/shop.Distance(to=null:shop.Address) : function Edm.Double"),
    );
    bad(
        &path("Origin/Distance(to=@a)?@a={\"Zip\":\"x\"}"),
        400,
        &["'Zip' of the parameter 'to'", "Edm.Int32"],
    );
    bad(
        &path("Origin/Distance(to=1)"),
        400,
        &["'to'", "shop.Address"],
    );
    shop(
        &path("Homes/Farthest()/City"),
        &format!("{product}/Homes/shop.Farthest()/City : property Edm.String"),
    );
}

#[test]
fn parameters_as_query_options() {
    let found = "function Collection(shop.Product)";
    let all = "shop.Find(Colors='3':shop.Color,Limit=3e0:Edm.Double)";
    for url in [
        "Find?Colors='Red,Green'&Limit=3",
        "Find()?Limit=3&Colors='Red,Green'",
        "Find?Limit=3&@Colors='Red,Green'",
        "Find?@Limit=3&@Colors=shop.Color'Red,Green'",
    ] {
        shop(url, &format!("{all} : {found}"));
    }
    shop(
        &format!("Find(Names=@n)({SCRIPT})/Name?@n=[]"),
        &format!("shop.Find(Names=:Edm.String)/[\"{SCRIPT}\"]/Name : property Edm.String"),
    );
    bad("Best()(1)", 400, &["'Best'", "neither a key"]);
    bad(
        &format!("Makers(1)/Products({SCRIPT})(1)"),
        400,
        &["'Products'", "neither a key"],
    );
    bad("Find?Limit=3", 400, &["No overload"]);
    bad(
        "Find?Colors='Red'&Limit=1&More=1",
        400,
        &["'More' is no parameter", "Colors, Limit"],
    );
    bad("Find?Names=['x']&Limit=1", 400, &["No overload"]);
    bad("Find?Limit=1&Limit=2", 400, &["'Limit'", "twice"]);
    bad("Find?Limit=", 400, &["Limit"]);
    bad("Find?Limit=x&Colors='Red'", 400, &["x"]);
    // Elsewhere they are options of the service's own.
    let (_, options) = get(&SHOP, "Products?Limit=3&my=%20x").expect("it binds");
    assert_eq!(
        options.custom,
        [
            ("Limit".to_owned(), "3".to_owned()),
            ("my".to_owned(), " x".to_owned())
        ]
    );
}
