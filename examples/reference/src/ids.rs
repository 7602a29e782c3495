//! Keys of new rows: behind all start rows, in the order of their making.

use engine::Ids;
use uuid::Uuid;

/// The bits of a GUID that say its version, and those of its first digit.
const VERSION: u128 = 0xf << 76;
const FIRST_DIGIT: u128 = 0xf << 124;

/// GUIDs of version 7 (RFC 9562) whose first digit, 0 until the year 2527, is `f`: lists are
/// ordered by key, and new rows come after those of the start, which begin with other digits or
/// with `f10`. What is so made is a GUID of version 8, whose digits are the maker's own.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct OrderedIds;

impl Ids for OrderedIds {
    fn new_id(&self) -> Uuid {
        let bits = Uuid::now_v7().as_u128();
        Uuid::from_u128(bits & !VERSION | 8 << 76 | FIRST_DIGIT)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn new_keys_come_after_all_others_in_order() {
        let made: Vec<Uuid> = (0..1_000).map(|_| OrderedIds.new_id()).collect();
        assert!(made.is_sorted());
        let last = Uuid::parse_str("f102f42f-59ac-45c3-8e6d-33868033c723").unwrap();
        assert!(made[0] > last);
        assert_eq!(made[0].get_version_num(), 8);
    }
}
