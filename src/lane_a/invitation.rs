//! Taking an invitation: only by whoever proves its address to us, and only once.

use laneway_contract::MethodKind;
use serde_json::json;

use super::flow::Begin;
use super::{Visit, account, begin, limits, sso, submit};
use crate::audit::{Event, Outcome, kind};
use crate::authz::{Authority, OperatorRole, Scope as Place};
use crate::core::hash_token;
use crate::domain::flow::{Flow, FlowPurpose, Proof};
use crate::domain::invitation::{Invitation, InvitationState, Invited};
use crate::domain::return_to::ReturnTo;
use crate::domain::tenant::Signup;
use crate::domain::user::{LinkKind, UserState};
use crate::domain::{Code, Email, Problem, UserId};
use crate::store::invalidations::{Change, Scope};
use crate::store::orgs::OrgState;
use crate::store::{Write, invitations, links, members, operators, orgs, users};

use super::submit::Submitted;

/// An invitation as its page shows it.
pub struct Shown {
    /// The row.
    pub invitation: Invitation,
    /// What has become of it.
    pub state: InvitationState,
    /// The organization's name; none: the tenant.
    pub organization: Option<String>,
}

/// Who looks at an invitation, as far as it goes.
pub enum Looker {
    /// Nobody is signed in.
    Stranger,
    /// Their confirmed address is the invitation's.
    Invited,
    /// They have no confirmed address yet: they may confirm the invitation's.
    Unproven,
    /// Their confirmed address is another.
    Other,
}

/// Looks at an invitation; looking consumes nothing, as mail scanners look too.
///
/// # Errors
/// `not_found` for values that were never one, `rate_limited`.
pub async fn look(visit: &Visit<'_>, token: &str) -> Result<Shown, Problem> {
    limits::callback(visit.core, &visit.meta.ip).await?;
    let (db, tenant) = (&visit.core.db, &visit.site.tenant.id);
    let found = invitations::find_by_hash(db, tenant, &hash_token(token)).await?;
    let invitation = found.ok_or_else(|| {
        // Inviting somebody again makes a new value; the old one is known to nobody.
        Problem::new(
            Code::NotFound,
            "This link opens nothing. Take the newest mail with an invitation, or ask whoever invited you for another one.",
        )
    })?;
    let organization = match &invitation.org {
        Some(org) => orgs::find(db, tenant, org.as_str()).await?,
        None => None,
    };
    Ok(Shown {
        state: invitation.state(visit.core.now()),
        organization: organization.map(|org| org.name),
        invitation,
    })
}

/// How the session's person stands to an invitation. Only an address that was proven to us
/// counts, never a provider's word; but an organization's own provider may say who its people
/// are, for addresses in a domain that the organization has proven.
///
/// # Errors
/// `store_unavailable`.
pub async fn looker(visit: &Visit<'_>, invitation: &Invitation) -> Result<Looker, Problem> {
    let Some(live) = &visit.live else {
        return Ok(Looker::Stranger);
    };
    let (db, tenant) = (&visit.core.db, &visit.site.tenant.id);
    let all = links::list(db, tenant, &live.session.user).await?;
    let mut proven = all.iter().filter(|link| link.kind == LinkKind::Email);
    if proven.clone().any(|link| link.subject == invitation.email) {
        return Ok(Looker::Invited);
    }
    let theirs = live
        .session
        .within()
        .is_some_and(|org| invitation.org.as_ref() == Some(org));
    if theirs {
        let user = users::find(db, tenant, &live.session.user).await?;
        let vouched = user.is_some_and(|user| {
            user.email_verified && user.email.as_deref() == Some(invitation.email.as_str())
        });
        if vouched {
            return Ok(Looker::Invited);
        }
    }
    Ok(match proven.next() {
        // Whom an organization's provider vouches for changes nothing about their account.
        None if live.session.within().is_none() => Looker::Unproven,
        _ => Looker::Other,
    })
}

/// Begins what a stranger needs to take an invitation: a code to its address, which makes the
/// account or opens the one that there is; or, where people sign in at a provider's own page,
/// that page, after which the address is confirmed here.
///
/// # Errors
/// `not_found`, `expired`, `rate_limited`, and those of flows.
pub async fn start(visit: &Visit<'_>, token: &str) -> Result<Submitted, Problem> {
    let shown = look(visit, token).await?;
    if shown.state != InvitationState::Pending {
        return Err(over());
    }
    let tenant = &visit.site.tenant;
    let primary = visit.core.providers.primary(tenant).await?;
    let email = shown.invitation.email;
    // A code to this address would open nothing: its organization wants its own provider.
    let back = format!("/invitations/{token}");
    sso::refuse(visit, &email, &back).await?;
    let invited = Invited {
        hash: hash_token(token).to_vec(),
        email: email.clone(),
    };
    let mut request;
    if primary.redirects() {
        request = Begin::login(ReturnTo::own(format!("/invitations/{token}")));
        request.invitation = Some(invited);
        let flow = begin(visit, request).await?;
        let connection = json!({ "connection": primary.row.slug });
        return submit(visit, &flow.id, "redirect", &connection).await;
    }
    if visit.core.mailer.from().is_none() {
        let text = "No mail can be sent here, so no address can be confirmed.";
        return Err(Problem::new(Code::Conflict, text));
    }
    request = Begin::login(ReturnTo::own("/account?done=joined"));
    request.purpose = FlowPurpose::Signup;
    request.username = Some(email);
    request.invitation = Some(invited);
    let flow = begin(visit, request).await?;
    submit(visit, &flow.id, "email-code", &json!({})).await
}

