//! One member of a collection that changes: in a nested delta, or in the delta of a collection of
//! links (OData 4.01 Protocol, sections 11.4.3.1 and 11.4.12).

use odata::Error;
use odata::json::{EntityPayload, Removal};
use store::{Row, Transaction};

use super::add;
use super::replace::drop_member;
use crate::bind::entity_of_url;
use crate::change::{Edit, Unnamed};
use crate::delete::remove;
use crate::permissions::Action;
use crate::relate::Relation;
use crate::target::{Target, load};

/// What became of a member.
pub(crate) enum Told {
    /// It is a member as it is now.
    Kept(Row),
    /// It is none any more.
    Removed(Row),
}

/// Adds, changes or removes a member: one that the payload names by its URL or its key, or else a
/// new one.
///
/// # Errors
/// 404 for a removed member that is not there, and those of the change.
pub(crate) fn change(
    edit: &Edit<'_>,
    transaction: &mut dyn Transaction,
    owner: &Target,
    relation: &Relation<'_>,
    row: &Row,
    child: &EntityPayload,
) -> Result<Told, Error> {
    let core = edit.core;
    let navigation = &core.model.structured(relation.of).navigation[relation.index];
    let known = known(edit, transaction, relation, row, child)?;
    match (child.removed, known) {
        (Some(_), None) => Err(Error::not_found("There is no such entity.")),
        (Some(Removal::Deleted), Some(old)) => {
            edit.authorize(navigation, Action::Delete)?;
            let target = home(edit, relation, &old)?;
            remove(core, transaction, &target, &old, edit.permit)?;
            Ok(Told::Removed(old))
        }
        (Some(Removal::Changed), Some(old)) => {
            drop_member(edit, transaction, owner, relation, row, &old)?;
            Ok(Told::Removed(old))
        }
        (None, Some(old)) => {
            let changed = update(edit, transaction, relation, old, child)?;
            relation.link(edit, transaction, row, &changed)?;
            Ok(Told::Kept(changed))
        }
        (None, None) => add(edit, transaction, owner, relation, row, child).map(Told::Kept),
    }
}

/// The entity that a payload names, if there is one.
fn known(
    edit: &Edit<'_>,
    transaction: &mut dyn Transaction,
    relation: &Relation<'_>,
    row: &Row,
    child: &EntityPayload,
) -> Result<Option<Row>, Error> {
    let core = edit.core;
    let of = core.model.structured(relation.of).navigation[relation.index].target;
    if let Some(url) = &child.id {
        return entity_of_url(edit, transaction, url, of).map(Some);
    }
    let Some(key) = core.key_of_payload(of, child, &relation.fixed(row)) else {
        return Ok(None);
    };
    let root = Target::root(relation.map.table, of, Some(relation.of));
    match root.member(core, &key) {
        Ok(member) => Ok(load(core, transaction, &member).ok()),
        Err(_) => Ok(None),
    }
}

/// Changes an entity as a payload says that refers to it; one that only refers changes nothing.
pub(crate) fn update(
    edit: &Edit<'_>,
    transaction: &mut dyn Transaction,
    relation: &Relation<'_>,
    old: Row,
    child: &EntityPayload,
) -> Result<Row, Error> {
    let core = edit.core;
    let navigation = &core.model.structured(relation.of).navigation[relation.index];
    let key = &core.model.structured(navigation.target).key;
    let says = child.values.iter().any(|(o, _)| !key.contains(o))
        || !child.patches.is_empty()
        || !child.bindings.is_empty()
        || !child.nested.is_empty();
    if !says {
        return Ok(old);
    }
    edit.authorize(navigation, Action::Update)?;
    let target = home(edit, relation, &old)?;
    edit.update(transaction, &target, old, child, Unnamed::Stay)
}

/// Where an entity lives that a relation leads to.
fn home(edit: &Edit<'_>, relation: &Relation<'_>, row: &Row) -> Result<Target, Error> {
    let core = edit.core;
    let table = core.tables.table(relation.map.table);
    let navigation = &core.model.structured(relation.of).navigation[relation.index];
    let of = table.type_of(&core.model, row)?;
    Ok(Target {
        key: Some(table.key_of(row)),
        ..Target::root(
            relation.map.table,
            of.unwrap_or(navigation.target),
            Some(relation.of),
        )
    })
}
