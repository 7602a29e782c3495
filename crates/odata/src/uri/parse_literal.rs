//! Primitive literals (OData ABNF 4.01, section 7).

use base64::Engine as _;
use base64::alphabet::URL_SAFE;
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};
use edm::time::{Date, DateTimeOffset, Duration, TimeOfDay};

use super::lexer::{Cursor, continues_name};
use super::lexical::{self, Form};
use super::syntax::{Literal, Text};
use super::syntax_error::SyntaxError;

/// Base64url with or without padding, as `binary'…'` takes it.
const BASE64URL: GeneralPurpose = GeneralPurpose::new(
    &URL_SAFE,
    GeneralPurposeConfig::new().with_decode_padding_mode(DecodePaddingMode::Indifferent),
);

/// The literal that begins at the cursor, if one does. A name that is followed by a quote begins
/// one, any other name but the reserved words does not.
pub(super) fn literal<'a>(at: &mut Cursor<'a>) -> Result<Option<Literal<'a>>, SyntaxError> {
    let Some(first) = at.peek() else {
        return Ok(None);
    };
    if first == '\'' {
        return Ok(Some(Literal::String(at.quoted()?)));
    }
    if first.is_ascii_hexdigit()
        && let Some(guid) = guid(at)
    {
        return Ok(Some(Literal::Guid(guid)));
    }
    if first.is_ascii_digit() || first == '-' || first == '+' {
        let start = at.position();
        let parsed = date_or_time(at).and_then(|found| match found {
            Some(literal) => Ok(Some(literal)),
            None => number(at),
        });
        if parsed.is_err() || at.rest().starts_with(['-', ':', '.']) {
            note_longest(at, start);
        }
        return parsed;
    }
    for (word, value) in [("true", true), ("false", false)] {
        if is_word(at, word) {
            at.take(word.len());
            return Ok(Some(Literal::Boolean(value)));
        }
    }
    if is_word(at, "null") {
        at.take(4);
        return Ok(Some(Literal::Null));
    }
    for word in ["INF", "NaN"] {
        if at.looking_at(word) && is_word(at, word) {
            return Ok(Some(Literal::Double(at.take(word.len()).into())));
        }
    }
    named(at)
}

/// Lets the cursor know how far the longest literal would have come that begins at `start`.
fn note_longest(at: &mut Cursor<'_>, start: usize) {
    let end = at.position();
    at.reset(start);
    let _ = lexical::guid(at)
        || lexical::date_time_offset(at, Form::Plain)
        || lexical::time_of_day(at, Form::Plain);
    at.reset(end);
}

/// Whether a reserved word stands here, and no path or call that begins with its letters.
fn is_word(at: &Cursor<'_>, word: &str) -> bool {
    let mut ahead = at.clone();
    ahead.keyword(word) && !matches!(ahead.peek(), Some('/' | '(' | '='))
}

/// `duration'…'`, `binary'…'`, `Namespace.Type'…'`.
fn named<'a>(at: &mut Cursor<'a>) -> Result<Option<Literal<'a>>, SyntaxError> {
    let start = at.position();
    let Some(name) = at.qualified_name() else {
        return Ok(None);
    };
    if !at.looking_at("'") {
        at.reset(start);
        return Ok(None);
    }
    let inner = at.position();
    let text = at.quoted()?;
    let end = at.position();
    let invalid = |at: &mut Cursor<'a>, expected: &'static str| {
        at.reset(inner);
        at.expected(expected)
    };
    let literal = if name.eq_ignore_ascii_case("duration") {
        if Duration::parse(&text).is_err() {
            return Err(invalid(at, "a duration such as 'P1DT2H3M4.5S'"));
        }
        Literal::Duration(text)
    } else if name.eq_ignore_ascii_case("binary") {
        match BASE64URL.decode(text.as_bytes()) {
            Ok(bytes) => Literal::Binary(bytes),
            Err(_) => return Err(invalid(at, "base64url")),
        }
    } else if name.eq_ignore_ascii_case("geography") {
        Literal::Geography(text)
    } else if name.eq_ignore_ascii_case("geometry") {
        Literal::Geometry(text)
    } else {
        Literal::Enum(name.into(), text)
    };
    at.reset(end);
    Ok(Some(literal))
}

