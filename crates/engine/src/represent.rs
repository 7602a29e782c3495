//! Entities as JSON: straight from column values, no tree in between (OData JSON Format 4.01,
//! sections 4 to 6).

mod advertise;
mod cells;
pub(crate) mod computed;
mod control;
mod dynamic;
mod kind;
mod nested;

use edm::{StructuredId, Value};
use odata::Error;
use odata::expr::{Expr, Step};
use odata::json::{self, Metadata, Omit, Style};
use odata::query::{Compute, ExpandItem, QueryOptions, Selection};
use store::cell::{Cell, decode, encode};
use store::{Cells, ColumnSet, Order, Row, Table, TableId};

use crate::core::Core;
use crate::links::Place;

use kind::{Kind, Shown};

pub(crate) use advertise::of_collection;
pub(crate) use control::{count_member, entity_url, links_of};
pub(crate) use nested::write_answer;

/// How entities of one type, and those derived from it, are written for one request.
pub(crate) struct Representation<'c> {
    core: &'c Core,
    table: &'c Table,
    style: Style,
    /// The declared type first, then those derived from it.
    kinds: Vec<Kind<'c>>,
    /// The columns to read, in order.
    columns: Vec<usize>,
    /// Where the cells of each column begin, of those that are read.
    places: Vec<Option<usize>>,
    /// How many cells there are.
    width: usize,
    /// What `$compute` adds, of what is selected; read behind the columns.
    computed: Vec<&'c Compute>,
    /// What is expanded: it writes its own links.
    expand: &'c [ExpandItem],
    /// The values of what is computed of a row that is at hand.
    values: Vec<Value>,
    /// What is selected: the links of other navigation properties are left out.
    select: Option<&'c Selection>,
}

/// Which entity of a place is written.
#[derive(Clone, Copy)]
pub(crate) enum At<'p> {
    /// A member of the collection at the place.
    Member(&'p Place<'p>),
    /// The entity at the place.
    Itself(&'p Place<'p>),
}

impl<'c> Representation<'c> {
    /// The selected properties of a table's entities; what lists leave out is null in them.
    ///
    /// # Errors
    /// If the model and the tables do not fit each other.
    pub(crate) fn new(
        core: &'c Core,
        table: TableId,
        of: StructuredId,
        options: &'c QueryOptions,
        style: Style,
        list: bool,
    ) -> Result<Self, Error> {
        let table = core.tables.table(table);
        let left_out = if list {
            core.service.left_out_of_lists(of)
        } else {
            ColumnSet::default()
        };
        let mut made = Self {
            core,
            table,
            style,
            kinds: Vec::new(),
            columns: Vec::new(),
            places: vec![None; table.columns.len()],
            width: 0,
            computed: Vec::new(),
            expand: &options.expand,
            values: Vec::new(),
            select: options.select.as_ref(),
        };
        let mut open = vec![of];
        while let Some(id) = open.pop() {
            let mut kind = Kind::new(core, table, id, options, left_out)?;
            kind.operations = advertise::of_entity(&core.model, (of, id), options, style);
            for shown in kind.properties.iter().filter(|shown| !shown.left_out) {
                made.read(shown.column);
            }
            made.kinds.push(kind);
            if table.entity_type.is_some() {
                open.extend(&core.model.structured(id).derived);
            }
        }
        made.read_control();
        Ok(made)
    }

    /// Reads a column, too.
    pub(crate) fn read(&mut self, column: usize) {
        if self.places[column].is_none() {
            self.places[column] = Some(self.width);
            self.width += self.table.columns[column].width();
            self.columns.push(column);
        }
    }

    /// Shows what `$compute` adds, which is read behind the columns: only a select can.
    pub(crate) fn compute(&mut self, options: &'c QueryOptions) {
        self.computed = computed(options);
    }

