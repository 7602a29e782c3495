//! What stands behind a function on a path (OData 4.01 URL Conventions, sections 4.5 to 4.13): the
//! function is called, and the rest of the path is about the entities that it returned, where they
//! live. So `GetTopProducts()({key})/Name` is read as `Products({key})/Name`, and
//! `GetTopProducts()/$filter(…)` as the members of `Products` that have one of the keys.

pub(crate) mod members;

use std::pin::Pin;
use std::sync::Arc;

use edm::{ItemType, StructuredId};
use odata::expr::{Path, Root, Step};
use odata::path::{PathKind, Resource, ResourcePath, Segment, Target};
use odata::query::QueryOptions;
use odata::{Error, ErrorCode, uri};
use store::Row;

use crate::answer;
use crate::context::Context;
use crate::dispatch;
use crate::exchange::Response;
use crate::memory;
use crate::methods;
use crate::operation;
use crate::permissions::{Action, expressions};
use crate::service::Answer;

/// The most entities that a function may return if the path or the options go on from them.
const MOST: usize = 1_000;

/// Carries out a request, function by function along its path.
///
/// # Errors
/// Those of the functions and of what comes behind them.
pub(crate) fn carry_out(
    context: Arc<Context>,
) -> Pin<Box<dyn Future<Output = Result<Response, Error>> + Send>> {
    Box::pin(async move {
        let Some(at) = function(&context) else {
            return dispatch::carry_out(context).await;
        };
        let (called, rest) = context.path.segments.split_at(at + 1);
        let answer = operation::call(&context, called).await?;
        let of = returned(&context, called)?;
        if let (Answer::Entities(table, rows), [Segment::Count]) = (&answer, rest)
            && !needs_store(&context.options)
        {
            let (core, table) = (&context.core, context.core.tables.table(*table));
            let clock = core.clock.as_ref();
            let left = memory::rows(&core.model, clock, table, rows.clone(), &context.options)?;
            let count = left.items.len().to_string();
            return Ok(answer::bytes(
                count.into(),
                "text/plain",
                &context.negotiated,
            ));
        }
        let goes_on = going_on(&context, of, answer, rest)?;
        carry_out(Arc::new(goes_on)).await
    })
}

/// The place of the first function from whose result the request goes on.
fn function(context: &Context) -> Option<usize> {
    let segments = &context.path.segments;
    let is_function = |segment: &Segment| match segment {
        Segment::Operation { id, .. } => {
            context.core.model.operation(*id).kind == edm::OperationKind::Function
        }
        _ => false,
    };
    let at = segments.iter().position(is_function)?;
    let is_last = at + 1 == segments.len();
    let each = segments.contains(&Segment::Each);
    let ends = is_last && (each || !returns_entities(context));
    (!ends && (!is_last || needs_store(&context.options))).then_some(at)
}

fn returns_entities(context: &Context) -> bool {
    matches!(
        context.path.target,
        Some(Target {
            item: ItemType::Entity(_),
            ..
        })
    )
}

/// Whether options ask for more than the entities at hand can tell.
fn needs_store(options: &QueryOptions) -> bool {
    let mut needed = !options.apply.is_empty() || !options.compute.is_empty();
    let mut see = |path: &Path| {
        let leads_on = |step: &Step| matches!(step, Step::Navigation { .. });
        needed |= path.steps.iter().any(leads_on) || matches!(path.root, Root::Service(_));
    };
    let own = QueryOptions {
        expand: Vec::new(),
        ..options.clone()
    };
    expressions::of_options(&own, &mut see);
    needed
}

/// The type of the entities that a function returns.
fn returned(context: &Context, called: &[Segment]) -> Result<StructuredId, Error> {
    let model = &context.core.model;
    let returns = match called.last() {
        Some(Segment::Operation { id, .. }) => model.operation(*id).returns.as_ref(),
        _ => None,
    };
    match returns.map(|returns| returns.item) {
        Some(ItemType::Entity(of)) => Ok(of),
        _ => Err(unserved(
            "A path that goes on behind a function which returns no entities",
        )),
    }
}

fn unserved(what: &str) -> Error {
    Error::new(ErrorCode::NotImplemented, format!("{what} is not served."))
}

/// The request about what a function returned.
fn going_on(
    context: &Context,
    of: StructuredId,
    answer: Answer,
    rest: &[Segment],
) -> Result<Context, Error> {
    let core = &context.core;
    let home = core.home(of).ok_or_else(|| {
        unserved("A path that goes on behind a function whose entities live in no collection")
    })?;
    let mut segments = match uri::parse_request(&core.model, &core.limits, home, None)? {
        (Resource::Path(path), _) => path.segments,
        _ => return Err(Error::internal("a home that is no path")),
    };
    let mut options = context.options.clone();
    let key = |row: &Row| core.key_of(of, row);
    let is_one = matches!(answer, Answer::Entity(..));
    let nothing =
        || Error::not_found("The function returns nothing that the path could go on from.");
    match (answer, rest) {
        (Answer::None, _) => return Err(nothing()),
        (Answer::Entity(_, row), _) => {
            segments.push(Segment::Key(key(&row)));
            segments.extend_from_slice(rest);
        }
        (Answer::Entities(_, rows), [Segment::Key(wanted), rest @ ..]) => {
            if !rows.iter().any(|row| key(row) == *wanted) {
                return Err(Error::not_found(format!(
                    "There is no {} '{}' in what the function returns.",
                    core.model.structured(of).short_name(),
                    crate::target::key_text(core, wanted)
                )));
            }
            segments.push(Segment::Key(wanted.clone()));
            segments.extend_from_slice(rest);
        }
        (Answer::Entities(_, rows), _) => {
            if rows.len() > MOST {
                return Err(unserved(&format!(
                    "Going on from more than {MOST} entities that a function returns"
                )));
            }
            let keys: Vec<_> = rows.iter().map(key).collect();
            let among = members::among(&core.model, of, &keys);
            segments.push(Segment::Filter(Box::new(among)));
            segments.extend_from_slice(rest);
            if let (Some(rank), true) = (
                members::rank(&core.model, of, &keys),
                options.apply.is_empty(),
            ) {
                options.orderby.push(rank);
            }
        }
        _ => return Err(unserved("A path that goes on behind this function")),
    }
    let kind = match (&context.path.kind, rest) {
        (PathKind::Function(_), []) if is_one => PathKind::Entity(of),
        (PathKind::Function(_), []) => PathKind::EntityCollection(of),
        (kind, _) => kind.clone(),
    };
    let path = ResourcePath {
        segments,
        kind,
        target: context.path.target,
    };
    permitted(context, path, options)
}

/// The request with another path: the caller needs the rights of that one, too.
fn permitted(
    context: &Context,
    path: ResourcePath,
    options: QueryOptions,
) -> Result<Context, Error> {
    let core = Arc::clone(&context.core);
    let method = &context.request.method;
    methods::check(&core, &path, method)?;
    let resource = Resource::Path(path);
    let needed = core
        .permissions
        .requirement(&core.model, &resource, &options, Action::of(method));
    let permit = context.request.caller.permit(&needed)?;
    let Resource::Path(path) = resource else {
        return Err(Error::internal("a path is none"));
    };
    Ok(Context {
        core,
        request: context.request.clone(),
        path,
        options,
        negotiated: context.negotiated.clone(),
        permit,
        tracking: context.tracking.clone(),
    })
}
