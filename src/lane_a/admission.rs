//! What an organization asks of whoever acts in it: at the switch, at the end of a sign-in, and
//! at every call and page of it.
//!
//! Owns: what a session has shown towards an organization, and the words for what it lacks.
//! Must not know: the judgement (`domain::admission`).

use laneway_contract::Acr;
use serde_json::json;

use super::finish::Outcome;
use super::{Visit, emergency, methods, sso};
use crate::audit::{self, Event, kind};
use crate::core::Core;
use crate::domain::admission::{Admission, Demands, Standing, judge};
use crate::domain::flow::Flow;
use crate::domain::session::Session;
use crate::domain::user::LinkKind;
use crate::domain::{Code, ConnectionId, OrgId, Problem, UserId};
use crate::store::invalidations::{Change, Scope};
use crate::store::{Write, admissions, break_glass, links};

/// How a session stands towards an organization.
///
/// # Errors
/// `store_unavailable`.
pub(super) async fn of_session(
    visit: &Visit<'_>,
    session: &Session,
    org: &OrgId,
) -> Result<Admission, Problem> {
    of(visit.core, session, org).await
}

/// The same where nobody visits: something goes on in a session's name.
///
/// # Errors
/// `store_unavailable`.
pub(super) async fn of(core: &Core, session: &Session, org: &OrgId) -> Result<Admission, Problem> {
    let (db, tenant) = (&core.db, &session.tenant);
    let demands = admissions::demands(db, tenant, org).await?;
    if demands == Demands::default() {
        return Ok(Admission::Open);
    }
    let word = admissions::vouched(db, tenant, &session.sid, org).await?;
    let standing = Standing {
        acr: word.map_or(session.acr, |acr| acr.max(session.acr)),
        vouched: word.is_some() || session.within() == Some(org),
        emergency: break_glass::is_one(db, tenant, org, &session.user).await?,
    };
    Ok(judge(&demands, standing))
}

/// A sign-in that does not come up to what an organization asks begins outside of it; the
/// switch says what is lacking. Whoever asked for an organization by name hears it at once,
/// where it wants its own provider.
///
/// # Errors
/// `sso_required` with `start_url`, `store_unavailable`.
pub(super) async fn admit(
    visit: &Visit<'_>,
    flow: &Flow,
    outcome: &mut Outcome,
    by_own: bool,
) -> Result<(), Problem> {
    let Some(org) = &outcome.org else {
        return Ok(());
    };
    let tenant = &visit.site.tenant.id;
    let demands = admissions::demands(&visit.core.db, tenant, org).await?;
    let named = outcome.emergency.as_ref();
    let standing = Standing {
        acr: outcome.acr,
        vouched: by_own,
        emergency: named.is_some_and(|sso| sso.org == *org),
    };
    match judge(&demands, standing) {
        Admission::Open | Admission::Emergency(_) => {}
        Admission::Sso(own) if flow.state.demand.org.is_some() => {
            return Err(sso::to_start(visit, sso::refusal(), &own, None));
        }
        Admission::Sso(_) | Admission::StepUp(_) => outcome.org = None,
    }
    Ok(())
}

/// Refuses what the organization does not let in, with the way on, which comes back to `back`;
/// answers the provider that somebody gets in past.
///
/// # Errors
/// `sso_required` with `start_url`, `step_up_required`, `not_supported_by_upstream` where no
/// proof of theirs is strong enough.
pub(super) async fn require(
    visit: &Visit<'_>,
    session: &Session,
    admission: Admission,
    back: Option<&str>,
) -> Result<Option<ConnectionId>, Problem> {
    match admission {
        Admission::Open => Ok(None),
        Admission::Emergency(past) => Ok(Some(past)),
        Admission::Sso(own) => Err(wants_own(visit, &session.user, &own, back).await?),
        Admission::StepUp(acr) => Err(wants_more(visit, session, acr, back).await?),
    }
}

/// The way to the provider; `linked` says whether it knows the person, or has to be added to
/// their account first.
async fn wants_own(
    visit: &Visit<'_>,
    user: &UserId,
    own: &ConnectionId,
    back: Option<&str>,
) -> Result<Problem, Problem> {
    let all = links::list(&visit.core.db, &visit.site.tenant.id, user).await?;
    let source = own.as_source();
    let linked = all
        .iter()
        .any(|link| link.kind == LinkKind::Connection && link.source.as_ref() == Some(&source));
    let problem = sso::refusal().with("linked", linked);
    Ok(sso::to_start(visit, problem, own, back))
}

async fn wants_more(
    visit: &Visit<'_>,
    session: &Session,
    acr: Acr,
    back: Option<&str>,
) -> Result<Problem, Problem> {
    if methods::expected(visit, session).await? < acr {
        return Ok(Problem::new(
            Code::NotSupportedByUpstream,
            "This organization asks for more proof than your account can give. Add a passkey or an authenticator app first.",
        ));
    }
    let mut query = url::form_urlencoded::Serializer::new(String::new());
    query.append_pair("acr_values", acr.as_str());
    if let Some(back) = back {
        query.append_pair("return_to", back);
    }
    let path = format!("/bff/login?{}", query.finish());
    let text = "This organization asks for more proof that it is you.";
    Ok(Problem::new(Code::StepUpRequired, text)
        .with("acr_values", vec![acr.as_str()])
        .with("step_up_url", visit.site.tenant.address(&path)))
}

/// Lets a session that acts in an organization past its provider end within the hour, however
/// long it was to last.
///
/// # Errors
/// `store_unavailable`.
pub(super) async fn shorten(write: &mut Write, session: &Session) -> Result<(), Problem> {
    let end = write.now() + emergency::SESSION_MS;
    if admissions::end_by(&mut write.tx, &session.tenant, &session.sid, end).await? {
        write.invalidate(Change::Changed, Scope::Session, session.sid.as_str());
    }
    Ok(())
}

/// Notes that somebody acts in an organization past its enforced provider; `by` is how they came.
///
/// # Errors
/// `store_unavailable`.
pub(super) async fn note_emergency(
    visit: &Visit<'_>,
    write: &mut Write,
    (user, acr): (&UserId, Acr),
    (org, past): (&OrgId, &ConnectionId),
    by: &'static str,
) -> Result<(), Problem> {
    let (tenant, now) = (&visit.site.tenant.id, write.now());
    break_glass::note_use(&mut write.tx, tenant, org, user, now).await?;
    let target = ("user", user.as_str());
    let event = Event::new(kind::BREAK_GLASS_USED, audit::Outcome::Success, target)
        .by_user(user)
        .org(org.as_str())
        .detail(json!({ "connection": past, "acr": acr, "by": by }));
    visit.core.audit(write, tenant, visit.meta, event).await?;
    Ok(())
}
