//! The redirect step: the provider's own page and its answer.

use std::sync::Arc;

use laneway_contract::{
    AdapterState, BeginRedirect, Callback, Denial, LoginStep, MethodKind, ProviderError,
    UpstreamSession,
};
use serde_json::Value;

use super::submit::{Submitted, count_login, may_start, text, wrong_step};
use super::{Visit, broker, door, errand, flow, methods, posted, settle, sso};
use crate::audit::{Event, Outcome, kind};
use crate::core::Core;
use crate::domain::checks::EXPLAINED;
use crate::domain::connection::Protocol;
use crate::domain::flow::{Flow, FlowPurpose, Private, Proof, Step};
use crate::domain::return_to::ReturnTo;
use crate::domain::{Code, FlowId, Problem, TenantId, UpstreamId};
use crate::providers::{Configured, Offer};
use crate::store::flows;
use crate::store::seal::Place;

/// Sends the browser to a provider.
pub(super) async fn start(visit: &Visit<'_>, flow: &mut Flow, body: &Value) -> Result<(), Problem> {
    may_start(flow)?;
    flow.state.forget_hidden();
    let offers = methods::of_flow(visit, flow).await?;
    let named = text(body, "connection");
    let offer = match methods::pick(&offers, MethodKind::Redirect, named) {
        Some(offer) => offer.clone(),
        // Who has begun another way goes on with it: a customer's provider proves a whole
        // sign-in, never the second half of one.
        None if flow.state.proofs.is_empty() && flow.state.more.is_none() => {
            match methods::named_customer(visit, flow, named).await? {
                Some(offer) => offer,
                None => return Err(sso::not_on_offer(visit, flow, MethodKind::Redirect).await),
            }
        }
        None => return Err(wrong_step(flow)),
    };
    let provider = offer.upstream.provider()?;
    let login = provider.redirect_login().ok_or_else(|| wrong_step(flow))?;
    let (core, tenant) = (visit.core, &visit.site.tenant);
    let asked = &offer.upstream;
    if let Err(problem) = broker::ensure(core, tenant, asked, broker::Why::SignIn).await {
        return Err(sso::told_of_emergency(visit, flow, asked, problem).await);
    }
    let (nonce, _) = visit.core.new_token();
    let request = BeginRedirect {
        redirect_uri: offer.upstream.callback(&visit.site.tenant)?,
        state: format!("{}.{}", flow.id, nonce.expose()),
        login_hint: flow.state.username.clone(),
        prompt: flow.state.demand.prompt,
        // What is attached has no words for our rungs: what it proves is judged afterwards.
        acr: flow
            .state
            .demand
            .acr
            .filter(|_| offer.upstream.attached.is_none()),
        max_age: max_age(flow, &offer),
        ui_locales: visit.ui_locales.clone(),
    };
    let mut trouble = Trouble::default();
    let work = async {
        let begun = login.begin(request).await;
        trouble = begun.as_ref().err().map(Trouble::of).unwrap_or_default();
        begun
    };
    let begun = visit.core.providers.call(&offer.upstream, "begin", work);
    let target = match begun.await {
        Ok(target) => target,
        Err(problem) => {
            if let Some(attached) = &asked.attached {
                let cause = trouble.code.as_deref().unwrap_or("unreachable");
                door::count_failure(visit, attached, cause).await;
            }
            return Err(sso::told_of_emergency(visit, flow, asked, problem).await);
        }
    };
    flow.state.step = Step::Redirect {
        upstream: offer.upstream.row.id.clone(),
        state: target.state,
        url: Private(target.url.into()),
        nonce: Private(nonce.expose().to_owned()),
    };
    flow::save(visit.core, flow).await
}

/// A step-up needs the person, not the provider's memory of them: without a limit the
/// provider would wave its own session through.
fn max_age(flow: &Flow, offer: &Offer) -> Option<u64> {
    let fresh = flow.state.bound.is_some() && flow.state.link_to.is_none();
    let already = flow
        .state
        .acr()
        .is_none_or(|acr| acr < offer.upstream.reach(MethodKind::Redirect));
    flow.state
        .demand
        .max_age
        .or((fresh && already).then_some(crate::authz::FRESH_S))
}

