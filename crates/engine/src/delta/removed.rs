//! Entities that are not in a collection any more (OData JSON Format 4.01, section 15.3; 4.0,
//! section 14.2).

use edm::Value;
use odata::json::{self, Metadata};

use crate::context::Context;
use crate::represent::{At, entity_url};
use crate::target::Target;

/// Why an entity is not there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Reason {
    /// It is gone.
    Deleted,
    /// It does not match the query.
    Changed,
}

impl Reason {
    fn as_str(self) -> &'static str {
        match self {
            Self::Deleted => "deleted",
            Self::Changed => "changed",
        }
    }
}

/// Writes an entity that is not there.
pub(super) fn write(
    context: &Context,
    target: &Target,
    key: &[Value],
    reason: Reason,
    out: &mut Vec<u8>,
) {
    let (core, place) = (&context.core, context.place());
    let bare = core.service.profile().bare_removed;
    let url = || entity_url(core, target.of, key, At::Member(&place));
    if !bare && context.negotiated.version == "4.0" {
        out.extend_from_slice(b"{\"@odata.context\":");
        json::write_string(out, &format!("{}/$deletedEntity", place.context()));
        out.extend_from_slice(b",\"id\":");
        json::write_string(out, &url());
        out.extend_from_slice(format!(",\"reason\":\"{}\"}}", reason.as_str()).as_bytes());
        return;
    }
    let name = if bare { "@removed" } else { "@odata.removed" };
    out.push(b'{');
    if context.negotiated.style.metadata == Metadata::Full {
        out.extend_from_slice(b"\"@odata.context\":");
        json::write_string(out, &format!("{}/$deletedEntity", place.context()));
        out.push(b',');
    }
    out.extend_from_slice(format!("\"{name}\":{{\"reason\":\"{}\"}}", reason.as_str()).as_bytes());
    if !bare {
        out.extend_from_slice(b",\"@odata.id\":");
        json::write_string(out, &url());
    }
    let ty = core.model.structured(target.of);
    for (ordinal, value) in ty.key.iter().zip(key) {
        let property = &ty.properties[*ordinal];
        out.push(b',');
        json::write_string(out, &property.name);
        out.push(b':');
        let style = context.negotiated.style;
        json::write_value(out, &core.model, style, &property.ty, value);
    }
    out.push(b'}');
}