    /// The expressions to read behind the columns.
    pub(crate) fn expressions(&self) -> impl Iterator<Item = &'c Expr> {
        self.computed.iter().map(|compute| &compute.expr)
    }

    /// How many SQL values the columns and what is computed take.
    pub(crate) fn width(&self) -> usize {
        let computed = self.computed.iter();
        self.width + computed.map(|c| computed_column(c).width()).sum::<usize>()
    }

    /// The value of an order's expression, and how many SQL values it takes.
    pub(crate) fn expression(
        &self,
        cells: &dyn Cells,
        at: usize,
        term: &Order<'_>,
    ) -> Result<(Value, usize), Error> {
        let column = store::expression_column("order", term.ty(self.table));
        let value = decode(&self.core.model, &column, cells, at)?;
        Ok((value, column.width()))
    }

    /// The columns to read, in order.
    pub(crate) fn columns(&self) -> &[usize] {
        &self.columns
    }

    /// The value of a column that is read.
    pub(crate) fn value(&self, cells: &dyn Cells, column: usize) -> Result<Value, Error> {
        let at = self.places[column].ok_or_else(|| Error::internal("a column was not read"))?;
        decode(&self.core.model, &self.table.columns[column], cells, at)
    }

    /// Writes the members of an entity, without the braces: `"@odata.type":…,"id":…`. Answers
    /// whether there were any.
    pub(crate) fn members(
        &self,
        out: &mut Vec<u8>,
        cells: &dyn Cells,
        at: At<'_>,
    ) -> Result<bool, Error> {
        let start = out.len();
        let kind = self.kind(cells)?;
        let url = self.write_control(out, kind, cells, at)?;
        for shown in &kind.properties {
            if kind.dynamic == Some(shown.ordinal) {
                self.write_dynamic(out, start, shown, cells)?;
                continue;
            }
            if self.is_omitted(kind, shown, cells)? {
                continue;
            }
            if out.len() > start {
                out.push(b',');
            }
            if self.style.metadata == Metadata::Full {
                out.extend_from_slice(kind.shape.property_type(shown.ordinal));
            }
            out.extend_from_slice(kind.shape.property(shown.ordinal));
            match self.places[shown.column].filter(|_| !shown.left_out) {
                Some(place) => self.property(out, shown, cells, place)?,
                None => out.extend_from_slice(b"null"),
            }
        }
        self.write_withheld(out, start, kind);
        let mut place = self.width;
        for compute in &self.computed {
            if out.len() > start {
                out.push(b',');
            }
            json::write_string(out, &compute.name);
            out.push(b':');
            let column = computed_column(compute);
            let value = decode(&self.core.model, &column, cells, place)?;
            json::write_value(out, &self.core.model, self.style, &column.ty, &value);
            place += column.width();
        }
        self.write_links(out, start, kind, url.as_deref());
        Ok(out.len() > start)
    }

    /// Whether a property is left out for its value, as the client prefers.
    fn is_omitted(
        &self,
        kind: &Kind<'_>,
        shown: &Shown<'_>,
        cells: &dyn Cells,
    ) -> Result<bool, Error> {
        let place = self.places[shown.column].filter(|_| !shown.left_out);
        match (self.style.omit, place) {
            (Omit::Nothing, _) => Ok(false),
            (Omit::Nulls, Some(place)) => Ok(matches!(cells.cell(place)?, Cell::Null)),
            (omit, place) => {
                let property = &self.core.model.structured(kind.of).properties[shown.ordinal];
                let value = match place {
                    Some(_) => self.value(cells, shown.column)?,
                    None => Value::Null,
                };
                Ok(omit.leaves_out(property, &value))
            }
        }
    }

    fn property(
        &self,
        out: &mut Vec<u8>,
        shown: &Shown<'_>,
        cells: &dyn Cells,
        place: usize,
    ) -> Result<(), Error> {
        let (model, column) = (&self.core.model, &self.table.columns[shown.column]);
        if shown.within.is_empty() {
            return cells::write(out, model, self.style, column, cells, place);
        }
        let value = decode(model, column, cells, place)?;
        nested::write(out, self.core, self.style, &column.ty, value, &shown.within)
    }

    /// Writes the members of an entity from a whole row.
    pub(crate) fn members_of_row(
        &self,
        out: &mut Vec<u8>,
        row: &Row,
        at: At<'_>,
    ) -> Result<bool, Error> {
        let mut cells = Vec::with_capacity(self.width);
        for &column in &self.columns {
            encode(
                &self.core.model,
                &self.table.columns[column],
                &row[column],
                &mut cells,
            )?;
        }
        for (compute, value) in self.computed.iter().zip(&self.values) {
            encode(
                &self.core.model,
                &computed_column(compute),
                value,
                &mut cells,
            )?;
        }
        self.members(out, &cells::Encoded(&cells), at)
    }

    /// The type that a row is of.
    pub(crate) fn type_of(&self, cells: &dyn Cells) -> Result<StructuredId, Error> {
        self.kind(cells).map(|kind| kind.of)
    }

    fn kind(&self, cells: &dyn Cells) -> Result<&Kind<'c>, Error> {
        let of = match self.table.entity_type {
            Some(column) => match self.value(cells, column)? {
                Value::String(name) => self.table.type_named(&self.core.model, &name)?,
                _ => self.table.of,
            },
            None => None,
        };
        let found = self.kinds.iter().find(|kind| Some(kind.of) == of);
        found
            .or(self.kinds.first())
            .ok_or_else(|| Error::internal("a representation of no type"))
    }
}

/// What of `$compute` is shown: all of it, unless `$select` names some.
fn computed(options: &QueryOptions) -> Vec<&Compute> {
    let shown = |compute: &&Compute| {
        match &options.select {
        None => true,
        Some(selection) => selection.all || selection.items.iter().any(|item| {
            matches!(item.path.steps.as_slice(), [Step::Dynamic(name)] if *name == compute.name)
        }),
    }
    };
    options.compute.iter().filter(shown).collect()
}

fn computed_column(compute: &Compute) -> store::Column {
    store::expression_column(&compute.name, compute.ty.clone())
}

/// Writes `"name":"text"` behind a comma.
pub(crate) fn text_member(out: &mut Vec<u8>, name: &str, text: &str) {
    out.push(b',');
    json::write_string(out, name);
    out.push(b':');
    json::write_string(out, text);
}
