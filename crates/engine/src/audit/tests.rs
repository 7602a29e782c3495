//! What a watched transaction asks of the real one, and what it gathers.

use edm::time::DateTimeOffset;
use edm::{Model, Value};
use store::changes::{Horizon, LogPlace};
use store::{
    AggregatedSink, Aggregation, Cells, ColumnSet, Reader, Row, Select, TableId, Tables, read_map,
};

use super::*;

const MODEL: &str = r#"<edmx:Edmx Version="4.0" xmlns:edmx="http://docs.oasis-open.org/odata/ns/edmx"><edmx:DataServices>
    <Schema Namespace="a" xmlns="http://docs.oasis-open.org/odata/ns/edm">
    <EntityType Name="Thing"><Key><PropertyRef Name="Id"/></Key>
    <Property Name="Id" Type="Edm.String" Nullable="false"/><Property Name="Name" Type="Edm.String"/>
    <Property Name="Seen" Type="Edm.Int32" Nullable="false"/></EntityType>
    <EntityContainer Name="C"><EntitySet Name="Things" EntityType="a.Thing"/></EntityContainer>
    </Schema></edmx:DataServices></edmx:Edmx>"#;

const MAP: &str = r#"
[[table]]
name = "plain"
type = "a.Thing"
[[table]]
name = "audited"
type = "a.Thing"
audit = { category = "C", silent = ["seen"] }
[[table]]
name = "deleted"
type = "a.Thing"
audit = { category = "C", when = ["delete"], only = [] }
"#;

/// A database of one row, `Some` while it is there, that notes what it is asked.
struct Noted {
    row: Option<Row>,
    asked: Vec<&'static str>,
}

impl Reader for Noted {
    fn everything(&mut self) -> &mut dyn Reader {
        self
    }

    fn select(
        &mut self,
        _: &Select<'_>,
        _: &mut dyn FnMut(&dyn Cells) -> Result<(), Error>,
    ) -> Result<(), Error> {
        self.asked.push("select");
        Ok(())
    }

    fn count(&mut self, _: &Select<'_>) -> Result<u64, Error> {
        self.asked.push("count");
        Ok(0)
    }

    fn aggregate(&mut self, _: &Aggregation<'_>, _: &mut AggregatedSink<'_>) -> Result<(), Error> {
        self.asked.push("aggregate");
        Ok(())
    }

    fn get(&mut self, _: TableId, _: &[Value]) -> Result<Option<Row>, Error> {
        self.asked.push("get");
        Ok(self.row.clone())
    }

    fn exists(&mut self, _: TableId, _: &[Value]) -> Result<bool, Error> {
        self.asked.push("exists");
        Ok(self.row.is_some())
    }

    fn check_version(&mut self) -> Result<(), Error> {
        Ok(())
    }

    fn log_horizon(&mut self, _: TableId) -> Result<Horizon, Error> {
        Err(Error::internal("no log"))
    }

    fn log_rows(
        &mut self,
        _: TableId,
        _: LogPlace,
        _: u64,
        _: &mut dyn FnMut(&dyn Cells) -> Result<(), Error>,
    ) -> Result<(), Error> {
        Ok(())
    }
}

impl Transaction for Noted {
    fn unconfined(&mut self) -> &mut dyn Transaction {
        self
    }

    fn insert(&mut self, _: TableId, row: &Row) -> Result<bool, Error> {
        self.asked.push("insert");
        let free = self.row.is_none();
        if free {
            self.row = Some(row.clone());
        }
        Ok(free)
    }

    fn append(&mut self, _: TableId, _: &Row) -> Result<i64, Error> {
        self.asked.push("append");
        Ok(1)
    }

    fn update(&mut self, _: TableId, _: &[Value], _: ColumnSet, row: &Row) -> Result<bool, Error> {
        self.asked.push("update");
        let there = self.row.is_some();
        if there {
            self.row = Some(row.clone());
        }
        Ok(there)
    }

    fn add(&mut self, _: TableId, _: &[Value], _: &[(usize, i64)]) -> Result<(), Error> {
        self.asked.push("add");
        Ok(())
    }

    fn raise(&mut self, _: TableId, _: &[Value], _: usize, _: DateTimeOffset) -> Result<(), Error> {
        self.asked.push("raise");
        Ok(())
    }

    fn delete(&mut self, _: TableId, _: &[Value]) -> Result<bool, Error> {
        self.asked.push("delete");
        Ok(self.row.take().is_some())
    }

    fn delete_where(&mut self, _: TableId, _: &[(usize, Value)], _: u32) -> Result<u32, Error> {
        self.asked.push("delete_where");
        Ok(self.row.take().map_or(0, |_| 1))
    }

    fn touch(&mut self) -> Result<(), Error> {
        Ok(())
    }

    fn trim_log(&mut self, _: TableId, _: LogPlace) -> Result<(), Error> {
        Ok(())
    }
}