/// A GUID: 8-4-4-4-12 hexadecimal digits that no further name character follows.
fn guid(at: &mut Cursor<'_>) -> Option<uuid::Uuid> {
    let text = at.rest().get(..36)?;
    let after = at.rest().get(36..)?;
    if after.starts_with(|c: char| c == '-' || continues_name(c))
        || text.as_bytes().get(8) != Some(&b'-')
    {
        return None;
    }
    let guid = uuid::Uuid::try_parse(text).ok()?;
    at.take(36);
    Some(guid)
}

fn date_or_time<'a>(at: &mut Cursor<'a>) -> Result<Option<Literal<'a>>, SyntaxError> {
    let rest = at.rest();
    if let Some(date) = date_length(rest) {
        let is_date_time = rest.get(date..).is_some_and(|r| r.starts_with(['T', 't']));
        let length = if is_date_time {
            date_time_length(rest, date)
        } else {
            date
        };
        let text = rest.get(..length).unwrap_or("");
        return match is_date_time {
            true if DateTimeOffset::parse(text).is_ok() => {
                taken(at, length, Literal::DateTimeOffset)
            }
            true => Err(at.expected(
                "a date-time such as 2012-09-03T13:52:00.1234567+02:00 (a + is written %2B)",
            )),
            false if Date::parse(text).is_ok() => taken(at, length, Literal::Date),
            false => Err(at.expected("a date such as 2012-09-03")),
        };
    }
    if !is_time(rest) {
        return Ok(None);
    }
    let length = rest
        .find(|c: char| !c.is_ascii_digit() && c != ':' && c != '.')
        .unwrap_or(rest.len());
    match rest.get(..length).map(TimeOfDay::parse) {
        Some(Ok(_)) => taken(at, length, Literal::TimeOfDay),
        _ => Err(at.expected("a time of day such as 13:52:00.1234567")),
    }
}

fn taken<'a>(
    at: &mut Cursor<'a>,
    length: usize,
    literal: impl Fn(Text<'a>) -> Literal<'a>,
) -> Result<Option<Literal<'a>>, SyntaxError> {
    Ok(Some(literal(at.take(length).into())))
}

/// The length of what looks like a date: a year of at least four digits with an optional sign,
/// month and day.
fn date_length(text: &str) -> Option<usize> {
    let sign = usize::from(text.starts_with('-'));
    let year = digits(text.get(sign..)?);
    let rest = text.get(sign + year..)?.as_bytes();
    let pair = |i: usize| {
        rest.get(i) == Some(&b'-')
            && rest.get(i + 1).is_some_and(u8::is_ascii_digit)
            && rest.get(i + 2).is_some_and(u8::is_ascii_digit)
    };
    (year >= 4 && pair(0) && pair(3)).then_some(sign + year + 6)
}

/// The length of what looks like a date-time, whose date is `date` long: everything up to and with
/// `Z` or an offset.
fn date_time_length(text: &str, date: usize) -> usize {
    let zone = text.get(date + 1..).and_then(|time| {
        let clock = time.find(|c: char| !c.is_ascii_digit() && c != ':' && c != '.')?;
        let rest = time.get(clock..)?;
        let offset = match rest.chars().next()? {
            'Z' | 'z' => 1,
            '+' | '-' => {
                1 + rest
                    .get(1..)?
                    .find(|c: char| !c.is_ascii_digit() && c != ':')
                    .unwrap_or(rest.len() - 1)
            }
            _ => 0,
        };
        Some(clock + offset)
    });
    zone.map_or(text.len(), |length| date + 1 + length)
}

fn is_time(text: &str) -> bool {
    digits(text) == 2
        && text.get(2..).is_some_and(|r| r.starts_with(':'))
        && text.get(3..).is_some_and(|r| digits(r) >= 2)
}

fn digits(text: &str) -> usize {
    text.bytes().take_while(u8::is_ascii_digit).count()
}

