//! Which changes of a table are audited: what the map says of it.

use serde::Deserialize;

use super::TableEntry;
use crate::audit::Audit;
use crate::table::{ColumnSet, Table};

/// `audit = { … }` of a table.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct AuditEntry {
    /// What the events are sorted under.
    category: String,
    /// What a row is called; by default its type, or the table.
    resource: Option<String>,
    /// The column of a row's name for people.
    name: Option<String>,
    /// `insert`, `update`, `delete`; by default all of them.
    when: Option<Vec<When>>,
    /// The columns that are told; by default those of the type, of a table without a type all, and of
    /// an adjustable one what clients adjusted.
    only: Option<Vec<String>>,
    /// Columns that are told beside those.
    #[serde(default)]
    also: Vec<String>,
    /// Columns whose change is not told, and alone is none.
    #[serde(default)]
    silent: Vec<String>,
    /// Columns of which a hash is told.
    #[serde(default)]
    secret: Vec<String>,
}

#[derive(Clone, Copy, Deserialize, PartialEq, Eq)]
#[serde(rename_all = "lowercase")]
enum When {
    Insert,
    Update,
    Delete,
}

impl AuditEntry {
    /// Finds the columns.
    ///
    /// # Errors
    /// If the table lacks one that is named, or is one of those that no command changes row by row.
    pub(super) fn build(&self, entry: &TableEntry, table: &Table) -> Result<Audit, String> {
        if table.view.is_some() || table.identity {
            return Err("neither a view nor a log of its own is audited".to_owned());
        }
        let find = |name: &String| {
            let column = table.column(name);
            column.ok_or_else(|| format!("no audited column {name}"))
        };
        let set = |names: &[String]| names.iter().map(find).collect::<Result<ColumnSet, _>>();
        let (also, silent, secret) = (set(&self.also)?, set(&self.silent)?, set(&self.secret)?);
        let only = match &self.only {
            Some(names) => set(names)?,
            None => default_columns(entry, table),
        };
        let stored = |column: &usize| {
            table.columns[*column].expression.is_none() && table.version != Some(*column)
        };
        let told = (0..table.columns.len())
            .filter(|column| only.contains(*column) || also.contains(*column))
            .filter(|column| !silent.contains(*column))
            .filter(stored)
            .collect();
        let when = |what: When| self.when.as_ref().is_none_or(|when| when.contains(&what));
        Ok(Audit {
            category: self.category.clone(),
            resource: self.resource.clone(),
            name: self.name.as_ref().map(find).transpose()?,
            told,
            secret,
            inserts: when(When::Insert),
            updates: when(When::Update),
            deletes: when(When::Delete),
        })
    }
}

/// What is told unless the map says otherwise.
fn default_columns(entry: &TableEntry, table: &Table) -> ColumnSet {
    let hidden = table.own..table.columns.len();
    if entry.adjustable {
        let adjustment = |column: &usize| table.columns[*column].name.ends_with("_adjustment");
        return hidden.filter(adjustment).collect();
    }
    match table.of {
        // What derived types add stands behind the type's own columns.
        Some(_) => (0..table.own)
            .chain(table.derived.values().flatten().copied())
            .collect(),
        None => (0..table.columns.len()).collect(),
    }
}

#[cfg(test)]
mod tests {
    use edm::Model;

    use crate::map::read_map;

    const MODEL: &str = r#"<edmx:Edmx Version="4.0" xmlns:edmx="http://docs.oasis-open.org/odata/ns/edmx"><edmx:DataServices>
        <Schema Namespace="a" xmlns="http://docs.oasis-open.org/odata/ns/edm">
        <EntityType Name="Thing"><Key><PropertyRef Name="Id"/></Key>
        <Property Name="Id" Type="Edm.String" Nullable="false"/><Property Name="Seen" Type="Edm.Int32" Nullable="false"/></EntityType>
        <EntityContainer Name="C"><EntitySet Name="Things" EntityType="a.Thing"/></EntityContainer>
        </Schema></edmx:DataServices></edmx:Edmx>"#;

    /// The names of the columns that are told, and whether inserts, updates and deletes are.
    fn told(table: &str) -> Result<(String, [bool; 3]), String> {
        let model = Model::from_csdl(MODEL).map_err(|e| e.to_string())?;
        let tables = read_map(&model, table).map_err(|e| e.to_string())?;
        let table = tables.iter().next().map(|(_, table)| table).ok_or("none")?;
        let audit = table.audit.as_ref().ok_or("not audited")?;
        let names = audit.told.iter().map(|c| table.columns[c].name.as_str());
        let names = names.collect::<Vec<_>>().join(" ");
        Ok((names, [audit.inserts, audit.updates, audit.deletes]))
    }

    #[test]
    fn the_map_says_what_is_told() {
        let typed = |audit: &str| {
            told(&format!(
                "[[table]]\nname = \"t\"\ntype = \"a.Thing\"\naudit = {{ category = \"C\"{audit} }}\nhidden = [{{ name = \"h\", type = \"Edm.String\" }}]"
            ))
        };
        let all = [true; 3];
        assert_eq!(typed(""), Ok(("id seen".to_owned(), all)));
        let more = typed(", also = [\"h\"], silent = [\"seen\"]");
        assert_eq!(more, Ok(("id h".to_owned(), all)));
        let deletes = typed(", when = [\"delete\"], only = []");
        assert_eq!(deletes, Ok((String::new(), [false, false, true])));
        for (wrong, says) in [
            (", also = [\"x\"]", "no audited column x"),
            (", when = [\"read\"]", "read"),
            (", what = 1", "what"),
        ] {
            let error = typed(wrong).unwrap_err();
            assert!(error.contains(says), "{error}");
        }
        let untyped = "[[table]]\nname = \"t\"\nkey = [\"k\"]\naudit = { category = \"C\", resource = \"R\" }\nhidden = [{ name = \"k\", type = \"Edm.String\" }, { name = \"v\", type = \"Edm.Int64\" }]";
        assert_eq!(told(untyped), Ok(("k v".to_owned(), all)));
        let adjusted = "[[table]]\nname = \"t\"\ntype = \"a.Thing\"\nadjustable = true\naudit = { category = \"C\" }";
        assert_eq!(told(adjusted), Ok(("seen_adjustment".to_owned(), all)));
    }
}
