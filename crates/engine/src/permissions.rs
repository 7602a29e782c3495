//! The permissions that the model demands: `Capabilities.*Restrictions/Permissions` on container
//! paths and operations. The nearest annotated path counts; what no annotation permits is denied.

pub(crate) mod expressions;
pub(crate) mod properties;

use std::collections::{BTreeSet, HashMap};
use std::sync::Arc;

use edm::{Annotations, Expression, Model, OperationId, OperationKind, StructuredId};
use http::Method;
use odata::expr::{Path, Root};
use odata::path::{PathKind, Resource, ResourcePath, Segment};
use odata::query::{ExpandItem, QueryOptions};

use crate::access::Requirement;

use properties::Restricted;

const CAPABILITIES: &str = "Org.OData.Capabilities.V1";

/// What is done to a resource, as the Capabilities vocabulary divides it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Action {
    Read,
    Insert,
    Update,
    Delete,
}

impl Action {
    const ALL: [(Self, &'static str); 4] = [
        (Self::Read, "ReadRestrictions"),
        (Self::Insert, "InsertRestrictions"),
        (Self::Update, "UpdateRestrictions"),
        (Self::Delete, "DeleteRestrictions"),
    ];

    /// What a method does to a resource.
    pub(crate) fn of(method: &Method) -> Self {
        match *method {
            Method::GET => Self::Read,
            Method::POST => Self::Insert,
            Method::DELETE => Self::Delete,
            _ => Self::Update,
        }
    }
}

type Scopes = Arc<[String]>;

/// The annotated permissions of a model, looked up by container path.
#[derive(Clone, Debug, Default)]
pub(crate) struct Permissions {
    container: String,
    paths: HashMap<String, HashMap<Action, Scopes>>,
    operations: HashMap<OperationId, Scopes>,
    /// Where entities of a type live: the container path of their collection.
    homes: HashMap<StructuredId, String>,
    /// Whether no request needs any: [`crate::Core::open_to_everyone`].
    none_needed: bool,
    /// What single properties need beside.
    pub(crate) restricted: Restricted,
}

impl Permissions {
    /// Those of a service that is open to everyone.
    pub(crate) fn none_needed() -> Self {
        Self {
            none_needed: true,
            ..Self::default()
        }
    }

    /// Reads a model's annotations.
    pub(crate) fn of(model: &Model) -> Self {
        let container = model.container_name();
        let mut found = Self {
            container: container.clone(),
            ..Self::default()
        };
        for (_, set) in model.entity_sets() {
            let path = format!("{container}/{}", set.name);
            found.homes.entry(set.of).or_insert_with(|| path.clone());
            found.read_path(model, &path);
        }
        for (_, singleton) in model.singletons() {
            let path = format!("{container}/{}", singleton.name);
            found.read_path(model, &path);
            for navigation in &model.structured(singleton.of).navigation {
                let path = format!("{path}/{}", navigation.name);
                // What a contained collection leads to may be annotated too, but lives elsewhere or
                // with its parent: it is no home.
                for further in &model.structured(navigation.target).navigation {
                    found.read_path(model, &format!("{path}/{}", further.name));
                }
                if found.read_path(model, &path) {
                    found.homes.entry(navigation.target).or_insert(path);
                }
            }
        }
        for (id, operation) in model.operations() {
            if let Some(scopes) = permitted(&operation.annotations, "OperationRestrictions") {
                found.operations.insert(id, scopes);
            }
        }
        found
    }

    fn read_path(&mut self, model: &Model, path: &str) -> bool {
        let Some(annotations) = model.target_annotations(path) else {
            return false;
        };
        let actions: HashMap<_, _> = Action::ALL
            .iter()
            .filter_map(|(action, term)| Some((*action, permitted(annotations, term)?)))
            .collect();
        let any = !actions.is_empty();
        self.paths.insert(path.to_owned(), actions);
        any
    }

    /// What a request needs: the rights of its path, of what the path crosses into without
    /// containing it, of everything it expands, of everything its expressions lead to, and of each
    /// restricted property that it names.
    pub(crate) fn requirement(
        &self,
        model: &Model,
        resource: &Resource,
        options: &QueryOptions,
        action: Action,
    ) -> Requirement {
        let mut requirement = Requirement::default();
        if self.none_needed {
            return requirement;
        }
        if let Resource::Path(path) = resource {
            self.path(model, path, action, &mut requirement);
            self.expansions(model, &options.expand, &mut requirement);
            let mut see = |path: &Path| self.expression(model, path, &mut requirement);
            expressions::of_segments(&path.segments, &mut see);
            expressions::of_options(options, &mut see);
            let reads = at_path(path, action) == Action::Read;
            requirement.properties = self.restricted.request(model, path, options, reads);
        }
        requirement
    }

    /// Whether the model names permissions at all.
    pub(crate) fn any(&self) -> bool {
        !self.operations.is_empty() || self.paths.values().any(|actions| !actions.is_empty())
    }

    /// All permissions that something accepts.
    pub(crate) fn names(&self) -> BTreeSet<&str> {
        let of_paths = self.paths.values().flat_map(HashMap::values);
        let all = of_paths.chain(self.operations.values());
        let all = all.flat_map(|scopes| scopes.iter().map(String::as_str));
        all.chain(self.restricted.known()).collect()
    }

