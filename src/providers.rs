//! Upstreams of tenants as live adapters.
//!
//! Owns: kind → adapter (with `builtin.rs` and `setup.rs` the only place that names adapter crates), and the one way to call
//! an adapter: deadline, bulkhead, metrics, errors as problems.
//! Must not know: flows, sessions, HTTP routes.

mod bearer;
mod brokered;
mod builtin;
mod customers;
mod setup;
mod telling;
mod trouble;

use std::collections::{HashMap, HashSet};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use laneway_contract::{
    Acr, Clock, Env, HttpClient, HttpError, MethodKind, Mode, Provider, ProviderError, Random,
};
use laneway_sqlkit::{Db, MigrationSet};
use moka::future::Cache;
use secrecy::{SecretSlice, SecretString};
use tokio::sync::Semaphore;
use url::Url;

use crate::domain::bearer::Accepted;
use crate::domain::tenant::Tenant;
use crate::domain::upstream::{Role, Trust, Upstream};
use crate::domain::{Code, ConnectionId, Problem, TenantId, UpstreamId};
use crate::sessions::InvalidationLog;
use crate::store::invalidations::Scope;
use crate::store::seal::{Place, Sealer};
use crate::store::upstreams;

pub use builtin::{
    BreachedPasswords, Vendor, accepted, embedded_methods, preset_names, read_breached, read_hash,
    vendor,
};
pub use customers::{Attached, connection_secret_place, switched_off};
pub use setup::{BootstrapKeycloak, RealmAdmin, RealmPart, bootstrap_keycloak, plan_keycloak};
pub use telling::Prepared;
pub use trouble::problem;
use trouble::unavailable;

/// The kind that needs nothing else installed.
pub const EMBEDDED: &str = "embedded";

/// No call to an upstream may take longer in all, unless it says so.
const DEADLINE: Duration = Duration::from_secs(10);
/// A slow upstream may hold so many calls of this node and no more.
const BULKHEAD: usize = 64;

/// Builds an adapter of a kind that this crate does not know.
pub type Factory =
    Arc<dyn Fn(&Upstream, Option<SecretString>, Env) -> Arc<dyn Provider> + Send + Sync>;

/// An upstream with its adapter.
pub struct Configured {
    /// The row.
    pub row: Upstream,
    provider: Result<Arc<dyn Provider>, String>,
    slots: Semaphore,
    accepted: Result<Option<Accepted>, String>,
    /// Set for a customer's own provider.
    pub attached: Option<Attached>,
}

/// One way to sign in, as offered by a tenant.
#[derive(Clone)]
pub struct Offer {
    /// By whom.
    pub upstream: Arc<Configured>,
    /// Which.
    pub kind: MethodKind,
    /// How.
    pub mode: Mode,
}

/// What every adapter is built with.
pub struct Parts {
    /// Store.
    pub db: Db,
    /// Seals.
    pub sealer: Sealer,
    /// Fingerprint codes that people keep; the first makes, all judge.
    pub code_keys: Vec<SecretSlice<u8>>,
    /// Wall clock.
    pub clock: Arc<dyn Clock>,
    /// Randomness.
    pub random: Arc<dyn Random>,
    /// Guarded client for operators' upstreams.
    pub http_operator: Arc<dyn HttpClient>,
    /// Guarded client for tenants' upstreams.
    pub http_tenant: Arc<dyn HttpClient>,
    /// Can mail be sent?
    pub mail: bool,
    /// Life of a code in seconds, wrong tries, seconds between two codes.
    pub codes: (u32, u32, u32),
    /// Leaked passwords that nobody may choose.
    pub breached: Option<Arc<BreachedPasswords>>,
    /// Adapters from outside this repository, and of tests.
    pub factories: HashMap<String, Factory>,
}

/// All adapters of this node, built on demand.
pub struct Providers {
    parts: Parts,
    log: Arc<InvalidationLog>,
    rows: Cache<TenantId, Arc<Vec<Arc<Configured>>>>,
    /// By connection, its revision, and the version of the upstream in between.
    customers: Cache<(ConnectionId, i64, i64), Arc<Configured>>,
    troubled: Mutex<HashSet<(TenantId, UpstreamId)>>,
    answers: bearer::Answers,
}

/// Migrations of adapters that keep tables.
pub fn migrations() -> Vec<MigrationSet> {
    vec![laneway_embedded::migrations()]
}

