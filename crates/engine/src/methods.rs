//! Which methods are served where: those that the kind of resource knows, less what its place
//! forbids. Requests are refused, `Allow` is written (RFC 9110, section 10.2.1) and the service is
//! described by this one rule.

use http::{HeaderValue, Method, header};
use odata::path::{PathKind, Resource, ResourcePath, Segment};
use odata::query::QueryOptions;
use odata::{Error, ErrorCode, Methods, uri};

use crate::context::Context;
use crate::core::Core;
use crate::exchange::Response;
use crate::permissions::Action;
use crate::reference;
use crate::target::Way;

/// The methods that are served on a resource, as far as its URL tells.
pub(crate) fn served(core: &Core, resource: &Resource) -> Methods {
    let of_kind = uri::methods(resource);
    let Resource::Path(path) = resource else {
        return of_kind;
    };
    of_kind.only(|name| {
        let method = method(name);
        forbidden(core, path, &method).is_none() && is_permitted(core, resource, &method)
    })
}

/// The value of the header.
pub(crate) fn allow(methods: Methods) -> HeaderValue {
    // Names of methods are ASCII.
    HeaderValue::from_str(&methods.to_string()).unwrap_or(HeaderValue::from_static(""))
}

/// The answer to OPTIONS: the methods of a resource in an answer without content (RFC 9110, section
/// 9.3.7).
pub(crate) fn options(methods: Methods, mut response: Response) -> Response {
    response.headers.insert(header::ALLOW, allow(methods));
    response
}

/// Refuses a method that the kind of resource knows and its place forbids.
///
/// # Errors
/// 405 with the methods that are served here.
pub(crate) fn check(core: &Core, path: &ResourcePath, method: &Method) -> Result<(), Error> {
    let Some(reason) = forbidden(core, path, method) else {
        return Ok(());
    };
    let allow = served(core, &Resource::Path(path.clone()));
    let message = format!("{reason} Allowed: {allow}.");
    Err(Error::method_not_allowed(allow, message))
}

/// A 405 from within the engine or the service, with the methods that are served here.
pub(crate) fn told(context: &Context, error: Error) -> Error {
    if error.code != ErrorCode::MethodNotAllowed {
        return error;
    }
    let methods = served(&context.core, &Resource::Path(context.path.clone()));
    // Whatever refused it knows better than the URL tells.
    let allow = methods.only(|name| name != context.request.method.as_str());
    Error {
        allow: Some(allow),
        ..error
    }
}

/// What refuses a request whose method, query or options are wrong: a method that is not served here
/// comes first, with those that are.
pub(crate) fn before(core: &Core, resource: &Resource, method: &Method, error: Error) -> Error {
    if error.code == ErrorCode::MethodNotAllowed {
        let allow = served(core, resource);
        let message = format!("{} Allowed: {allow}.", error.message);
        return Error::method_not_allowed(allow, message);
    }
    match resource {
        Resource::Path(path) => check(core, path, method).err().unwrap_or(error),
        _ => error,
    }
}

/// What refuses a method that no resource knows, whatever its URL means: 405, with the methods of
/// all of them, since which resource is meant is not known.
pub(crate) fn of_none(method: &Method) -> Option<Error> {
    let known = Methods::ALL;
    if *method == Method::OPTIONS || known.contains(method.as_str()) {
        return None;
    }
    let message = format!("The method {method} is allowed on no resource. Allowed: {known}.");
    Some(Error::method_not_allowed(known, message))
}

fn method(name: &str) -> Method {
    match name {
        "POST" => Method::POST,
        "PATCH" => Method::PATCH,
        "PUT" => Method::PUT,
        "DELETE" => Method::DELETE,
        _ => Method::GET,
    }
}

/// Whether anybody may: what no annotation permits is denied to everyone.
fn is_permitted(core: &Core, resource: &Resource, method: &Method) -> bool {
    let (permissions, none) = (&core.permissions, QueryOptions::default());
    permissions
        .requirement(&core.model, resource, &none, Action::of(method))
        .can_be_met()
}

/// Why a place forbids a method, if it does.
fn forbidden(core: &Core, path: &ResourcePath, method: &Method) -> Option<String> {
    let refused = core.restrictions.refusal(&core.model, path, method);
    refused.or_else(|| {
        let elsewhere = is_changed_elsewhere(core, path, method);
        elsewhere.then(|| "This path only leads to the entity; change it where it lives.".into())
    })
}

/// Whether a method would change what the path reaches without containing it. Links are changed
/// where they begin, and so is what is made or led to behind them.
fn is_changed_elsewhere(core: &Core, path: &ResourcePath, method: &Method) -> bool {
    if *method == Method::GET {
        return false;
    }
    let borrowed = |but_linked: bool| {
        let way = Way::of(core, &path.segments);
        way.is_some_and(|way| way.borrowed && !(but_linked && way.linked))
    };
    match path.kind {
        PathKind::EntityCollection(_) if path.segments.last() == Some(&Segment::Each) => {
            borrowed(false)
        }
        PathKind::EntityCollection(of) => borrowed(!core.model.structured(of).has_stream),
        PathKind::Entity(_) if *method == Method::DELETE && reference::is_referred(core, path) => {
            false
        }
        PathKind::Entity(_)
        | PathKind::Property(_)
        | PathKind::PropertyValue(_)
        | PathKind::Stream => borrowed(false),
        _ => false,
    }
}
