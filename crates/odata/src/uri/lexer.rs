//! A position in decoded text, and the tokens that may be read there.

use std::borrow::Cow;

use super::syntax_error::SyntaxError;

/// The longest identifier (OData ABNF, `odataIdentifier`), in characters.
const IDENTIFIER_LENGTH: usize = 128;

/// How much of unexpected text an error repeats, in characters.
const FOUND_LENGTH: usize = 24;

/// A position in a text.
#[derive(Clone, Debug)]
pub(super) struct Cursor<'a> {
    text: &'a str,
    position: usize,
    furthest: usize,
    encoded: &'a [usize],
}

impl<'a> Cursor<'a> {
    pub(super) fn new(text: &'a str) -> Self {
        Self::with_encoded(text, &[])
    }

    /// A cursor over text of which these bytes, in ascending order, were percent-encoded.
    pub(super) fn with_encoded(text: &'a str, encoded: &'a [usize]) -> Self {
        Self {
            text,
            position: 0,
            furthest: 0,
            encoded,
        }
    }

    /// Whether the character here was percent-encoded: then it is data even where it would
    /// delimit.
    pub(super) fn is_encoded(&self) -> bool {
        self.encoded.binary_search(&self.position).is_ok()
    }

    pub(super) fn position(&self) -> usize {
        self.position
    }

    /// The furthest position that any attempt has come to: where a text that is refused goes wrong.
    pub(super) fn furthest(&self) -> usize {
        self.furthest
    }

    fn advance(&mut self, length: usize) {
        self.position += length;
        self.furthest = self.furthest.max(self.position);
    }

    /// Goes back to a position that was read from this cursor.
    pub(super) fn reset(&mut self, position: usize) {
        self.position = position;
    }

    pub(super) fn rest(&self) -> &'a str {
        self.text.get(self.position..).unwrap_or("")
    }

    /// What has been read.
    pub(super) fn read(&self) -> &'a str {
        self.text.get(..self.position).unwrap_or("")
    }

    pub(super) fn is_at_end(&self) -> bool {
        self.position >= self.text.len()
    }

    pub(super) fn peek(&self) -> Option<char> {
        self.rest().chars().next()
    }

    /// Whether the text goes on with these characters.
    pub(super) fn looking_at(&self, text: &str) -> bool {
        self.rest().starts_with(text)
    }

    pub(super) fn eat(&mut self, text: &str) -> bool {
        let found = self.looking_at(text);
        if found {
            self.advance(text.len());
        }
        found
    }

    /// As [`eat`](Self::eat), in any case.
    pub(super) fn eat_in_any_case(&mut self, text: &str) -> bool {
        let head = self.rest().get(..text.len());
        let found = head.is_some_and(|head| head.eq_ignore_ascii_case(text));
        if found {
            self.advance(text.len());
        }
        found
    }

    /// One character that is accepted.
    pub(super) fn eat_one(&mut self, accept: impl Fn(char) -> bool) -> bool {
        let found = self.peek().filter(|c| accept(*c));
        self.advance(found.map_or(0, char::len_utf8));
        found.is_some()
    }

    /// At least `min` characters that are accepted; takes at most `max`.
    pub(super) fn eat_run(
        &mut self,
        min: usize,
        max: usize,
        accept: impl Fn(char) -> bool,
    ) -> bool {
        let run = self.rest().chars().take(max).take_while(|c| accept(*c));
        let (count, length) = run.fold((0, 0), |(n, length), c| (n + 1, length + c.len_utf8()));
        self.advance(length);
        count >= min
    }

    /// Tries a production: takes nothing if it fails.
    pub(super) fn attempt(&mut self, production: impl FnOnce(&mut Self) -> bool) -> bool {
        let start = self.position;
        let found = production(self);
        if !found {
            self.position = start;
        }
        found
    }

    pub(super) fn expect(&mut self, text: &'static str) -> Result<(), SyntaxError> {
        if self.eat(text) {
            Ok(())
        } else {
            Err(self.expected(format!("\"{text}\"")))
        }
    }

    pub(super) fn expect_end(&self) -> Result<(), SyntaxError> {
        if self.is_at_end() {
            Ok(())
        } else {
            Err(self.expected("the end"))
        }
    }

    /// Takes `length` bytes, which the caller has looked at.
    pub(super) fn take(&mut self, length: usize) -> &'a str {
        let taken = self.rest().get(..length).unwrap_or("");
        self.advance(taken.len());
        taken
    }

    pub(super) fn take_while(&mut self, accept: impl Fn(char) -> bool) -> &'a str {
        let rest = self.rest();
        self.take(rest.find(|c| !accept(c)).unwrap_or(rest.len()))
    }

    /// Optional whitespace (`BWS`); says whether there was any.
    pub(super) fn whitespace(&mut self) -> bool {
        !self.take_while(|c| c == ' ' || c == '\t').is_empty()
    }

    /// An `odataIdentifier`, if one begins here.
    pub(super) fn identifier(&mut self) -> Option<&'a str> {
        let length = identifier_length(self.rest())?;
        Some(self.take(length))
    }

    /// Identifiers joined by dots, if one begins here.
    pub(super) fn qualified_name(&mut self) -> Option<&'a str> {
        let length = qualified_length(self.rest())?;
        Some(self.take(length))
    }

    /// A word of the grammar in any case, not followed by what would make it a longer name.
    pub(super) fn keyword(&mut self, word: &str) -> bool {
        self.attempt(|at| at.eat_in_any_case(word) && !at.rest().starts_with(continues_name))
    }

    /// Whether a call of the function `name` begins here, in any case.
    pub(super) fn starts_call(&self, name: &str) -> bool {
        let rest = self.rest();
        rest.get(..name.len())
            .is_some_and(|head| head.eq_ignore_ascii_case(name))
            && rest.get(name.len()..).is_some_and(|r| r.starts_with('('))
    }

    /// What stands between quotes, a doubled quote being one; the opening quote comes next.
    pub(super) fn quoted(&mut self) -> Result<Cow<'a, str>, SyntaxError> {
        self.expect("'")?;
        let start = self.position;
        let mut doubled = false;
        loop {
            self.take_while(|c| c != '\'');
            let end = self.position;
            if !self.eat("'") {
                return Err(self.expected("a closing quote"));
            }
            if self.eat("'") {
                doubled = true;
                continue;
            }
            let inner = self.text.get(start..end).unwrap_or("");
            return Ok(if doubled {
                inner.replace("''", "'").into()
            } else {
                inner.into()
            });
        }
    }

    /// The error of finding anything else at this position.
    pub(super) fn expected(&self, expected: impl Into<Cow<'static, str>>) -> SyntaxError {
        SyntaxError::Unexpected {
            position: self.position,
            expected: expected.into(),
            found: self.rest().chars().take(FOUND_LENGTH).collect(),
        }
    }
}

