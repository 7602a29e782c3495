//! What a listener counts, and the line that each request leaves in the log.

mod collect;
mod listen;

use std::collections::HashMap;
use std::sync::{Arc, OnceLock, PoisonError, RwLock};
use std::time::Instant;

use engine::access::Caller;
use engine::{RequestIds, Route};
use http::{Method, StatusCode};
use measures::{Counter, Gauge, Histogram, TIMES};
use odata::ErrorCode;

use crate::auth::AuthError;
use crate::failure::Refusal;
use crate::proxies::Source;
use crate::traces::Answered;

pub use listen::{MetricsError, MetricsListener};

/// The most routes that are told apart; what comes behind them is counted together.
const MOST_ROUTES: usize = 1_000;

/// What methods are counted as; the last stands for all that are not known.
const METHODS: [&str; 8] = [
    "GET", "HEAD", "POST", "PATCH", "PUT", "DELETE", "OPTIONS", "other",
];

/// Why callers are not let in.
const REASONS: [&str; 5] = ["missing", "invalid", "expired", "unavailable", "personal"];

/// What is counted.
#[derive(Debug, Default)]
pub(crate) struct Telemetry {
    pub(crate) in_flight: Gauge,
    pub(crate) throttled: Counter,
    /// Connections that found no place.
    pub(crate) turned_away: Counter,
    refused: [Counter; REASONS.len()],
    routes: [RwLock<HashMap<String, Arc<OfRoute>>>; METHODS.len()],
}

/// What is counted of the requests of one method and route.
#[derive(Debug)]
struct OfRoute {
    /// By the first digit of the status.
    answers: [Counter; 6],
    time: Histogram,
}

impl Default for OfRoute {
    fn default() -> Self {
        Self {
            answers: Default::default(),
            time: Histogram::new(TIMES),
        }
    }
}

/// What is learned of a request on its way.
pub(crate) struct Noted {
    pub(crate) source: Source,
    pub(crate) route: Route,
    pub(crate) caller: OnceLock<Arc<Caller>>,
    begun: Instant,
}

impl Noted {
    /// A request that comes from there.
    pub(crate) fn of(source: Source) -> Self {
        Self {
            source,
            route: Route::default(),
            caller: OnceLock::new(),
            begun: Instant::now(),
        }
    }

    /// What a trace tells of the request.
    pub(crate) fn told<'n>(
        &'n self,
        (method, open): (&'n Method, Option<&'static str>),
        status: StatusCode,
        ids: &'n RequestIds,
    ) -> Answered<'n> {
        Answered {
            method: method.as_str(),
            route: self.route.template().or(open).unwrap_or("none"),
            status: status.as_u16(),
            request_id: ids.request(),
            client: self.source.client,
        }
    }
}

impl Telemetry {
    /// Counts a request that is refused.
    pub(crate) fn refused(&self, refusal: &Refusal) {
        let refused = match refusal {
            Refusal::Auth(refused) => *refused,
            Refusal::Error(error) => {
                if error.code == ErrorCode::TooManyRequests {
                    self.throttled.count();
                }
                return;
            }
        };
        let at = match refused {
            AuthError::Missing => 0,
            AuthError::Invalid(_) if refused.is_guess() => 1,
            AuthError::Invalid(_) => 2,
            AuthError::Unavailable => 3,
            AuthError::PersonalAccount => 4,
        };
        if let Some(counter) = self.refused.get(at) {
            counter.count();
        }
    }

    /// Counts a request that was answered, and logs it: never its path and its query, which hold
    /// what clients look for and, for files, secrets.
    pub(crate) fn answered(
        &self,
        (method, open): (&Method, Option<&'static str>),
        status: StatusCode,
        (noted, ids): (&Noted, &RequestIds),
    ) {
        let time = noted.begun.elapsed();
        let route = noted.route.template().or(open).unwrap_or("none");
        let of_route = self.of_route(method, route);
        of_route.time.observe_time(time);
        let class = usize::from(status.as_u16() / 100);
        if let Some(counter) = of_route.answers.get(class) {
            counter.count();
        }
        let caller = noted.caller.get();
        tracing::debug!(
            target: "runstate::requests",
            method = method.as_str(),
            route,
            status = status.as_u16(),
            milliseconds = time.as_secs_f64() * 1e3,
            request_id = ids.request(),
            client_request_id = ids.client(),
            subject = caller.map(|caller| caller.subject.as_str()),
            application = caller.and_then(|caller| caller.application.as_deref()),
            client = %noted.source.client,
            "request answered"
        );
    }

    fn of_route(&self, method: &Method, route: &str) -> Arc<OfRoute> {
        let known = METHODS.iter().position(|known| *known == method.as_str());
        let routes = &self.routes[known.unwrap_or(METHODS.len() - 1)];
        if let Some(found) = routes
            .read()
            .unwrap_or_else(PoisonError::into_inner)
            .get(route)
        {
            return Arc::clone(found);
        }
        let mut routes = routes.write().unwrap_or_else(PoisonError::into_inner);
        let route = if routes.len() < MOST_ROUTES / METHODS.len() {
            route
        } else {
            "other"
        };
        Arc::clone(routes.entry(route.to_owned()).or_default())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn routes_are_bounded() {
        let telemetry = Telemetry::default();
        for number in 0..10_000 {
            let method = Method::from_bytes(format!("M{}", number % 100).as_bytes()).unwrap();
            telemetry.of_route(&method, &number.to_string());
            telemetry.of_route(&Method::GET, &number.to_string());
        }
        let count = |routes: &RwLock<HashMap<String, _>>| routes.read().unwrap().len();
        let all: usize = telemetry.routes.iter().map(count).sum();
        assert!(all <= MOST_ROUTES, "{all}");
    }
}
