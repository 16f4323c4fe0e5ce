//! What operators do to tenants and people (CONTRACT §8, as far as it exists).

use laneway_contract::{Addresses, Check, NewUser, Who};
use secrecy::{ExposeSecret, SecretString};
use serde_json::{Value, json};
use url::Url;

use super::{finish, redirect};
use crate::audit::{Event, Outcome, RequestMeta, kind};
use crate::core::{Core, url_host_key};
use crate::domain::tenant::{Brand, Host, Purpose, Signup, Tenant, host_key};
use crate::domain::upstream::{Role, Trust, Upstream};
use crate::domain::user::{IdentityLink, LinkKind, User, UserState};
use crate::domain::{Code, Email, Problem, TenantId, UpstreamId, UserId};
use crate::providers::{Configured, EMBEDDED, secret_place};
use crate::store::invalidations::{Change, Scope};
use crate::store::sessions::Which;
use crate::store::{hosts, links, orgs, tenants, upstreams, users};

/// Who acts: kind and id, for the audit event.
pub type Actor<'a> = (&'static str, &'a str);

/// A short name in addresses.
///
/// # Errors
/// `invalid_field`.
pub fn check_slug(pointer: &str, slug: &str) -> Result<(), Problem> {
    let ok = !slug.is_empty()
        && slug.len() <= 63
        && slug
            .bytes()
            .all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-')
        && !slug.starts_with('-')
        && !slug.ends_with('-');
    if ok {
        return Ok(());
    }
    Err(Problem::field(
        pointer,
        "invalid_slug",
        "Use lower-case letters, digits and inner dashes.",
    ))
}

/// Creates a tenant with its canonical login host and the embedded provider as primary.
///
/// # Errors
/// `invalid_field`, `duplicate`.
pub async fn create_tenant(
    core: &Core,
    meta: &RequestMeta,
    actor: Actor<'_>,
    slug: &str,
    name: &str,
    public_url: &str,
    signup: Signup,
) -> Result<Tenant, Problem> {
    check_slug("/slug", slug)?;
    let public_url = check_public_url(public_url)?;
    let tenant = Tenant {
        id: TenantId(core.new_id()),
        slug: slug.to_owned(),
        name: super::submit::check_name(name)?,
        rp_id: public_url.host_str().unwrap_or_default().to_owned(),
        public_url,
        signup,
        jit: true,
        origins: Vec::new(),
        brand: Brand::default(),
        claims_format: false,
        version: 1,
        created_at: core.now(),
    };
    let mut write = core.begin().await?;
    tenants::create(&mut write.tx, &tenant).await?;
    let host = Host {
        id: core.new_id(),
        host: url_host_key(&tenant.public_url),
        purpose: Purpose::Login,
        canonical: true,
        config_owned: false,
    };
    let now = write.now();
    hosts::create(&mut write.tx, &tenant.id, &host, now).await?;
    let embedded = Upstream {
        id: UpstreamId(core.new_id()),
        tenant: tenant.id.clone(),
        slug: EMBEDDED.into(),
        kind: EMBEDDED.into(),
        issuer: format!("urn:laneway:embedded:{slug}"),
        client_id: String::new(),
        secret: None,
        options: json!({}),
        role: Role::Primary,
        trust: Trust::Operator,
        config_owned: false,
        version: 1,
        created_at: now,
    };
    upstreams::create(&mut write.tx, &embedded).await?;
    for (slug, permissions) in crate::authz::DEFAULT_ROLES {
        orgs::define_role(&mut write.tx, &tenant.id, &core.new_id(), slug, permissions).await?;
    }
    write.invalidate(Change::Changed, Scope::Tenant, tenant.id.as_str());
    let event = Event::new(
        kind::TENANT_CREATED,
        Outcome::Success,
        ("tenant", tenant.id.as_str()),
    );
    core.audit(&mut write, &tenant.id, meta, event.by(actor.0, actor.1))
        .await?;
    core.commit(write).await?;
    Ok(tenant)
}

fn check_public_url(text: &str) -> Result<Url, Problem> {
    let bad = |detail: &str| Problem::field("/public_url", "invalid_url", detail);
    let url = Url::parse(text)
        .map_err(|_| bad("Give a full address such as https://login.example.com."))?;
    let host = url
        .host_str()
        .ok_or_else(|| bad("The address needs a host name."))?;
    let loopback = crate::domain::tenant::is_loopback_name(host);
    if url.scheme() != "https" && !(loopback && url.scheme() == "http") {
        return Err(bad("Use https; plain http is for localhost only."));
    }
    if url.path() != "/" || url.query().is_some() || url.fragment().is_some() {
        return Err(bad("Give only scheme, host and port."));
    }
    Ok(url)
}

