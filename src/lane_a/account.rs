//! What people can do with their own account (CONTRACT §7).

use laneway_contract::{
    BeginEnrol, Credential, CredentialAdmin, EnrolStep, FinishEnrol, MethodKind,
};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use std::sync::Arc;

use super::submit::check_name;
use super::{Visit, methods, sign_in};
use crate::audit::{Event, Outcome, kind};
use crate::authz;
use crate::core::hash_token;
use crate::domain::session::Session;
use crate::domain::user::{IdentityLink, LinkKind, User};
use crate::domain::{Code, Problem, Sid};
use crate::providers::Configured;
use crate::store::invalidations::{Change, Scope};
use crate::store::seal::Place;
use crate::store::secrets::{self, SecretPurpose};
use crate::store::sessions::Which;
use crate::store::{links, sessions, users};

const CEREMONY_MS: i64 = 5 * 60_000;

/// A ceremony between its two calls.
#[derive(Serialize, Deserialize)]
struct Ceremony {
    state: laneway_contract::AdapterState,
    label: String,
}

/// Changes to factors, address or existence need a fresh proof of the strongest kind.
///
/// # Errors
/// `step_up_required`.
pub async fn require_fresh(visit: &Visit<'_>, return_to: &str) -> Result<(), Problem> {
    require_within(visit, return_to, authz::FRESH_S).await
}

/// What changes an installation needs the strongest proof too, but a form takes longer to
/// fill in.
///
/// # Errors
/// `step_up_required`.
pub async fn require_operator(visit: &Visit<'_>, return_to: &str) -> Result<(), Problem> {
    require_within(visit, return_to, authz::OPERATOR_S).await
}

async fn require_within(visit: &Visit<'_>, return_to: &str, max_age_s: u64) -> Result<(), Problem> {
    let live = visit.session()?;
    let reachable = methods::expected(visit, &live.session).await?;
    let query = url::form_urlencoded::Serializer::new(String::new())
        .append_pair("acr_values", reachable.as_str())
        .append_pair("max_age", &max_age_s.to_string())
        .append_pair("return_to", return_to)
        .finish();
    let url = visit.site.tenant.address(&format!("/bff/login?{query}"));
    authz::require_fresh(&live.session, reachable, max_age_s, visit.core.now(), &url)
}

/// Changes the display name.
///
/// # Errors
/// `invalid_field`, `conflict`.
pub async fn rename(visit: &Visit<'_>, name: &str) -> Result<User, Problem> {
    let name = check_name(name)?;
    let live = visit.session()?;
    let (core, tenant) = (visit.core, &visit.site.tenant.id);
    let mut write = core.begin().await?;
    let mut user = users::find(&mut write.tx, tenant, &live.session.user)
        .await?
        .ok_or_else(Problem::not_found)?;
    let before = json!({ "name": user.name });
    user.name = Some(name);
    let now = write.now();
    if !users::update(&mut write.tx, tenant, &user, now).await? {
        return Err(Problem::new(
            Code::Conflict,
            "The account was changed meanwhile. Try again.",
        ));
    }
    write.invalidate(Change::Changed, Scope::User, user.id.as_str());
    let event = Event::new(
        kind::USER_UPDATED,
        Outcome::Success,
        ("user", user.id.as_str()),
    )
    .by_user(&user.id)
    .change(Some(before), Some(json!({ "name": user.name })));
    core.audit(&mut write, tenant, visit.meta, event).await?;
    core.commit(write).await?;
    Ok(user)
}

/// Deletes the account: the row is anonymised, its id never reused.
///
/// # Errors
/// `step_up_required`, and what the provider says.
pub async fn delete(visit: &Visit<'_>) -> Result<(), Problem> {
    require_fresh(visit, "/account").await?;
    let user = visit.session()?.session.user.clone();
    super::operator::delete_user(
        visit.core,
        &visit.site.tenant,
        visit.meta,
        ("user", user.as_str()),
        &user,
    )
    .await
}

