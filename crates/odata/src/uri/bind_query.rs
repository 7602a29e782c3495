//! Query options, bound in the order in which they apply (OData 4.01 URL Conventions, section
//! 5.1).

use edm::{ItemType, TypeRef};

use super::bind_scope::{Instance, Scope};
use super::bind_type::is_ordered;
use super::binder::{Binder, unsupported};
use super::syntax::{self, Options, SystemOption};
use crate::Error;
use crate::path::{PathKind, Resource};
use crate::query::{Compute, OrderBy, QueryOptions};

/// Binds the query options of a request to what its path addresses.
pub(super) fn bind_query<'a>(
    binder: &Binder<'_, 'a>,
    resource: &Resource,
    options: &'a Options<'a>,
) -> Result<QueryOptions, Error> {
    let target = match resource {
        Resource::Path(path) => path.target.map(|target| target.item),
        Resource::EntityById { cast: Some(of) } => Some(ItemType::Entity(*of)),
        _ => None,
    };
    let mut bound = binder.options(target.map(Instance::of), Scope::default(), options)?;
    bound.custom = custom(binder, resource, options)?;
    Ok(bound)
}

/// The options of the service's own, those excepted that were parameters of the function at the
/// end of the path.
fn custom(
    binder: &Binder<'_, '_>,
    resource: &Resource,
    options: &Options<'_>,
) -> Result<Vec<(String, String)>, Error> {
    let function = match resource {
        Resource::Path(path) => match path.kind {
            PathKind::Function(id) => Some(binder.model.operation(id)),
            _ => None,
        },
        _ => None,
    };
    let mut custom = Vec::new();
    for (name, value) in &options.custom {
        let is_parameter = binder.is_parameter(name);
        match function {
            Some(function) if is_parameter => {
                if !function.own_parameters().iter().any(|p| p.name == *name) {
                    return Err(binder.no_parameter(function, name));
                }
            }
            // Taken for a parameter by its name, and there is none: it has to be what it says.
            None if is_parameter && SystemOption::from_name(name).is_some() => {
                return Err(Error::bad_request(format!(
                    "The query option '{name}' is written '${name}' here."
                ))
                .with_target(&**name));
            }
            Some(function) if !binder.parameter_names(function).is_empty() => {
                return Err(binder.no_parameter(function, name));
            }
            _ => custom.push((name.to_string(), value.to_string())),
        }
    }
    Ok(custom)
}

