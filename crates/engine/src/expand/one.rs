//! A single-valued navigation property, expanded: one select for all entities of a page.

use std::collections::HashMap;

use edm::Value;
use odata::Error;
use odata::json;
use odata::query::{ExpandForm, QueryOptions};
use odata::uri::encode_key;
use store::{NavigationMap, Reader, Row, Select};

use super::{Expanded, Expansion, Source, map_of, of_row};
use crate::represent::{At, Representation, entity_url};
use crate::target::cast_filter;

impl Expansion<'_> {
    pub(super) fn one(
        &self,
        reader: &mut dyn Reader,
        from: &[Source<'_>],
    ) -> Result<Expanded, Error> {
        let map = map_of(self.core, self.item)?;
        let options = self.options();
        let keys: Vec<Option<Vec<Value>>> = from
            .iter()
            .map(|source| self.applies(source).then(|| wanted(map, source)))
            .collect();
        let found = self.rows(reader, map, &options, &keys)?;
        let mut expanded = Vec::with_capacity(from.len());
        for (source, key) in from.iter().zip(&keys) {
            let Some(key) = key else {
                expanded.push(Vec::new());
                continue;
            };
            let row = found.get(&text_of(key));
            expanded.push(self.written(reader, map, &options, source, row)?);
        }
        Ok(Expanded(expanded))
    }

    fn written(
        &self,
        reader: &mut dyn Reader,
        map: &NavigationMap,
        options: &QueryOptions,
        source: &Source<'_>,
        row: Option<&Row>,
    ) -> Result<Vec<u8>, Error> {
        let (core, style, of) = (self.core, self.style, self.target());
        let mut out = Vec::with_capacity(512);
        self.write_links(&mut out, source);
        json::write_string(&mut out, self.name());
        out.push(b':');
        let Some(row) = row else {
            out.extend_from_slice(b"null");
            return Ok(out);
        };
        let place = source.place.step(self.name());
        if self.item.form == ExpandForm::References {
            let key = core.key_of(of, row);
            out.extend_from_slice(b"{\"@odata.id\":");
            json::write_string(&mut out, &entity_url(core, of, &key, At::Itself(&place)));
            out.push(b'}');
            return Ok(out);
        }
        let mut representation = Representation::new(core, map.table, of, options, style, false)?;
        representation.compute_row(reader, (map.table, row), options)?;
        out.push(b'{');
        let mut separate = representation.members_of_row(&mut out, row, At::Itself(&place))?;
        let parts = (core, style, self.permit);
        of_row(
            parts,
            reader,
            options,
            (map.table, row),
            &place,
            &mut separate,
            &mut out,
        )?;
        out.push(b'}');
        Ok(out)
    }

    /// The rows that the keys lead to, by the keys' text.
    fn rows(
        &self,
        reader: &mut dyn Reader,
        map: &NavigationMap,
        options: &QueryOptions,
        keys: &[Option<Vec<Value>>],
    ) -> Result<HashMap<String, Row>, Error> {
        let core = self.core;
        let table = core.tables.table(map.table);
        let mut distinct: HashMap<String, Vec<Value>> = HashMap::new();
        for key in keys.iter().flatten() {
            if key
                .iter()
                .all(|value| !value.is_null() && value.as_str() != Some(""))
            {
                distinct.entry(text_of(key)).or_insert_with(|| key.clone());
            }
        }
        let mut found = HashMap::with_capacity(distinct.len());
        let mut select = Select::all(map.table, table.columns.len());
        select.filter = options.filter.iter().collect();
        select.now = core.clock.now();
        select.of = cast_filter(core, map.table, self.target());
        select.today = core.today();
        let mut read = |select: &Select<'_>, reader: &mut dyn Reader| {
            reader.select(select, &mut |cells| {
                let row = store::cell::decode_row(&core.model, table, cells)?;
                let key: Vec<Value> = map.on.iter().map(|(to, _)| row[*to].clone()).collect();
                found.insert(text_of(&key), row);
                Ok(())
            })
        };
        if let [(column, _)] = map.on.as_slice() {
            let values: Vec<Value> = distinct.into_values().flatten().collect();
            if !values.is_empty() {
                select.among = Some((*column, values));
                read(&select, reader)?;
            }
        } else {
            for key in distinct.into_values() {
                select.fixed = map.on.iter().map(|(to, _)| *to).zip(key).collect();
                read(&select, reader)?;
            }
        }
        Ok(found)
    }
}

/// The values that the target's columns must have, in the order of the map.
fn wanted(map: &NavigationMap, source: &Source<'_>) -> Vec<Value> {
    let value = |column: &usize| {
        let found = source.values.iter().find(|(known, _)| known == column);
        found.map_or(Value::Null, |(_, value)| value.clone())
    };
    map.on.iter().map(|(_, column)| value(column)).collect()
}

fn text_of(key: &[Value]) -> String {
    key.iter().map(encode_key).collect::<Vec<_>>().join(",")
}