/// A page of the person's live sessions with their hosts, newest first.
///
/// # Errors
/// `store_unavailable`.
pub async fn list_sessions(
    visit: &Visit<'_>,
    before: &str,
    limit: i64,
) -> Result<Vec<(Session, Vec<String>)>, Problem> {
    let live = visit.session()?;
    let (db, tenant) = (&visit.core.db, &visit.site.tenant.id);
    let now = visit.core.now();
    let found = sessions::list_of_user(db, tenant, &live.session.user, before, limit, now).await?;
    let mut all = Vec::with_capacity(found.len());
    for session in found {
        let hosts = sessions::hosts(db, tenant, &session.sid).await?;
        all.push((session, hosts));
    }
    Ok(all)
}

/// Ends one of the person's own sessions.
///
/// # Errors
/// `not_found` for sessions of others as for those that never were.
pub async fn end_session(visit: &Visit<'_>, sid: &Sid) -> Result<(), Problem> {
    let live = visit.session()?;
    let (core, tenant) = (visit.core, &visit.site.tenant.id);
    let found = sessions::find(&core.db, tenant, sid).await?;
    if found.is_none_or(|session| session.user != live.session.user) {
        return Err(Problem::not_found());
    }
    let user = &live.session.user;
    let actor = ("user", user.as_str());
    super::logout::end_sessions(
        core,
        tenant,
        visit.meta,
        actor,
        user,
        Which::One(sid),
        "ended_by_user",
    )
    .await?;
    Ok(())
}

/// Ends all of the person's sessions but this one.
///
/// # Errors
/// `store_unavailable`.
pub async fn end_other_sessions(visit: &Visit<'_>) -> Result<(), Problem> {
    let live = visit.session()?;
    let user = &live.session.user;
    let which = Which::Others(user, &live.session.sid);
    let actor = ("user", user.as_str());
    let tenant = &visit.site.tenant.id;
    super::logout::end_sessions(
        visit.core,
        tenant,
        visit.meta,
        actor,
        user,
        which,
        "ended_by_user",
    )
    .await?;
    Ok(())
}

async fn passkey_home(visit: &Visit<'_>) -> Result<Arc<Configured>, Problem> {
    let none = || {
        Problem::new(
            Code::NotSupportedByUpstream,
            "Passkeys are kept by your identity provider.",
        )
    };
    let offers = visit.core.providers.offers(&visit.site.tenant).await?;
    let offer = methods::pick(&offers, MethodKind::Passkey, None).ok_or_else(none)?;
    offer
        .upstream
        .provider()?
        .credential_admin()
        .ok_or_else(none)?;
    Ok(Arc::clone(&offer.upstream))
}

fn admin(home: &Configured) -> Result<&dyn CredentialAdmin, Problem> {
    home.provider()?
        .credential_admin()
        .ok_or_else(Problem::not_found)
}

/// The person's passkeys; none where the provider keeps them to itself.
///
/// # Errors
/// `upstream_unavailable`.
pub async fn list_passkeys(visit: &Visit<'_>) -> Result<Vec<Credential>, Problem> {
    let live = visit.session()?;
    let home = match passkey_home(visit).await {
        Err(problem) if problem.code == Code::NotSupportedByUpstream => return Ok(Vec::new()),
        other => other?,
    };
    let work = admin(&home)?.list(live.session.user.as_str());
    visit.core.providers.call(&home, "list", work).await
}

/// Can a passkey be added on our page?
pub async fn can_enrol(visit: &Visit<'_>) -> bool {
    passkey_home(visit).await.is_ok()
}

