//! Opens the service: its model and tables, a database, and the start rows in an empty one.

use std::path::Path;
use std::sync::Arc;

use edm::Model;
use engine::exchange::Handler;
use engine::{Core, Engine};
use odata::uri::Limits;
use store::clock::{Clock, SystemClock};
use store::{Database, Tables, read_map};
use store_postgres::{Options, Postgres, Target};
use store_sqlite::{Durability, Sqlite};
use tempfile::TempDir;

use crate::Failure;
use crate::definitions;
use crate::ids::OrderedIds;
use crate::seed::{self, Seed};
use crate::service::Storefront;

const MODEL: &str = include_str!("../model.csdl.xml");
const MAP: &str = include_str!("../storage.toml");

/// The service, ready for requests.
pub struct Shop {
    pub(crate) engine: Arc<dyn Handler>,
    /// The directory of a database that goes with the process.
    _directory: Option<TempDir>,
}

/// Opens the service on an SQLite file, on a PostgreSQL database (`postgres://…`), or, without a
/// name, on a file that goes with what is returned.
///
/// # Errors
/// If the database cannot be opened, or holds something else.
pub async fn open(database: Option<&str>) -> Result<Shop, Failure> {
    let mut model = Model::from_csdl(MODEL)?;
    definitions::add(&mut model)?;
    let model = Arc::new(model);
    let tables = Arc::new(read_map(&model, MAP)?);
    let clock: Arc<dyn Clock> = Arc::new(SystemClock);
    let opening = {
        let (database, model) = (database.map(str::to_owned), Arc::clone(&model));
        let (tables, clock) = (Arc::clone(&tables), Arc::clone(&clock));
        // Opening a database blocks, and PostgreSQL's client runs a loop of its own.
        move || open_store(database.as_deref(), &model, &tables, &clock)
    };
    let (store, directory) = tokio::task::spawn_blocking(opening).await??;
    let seed = Arc::new(Seed::read(&model, &tables)?);
    let service = Storefront::new(&model, &tables, Arc::clone(&seed))?;
    let core = Core::new(
        Arc::clone(&model),
        tables,
        store,
        clock,
        Arc::new(OrderedIds),
        Arc::new(service),
    )
    .with_limits(Limits {
        literal_characters: LITERAL_CHARACTERS,
        ..Limits::default()
    })
    .open_to_everyone()?;
    let core = Arc::new(core);
    seed::sow_if_empty(&core, &seed).await?;
    Ok(Shop {
        engine: Arc::new(Engine::new(core)),
        _directory: directory,
    })
}

/// The most characters of a literal in a URL.
const LITERAL_CHARACTERS: usize = 2_000;

type Opened = (Arc<dyn Database>, Option<TempDir>);

fn open_store(
    database: Option<&str>,
    model: &Arc<Model>,
    tables: &Arc<Tables>,
    clock: &Arc<dyn Clock>,
) -> Result<Opened, Failure> {
    let (model, tables, clock) = (Arc::clone(model), Arc::clone(tables), Arc::clone(clock));
    let sqlite = |path: &Path, durability| {
        Sqlite::open_of_model(
            path,
            durability,
            model.clone(),
            tables.clone(),
            clock.clone(),
        )
    };
    let is_postgres =
        |name: &str| name.starts_with("postgres://") || name.starts_with("postgresql://");
    Ok(match database {
        Some(url) if is_postgres(url) => {
            let options = Options::default();
            let target = Target::parse(url)?;
            let store = Postgres::open_of_model(&target, options, model, tables, clock)?;
            (Arc::new(store), None)
        }
        Some(path) => (
            Arc::new(sqlite(Path::new(path), Durability::Machine)?),
            None,
        ),
        None => {
            let directory = tempfile::tempdir()?;
            let path = directory.path().join("reference.db");
            let store = sqlite(&path, Durability::Process)?;
            (Arc::new(store), Some(directory))
        }
    })
}
