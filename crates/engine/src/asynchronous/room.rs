//! How many status monitors there may be, how large, and when they end.

use edm::Value;
use edm::time::TICKS_PER_SECOND;

/// The most monitors.
const MOST: usize = 1_000;
/// The most monitors of one caller.
const MOST_OF_ONE: usize = 100;
/// The most bytes in the answers that wait to be fetched; the oldest give way.
const MOST_BYTES: u64 = 256 << 20;
/// How long an answer, or the word that there is none, waits to be fetched, in ticks of 100 ns.
const KEPT: i64 = 600 * TICKS_PER_SECOND;

/// What tells of a monitor's age and size.
#[derive(Clone, Debug)]
pub(super) struct Head {
    pub(super) id: Value,
    pub(super) caller: String,
    /// In ticks.
    pub(super) lease_until: i64,
    /// In ticks.
    pub(super) finished_at: Option<i64>,
    /// Bytes of the answer's body.
    pub(super) length: u64,
}

/// How far a request is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Stage {
    Running,
    Finished,
    /// Nobody works on it any more.
    Lost,
    /// It is as if it had never been.
    Gone,
}

impl Head {
    pub(super) fn stage(&self, now: i64) -> Stage {
        let since = self.finished_at.unwrap_or(self.lease_until);
        match (now.saturating_sub(since) >= KEPT, self.finished_at) {
            (true, _) => Stage::Gone,
            (false, Some(_)) => Stage::Finished,
            (false, None) if self.lease_until < now => Stage::Lost,
            (false, None) => Stage::Running,
        }
    }
}

/// What is to be done for a new monitor.
#[derive(Debug)]
pub(super) struct Room {
    /// Monitors to remove.
    pub(super) gone: Vec<Value>,
    /// Whether there is room for one more.
    pub(super) free: bool,
}

impl Room {
    /// The room for a monitor of a caller beside others.
    pub(super) fn of(heads: Vec<Head>, caller: &str, now: i64) -> Self {
        let (gone, mut kept): (Vec<Head>, Vec<Head>) =
            heads.into_iter().partition(|h| h.stage(now) == Stage::Gone);
        let own = kept.iter().filter(|head| head.caller == caller).count();
        let free = kept.len() < MOST && own < MOST_OF_ONE;
        let mut gone: Vec<Value> = gone.into_iter().map(|head| head.id).collect();
        let mut bytes: u64 = kept.iter().map(|head| head.length).sum();
        kept.retain(|head| head.finished_at.is_some());
        kept.sort_by_key(|head| head.finished_at);
        let newest = kept.pop();
        for head in kept {
            if bytes <= MOST_BYTES {
                break;
            }
            bytes -= head.length;
            gone.push(head.id);
        }
        drop(newest);
        Self { gone, free }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn head(id: &str, caller: &str, finished_at: Option<i64>, length: u64) -> Head {
        Head {
            id: Value::from(id),
            caller: caller.to_owned(),
            lease_until: 10,
            finished_at,
            length,
        }
    }

    #[test]
    fn answers_expire_and_so_do_leases() {
        let (running, done) = (head("a", "ada", None, 0), head("b", "ada", Some(5), 1));
        for (head, now, stage) in [
            (&running, 10, Stage::Running),
            (&running, 11, Stage::Lost),
            (&running, 9 + KEPT, Stage::Lost),
            (&running, 10 + KEPT, Stage::Gone),
            (&done, 10, Stage::Finished),
            (&done, 4 + KEPT, Stage::Finished),
            (&done, 5 + KEPT, Stage::Gone),
        ] {
            assert_eq!(head.stage(now), stage, "{head:?} at {now}");
        }
        let room = Room::of(vec![running, done], "ada", 7 + KEPT);
        assert_eq!(room.gone, [Value::from("b")]);
        assert!(room.free);
    }

    #[test]
    fn monitors_are_bounded() {
        let many = |count: usize, caller: &str| vec![head("x", caller, None, 0); count];
        for (heads, caller, free) in [
            (many(MOST_OF_ONE - 1, "ada"), "ada", true),
            (many(MOST_OF_ONE, "ada"), "ada", false),
            (many(MOST_OF_ONE, "ada"), "eve", true),
            (many(MOST, "ada"), "eve", false),
        ] {
            let room = Room::of(heads, caller, 0);
            assert_eq!((room.free, room.gone.len()), (free, 0));
        }
    }

    #[test]
    fn the_oldest_answers_give_way() {
        let of = |id: &str, at: i64| head(id, "ada", Some(at), MOST_BYTES / 2);
        let room = Room::of(vec![of("c", 3), of("a", 1), of("b", 2)], "ada", 9);
        assert_eq!(room.gone, [Value::from("a")]);
        let huge = head("huge", "ada", Some(1), 2 * MOST_BYTES);
        assert!(
            Room::of(vec![huge], "ada", 9).gone.is_empty(),
            "the newest stays"
        );
    }
}
