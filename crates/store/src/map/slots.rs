//! Counters in slots: on a database with many writers each adds in a row of its own, so that none
//! waits for another, and a view under the table's name sums them.

use std::fmt::Write as _;

use edm::{Primitive, TypeRef, Value};

use crate::table::{Column, ColumnKind, Table};

/// Whether a table's rows can be summed.
///
/// # Errors
/// What stands in the way.
pub(super) fn check(table: &Table) -> Result<(), String> {
    if table.identity || !table.indexes.is_empty() {
        return Err("counters have neither an identity nor indexes".to_owned());
    }
    let summed = |column: &Column| match column.kind {
        ColumnKind::Integer => !column.nullable,
        ColumnKind::DateTimeOffset => column.nullable,
        _ => false,
    };
    let wrong = (0..table.columns.len())
        .filter(|column| !table.key.contains(column))
        .map(|column| &table.columns[column])
        .find(|column| column.expression.is_none() && !summed(column));
    match wrong {
        Some(column) => Err(format!(
            "counters are integers that are not null and date-times that may be null, which {} is \
             not",
            column.name
        )),
        None => Ok(()),
    }
}

impl Table {
    /// The table of the slots of a table of counters: the same columns, and behind them the slot's
    /// number, which ends the key.
    #[must_use]
    pub fn slots(&self) -> Option<Self> {
        if !self.counters {
            return None;
        }
        let mut columns = self.columns.clone();
        columns.push(Column {
            name: SLOT.to_owned(),
            kind: ColumnKind::Integer,
            nullable: false,
            ty: TypeRef::primitive(Primitive::Int64),
            expression: None,
            default: Value::Integer(0),
        });
        if let Some(version) = self.version {
            // A slot that is made by an addition is one change of the row.
            columns[version].default = Value::Integer(1);
        }
        let mut slots = self.with_columns(&format!("{}_slot", self.name), columns);
        slots.key = self.key.clone();
        slots.key.push(self.columns.len());
        slots.own = slots.columns.len();
        Some(slots)
    }
}

const SLOT: &str = "slot";

/// The view that sums the slots of a table on PostgreSQL.
pub(crate) fn view(table: &Table, slots: &Table) -> String {
    let mut shown = Vec::new();
    let mut key = Vec::new();
    for (i, column) in table.columns.iter().enumerate() {
        let name = &column.name;
        if column.expression.is_some() {
            continue;
        }
        if table.key.contains(&i) {
            key.push(format!("\"{name}\""));
            shown.push(format!("\"{name}\""));
        } else if column.kind == ColumnKind::DateTimeOffset {
            shown.push(format!("MAX(\"{name}\") AS \"{name}\""));
            let latest = format!("ORDER BY \"{name}\" DESC NULLS LAST");
            shown.push(format!(
                "(ARRAY_AGG(\"{name}_form\" {latest}))[1] AS \"{name}_form\""
            ));
        } else {
            shown.push(format!("SUM(\"{name}\")::BIGINT AS \"{name}\""));
        }
    }
    let mut sql = format!("CREATE VIEW \"{}\" AS SELECT\n  ", table.name);
    let _ = write!(
        sql,
        "{}\nFROM \"{}\" GROUP BY {};\n",
        shown.join(",\n  "),
        slots.name,
        key.join(", ")
    );
    sql
}

#[cfg(test)]
mod tests {
    use edm::Model;

    use crate::Dialect;

    const MODEL: &str = r#"<edmx:Edmx Version="4.0" xmlns:edmx="http://docs.oasis-open.org/odata/ns/edmx"><edmx:DataServices><Schema Namespace="t" xmlns="http://docs.oasis-open.org/odata/ns/edm">
        <EntityType Name="sum"><Key><PropertyRef Name="id"/></Key>
          <Property Name="id" Type="Edm.String" Nullable="false"/>
          <Property Name="hits" Type="Edm.Int32" Nullable="false"/>
          <Property Name="last" Type="Edm.DateTimeOffset"/>
        </EntityType>
        <EntityType Name="other"><Key><PropertyRef Name="id"/></Key>
          <Property Name="id" Type="Edm.String" Nullable="false"/>
          <Property Name="name" Type="Edm.String"/>
        </EntityType>
        </Schema></edmx:DataServices></edmx:Edmx>"#;

    fn created(map: &str, dialect: Dialect) -> Result<String, String> {
        let model = Model::from_csdl(MODEL).expect("a model");
        let tables = crate::read_map(&model, map).map_err(|error| error.to_string())?;
        Ok(crate::ddl::create(&tables, dialect))
    }

    #[test]
    fn slots_are_a_table_under_a_view() {
        let map = "[[table]]\nname = \"sum\"\ntype = \"t.sum\"\ncounters = true";
        let sqlite = created(map, Dialect::Sqlite).expect("tables");
        assert!(!sqlite.contains("slot"), "{sqlite}");
        let postgres = created(map, Dialect::Postgres).expect("tables");
        for part in [
            "CREATE TABLE \"sum_slot\" (",
            "PRIMARY KEY (\"id\", \"slot\")",
            "CREATE VIEW \"sum\" AS SELECT",
            "SUM(\"hits\")::BIGINT AS \"hits\"",
            "MAX(\"last\") AS \"last\"",
            "FROM \"sum_slot\" GROUP BY \"id\";",
        ] {
            assert!(postgres.contains(part), "{part}: {postgres}");
        }
    }

    #[test]
    fn what_cannot_be_summed_is_refused() {
        for (map, part) in [
            ("name = \"a\"\ntype = \"t.other\"", "which name is not"),
            (
                "name = \"a\"\ntype = \"t.sum\"\nindex = [{ columns = [\"hits\"] }]",
                "indexes",
            ),
        ] {
            let error = created(
                &format!("[[table]]\n{map}\ncounters = true"),
                Dialect::Sqlite,
            );
            let error = error.expect_err("a map that is refused");
            assert!(error.contains(part), "{error}");
        }
    }
}
