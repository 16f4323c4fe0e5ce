//! Name resolution that hands out checked addresses only. The connection goes to exactly
//! these, so a name cannot change its mind between check and use.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::sync::Arc;
use std::{fmt, io};

use futures::FutureExt;
use futures::future::BoxFuture;
use reqwest::dns::{Addrs, Name, Resolve, Resolving};

use super::ip;

/// Which addresses may be called.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Reach {
    /// The public internet.
    Public,
    /// Private networks and this machine too.
    Private,
}

impl Reach {
    /// Judges one address.
    pub(super) fn allows(self, address: IpAddr) -> bool {
        match self {
            Self::Public => ip::is_public(address),
            Self::Private => ip::is_public_or_private(address),
        }
    }
}

/// A name led to an address that may not be called.
#[derive(Debug)]
pub(super) struct Refused;

impl fmt::Display for Refused {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the name leads to an address that may not be called")
    }
}

impl std::error::Error for Refused {}

/// Asks for the addresses of a name; ports are 0.
pub(super) type Lookup =
    Arc<dyn Fn(String) -> BoxFuture<'static, io::Result<Vec<SocketAddr>>> + Send + Sync>;

/// The machine's own resolver.
pub(super) fn system_lookup() -> Lookup {
    Arc::new(|name| async move { Ok(tokio::net::lookup_host((name, 0)).await?.collect()) }.boxed())
}

/// The resolver of one client.
#[derive(Clone)]
pub(super) struct GuardedResolver {
    /// What it lets through.
    pub(super) reach: Reach,
    /// Whom it asks.
    pub(super) lookup: Lookup,
}

impl Resolve for GuardedResolver {
    fn resolve(&self, name: Name) -> Resolving {
        let reach = self.reach;
        // Loopback names never leave the machine (RFC 6761 §6.3), whatever a resolver says.
        let found = if is_loopback(name.as_str()) {
            std::future::ready(Ok(loopback())).boxed()
        } else {
            (self.lookup)(name.as_str().to_owned())
        };
        Box::pin(async move {
            let found = found.await?;
            // One bad address refuses the name: a mixed answer is how rebinding looks.
            if !found.iter().all(|address| reach.allows(address.ip())) {
                return Err(Refused.into());
            }
            Ok(Box::new(found.into_iter()) as Addrs)
        })
    }
}

fn is_loopback(name: &str) -> bool {
    let plain = name.trim_end_matches('.').to_ascii_lowercase();
    plain == "localhost" || plain.ends_with(".localhost")
}

fn loopback() -> Vec<SocketAddr> {
    let both = [
        IpAddr::from(Ipv4Addr::LOCALHOST),
        IpAddr::from(Ipv6Addr::LOCALHOST),
    ];
    both.map(|address| SocketAddr::new(address, 0)).to_vec()
}
