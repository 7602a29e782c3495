//! One step of a path: the property, navigation property or type that a name means where it
//! stands. Expressions, `$select`, `$expand` and `$apply` share it.

use edm::{ItemType, Model, StructuredId, TypeRef};

use super::bind_scope::Scope;
use super::binder::{Binder, unsupported};
use super::suggest::did_you_mean;
use crate::Error;
use crate::expr::{Path, Root, Step};

impl Binder<'_, '_> {
    /// Follows a name: a property that `$compute` or `$apply` made, a structural or navigation
    /// property, a cast to a related type, or the dynamic property of an open type.
    ///
    /// # Errors
    /// 400 for a name that the type at that place does not have, and for a path that goes on
    /// behind many or behind a primitive value.
    pub(super) fn name_step(
        &self,
        scope: Scope<'_>,
        path: &mut Path,
        name: &str,
    ) -> Result<(), Error> {
        self.count_node()?;
        if name.starts_with('@') {
            return Err(unsupported(&format!("The annotation '{name}'")).with_target(name));
        }
        if let Some(ty) = self.dynamic(scope, path, name) {
            path.steps.push(Step::Dynamic(name.to_owned()));
            path.ty = ty;
            return Ok(());
        }
        if path.ty.item == ItemType::Untyped {
            path.steps.push(Step::Dynamic(name.to_owned()));
            return Ok(());
        }
        let of = path.ty.item.structured();
        let of = of.ok_or_else(|| self.no_way_on(path, name))?;
        if self.cast_step(path, of, name) {
            return Ok(());
        }
        if path.ty.collection && !scope.through_collections {
            return Err(self.no_way_on(path, name));
        }
        if let Some(ordinal) = self.model.dynamic_property(of, name) {
            path.steps.push(Step::Property { of, ordinal });
            path.steps.push(Step::Dynamic(name.to_owned()));
            path.ty = TypeRef {
                collection: path.ty.collection,
                ..TypeRef::of(ItemType::Untyped)
            };
            return Ok(());
        }
        let (step, found) = self.declared(of, name)?;
        path.steps.push(step);
        path.ty = TypeRef {
            collection: path.ty.collection || found.collection,
            ..found
        };
        Ok(())
    }

    /// A property that a type declares.
    ///
    /// # Errors
    /// 400 for a name that the type does not have.
    pub(super) fn declared(&self, of: StructuredId, name: &str) -> Result<(Step, TypeRef), Error> {
        let ty = self.model.structured(of);
        if let Some(ordinal) = ty.property(name)
            && let Some(property) = ty.properties.get(ordinal)
        {
            return Ok((Step::Property { of, ordinal }, property.ty.clone()));
        }
        if let Some(index) = ty.navigation_property(name)
            && let Some(property) = ty.navigation.get(index)
        {
            let target = TypeRef {
                collection: property.collection,
                nullable: property.nullable,
                ..TypeRef::of(ItemType::Entity(property.target))
            };
            return Ok((Step::Navigation { of, index }, target));
        }
        Err(self.unknown_property(of, name))
    }

    /// Casts to the type that a name means, if it means one that is related. The properties of a
    /// type hide types named like them.
    fn cast_step(&self, path: &mut Path, of: StructuredId, name: &str) -> bool {
        let ty = self.model.structured(of);
        if ty.property(name).is_some() || ty.navigation_property(name).is_some() {
            return false;
        }
        let to = self.model.find_type_by_url_name(name);
        match to.and_then(ItemType::structured) {
            Some(to) if self.model.is_a(to, of) || self.model.is_a(of, to) => {
                path.ty.item = self.model.structured(to).item_type(to);
                path.steps.push(Step::Cast(to));
                true
            }
            _ => false,
        }
    }

    /// The type of a property that `$compute` or `$apply` made, at the beginning of a path.
    fn dynamic(&self, scope: Scope<'_>, path: &Path, name: &str) -> Option<TypeRef> {
        let instance = match &path.root {
            Root::Instance => scope.instance,
            Root::It => scope.it,
            _ => None,
        };
        let at_start = path.steps.iter().all(|step| matches!(step, Step::Cast(_)));
        instance.filter(|_| at_start)?.dynamic(name).cloned()
    }

    fn no_way_on(&self, path: &Path, name: &str) -> Error {
        let behind = self.steps_text(&path.steps);
        let behind = if behind.is_empty() {
            "the instance".to_owned()
        } else {
            format!("'{behind}'")
        };
        Error::bad_request(format!(
            "The path cannot go on to '{name}' behind {behind}, which is of type {}.",
            self.model.type_name(&path.ty)
        ))
        .with_target(name)
    }

    /// Steps as a URL has them, for messages.
    pub(super) fn steps_text(&self, steps: &[Step]) -> String {
        let text = steps.iter().map(|step| step_text(self.model, step));
        let text: Vec<&str> = text.filter(|text| !text.is_empty()).collect();
        text.join("/")
    }

    /// 400 for a name that a type does not have.
    pub(super) fn unknown_property(&self, of: StructuredId, name: &str) -> Error {
        let ty = self.model.structured(of);
        let names = ty.properties.iter().filter(|p| !p.is_dynamic());
        let names = names.map(|p| p.name.as_str());
        let names = names.chain(ty.navigation.iter().map(|n| n.name.as_str()));
        Error::bad_request(format!(
            "The type {} has no property '{name}'.{}",
            ty.name,
            did_you_mean(name, names)
        ))
        .with_target(name)
    }
}

fn step_text<'s>(model: &'s Model, step: &'s Step) -> &'s str {
    match step {
        Step::Property { of, ordinal } => {
            let properties = &model.structured(*of).properties;
            properties.get(*ordinal).map_or("", |p| &p.name)
        }
        Step::Navigation { of, index } => {
            let navigation = &model.structured(*of).navigation;
            navigation.get(*index).map_or("", |n| &n.name)
        }
        Step::Dynamic(name) => name,
        Step::Cast(of) => &model.structured(*of).name,
        Step::Key(_) => "(…)",
        Step::Filter(_) => "$filter(…)",
        Step::Search(_) => "$search",
        Step::Count => "$count",
        Step::Typed(_) => "",
    }
}