/// May a flow that an invitation began make an account? Only for whoever proved the address
/// by code, or, where a provider signs people in, for the one whom it calls by that address:
/// a link that was passed on lets nobody else in. That claim is no proof of the address.
pub(super) fn lets_in(visit: &Visit<'_>, flow: &Flow, proof: &Proof) -> bool {
    let Some(invited) = &flow.state.invitation else {
        return flow.state.invited;
    };
    let shown = proof.identity.email.as_deref().and_then(Email::parse);
    visit.site.tenant.signup != Signup::Closed
        && shown.is_some_and(|email| email.as_str() == invited.email)
}

/// At the end of a flow: takes the invitation if this flow proved its address.
///
/// # Errors
/// `expired` when it is over by now; the transaction must then be given up.
pub(super) async fn finish(
    visit: &Visit<'_>,
    write: &mut Write,
    flow: &Flow,
    user: &UserId,
) -> Result<(), Problem> {
    let Some(invited) = &flow.state.invitation else {
        return Ok(());
    };
    let proven = flow.state.proofs.iter().any(|proof| {
        let shown = proof.identity.email.as_deref().and_then(Email::parse);
        proof.method == MethodKind::EmailCode
            && shown.is_some_and(|email| email.as_str() == invited.email)
    });
    if !proven {
        // The page of the invitation goes on from here.
        return Ok(());
    }
    take(visit, write, invited, user).await
}

/// Takes an invitation for the session's person, whose confirmed address it is.
///
/// # Errors
/// `denied` for other accounts, `expired`, `not_found`.
pub async fn accept(visit: &Visit<'_>, token: &str) -> Result<(), Problem> {
    let shown = look(visit, token).await?;
    let user = visit.session()?.session.user.clone();
    match looker(visit, &shown.invitation).await? {
        Looker::Invited => {}
        _ => return Err(not_yours()),
    }
    let invited = Invited {
        hash: hash_token(token).to_vec(),
        email: shown.invitation.email,
    };
    let mut write = visit.core.begin().await?;
    take(visit, &mut write, &invited, &user).await?;
    visit.core.commit(write).await?;
    Ok(())
}

/// Sends a code to the invitation's address, for somebody who has no confirmed address yet.
///
/// # Errors
/// `denied` for whoever has another, and those of the change of an address.
pub async fn ask(visit: &Visit<'_>, token: &str) -> Result<(), Problem> {
    let shown = look(visit, token).await?;
    if shown.state != InvitationState::Pending {
        return Err(over());
    }
    match looker(visit, &shown.invitation).await? {
        Looker::Unproven => {}
        _ => return Err(not_yours()),
    }
    let back = format!("/invitations/{token}");
    account::require_fresh(visit, &back).await?;
    account::begin_email_change(visit, &shown.invitation.email).await?;
    Ok(())
}

/// The code from the invitation's address: it becomes the account's, and the invitation is
/// taken.
///
/// # Errors
/// As [`account::confirm_email_change`] and [`accept`].
pub async fn confirm(visit: &Visit<'_>, token: &str, code: &str) -> Result<(), Problem> {
    let shown = look(visit, token).await?;
    if shown.state != InvitationState::Pending {
        return Err(over());
    }
    // The code must be the one for this address, not for another that is being moved to.
    let pending = account::pending_email(visit).await?;
    if pending.is_none_or(|pending| pending.email != shown.invitation.email) {
        let text = "This code is over. Ask for a new one.";
        return Err(Problem::new(Code::Expired, text));
    }
    account::confirm_email_change(visit, code).await?;
    accept(visit, token).await
}

fn over() -> Problem {
    let text = "This invitation is over. Ask whoever invited you for another.";
    Problem::new(Code::Expired, text)
}

fn not_yours() -> Problem {
    Problem::new(
        Code::Denied,
        "This invitation is for another address than yours. Sign out and open it again.",
    )
}

