//! Customers' own identity providers as live adapters.
//!
//! A revision never changes, so its adapter is kept by its number; whether the connection is
//! live is read each time.
//!
//! Owns: revision → adapter, and which connection a name means.
//! Must not know: organizations, role mappings, who may enter.

use std::sync::Arc;

use laneway_contract::{MethodKind, Mode, Provider};
use laneway_saml::SamlProvider;
use secrecy::SecretString;
use serde_json::{Map, Value, json};
use tokio::sync::Semaphore;
use url::Url;

use super::brokered::Through;
use super::{BULKHEAD, Configured, Offer, Providers, builtin};
use crate::domain::connection::{
    ClientAuth, Config, Connection, Oidc, Protocol, Revision, Saml, State,
};
use crate::domain::tenant::Tenant;
use crate::domain::upstream::{Role, Upstream};
use crate::domain::{Code, ConnectionId, OrgId, Problem, TenantId};
use crate::store::seal::Place;
use crate::store::{connections, revisions};

/// What makes an adapter a customer's.
pub struct Attached {
    /// Which connection.
    pub connection: ConnectionId,
    /// Whose; `None` for one of the tenant itself.
    pub org: Option<OrgId>,
    /// Which of its revisions.
    pub revision: i64,
    /// What was set.
    pub config: Config,
    /// Hash of it.
    pub hash: String,
    /// Our callback, as whoever speaks to it knows it.
    pub redirect_uri: Url,
    /// Its last part: at another one no answer of this provider is taken.
    pub callback: String,
    /// Who speaks to it, unless we do.
    pub(super) through: Option<Arc<Through>>,
}

impl Attached {
    /// Does an upstream speak to it?
    pub fn is_brokered(&self) -> bool {
        self.through.is_some()
    }
}

impl Configured {
    /// One that the tenant itself has attached: anybody may have an account there.
    pub fn is_social(&self) -> bool {
        let attached = self.attached.as_ref();
        attached.is_some_and(|attached| attached.org.is_none())
    }
}

/// Where a connection's client secret is sealed for.
pub fn connection_secret_place<'a>(tenant: &'a TenantId, revision: &'a str) -> Place<'a> {
    Place {
        tenant: tenant.as_str(),
        table: "connection_revisions",
        column: "secret",
        row: revision,
    }
}

impl Providers {
    /// A customer's provider that signs people in now, by id or slug.
    ///
    /// # Errors
    /// `not_found` for one that never did, `denied` for one that is switched off,
    /// `store_unavailable`.
    pub async fn customer(&self, tenant: &Tenant, name: &str) -> Result<Arc<Configured>, Problem> {
        let found = connections::find(&self.parts.db, &tenant.id, name).await?;
        let one = found.ok_or_else(Problem::not_found)?;
        let number = one.active.ok_or_else(Problem::not_found)?;
        if one.state != State::Active {
            return Err(switched_off());
        }
        self.revision(tenant, &one, number).await
    }

    /// These and what the tenant itself has attached, by kind.
    pub(super) async fn with_social(
        &self,
        tenant: &Tenant,
        mut offers: Vec<Offer>,
    ) -> Result<Vec<Offer>, Problem> {
        offers.extend(self.social(tenant).await?);
        offers.sort_by_key(|offer| offer.kind);
        Ok(offers)
    }

    /// What the tenant itself has attached and anybody may have an account at, in order of
    /// creation.
    ///
    /// # Errors
    /// `store_unavailable`.
    pub async fn social(&self, tenant: &Tenant) -> Result<Vec<Offer>, Problem> {
        let mut offers = Vec::new();
        for one in connections::live_of_tenant(&self.parts.db, &tenant.id).await? {
            let Some(number) = one.active else { continue };
            let upstream = self.revision(tenant, &one, number).await?;
            if upstream.redirects() {
                offers.push(Offer {
                    upstream,
                    kind: MethodKind::Redirect,
                    mode: Mode::Redirect,
                });
            }
        }
        Ok(offers)
    }

    /// One revision of a connection, live or not: for its tests.
    ///
    /// # Errors
    /// `not_found`, `store_unavailable`.
    pub async fn revision(
        &self,
        tenant: &Tenant,
        one: &Connection,
        number: i64,
    ) -> Result<Arc<Configured>, Problem> {
        let upstream = self.between(tenant, one).await?;
        let version = upstream.as_ref().map_or(0, |between| between.row.version);
        let key = (one.id.clone(), number, version);
        if let Some(kept) = self.customers.get(&key).await {
            return Ok(kept);
        }
        let row = revisions::find(&self.parts.db, &tenant.id, &one.id, number).await?;
        let row = row.ok_or_else(Problem::not_found)?;
        let built = Arc::new(self.attached(tenant, one, row, upstream)?);
        self.customers.insert(key, Arc::clone(&built)).await;
        Ok(built)
    }

    /// An adapter for a revision that may not be stored yet.
    ///
    /// # Errors
    /// `internal` for a stored callback that is no address, `not_found` for an upstream that is
    /// gone.
    pub async fn attach(
        &self,
        tenant: &Tenant,
        one: &Connection,
        revision: Revision,
    ) -> Result<Configured, Problem> {
        let upstream = self.between(tenant, one).await?;
        self.attached(tenant, one, revision, upstream)
    }

