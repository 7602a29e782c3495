//! Paths and calls within expressions (OData ABNF 4.01, section 4: `firstMemberExpr` and what it
//! leads to).

use super::parse_item::Place;
use super::parser::Parser;
use super::syntax::{Arguments, Expr, Member, MemberPath, PathRoot, Quantifier, Text};
use super::syntax_error::SyntaxError;
use super::walk::check_height;

impl<'a> Parser<'a, '_> {
    /// A whole expression (`commonExpr`) within the limits, whitespace around it included.
    pub(super) fn expression(&mut self) -> Result<Expr<'a>, SyntaxError> {
        self.at.whitespace();
        let expr = self.common_expr()?;
        check_height(&expr, self.limits)?;
        Ok(expr)
    }

    /// `firstMemberExpr`, `functionExpr`, `methodCallExpr` and `parameterAlias`: which of them it
    /// is, the names decide.
    pub(super) fn member_path(&mut self) -> Result<MemberPath<'a>, SyntaxError> {
        let root = self.path_root()?;
        let mut members = Vec::new();
        if root == PathRoot::Implicit {
            if self.at.looking_at("any(") || self.at.looking_at("all(") {
                self.at.take(3);
                return Err(self.at.expected("a path to a collection before any or all"));
            }
            members.push(self.named_member()?);
        }
        while self.at.eat("/") {
            self.count_node()?;
            members.push(self.member()?);
        }
        Ok(MemberPath { root, members })
    }

    fn path_root(&mut self) -> Result<PathRoot<'a>, SyntaxError> {
        let start = self.at.position();
        if self.at.eat("@") {
            let name = self
                .at
                .qualified_name()
                .ok_or_else(|| self.at.expected("a name"))?;
            if !name.contains('.') {
                return Ok(PathRoot::Alias(name.into()));
            }
            self.at.reset(start);
        }
        for (word, root) in [
            ("$it", PathRoot::It),
            ("$this", PathRoot::This),
            ("$root", PathRoot::Root),
            ("$these", PathRoot::These),
        ] {
            if self.at.keyword(word) {
                return Ok(root);
            }
        }
        Ok(PathRoot::Implicit)
    }

    fn member(&mut self) -> Result<Member<'a>, SyntaxError> {
        if self.at.keyword("$count") {
            let options = self.options_in_parentheses(Place::PathCount)?;
            return Ok(Member::Count(options));
        }
        if self.at.eat("$filter(") {
            let predicate = self.spaced()?;
            self.at.expect(")")?;
            return Ok(Member::Filter(Box::new(predicate)));
        }
        for (word, quantifier) in [("any(", Quantifier::Any), ("all(", Quantifier::All)] {
            if self.at.eat(word) {
                return self.lambda(quantifier);
            }
        }
        if self.at.looking_at("aggregate(") {
            self.at.take("aggregate".len());
            let item = self.in_parentheses(|p| p.nested(Self::aggregate_function_expr))?;
            return Ok(Member::Aggregate(Box::new(item)));
        }
        if let Some(key) = self.key_as_segment() {
            return Ok(Member::Key(key.into()));
        }
        self.named_member()
    }

    /// `keyPathLiteral`, where it is no name: whether a name is one, only the model knows.
    fn key_as_segment(&mut self) -> Option<&'a str> {
        let unreserved = |c: char| c.is_alphanumeric() || matches!(c, '-' | '.' | '_' | '~');
        let start = self.at.position();
        if self.at.qualified_name().is_some() && !self.at.rest().starts_with(['-', '~']) {
            self.at.reset(start);
            return None;
        }
        self.at.reset(start);
        let key = self.at.take_while(unreserved);
        (!key.is_empty()).then_some(key)
    }

    /// `anyExpr`, `allExpr`, behind the opening parenthesis.
    fn lambda(&mut self, quantifier: Quantifier) -> Result<Member<'a>, SyntaxError> {
        self.at.whitespace();
        if quantifier == Quantifier::Any && self.at.eat(")") {
            return Ok(Member::Any);
        }
        let variable = self
            .at
            .identifier()
            .ok_or_else(|| self.at.expected("a lambda variable"))?;
        self.at.whitespace();
        self.at.expect(":")?;
        let predicate = self.spaced()?;
        self.at.expect(")")?;
        Ok(Member::Lambda(
            quantifier,
            variable.into(),
            Box::new(predicate),
        ))
    }

    /// A name, with what stands in parentheses behind it; or the name of an annotation.
    fn named_member(&mut self) -> Result<Member<'a>, SyntaxError> {
        let (start, rest) = (self.at.position(), self.at.rest());
        if self.at.eat("@") {
            self.at
                .qualified_name()
                .ok_or_else(|| self.at.expected("the name of a term"))?;
            if self.at.eat("#") {
                self.at
                    .identifier()
                    .ok_or_else(|| self.at.expected("a qualifier"))?;
            }
            let name = rest.get(..self.at.position() - start).unwrap_or("");
            return Ok(Member::Name(name.into()));
        }
        let name = self
            .at
            .qualified_name()
            .ok_or_else(|| self.at.expected("an expression"))?;
        if self.at.eat("(") {
            return Ok(Member::Call(
                name.into(),
                self.arguments(Self::common_expr)?,
            ));
        }
        Ok(Member::Name(name.into()))
    }

    fn spaced(&mut self) -> Result<Expr<'a>, SyntaxError> {
        self.at.whitespace();
        let expr = self.common_expr()?;
        self.at.whitespace();
        Ok(expr)
    }

    /// What stands between parentheses, by name if the first is; the opening one has been read.
    pub(super) fn arguments(
        &mut self,
        mut value: impl FnMut(&mut Self) -> Result<Expr<'a>, SyntaxError>,
    ) -> Result<Arguments<'a>, SyntaxError> {
        self.at.whitespace();
        if self.at.clone().identifier().is_some() && self.is_named_argument() {
            let named = self.enclosed(")", |p| p.named_argument(&mut value))?;
            return Ok(Arguments::Named(named));
        }
        self.enclosed(")", value).map(Arguments::Positional)
    }

    fn is_named_argument(&self) -> bool {
        let mut ahead = self.at.clone();
        let named = ahead.identifier().is_some();
        ahead.whitespace();
        named && ahead.eat("=")
    }

    /// `name=value`.
    pub(super) fn named_argument(
        &mut self,
        value: &mut impl FnMut(&mut Self) -> Result<Expr<'a>, SyntaxError>,
    ) -> Result<(Text<'a>, Expr<'a>), SyntaxError> {
        let name = self
            .at
            .identifier()
            .ok_or_else(|| self.at.expected("a name"))?;
        self.at.whitespace();
        self.at.expect("=")?;
        self.at.whitespace();
        Ok((name.into(), value(self)?))
    }
}

#[cfg(test)]
mod tests {
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
}
