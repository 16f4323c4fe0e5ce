//! Inviting people: to the tenant, or into one of its organizations.
//!
//! An invitation is a promise of roles: whoever makes, renews or takes one back must stand at
//! least as high as what it promises.

use serde_json::json;

use super::super::limits;
use super::super::mail::{self, NoteMail};
use super::members::{known, require_covered};
use super::{Act, check_version};
use crate::audit::{Event, Outcome, kind};
use crate::authz::{Grant, OperatorRole, Permission, Scope};
use crate::core::PlainToken;
use crate::domain::invitation::{Invitation, InvitationState, MEMBER};
use crate::domain::tenant::Signup;
use crate::domain::{Code, Email, OrgId, Problem};
use crate::store::orgs::{OrgState, Organization};
use crate::store::{Write, invitations};

/// How long a link is good.
const LIFE_MS: i64 = 7 * 24 * 3_600_000;
const MAX_ROLES: usize = 20;

/// Whom to invite, and to what.
pub struct Invite<'a> {
    /// The only address by which it can be taken.
    pub email: &'a str,
    /// Roles in the organization; over the tenant: `member` or those of operators.
    pub roles: Vec<String>,
    /// Into this organization; none: the tenant.
    pub org: Option<&'a Organization>,
}

/// An invitation with the address of its page, which is shown once.
pub struct Made {
    /// The row.
    pub invitation: Invitation,
    /// Its page; nothing for whoever may send it again and not invite: whoever has the link can
    /// be whom it is for.
    pub url: Option<String>,
}

/// Invites somebody and sends them the link, where mail is configured. What was open for the
/// same address and place is taken back.
///
/// # Errors
/// `invalid_field`, `forbidden` for roles above the caller, `rate_limited`, `conflict` where
/// nobody may come in.
pub async fn invite(act: &Act<'_>, wanted: Invite<'_>) -> Result<Made, Problem> {
    let (core, tenant) = (act.core, act.tenant);
    let email = Email::parse(wanted.email)
        .ok_or_else(|| Problem::field("/email", "invalid_email", "Give a full email address."))?;
    let roles = tidy(wanted.roles)?;
    if wanted.org.is_none() && tenant.signup == Signup::Closed {
        let text = "Sign-up is closed here. Let in whoever is invited first.";
        return Err(Problem::new(Code::Conflict, text));
    }
    open(wanted.org)?;
    let org = wanted.org.map(|org| &org.id);
    let mut look = core.begin().await?;
    check_roles(act, &mut look, org, &roles).await?;
    // What it replaces is taken back by this caller: they must stand above that, too.
    let old = invitations::find_open(&mut look.tx, &tenant.id, org, email.as_str()).await?;
    if let Some(old) = &old {
        promised(act, &mut look, old).await?;
    }
    drop(look);
    if org.is_some() && !act.by.is_operator_of(&tenant.id) {
        limits::invited(core, act.by.actor()).await?;
    }
    mail_allowed(act, email.as_str()).await?;
    let (plain, hash) = core.new_token();
    let mut write = core.begin().await?;
    // Asked again under the lock: somebody above may have invited the same address meanwhile.
    check_roles(act, &mut write, org, &roles).await?;
    let now = write.now();
    let (actor, id) = act.by.actor();
    let invitation = Invitation {
        id: core.new_id(),
        org: org.cloned(),
        email: email.as_str().to_owned(),
        roles,
        invited_by: format!("{actor}:{id}"),
        created_at: now,
        sent_at: now,
        expires_at: now + LIFE_MS,
        revoked_at: None,
        accepted_at: None,
        accepted_by: None,
    };
    let tx = &mut write.tx;
    if let Some(old) = &old {
        invitations::revoke(tx, &tenant.id, &old.id, now).await?;
    }
    invitations::create(tx, &tenant.id, &invitation, &hash).await?;
    let place = wanted.org.map(|org| org.name.as_str());
    let made = send(act, &mut write, invitation, place, &plain).await?;
    let event = event(kind::INVITATION_CREATED, &made.invitation);
    act.audit(&mut write, event).await?;
    core.commit(write).await?;
    Ok(made)
}

fn tidy(mut roles: Vec<String>) -> Result<Vec<String>, Problem> {
    if roles.len() > MAX_ROLES {
        return Err(Problem::field("/roles", "too_many", "Name fewer roles."));
    }
    roles.sort();
    roles.dedup();
    Ok(roles)
}

fn open(org: Option<&Organization>) -> Result<(), Problem> {
    if org.is_none_or(|org| org.state == OrgState::Active) {
        return Ok(());
    }
    let text = "This organization is switched off.";
    Err(Problem::new(Code::Conflict, text))
}

/// Roles must be defined, and none may be more than the caller is.
async fn check_roles(
    act: &Act<'_>,
    write: &mut Write,
    org: Option<&OrgId>,
    roles: &[String],
) -> Result<(), Problem> {
    let Some(org) = org else {
        for (number, role) in roles.iter().enumerate() {
            if role != MEMBER && OperatorRole::parse(role).is_none() {
                let text = "An invitation to the tenant knows member and the roles of operators.";
                return Err(Problem::field(&format!("/roles/{number}"), "unknown", text));
            }
        }
        return act.by.require_above(&operator_grants(act, roles));
    };
    known(act, write, org, roles).await?;
    let roles: Vec<&str> = roles.iter().map(String::as_str).collect();
    require_covered(act, write, org, &roles).await
}

fn operator_grants(act: &Act<'_>, roles: &[String]) -> Vec<Grant> {
    let there = Scope::Tenant(act.tenant.id.clone());
    roles
        .iter()
        .filter_map(|role| OperatorRole::parse(role))
        .map(|role| Grant::Operator(role, there.clone()))
        .collect()
}

