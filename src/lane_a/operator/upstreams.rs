//! Identity providers: create, change, look at.

use laneway_contract::{Addresses, Check, Who};
use secrecy::{ExposeSecret, SecretString};
use serde_json::{Value, json};
use url::Url;

use super::super::api_tokens::check_scopes;
use super::super::swap;
use super::{Act, check_slug, check_version, moved};
use crate::audit::{Event, Outcome, kind};
use crate::core::{Core, grants_of_people};
use crate::domain::tenant::Tenant;
use crate::domain::upstream::{Role, Trust, Upstream};
use crate::domain::{Code, Problem, TenantId, UpstreamId};
use crate::providers::{Configured, EMBEDDED, accepted, embedded_methods, secret_place};
use crate::store::invalidations::{Change, Scope};
use crate::store::{Write, upstreams};

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

/// What is changed about an upstream; `None` keeps.
#[derive(Default)]
pub struct UpstreamChange {
    /// Issuer.
    pub issuer: Option<String>,
    /// Client id.
    pub client_id: Option<String>,
    /// Client secret; `Some(None)` removes it.
    pub client_secret: Option<Option<SecretString>>,
    /// Adapter options.
    pub options: Option<Value>,
    /// Use.
    pub role: Option<Role>,
}

impl UpstreamChange {
    fn has_content(&self) -> bool {
        self.issuer.is_some()
            || self.client_id.is_some()
            || self.client_secret.is_some()
            || self.options.is_some()
    }
}

/// Creates an upstream as secondary. It is not active until somebody says so.
///
/// # Errors
/// `invalid_field`, `duplicate`, `forbidden`.
pub async fn create_upstream(act: &Act<'_>, input: UpstreamInput) -> Result<Upstream, Problem> {
    if input.kind == EMBEDDED {
        return Err(Problem::field(
            "/kind",
            "unknown",
            "This provider comes with the tenant.",
        ));
    }
    check_upstream(act.core, &input)?;
    let (core, tenant) = (act.core, act.tenant);
    let mut write = core.begin().await?;
    stand_above(act, &mut write).await?;
    let all = upstreams::list(&mut write.tx, &tenant.id).await?;
    if all.iter().any(|row| row.slug == input.name) {
        return Err(Problem::new(
            Code::Duplicate,
            "An upstream of this name exists already.",
        ));
    }
    let id = UpstreamId(core.new_id());
    let secret = input.client_secret.as_ref();
    let row = Upstream {
        secret: secret.map(|secret| seal(core, &tenant.id, &id, secret)),
        id,
        tenant: tenant.id.clone(),
        slug: input.name,
        kind: input.kind,
        issuer: input.issuer,
        client_id: input.client_id,
        options: input.options,
        role: Role::Secondary,
        trust: trust(act, Trust::Operator),
        config_owned: false,
        version: 1,
        created_at: core.now(),
    };
    upstreams::create(&mut write.tx, &row).await?;
    write.invalidate(Change::Changed, Scope::Upstream, row.id.as_str());
    act.audit(&mut write, event(kind::UPSTREAM_CREATED, &row))
        .await?;
    core.commit(write).await?;
    Ok(row)
}

/// Creates an upstream, or changes the one of that name (the first screen's form).
///
/// # Errors
/// `invalid_field`, `conflict` for one that configuration owns, `forbidden`.
pub async fn put_upstream(act: &Act<'_>, input: UpstreamInput) -> Result<Upstream, Problem> {
    let all = upstreams::list(&act.core.db, &act.tenant.id).await?;
    let Some(old) = all.into_iter().find(|row| row.slug == input.name) else {
        return create_upstream(act, input).await;
    };
    if old.kind != input.kind {
        return Err(Problem::new(
            Code::Conflict,
            "An upstream of this name and another kind exists. Choose another name.",
        ));
    }
    let change = UpstreamChange {
        issuer: Some(input.issuer),
        client_id: Some(input.client_id),
        client_secret: input.client_secret.map(Some),
        options: Some(input.options),
        role: None,
    };
    change_upstream(act, &old.id, change, None).await
}

/// Changes an upstream in one commit: what it is, and what it is used for.
///
/// # Errors
/// `not_found`, `invalid_field`, `version_mismatch`, `conflict`, `forbidden`.
pub async fn change_upstream(
    act: &Act<'_>,
    id: &UpstreamId,
    change: UpstreamChange,
    expected: Option<i64>,
) -> Result<Upstream, Problem> {
    let core = act.core;
    let mut write = core.begin().await?;
    stand_above(act, &mut write).await?;
    let mut row = find(act, &mut write, id).await?;
    check_version(expected, row.version)?;
    if change.has_content() {
        content(act, &mut row, &change)?;
        if !upstreams::update(&mut write.tx, &row).await? {
            return Err(moved());
        }
        write.invalidate(Change::Changed, Scope::Upstream, row.id.as_str());
        act.audit(&mut write, event(kind::UPSTREAM_UPDATED, &row))
            .await?;
    }
    if let Some(role) = change.role
        && role != row.role
    {
        swap::set_role_in(act, &mut write, &row, role).await?;
    }
    let row = find(act, &mut write, id).await?;
    core.commit(write).await?;
    Ok(row)
}

