//! Properties that are granted apart from their entity: who may read an entity may not read them by
//! that alone. What a request names of them, in whatever place, it needs their permission for; of
//! what it does not name they are left out ([`Withheld`]).

use std::collections::{BTreeSet, HashMap, HashSet};

use edm::{Expression, ItemType, Model, StructuredId, TypeRef};
use odata::apply::Transformation;
use odata::expr::{Path, Root, Step};
use odata::path::{ResourcePath, Segment};
use odata::query::{ExpandItem, QueryOptions};
use odata::{Error, ErrorCode};
use store::ColumnSet;

use super::expressions;
use crate::access::{Caller, Reach};

/// The permissions that single properties need, of each type.
#[derive(Clone, Debug, Default)]
pub(crate) struct Restricted {
    /// By type, with what it inherits: the ordinals of properties with the permissions that they need.
    properties: HashMap<StructuredId, Vec<(usize, BTreeSet<String>)>>,
    /// Every permission that a property of the model could need.
    known: BTreeSet<String>,
}

/// What a caller may not read, by type: the properties' ordinals.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Withheld {
    properties: HashMap<StructuredId, ColumnSet>,
    /// The permissions that it lacks.
    lacking: BTreeSet<String>,
}

/// A property that a request names, and a permission that it needs for that.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Needed {
    pub(crate) property: String,
    pub(crate) permission: String,
}

impl Needed {
    fn refusal(&self) -> Error {
        let Self {
            property,
            permission,
        } = self;
        let message = format!("Property '{property}' needs the permission {permission}, too.");
        Error::new(ErrorCode::Forbidden, message).with_target(property)
    }
}

impl Restricted {
    /// The properties of a model that carry a term, of which these permissions are demanded.
    pub(crate) fn of(model: &Model, term: Option<&str>, demanded: &BTreeSet<String>) -> Self {
        let mut found = Self::default();
        let Some(term) = term else { return found };
        for (of, ty) in model.structured_types() {
            for (ordinal, property) in ty.properties.iter().enumerate() {
                let own = property.annotations.get(term).and_then(Expression::as_str);
                found.known.extend(own.map(str::to_owned));
                let mut needed = BTreeSet::new();
                needed.extend(own.map(str::to_owned));
                let mut seen = HashSet::new();
                within(model, term, &property.ty, &mut seen, &mut needed);
                needed.retain(|permission| demanded.contains(permission));
                if !needed.is_empty() {
                    found
                        .properties
                        .entry(of)
                        .or_default()
                        .push((ordinal, needed));
                }
            }
        }
        found
    }

    /// Every permission that a property could need, whether or not it is demanded here.
    pub(crate) fn known(&self) -> impl Iterator<Item = &str> {
        self.known.iter().map(String::as_str)
    }

    /// What a caller may not read; `None` if it may read all that its permissions lead to. A device
    /// reads what is its own.
    pub(crate) fn withheld(&self, caller: &Caller) -> Option<Withheld> {
        if self.properties.is_empty() || matches!(caller.reach, Reach::Device(_)) {
            return None;
        }
        let mut withheld = Withheld::default();
        for (of, properties) in &self.properties {
            for (ordinal, needed) in properties {
                let mut lacking = needed.iter().filter(|name| !caller.has(name)).peekable();
                if lacking.peek().is_some() {
                    let of = withheld.properties.entry(*of).or_default();
                    of.insert(*ordinal);
                }
                withheld.lacking.extend(lacking.cloned());
            }
        }
        (!withheld.lacking.is_empty()).then_some(withheld)
    }

    /// What a request names of restricted properties: in its path if that reads them, in every
    /// option, and by searching what holds them.
    pub(crate) fn request(
        &self,
        model: &Model,
        path: &ResourcePath,
        options: &QueryOptions,
        reads: bool,
    ) -> Vec<Needed> {
        let mut found = self.found(model);
        if self.properties.is_empty() {
            return found.needed;
        }
        found.segments(&path.segments, reads);
        expressions::of_segments(&path.segments, &mut |path| found.path(path));
        let item = path.target.and_then(|target| target.item.structured());
        found.options(options, item);
        found.needed
    }

    /// What a property of a type needs.
    pub(crate) fn property(&self, model: &Model, of: StructuredId, ordinal: usize) -> Vec<Needed> {
        let mut found = self.found(model);
        found.property(of, ordinal);
        found.needed
    }

    fn found<'r>(&'r self, model: &'r Model) -> Found<'r> {
        Found {
            restricted: self,
            model,
            needed: Vec::new(),
        }
    }
}

/// The permissions of properties somewhere within values of a type. Each complex type is looked at
/// once, so that one which holds itself ends.
fn within(
    model: &Model,
    term: &str,
    ty: &TypeRef,
    seen: &mut HashSet<StructuredId>,
    needed: &mut BTreeSet<String>,
) {
    let mut open = match ty.item {
        ItemType::Complex(of) => vec![of],
        _ => return,
    };
    while let Some(of) = open.pop() {
        if !seen.insert(of) {
            continue;
        }
        let ty = model.structured(of);
        for property in &ty.properties {
            let own = property.annotations.get(term).and_then(Expression::as_str);
            needed.extend(own.map(str::to_owned));
            if let ItemType::Complex(further) = property.ty.item {
                open.push(further);
            }
        }
        open.extend(&ty.derived);
    }
}

