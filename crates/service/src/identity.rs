//! Who may come: what the database knows of identities.

mod applications;
mod assertions;
mod registry;
mod revocations;
mod sign_ins;
mod signing_keys;
mod user_registry;
mod users;

use std::sync::Arc;

use engine::Core;
use odata::Error;
use store::Transaction;

pub use applications::Applications;
pub use registry::{NewApplication, Registry, RegistryError};
pub(crate) use revocations::tokens_from;
pub use revocations::{Revocations, revoke};
pub use sign_ins::SignIns;
pub use signing_keys::{NewSigningKey, Rotation, SigningKeyError, SigningKeys};
pub use user_registry::{NewUser, UserError, UserRegistry};

/// Ends all that was issued to a user, an application or a device until now: access tokens, and what
/// users would get others with.
///
/// # Errors
/// What the store says.
pub fn end(core: &Core, transaction: &mut dyn Transaction, principal: &str) -> Result<(), Error> {
    let users = users::Layout::of(&core.tables).map_err(Error::internal)?;
    if let Some(mut user) = users.of_id(core, transaction, principal)? {
        return users.update(core, transaction, &mut user, true);
    }
    let from = revoke(
        (&core.model, &core.tables),
        transaction,
        core.clock.now(),
        principal,
    )?;
    let applications = applications::Layout::of(&core.tables).map_err(Error::internal)?;
    applications.set_tokens_from(core, transaction, principal, from)
}

/// Removes what no token and no assertion outlives.
///
/// # Errors
/// What the store says; the next call goes on.
pub(crate) async fn clear(core: &Arc<Core>) -> Result<(), Error> {
    revocations::clear(core).await?;
    assertions::clear(core).await?;
    sign_ins::clear(core).await?;
    signing_keys::clear(core).await
}
