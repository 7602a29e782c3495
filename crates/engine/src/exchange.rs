//! A request and its answer as the engine sees them: HTTP's words without a connection.

pub mod devices;
mod directory;
mod signing_keys;
pub mod users;

use std::future::Future;
use std::net::IpAddr;
use std::pin::Pin;
use std::sync::Arc;

use bytes::Bytes;
use futures_util::Stream;
use http::{HeaderMap, Method};
use odata::Error;
use uuid::Uuid;

use crate::access::Caller;
use crate::route::Route;

pub use directory::{Application, Credential, Directory, Known, Proof};
pub use signing_keys::{KeptSecret, LONGEST_SERVED, OwnAuthority, SigningKeyRow, SigningKeys};

/// A request to the service, authenticated.
#[derive(Clone, Debug)]
pub struct Request {
    /// The method, as the client sent it: perhaps one that no resource knows. HEAD comes as GET.
    pub method: Method,
    /// The absolute URL of the service root the client used, without a trailing slash:
    /// `http://host:8080/beta`. Links in answers begin with it.
    pub service_root: String,
    /// The path behind the service root, still percent-encoded, without a leading slash.
    pub path: String,
    /// The query part behind `?`, still percent-encoded.
    pub query: Option<String>,
    /// The headers.
    pub headers: HeaderMap,
    /// The whole body.
    pub body: Bytes,
    /// Who sent it, as its token says.
    pub caller: Arc<Caller>,
    /// The address that it came from: that of the connection, or what a trusted proxy says of it;
    /// none where there is no network between.
    pub client: Option<IpAddr>,
    /// What its traces are found by: [`RequestIds::correlation`](crate::RequestIds::correlation).
    pub correlation: Uuid,
    /// Where it led, as soon as that is known.
    pub route: Route,
}

/// The answer of the service.
#[derive(Clone, Debug)]
pub struct Response {
    /// The HTTP status.
    pub status: u16,
    /// The headers that follow from the answer: `Content-Type`, `Location`, `OData-Version`, ….
    pub headers: HeaderMap,
    /// The body; empty for 204.
    pub body: Bytes,
}

/// A file that is fetched by a URL of its own, which no token guards.
pub struct Download {
    /// What to call it.
    pub file_name: String,
    /// Its media type.
    pub media_type: &'static str,
    /// Its size in bytes.
    pub length: u64,
    /// Its content. An error breaks the answer off.
    pub pieces: Pin<Box<dyn Stream<Item = Result<Bytes, Error>> + Send>>,
}

/// Files that whoever has their URL may fetch.
pub trait Downloads: Send + Sync + 'static {
    /// The file of a name, if there is one and this is its secret. How long the answer takes does
    /// not tell how much of a secret is right.
    fn open(
        &self,
        name: String,
        secret: String,
    ) -> Pin<Box<dyn Future<Output = Result<Option<Download>, Error>> + Send + '_>>;
}

/// That tokens of a subject or an application hold no more.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Revocation {
    /// When it was said, in ticks (100 ns since 0001-01-01 in UTC).
    pub revoked_at: i64,
    /// The same in whole seconds since 1970: what was issued in that second or before does not hold.
    pub revoked_at_second: u64,
    /// The id of the subject or the application.
    pub principal: String,
}

/// What was revoked, at whichever server of a database.
pub trait Revocations: Send + Sync + 'static {
    /// Revocations behind this place, given by its time and principal, in ascending order: some, and
    /// then as many calls more as bring any.
    ///
    /// # Errors
    /// What the database says.
    fn after(&self, revoked_at: i64, principal: String) -> Revoked<'_>;
}

/// Revocations that are being read.
pub type Revoked<'a> = Pin<Box<dyn Future<Output = Result<Vec<Revocation>, Error>> + Send + 'a>>;

/// What a request does, as far as throttling is concerned.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Effect {
    /// It reads.
    Reads,
    /// It may change something.
    Writes,
}

impl Effect {
    /// What a request of this method for this path does; none for a batch, whose parts count.
    #[must_use]
    pub fn of(method: &Method, path: &str) -> Option<Self> {
        let last = path.trim_end_matches('/').rsplit('/').next().unwrap_or("");
        let reads = [Method::GET, Method::HEAD, Method::OPTIONS].contains(method);
        match last {
            _ if reads => Some(Self::Reads),
            "$batch" if *method == Method::POST => None,
            "$query" if *method == Method::POST => Some(Self::Reads),
            _ => Some(Self::Writes),
        }
    }
}

/// What counts the requests of callers, and refuses those for which there is no room. Requests are
/// counted before they get here; the engine counts the parts of a batch.
pub trait Throttle: Send + Sync + 'static {
    /// Counts a request.
    ///
    /// # Errors
    /// 429, if the caller or all together have sent too many; then it is not counted.
    fn count(&self, caller: &Caller, effect: Effect) -> Result<(), Error>;
}

/// An answer that is being made.
pub type Answering<'a> = Pin<Box<dyn Future<Output = Result<Response, Error>> + Send + 'a>>;

/// A question whether requests can be served.
pub type Probing<'a> = Pin<Box<dyn Future<Output = Result<(), Error>> + Send + 'a>>;

/// What answers requests: the engine, as the server sees it.
pub trait Handler: Send + Sync + 'static {
    /// The files that are fetched by URLs of their own; none by default.
    fn downloads(&self) -> Option<&dyn Downloads> {
        None
    }

    /// Who can sign in here; nobody, by default.
    fn directory(&self) -> Option<&dyn Directory> {
        None
    }

    /// Who signs in by a browser; nobody, by default.
    fn users(&self) -> Option<&dyn users::Users> {
        None
    }

    /// What was revoked; nothing can be, by default.
    fn revocations(&self) -> Option<&dyn Revocations> {
        None
    }

    /// Who knows the devices that enrol by themselves; nobody by default.
    fn devices(&self) -> Option<&dyn devices::Devices> {
        None
    }

    /// Whether requests can be served now, writes included.
    ///
    /// # Errors
    /// What stands in the way.
    fn ready(&self) -> Probing<'_>;

    /// Answers a request, or says why not.
    fn handle(&self, request: Request) -> Answering<'_>;
}
