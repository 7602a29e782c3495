//! What is made of all items that a path through a collection leads to (OData Extension for Data
//! Aggregation 4.0, section 3.1.1), for one row.

use edm::TypeRef;
use odata::Error;
use odata::apply::Method;
use odata::expr::{Path, Step};

use super::super::fragment::Fragment;
use super::super::scope::{Env, Scope};
use super::Compiler;
use super::collection::Source;
use super::path::End;
use crate::table::{ColumnKind, kind_of};

impl<'m> Compiler<'m> {
    /// An aggregate over the items of one row: `make` is given their value, or nothing if the path
    /// ends with the items themselves.
    ///
    /// # Errors
    /// 501 for a path by which several rows may lead to one item: each item counts once.
    pub(in crate::emit) fn of_items(
        &self,
        env: &Env<'m>,
        path: &'m Path,
        make: &dyn Fn(Option<&Fragment>) -> Result<Fragment, Error>,
    ) -> Result<Fragment, Error> {
        let is_navigation = |step: &Step| matches!(step, Step::Navigation { .. });
        let unserved = || self.unsupported("An aggregation through such a path");
        let start = self.root(env, path)?;
        let place = path.steps.iter().position(is_navigation);
        let (to_items, rest) = match place {
            Some(place) => path.steps.split_at(place + 1),
            None => return Err(unserved()),
        };
        if !self.leads_apart(start, to_items.last()) || rest.iter().any(is_navigation) {
            return Err(unserved());
        }
        let finish = |source: Source<'m>| {
            let value = match rest {
                [] => None,
                _ => Some(self.walk(env, &source.item, rest, End::Value)?),
            };
            Ok(self.selected(&make(value.as_ref())?, &source))
        };
        self.within(|| self.walk(env, start, to_items, End::Items(&finish)))
    }

    /// Whether [`Self::of_items`] makes an aggregate of a path through a collection: no two rows lead
    /// to the same item.
    pub(in crate::emit) fn is_row_by_row(
        &self,
        env: &Env<'m>,
        path: &'m Path,
        method: Method,
    ) -> bool {
        let is_navigation = |step: &Step| matches!(step, Step::Navigation { .. });
        let Some(place) = path.steps.iter().position(is_navigation) else {
            return false;
        };
        let (to_items, rest) = path.steps.split_at(place + 1);
        let is_plain = |step: &Step| match step {
            Step::Property { of, ordinal } => {
                !self.model.structured(*of).properties[*ordinal]
                    .ty
                    .collection
            }
            _ => false,
        };
        let item = TypeRef::of(path.ty.item);
        let fits = match method {
            Method::Count => rest.is_empty(),
            Method::CountDistinct => false,
            Method::Average => matches!(kind_of(&item), ColumnKind::Integer | ColumnKind::Double),
            Method::Sum | Method::Min | Method::Max => !rest.is_empty(),
        };
        fits && self.leads_apart(&env.instance, to_items.last()) && rest.iter().all(is_plain)
    }

    /// How many steps of a path lead to entities or items of collections: those up to the last
    /// navigation property or collection, with the casts behind it.
    pub(in crate::emit) fn joined_steps(&self, path: &Path) -> usize {
        let leads = |step: &Step| match step {
            Step::Navigation { .. } => true,
            Step::Property { of, ordinal } => {
                self.model.structured(*of).properties[*ordinal]
                    .ty
                    .collection
            }
            _ => false,
        };
        let Some(last) = path.steps.iter().rposition(leads) else {
            return 0;
        };
        let behind = path.steps.iter().skip(last + 1);
        let casts = behind.take_while(|step| matches!(step, Step::Cast(_)));
        last + 1 + casts.count()
    }

    /// What the first of the steps lead to from an instance, with the steps behind them; without
    /// `FROM` where it is the instance itself.
    ///
    /// # Errors
    /// 501 for steps other than properties and casts.
    pub(in crate::emit) fn led_to(
        &self,
        env: &Env<'m>,
        scope: &Scope<'m>,
        steps: &'m [Step],
    ) -> Result<(Source<'m>, &'m [Step]), Error> {
        let itself = |item: Scope<'m>, condition: Option<Fragment>| Source {
            from: Fragment::sure(""),
            conditions: condition.into_iter().collect(),
            item,
        };
        match (steps, scope) {
            ([Step::Cast(to), rest @ ..], Scope::Row { table, alias, .. }) => {
                let item = Scope::Row {
                    table,
                    alias: alias.clone(),
                    of: *to,
                };
                let condition = self.is_type(table, alias.as_deref(), *to)?;
                Ok((itself(item, condition), rest))
            }
            ([Step::Cast(to), rest @ ..], Scope::Item { value, ty }) => {
                let json = self.item_json(value, ty);
                let condition = self.is_complex(&json, *to);
                Ok((itself(scope.clone(), Some(condition)), rest))
            }
            ([Step::Navigation { of, index }, rest @ ..], Scope::Row { table, alias, .. }) => {
                let navigation = &self.model.structured(*of).navigation[*index];
                let map = self.tables.navigation(self.model, *of, *index);
                let map = map.ok_or_else(|| {
                    self.unsupported(&format!("A path through '{}'", navigation.name))
                })?;
                let source = self.joined(table, alias.as_deref(), map, navigation.target);
                Ok((source, rest))
            }
            _ => {
                let is_collection = |step: &Step| match step {
                    Step::Property { of, ordinal } => {
                        self.model.structured(*of).properties[*ordinal]
                            .ty
                            .collection
                    }
                    _ => false,
                };
                let place = steps.iter().position(is_collection);
                let place =
                    place.ok_or_else(|| self.unsupported("An aggregation through such a path"))?;
                let (to_items, rest) = steps.split_at(place + 1);
                let json = self.walk(env, scope, to_items, End::Value)?;
                Ok((self.elements(&json), rest))
            }
        }
    }

    /// The value of steps from the instance at hand.
    pub(in crate::emit) fn value_from(
        &self,
        env: &Env<'m>,
        steps: &'m [Step],
    ) -> Result<Fragment, Error> {
        self.walk(env, &env.instance, steps, End::Value)
    }

    /// Whether no two rows lead to the same item: each item holds the key of the row.
    fn leads_apart(&self, start: &Scope<'m>, step: Option<&Step>) -> bool {
        let (Scope::Row { table, .. }, Some(Step::Navigation { of, index })) = (start, step) else {
            return false;
        };
        let map = self.tables.navigation(self.model, *of, *index);
        map.is_some_and(|map| {
            let held = |key: &usize| map.on.iter().any(|(_, source)| source == key);
            map.link.is_none() && table.key.iter().all(held)
        })
    }
}
