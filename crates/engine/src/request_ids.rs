//! The two ids of a request: the server's, and the client's own.

use http::{HeaderMap, HeaderName, HeaderValue};
use uuid::Uuid;

const REQUEST_ID: HeaderName = HeaderName::from_static("request-id");
pub(crate) const CLIENT_REQUEST_ID: HeaderName = HeaderName::from_static("client-request-id");

/// The longest `client-request-id` that is echoed, in bytes.
pub(crate) const CLIENT_REQUEST_ID_LIMIT: usize = 128;

/// The ids that every answer carries, in its headers and in its error object.
#[derive(Clone, Debug)]
pub struct RequestIds {
    request: HeaderValue,
    client: HeaderValue,
}

impl RequestIds {
    /// A new request id, and the client's id if it sent exactly one of at most 128 visible ASCII
    /// characters, else the request id again.
    #[must_use]
    pub fn of(headers: &HeaderMap) -> Self {
        let mut text = Uuid::encode_buffer();
        let text = Uuid::new_v4().as_hyphenated().encode_lower(&mut text);
        let request =
            HeaderValue::from_str(text).expect("a UUID is hexadecimal digits and hyphens");
        let client = client_request_id(headers).unwrap_or_else(|| request.clone());
        Self { request, client }
    }

    /// The server's id.
    #[must_use]
    pub fn request(&self) -> &str {
        ascii(&self.request)
    }

    /// The client's id.
    #[must_use]
    pub fn client(&self) -> &str {
        ascii(&self.client)
    }

    /// What the traces of the request are found by, such as its audit events: the client's id if that
    /// is a GUID, else the server's.
    #[must_use]
    pub fn correlation(&self) -> Uuid {
        let client = Uuid::try_parse(self.client()).ok();
        client
            .or_else(|| Uuid::try_parse(self.request()).ok())
            .unwrap_or_default()
    }

    /// The GUID by which a client wants the traces of a request to be found, if it says one.
    #[must_use]
    pub fn correlation_of(headers: &HeaderMap) -> Option<Uuid> {
        let sent = client_request_id(headers)?;
        Uuid::try_parse(ascii(&sent)).ok()
    }

    /// Sets both headers.
    pub fn stamp(self, headers: &mut HeaderMap) {
        headers.insert(REQUEST_ID, self.request);
        headers.insert(CLIENT_REQUEST_ID, self.client);
    }
}

fn client_request_id(headers: &HeaderMap) -> Option<HeaderValue> {
    let mut sent = headers.get_all(CLIENT_REQUEST_ID).iter();
    let value = sent.next()?;
    let sane = sent.next().is_none()
        && (1..=CLIENT_REQUEST_ID_LIMIT).contains(&value.len())
        && value.as_bytes().iter().all(u8::is_ascii_graphic);
    sane.then(|| value.clone())
}

fn ascii(value: &HeaderValue) -> &str {
    value.to_str().expect("only visible ASCII is let in")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_sane_client_request_id_is_echoed_and_no_other() {
        let long = "x".repeat(CLIENT_REQUEST_ID_LIMIT);
        let too_long = "x".repeat(CLIENT_REQUEST_ID_LIMIT + 1);
        check(&["d32d40ab-0dbb-4b3c-ab04-2a5a1d1d0a3b"], true);
        check(&["{any}|visible~characters!"], true);
        check(&[&long], true);
        check(&[&too_long], false);
        check(&[""], false);
        check(&["two words"], false);
        check(&["tab\there"], false);
        check(&["caf\u{e9}"], false);
        check(&["one", "two"], false);
        check(&[], false);
    }

    fn check(sent: &[&str], echoed: bool) {
        let mut headers = HeaderMap::new();
        for value in sent {
            let value = HeaderValue::from_bytes(value.as_bytes()).unwrap();
            headers.append(CLIENT_REQUEST_ID, value);
        }
        let ids = RequestIds::of(&headers);
        let expected = if echoed { sent[0] } else { ids.request() };
        assert_eq!(ids.client(), expected, "{sent:?}");
        assert_eq!(Uuid::parse_str(ids.request()).unwrap().get_version_num(), 4);

        let mut answer = HeaderMap::new();
        let (request, client) = (ids.request().to_owned(), ids.client().to_owned());
        ids.stamp(&mut answer);
        assert_eq!(answer[REQUEST_ID], request);
        assert_eq!(answer[CLIENT_REQUEST_ID], client);
    }

    #[test]
    fn traces_are_found_by_a_guid() {
        let of = |client: Option<&str>| {
            let mut headers = HeaderMap::new();
            if let Some(client) = client {
                headers.insert(CLIENT_REQUEST_ID, client.parse().unwrap());
            }
            let ids = RequestIds::of(&headers);
            (ids.correlation().to_string(), ids.request().to_owned())
        };
        let given = "d32d40ab-0dbb-4b3c-ab04-2a5a1d1d0a3b";
        assert_eq!(of(Some(given)).0, given);
        let (correlation, request) = of(Some("my-own-id"));
        assert_eq!(correlation, request);
        let (correlation, request) = of(None);
        assert_eq!(correlation, request);
    }

    #[test]
    fn two_requests_have_two_ids() {
        let none = HeaderMap::new();
        assert_ne!(
            RequestIds::of(&none).request(),
            RequestIds::of(&none).request()
        );
    }
}