/// The caller must stand above what an invitation promises. A role that was removed since
/// promises nothing.
async fn promised(
    act: &Act<'_>,
    write: &mut Write,
    invitation: &Invitation,
) -> Result<(), Problem> {
    let Some(org) = &invitation.org else {
        return act
            .by
            .require_above(&operator_grants(act, &invitation.roles));
    };
    let roles: Vec<&str> = invitation.roles.iter().map(String::as_str).collect();
    require_covered(act, write, org, &roles).await
}

async fn mail_allowed(act: &Act<'_>, email: &str) -> Result<(), Problem> {
    if limits::unasked_mail_allowed(act.core, &act.tenant.id, "invitation", email).await? {
        return Ok(());
    }
    let text = "This address got many mails in the last hour. Try again later.";
    Err(Problem::new(Code::RateLimited, text).retry_in(600))
}

async fn send(
    act: &Act<'_>,
    write: &mut Write,
    invitation: Invitation,
    org: Option<&str>,
    plain: &PlainToken,
) -> Result<Made, Problem> {
    let (core, tenant) = (act.core, act.tenant);
    let url = tenant.address(&format!("/invitations/{}", plain.expose()));
    if core.mailer.from().is_some() {
        let place = org.unwrap_or(&tenant.name);
        let note = NoteMail::invitation(&tenant.name, place, &url, invitation.expires_at);
        let to = &invitation.email;
        let lang = mail::lang_of(write, &tenant.id, to, act.lang).await?;
        let mut message = mail::note(tenant, lang, to, note);
        message.expires_at = Some(invitation.expires_at);
        mail::enqueue(core, write, tenant, &message, true).await?;
    }
    let url = may_see_link(act, &invitation).then_some(url);
    Ok(Made { invitation, url })
}

/// Inviting to the tenant asks for more than sending again; in an organization both ask for the
/// same.
fn may_see_link(act: &Act<'_>, invitation: &Invitation) -> bool {
    let tenant = Scope::Tenant(act.tenant.id.clone());
    invitation.org.is_some() || act.by.may(Permission::UsersWrite, &tenant)
}

fn event(kind: &'static str, invitation: &Invitation) -> Event {
    let target = ("invitation", invitation.id.as_str());
    let event = Event::new(kind, Outcome::Success, target)
        .detail(json!({ "email": invitation.email, "roles": invitation.roles }));
    match &invitation.org {
        Some(org) => event.org(org.as_str()),
        None => event,
    }
}

/// An invitation of this very place: one of an organization is not found under another.
///
/// # Errors
/// `not_found`.
pub async fn get_invitation(
    act: &Act<'_>,
    org: Option<&OrgId>,
    id: &str,
) -> Result<Invitation, Problem> {
    let found = invitations::find(&act.core.db, &act.tenant.id, id).await?;
    found
        .filter(|invitation| invitation.org.as_ref() == org)
        .ok_or_else(Problem::not_found)
}

/// Sends another link with another life; the one before is dead.
///
/// # Errors
/// `not_found`, `forbidden`, `version_mismatch`, `rate_limited`, `conflict` when it was taken
/// or taken back.
pub async fn resend_invitation(
    act: &Act<'_>,
    org: Option<&Organization>,
    id: &str,
    expected: Option<i64>,
) -> Result<Made, Problem> {
    let core = act.core;
    let mut invitation = get_invitation(act, org.map(|org| &org.id), id).await?;
    check_version(expected, invitation.version())?;
    let state = invitation.state(core.now());
    if !matches!(state, InvitationState::Pending | InvitationState::Expired) {
        return Err(over());
    }
    open(org)?;
    if core.mailer.from().is_none() && !may_see_link(act, &invitation) {
        let text = "No mail is sent here: somebody who may invite has to hand the link over.";
        return Err(Problem::new(Code::Conflict, text));
    }
    let mut look = core.begin().await?;
    promised(act, &mut look, &invitation).await?;
    drop(look);
    mail_allowed(act, &invitation.email).await?;
    let (plain, hash) = core.new_token();
    let mut write = core.begin().await?;
    promised(act, &mut write, &invitation).await?;
    let now = write.now();
    invitation.sent_at = now;
    invitation.expires_at = now + LIFE_MS;
    let (tenant, expires_at) = (&act.tenant.id, invitation.expires_at);
    if !invitations::renew(&mut write.tx, tenant, id, &hash, now, expires_at).await? {
        return Err(over());
    }
    let place = org.map(|org| org.name.as_str());
    let made = send(act, &mut write, invitation, place, &plain).await?;
    let event = event(kind::INVITATION_RESENT, &made.invitation);
    act.audit(&mut write, event).await?;
    core.commit(write).await?;
    Ok(made)
}

fn over() -> Problem {
    let text = "This invitation was accepted or taken back. Make another.";
    Problem::new(Code::Conflict, text)
}

/// Takes an invitation back; its link is dead at once.
///
/// # Errors
/// `not_found`, also for one that was taken or taken back before; `forbidden`,
/// `version_mismatch`.
pub async fn revoke_invitation(
    act: &Act<'_>,
    org: Option<&OrgId>,
    id: &str,
    expected: Option<i64>,
) -> Result<(), Problem> {
    let invitation = get_invitation(act, org, id).await?;
    check_version(expected, invitation.version())?;
    let mut write = act.core.begin().await?;
    promised(act, &mut write, &invitation).await?;
    let now = write.now();
    if !invitations::revoke(&mut write.tx, &act.tenant.id, id, now).await? {
        return Err(Problem::not_found());
    }
    let event = event(kind::INVITATION_REVOKED, &invitation);
    act.audit(&mut write, event).await?;
    act.core.commit(write).await?;
    Ok(())
}
