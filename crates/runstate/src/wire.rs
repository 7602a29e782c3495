//! Which store and which service are behind the server: the only place that knows.

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use engine::exchange::devices::Devices;
use engine::exchange::users::Users;
use engine::exchange::{
    Answering, Directory, Downloads, Handler, Probing, Request, Revocations, Throttle,
};
use engine::{Core, Engine, RandomIds};
use server::auth::{KeyEncryptionKey, KeySet, new_kept};
use service::{Archives, DeviceIdentities, Graph, Restriction, identity};
use store::clock::{Clock, SystemClock};
use store::contents::{Contents, Destination};
use store::{Database, Tables};
use store_postgres::{Options, Postgres, Target, Timeouts};
use store_sqlite::Sqlite;

use crate::Failure;
use crate::cli::{DatabaseArguments, DatabaseUrl, Place, SealArguments};

/// The database in a data directory.
const DATABASE: &str = "runstate.db";
/// How often the service looks after itself.
const MAINTENANCE: Duration = Duration::from_secs(3_600);

/// How the service serves.
#[derive(Clone, Default)]
pub(crate) struct Settings {
    /// The limits of URLs and expressions.
    pub(crate) uri: engine::Limits,
    /// Those of pages and batches.
    pub(crate) service: service::Limits,
    /// Whether somebody else must approve a change of scripts.
    pub(crate) approval_of_scripts: bool,
    /// What of scripts needs a permission of its own.
    pub(crate) restrictions: Vec<Restriction>,
}

/// What seals the signing keys in the database, if anything is to.
///
/// # Errors
/// The file cannot be read, others can read it, or it holds something else.
pub(crate) fn seal(arguments: &SealArguments) -> Result<Option<KeyEncryptionKey>, Failure> {
    let Some(file) = &arguments.file else {
        return Ok(None);
    };
    let text = server::read_private(file, "open the signing keys of the database")?;
    let key = KeyEncryptionKey::from_base64(&text);
    let key = key.map_err(|reason| format!("{}: {reason}", file.display()))?;
    Ok(Some(key))
}

/// The signing keys in a database, which gets its first one here if it has none.
///
/// # Errors
/// The database cannot be used.
pub(crate) async fn signing_keys(
    core: Arc<Core>,
    seal: Option<&KeyEncryptionKey>,
) -> Result<identity::SigningKeys, Failure> {
    let keys = identity::SigningKeys::new(core)?;
    let (id, secret) = new_kept(seal)?;
    keys.found(identity::NewSigningKey { id, secret }).await?;
    Ok(keys)
}

/// The same, to sign and to verify with.
///
/// # Errors
/// The database cannot be used, or one of the keys.
pub(crate) async fn key_set(
    core: Arc<Core>,
    seal: Option<KeyEncryptionKey>,
) -> Result<KeySet, Failure> {
    let keys = signing_keys(core, seal.as_ref()).await?;
    Ok(KeySet::read(Arc::new(keys), seal).await?)
}

/// Opens the service on a PostgreSQL database, or on the one in its data directory, and the keys of its
/// tokens.
///
/// # Errors
/// The store cannot be opened, or a key in it.
pub(crate) async fn service_handler(
    data_dir: &Path,
    database: Option<&DatabaseArguments>,
    settings: Settings,
    throttle: Option<Arc<dyn Throttle>>,
    seal: Option<KeyEncryptionKey>,
) -> Result<(Arc<dyn Handler>, KeySet, Arc<Core>), Failure> {
    let database = database.and_then(|database| Some((database.url.as_ref()?, options(database))));
    let (core, graph) = parts(data_dir, database, settings)?;
    let core = Arc::new(core.with_throttle(throttle));
    service::bootstrap(&core).await?;
    let keys = key_set(Arc::clone(&core), seal).await?;
    tokio::spawn(look_after(Arc::downgrade(&core), graph.clone()));
    tokio::spawn(service::work_on_exports(
        Arc::downgrade(&core),
        graph.clone(),
    ));
    let service = Service {
        devices: DeviceIdentities::new(core.clone(), graph.clone())?,
        archives: Archives::new(core.clone(), graph),
        revocations: identity::Revocations::new(core.clone())?,
        applications: identity::Applications::new(core.clone())?,
        users: identity::SignIns::new(core.clone())?,
        engine: Engine::new(core.clone()),
    };
    Ok((Arc::new(service), keys, core))
}

/// The service's parts on a PostgreSQL database or on the one in the data directory, for a command that
/// works beside the servers.
///
/// # Errors
/// The store cannot be opened.
pub(crate) fn core(data_dir: &Path, database: Option<&DatabaseUrl>) -> Result<Arc<Core>, Failure> {
    core_and_graph(data_dir, database).map(|(core, _)| core)
}

/// The same, with the domain.
///
/// # Errors
/// The store cannot be opened.
pub(crate) fn core_and_graph(
    data_dir: &Path,
    database: Option<&DatabaseUrl>,
) -> Result<(Arc<Core>, Graph), Failure> {
    let options = Options {
        writers: 1,
        readers: 1,
        ..Options::default()
    };
    let database = database.map(|url| (url, options));
    let (core, graph) = parts(data_dir, database, Settings::default())?;
    Ok((Arc::new(core), graph))
}

