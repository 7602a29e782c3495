//! Making and changing rows: a payload's values and bindings onto a row, through the service's
//! hook, inside the transaction.

use edm::Value;
use odata::json::{EntityPayload, Nested};
use odata::{Error, ErrorCode};
use store::{ColumnSet, Row, Transaction};

use crate::access::Permit;
use crate::bind::bind;
use crate::core::Core;
use crate::service::{Change, Outcome};
use crate::target::Target;

/// Puts a payload's values onto a row: computed ones are left out unless the service lets a
/// create set them, immutable ones unless it is a create. Answers which columns were given.
pub(crate) fn apply(
    core: &Core,
    payload: &EntityPayload,
    row: &mut Row,
    create: bool,
) -> Result<ColumnSet, Error> {
    let ty = core.model.structured(payload.of);
    let import = create && core.service.profile().sets_computed.contains(&payload.of);
    let mut given = ColumnSet::default();
    for (ordinal, value) in &payload.values {
        let property = &ty.properties[*ordinal];
        // Another way to write the key of an entity does not rename it.
        let fixed = property.immutable || ty.key.contains(ordinal);
        if property.computed && !import || fixed && !create {
            continue;
        }
        row[*ordinal] = value.clone();
        given.insert(*ordinal);
    }
    for (ordinal, patch) in &payload.patches {
        let property = &ty.properties[*ordinal];
        if property.computed && !import || property.immutable && !create {
            continue;
        }
        row[*ordinal] = patch
            .applied(&core.model, &row[*ordinal])
            .map_err(|error| error.with_target(&property.name))?;
        given.insert(*ordinal);
    }
    Ok(given)
}

/// Makes an entity in the collection that a target addresses, with what is nested in it.
///
/// # Errors
/// 409 for a key that is taken, and what the hook says.
pub fn insert_entity(
    core: &Core,
    transaction: &mut dyn Transaction,
    target: &Target,
    service_root: &str,
    payload: &EntityPayload,
    permit: Permit,
) -> Result<Row, Error> {
    let table = core.tables.table(target.table);
    let mut row = table.blank();
    for (column, value) in &target.fixed {
        row[*column] = value.clone();
    }
    let mut given = apply(core, payload, &mut row, true)?;
    require(core, payload)?;
    bind(
        core,
        transaction,
        service_root,
        payload,
        &mut row,
        &mut given,
    )?;
    note_type(core, target, payload, &mut row);
    let change = Change::Insert {
        row: &mut row,
        given,
    };
    if core
        .service
        .judge(transaction, &core.scope(), target, change)?
        == Outcome::Write
        && !transaction.insert(target.table, &row)?
    {
        return Err(taken(core, target, &row));
    }
    nested(
        core,
        transaction,
        target,
        service_root,
        payload,
        &row,
        permit,
    )?;
    Ok(row)
}

fn taken(core: &Core, target: &Target, row: &Row) -> Error {
    let ty = core.model.structured(target.of);
    let key: Vec<&str> = ty
        .key
        .iter()
        .filter_map(|ordinal| row[*ordinal].as_str())
        .collect();
    Error::new(
        ErrorCode::Conflict,
        format!(
            "There is a {} '{}' already.",
            ty.short_name(),
            key.join(",")
        ),
    )
    .with_target(
        ty.key
            .first()
            .map_or("id", |o| ty.properties[*o].name.as_str()),
    )
}

/// Remembers the type of an entity that is of a derived one.
fn note_type(core: &Core, target: &Target, payload: &EntityPayload, row: &mut Row) {
    if payload.of != target.of
        && let Some(column) = core.tables.table(target.table).column("entity_type")
    {
        row[column] = Value::String(core.model.structured(payload.of).name.clone());
    }
}

/// Properties that a create must give.
fn require(core: &Core, payload: &EntityPayload) -> Result<(), Error> {
    let ty = core.model.structured(payload.of);
    for ordinal in core.required(payload.of) {
        let given = payload
            .values
            .iter()
            .any(|(o, value)| o == ordinal && !value.is_null());
        if !given {
            let name = &ty.properties[*ordinal].name;
            let message = format!(
                "Property '{name}' is required to create a {}.",
                ty.short_name()
            );
            return Err(Error::bad_request(message).with_target(name));
        }
    }
    Ok(())
}