/// Judges the provider's answer in the browser that began the flow.
///
/// # Errors
/// `not_found` for a flow of another browser, `wrong_step` for an answer nobody waits
/// for, `denied`, and what the provider call says.
pub async fn complete(
    visit: &Visit<'_>,
    slug: &str,
    params: Vec<(String, String)>,
) -> Result<Submitted, Problem> {
    super::limits::callback(visit.core, &visit.meta.ip).await?;
    let at = visit
        .core
        .providers
        .by_slug(&visit.site.tenant, slug)
        .await?;
    let callback = Callback {
        redirect_uri: at.callback(&visit.site.tenant)?,
        params,
    };
    let state = callback.single("state").unwrap_or_default();
    let id = flow::load_by_state(state).ok_or_else(Problem::not_found)?;
    let mut flow = flow::load(visit, &id).await?;
    let Step::Redirect {
        upstream,
        state: memory,
        nonce,
        ..
    } = flow.state.step.clone()
    else {
        return Err(wrong_step(&flow));
    };
    let configured = behind(visit, at, &upstream).await?;
    let expected = format!("{}.{}", flow.id, nonce.0);
    if upstream != configured.row.id || !equal(state, &expected) {
        return Err(wrong_step(&flow));
    }
    // Claimed before the code is exchanged: of many copies of one answer only one may
    // reach the provider, which would take the second for an attack.
    flow.state.step = Step::Choose;
    flow::save(visit.core, &mut flow).await?;
    let step = exchanged(visit, &flow, (slug, &configured), (&memory, callback)).await?;
    match step {
        LoginStep::Authenticated(identity) if flow.purpose == FlowPurpose::Errand => {
            errand::finish(visit, flow, &configured, &identity).await
        }
        LoginStep::Denied(Denial::Cancelled) if flow.purpose == FlowPurpose::Errand => {
            errand::turned_back(visit, flow).await
        }
        LoginStep::Authenticated(mut identity) => {
            if configured.attached.is_some() {
                // A customer's tokens are of no use here: nothing of theirs is called later.
                identity.session = identity.session.map(|session| UpstreamSession {
                    sid: session.sid,
                    ..UpstreamSession::default()
                });
            }
            let proof = Proof {
                upstream,
                method: MethodKind::Redirect,
                identity: *identity,
            };
            flow.state.proofs.push(proof);
            settle::settle(visit, flow).await
        }
        LoginStep::Denied(denial) => {
            if let Some(attached) = &configured.attached {
                door::count_failure(visit, attached, cause(&denial)).await;
            }
            Err(denied(visit, &flow, slug, &denial).await)
        }
        LoginStep::Challenge(_) | LoginStep::Redirect(_) => Err(wrong_step(&flow)),
    }
}

/// What the provider says about its answer; where that fails, the record says why.
async fn exchanged(
    visit: &Visit<'_>,
    flow: &Flow,
    (slug, configured): (&str, &Configured),
    (memory, callback): (&AdapterState, Callback),
) -> Result<LoginStep, Problem> {
    let login = configured
        .provider()?
        .redirect_login()
        .ok_or_else(|| wrong_step(flow))?;
    let mut trouble = Trouble::default();
    let work = async {
        let answered = login.complete(memory, callback).await;
        trouble = answered.as_ref().err().map(Trouble::of).unwrap_or_default();
        answered
    };
    let answered = visit.core.providers.call(configured, "complete", work);
    let answered = answered.await;
    let problem = match answered {
        Ok(step) => return Ok(step),
        Err(problem) => trouble.said(problem),
    };
    let cause = trouble
        .code
        .as_deref()
        .unwrap_or(unnamed(configured, &problem));
    if let Some(attached) = &configured.attached {
        door::count_failure(visit, attached, cause).await;
    }
    record_failure(visit, flow, slug, (&problem, cause)).await;
    Err(problem)
}

/// What checks call a fault without a name.
fn unnamed(configured: &Configured, problem: &Problem) -> &'static str {
    let attached = configured.attached.as_ref();
    let saml = attached.is_some_and(|own| own.config.protocol() == Protocol::Saml);
    match problem.code {
        Code::UpstreamInvalid if saml => "saml_not_acceptable",
        Code::UpstreamInvalid => "id_token",
        Code::UpstreamTimeout => "timeout",
        Code::UpstreamUnavailable => "unreachable",
        other => other.as_str(),
    }
}

