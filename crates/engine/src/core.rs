//! What every part of the engine reads: the model, its tables, the store, the service.

mod inside;

use std::collections::{BTreeSet, HashMap};
use std::sync::Arc;
use std::sync::atomic::AtomicBool;

use edm::{Model, StructuredId, StructuredKind, Value};
use odata::Error;
use odata::json::{EntityPayload, EntityShape};
use odata::uri::Limits;
use store::changes::{Retention, prune};
use store::clock::{Clock, utc_day};
use store::{Database, Reader, Row, Store, Table, TableId, Tables};

use crate::access::Reach;
use crate::asynchronous::{Cancels, Monitors};
use crate::exchange::Throttle;
use crate::permissions::Permissions;
use crate::permissions::properties::{Restricted, Withheld};
use crate::restrictions::Restrictions;
use crate::service::{Scope, Service};

/// Where new ids come from.
pub trait Ids: Send + Sync + 'static {
    /// A GUID that no entity has.
    fn new_id(&self) -> uuid::Uuid;
}

/// GUIDs of version 7: random, and in the order of their making.
#[derive(Clone, Copy, Debug, Default)]
pub struct RandomIds;

impl Ids for RandomIds {
    fn new_id(&self) -> uuid::Uuid {
        uuid::Uuid::now_v7()
    }
}

/// A model that names permissions cannot be served to everyone.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the model of {0} names permissions: it cannot be open to everyone")]
pub struct Guarded(String);

/// The engine's parts, shared by all requests. A clone shares them, too.
#[derive(Clone)]
pub struct Core {
    /// The model.
    pub model: Arc<Model>,
    /// How it lies in tables.
    pub tables: Arc<Tables>,
    /// The database: all else reads it by [`Self::read`] and writes it by [`Self::write`], so that no
    /// change goes untold.
    pub(crate) store: Arc<dyn Store>,
    /// The time.
    pub clock: Arc<dyn Clock>,
    /// New ids.
    pub ids: Arc<dyn Ids>,
    /// The domain.
    pub service: Arc<dyn Service>,
    /// Limits on URLs and queries.
    pub limits: Limits,
    pub(crate) permissions: Arc<Permissions>,
    pub(crate) restrictions: Arc<Restrictions>,
    shapes: Arc<HashMap<StructuredId, EntityShape>>,
    required: Arc<HashMap<StructuredId, Vec<usize>>>,
    /// Whether an update may nest entities.
    pub(crate) deep_updates: bool,
    /// Where entities of a type live, if they live in one collection of the container.
    homes: Arc<HashMap<StructuredId, String>>,
    /// How far the permissions of the caller reach whom the store serves.
    pub(crate) reach: Arc<Reach>,
    /// What of the entities that the caller reaches it may not read.
    pub(crate) withheld: Option<Arc<Withheld>>,
    /// Whether a deletion waits to be drained, where that has to wait for a transaction around it.
    deferred: Option<Arc<AtomicBool>>,
    /// What counts the requests of callers.
    pub(crate) throttle: Option<Arc<dyn Throttle>>,
    /// Requests that are answered later.
    pub(crate) monitors: Monitors,
    /// Those of them that are carried out here.
    pub(crate) cancels: Arc<Cancels>,
    /// The timeline that delta tokens are of.
    pub(crate) timeline: u32,
}

impl Core {
    /// Puts the parts together and prepares what follows from the model.
    #[must_use]
    pub fn new(
        model: Arc<Model>,
        tables: Arc<Tables>,
        store: Arc<dyn Database>,
        clock: Arc<dyn Clock>,
        ids: Arc<dyn Ids>,
        service: Arc<dyn Service>,
    ) -> Self {
        let shapes = model
            .structured_types()
            .filter(|(_, ty)| ty.kind == StructuredKind::Entity)
            .map(|(id, _)| (id, EntityShape::new(&model, id)))
            .collect();
        let mut permissions = Permissions::of(&model);
        let term = service.profile().restricting_term;
        permissions.restricted = Restricted::of(&model, term, &BTreeSet::new());
        let restrictions = Restrictions::of(&model);
        let required = required_properties(&model);
        let limits = Limits::default();
        let homes = homes(&model, &tables);
        let deep_updates = deep_updates(&model);
        let monitors = Monitors::of(&tables);
        let timeline = store.timeline();
        Self {
            model,
            tables,
            store,
            clock,
            ids,
            service,
            limits,
            permissions: Arc::new(permissions),
            restrictions: Arc::new(restrictions),
            shapes: Arc::new(shapes),
            required: Arc::new(required),
            deep_updates,
            homes: Arc::new(homes),
            reach: Arc::default(),
            withheld: None,
            deferred: None,
            throttle: None,
            monitors,
            cancels: Arc::default(),
            timeline,
        }
    }

