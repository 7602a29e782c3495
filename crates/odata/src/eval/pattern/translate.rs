//! From the syntax of ECMAScript to that of the crate `regex`, which differ in what escapes, dots
//! and classes mean.

use std::fmt::Write as _;
use std::iter::Peekable;
use std::str::Chars;

use super::EvalError;
use super::flags::Flags;

/// `\s` of ECMAScript, as members of a class.
const SPACES: &str =
    r"\t-\r \x{A0}\x{1680}\x{2000}-\x{200A}\x{2028}\x{2029}\x{202F}\x{205F}\x{3000}\x{FEFF}";
const DIGITS: &str = "0-9";
const WORD: &str = "0-9A-Za-z_";
const LINE_ENDS: &str = r"\n\r\x{2028}\x{2029}";
/// Matches any character, and none.
const ANYTHING: &str = r"(?s:.)";
const NOTHING: &str = r"[^\x{0}-\x{10FFFF}]";

pub(super) fn refused(what: &str) -> EvalError {
    EvalError::Pattern(format!("has {what}, which this service does not serve"))
}

fn malformed(why: &str) -> EvalError {
    EvalError::Pattern(format!("is malformed: {why}"))
}

/// The expression in the syntax of the crate.
pub(super) fn translate(expression: &str, flags: Flags) -> Result<String, EvalError> {
    let mut translator = Translator {
        rest: expression.chars().peekable(),
        out: String::with_capacity(expression.len() * 2),
        flags,
    };
    translator
        .out
        .push_str(if flags.sticky { r"\A(?:" } else { "(?:" });
    let mut depth = 0_usize;
    while let Some(c) = translator.rest.next() {
        match c {
            '(' => depth += 1,
            ')' if depth == 0 => return Err(malformed("a parenthesis is closed that is not open")),
            ')' => depth -= 1,
            _ => {}
        }
        translator.term(c)?;
    }
    translator.out.push(')');
    Ok(translator.out)
}

struct Translator<'e> {
    rest: Peekable<Chars<'e>>,
    out: String,
    flags: Flags,
}

/// An escape: one character, or a class of them (as members of a class, and whether negated).
enum Escape {
    Char(char),
    Class(&'static str, bool),
    Property(String),
}

impl Translator<'_> {
    fn term(&mut self, c: char) -> Result<(), EvalError> {
        match c {
            '.' if self.flags.dot_all => self.out.push_str(ANYTHING),
            '.' => self.class(LINE_ENDS, true),
            '^' if self.flags.multiline => self.out.push_str("(?mR:^)"),
            '$' if self.flags.multiline => self.out.push_str("(?mR:$)"),
            '(' => self.group()?,
            '[' => self.brackets()?,
            '{' if self.is_quantifier() => self.out.push('{'),
            '*' | '+' | '?' => self.quantifier(c)?,
            '\\' => self.escape()?,
            '^' | '$' | ')' | '|' => self.out.push(c),
            '}' if self.closes_quantifier() => self.quantifier(c)?,
            literal => self.literal(literal),
        }
        Ok(())
    }

    fn literal(&mut self, c: char) {
        if c.is_ascii_alphanumeric() || c == ',' {
            self.out.push(c);
        } else {
            let _ = write!(self.out, "\\x{{{:X}}}", u32::from(c));
        }
    }

    fn class(&mut self, members: &str, negated: bool) {
        let caret = if negated { "^" } else { "" };
        let _ = write!(self.out, "[{caret}{members}]");
    }

    /// `*`, `+`, `?` or the end of `{…}`, with the `?` that makes it lazy: the crate would read
    /// a second quantifier, which ECMAScript refuses.
    fn quantifier(&mut self, c: char) -> Result<(), EvalError> {
        self.out.push(c);
        if self.rest.peek() == Some(&'?') {
            self.rest.next();
            self.out.push('?');
        }
        let doubled = match self.rest.peek() {
            Some('*' | '+' | '?') => true,
            Some('{') => {
                let mut ahead = self.rest.clone();
                ahead.next();
                is_bounds(ahead)
            }
            _ => false,
        };
        if doubled {
            return Err(malformed("there is nothing to repeat"));
        }
        Ok(())
    }