/// The one conditional statement, and what it grants, in the caller's transaction.
async fn take(
    visit: &Visit<'_>,
    write: &mut Write,
    invited: &Invited,
    user: &UserId,
) -> Result<(), Problem> {
    let (core, tenant) = (visit.core, &visit.site.tenant.id);
    let now = write.now();
    let taken = invitations::accept(
        &mut write.tx,
        tenant,
        &invited.hash,
        &invited.email,
        user,
        now,
    )
    .await?
    .ok_or_else(over)?;
    // Switched off since the session was looked up.
    let found = users::find(&mut write.tx, tenant, user).await?;
    if found.is_none_or(|user| user.state != UserState::Active) {
        let text = "This account is switched off. Ask your administrator.";
        return Err(Problem::new(Code::Denied, text));
    }
    let given = match &taken.org {
        Some(_) => join(visit, write, &taken, user).await?,
        None => {
            appoint(visit, write, &taken, user).await?;
            taken.roles.clone()
        }
    };
    write.invalidate(Change::Changed, Scope::User, user.as_str());
    let target = ("invitation", taken.id.as_str());
    let mut event = Event::new(kind::INVITATION_ACCEPTED, Outcome::Success, target)
        .by_user(user)
        .detail(json!({ "email": taken.email, "roles": given, "promised": taken.roles }));
    if let Some(org) = &taken.org {
        event = event.org(org.as_str());
    }
    core.audit(write, tenant, visit.meta, event).await?;
    Ok(())
}

/// The roles of operators that an invitation to the tenant promised, over this tenant.
async fn appoint(
    visit: &Visit<'_>,
    write: &mut Write,
    taken: &Invitation,
    user: &UserId,
) -> Result<(), Problem> {
    let (core, tenant) = (visit.core, &visit.site.tenant.id);
    let now = write.now();
    let roles = taken
        .roles
        .iter()
        .filter_map(|role| OperatorRole::parse(role));
    for role in roles.map(OperatorRole::as_str) {
        let (id, principal) = (core.new_id(), ("user", user.as_str()));
        operators::grant(&mut write.tx, &id, principal, role, Some(tenant), now).await?;
        let target = ("user", user.as_str());
        let event = Event::new(kind::OPERATOR_APPOINTED, Outcome::Success, target)
            .by_user(user)
            .detail(
                json!({ "role": role, "scope": "tenant", "tenant": tenant, "org": null,
                            "source": "invitation" }),
            )
            .change(None, Some(json!({ "role": role })));
        core.audit(write, tenant, visit.meta, event).await?;
    }
    Ok(())
}

/// What whoever invited may do by now; `None` for tokens and terminals, which are no people.
async fn giver(visit: &Visit<'_>, taken: &Invitation) -> Result<Option<Authority>, Problem> {
    let Some(id) = taken.invited_by.strip_prefix("user:") else {
        return Ok(None);
    };
    let user = UserId(id.to_owned());
    let found = visit.core.authority_of(&visit.site.tenant.id, &user).await;
    Ok(Some(found?))
}

/// Makes them a member; the roles that they got.
async fn join(
    visit: &Visit<'_>,
    write: &mut Write,
    taken: &Invitation,
    user: &UserId,
) -> Result<Vec<String>, Problem> {
    let (core, tenant) = (visit.core, &visit.site.tenant.id);
    let Some(org) = &taken.org else {
        return Ok(Vec::new());
    };
    let now = write.now();
    let found = orgs::find(&mut write.tx, tenant, org.as_str()).await?;
    if found.is_none_or(|org| org.state != OrgState::Active) {
        let text = "This organization is switched off. Ask whoever invited you.";
        return Err(Problem::new(Code::Denied, text));
    }
    let id = core.new_id();
    let membership = orgs::add_member(&mut write.tx, tenant, org, user, &id, now).await?;
    // A role that was removed since grants nothing, not even when it comes back; nor one that
    // whoever invited may not give any more.
    let defined = orgs::roles(&mut write.tx, tenant, org).await?;
    let giver = giver(visit, taken).await?;
    let there = Place::Org(tenant.clone(), org.clone());
    let known = |role: &&String| {
        let found = defined.iter().find(|(slug, _)| slug == *role);
        found.is_some_and(|(_, words)| {
            let words = words.iter().map(String::as_str);
            giver
                .as_ref()
                .is_none_or(|giver| giver.covers_words(words, &there))
        })
    };
    let given: Vec<String> = taken.roles.iter().filter(known).cloned().collect();
    for role in &given {
        let grant = orgs::NewGrant {
            id: &core.new_id(),
            membership: &membership,
            role,
            source: "invitation",
            source_id: &taken.id,
        };
        orgs::add_grant(&mut write.tx, tenant, &grant, now).await?;
    }
    members::bump(&mut write.tx, tenant, &membership).await?;
    let event = Event::new(
        kind::MEMBER_CHANGED,
        Outcome::Success,
        ("user", user.as_str()),
    )
    .by_user(user)
    .org(org.as_str())
    .detail(json!({ "roles": given, "source": "invitation" }));
    core.audit(write, tenant, visit.meta, event).await?;
    Ok(given)
}
