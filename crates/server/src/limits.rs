//! What a request may cost before it is refused.

use std::time::Duration;

/// The limits of one listener. [`Limits::default`] is what the product runs with. A request with
/// more than 100 headers is a 431.
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
    /// The longest time for a TLS handshake; then the connection is closed.
    pub handshake: Duration,
    /// The fewest bytes of a body within a second, on average behind its first
    /// [`Self::body_idle`]; fewer are a 408.
    pub body_rate: u64,
    /// How long a client may read nothing of an answer; then the connection is closed.
    pub unread: Duration,
    /// The longest time that the service may take for an answer; then it is a 503.
    pub request: Duration,
    /// The most connections at once; more are closed as they come.
    pub connections: usize,
    /// The most connections at once from one IPv4 address or IPv6 network of 64 bits, trusted proxies
    /// excepted.
    pub connections_of_one: usize,
    /// The most bytes of heads, bodies and answers that are held at once, the first 16 KiB of each
    /// not counted. Beyond it, requests with large bodies are a 503, and large heads are closed.
    pub held: usize,
    /// How many wrong tokens may come from one address within 20 seconds; more are a 429.
    pub wrong_tokens: u32,
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
            handshake: Duration::from_secs(10),
            body_rate: 512,
            unread: Duration::from_secs(30),
            request: Duration::from_secs(300),
            connections: 10_000,
            connections_of_one: 1_000,
            held: 512 << 20,
            wrong_tokens: 1_000,
            notice: Duration::ZERO,
            drain: Duration::from_secs(30),
            linger: Duration::from_secs(5),
        }
    }
}
