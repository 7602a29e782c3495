//! Making and changing rows: a payload's values and bindings onto a row, through the service's
//! hook, inside the transaction.

use edm::{NavigationProperty, Value};
use odata::json::EntityPayload;
use odata::{Error, ErrorCode};
use store::visibility::allow;
use store::{ColumnSet, Row, Transaction};

use crate::access::{Caller, Permit};
use crate::bind::bind;
use crate::core::Core;
use crate::deep;
use crate::permissions::Action;
use crate::replacement;
use crate::service::{Change, Outcome};
use crate::target::Target;

/// What every change of rows needs.
#[derive(Clone, Copy)]
pub(crate) struct Edit<'e> {
    pub(crate) core: &'e Core,
    /// The service root that references in the body are relative to.
    pub(crate) root: &'e str,
    /// The path of the request, to which those are relative that begin with dots.
    pub(crate) path: &'e str,
    pub(crate) permit: Permit,
    /// Who changes them: what lives elsewhere needs rights of its own.
    pub(crate) caller: &'e Caller,
}

/// What an update does to properties that its body does not name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Unnamed {
    /// PATCH: they stay (OData 4.01 Protocol, section 11.4.3).
    Stay,
    /// PUT: they get their defaults, but for computed and immutable ones and the key.
    Reset,
}

/// Makes an entity in the collection that a target addresses, with what is nested in it.
///
/// # Errors
/// 409 for a key that is taken, and what the hook says.
pub fn insert_entity(
    core: &Core,
    transaction: &mut dyn Transaction,
    target: &Target,
    root: &str,
    payload: &EntityPayload,
    permit: Permit,
) -> Result<Row, Error> {
    // What a service makes nests nothing that lives elsewhere: nobody has the right to.
    let caller = &Caller::default();
    let edit = Edit {
        core,
        root,
        path: "",
        permit,
        caller,
    };
    edit.insert(transaction, target, payload)
}

