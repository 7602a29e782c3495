//! Holding a request back until it is approved, and using the approval up.

use std::sync::Arc;

use aws_lc_rs::digest::{Context, SHA256};
use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use edm::Value;
use edm::time::{DateTimeOffset, TICKS_PER_DAY};
use engine::access::Reach;
use engine::audit::Origin;
use engine::exchange::Request;
use engine::{Approval, Approving, Core};
use odata::path::ResourcePath;
use odata::{Error, ErrorCode};
use store::{BoxFuture, Row, Transaction};

use super::columns::Status;
use super::subject::Subject;
use super::{Approvals, EXPIRES_DAYS, save};
use crate::layout::Layout;
use crate::overview::each;

/// The header that asks for approval: why, as base64 of UTF-8.
const JUSTIFICATION: &str = "x-msft-approval-justification";
/// The header that names an approval.
const CODE: &str = "x-msft-approval-code";
/// The longest justification, in characters.
const LONGEST: usize = 1_024;
/// The most requests of one requestor that wait or are approved.
const MOST_OPEN: usize = 100;

/// Approval is demanded.
#[derive(Clone, Debug)]
pub(crate) struct Hold {
    approvals: Arc<Approvals>,
    families: Arc<Layout>,
}

impl Hold {
    pub(crate) fn new(approvals: &Arc<Approvals>, families: &Arc<Layout>) -> Self {
        Self {
            approvals: Arc::clone(approvals),
            families: Arc::clone(families),
        }
    }

    /// Whether a change at a path is held back.
    pub(crate) fn is_for(&self, model: &edm::Model, path: &odata::path::ResourcePath) -> bool {
        self.approvals.guarded.has(model, path)
    }
}

impl Approving for Hold {
    fn approved<'a>(
        &'a self,
        core: &'a Arc<Core>,
        request: &'a Request,
        path: &'a ResourcePath,
    ) -> BoxFuture<'a, Result<Approval, Error>> {
        Box::pin(async move {
            if matches!(request.caller.reach, Reach::Device(_)) {
                let message = "A device changes no scripts.";
                return Err(Error::new(ErrorCode::Forbidden, message));
            }
            if let Some(code) = header(request, CODE)? {
                return Ok(Approval(code.to_owned()));
            }
            let justification = justification(request)?;
            let (shared, hold) = (Arc::clone(core), self.clone());
            let (asked, path) = (request.clone(), path.clone());
            let noted = core.write(Origin::of(request), move |transaction| {
                let subject = Subject::of(&shared, &hold.families, transaction, &asked, &path)?;
                let asking = Asking {
                    request: &asked,
                    justification: &justification,
                    subject,
                };
                ask(&shared, &hold.approvals, transaction, asking)
            });
            let code = noted.await?;
            Err(refused(
                ErrorCode::PreconditionFailed,
                &code,
                "Approval Required. Repeat the same request with the header x-msft-approval-code when \
                 somebody else has approved it.",
            ))
        })
    }

    fn spend<'a>(
        &'a self,
        core: &'a Arc<Core>,
        request: &'a Request,
        approval: &'a Approval,
    ) -> BoxFuture<'a, Result<(), Error>> {
        let (shared, approvals) = (Arc::clone(core), Arc::clone(&self.approvals));
        let (code, asked) = (approval.0.clone(), request.clone());
        Box::pin(core.write(Origin::of(request), move |transaction| {
            complete(&shared, &approvals, transaction, &asked, &code)
        }))
    }
}

fn header<'r>(request: &'r Request, name: &str) -> Result<Option<&'r str>, Error> {
    let mut given = request.headers.get_all(name).iter();
    let Some(value) = given.next() else {
        return Ok(None);
    };
    let text = value.to_str().ok().filter(|_| given.next().is_none());
    let wrong = || Error::bad_request(format!("Header '{name}' must be one ASCII text."));
    text.map(|text| Some(text.trim())).ok_or_else(wrong)
}

fn justification(request: &Request) -> Result<String, Error> {
    let given = header(request, JUSTIFICATION)?.filter(|text| !text.is_empty());
    let given = given.ok_or_else(|| {
        let message = format!("Header '{JUSTIFICATION}' is required to request approval.");
        Error::bad_request(message)
    })?;
    let bytes = BASE64_STANDARD.decode(given).ok();
    let text = bytes.and_then(|bytes| String::from_utf8(bytes).ok());
    let fits =
        |text: &String| (1..=LONGEST).contains(&text.chars().count()) && !text.contains('\0');
    text.filter(fits).ok_or_else(|| {
        Error::bad_request(format!(
            "Header '{JUSTIFICATION}' must be the base64 of 1 to {LONGEST} characters in UTF-8."
        ))
    })
}

/// The path of a request behind the service root, with its query.
fn path(request: &Request) -> String {
    match request.query.as_deref() {
        Some(query) => format!("{}?{query}", request.path),
        None => request.path.clone(),
    }
}

