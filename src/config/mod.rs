//! Configuration: `laneway.toml`, overlaid by `LANEWAY_*`, overlaid by `LANEWAY_*_FILE`.
//!
//! Owns every key, its default and its bounds, and reports all faults of a source at once.
//! Must not know the database, HTTP or an adapter: what it hands out is plain data, and the
//! process environment comes in through [`Sources`].

mod app;
mod bounds;
mod database;
mod fault;
mod keys;
mod log;
mod mail;
pub mod master_key;
mod passwords;
mod section;
mod server;
mod sources;
mod tenant;
mod tls;
mod traces;
mod upstream;
mod values;

#[cfg(test)]
mod tests;

pub use app::{App, Exchange, Frontend, HeaderSet, Route, RouteToken};
pub use bounds::{Devices, Federation, Flow, Limits, Outbound, Revocation, Sessions};
pub use database::Database;
pub use fault::{Fault, report_json, report_text};
pub use log::{Log, LogFormat};
pub use mail::{Mail, MailFrom, Relay, Tls};
pub use master_key::{MasterKeyError, MasterKeys};
pub use passwords::Passwords;
pub use server::Server;
pub use sources::Sources;
pub use tenant::Tenant;
pub use tls::Certificate;
pub use traces::Traces;
pub use upstream::{Upstream, UpstreamKind};

use fault::Faults;
use section::Section;

/// A configuration in which every value has been checked.
#[derive(Debug, Clone)]
pub struct Config {
    /// Addresses, public URL, trusted proxies.
    pub server: Server,
    /// What the public listener shows; none: plain HTTP.
    pub certificates: Vec<Certificate>,
    /// Where rows live.
    pub database: Database,
    /// Keys that seal secrets at rest.
    pub master_keys: MasterKeys,
    /// How mail leaves.
    pub mail: Mail,
    /// The identity provider named by the operator; none means embedded.
    pub upstream: Option<Upstream>,
    /// Which passwords nobody may choose.
    pub passwords: Passwords,
    /// What is logged and how.
    pub log: Log,
    /// Whether and where traces go.
    pub traces: Traces,
    /// The default tenant.
    pub tenant: Tenant,
    /// App hosts with frontend and routes, in the order of the file.
    pub apps: Vec<App>,
    /// Lifetimes of sessions.
    pub sessions: Sessions,
    /// How fast an ended session is refused everywhere.
    pub revocation: Revocation,
    /// Lifetimes and tries of login flows.
    pub flow: Flow,
    /// How long devices are recognised.
    pub devices: Devices,
    /// Rate limits.
    pub limits: Limits,
    /// Bounds of outgoing calls.
    pub outbound: Outbound,
    /// Rules for addresses that tenants name.
    pub federation: Federation,
}

impl Config {
    /// Does any route attach the provider's tokens?
    pub fn attaches_upstream_tokens(&self) -> bool {
        let mut routes = self.apps.iter().flat_map(|app| &app.routes);
        routes.any(|route| route.token == RouteToken::Upstream)
    }

    /// Reads and checks everything.
    ///
    /// # Errors
    /// All faults that were found, never only the first; secrets are not in their texts.
    pub fn load(sources: &Sources) -> Result<Self, Vec<Fault>> {
        let faults = Faults::default();
        let mut root = Section::root(sources.merge(&faults), &faults);
        let server = server::read(&mut root);
        let database = database::read(&mut root);
        let config = Self {
            master_keys: master_key::read(&mut root, &database),
            mail: mail::read(&mut root, &server),
            upstream: upstream::read(&mut root),
            passwords: passwords::read(&mut root),
            log: log::read(&mut root),
            traces: traces::read(&mut root),
            tenant: tenant::read(&mut root),
            apps: app::read(&mut root, &server),
            certificates: tls::read(&mut root, &server),
            sessions: bounds::sessions(&mut root),
            revocation: bounds::revocation(&mut root),
            flow: bounds::flow(&mut root),
            devices: bounds::devices(&mut root),
            limits: bounds::limits(&mut root),
            outbound: bounds::outbound(&mut root),
            federation: bounds::federation(&mut root),
            server,
            database,
        };
        root.finish();
        let found = faults.into_sorted();
        if found.is_empty() {
            Ok(config)
        } else {
            Err(found)
        }
    }
}
