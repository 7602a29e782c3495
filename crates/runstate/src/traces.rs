//! Traces of requests, sent to a collector by OTLP over HTTP.

use std::error::Error;
use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use bytes::Bytes;
use http::{HeaderMap, HeaderValue, Method, Request, Response};
use opentelemetry::propagation::TextMapPropagator;
use opentelemetry::trace::{Span, SpanContext, SpanKind, Status, Tracer, TracerProvider};
use opentelemetry::{Context, KeyValue};
use opentelemetry_http::{HeaderExtractor, HttpClient};
use opentelemetry_otlp::{SpanExporter, WithExportConfig, WithHttpConfig};
use opentelemetry_sdk::Resource;
use opentelemetry_sdk::propagation::TraceContextPropagator;
use opentelemetry_sdk::trace::{Sampler, SdkTracer, SdkTracerProvider};
use server::{Answered, Trace, Traces};

use crate::Failure;

/// How long a collector may take for one answer.
const PATIENCE: Duration = Duration::from_secs(5);
/// The largest answer of a collector, in bytes.
const LARGEST: u64 = 1 << 20;

/// Sends traces to a collector: in the background, in batches, and at most as many as its queue
/// holds. A collector that is away costs traces, never requests.
pub(crate) struct Otlp {
    provider: SdkTracerProvider,
    tracer: SdkTracer,
    propagator: TraceContextPropagator,
}

impl Otlp {
    /// To the collector at a URL, such as `http://127.0.0.1:4318`. `share` of the traces that begin
    /// here are sent; those that began elsewhere, as that says.
    ///
    /// # Errors
    /// The URL is none.
    pub(crate) fn to(url: &str, share: f64) -> Result<Self, Failure> {
        let exporter = SpanExporter::builder()
            .with_http()
            .with_http_client(Client::new())
            .with_endpoint(format!("{}/v1/traces", url.trim_end_matches('/')))
            .with_timeout(PATIENCE)
            .build()?;
        let resource = Resource::builder_empty()
            .with_service_name("runstate")
            .with_attribute(KeyValue::new("service.version", env!("CARGO_PKG_VERSION")))
            .build();
        let here = Sampler::TraceIdRatioBased(share);
        let provider = SdkTracerProvider::builder()
            .with_batch_exporter(exporter)
            .with_sampler(Sampler::ParentBased(Box::new(here)))
            .with_resource(resource)
            .build();
        Ok(Self {
            tracer: provider.tracer("runstate"),
            provider,
            propagator: TraceContextPropagator::new(),
        })
    }

    /// Sends what is left, for a few seconds at most. Blocks.
    pub(crate) fn finish(&self) {
        if let Err(error) = self.provider.shutdown_with_timeout(PATIENCE) {
            tracing::warn!(%error, "not all traces were sent");
        }
    }
}

impl Traces for Otlp {
    fn begin(&self, method: &Method, headers: &HeaderMap) -> Box<dyn Trace> {
        let extractor = HeaderExtractor(headers);
        let parent = self
            .propagator
            .extract_with_context(&Context::new(), &extractor);
        // Methods that nobody knows are no names.
        let known = [
            Method::GET,
            Method::HEAD,
            Method::POST,
            Method::PATCH,
            Method::PUT,
            Method::DELETE,
            Method::OPTIONS,
        ];
        let name = known.iter().find(|known| *known == method);
        let name = name.map_or("HTTP", Method::as_str).to_owned();
        let builder = self
            .tracer
            .span_builder(name.clone())
            .with_kind(SpanKind::Server);
        let span = builder.start_with_context(&self.tracer, &parent);
        Box::new(OfRequest { name, span })
    }
}

struct OfRequest<S> {
    name: String,
    span: S,
}

impl<S: Span + Send> Trace for OfRequest<S> {
    fn name(&self) -> Option<HeaderValue> {
        HeaderValue::from_str(&traceparent(self.span.span_context())).ok()
    }

