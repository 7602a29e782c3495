//! The counts as Prometheus reads them (OpenMetrics 1.0, text format).

use std::fmt;
use std::sync::{Arc, PoisonError};

use measures::{Counter, Histogram, STORES};
use prometheus_client::collector::Collector;
use prometheus_client::encoding::{DescriptorEncoder, MetricEncoder, NoLabelSet};
use prometheus_client::metrics::MetricType;
use prometheus_client::registry::Registry;

use super::{METHODS, OfRoute, REASONS, Telemetry};
use crate::answer::Shared;

/// What the first digits of statuses are called.
const CLASSES: [&str; 6] = ["0xx", "1xx", "2xx", "3xx", "4xx", "5xx"];

/// All counts of a listener and of the process.
struct Counts(Arc<Shared>);

impl fmt::Debug for Counts {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Counts")
    }
}

/// The counts as text.
///
/// # Errors
/// If they cannot be written.
pub(super) fn text(shared: &Arc<Shared>) -> Result<String, fmt::Error> {
    let mut registry = Registry::with_prefix("runstate");
    registry.register_collector(Box::new(Counts(Arc::clone(shared))));
    let mut text = String::with_capacity(16 << 10);
    prometheus_client::encoding::text::encode(&mut text, &registry)?;
    Ok(text)
}

impl Collector for Counts {
    fn encode(&self, mut encoder: DescriptorEncoder<'_>) -> fmt::Result {
        let telemetry = &self.0.telemetry;
        build(&mut encoder)?;
        requests(&mut encoder, telemetry)?;
        callers(&mut encoder, telemetry)?;
        connections(&mut encoder, &self.0)?;
        stores(&mut encoder)?;
        match resident_bytes() {
            Some(bytes) => {
                let help = "Memory of the process that is resident";
                gauge(&mut encoder, ("memory_resident_bytes", help), bytes)
            }
            None => Ok(()),
        }
    }
}

fn build(encoder: &mut DescriptorEncoder<'_>) -> fmt::Result {
    let help = "The version that runs";
    let mut build = encoder.encode_descriptor("build", help, None, MetricType::Info)?;
    build.encode_info(&[("version", env!("CARGO_PKG_VERSION"))])
}

fn requests(encoder: &mut DescriptorEncoder<'_>, telemetry: &Telemetry) -> fmt::Result {
    let mut routes: Vec<(&str, String, Arc<OfRoute>)> = Vec::new();
    for (method, of_method) in METHODS.iter().zip(&telemetry.routes) {
        let of_method = of_method.read().unwrap_or_else(PoisonError::into_inner);
        let each = of_method.iter();
        routes.extend(each.map(|(route, of)| (*method, route.clone(), Arc::clone(of))));
    }
    let help = "Requests by method, route of the model and class of status";
    let mut family = encoder.encode_descriptor("requests", help, None, MetricType::Counter)?;
    for (method, route, of) in &routes {
        for (class, counter) in CLASSES.iter().zip(&of.answers) {
            if counter.get() > 0 {
                let labels = [("method", *method), ("route", route), ("status", *class)];
                counted(&mut family.encode_family(&labels)?, counter)?;
            }
        }
    }
    let help = "Time from the head of a request to its answer";
    let name = "request_duration_seconds";
    let mut family = encoder.encode_descriptor(name, help, None, MetricType::Histogram)?;
    for (method, route, of) in &routes {
        let labels = [("method", *method), ("route", route)];
        observed(&mut family.encode_family(&labels)?, &of.time)?;
    }
    let help = "Requests that are being answered";
    gauge(
        encoder,
        ("requests_in_flight", help),
        telemetry.in_flight.get(),
    )?;
    let help = "Requests in one batch";
    histogram(encoder, ("batch_requests", help), &measures::BATCH_REQUESTS)
}

fn callers(encoder: &mut DescriptorEncoder<'_>, telemetry: &Telemetry) -> fmt::Result {
    let help = "Requests that were answered 429, those within batches not counted";
    counter(encoder, ("requests_throttled", help), &telemetry.throttled)?;
    let help = "Callers that were not let in, by reason";
    let mut family = encoder.encode_descriptor("auth_refusals", help, None, MetricType::Counter)?;
    for (reason, counter) in REASONS.iter().zip(&telemetry.refused) {
        counted(&mut family.encode_family(&[("reason", *reason)])?, counter)?;
    }
    Ok(())
}

fn connections(encoder: &mut DescriptorEncoder<'_>, shared: &Shared) -> fmt::Result {
    let open = i64::try_from(shared.connections.count()).unwrap_or(i64::MAX);
    gauge(encoder, ("connections", "Open connections"), open)?;
    let help = "Connections that were closed as they came, since there were too many";
    let turned_away = &shared.telemetry.turned_away;
    counter(encoder, ("connections_refused", help), turned_away)?;
    let help = "Bytes of heads, bodies and answers that may be held yet";
    let left = i64::try_from(shared.budget.left()).unwrap_or(i64::MAX);
    gauge(encoder, ("held_bytes_left", help), left)
}

fn stores(encoder: &mut DescriptorEncoder<'_>) -> fmt::Result {
    let help = "Commands that were committed in one transaction";
    histogram(encoder, ("group_commands", help), &STORES.group_commands)?;
    let help = "Time from the first command of a group to its commit";
    histogram(
        encoder,
        ("group_duration_seconds", help),
        &STORES.group_time,
    )?;
    let help = "Writes that waited when the last group was taken up";
    gauge(
        encoder,
        ("writes_waiting", help),
        STORES.writes_waiting.get(),
    )?;
    let help = "Readers of the database that are at work";
    gauge(encoder, ("readers_busy", help), STORES.readers_busy.get())?;
    let help = "How often the database went out of reach";
    counter(encoder, ("database_outages", help), &STORES.outages)
}

type Described<'d> = (&'d str, &'d str);

fn gauge(
    encoder: &mut DescriptorEncoder<'_>,
    (name, help): Described<'_>,
    value: i64,
) -> fmt::Result {
    encoder
        .encode_descriptor(name, help, None, MetricType::Gauge)?
        .encode_gauge(&value)
}

fn counter(
    encoder: &mut DescriptorEncoder<'_>,
    (name, help): Described<'_>,
    counter: &Counter,
) -> fmt::Result {
    counted(
        &mut encoder.encode_descriptor(name, help, None, MetricType::Counter)?,
        counter,
    )
}

fn histogram(
    encoder: &mut DescriptorEncoder<'_>,
    (name, help): Described<'_>,
    histogram: &Histogram,
) -> fmt::Result {
    observed(
        &mut encoder.encode_descriptor(name, help, None, MetricType::Histogram)?,
        histogram,
    )
}

fn counted(encoder: &mut MetricEncoder<'_>, counter: &Counter) -> fmt::Result {
    encoder.encode_counter::<NoLabelSet, _, u64>(&counter.get(), None)
}

fn observed(encoder: &mut MetricEncoder<'_>, histogram: &Histogram) -> fmt::Result {
    let buckets = histogram.buckets();
    let count = buckets.iter().map(|(_, count)| count).sum();
    encoder.encode_histogram::<NoLabelSet>(histogram.sum(), count, &buckets, None)
}

/// The memory of this process that is resident, where the system tells.
fn resident_bytes() -> Option<i64> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = status
        .lines()
        .find_map(|line| line.strip_prefix("VmRSS:"))?;
    let kibibytes: i64 = line.split_ascii_whitespace().next()?.parse().ok()?;
    kibibytes.checked_mul(1 << 10)
}
