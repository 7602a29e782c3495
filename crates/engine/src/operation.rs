//! Actions and functions (OData 4.01 Protocol, section 11.5).

mod condition;

use std::sync::Arc;

use edm::{OperationId, StructuredId, Value};
use http::Method;
use odata::expr::Expr;
use odata::json::{self, Argument};
use odata::path::Segment;
use odata::{Error, ErrorCode};
use store::{Reader, Row, TableId};

use crate::answer;
use crate::audit::Origin;
use crate::body;
use crate::context::Context;
use crate::etag;
use crate::exchange::Response;
use crate::expand;
use crate::links::Place;
use crate::memory;
use crate::represent::{At, Representation, count_member};
use crate::service::{Answer, Call};
use crate::value_answer;

/// Carries out the operation that ends a path.
///
/// # Errors
/// Those of the operation.
pub(crate) async fn invoke(
    context: &Arc<Context>,
    operation: OperationId,
) -> Result<Response, Error> {
    let answer = call(context, &context.path.segments).await?;
    respond(context, operation, answer).await
}

/// What the operation answers that ends these segments of the request's path.
///
/// # Errors
/// Those of the operation.
pub(crate) async fn call(context: &Arc<Context>, segments: &[Segment]) -> Result<Answer, Error> {
    let core = &context.core;
    let Some((
        Segment::Operation {
            id: operation,
            parameters,
        },
        binding,
    )) = segments.split_last()
    else {
        return Err(Error::internal("a path does not end with an operation"));
    };
    let arguments = match core.model.operation(*operation).kind {
        edm::OperationKind::Action => {
            let body = body::optional(&context.request)?;
            json::read_parameters(&core.model, *operation, body)?
        }
        edm::OperationKind::Function => url_arguments(parameters)?,
    };
    let call = Call {
        operation: *operation,
        binding: binding.to_vec(),
        arguments,
        caller: context.request.caller.clone(),
        permit: context.permit,
        origin: origin(context, *operation),
    };
    match condition::is_conditional(context, *operation) {
        true => condition::under_condition(context, call).await,
        false => core.service.invoke(Arc::clone(core), call).await,
    }
}

/// What the audit says of where an operation came from.
pub(crate) fn origin(context: &Context, operation: OperationId) -> Origin {
    let operation = context.core.model.operation(operation);
    let name = operation.name.rsplit('.').next();
    Origin {
        action: name.map(str::to_owned),
        ..Origin::of(&context.request)
    }
}

fn url_arguments(parameters: &[(usize, Expr)]) -> Result<Vec<(usize, Argument)>, Error> {
    parameters
        .iter()
        .map(|(index, expr)| match expr {
            Expr::Literal { value, .. } if value.is_null() => Ok((*index, Argument::Null)),
            Expr::Literal { value, .. } => Ok((*index, Argument::Value(value.clone()))),
            _ => Err(Error::new(
                ErrorCode::NotImplemented,
                "Parameters of a function in a resource path are literals here.",
            )),
        })
        .collect()
}

/// An operation's answer, as the request wants it.
///
/// # Errors
/// Those of the options that shape it.
pub(crate) async fn respond(
    context: &Arc<Context>,
    operation: OperationId,
    answer: Answer,
) -> Result<Response, Error> {
    let model = &context.core.model;
    let returns = model.operation(operation).returns.as_ref();
    let entity_type = || {
        returns
            .and_then(|ty| ty.item.structured())
            .ok_or_else(|| Error::internal("an operation answered an entity it does not return"))
    };
    let tag = match &answer {
        Answer::Entity(table, row) => etag::of_row(context.core.tables.table(*table), row),
        _ => None,
    };
    let body = match answer {
        Answer::None => return Ok(answer::empty(&context.negotiated)),
        _ if context.negotiated.minimal && context.request.method == Method::POST => {
            return Ok(answer::no_content(&context.negotiated));
        }
        Answer::Shown(table, rows, of) => shown(context, table, of, rows, true).await?,
        Answer::Entities(table, rows) => shown(context, table, entity_type()?, rows, true).await?,
        Answer::Entity(table, row) => {
            shown(context, table, entity_type()?, vec![row], false).await?
        }
        // What returns null answers without content (OData 4.01 Protocol, sections 11.5.4 and 11.5.5).
        Answer::Value(Value::Null) => return Ok(answer::empty(&context.negotiated)),
        Answer::Value(value) => {
            let ty = returns.ok_or_else(|| {
                Error::internal("an operation answered a value it does not return")
            })?;
            // What is called on each returns what all calls do.
            let mut ty = ty.clone();
            ty.collection |= matches!(value, Value::Collection(_));
            value_body(context, &ty, &value)?
        }
    };
    let mut response = answer::json(body.into(), &context.negotiated);
    answer::tag(&mut response.headers, tag.as_deref());
    Ok(response)
}

