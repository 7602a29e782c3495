//! What is not served to callers whose permissions do not reach everything.

use odata::path::{Resource, Segment};
use odata::{Error, ErrorCode};

use crate::access::{Caller, Reach};
use crate::core::Core;
use crate::delta::Tracking;

/// Checks that a request is one that can be confined to what the caller reaches.
///
/// # Errors
/// 403 for change tracking by devices, and for operations that the service does not confine. To whom
/// else changes are told, the confined store says: a log tells of rows that are gone, whosever they
/// were.
pub(crate) fn check(
    core: &Core,
    caller: &Caller,
    resource: &Resource,
    tracking: &Tracking,
) -> Result<(), Error> {
    if caller.reach == Reach::Everything {
        return Ok(());
    }
    let refuse = |message: &str| Err(Error::new(ErrorCode::Forbidden, message));
    if tracking.is_asked_for() && matches!(caller.reach, Reach::Device(_)) {
        return refuse("Changes are not tracked for devices.");
    }
    let Resource::Path(path) = resource else {
        return Ok(());
    };
    for segment in &path.segments {
        if let Segment::Operation { id, .. } = segment
            && !core.service.confines(&core.model, *id, &caller.reach)
        {
            let name = &core.model.operation(*id).name;
            return refuse(&format!(
                "'{name}' is not served to tokens whose permissions do not reach everything."
            ));
        }
    }
    Ok(())
}
