//! One member of a collection on a path.

use edm::Value;
use odata::Error;
use odata::query::QueryOptions;
use store::{Reader, Row, Select};

use super::{Target, key_text};
use crate::core::Core;
use crate::read::conditions;

/// The member that a key names; behind `/$filter(…)` it must be one that the condition holds for.
///
/// # Errors
/// 404 for a key that no entity here can have, or that the condition leaves out.
pub(super) fn by_key(
    core: &Core,
    reader: &mut dyn Reader,
    from: Target,
    values: &[Value],
) -> Result<Target, Error> {
    let mut member = from.member(core, values)?;
    if member.filters.is_empty() {
        return Ok(member);
    }
    let none = QueryOptions::default();
    let mut select = conditions(core, &member, &none);
    let key = &core.tables.table(member.table).key;
    let own = member.key.clone().unwrap_or_default();
    select.fixed.extend(key.iter().copied().zip(own));
    if reader.count(&select)? == 0 {
        return Err(member.missing(core));
    }
    member.filters.clear();
    Ok(member)
}

/// The member of a collection that an alternate key names (OData 4.01 URL Conventions, section
/// 4.3.4).
pub(super) fn by_alternate(
    core: &Core,
    reader: &mut dyn Reader,
    from: Target,
    values: &[(usize, Value)],
) -> Result<Target, Error> {
    let table = core.tables.table(from.table);
    let none = QueryOptions::default();
    let mut select = Select {
        columns: (0..table.columns.len()).collect(),
        ..conditions(core, &from, &none)
    };
    for (ordinal, value) in values {
        let column = table
            .column_of(from.of, *ordinal)
            .ok_or_else(|| Error::internal("an alternate key has no column"))?;
        select.fixed.push((column, value.clone()));
    }
    select.limit = Some(1);
    let mut found: Option<Row> = None;
    reader.select(&select, &mut |cells| {
        found = Some(store::cell::decode_row(&core.model, table, cells)?);
        Ok(())
    })?;
    let own: Vec<Value> = values.iter().map(|(_, value)| value.clone()).collect();
    let member = Target {
        name: key_text(core, &own),
        filters: Vec::new(),
        ..from.clone()
    };
    let row = found.ok_or_else(|| member.missing(core))?;
    Ok(Target {
        key: Some(table.key_of(&row)),
        ..member
    })
}