impl<'a> Binder<'_, 'a> {
    /// Options about such instances; `None` if there are none to speak of. `outer` is the scope of
    /// the options around them.
    pub(super) fn options(
        &self,
        instance: Option<Instance>,
        outer: Scope<'_>,
        options: &'a Options<'a>,
    ) -> Result<QueryOptions, Error> {
        let mut bound = QueryOptions {
            top: options.top,
            skip: options.skip,
            count: options.count.unwrap_or(false),
            index: options.index,
            ..QueryOptions::default()
        };
        for (option, text) in &options.text {
            text_option(&mut bound, *option, text)?;
        }
        if let Some(search) = &options.search {
            bound.search = Some(self.search(search)?);
        }
        match (instance, names_something(options)) {
            (_, None) => {}
            (Some(instance), _) => self.about(instance, outer, options, &mut bound)?,
            (None, Some(option)) => {
                return Err(Error::bad_request(format!(
                    "The query option {} is not legal here: there is nothing that it could name.",
                    option.name()
                ))
                .with_target(option.name()));
            }
        }
        Ok(bound)
    }

    /// The options that name properties.
    fn about(
        &self,
        instance: Instance,
        outer: Scope<'_>,
        options: &'a Options<'a>,
        bound: &mut QueryOptions,
    ) -> Result<(), Error> {
        let (apply, mut instance) = self.apply(outer, instance, &options.apply)?;
        bound.apply = apply;
        bound.compute = self.compute(outer, &mut instance, &options.compute)?;
        let scope = outer.within(&instance);
        if let Some(filter) = &options.filter {
            bound.filter = Some(self.boolean(scope, filter)?);
        }
        bound.orderby = self.order_by(scope, &options.orderby)?;
        if let Some(items) = &options.select {
            bound.select = Some(self.select(scope, &instance, items)?);
        }
        if !options.expand.is_empty() {
            bound.expand = self.expand(scope, &instance, &options.expand)?;
        }
        Ok(())
    }

    /// `$orderby` (section 5.1.6).
    pub(super) fn order_by(
        &self,
        scope: Scope<'_>,
        items: &'a [syntax::OrderItem<'a>],
    ) -> Result<Vec<OrderBy>, Error> {
        let mut bound = Vec::with_capacity(items.len());
        for item in items {
            let expr = self.expr(scope, &item.expr, None)?;
            if let Some(ty) = expr.ty().filter(|ty| !is_ordered(ty)) {
                return Err(Error::bad_request(format!(
                    "$orderby cannot sort by '{}', which is of type {}.",
                    item.expr,
                    self.model.type_name(&ty)
                ))
                .with_target("$orderby"));
            }
            let descending = item.descending;
            let terms = self.ordered(expr).into_iter();
            bound.extend(terms.map(|expr| OrderBy { expr, descending }));
        }
        Ok(bound)
    }

    /// `$compute` (section 5.1.5): the properties are there for what follows, the next items
    /// included.
    pub(super) fn compute(
        &self,
        outer: Scope<'_>,
        instance: &mut Instance,
        items: &'a [syntax::ComputeItem<'a>],
    ) -> Result<Vec<Compute>, Error> {
        let mut bound = Vec::with_capacity(items.len());
        for item in items {
            let expr = self.expr(outer.within(instance), &item.expr, None)?;
            let ty = expr.ty().unwrap_or_else(|| TypeRef::of(ItemType::Untyped));
            if matches!(ty.item, ItemType::Entity(_)) {
                return Err(Error::bad_request(format!(
                    "'{}' is an entity: no property can hold it.",
                    item.expr
                )));
            }
            self.check_new_name(instance, &item.name)?;
            instance.dynamic.push((item.name.to_string(), ty.clone()));
            bound.push(Compute {
                expr,
                name: item.name.to_string(),
                ty,
            });
        }
        Ok(bound)
    }

    /// 400 for the name of a new property that the instances have already.
    pub(super) fn check_new_name(&self, instance: &Instance, name: &str) -> Result<(), Error> {
        let declared = instance.item.structured().is_some_and(|of| {
            let ty = self.model.structured(of);
            ty.property(name).is_some() || ty.navigation_property(name).is_some()
        });
        if declared || instance.dynamic(name).is_some() {
            return Err(Error::bad_request(format!(
                "The name '{name}' is taken: {} has such a property.",
                self.name(instance.item)
            ))
            .with_target(name));
        }
        Ok(())
    }
}

/// An option that is text.
fn text_option(bound: &mut QueryOptions, option: SystemOption, text: &str) -> Result<(), Error> {
    let place = match option {
        SystemOption::SkipToken => &mut bound.skip_token,
        SystemOption::DeltaToken => &mut bound.delta_token,
        SystemOption::Format => &mut bound.format,
        SystemOption::Id => &mut bound.id,
        SystemOption::SchemaVersion => &mut bound.schema_version,
        other => {
            let error = unsupported(&format!("The query option {}", other.name()));
            return Err(error.with_target(other.name()));
        }
    };
    match place {
        Some(given) if given != text => Err(Error::bad_request(format!(
            "The query option {} is given twice.",
            option.name()
        ))
        .with_target(option.name())),
        _ => {
            *place = Some(text.to_owned());
            Ok(())
        }
    }
}

/// The first of the options that name properties, if one is given.
fn names_something(options: &Options<'_>) -> Option<SystemOption> {
    [
        (!options.apply.is_empty(), SystemOption::Apply),
        (!options.compute.is_empty(), SystemOption::Compute),
        (options.filter.is_some(), SystemOption::Filter),
        (!options.orderby.is_empty(), SystemOption::OrderBy),
        (options.select.is_some(), SystemOption::Select),
        (!options.expand.is_empty(), SystemOption::Expand),
    ]
    .into_iter()
    .find(|(given, _)| *given)
    .map(|(_, option)| option)
}