/// Begins adding a passkey: `{"id","public_key"}` or `{"redirect_to"}`.
///
/// # Errors
/// `step_up_required`, `not_supported_by_upstream`.
pub async fn begin_passkey(visit: &Visit<'_>, label: &str) -> Result<Value, Problem> {
    require_fresh(visit, "/account").await?;
    let live = visit.session()?;
    let (core, tenant) = (visit.core, &visit.site.tenant);
    let home = passkey_home(visit).await?;
    let login_name = live
        .user
        .email
        .clone()
        .unwrap_or_else(|| live.session.user.0.clone());
    let request = BeginEnrol {
        kind: MethodKind::Passkey,
        subject: live.session.user.0.clone(),
        display_name: live.user.name.clone().unwrap_or_else(|| login_name.clone()),
        login_name,
        relying_party: visit.relying_party(),
        return_to: tenant.public_url.clone(),
    };
    let work = admin(&home)?.begin_enrol(request);
    let (public_key, state) = match core.providers.call(&home, "enrol", work).await? {
        EnrolStep::Challenge { public_key, state } => (public_key, state),
        EnrolStep::Redirect(url) => return Ok(json!({ "redirect_to": url })),
    };
    let ceremony = Ceremony {
        state,
        label: label.trim().chars().take(80).collect(),
    };
    let bytes = serde_json::to_vec(&ceremony)
        .map_err(|error| Problem::new(Code::Internal, "ceremony").because(error))?;
    let (plain, hash) = core.new_token();
    let sid = live.session.sid.as_str();
    let sealed = core.sealer.seal(place(tenant.id.as_str(), sid), &bytes);
    let mut write = core.begin().await?;
    let now = write.now();
    let purpose = SecretPurpose::Ceremony;
    secrets::create(
        &mut write.tx,
        &tenant.id,
        purpose,
        &hash,
        sealed,
        now,
        now + CEREMONY_MS,
    )
    .await?;
    core.commit(write).await?;
    Ok(json!({ "id": plain.expose(), "public_key": public_key }))
}

/// Sealed for one session: another's ceremony does not open.
fn place<'a>(tenant: &'a str, sid: &'a str) -> Place<'a> {
    Place {
        tenant,
        table: "one_time_secrets",
        column: "ceremony",
        row: sid,
    }
}

/// Finishes adding a passkey.
///
/// # Errors
/// `not_found` for a ceremony that is over or another's, `invalid_credentials`,
/// `duplicate`.
pub async fn finish_passkey(
    visit: &Visit<'_>,
    id: &str,
    credential: Value,
) -> Result<Credential, Problem> {
    let live = visit.session()?;
    let (core, tenant) = (visit.core, &visit.site.tenant);
    let mut write = core.begin().await?;
    let now = write.now();
    let purpose = SecretPurpose::Ceremony;
    let sealed = secrets::consume(&mut write.tx, &tenant.id, purpose, &hash_token(id), now).await?;
    core.commit(write).await?;
    let sealed = sealed.ok_or_else(Problem::not_found)?;
    let place = place(tenant.id.as_str(), live.session.sid.as_str());
    let plain = core
        .sealer
        .open(place, &sealed)
        .map_err(|_| Problem::not_found())?;
    let ceremony: Ceremony = serde_json::from_slice(&plain).map_err(|_| Problem::not_found())?;
    let home = passkey_home(visit).await?;
    let request = FinishEnrol {
        state: ceremony.state,
        credential,
        label: ceremony.label,
    };
    let work = admin(&home)?.finish_enrol(request);
    let stored =
        core.providers
            .call(&home, "enrol", work)
            .await
            .map_err(|problem| match problem.code {
                Code::UpstreamInvalid => Problem::new(
                    Code::InvalidCredentials,
                    "The passkey could not be stored. Try again.",
                ),
                _ => problem,
            })?;
    let event = Event::new(
        kind::PASSKEY_ENROLLED,
        Outcome::Success,
        ("passkey", &stored.id),
    )
    .by_user(&live.session.user);
    core.audit_alone(&tenant.id, visit.meta, event).await;
    Ok(stored)
}

/// Removes a passkey, unless it is the last way in.
///
/// # Errors
/// `step_up_required`, `last_factor`, `not_found`.
pub async fn remove_passkey(visit: &Visit<'_>, id: &str) -> Result<(), Problem> {
    require_fresh(visit, "/account").await?;
    let live = visit.session()?;
    let user = &live.session.user;
    let ways = methods::open_to(visit, user).await?;
    let passkeys = list_passkeys(visit).await?;
    let others = ways.iter().any(|(kind, _)| *kind != MethodKind::Passkey);
    if passkeys.len() <= 1 && !others && passkeys.iter().any(|p| p.id == id) {
        return Err(Problem::new(
            Code::LastFactor,
            "Add another way to sign in before you remove this one.",
        ));
    }
    let home = passkey_home(visit).await?;
    let work = admin(&home)?.remove(user.as_str(), id);
    visit.core.providers.call(&home, "remove", work).await?;
    let event = Event::new(kind::PASSKEY_REMOVED, Outcome::Success, ("passkey", id)).by_user(user);
    visit
        .core
        .audit_alone(&visit.site.tenant.id, visit.meta, event)
        .await;
    // A passkey in the wrong hands may have opened others of these sessions.
    end_other_sessions(visit).await
}

