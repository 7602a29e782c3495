use std::collections::BTreeMap;

use edm::Model;
use proptest::prelude::*;

use super::*;

const MODEL: &str = r#"<edmx:Edmx Version="4.0" xmlns:edmx="http://docs.oasis-open.org/odata/ns/edmx"><edmx:DataServices><Schema Namespace="t" xmlns="http://docs.oasis-open.org/odata/ns/edm">
    <EntityType Name="thing"><Key><PropertyRef Name="id"/></Key>
      <Property Name="size" Type="Edm.Double"/>
      <Property Name="at" Type="Edm.DateTimeOffset"/>
      <Property Name="id" Type="Edm.String" Nullable="false"/>
    </EntityType>
    <EntityType Name="other"><Key><PropertyRef Name="id"/></Key>
      <Property Name="id" Type="Edm.String" Nullable="false"/>
    </EntityType>
    </Schema></edmx:DataServices></edmx:Edmx>"#;
const MAP: &str = "
    [[table]]
    name = \"thing\"
    type = \"t.thing\"
    tracked = true
    parent = [\"owner\"]
    [[table]]
    name = \"other\"
    type = \"t.other\"";

fn tables() -> Tables {
    let model = Model::from_csdl(MODEL).expect("a model");
    crate::read_map(&model, MAP).expect("a map")
}

/// A database in memory that hands out few rows at a time.
#[derive(Clone, Default)]
struct Memory {
    rows: BTreeMap<(TableId, Vec<String>), StoredRow>,
    tables: std::sync::Arc<Tables>,
    committed: std::rc::Rc<std::cell::RefCell<Option<Vec<StoredRow>>>>,
    /// What is lost of what is inserted.
    loses: Option<usize>,
}

fn place(key: &[Cell<'_>]) -> Vec<String> {
    let text = |cell: &Cell<'_>| match cell {
        Cell::Text(text) => text.to_string(),
        other => panic!("{other:?} in a key"),
    };
    key.iter().map(text).collect()
}

impl Contents for Memory {
    fn rows(
        &mut self,
        id: TableId,
        after: Option<&[Cell<'static>]>,
    ) -> Result<Vec<StoredRow>, Error> {
        let after = after.map(place);
        let rows = self.rows.iter().filter(|((table, key), _)| {
            *table == id && after.as_ref().is_none_or(|after| key > after)
        });
        Ok(rows.take(3).map(|(_, row)| row.clone()).collect())
    }

    fn count(&mut self, id: TableId) -> Result<u64, Error> {
        Ok(self.rows.keys().filter(|(table, _)| *table == id).count() as u64)
    }
}

impl Destination for Memory {
    fn insert(&mut self, id: TableId, rows: &[StoredRow]) -> Result<(), Error> {
        let tables = self.tables.clone();
        for row in rows.iter().skip(self.loses.take().unwrap_or(0)) {
            let key = place(&key(tables.table(id), row));
            assert!(self.rows.insert((id, key), row.clone()).is_none());
        }
        Ok(())
    }

    fn remove(&mut self, id: TableId, keys: &[StoredRow]) -> Result<(), Error> {
        for key in keys {
            assert!(self.rows.remove(&(id, place(key))).is_some());
        }
        Ok(())
    }

    fn commit(self: Box<Self>) -> Result<(), Error> {
        *self.committed.borrow_mut() = Some(self.rows.into_values().collect());
        Ok(())
    }
}

#[derive(Default)]
struct Steps {
    total: u64,
    done: u64,
}

impl Progress for Steps {
    fn total(&mut self, rows: u64) {
        self.total = rows;
    }
    fn table(&mut self, _: &str, _: Phase) {}
    fn rows(&mut self, rows: u64) {
        self.done += rows;
    }
}

fn thing(owner: &str, id: &str, size: f64) -> StoredRow {
    let text = |text: &str| Cell::Text(text.to_owned().into());
    let time = [Cell::Null, Cell::Null];
    let [ticks, form] = time;
    vec![Cell::Real(size), ticks, form, text(id), text(owner)]
}

fn database(rows: &[StoredRow]) -> Memory {
    let tables = std::sync::Arc::new(tables());
    let id = tables.find("thing").expect("a table");
    let mut memory = Memory {
        tables: tables.clone(),
        ..Memory::default()
    };
    for row in rows {
        let key = place(&key(tables.table(id), row));
        memory.rows.insert((id, key), row.clone());
    }
    memory
}

fn rows() -> impl Strategy<Value = Vec<StoredRow>> {
    let sizes = prop_oneof![Just(1.0), Just(2.0), Just(f64::NAN)];
    let row =
        ("[xy]", "[a-cé~]{0,2}", sizes).prop_map(|(owner, id, size)| thing(&owner, &id, size));
    prop::collection::vec(row, 0..20)
}

/// Rows as text, since a number that is none equals nothing.
fn told(rows: impl IntoIterator<Item = StoredRow>) -> Vec<String> {
    rows.into_iter().map(|row| format!("{row:?}")).collect()
}

proptest! {
    #[test]
    fn a_copy_is_what_its_source_is(one in rows(), other in rows()) {
        let (mut source, destination) = (database(&one), database(&other));
        let (committed, before) = (destination.committed.clone(), destination.rows.len() as u64);
        let mut steps = Steps::default();
        let tables = source.tables.clone();
        let copied = copy(&tables, &mut source, Box::new(destination), true, &mut steps).unwrap();
        let committed = committed.borrow_mut().take().expect("it was committed");
        prop_assert_eq!(told(committed), told(source.rows.values().cloned()));
        prop_assert_eq!(copied.rows, source.rows.len() as u64);
        prop_assert_eq!(before + copied.inserted - copied.removed, copied.rows);
        prop_assert_eq!(steps.done, steps.total);
    }
}

#[test]
fn what_is_there_is_not_replaced_unasked() {
    let (mut source, destination) = (database(&[]), database(&[thing("x", "a", 1.0)]));
    let (tables, committed) = (source.tables.clone(), destination.committed.clone());
    let mut steps = Steps::default();
    let refused = copy(
        &tables,
        &mut source,
        Box::new(destination),
        false,
        &mut steps,
    );
    let refused = refused.expect_err("it is not empty").to_string();
    assert_eq!(
        refused,
        "the destination is not empty: its table thing has 1 rows"
    );
    assert!(committed.borrow().is_none());
}

#[test]
fn a_copy_that_differs_is_not_committed() {
    let rows = [thing("x", "a", 1.0), thing("x", "b", 1.0)];
    let (mut source, mut destination) = (database(&rows), database(&[]));
    destination.loses = Some(1);
    let (tables, committed) = (source.tables.clone(), destination.committed.clone());
    let mut steps = Steps::default();
    let failed = copy(
        &tables,
        &mut source,
        Box::new(destination),
        false,
        &mut steps,
    );
    let failed = failed.expect_err("a row is lost").to_string();
    assert!(
        failed.contains("table thing") && failed.contains("\"a\""),
        "{failed}"
    );
    assert!(committed.borrow().is_none());
}

#[test]
fn logs_are_not_carried() {
    let tables = tables();
    let names: Vec<_> = carried(&tables)
        .map(|(_, table)| table.name.as_str())
        .collect();
    assert_eq!(names, ["thing", "other"]);
    let logs: Vec<_> = logs(&tables).map(|table| table.name.as_str()).collect();
    assert_eq!(logs, ["thing_change"]);
}
