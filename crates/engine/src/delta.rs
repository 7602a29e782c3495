//! Change tracking (OData 4.01 Protocol, section 11.3): a collection that is read under
//! `Prefer: track-changes`, or through a function that the model annotates with
//! `Capabilities.ChangeTracking`, ends with a delta link; that answers what changed since.

mod links;
mod read;
mod removed;
mod token;

use edm::{ItemType, Model, OperationId};
use odata::expr::Root;
use odata::path::{PathKind, Resource, Segment};
use odata::query::QueryOptions;
use odata::{Error, path};
use store::Reader;
use store::changes::{ChangeLog, log_of};

use crate::context::Context;
use crate::links::anew;
use crate::permissions::expressions;
use crate::read::query_of;
use crate::target::Target;
use token::{Binding, Token, Unusable};

pub(crate) use links::write as write_links;
pub(crate) use read::{changes, count};

pub(crate) const CHANGE_TRACKING: &str = "Org.OData.Capabilities.V1.ChangeTracking";

/// What a request says of change tracking.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Tracking {
    /// `Prefer: track-changes`.
    preferred: bool,
    /// The path ended with a function that tracks changes.
    function: bool,
    /// `$deltatoken`, or what a `$skiptoken` carries of one.
    token: Option<String>,
    /// The answer is what changed, not the collection.
    pub(crate) changes: bool,
}

impl Tracking {
    /// Whether the request asks for changes, or to be told later what changes from now on.
    pub(crate) fn is_asked_for(&self) -> bool {
        self.preferred || self.function || self.changes || self.token.is_some()
    }

    /// Takes what is about change tracking out of a request: a function at the end of the path,
    /// which stands for the collection that it is bound to, and the tokens.
    ///
    /// # Errors
    /// 400 for tokens where no changes are read.
    pub(crate) fn take(
        model: &Model,
        resource: &mut Resource,
        options: &mut QueryOptions,
        (reads, preferred): (bool, bool),
    ) -> Result<Self, Error> {
        let mut tracking = Self {
            preferred: reads && preferred,
            function: reads && without_function(model, resource),
            ..Self::default()
        };
        if let Some((page, state)) = options.skip_token.as_ref().and_then(|t| t.split_once('.')) {
            tracking.changes = page.is_empty();
            tracking.token = Some(state.to_owned());
            options.skip_token = Some(page.to_owned()).filter(|page| !page.is_empty());
        }
        if let Some(delta) = options.delta_token.take() {
            let refuse =
                |message: &str| Err(Error::bad_request(message).with_target("$deltatoken"));
            if tracking.token.is_some() || options.skip_token.is_some() {
                return refuse(
                    "$deltatoken and $skiptoken exclude each other. Follow links as given.",
                );
            }
            let kind = match resource {
                Resource::Path(path) => Some(&path.kind),
                _ => None,
            };
            let many = matches!(kind, Some(PathKind::EntityCollection(_) | PathKind::Count));
            if !reads || !many {
                return refuse(
                    "$deltatoken is legal when reading a collection of entities or its /$count.",
                );
            }
            tracking.changes = true;
            tracking.token = Some(delta);
        }
        Ok(tracking)
    }
}

/// Cuts a function that tracks changes off the path: what is left is the collection.
fn without_function(model: &Model, resource: &mut Resource) -> bool {
    let Resource::Path(path) = resource else {
        return false;
    };
    let (
        Some(Segment::Operation { id, .. }),
        Some(path::Target {
            item,
            collection: true,
        }),
    ) = (path.segments.last(), path.target)
    else {
        return false;
    };
    let ItemType::Entity(of) = item else {
        return false;
    };
    let function = matches!(path.kind, PathKind::Function(_));
    if !function || path.segments.len() < 2 || !tracks_changes(model, *id) {
        return false;
    }
    path.segments.pop();
    path.kind = PathKind::EntityCollection(of);
    true
}

/// Whether the model says that a function tracks the changes of what it is bound to.
fn tracks_changes(model: &Model, id: OperationId) -> bool {
    let said = model.operation(id).annotations.get(CHANGE_TRACKING);
    said.and_then(|said| said.property("Supported")?.as_bool()) == Some(true)
}

/// Where the delta link of a collection that is read now will begin: none if its changes are not
/// to be tracked. A page behind the first goes on with what the first began with, so that nothing
/// is missed that changes meanwhile.
///
/// # Errors
/// 400 if the request insists on what cannot be tracked, or for a token of another query.
pub(crate) fn begin(
    context: &Context,
    reader: &mut dyn Reader,
    target: &Target,
) -> Result<Option<i64>, Error> {
    let tracking = &context.tracking;
    if !tracking.preferred && !tracking.function && tracking.token.is_none() {
        return Ok(None);
    }
    let log = match tracked(context, target) {
        Ok(log) => log,
        Err(_) if !tracking.function && tracking.token.is_none() => return Ok(None),
        Err(error) => return Err(error),
    };
    match &tracking.token {
        Some(text) => match token::decode(text, query(context)) {
            Ok(Token::Since(position)) => Ok(Some(position)),
            Err(Unusable::OtherTimeline) => Err(resync(context)),
            _ => Err(token::foreign("$skiptoken")),
        },
        None => Ok(Some(reader.log_horizon(log.table)?.settled)),
    }
}

/// Refuses an option whose answer is no collection of entities, if the request insists on changes.
///
/// # Errors
/// 400 naming the option.
pub(crate) fn refuse(context: &Context, option: &str) -> Result<(), Error> {
    let tracking = &context.tracking;
    if tracking.function || tracking.token.is_some() {
        return Err(not_with(option));
    }
    Ok(())
}

fn not_with(option: &str) -> Error {
    let message = format!("{option} cannot be combined with change tracking.");
    Error::bad_request(message).with_target(option)
}

/// What tokens are bound to.
fn query(context: &Context) -> Binding {
    Binding {
        query: query_of(&context.place().path, &context.options),
        timeline: context.core.timeline,
    }
}

/// The changes since a token are not known here.
fn resync(context: &Context) -> Error {
    Error::resync_required(
        anew(&context.request),
        "The changes since this delta link are not kept any more. Read the collection anew.",
    )
}

/// The log of a collection's changes.
///
/// # Errors
/// 400 saying why there is none.
fn tracked<'c>(context: &'c Context, target: &Target) -> Result<&'c ChangeLog, Error> {
    let table = context.core.tables.table(target.table);
    let by_key = || {
        target
            .fixed
            .iter()
            .all(|(column, _)| table.key.contains(column))
    };
    let filtered = !target.filters.is_empty();
    if table.changes.is_none() || target.linked.is_some() || filtered || !by_key() {
        return Err(Error::bad_request(
            "Changes of this collection are not tracked.",
        ));
    }
    let options = &context.options;
    let cut = !context.core.service.profile().top_is_page_size;
    let given = [
        (!options.expand.is_empty(), "$expand"),
        (!options.apply.is_empty(), "$apply"),
        (options.skip.is_some_and(|skip| skip > 0), "$skip"),
        (options.top.is_some() && cut, "$top"),
    ];
    // What other rows decide may change without a change of this one.
    let mut elsewhere = false;
    expressions::of_options(options, &mut |path| {
        elsewhere |= matches!(path.root, Root::Service(_)) || path.navigation().next().is_some();
    });
    if elsewhere {
        return Err(Error::bad_request(
            "Expressions that lead to other entities cannot be combined with change tracking.",
        ));
    }
    match given.into_iter().find(|(given, _)| *given) {
        Some((_, name)) => Err(not_with(name)),
        None => log_of(table),
    }
}