fn row(name: &str, seen: i64) -> Row {
    vec![Value::from("1"), Value::from(name), Value::Integer(seen)]
}

/// One step on the row of a table.
enum Step {
    Insert(Row),
    Update(Row),
    Delete,
    DeleteWhere,
}

/// Runs steps on a table that holds a row or none: what the database was asked, and what is told, as
/// names from and to.
fn check(table: &str, there: Option<Row>, steps: Vec<Step>, asked: &[&str], told: &[[&str; 2]]) {
    let model = Model::from_csdl(MODEL).unwrap();
    let tables: Tables = read_map(&model, MAP).unwrap();
    let id = tables.find(table).unwrap();
    let mut noted = Noted {
        row: there,
        asked: Vec::new(),
    };
    let mut watched = Watched(Unconfined {
        model: &model,
        tables: &tables,
        inner: &mut noted,
        changes: Changes::default(),
    });
    let key = [Value::from("1")];
    for step in steps {
        let outcome = match step {
            Step::Insert(row) => watched.insert(id, &row),
            Step::Update(row) => {
                let before = watched.0.inner.get(id, &key).unwrap().unwrap();
                let columns = tables.table(id).difference(&before, &row);
                watched.update(id, &key, columns, &row)
            }
            Step::Delete => watched.delete(id, &key),
            Step::DeleteWhere => watched.delete_where(id, &[], 9).map(|_| true),
        };
        outcome.unwrap();
    }
    let changes = watched.0.changes.told(&tables);
    let name = |row: &Option<Row>| match row {
        Some(row) => row[1].as_str().unwrap_or("").to_owned(),
        None => "-".to_owned(),
    };
    let found: Vec<_> = changes
        .iter()
        .map(|c| [name(&c.old), name(&c.new)])
        .collect();
    assert_eq!(found, told, "{table}");
    assert_eq!(noted.asked, asked, "{table}");
}

#[test]
fn a_table_that_is_not_audited_costs_no_statement() {
    let there = || Some(row("a", 0));
    // The first `get` is the test's own.
    check(
        "plain",
        there(),
        vec![Step::Update(row("b", 1))],
        &["get", "update"],
        &[],
    );
    check("plain", there(), vec![Step::Delete], &["delete"], &[]);
    check(
        "plain",
        there(),
        vec![Step::DeleteWhere],
        &["delete_where"],
        &[],
    );
    check(
        "plain",
        None,
        vec![Step::Insert(row("a", 0))],
        &["insert"],
        &[],
    );
    // Nor does a change that is not told.
    check(
        "audited",
        there(),
        vec![Step::Update(row("a", 1))],
        &["get", "update"],
        &[],
    );
    check(
        "deleted",
        there(),
        vec![Step::Update(row("b", 1))],
        &["get", "update"],
        &[],
    );
    check(
        "deleted",
        None,
        vec![Step::Insert(row("a", 0))],
        &["insert"],
        &[],
    );
    check(
        "deleted",
        there(),
        vec![Step::DeleteWhere],
        &["delete_where"],
        &[],
    );
}

#[test]
fn what_a_command_did_to_a_row_is_told_once() {
    let there = || Some(row("a", 0));
    let update = |name: &str| Step::Update(row(name, 0));
    check(
        "audited",
        there(),
        vec![update("b")],
        &["get", "get", "update"],
        &[["a", "b"]],
    );
    let twice = vec![update("b"), update("c")];
    let asked = ["get", "get", "update", "get", "update"];
    check("audited", there(), twice, &asked, &[["a", "c"]]);
    let back = vec![update("b"), update("a")];
    check("audited", there(), back, &asked, &[]);
    check(
        "audited",
        there(),
        vec![Step::Delete],
        &["get", "delete"],
        &[["a", "-"]],
    );
    check(
        "deleted",
        there(),
        vec![Step::Delete],
        &["get", "delete"],
        &[["a", "-"]],
    );
    let replaced = vec![Step::Delete, Step::Insert(row("b", 0))];
    check(
        "audited",
        there(),
        replaced,
        &["get", "delete", "insert"],
        &[["a", "b"]],
    );
    let same = vec![Step::Delete, Step::Insert(row("a", 0))];
    check("audited", there(), same, &["get", "delete", "insert"], &[]);
    check(
        "audited",
        None,
        vec![Step::Insert(row("a", 0))],
        &["insert"],
        &[["-", "a"]],
    );
    let gone = vec![Step::Insert(row("a", 0)), Step::Delete];
    check("audited", None, gone, &["insert", "delete"], &[]);
    // What was not carried out is not told.
    check(
        "audited",
        there(),
        vec![Step::Insert(row("b", 0))],
        &["insert"],
        &[],
    );
    check("audited", None, vec![Step::Delete], &["get", "delete"], &[]);
}
