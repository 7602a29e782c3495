//! Who sent a request that came through a proxy. What a request says of that is looked at only if
//! the peer of its connection is a proxy that the server was told to trust: anyone can send such a
//! header.

mod forwarded;

use std::net::{IpAddr, SocketAddr};
use std::str::FromStr;

use http::{HeaderMap, HeaderName};
use ipnet::IpNet;

use crate::target::is_host_and_port;

/// The most proxies that a request is followed back through.
const MOST_HOPS: usize = 32;

/// Which headers the proxies write. The others are never looked at, since a proxy that does not
/// know them passes on what a client wrote there.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum ProxyHeaders {
    /// `X-Forwarded-For`, `X-Forwarded-Proto` and `X-Forwarded-Host`.
    #[default]
    XForwarded,
    /// `Forwarded` (RFC 7239).
    Forwarded,
}

/// The proxies whose word is taken; none by default.
#[derive(Clone, Debug, Default)]
pub struct Proxies {
    /// Their networks.
    pub trusted: Vec<TrustedNetwork>,
    /// Which headers they write.
    pub headers: ProxyHeaders,
}

/// A network of proxies, such as `10.0.0.0/8` or `fd00::/8`; an address alone is a network of one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TrustedNetwork(IpNet);

/// A text that is no network.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
#[error("write a network such as 10.0.0.0/8 or fd00::/8, or one address")]
pub struct NoNetwork;

impl FromStr for TrustedNetwork {
    type Err = NoNetwork;

    /// # Errors
    /// [`NoNetwork`].
    fn from_str(text: &str) -> Result<Self, NoNetwork> {
        let net = match text.parse::<IpAddr>() {
            Ok(address) => IpNet::from(address),
            Err(_) => text.parse::<IpNet>().map_err(|_| NoNetwork)?,
        };
        Ok(Self(net.trunc()))
    }
}

/// Where a request comes from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Source {
    /// The address of the client; of IPv4 as such, never mapped into IPv6.
    pub(crate) client: IpAddr,
    /// The scheme that the client used, where a proxy says so.
    pub(crate) scheme: Option<&'static str>,
    /// The host and perhaps the port that the client used, where a proxy says so.
    pub(crate) host: Option<String>,
}

/// One step of a request on its way here, as the proxy at its end tells it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
struct Hop {
    /// Who sent the request to the proxy, as it is written.
    sender: String,
    scheme: Option<String>,
    host: Option<String>,
}

impl Proxies {
    /// Whether an address, which is none of IPv4 in IPv6, is that of a proxy.
    pub(crate) fn trusts(&self, address: IpAddr) -> bool {
        self.trusted.iter().any(|net| net.0.contains(&address))
    }

    /// Where a request comes from that a peer sent with these headers: from the last on the way
    /// that is no trusted proxy. If what the proxies say cannot be read, from the peer.
    pub(crate) fn source(&self, peer: IpAddr, headers: &HeaderMap) -> Source {
        let peer = peer.to_canonical();
        let direct = Source {
            client: peer,
            scheme: None,
            host: None,
        };
        if !self.trusts(peer) {
            return direct;
        }
        let hops = match self.headers {
            ProxyHeaders::XForwarded => x_forwarded(headers),
            ProxyHeaders::Forwarded => forwarded::hops(headers),
        };
        let Some(hops) = hops else { return direct };
        let mut found = direct.clone();
        for hop in hops.into_iter().rev().take(MOST_HOPS) {
            let Some(sender) = node(&hop.sender) else {
                return direct;
            };
            found = Source {
                client: sender,
                scheme: hop.scheme.as_deref().and_then(scheme),
                host: hop.host.filter(|host| is_host_and_port(host)),
            };
            if !self.trusts(sender) {
                break;
            }
        }
        found
    }
}

fn scheme(text: &str) -> Option<&'static str> {
    ["http", "https"]
        .into_iter()
        .find(|known| text.eq_ignore_ascii_case(known))
}

/// The address of a node (RFC 7239, section 6): `192.0.2.1`, `192.0.2.1:80`, `[2001:db8::1]`,
/// `[2001:db8::1]:80`, and `2001:db8::1`, as it stands in `X-Forwarded-For`. One that hides its
/// address (`unknown`, `_name`) has none.
fn node(text: &str) -> Option<IpAddr> {
    if let Ok(address) = text.parse::<IpAddr>() {
        return Some(address.to_canonical());
    }
    if let Ok(address) = text.parse::<SocketAddr>() {
        return Some(address.ip().to_canonical());
    }
    let (host, port) = match text.strip_prefix('[') {
        Some(rest) => rest.split_once(']')?,
        None => text.rsplit_once(':')?,
    };
    // A port may be hidden, too.
    let port = port.strip_prefix(':').unwrap_or(port);
    let hidden = |port: &str| {
        let plain = |b: u8| b.is_ascii_alphanumeric() || b"._-".contains(&b);
        port.starts_with('_') && port.bytes().all(plain)
    };
    if !port.is_empty() && !hidden(port) {
        return None;
    }
    let address = host.parse::<IpAddr>().ok()?;
    (address.is_ipv6() == text.starts_with('[')).then(|| address.to_canonical())
}

/// The items of a header's lists, in their order; `None` if one is no text.
fn items<'h>(headers: &'h HeaderMap, name: &HeaderName) -> Option<Vec<&'h str>> {
    let mut items = Vec::new();
    for value in headers.get_all(name) {
        items.extend(value.to_str().ok()?.split(',').map(str::trim));
    }
    Some(items)
}

/// The way of a request as the `X-Forwarded-` headers tell it. Proxies append to the first; of the
/// others there is one, or as many as there are addresses, or else the nearest proxy's counts.
fn x_forwarded(headers: &HeaderMap) -> Option<Vec<Hop>> {
    let senders = items(headers, &HeaderName::from_static("x-forwarded-for"))?;
    let schemes = items(headers, &HeaderName::from_static("x-forwarded-proto"))?;
    let hosts = items(headers, &HeaderName::from_static("x-forwarded-host"))?;
    let of = |items: &[&str], at: usize| {
        let item = if items.len() == senders.len() {
            items.get(at)
        } else {
            items.last()
        };
        item.map(|text| (*text).to_owned())
    };
    let from = senders.len().saturating_sub(MOST_HOPS);
    let hop = |(at, sender): (usize, &&str)| Hop {
        sender: (*sender).to_owned(),
        scheme: of(&schemes, at),
        host: of(&hosts, at),
    };
    Some(senders.iter().enumerate().skip(from).map(hop).collect())
}

#[cfg(test)]
mod tests;