    /// What an action at a container path accepts: as the nearest annotated path says.
    pub(crate) fn accepted(&self, path: &str, action: Action) -> Option<&[String]> {
        let mut at = path;
        loop {
            if let Some(scopes) = self.paths.get(at).and_then(|found| found.get(&action)) {
                return Some(scopes);
            }
            at = at.rsplit_once('/')?.0;
        }
    }

    /// The container path of the collection where entities of a type live.
    pub(crate) fn home(&self, of: StructuredId) -> Option<&str> {
        self.homes.get(&of).map(String::as_str)
    }

    /// What an operation itself accepts, whatever it is bound to.
    pub(crate) fn of_operation(&self, id: OperationId) -> Option<&[String]> {
        self.operations.get(&id).map(|scopes| &**scopes)
    }

    fn path(&self, model: &Model, path: &ResourcePath, action: Action, out: &mut Requirement) {
        self.segments(model, &path.segments, at_path(path, action), out);
    }

    fn segments(&self, model: &Model, segments: &[Segment], action: Action, out: &mut Requirement) {
        let mut at = self.container.clone();
        let mut nearest: Option<&Scopes> = None;
        for segment in segments {
            match segment {
                Segment::Singleton(id) => step(&mut at, &model.singleton(*id).name),
                Segment::EntitySet(id) => step(&mut at, &model.entity_set(*id).name),
                Segment::Navigation { of, index } => {
                    let navigation = &model.structured(*of).navigation[*index];
                    step(&mut at, &navigation.name);
                    if !navigation.contains_target
                        && let Some(home) = self.homes.get(&navigation.target)
                    {
                        out.accepted.push(self.at(home, action));
                    }
                }
                Segment::Operation { id, .. } => {
                    if let Some(scopes) = self.operations.get(id) {
                        nearest = Some(scopes);
                    }
                    let kind = model.operation(*id).kind;
                    debug_assert!(matches!(
                        kind,
                        OperationKind::Action | OperationKind::Function
                    ));
                    continue;
                }
                _ => continue,
            }
            nearest = self
                .paths
                .get(&at)
                .and_then(|actions| actions.get(&action))
                .or(nearest);
        }
        out.accepted
            .push(nearest.cloned().unwrap_or_else(|| Arc::new([])));
    }

    /// A path in an expression: the rights to read what it leads to, as if it were expanded; of
    /// another resource of the service, as if that were requested.
    fn expression(&self, model: &Model, path: &Path, out: &mut Requirement) {
        if let Root::Service(segments) = &path.root {
            self.segments(model, segments, Action::Read, out);
        }
        for (of, index) in path.navigation() {
            let navigation = &model.structured(of).navigation[index];
            if let Some(home) = self.homes.get(&navigation.target) {
                out.accepted.push(self.at(home, Action::Read));
            }
        }
    }

    fn expansions(&self, model: &Model, items: &[ExpandItem], out: &mut Requirement) {
        for item in items {
            let navigation = &model.structured(item.of).navigation[item.index];
            // What is contained has the rights of what contains it, unless its own path differs.
            if let Some(home) = self.homes.get(&navigation.target) {
                out.accepted.push(self.at(home, Action::Read));
            }
            self.expansions(model, &item.options.expand, out);
        }
    }

    /// What doing something to entities of a type needs, where they live.
    pub(crate) fn of_type(&self, of: StructuredId, action: Action) -> Requirement {
        if self.none_needed {
            return Requirement::default();
        }
        let home = self.homes.get(&of);
        let accepted = home.map_or_else(|| Arc::new([]) as Scopes, |home| self.at(home, action));
        Requirement {
            accepted: vec![accepted],
            properties: Vec::new(),
        }
    }

    fn at(&self, path: &str, action: Action) -> Scopes {
        self.paths
            .get(path)
            .and_then(|actions| actions.get(&action))
            .cloned()
            .unwrap_or_else(|| Arc::new([]))
    }
}

/// What a method's action means for what a path addresses.
fn at_path(path: &ResourcePath, action: Action) -> Action {
    match path.kind {
        PathKind::Action(_) => Action::Update,
        PathKind::Function(_) => Action::Read,
        // A property is set to null (Protocol, section 11.4.9.2).
        PathKind::Property(_) | PathKind::PropertyValue(_) if action == Action::Delete => {
            Action::Update
        }
        _ => action,
    }
}

fn step(path: &mut String, name: &str) {
    path.push('/');
    path.push_str(name);
}

/// The scopes of a restriction's `Permissions`, if it has any.
fn permitted(annotations: &Annotations, restriction: &str) -> Option<Scopes> {
    let permissions = annotations
        .get(&format!("{CAPABILITIES}.{restriction}"))?
        .property("Permissions")?;
    let scopes: Vec<String> = permissions
        .items()
        .iter()
        .filter_map(|permission| permission.property("Scopes"))
        .flat_map(Expression::items)
        .filter_map(|scope| scope.property("Scope")?.as_str().map(str::to_owned))
        .collect();
    Some(scopes.into())
}