impl Edit<'_> {
    /// Makes an entity in the collection that a target addresses, with what is nested in it.
    ///
    /// # Errors
    /// As [`insert_entity`].
    pub(crate) fn insert(
        &self,
        transaction: &mut dyn Transaction,
        target: &Target,
        payload: &EntityPayload,
    ) -> Result<Row, Error> {
        self.insert_with(transaction, target, payload, |_| ())
    }

    /// As [`Self::insert`], with what `begin` puts onto the row before anything else.
    pub(crate) fn insert_with(
        &self,
        transaction: &mut dyn Transaction,
        target: &Target,
        payload: &EntityPayload,
        begin: impl FnOnce(&mut Row),
    ) -> Result<Row, Error> {
        allow(transaction.changes(target.table).insert)?;
        let core = self.core;
        let table = core.tables.table(target.table);
        let mut row = table.blank_of(&core.model, payload.of);
        for (column, value) in &target.fixed {
            row[*column] = value.clone();
        }
        begin(&mut row);
        let mut given = self.apply(target, payload, &mut row, true)?;
        self.require(payload)?;
        bind(self, transaction, payload, &mut row, &mut given, true)?;
        deep::before(self, transaction, payload, &mut row, &mut given)?;
        for (column, value) in &target.fixed {
            if row[*column] != *value {
                return Err(self.contradicts(target, payload, *column));
            }
        }
        let change = Change::Insert {
            row: &mut row,
            given,
            service_root: self.root,
        };
        let judged = core
            .service
            .judge(transaction, &core.scope(), target, change)?;
        if judged == Outcome::Write && !transaction.insert(target.table, &row)? {
            return Err(self.taken(target, &row));
        }
        deep::behind(self, transaction, target, payload, &row)?;
        Ok(row)
    }

    /// Changes an entity: its payload onto the row as it is now, through the hook, then the
    /// columns that differ. Answers the row as it is afterwards.
    pub(crate) fn update(
        &self,
        transaction: &mut dyn Transaction,
        target: &Target,
        old: Row,
        payload: &EntityPayload,
        unnamed: Unnamed,
    ) -> Result<Row, Error> {
        if unnamed == Unnamed::Stay {
            self.same_key(target, payload, &old)?;
        }
        let mut new = old.clone();
        let mut given = ColumnSet::default();
        if unnamed == Unnamed::Reset {
            self.complete(payload)?;
            given = self.reset(target, payload, &mut new)?;
        }
        for column in self.apply(target, payload, &mut new, false)?.iter() {
            given.insert(column);
        }
        bind(self, transaction, payload, &mut new, &mut given, false)?;
        deep::update(self, transaction, target, payload, &mut new, &mut given)?;
        self.write(transaction, target, &old, new, given)
    }

    /// Carries out a change of a row through the hook: the columns that differ. Answers the row as
    /// it is afterwards.
    ///
    /// # Errors
    /// What the hook says.
    pub(crate) fn write(
        &self,
        transaction: &mut dyn Transaction,
        target: &Target,
        old: &Row,
        mut new: Row,
        given: ColumnSet,
    ) -> Result<Row, Error> {
        allow(transaction.changes(target.table).update)?;
        let core = self.core;
        let change = Change::Update {
            old,
            new: &mut new,
            given,
        };
        let judged = core
            .service
            .judge(transaction, &core.scope(), target, change)?;
        if judged == Outcome::Write {
            let table = core.tables.table(target.table);
            let columns = table.difference(old, &new);
            if !columns.is_empty() {
                if !transaction.update(target.table, &table.key_of(old), columns, &new)? {
                    return Err(target.missing(core));
                }
                table.count_version(&mut new);
            }
        }
        Ok(new)
    }

    /// Checks that the caller may do something to what a navigation property leads to without
    /// containing it.
    ///
    /// # Errors
    /// 403 naming the permission that is missing.
    pub(crate) fn authorize(
        &self,
        navigation: &NavigationProperty,
        action: Action,
    ) -> Result<(), Error> {
        if navigation.contains_target {
            return Ok(());
        }
        let needed = self.core.permissions.of_type(navigation.target, action);
        self.caller.permit(&needed).map(|_| ())
    }

    /// Puts a payload's values onto a row: computed ones are left out unless the service lets a
    /// create set them, immutable ones unless it is a create. Answers which columns were given.
    fn apply(
        &self,
        target: &Target,
        payload: &EntityPayload,
        row: &mut Row,
        create: bool,
    ) -> Result<ColumnSet, Error> {
        let core = self.core;
        let profile = core.service.profile();
        let ty = core.model.structured(payload.of);
        let import = create && profile.sets_computed.contains(&payload.of);
        let mut given = ColumnSet::default();
        let is_ignored = |ordinal: usize| {
            let property = &ty.properties[ordinal];
            // Another way to write the key of an entity does not rename it.
            let fixed = property.immutable || ty.key.contains(&ordinal);
            property.computed && !import || fixed && !create
        };
        for (ordinal, value) in &payload.values {
            if !is_ignored(*ordinal) {
                storable(&ty.properties[*ordinal].name, value)?;
                let column = self.column(target, payload, *ordinal)?;
                row[column] = value.clone();
                given.insert(column);
            }
        }
        for (ordinal, patch) in &payload.patches {
            if !is_ignored(*ordinal) {
                let column = self.column(target, payload, *ordinal)?;
                let property = &ty.properties[*ordinal];
                let changed = patch.applied(&core.model, &row[column]);
                row[column] = changed.map_err(|error| match property.is_dynamic() {
                    true => error,
                    false => error.with_target(&property.name),
                })?;
                given.insert(column);
            }
        }
        Ok(given)
    }

    /// Properties that a PUT must give: they can be neither null nor what the model says (OData 4.01
    /// Protocol, section 11.4.3).
    fn complete(&self, payload: &EntityPayload) -> Result<(), Error> {
        let ty = self.core.model.structured(payload.of);
        let given = |ordinal: usize| {
            let mut values = payload.values.iter();
            let bindings = payload.bindings.iter().map(|(index, _)| *index);
            let mut related = bindings.chain(payload.nested.iter().map(|(index, _)| *index));
            values.any(|(known, _)| *known == ordinal)
                || related.any(|index| replacement::constrains(ty, index, ordinal))
        };
        match replacement::required(ty).find(|ordinal| !given(*ordinal)) {
            None => Ok(()),
            Some(ordinal) => {
                let name = &ty.properties[ordinal].name;
                let message = format!(
                    "Property '{name}' is required to replace a {}: it has no default.",
                    ty.short_name()
                );
                Err(Error::bad_request(message).with_target(name))
            }
        }
    }

    /// Puts the defaults into what a PUT replaces.
    fn reset(
        &self,
        target: &Target,
        payload: &EntityPayload,
        row: &mut Row,
    ) -> Result<ColumnSet, Error> {
        let ty = self.core.model.structured(payload.of);
        let mut given = ColumnSet::default();
        for (ordinal, property) in ty.properties.iter().enumerate() {
            let is_stream = property.ty.item == edm::ItemType::Primitive(edm::Primitive::Stream);
            if property.computed || property.immutable || ty.key.contains(&ordinal) || is_stream {
                continue;
            }
            let column = self.column(target, payload, ordinal)?;
            row[column] = property.default.clone();
            given.insert(column);
        }
        Ok(given)
    }

    fn column(
        &self,
        target: &Target,
        payload: &EntityPayload,
        ordinal: usize,
    ) -> Result<usize, Error> {
        let table = self.core.tables.table(target.table);
        table.column_of(payload.of, ordinal).ok_or_else(|| {
            let name = &self.core.model.structured(payload.of).properties[ordinal].name;
            Error::internal(format!("{name} has no column in {}", table.name))
        })
    }

    /// What a body binds must not contradict what the URL says (section 11.4.2.1).
    fn contradicts(&self, target: &Target, payload: &EntityPayload, column: usize) -> Error {
        let table = self.core.tables.table(target.table);
        let properties = self.core.model.structured(payload.of).properties.iter();
        let mut named = properties.enumerate();
        let found = named.find(|(o, _)| table.column_of(payload.of, *o) == Some(column));
        let message = "The body leads to another entity than the URL does.";
        match found {
            Some((_, property)) => Error::bad_request(message).with_target(&property.name),
            None => Error::bad_request(message),
        }
    }

    fn taken(&self, target: &Target, row: &Row) -> Error {
        let ty = self.core.model.structured(target.of);
        let key = self.core.key_of(target.of, row);
        let text = crate::target::key_text(self.core, &key);
        let message = format!("There is a {} '{text}' already.", ty.short_name());
        let name = ty.key.first().map(|o| ty.properties[*o].name.as_str());
        Error::new(ErrorCode::Conflict, message).with_target(name.unwrap_or("id"))
    }

    /// Properties that a create must give.
    fn require(&self, payload: &EntityPayload) -> Result<(), Error> {
        let ty = self.core.model.structured(payload.of);
        for ordinal in self.core.required(payload.of) {
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

    /// A key in the body must be the one in the URL.
    fn same_key(&self, target: &Target, payload: &EntityPayload, old: &Row) -> Result<(), Error> {
        let core = self.core;
        let ty = core.model.structured(target.of);
        for (ordinal, value) in &payload.values {
            if !ty.key.contains(ordinal) || *value == old[*ordinal] {
                continue;
            }
            // Another way to write the same key is the same key.
            let own: Vec<Value> = ty
                .key
                .iter()
                .map(|part| if part == ordinal { value } else { &old[*part] }.clone())
                .collect();
            let meant = core.service.key(target.table, &target.parents(core), &own);
            if meant.as_ref() != Some(&core.tables.table(target.table).key_of(old)) {
                let name = &ty.properties[*ordinal].name;
                return Err(Error::bad_request(format!(
                    "Property '{name}' differs from the key of the entity that the URL names."
                ))
                .with_target(name));
            }
        }
        Ok(())
    }
}

/// Checks that the database can keep a value of a property: it keeps no number that is none.
///
/// # Errors
/// 400.
pub(crate) fn storable(name: &str, value: &Value) -> Result<(), Error> {
    match value {
        Value::Double(number) if number.is_nan() => {
            let message = format!("Property '{name}' cannot be NaN: it is not stored here.");
            Err(Error::bad_request(message).with_target(name))
        }
        _ => Ok(()),
    }
}
