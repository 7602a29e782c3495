//! `$expand`, bound (OData 4.01 URL Conventions, section 5.1.3).

use edm::{ItemType, StructuredId, TypeRef};

use super::bind_scope::{Instance, Scope};
use super::binder::{Binder, unsupported};
use super::limits::Limits;
use super::suggest::did_you_mean;
use super::syntax::{self, Options, PathItem, Text};
use crate::Error;
use crate::expr::{Path, Step};
use crate::query::{ExpandForm, ExpandItem, Levels, QueryOptions};

/// Where an item of `$expand` leads.
struct Route {
    prefix: Vec<Step>,
    of: StructuredId,
    index: usize,
    /// What it leads to, a cast applied.
    ty: TypeRef,
    cast: Option<StructuredId>,
    form: ExpandForm,
}

impl<'a> Binder<'_, 'a> {
    /// The items of `$expand`; `*` is all navigation properties that are not named beside it.
    ///
    /// # Errors
    /// 400 for what is no navigation property, and for one that is named twice.
    pub(super) fn expand(
        &self,
        scope: Scope<'_>,
        instance: &Instance,
        items: &'a [PathItem<'a>],
    ) -> Result<Vec<ExpandItem>, Error> {
        let of = instance.item.structured().ok_or_else(|| {
            Error::bad_request(format!(
                "$expand is not legal here: {} has no navigation properties.",
                self.name(instance.item)
            ))
            .with_target("$expand")
        })?;
        let mut expanded: Vec<ExpandItem> = Vec::with_capacity(items.len());
        let mut star = None;
        for item in items {
            let form = match item.path.as_slice() {
                [only] if only == "*" => Some(ExpandForm::Entities),
                [only, reference] if only == "*" && reference == "$ref" => {
                    Some(ExpandForm::References)
                }
                _ => None,
            };
            if let Some(form) = form {
                if star.replace((form, item.options.as_deref())).is_some() {
                    return Err(twice("*"));
                }
                continue;
            }
            let route = self.route(scope, instance, &item.path)?;
            let bound = self.expand_item(scope, route, item.options.as_deref())?;
            if expanded.iter().any(|known| same_place(known, &bound)) {
                return Err(twice(&item.path.join("/")));
            }
            expanded.push(bound);
        }
        if let Some((form, options)) = star {
            self.expand_all(scope, instance, of, (form, options), &mut expanded)?;
        }
        Ok(expanded)
    }

    /// `*`: the navigation properties that no other item names.
    fn expand_all(
        &self,
        scope: Scope<'_>,
        instance: &Instance,
        of: StructuredId,
        (form, options): (ExpandForm, Option<&'a Options<'a>>),
        expanded: &mut Vec<ExpandItem>,
    ) -> Result<(), Error> {
        for (index, property) in self.model.structured(of).navigation.iter().enumerate() {
            let named = |e: &ExpandItem| e.prefix.is_empty() && e.index == index;
            let shown = instance.shows(&[Step::Navigation { of, index }]);
            if !shown || expanded.iter().any(named) {
                continue;
            }
            let route = Route {
                prefix: Vec::new(),
                of,
                index,
                ty: TypeRef {
                    collection: property.collection,
                    ..TypeRef::of(ItemType::Entity(property.target))
                },
                cast: None,
                form,
            };
            expanded.push(self.expand_item(scope, route, options)?);
        }
        Ok(())
    }

    /// Follows the path of an item: casts and complex properties, the navigation property, a cast,
    /// and `$ref` or `$count`.
    fn route(
        &self,
        scope: Scope<'_>,
        instance: &Instance,
        names: &[Text<'a>],
    ) -> Result<Route, Error> {
        let mut path = Path::instance(TypeRef::of(instance.item));
        let within = Scope {
            through_collections: true,
            ..scope
        };
        let mut place = None;
        let mut form = ExpandForm::Entities;
        for (i, name) in names.iter().enumerate() {
            let last = i + 1 == names.len();
            match &**name {
                "$ref" if place.is_some() && last => form = ExpandForm::References,
                "$count" if place.is_some() && last => form = ExpandForm::Count,
                name if name.contains(['*', '$']) => {
                    let what = format!("'{}' in $expand", names.join("/"));
                    return Err(unsupported(&what).with_target(name));
                }
                name => self.route_step(within, &mut path, name, &mut place)?,
            }
        }
        let (at, of, index) = place.ok_or_else(|| self.no_expansion(&path, &names.join("/")))?;
        if form == ExpandForm::Count && !path.ty.collection {
            return Err(Error::bad_request(format!(
                "'{}' in $expand leads to one entity: there is nothing to count.",
                names.join("/")
            )));
        }
        self.check_shown(scope, &path)?;
        let cast = path.steps.get(at + 1).and_then(|step| match step {
            Step::Cast(id) => Some(*id),
            _ => None,
        });
        path.steps.truncate(at);
        Ok(Route {
            prefix: path.steps,
            of,
            index,
            ty: path.ty,
            cast,
            form,
        })
    }

    /// One name of an item's path; `place` is where the navigation property stands.
    fn route_step(
        &self,
        scope: Scope<'_>,
        path: &mut Path,
        name: &str,
        place: &mut Option<(usize, StructuredId, usize)>,
    ) -> Result<(), Error> {
        let of = path.ty.item.structured();
        self.name_step(scope, path, name)
            .map_err(|error| match of {
                Some(of) if place.is_none() && !name.contains(['.', '@']) => {
                    self.no_navigation(of, name)
                }
                _ => error,
            })?;
        match (path.steps.last(), place.is_some()) {
            (Some(Step::Cast(_)), _) => Ok(()),
            (Some(Step::Navigation { of, index }), false) => {
                // What leads to it may be many; whether it does itself, its own type says.
                let property = self.model.structured(*of).navigation.get(*index);
                path.ty.collection = property.is_some_and(|p| p.collection);
                *place = Some((path.steps.len() - 1, *of, *index));
                Ok(())
            }
            (_, true) => Err(Error::bad_request(format!(
                "'{name}' cannot stand behind a navigation property in $expand: nested options show parts of it."
            ))
            .with_target(name)),
            (_, false) => match path.ty.item {
                ItemType::Complex(_) => Ok(()),
                _ => Err(self.no_expansion(path, name)),
            },
        }
    }

    fn expand_item(
        &self,
        scope: Scope<'_>,
        route: Route,
        options: Option<&'a Options<'a>>,
    ) -> Result<ExpandItem, Error> {
        self.count_expand_item()?;
        let levels = options.and_then(|options| options.levels);
        let bound = match options {
            None => QueryOptions::default(),
            Some(options) => {
                let target = Instance::of(route.ty.item);
                self.with_aliases(&options.aliases, || {
                    self.options(Some(target), scope, options)
                })?
            }
        };
        let item = ExpandItem {
            prefix: route.prefix,
            of: route.of,
            index: route.index,
            collection: route.ty.collection,
            cast: route.cast,
            form: route.form,
            levels: levels.map(|levels| match levels {
                syntax::Levels::Number(number) => Levels::Number(number),
                syntax::Levels::Max => Levels::Max,
            }),
            options: bound,
        };
        let max = self.limits().expand_depth;
        if depth(&item, self.limits()) > max as u64 {
            let message = format!("The query exceeds the limit expand_depth of {max}.");
            return Err(Error::bad_request(message).with_target("$expand"));
        }
        Ok(item)
    }

    /// 400 for a path that ends before a navigation property.
    fn no_expansion(&self, path: &Path, name: &str) -> Error {
        match path.steps.last() {
            Some(Step::Property { .. }) => Error::bad_request(format!(
                "'{name}' is no navigation property: $select shows it, $expand does not take it."
            ))
            .with_target(name),
            _ => Error::bad_request(format!(
                "'{name}' in $expand must go on to a navigation property."
            ))
            .with_target(name),
        }
    }

    fn no_navigation(&self, of: StructuredId, name: &str) -> Error {
        let ty = self.model.structured(of);
        Error::bad_request(format!(
            "The type {} has no navigation property '{name}'.{}",
            ty.name,
            did_you_mean(name, ty.navigation.iter().map(|n| n.name.as_str()))
        ))
        .with_target(name)
    }
}

fn same_place(left: &ExpandItem, right: &ExpandItem) -> bool {
    (&left.prefix, left.index, left.cast) == (&right.prefix, right.index, right.cast)
}

fn twice(name: &str) -> Error {
    Error::bad_request(format!("$expand names '{name}' twice.")).with_target(name)
}

/// How deep an item nests, its levels and those of what it holds counted.
fn depth(item: &ExpandItem, limits: &Limits) -> u64 {
    let within = item.options.expand.iter().map(|item| depth(item, limits));
    let levels = limits.levels(item.levels);
    levels.saturating_add(within.max().unwrap_or(0))
}