    fn end(&mut self, answered: &Answered<'_>) {
        let span = &mut self.span;
        span.update_name(format!("{} {}", self.name, answered.route));
        let text = |name: &'static str, value: &str| KeyValue::new(name, value.to_owned());
        span.set_attributes([
            text("http.request.method", &self.name),
            text("http.route", answered.route),
            KeyValue::new("http.response.status_code", i64::from(answered.status)),
            text("client.address", &answered.client.to_string()),
            text("runstate.request_id", answered.request_id),
        ]);
        if answered.status >= 500 {
            span.set_status(Status::error(""));
        }
        span.end();
    }
}

/// W3C Trace Context, section 3.2.2.
fn traceparent(of: &SpanContext) -> String {
    let flags = of.trace_flags().to_u8();
    format!("00-{}-{}-{flags:02x}", of.trace_id(), of.span_id())
}

/// The client of the exporter, which sends on a thread of its own.
struct Client {
    agent: ureq::Agent,
    away: AtomicBool,
}

impl fmt::Debug for Client {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Client")
    }
}

impl Client {
    fn new() -> Self {
        let config = ureq::Agent::config_builder()
            .max_redirects(0)
            .http_status_as_error(false)
            .user_agent(concat!("runstate/", env!("CARGO_PKG_VERSION")))
            .timeout_global(Some(PATIENCE));
        Self {
            agent: config.build().new_agent(),
            away: AtomicBool::new(false),
        }
    }

    fn send(&self, request: Request<Bytes>) -> Result<Response<Bytes>, ureq::Error> {
        let (head, body) = request.into_parts();
        let answer = self.agent.run(Request::from_parts(head, body.to_vec()))?;
        let (head, body) = answer.into_parts();
        let body = body.into_with_config().limit(LARGEST);
        let body = body.read_to_vec()?;
        Ok(Response::from_parts(head, body.into()))
    }

    /// Each change is worth a line, not each attempt.
    fn note(&self, sent: &Result<Response<Bytes>, ureq::Error>) {
        let reason = match sent {
            Ok(answer) if answer.status().is_success() => None,
            Ok(answer) => Some(format!("it answered {}", answer.status())),
            Err(error) => Some(error.to_string()),
        };
        let was_away = self.away.swap(reason.is_some(), Ordering::Relaxed);
        match reason {
            Some(reason) if !was_away => {
                tracing::warn!(reason, "traces cannot be sent to the collector");
            }
            None if was_away => tracing::info!("traces are sent to the collector again"),
            _ => {}
        }
    }
}

type Sending<'a> = Pin<
    Box<dyn Future<Output = Result<Response<Bytes>, Box<dyn Error + Send + Sync>>> + Send + 'a>,
>;

impl HttpClient for Client {
    fn send_bytes<'s, 'a>(&'s self, request: Request<Bytes>) -> Sending<'a>
    where
        's: 'a,
        Self: 'a,
    {
        Box::pin(async move {
            let sent = self.send(request);
            self.note(&sent);
            Ok(sent?)
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn begun(traceparent: &str) -> String {
        let otlp = Otlp::to("http://127.0.0.1:9", 1.0).unwrap();
        let mut headers = HeaderMap::new();
        headers.insert("traceparent", traceparent.parse().unwrap());
        let trace = otlp.begin(&Method::GET, &headers);
        trace.name().unwrap().to_str().unwrap().to_owned()
    }

    #[test]
    fn a_trace_goes_on_where_it_began() {
        let id = "4bf92f3577b34da6a3ce929d0e0e4736";
        let check = |sent: &str, goes_on: bool| {
            let name = begun(sent);
            assert_eq!(name.len(), 55, "{name}");
            assert_eq!(name.contains(id), goes_on, "{sent}: {name}");
        };
        check(&format!("00-{id}-00f067aa0ba902b7-01"), true);
        check(&format!("00-{id}-00f067aa0ba902b7-00"), true);
        check(&format!("00-{id}-0000000000000000-01"), false);
        check(&format!("ff-{id}-00f067aa0ba902b7-01"), false);
        check(&format!("00-{id}-x-01"), false);
        check("", false);
    }
}
