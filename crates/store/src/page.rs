//! Page tokens: where a page ended, bound to the query it belongs to.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use edm::{Model, Value};
use odata::{Error, json};

use crate::select::Order;
use crate::table::Table;

/// The token of the page behind a row: the row's values of the order's columns.
#[must_use]
pub fn encode(
    model: &Model,
    table: &Table,
    order: &[Order<'_>],
    values: &[Value],
    query: u64,
) -> String {
    let mut text = format!("{query:016x}").into_bytes();
    for (term, value) in order.iter().zip(values) {
        text.push(b'\n');
        json::write_stored_value(&mut text, model, &term.ty(table), value);
    }
    URL_SAFE_NO_PAD.encode(text)
}

/// The values of a token.
///
/// # Errors
/// 400 if the token was not made by [`encode`] for this query.
pub fn decode(
    model: &Model,
    table: &Table,
    order: &[Order<'_>],
    token: &str,
    query: u64,
) -> Result<Vec<Value>, Error> {
    read(model, table, order, token, query).ok_or_else(not_of_this_query)
}

/// What is said of a token that was not made for its query: a 400.
#[must_use]
pub fn not_of_this_query() -> Error {
    Error::bad_request(
        "$skiptoken: the token is not one of this query. Follow @odata.nextLink as it was given.",
    )
    .with_target("$skiptoken")
}

fn read(
    model: &Model,
    table: &Table,
    order: &[Order<'_>],
    token: &str,
    query: u64,
) -> Option<Vec<Value>> {
    let text = String::from_utf8(URL_SAFE_NO_PAD.decode(token).ok()?).ok()?;
    let mut lines = text.split('\n');
    if lines.next()? != format!("{query:016x}") {
        return None;
    }
    let values: Vec<Value> = order
        .iter()
        .zip(lines.by_ref())
        .map(|(term, line)| json::value_from_json_text(model, &term.ty(table), line).ok())
        .collect::<Option<_>>()?;
    (values.len() == order.len() && lines.next().is_none()).then_some(values)
}

/// A number that stands for a query, the same in every version of the program (FNV-1a, 64 bits):
/// a token of one query is not taken for another's. It guards against mistakes, not malice; a
/// forged token can only choose where a page begins.
#[must_use]
pub fn fingerprint(parts: &[&str]) -> u64 {
    let bytes = parts
        .iter()
        .flat_map(|part| part.bytes().chain(std::iter::once(0)));
    bytes.fold(0xcbf2_9ce4_8422_2325, |hash, byte| {
        (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3)
    })
}