/// Whoever was asked: the provider at whose callback the answer came, or a customer's provider
/// behind it.
async fn behind(
    visit: &Visit<'_>,
    at: Arc<Configured>,
    asked: &UpstreamId,
) -> Result<Arc<Configured>, Problem> {
    if at.row.id == *asked || at.attached.is_some() {
        return Ok(at);
    }
    let found = visit.core.providers.get(&visit.site.tenant, asked).await?;
    let attached = found.attached.as_ref();
    let through = attached.is_some_and(|own| own.is_brokered() && own.callback == at.row.slug);
    Ok(if through { found } else { at })
}

/// What went wrong between the provider and us.
#[derive(Default)]
struct Trouble {
    /// What checks call it.
    code: Option<String>,
    /// The provider has answered, and somebody has to mend the settings.
    settings: bool,
}

impl Trouble {
    fn of(error: &ProviderError) -> Self {
        let code = error.code().map(str::to_owned);
        let ours = code.as_deref() == Some("address_forbidden");
        Self {
            settings: matches!(error, ProviderError::Misconfigured(_)) && !ours,
            code,
        }
    }

    /// The problem as the person hears it: waiting helps nobody where settings are wrong.
    fn said(&self, problem: Problem) -> Problem {
        if self.code.as_deref() == Some("tenant_not_named") {
            let words =
                "This account belongs to a directory that is not let in here. Use another account.";
            return Problem::new(Code::Denied, words);
        }
        if !self.settings {
            return problem;
        }
        let said = Problem::new(
            Code::UpstreamInvalid,
            "The identity provider answered that this sign-in is not set up rightly. Tell your administrator.",
        );
        match problem.source {
            Some(source) => said.because(source),
            None => said,
        }
    }
}

/// No answer, or none that can be trusted: nobody is signed in, and the record says why.
async fn record_failure(
    visit: &Visit<'_>,
    flow: &Flow,
    slug: &str,
    (problem, cause): (&Problem, &str),
) {
    let event = Event::new(
        kind::LOGIN_FAILED,
        Outcome::Failure,
        ("flow", flow.id.as_str()),
    )
    .detail(serde_json::json!({
        "purpose": flow.purpose, "method": "redirect", "upstream": slug,
        "reason": problem.code.as_str(), "cause": cause,
    }));
    visit
        .core
        .audit_alone(&visit.site.tenant.id, visit.meta, event)
        .await;
    count_login("redirect", "failure", slug);
}

/// What checks call a refusal.
fn cause(denial: &Denial) -> &str {
    match denial {
        Denial::LoginRequired => "login_required",
        Denial::Cancelled => "cancelled",
        Denial::Disabled => "account_disabled",
        Denial::Refused(code) => match code.as_str() {
            "invalid_grant" => "code_refused",
            "unauthorized_client" | "invalid_client" => "client_refused",
            "invalid_scope" => "scope_refused",
            other => other,
        },
        Denial::WrongAnswer(_) | Denial::TooManyTries | Denial::Expired => "refused",
    }
}

fn reason(denial: &Denial) -> String {
    match denial {
        Denial::LoginRequired => "login_required".to_owned(),
        Denial::Cancelled => "cancelled".to_owned(),
        Denial::Disabled => "disabled".to_owned(),
        Denial::Refused(code) => code.clone(),
        Denial::WrongAnswer(_) | Denial::TooManyTries | Denial::Expired => "refused".to_owned(),
    }
}