/// Adds a host name to a tenant.
///
/// # Errors
/// `invalid_field`, `duplicate`.
pub async fn add_host(
    core: &Core,
    meta: &RequestMeta,
    actor: Actor<'_>,
    tenant: &TenantId,
    name: &str,
    purpose: Purpose,
) -> Result<Host, Problem> {
    let key = host_key(name).ok_or_else(|| {
        Problem::field(
            "/host",
            "invalid_host",
            "Give a host name, with a port if it is not 443.",
        )
    })?;
    let host = Host {
        id: core.new_id(),
        host: key,
        purpose,
        canonical: false,
        config_owned: false,
    };
    let mut write = core.begin().await?;
    let now = write.now();
    hosts::create(&mut write.tx, tenant, &host, now).await?;
    write.invalidate(Change::Changed, Scope::Tenant, tenant.as_str());
    let event = Event::new(kind::HOST_ADDED, Outcome::Success, ("host", &host.host));
    core.audit(&mut write, tenant, meta, event.by(actor.0, actor.1))
        .await?;
    core.commit(write).await?;
    Ok(host)
}

/// A person to create.
pub struct CreateUser {
    /// Address, also the login name at the provider.
    pub email: String,
    /// Whether the operator vouches for it.
    pub email_verified: bool,
    /// Display name.
    pub name: Option<String>,
}

/// Creates a person, first at the primary upstream, then here.
///
/// # Errors
/// `not_supported_by_upstream`, `invalid_field`, `duplicate`.
pub async fn create_user(
    core: &Core,
    tenant: &Tenant,
    meta: &RequestMeta,
    actor: Actor<'_>,
    wanted: CreateUser,
) -> Result<User, Problem> {
    let email = Email::parse(&wanted.email)
        .ok_or_else(|| Problem::field("/email", "invalid_email", "Give a full email address."))?;
    let primary = core.providers.primary(tenant).await?;
    let directory = primary.provider()?.user_directory().ok_or_else(|| {
        Problem::new(
            Code::NotSupportedByUpstream,
            "The identity provider creates its own users; they appear here when they first sign in.",
        )
    })?;
    let id = UserId(core.new_id());
    let name = wanted
        .name
        .as_deref()
        .map(super::submit::check_name)
        .transpose()?;
    let request = NewUser {
        subject: Some(id.0.clone()),
        login_name: email.as_str().to_owned(),
        email: Some(email.as_str().to_owned()),
        email_verified: wanted.email_verified,
        name: name.clone(),
    };
    let made = core
        .providers
        .call(&primary, "create_user", directory.create(request))
        .await?;
    let id = if primary.row.kind == EMBEDDED {
        UserId(made.subject.clone())
    } else {
        id
    };
    let user = User {
        id,
        email: Some(email.as_str().to_owned()),
        email_verified: wanted.email_verified,
        name,
        state: UserState::Active,
        version: 1,
        created_at: core.now(),
    };
    let mut write = core.begin().await?;
    users::create(&mut write.tx, &tenant.id, &user).await?;
    let link = new_link(
        core,
        &user.id,
        LinkKind::Upstream,
        Some(&primary),
        &made.subject,
    );
    links::create(&mut write.tx, &tenant.id, &link).await?;
    let event = Event::new(
        kind::USER_CREATED,
        Outcome::Success,
        ("user", user.id.as_str()),
    );
    core.audit(&mut write, &tenant.id, meta, event.by(actor.0, actor.1))
        .await?;
    core.commit(write).await?;
    Ok(user)
}

fn new_link(
    core: &Core,
    user: &UserId,
    kind: LinkKind,
    upstream: Option<&Configured>,
    subject: &str,
) -> IdentityLink {
    IdentityLink {
        id: core.new_id(),
        user: user.clone(),
        kind,
        source: upstream.map(|u| u.row.id.clone()),
        issuer: upstream.map(|u| u.row.issuer.clone()).unwrap_or_default(),
        subject: subject.to_owned(),
        created_at: core.now(),
        last_used_at: None,
    }
}

/// What may be changed about a person.
#[derive(Default)]
pub struct ChangeUser {
    /// Display name.
    pub name: Option<String>,
    /// In or out.
    pub state: Option<UserState>,
}

/// Changes a person; switching off ends their sessions with the same commit.
///
/// # Errors
/// `not_found`, `invalid_field`, `version_mismatch`.
pub async fn change_user(
    core: &Core,
    tenant: &TenantId,
    meta: &RequestMeta,
    actor: Actor<'_>,
    id: &UserId,
    change: ChangeUser,
    expected: Option<i64>,
) -> Result<User, Problem> {
    let mut write = core.begin().await?;
    let found = users::find(&mut write.tx, tenant, id).await?;
    let mut user = found
        .filter(|u| u.state != UserState::Deleted)
        .ok_or_else(Problem::not_found)?;
    if expected.is_some_and(|version| version != user.version) {
        return Err(Problem::new(
            Code::VersionMismatch,
            "Read the user again before you change it.",
        ));
    }
    let before = json!({ "name": user.name, "state": user.state });
    if let Some(name) = &change.name {
        user.name = Some(super::submit::check_name(name)?);
    }
    user.state = change.state.unwrap_or(user.state);
    let now = write.now();
    if !users::update(&mut write.tx, tenant, &user, now).await? {
        return Err(Problem::new(
            Code::Conflict,
            "The user was changed meanwhile. Try again.",
        ));
    }
    user.version += 1;
    write.invalidate(Change::Changed, Scope::User, id.as_str());
    if user.state == UserState::Disabled {
        finish::end(&mut write, tenant, Which::OfUser(id), "disabled").await?;
    }
    let event = Event::new(kind::USER_UPDATED, Outcome::Success, ("user", id.as_str()))
        .by(actor.0, actor.1)
        .change(
            Some(before),
            Some(json!({ "name": user.name, "state": user.state })),
        );
    core.audit(&mut write, tenant, meta, event).await?;
    core.commit(write).await?;
    Ok(user)
}

