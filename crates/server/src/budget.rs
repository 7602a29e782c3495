//! How many bytes of requests and answers a server holds at once: what is beyond it is refused, so
//! that memory stays bounded whatever clients send.

use std::sync::Arc;
use std::sync::atomic::{AtomicIsize, Ordering};

use bytes::Bytes;

/// What nobody counts: the first bytes of each head, body and answer. How often there are these,
/// the number of connections bounds.
pub(crate) const UNCOUNTED: usize = 16 << 10;

/// The bytes that may be held at once, less those that are.
pub(crate) struct Budget {
    left: AtomicIsize,
}

/// A part of a budget, which its drop gives back.
pub(crate) struct Share {
    budget: Arc<Budget>,
    bytes: usize,
}

impl Budget {
    /// A budget of so many bytes.
    pub(crate) fn new(bytes: usize) -> Arc<Self> {
        let left = AtomicIsize::new(isize::try_from(bytes).unwrap_or(isize::MAX));
        Arc::new(Self { left })
    }

    /// Whether there is nothing left.
    pub(crate) fn is_spent(&self) -> bool {
        self.left() <= 0
    }

    /// The bytes that are left; negative if answers took more than there was.
    pub(crate) fn left(&self) -> isize {
        self.left.load(Ordering::Relaxed)
    }
}

impl Share {
    /// Nothing of a budget.
    pub(crate) fn of(budget: &Arc<Budget>) -> Self {
        Self {
            budget: Arc::clone(budget),
            bytes: 0,
        }
    }

    /// Takes more, if there is so much.
    pub(crate) fn grow(&mut self, bytes: usize) -> bool {
        let more = isize::try_from(bytes).unwrap_or(isize::MAX);
        let left = &self.budget.left;
        let take = |left: isize| left.checked_sub(more).filter(|rest| *rest >= 0);
        let taken = left
            .fetch_update(Ordering::Relaxed, Ordering::Relaxed, take)
            .is_ok();
        if taken {
            self.bytes += bytes;
        }
        taken
    }

    /// Takes more even if there is less, as for an answer that is there already.
    fn take(&mut self, bytes: usize) {
        let more = isize::try_from(bytes).unwrap_or(isize::MAX);
        self.budget.left.fetch_sub(more, Ordering::Relaxed);
        self.bytes += bytes;
    }

    /// Gives all of it back.
    pub(crate) fn release(&mut self) {
        let bytes = std::mem::take(&mut self.bytes);
        if bytes > 0 {
            let less = isize::try_from(bytes).unwrap_or(isize::MAX);
            self.budget.left.fetch_add(less, Ordering::Relaxed);
        }
    }

    /// Bytes that give this share back when the last part of them is dropped.
    pub(crate) fn bind(self, bytes: Bytes) -> Bytes {
        if self.bytes == 0 {
            return bytes;
        }
        Bytes::from_owner(Bound {
            bytes,
            _share: self,
        })
    }
}

impl Drop for Share {
    fn drop(&mut self) {
        self.release();
    }
}

/// An answer's bytes, counted until they have been sent.
pub(crate) fn counted(budget: &Arc<Budget>, bytes: Bytes) -> Bytes {
    let mut share = Share::of(budget);
    if bytes.len() > UNCOUNTED {
        share.take(bytes.len());
    }
    share.bind(bytes)
}

struct Bound {
    bytes: Bytes,
    _share: Share,
}

impl AsRef<[u8]> for Bound {
    fn as_ref(&self) -> &[u8] {
        &self.bytes
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_taken_comes_back() {
        let budget = Budget::new(100);
        let mut share = Share::of(&budget);
        assert!(share.grow(60));
        assert!(!share.grow(41));
        assert!(share.grow(40));
        assert!(budget.is_spent());
        let mut other = Share::of(&budget);
        assert!(!other.grow(1));
        assert!(!other.grow(usize::MAX));
        drop(share);
        assert_eq!(budget.left(), 100);
        assert!(other.grow(100));
    }

    #[test]
    fn bytes_are_counted_until_their_last_part_is_gone() {
        let budget = Budget::new(1 << 20);
        let answer = counted(&budget, Bytes::from(vec![7; 2 << 20]));
        assert_eq!(budget.left(), -(1 << 20));
        let part = answer.slice(5..9);
        drop(answer);
        assert!(budget.is_spent());
        assert_eq!(&part[..], [7; 4]);
        drop(part);
        assert_eq!(budget.left(), 1 << 20);
        let small = counted(&budget, Bytes::from_static(b"small"));
        assert_eq!((budget.left(), small.len()), (1 << 20, 5));
    }
}
