//! Query options, bound (OData 4.01 URL Conventions, section 5).

use edm::{ItemType, NavigationProperty, Primitive, StructuredId};

use super::binder::{Binder, unsupported};
use super::suggest::did_you_mean;
use super::syntax::{self, Expr, Options, PathItem, SystemOption};
use crate::Error;
use crate::path::Resource;
use crate::query::{ExpandForm, ExpandItem, OrderBy, QueryOptions, SelectItem, Selection};

/// Binds the query options of a request to what its path addresses.
pub(super) fn bind_query<'a>(
    binder: &Binder<'_, 'a>,
    resource: &Resource,
    options: &Options<'a>,
) -> Result<QueryOptions, Error> {
    let target = match resource {
        Resource::Path(path) => path.target.and_then(|t| t.item.structured()),
        _ => None,
    };
    binder.options(target, options)
}

impl<'a> Binder<'_, 'a> {
    /// Options about instances of `target`; `None` if they have no properties to speak of.
    fn options(
        &self,
        target: Option<StructuredId>,
        options: &Options<'a>,
    ) -> Result<QueryOptions, Error> {
        let mut bound = QueryOptions {
            top: options.top,
            skip: options.skip,
            count: options.count.unwrap_or(false),
            ..QueryOptions::default()
        };
        for (option, text) in &options.text {
            match option {
                SystemOption::SkipToken => bound.skip_token = Some(text.to_string()),
                SystemOption::Format => bound.format = Some(text.to_string()),
                other => {
                    return Err(unsupported(&format!("The query option {}", other.name()))
                        .with_target(other.name()));
                }
            }
        }
        let unserved = [
            (!options.apply.is_empty(), SystemOption::Apply),
            (!options.compute.is_empty(), SystemOption::Compute),
            (options.search.is_some(), SystemOption::Search),
            (options.levels.is_some(), SystemOption::Levels),
            (options.index.is_some(), SystemOption::Index),
        ];
        if let Some((_, option)) = unserved.into_iter().find(|(given, _)| *given) {
            let error = unsupported(&format!("The query option {}", option.name()));
            return Err(error.with_target(option.name()));
        }
        let of = |option: SystemOption| {
            target.ok_or_else(|| {
                Error::bad_request(format!(
                    "The query option {} is not legal here: there are no properties that it could name.",
                    option.name()
                ))
                .with_target(option.name())
            })
        };
        if let Some(filter) = &options.filter {
            bound.filter = Some(self.boolean(of(SystemOption::Filter)?, filter)?);
        }
        for item in &options.orderby {
            bound
                .orderby
                .push(self.order_by(of(SystemOption::OrderBy)?, item)?);
        }
        if let Some(items) = &options.select {
            bound.select = Some(self.select(of(SystemOption::Select)?, items)?);
        }
        if !options.expand.is_empty() {
            bound.expand = self.expand(of(SystemOption::Expand)?, &options.expand)?;
        }
        Ok(bound)
    }

    /// `$orderby` (section 5.1.5).
    fn order_by(&self, of: StructuredId, item: &syntax::OrderItem<'a>) -> Result<OrderBy, Error> {
        let Expr::Path(path) = &item.expr else {
            return Err(unsupported(&format!(
                "$orderby by '{}', which is no path,",
                item.expr
            )));
        };
        let bound = self.property_path(of, self.plain_names(path)?)?;
        let is_ordered = match bound.ty.item {
            ItemType::Primitive(primitive) => {
                !matches!(primitive, Primitive::Stream | Primitive::Binary)
            }
            ItemType::Enum(_) => true,
            _ => false,
        };
        if bound.ty.collection || !is_ordered {
            return Err(Error::bad_request(format!(
                "$orderby cannot sort by '{path}', which is of type {}.",
                self.model.type_name(&bound.ty)
            )));
        }
        Ok(OrderBy {
            expr: crate::expr::Expr::Path(bound),
            descending: item.descending,
        })
    }

    /// `$select` (section 5.1.4). The name of a
    /// navigation property selects its link only, of which we show none.
    fn select(&self, of: StructuredId, items: &[PathItem<'a>]) -> Result<Selection, Error> {
        let ty = self.model.structured(of);
        let mut selection = Selection::default();
        for item in items {
            if item.options.is_some() {
                return Err(unsupported(&format!(
                    "'{item}', with options of its own, in $select"
                )));
            }
            match item.path.as_slice() {
                [only] if only == "*" => selection.all = true,
                [only] if ty.navigation_property(only).is_some() => {}
                names => {
                    if let Some(name) = names.iter().find(|n| n.contains(['.', '*', '@', '$'])) {
                        return Err(unsupported(&format!("'{name}' in $select")));
                    }
                    let path = self.property_path(of, names.iter().map(|name| &**name))?;
                    if path.navigation().next().is_some() {
                        return Err(unsupported(&format!(
                            "'{item}', a path through a navigation property, in $select ($expand with a nested \
                             $select does it)"
                        )));
                    }
                    let selected = SelectItem {
                        path,
                        options: QueryOptions::default(),
                    };
                    if !selection.items.contains(&selected) {
                        selection.items.push(selected);
                    }
                }
            }
        }
        Ok(selection)
    }

    /// `$expand` (section 5.1.3).
    fn expand(&self, of: StructuredId, items: &[PathItem<'a>]) -> Result<Vec<ExpandItem>, Error> {
        let ty = self.model.structured(of);
        let none = Options::default();
        let mut expanded: Vec<ExpandItem> = Vec::with_capacity(items.len());
        let mut star = false;
        for item in items {
            let name = match item.path.as_slice() {
                [only] if only == "*" && item.options.is_none() && !star => {
                    star = true;
                    continue;
                }
                [only] if !only.contains(['.', '*', '@', '$']) => &**only,
                _ => return Err(unsupported(&format!("'{item}' in $expand"))),
            };
            let index = ty
                .navigation_property(name)
                .ok_or_else(|| self.no_navigation(of, name))?;
            if expanded.iter().any(|e| e.index == index) {
                return Err(
                    Error::bad_request(format!("$expand names '{name}' twice.")).with_target(name)
                );
            }
            if let Some(property) = ty.navigation.get(index) {
                let options = item.options.as_deref().unwrap_or(&none);
                expanded.push(self.expand_item(of, index, property, options)?);
            }
        }
        if star {
            for (index, property) in ty.navigation.iter().enumerate() {
                if !expanded.iter().any(|e| e.index == index) {
                    expanded.push(self.expand_item(of, index, property, &none)?);
                }
            }
        }
        Ok(expanded)
    }

    fn expand_item(
        &self,
        of: StructuredId,
        index: usize,
        property: &NavigationProperty,
        options: &Options<'a>,
    ) -> Result<ExpandItem, Error> {
        self.count_expand_item()?;
        if !options.aliases.is_empty() {
            return Err(unsupported("A parameter alias among nested options"));
        }
        let options = self.options(Some(property.target), options)?;
        Ok(ExpandItem {
            prefix: Vec::new(),
            of,
            index,
            collection: property.collection,
            cast: None,
            form: ExpandForm::Entities,
            levels: None,
            options,
        })
    }

    fn no_navigation(&self, of: StructuredId, name: &str) -> Error {
        let ty = self.model.structured(of);
        if ty.property(name).is_some() {
            return Error::bad_request(format!(
                "'{name}' is no navigation property of {}: $select shows it, $expand does not take it.",
                ty.name
            ))
            .with_target(name);
        }
        Error::bad_request(format!(
            "The type {} has no navigation property '{name}'.{}",
            ty.name,
            did_you_mean(name, ty.navigation.iter().map(|n| n.name.as_str()))
        ))
        .with_target(name)
    }
}