/// The entities that an operation returns, as the query options shape them. Only expansions read
/// the database again.
async fn shown(
    context: &Arc<Context>,
    table: TableId,
    of: StructuredId,
    mut rows: Vec<Row>,
    many: bool,
) -> Result<Vec<u8>, Error> {
    if context.options.expand.is_empty() {
        return entities(context, None, (table, of), rows, many);
    }
    context
        .read(move |context, reader| {
            let rows = std::mem::take(&mut rows);
            entities(context, Some(reader), (table, of), rows, many)
        })
        .await
}

/// A value, with its context; of a collection, what the query options leave.
fn value_body(context: &Context, ty: &edm::TypeRef, value: &Value) -> Result<Vec<u8>, Error> {
    let model = &context.core.model;
    let fragment = model.type_name(ty);
    let type_name = value_answer::declared_type(context, ty);
    let Value::Collection(items) = value else {
        return value_answer::body(context, &fragment, (None, type_name), (ty, value));
    };
    let clock = context.core.clock.as_ref();
    let left = memory::values(model, clock, items, &context.options)?;
    let items = Value::Collection(left.items.into_iter().cloned().collect());
    value_answer::body(context, &fragment, (left.count, type_name), (ty, &items))
}

fn entities(
    context: &Context,
    mut reader: Option<&mut dyn Reader>,
    (table, of): (TableId, StructuredId),
    all: Vec<Row>,
    many: bool,
) -> Result<Vec<u8>, Error> {
    let (core, options) = (&context.core, &context.options);
    let place = context.place().of_operation(core, of);
    let mut out = value_answer::begin(context, &fragment(context, of, many));
    if !many {
        if out.len() > 1 {
            out.push(b',');
        }
        if let Some(row) = all.first() {
            let at = (At::Member(&place), &place);
            member(context, &mut reader, (table, of, row), at, &mut out)?;
        }
        out.push(b'}');
        return Ok(out);
    }
    let rows = core.tables.table(table);
    let left = memory::rows(&core.model, core.clock.as_ref(), rows, all, options)?;
    if let Some(count) = left.count {
        value_answer::separate(&mut out);
        count_member(&mut out, context.negotiated.style, "", count as u64);
    }
    value_answer::separate(&mut out);
    out.extend_from_slice(b"\"value\":[");
    for (i, row) in left.items.iter().enumerate() {
        out.extend_from_slice(if i == 0 { b"{" } else { b",{" });
        let at = (At::Member(&place), &place);
        member(context, &mut reader, (table, of, row), at, &mut out)?;
        out.push(b'}');
    }
    out.extend_from_slice(b"]}");
    Ok(out)
}

/// The fragment of the context URL of entities that an operation returns: that of the set which
/// its import names, else their type (OData 4.01 Protocol, section 10.16).
fn fragment(context: &Context, of: StructuredId, many: bool) -> String {
    let (model, list) = (&context.core.model, context.projection());
    let operation = context
        .path
        .segments
        .iter()
        .rev()
        .find_map(|segment| match segment {
            Segment::Operation { id, .. } => Some(model.operation(*id)),
            _ => None,
        });
    let import = operation
        .filter(|operation| !operation.is_bound)
        .and_then(|operation| {
            let imports = model.imports().iter();
            imports
                .clone()
                .find(|import| import.operation == operation.name)
        });
    let set = import.and_then(|import| import.entity_set.as_deref());
    let name = &model.structured(of).name;
    match (set, many) {
        (Some(set), true) => format!("{set}{list}"),
        (Some(set), false) => format!("{set}{list}/$entity"),
        (None, true) => format!("Collection({name}){list}"),
        (None, false) => format!("{name}{list}"),
    }
}

/// Writes the members of an entity and what they expand to.
fn member(
    context: &Context,
    reader: &mut Option<&mut dyn Reader>,
    (table, of, row): (TableId, StructuredId, &Row),
    (at, place): (At<'_>, &Place<'_>),
    out: &mut Vec<u8>,
) -> Result<(), Error> {
    let (core, style) = (&context.core, context.negotiated.style);
    let made = Representation::new(core, table, of, &context.options, style, false)?;
    let mut separate = made.members_of_row(out, row, at)?;
    if let Some(reader) = reader {
        let here = place.member(core, of, &core.key_of(of, row));
        let parts = (&**core, style, context.permit);
        let row = (table, row);
        expand::of_row(
            parts,
            *reader,
            &context.options,
            row,
            &here,
            &mut separate,
            out,
        )?;
    }
    Ok(())
}
