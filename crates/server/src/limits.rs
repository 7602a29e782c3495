//! What a request may cost before it is refused.

use std::time::Duration;

/// The limits of one listener. [`Limits::default`] is what the product runs with.
#[derive(Clone, Debug)]
pub struct Limits {
    /// The longest request target, in bytes; longer is a 414.
    pub url: usize,
    /// The largest body, in bytes; larger is a 413.
    pub body: usize,
    /// The longest pause between two pieces of a body; longer is a 408.
    pub body_idle: Duration,
    /// The longest time for a whole body; longer is a 408. Without it, a byte every
    /// [`Self::body_idle`] would hold a connection for years.
    pub body_total: Duration,
    /// The longest time for the head of a request, and so the longest a kept-alive connection may
    /// idle; then the connection is closed.
    pub head: Duration,
    /// The largest head of a request, in bytes; larger is a 431 without a body.
    pub head_size: usize,
    /// How long a stopping server goes on accepting requests while `/ready` says that it stops, so
    /// that load balancers can send them elsewhere.
    pub notice: Duration,
    /// How long a stopping server waits for the requests in flight.
    pub drain: Duration,
    /// How long the unread body of a refused request is read on and thrown away, so that a client
    /// that sends everything before it reads finds the refusal instead of a reset connection.
    pub linger: Duration,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            url: 16 << 10,
            body: 32 << 20,
            body_idle: Duration::from_secs(30),
            body_total: Duration::from_secs(600),
            head: Duration::from_secs(60),
            head_size: 128 << 10,
            notice: Duration::ZERO,
            drain: Duration::from_secs(30),
            linger: Duration::from_secs(5),
        }
    }
}
