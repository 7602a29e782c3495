//! The forms of literals (OData ABNF 4.01, section 7), read character by character: each function
//! is the rule of its name and says whether its text stands at the cursor.

use super::lexer::Cursor;

/// How `:`, `+`, `'` and their like are written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Form {
    /// As characters: decoded text, and values in payloads.
    Plain,
    /// In a URL as sent: the plus sign is encoded, others may be.
    Encoded,
}

impl Form {
    pub(super) fn colon(self, at: &mut Cursor<'_>) -> bool {
        at.eat(":") || self == Self::Encoded && at.eat_in_any_case("%3A")
    }

    pub(super) fn comma(self, at: &mut Cursor<'_>) -> bool {
        at.eat(",") || self == Self::Encoded && at.eat_in_any_case("%2C")
    }

    pub(super) fn semicolon(self, at: &mut Cursor<'_>) -> bool {
        at.eat(";") || self == Self::Encoded && at.eat_in_any_case("%3B")
    }

    pub(super) fn open(self, at: &mut Cursor<'_>) -> bool {
        at.eat("(") || self == Self::Encoded && at.eat("%28")
    }

    pub(super) fn close(self, at: &mut Cursor<'_>) -> bool {
        at.eat(")") || self == Self::Encoded && at.eat("%29")
    }

    pub(super) fn quote(self, at: &mut Cursor<'_>) -> bool {
        at.eat("'") || self == Self::Encoded && at.eat("%27")
    }

    fn sign(self, at: &mut Cursor<'_>) -> bool {
        match self {
            Self::Plain => at.eat("+") || at.eat("-"),
            Self::Encoded => at.eat_in_any_case("%2B") || at.eat("-"),
        }
    }
}

fn digit(c: char) -> bool {
    c.is_ascii_digit()
}

/// `n*mDIGIT`.
pub(super) fn digits(at: &mut Cursor<'_>, min: usize, max: usize) -> bool {
    at.eat_run(min, max, digit)
}

fn one_of(at: &mut Cursor<'_>, set: &str) -> bool {
    at.eat_one(|c| set.contains(c))
}

/// `boolean`.
pub(super) fn boolean(at: &mut Cursor<'_>) -> bool {
    at.eat_in_any_case("true") || at.eat_in_any_case("false")
}

/// `booleanValue`: as in payloads.
pub(super) fn boolean_value(at: &mut Cursor<'_>) -> bool {
    at.eat("true") || at.eat("false")
}

/// `guid`.
pub(super) fn guid(at: &mut Cursor<'_>) -> bool {
    at.attempt(|at| {
        [8, 4, 4, 4, 12].into_iter().enumerate().all(|(i, length)| {
            (i == 0 || at.eat("-")) && at.eat_run(length, length, |c| c.is_ascii_hexdigit())
        })
    })
}

/// `[SIGN] n*mDIGIT`: the integer types, by their greatest number of digits.
pub(super) fn integer(at: &mut Cursor<'_>, max: usize, form: Form) -> bool {
    at.attempt(|at| {
        let _ = form.sign(at);
        digits(at, 1, max)
    })
}

/// `decimalLiteral`, `decimalValue`; `doubleLiteral` and `singleLiteral` are the same.
pub(super) fn decimal(at: &mut Cursor<'_>, form: Form) -> bool {
    let number = |at: &mut Cursor<'_>| {
        let _ = form.sign(at);
        if !digits(at, 1, usize::MAX) {
            return false;
        }
        at.attempt(|at| at.eat(".") && digits(at, 1, usize::MAX));
        at.attempt(|at| {
            at.eat_in_any_case("e") && {
                let _ = form.sign(at);
                digits(at, 1, usize::MAX)
            }
        });
        true
    };
    at.attempt(number) || at.eat("NaN") || at.eat("-INF") || at.eat("INF")
}

/// `year`.
pub(super) fn year(at: &mut Cursor<'_>) -> bool {
    at.attempt(|at| {
        let _ = at.eat("-");
        at.attempt(|at| at.eat("0") && digits(at, 3, 3))
            || one_of(at, "123456789") && digits(at, 3, usize::MAX)
    })
}

/// `month`.
pub(super) fn month(at: &mut Cursor<'_>) -> bool {
    at.attempt(|at| at.eat("0") && one_of(at, "123456789"))
        || at.attempt(|at| at.eat("1") && one_of(at, "012"))
}

/// `day`.
pub(super) fn day(at: &mut Cursor<'_>) -> bool {
    at.attempt(|at| at.eat("0") && one_of(at, "123456789"))
        || at.attempt(|at| one_of(at, "12") && digits(at, 1, 1))
        || at.attempt(|at| at.eat("3") && one_of(at, "01"))
}

/// `date`.
pub(super) fn date(at: &mut Cursor<'_>) -> bool {
    at.attempt(|at| year(at) && at.eat("-") && month(at) && at.eat("-") && day(at))
}

/// `hour`.
pub(super) fn hour(at: &mut Cursor<'_>) -> bool {
    at.attempt(|at| one_of(at, "01") && digits(at, 1, 1))
        || at.attempt(|at| at.eat("2") && one_of(at, "0123"))
}

/// `minute`, `zeroToFiftyNine`.
pub(super) fn minute(at: &mut Cursor<'_>) -> bool {
    at.attempt(|at| one_of(at, "012345") && digits(at, 1, 1))
}

/// `second`: 60 for leap seconds.
pub(super) fn second(at: &mut Cursor<'_>) -> bool {
    minute(at) || at.eat("60")
}

