//! `aggregate` and `groupby` (OData Aggregation ABNF 4.0).

use super::parser::Parser;
use super::syntax::{
    AggregateFrom, AggregateItem, Expr, GroupElement, Member, MemberPath, PathRoot, Text,
    Transformation,
};
use super::syntax_error::SyntaxError;

impl<'a> Parser<'a, '_> {
    /// `aggregateExpr`: only a custom aggregate may lack method and alias.
    pub(super) fn aggregate_expr(&mut self) -> Result<AggregateItem<'a>, SyntaxError> {
        let mut item = self.aggregate_function_expr()?;
        let end = self.at.position();
        match self.alias_name() {
            Ok(alias) => item.alias = Some(alias),
            Err(error) if item.method.is_some() || ends_in_count(&item.expr) => return Err(error),
            Err(_) => self.at.reset(end),
        }
        Ok(item)
    }

    /// `aggregateFunctionExpr`: what an item of `aggregate` has before its alias.
    pub(super) fn aggregate_function_expr(&mut self) -> Result<AggregateItem<'a>, SyntaxError> {
        let expr = if self.at.keyword("$count") {
            Expr::Path(MemberPath {
                root: PathRoot::Implicit,
                members: vec![Member::Count(None)],
            })
        } else {
            self.expression()?
        };
        let method = self.method()?;
        if method.is_none() && !matches!(expr, Expr::Path(_)) {
            return Err(self.at.expected("\"with\" and an aggregation method"));
        }
        let from = self.aggregate_from(method.is_some())?;
        Ok(AggregateItem {
            expr,
            method,
            from,
            alias: None,
        })
    }

    /// `aggregateFrom`, as often as it stands here; only a custom aggregate may lack its method.
    pub(super) fn aggregate_from(
        &mut self,
        needs_method: bool,
    ) -> Result<Vec<AggregateFrom<'a>>, SyntaxError> {
        let mut from = Vec::new();
        while self.word_after_whitespace("from") {
            self.count_node()?;
            let by = self.separated(Self::grouping_property)?;
            let method = self.method()?;
            if method.is_none() && needs_method {
                return Err(self.at.expected("\"with\" and an aggregation method"));
            }
            from.push(AggregateFrom { by, method });
        }
        Ok(from)
    }

    /// `with method`, if it stands here.
    pub(super) fn method(&mut self) -> Result<Option<Text<'a>>, SyntaxError> {
        if !self.word_after_whitespace("with") {
            return Ok(None);
        }
        self.method_name().map(Some)
    }

    /// `aggregateMethod`.
    pub(super) fn method_name(&mut self) -> Result<Text<'a>, SyntaxError> {
        let start = self.at.position();
        let name = self.at.qualified_name().unwrap_or("");
        let standard = ["sum", "min", "max", "average", "countdistinct"];
        if !name.contains('.') && !standard.contains(&name) {
            self.at.reset(start);
            return Err(self
                .at
                .expected("sum, min, max, average, countdistinct or a qualified name"));
        }
        Ok(name.into())
    }

    /// A word with whitespace on both sides, if it stands here.
    fn word_after_whitespace(&mut self, word: &str) -> bool {
        let start = self.at.position();
        if self.at.whitespace() && self.at.keyword(word) && self.at.whitespace() {
            return true;
        }
        self.at.reset(start);
        false
    }

    /// `groupbyTrafo`, behind the opening parenthesis.
    pub(super) fn group_by(&mut self) -> Result<Transformation<'a>, SyntaxError> {
        let by = self.in_parentheses(|p| p.separated(Self::group_element))?;
        let then = self.then()?;
        Ok(Transformation::GroupBy { by, then })
    }

    /// `groupbyElement`.
    pub(super) fn group_element(&mut self) -> Result<GroupElement<'a>, SyntaxError> {
        self.count_node()?;
        if self.at.starts_call("rollup") {
            self.at.take("rollup".len());
            return self.in_parentheses(|p| {
                p.separated(Self::grouping_property)
                    .map(GroupElement::Rollup)
            });
        }
        if self.at.starts_call("rolluprecursive") {
            self.at.take("rolluprecursive".len());
            return self.in_parentheses(|p| {
                let hierarchy = Box::new(p.hierarchy()?);
                Ok(GroupElement::RollupRecursive(hierarchy, p.then()?))
            });
        }
        self.grouping_property().map(GroupElement::Path)
    }
}

/// Whether an expression is a path that ends in `$count`.
fn ends_in_count(expr: &Expr<'_>) -> bool {
    matches!(expr, Expr::Path(path) if matches!(path.members.last(), Some(Member::Count(_))))
}
