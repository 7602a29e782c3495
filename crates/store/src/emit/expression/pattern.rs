//! Regular expressions for PostgreSQL: the parsed expression, which [`odata::eval::Pattern`] would
//! match, written in PostgreSQL's own syntax, character by character and class by class.

use std::fmt::Write as _;

use odata::{Error, ErrorCode};
use regex_syntax::ParserBuilder;
use regex_syntax::hir::{Class, Hir, HirKind, Look, Repetition};

/// The greatest number of repetitions that PostgreSQL counts.
const MAX_REPETITIONS: u32 = 255;

const WORD: &str = "[0-9A-Za-z_]";

/// The expression as PostgreSQL writes it.
///
/// # Errors
/// As [`odata::eval::Pattern::new`]; 501 for what PostgreSQL has no equal for.
pub(super) fn translate(expression: &str, flags: &str) -> Result<String, Error> {
    let pattern = odata::eval::Pattern::new(expression, flags)?;
    let parsed = ParserBuilder::new()
        .case_insensitive(flags.contains('i'))
        .build()
        .parse(pattern.as_str())
        .map_err(Error::internal)?;
    let mut out = "***:".to_owned();
    write(&parsed, &mut out)?;
    Ok(out)
}

fn unserved(what: &str) -> Error {
    let message = format!("A regular expression with {what} is not served by this database.");
    Error::new(ErrorCode::NotImplemented, message)
}

/// Recursion is bounded: the parser refuses what is nested deep.
fn write(hir: &Hir, out: &mut String) -> Result<(), Error> {
    match hir.kind() {
        HirKind::Empty => out.push_str("(?:)"),
        HirKind::Literal(literal) => {
            let text = std::str::from_utf8(&literal.0).map_err(Error::internal)?;
            text.chars().for_each(|c| character(c, out));
        }
        HirKind::Class(Class::Unicode(class)) => {
            let ranges = class.ranges().iter().map(|r| (r.start(), r.end()));
            ranges_of(ranges.collect(), out);
        }
        HirKind::Class(Class::Bytes(class)) => {
            let ranges = class.ranges().iter();
            let ranges = ranges.map(|r| (char::from(r.start()), char::from(r.end())));
            ranges_of(ranges.collect(), out);
        }
        HirKind::Look(look) => look_around(*look, out)?,
        HirKind::Repetition(repetition) => repeated(repetition, out)?,
        HirKind::Capture(capture) => grouped(&capture.sub, out)?,
        HirKind::Concat(parts) => {
            for part in parts {
                grouped(part, out)?;
            }
        }
        HirKind::Alternation(parts) => {
            out.push_str("(?:");
            for (i, part) in parts.iter().enumerate() {
                if i > 0 {
                    out.push('|');
                }
                write(part, out)?;
            }
            out.push(')');
        }
    }
    Ok(())
}

fn grouped(hir: &Hir, out: &mut String) -> Result<(), Error> {
    out.push_str("(?:");
    write(hir, out)?;
    out.push(')');
    Ok(())
}

fn character(c: char, out: &mut String) {
    let _ = write!(out, "\\U{:08x}", u32::from(c));
}

/// A class. No text of the database has U+0000, nor does PostgreSQL write it.
fn ranges_of(ranges: Vec<(char, char)>, out: &mut String) {
    let ranges: Vec<_> = ranges
        .into_iter()
        .filter(|(_, end)| *end != '\0')
        .map(|(start, end)| (start.max('\u{1}'), end))
        .collect();
    if ranges.is_empty() {
        // Nothing matches.
        out.push_str("(?!)");
        return;
    }
    out.push('[');
    for (start, end) in ranges {
        character(start, out);
        out.push('-');
        character(end, out);
    }
    out.push(']');
}

fn repeated(repetition: &Repetition, out: &mut String) -> Result<(), Error> {
    if repetition.min > MAX_REPETITIONS || repetition.max.is_some_and(|n| n > MAX_REPETITIONS) {
        return Err(unserved("more than 255 repetitions"));
    }
    grouped(&repetition.sub, out)?;
    match (repetition.min, repetition.max) {
        (0, None) => out.push('*'),
        (1, None) => out.push('+'),
        (least, None) => {
            let _ = write!(out, "{{{least},}}");
        }
        (least, Some(most)) => {
            let _ = write!(out, "{{{least},{most}}}");
        }
    }
    Ok(())
}

fn look_around(look: Look, out: &mut String) -> Result<(), Error> {
    let at_word = format!("(?:(?<={WORD})(?!{WORD})|(?<!{WORD})(?={WORD}))");
    let beside = format!("(?:(?<={WORD})(?={WORD})|(?<!{WORD})(?!{WORD}))");
    out.push_str(match look {
        Look::Start => "\\A",
        Look::End => "\\Z",
        Look::StartLF => "(?:\\A|(?<=\\n))",
        Look::EndLF => "(?:\\Z|(?=\\n))",
        Look::StartCRLF => "(?:\\A|(?<=\\n)|(?<=\\r)(?!\\n))",
        Look::EndCRLF => "(?:\\Z|(?=\\r)|(?<!\\r)(?=\\n))",
        Look::WordAscii => &at_word,
        Look::WordAsciiNegate => &beside,
        _ => return Err(unserved("this boundary")),
    });
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn expressions_are_written_for_postgres() {
        for (expression, flags, expected) in [
            ("a", "", "***:\\U00000061"),
            ("[ab]+", "", "***:(?:[\\U00000061-\\U00000062])+"),
            (
                "^A.",
                "i",
                "***:(?:\\A)(?:[\\U00000041-\\U00000041\\U00000061-\\U00000061])(?:[\\U00000001-\
                 \\U00000009\\U0000000b-\\U0000000c\\U0000000e-\\U00002027\\U0000202a-\\U0010ffff])",
            ),
            ("x{2,3}", "", "***:(?:\\U00000078){2,3}"),
        ] {
            assert_eq!(
                translate(expression, flags).unwrap(),
                expected,
                "{expression}"
            );
        }
        let error = translate("a{256}", "").unwrap_err();
        assert_eq!(error.code, ErrorCode::NotImplemented);
        assert_eq!(translate("(", "").unwrap_err().code, ErrorCode::BadRequest);
    }
}
