//! What is written of the instances of one type: which of its properties `$select` and the caller's
//! rights leave.

use edm::{ItemType, Primitive, StructuredId};
use odata::Error;
use odata::expr::Step;
use odata::json::EntityShape;
use odata::query::{QueryOptions, SelectItem};
use store::{ColumnSet, Table};

use super::advertise::Advertised;
use super::nested;
use crate::core::Core;

/// What is written of the instances of one type.
pub(super) struct Kind<'c> {
    pub(super) of: StructuredId,
    pub(super) shape: &'c EntityShape,
    pub(super) properties: Vec<Shown<'c>>,
    /// What the caller may not read, of what it would be shown.
    pub(super) withheld: Vec<usize>,
    /// The ordinal of what holds the dynamic properties, if the type is open.
    pub(super) dynamic: Option<usize>,
    pub(super) streams: Vec<usize>,
    /// The bound operations that it tells of.
    pub(super) operations: Vec<Advertised>,
}

/// A property that is written.
pub(super) struct Shown<'c> {
    pub(super) ordinal: usize,
    pub(super) column: usize,
    /// Null, without being read: lists leave it out.
    pub(super) left_out: bool,
    /// What is selected within it; empty: all of it.
    pub(super) within: Vec<&'c SelectItem>,
}

impl<'c> Kind<'c> {
    pub(super) fn new(
        core: &'c Core,
        table: &Table,
        of: StructuredId,
        options: &'c QueryOptions,
        left_out: ColumnSet,
    ) -> Result<Self, Error> {
        let shape = core
            .shape(of)
            .ok_or_else(|| Error::internal("an entity type without a shape"))?;
        let ty = core.model.structured(of);
        let mut kind = Self {
            of,
            shape,
            properties: Vec::with_capacity(ty.properties.len()),
            withheld: Vec::new(),
            dynamic: ty.dynamic,
            streams: Vec::new(),
            operations: Vec::new(),
        };
        let selection = options.select.as_ref();
        let every = selection.is_none_or(|selection| selection.all);
        let withheld = core.withheld.as_ref();
        let withheld = withheld.map_or_else(ColumnSet::default, |withheld| withheld.of(of));
        for (ordinal, property) in ty.properties.iter().enumerate() {
            let items = selection.map_or(&[][..], |selection| &selection.items);
            let named: Vec<_> = items
                .iter()
                .filter(|item| names(core, of, item, ordinal))
                .collect();
            if !every && named.is_empty() {
                continue;
            }
            if withheld.contains(ordinal) {
                kind.withheld.push(ordinal);
                continue;
            }
            let column = table
                .column_of(of, ordinal)
                .ok_or_else(|| Error::internal(format!("{} has no column", property.name)))?;
            if property.ty.item == ItemType::Primitive(Primitive::Stream) {
                kind.streams.push(ordinal);
                continue;
            }
            let whole = every || named.iter().any(|item| nested::is_whole(item));
            kind.properties.push(Shown {
                ordinal,
                column,
                left_out: selection.is_none() && left_out.contains(ordinal),
                within: if whole { Vec::new() } else { named },
            });
        }
        Ok(kind)
    }
}

/// Whether an item of `$select` is about a property of a type: itself, or something within it.
fn names(core: &Core, of: StructuredId, item: &SelectItem, wanted: usize) -> bool {
    let mut steps = item.path.steps.iter();
    loop {
        match steps.next() {
            Some(Step::Cast(cast)) if core.model.is_a(of, *cast) => {}
            Some(Step::Property {
                of: declared,
                ordinal,
            }) => {
                return *ordinal == wanted && core.model.is_a(of, *declared);
            }
            _ => return false,
        }
    }
}
