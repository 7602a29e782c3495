//! The start rows: read from `data.json` once, and put back whenever the service is reset.

use std::sync::Arc;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use edm::{ItemType, Model, Primitive, StructuredId, Value};
use engine::Core;
use engine::audit::Origin;
use odata::Error;
use odata::json::{self, Node, RequestKind};
use store::{Row, Table, TableId, Tables, Transaction};

use crate::Failure;

const DATA: &[u8] = include_bytes!("../data.json");
/// The content of a media entity.
const CONTENT: &str = "$value";
/// Behind the name of a stream property, or alone: the media type.
const MEDIA_TYPE: &str = "@odata.mediaContentType";

/// The start rows in the order of the file.
#[derive(Debug)]
pub(crate) struct Seed {
    pub(crate) rows: Vec<(TableId, Row)>,
}

impl Seed {
    /// Reads `data.json`: a member for each entity set, an object for each singleton.
    ///
    /// # Errors
    /// If it does not fit the model.
    pub(crate) fn read(model: &Model, tables: &Tables) -> Result<Self, Failure> {
        let Node::Object(members) = json::parse(DATA)? else {
            return Err("the start rows are no object".into());
        };
        let mut rows = Vec::new();
        for (name, node) in members {
            let set = model
                .find_entity_set(&name)
                .map(|id| model.entity_set(id).of);
            let singleton = || model.find_singleton(&name).map(|id| model.singleton(id).of);
            let of = set.or_else(singleton);
            let of = of.ok_or_else(|| format!("the model has no {name}"))?;
            let (id, _) = tables
                .iter()
                .find(|(_, table)| table.of == Some(of))
                .ok_or_else(|| format!("{name} has no table"))?;
            let nodes = match node {
                Node::Array(nodes) => nodes,
                one => vec![one],
            };
            for node in nodes {
                rows.push((id, row(model, tables.table(id), of, node)?));
            }
        }
        Ok(Self { rows })
    }

    /// Puts every table back to the start rows.
    ///
    /// # Errors
    /// The database's.
    pub(crate) fn sow(
        &self,
        transaction: &mut dyn Transaction,
        tables: &[TableId],
    ) -> Result<(), Error> {
        for table in tables {
            transaction.delete_where(*table, &[], u32::MAX)?;
        }
        for (table, row) in &self.rows {
            if !transaction.insert(*table, row)? {
                return Err(Error::internal("a start row stands twice"));
            }
        }
        Ok(())
    }
}

/// Sows in a database that was never sown: one without its singleton, which cannot be deleted.
pub(crate) async fn sow_if_empty(core: &Arc<Core>, seed: &Arc<Seed>) -> Result<(), Error> {
    let (tables, seed) = (Arc::clone(&core.tables), Arc::clone(seed));
    core.write(Origin::server(core), move |transaction| {
        let all: Vec<TableId> = tables.iter().map(|(id, _)| id).collect();
        for (table, row) in &seed.rows {
            if transaction.exists(*table, &tables.table(*table).key_of(row))? {
                return Ok(());
            }
        }
        seed.sow(transaction, &all)
    })
    .await
}

fn row(model: &Model, table: &Table, of: StructuredId, node: Node) -> Result<Row, Failure> {
    let Node::Object(members) = node else {
        return Err(format!("a row of {} is no object", table.name).into());
    };
    let mut streams = Vec::new();
    let mut others = Vec::new();
    for (name, node) in members {
        if is_stream(model, of, &name) {
            streams.push((name, node));
        } else {
            others.push((name, node));
        }
    }
    let payload = json::read_entity(model, of, Node::Object(others), RequestKind::Create)?;
    let mut row = table.blank_of(model, payload.of);
    for (ordinal, value) in payload.values {
        let column = table.column_of(payload.of, ordinal);
        row[column.ok_or("a property has no column")?] = value;
    }
    for (name, node) in streams {
        let (column, value) = stream(model, table, payload.of, &name, node)?;
        row[column] = value;
    }
    Ok(row)
}

fn is_stream(model: &Model, of: StructuredId, name: &str) -> bool {
    let ty = model.structured(of);
    let is_content = name == CONTENT || name.ends_with(MEDIA_TYPE);
    is_content
        || ty.property(name).is_some_and(|ordinal| {
            ty.properties[ordinal].ty.item == ItemType::Primitive(Primitive::Stream)
        })
}

/// The column of a stream's bytes or media type, and what it holds.
fn stream(
    model: &Model,
    table: &Table,
    of: StructuredId,
    name: &str,
    node: Node,
) -> Result<(usize, Value), Failure> {
    let Node::String(text) = node else {
        return Err(format!("{name} is no text").into());
    };
    let missing = || format!("{} has no column for {name}", table.name);
    let property = name.strip_suffix(MEDIA_TYPE).unwrap_or(name);
    let (content, media_type) = if property.is_empty() || property == CONTENT {
        let media = table.media.ok_or_else(missing)?;
        (media.content, media.media_type)
    } else {
        let ordinal = model.structured(of).property(property);
        let column = ordinal.and_then(|ordinal| table.column_of(of, ordinal));
        let mut streams = table.streams.iter();
        let found = streams.find(|(content, _)| Some(*content) == column);
        *found.ok_or_else(missing)?
    };
    if name.ends_with(MEDIA_TYPE) {
        return Ok((media_type, Value::String(text)));
    }
    Ok((content, Value::Binary(URL_SAFE_NO_PAD.decode(text)?)))
}
