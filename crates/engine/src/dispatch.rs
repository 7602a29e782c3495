//! Which part of the engine carries out a method on a resource (OData 4.01 Protocol, section 11).

use std::sync::Arc;

use edm::{ItemType, Primitive, TypeRef};
use http::{Method, header};
use odata::json;
use odata::path::{PathKind, Segment};
use odata::query::ExpandForm;
use odata::{Error, ErrorCode};
use store::Reader;

use crate::answer;
use crate::change::Unnamed;
use crate::context::Context;
use crate::delta;
use crate::etag;
use crate::exchange::Response;
use crate::format::JSON;
use crate::{
    body, bulk, create, delete, each, operation, property, read, reference, stream, update,
};

/// Carries out a request on a path of the container.
pub(crate) async fn carry_out(context: Arc<Context>) -> Result<Response, Error> {
    match context.request.method {
        Method::GET => get(&context).await,
        Method::POST => post(&context).await,
        Method::PATCH => patch(&context).await,
        Method::PUT => put(&context).await,
        Method::DELETE => remove(&context).await,
        _ => Err(unserved(&context)),
    }
}

fn unserved(context: &Context) -> Error {
    let method = &context.request.method;
    Error::method_not_allowed(
        "GET, HEAD",
        format!("{method} is not served on this resource."),
    )
}

/// Whether the request is about every member of a collection by itself.
fn is_each(context: &Context) -> bool {
    context.path.segments.contains(&Segment::Each)
}

async fn get(context: &Arc<Context>) -> Result<Response, Error> {
    // Clients that always accept JSON alone get counts and raw values as the text they are.
    if media(&context.path.kind) == JSON {
        context.accept(JSON)?;
    }
    if let PathKind::Function(id) = context.path.kind {
        if is_each(context) {
            return each::invoke(context, id).await;
        }
        return operation::invoke(context, id).await;
    }
    context.read(read_or_nothing).await
}

/// The media type that reading a kind of resource answers with.
fn media(kind: &PathKind) -> &'static str {
    const BINARY: ItemType = ItemType::Primitive(Primitive::Binary);
    match kind {
        PathKind::Stream | PathKind::PropertyValue(TypeRef { item: BINARY, .. }) => {
            "application/octet-stream"
        }
        PathKind::Count | PathKind::PropertyValue(_) => "text/plain",
        _ => JSON,
    }
}

/// Reads a resource; 204 where a navigation property leads to nothing.
fn read_or_nothing(context: &Context, reader: &mut dyn Reader) -> Result<Response, Error> {
    let may_be_nothing = matches!(
        context.path.kind,
        PathKind::Entity(_) | PathKind::Reference(_)
    );
    match read_resource(context, reader) {
        Err(error)
            if may_be_nothing
                && error.code == ErrorCode::ResourceNotFound
                && read::leads_nowhere(context, reader)? =>
        {
            Ok(answer::empty(&context.negotiated))
        }
        answer => answer,
    }
}

fn read_resource(context: &Context, reader: &mut dyn Reader) -> Result<Response, Error> {
    let negotiated = &context.negotiated;
    let body = match &context.path.kind {
        PathKind::EntityCollection(_) if context.tracking.changes => {
            return Ok(answer::page(delta::changes(context, reader)?, context));
        }
        PathKind::EntityCollection(_) => {
            return read::collection(context, reader, ExpandForm::Entities);
        }
        PathKind::ReferenceCollection(_) => {
            return read::collection(context, reader, ExpandForm::References);
        }
        PathKind::Entity(_) => {
            let (body, tag) = read::entity(context, reader)?;
            if etag::is_known(&context.request.headers, tag.as_deref())? {
                return Ok(answer::not_modified(negotiated, tag.as_deref()));
            }
            let mut response = answer::json(body, negotiated);
            answer::tag(&mut response.headers, tag.as_deref());
            return Ok(response);
        }
        PathKind::Reference(_) => reference::get(context, reader)?,
        PathKind::Stream => return stream::read(context, reader),
        kind @ PathKind::Count => {
            return Ok(answer::bytes(
                read::count(context, reader)?,
                media(kind),
                negotiated,
            ));
        }
        kind @ (PathKind::Property(_) | PathKind::PropertyValue(_)) => {
            let raw = matches!(kind, PathKind::PropertyValue(_));
            return Ok(match property::read(context, reader, raw)? {
                None => answer::empty(negotiated),
                Some(body) if raw => {
                    let mut response = answer::bytes(body, media(kind), negotiated);
                    if let Some(media) = property::media_type(context)? {
                        response.headers.insert(header::CONTENT_TYPE, media);
                    }
                    response
                }
                Some(body) => answer::json(body, negotiated),
            });
        }
        _ => return Err(unserved(context)),
    };
    Ok(answer::json(body, negotiated))
}

