//! `$expand`: what navigation properties lead to, written inside the entities they start from
//! (OData 4.01 URL Conventions, section 5.1.3).

mod it;
mod many;
mod one;

pub(crate) use it::{It, paths as it_paths};

use edm::{StructuredId, Value};
use odata::expr::Step;
use odata::json::{Metadata, Style};
use odata::query::{ExpandForm, ExpandItem, Levels, QueryOptions};
use odata::{Error, ErrorCode};
use store::{NavigationMap, Reader, Row, TableId};

use crate::access::Permit;
use crate::core::Core;
use crate::links::Place;
use crate::represent::{computed, links_of};

/// The columns of a source that say where a navigation property leads, with their values.
pub(crate) type Sources = Vec<(usize, Value)>;

/// An entity that something is expanded in.
#[derive(Clone, Debug)]
pub(crate) struct Source<'r> {
    /// The type that it is of.
    pub(crate) of: StructuredId,
    /// The values of its columns that the expansion needs.
    pub(crate) values: Sources,
    /// Where it lives.
    pub(crate) place: Place<'r>,
    /// What the expansion's options say of it as `$it`.
    pub(crate) it: It,
}

/// What all parts of an expansion need.
#[derive(Clone, Copy)]
pub(crate) struct Expansion<'e> {
    pub(crate) core: &'e Core,
    pub(crate) item: &'e ExpandItem,
    pub(crate) style: Style,
    pub(crate) permit: Permit,
}

/// One expanded navigation property for all entities of a page: the members that each gets,
/// without a comma around them; none for one whose type has no such property.
pub(crate) struct Expanded(Vec<Vec<u8>>);

impl Expanded {
    /// Writes what stands behind the members of the entity at this place of the page.
    pub(crate) fn write(&self, index: usize, separate: &mut bool, out: &mut Vec<u8>) {
        let Some(bytes) = self.0.get(index).filter(|bytes| !bytes.is_empty()) else {
            return;
        };
        if *separate {
            out.push(b',');
        }
        *separate = true;
        out.extend_from_slice(bytes);
    }
}

/// The table that a navigation property leads to, and how.
///
/// # Errors
/// 400 if it is not served.
pub(crate) fn map_of<'c>(core: &'c Core, item: &ExpandItem) -> Result<&'c NavigationMap, Error> {
    core.tables
        .navigation(&core.model, item.of, item.index)
        .ok_or_else(|| {
            let name = &core.model.structured(item.of).navigation[item.index].name;
            Error::bad_request(format!("$expand: '{name}' is not served.")).with_target("$expand")
        })
}

/// The source's columns that an expansion reads.
pub(crate) fn source_columns<'c>(
    core: &'c Core,
    item: &ExpandItem,
) -> Result<impl Iterator<Item = usize> + use<'c>, Error> {
    let map = map_of(core, item)?;
    let pairs = map.link.as_ref().map_or(&map.on, |link| &link.source);
    Ok(pairs.iter().map(|(_, source)| *source))
}

/// The values that an expansion needs of a whole row.
pub(crate) fn sources_of_row(core: &Core, item: &ExpandItem, row: &Row) -> Result<Sources, Error> {
    Ok(source_columns(core, item)?
        .map(|column| (column, row[column].clone()))
        .collect())
}

/// Reads and writes what expansions lead to from one entity, behind its members.
pub(crate) fn of_row(
    (core, style, permit): (&Core, Style, Permit),
    reader: &mut dyn Reader,
    options: &QueryOptions,
    (table, row): (TableId, &Row),
    place: &Place<'_>,
    separate: &mut bool,
    out: &mut Vec<u8>,
) -> Result<(), Error> {
    let paths = it_paths(&options.expand)?;
    let it = if paths.is_empty() {
        It::default()
    } else {
        let exprs: Vec<_> = paths.iter().collect();
        let compute = &options.compute;
        let values = computed::of_row(core, reader, (table, row), compute, &exprs)?;
        It::new(&paths, values)
    };
    let of = core
        .tables
        .table(table)
        .type_of(&core.model, row)?
        .ok_or_else(|| Error::internal("an expanded row of no type"))?;
    for item in &options.expand {
        let source = Source {
            of,
            values: sources_of_row(core, item, row)?,
            place: place.clone(),
            it: it.clone(),
        };
        let expansion = Expansion {
            core,
            item,
            style,
            permit,
        };
        expansion.read(reader, &[source])?.write(0, separate, out);
    }
    Ok(())
}

impl Expansion<'_> {
    /// Reads what the navigation property leads to from each entity.
    pub(crate) fn read(
        &self,
        reader: &mut dyn Reader,
        from: &[Source<'_>],
    ) -> Result<Expanded, Error> {
        let casts_only = |step: &Step| matches!(step, Step::Cast(_));
        if !self.item.prefix.iter().all(casts_only) {
            let message = "$expand: navigation properties of complex values are not served.";
            return Err(Error::new(ErrorCode::NotImplemented, message).with_target("$expand"));
        }
        if from.iter().any(|source| !source.it.is_empty()) {
            return self.read_each(reader, from);
        }
        if self.item.collection {
            self.many(reader, from)
        } else {
            self.one(reader, from)
        }
    }

    /// Reads entity by entity: the options differ by what `$it` is.
    fn read_each(&self, reader: &mut dyn Reader, from: &[Source<'_>]) -> Result<Expanded, Error> {
        let mut expanded = Vec::with_capacity(from.len());
        for source in from {
            let item = ExpandItem {
                options: source.it.applied(&self.item.options)?,
                ..self.item.clone()
            };
            let one = Source {
                it: It::default(),
                ..source.clone()
            };
            let expansion = Expansion {
                item: &item,
                ..*self
            };
            expanded.extend(expansion.read(reader, &[one])?.0);
        }
        Ok(Expanded(expanded))
    }

    /// The name of the navigation property.
    fn name(&self) -> &str {
        &self.core.model.structured(self.item.of).navigation[self.item.index].name
    }

    /// The type of what is expanded.
    fn target(&self) -> StructuredId {
        let navigation = &self.core.model.structured(self.item.of).navigation[self.item.index];
        self.item.cast.unwrap_or(navigation.target)
    }

    /// Whether instances of a type have the navigation property.
    fn applies(&self, source: &Source<'_>) -> bool {
        let cast = self.item.prefix.iter().all(|step| match step {
            Step::Cast(of) => self.core.model.is_a(source.of, *of),
            _ => true,
        });
        cast && self.core.model.is_a(source.of, self.item.of)
    }

    /// Writes the links of the navigation property, which full metadata shows before its value.
    fn write_links(&self, out: &mut Vec<u8>, source: &Source<'_>) {
        if self.style.metadata == Metadata::Full && self.item.form == ExpandForm::Entities {
            links_of(out, out.len(), &source.place.url(), self.name());
            out.push(b',');
        }
    }

    fn shows_control(&self) -> bool {
        self.style.metadata != Metadata::None
    }

    /// The options of what is expanded: with `$levels`, the item itself once more, one level less
    /// (section 5.1.3.1.8), where its targets have the same navigation property.
    fn options(&self) -> QueryOptions {
        let mut options = self.item.options.clone();
        let left = self.core.limits.levels(self.item.levels);
        if left > 1 && self.core.model.is_a(self.target(), self.item.of) {
            options.expand.push(ExpandItem {
                levels: Some(Levels::Number(left - 1)),
                ..self.item.clone()
            });
        }
        options
    }
}
