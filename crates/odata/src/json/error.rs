//! The error object of an answer (OData JSON Format 4.01, section 21).

use super::write::write_string;
use crate::Error;

/// Writes the error object. What the log alone may see stays out of it.
///
/// `inner` is the name of the member that holds the rest: `innererror`, or `innerError` as on Graph.
/// `date` is the time of the answer, `request_id` the server's name for the request and
/// `client_request_id` the client's.
pub fn write_error(
    out: &mut Vec<u8>,
    error: &Error,
    inner: &str,
    date: &str,
    request_id: &str,
    client_request_id: &str,
) {
    out.extend_from_slice(b"{\"error\":{\"code\":");
    write_string(out, error.code.as_str());
    write_member(out, b",\"message\":", &error.message);
    if let Some(target) = &error.target {
        write_member(out, b",\"target\":", target);
    }
    out.push(b',');
    write_string(out, inner);
    write_member(out, b":{\"date\":", date);
    write_member(out, b",\"request-id\":", request_id);
    write_member(out, b",\"client-request-id\":", client_request_id);
    out.extend_from_slice(b"}}}");
}

fn write_member(out: &mut Vec<u8>, name: &[u8], value: &str) {
    out.extend_from_slice(name);
    write_string(out, value);
}

#[cfg(test)]
mod tests {
    use super::*;

    fn written(error: &Error) -> String {
        let mut out = Vec::new();
        write_error(
            &mut out,
            error,
            "innerError",
            "2026-01-02T03:04:05",
            "r-1",
            "c-\"1\"",
        );
        String::from_utf8(out).expect("JSON is UTF-8")
    }

    #[test]
    fn an_error_is_the_object_that_graph_clients_know() {
        let error = Error::bad_request("No \"x\" here\n").with_target("a/b");
        assert_eq!(
            written(&error),
            concat!(
                r#"{"error":{"code":"BadRequest","message":"No \"x\" here\n","target":"a/b","#,
                r#""innerError":{"date":"2026-01-02T03:04:05","request-id":"r-1","#,
                r#""client-request-id":"c-\"1\""}}}"#
            )
        );
    }

    #[test]
    fn nobody_but_the_log_learns_the_reason_of_an_internal_error() {
        let text = written(&Error::internal("disk /dev/sda is on fire"));
        assert!(!text.contains("disk"), "{text}");
        assert!(!text.contains("\"target\""), "{text}");
        assert!(serde_json::from_str::<serde_json::Value>(&text).is_ok());
    }
}