async fn post(context: &Arc<Context>) -> Result<Response, Error> {
    context.accept(JSON)?;
    match context.path.kind {
        PathKind::Action(id) if is_each(context) => each::invoke(context, id).await,
        PathKind::Action(id) => operation::invoke(context, id).await,
        PathKind::EntityCollection(of) if context.core.model.structured(of).has_stream => {
            stream::create(context, of).await
        }
        PathKind::EntityCollection(of) => {
            create::entity(context, of, body::required(&context.request)?).await
        }
        PathKind::ReferenceCollection(of) => {
            reference::post(context, of, body::required(&context.request)?).await
        }
        PathKind::Property(_) => property::write(context, false).await,
        _ => Err(unserved(context)),
    }
}

async fn patch(context: &Arc<Context>) -> Result<Response, Error> {
    context.accept(JSON)?;
    let node = || body::required(&context.request);
    match context.path.kind {
        PathKind::Entity(of) => update::entity(context, of, node()?, Unnamed::Stay).await,
        PathKind::EntityCollection(of) if is_each(context) => {
            each::update(context, of, node()?).await
        }
        PathKind::EntityCollection(of) => {
            let node = node()?;
            if json::is_delta(&node) {
                bulk::members(context, of, node).await
            } else if context.core.service.profile().patches_members {
                update::member(context, of, node).await
            } else {
                Err(Error::bad_request(
                    "PATCH of a collection takes a delta payload: \"@odata.context\": \"#$delta\".",
                ))
            }
        }
        PathKind::Property(_) => property::write(context, false).await,
        _ => Err(unserved(context)),
    }
}

async fn put(context: &Arc<Context>) -> Result<Response, Error> {
    match context.path.kind {
        PathKind::Entity(of) => {
            context.accept(JSON)?;
            let node = body::required(&context.request)?;
            update::entity(context, of, node, Unnamed::Reset).await
        }
        PathKind::Property(_) => property::write(context, false).await,
        PathKind::PropertyValue(_) => property::write(context, true).await,
        PathKind::Stream => stream::write(context).await,
        PathKind::Reference(_) => reference::put(context).await,
        PathKind::ReferenceCollection(_) => reference::replace(context).await,
        _ => Err(unserved(context)),
    }
}

async fn remove(context: &Arc<Context>) -> Result<Response, Error> {
    match context.path.kind {
        // What its source only refers to lives on where it is.
        PathKind::Entity(_) if reference::is_referred(&context.core, &context.path) => {
            reference::delete(context).await
        }
        PathKind::Entity(_) => delete::entity(context).await,
        PathKind::EntityCollection(_) if is_each(context) => each::delete(context).await,
        PathKind::Property(_) => property::write(context, false).await,
        PathKind::PropertyValue(_) => property::write(context, true).await,
        PathKind::Stream if stream::is_media(context) => delete::entity(context).await,
        PathKind::Stream => stream::write(context).await,
        PathKind::Reference(_) | PathKind::ReferenceCollection(_) => {
            reference::delete(context).await
        }
        _ => Err(unserved(context)),
    }
}