/// Makes what a payload nests in an entity (OData 4.01 Protocol, section 11.4.2.2).
fn nested(
    core: &Core,
    transaction: &mut dyn Transaction,
    target: &Target,
    service_root: &str,
    payload: &EntityPayload,
    row: &Row,
    permit: Permit,
) -> Result<(), Error> {
    for (index, nested) in &payload.nested {
        let navigation = &core.model.structured(payload.of).navigation[*index];
        let refuse = |message: String| Error::bad_request(message).with_target(&navigation.name);
        let Nested::Many(children) = nested else {
            let message = format!("'{}' cannot be created with its owner.", navigation.name);
            return Err(refuse(message));
        };
        let map = core
            .tables
            .navigation(&core.model, payload.of, *index)
            .filter(|_| navigation.contains_target)
            .ok_or_else(|| refuse(format!("'{}' is not served.", navigation.name)))?;
        let child = Target {
            fixed: map
                .on
                .iter()
                .map(|(to, from)| (*to, row[*from].clone()))
                .collect(),
            ..Target::root(map.table, navigation.target, Some(target.of))
        };
        for (i, payload) in children.iter().enumerate() {
            insert_entity(core, transaction, &child, service_root, payload, permit).map_err(
                |error| {
                    let target = error.target.as_deref().unwrap_or("");
                    let place = format!("{}/{i}/{target}", navigation.name);
                    error.with_target(place.trim_end_matches('/'))
                },
            )?;
        }
    }
    Ok(())
}

/// Changes an entity: its payload onto the row as it is now, through the hook, then the columns
/// that differ. Answers the row as it is afterwards.
pub(crate) fn update_entity(
    core: &Core,
    transaction: &mut dyn Transaction,
    target: &Target,
    old: Row,
    service_root: &str,
    payload: &EntityPayload,
    _permit: Permit,
) -> Result<Row, Error> {
    same_key(core, target, payload, &old)?;
    if let Some((index, _)) = payload.nested.first() {
        let name = &core.model.structured(payload.of).navigation[*index].name;
        let message =
            format!("'{name}' cannot be changed with its owner; change it by its own URL.");
        return Err(Error::bad_request(message).with_target(name));
    }
    let mut new = old.clone();
    let mut given = apply(core, payload, &mut new, false)?;
    bind(
        core,
        transaction,
        service_root,
        payload,
        &mut new,
        &mut given,
    )?;
    let change = Change::Update {
        old: &old,
        new: &mut new,
        given,
    };
    if core
        .service
        .judge(transaction, &core.scope(), target, change)?
        == Outcome::Write
    {
        let table = core.tables.table(target.table);
        let key = table.key_of(&old);
        let columns = table.difference(&old, &new);
        if !columns.is_empty() {
            if !transaction.update(target.table, &key, columns, &new)? {
                return Err(target.missing(core));
            }
            table.count_version(&mut new);
        }
    }
    Ok(new)
}

/// A key in the body must be the one in the URL.
fn same_key(core: &Core, target: &Target, payload: &EntityPayload, old: &Row) -> Result<(), Error> {
    let ty = core.model.structured(target.of);
    for (ordinal, value) in &payload.values {
        if !ty.key.contains(ordinal) || *value == old[*ordinal] {
            continue;
        }
        // Another way to write the same key is the same key.
        let table = core.tables.table(target.table);
        let parents = target.parents(core);
        let own = std::slice::from_ref(value);
        let meant = core.service.key(target.table, &parents, own);
        if meant.as_ref() != Some(&table.key_of(old)) {
            let name = &ty.properties[*ordinal].name;
            return Err(Error::bad_request(format!(
                "Property '{name}' differs from the key of the entity that the URL names."
            ))
            .with_target(name));
        }
    }
    Ok(())
}
