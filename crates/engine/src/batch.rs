//! `$batch`: several requests in one, answered in one (OData 4.01 Protocol, section 11.7; JSON
//! Format, section 19).
//!
//! Requests run in the order in which they are given, each with the rights of the one caller. Those
//! of an atomicity group or change set run in one transaction ([`crate::held`]).

mod part;
mod run;
mod url;
mod value;

use std::sync::Arc;

use http::{HeaderMap, HeaderName, HeaderValue, header};
use odata::batch::{self, Format, Rules};
use odata::{Error, ErrorCode};
use uuid::Uuid;

use crate::exchange::{Effect, Request, Response, Throttle};
use crate::handler::Engine;
use crate::negotiate::{self, Negotiated, version_header};
use crate::service::BatchProfile;

/// Carries out a batch. `format` is the value of `$format`.
///
/// # Errors
/// What is wrong with the batch as a whole: then nothing of it ran.
pub(crate) async fn carry_out(
    engine: &Engine,
    request: &Request,
    format: Option<&str>,
    negotiated: &Negotiated,
) -> Result<Response, Error> {
    refuse_outer(&request.headers, negotiated)?;
    let profile = engine.core.service.profile().batch;
    let (read_as, requests) = read(request, profile).map_err(|error| {
        // Its parts would count; it counts itself where they cannot be told.
        let throttle = engine.core.throttle.as_ref();
        let count = |throttle: &Arc<dyn Throttle>| throttle.count(&request.caller, Effect::Reads);
        throttle.and_then(|t| count(t).err()).unwrap_or(error)
    })?;
    measures::BATCH_REQUESTS.observe(requests.len());
    let write_as = answer_format(&request.headers, format, read_as)?;
    let wish = negotiated.prefer.continue_on_error;
    let run = run::Run::new(
        engine,
        request,
        requests,
        run::Order {
            // Parts are carried out one after the other up to the first error, JSON is not, unless
            // the client says otherwise.
            stops: !wish.unwrap_or(read_as == Format::Json),
            beside: read_as == Format::Json,
        },
    );
    let answers = run.carry_out().await.answers(read_as, write_as);
    let mut headers = version_header(negotiated);
    if let Some(wish) = wish {
        let name = HeaderName::from_static("preference-applied");
        let applied = if wish {
            "continue-on-error"
        } else {
            "continue-on-error=false"
        };
        headers.insert(name, HeaderValue::from_static(applied));
    }
    let mut body = Vec::with_capacity(answers.iter().map(|a| a.body.len() + 512).sum());
    let content_type = match write_as {
        Format::Json => {
            batch::write_json(&mut body, &answers);
            HeaderValue::from_static("application/json")
        }
        Format::Multipart => {
            let boundary = format!("batchresponse_{}", Uuid::new_v4());
            batch::write_multipart(&mut body, &boundary, &answers);
            let content_type = format!("multipart/mixed; boundary={boundary}");
            HeaderValue::from_str(&content_type).map_err(Error::internal)?
        }
    };
    headers.insert(header::CONTENT_TYPE, content_type);
    Ok(Response {
        status: 200,
        headers,
        body: body.into(),
    })
}

/// What may stand on each request, but not on the batch (Protocol, sections 8.2.4, 8.2.5 and
/// 8.2.8.7).
fn refuse_outer(headers: &HeaderMap, negotiated: &Negotiated) -> Result<(), Error> {
    let refuse = |name: &str| {
        let message = format!("{name} may stand on the requests of a batch, not on the batch.");
        Err(Error::bad_request(message).with_target(name))
    };
    for (name, shown) in [("if-match", "If-Match"), ("if-none-match", "If-None-Match")] {
        if headers.contains_key(name) {
            return refuse(shown);
        }
    }
    if negotiated.return_given {
        return refuse("Prefer: return");
    }
    Ok(())
}

