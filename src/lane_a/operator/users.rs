//! People and their identities.

use laneway_contract::{DirectoryUser, NewUser};
use serde_json::json;

use super::super::sign_in;
use super::Actor;
use crate::audit::{Event, Outcome, RequestMeta, kind};
use crate::core::Core;
use crate::domain::tenant::Tenant;
use crate::domain::user::{IdentityLink, LinkKind, User, UserState};
use crate::domain::{Code, Email, Problem, TenantId, UserId};
use crate::providers::{Configured, EMBEDDED};
use crate::store::invalidations::{Change, Scope};
use crate::store::sessions::Which;
use crate::store::{links, users};

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
        .map(super::super::submit::check_name)
        .transpose()?;
    let request = NewUser {
        subject: Some(id.0.clone()),
        login_name: email.as_str().to_owned(),
        email: Some(email.as_str().to_owned()),
        email_verified: wanted.email_verified,
        name: name.clone(),
    };
    let made = match core
        .providers
        .call(&primary, "create_user", directory.create(request))
        .await
    {
        Err(problem) if problem.code == Code::Duplicate => {
            left_behind(core, tenant, &primary, email.as_str()).await?
        }
        other => other?,
    };
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
    if !users::create(&mut write.tx, &tenant.id, &user).await? {
        return Err(Problem::new(Code::Duplicate, "This person exists already."));
    }
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

/// A record that an earlier try made at the provider before it died: nobody here is linked
/// to it, so this try goes on with it.
async fn left_behind(
    core: &Core,
    tenant: &Tenant,
    primary: &Configured,
    login_name: &str,
) -> Result<DirectoryUser, Problem> {
    let taken = || {
        Problem::new(
            Code::Duplicate,
            "A person with this address exists already.",
        )
    };
    let directory = primary.provider()?.user_directory().ok_or_else(taken)?;
    let find = core
        .providers
        .call(primary, "find", directory.find(login_name));
    let found = find.await?.ok_or_else(taken)?;
    let (issuer, subject) = (&primary.row.issuer, &found.subject);
    let linked =
        links::find_user(&core.db, &tenant.id, LinkKind::Upstream, issuer, subject).await?;
    let own = users::find(&core.db, &tenant.id, &UserId(subject.clone())).await?;
    if linked.is_some() || own.is_some() {
        return Err(taken());
    }
    Ok(found)
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
        user.name = Some(super::super::submit::check_name(name)?);
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
        sign_in::end(&mut write, tenant, Which::OfUser(id), "disabled").await?;
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
    sign_in::end(&mut write, &tenant.id, Which::OfUser(id), "deleted").await?;
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
