//! From a request and a person to a code.

use laneway_contract::{Acr, Prompt};
use serde::{Deserialize, Serialize};
use serde_json::json;

use super::entry::{self, Entry};
use super::request::{Asked, Back};
use super::{Fault, consent, waiting};
use crate::audit::{Event, Outcome, kind};
use crate::domain::app::App;
use crate::domain::scope::Scope;
use crate::domain::session::Session;
use crate::domain::wanted_claims::WantedClaims;
use crate::domain::{OrgId, Problem};
use crate::lane_a::{Visit, methods};
use crate::sessions::Live;
use crate::store::authorization_codes::{self as codes, Code};
use crate::store::sessions;

/// RFC 9700 §2.1: a code lives no longer than the way back takes.
const CODE_MS: i64 = 60_000;

/// What has to happen before the app is answered.
pub enum Next {
    /// Somebody has to sign in, or show more.
    SignIn(Need),
    /// The organization wants its own provider to be asked: there.
    Elsewhere(String),
    /// The person has to be asked.
    Ask(Option<OrgId>),
    /// Nothing: the code can be made.
    Answer(Option<OrgId>),
    /// No.
    Refuse(Fault),
}

/// What a sign-in has to show.
#[derive(Debug, Default)]
pub struct Need {
    /// Rung.
    pub acr: Option<Acr>,
    /// Oldest proof in seconds.
    pub max_age: Option<u64>,
    /// Interaction.
    pub prompt: Option<Prompt>,
}

/// What comes of a code, as it is kept with it.
#[derive(Serialize, Deserialize)]
pub(super) struct Details {
    pub redirect_uri: String,
    pub challenge: Option<String>,
    pub nonce: Option<String>,
    pub scope: Scope,
    pub audiences: Vec<String>,
    #[serde(default)]
    pub claims: WantedClaims,
    /// The key that the code is for.
    #[serde(default)]
    pub jkt: Option<String>,
}

/// Judges a request for whoever sits there. `back_from_org`: an organization has been asked
/// already, and wanting it again would go round in circles.
///
/// # Errors
/// `store_unavailable`, and what providers are in for.
pub async fn judge(
    visit: &Visit<'_>,
    app: &App,
    asked: &Asked,
    back_from_org: bool,
) -> Result<Next, Problem> {
    let Some(live) = &visit.live else {
        return Ok(unless_silent(
            asked,
            "login_required",
            Next::SignIn(plain(asked)),
        ));
    };
    if let Some(need) = lacking(visit, live, asked).await? {
        return Ok(unless_silent(asked, "login_required", Next::SignIn(need)));
    }
    if asked
        .subject
        .as_ref()
        .is_some_and(|sub| *sub != live.session.user.0)
    {
        // Signed in anew, and still somebody else.
        let fault = Fault::new("login_required", "somebody else is signed in");
        return Ok(Next::Refuse(fault));
    }
    let org = match entry::enter(visit, live, asked.org.as_deref()).await? {
        Entry::In(org) => org,
        Entry::NotTheirs => {
            let fault = Fault::new("access_denied", "the person is not in this organization");
            return Ok(Next::Refuse(fault));
        }
        Entry::Wants(problem) => {
            let fault = Fault::new("access_denied", "the organization asks for another sign-in");
            if back_from_org {
                return Ok(Next::Refuse(fault));
            }
            return Ok(unless_silent(
                asked,
                "interaction_required",
                wanted(&problem, fault),
            ));
        }
    };
    if consent::is_open(visit.core, app, &live.session.user, asked).await? {
        return Ok(unless_silent(asked, "consent_required", Next::Ask(org)));
    }
    Ok(Next::Answer(org))
}

fn unless_silent(asked: &Asked, error: &'static str, next: Next) -> Next {
    if asked.prompts.none {
        Next::Refuse(Fault::new(
            error,
            "prompt=none, and somebody has to be asked",
        ))
    } else {
        next
    }
}

fn plain(asked: &Asked) -> Need {
    Need {
        acr: asked.acr,
        max_age: asked.max_age,
        prompt: None,
    }
}

/// What a session lacks. A proof that is newer than the request serves every wish for one.
async fn lacking(visit: &Visit<'_>, live: &Live, asked: &Asked) -> Result<Option<Need>, Problem> {
    let (session, now) = (&live.session, visit.core.now());
    let newer = session.auth_time >= asked.asked_at;
    let other = asked
        .subject
        .as_ref()
        .is_some_and(|sub| *sub != session.user.0);
    if !newer && (asked.prompts.login || asked.prompts.select || other) {
        let prompt = if asked.prompts.select && !asked.prompts.login {
            Prompt::SelectAccount
        } else {
            Prompt::Login
        };
        let need = Need {
            prompt: Some(prompt),
            ..plain(asked)
        };
        return Ok(Some(need));
    }
    let old = !newer && !session.satisfies(None, asked.max_age, now);
    // A rung that this person cannot reach is no reason to turn them away: the ID token says
    // which one it was.
    let acr = match asked.acr {
        Some(acr) if session.acr < acr && methods::expected(visit, session).await? >= acr => {
            Some(acr)
        }
        _ => None,
    };
    Ok((old || acr.is_some()).then(|| Need {
        acr,
        max_age: asked.max_age.filter(|_| old),
        prompt: None,
    }))
}