impl Providers {
    /// Nothing is called until somebody signs in.
    pub fn new(parts: Parts, log: &Arc<InvalidationLog>) -> Self {
        let rows: Cache<TenantId, Arc<Vec<Arc<Configured>>>> = Cache::builder()
            .max_capacity(10_000)
            .time_to_live(Duration::from_secs(300))
            .build();
        let cache = rows.clone();
        log.subscribe(move |changes| {
            if changes
                .iter()
                .any(|row| matches!(row.scope, Scope::Upstream | Scope::Tenant))
            {
                cache.invalidate_all();
            }
        });
        Self {
            parts,
            log: Arc::clone(log),
            rows,
            customers: Cache::builder()
                .max_capacity(10_000)
                .time_to_idle(Duration::from_secs(3600))
                .build(),
            troubled: Mutex::default(),
            answers: bearer::answers(),
        }
    }

    /// Is there an adapter of this kind that can be set up by hand?
    pub fn knows(&self, kind: &str) -> bool {
        matches!(kind, "keycloak" | "oidc") || self.parts.factories.contains_key(kind)
    }

    /// All upstreams of a tenant.
    ///
    /// # Errors
    /// `store_unavailable`.
    pub async fn of_tenant(&self, tenant: &Tenant) -> Result<Arc<Vec<Arc<Configured>>>, Problem> {
        if !self.log.is_fresh() {
            self.rows.invalidate(&tenant.id).await;
        }
        let epoch = self.log.epoch();
        let found = self
            .rows
            .try_get_with(tenant.id.clone(), async {
                let rows = upstreams::list(&self.parts.db, &tenant.id).await?;
                let all: Vec<Arc<Configured>> = rows
                    .into_iter()
                    .map(|row| Arc::new(self.build(tenant, row)))
                    .collect();
                Ok::<_, Problem>(Arc::new(all))
            })
            .await
            .map_err(|problem| (*problem).clone())?;
        if self.log.epoch() != epoch {
            self.rows.invalidate(&tenant.id).await;
        }
        Ok(found)
    }

    /// One upstream of a tenant, or a live connection, by id.
    ///
    /// # Errors
    /// `not_found`, `store_unavailable`; `denied` for a connection that is switched off.
    pub async fn get(&self, tenant: &Tenant, id: &UpstreamId) -> Result<Arc<Configured>, Problem> {
        let all = self.of_tenant(tenant).await?;
        match all.iter().find(|c| c.row.id == *id) {
            Some(found) => Ok(Arc::clone(found)),
            None => self.customer(tenant, id.as_str()).await,
        }
    }

    /// One upstream of a tenant, or a live connection, by slug or id.
    ///
    /// # Errors
    /// As [`Providers::get`].
    pub async fn by_slug(&self, tenant: &Tenant, slug: &str) -> Result<Arc<Configured>, Problem> {
        let all = self.of_tenant(tenant).await?;
        match all.iter().find(|c| c.row.is_called(slug)) {
            Some(found) => Ok(Arc::clone(found)),
            None => self.customer(tenant, slug).await,
        }
    }

    /// The upstream that everybody signs in at.
    ///
    /// # Errors
    /// `not_supported_by_upstream` where none is active, `store_unavailable`.
    pub async fn primary(&self, tenant: &Tenant) -> Result<Arc<Configured>, Problem> {
        let all = self.of_tenant(tenant).await?;
        all.iter()
            .find(|c| c.row.role == Role::Primary)
            .cloned()
            .ok_or_else(|| {
                Problem::new(
                    Code::NotSupportedByUpstream,
                    "No identity provider is active here.",
                )
            })
    }

    /// What the login page offers: the primary's methods, the companion's where the primary has
    /// none of that kind, and what the tenant itself has attached.
    ///
    /// # Errors
    /// As [`Providers::primary`].
    pub async fn offers(&self, tenant: &Tenant) -> Result<Vec<Offer>, Problem> {
        let all = self.of_tenant(tenant).await?;
        let mut offers: Vec<Offer> = Vec::new();
        for role in [Role::Primary, Role::Companion] {
            for upstream in all.iter().filter(|c| c.row.role == role) {
                let Ok(provider) = &upstream.provider else {
                    continue;
                };
                for method in provider.methods() {
                    let known = offers.iter().any(|offer| offer.kind == method.kind);
                    let mailless = method.kind == MethodKind::EmailCode && !self.parts.mail;
                    // A password belongs to whoever people sign in at; a second one for the
                    // same account would be a second way past that provider's rules.
                    let foreign = role == Role::Companion && method.kind == MethodKind::Password;
                    if method.mode == Mode::Absent || known || mailless || foreign {
                        continue;
                    }
                    let facade = role == Role::Companion && method.mode == Mode::Headless;
                    let mode = if facade { Mode::Facade } else { method.mode };
                    offers.push(Offer {
                        upstream: Arc::clone(upstream),
                        kind: method.kind,
                        mode,
                    });
                }
            }
        }
        self.with_social(tenant, offers).await
    }

