//! What a URL may cost: every bound on its size, each with an error that names it.

use crate::query::Levels;

/// Bounds on one request's URL. A request that passes one is refused, never cut.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Bytes of path and query together, as sent. Beyond it: 414.
    pub url_bytes: usize,
    /// How deep an expression may nest.
    pub expression_depth: usize,
    /// How deep `any` and `all` may nest: each level is a query within a query.
    pub lambda_depth: usize,
    /// How many operators, operands and items one query option may have, aliases resolved.
    pub expression_nodes: usize,
    /// How deep `$expand` may nest, the levels of each item counted.
    pub expand_depth: usize,
    /// What `$levels=max` means, within the former.
    pub max_levels: usize,
    /// How many navigation properties `$expand` may reach in all, `*` resolved.
    pub expand_items: usize,
    /// How many characters a literal may have, those of quotes not counted.
    pub literal_characters: usize,
    /// How many values may stand in the list of one `in`.
    pub in_list_items: usize,
}

impl Limits {
    /// How many levels deep an expanded item goes.
    #[must_use]
    pub fn levels(&self, levels: Option<Levels>) -> u64 {
        match levels {
            None => 1,
            Some(Levels::Number(levels)) => levels,
            Some(Levels::Max) => self.max_levels.min(self.expand_depth) as u64,
        }
    }
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            url_bytes: 16 * 1024,
            expression_depth: 100,
            lambda_depth: 10,
            expression_nodes: 2_000,
            expand_depth: 10,
            max_levels: 5,
            expand_items: 200,
            literal_characters: 16 * 1024,
            in_list_items: 1_000,
        }
    }
}