    /// The upstream that speaks to a connection's provider.
    async fn between(
        &self,
        tenant: &Tenant,
        one: &Connection,
    ) -> Result<Option<Arc<Configured>>, Problem> {
        let Some(through) = &one.through else {
            return Ok(None);
        };
        let all = self.of_tenant(tenant).await?;
        let found = all.iter().find(|all| all.row.id == through.upstream);
        found.map_or_else(|| Err(gone()), |found| Ok(Some(Arc::clone(found))))
    }

    fn attached(
        &self,
        tenant: &Tenant,
        one: &Connection,
        revision: Revision,
        upstream: Option<Arc<Configured>>,
    ) -> Result<Configured, Problem> {
        let row = row_of(tenant, one, &revision);
        let secret = self.revision_secret(tenant, &revision);
        let mut provider = secret.and_then(|secret| self.adapter_with(tenant, &row, secret));
        let (redirect_uri, callback) = match &upstream {
            Some(upstream) => (upstream.callback(tenant)?, upstream.row.slug.clone()),
            None => (parse(&one.redirect_uri)?, one.id.as_str().to_owned()),
        };
        let mut through = None;
        if let Some(upstream) = upstream {
            provider = provider.and_then(|customer| {
                let made = self.put_through(one, upstream, customer)?;
                through = Some(Arc::clone(&made));
                Ok(made as Arc<dyn Provider>)
            });
        }
        if let Err(reason) = &provider {
            tracing::warn!(connection = %one.id, %reason, "the connection cannot be used");
        }
        Ok(Configured {
            row,
            provider,
            slots: Semaphore::new(BULKHEAD),
            accepted: Ok(None),
            attached: Some(Attached {
                connection: one.id.clone(),
                org: one.org.clone(),
                revision: revision.number,
                hash: revision.hash,
                config: revision.config,
                redirect_uri,
                callback,
                through,
            }),
        })
    }

    /// Our metadata for a SAML provider, by the newest revision.
    ///
    /// # Errors
    /// `not_found` for a connection that is none, or speaks something else.
    pub async fn saml_metadata(&self, tenant: &Tenant, name: &str) -> Result<String, Problem> {
        let one = self.saml_connection(tenant, name).await?;
        let provider = self.saml_side(tenant, &one, one.draft).await?;
        Ok(provider.metadata())
    }

    /// A SAML connection that is live or was, and our side of it as it is live.
    ///
    /// # Errors
    /// `not_found` for one that is none, speaks something else or was never live.
    pub async fn saml_live(
        &self,
        tenant: &Tenant,
        name: &str,
    ) -> Result<(Connection, Arc<SamlProvider>), Problem> {
        let one = self.saml_connection(tenant, name).await?;
        let number = one.active.ok_or_else(Problem::not_found)?;
        let provider = self.saml_side(tenant, &one, number).await?;
        Ok((one, provider))
    }

    /// One that we speak to ourselves.
    async fn saml_connection(&self, tenant: &Tenant, name: &str) -> Result<Connection, Problem> {
        let one = connections::find(&self.parts.db, &tenant.id, name).await?;
        one.filter(|one| one.id.as_str() == name && one.protocol == Protocol::Saml)
            .filter(|one| one.through.is_none())
            .ok_or_else(Problem::not_found)
    }

    async fn saml_side(
        &self,
        tenant: &Tenant,
        one: &Connection,
        number: i64,
    ) -> Result<Arc<SamlProvider>, Problem> {
        let row = revisions::find(&self.parts.db, &tenant.id, &one.id, number).await?;
        let row = row.ok_or_else(Problem::not_found)?;
        let secret = self.revision_secret(tenant, &row);
        let upstream = row_of(tenant, one, &row);
        secret
            .and_then(|secret| builtin::saml_provider(&upstream, secret, self.env(row.trust)))
            .map_err(|error| {
                Problem::new(
                    Code::Internal,
                    "The incident is logged under the reference below.",
                )
                .because(error)
            })
    }

    /// Where requests of a SAML connection go, by what is live and by its draft.
    ///
    /// # Errors
    /// `not_found`, `store_unavailable`.
    pub async fn sso_urls(&self, tenant: &Tenant, name: &str) -> Result<Vec<String>, Problem> {
        let (db, tenant) = (&self.parts.db, &tenant.id);
        let one = connections::find(db, tenant, name).await?;
        let one = one.ok_or_else(Problem::not_found)?;
        let mut all = Vec::new();
        for number in one.active.into_iter().chain([one.draft]) {
            let row = revisions::find(db, tenant, &one.id, number).await?;
            if let Some(Config::Saml(saml)) = row.map(|row| row.config) {
                all.push(saml.sso_url);
            }
        }
        Ok(all)
    }