impl Withheld {
    /// The properties of a type that are left out of its instances.
    pub(crate) fn of(&self, of: StructuredId) -> ColumnSet {
        self.properties.get(&of).copied().unwrap_or_default()
    }

    /// The permissions that the caller lacks, of those that single properties need.
    #[must_use]
    pub fn lacking(&self) -> &BTreeSet<String> {
        &self.lacking
    }

    /// Checks that nothing which is needed is lacking.
    ///
    /// # Errors
    /// 403 naming the property and the permission.
    pub(crate) fn permit(&self, needed: &[Needed]) -> Result<(), Error> {
        refuse(needed, |permission| self.lacking.contains(permission))
    }

    /// Whether a property of a type may not be read.
    #[must_use]
    pub fn has(&self, of: StructuredId, ordinal: usize) -> bool {
        self.of(of).contains(ordinal)
    }
}

/// Collects what a request names.
struct Found<'r> {
    restricted: &'r Restricted,
    model: &'r Model,
    needed: Vec<Needed>,
}

impl Found<'_> {
    fn property(&mut self, of: StructuredId, ordinal: usize) {
        let known = self.restricted.properties.get(&of).into_iter().flatten();
        for (_, needed) in known.filter(|(known, _)| *known == ordinal) {
            self.need(of, ordinal, needed);
        }
    }

    fn need(&mut self, of: StructuredId, ordinal: usize, permissions: &BTreeSet<String>) {
        let property = &self.model.structured(of).properties[ordinal].name;
        self.needed.extend(permissions.iter().map(|name| Needed {
            property: property.clone(),
            permission: name.clone(),
        }));
    }

    /// Every restricted property of a type and those derived from it: what looks into all of them,
    /// as a search does, or hands out whole values.
    fn all_of(&mut self, of: StructuredId) {
        let restricted = self.restricted;
        let mut open = vec![of];
        while let Some(of) = open.pop() {
            for (ordinal, needed) in restricted.properties.get(&of).into_iter().flatten() {
                self.need(of, *ordinal, needed);
            }
            open.extend(&self.model.structured(of).derived);
        }
    }

    fn segments(&mut self, segments: &[Segment], reads: bool) {
        for segment in segments {
            match segment {
                Segment::Property { of, ordinal } if reads => self.property(*of, *ordinal),
                // What an operation computes is no entity of which something can be left out.
                Segment::Operation { id, .. } => {
                    let returns = self.model.operation(*id).returns.as_ref();
                    if let Some(ItemType::Complex(of)) = returns.map(|ty| ty.item) {
                        self.all_of(of);
                    }
                }
                _ => {}
            }
        }
    }

    fn path(&mut self, path: &Path) {
        if let Root::Service(segments) = &path.root {
            self.segments(segments, true);
        }
        let mut at = None;
        for step in &path.steps {
            match step {
                Step::Property { of, ordinal } => {
                    self.property(*of, *ordinal);
                    let ty = &self.model.structured(*of).properties[*ordinal].ty;
                    at = ty.item.structured();
                }
                Step::Navigation { of, index } => {
                    at = Some(self.model.structured(*of).navigation[*index].target);
                }
                Step::Cast(of) => at = Some(*of),
                Step::Search(_) => self.searched(at.or(path.ty.item.structured())),
                Step::Dynamic(_)
                | Step::Typed(_)
                | Step::Key(_)
                | Step::Filter(_)
                | Step::Count => {}
            }
        }
    }

    /// `item`: the type of the instances that the options are about.
    fn options(&mut self, options: &QueryOptions, item: Option<StructuredId>) {
        expressions::of_options(options, &mut |path| self.path(path));
        self.searches(options, item);
    }

    fn searches(&mut self, options: &QueryOptions, item: Option<StructuredId>) {
        if options.search.is_some() || options.apply.iter().any(searches) {
            self.searched(item);
        }
        for ExpandItem {
            of, index, options, ..
        } in &options.expand
        {
            let target = self.model.structured(*of).navigation[*index].target;
            self.searches(options, Some(target));
        }
    }

    fn searched(&mut self, item: Option<StructuredId>) {
        if let Some(of) = item {
            self.all_of(of);
        }
    }
}

/// Whether a transformation searches.
fn searches(step: &Transformation) -> bool {
    match step {
        Transformation::Search(_) => true,
        Transformation::GroupBy { then, .. } => then.iter().any(searches),
        Transformation::Concat(sequences) => sequences.iter().flatten().any(searches),
        Transformation::Identity
        | Transformation::Filter(_)
        | Transformation::Compute(_)
        | Transformation::OrderBy(_)
        | Transformation::Top(_)
        | Transformation::Skip(_)
        | Transformation::Ranked { .. }
        | Transformation::Aggregate(_) => false,
    }
}

/// Checks that a caller has the permissions of what a request names.
///
/// # Errors
/// 403 naming the property and the permission.
pub(crate) fn permit(caller: &Caller, needed: &[Needed]) -> Result<(), Error> {
    if matches!(caller.reach, Reach::Device(_)) {
        return Ok(());
    }
    refuse(needed, |permission| !caller.has(permission))
}

fn refuse(needed: &[Needed], lacks: impl Fn(&str) -> bool) -> Result<(), Error> {
    let lacking = needed.iter().find(|needed| lacks(&needed.permission));
    lacking.map_or(Ok(()), |needed| Err(needed.refusal()))
}