/// The tables of the service.
///
/// # Errors
/// The model or its storage map cannot be read.
pub(crate) fn tables() -> Result<Arc<Tables>, Failure> {
    let model = service::model()?;
    Ok(service::tables(&model)?)
}

/// Where rows are copied from.
///
/// # Errors
/// The database cannot be read, or is of another version.
pub(crate) fn source(place: &Place) -> Result<Box<dyn Contents>, Failure> {
    let tables = tables()?;
    Ok(match place {
        Place::File(path) => Box::new(store_sqlite::Contents::read(path, tables)?),
        Place::Directory(path) => {
            let path = path.join(DATABASE);
            Box::new(store_sqlite::Contents::read(&path, tables)?)
        }
        Place::Postgres(url) => {
            let target = Target::parse(url.as_str())?;
            Box::new(store_postgres::Contents::read(&target, tables)?)
        }
    })
}

/// Where rows are copied to.
///
/// # Errors
/// The database cannot be opened or made, or is of another version.
pub(crate) fn destination(place: &Place) -> Result<Box<dyn Destination>, Failure> {
    let tables = tables()?;
    Ok(match place {
        Place::File(path) => Box::new(store_sqlite::Contents::write(path, tables)?),
        Place::Directory(path) => {
            let path = path.join(DATABASE);
            Box::new(store_sqlite::Contents::write(&path, tables)?)
        }
        Place::Postgres(url) => {
            let target = Target::parse(url.as_str())?;
            Box::new(store_postgres::Contents::write(&target, tables)?)
        }
    })
}

/// The identities of devices, for a command that works beside the servers.
///
/// # Errors
/// The store cannot be opened.
pub(crate) fn devices(
    data_dir: &Path,
    database: Option<&DatabaseUrl>,
) -> Result<DeviceIdentities, Failure> {
    let (core, graph) = core_and_graph(data_dir, database)?;
    Ok(DeviceIdentities::new(core, graph)?)
}

fn parts(
    data_dir: &Path,
    database: Option<(&DatabaseUrl, Options)>,
    settings: Settings,
) -> Result<(Core, Graph), Failure> {
    let model = service::model()?;
    let tables = service::tables(&model)?;
    let clock: Arc<dyn Clock> = Arc::new(SystemClock);
    let store: Arc<dyn Database> = match database {
        Some((url, options)) => {
            let target = Target::parse(url.as_str())?;
            let (model, tables, clock) = (model.clone(), tables.clone(), clock.clone());
            Arc::new(Postgres::open(&target, options, model, tables, clock)?)
        }
        None => {
            let path = data_dir.join(DATABASE);
            server::keep_private(&path, "issue any token and read all that there is")?;
            let (model, tables, clock) = (model.clone(), tables.clone(), clock.clone());
            Arc::new(Sqlite::open(&path, model, tables, clock)?)
        }
    };
    let server = server::server_id(data_dir)?;
    let mut graph = Graph::new(&model, &tables)?
        .with_limits(settings.service)
        .with_server(&server.to_string());
    if settings.approval_of_scripts {
        graph = graph.with_approval_of_scripts();
    }
    let (ids, service) = (Arc::new(RandomIds), Arc::new(graph.clone()));
    let core = Core::new(model, tables, store, clock, ids, service)
        .with_limits(settings.uri)
        .with_restricted(&Restriction::permissions(&settings.restrictions));
    Ok((core, graph))
}

/// The engine, the files that export jobs make, who can sign in, the devices' keys, and what was
/// revoked.
struct Service {
    engine: Engine,
    archives: Archives,
    devices: DeviceIdentities,
    revocations: identity::Revocations,
    applications: identity::Applications,
    users: identity::SignIns,
}

impl Handler for Service {
    fn downloads(&self) -> Option<&dyn Downloads> {
        Some(&self.archives)
    }

    fn devices(&self) -> Option<&dyn Devices> {
        Some(&self.devices)
    }

    fn directory(&self) -> Option<&dyn Directory> {
        Some(&self.applications)
    }

    fn users(&self) -> Option<&dyn Users> {
        Some(&self.users)
    }

    fn revocations(&self) -> Option<&dyn Revocations> {
        Some(&self.revocations)
    }

    fn ready(&self) -> Probing<'_> {
        self.engine.ready()
    }

    fn handle(&self, request: Request) -> Answering<'_> {
        self.engine.handle(request)
    }
}

/// How a PostgreSQL database is used.
fn options(arguments: &DatabaseArguments) -> Options {
    let default = Options::default();
    Options {
        writers: arguments.writers.into(),
        readers: arguments.readers.map_or(default.readers, usize::from),
        patience: arguments.wait,
        timeouts: Timeouts {
            statement: arguments.statement_timeout,
            lock: arguments.lock_timeout,
        },
    }
}

/// Maintenance at start and every hour, for as long as the service lives.
async fn look_after(core: std::sync::Weak<Core>, graph: Graph) {
    let mut times = tokio::time::interval(MAINTENANCE);
    loop {
        times.tick().await;
        let Some(core) = core.upgrade() else { return };
        if let Err(error) = service::maintain(&core, &graph).await {
            tracing::error!(%error, "maintenance was interrupted; it goes on in an hour");
        }
    }
}
