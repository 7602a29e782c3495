//! The links at the end of an answer: to the next page, or to the changes since.

use odata::json;

use super::query;
use super::token::{self, Rest, Token};
use crate::context::Context;
use crate::links::{delta_link, next_link};

/// Writes the link behind a page of a collection whose changes are tracked: to its next page, if
/// there is one, or else to what changes since a position.
pub(crate) fn write(
    context: &Context,
    since: i64,
    next: Option<(String, Option<u64>)>,
    out: &mut Vec<u8>,
) {
    let state = token::encode(&Token::Since(since), query(context));
    match next {
        Some((page, top)) => {
            member(
                out,
                "@odata.nextLink",
                &next_link(context, &format!("{page}.{state}"), top),
            );
        }
        None => member(
            out,
            "@odata.deltaLink",
            &delta_link(&context.request, &state),
        ),
    }
}

/// Writes the link behind changes: to the rest of the round, if there is one, or else to the next
/// round.
pub(super) fn write_rest(
    context: &Context,
    rest: Result<Rest, i64>,
    top: Option<u64>,
    out: &mut Vec<u8>,
) {
    let query = query(context);
    match rest {
        Ok(rest) => {
            let state = token::encode(&Token::Rest(rest), query);
            member(
                out,
                "@odata.nextLink",
                &next_link(context, &format!(".{state}"), top),
            );
        }
        Err(position) => {
            let state = token::encode(&Token::Since(position), query);
            member(
                out,
                "@odata.deltaLink",
                &delta_link(&context.request, &state),
            );
        }
    }
}

fn member(out: &mut Vec<u8>, name: &str, url: &str) {
    out.push(b',');
    json::write_string(out, name);
    out.push(b':');
    json::write_string(out, url);
}
