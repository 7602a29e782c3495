//! What is made of all items that a path through a collection leads to (OData Extension for Data
//! Aggregation 4.0, section 3.1.1), for one row.

use odata::Error;
use odata::expr::{Path, Step};

use super::super::fragment::Fragment;
use super::super::scope::{Env, Scope};
use super::Compiler;
use super::collection::Source;
use super::path::End;

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
