//! What a body nests in an entity: made with it, or changed with it (OData 4.01 Protocol, sections
//! 11.4.2.2 and 11.4.3.1).

mod members;
mod replace;
mod shown;

pub(crate) use members::{Told, change};
pub(crate) use replace::links;
pub(crate) use shown::expand;

use edm::Value;
use odata::Error;
use odata::json::{EntityPayload, Nested};
use store::{ColumnSet, Row, Transaction};

use crate::bind::entity_of_url;
use crate::body;
use crate::change::{Edit, Unnamed};
use crate::permissions::Action;
use crate::relate::Relation;
use crate::target::{Target, load};

/// Makes what the columns of a new row must lead to: it comes first.
///
/// # Errors
/// 400 for what cannot be made with its owner.
pub(crate) fn before(
    edit: &Edit<'_>,
    transaction: &mut dyn Transaction,
    payload: &EntityPayload,
    row: &mut Row,
    given: &mut ColumnSet,
) -> Result<(), Error> {
    for (index, nested) in &payload.nested {
        let navigation = &edit.core.model.structured(payload.of).navigation[*index];
        if navigation.collection {
            continue;
        }
        if navigation.contains_target {
            let message = format!("'{}' cannot be created with its owner.", navigation.name);
            return Err(Error::bad_request(message).with_target(&navigation.name));
        }
        let mut relation = relation(edit, payload, *index)?;
        relation.makes = true;
        let made = match nested {
            Nested::One(child) => Some(
                referred_or_made(edit, transaction, &relation, child)
                    .map_err(|error| within(error, &navigation.name))?,
            ),
            _ => None,
        };
        relation.point(edit.core, row, made.as_ref(), given)?;
    }
    Ok(())
}

/// Makes what leads to a new row, or is linked to it: it comes behind it.
///
/// # Errors
/// 400 for what cannot be made with its owner.
pub(crate) fn behind(
    edit: &Edit<'_>,
    transaction: &mut dyn Transaction,
    target: &Target,
    payload: &EntityPayload,
    row: &Row,
) -> Result<(), Error> {
    for (index, nested) in &payload.nested {
        let Nested::Many(children) = nested else {
            continue;
        };
        let relation = relation(edit, payload, *index)?;
        let name = &edit.core.model.structured(payload.of).navigation[*index].name;
        for (i, child) in children.iter().enumerate() {
            add(edit, transaction, target, &relation, row, child)
                .map_err(|error| within(error, &format!("{name}/{i}")))?;
        }
    }
    replace::bindings(edit, transaction, payload, row)
}

/// Changes what a body nests in an entity that exists.
///
/// # Errors
/// 400 for what cannot be changed with its owner.
pub(crate) fn update(
    edit: &Edit<'_>,
    transaction: &mut dyn Transaction,
    target: &Target,
    payload: &EntityPayload,
    row: &mut Row,
    given: &mut ColumnSet,
) -> Result<(), Error> {
    for (index, nested) in &payload.nested {
        let navigation = &edit.core.model.structured(payload.of).navigation[*index];
        let name = &navigation.name;
        if !edit.core.deep_updates {
            let message =
                format!("'{name}' cannot be changed with its owner; change it by its own URL.");
            return Err(Error::bad_request(message).with_target(name));
        }
        let relation = relation(edit, payload, *index)?;
        match nested {
            Nested::None => relation.point(edit.core, row, None, given)?,
            Nested::One(child) => {
                let led = change_one(edit, transaction, &relation, row, child)
                    .map_err(|error| within(error, name))?;
                if relation.is_in_source(edit.core) && !navigation.contains_target {
                    relation.point(edit.core, row, Some(&led), given)?;
                }
            }
            Nested::Many(children) => {
                replace::all(edit, transaction, target, &relation, row, children)
                    .map_err(|error| within(error, name))?;
            }
            Nested::Delta(children) => {
                for (i, child) in children.iter().enumerate() {
                    members::change(edit, transaction, target, &relation, row, child)
                        .map_err(|error| within(body::at(i, error), name))?;
                }
            }
        }
    }
    replace::bindings(edit, transaction, payload, row)
}

fn relation<'e>(
    edit: &Edit<'e>,
    payload: &EntityPayload,
    index: usize,
) -> Result<Relation<'e>, Error> {
    let table = edit.core.table_of(payload.of)?;
    Relation::new(edit.core, table, payload.of, index)
}