    /// Whether `n}`, `n,}` or `n,m}` follows.
    fn is_quantifier(&self) -> bool {
        is_bounds(self.rest.clone())
    }

    /// Whether a `}` ends a quantifier that was written as one.
    fn closes_quantifier(&self) -> bool {
        let open = self.out.rfind(['{', '}']);
        open.is_some_and(|open| {
            let bounds = self.out.get(open + 1..).unwrap_or("");
            self.out.get(open..=open) == Some("{")
                && !bounds.is_empty()
                && bounds.bytes().all(|b| b.is_ascii_digit() || b == b',')
        })
    }

    /// A group; none captures, since nothing asks for it.
    fn group(&mut self) -> Result<(), EvalError> {
        self.out.push_str("(?:");
        if self.rest.peek() != Some(&'?') {
            return Ok(());
        }
        self.rest.next();
        match self.rest.next() {
            Some(':') => Ok(()),
            Some('=' | '!') => Err(refused("lookahead")),
            Some('<') => {
                if matches!(self.rest.peek(), Some('=' | '!')) {
                    return Err(refused("lookbehind"));
                }
                let mut letters = 0;
                for c in self.rest.by_ref() {
                    match c {
                        '>' if letters > 0 => return Ok(()),
                        c if c.is_alphanumeric() || matches!(c, '_' | '$') => letters += 1,
                        _ => break,
                    }
                }
                Err(malformed("the name of a group"))
            }
            _ => Err(malformed("a group begins with '(?'")),
        }
    }

    /// An escape outside of brackets.
    fn escape(&mut self) -> Result<(), EvalError> {
        match self.rest.peek() {
            Some('b') => {
                self.rest.next();
                self.out.push_str(r"(?-u:\b)");
                return Ok(());
            }
            Some('B') => {
                self.rest.next();
                self.out.push_str(r"(?-u:\B)");
                return Ok(());
            }
            Some('1'..='9' | 'k') => return Err(refused("a backreference")),
            _ => {}
        }
        match self.escaped()? {
            Escape::Char(c) => self.literal(c),
            Escape::Class(members, negated) => self.class(members, negated),
            Escape::Property(property) => self.out.push_str(&property),
        }
        Ok(())
    }

    /// What follows a backslash.
    fn escaped(&mut self) -> Result<Escape, EvalError> {
        let c = self
            .rest
            .next()
            .ok_or_else(|| malformed("it ends in a backslash"))?;
        Ok(match c {
            'd' | 'D' => Escape::Class(DIGITS, c == 'D'),
            'w' | 'W' => Escape::Class(WORD, c == 'W'),
            's' | 'S' => Escape::Class(SPACES, c == 'S'),
            't' => Escape::Char('\t'),
            'n' => Escape::Char('\n'),
            'v' => Escape::Char('\u{B}'),
            'f' => Escape::Char('\u{C}'),
            'r' => Escape::Char('\r'),
            '0' => Escape::Char('\0'),
            'c' => match self.rest.next() {
                Some(letter) if letter.is_ascii_alphabetic() => {
                    Escape::Char(char::from(letter as u8 % 32))
                }
                _ => return Err(malformed("'\\c' without a letter")),
            },
            'x' => Escape::Char(self.code(2)?),
            'u' if self.rest.peek() == Some(&'{') => Escape::Char(self.braced_code()?),
            'u' => Escape::Char(self.code(4)?),
            'p' | 'P' if self.flags.unicode => Escape::Property(self.property(c)?),
            other => Escape::Char(other),
        })
    }

    /// So many hexadecimal digits; two surrogates stand for one character.
    fn code(&mut self, digits: usize) -> Result<char, EvalError> {
        let code = self.hex(digits)?;
        if (0xD800..0xDC00).contains(&code)
            && self.rest.next() == Some('\\')
            && self.rest.next() == Some('u')
        {
            let low = self.hex(4)?;
            if (0xDC00..0xE000).contains(&low) {
                let code = 0x1_0000 + ((code - 0xD800) << 10) + (low - 0xDC00);
                return char::from_u32(code).ok_or_else(|| malformed("a code point"));
            }
        }
        char::from_u32(code).ok_or_else(|| malformed("half of a surrogate pair"))
    }

