//! The proxies before the server.

use clap::{Args, ValueEnum};
use server::{Proxies, ProxyHeaders, TrustedNetwork};

#[derive(Clone, Debug, Args)]
#[command(next_help_heading = "Proxies")]
pub(crate) struct ProxyArguments {
    /// A network of proxies, such as 10.0.0.0/8 or 192.0.2.1: what they say of a request's client,
    /// scheme and host is believed, and nobody else's word; repeatable
    #[arg(long = "trusted-proxy", value_name = "NETWORK")]
    trusted: Vec<TrustedNetwork>,
    /// Which headers the trusted proxies write; the others are not looked at
    #[arg(
        long = "proxy-headers",
        value_name = "KIND",
        value_enum,
        default_value_t
    )]
    headers: Kind,
}

#[derive(Clone, Copy, Debug, Default, ValueEnum)]
enum Kind {
    /// X-Forwarded-For, X-Forwarded-Proto and X-Forwarded-Host
    #[default]
    XForwarded,
    /// Forwarded (RFC 7239)
    Forwarded,
}

impl ProxyArguments {
    /// As the server takes them.
    pub(crate) fn proxies(&self) -> Proxies {
        Proxies {
            trusted: self.trusted.clone(),
            headers: match self.headers {
                Kind::XForwarded => ProxyHeaders::XForwarded,
                Kind::Forwarded => ProxyHeaders::Forwarded,
            },
        }
    }
}