/// `timeOfDayLiteral`, `timeOfDayValue`.
pub(super) fn time_of_day(at: &mut Cursor<'_>, form: Form) -> bool {
    at.attempt(|at| {
        if !(hour(at) && form.colon(at) && minute(at)) {
            return false;
        }
        at.attempt(|at| {
            form.colon(at) && second(at) && {
                at.attempt(|at| at.eat(".") && digits(at, 1, 12));
                true
            }
        });
        true
    })
}

/// `dateTimeOffsetLiteral`, `dateTimeOffsetValue`.
pub(super) fn date_time_offset(at: &mut Cursor<'_>, form: Form) -> bool {
    at.attempt(|at| {
        date(at)
            && at.eat_in_any_case("T")
            && time_of_day(at, form)
            && (at.eat_in_any_case("Z")
                || form.sign(at) && hour(at) && form.colon(at) && minute(at))
    })
}

/// `durationValue`.
pub(super) fn duration_value(at: &mut Cursor<'_>) -> bool {
    let part = |at: &mut Cursor<'_>, unit: &str| {
        at.attempt(|at| digits(at, 1, usize::MAX) && at.eat_in_any_case(unit))
    };
    at.attempt(|at| {
        let _ = at.eat("-");
        if !at.eat_in_any_case("P") {
            return false;
        }
        part(at, "D");
        if at.eat_in_any_case("T") {
            part(at, "H");
            part(at, "M");
            at.attempt(|at| {
                digits(at, 1, usize::MAX) && {
                    at.attempt(|at| at.eat(".") && digits(at, 1, usize::MAX));
                    at.eat_in_any_case("S")
                }
            });
        }
        true
    })
}

/// `durationLiteral`.
pub(super) fn duration_literal(at: &mut Cursor<'_>, form: Form) -> bool {
    at.attempt(|at| {
        let _ = at.eat_in_any_case("duration");
        form.quote(at) && duration_value(at) && form.quote(at)
    })
}

/// `binaryValue`: base64url with or without padding.
pub(super) fn binary_value(at: &mut Cursor<'_>) -> bool {
    let base64 = |c: char| c.is_ascii_alphanumeric() || c == '-' || c == '_';
    while at.attempt(|at| at.eat_run(4, 4, base64)) {}
    let two_bytes = at.attempt(|at| {
        at.eat_run(2, 2, base64) && one_of(at, "AEIMQUYcgkosw048") && {
            let _ = at.eat("=");
            true
        }
    });
    if !two_bytes {
        at.attempt(|at| {
            at.eat_run(1, 1, base64) && one_of(at, "AQgw") && {
                let _ = at.eat("==");
                true
            }
        });
    }
    true
}

/// `binaryLiteral`.
pub(super) fn binary_literal(at: &mut Cursor<'_>, form: Form) -> bool {
    at.attempt(|at| {
        at.eat_in_any_case("binary") && form.quote(at) && binary_value(at) && form.quote(at)
    })
}

/// `stringLiteral`.
pub(super) fn string_literal(at: &mut Cursor<'_>, form: Form) -> bool {
    at.attempt(|at| {
        if !form.quote(at) {
            return false;
        }
        while at.attempt(|at| form.quote(at) && form.quote(at))
            || match form {
                Form::Plain => at.eat_run(1, usize::MAX, |c| c != '\''),
                Form::Encoded => at.attempt(path_character_but_quote),
            }
        {}
        form.quote(at)
    })
}

/// `pchar-no-SQUOTE`.
fn path_character_but_quote(at: &mut Cursor<'_>) -> bool {
    !at.looking_at("'") && !at.looking_at("%27") && path_character(at)
}

/// `pchar` (RFC 3986, section 3.3).
pub(super) fn path_character(at: &mut Cursor<'_>) -> bool {
    at.eat_one(is_path_character) || percent_encoded(at)
}

/// `pct-encoded`.
pub(super) fn percent_encoded(at: &mut Cursor<'_>) -> bool {
    at.attempt(|at| at.eat("%") && at.eat_run(2, 2, |c| c.is_ascii_hexdigit()))
}

/// `unreserved`.
pub(super) fn is_unreserved(c: char) -> bool {
    c.is_ascii_alphanumeric() || matches!(c, '-' | '.' | '_' | '~')
}

/// `pchar` without percent-encoding.
pub(super) fn is_path_character(c: char) -> bool {
    is_unreserved(c) || "!$&'()*+,;=:@".contains(c)
}

/// `quotation-mark`.
fn double_quote(at: &mut Cursor<'_>) -> bool {
    at.eat("\"") || at.eat("%22")
}

/// `escape`.
fn escape(at: &mut Cursor<'_>) -> bool {
    at.eat("\\") || at.eat_in_any_case("%5C")
}

/// `charInJSON`.
pub(super) fn json_character(at: &mut Cursor<'_>) -> bool {
    let escaped = |at: &mut Cursor<'_>| {
        double_quote(at)
            || escape(at)
            || at.eat("/")
            || at.eat_in_any_case("%2F")
            || one_of(at, "bfnrt")
            || at.attempt(|at| at.eat("u") && at.eat_run(4, 4, |c| c.is_ascii_hexdigit()))
    };
    let plain = |c: char| is_path_character(c) && c != '&' || "/? {}[]".contains(c);
    at.eat_one(plain) || at.attempt(|at| escape(at) && escaped(at)) || {
        let mut ahead = at.clone();
        !double_quote(&mut ahead) && !escape(&mut ahead) && percent_encoded(at)
    }
}

/// `stringInUrl`: a JSON string, whose quotes and backslashes may be encoded.
pub(super) fn json_string(at: &mut Cursor<'_>) -> bool {
    at.attempt(|at| {
        if !double_quote(at) {
            return false;
        }
        while at.attempt(json_character) {}
        double_quote(at)
    })
}
