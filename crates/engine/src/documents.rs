//! The service document (OData JSON Format 4.01, section 5) and the metadata document.

use bytes::Bytes;
use odata::json;

use crate::core::Core;
use crate::exchange::Request;

/// The service document.
pub(crate) fn service(core: &Core, request: &Request) -> Bytes {
    let mut out = Vec::with_capacity(256);
    out.extend_from_slice(b"{\"@odata.context\":");
    json::write_string(&mut out, &format!("{}/$metadata", request.service_root));
    out.extend_from_slice(b",\"value\":[");
    let sets = core
        .model
        .entity_sets()
        .map(|(_, set)| (&set.name, "EntitySet"));
    let singletons = core
        .model
        .singletons()
        .map(|(_, single)| (&single.name, "Singleton"));
    for (i, (name, kind)) in sets.chain(singletons).enumerate() {
        out.extend_from_slice(if i == 0 {
            b"{\"name\":"
        } else {
            b",{\"name\":"
        });
        json::write_string(&mut out, name);
        out.extend_from_slice(format!(",\"kind\":\"{kind}\",\"url\":").as_bytes());
        json::write_string(&mut out, name);
        out.push(b'}');
    }
    out.extend_from_slice(b"]}");
    out.into()
}
