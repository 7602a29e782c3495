//! Paths and calls within expressions (OData ABNF 4.01, section 4: `firstMemberExpr` and what it
//! leads to).

use super::lexical::{is_path_character, is_unreserved};
use super::names::{self, Named, Names, Reached, Within};
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
        let reached = match root {
            PathRoot::Implicit => {
                let (member, reached) = self.first_member()?;
                members.push(member);
                reached
            }
            PathRoot::Root => {
                self.at.expect("/")?;
                self.count_node()?;
                let (member, reached) = self.named_member(Reached::Single(false), names::first)?;
                members.push(member);
                reached
            }
            PathRoot::These => Reached::PrimitiveCollection,
            PathRoot::It | PathRoot::This | PathRoot::Alias(_) => Reached::Single(false),
        };
        self.members(&mut members, reached)?;
        Ok(MemberPath { root, members })
    }

    /// How a path goes on behind what it has come to.
    fn members(
        &mut self,
        members: &mut Vec<Member<'a>>,
        mut reached: Reached,
    ) -> Result<(), SyntaxError> {
        loop {
            if self.at.looking_at("(") && matches!(members.last(), Some(Member::Call(..))) {
                self.at.eat("(");
                let key = self.arguments(Self::common_expr)?;
                members.push(Member::KeyPredicate(key));
                continue;
            }
            if !self.at.eat("/") {
                return Ok(());
            }
            self.count_node()?;
            let (member, next) = self.member(reached)?;
            members.push(member);
            reached = next;
        }
    }

    /// The rest of a path behind what it has come to (`collectionNavigationExpr` and its like).
    pub(super) fn path_behind(&mut self, reached: Reached) -> Result<(), SyntaxError> {
        let mut members = Vec::new();
        self.members(&mut members, reached)?;
        if members.is_empty() {
            return Err(self.at.expected("\"/\""));
        }
        Ok(())
    }

    /// `anyExpr` or `allExpr` alone.
    pub(super) fn lambda_alone(&mut self, all: bool) -> Result<(), SyntaxError> {
        let (word, quantifier) = match all {
            true => ("all", Quantifier::All),
            false => ("any", Quantifier::Any),
        };
        if !self.at.eat_in_any_case(word) {
            return Err(self.at.expected(word));
        }
        self.at.expect("(")?;
        self.lambda(quantifier).map(|_| ())
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

    /// The first name of a path: a property, a function, a type, or a variable.
    fn first_member(&mut self) -> Result<(Member<'a>, Reached), SyntaxError> {
        for word in ["any", "all"] {
            if self.at.starts_call(word) {
                self.at.take(word.len());
                return Err(self.at.expected("a path to a collection before any or all"));
            }
        }
        self.named_member(Reached::Single(false), names::first_member)
    }

    fn member(&mut self, from: Reached) -> Result<(Member<'a>, Reached), SyntaxError> {
        // Names that are known tell a key from all else; without them it is what nothing else is.
        if self.names.is_some()
            && let Some(key) = self.key_as_segment(from)
        {
            return Ok((Member::Key(key.into()), Reached::Keyed));
        }
        if self.at.keyword("$count") {
            self.require(names::is_collection(from))?;
            let options = self.options_in_parentheses(Place::PathCount);
            return options.map(|options| (Member::Count(options), Reached::End));
        }
        if self.at.eat("$filter(") {
            self.require(names::is_collection(from))?;
            return self.filter_member().map(|member| (member, from));
        }
        for (word, quantifier) in [("any", Quantifier::Any), ("all", Quantifier::All)] {
            if self.at.starts_call(word) {
                self.at.take(word.len() + 1);
                self.require(names::is_collection(from))?;
                return self.lambda(quantifier).map(|member| (member, Reached::End));
            }
        }
        if self.at.looking_at("aggregate(") {
            self.at.take("aggregate".len());
            return self.aggregate_member().map(|member| (member, Reached::End));
        }
        if self.names.is_none()
            && let Some(key) = self.key_as_segment(from)
        {
            return Ok((Member::Key(key.into()), Reached::Keyed));
        }
        self.named_member(from, |names, named, within| {
            names::next(names, from, named, within)
        })
    }

    /// `filterExpr`, behind the opening parenthesis.
    fn filter_member(&mut self) -> Result<Member<'a>, SyntaxError> {
        let predicate = self.spaced()?;
        self.at.expect(")")?;
        Ok(Member::Filter(Box::new(predicate)))
    }

    fn aggregate_member(&mut self) -> Result<Member<'a>, SyntaxError> {
        let item = self.in_parentheses(|p| p.nested(Self::aggregate_function_expr))?;
        Ok(Member::Aggregate(Box::new(item)))
    }

    /// Refuses what has been read if names are known and this does not hold.
    fn require(&self, holds: bool) -> Result<(), SyntaxError> {
        if holds || self.names.is_none() {
            Ok(())
        } else {
            Err(names::misplaced(&self.at))
        }
    }

    /// `keyPathLiteral`, where it is no name: whether a name is one, only the model knows.
    fn key_as_segment(&mut self, from: Reached) -> Option<&'a str> {
        let start = self.at.position();
        if let Some(names) = self.names {
            if !matches!(from, Reached::Collection(_) | Reached::Keyed) {
                return None;
            }
            let key = self
                .at
                .take_while(|c| !c.is_ascii() || is_path_character(c));
            if !names.has("keyPathLiteral", key) {
                self.at.reset(start);
                return None;
            }
            return Some(key);
        }
        if self.at.qualified_name().is_some() && !self.at.rest().starts_with(['-', '~']) {
            self.at.reset(start);
            return None;
        }
        self.at.reset(start);
        let key = self.at.take_while(|c| !c.is_ascii() || is_unreserved(c));
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

    /// A name, with what stands in parentheses behind it; or the name of an annotation. If names
    /// are known, `follow` says what it leads to.
    fn named_member(
        &mut self,
        from: Reached,
        follow: impl FnOnce(&dyn Names, Named<'_>, Within) -> Option<Reached>,
    ) -> Result<(Member<'a>, Reached), SyntaxError> {
        if self.at.looking_at("@") {
            let name = self.path_name()?;
            return Ok((Member::Name(name), Reached::Annotation));
        }
        let name = self
            .at
            .qualified_name()
            .ok_or_else(|| self.at.expected("an expression"))?;
        let reached = self.follow(name, from, follow)?;
        if !self.at.eat("(") {
            return Ok((Member::Name(name.into()), reached));
        }
        self.member_call(name).map(|call| (call, reached))
    }

    /// What a name that has just been read leads to, if names are known.
    fn follow(
        &self,
        name: &str,
        from: Reached,
        follow: impl FnOnce(&dyn Names, Named<'_>, Within) -> Option<Reached>,
    ) -> Result<Reached, SyntaxError> {
        let Some(names) = self.names else {
            return Ok(from);
        };
        let call = self.at.looking_at("(");
        let slash = self.at.looking_at("/");
        let named = Named { name, call, slash };
        follow(names, named, self.within).ok_or_else(|| names::misplaced(&self.at))
    }

    /// The arguments of `name`, behind the opening parenthesis.
    fn member_call(&mut self, name: &'a str) -> Result<Member<'a>, SyntaxError> {
        let takes_type = ["cast", "isof"]
            .iter()
            .any(|f| f.eq_ignore_ascii_case(name));
        let arguments = if takes_type {
            self.arguments(Self::type_or_expr)
        } else {
            self.arguments(Self::common_expr)
        };
        arguments.map(|arguments| Member::Call(name.into(), arguments))
    }

    /// An argument of `cast` and `isof`: the last is the name of a type.
    fn type_or_expr(&mut self) -> Result<Expr<'a>, SyntaxError> {
        let mut ahead = self.at.clone();
        let is_last = ahead.qualified_name().is_some() && {
            ahead.whitespace();
            ahead.looking_at(")")
        };
        let collection = self.at.looking_at("Collection(");
        if !is_last && !collection {
            return self.common_expr();
        }
        // Any name may be that of a type definition.
        let names = self.names.take();
        let parsed = self.common_expr();
        self.names = names;
        parsed
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
mod tests;
