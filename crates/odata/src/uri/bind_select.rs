//! `$select`, bound (OData 4.01 URL Conventions, section 5.1.4).

use edm::TypeRef;

use super::bind_scope::{Instance, Scope};
use super::binder::Binder;
use super::syntax::{PathItem, Text};
use crate::Error;
use crate::expr::{Path, Step};
use crate::query::{QueryOptions, SelectItem, Selection};

impl<'a> Binder<'_, 'a> {
    /// The items of `$select`.
    ///
    /// # Errors
    /// 400 for names that the type does not have, and for paths that end where nothing can be
    /// selected.
    pub(super) fn select(
        &self,
        scope: Scope<'_>,
        instance: &Instance,
        items: &'a [PathItem<'a>],
    ) -> Result<Selection, Error> {
        let mut selection = Selection::default();
        for item in items {
            if let [only] = item.path.as_slice()
                && item.options.is_none()
                && (only == "*" || self.is_operation(instance, only, item))
            {
                if only == "*" {
                    selection.all = true;
                } else if !selection.operations.iter().any(|known| known == only) {
                    selection.operations.push(only.to_string());
                }
                continue;
            }
            let selected = self.select_item(scope, instance, item)?;
            if !selection.items.contains(&selected) {
                selection.items.push(selected);
            }
        }
        Ok(selection)
    }

    /// Whether an item names operations: `Namespace.*`, or one bound to such instances.
    fn is_operation(&self, instance: &Instance, name: &str, item: &PathItem<'a>) -> bool {
        if let Some(namespace) = name.strip_suffix(".*") {
            return self.model.namespaces.iter().any(|known| known == namespace);
        }
        let Some(of) = instance.item.structured() else {
            return false;
        };
        let ty = self.model.structured(of);
        let is_property = ty.property(name).is_some() || ty.navigation_property(name).is_some();
        let overloads = self.model.find_operations(Some((of, false)), name);
        !is_property
            && overloads.iter().any(|id| {
                let Some(names) = &item.parameters else {
                    return true;
                };
                let own = self.model.operation(*id).own_parameters();
                own.len() == names.len() && own.iter().all(|p| names.iter().any(|n| *n == p.name))
            })
    }

    fn select_item(
        &self,
        scope: Scope<'_>,
        instance: &Instance,
        item: &'a PathItem<'a>,
    ) -> Result<SelectItem, Error> {
        if item.parameters.is_some() {
            return Err(Error::bad_request(format!(
                "'{item}' in $select: {} has no such function.",
                self.name(instance.item)
            )));
        }
        let path = self.selected_path(scope, instance, &item.path)?;
        let options = match item.options.as_deref() {
            None => QueryOptions::default(),
            Some(_) if matches!(path.steps.last(), Some(Step::Navigation { .. })) => {
                return Err(Error::bad_request(format!(
                    "'{item}' in $select: a navigation property takes options in $expand only."
                )));
            }
            Some(options) => {
                let instance = Instance::of(path.ty.item);
                self.with_aliases(&options.aliases, || {
                    self.options(Some(instance), scope, options)
                })?
            }
        };
        Ok(SelectItem { path, options })
    }

    fn selected_path(
        &self,
        scope: Scope<'_>,
        instance: &Instance,
        names: &[Text<'a>],
    ) -> Result<Path, Error> {
        let mut path = Path::instance(TypeRef::of(instance.item));
        let within = Scope {
            through_collections: true,
            ..scope
        };
        for name in names {
            if name.contains(['*', '$']) {
                let message = format!("'{name}' in $select is no name that the model has.");
                return Err(Error::bad_request(message).with_target(&**name));
            }
            // What an aggregation has left of related entities is part of the instance.
            if instance.visible.is_none()
                && matches!(path.steps.last(), Some(Step::Navigation { .. }))
            {
                return Err(Error::bad_request(format!(
                    "'{}' in $select goes through a navigation property: $expand with a nested $select does it.",
                    names.join("/")
                ))
                .with_target(&**name));
            }
            self.name_step(within, &mut path, name)?;
        }
        if let Some(Step::Cast(_)) = path.steps.last() {
            return Err(Error::bad_request(format!(
                "'{}' in $select is a type: the path must go on to a property of it.",
                names.join("/")
            )));
        }
        self.check_shown_or_above(scope, &path)?;
        Ok(path)
    }

    /// 400 for what an aggregation has left out; what it left a part of may be selected.
    fn check_shown_or_above(&self, scope: Scope<'_>, path: &Path) -> Result<(), Error> {
        let visible = scope
            .instance
            .and_then(|instance| instance.visible.as_ref());
        let above =
            |visible: &Vec<Vec<Step>>| visible.iter().any(|steps| steps.starts_with(&path.steps));
        if visible.is_some_and(above) {
            return Ok(());
        }
        self.check_shown(scope, path)
    }
}
