//! The page size that a client preferred, in the `$skiptoken` of the next page: who follows a link
//! does not prefer it again. The token is `SIZE~PLACE`, or `PLACE` alone where none was preferred.

use odata::Error;
use odata::query::QueryOptions;

/// Stands in no place: those are base64url and `.`.
const SEPARATOR: char = '~';

/// The token of a place, and of the page size that was preferred, in rows.
pub(crate) fn with_size(place: &str, size: Option<u64>) -> String {
    match size {
        Some(size) => format!("{size}{SEPARATOR}{place}"),
        None => place.to_owned(),
    }
}

/// Takes the page size out of `$skiptoken` and leaves the place there, which is for its reader to
/// check.
///
/// # Errors
/// 400 if [`with_size`] makes no such token.
pub(crate) fn take_size(options: &mut QueryOptions) -> Result<Option<u64>, Error> {
    let Some((size, place)) = options
        .skip_token
        .as_ref()
        .and_then(|token| token.split_once(SEPARATOR))
    else {
        return Ok(None);
    };
    let number = size.parse::<u64>().ok().filter(|number| *number > 0);
    // One size is written in one way.
    match number.filter(|number| number.to_string() == size && !place.is_empty()) {
        Some(number) => {
            options.skip_token = Some(place.to_owned());
            Ok(Some(number))
        }
        None => Err(Error::bad_request(
            "$skiptoken: the token is not one of this service. Follow @odata.nextLink as it was given.",
        )
        .with_target("$skiptoken")),
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn take(token: &str) -> Result<(Option<u64>, Option<String>), Error> {
        let mut options = QueryOptions {
            skip_token: Some(token.to_owned()),
            ..QueryOptions::default()
        };
        take_size(&mut options).map(|size| (size, options.skip_token))
    }

    proptest! {
        #[test]
        fn a_token_is_read_as_it_was_made(
            place in "[A-Za-z0-9_.-]{1,40}",
            size in proptest::option::of(1u64..),
        ) {
            let read = take(&with_size(&place, size)).ok();
            prop_assert_eq!(read, Some((size, Some(place))));
        }

        #[test]
        fn what_is_read_would_be_made_so(token: String) {
            if let Ok((size, place)) = take(&token) {
                prop_assert_eq!(with_size(&place.unwrap_or_default(), size), token);
            }
        }
    }

    #[test]
    fn what_is_no_size_is_refused() {
        for token in [
            "0~a",
            "07~a",
            "+7~a",
            "-7~a",
            "x~a",
            "~a",
            "7~",
            "~",
            "18446744073709551616~a",
        ] {
            assert!(take(token).is_err(), "{token}");
        }
        let mut none = QueryOptions::default();
        assert_eq!(take_size(&mut none).ok(), Some(None));
    }
}
