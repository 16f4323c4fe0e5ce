//! Identity providers: create, change, look at.

use laneway_contract::{Addresses, Check, Who};
use secrecy::{ExposeSecret, SecretString};
use serde_json::{Value, json};
use url::Url;

use super::super::redirect;
use super::{Actor, check_slug};
use crate::audit::{Event, Outcome, RequestMeta, kind};
use crate::core::Core;
use crate::domain::tenant::Tenant;
use crate::domain::upstream::{Role, Trust, Upstream};
use crate::domain::{Code, Problem, UpstreamId};
use crate::providers::{Configured, secret_place};
use crate::store::invalidations::{Change, Scope};
use crate::store::upstreams;

/// An upstream to create or change.
pub struct UpstreamInput {
    /// Adapter kind.
    pub kind: String,
    /// Slug.
    pub name: String,
    /// Issuer.
    pub issuer: String,
    /// Client id.
    pub client_id: String,
    /// Client secret; `None` keeps the stored one.
    pub client_secret: Option<SecretString>,
    /// Adapter options.
    pub options: Value,
}

/// Creates an upstream as secondary, or changes the one of that name. It is not active
/// until somebody says so.
///
/// # Errors
/// `invalid_field`, `conflict` for one that configuration owns.
pub async fn put_upstream(
    core: &Core,
    tenant: &Tenant,
    meta: &RequestMeta,
    actor: Actor<'_>,
    input: UpstreamInput,
) -> Result<Upstream, Problem> {
    check_upstream(core, &input)?;
    let mut write = core.begin().await?;
    let all = upstreams::list(&mut write.tx, &tenant.id).await?;
    let old = all.into_iter().find(|row| row.slug == input.name);
    if old.as_ref().is_some_and(|row| row.config_owned) {
        return Err(Problem::new(
            Code::Conflict,
            "The configuration file owns this upstream. Change it there, or choose another name.",
        ));
    }
    let id = old
        .as_ref()
        .map_or_else(|| UpstreamId(core.new_id()), |row| row.id.clone());
    let secret = match &input.client_secret {
        Some(secret) => Some(core.sealer.seal(
            secret_place(&tenant.id, &id),
            secret.expose_secret().as_bytes(),
        )),
        None => old.as_ref().and_then(|row| row.secret.clone()),
    };
    let row = Upstream {
        id,
        tenant: tenant.id.clone(),
        slug: input.name,
        kind: input.kind,
        issuer: input.issuer,
        client_id: input.client_id,
        secret,
        options: input.options,
        role: old.as_ref().map_or(Role::Secondary, |row| row.role),
        trust: Trust::Operator,
        config_owned: false,
        version: old.as_ref().map_or(1, |row| row.version),
        created_at: old.as_ref().map_or(core.now(), |row| row.created_at),
    };
    let event_kind = if old.is_some() {
        if !upstreams::update(&mut write.tx, &row).await? {
            return Err(Problem::new(
                Code::Conflict,
                "The upstream was changed meanwhile. Try again.",
            ));
        }
        kind::UPSTREAM_UPDATED
    } else {
        upstreams::create(&mut write.tx, &row).await?;
        kind::UPSTREAM_CREATED
    };
    write.invalidate(Change::Changed, Scope::Upstream, row.id.as_str());
    let event = Event::new(event_kind, Outcome::Success, ("upstream", row.id.as_str()))
        .by(actor.0, actor.1)
        .detail(json!({ "name": row.slug, "issuer": row.issuer, "client_id": row.client_id }));
    core.audit(&mut write, &tenant.id, meta, event).await?;
    core.commit(write).await?;
    Ok(row)
}

fn check_upstream(core: &Core, input: &UpstreamInput) -> Result<(), Problem> {
    check_slug("/name", &input.name)?;
    if !core.providers.knows(&input.kind) {
        return Err(Problem::field("/kind", "unknown", "Use keycloak or oidc."));
    }
    let bad = || {
        Problem::field(
            "/issuer",
            "invalid_url",
            "Give the issuer address, such as https://kc.example.com/realms/main.",
        )
    };
    let url = Url::parse(&input.issuer).map_err(|_| bad())?;
    if !matches!(url.scheme(), "https" | "http")
        || url.query().is_some()
        || url.fragment().is_some()
    {
        return Err(bad());
    }
    if input.client_id.trim().is_empty() || input.client_id.len() > 255 {
        return Err(Problem::field(
            "/client_id",
            "required",
            "Give the client id.",
        ));
    }
    if !input.options.is_object() {
        return Err(Problem::field("/options", "invalid", "Give an object."));
    }
    Ok(())
}

/// Our addresses that are registered at an upstream.
///
/// # Errors
/// `internal` when the public URL is unusable.
pub fn addresses(tenant: &Tenant, slug: &str) -> Result<Addresses, Problem> {
    let parse = |path: String| {
        Url::parse(&tenant.address(&path)).map_err(|error| {
            Problem::new(Code::Internal, "The public URL is not usable.").because(error)
        })
    };
    Ok(Addresses {
        redirect_uri: redirect::redirect_uri(tenant, slug)?,
        post_logout_uri: parse("/logged-out".into())?,
        backchannel_uri: parse(format!("/bff/backchannel/{slug}"))?,
    })
}

/// Looks at an upstream: everything that is right and wrong with it.
///
/// # Errors
/// `not_found`.
pub async fn probe(
    core: &Core,
    tenant: &Tenant,
    configured: &Configured,
) -> Result<Vec<Check>, Problem> {
    if let Some(fault) = configured.fault() {
        let fix = "Correct the upstream's settings.";
        return Ok(vec![Check::fail(
            "settings",
            fault,
            "settings that fit",
            Who::Us,
            fix,
        )]);
    }
    let Some(diagnose) = configured.provider()?.diagnose() else {
        return Ok(Vec::new());
    };
    let addresses = addresses(tenant, &configured.row.slug)?;
    let work = async { Ok(diagnose.diagnose(&addresses).await) };
    match core.providers.call(configured, "diagnose", work).await {
        Err(problem) if problem.code == Code::UpstreamUnavailable => Ok(vec![silent()]),
        checks => checks,
    }
}

/// A provider that does not answer at all is a finding like any other.
fn silent() -> Check {
    Check::fail(
        "reachable",
        "no answer in time",
        "an answer",
        Who::Provider,
        "Start the provider and make its address reachable from the machine that Laneway runs on.",
    )
}
