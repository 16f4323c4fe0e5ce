//! The way to a provider's page for one's own credentials, and back.
//!
//! Nobody is signed in by it: the session that it was begun in stays what it was, no stronger and
//! no younger. What the browser brings back only says who was there; whether they did anything is
//! asked of the provider.

use laneway_contract::{BeginRedirect, UpstreamIdentity};
use serde_json::json;

use super::account::{self, actions, credentials};
use super::factors::{self, Changed};
use super::submit::{Submitted, count_login};
use super::{Visit, flow, sign_in};
use crate::audit::{Event, Outcome, kind};
use crate::domain::errand::{Done, Errand};
use crate::domain::flow::{Flow, Private, Step};
use crate::domain::return_to::ReturnTo;
use crate::domain::{Code, Problem};
use crate::providers::Configured;

/// Sends the browser there.
///
/// # Errors
/// Those of stores and providers.
pub(super) async fn start(
    visit: &Visit<'_>,
    flow: &mut Flow,
    upstream: &Configured,
    errand: Errand,
) -> Result<(), Problem> {
    let (nonce, _) = visit.core.new_token();
    let request = BeginRedirect {
        redirect_uri: upstream.callback(&visit.site.tenant)?,
        state: format!("{}.{}", flow.id, nonce.expose()),
        login_hint: flow.state.username.clone(),
        prompt: None,
        acr: None,
        max_age: None,
        ui_locales: visit.ui_locales.clone(),
    };
    let work = actions(upstream)?.begin(request, &errand.action);
    let target = visit.core.providers.call(upstream, "begin", work).await?;
    flow.state.step = Step::Redirect {
        upstream: upstream.row.id.clone(),
        state: target.state,
        url: Private(target.url.into()),
        nonce: Private(nonce.expose().to_owned()),
    };
    flow.state.errand = Some(Box::new(errand));
    flow::save(visit.core, flow).await
}

/// Judges what became of it, when the provider has said who was there.
///
/// # Errors
/// `denied` for another person, and those of stores.
pub(super) async fn finish(
    visit: &Visit<'_>,
    mut flow: Flow,
    upstream: &Configured,
    identity: &UpstreamIdentity,
) -> Result<Submitted, Problem> {
    let errand = flow.state.errand.clone().ok_or_else(Problem::not_found)?;
    if identity.issuer != upstream.row.issuer || identity.subject != errand.subject {
        return Err(another_person(visit, &mut flow, upstream).await);
    }
    carry_on(visit, upstream, identity).await?;
    let after = credentials(visit, upstream, &errand.subject).await;
    let word = match after.map(|after| errand.seen(&after)) {
        // They are back and signed in; what the provider cannot say now the page says later.
        Err(problem) => {
            tracing::warn!(source = problem.source, "an errand's outcome was not seen");
            "there-unseen"
        }
        Ok(None) => "there-nothing",
        Ok(Some((done, id))) => {
            tell(visit, upstream, done, &id).await?;
            word(done)
        }
    };
    over(visit, flow, word).await
}

/// They turned back.
///
/// # Errors
/// `store_unavailable`.
pub(super) async fn turned_back(visit: &Visit<'_>, flow: Flow) -> Result<Submitted, Problem> {
    over(visit, flow, "there-nothing").await
}

async fn over(visit: &Visit<'_>, mut flow: Flow, word: &str) -> Result<Submitted, Problem> {
    let back = flow.state.return_to.with_query("done", word);
    flow.state.return_to = ReturnTo::own(back);
    flow.state.step = Step::Done;
    let mut write = visit.core.begin().await?;
    flow::save_in(visit.core, &mut write, &mut flow, "done").await?;
    visit.core.commit(write).await?;
    Ok(Submitted::Done {
        flow: Box::new(flow),
        cookies: None,
    })
}

/// What the page says afterwards.
fn word(done: Done) -> &'static str {
    match done {
        Done::PasswordSet | Done::PasswordChanged => "password",
        Done::TotpAdded => "there-totp",
        Done::PasskeyAdded => "added",
        Done::RecoveryCodesMade => "there-codes",
        Done::TotpRemoved | Done::PasskeyRemoved => "removed",
    }
}

/// As for what is kept here: the record, the mail, and an end to sessions that what is gone may
/// have opened. The one that it was done in stays.
async fn tell(
    visit: &Visit<'_>,
    upstream: &Configured,
    done: Done,
    id: &str,
) -> Result<(), Problem> {
    let user = &visit.session()?.session.user;
    let (change, target) = match done {
        Done::PasswordSet => (Changed::PasswordSet, user.as_str()),
        Done::PasswordChanged => (Changed::PasswordChanged, user.as_str()),
        Done::RecoveryCodesMade => (Changed::RecoveryCodesMade, user.as_str()),
        Done::TotpAdded => (Changed::TotpAdded, id),
        Done::TotpRemoved => (Changed::TotpRemoved, id),
        Done::PasskeyAdded => (Changed::PasskeyAdded, id),
        Done::PasskeyRemoved => (Changed::PasskeyRemoved, id),
    };
    factors::changed_at(visit, user, (change, target), &upstream.row.slug).await;
    match done {
        Done::TotpAdded | Done::PasskeyAdded | Done::RecoveryCodesMade => Ok(()),
        Done::PasswordSet | Done::PasswordChanged | Done::TotpRemoved | Done::PasskeyRemoved => {
            account::end_other_sessions(visit).await
        }
    }
}

/// They may have had to sign in there anew, where their session had run out: from now on it is
/// that one which this session hangs on, or the end of the old one would end it. A new password
/// ends all but the session that it was chosen in.
async fn carry_on(
    visit: &Visit<'_>,
    upstream: &Configured,
    identity: &UpstreamIdentity,
) -> Result<(), Problem> {
    let live = visit.session()?;
    let tie = live.session.upstream.as_ref();
    let same = tie.filter(|tie| tie.id == upstream.row.id && tie.subject == identity.subject);
    let (Some(tie), Some(kept)) = (same, &identity.session) else {
        return Ok(());
    };
    if kept.sid.is_none() || kept.sid == tie.sid {
        return Ok(());
    }
    sign_in::hang_on(visit, tie, kept).await
}

async fn another_person(visit: &Visit<'_>, flow: &mut Flow, upstream: &Configured) -> Problem {
    let event = Event::new(
        kind::LOGIN_DENIED,
        Outcome::Denied,
        ("flow", flow.id.as_str()),
    )
    .detail(json!({
        "purpose": flow.purpose, "method": "redirect", "upstream": upstream.row.slug,
        "reason": "other_person",
    }));
    let tenant = &visit.site.tenant.id;
    visit.core.audit_alone(tenant, visit.meta, event).await;
    count_login("redirect", "denied", &upstream.row.slug);
    let outcome = async {
        let mut write = visit.core.begin().await?;
        flow::save_in(visit.core, &mut write, flow, "denied").await?;
        visit.core.commit(write).await?;
        Ok::<_, Problem>(())
    };
    match outcome.await {
        Ok(()) => Problem::new(
            Code::Denied,
            "Somebody else is signed in at the identity provider than here. Nothing of your account was changed. Sign out there, then try again.",
        )
        .with("refusal", "other_person"),
        Err(problem) => problem,
    }
}