/// The person's identity links.
///
/// # Errors
/// `store_unavailable`.
pub async fn list_identities(visit: &Visit<'_>) -> Result<Vec<IdentityLink>, Problem> {
    let live = visit.session()?;
    Ok(links::list(&visit.core.db, &visit.site.tenant.id, &live.session.user).await?)
}

/// Removes one of the person's links, unless it is the last way in.
///
/// # Errors
/// `step_up_required`, `last_factor`, `not_found`.
pub async fn unlink(visit: &Visit<'_>, id: &str) -> Result<(), Problem> {
    require_fresh(visit, "/account").await?;
    let live = visit.session()?;
    let (core, tenant, user) = (visit.core, &visit.site.tenant.id, &live.session.user);
    let all = list_identities(visit).await?;
    let doomed = all
        .iter()
        .find(|link| link.id == id)
        .ok_or_else(Problem::not_found)?;
    let offers = core.providers.offers(&visit.site.tenant).await?;
    let opens = |link: &IdentityLink| match link.kind {
        LinkKind::Email => offers.iter().any(|o| o.kind == MethodKind::EmailCode),
        _ => offers.iter().any(|o| o.upstream.row.issuer == link.issuer),
    };
    if !all.iter().any(|link| link.id != doomed.id && opens(link)) {
        return Err(Problem::new(
            Code::LastFactor,
            "Link another way to sign in before you remove this one.",
        ));
    }
    let mut write = core.begin().await?;
    links::delete(&mut write.tx, tenant, user, id).await?;
    let event = Event::new(
        kind::IDENTITY_UNLINKED,
        Outcome::Success,
        ("user", user.as_str()),
    )
    .by_user(user)
    .detail(json!({ "kind": doomed.kind, "issuer": doomed.issuer, "subject": doomed.subject }));
    core.audit(&mut write, tenant, visit.meta, event).await?;
    core.commit(write).await?;
    // As with a passkey: what was taken away may have opened others of these sessions.
    end_other_sessions(visit).await
}

/// Switches the active organization; the new cookie value.
///
/// # Errors
/// `not_found` when the person is no member of it.
pub async fn switch_org(visit: &Visit<'_>, wanted: Option<&str>) -> Result<String, Problem> {
    let live = visit.session()?;
    let (core, tenant) = (visit.core, &visit.site.tenant.id);
    let org = match wanted {
        None => None,
        Some(wanted) => {
            let all = crate::store::orgs::memberships(&core.db, tenant, &live.session.user).await?;
            let found = all
                .into_iter()
                .find(|m| m.org.as_str() == wanted || m.slug == wanted);
            Some(found.ok_or_else(Problem::not_found)?.org)
        }
    };
    let mut write = core.begin().await?;
    let sid = live.session.sid.clone();
    if !sessions::set_org(&mut write.tx, tenant, &sid, org.as_ref()).await? {
        return Err(Problem::new(
            Code::Unauthenticated,
            "The session has ended. Sign in again.",
        ));
    }
    write.invalidate(Change::Changed, Scope::Session, sid.as_str());
    let cookie = sign_in::rotate_cookie(visit, &mut write, &sid).await?;
    let event = Event::new(
        kind::SESSION_CHANGED,
        Outcome::Success,
        ("user", live.session.user.as_str()),
    )
    .by_user(&live.session.user)
    .detail(json!({ "org": org }));
    core.audit(&mut write, tenant, visit.meta, event).await?;
    core.commit(write).await?;
    Ok(cookie)
}
