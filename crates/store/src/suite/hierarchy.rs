//! Tables of several types, and what the store keeps beside properties: versions and streams.

use edm::Value;
use edm::time::DateTimeOffset;

use super::Opener;
use super::values::any_typed_row;
use super::world::{World, column, model, of_owner, property_runner, row, table};
use crate::{ColumnSet, Row};

/// A row of a derived type comes back whole and of its type; a property's column is found by any
/// type that has it.
pub fn rows_of_derived_types_come_back_as_they_were(open: Opener) {
    let world = World::new(open);
    let (id, things) = table("thing");
    let outcome = property_runner(64).run(&any_typed_row(things), |row| {
        let key = things.key_of(&row);
        let inserted = row.clone();
        let found = world.written(move |transaction| {
            transaction.delete(id, &key)?;
            assert!(transaction.insert(id, &inserted)?);
            transaction.get(id, &key)
        });
        assert_eq!(found.as_ref(), Some(&row));
        let of = things.type_of(model(), &row).expect("the type is known");
        let of = of.expect("rows of the table are entities");
        let ty = model().structured(of);
        for ordinal in 0..ty.inherited_properties {
            let base = ty.base.expect("what is inherited comes from a base");
            assert_eq!(
                things.column_of(of, ordinal),
                things.column_of(base, ordinal)
            );
        }
        Ok(())
    });
    outcome.expect("every row comes back");
    let find = |name: &str| model().find_structured(name).expect("the type is there");
    let (machine, motor, plant) = (
        find("suite.machine"),
        find("suite.motor"),
        find("suite.plant"),
    );
    let label = |of| model().structured(of).property("label").expect("a label");
    let column = |of| things.column_of(of, label(of)).expect("a column");
    assert_eq!(column(machine), column(motor));
    assert_ne!(column(machine), column(plant));
    let blank = things.blank_of(model(), motor);
    assert_eq!(blank[column(motor)], Value::from("new"));
    assert_eq!(blank[column(plant)], Value::Null);
    assert_eq!(things.type_names(model(), find("suite.thing")), None);
    assert_eq!(
        things.type_names(model(), machine),
        Some(vec!["suite.machine", "suite.motor"])
    );
}

/// Each change of a row counts its version on by one; a new row's is random.
pub fn a_rows_version_counts_its_changes(open: Opener) {
    let world = World::new(open);
    let (id, documents) = table("document");
    let owner = world.new_owner();
    let document = |key: &str| -> Row {
        row(
            documents,
            &[("owner", owner.clone()), ("id", Value::from(key))],
        )
    };
    let version = documents.version.expect("documents have versions");
    let mut expected = document("a");
    assert_ne!(expected[version], document("a")[version]);
    world.fill(id, &[expected.clone()]);
    let title = column(documents, "title");
    let content = documents.media.expect("documents are media").content;
    expected[title] = "title".into();
    expected[content] = Value::Binary(vec![1, 2]);
    let key = documents.key_of(&expected);
    let (over, columns) = (expected.clone(), ColumnSet::from_iter([title, content]));
    assert!(world.written(move |t| t.update(id, &key, columns, &over)));
    let before = expected.clone();
    documents.count_version(&mut expected);
    assert_eq!(world.rows(of_owner("document", &owner)), [expected.clone()]);
    assert!(documents.difference(&before, &expected).is_empty());
    // Written itself, a version is what it is given.
    expected[version] = Value::Integer(7);
    let (key, over) = (documents.key_of(&expected), expected.clone());
    assert!(world.written(move |t| t.update(id, &key, ColumnSet::from_iter([version]), &over)));
    assert_eq!(world.rows(of_owner("document", &owner)), [expected]);
}

/// Counters and latest times are changes too; a row that an addition makes has a version of its
/// own.
pub fn additions_count_versions(open: Opener) {
    let world = World::new(open);
    let (id, counters) = table("counter");
    let version = counters.version.expect("counters have versions");
    let (hits, latest) = (column(counters, "hits"), column(counters, "latest"));
    let owner = world.new_owner();
    let read = |owner: &Value| {
        let rows = world.rows(of_owner("counter", owner));
        rows[0][version].as_i64().expect("a version is a number")
    };
    let key = vec![owner.clone(), Value::from("a")];
    let add = |key: Vec<Value>| {
        world.written(move |t| t.add(id, &key, &[(hits, 1)]));
    };
    add(key.clone());
    let first = read(&owner);
    assert!((0..1 << 52).contains(&first));
    add(key.clone());
    assert_eq!(read(&owner), first + 1);
    world.written(move |t| t.raise(id, &key, latest, DateTimeOffset::MIN));
    assert_eq!(read(&owner), first + 2);
    let other = world.new_owner();
    add(vec![other.clone(), Value::from("a")]);
    assert_ne!(read(&other), first);
}