async fn denied(visit: &Visit<'_>, flow: &Flow, slug: &str, denial: &Denial) -> Problem {
    let reason = reason(denial);
    let event = Event::new(
        kind::LOGIN_DENIED,
        Outcome::Denied,
        ("flow", flow.id.as_str()),
    )
    .detail(serde_json::json!({
        "purpose": flow.purpose, "method": "redirect", "upstream": slug, "reason": reason,
    }));
    visit
        .core
        .audit_alone(&visit.site.tenant.id, visit.meta, event)
        .await;
    count_login("redirect", "denied", slug);
    let detail = match denial {
        Denial::Cancelled => "Sign-in was cancelled at the identity provider.",
        Denial::LoginRequired => "The identity provider wants you to sign in there first.",
        Denial::Refused(code) if is_judged_here(code) => {
            "The identity provider gave an answer that cannot be trusted."
        }
        _ => "The identity provider refused the sign-in.",
    };
    let problem = Problem::new(Code::Denied, detail)
        .with("reason", reason)
        .with("return_to", flow.state.return_to.as_str());
    if flow.state.demand.renews && !matches!(denial, Denial::Refused(code) if is_judged_here(code))
    {
        return problem.with(RENEWS, true);
    }
    match denial {
        Denial::Cancelled => problem.with("refusal", "cancelled"),
        Denial::Refused(code) if is_judged_here(code) => problem.with("refusal", "answer"),
        Denial::Refused(_) => problem.with("refusal", "provider"),
        _ => problem,
    }
}

/// On a refusal of what was asked without a page, to get new tokens for a session that is good.
const RENEWS: &str = "renews";

/// What begins after such a refusal: the same with pages, once.
pub fn visit_again(problem: &Problem) -> Option<flow::Begin> {
    problem.extra.get(RENEWS)?;
    let return_to = problem.extra.get("return_to")?.as_str()?;
    Some(flow::Begin::login(ReturnTo::own(return_to)))
}

/// Refusals that the provider itself has spoken, in SAML and in OAuth (RFC 6749 §4.1.2.1).
const PROVIDERS_WORD: &[&str] = &["saml_refused", "server_error", "temporarily_unavailable"];

/// It was our judgement of the answer: the provider itself has signed the person in.
fn is_judged_here(code: &str) -> bool {
    !PROVIDERS_WORD.contains(&code) && EXPLAINED.contains(&code)
}

fn equal(a: &str, b: &str) -> bool {
    use subtle::ConstantTimeEq;
    a.as_bytes().ct_eq(b.as_bytes()).into()
}

/// Keeps the answer of a cross-site POST, which carries no cookie: nothing is judged yet.
/// Answers the flow's id and the ticket for the GET that follows.
///
/// # Errors
/// `not_found` when no flow waits for it.
pub async fn keep_answer(
    core: &Core,
    tenant: &TenantId,
    params: &[(String, String)],
) -> Result<(FlowId, String), Problem> {
    let mut states = params.iter().filter(|(key, _)| key == "state");
    let (Some((_, state)), None) = (states.next(), states.next()) else {
        return Err(Problem::not_found());
    };
    let id = flow::load_by_state(state).ok_or_else(Problem::not_found)?;
    let (plain, ticket) = posted::keep(core, params)?;
    let sealed = core.sealer.seal(answer_place(tenant, &id), &plain);
    let mut write = core.begin().await?;
    let kept = flows::keep_answer(&mut write.tx, tenant, &id, sealed).await?;
    core.commit(write).await?;
    if kept {
        Ok((id, ticket))
    } else {
        Err(Problem::not_found())
    }
}

/// The kept answer of this browser's flow.
///
/// # Errors
/// `not_found` when there is none.
pub async fn kept_answer(
    visit: &Visit<'_>,
    id: &FlowId,
    ticket: &str,
) -> Result<Vec<(String, String)>, Problem> {
    // Loaded as this browser's flow first: others must not even learn that it exists.
    flow::load(visit, id).await?;
    let tenant = &visit.site.tenant.id;
    let row = flows::find(&visit.core.db, tenant, id)
        .await?
        .ok_or_else(Problem::not_found)?;
    let sealed = row.answer.ok_or_else(Problem::not_found)?;
    let plain = visit.core.sealer.open(answer_place(tenant, id), &sealed)?;
    posted::take(&plain, ticket).ok_or_else(Problem::not_found)
}

fn answer_place<'a>(tenant: &'a TenantId, id: &'a FlowId) -> Place<'a> {
    Place {
        tenant: tenant.as_str(),
        table: "login_flows",
        column: "answer",
        row: id.as_str(),
    }
}