fn number<'a>(at: &mut Cursor<'a>) -> Result<Option<Literal<'a>>, SyntaxError> {
    let (start, text) = (at.position(), at.rest());
    if at.eat("-") && at.looking_at("INF") && is_word(at, "INF") {
        at.take(3);
        return Ok(text.get(..4).map(|inf| Literal::Double(inf.into())));
    }
    let _ = at.position() > start || at.eat("+");
    if at.take_while(|c| c.is_ascii_digit()).is_empty() {
        at.reset(start);
        return Ok(None);
    }
    let mut make: fn(Text<'a>) -> Literal<'a> = Literal::Integer;
    if at.eat(".") {
        if at.take_while(|c| c.is_ascii_digit()).is_empty() {
            return Err(at.expected("a digit"));
        }
        make = Literal::Decimal;
    }
    if at.eat("e") || at.eat("E") {
        let _ = at.eat("+") || at.eat("-");
        if at.take_while(|c| c.is_ascii_digit()).is_empty() {
            return Err(at.expected("a digit"));
        }
        make = Literal::Double;
    }
    Ok(text
        .get(..at.position() - start)
        .map(|number| make(number.into())))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(text: &str) -> Result<(Option<Literal<'_>>, usize), usize> {
        let mut at = Cursor::new(text);
        let literal = literal(&mut at).map_err(|e| e.position().expect("not a limit"))?;
        Ok((literal, at.position()))
    }

    #[test]
    fn literals_end_where_they_end() {
        let check = |text: &'static str, expected: Literal<'static>, rest: &str| {
            let (literal, end) = parse(text).expect(text);
            assert_eq!((literal, &text[end..]), (Some(expected), rest), "{text}");
        };
        check("null", Literal::Null, "");
        check("tRUe)", Literal::Boolean(true), ")");
        check("-42 eq", Literal::Integer("-42".into()), " eq");
        check("+128", Literal::Integer("+128".into()), "");
        check("4.0", Literal::Decimal("4.0".into()), "");
        check("-0.314e1", Literal::Double("-0.314e1".into()), "");
        check("-INF", Literal::Double("-INF".into()), "");
        check("NaN", Literal::Double("NaN".into()), "");
        check("'a''b'", Literal::String("a'b".into()), "");
        check("2012-09-03", Literal::Date("2012-09-03".into()), "");
        check(
            "11:22:33.4444444",
            Literal::TimeOfDay("11:22:33.4444444".into()),
            "",
        );
        check(
            "2012-09-03T13:52Z",
            Literal::DateTimeOffset("2012-09-03T13:52Z".into()),
            "",
        );
        check(
            "2017-01-01T00:02:30.8589467+03:00 and",
            Literal::DateTimeOffset("2017-01-01T00:02:30.8589467+03:00".into()),
            " and",
        );
        check(
            "duration'P6DT23H59M59.9999S'",
            Literal::Duration("P6DT23H59M59.9999S".into()),
            "",
        );
        check("binary'Zm8='", Literal::Binary(b"fo".to_vec()), "");
        check("binary'Zm8'", Literal::Binary(b"fo".to_vec()), "");
        check(
            "n.runState'success'",
            Literal::Enum("n.runState".into(), "success".into()),
            "",
        );
        let guid = uuid::Uuid::from_u128(0xa123_4567_89ab_cdef_0123_4567_89ab_cdef);
        check(
            "a1234567-89ab-cdef-0123-456789abcdef",
            Literal::Guid(guid),
            "",
        );
    }

    #[test]
    fn names_are_no_literals() {
        for text in [
            "Name",
            "nullable",
            "true/x",
            "null(",
            "a1234567-89ab",
            "INFx",
            "",
            "-x",
            "@a",
            "NaN'",
        ] {
            let read = parse(text);
            assert!(matches!(read, Ok((None, 0)) | Err(_)), "{text}: {read:?}");
        }
    }

    #[test]
    fn malformed_literals_name_their_place() {
        for (text, position) in [
            ("42.", 3),
            ("1e", 2),
            ("'open", 5),
            ("2012-13-03", 0),
            ("2012-09-03T24:00:00Z", 0),
            ("2012-09-03T12:00:00", 0),
            ("2012-09-03T12:00:00 03:00", 0),
            ("24:00:00", 0),
            ("duration'x'", 8),
            ("binary'*'", 6),
        ] {
            assert_eq!(parse(text), Err(position), "{text}");
        }
    }
}