    /// Other limits of URLs and expressions than the standard ones of [`Limits::default`].
    #[must_use]
    pub fn with_limits(mut self, limits: Limits) -> Self {
        self.limits = limits;
        self
    }

    /// Demands these permissions for the properties that name them
    /// ([`crate::ServiceProfile::restricting_term`]), beside what their entities need. Without them
    /// such a property is left out of its entity, and a request that names it is refused.
    #[must_use]
    pub fn with_restricted(mut self, demanded: &BTreeSet<String>) -> Self {
        let term = self.service.profile().restricting_term;
        let restricted = Restricted::of(&self.model, term, demanded);
        Arc::make_mut(&mut self.permissions).restricted = restricted;
        self
    }

    /// Counts the parts of batches, each as a request.
    #[must_use]
    pub fn with_throttle(mut self, throttle: Option<Arc<dyn Throttle>>) -> Self {
        self.throttle = throttle;
        self
    }

    /// Reads in a snapshot. The store itself is the engine's own: a change that is not audited does
    /// not compile.
    ///
    /// ```compile_fail,E0616
    /// async fn unseen(core: &engine::Core) -> Result<(), odata::Error> {
    ///     store::write(core.store.as_ref(), |transaction| transaction.touch()).await
    /// }
    /// ```
    ///
    /// # Errors
    /// The reading's own, or the store's.
    pub async fn read<T: Send + 'static>(
        &self,
        run: impl FnMut(&mut dyn Reader) -> Result<T, Error> + Send + 'static,
    ) -> Result<T, Error> {
        store::read(self.store.as_ref(), run).await
    }

    /// Removes what logs of changes need not hold any more.
    ///
    /// # Errors
    /// What the store says; the next call goes on.
    pub async fn prune_changes(&self, retention: Retention) -> Result<(), Error> {
        prune(self.store.as_ref(), &self.tables, self.today(), retention).await
    }

    /// **Opens the service to everyone: every caller may do everything.** For services that have no
    /// callers to tell apart, such as an example or a service behind a gateway that guards it. A
    /// model that names permissions is never opened: whoever wrote them meant them.
    ///
    /// # Errors
    /// If the model names a permission anywhere.
    pub fn open_to_everyone(mut self) -> Result<Self, Guarded> {
        if self.permissions.any() {
            return Err(Guarded(self.model.container_name()));
        }
        self.permissions = Arc::new(Permissions::none_needed());
        Ok(self)
    }

    /// The names that entities of a type are written with.
    pub(crate) fn shape(&self, of: StructuredId) -> Option<&EntityShape> {
        self.shapes.get(&of)
    }

    /// The properties that a create of an entity of this type must give.
    pub(crate) fn required(&self, of: StructuredId) -> &[usize] {
        self.required.get(&of).map_or(&[], Vec::as_slice)
    }

    /// The path of the collection in which entities of a type, or of one that it derives from,
    /// live.
    pub(crate) fn home(&self, of: StructuredId) -> Option<&str> {
        let mut at = Some(of);
        while let Some(id) = at {
            if let Some(home) = self.homes.get(&id) {
                return Some(home);
            }
            at = self.model.structured(id).base;
        }
        None
    }

    /// The values of the key properties of a row.
    pub(crate) fn key_of(&self, of: StructuredId, row: &Row) -> Vec<Value> {
        let key = self.model.structured(of).key.iter();
        key.map(|ordinal| row[*ordinal].clone()).collect()
    }

    /// The table in which entities of a type live at the top of their path, or else the first that
    /// holds them.
    ///
    /// # Errors
    /// If none does.
    pub(crate) fn table_of(&self, of: StructuredId) -> Result<TableId, Error> {
        let mut at = Some(of);
        while let Some(id) = at {
            let ty = self.model.structured(id);
            let holds = |table: &Table| table.of == Some(id);
            let mut tables = self.tables.iter();
            let found = tables
                .find(|(_, table)| holds(table) && table.key.len() == ty.key.len())
                .or_else(|| self.tables.iter().find(|(_, table)| holds(table)));
            if let Some((table, _)) = found {
                return Ok(table);
            }
            at = ty.base;
        }
        let name = &self.model.structured(of).name;
        Err(Error::internal(format!("{name} has no table")))
    }

    /// The values of the key properties in a payload, if it has them all beside those columns that
    /// are decided by where the entity is.
    pub(crate) fn key_of_payload(
        &self,
        of: StructuredId,
        payload: &EntityPayload,
        fixed: &[(usize, Value)],
    ) -> Option<Vec<Value>> {
        // A table's first columns are the properties of its type, so that a key property's ordinal
        // is its column, too (`Table::column_of`).
        let value = |ordinal: &usize| {
            let values = payload.values.iter().chain(fixed);
            let mut found = values.filter(|(known, _)| known == ordinal);
            found.next().map(|(_, value)| value.clone())
        };
        self.model.structured(of).key.iter().map(value).collect()
    }

    /// The names of all permissions that an operation of the model accepts.
    #[must_use]
    pub fn permission_names(&self) -> BTreeSet<&str> {
        self.permissions.names()
    }

    /// Today in UTC, as days since 0001-01-01.
    #[must_use]
    pub fn today(&self) -> i32 {
        utc_day(self.clock.now())
    }

    /// What a hook may ask for while it judges.
    #[must_use]
    pub fn scope(&self) -> Scope<'_> {
        Scope {
            model: &self.model,
            tables: &self.tables,
            now: self.clock.now(),
            ids: self.ids.as_ref(),
            reach: &self.reach,
            withheld: self.withheld.as_deref(),
            restricted: &self.permissions.restricted,
        }
    }
}

