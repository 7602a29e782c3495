//! Paths in expressions: lambda operators, collections, roots, keys.

use super::expression::check;
use super::*;

fn shop(filter: &str, expected: &str) {
    check(&SHOP, "Products", filter, expected);
}

fn bad(filter: &str, parts: &[&str]) {
    fails(&SHOP, &format!("Products?$filter={filter}"), 400, parts);
}

#[test]
fn any_and_all() {
    shop("Tags/any()", "Tags/any()");
    shop("Tags/any(t:t eq 'x')", "Tags/any(($0 eq 'x':Edm.String))");
    shop(
        "Items/all(i:i/OrderNo gt 5 and Name eq i/Line)",
        "Items/all((($0/OrderNo gt 5:Edm.Int32) and (Name eq $0/Line)))",
    );
    shop(
        "Maker/Products/any(p:p/Items/any(i:i/Line eq p/Name or $it/Name eq i/Line))",
        "Maker/Products/any($0/Items/any((($1/Line eq $0/Name) or (Name eq $1/Line))))",
    );
    shop(
        "Homes/any(h:h/Zip eq 5) and Homes/any(h:h/shop.Office/Floor eq 1)",
        "(Homes/any(($0/Zip eq 5:Edm.Int32)) and Homes/any(($0/<shop.Office>/Floor eq 1:Edm.SByte)))",
    );
    shop(
        "Maker/Products/shop.SpecialProduct/any(s:s/Reason eq 'x')",
        "Maker/Products/<shop.SpecialProduct>/any(($0/Reason eq 'x':Edm.String))",
    );
    bad("Tags/any(t:Tags/any(t:t eq 'x'))", &["'t'", "hides"]);
    bad("Name/any(n:n eq 'x')", &["'any'", "Edm.String"]);
    bad("Tags/any(t:t)", &["must be Edm.Boolean"]);
    bad("Tags/any(t:u eq 'x')", &["'u'"]);
    bad("Tags/any(t:t eq 'x') and t eq 'x'", &["'t'"]);
    bad("Tags/all()", &["position"]);
    bad("Tags/any(t:t/x eq 1)", &["'x'", "Edm.String"]);
}

#[test]
fn counts_and_filters() {
    shop("Tags/$count gt 1", "(Tags/$count gt 1:Edm.Int64)");
    shop(
        "Items/$count($filter=OrderNo gt 5;$search=blue) gt 1",
        "(Items/$filter(OrderNo gt 5:Edm.Int32)/$search(Term(\"blue\"))/$count gt 1:Edm.Int64)",
    );
    shop(
        "Items/$filter(Line eq $it/Name)/any(i:i/OrderNo eq 1)",
        "Items/$filter(Line eq $it/Name)/any(($0/OrderNo eq 1:Edm.Int32))",
    );
    shop(
        "Tags/$count($filter=$this eq 'x') eq 1",
        "(Tags/$filter( eq 'x':Edm.String)/$count eq 1:Edm.Int64)",
    );
    bad("Name/$count gt 1", &["'$count'", "Edm.String"]);
    bad("Tags/$count/x gt 1", &["'x'"]);
    bad("Items/Line eq 'x'", &["'Line'", "Collection(shop.Item)"]);
    bad(
        "Items/$count($filter=Price gt 1) gt 1",
        &["shop.Item", "'Price'"],
    );
}