    /// Calls an adapter: with a deadline, inside its bulkhead, measured.
    ///
    /// # Errors
    /// [`ProviderError`] as a problem; a full bulkhead and the deadline are `upstream_unavailable`.
    pub async fn call<T>(
        &self,
        upstream: &Configured,
        operation: &'static str,
        work: impl Future<Output = Result<T, ProviderError>>,
    ) -> Result<T, Problem> {
        self.call_within(DEADLINE, upstream, operation, work).await
    }

    /// The same with a deadline of its own.
    ///
    /// # Errors
    /// As [`Providers::call`].
    pub async fn call_within<T>(
        &self,
        deadline: Duration,
        upstream: &Configured,
        operation: &'static str,
        work: impl Future<Output = Result<T, ProviderError>>,
    ) -> Result<T, Problem> {
        let slug = upstream.row.slug.clone();
        let Ok(_slot) = upstream.slots.try_acquire() else {
            count(&slug, operation, "busy");
            return Err(unavailable("too many calls are waiting for it"));
        };
        let started = self.parts.clock.now_ms();
        let outcome = match tokio::time::timeout(deadline, work).await {
            Ok(outcome) => outcome,
            Err(_) => Err(ProviderError::Unreachable("no answer in time".into())),
        };
        #[expect(clippy::cast_precision_loss, reason = "milliseconds of one call")]
        let seconds = (self.parts.clock.now_ms() - started) as f64 / 1000.0;
        metrics::histogram!("laneway_upstream_seconds", "upstream" => slug.clone()).record(seconds);
        count(
            &slug,
            operation,
            if outcome.is_ok() { "ok" } else { "error" },
        );
        if let Err(error) = &outcome {
            self.note_trouble(upstream, error);
        }
        outcome.map_err(|error| problem(&error))
    }

    /// What went wrong on the provider's side makes it worth a look.
    fn note_trouble(&self, upstream: &Configured, error: &ProviderError) {
        let theirs = matches!(
            error,
            ProviderError::Unreachable(_)
                | ProviderError::Misconfigured(_)
                | ProviderError::InvalidResponse(_)
        );
        if theirs && let Ok(mut troubled) = self.troubled.lock() {
            troubled.insert((upstream.row.tenant.clone(), upstream.row.id.clone()));
        }
    }

    /// Upstreams that a call went wrong with since the last time this was asked.
    pub fn take_troubled(&self) -> Vec<(TenantId, UpstreamId)> {
        let taken = self
            .troubled
            .lock()
            .map(|mut all| std::mem::take(&mut *all));
        taken.unwrap_or_default().into_iter().collect()
    }

    /// Whether an address of this trust may be called, as far as can be seen without asking a
    /// name server.
    ///
    /// # Errors
    /// [`HttpError::Forbidden`].
    pub fn judge_address(&self, trust: Trust, url: &Url) -> Result<(), HttpError> {
        self.http(trust).judge(url)
    }

    /// One guarded request to an address that somebody has named.
    ///
    /// # Errors
    /// [`HttpError`].
    pub async fn fetch(
        &self,
        trust: Trust,
        request: http::Request<bytes::Bytes>,
    ) -> Result<http::Response<bytes::Bytes>, HttpError> {
        self.http(trust).send(request).await
    }

    fn http(&self, trust: Trust) -> &Arc<dyn HttpClient> {
        match trust {
            Trust::Operator => &self.parts.http_operator,
            Trust::Tenant => &self.parts.http_tenant,
        }
    }

    /// An adapter for a row that is not active yet (probe before saving).
    pub fn build(&self, tenant: &Tenant, row: Upstream) -> Configured {
        let provider = self.adapter(tenant, &row);
        if let Err(reason) = &provider {
            tracing::error!(upstream = %row.slug, %reason, "the upstream cannot be used");
        }
        let accepted = builtin::accepted(&row.options);
        if let Err(reason) = &accepted {
            tracing::error!(upstream = %row.slug, %reason, "its access tokens do not count");
        }
        Configured {
            row,
            provider,
            slots: Semaphore::new(BULKHEAD),
            accepted,
            attached: None,
        }
    }