/// An entity that a nested one refers to by its `@odata.id`, or one that is made of it.
fn referred_or_made(
    edit: &Edit<'_>,
    transaction: &mut dyn Transaction,
    relation: &Relation<'_>,
    child: &EntityPayload,
) -> Result<Row, Error> {
    let navigation = &edit.core.model.structured(relation.of).navigation[relation.index];
    let of = navigation.target;
    if let Some(url) = &child.id {
        return entity_of_url(edit, transaction, url, of);
    }
    edit.authorize(navigation, Action::Insert)?;
    let root = Target::root(relation.map.table, of, Some(relation.of));
    edit.insert(transaction, &root, child)
}

/// Adds a nested entity to a collection of its owner.
fn add(
    edit: &Edit<'_>,
    transaction: &mut dyn Transaction,
    owner: &Target,
    relation: &Relation<'_>,
    row: &Row,
    child: &EntityPayload,
) -> Result<Row, Error> {
    if child.id.is_some() || relation.map.link.is_some() {
        let other = referred_or_made(edit, transaction, relation, child)?;
        relation.link(edit, transaction, row, &other)?;
        return Ok(other);
    }
    let navigation = &edit.core.model.structured(relation.of).navigation[relation.index];
    edit.authorize(navigation, Action::Insert)?;
    let collection = collection(edit, owner, relation, row);
    edit.insert(transaction, &collection, child)
}

/// The collection of an entity that a relation leads to.
fn collection(edit: &Edit<'_>, owner: &Target, relation: &Relation<'_>, row: &Row) -> Target {
    let of = edit.core.model.structured(relation.of).navigation[relation.index].target;
    Target {
        fixed: relation.fixed(row),
        ..Target::root(relation.map.table, of, Some(owner.of))
    }
}

/// Changes the entity that a single-valued navigation property leads to, or makes one.
fn change_one(
    edit: &Edit<'_>,
    transaction: &mut dyn Transaction,
    relation: &Relation<'_>,
    row: &Row,
    child: &EntityPayload,
) -> Result<Row, Error> {
    let core = edit.core;
    let navigation = &core.model.structured(relation.of).navigation[relation.index];
    if let Some(url) = &child.id {
        let led = entity_of_url(edit, transaction, url, navigation.target)?;
        return members::update(edit, transaction, relation, led, child);
    }
    let on = relation.fixed(row);
    let table = core.tables.table(relation.map.table);
    let key: Option<Vec<Value>> = table
        .key
        .iter()
        .map(|column| {
            let found = on.iter().find(|(to, _)| to == column);
            found
                .map(|(_, value)| value.clone())
                .filter(|v| !v.is_null())
        })
        .collect();
    let root = Target::root(relation.map.table, navigation.target, Some(relation.of));
    if let Some(key) = key {
        let led = Target {
            key: Some(key),
            ..root.clone()
        };
        if let Some(old) = transaction.get(led.table, led.key.as_deref().unwrap_or_default())? {
            let same = child.values.iter().all(|(ordinal, value)| {
                !core
                    .model
                    .structured(navigation.target)
                    .key
                    .contains(ordinal)
                    || old[*ordinal] == *value
            });
            if same {
                edit.authorize(navigation, Action::Update)?;
                return edit.update(transaction, &led, old, child, Unnamed::Stay);
            }
            if navigation.contains_target {
                let message = "a contained entity cannot be replaced by another one.";
                return Err(Error::bad_request(message));
            }
            // Another key: the entity that it names, if there is one.
            let own = core.key_of_payload(navigation.target, child, &[]);
            if let Some(own) = own
                && let Ok(other) = root.member(core, &own)
                && let Ok(row) = load(core, transaction, &other)
            {
                edit.authorize(navigation, Action::Update)?;
                return edit.update(transaction, &other, row, child, Unnamed::Stay);
            }
        }
    }
    edit.authorize(navigation, Action::Insert)?;
    edit.insert(transaction, &root, child)
}

/// Says where in a body something happened.
fn within(error: Error, place: &str) -> Error {
    let target = error.target.as_deref().unwrap_or("");
    let place = format!("{place}/{target}");
    error.with_target(place.trim_end_matches('/'))
}
