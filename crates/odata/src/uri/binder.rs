//! What all parts of the bind stage share: the model, the aliases, and a budget.

use std::cell::{Cell, RefCell};

use edm::{ItemType, Model};

use super::limits::Limits;
use super::syntax::{Expr, Literal, PathRoot, Text};
use super::walk::first_alias;
use crate::{Error, ErrorCode};

/// Values by name: parameter aliases, without the `@`, or parameters of a function.
pub(super) type Named<'a> = [(Text<'a>, Expr<'a>)];

/// The bind stage of one request.
pub(super) struct Binder<'m, 'a> {
    pub(super) model: &'m Model,
    limits: &'m Limits,
    aliases: &'a Named<'a>,
    /// Those of the options nested around what is bound, the innermost last.
    nested_aliases: RefCell<Vec<&'a Named<'a>>>,
    /// Query options that are parameters of the function at the end of the path.
    pub(super) parameters: &'a Named<'a>,
    nodes: Cell<usize>,
    depth: Cell<usize>,
    expand_items: Cell<usize>,
}

/// The value of an alias that the query does not give (URL Conventions 4.01, section 5.3).
static NULL: Expr<'static> = Expr::Literal(Literal::Null);

impl<'m, 'a> Binder<'m, 'a> {
    /// # Errors
    /// 400 for an alias whose value uses an alias: it could go on for ever.
    pub(super) fn new(
        model: &'m Model,
        limits: &'m Limits,
        aliases: &'a Named<'a>,
        parameters: &'a Named<'a>,
    ) -> Result<Self, Error> {
        check_aliases(aliases)?;
        check_aliases(parameters)?;
        Ok(Self {
            model,
            limits,
            aliases,
            nested_aliases: RefCell::new(Vec::new()),
            parameters,
            nodes: Cell::new(0),
            depth: Cell::new(0),
            expand_items: Cell::new(0),
        })
    }

    /// Binds with the aliases of nested options, which hide outer ones of their names.
    pub(super) fn with_aliases<T>(
        &self,
        aliases: &'a Named<'a>,
        bind: impl FnOnce() -> Result<T, Error>,
    ) -> Result<T, Error> {
        if aliases.is_empty() {
            return bind();
        }
        check_aliases(aliases)?;
        self.nested_aliases.borrow_mut().push(aliases);
        let bound = bind();
        self.nested_aliases.borrow_mut().pop();
        bound
    }

    /// Whether a query option is a parameter of the function at the end of the path.
    pub(super) fn is_parameter(&self, name: &str) -> bool {
        self.parameters.iter().any(|(known, _)| known == name)
    }

    /// Counts a bound node. An alias may be used often, so the parser's count is not enough.
    pub(super) fn count_node(&self) -> Result<(), Error> {
        count(
            &self.nodes,
            "expression_nodes",
            self.limits.expression_nodes,
        )
    }

    /// The limits of this request.
    pub(super) fn limits(&self) -> &'m Limits {
        self.limits
    }

    /// A binder for a text of the model's own, one level deeper and of the same budget.
    pub(super) fn inner<'t>(&self) -> Result<Binder<'m, 't>, Error> {
        let inner = Binder::new(self.model, self.limits, &[], &[])?;
        inner.nodes.set(self.nodes.get());
        inner.depth.set(self.depth.get());
        count(
            &inner.depth,
            "expression_depth",
            self.limits.expression_depth,
        )?;
        Ok(inner)
    }

    /// Counts what an inner binder has bound.
    pub(super) fn outer(&self, inner: &Binder<'m, '_>) {
        self.nodes.set(inner.nodes.get());
    }

    /// Binds one level deeper: an alias within a deep expression may stand for a deep one.
    pub(super) fn nested<T>(&self, bind: impl FnOnce() -> Result<T, Error>) -> Result<T, Error> {
        count(
            &self.depth,
            "expression_depth",
            self.limits.expression_depth,
        )?;
        let bound = bind();
        self.depth.set(self.depth.get().saturating_sub(1));
        bound
    }

    /// Counts an expanded navigation property: `*` within `*` grows fast.
    pub(super) fn count_expand_item(&self) -> Result<(), Error> {
        count(&self.expand_items, "expand_items", self.limits.expand_items)
    }

    /// The value of an alias; `None` if the query gives none.
    pub(super) fn alias(&self, name: &str) -> Option<&'a Expr<'a>> {
        let nested = self.nested_aliases.borrow();
        let all = nested.iter().rev().copied().chain([self.aliases]);
        let mut values = all.flatten();
        values
            .find(|(alias, _)| alias == name)
            .map(|(_, value)| value)
    }

    /// The expression itself, or what the alias that it is stands for.
    pub(super) fn resolve(&self, expr: &'a Expr<'a>) -> &'a Expr<'a> {
        if let Expr::Path(path) = expr
            && let PathRoot::Alias(name) = &path.root
            && path.members.is_empty()
        {
            return self.alias(name).unwrap_or(&NULL);
        }
        expr
    }

    pub(super) fn name(&self, item: ItemType) -> &'m str {
        self.model.item_name(item)
    }
}

fn check_aliases(aliases: &Named<'_>) -> Result<(), Error> {
    for (alias, value) in aliases {
        if let Some(other) = first_alias(value) {
            let message = format!("The value of the alias @{alias} uses an alias, @{other}.");
            return Err(Error::bad_request(message));
        }
    }
    Ok(())
}

fn count(counter: &Cell<usize>, name: &str, max: usize) -> Result<(), Error> {
    counter.set(counter.get() + 1);
    if counter.get() > max {
        return Err(Error::bad_request(format!(
            "The query exceeds the limit {name} of {max}."
        )));
    }
    Ok(())
}

/// 501: a part of the standard that is understood and not served. Never ignored.
pub(super) fn unsupported(what: &str) -> Error {
    Error::new(
        ErrorCode::NotImplemented,
        format!("{what} is not supported."),
    )
}
