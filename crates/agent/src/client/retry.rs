//! When a failed request is sent again, and how long the agent waits before.

use std::fmt;
use std::hash::{BuildHasher, RandomState};
use std::io;
use std::time::Duration;

use jiff::Timestamp;
use ureq::http::header::HeaderValue;

use super::{Method, answer_error};
use crate::error::{AgentError, ApiError};
use crate::options::RetryPolicy;

/// Why an attempt failed.
#[derive(Debug)]
pub(super) enum Failure {
    /// No whole answer came; another attempt may fare better.
    Lost(String),
    /// No whole answer came, and none will.
    Hopeless(String),
    /// The service answered with an error.
    Answered {
        error: Box<ApiError>,
        retry_after: Option<Duration>,
    },
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Lost(reason) | Self::Hopeless(reason) => f.write_str(reason),
            Self::Answered { error, .. } => error.fmt(f),
        }
    }
}

impl Failure {
    /// A request that cannot be made.
    pub(super) fn request(error: ureq::http::Error) -> Self {
        Self::Hopeless(error.to_string())
    }

    /// A connection that was not made, or lost.
    pub(super) fn transport(error: ureq::Error) -> Self {
        let hopeless = match &error {
            // What TLS refuses, it refuses again.
            ureq::Error::Io(error) => error.kind() == io::ErrorKind::InvalidData,
            ureq::Error::Timeout(_)
            | ureq::Error::HostNotFound
            | ureq::Error::ConnectionFailed
            | ureq::Error::Protocol(_) => false,
            _ => true,
        };
        if hopeless {
            Self::Hopeless(error.to_string())
        } else {
            Self::Lost(error.to_string())
        }
    }

    /// The status, if the service answered.
    pub(super) fn status(&self) -> Option<u16> {
        match self {
            Self::Answered { error, .. } => Some(error.status),
            Self::Lost(_) | Self::Hopeless(_) => None,
        }
    }

    /// How long to wait before the next attempt, or `None` if there is none.
    pub(super) fn wait(&self, attempt: u32, policy: &RetryPolicy) -> Option<Duration> {
        if attempt >= policy.attempts {
            return None;
        }
        let doubled = 2_u32.saturating_pow(attempt.saturating_sub(1));
        let longest = policy
            .first_wait
            .saturating_mul(doubled)
            .min(policy.longest_wait);
        let backoff = longest.mul_f64(0.5 + random_fraction() / 2.0);
        match self {
            Self::Hopeless(_) => None,
            Self::Lost(_) => Some(backoff),
            Self::Answered { error, retry_after } => {
                let again = matches!(error.status, 408 | 429 | 500 | 502..=599);
                let wait = retry_after.unwrap_or(backoff);
                (again && wait <= policy.longest_wait).then_some(wait)
            }
        }
    }

    pub(super) fn into_error(self, method: Method, url: &str, attempts: u32) -> AgentError {
        match self {
            Self::Answered { error, .. } => AgentError::Api(error),
            Self::Hopeless(reason) => answer_error(method, url, &reason),
            Self::Lost(reason) => AgentError::Unreachable {
                method: method.as_str(),
                url: url.to_owned(),
                attempts,
                reason,
            },
        }
    }
}

/// A number from 0 to 1, so that devices that failed together do not come back together.
fn random_fraction() -> f64 {
    let random = RandomState::new().hash_one(0_u8) >> 32;
    f64::from(u32::try_from(random).unwrap_or(u32::MAX)) / f64::from(u32::MAX)
}

/// `Retry-After`: seconds or a date (RFC 9110, section 10.2.3). A date that has passed is no wait.
pub(super) fn retry_after(value: &HeaderValue) -> Option<Duration> {
    let text = value.to_str().ok()?.trim();
    if let Ok(seconds) = text.parse() {
        return Some(Duration::from_secs(seconds));
    }
    let date = jiff::fmt::rfc2822::parse(text).ok()?.timestamp();
    let wait = date
        .as_second()
        .saturating_sub(Timestamp::now().as_second());
    Some(Duration::from_secs(wait.try_into().unwrap_or(0)))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn answered(status: u16, retry_after: Option<u64>) -> Failure {
        let error = ApiError {
            method: "GET",
            url: String::new(),
            status,
            code: String::new(),
            message: String::new(),
            request_id: None,
        };
        let retry_after = retry_after.map(Duration::from_secs);
        Failure::Answered {
            error: Box::new(error),
            retry_after,
        }
    }

    #[test]
    fn what_may_pass_is_tried_again() {
        let policy = RetryPolicy {
            attempts: 5,
            first_wait: Duration::from_secs(1),
            longest_wait: Duration::from_secs(6),
        };
        let check = |failure: Failure, attempt: u32, between: Option<(u64, u64)>| {
            let wait = failure.wait(attempt, &policy);
            let millis = |seconds: u64| Duration::from_millis(seconds * 500);
            match between {
                None => assert_eq!(wait, None, "{failure:?} {attempt}"),
                Some((least, most)) => {
                    let wait = wait.expect("another attempt");
                    assert!(
                        millis(least) <= wait && wait <= millis(most),
                        "{failure:?} {wait:?}"
                    );
                }
            }
        };
        let lost = || Failure::Lost("reset".to_owned());
        check(lost(), 1, Some((1, 2)));
        check(lost(), 2, Some((2, 4)));
        check(lost(), 4, Some((6, 12)));
        check(lost(), 5, None);
        check(Failure::Hopeless("certificate".to_owned()), 1, None);
        check(answered(503, None), 1, Some((1, 2)));
        check(answered(429, Some(5)), 1, Some((10, 10)));
        check(answered(429, Some(0)), 1, Some((0, 0)));
        check(answered(429, Some(7)), 1, None);
        for status in [302, 400, 401, 403, 404, 409, 501] {
            check(answered(status, Some(1)), 1, None);
        }
        for status in [408, 429, 500, 502, 503, 504] {
            check(answered(status, Some(1)), 4, Some((2, 2)));
            check(answered(status, Some(1)), 5, None);
        }
    }

    #[test]
    fn retry_after_is_seconds_or_a_date() {
        let check = |text: &str, expected: Option<u64>| {
            let value = HeaderValue::from_str(text).unwrap();
            assert_eq!(
                retry_after(&value),
                expected.map(Duration::from_secs),
                "{text}"
            );
        };
        check("17", Some(17));
        check("0", Some(0));
        check("Wed, 21 Oct 2015 07:28:00 GMT", Some(0));
        check("-1", None);
        check("soon", None);
        check("99999999999999999999999", None);
        let later = HeaderValue::from_static("Fri, 21 Oct 2095 07:28:00 GMT");
        assert!(retry_after(&later).unwrap() > Duration::from_secs(1_000_000));
    }
}
