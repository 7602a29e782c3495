//! Which of a document's forms a client gets (RFC 9110, section 12.5.1; OData 4.01 Protocol,
//! sections 8.2.1 and 11.2.11).

use http::{HeaderMap, header};
use odata::{Error, ErrorCode};

/// The place of the form that fits best among the offered media types, the service's own
/// favourite first. `$format` wins over `Accept`; parameters other than `q` say nothing of a
/// document.
///
/// # Errors
/// 406 naming the offered ones.
pub(super) fn choose(
    headers: &HeaderMap,
    format: Option<&str>,
    offered: &[&'static str],
) -> Result<usize, Error> {
    let refuse = |asked: &str| {
        let offered = offered.join(", ");
        Error::new(
            ErrorCode::NotAcceptable,
            format!("'{asked}' cannot be served here; the formats are {offered}."),
        )
    };
    if let Some(format) = format {
        let media = format.split(';').next().unwrap_or("").trim();
        let is = |served: &&str| {
            let short = served.rsplit('/').next().unwrap_or(served);
            served.eq_ignore_ascii_case(media) || short.eq_ignore_ascii_case(media)
        };
        return offered
            .iter()
            .position(is)
            .ok_or_else(|| refuse(format).with_target("$format"));
    }
    let values = headers.get_all(header::ACCEPT).iter();
    let accept: Vec<&str> = values.filter_map(|value| value.to_str().ok()).collect();
    let accept = accept.join(",");
    let ranges: Vec<&str> = accept
        .split(',')
        .map(str::trim)
        .filter(|range| !range.is_empty())
        .collect();
    if ranges.is_empty() {
        return Ok(0);
    }
    let mut best: Option<(usize, f32)> = None;
    for (place, served) in offered.iter().enumerate() {
        let quality = quality(&ranges, served);
        if quality > best.map_or(0.0, |(_, found)| found) {
            best = Some((place, quality));
        }
    }
    best.map(|(place, _)| place).ok_or_else(|| refuse(&accept))
}

/// The quality of a media type by the most specific range that covers it; 0 if none does.
fn quality(ranges: &[&str], served: &str) -> f32 {
    let group = served.split('/').next().unwrap_or(served);
    let mut found = (0, 0.0);
    for range in ranges {
        let mut parts = range.split(';').map(str::trim);
        let media = parts.next().unwrap_or("").to_ascii_lowercase();
        let specific = match media.as_str() {
            "*/*" => 1,
            _ if media.strip_suffix("/*") == Some(group) => 2,
            _ if media == served => 3,
            _ => continue,
        };
        let weight = parts.find_map(|parameter| {
            let (name, value) = parameter.split_once('=')?;
            name.trim().eq_ignore_ascii_case("q").then_some(value)
        });
        let weight = weight.map_or(Some(1.0), |q| q.trim().parse::<f32>().ok());
        let weight = weight.filter(|q| (0.0..=1.0).contains(q)).unwrap_or(0.0);
        if specific > found.0 {
            found = (specific, weight);
        }
    }
    found.1
}

#[cfg(test)]
mod tests {
    use http::HeaderValue;

    use super::*;

    #[test]
    fn the_form_that_fits() {
        const OFFERED: [&str; 2] = ["application/xml", "application/json"];
        let check = |accept: &'static str, format: Option<&str>, expected: Option<usize>| {
            let mut headers = HeaderMap::new();
            if !accept.is_empty() {
                headers.insert(header::ACCEPT, HeaderValue::from_static(accept));
            }
            let chosen = choose(&headers, format, &OFFERED);
            assert_eq!(
                chosen.as_ref().ok().copied(),
                expected,
                "{accept} {format:?}"
            );
            if let Err(error) = chosen {
                assert_eq!(error.code.status(), 406);
                assert!(error.message.contains("application/xml, application/json"));
            }
        };
        check("", None, Some(0));
        check("*/*", None, Some(0));
        check("application/*", None, Some(0));
        check("application/json", None, Some(1));
        check("application/JSON;odata.metadata=minimal", None, Some(1));
        check("application/xml", None, Some(0));
        let browser = "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8";
        check(browser, None, Some(0));
        check("application/json, text/plain, */*", None, Some(0));
        check("application/json, */*;q=0.1", None, Some(1));
        check("application/xml;q=0, */*", None, Some(1));
        check("application/json;q=2", None, None);
        check("text/plain", None, None);
        check("application/json;q=0", None, None);
        check("text/plain", Some("json"), Some(1));
        check("", Some("application/xml;charset=utf-8"), Some(0));
        check("", Some("XML"), Some(0));
        check("", Some("atom"), None);
    }
}
