//! `$search` (OData 4.01 Protocol, section 11.2.6.6).

use super::functions::to_lower;
use crate::query::Search;

/// Whether texts match a `$search` expression.
///
/// A word or phrase matches if one of the texts contains it, within words too, whatever the case
/// of either (as `tolower` makes it); `NOT` if none does. The words of an `AND` may stand in
/// different texts.
#[must_use]
pub fn matches<T: AsRef<str>>(search: &Search, texts: &[T]) -> bool {
    let texts: Vec<String> = texts.iter().map(|text| to_lower(text.as_ref())).collect();
    matches_lower(search, &texts)
}

/// Recursion is bounded by the depth that the parser allows.
fn matches_lower(search: &Search, texts: &[String]) -> bool {
    match search {
        Search::Term(term) => {
            let term = to_lower(term);
            texts.iter().any(|text| text.contains(&term))
        }
        Search::Not(operand) => !matches_lower(operand, texts),
        Search::And(left, right) => matches_lower(left, texts) && matches_lower(right, texts),
        Search::Or(left, right) => matches_lower(left, texts) || matches_lower(right, texts),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_and_phrases() {
        let term = |text: &str| Search::Term(text.to_owned());
        let not = |search| Search::Not(Box::new(search));
        let and = |left, right| Search::And(Box::new(left), Box::new(right));
        let or = |left, right| Search::Or(Box::new(left), Box::new(right));
        let texts = ["Premium Laptop", "grün und LEICHT"];
        for (search, expected) in [
            (term("laptop"), true),
            (term("PREMIUM LAPTOP"), true),
            (term("laptop premium"), false),
            (term("lap"), true),
            (term("GRÜN"), true),
            (and(term("laptop"), term("leicht")), true),
            (and(term("laptop"), not(term("leicht"))), false),
            (or(term("phone"), term("leicht")), true),
            (not(term("phone")), true),
            (not(not(term("phone"))), false),
        ] {
            assert_eq!(matches(&search, &texts), expected, "{search:?}");
        }
        assert!(!matches(&term("a"), &[] as &[&str]));
        assert!(matches(&not(term("a")), &[] as &[&str]));
    }
}