/// `Capabilities.DeepUpdateSupport` of the container.
fn deep_updates(model: &Model) -> bool {
    const TERM: &str = "Org.OData.Capabilities.V1.DeepUpdateSupport";
    let annotations = model.target_annotations(&model.container_name());
    let supported = annotations
        .and_then(|annotations| annotations.get(TERM)?.property("Supported"))
        .and_then(edm::Expression::as_bool);
    supported.unwrap_or(true)
}

/// Entity sets, and served collections that singletons contain, by the type of their entities.
/// Entities that several contained collections hold have no home: they live where they are met.
fn homes(model: &Model, tables: &Tables) -> HashMap<StructuredId, String> {
    let mut homes = HashMap::new();
    for (_, set) in model.entity_sets() {
        homes
            .entry(set.of)
            .or_insert_with(|| Some(set.name.clone()));
    }
    let mut contained: HashMap<StructuredId, Option<String>> = HashMap::new();
    for (_, singleton) in model.singletons() {
        let navigation = model.structured(singleton.of).navigation.iter();
        for (index, navigation) in navigation.enumerate() {
            let served = tables.navigation(model, singleton.of, index).is_some();
            if navigation.collection && navigation.contains_target && served {
                let path = format!("{}/{}", singleton.name, navigation.name);
                contained
                    .entry(navigation.target)
                    .and_modify(|home| *home = None)
                    .or_insert(Some(path));
            }
        }
    }
    for (of, home) in contained {
        homes.entry(of).or_insert(home);
    }
    let known = homes.into_iter();
    known.filter_map(|(of, home)| Some((of, home?))).collect()
}

/// `InsertRestrictions/RequiredProperties` of the container's collections, by the type of their
/// entities.
fn required_properties(model: &Model) -> HashMap<StructuredId, Vec<usize>> {
    const TERM: &str = "Org.OData.Capabilities.V1.InsertRestrictions";
    let container = model.container_name();
    let sets = model
        .entity_sets()
        .map(|(_, set)| (format!("{container}/{}", set.name), set.of));
    let contained = model.singletons().flat_map(|(_, singleton)| {
        let path = format!("{container}/{}", singleton.name);
        let navigation = model.structured(singleton.of).navigation.iter();
        navigation
            .map(move |n| (format!("{path}/{}", n.name), n.target))
            .collect::<Vec<_>>()
    });
    sets.chain(contained)
        .filter_map(|(path, of)| {
            let restrictions = model.target_annotations(&path)?.get(TERM)?;
            let names = restrictions.property("RequiredProperties")?.items().iter();
            let ty = model.structured(of);
            Some((
                of,
                names
                    .filter_map(|name| ty.property(name.as_str()?))
                    .collect(),
            ))
        })
        .collect()
}
