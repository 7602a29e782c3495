//! The service's model and storage map, and databases of them.

use std::path::Path;
use std::sync::{Arc, LazyLock};

use edm::Model;
use store::clock::SystemClock;
use store::{Dialect, Table, TableId, Tables};
use store_sqlite::{OpenError, Sqlite};

static MODEL: LazyLock<Arc<Model>> = LazyLock::new(|| {
    let schema = include_str!("../../../../schema/deviceManagement.csdl.xml");
    Arc::new(Model::from_csdl(schema).unwrap())
});

static TABLES: LazyLock<Arc<Tables>> = LazyLock::new(|| {
    let map = include_str!("../../../../schema/storage.toml");
    Arc::new(store::read_map(&MODEL, map).unwrap())
});

pub(crate) fn model() -> &'static Arc<Model> {
    &MODEL
}

pub(crate) fn tables() -> &'static Tables {
    &TABLES
}

pub(crate) fn table(name: &str) -> (TableId, &'static Table) {
    let id = TABLES.find(name).unwrap();
    (id, TABLES.table(id))
}

pub(crate) fn column(table: &Table, name: &str) -> usize {
    table.column(name).unwrap()
}

/// The statements that make the tables of the model and the map.
pub(crate) fn created() -> String {
    store::ddl::create(&TABLES, Dialect::Sqlite)
}

/// Opens a file as the server does.
pub(crate) fn open(path: &Path) -> Result<Sqlite, OpenError> {
    Sqlite::open(path, MODEL.clone(), TABLES.clone(), Arc::new(SystemClock))
}
