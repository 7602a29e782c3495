//! Operations in paths.

use super::path::{SCRIPT, check};
use super::*;

#[test]
fn operations_qualified_or_not_with_parentheses_or_not() {
    let scripts = "deviceManagement/deviceHealthScripts";
    for call in [
        "getRemediationSummary",
        "getRemediationSummary()",
        "microsoft.graph.getRemediationSummary()",
    ] {
        check(
            &GRAPH,
            &format!("{scripts}/{call}"),
            &format!(
                "{scripts}/microsoft.graph.getRemediationSummary() : \
                 function microsoft.graph.deviceHealthScriptRemediationSummary"
            ),
        );
    }
    for call in ["assign", "assign()", "microsoft.graph.assign"] {
        check(
            &GRAPH,
            &format!("{scripts}/x/{call}"),
            &format!("{scripts}/[\"'x'\"]/microsoft.graph.assign() : action -"),
        );
    }
    check(
        &GRAPH,
        &format!("{scripts}/enableGlobalScripts"),
        &format!("{scripts}/microsoft.graph.enableGlobalScripts() : action -"),
    );
    check(
        &SHOP,
        "Products/other.audit",
        "Products/other.audit() : function Edm.Int32",
    );
    fails(&SHOP, "Products/audit", 404, &["audit", "Edm.Guid"]);
}

#[test]
fn functions_take_parameters() {
    check(&SHOP, "Best()", "shop.Best() : function shop.Product");
    check(&SHOP, "Reset", "shop.Reset() : action -");
    let found = "function Collection(shop.Product)";
    check(
        &SHOP,
        "Find(Colors='Red,Green',Limit=3)",
        &format!("shop.Find(Colors='3':shop.Color,Limit=3e0:Edm.Double) : {found}"),
    );
    check(
        &SHOP,
        "Find(Limit=@l,Colors=shop.Color'2')?@l=null",
        &format!("shop.Find(Colors='2':shop.Color,Limit=null:Edm.Double) : {found}"),
    );
    check(
        &SHOP,
        "Find(Names=@n)?@n=[\"a\",'b']",
        &format!("shop.Find(Names='a'|'b':Edm.String) : {found}"),
    );
    check(
        &SHOP,
        "Find?@Names=[]",
        &format!("shop.Find(Names=:Edm.String) : {found}"),
    );
    check(
        &SHOP,
        "Find(Names=@n)/$count?@n=[]",
        "shop.Find(Names=:Edm.String)/$count : count Collection(shop.Product)",
    );
    check(
        &SHOP,
        &format!("Products/{SCRIPT}/Similar()/{SCRIPT}/Name"),
        &format!(
            "Products/[\"{SCRIPT}\"]/shop.Similar()/[\"{SCRIPT}\"]/Name : property Edm.String"
        ),
    );
}

#[test]
fn operations_called_wrongly() {
    fails(
        &SHOP,
        "Find(Color='Red')",
        400,
        &["Find(Colors: shop.Color, Limit: Edm.Double) or Find(Names"],
    );
    fails(&SHOP, "Find", 400, &["No overload"]);
    fails(&SHOP, "Find('Red')", 400, &["No overload"]);
    fails(
        &SHOP,
        "Find(Colors='Blue',Limit=1)",
        400,
        &["'Blue'", "Red, Green"],
    );
    fails(&SHOP, "Find(Colors=null,Limit=1)", 400, &["Colors", "null"]);
    fails(
        &SHOP,
        "Find(Colors='Red',Limit='1')",
        400,
        &["Limit", "Edm.Double", "Edm.String"],
    );
    fails(
        &SHOP,
        "Find(Names='x')",
        400,
        &["Names", "Collection(Edm.String)"],
    );
    fails(&SHOP, "Best()/Name", 404, &["not composable"]);
    fails(&SHOP, "Reset(x=1)", 400, &["request body"]);
    fails(&SHOP, "Reset/x", 404, &["action"]);
}
