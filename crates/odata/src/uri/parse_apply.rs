//! `$apply` (OData Aggregation ABNF 4.0): transformations.

use super::parser::Parser;
use super::syntax::{
    Expr, Hierarchy, JoinKind, MemberPath, NestedItem, PathRoot, RankMethod, Related, Text,
    Transformation,
};
use super::syntax_error::SyntaxError;

impl<'a> Parser<'a, '_> {
    /// `applyExpr`: transformations separated by slashes.
    pub(super) fn apply_expr(&mut self) -> Result<Vec<Transformation<'a>>, SyntaxError> {
        self.nested(|p| {
            let mut sequence = vec![p.transformation()?];
            while p.at.eat("/") {
                sequence.push(p.transformation()?);
            }
            Ok(sequence)
        })
    }

    /// `applyTrafo`.
    pub(super) fn transformation(&mut self) -> Result<Transformation<'a>, SyntaxError> {
        self.count_node()?;
        let start = self.at.position();
        let Some(name) = self.at.qualified_name() else {
            return Err(self.at.expected("a transformation such as aggregate"));
        };
        if name.contains('.') {
            self.at.expect("(")?;
            let arguments = self.arguments(Self::common_expr)?;
            return Ok(Transformation::Function(name.into(), arguments));
        }
        if name == "identity" {
            return Ok(Transformation::Identity);
        }
        let known = RankMethod::ALL.iter().find(|(_, known)| *known == name);
        if let Some((method, _)) = known {
            return self.in_parentheses(|p| p.ranked_transformation(*method));
        }
        match name {
            "filter" => self.in_parentheses(|p| p.expression().map(Transformation::Filter)),
            "search" => self.in_parentheses(|p| p.search().map(Transformation::Search)),
            "compute" => self
                .in_parentheses(|p| p.separated(Self::compute_item).map(Transformation::Compute)),
            "orderby" => {
                self.in_parentheses(|p| p.separated(Self::order_item).map(Transformation::OrderBy))
            }
            "top" => self.in_parentheses(|p| p.unsigned().map(Transformation::Top)),
            "skip" => self.in_parentheses(|p| p.unsigned().map(Transformation::Skip)),
            "aggregate" => self.in_parentheses(|p| {
                p.separated(Self::aggregate_expr)
                    .map(Transformation::Aggregate)
            }),
            "groupby" => self.in_parentheses(Self::group_by),
            "concat" => self.in_parentheses(Self::concat_transformation),
            "nest" => self.in_parentheses(|p| p.nest(Vec::new())),
            "addnested" => self.in_parentheses(Self::add_nested),
            "join" => self.in_parentheses(|p| p.join(JoinKind::Inner)),
            "outerjoin" => self.in_parentheses(|p| p.join(JoinKind::Outer)),
            "ancestors" => self.in_parentheses(|p| p.related(true)),
            "descendants" => self.in_parentheses(|p| p.related(false)),
            "traverse" => self.in_parentheses(Self::traverse),
            _ => {
                self.at.reset(start);
                Err(self.at.expected("a transformation such as aggregate"))
            }
        }
    }

    /// `(`, a production, `)`, with optional whitespace inside.
    pub(super) fn in_parentheses<T>(
        &mut self,
        production: impl FnOnce(&mut Self) -> Result<T, SyntaxError>,
    ) -> Result<T, SyntaxError> {
        self.at.expect("(")?;
        self.at.whitespace();
        let parsed = production(self)?;
        self.at.whitespace();
        self.at.expect(")")?;
        Ok(parsed)
    }

    /// `,` with optional whitespace around it.
    fn comma(&mut self) -> Result<(), SyntaxError> {
        self.at.whitespace();
        self.at.expect(",")?;
        self.at.whitespace();
        Ok(())
    }

    /// `,` with optional whitespace around it, if it stands here.
    fn eat_comma(&mut self) -> bool {
        let start = self.at.position();
        let found = self.comma().is_ok();
        if !found {
            self.at.reset(start);
        }
        found
    }

    fn ranked_transformation(
        &mut self,
        method: RankMethod,
    ) -> Result<Transformation<'a>, SyntaxError> {
        let limit = self.expression()?;
        self.comma()?;
        let by = self.expression()?;
        Ok(Transformation::Ranked { method, limit, by })
    }

    fn concat_transformation(&mut self) -> Result<Transformation<'a>, SyntaxError> {
        let mut sequences = vec![self.apply_expr()?];
        self.comma()?;
        sequences.extend(self.separated(Self::apply_expr)?);
        Ok(Transformation::Concat(sequences))
    }

    fn nest(&mut self, path: Vec<Text<'a>>) -> Result<Transformation<'a>, SyntaxError> {
        let items = self.separated(|p| {
            let apply = p.apply_expr()?;
            let alias = p.alias_name()?;
            Ok(NestedItem { apply, alias })
        })?;
        Ok(Transformation::Nest { path, items })
    }

    fn add_nested(&mut self) -> Result<Transformation<'a>, SyntaxError> {
        let path = self.name_path()?;
        self.comma()?;
        self.nest(path)
    }

    fn join(&mut self, kind: JoinKind) -> Result<Transformation<'a>, SyntaxError> {
        let path = self.name_path()?;
        let alias = self.alias_name()?;
        let then = self.then()?;
        Ok(Transformation::Join {
            kind,
            path,
            alias,
            then,
        })
    }

    /// `, applyExpr` or nothing.
    pub(super) fn then(&mut self) -> Result<Vec<Transformation<'a>>, SyntaxError> {
        if self.eat_comma() {
            self.apply_expr()
        } else {
            Ok(Vec::new())
        }
    }

    /// Names or the name of a term, separated by slashes.
    fn name_path(&mut self) -> Result<Vec<Text<'a>>, SyntaxError> {
        let mut path = vec![self.path_name()?];
        while self.at.eat("/") {
            self.count_node()?;
            path.push(self.path_name()?);
        }
        Ok(path)
    }

    /// `recHierReference`.
    pub(super) fn hierarchy(&mut self) -> Result<Hierarchy<'a>, SyntaxError> {
        let start = self.at.position();
        let nodes = self.member_path()?;
        if nodes.root != PathRoot::Root {
            self.at.reset(start);
            return Err(self.at.expected("a path that begins with $root/"));
        }
        self.comma()?;
        let qualifier = self
            .at
            .identifier()
            .ok_or_else(|| self.at.expected("the qualifier of a hierarchy"))?;
        self.comma()?;
        let path = self.grouping_property()?;
        Ok(Hierarchy {
            nodes,
            qualifier: qualifier.into(),
            path,
        })
    }

    fn related(&mut self, ancestors: bool) -> Result<Transformation<'a>, SyntaxError> {
        let hierarchy = self.hierarchy()?;
        self.comma()?;
        let mut related = Related {
            ancestors,
            hierarchy,
            start: vec![self.apply_expr()?],
            distance: None,
            keep_start: false,
        };
        while self.eat_comma() {
            let digits = self.at.peek().is_some_and(|c| c.is_ascii_digit());
            if self.at.eat("keep start") {
                related.keep_start = true;
                break;
            } else if digits && related.distance.is_none() {
                related.distance = Some(self.unsigned()?);
            } else if related.start.len() == 1 && related.distance.is_none() {
                related.start.push(self.apply_expr()?);
            } else {
                return Err(self.at.expected("\"keep start\""));
            }
        }
        Ok(Transformation::Related(Box::new(related)))
    }

    fn traverse(&mut self) -> Result<Transformation<'a>, SyntaxError> {
        let hierarchy = Box::new(self.hierarchy()?);
        self.comma()?;
        let preorder = self.at.keyword("preorder");
        if !preorder && !self.at.keyword("postorder") {
            return Err(self.at.expected("preorder or postorder"));
        }
        let (mut start, mut orderby) = (Vec::new(), Vec::new());
        if self.eat_comma() {
            if self.begins_transformation() {
                start = self.apply_expr()?;
                if self.eat_comma() {
                    orderby = self.separated(Self::order_item)?;
                }
            } else {
                orderby = self.separated(Self::order_item)?;
            }
        }
        Ok(Transformation::Traverse {
            hierarchy,
            preorder,
            start,
            orderby,
        })
    }

    /// Whether a transformation stands here rather than an expression: functions such as `concat`
    /// have the names of transformations.
    fn begins_transformation(&self) -> bool {
        const NAMES: [&str; 9] = [
            "filter(",
            "search(",
            "orderby(",
            "top(",
            "skip(",
            "identity",
            "ancestors(",
            "descendants(",
            "traverse(",
        ];
        let starts = |name: &str| self.at.looking_at(name);
        NAMES.into_iter().any(starts)
            || RankMethod::ALL
                .iter()
                .any(|(_, name)| self.at.starts_call(name))
    }

    /// A path of `groupby`, of `from` and of hierarchies: names separated by slashes.
    pub(super) fn grouping_property(&mut self) -> Result<MemberPath<'a>, SyntaxError> {
        let start = self.at.position();
        let path = self.member_path()?;
        let plain = path.root == PathRoot::Implicit
            && path.members.iter().all(super::syntax::Member::is_name);
        if !plain {
            self.at.reset(start);
            return Err(self.at.expected("the path of a property"));
        }
        Ok(path)
    }

    /// `as name`, with the whitespace before it.
    pub(super) fn alias_name(&mut self) -> Result<Text<'a>, SyntaxError> {
        if !self.at.whitespace() || !self.at.keyword("as") || !self.at.whitespace() {
            return Err(self.at.expected("\"as\" and a name"));
        }
        let name = self
            .at
            .identifier()
            .ok_or_else(|| self.at.expected("a name"))?;
        Ok(name.into())
    }

    /// `computeItem`, `computeExpr`.
    pub(super) fn compute_item(&mut self) -> Result<super::syntax::ComputeItem<'a>, SyntaxError> {
        let expr: Expr<'a> = self.expression()?;
        let name = self.alias_name()?;
        Ok(super::syntax::ComputeItem { expr, name })
    }
}
