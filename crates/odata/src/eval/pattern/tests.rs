use super::*;

/// Whether a text matches, or part of the reason why the expression is refused.
#[track_caller]
fn check(expression: &str, flags: &str, text: &str, expected: Result<bool, &str>) {
    let found = Pattern::new(expression, flags).map(|pattern| pattern.is_match(text));
    match (&found, expected) {
        (Ok(found), Ok(expected)) => {
            assert_eq!(*found, expected, "/{expression}/{flags} of {text:?}");
        }
        (Err(EvalError::Pattern(found)), Err(expected)) => {
            assert!(found.contains(expected), "/{expression}/: {found}");
        }
        _ => panic!("/{expression}/{flags}: {found:?}"),
    }
}

#[test]
fn expressions_mean_what_they_mean_in_ecmascript() {
    for (expression, flags, text, expected) in [
        ("^A.*e$", "", "Alfreds Futterkiste", true),
        ("^A.*e$", "", "xAlfreds Futterkiste", false),
        ("lfr", "", "Alfreds", true),
        ("", "", "", true),
        ("berg$", "m", "Heidelberg\nGermany", true),
        ("berg$", "", "Heidelberg\nGermany", false),
        ("^G", "m", "x\rG", true),
        ("a.b", "", "a\nb", false),
        ("a.b", "", "a\u{2028}b", false),
        ("a.b", "s", "a\nb", true),
        ("^a.b$", "", "a😀b", true),
        ("ALFREDS", "i", "alfreds", true),
        ("^a", "y", "ba", false),
        ("a|b", "y", "xb", false),
        (r"^\d$", "", "٣", false),
        (r"^\D$", "", "٣", true),
        (r"^\w$", "", "ß", false),
        (r"^[\w-]+$", "", "a-b", true),
        (r"^\s$", "", "\u{FEFF}", true),
        (r"^\S$", "", "\u{FEFF}", false),
        (r"\bb", "", "a b", true),
        (r"\bb", "", "ßb", true),
        (r"\Bb", "", "ab", true),
        (r"^a{2}$", "", "aa", true),
        (r"^a{2,}?$", "", "aaa", true),
        (r"^a{,2}$", "", "a{,2}", true),
        (r"^a{$", "", "a{", true),
        (r"^}]$", "", "}]", true),
        (r"^x{2}}$", "", "xx}", true),
        (r"\/\-\.", "", "/-.", true),
        (r"^\x41\u0042\u{43}\cJ\t\0$", "", "ABC\n\t\0", true),
        (r"^\uD83D\uDE00$", "", "😀", true),
        (r"^[\uD83D\uDE00]$", "", "😀", true),
        ("^[]", "", "a", false),
        ("^[^]$", "", "\n", true),
        ("^[a-c&&b]+$", "", "&b", true),
        ("^[[a]$", "", "[", true),
        ("^[a~~b||c]+$", "", "~b|", true),
        (r"^[\d-x]+$", "", "1-x", true),
        (r"^[^\d\s]$", "", "a", true),
        (r"^[^\D]$", "", "5", true),
        (r"^[\b]$", "", "\u{8}", true),
        (r"^[a\]b]+$", "", "a]", true),
        ("(?:a)(b)(?<name>c)", "", "abc", true),
        (r"^\p{Lu}$", "u", "Ä", true),
        (r"^\P{Lu}$", "u", "ä", true),
        (r"^\p$", "", "p", true),
        ("# x", "", "# x", true),
    ] {
        check(expression, flags, text, Ok(expected));
    }
}

#[test]
fn what_is_refused_says_why() {
    let nested = format!("{}a{}", "(".repeat(60), ")".repeat(60));
    let long = "a".repeat(5_000);
    for (expression, flags, expected) in [
        ("(?=a)", "", "lookahead"),
        ("(?!a)", "", "lookahead"),
        ("(?<=a)", "", "lookbehind"),
        ("(?<!a)", "", "lookbehind"),
        (r"(a)\1", "", "backreference"),
        (r"(?<a>a)\k<a>", "", "backreference"),
        ("a", "v", "flag 'v'"),
        ("a", "x", "unknown flag 'x'"),
        ("(", "", "malformed"),
        (")", "", "not open"),
        ("a)(b", "", "not open"),
        ("*", "", "malformed"),
        ("a++", "", "nothing to repeat"),
        ("a{2}{3}", "", "nothing to repeat"),
        ("[a", "", "not closed"),
        ("[b-a]", "", "backwards"),
        ("\\", "", "backslash"),
        (r"\u12", "", "hexadecimal"),
        (r"\uD83D", "", "surrogate"),
        ("(?i)a", "", "malformed"),
        ("(?P<a>a)", "", "malformed"),
        (r"\p{Nothing}", "u", "malformed"),
        (r"\p{^a}", "u", "property"),
        ("(((a{1000}){1000}){1000})", "", "memory"),
        (nested.as_str(), "", "nested"),
        (long.as_str(), "", "longer"),
    ] {
        check(expression, flags, "", Err(expected));
    }
}

/// What takes other engines exponential time.
#[test]
fn matching_is_linear() {
    let text = "a".repeat(100_000);
    check("(a*)*b", "", &text, Ok(false));
}

proptest::proptest! {
    #[test]
    fn no_expression_panics(expression in "\\PC{0,20}", near in "[\\]\\[(){}?*+\\\\^$|.,a-c0-9:<>=!uxpk-]{0,20}", flags in "[imsuydg]{0,2}") {
        for expression in [&expression, &near] {
            if let Ok(pattern) = Pattern::new(expression, &flags) {
                let _ = pattern.is_match("abc 123");
            }
        }
    }
}
