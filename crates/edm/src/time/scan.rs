//! Reading fixed-width digits and separators from a text.

use super::TimeError;

/// The unread part of a text.
pub(super) struct Scanner<'a> {
    rest: &'a [u8],
}

impl<'a> Scanner<'a> {
    pub(super) fn new(text: &'a str) -> Self {
        Self {
            rest: text.as_bytes(),
        }
    }

    pub(super) fn at_end(&self) -> bool {
        self.rest.is_empty()
    }

    /// Reads a given ASCII character, letters in either case; `false` leaves the text unread.
    pub(super) fn eat(&mut self, expected: u8) -> bool {
        match self.rest.split_first() {
            Some((first, rest)) if first.eq_ignore_ascii_case(&expected) => {
                self.rest = rest;
                true
            }
            _ => false,
        }
    }

    fn digit(&mut self) -> Option<i64> {
        let (first, rest) = self.rest.split_first()?;
        if !first.is_ascii_digit() {
            return None;
        }
        self.rest = rest;
        Some(i64::from(first - b'0'))
    }

    /// Reads exactly `count` digits; `count` is small enough for the number to fit.
    pub(super) fn digits(&mut self, count: usize) -> Option<i64> {
        let mut number = 0;
        for _ in 0..count {
            number = number * 10 + self.digit()?;
        }
        Some(number)
    }

    /// Reads one or more digits: `None` if there are none, `Some(None)` if the number overflows.
    pub(super) fn number(&mut self) -> Option<Option<i64>> {
        let mut number = Some(self.digit()?);
        while let Some(digit) = self.digit() {
            number = number.and_then(|n: i64| n.checked_mul(10)?.checked_add(digit));
        }
        Some(number)
    }

    /// Reads the digits of a second's fraction, at most `limit` of them.
    ///
    /// Returns the ticks and how many digits were written, at most 7.
    pub(super) fn fraction(&mut self, limit: usize) -> Option<Result<(i64, u8), TimeError>> {
        let (mut ticks, mut written, mut too_precise) = (0, 0_u8, false);
        let mut count = 0_usize;
        while let Some(digit) = self.digit() {
            count += 1;
            if written < 7 {
                ticks = ticks * 10 + digit;
                written += 1;
            } else {
                too_precise |= digit != 0;
            }
        }
        if count == 0 || count > limit {
            return None;
        }
        if too_precise {
            return Some(Err(TimeError::TooPrecise));
        }
        Some(Ok((ticks * 10_i64.pow(7 - u32::from(written)), written)))
    }
}
