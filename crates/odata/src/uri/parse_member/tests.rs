//! Expressions: what parses to what, and where what does not goes wrong.

use super::super::limits::Limits;
use super::*;

fn check(text: &str, expected: Result<&str, usize>) {
    let limits = Limits::default();
    let parsed = Parser::new(text, &limits)
        .all(Parser::expression)
        .map(|e| e.to_string());
    let parsed = parsed
        .as_deref()
        .map_err(|e| e.position().expect("not a limit"));
    assert_eq!(parsed, expected, "{text}");
}

fn same(text: &str) {
    check(text, Ok(text));
}

#[test]
fn operators_bind_by_rank() {
    same("a eq 1 or b eq 2 and not c");
    check(
        "(a eq 1) or ((b eq 2) and (not c))",
        Ok("a eq 1 or b eq 2 and not c"),
    );
    same("(a or b) and c");
    same("(4 add 5) mod (4 sub 1) eq 0");
    check("1 add (2 mul 3)", Ok("1 add 2 mul 3"));
    same("1 sub (2 sub 3)");
    check("(1 sub 2) sub 3", Ok("1 sub 2 sub 3"));
    same("not style has Sales.Pattern'Yellow'");
    same("-Price mul -2");
    same("-(2)");
    same("--a");
    check("not(a)", Ok("not a"));
    check(
        "Name EQ 'Milk' AND Price LT 2.55",
        Ok("Name eq 'Milk' and Price lt 2.55"),
    );
    same("Name in ('Milk','Cheese') and true");
    check(
        "Name in('Milk' , 'Cheese')",
        Ok("Name in ('Milk','Cheese')"),
    );
    check(
        "Name in [\"Milk\", \"Cheese\"]",
        Ok("Name in ('Milk','Cheese')"),
    );
    same("Name in (a and b)");
    same("eq eq eq");
}

#[test]
fn paths_calls_and_lambdas() {
    same("managedDevice/deviceName eq 'x'");
    same("Products/any(p:p/Price gt 3 and $it/a)");
    same("Products/any()");
    same("Products/all(lambda:true)");
    check("concat(a, 'b''c')", Ok("concat(a,'b''c')"));
    same("n.f(a=1,b=@p)/Street");
    same("Addresses/$filter(endswith(Street,'St'))/$count lt 10");
    same("Price/@Measures.Currency#Reporting");
    same("@Core.Messages");
    same("@p/Street");
    same("now()");
    check("now( )", Ok("now()"));
    same("geo.length(geography'SRID=0;LineString(1 2,3 4)')");
    same("[1,'a',[null]]");
    same("{\"a\":1,\"b\\\"\":[2 add 3]}");
    same("case(X gt 0 : 1,true : 0)");
    same("$root/Customers('A')/LastName");
    same("cast(eyeColor,Sales.Pattern)");
}

#[test]
fn what_is_no_expression_names_its_place() {
    check("", Err(0));
    check("any()", Err(3));
    check("Products/all()", Err(13));
    check("FirstName in (FirstName,LastName)", Err(23));
    check("EmailAddresses eq ('Miller','Smith')", Err(27));
    check("a eq", Err(4));
    check("a eq ", Err(5));
    check("a eq 1 b", Err(7));
    check("(a", Err(2));
    check("a and and b", Err(10));
    check("1 eq1", Err(2));
    check("a/", Err(2));
    check("@", Err(1));
    check("é(", Err(3));
    check("'a", Err(2));
}

#[test]
fn limits_have_names() {
    let check = |text: &str, limit: &str| {
        let limits = Limits::default();
        let error = Parser::new(text, &limits)
            .all(Parser::expression)
            .expect_err("it is too large");
        assert!(
            matches!(error, SyntaxError::Limit { name, .. } if name == limit),
            "{error}"
        );
    };
    check(&"(".repeat(101), "expression_depth");
    check(&"not ".repeat(101), "expression_depth");
    check(&"-".repeat(101), "expression_depth");
    check(&"[".repeat(101), "expression_depth");
    check(&"f(".repeat(101), "expression_depth");
    check(&format!("1{}", " add 1".repeat(101)), "expression_depth");
    check(&format!("a{}", "/a".repeat(2_001)), "expression_nodes");
    check(&format!("a{}", " or a".repeat(2_001)), "expression_nodes");
    check(&format!("a in (1{})", ",1".repeat(1_000)), "in_list_items");
}
