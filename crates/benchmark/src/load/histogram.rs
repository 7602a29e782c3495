//! Latencies in buckets: 32 to each doubling, so that a quantile is right to about 3 %.

use std::time::Duration;

const BITS: u32 = 5;
const SUB_BUCKETS: usize = 1 << BITS;
/// Enough for every number of microseconds.
const BUCKETS: usize = SUB_BUCKETS * (64 - BITS as usize + 1);

/// A histogram of durations in microseconds.
#[derive(Clone, Debug)]
pub(crate) struct Histogram {
    counts: Vec<u64>,
    total: u64,
}

impl Default for Histogram {
    fn default() -> Self {
        Self {
            counts: vec![0; BUCKETS],
            total: 0,
        }
    }
}

impl Histogram {
    /// Counts a duration.
    pub(crate) fn record(&mut self, duration: Duration) {
        let micros = u64::try_from(duration.as_micros()).unwrap_or(u64::MAX);
        self.counts[bucket(micros)] += 1;
        self.total += 1;
    }

    /// Adds another histogram's counts.
    pub(crate) fn merge(&mut self, other: &Self) {
        for (count, more) in self.counts.iter_mut().zip(&other.counts) {
            *count += more;
        }
        self.total += other.total;
    }

    /// How many durations were counted.
    pub(crate) fn total(&self) -> u64 {
        self.total
    }

    /// The duration that this share of all durations does not exceed, to the width of a bucket;
    /// zero if there are none.
    pub(crate) fn quantile(&self, share: f64) -> Duration {
        let wanted = (self.total as f64 * share).ceil().max(1.0) as u64;
        let mut seen = 0;
        for (index, count) in self.counts.iter().enumerate() {
            seen += count;
            if seen >= wanted {
                return Duration::from_micros(upper(index));
            }
        }
        Duration::ZERO
    }
}

fn bucket(micros: u64) -> usize {
    let doublings = (64 - micros.leading_zeros()).saturating_sub(BITS + 1);
    SUB_BUCKETS * doublings as usize + (micros >> doublings) as usize
}

/// The greatest number of microseconds in a bucket.
fn upper(index: usize) -> u64 {
    if index < 2 * SUB_BUCKETS {
        return index as u64;
    }
    let doublings = (index / SUB_BUCKETS - 1) as u32;
    let within = (index % SUB_BUCKETS + SUB_BUCKETS) as u64;
    within
        .checked_add(1)
        .and_then(|next| next.checked_shl(doublings))
        .filter(|next| *next >> doublings == within + 1)
        .map_or(u64::MAX, |next| next - 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_number_lies_in_its_bucket() {
        let edges = (0..64).flat_map(|bit| [(1u64 << bit) - 1, 1 << bit, (1 << bit) + 1]);
        for micros in edges.chain(0..5_000).chain([u64::MAX]) {
            let index = bucket(micros);
            assert!(index < BUCKETS, "{micros}");
            assert!(upper(index) >= micros, "{micros}");
            assert!(index == 0 || upper(index - 1) < micros, "{micros}");
        }
    }

    #[test]
    fn quantiles_of_a_line() {
        let mut histogram = Histogram::default();
        assert_eq!(histogram.quantile(0.5), Duration::ZERO);
        for micros in 1..=10_000 {
            histogram.record(Duration::from_micros(micros));
        }
        for (share, exact) in [(0.5, 5_000.0), (0.99, 9_900.0), (1.0, 10_000.0)] {
            let found = histogram.quantile(share).as_micros() as f64;
            assert!((found / exact - 1.0).abs() < 0.04, "{share}: {found}");
        }
    }
}
