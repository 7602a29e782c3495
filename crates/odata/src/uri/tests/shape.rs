//! `$select` and `$expand` whole.

use super::*;
use crate::query::{ExpandForm, Levels, Search};

fn selected(url: &str) -> Vec<String> {
    let (_, options) = get(&SHOP, url).expect(url);
    let select = options.select.expect("it was given");
    let operations = select.operations.iter().map(|name| format!("!{name}"));
    let items = select
        .items
        .iter()
        .map(|item| describe_path(&SHOP, &item.path));
    items.chain(operations).collect()
}

#[test]
fn selected_paths() {
    let check = |items: &str, expected: &[&str]| {
        assert_eq!(
            selected(&format!("Products?$select={items}")),
            expected,
            "{items}"
        );
    };
    check(
        "shop.SpecialProduct/Reason",
        &["<shop.SpecialProduct>/Reason"],
    );
    check("Origin/City,Homes/City", &["Origin/City", "Homes/City"]);
    check("Origin/shop.Office/Floor", &["Origin/<shop.Office>/Floor"]);
    check("Origin/Nearest", &["Origin/Nearest"]);
    check(
        "shop.*,shop.Label,other.*",
        &["!shop.*", "!shop.Label", "!other.*"],
    );
    check("Homes($filter=Zip gt 5;$top=1)", &["Homes"]);
    check("Origin($select=City)", &["Origin"]);
    assert_eq!(selected("Bags?$select=Anything"), ["/?Anything"]);
    let bad = |items: &str, parts: &[&str]| {
        fails(&SHOP, &format!("Products?$select={items}"), 400, parts);
    };
    bad("Maker/Name", &["'Maker/Name'", "$expand"]);
    bad("Origin($top=1)", &["$top", "single value"]);
    bad("Tags($select=x)", &["'x'", "Edm.String"]);
    bad("Name/x", &["'x'", "'Name'", "Edm.String"]);
    bad("shop.SpecialProduct", &["is a type"]);
    bad("Label(x)", &["no such function"]);
    bad("@n.term", &["@n.term", "not supported"]);
    bad("Homes($select=Town)", &["shop.Address", "'Town'"]);
}

#[test]
fn expanded_paths() {
    let url = "Products?$expand=Items/$count($filter=OrderNo gt 5;$search=x),Maker/$ref,\
               Origin/Nearest($levels=max),shop.SpecialProduct/Maker($levels=2;$select=Name)";
    let (_, options) = get(&SHOP, url).expect(url);
    let shown: Vec<_> = options
        .expand
        .iter()
        .map(|item| {
            let name = &SHOP.structured(item.of).navigation[item.index].name;
            (item.prefix.len(), name.as_str(), item.form, item.levels)
        })
        .collect();
    assert_eq!(
        shown,
        [
            (0, "Items", ExpandForm::Count, None),
            (0, "Maker", ExpandForm::References, None),
            (1, "Nearest", ExpandForm::Entities, Some(Levels::Max)),
            (1, "Maker", ExpandForm::Entities, Some(Levels::Number(2))),
        ]
    );
    assert_eq!(
        options.expand[0].options.search,
        Some(Search::Term("x".to_owned()))
    );
    let (_, options) = get(
        &SHOP,
        "Makers?$expand=Products/shop.SpecialProduct($filter=Reason eq 'x')",
    )
    .expect("a cast behind the navigation property");
    assert_eq!(
        options.expand[0].cast,
        SHOP.find_structured("shop.SpecialProduct")
    );
    let (_, options) = get(&SHOP, "Products?$expand=*/$ref,Items").expect("all but one");
    let forms: Vec<_> = options.expand.iter().map(|item| item.form).collect();
    assert_eq!(forms, [ExpandForm::Entities, ExpandForm::References]);
}

#[test]
fn what_cannot_be_expanded_is_named() {
    let bad = |items: &str, parts: &[&str]| {
        fails(&SHOP, &format!("Products?$expand={items}"), 400, parts);
    };
    bad("Origin", &["'Origin'", "$select shows it"]);
    bad(
        "shop.SpecialProduct",
        &["must go on to a navigation property"],
    );
    bad("Maker/$count", &["nothing to count"]);
    bad("Maker/Home", &["'Home'", "nested options"]);
    bad("Maker/Products", &["'Products'", "nested options"]);
    bad("Maker,Maker/$ref", &["twice"]);
    bad("Maker($levels=0)", &["a positive integer or max"]);
    bad("Items/$count($orderby=Line)", &["position"]);
    bad("Items/$ref($select=Line)", &["position"]);
    bad("Maker($filter=No eq 1)", &["$filter", "one entity"]);
    bad("Photo", &["'Photo'"]);
    fails(
        &SHOP,
        "Products(@k)/Tags?$expand=x&@k=00000000-0000-0000-0000-000000000001",
        400,
        &["$expand"],
    );
}
