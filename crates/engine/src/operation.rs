//! Actions and functions (OData 4.01 Protocol, section 11.5).

use std::sync::Arc;

use edm::{OperationId, StructuredId, Value};
use odata::Error;
use odata::expr::Expr;
use odata::json::{self, Argument};
use odata::path::{ResourcePath, Segment};
use store::{Row, TableId};

use crate::answer;
use crate::body;
use crate::context::Context;
use crate::exchange::Response;
use crate::represent::{At, Representation};
use crate::service::{Answer, Call};

/// Carries out the operation that ends a path.
pub(crate) async fn invoke(
    context: &Arc<Context>,
    operation: OperationId,
) -> Result<Response, Error> {
    let core = &context.core;
    let arguments = match core.model.operation(operation).kind {
        edm::OperationKind::Action => {
            let body = body::optional(&context.request)?;
            json::read_parameters(&core.model, operation, body)?
        }
        edm::OperationKind::Function => url_arguments(&context.path)?,
    };
    let (_, binding) = context
        .path
        .segments
        .split_last()
        .unwrap_or((&Segment::Count, &[]));
    let call = Call {
        operation,
        binding: binding.to_vec(),
        arguments,
        caller: context.request.caller.clone(),
        permit: context.permit,
    };
    let answer = core.service.invoke(Arc::clone(core), call).await?;
    respond(context, operation, answer)
}

fn url_arguments(path: &ResourcePath) -> Result<Vec<(usize, Argument)>, Error> {
    let Some(Segment::Operation { parameters, .. }) = path.segments.last() else {
        return Err(Error::internal("a function's path does not end with it"));
    };
    parameters
        .iter()
        .map(|(index, expr)| match expr {
            Expr::Literal { value, .. } if value.is_null() => Ok((*index, Argument::Null)),
            Expr::Literal { value, .. } => Ok((*index, Argument::Value(value.clone()))),
            _ => Err(Error::bad_request(
                "Parameters of a function in a URL are literals here.",
            )),
        })
        .collect()
}

fn respond(context: &Context, operation: OperationId, answer: Answer) -> Result<Response, Error> {
    let model = &context.core.model;
    let returns = model.operation(operation).returns.as_ref();
    let entity_type = || {
        returns
            .and_then(|ty| ty.item.structured())
            .ok_or_else(|| Error::internal("an operation answered an entity it does not return"))
    };
    let body = match answer {
        Answer::None => return Ok(answer::empty(&context.negotiated)),
        Answer::Shown(..) if context.negotiated.minimal => {
            return Ok(answer::no_content(&context.negotiated));
        }
        Answer::Shown(table, rows, of) => entities(context, table, of, &rows)?,
        Answer::Entities(table, rows) => entities(context, table, entity_type()?, &rows)?,
        Answer::Entity(table, row) => {
            let of = entity_type()?;
            let mut out = begin(context, &format!("{}/$entity", model.structured(of).name));
            out.push(b',');
            members(context, table, of, &row, &mut out)?;
            out.push(b'}');
            out
        }
        Answer::Value(value) => {
            let ty = returns.ok_or_else(|| {
                Error::internal("an operation answered a value it does not return")
            })?;
            value_body(context, ty, &value)
        }
    };
    Ok(answer::json(body.into(), &context.negotiated))
}

/// `{"@odata.context":"…$metadata#fragment"`.
fn begin(context: &Context, fragment: &str) -> Vec<u8> {
    let mut out = Vec::with_capacity(512);
    out.extend_from_slice(b"{\"@odata.context\":");
    json::write_string(
        &mut out,
        &format!("{}/$metadata#{fragment}", context.root()),
    );
    out
}

/// A value, with its context. A complex one stands in the answer's own object (JSON Format 4.01,
/// section 18), any other under `value`.
fn value_body(context: &Context, ty: &edm::TypeRef, value: &Value) -> Vec<u8> {
    let model = &context.core.model;
    let mut out = begin(context, &model.type_name(ty));
    if let (Value::Complex(_), false) = (value, ty.collection) {
        let mut object = Vec::new();
        json::write_value(&mut object, model, context.negotiated.style, ty, value);
        if object.len() > 2 {
            out.push(b',');
        }
        out.extend_from_slice(&object[1..]);
        return out;
    }
    out.extend_from_slice(b",\"value\":");
    json::write_value(&mut out, model, context.negotiated.style, ty, value);
    out.push(b'}');
    out
}

fn entities(
    context: &Context,
    table: TableId,
    of: StructuredId,
    rows: &[Row],
) -> Result<Vec<u8>, Error> {
    let name = &context.core.model.structured(of).name;
    let mut out = begin(context, &format!("Collection({name})"));
    out.extend_from_slice(b",\"value\":[");
    for (i, row) in rows.iter().enumerate() {
        out.extend_from_slice(if i == 0 { b"{" } else { b",{" });
        members(context, table, of, row, &mut out)?;
        out.push(b'}');
    }
    out.extend_from_slice(b"]}");
    Ok(out)
}

fn members(
    context: &Context,
    table: TableId,
    of: StructuredId,
    row: &Row,
    out: &mut Vec<u8>,
) -> Result<(), Error> {
    let (core, style) = (&context.core, context.negotiated.style);
    let made = Representation::new(core, table, of, &context.options, style, false)?;
    made.members_of_row(out, row, At::Member(&context.place()))?;
    Ok(())
}
