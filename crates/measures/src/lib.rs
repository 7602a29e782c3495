//! What a running server counts about itself. To count costs an atomic addition and never waits;
//! how the numbers are shown is for others.

use std::sync::atomic::{AtomicI64, AtomicU64, Ordering};
use std::time::Duration;

/// The most bounds of a [`Histogram`].
pub const MOST_BOUNDS: usize = 15;

/// A number that only grows.
#[derive(Debug, Default)]
pub struct Counter(AtomicU64);

impl Counter {
    /// Zero.
    #[must_use]
    pub const fn new() -> Self {
        Self(AtomicU64::new(0))
    }

    /// One more.
    pub fn count(&self) {
        self.add(1);
    }

    /// So many more.
    pub fn add(&self, more: u64) {
        self.0.fetch_add(more, Ordering::Relaxed);
    }

    /// How many there are.
    #[must_use]
    pub fn get(&self) -> u64 {
        self.0.load(Ordering::Relaxed)
    }
}

/// A number that goes up and down.
#[derive(Debug, Default)]
pub struct Gauge(AtomicI64);

impl Gauge {
    /// Zero.
    #[must_use]
    pub const fn new() -> Self {
        Self(AtomicI64::new(0))
    }

    /// One more, for as long as the guard lives.
    #[must_use]
    pub fn enter(&self) -> Entered<'_> {
        self.0.fetch_add(1, Ordering::Relaxed);
        Entered(self)
    }

    /// Sets it.
    pub fn set(&self, to: usize) {
        let to = i64::try_from(to).unwrap_or(i64::MAX);
        self.0.store(to, Ordering::Relaxed);
    }

    /// How many there are now.
    #[must_use]
    pub fn get(&self) -> i64 {
        self.0.load(Ordering::Relaxed)
    }
}

/// Counts in a [`Gauge`] until it is dropped.
#[derive(Debug)]
pub struct Entered<'g>(&'g Gauge);

impl Drop for Entered<'_> {
    fn drop(&mut self) {
        self.0.0.fetch_sub(1, Ordering::Relaxed);
    }
}

/// How observed values lie between bounds.
#[derive(Debug)]
pub struct Histogram {
    /// The upper bounds of the buckets, ascending; the last bucket has none.
    bounds: &'static [f64],
    buckets: [AtomicU64; MOST_BOUNDS + 1],
    /// In millionths.
    sum: AtomicU64,
}

impl Histogram {
    /// An empty one with these upper bounds: ascending, and [`MOST_BOUNDS`] at most. Of more, the
    /// rest is not used.
    #[must_use]
    pub const fn new(bounds: &'static [f64]) -> Self {
        Self {
            bounds,
            buckets: [const { AtomicU64::new(0) }; MOST_BOUNDS + 1],
            sum: AtomicU64::new(0),
        }
    }

    /// Observes a duration, in seconds.
    pub fn observe_time(&self, time: Duration) {
        let millionths = u64::try_from(time.as_micros()).unwrap_or(u64::MAX);
        self.put(time.as_secs_f64(), millionths);
    }

    /// Observes a number.
    pub fn observe(&self, number: usize) {
        let millionths = (number as u64).saturating_mul(1_000_000);
        self.put(number as f64, millionths);
    }

    fn put(&self, value: f64, millionths: u64) {
        let bounds = self.bounds.iter().take(MOST_BOUNDS);
        let at = bounds.take_while(|bound| value > **bound).count();
        if let Some(bucket) = self.buckets.get(at) {
            bucket.fetch_add(1, Ordering::Relaxed);
        }
        self.sum.fetch_add(millionths, Ordering::Relaxed);
    }

    /// The sum of what was observed.
    #[must_use]
    pub fn sum(&self) -> f64 {
        self.sum.load(Ordering::Relaxed) as f64 / 1e6
    }

    /// How many observations lie in each bucket, with its upper bound; the last has none, which is
    /// infinity.
    #[must_use]
    pub fn buckets(&self) -> Vec<(f64, u64)> {
        let bounds = self.bounds.iter().take(MOST_BOUNDS).copied();
        bounds
            .chain([f64::INFINITY])
            .zip(&self.buckets)
            .map(|(bound, bucket)| (bound, bucket.load(Ordering::Relaxed)))
            .collect()
    }
}

/// What the stores of this process count.
#[derive(Debug)]
pub struct Stores {
    /// How many commands were committed in one transaction.
    pub group_commands: Histogram,
    /// How long it took from the first command of a group to its commit, in seconds.
    pub group_time: Histogram,
    /// How many writes waited when the last group was taken up.
    pub writes_waiting: Gauge,
    /// How many readers are at work.
    pub readers_busy: Gauge,
    /// How often the database went out of reach.
    pub outages: Counter,
}

/// The stores of this process: in a server, there is one.
pub static STORES: Stores = Stores {
    group_commands: Histogram::new(SIZES),
    group_time: Histogram::new(TIMES),
    writes_waiting: Gauge::new(),
    readers_busy: Gauge::new(),
    outages: Counter::new(),
};

/// How many requests the batches of this process had.
pub static BATCH_REQUESTS: Histogram = Histogram::new(SIZES);

/// Bounds for numbers of things.
pub const SIZES: &[f64] = &[
    1.0, 2.0, 4.0, 8.0, 16.0, 32.0, 64.0, 128.0, 256.0, 512.0, 1024.0, 4096.0,
];

/// Bounds for seconds.
pub const TIMES: &[f64] = &[
    0.000_5, 0.001, 0.002_5, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 60.0,
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_lie_in_the_first_bucket_that_holds_them() {
        let histogram = Histogram::new(&[1.0, 4.0]);
        for number in [0, 1, 2, 4, 5, 1_000_000] {
            histogram.observe(number);
        }
        let expected = [(1.0, 2), (4.0, 2), (f64::INFINITY, 2)];
        assert_eq!(histogram.buckets(), expected);
        assert_eq!(histogram.sum(), 1_000_012.0);
        histogram.observe_time(Duration::from_millis(1500));
        assert_eq!(histogram.buckets()[1], (4.0, 3));
        assert_eq!(histogram.sum(), 1_000_013.5);
    }

    #[test]
    fn the_bounds_of_all_fit_and_ascend() {
        for bounds in [SIZES, TIMES] {
            assert!(bounds.len() <= MOST_BOUNDS);
            assert!(bounds.is_sorted_by(|a, b| a < b));
        }
    }

    #[test]
    fn gauges_go_down_again() {
        let gauge = Gauge::new();
        let one = gauge.enter();
        let two = gauge.enter();
        assert_eq!(gauge.get(), 2);
        drop((one, two));
        assert_eq!(gauge.get(), 0);
    }
}
