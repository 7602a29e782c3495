//! Reads a batch in JSON (OData JSON Format 4.01, section 19.1). Bodies stay the text that they
//! are: they are parsed when their request runs, and lose no digit until then.

use std::fmt;

use serde::de::{Deserialize, Deserializer, Error as _, MapAccess, SeqAccess, Visitor};
use serde_json::value::RawValue;

use super::place::{Place, shown, too_many};
use super::{Headers, Request, Rules, header, is_json, is_text, order};
use crate::Error;
use crate::json::Node;

/// Reads the batch.
pub(super) fn read(body: &[u8], rules: Rules) -> Result<Vec<Request>, Error> {
    let text = std::str::from_utf8(body).map_err(|e| {
        Error::bad_request(format!(
            "The body is not UTF-8: bad byte at offset {}.",
            e.valid_up_to()
        ))
    })?;
    let top: Members<'_> = serde_json::from_str(text)
        .map_err(|e| Error::bad_request(format!("The body is no batch in JSON: {e}.")))?;
    let requests = top.get("requests").ok_or_else(|| {
        Error::bad_request("The batch has no 'requests'.").with_target("requests")
    })?;
    let items = Items::read(requests.get(), rules.max_requests)?;
    let mut drafts = Vec::with_capacity(items.len());
    for (index, item) in items.iter().enumerate() {
        drafts.push(request(item, Place::new(index))?);
    }
    order::resolve(drafts, rules)
}

fn request(item: &RawValue, mut place: Place) -> Result<order::Draft, Error> {
    let members: Members<'_> = serde_json::from_str(item.get())
        .map_err(|e| place.refuse(format!("is no object of a request: {e}.")))?;
    let id = match members.node("id", &place)? {
        Some(node) => identifier(&node, "id", &place)?,
        None => return Err(place.refuse_member("id", "is missing.")),
    };
    place.id = Some(id.clone());
    let method = match members.string("method", &place)? {
        Some(method) => header::method(&method, &place)?,
        None => return Err(place.refuse_member("method", "is missing.")),
    };
    let url = members
        .string("url", &place)?
        .ok_or_else(|| place.refuse_member("url", "is missing."))?;
    let mut headers = headers(&members, &place)?;
    let body = body(&members, method, &mut headers, &place)?;
    let group = match members.node("atomicityGroup", &place)? {
        Some(node) => Some(identifier(&node, "atomicityGroup", &place)?),
        None => None,
    };
    Ok(order::Draft {
        depends_on: depends_on(&members, &place)?,
        request: Request {
            id: Some(id),
            method,
            url,
            headers,
            body,
            group,
            depends_on: Vec::new(),
            condition: members.string("if", &place)?,
        },
    })
}

/// An identifier. Clients of Graph send numbers, too.
fn identifier(node: &Node, member: &str, place: &Place) -> Result<String, Error> {
    let id = match node {
        Node::String(text) => text.clone(),
        Node::Integer(number) => number.to_string(),
        other => {
            let kind = other.kind();
            return Err(place.refuse_member(member, format!("is {kind}; it is a string.")));
        }
    };
    order::check_identifier(&id, member, place)?;
    Ok(id)
}

fn depends_on(members: &Members<'_>, place: &Place) -> Result<Vec<String>, Error> {
    match members.node("dependsOn", place)? {
        None => Ok(Vec::new()),
        Some(Node::Array(items)) => items
            .iter()
            .map(|item| identifier(item, "dependsOn", place))
            .collect(),
        Some(other) => {
            let kind = other.kind();
            Err(place.refuse_member(
                "dependsOn",
                format!("is {kind}; it is an array of strings."),
            ))
        }
    }
}

fn headers(members: &Members<'_>, place: &Place) -> Result<Headers, Error> {
    let given = match members.node("headers", place)? {
        None => return Ok(Vec::new()),
        Some(Node::Object(given)) => given,
        Some(other) => {
            let kind = other.kind();
            return Err(place.refuse_member("headers", format!("is {kind}; it is an object.")));
        }
    };
    let mut headers: Headers = Vec::with_capacity(given.len());
    for (name, value) in given {
        let Node::String(value) = value else {
            let (name, kind) = (shown(&name), value.kind());
            let what = format!("holds '{name}' as {kind}; a header is a string.");
            return Err(place.refuse_member("headers", what));
        };
        let header = header::header(&name, &value, place)?;
        if header::get(&headers, &header.0).is_some() {
            return Err(place.refuse_member("headers", format!("holds '{}' twice.", header.0)));
        }
        headers.push(header);
    }
    Ok(headers)
}

