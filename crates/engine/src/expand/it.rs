//! `$it` within an expansion (OData 4.01 URL Conventions, section 5.1.1.14.1): the entity that the
//! resource path identifies. What paths from it lead to is read with that entity, and stands in
//! place of them when the expansion is read.

use edm::Value;
use odata::expr::{Expr, Path, Rewrite, Root};
use odata::query::{ExpandItem, QueryOptions};
use odata::{Error, ErrorCode};

use crate::permissions::expressions;

/// The paths from `$it` in the options of expansions, each once, as expressions of the entity.
///
/// # Errors
/// 501 for a collection: only values can take a path's place.
pub(crate) fn paths(items: &[ExpandItem]) -> Result<Vec<Expr>, Error> {
    let mut found: Vec<Path> = Vec::new();
    let mut see = |path: &Path| {
        if path.root == Root::It && !found.contains(path) {
            found.push(path.clone());
        }
    };
    for item in items {
        expressions::of_options(&item.options, &mut see);
    }
    let own = |path: Path| {
        if path.ty.collection || path.ty.item.structured().is_some() {
            let message = "Within $expand, '$it' is served for single values only.";
            return Err(Error::new(ErrorCode::NotImplemented, message).with_target("$expand"));
        }
        Ok(Expr::Path(Path {
            root: Root::Instance,
            ..path
        }))
    };
    found.into_iter().map(own).collect()
}

/// What such expressions are of one entity.
#[derive(Clone, Debug, Default)]
pub(crate) struct It(Vec<(Path, Value)>);

impl It {
    /// The values of [`paths`], in their order.
    pub(crate) fn new(exprs: &[Expr], values: Vec<Value>) -> Self {
        let paths = exprs.iter().filter_map(|expr| match expr {
            Expr::Path(path) => Some(path.clone()),
            _ => None,
        });
        Self(paths.zip(values).collect())
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Options with values in place of the paths.
    ///
    /// # Errors
    /// If a path has no value.
    pub(crate) fn applied(&self, options: &QueryOptions) -> Result<QueryOptions, Error> {
        let mut applied = options.clone();
        Values(self).options(&mut applied)?;
        Ok(applied)
    }
}

struct Values<'i>(&'i It);

impl Rewrite for Values<'_> {
    fn path(&mut self, path: &mut Path) -> Result<Option<Expr>, Error> {
        if path.root != Root::It {
            self.within(path)?;
            return Ok(None);
        }
        let known = self.0.0.iter().find(|(known, _)| known.steps == path.steps);
        let (_, value) = known.ok_or_else(|| Error::internal("'$it' has no value"))?;
        Ok(Some(Expr::Literal {
            value: value.clone(),
            ty: Some(path.ty.item).filter(|_| !value.is_null()),
        }))
    }
}
