//! A collection in the body of an update: it is what the entity leads to from then on (OData 4.01
//! Protocol, section 11.4.3.1).

use odata::Error;
use odata::json::EntityPayload;
use store::{Row, Select, Transaction};

use super::{add, collection, members as member, relation};
use crate::bind::entity_of_url;
use crate::body;
use crate::change::{Edit, Unnamed};
use crate::delete::remove;
use crate::permissions::Action;
use crate::relate::Relation;
use crate::target::{Target, linked};

/// The members that a collection has now.
fn members(
    edit: &Edit<'_>,
    transaction: &mut dyn Transaction,
    owner: &Target,
    relation: &Relation<'_>,
    row: &Row,
) -> Result<Vec<Row>, Error> {
    let core = edit.core;
    let target = collection(edit, owner, relation, row);
    let links = linked(relation.map, |column| row[column].clone());
    let table = core.tables.table(target.table);
    let mut select = Select::all(target.table, table.columns.len());
    select.fixed = target.fixed;
    select.linked = links.as_ref();
    select.today = core.today();
    // One more than is allowed tells that there are too many.
    let most = core.service.profile().max_page_size;
    select.limit = Some(most + 1);
    let mut found = Vec::new();
    transaction.select(&select, &mut |cells| {
        found.push(store::cell::decode_row(&core.model, table, cells)?);
        Ok(())
    })?;
    if found.len() as u64 > most {
        return Err(Error::bad_request(format!(
            "more than {most} entities are led to: change them by their own URLs."
        )));
    }
    Ok(found)
}

/// Makes a collection what the body says: members that it names by key are changed, others are
/// made, and what it does not name goes or is unlinked.
pub(super) fn all(
    edit: &Edit<'_>,
    transaction: &mut dyn Transaction,
    owner: &Target,
    relation: &Relation<'_>,
    row: &Row,
    children: &[EntityPayload],
) -> Result<(), Error> {
    let core = edit.core;
    let navigation = &core.model.structured(relation.of).navigation[relation.index];
    let of = navigation.target;
    let mut left = members(edit, transaction, owner, relation, row)?;
    for (i, child) in children.iter().enumerate() {
        let at = |error: Error| body::at(i, error);
        let referred = match &child.id {
            Some(url) => Some(entity_of_url(edit, transaction, url, of).map_err(at)?),
            None => None,
        };
        let key = match &referred {
            Some(row) => Some(core.key_of(of, row)),
            None => core.key_of_payload(of, child, &relation.fixed(row)),
        };
        let known = key.and_then(|key| left.iter().position(|row| core.key_of(of, row) == key));
        match (known, referred) {
            (Some(place), None) => {
                let old = left.swap_remove(place);
                let member = member_target(edit, owner, relation, row, &old);
                edit.authorize(navigation, Action::Update).map_err(at)?;
                edit.update(transaction, &member, old, child, Unnamed::Stay)
                    .map_err(at)?;
            }
            (Some(place), Some(other)) => {
                left.swap_remove(place);
                member::update(edit, transaction, relation, other, child).map_err(at)?;
            }
            (None, Some(other)) => {
                let other =
                    member::update(edit, transaction, relation, other, child).map_err(at)?;
                relation.link(edit, transaction, row, &other).map_err(at)?;
            }
            (None, None) => {
                add(edit, transaction, owner, relation, row, child).map_err(at)?;
            }
        }
    }
    for old in left {
        drop_member(edit, transaction, owner, relation, row, &old)?;
    }
    Ok(())
}

/// Adds the bound entities to collections: those that are led to already stay (OData JSON Format
/// 4.01, section 8.5).
pub(super) fn bindings(
    edit: &Edit<'_>,
    transaction: &mut dyn Transaction,
    payload: &EntityPayload,
    row: &Row,
) -> Result<(), Error> {
    for (index, urls) in &payload.bindings {
        let navigation = &edit.core.model.structured(payload.of).navigation[*index];
        if !navigation.collection {
            continue;
        }
        let relation = relation(edit, payload, *index)?;
        for url in urls {
            let name = format!("{}@odata.bind", navigation.name);
            let bound = entity_of_url(edit, transaction, url, navigation.target)
                .map_err(|error| Error::bad_request(error.message).with_target(&name))?;
            relation.link(edit, transaction, row, &bound)?;
        }
    }
    Ok(())
}

/// Makes the links from an entity those to the entities of some URLs, and no others (OData 4.01
/// Protocol, section 11.4.6.4).
///
/// # Errors
/// 400 for a link that must not be removed.
pub(crate) fn links(
    edit: &Edit<'_>,
    transaction: &mut dyn Transaction,
    owner: &Target,
    relation: &Relation<'_>,
    row: &Row,
    urls: &[String],
) -> Result<(), Error> {
    let core = edit.core;
    let of = core.model.structured(relation.of).navigation[relation.index].target;
    let mut left = members(edit, transaction, owner, relation, row)?;
    for url in urls {
        let other = entity_of_url(edit, transaction, url, of)
            .map_err(|error| Error::bad_request(error.message).with_target("@odata.id"))?;
        let key = core.key_of(of, &other);
        match left.iter().position(|row| core.key_of(of, row) == key) {
            Some(place) => {
                left.swap_remove(place);
            }
            None => relation.link(edit, transaction, row, &other)?,
        }
    }
    for old in left {
        relation.unlink(edit, transaction, row, &old)?;
    }
    Ok(())
}

fn member_target(
    edit: &Edit<'_>,
    owner: &Target,
    relation: &Relation<'_>,
    row: &Row,
    member: &Row,
) -> Target {
    let table = edit.core.tables.table(relation.map.table);
    Target {
        key: Some(table.key_of(member)),
        ..collection(edit, owner, relation, row)
    }
}

/// What a collection has no more is deleted if it was contained, and unlinked if it was not.
pub(super) fn drop_member(
    edit: &Edit<'_>,
    transaction: &mut dyn Transaction,
    owner: &Target,
    relation: &Relation<'_>,
    row: &Row,
    member: &Row,
) -> Result<(), Error> {
    let core = edit.core;
    let navigation = &core.model.structured(relation.of).navigation[relation.index];
    let table = core.tables.table(relation.map.table);
    let owned = relation.map.link.is_none()
        && relation
            .map
            .on
            .iter()
            .any(|(to, _)| table.key.contains(to) || !table.columns[*to].nullable);
    if navigation.contains_target || owned {
        edit.authorize(navigation, Action::Delete)?;
        let target = member_target(edit, owner, relation, row, member);
        return remove(core, transaction, &target, member, edit.permit).map(|_| ());
    }
    relation.unlink(edit, transaction, row, member)
}
