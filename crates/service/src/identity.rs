//! Who may come: what the database knows of identities.

mod applications;
mod assertions;
mod registry;
mod revocations;
mod signing_keys;

use std::sync::Arc;

use engine::Core;
use odata::Error;

pub use applications::Applications;
pub use registry::{NewApplication, Registry, RegistryError};
pub(crate) use revocations::tokens_from;
pub use revocations::{Revocations, revoke};
pub use signing_keys::{NewSigningKey, Rotation, SigningKeyError, SigningKeys};

/// Removes what no token and no assertion outlives.
///
/// # Errors
/// What the store says; the next call goes on.
pub(crate) async fn clear(core: &Arc<Core>) -> Result<(), Error> {
    revocations::clear(core).await?;
    assertions::clear(core).await?;
    signing_keys::clear(core).await
}