    fn hex(&mut self, digits: usize) -> Result<u32, EvalError> {
        let mut code = 0;
        for _ in 0..digits {
            let digit = self.rest.next().and_then(|c| c.to_digit(16));
            code = code * 16 + digit.ok_or_else(|| malformed("too few hexadecimal digits"))?;
        }
        Ok(code)
    }

    fn braced_code(&mut self) -> Result<char, EvalError> {
        self.rest.next();
        let digits: String = self.rest.by_ref().take_while(|c| *c != '}').collect();
        let code = u32::from_str_radix(&digits, 16)
            .ok()
            .and_then(char::from_u32);
        code.ok_or_else(|| malformed("a code point"))
    }

    /// `\p{…}`, whose names the crate knows.
    fn property(&mut self, letter: char) -> Result<String, EvalError> {
        if self.rest.next() != Some('{') {
            return Err(malformed("'\\p' without a name in braces"));
        }
        let name: String = self.rest.by_ref().take_while(|c| *c != '}').collect();
        let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '=');
        if name.is_empty() || !name.chars().all(plain) {
            return Err(malformed("the name of a Unicode property"));
        }
        Ok(format!("\\{letter}{{{name}}}"))
    }

    /// `[…]`, each member written by its code.
    fn brackets(&mut self) -> Result<(), EvalError> {
        let negated = self.rest.next_if_eq(&'^').is_some();
        let mut members = String::new();
        let unclosed = || malformed("a class is not closed");
        loop {
            let first = match self.rest.next().ok_or_else(unclosed)? {
                ']' => break,
                '\\' => self.class_escape()?,
                c => Escape::Char(c),
            };
            let ranges = self.rest.peek() == Some(&'-') && {
                let mut ahead = self.rest.clone();
                ahead.next();
                ahead.peek().is_some_and(|c| *c != ']')
            };
            if !ranges {
                push_member(&mut members, &first);
                continue;
            }
            self.rest.next();
            let last = match self.rest.next().ok_or_else(unclosed)? {
                '\\' => self.class_escape()?,
                c => Escape::Char(c),
            };
            push_range(&mut members, &first, &last)?;
        }
        match (members.is_empty(), negated) {
            (true, true) => self.out.push_str(ANYTHING),
            (true, false) => self.out.push_str(NOTHING),
            (false, _) => self.class(&members, negated),
        }
        Ok(())
    }

    fn class_escape(&mut self) -> Result<Escape, EvalError> {
        if self.rest.next_if_eq(&'b').is_some() {
            return Ok(Escape::Char('\u{8}'));
        }
        self.escaped()
    }
}

/// Whether the bounds of a quantifier follow: `n}`, `n,}` or `n,m}`.
fn is_bounds(mut rest: Peekable<Chars<'_>>) -> bool {
    let mut digits = || {
        let mut any = false;
        while rest.next_if(char::is_ascii_digit).is_some() {
            any = true;
        }
        (any, rest.next())
    };
    match digits() {
        (true, Some('}')) => true,
        (true, Some(',')) => digits().1 == Some('}'),
        _ => false,
    }
}

fn push_member(members: &mut String, member: &Escape) {
    let _ = match member {
        Escape::Char(c) => write!(members, "\\x{{{:X}}}", u32::from(*c)),
        Escape::Class(class, true) => write!(members, "[^{class}]"),
        Escape::Class(class, false) => write!(members, "{class}"),
        Escape::Property(property) => write!(members, "{property}"),
    };
}

/// `a-z`; a `-` beside a class of several stands for itself.
fn push_range(members: &mut String, first: &Escape, last: &Escape) -> Result<(), EvalError> {
    if let (Escape::Char(first), Escape::Char(last)) = (first, last) {
        if first > last {
            return Err(malformed("a range runs backwards"));
        }
        push_member(members, &Escape::Char(*first));
        members.push('-');
        push_member(members, &Escape::Char(*last));
    } else {
        push_member(members, first);
        push_member(members, &Escape::Char('-'));
        push_member(members, last);
    }
    Ok(())
}
