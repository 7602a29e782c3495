//! Actions and functions (OData 4.01 Protocol, section 11.5).

use std::sync::Arc;

use bytes::Bytes;
use edm::{OperationId, StructuredId};
use odata::expr::Expr;
use odata::json::{self, Argument};
use odata::path::{ResourcePath, Segment};
use odata::query::QueryOptions;
use odata::{Error, ErrorCode};
use store::{Row, TableId};

use crate::access::Permit;
use crate::answer;
use crate::body;
use crate::core::Core;
use crate::exchange::{Request, Response};
use crate::negotiate::Negotiated;
use crate::represent::Representation;
use crate::service::{Answer, Call};

/// Carries out the operation that ends a path.
pub(crate) async fn invoke(
    core: &Arc<Core>,
    request: &Request,
    path: &ResourcePath,
    operation: OperationId,
    negotiated: &Negotiated,
    permit: Permit,
) -> Result<Response, Error> {
    let arguments = match core.model.operation(operation).kind {
        edm::OperationKind::Action => {
            json::read_parameters(&core.model, operation, body::optional(request)?)?
        }
        edm::OperationKind::Function => url_arguments(path)?,
    };
    let binding = path.segments[..path.segments.len() - 1].to_vec();
    let caller = request.caller.clone();
    let call = Call {
        operation,
        binding,
        arguments,
        caller,
        permit,
    };
    let answer = core.service.invoke(core.clone(), call).await?;
    respond(core, request, operation, answer, negotiated)
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

fn respond(
    core: &Core,
    request: &Request,
    operation: OperationId,
    answer: Answer,
    negotiated: &Negotiated,
) -> Result<Response, Error> {
    let returns = core.model.operation(operation).returns.as_ref();
    let entity_type = || {
        returns
            .and_then(|ty| ty.item.structured())
            .ok_or_else(|| Error::internal("an operation answered an entity it does not return"))
    };
    match answer {
        Answer::None => Ok(answer::no_content(&Negotiated {
            minimal: false,
            ..negotiated.clone()
        })),
        Answer::Shown(_, _, _) if negotiated.minimal => Ok(answer::no_content(negotiated)),
        Answer::Shown(table, rows, of) => entities(core, request, table, of, &rows, negotiated),
        Answer::Entities(table, rows) => {
            entities(core, request, table, entity_type()?, &rows, negotiated)
        }
        Answer::Entity(table, row) => {
            entity(core, request, table, entity_type()?, &row, negotiated)
        }
        Answer::Value(value) => {
            let ty = returns.ok_or_else(|| {
                Error::new(
                    ErrorCode::InternalServerError,
                    "An operation answered a value.",
                )
            })?;
            let mut out = begin(core, request, &core.model.type_name(ty));
            // A complex value stands in the answer's own object (JSON Format 4.01, section 18).
            if let (edm::Value::Complex(_), false) = (&value, ty.collection) {
                let mut object = Vec::new();
                json::write_value(&mut object, &core.model, ty, &value);
                if object.len() > 2 {
                    out.push(b',');
                }
                out.extend_from_slice(&object[1..]);
                return Ok(answer::json(out.into(), negotiated));
            }
            out.extend_from_slice(b",\"value\":");
            json::write_value(&mut out, &core.model, ty, &value);
            out.push(b'}');
            Ok(answer::json(out.into(), negotiated))
        }
    }
}

/// `{"@odata.context":"…$metadata#fragment"`.
fn begin(_core: &Core, request: &Request, fragment: &str) -> Vec<u8> {
    let mut out = Vec::with_capacity(512);
    out.extend_from_slice(b"{\"@odata.context\":");
    json::write_string(
        &mut out,
        &format!("{}/$metadata#{fragment}", request.service_root),
    );
    out
}

fn entity(
    core: &Core,
    request: &Request,
    table: TableId,
    of: StructuredId,
    row: &Row,
    negotiated: &Negotiated,
) -> Result<Response, Error> {
    let mut out = begin(
        core,
        request,
        &format!("{}/$entity", core.model.structured(of).name),
    );
    out.push(b',');
    members(core, table, of, row, &mut out)?;
    out.push(b'}');
    Ok(answer::json(out.into(), negotiated))
}

fn entities(
    core: &Core,
    request: &Request,
    table: TableId,
    of: StructuredId,
    rows: &[Row],
    negotiated: &Negotiated,
) -> Result<Response, Error> {
    let name = &core.model.structured(of).name;
    let mut out = begin(core, request, &format!("Collection({name})"));
    out.extend_from_slice(b",\"value\":[");
    for (i, row) in rows.iter().enumerate() {
        out.extend_from_slice(if i == 0 { b"{" } else { b",{" });
        members(core, table, of, row, &mut out)?;
        out.push(b'}');
    }
    out.extend_from_slice(b"]}");
    Ok(answer::json(Bytes::from(out), negotiated))
}

fn members(
    core: &Core,
    table: TableId,
    of: StructuredId,
    row: &Row,
    out: &mut Vec<u8>,
) -> Result<(), Error> {
    let options = QueryOptions::default();
    Representation::new(core, table, of, &options, false).members_of_row(out, row)
}
