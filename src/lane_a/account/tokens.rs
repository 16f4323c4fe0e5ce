//! A person's own API tokens.

use super::super::api_tokens::{self, NewToken, Owner};
use super::super::notices::{self, Notice};
use super::super::{Visit, admission};
use crate::authz::{self, Permission};
use crate::core::PlainToken;
use crate::domain::api_token::{API, SignIn};
use crate::domain::session::Session;
use crate::domain::{Code, OrgId, Problem};
use crate::store::api_tokens::{self as rows, ApiToken, Principal};
use crate::store::orgs;

fn owner(visit: &Visit<'_>) -> Result<Principal, Problem> {
    Ok(Principal::User(visit.session()?.session.user.clone()))
}

/// A page of the person's tokens that have not been revoked, newest first.
///
/// # Errors
/// `store_unavailable`.
pub async fn list_tokens(
    visit: &Visit<'_>,
    before: &str,
    limit: i64,
) -> Result<Vec<ApiToken>, Problem> {
    let (db, tenant) = (&visit.core.db, &visit.site.tenant.id);
    Ok(rows::list(db, tenant, &owner(visit)?, before, limit).await?)
}

/// The scopes that do something for the person at this moment.
///
/// # Errors
/// `store_unavailable`.
pub async fn offered_scopes(visit: &Visit<'_>) -> Result<Vec<&'static str>, Problem> {
    let session = &visit.session()?.session;
    let authority = visit
        .core
        .authority_of(&session.tenant, &session.user)
        .await?;
    let held = authority.words();
    let own = [API, Permission::AccountRead.as_str()];
    let offered = api_tokens::scopes().filter(|one| own.contains(one) || held.contains(*one));
    Ok(offered.collect())
}

/// Makes a token; its value is in this answer only. `org` limits it to one organization, by id
/// or short name.
///
/// # Errors
/// `step_up_required`, `invalid_field`, `conflict` when there are too many; what the
/// organization asks of a session; `forbidden` for a session of an organization's own provider
/// that would make one for anywhere else.
pub async fn create_token(
    visit: &Visit<'_>,
    new: NewToken,
    org: Option<&str>,
) -> Result<(ApiToken, PlainToken), Problem> {
    let live = visit.session()?;
    let session = &live.session;
    let (core, tenant) = (visit.core, &visit.site.tenant.id);
    let org = match org {
        Some(named) => Some(enter(visit, session, named).await?),
        None => None,
    };
    // Whoever runs an organization's provider gets nothing that is good elsewhere.
    if session.within().is_none() || session.within() != org.as_ref() {
        super::require_own_way(visit)?;
    }
    super::require_within(visit, "/account", authz::FRESH_S).await?;
    let owner = Owner {
        principal: owner(visit)?,
        org,
        sign_in: Some(SignIn {
            sid: session.sid.clone(),
            acr: session.acr,
            amr: session.amr.clone(),
            auth_time: session.auth_time,
            upstream: session.upstream.clone(),
        }),
    };
    let mut write = core.begin().await?;
    let made = api_tokens::issue(core, &mut write, tenant, owner, new).await?;
    let event = api_tokens::created(&made.0).by_user(&session.user);
    core.audit(&mut write, tenant, visit.meta, event).await?;
    notices::tell(visit, &mut write, &live.user, Notice::TokenCreated).await?;
    core.commit(write).await?;
    Ok(made)
}

/// The organization that a token is to act in: one that the session could act in.
async fn enter(visit: &Visit<'_>, session: &Session, named: &str) -> Result<OrgId, Problem> {
    let (db, tenant) = (&visit.core.db, &visit.site.tenant.id);
    let all = orgs::memberships(db, tenant, &session.user).await?;
    let found = all.into_iter().find(|place| place.is_called(named));
    let text = "You are no member of this organization.";
    let org = found
        .ok_or_else(|| Problem::field("/org", "unknown", text))?
        .org;
    let admission = admission::of_session(visit, session, &org).await?;
    let past = admission::require(visit, session, admission, Some("/account")).await?;
    if past.is_some() {
        return Err(Problem::new(
            Code::Forbidden,
            "A sign-in for emergencies makes no token.",
        ));
    }
    Ok(org)
}

/// Revokes one of the person's own tokens; it is over at once, everywhere.
///
/// # Errors
/// `not_found` for tokens of others as for those that never were.
pub async fn revoke_token(visit: &Visit<'_>, id: &str) -> Result<(), Problem> {
    let (core, tenant) = (visit.core, &visit.site.tenant.id);
    let user = &visit.session()?.session.user;
    let mut write = core.begin().await?;
    let event = api_tokens::revoke(&mut write, tenant, &owner(visit)?, id).await?;
    core.audit(&mut write, tenant, visit.meta, event.by_user(user))
        .await?;
    core.commit(write).await?;
    Ok(())
}
