//! Links between entities: what `$ref`, bindings and deep inserts make and remove (OData 4.01
//! Protocol, sections 11.4.6.1 to 11.4.6.3).

use edm::StructuredId;
use odata::Error;
use store::{ColumnSet, NavigationMap, Row, TableId, Transaction};

use crate::change::Edit;
use crate::core::Core;
use crate::permissions::Action;
use crate::target::{Target, link_key, linked};

/// A navigation property of one entity.
pub(crate) struct Relation<'r> {
    /// The type that declares it, and its index there.
    pub(crate) of: StructuredId,
    pub(crate) index: usize,
    pub(crate) map: &'r NavigationMap,
    /// Where the entity lives.
    pub(crate) table: TableId,
    /// Whether the entity is being made: its key may follow from what it leads to.
    pub(crate) makes: bool,
}

/// Where a link is written down.
enum Place {
    /// In a table of links.
    Table,
    /// In columns of the source that name the target's key.
    Source,
    /// In columns of the target that name the source.
    Target,
}

impl<'r> Relation<'r> {
    /// The navigation property of an index.
    ///
    /// # Errors
    /// 400 if it is not served.
    pub(crate) fn new(
        core: &'r Core,
        table: TableId,
        of: StructuredId,
        index: usize,
    ) -> Result<Self, Error> {
        let map = core
            .tables
            .navigation(&core.model, of, index)
            .ok_or_else(|| {
                let name = &core.model.structured(of).navigation[index].name;
                Error::bad_request(format!("'{name}' is not served.")).with_target(name)
            })?;
        Ok(Self {
            of,
            index,
            map,
            table,
            makes: false,
        })
    }

    /// The columns of what the relation leads to that the entity decides, with their values.
    pub(crate) fn fixed(&self, row: &Row) -> Vec<(usize, edm::Value)> {
        let on = self.map.on.iter();
        on.map(|(to, from)| (*to, row[*from].clone())).collect()
    }

    fn place(&self, core: &Core) -> Place {
        let navigation = &core.model.structured(self.of).navigation[self.index];
        if self.map.link.is_some() {
            Place::Table
        } else if navigation.collection {
            Place::Target
        } else {
            Place::Source
        }
    }

    fn refuse(&self, core: &Core, why: &str) -> Error {
        let name = &core.model.structured(self.of).navigation[self.index].name;
        Error::bad_request(format!("'{name}': {why}")).with_target(name)
    }

    /// Whether the link stands in columns of the source, which is then to be written.
    pub(crate) fn is_in_source(&self, core: &Core) -> bool {
        matches!(self.place(core), Place::Source)
    }

    /// Puts a link to a target, or none, into the source's columns.
    ///
    /// # Errors
    /// 400 for a link that must not be removed, and for one that is part of the source's key.
    pub(crate) fn point(
        &self,
        core: &Core,
        source: &mut Row,
        target: Option<&Row>,
        given: &mut ColumnSet,
    ) -> Result<(), Error> {
        let table = core.tables.table(self.table);
        for (to, from) in &self.map.on {
            let column = &table.columns[*from];
            let value = match target {
                Some(target) => target[*to].clone(),
                None if column.nullable => edm::Value::Null,
                None if column.default.as_str() == Some("") => column.default.clone(),
                None => return Err(self.refuse(core, "it cannot be without a target.")),
            };
            let fixed = table.key.contains(from) && (!self.makes || given.contains(*from));
            if fixed && !source[*from].is_null() && source[*from] != value {
                return Err(self.refuse(core, "the target is part of the entity's key."));
            }
            source[*from] = value;
            given.insert(*from);
        }
        Ok(())
    }

    /// Links a source to a target.
    ///
    /// # Errors
    /// 400 for a target that belongs to another source for good.
    pub(crate) fn link(
        &self,
        edit: &Edit<'_>,
        transaction: &mut dyn Transaction,
        source: &Row,
        target: &Row,
    ) -> Result<(), Error> {
        let core = edit.core;
        if let Some(linked) = linked(self.map, |column| source[column].clone()) {
            let link = core.tables.table(linked.link.table);
            let mut row = link.blank();
            let values = linked.link.source.iter().zip(&linked.source);
            values.for_each(|((column, _), value)| row[*column] = value.clone());
            for (column, from) in &linked.link.target {
                row[*column] = target[*from].clone();
            }
            // A link that is there already stays.
            transaction.insert(linked.link.table, &row)?;
            return Ok(());
        }
        let table = core.tables.table(self.map.table);
        let mut new = target.clone();
        let mut given = ColumnSet::default();
        for (to, from) in &self.map.on {
            if table.key.contains(to) && target[*to] != source[*from] {
                return Err(self.refuse(core, "the entity belongs to another one."));
            }
            new[*to] = source[*from].clone();
            given.insert(*to);
        }
        self.write_target(edit, transaction, target, new, given)
    }

    /// Removes the link from a source to a target.
    ///
    /// # Errors
    /// 404 if there is none; 400 for one that must not be removed.
    pub(crate) fn unlink(
        &self,
        edit: &Edit<'_>,
        transaction: &mut dyn Transaction,
        source: &Row,
        target: &Row,
    ) -> Result<(), Error> {
        let core = edit.core;
        let missing = || Error::not_found("There is no such link.");
        if let Some(linked) = linked(self.map, |column| source[column].clone()) {
            let key = link_key(core, &linked, target);
            return match transaction.delete(linked.link.table, &key)? {
                true => Ok(()),
                false => Err(missing()),
            };
        }
        let table = core.tables.table(self.map.table);
        let mut new = target.clone();
        let mut given = ColumnSet::default();
        for (to, from) in &self.map.on {
            let column = &table.columns[*to];
            if target[*to] != source[*from] {
                return Err(missing());
            }
            if table.key.contains(to) || !column.nullable {
                return Err(self.refuse(core, "the entity cannot be without its owner; delete it."));
            }
            new[*to] = edm::Value::Null;
            given.insert(*to);
        }
        self.write_target(edit, transaction, target, new, given)
    }

    fn write_target(
        &self,
        edit: &Edit<'_>,
        transaction: &mut dyn Transaction,
        old: &Row,
        new: Row,
        given: ColumnSet,
    ) -> Result<(), Error> {
        let core = edit.core;
        let navigation = &core.model.structured(self.of).navigation[self.index];
        edit.authorize(navigation, Action::Update)?;
        let table = core.tables.table(self.map.table);
        let of = table
            .type_of(&core.model, old)?
            .unwrap_or(navigation.target);
        let target = Target {
            key: Some(table.key_of(old)),
            ..Target::root(self.map.table, of, Some(self.of))
        };
        edit.write(transaction, &target, old, new, given)
            .map(|_| ())
    }
}
