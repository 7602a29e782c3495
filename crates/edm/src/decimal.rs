//! `Edm.Decimal` in its canonical text: an optional minus, digits without leading zeros, and the
//! fraction as written. It is a JSON number as it stands.

use crate::model::Facets;

/// The most digits a decimal may have: what an exponent can blow a short text up to. Any number
/// of so many digits is within binary64's range, so every JSON parser takes it.
const MAX_DIGITS: usize = 128;

/// Why a text is no decimal of a type.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum DecimalError {
    /// It is no number.
    #[error("not a decimal number")]
    Malformed,
    /// It has more digits than any decimal may have.
    #[error("more than {MAX_DIGITS} digits")]
    Digits,
    /// More digits behind the decimal point than the type's `Scale`.
    #[error("more than {0} digits behind the decimal point")]
    Scale(usize),
    /// More significant digits than the type's `Precision`.
    #[error("more than {0} significant digits")]
    Precision(u32),
}

/// Makes the canonical text of a decimal number, exponents resolved (ABNF `decimalValue`; the
/// special values of floating scale are no decimals here).
///
/// # Errors
/// No number, too many digits, or not within the facets' precision and scale.
pub fn canonical_decimal(text: &str, facets: &Facets) -> Result<String, DecimalError> {
    let no_number = || DecimalError::Malformed;
    let (negative, unsigned) = match text.strip_prefix('-') {
        Some(rest) => (true, rest),
        None => (false, text.strip_prefix('+').unwrap_or(text)),
    };
    let (mantissa, exponent) = match unsigned.split_once(['e', 'E']) {
        Some((mantissa, exponent)) => (mantissa, exponent.parse::<i32>().map_err(|_| no_number())?),
        None => (unsigned, 0),
    };
    let (whole, fraction) = match mantissa.split_once('.') {
        Some((_, "")) => return Err(no_number()),
        Some(parts) => parts,
        None => (mantissa, ""),
    };
    let is_digits = |part: &str| part.bytes().all(|b| b.is_ascii_digit());
    if whole.is_empty() || !is_digits(whole) || !is_digits(fraction) {
        return Err(no_number());
    }
    let shift = usize::try_from(exponent.unsigned_abs()).unwrap_or(usize::MAX);
    if whole
        .len()
        .saturating_add(fraction.len())
        .saturating_add(shift)
        > MAX_DIGITS
    {
        return Err(DecimalError::Digits);
    }
    let (whole, fraction) = shifted(whole, fraction, exponent >= 0, shift);
    let whole = whole.trim_start_matches('0');
    check_facets(whole, &fraction, facets)?;
    let is_zero = whole.is_empty() && fraction.bytes().all(|b| b == b'0');
    let mut canonical = String::with_capacity(whole.len() + fraction.len() + 3);
    if negative && !is_zero {
        canonical.push('-');
    }
    canonical.push_str(if whole.is_empty() { "0" } else { whole });
    if !fraction.is_empty() {
        canonical.push('.');
        canonical.push_str(&fraction);
    }
    Ok(canonical)
}

/// Moves the decimal point by an exponent.
fn shifted(whole: &str, fraction: &str, right: bool, shift: usize) -> (String, String) {
    let zeros = |missing: usize| "0".repeat(missing);
    if right {
        let padded = format!("{fraction}{}", zeros(shift.saturating_sub(fraction.len())));
        let (moved, rest) = padded.split_at(shift);
        (format!("{whole}{moved}"), rest.to_owned())
    } else {
        let padded = format!("{}{whole}", zeros(shift.saturating_sub(whole.len())));
        let (rest, moved) = padded.split_at(padded.len() - shift);
        (rest.to_owned(), format!("{moved}{fraction}"))
    }
}

/// CSDL sections 7.2.3 and 7.2.4, where the model gives the facets.
fn check_facets(whole: &str, fraction: &str, facets: &Facets) -> Result<(), DecimalError> {
    let significant = fraction.trim_end_matches('0').len();
    let scale = facets
        .scale
        .as_deref()
        .and_then(|scale| scale.parse::<usize>().ok());
    if let Some(scale) = scale.filter(|scale| significant > *scale) {
        return Err(DecimalError::Scale(scale));
    }
    match facets.precision {
        Some(precision) if whole.len() + significant > precision as usize => {
            Err(DecimalError::Precision(precision))
        }
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn decimals_have_one_text() {
        let check = |text: &str, expected: Option<&str>| {
            let found = canonical_decimal(text, &Facets::default());
            assert_eq!(found.as_deref().ok(), expected, "{text}");
        };
        check("0", Some("0"));
        check("-0", Some("0"));
        check("-0.00", Some("0.00"));
        check("+007.50", Some("7.50"));
        check("-12.5", Some("-12.5"));
        check("1e3", Some("1000"));
        check("1.25E1", Some("12.5"));
        check("125e-4", Some("0.0125"));
        check("1.5e0", Some("1.5"));
        check("1e127", Some(&format!("1{}", "0".repeat(127))));
        let refused = [
            "",
            "-",
            ".5",
            "5.",
            "1e",
            "1e9999999999",
            "1e128",
            "INF",
            "NaN",
            "1 ",
            "٣",
            "1.٣",
        ];
        for text in refused {
            check(text, None);
        }
    }

    #[test]
    fn precision_and_scale_are_kept() {
        let facets = Facets {
            precision: Some(5),
            scale: Some("2".to_owned()),
            ..Facets::default()
        };
        assert_eq!(
            canonical_decimal("123.45", &facets).as_deref(),
            Ok("123.45")
        );
        assert_eq!(
            canonical_decimal("00123.4500", &facets).as_deref(),
            Ok("123.4500")
        );
        assert!(canonical_decimal("1.234", &facets).is_err());
        assert!(canonical_decimal("123456", &facets).is_err());
        let variable = Facets {
            scale: Some("variable".to_owned()),
            ..Facets::default()
        };
        assert!(canonical_decimal("1.23456789", &variable).is_ok());
    }

    proptest! {
        #[test]
        fn any_text_is_read_without_panic_and_a_canonical_one_stays(text in "[-+]?[0-9]{0,9}(\\.[0-9]{0,9})?([eE][-+]?[0-9]{1,4})?") {
            if let Ok(once) = canonical_decimal(&text, &Facets::default()) {
                prop_assert_eq!(canonical_decimal(&once, &Facets::default()), Ok(once.clone()));
                prop_assert!(once.parse::<f64>().is_ok_and(f64::is_finite));
            }
        }
    }
}