    fn adapter(&self, tenant: &Tenant, row: &Upstream) -> Result<Arc<dyn Provider>, String> {
        self.adapter_with(tenant, row, self.secret(row)?)
    }

    fn adapter_with(
        &self,
        tenant: &Tenant,
        row: &Upstream,
        secret: Option<SecretString>,
    ) -> Result<Arc<dyn Provider>, String> {
        let parts = &self.parts;
        let env = self.env(row.trust);
        if let Some(factory) = parts.factories.get(&row.kind) {
            return Ok(factory(row, secret, env));
        }
        match row.kind.as_str() {
            EMBEDDED => builtin::embedded(parts, tenant, row, env),
            "oidc" => builtin::oidc(row, secret, env),
            "keycloak" => builtin::keycloak(row, secret, None, env),
            "saml" => builtin::saml(row, secret, env),
            other => Err(format!("there is no adapter of kind {other}")),
        }
    }

    fn env(&self, trust: Trust) -> Env {
        Env {
            clock: Arc::clone(&self.parts.clock),
            random: Arc::clone(&self.parts.random),
            http: Arc::clone(self.http(trust)),
        }
    }

    fn secret(&self, row: &Upstream) -> Result<Option<SecretString>, String> {
        let Some(sealed) = &row.secret else {
            return Ok(None);
        };
        let plain = self
            .parts
            .sealer
            .open(secret_place(&row.tenant, &row.id), sealed)
            .map_err(|error| error.to_string())?;
        let text = String::from_utf8(plain).map_err(|_| "the client secret is not text")?;
        Ok(Some(SecretString::from(text)))
    }
}

/// Where an upstream's client secret is sealed for.
pub fn secret_place<'a>(tenant: &'a TenantId, id: &'a UpstreamId) -> Place<'a> {
    Place {
        tenant: tenant.as_str(),
        table: "upstreams",
        column: "secret",
        row: id.as_str(),
    }
}

impl Configured {
    /// Our callback as registered there.
    ///
    /// # Errors
    /// `internal` when the public URL is unusable.
    pub fn callback(&self, tenant: &Tenant) -> Result<Url, Problem> {
        if let Some(attached) = &self.attached {
            return Ok(attached.redirect_uri.clone());
        }
        let path = format!("/federation/callback/{}", self.row.slug);
        Url::parse(&tenant.address(&path)).map_err(|error| {
            Problem::new(Code::Internal, "The public URL is not usable.").because(error)
        })
    }

    /// The adapter.
    ///
    /// # Errors
    /// `upstream_unavailable` when its configuration does not fit.
    pub fn provider(&self) -> Result<&dyn Provider, Problem> {
        match &self.provider {
            Ok(provider) => Ok(provider.as_ref()),
            Err(reason) => Err(unavailable(reason)),
        }
    }

    /// Why there is no adapter, if so.
    pub fn fault(&self) -> Option<&str> {
        self.provider.as_ref().err().map(String::as_str)
    }

    /// Does it sign people in on its own page?
    pub fn redirects(&self) -> bool {
        self.provider
            .as_ref()
            .is_ok_and(|provider| provider.redirect_login().is_some())
    }

    /// The strongest rung a method of this upstream can reach by itself.
    pub fn reach(&self, kind: MethodKind) -> Acr {
        match kind {
            MethodKind::Passkey => Acr::Phr,
            // One factor each; what they are worth together says the ladder.
            MethodKind::EmailCode
            | MethodKind::Password
            | MethodKind::Totp
            | MethodKind::RecoveryCode => Acr::Aal1,
            MethodKind::Redirect => {
                let named = self.row.options.get("max_acr");
                let named = named.and_then(serde_json::Value::as_str);
                let usual = if self.row.kind == "keycloak" {
                    Acr::Aal2
                } else {
                    Acr::Aal1
                };
                named.and_then(Acr::parse).unwrap_or(usual)
            }
        }
    }
}

fn count(slug: &str, operation: &'static str, outcome: &'static str) {
    metrics::counter!(
        "laneway_upstream_requests_total",
        "upstream" => slug.to_owned(), "operation" => operation, "outcome" => outcome
    )
    .increment(1);
}