#[test]
fn roots_keys_and_instances() {
    shop("$it/Name eq 'x'", "(Name eq 'x':Edm.String)");
    shop("$this/Name eq 'x'", "(Name eq 'x':Edm.String)");
    shop(
        "Name eq $root/Makers(7)/Name",
        "(Name eq $root/Makers/[\"7\"]/Name)",
    );
    shop(
        "Name eq $root/Makers/7/Home/City",
        "(Name eq $root/Makers/[\"7\"]/Home/City)",
    );
    shop(
        "$root/Makers/any(m:m/Name eq Name)",
        "$root/Makers/any(($0/Name eq Name))",
    );
    shop(
        "Items(OrderNo=1,Line='a')/Line eq 'x'",
        "(Items/[\"1\", \"'a'\"]/Line eq 'x':Edm.String)",
    );
    shop("Maker eq null", "(Maker eq null)");
    shop(
        "Maker ne $root/Makers(7)",
        "(Maker ne $root/Makers/[\"7\"])",
    );
    shop(
        "Origin eq {\"City\":\"x\",\"Zip\":5}",
        "(Origin eq null:shop.Address)",
    );
    shop("@p/Name eq 'x'&@p=Maker", "(Maker/Name eq 'x':Edm.String)");
    shop(
        "Stock eq @a add 1&@a=Rank",
        "(Stock eq (Rank add 1:Edm.Int32):Edm.Int32)",
    );
    bad("$root/Nothing(1)/Name eq 'x'", &["'Nothing'"]);
    bad("$root/Makers('x')/Name eq 'x'", &["Edm.Int32"]);
    bad("$root eq null", &["position"]);
    bad("@p/Name eq 'x'&@p=1", &["no path"]);
    bad("@p/Name eq 'x'", &["alias"]);
    bad("Origin eq {\"Town\":\"x\"}", &["'Town'", "shop.Address"]);
    bad("Origin eq {\"Zip\":\"x\"}", &["'Zip'", "Edm.Int32"]);
    bad("Origin eq {\"Zip\":1,\"Zip\":2}", &["'Zip'", "twice"]);
    bad("Name eq {}", &["complex"]);
    bad("Items(1)/Line eq 'x'", &["OrderNo, Line"]);
    bad("Maker(1)/Name eq 'x'", &["'Maker'", "key"]);
}

#[test]
fn open_types_and_computed_properties() {
    check(
        &SHOP,
        "Bags",
        "Anything gt 5",
        "(/?Anything/Edm.Double gt 5e0:Edm.Double)",
    );
    check(&SHOP, "Bags", "A/B eq 'x'", "(/?A/?B eq 'x':Edm.String)");
    check(
        &SHOP,
        "Bags",
        "contains(A,'x')",
        "contains(/?A/Edm.String,'x':Edm.String):Edm.Boolean",
    );
    check(
        &SHOP,
        "Products",
        "Gross gt 5&$compute=Price mul 2 as Gross,Gross add 1 as More",
        "(?Gross gt 5e0:Edm.Double)",
    );
    let (_, options) = get(
        &SHOP,
        "Products?$compute=length(Name) as Size1&$orderby=Size1&$select=Size1,Name",
    )
    .expect("it binds");
    assert_eq!(describe_expr(&SHOP, &options.orderby[0].expr), "?Size1");
    assert_eq!(
        options.select.expect("it was given").items.len(),
        2,
        "computed properties can be selected"
    );
    fails(
        &SHOP,
        "Products?$compute=Price as Name",
        400,
        &["'Name'", "taken"],
    );
    fails(
        &SHOP,
        "Products?$compute=1 as a,2 as a",
        400,
        &["'a'", "taken"],
    );
    fails(
        &SHOP,
        "Products?$compute=More as a,1 as More",
        400,
        &["'More'"],
    );
    fails(
        &SHOP,
        "Products?$compute=Maker as m",
        400,
        &["'Maker'", "entity"],
    );
}

#[test]
fn nested_options_have_their_own_scope() {
    let url = "Makers?$expand=Products($filter=Name eq $it/Name and Cheap;$compute=Price lt @max \
               as Cheap;@max=5;$orderby=Cheap)";
    let (_, options) = get(&SHOP, url).expect(url);
    let nested = &options.expand[0].options;
    assert_eq!(
        nested
            .filter
            .as_ref()
            .map(|f| describe_expr(&SHOP, f))
            .as_deref(),
        Some("((Name eq $it/Name) and ?Cheap)")
    );
    let url = "Products?$select=Tags($filter=$this eq $it/Name;$orderby=length($this) desc;$top=1),\
               Homes($filter=Zip gt 5;$select=City)";
    let (_, options) = get(&SHOP, url).expect(url);
    let select = options.select.expect("it was given");
    let filters: Vec<_> = select
        .items
        .iter()
        .filter_map(|item| item.options.filter.as_ref())
        .map(|filter| describe_expr(&SHOP, filter))
        .collect();
    assert_eq!(filters, ["( eq $it/Name)", "(Zip gt 5:Edm.Int32)"]);
}