/// Removes an upstream from use and from sight. Links keep their issuer and sessions go on;
/// the name is free again.
///
/// # Errors
/// `not_found`, `version_mismatch`, `conflict` for the one that signs people in.
pub async fn delete_upstream(
    act: &Act<'_>,
    id: &UpstreamId,
    expected: Option<i64>,
) -> Result<(), Problem> {
    let mut write = act.core.begin().await?;
    stand_above(act, &mut write).await?;
    let row = find(act, &mut write, id).await?;
    check_version(expected, row.version)?;
    if row.config_owned {
        return Err(owned_by_file());
    }
    if row.role == Role::Primary {
        return Err(swap::needs_a_primary());
    }
    swap::check_tied(act, &mut write, &row).await?;
    let now = write.now();
    if !upstreams::delete(&mut write.tx, &act.tenant.id, id, now).await? {
        return Err(moved());
    }
    write.invalidate(Change::Changed, Scope::Tenant, act.tenant.id.as_str());
    act.audit(&mut write, event(kind::UPSTREAM_DELETED, &row))
        .await?;
    act.core.commit(write).await?;
    Ok(())
}

/// Whoever says who somebody is can be anybody: an identity provider may only be touched by
/// somebody who stands above all people of the tenant.
async fn stand_above(act: &Act<'_>, write: &mut Write) -> Result<(), Problem> {
    let grants = grants_of_people(&mut write.tx, &act.tenant.id).await?;
    act.by.require_above(&grants)
}

async fn find(act: &Act<'_>, write: &mut Write, id: &UpstreamId) -> Result<Upstream, Problem> {
    upstreams::find(&mut write.tx, &act.tenant.id, id)
        .await?
        .ok_or_else(Problem::not_found)
}

/// Addresses that a tenant's operator once named are never trusted like an instance
/// operator's, whoever changes them later.
fn trust(act: &Act<'_>, old: Trust) -> Trust {
    if act.by.is_instance_operator() {
        old
    } else {
        Trust::Tenant
    }
}

fn seal(core: &Core, tenant: &TenantId, id: &UpstreamId, secret: &SecretString) -> Vec<u8> {
    core.sealer
        .seal(secret_place(tenant, id), secret.expose_secret().as_bytes())
}

fn content(act: &Act<'_>, row: &mut Upstream, change: &UpstreamChange) -> Result<(), Problem> {
    // Only where the file says what embedded offers: elsewhere it came with the tenant.
    let named = act.core.config.upstream.as_ref();
    let embedded = row.kind == EMBEDDED;
    let theirs = !embedded || named.is_some_and(|named| named.kind.as_str() == EMBEDDED);
    if row.config_owned && theirs {
        return Err(owned_by_file());
    }
    if embedded && (change.issuer.is_some() || change.client_id.is_some()) {
        return Err(Problem::field(
            "/issuer",
            "invalid",
            "This provider lives here: only its options can be changed.",
        ));
    }
    if let Some(issuer) = &change.issuer {
        row.issuer.clone_from(issuer);
    }
    if let Some(client_id) = &change.client_id {
        row.client_id.clone_from(client_id);
    }
    if let Some(options) = &change.options {
        row.options.clone_from(options);
    }
    let input = UpstreamInput {
        kind: row.kind.clone(),
        name: row.slug.clone(),
        issuer: row.issuer.clone(),
        client_id: row.client_id.clone(),
        client_secret: None,
        options: row.options.clone(),
    };
    check_upstream(act.core, &input)?;
    match &change.client_secret {
        Some(Some(secret)) => row.secret = Some(seal(act.core, &row.tenant, &row.id, secret)),
        Some(None) => row.secret = None,
        None => {}
    }
    row.trust = trust(act, row.trust);
    row.config_owned = false;
    Ok(())
}

fn owned_by_file() -> Problem {
    Problem::new(
        Code::Conflict,
        "The configuration file owns this upstream. Change it there, or choose another name.",
    )
}

fn event(kind: &'static str, row: &Upstream) -> Event {
    Event::new(kind, Outcome::Success, ("upstream", row.id.as_str()))
        .detail(json!({ "name": row.slug, "issuer": row.issuer, "client_id": row.client_id }))
}

fn check_upstream(core: &Core, input: &UpstreamInput) -> Result<(), Problem> {
    check_slug("/name", &input.name)?;
    if input.kind == EMBEDDED {
        // It comes with the tenant; what it offers is all there is to say about it.
        let judged = embedded_methods(&input.options);
        return judged
            .map(|_| ())
            .map_err(|fix| Problem::field("/options", "invalid", fix));
    }
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
    check_bearer(&input.options)
}

/// Which access tokens of it count is judged here already: a slip would only show as a refusal.
fn check_bearer(options: &Value) -> Result<(), Problem> {
    let wrong = |fix: String| Problem::field("/options/bearer", "invalid", &fix);
    match accepted(options).map_err(wrong)? {
        None => Ok(()),
        Some(accepted) => check_scopes(&accepted.grants)
            .map(|_| ())
            .map_err(|problem| wrong(problem.errors[0].detail.clone())),
    }
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
        redirect_uri: parse(format!("/federation/callback/{slug}"))?,
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
    if let Some(fault) = configured.bearer_fault() {
        let fix = "Correct `bearer` in the upstream's options.";
        let wanted = "rules for access tokens that fit";
        return Ok(vec![Check::fail("settings", fault, wanted, Who::Us, fix)]);
    }
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
