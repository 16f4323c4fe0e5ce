//! Where we listen, under which address people know us, and whose forwarding headers count.

use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::time::Duration;

use ipnet::IpNet;
use url::Url;

use super::section::Section;
use super::values;
use crate::domain::tenant::is_loopback_name;

/// Addresses of this process.
#[derive(Debug, Clone)]
pub struct Server {
    /// The public listener.
    pub listen: SocketAddr,
    /// The listener for probes and metrics.
    pub ops_listen: SocketAddr,
    /// The default tenant's login host as an origin: issuer, links in mails, RP ID.
    pub public_url: Url,
    /// Peers whose forwarding headers are believed.
    pub trusted_proxies: Vec<IpNet>,
    /// How long an unused connection is kept for a further request.
    pub keep_alive: Duration,
    /// How long it goes on as ever after it has said that it stops.
    pub stop_delay: Duration,
}

impl Server {
    /// Whether people reach us only from this machine.
    pub fn is_loopback(&self) -> bool {
        self.public_url.host_str().is_some_and(is_loopback_name)
    }

    /// Is an address that of a listed proxy?
    pub fn trusts(&self, address: IpAddr) -> bool {
        let address = address.to_canonical();
        self.trusted_proxies
            .iter()
            .any(|net| net.contains(&address))
    }
}

pub(super) fn read(root: &mut Section<'_>) -> Server {
    let listen = listener(root, "listen", 8080);
    let ops_listen = listener(root, "ops_listen", 9090);
    if listen == ops_listen && listen.port() != 0 {
        root.fault(
            "ops_listen",
            ops_listen.to_string(),
            "choose another port than that of listen",
        );
    }
    Server {
        listen,
        ops_listen,
        public_url: public_url(root),
        trusted_proxies: root.list("trusted_proxies", network),
        // Longer than nginx keeps connections to us (60 s): who closes first must be the
        // side that sends, or its next request meets a closed door.
        keep_alive: root.duration(
            "keep_alive",
            Duration::from_secs(90),
            Duration::from_secs(1)..=Duration::from_secs(3_600),
        ),
        stop_delay: root.duration(
            "stop_delay",
            Duration::from_millis(100),
            Duration::from_millis(1)..=Duration::from_secs(60),
        ),
    }
}

fn listener(root: &mut Section<'_>, name: &'static str, port: u16) -> SocketAddr {
    root.parsed(name, |text| {
        text.parse()
            .map_err(|_| format!("write IP address and port, like 127.0.0.1:{port}"))
    })
    .unwrap_or_else(|| SocketAddr::from((Ipv4Addr::LOCALHOST, port)))
}

fn public_url(root: &mut Section<'_>) -> Url {
    if !root.has("public_url") {
        root.missing(
            "public_url",
            "set it (or LANEWAY_PUBLIC_URL) to the address people open, like https://login.example",
        );
    }
    root.parsed("public_url", values::origin)
        .unwrap_or_else(placeholder)
}

/// Stands in for a faulty address until the faults are reported; such a configuration is
/// never handed out. A loopback name keeps cross checks quiet.
fn placeholder() -> Url {
    #[expect(clippy::unwrap_used, reason = "a constant that parses")]
    Url::parse("http://localhost").unwrap()
}

/// A network or single address. `/0` would let every client forge its address.
fn network(text: &str) -> Result<IpNet, String> {
    let single = || text.parse::<IpAddr>().ok().map(IpNet::from);
    let parsed = text.parse::<IpNet>().ok().or_else(single);
    match parsed {
        Some(net) if net.prefix_len() > 0 => Ok(net.trunc()),
        Some(_) => Err("name the proxies; /0 would trust every client".to_owned()),
        None => Err("write networks or addresses, like 10.0.0.0/8 or ::1".to_owned()),
    }
}