/// What tells one request from another, whoever sends it.
fn digest(request: &Request) -> String {
    let mut hash = Context::new(&SHA256);
    for part in [request.method.as_str().as_bytes(), path(request).as_bytes()] {
        // None of them holds a zero.
        hash.update(part);
        hash.update(&[0]);
    }
    hash.update(&request.body);
    hash.finish()
        .as_ref()
        .iter()
        .map(|byte| format!("{byte:02x}"))
        .collect()
}

/// Somebody asks for approval.
struct Asking<'r> {
    request: &'r Request,
    justification: &'r str,
    subject: Subject,
}

/// Notes a request; answers its code.
fn ask(
    core: &Core,
    approvals: &Approvals,
    transaction: &mut dyn Transaction,
    asking: Asking<'_>,
) -> Result<String, Error> {
    let request = asking.request;
    let columns = &approvals.columns;
    let now = core.clock.now();
    let digest = Value::String(digest(request));
    let is_open = |row: &Row| {
        let status = columns.status(row);
        columns.expires(row) > now.ticks
            && matches!(status, Status::NeedsApproval | Status::Approved)
    };
    let mut same = None;
    let fixed = vec![(columns.digest, digest.clone())];
    each(core, transaction, columns.table, fixed, |row| {
        if is_open(&row) {
            same = Some(row);
        }
    })?;
    if let Some(row) = same {
        let code = row[columns.id].as_str().unwrap_or_default();
        let message = "An active Approval Request already exists for this operation.";
        return Err(refused(ErrorCode::Conflict, code, message));
    }
    let subject = Value::String(request.caller.subject.clone());
    let mut open = 0;
    let fixed = vec![(columns.requestor_id, subject.clone())];
    // All of them count, also those about what the requestor does not reach any more.
    let all = transaction.everything();
    each(core, all, columns.table, fixed, |row| {
        open += usize::from(is_open(&row));
    })?;
    if open >= MOST_OPEN {
        let message = format!(
            "{MOST_OPEN} requests of this requestor wait for approval or for its use. Complete or \
             cancel some of them."
        );
        return Err(Error::new(ErrorCode::Conflict, message));
    }
    let code = core.ids.new_id().to_string();
    let mut row = core.tables.table(columns.table).blank();
    row[columns.id] = Value::String(code.clone());
    row[columns.requested] = Value::DateTimeOffset(now);
    row[columns.modified] = Value::DateTimeOffset(now);
    let expires = DateTimeOffset {
        ticks: now.ticks + EXPIRES_DAYS * TICKS_PER_DAY,
        ..now
    };
    columns.set_expiration(&mut row, expires);
    columns.set_status(&mut row, Status::NeedsApproval);
    row[columns.request_justification] = Value::from(asking.justification);
    row[columns.requestor] = columns.identity(&request.caller);
    row[columns.policy_types] = Value::Collection(vec![Value::Enum(columns.script)]);
    row[columns.requestor_id] = subject;
    row[columns.method] = Value::from(request.method.as_str());
    row[columns.path] = Value::String(path(request));
    row[columns.body] = Value::Binary(request.body.to_vec());
    row[columns.digest] = digest;
    row[columns.script_id] = Value::String(asking.subject.script);
    let tags = asking.subject.tags.into_iter().map(Value::String);
    row[columns.role_scope_tags] = Value::Collection(tags.collect());
    transaction.insert(columns.table, &row)?;
    Ok(code)
}

/// Uses an approval up for the request that it is for.
fn complete(
    core: &Core,
    approvals: &Approvals,
    transaction: &mut dyn Transaction,
    request: &Request,
    code: &str,
) -> Result<(), Error> {
    let columns = &approvals.columns;
    let refused = |why: String| Err(refused(ErrorCode::PreconditionFailed, code, &why));
    let row = transaction.get(columns.table, &[Value::from(code)])?;
    let own = |row: &Row| row[columns.requestor_id].as_str() == Some(&request.caller.subject);
    let Some(row) = row.filter(own) else {
        return refused(format!(
            "There is no request of yours with the code '{code}'."
        ));
    };
    if row[columns.digest].as_str() != Some(&digest(request)) {
        return refused(format!(
            "The approval '{code}' is for another request: method, URL and body must be the same, byte \
             for byte."
        ));
    }
    match columns.status(&row) {
        Status::Approved if columns.expires(&row) <= core.clock.now().ticks => {
            refused(format!("The approval '{code}' has expired."))
        }
        Status::Approved => {
            let mut new = row.clone();
            columns.set_status(&mut new, Status::Completed);
            save(core, transaction, columns, (&row, &mut new))
        }
        status => refused(format!(
            "The request '{code}' is not approved: its status is {}.",
            status.name()
        )),
    }
}

fn refused(code: ErrorCode, approval: &str, message: &str) -> Error {
    let mut error = Error::new(code, format!("{message} {CODE}: {approval}"));
    error.header = Some(Box::new((CODE, approval.to_owned())));
    error
}
