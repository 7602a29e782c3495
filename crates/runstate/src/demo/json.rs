//! JSON laid out for people: one member on a line, in the order in which they came.

/// Lays out a JSON text. Nothing of it changes but the white space between its tokens.
pub(super) fn lay_out(json: &str) -> String {
    let mut out = String::with_capacity(json.len() * 2);
    let mut depth = 0_usize;
    let (mut in_string, mut escaped) = (false, false);
    for c in json.chars() {
        if in_string {
            in_string = c != '"' || escaped;
            escaped = c == '\\' && !escaped;
            out.push(c);
            continue;
        }
        match c {
            '"' => in_string = true,
            '}' | ']' => {
                depth = depth.saturating_sub(1);
                end(&mut out, depth);
            }
            c if c.is_ascii_whitespace() => continue,
            _ => {}
        }
        out.push(c);
        match c {
            '{' | '[' => {
                depth += 1;
                new_line(&mut out, depth);
            }
            ',' => new_line(&mut out, depth),
            ':' => out.push(' '),
            _ => {}
        }
    }
    out
}

/// Before a closing bracket: a line of its own, unless nothing is between the two.
fn end(out: &mut String, depth: usize) {
    let before = out.trim_ascii_end().len();
    if out.trim_ascii_end().ends_with(['{', '[']) {
        out.truncate(before);
    } else {
        new_line(out, depth);
    }
}

fn new_line(out: &mut String, depth: usize) {
    out.push('\n');
    for _ in 0..depth {
        out.push_str("  ");
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::Value;

    use super::*;

    #[test]
    fn members_stand_in_lines() {
        let check = |json: &str, expected: &str| assert_eq!(lay_out(json), expected, "{json}");
        check("{}", "{}");
        check("[ ]", "[]");
        check("null", "null");
        check(
            r#"{"b":[],"a":[1,"x, {y}: \"z\\"],"c":{ "d" : null }}"#,
            r#"{
  "b": [],
  "a": [
    1,
    "x, {y}: \"z\\"
  ],
  "c": {
    "d": null
  }
}"#,
        );
    }

    fn any_json() -> impl Strategy<Value = Value> {
        let leaf = prop_oneof![
            Just(Value::Null),
            any::<i64>().prop_map(Value::from),
            any::<String>().prop_map(Value::from),
        ];
        leaf.prop_recursive(4, 32, 4, |inner| {
            prop_oneof![
                prop::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
                prop::collection::vec((any::<String>(), inner), 0..4)
                    .prop_map(|members| Value::Object(members.into_iter().collect())),
            ]
        })
    }

    proptest! {
        #[test]
        fn nothing_but_white_space_changes(value in any_json()) {
            let laid_out = lay_out(&value.to_string());
            prop_assert_eq!(&laid_out, &serde_json::to_string_pretty(&value).unwrap());
            prop_assert_eq!(serde_json::from_str::<Value>(&laid_out).unwrap(), value);
        }

        #[test]
        fn any_text_is_laid_out(text: String) {
            lay_out(&text);
        }
    }
}
