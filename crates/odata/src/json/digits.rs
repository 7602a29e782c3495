//! Numbers with more digits than binary64 keeps: read as they are written, since a decimal has up
//! to 38 of them (OData JSON Format 4.01, section 7.1).

use super::tree::Node;

/// As many significant digits of a decimal number come back from binary64.
const KEPT: usize = 15;

/// Puts the numbers of a text that have too many digits for binary64 into its tree.
pub(super) fn restore(text: &str, node: &mut Node) {
    if has_many_digits(text) {
        visit(node, &mut Numbers { text });
    }
}

/// Whether any run of digits and points is long enough to matter: most bodies have none.
fn has_many_digits(text: &str) -> bool {
    let mut run = 0;
    text.bytes().any(|b| {
        run = if b.is_ascii_digit() || b == b'.' {
            run + 1
        } else {
            0
        };
        run > KEPT
    })
}

/// The numbers of a text in document order: those outside strings.
struct Numbers<'t> {
    text: &'t str,
}

impl<'t> Iterator for Numbers<'t> {
    type Item = &'t str;

    fn next(&mut self) -> Option<&'t str> {
        loop {
            let at = self
                .text
                .find(['"', '-', '0', '1', '2', '3', '4', '5', '6', '7', '8', '9'])?;
            let rest = &self.text[at..];
            if let Some(string) = rest.strip_prefix('"') {
                self.text = behind_string(string);
                continue;
            }
            let is_part = |c: char| c.is_ascii_digit() || matches!(c, '-' | '+' | '.' | 'e' | 'E');
            let end = rest.find(|c| !is_part(c)).unwrap_or(rest.len());
            self.text = &rest[end..];
            return Some(&rest[..end]);
        }
    }
}

/// What follows a string whose opening quote is gone.
fn behind_string(text: &str) -> &str {
    let mut escaped = false;
    for (at, b) in text.bytes().enumerate() {
        match b {
            _ if escaped => escaped = false,
            b'\\' => escaped = true,
            b'"' => return &text[at + 1..],
            _ => {}
        }
    }
    ""
}

/// Nesting is bounded by the parser.
fn visit(node: &mut Node, numbers: &mut Numbers<'_>) {
    match node {
        Node::Integer(_) | Node::Unsigned(_) | Node::Digits(_) => {
            numbers.next();
        }
        Node::Float(_) => {
            if let Some(number) = numbers.next().filter(|number| needs_all(number)) {
                *node = Node::Digits(number.to_owned());
            }
        }
        Node::Array(items) => items.iter_mut().for_each(|item| visit(item, numbers)),
        Node::Object(members) => {
            for (_, value) in members {
                visit(value, numbers);
            }
        }
        Node::Null | Node::Bool(_) | Node::String(_) => {}
    }
}

/// Whether a number without an exponent has more significant digits than binary64 keeps.
fn needs_all(number: &str) -> bool {
    let digits = number.trim_start_matches(['-', '0', '.']);
    let count = digits.bytes().filter(u8::is_ascii_digit).count();
    count > KEPT && !number.contains(['e', 'E'])
}

#[cfg(test)]
mod tests {
    use super::super::tree::{Node, parse};

    fn member(body: &str) -> Node {
        match parse(body.as_bytes()).expect(body) {
            Node::Object(members) => members.into_iter().next_back().expect(body).1,
            other => other,
        }
    }

    #[test]
    fn numbers_keep_their_digits() {
        let digits = |text: &str| Node::Digits(text.to_owned());
        let check = |body: &str, expected: Node| assert_eq!(member(body), expected, "{body}");
        check(
            r#"{"a":0.123456789012345678}"#,
            digits("0.123456789012345678"),
        );
        check(
            r#"{"a":-12345678901234567890.5}"#,
            digits("-12345678901234567890.5"),
        );
        check(
            "123456789012345678901234567890",
            digits("123456789012345678901234567890"),
        );
        check(
            r#"{"1.5\"-2":"3.1\\","b":[1,2.5,true],"c":1.2345678901234567}"#,
            digits("1.2345678901234567"),
        );
        check(
            r#"{"a":123456789012345678}"#,
            Node::Integer(123_456_789_012_345_678),
        );
        check(
            r#"{"a":999.99,"b":0.000000000000000001}"#,
            Node::Float(1e-18),
        );
        check(
            r#"{"a":1.2345678901234567e1}"#,
            Node::Float(12.345_678_901_234_567),
        );
    }
}