/// Whether a character may stand inside an identifier or between the parts of a longer name.
pub(super) fn continues_name(c: char) -> bool {
    c.is_alphanumeric() || c == '_' || c == '.' || c == '\''
}

fn identifier_length(text: &str) -> Option<usize> {
    let mut length = 0;
    for (i, c) in text.chars().enumerate() {
        let fits = c == '_'
            || if i == 0 {
                c.is_alphabetic()
            } else {
                c.is_alphanumeric()
            };
        if !fits {
            break;
        }
        if i == IDENTIFIER_LENGTH {
            return None;
        }
        length += c.len_utf8();
    }
    (length > 0).then_some(length)
}

fn qualified_length(text: &str) -> Option<usize> {
    let mut length = identifier_length(text)?;
    while let Some(after) = text.get(length..).and_then(|rest| rest.strip_prefix('.')) {
        match identifier_length(after) {
            Some(more) => length += 1 + more,
            None => break,
        }
    }
    Some(length)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names() {
        let check = |text: &str, identifier: Option<&str>, qualified: Option<&str>| {
            assert_eq!(Cursor::new(text).identifier(), identifier, "{text}");
            assert_eq!(Cursor::new(text).qualified_name(), qualified, "{text}");
        };
        check("No.Dot", Some("No"), Some("No.Dot"));
        check("0time", None, None);
        check("a.b.c(", Some("a"), Some("a.b.c"));
        check("a.", Some("a"), Some("a"));
        check("_größe x", Some("_größe"), Some("_größe"));
        check("", None, None);
        check(&"x".repeat(129), None, None);
    }

    #[test]
    fn quoted_text() {
        let check = |text: &str, expected: Result<&str, usize>| {
            let read = Cursor::new(text).quoted();
            let read = read
                .as_deref()
                .map_err(|e| e.position().expect("not a limit"));
            assert_eq!(read, expected, "{text}");
        };
        check("'O''Neil' x", Ok("O'Neil"));
        check("''", Ok(""));
        check("''''", Ok("'"));
        check("'open", Err(5));
        check("'open''", Err(7));
        check("x", Err(0));
    }

    #[test]
    fn keywords_end_where_a_name_would() {
        for (text, found) in [
            ("AND x", true),
            ("and(", true),
            ("android", false),
            ("an", false),
        ] {
            assert_eq!(Cursor::new(text).keyword("and"), found, "{text}");
        }
    }
}