/// The body as it would be sent alone.
fn body(
    members: &Members<'_>,
    method: &str,
    headers: &mut Headers,
    place: &Place,
) -> Result<Vec<u8>, Error> {
    let Some(raw) = members.get("body").filter(|raw| raw.get() != "null") else {
        return Ok(Vec::new());
    };
    if matches!(method, "GET" | "DELETE") {
        return Err(place.refuse_member("body", format!("may not stand with {method}.")));
    }
    let Some(content_type) = header::get(headers, "content-type") else {
        // What is JSON anyway need not be said to be.
        headers.push(("content-type".to_owned(), "application/json".to_owned()));
        return Ok(raw.get().as_bytes().to_vec());
    };
    let media = header::media_type(content_type);
    if is_json(media) {
        return Ok(raw.get().as_bytes().to_vec());
    }
    let Ok(text) = serde_json::from_str::<String>(raw.get()) else {
        let media = shown(media);
        let what = format!("is no string; as {media} it is one.");
        return Err(place.refuse_member("body", what));
    };
    if is_text(media) {
        return Ok(text.into_bytes());
    }
    header::decode_base64(&text).ok_or_else(|| {
        let media = shown(media);
        place.refuse_member("body", format!("is not base64url; as {media} it is."))
    })
}

/// The members of an object, in order, their values not yet read. No name stands twice.
struct Members<'a>(Vec<(String, &'a RawValue)>);

impl<'a> Members<'a> {
    fn get(&self, name: &str) -> Option<&'a RawValue> {
        self.0.iter().find(|(n, _)| n == name).map(|(_, raw)| *raw)
    }

    /// A member's value; `None` if it is absent or null.
    fn node(&self, name: &str, place: &Place) -> Result<Option<Node>, Error> {
        let Some(raw) = self.get(name) else {
            return Ok(None);
        };
        let node = crate::json::parse(raw.get().as_bytes())
            .map_err(|e| place.refuse_member(name, format!("is malformed: {}", e.message)))?;
        Ok(Some(node).filter(|node| *node != Node::Null))
    }

    fn string(&self, name: &str, place: &Place) -> Result<Option<String>, Error> {
        match self.node(name, place)? {
            None => Ok(None),
            Some(Node::String(text)) => Ok(Some(text)),
            Some(other) => {
                let kind = other.kind();
                Err(place.refuse_member(name, format!("is {kind}; it is a string.")))
            }
        }
    }
}

/// The most members of the batch or of a request: unknown ones are ignored, but not without end.
const MEMBERS: usize = 64;

impl<'de: 'a, 'a> Deserialize<'de> for Members<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Object;
        impl<'de> Visitor<'de> for Object {
            type Value = Members<'de>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an object")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Members<'de>, A::Error> {
                let mut members: Vec<(String, &'de RawValue)> = Vec::new();
                while let Some((name, value)) = map.next_entry::<String, &'de RawValue>()? {
                    if members.len() == MEMBERS {
                        return Err(A::Error::custom(format!("more than {MEMBERS} members")));
                    }
                    if members.iter().any(|(other, _)| *other == name) {
                        let name = shown(&name);
                        return Err(A::Error::custom(format!("the member '{name}' twice")));
                    }
                    members.push((name, value));
                }
                Ok(Members(members))
            }
        }
        deserializer.deserialize_map(Object)
    }
}

/// The items of an array, not yet read; one more than allowed ends the reading.
struct Items(usize);

impl Items {
    fn read(text: &str, limit: usize) -> Result<Vec<&RawValue>, Error> {
        let mut deserializer = serde_json::Deserializer::from_str(text);
        let items = deserializer.deserialize_seq(Self(limit)).map_err(|_| {
            Error::bad_request("'requests' is no array of requests.").with_target("requests")
        })?;
        items.ok_or_else(|| too_many(limit))
    }
}

impl<'de> Visitor<'de> for Items {
    type Value = Option<Vec<&'de RawValue>>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an array")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Self::Value, A::Error> {
        let mut read = Vec::new();
        while let Some(item) = items.next_element()? {
            if read.len() == self.0 {
                // The rest was parsed with the body and need not be looked at.
                while items.next_element::<serde::de::IgnoredAny>()?.is_some() {}
                return Ok(None);
            }
            read.push(item);
        }
        Ok(Some(read))
    }
}