/// The way to what an organization asks for.
fn wanted(problem: &Problem, otherwise: Fault) -> Next {
    let text = |name: &str| problem.extra.get(name).and_then(|value| value.as_str());
    let acr = problem
        .extra
        .get("acr_values")
        .and_then(|all| all[0].as_str());
    match (text("start_url"), acr.and_then(Acr::parse)) {
        (Some(start), _) => Next::Elsewhere(start.to_owned()),
        (None, Some(acr)) => Next::SignIn(Need {
            acr: Some(acr),
            ..Need::default()
        }),
        (None, None) => Next::Refuse(otherwise),
    }
}

/// What travels back to the app.
pub struct Answer {
    /// Where to.
    pub back: Back,
    /// Parameters, `state` and `iss` among them.
    pub fields: Vec<(&'static str, String)>,
}

/// The answer that brings a refusal to the app.
pub fn refusal(issuer: String, back: Back, fault: &Fault) -> Answer {
    let mut fields = vec![("error", fault.error().to_owned())];
    if let Fault::Refused { description, .. } = fault {
        fields.push(("error_description", description.clone()));
    }
    answer(issuer, back, fields)
}

fn answer(issuer: String, back: Back, mut fields: Vec<(&'static str, String)>) -> Answer {
    if let Some(state) = &back.state {
        fields.push(("state", state.clone()));
    }
    // RFC 9207: whose answer it is.
    fields.push(("iss", issuer));
    Answer { back, fields }
}

/// Makes a code in the name of whoever is signed in. `request` is the waiting one, which ends with
/// it; `allowed`: the person has just been asked.
///
/// # Errors
/// `unauthenticated` when the session has ended, `expired` when the request has,
/// `store_unavailable`.
pub async fn issue(
    visit: &Visit<'_>,
    (app, asked): (&App, &Asked),
    org: Option<OrgId>,
    (request, allowed): (Option<&str>, bool),
) -> Result<Answer, Problem> {
    let session = &visit.session()?.session;
    let (core, tenant) = (visit.core, &visit.site.tenant.id);
    let mut write = core.begin().await?;
    if let Some(request) = request {
        waiting::take(&mut write, tenant, request).await?;
    }
    if sessions::find(&mut write.tx, tenant, &session.sid)
        .await?
        .is_none()
    {
        return Err(Problem::new(
            crate::domain::Code::Unauthenticated,
            "The session has ended. Sign in again.",
        ));
    }
    if allowed {
        let whole = asked.whole();
        let what = (&whole, asked.audiences.as_slice());
        consent::give(&mut write, app, &session.user, what).await?;
        let event = about(kind::CONSENT_GRANTED, app, session, asked);
        core.audit(&mut write, tenant, visit.meta, event).await?;
    }
    let (plain, hash) = core.new_token();
    let code = code(core.new_id(), (app, asked), session, org)?;
    let until = write.now() + CODE_MS;
    codes::create(&mut write.tx, tenant, &hash, &code, until).await?;
    let mut event = about(kind::AUTHORIZATION_GRANTED, app, session, asked);
    if let Some(org) = &code.org {
        event = event.org(org.as_str());
    }
    core.audit(&mut write, tenant, visit.meta, event).await?;
    core.commit(write).await?;
    let fields = vec![("code", plain.expose().to_owned())];
    Ok(answer(
        visit.site.tenant.issuer(),
        asked.back.clone(),
        fields,
    ))
}

fn code(
    family: String,
    (app, asked): (&App, &Asked),
    session: &Session,
    org: Option<OrgId>,
) -> Result<Code, Problem> {
    let details = Details {
        redirect_uri: asked.back.redirect_uri.clone(),
        challenge: asked.challenge.clone(),
        nonce: asked.nonce.clone(),
        scope: asked.scope.clone(),
        audiences: asked.audiences.clone(),
        claims: asked.claims.clone(),
        jkt: asked.jkt.clone(),
    };
    let details = serde_json::to_string(&details)
        .map_err(|error| Problem::new(crate::domain::Code::Internal, "code").because(error))?;
    Ok(Code {
        app: app.id.clone(),
        user: session.user.clone(),
        sid: session.sid.clone(),
        org,
        family,
        details,
    })
}

fn about(kind: &'static str, app: &App, session: &Session, asked: &Asked) -> Event {
    Event::new(kind, Outcome::Success, ("app", app.id.as_str()))
        .by_user(&session.user)
        .detail(json!({ "sid": session.sid, "scope": asked.scope, "audiences": asked.audiences }))
}

/// The person has said no; the request is over.
///
/// # Errors
/// `expired`, `store_unavailable`.
pub async fn deny(
    visit: &Visit<'_>,
    (app, asked): (&App, &Asked),
    request: &str,
) -> Result<Answer, Problem> {
    let session = &visit.session()?.session;
    let (core, tenant) = (visit.core, &visit.site.tenant);
    let mut write = core.begin().await?;
    waiting::take(&mut write, &tenant.id, request).await?;
    let event = Event::new(
        kind::CONSENT_REFUSED,
        Outcome::Denied,
        ("app", app.id.as_str()),
    )
    .by_user(&session.user)
    .detail(json!({ "scope": asked.scope }));
    core.audit(&mut write, &tenant.id, visit.meta, event)
        .await?;
    core.commit(write).await?;
    let fault = Fault::new("access_denied", "the person has refused");
    Ok(refusal(tenant.issuer(), asked.back.clone(), &fault))
}
