//! Writes transformations as OData text, decoded: parsing it gives the same tree.

use std::fmt::{self, Display, Formatter};

use super::print::{enclosed, joined};
use super::print_query::sequence;
use super::syntax::{
    AggregateFrom, AggregateItem, GroupElement, Hierarchy, JoinKind, NestedItem, Related,
    Transformation,
};

impl Display for Transformation<'_> {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        match self {
            Self::Identity => f.write_str("identity"),
            Self::Filter(predicate) => write!(f, "filter({predicate})"),
            Self::Search(search) => write!(f, "search({search})"),
            Self::Compute(items) => call(f, "compute", items),
            Self::OrderBy(items) => call(f, "orderby", items),
            Self::Top(count) => write!(f, "top({count})"),
            Self::Skip(count) => write!(f, "skip({count})"),
            Self::Ranked { method, limit, by } => {
                write!(f, "{}({limit},{by})", method.as_str())
            }
            Self::Aggregate(items) => call(f, "aggregate", items),
            Self::GroupBy { by, then } => {
                call(f, "groupby(", by)?;
                continued(f, then)
            }
            Self::Concat(sequences) => {
                f.write_str("concat")?;
                enclosed(f, '(', sequences, ')', |f, items| sequence(f, items))
            }
            Self::Nest { path, items } if path.is_empty() => call(f, "nest", items),
            Self::Nest { path, items } => {
                f.write_str("addnested(")?;
                joined(f, path, "/", |f, name| f.write_str(name))?;
                f.write_str(",")?;
                joined(f, items, ",", |f, item| item.fmt(f))?;
                f.write_str(")")
            }
            Self::Join {
                kind,
                path,
                alias,
                then,
            } => {
                f.write_str(match kind {
                    JoinKind::Inner => "join(",
                    JoinKind::Outer => "outerjoin(",
                })?;
                joined(f, path, "/", |f, name| f.write_str(name))?;
                write!(f, " as {alias}")?;
                continued(f, then)
            }
            Self::Related(related) => related.fmt(f),
            Self::Traverse {
                hierarchy,
                preorder,
                start,
                orderby,
            } => {
                let order = if *preorder { "preorder" } else { "postorder" };
                write!(f, "traverse({hierarchy},{order}")?;
                if !start.is_empty() {
                    f.write_str(",")?;
                    sequence(f, start)?;
                }
                if !orderby.is_empty() {
                    f.write_str(",")?;
                    joined(f, orderby, ",", |f, item| item.fmt(f))?;
                }
                f.write_str(")")
            }
            Self::Function(name, arguments) => write!(f, "{name}{arguments}"),
        }
    }
}

/// `name(a,b)`; a name that ends in a parenthesis is one itself.
fn call<T: Display>(f: &mut Formatter<'_>, name: &str, items: &[T]) -> fmt::Result {
    f.write_str(name)?;
    enclosed(f, '(', items, ')', |f, item| item.fmt(f))
}

/// `,then)`, or `)` if there is nothing.
fn continued(f: &mut Formatter<'_>, then: &[Transformation<'_>]) -> fmt::Result {
    if !then.is_empty() {
        f.write_str(",")?;
        sequence(f, then)?;
    }
    f.write_str(")")
}

impl Display for AggregateItem<'_> {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        self.expr.fmt(f)?;
        if let Some(method) = &self.method {
            write!(f, " with {method}")?;
        }
        for from in &self.from {
            write!(f, " from {from}")?;
        }
        match &self.alias {
            Some(alias) => write!(f, " as {alias}"),
            None => Ok(()),
        }
    }
}

impl Display for AggregateFrom<'_> {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        joined(f, &self.by, ",", |f, path| path.fmt(f))?;
        match &self.method {
            Some(method) => write!(f, " with {method}"),
            None => Ok(()),
        }
    }
}

impl Display for GroupElement<'_> {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        match self {
            Self::Path(path) => path.fmt(f),
            Self::Rollup(paths) => call(f, "rollup", paths),
            Self::RollupRecursive(hierarchy, then) => {
                write!(f, "rolluprecursive({hierarchy}")?;
                continued(f, then)
            }
        }
    }
}

impl Display for Hierarchy<'_> {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        write!(f, "{},{},{}", self.nodes, self.qualifier, self.path)
    }
}

impl Display for Related<'_> {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        let name = if self.ancestors {
            "ancestors"
        } else {
            "descendants"
        };
        write!(f, "{name}({}", self.hierarchy)?;
        for start in &self.start {
            f.write_str(",")?;
            sequence(f, start)?;
        }
        if let Some(distance) = self.distance {
            write!(f, ",{distance}")?;
        }
        f.write_str(if self.keep_start { ",keep start)" } else { ")" })
    }
}

impl Display for NestedItem<'_> {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        sequence(f, &self.apply)?;
        write!(f, " as {}", self.alias)
    }
}
