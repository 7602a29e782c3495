//! How a device gets its identity, and shows it: OAuth's words without a connection.

use std::future::Future;
use std::net::IpAddr;
use std::pin::Pin;

use odata::Error;
use uuid::Uuid;

/// A device that enrols, as it says so.
#[derive(Clone, Debug)]
pub struct Enrolment {
    /// The enrolment token, as it came in the header `Authorization`.
    pub token: String,
    /// The request: a JWT that the device signed with the key that it carries.
    pub request: String,
    /// The tenant that was asked.
    pub tenant: String,
    /// Where it came from.
    pub sent: Sent,
}

/// Where a device's request came from.
#[derive(Clone, Copy, Debug)]
pub struct Sent {
    /// The client's address.
    pub client: Option<IpAddr>,
    /// What everything that the request does is found by.
    pub correlation: Uuid,
}

/// What became of a device that enrolled.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Enrolled {
    /// The id of its `managedDevice`.
    pub device_id: String,
    /// Whether an administrator must approve it before it gets tokens.
    pub approval_pending: bool,
}

/// A device that showed that it is itself.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Asserted {
    /// The id of its `managedDevice`.
    pub device_id: String,
    /// Its token says that it was issued in this second since 1970 at the earliest: what was issued
    /// before is revoked.
    pub tokens_from: u64,
}

/// Why a device is refused, in the words of RFC 6749, section 5.2.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refusal {
    /// The `error`: `invalid_client`, `authorization_pending`, ….
    pub error: &'static str,
    /// The `error_description`, for a person.
    pub description: String,
}

/// Why a device gets no identity, or no token.
#[derive(Clone, Debug)]
pub enum DeviceError {
    /// It is refused.
    Refused(Refusal),
    /// The service cannot tell.
    Failed(Error),
}

impl DeviceError {
    /// A refusal.
    #[must_use]
    pub fn refused(error: &'static str, description: impl Into<String>) -> Self {
        Self::Refused(Refusal {
            error,
            description: description.into(),
        })
    }
}

impl From<Error> for DeviceError {
    fn from(error: Error) -> Self {
        Self::Failed(error)
    }
}

impl From<Refusal> for DeviceError {
    fn from(refusal: Refusal) -> Self {
        Self::Refused(refusal)
    }
}

/// An answer about a device that is being made.
pub type Deciding<'a, T> = Pin<Box<dyn Future<Output = Result<T, DeviceError>> + Send + 'a>>;

/// The type of a device's assertion (the `typ` of its header), which no application's has.
pub const ASSERTION_TYPE: &str = "device-assertion+jwt";

/// Who knows the devices and their keys.
pub trait Devices: Send + Sync + 'static {
    /// The permissions that a device's tokens have.
    fn permissions(&self) -> &[String];

    /// Enrols a device.
    fn enrol(&self, enrolment: Enrolment) -> Deciding<'_, Enrolled>;

    /// The device whose assertion this is (RFC 7523, section 2.2), which may get a token now. The
    /// same assertion is taken once.
    fn assert(&self, assertion: String, tenant: String, sent: Sent) -> Deciding<'_, Asserted>;
}