    fn put_through(
        &self,
        one: &Connection,
        upstream: Arc<Configured>,
        customer: Arc<dyn Provider>,
    ) -> Result<Arc<Through>, String> {
        if upstream.row.role == Role::Retired {
            return Err("the upstream in between is retired".to_owned());
        }
        let made = Through {
            upstream,
            customer,
            clock: Arc::clone(&self.parts.clock),
            name: one.id.as_str().to_owned(),
        };
        made.admin().map_err(|error| error.to_string())?;
        Ok(Arc::new(made))
    }

    fn revision_secret(
        &self,
        tenant: &Tenant,
        revision: &Revision,
    ) -> Result<Option<SecretString>, String> {
        let Some(sealed) = &revision.secret else {
            return Ok(None);
        };
        let place = connection_secret_place(&tenant.id, &revision.id);
        let plain = self.parts.sealer.open(place, sealed);
        let plain = plain.map_err(|error| error.to_string())?;
        let text = String::from_utf8(plain).map_err(|_| "the client secret is not text")?;
        Ok(Some(SecretString::from(text)))
    }
}

fn parse(address: &str) -> Result<Url, Problem> {
    Url::parse(address)
        .map_err(|error| Problem::new(Code::Internal, "The callback is not usable.").because(error))
}

/// A connection whose upstream was deleted.
fn gone() -> Problem {
    Problem::new(
        Code::NotSupportedByUpstream,
        "The identity provider that this connection runs through is no longer set up.",
    )
}

/// A connection that was switched off is told apart from one that never was: who stands at
/// its door was sent there.
pub fn switched_off() -> Problem {
    Problem::new(
        Code::Denied,
        "This way to sign in was switched off meanwhile.",
    )
    .with("refusal", "off")
}

/// The row that an upstream of the same settings would have.
fn row_of(tenant: &Tenant, one: &Connection, revision: &Revision) -> Upstream {
    let (kind, client_id, options) = match &revision.config {
        Config::Oidc(oidc) => (
            "oidc",
            oidc.client_id.clone(),
            options_of(one, oidc, revision),
        ),
        Config::Saml(saml) => ("saml", String::new(), saml_options(tenant, one, saml)),
    };
    Upstream {
        id: one.id.as_source(),
        tenant: tenant.id.clone(),
        slug: one.slug.clone(),
        kind: kind.to_owned(),
        issuer: revision.config.issuer().to_owned(),
        client_id,
        secret: None,
        options,
        role: Role::Secondary,
        trust: revision.trust,
        config_owned: false,
        version: revision.number,
        created_at: revision.created_at,
    }
}

fn saml_options(tenant: &Tenant, one: &Connection, saml: &Saml) -> Value {
    let ours = |page: &str| tenant.address(&format!("/saml/{}/{page}", one.id));
    json!({
        "label": one.name, "sso_url": saml.sso_url, "sso_binding": saml.sso_binding,
        "certificates": saml.certificates, "metadata_url": saml.metadata_url,
        "slo_url": saml.slo_url, "slo_binding": saml.slo_binding,
        "sp_entity_id": one.sp_entity_id, "acs_url": one.acs_url,
        "logout_url": ours("logout"), "request_page": ours("request"),
        "sign_requests": saml.sign_requests, "groups_claim": saml.groups_claim,
        "email_claim": saml.email_claim, "name_claim": saml.name_claim,
    })
}

fn options_of(one: &Connection, oidc: &Oidc, revision: &Revision) -> Value {
    let vendor = oidc.provider.as_deref().and_then(builtin::vendor);
    let mut options = vendor.map_or_else(Map::new, |vendor| vendor.options.clone());
    options.insert("label".into(), json!(one.name));
    if let (Some(issuer), Some(key_id)) = (&oidc.team_id, &oidc.key_id) {
        let rule = json!({ "issuer": issuer, "key_id": key_id });
        options.insert("signed_secret".into(), rule);
    }
    let scopes = oidc.scopes.as_ref();
    let scopes = scopes.or(vendor.map(|vendor| &vendor.scopes));
    let tenants = Some(&oidc.tenants).filter(|all| !all.is_empty());
    let method = oidc.token_endpoint_auth_method.or_else(|| {
        // Without a secret there is only one way.
        revision.secret.is_none().then_some(ClientAuth::None)
    });
    let optional = [
        ("scopes", json!(scopes)),
        ("tenants", json!(tenants)),
        ("response_mode", json!(oidc.response_mode)),
        ("token_endpoint_auth_method", json!(method)),
        ("authorization_endpoint", json!(oidc.authorization_endpoint)),
        ("token_endpoint", json!(oidc.token_endpoint)),
        ("jwks_uri", json!(oidc.jwks_uri)),
        ("userinfo_endpoint", json!(oidc.userinfo_endpoint)),
        ("groups_claim", json!(oidc.groups_claim)),
    ];
    for (name, value) in optional {
        if !value.is_null() {
            options.insert(name.into(), value);
        }
    }
    // A provider that serves many customers shows the right door at once.
    if let Some(domain) = oidc.required_claims.get("hd").and_then(Value::as_str) {
        options.insert("authorization_params".into(), json!({ "hd": domain }));
    }
    Value::Object(options)
}