/// Deletes a person: at the embedded provider, their links and sessions; the row stays
/// without personal data, so that its id is never given to anybody else.
///
/// # Errors
/// `not_found`, `upstream_unavailable`.
pub async fn delete_user(
    core: &Core,
    tenant: &Tenant,
    meta: &RequestMeta,
    actor: Actor<'_>,
    id: &UserId,
) -> Result<(), Problem> {
    let found = users::find(&core.db, &tenant.id, id).await?;
    let mut user = found
        .filter(|u| u.state != UserState::Deleted)
        .ok_or_else(Problem::not_found)?;
    for upstream in core.providers.of_tenant(tenant).await?.iter() {
        if upstream.row.kind == EMBEDDED
            && let Some(directory) = upstream.provider()?.user_directory()
        {
            let gone = core
                .providers
                .call(upstream, "delete_user", directory.delete(id.as_str()))
                .await;
            match gone {
                Err(problem) if problem.code != Code::NotFound => return Err(problem),
                _ => {}
            }
        }
    }
    let mut write = core.begin().await?;
    user.email = None;
    user.email_verified = false;
    user.name = None;
    user.state = UserState::Deleted;
    let now = write.now();
    if !users::update(&mut write.tx, &tenant.id, &user, now).await? {
        return Err(Problem::new(
            Code::Conflict,
            "The user was changed meanwhile. Try again.",
        ));
    }
    links::delete_all(&mut write.tx, &tenant.id, id).await?;
    finish::end(&mut write, &tenant.id, Which::OfUser(id), "deleted").await?;
    write.invalidate(Change::Ended, Scope::User, id.as_str());
    let event = Event::new(kind::USER_DELETED, Outcome::Success, ("user", id.as_str()));
    core.audit(&mut write, &tenant.id, meta, event.by(actor.0, actor.1))
        .await?;
    core.commit(write).await?;
    Ok(())
}

/// Links a person to a subject at an upstream (bulk preparation of a swap).
///
/// # Errors
/// `not_found`, `duplicate` when the subject is somebody else's.
pub async fn put_identity(
    core: &Core,
    tenant: &Tenant,
    meta: &RequestMeta,
    actor: Actor<'_>,
    user: &UserId,
    upstream: &str,
    subject: &str,
) -> Result<IdentityLink, Problem> {
    let found = users::find(&core.db, &tenant.id, user).await?;
    found
        .filter(|u| u.state != UserState::Deleted)
        .ok_or_else(Problem::not_found)?;
    if subject.is_empty() || subject.len() > 255 || subject.chars().any(char::is_control) {
        return Err(Problem::field(
            "/subject",
            "invalid",
            "Give the person's id at the provider.",
        ));
    }
    let all = core.providers.of_tenant(tenant).await?;
    let configured = all
        .iter()
        .find(|c| c.row.id.as_str() == upstream || c.row.slug == upstream)
        .ok_or_else(|| {
            Problem::field(
                "/upstream",
                "unknown",
                "Name one of the tenant's upstreams.",
            )
        })?;
    let link = new_link(core, user, LinkKind::Upstream, Some(configured), subject);
    let mut write = core.begin().await?;
    if !links::create(&mut write.tx, &tenant.id, &link).await? {
        let issuer = &configured.row.issuer;
        let kind = LinkKind::Upstream;
        let owner = links::find_user(&mut write.tx, &tenant.id, kind, issuer, subject).await?;
        if owner.as_ref() != Some(user) {
            return Err(Problem::new(
                Code::Duplicate,
                "This identity belongs to another user.",
            ));
        }
        return Ok(link);
    }
    let event = Event::new(
        kind::IDENTITY_LINKED,
        Outcome::Success,
        ("user", user.as_str()),
    )
    .by(actor.0, actor.1)
    .detail(json!({ "upstream": configured.row.slug, "subject": subject }));
    core.audit(&mut write, &tenant.id, meta, event).await?;
    core.commit(write).await?;
    Ok(link)
}

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
    check_upstream(&input)?;
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
        upstreams::update(&mut write.tx, &row).await?;
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

fn check_upstream(input: &UpstreamInput) -> Result<(), Problem> {
    check_slug("/name", &input.name)?;
    if !matches!(input.kind.as_str(), "keycloak" | "oidc" | "fake") {
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
    core.providers.call(configured, "diagnose", work).await
}
