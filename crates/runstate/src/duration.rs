//! Durations as people write them: `90s`, `15m`, `1h`, `7d`, `1h 30m`, `PT90S`.

use std::time::Duration;

use jiff::{Span, SpanRelativeTo};

/// Reads a duration. A day has 24 hours; months and years have no fixed length and are refused.
pub(crate) fn parse(text: &str) -> Result<Duration, String> {
    let span: Span = text
        .parse()
        .map_err(|_| "write a number with its unit, such as 90s, 15m, 1h or 7d".to_owned())?;
    let signed = span
        .to_duration(SpanRelativeTo::days_are_24_hours())
        .map_err(|_| "months and years have no fixed length; count in days".to_owned())?;
    Duration::try_from(signed).map_err(|_| "a duration cannot be negative".to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations() {
        check("90s", Ok(90));
        check("15m", Ok(900));
        check("1h", Ok(3600));
        check("7d", Ok(7 * 86_400));
        check("2w", Ok(14 * 86_400));
        check("1h 30m", Ok(5400));
        check("1 hour", Ok(3600));
        check("PT90S", Ok(90));
        check("0s", Ok(0));
        check("", Err("unit"));
        check("90", Err("unit"));
        check("1h;", Err("unit"));
        check("99999999999999999999h", Err("unit"));
        check("-1h", Err("negative"));
        check("1mo", Err("fixed length"));
        check("1y", Err("fixed length"));
    }

    fn check(text: &str, expected: Result<u64, &str>) {
        match (parse(text), expected) {
            (Ok(duration), Ok(seconds)) => {
                assert_eq!(duration, Duration::from_secs(seconds), "{text}");
            }
            (Err(error), Err(part)) => assert!(error.contains(part), "{text}: {error}"),
            (parsed, _) => panic!("{text}: {parsed:?}"),
        }
    }
}
