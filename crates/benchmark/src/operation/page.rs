//! GET of a page of 100 states: the first one, and one deep in the list.

use serde_json::Value;

use super::{Against, DeepPage, Operation, Subject};
use crate::load::Peer;

/// How many states a page has.
pub(crate) const SIZE: usize = 100;

pub(super) struct Page {
    name: &'static str,
    /// The path and query behind the prefix, for the product and for a floor.
    product: String,
    floor: String,
    /// Every state of the page has a key behind this one.
    after: String,
}

impl Page {
    pub(super) fn first(subject: &Subject) -> Self {
        let path = subject.path();
        Self {
            name: "page of 100, first",
            product: path.clone(),
            floor: path,
            after: String::new(),
        }
    }

    pub(super) fn deep(subject: &Subject, page: DeepPage) -> Self {
        let DeepPage { link, after, .. } = page;
        Self {
            name: "page of 100, deep",
            product: link,
            floor: format!("{}?after={after}", subject.path()),
            after,
        }
    }
}

impl Operation for Page {
    fn name(&self) -> &'static str {
        self.name
    }

    fn goal(&self) -> Option<f64> {
        Some(0.75)
    }

    fn floors(&self) -> &'static [Against] {
        &[Against::RawSql, Against::Bytes]
    }

    fn request(&self, peer: &Peer, _number: u64, out: &mut Vec<u8>) {
        let path = if peer.is_floor {
            &self.floor
        } else {
            &self.product
        };
        peer.request(out, "GET", path, "", &[]);
    }

    fn status(&self) -> u16 {
        200
    }

    fn check(&self, _number: u64, body: &[u8]) -> Result<(), String> {
        let page: Value = serde_json::from_slice(body).map_err(|error| error.to_string())?;
        let keys = keys(&page)?;
        if keys.len() != SIZE || page.get("@odata.nextLink").is_none() {
            return Err(format!("a page of {} states", keys.len()));
        }
        let first = keys.first().is_some_and(|key| *key > self.after.as_str());
        if !first || !keys.is_sorted() {
            return Err("a page out of order".to_owned());
        }
        Ok(())
    }
}

/// The keys of a page's states, in its order.
///
/// # Errors
/// If it is no page of states.
pub(crate) fn keys(page: &Value) -> Result<Vec<&str>, String> {
    let rows = page.get("value").and_then(Value::as_array);
    rows.ok_or("a page without rows")?
        .iter()
        .map(|row| {
            let id = row.get("id").and_then(Value::as_str);
            let (_, key) = id.and_then(|id| id.split_once(':')).ok_or("a bad id")?;
            Ok(key)
        })
        .collect()
}
