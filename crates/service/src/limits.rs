//! How much one answer holds, and one batch asks for.

/// Limits of the service. The default is Graph's.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Entities on a page when the client does not say how many.
    pub page: u64,
    /// The most entities on a page, whatever the client asks for.
    pub largest_page: u64,
    /// The most requests in one batch; more are a 400 that names the limit.
    pub batch_requests: usize,
    /// For how many days runs stay in the history.
    pub history_days: u32,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            page: 100,
            largest_page: 1_000,
            batch_requests: 20,
            history_days: 90,
        }
    }
}
