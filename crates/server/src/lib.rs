//! HTTP around the service: a listener, bearer tokens, limits, request ids and the error object.
//!
//! A request passes, in this order: request ids → limits of the URL → what is open without a token
//! → service root → `Host` → bearer token → body → [`engine::exchange::Handler`].
//! Whatever refuses it on the way answers with the one Graph error object. Nothing here knows what
//! a script is.

mod answer;
pub mod auth;
pub mod authority;
mod body;
mod budget;
mod connection;
mod connections;
pub mod devices;
mod failure;
mod guesses;
mod limits;
mod listen;
pub mod open;
mod origin;
mod private_file;
mod proxies;
mod ready;
mod server_id;
mod stream;
pub mod target;
mod telemetry;
mod throttle;
pub mod tls;
mod traces;

pub use limits::Limits;
pub use listen::{BindError, Options, Server};
pub use origin::{NoOrigin, PublicOrigin};
pub use private_file::{FileError, keep_private, read_private};
pub use proxies::{NoNetwork, Proxies, ProxyHeaders, TrustedNetwork};
pub use server_id::{ServerIdError, server_id};
pub use telemetry::{MetricsError, MetricsListener};
pub use throttle::{Allowance, Throttle, WINDOW};
pub use traces::{Answered, Trace, Traces};