fn read(request: &Request, profile: BatchProfile) -> Result<(Format, Vec<batch::Request>), Error> {
    let content_type = request.headers.get(header::CONTENT_TYPE);
    let content_type = content_type.and_then(|v| v.to_str().ok()).unwrap_or("");
    let rules = Rules {
        max_requests: profile.max_requests,
        ids_ignore_case: profile.ids_ignore_case,
    };
    let (format, boundary) = batch::format_of(content_type)?;
    let requests = match boundary {
        Some(boundary) => batch::read_multipart(&request.body, &boundary, rules)?,
        None => {
            let version = negotiate::payload_version(&request.headers)?;
            if version == "4.0" && !profile.json_in_4_0 {
                let message = "Batches in JSON need OData 4.01; under 4.0 a batch is \
                               multipart/mixed.";
                return Err(Error::bad_request(message).with_target("OData-Version"));
            }
            batch::read_json(&request.body, rules)?
        }
    };
    Ok((format, requests))
}

/// The format of the answer: what the client accepts, rather that of the request.
fn answer_format(
    headers: &HeaderMap,
    format: Option<&str>,
    request: Format,
) -> Result<Format, Error> {
    let asked: Vec<&str> = match format {
        Some(format) => vec![format],
        None => negotiate::list(headers, "accept", ',').collect(),
    };
    let other = match request {
        Format::Json => Format::Multipart,
        Format::Multipart => Format::Json,
    };
    let accepts = |format| asked.iter().any(|range| covers(range, format));
    if asked.is_empty() || accepts(request) {
        Ok(request)
    } else if accepts(other) {
        Ok(other)
    } else {
        let asked = asked.join(", ");
        let message =
            format!("'{asked}' cannot be served here; application/json and multipart/mixed can.");
        Err(Error::new(ErrorCode::NotAcceptable, message))
    }
}

/// Whether a media range covers a format of batches, whatever its parameters but the quality say.
fn covers(range: &str, format: Format) -> bool {
    let mut parts = range.split(';').map(str::trim);
    let media = parts.next().unwrap_or("").to_ascii_lowercase();
    let names: [&str; 3] = match format {
        Format::Json => ["application/json", "application/*", "json"],
        Format::Multipart => ["multipart/mixed", "multipart/*", "multipart"],
    };
    let refused = parts.any(|parameter| {
        let (name, value) = parameter.split_once('=').unwrap_or((parameter, ""));
        let quality: Option<f32> = value.trim().parse().ok();
        name.trim().eq_ignore_ascii_case("q") && quality.is_none_or(|quality| quality <= 0.0)
    });
    !refused && (media == "*/*" || names.contains(&media.as_str()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_answer_is_in_the_form_that_is_asked_for() {
        use Format::{Json, Multipart};
        let check = |accept: Option<&'static str>, format, request, expected: Option<Format>| {
            let mut headers = HeaderMap::new();
            if let Some(accept) = accept {
                headers.insert(header::ACCEPT, HeaderValue::from_static(accept));
            }
            let found = answer_format(&headers, format, request).ok();
            assert_eq!(found, expected, "{accept:?} {format:?} {request:?}");
        };
        check(None, None, Json, Some(Json));
        check(None, None, Multipart, Some(Multipart));
        check(Some("*/*"), None, Multipart, Some(Multipart));
        check(Some("application/json"), None, Multipart, Some(Json));
        check(
            Some("multipart/mixed;boundary=x"),
            None,
            Json,
            Some(Multipart),
        );
        check(
            Some("application/json;q=0, multipart/*"),
            None,
            Json,
            Some(Multipart),
        );
        check(
            Some("multipart/mixed, application/json"),
            None,
            Json,
            Some(Json),
        );
        check(
            Some("application/json;odata.metadata=full"),
            None,
            Json,
            Some(Json),
        );
        check(Some("multipart/mixed"), Some("json"), Multipart, Some(Json));
        check(Some("text/plain"), None, Json, None);
        check(None, Some("xml"), Json, None);
    }
}
