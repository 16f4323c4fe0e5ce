//! Questions to name servers: proofs of domains, and the addresses of providers where the
//! operator names a server of their own.
//!
//! Owns: which server is asked, deadline and retries.
//! Must not know: what an answer proves.

use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use futures::FutureExt;
use hickory_resolver::TokioResolver;
use hickory_resolver::config::{ConnectionConfig, NameServerConfig, ResolveHosts, ResolverConfig};
use hickory_resolver::net::runtime::TokioRuntimeProvider;
use hickory_resolver::proto::rr::RData;

use super::resolve::Lookup;

const DEADLINE: Duration = Duration::from_secs(3);
/// No domain needs more than a few.
const MAX_TEXTS: usize = 50;

/// No name server gave an answer.
#[derive(Debug, thiserror::Error)]
#[error("the name server does not answer: {0}")]
pub struct NamesFault(String);

/// Whom to ask.
#[derive(Clone)]
pub struct Names {
    resolver: Result<TokioResolver, String>,
}

impl Names {
    /// One server, which is asked for everything.
    pub fn at(server: SocketAddr) -> Self {
        let mut config = ResolverConfig::from_name_servers(Vec::new());
        let mut connections = [ConnectionConfig::udp(), ConnectionConfig::tcp()];
        for connection in &mut connections {
            connection.port = server.port();
        }
        config.add_name_server(NameServerConfig::new(server.ip(), true, connections.into()));
        let builder = TokioResolver::builder_with_config(config, TokioRuntimeProvider::default());
        Self::built(builder)
    }

    /// The machine's own.
    pub fn of_machine() -> Self {
        match TokioResolver::builder_tokio() {
            Ok(builder) => Self::built(builder),
            Err(error) => Self {
                resolver: Err(error.to_string()),
            },
        }
    }

    fn built(mut builder: hickory_resolver::ResolverBuilder<TokioRuntimeProvider>) -> Self {
        let options = builder.options_mut();
        options.timeout = DEADLINE;
        options.attempts = 2;
        // Whoever has just changed a record wants to see it.
        options.cache_size = 0;
        options.use_hosts_file = ResolveHosts::Never;
        Self {
            resolver: builder.build().map_err(|error| error.to_string()),
        }
    }

    /// The texts at a name; none where there is no such name.
    ///
    /// # Errors
    /// [`NamesFault`] where no server answers.
    pub async fn texts(&self, name: &str) -> Result<Vec<String>, NamesFault> {
        let resolver = self.resolver.as_ref().map_err(|e| NamesFault(e.clone()))?;
        // With a dot at its end it is not completed by the machine's own domain.
        let found = match resolver.txt_lookup(format!("{name}.")).await {
            Ok(found) => found,
            Err(error) if error.is_no_records_found() => return Ok(Vec::new()),
            Err(error) => return Err(NamesFault(error.to_string())),
        };
        let records = found
            .answers()
            .iter()
            .filter_map(|record| match &record.data {
                RData::TXT(text) => Some(text.txt_data.concat()),
                _ => None,
            });
        Ok(records
            .map(|bytes| String::from_utf8_lossy(&bytes).into_owned())
            .take(MAX_TEXTS)
            .collect())
    }

    /// Asked for the addresses of a name; ports are 0.
    pub(super) fn lookup(self) -> Lookup {
        let asked = Arc::new(self);
        Arc::new(move |name| {
            let asked = Arc::clone(&asked);
            async move { asked.addresses(&name).await }.boxed()
        })
    }

    async fn addresses(&self, name: &str) -> io::Result<Vec<SocketAddr>> {
        let resolver = self.resolver.as_ref();
        let resolver = resolver.map_err(|error| io::Error::other(error.clone()))?;
        let dotted = format!("{}.", name.trim_end_matches('.'));
        let found = resolver.lookup_ip(dotted).await.map_err(io::Error::other)?;
        Ok(found.iter().map(|ip| SocketAddr::new(ip, 0)).collect())
    }
}
