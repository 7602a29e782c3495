//! Delta tokens: where in the log of changes a client stands, bound to its query. They are opaque
//! and checked; a forged one can only choose which changes its bearer, who may read the whole
//! collection, reads.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use odata::Error;
use store::changes::LogPlace;

/// Graph's word for a token that begins now.
const LATEST: &str = "latest";

/// What a token stands for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Token {
    /// Now.
    Latest,
    /// All changes since a position.
    Since(i64),
    /// The rest of a round of changes.
    Rest(Rest),
}

/// The rest of a round: the changes behind a place and below a sequence; then the next round begins
/// at a position.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Rest {
    pub(super) after: LogPlace,
    pub(super) end: i64,
    pub(super) then: i64,
}

/// What tokens are bound to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Binding {
    /// The collection and its query.
    pub(super) query: u64,
    /// The timeline of the database's logs.
    pub(super) timeline: u32,
}

/// Why a token cannot be used.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Unusable {
    /// It is not one of this query.
    Foreign,
    /// The database was restored or copied since.
    OtherTimeline,
}

pub(super) fn encode(token: &Token, binding: Binding) -> String {
    let Binding { query, timeline } = binding;
    let text = match token {
        Token::Latest => return LATEST.to_owned(),
        Token::Since(position) => format!("{query:016x} {timeline} {position}"),
        Token::Rest(Rest { after, end, then }) => format!(
            "{query:016x} {timeline} {} {} {end} {then}",
            after.sequence, after.number
        ),
    };
    URL_SAFE_NO_PAD.encode(text)
}

/// What a token of a query stands for.
pub(super) fn decode(text: &str, binding: Binding) -> Result<Token, Unusable> {
    if text == LATEST {
        return Ok(Token::Latest);
    }
    let (timeline, token) = read(text, binding.query).ok_or(Unusable::Foreign)?;
    match timeline == i64::from(binding.timeline) {
        true => Ok(token),
        false => Err(Unusable::OtherTimeline),
    }
}

/// A token of a query, and its timeline.
fn read(text: &str, query: u64) -> Option<(i64, Token)> {
    let text = String::from_utf8(URL_SAFE_NO_PAD.decode(text).ok()?).ok()?;
    let mut words = text.split(' ');
    if words.next()? != format!("{query:016x}") {
        return None;
    }
    let numbers: Vec<i64> = words.map(|word| word.parse().ok()).collect::<Option<_>>()?;
    match *numbers.as_slice() {
        [timeline, position] => Some((timeline, Token::Since(position))),
        [timeline, sequence, number, end, then] => {
            let after = LogPlace { sequence, number };
            Some((timeline, Token::Rest(Rest { after, end, then })))
        }
        _ => None,
    }
}

/// The error for a token that is not of its query.
pub(super) fn foreign(option: &str) -> Error {
    Error::bad_request(format!(
        "{option}: the token is not one of this query. Follow links as they were given."
    ))
    .with_target(option)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn tokens() -> impl Strategy<Value = Token> {
        let rest = any::<[i64; 4]>().prop_map(|[sequence, number, end, then]| {
            let after = LogPlace { sequence, number };
            Token::Rest(Rest { after, end, then })
        });
        prop_oneof![
            Just(Token::Latest),
            any::<i64>().prop_map(Token::Since),
            rest
        ]
    }

    proptest! {
        #[test]
        fn a_token_is_read_as_it_was_made(
            token in tokens(), query: u64, timeline: u32, other: u64, later: u32,
        ) {
            let binding = Binding { query, timeline };
            let text = encode(&token, binding);
            prop_assert_eq!(decode(&text, binding), Ok(token));
            if other != query && token != Token::Latest {
                let binding = Binding { query: other, ..binding };
                prop_assert_eq!(decode(&text, binding), Err(Unusable::Foreign));
            }
            if later != timeline && token != Token::Latest {
                let binding = Binding { timeline: later, ..binding };
                prop_assert_eq!(decode(&text, binding), Err(Unusable::OtherTimeline));
            }
        }

        #[test]
        fn no_text_is_too_strange(text: String) {
            let binding = Binding { query: 0, timeline: 0 };
            prop_assert!(text == LATEST || decode(&text, binding).is_err());
        }
    }
}
