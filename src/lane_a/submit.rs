//! One answer to a flow, whatever its kind.

use laneway_contract::{Denial, LoginStep, ProviderError};
use serde_json::Value;

use laneway_contract::MethodKind;

use super::{
    Visit, email_code, enrol, flow, limits, new_password, passkey, redirect, render, settle,
    throttle, typed,
};
use crate::audit::{Event, Outcome, kind};
use crate::domain::flow::{Flow, FlowPurpose, Step, Typed};
use crate::domain::{Code, Email, FlowId, OrgId, Problem};
use crate::providers::Configured;

/// What an answer led to.
pub enum Submitted {
    /// Another step is open.
    Pending(Box<Flow>),
    /// Over, well.
    Done {
        /// The flow, for its return address.
        flow: Box<Flow>,
        /// New cookie values, where the flow gave a session.
        cookies: Option<Cookies>,
    },
}

/// What a sign-in hands to its browser.
pub struct Cookies {
    /// Value of the session cookie.
    pub session: String,
    /// Value of the device cookie.
    pub device: String,
}

/// Judges one answer.
///
/// # Errors
/// `wrong_step`, `invalid_credentials` (with the flow as it stands), `expired`, `denied`,
/// `rate_limited`, and those of stores and providers.
pub async fn submit(
    visit: &Visit<'_>,
    id: &FlowId,
    kind: &str,
    body: &Value,
) -> Result<Submitted, Problem> {
    limits::flow_answered(visit).await?;
    let mut flow = flow::load(visit, id).await?;
    // Only the answer of the provider's page goes on with one.
    if flow.purpose == FlowPurpose::Errand {
        return Err(wrong_step(&flow));
    }
    match kind {
        "identify" => identify(visit, &mut flow, body).await?,
        "email-code" => return email_code::submit(visit, flow, body).await,
        "passkey" => return passkey::submit(visit, flow, body).await,
        "redirect" => redirect::start(visit, &mut flow, body).await?,
        "enrol" => return enrol::submit(visit, flow, body).await,
        "profile" => return profile(visit, flow, body).await,
        "organization" => return organization(visit, flow, body).await,
        "choose" => choose(visit, &mut flow).await?,
        "password" => return typed::submit(visit, flow, MethodKind::Password, body).await,
        "totp" => return typed::submit(visit, flow, MethodKind::Totp, body).await,
        "recovery-code" => {
            return typed::submit(visit, flow, MethodKind::RecoveryCode, body).await;
        }
        "new-password" => return new_password::submit(visit, flow, body).await,
        _ => return Err(Problem::not_found()),
    }
    Ok(Submitted::Pending(Box::new(flow)))
}

/// Back to the choice, from a method that does not work out.
async fn choose(visit: &Visit<'_>, flow: &mut Flow) -> Result<(), Problem> {
    may_start(flow)?;
    flow.state.step = nothing_open(flow);
    flow::save(visit.core, flow).await
}

/// The step of a flow that waits for a method.
fn nothing_open(flow: &Flow) -> Step {
    let known = flow.state.username.is_some() || flow.state.person().is_some();
    if known { Step::Choose } else { Step::Identify }
}

/// Lets a provider judge an answer to the open step. The step is taken off the flow first:
/// of many copies of one answer only one is judged, and one that comes too late cannot
/// close the flow under the one that was right. After a wrong answer it is open again.
///
/// # Errors
/// `conflict` when another answer was faster; those of stores and providers.
pub(super) async fn judge<W>(
    visit: &Visit<'_>,
    flow: &mut Flow,
    configured: &Configured,
    work: W,
) -> Result<LoginStep, Problem>
where
    W: Future<Output = Result<LoginStep, ProviderError>>,
{
    let rest = nothing_open(flow);
    let mut open = std::mem::replace(&mut flow.state.step, rest);
    flow::save(visit.core, flow).await?;
    let judged = visit.core.providers.call(configured, "answer", work).await;
    match &judged {
        Ok(LoginStep::Denied(Denial::WrongAnswer(next))) => {
            if let Step::EmailCode { state, .. }
            | Step::Passkey { state, .. }
            | Step::Password(Typed { state, .. })
            | Step::Totp(Typed { state, .. })
            | Step::RecoveryCode(Typed { state, .. }) = &mut open
            {
                state.clone_from(next);
            }
            flow.state.step = open;
            flow::save(visit.core, flow).await?;
        }
        Err(_) => {
            flow.state.step = open;
            // Where this fails too a new code or ceremony is asked for instead.
            let _ = flow::save(visit.core, flow).await;
        }
        Ok(_) => {}
    }
    judged
}

async fn identify(visit: &Visit<'_>, flow: &mut Flow, body: &Value) -> Result<(), Problem> {
    if !matches!(flow.state.step, Step::Identify | Step::Choose)
        || flow.state.person().is_some()
        || flow.state.invitation.is_some()
    {
        return Err(wrong_step(flow));
    }
    let username = text(body, "username")
        .filter(|name| !name.trim().is_empty())
        .ok_or_else(|| Problem::field("/username", "required", "Enter your email address."))?;
    let by_mail = matches!(flow.purpose, FlowPurpose::Signup | FlowPurpose::Recover);
    if by_mail && Email::parse(username).is_none() {
        return Err(Problem::field(
            "/username",
            "invalid_email",
            "Enter a full email address.",
        ));
    }
    flow.state.forget_hidden();
    flow.state.username = Some(flow::normal_name(username));
    flow.state.step = Step::Choose;
    flow::save(visit.core, flow).await?;
    if by_mail {
        // There is one next step; asking for it would be a step for nobody.
        email_code::start(visit, flow).await?;
    }
    Ok(())
}

async fn profile(visit: &Visit<'_>, mut flow: Flow, body: &Value) -> Result<Submitted, Problem> {
    if !matches!(flow.state.step, Step::Profile) {
        return Err(wrong_step(&flow));
    }
    flow.state.name = Some(check_name(text(body, "name").unwrap_or_default())?);
    settle::settle(visit, flow).await
}

/// A display name as it may be stored: trimmed, printable, not empty, not endless.
///
/// # Errors
/// `invalid_field`.
pub fn check_name(name: &str) -> Result<String, Problem> {
    let name = name.trim();
    if name.is_empty() {
        return Err(Problem::field("/name", "required", "Enter a name."));
    }
    // Names stand in mails to people who did not ask for them.
    let link = name.contains("://");
    if link || name.chars().count() > 100 || name.chars().any(char::is_control) {
        return Err(Problem::field(
            "/name",
            "invalid",
            "Use at most 100 ordinary characters.",
        ));
    }
    Ok(name.to_owned())
}

async fn organization(
    visit: &Visit<'_>,
    mut flow: Flow,
    body: &Value,
) -> Result<Submitted, Problem> {
    let Step::Organization { organizations } = &flow.state.step else {
        return Err(wrong_step(&flow));
    };
    let wanted = text(body, "organization").unwrap_or_default();
    let chosen = organizations
        .iter()
        .find(|(id, slug, _)| id.as_str() == wanted || slug == wanted)
        .map(|(id, ..)| OrgId(id.as_str().to_owned()))
        .ok_or_else(|| {
            Problem::field(
                "/organization",
                "unknown",
                "Choose one of the listed organizations.",
            )
        })?;
    flow.state.org = Some(chosen);
    settle::settle(visit, flow).await
}

/// The step that was answered is not the open one.
pub(super) fn wrong_step(flow: &Flow) -> Problem {
    Problem::new(
        Code::WrongStep,
        "Read the flow again and answer its open step.",
    )
    .with(
        "step",
        serde_json::json!({ "kind": flow.state.step.kind() }),
    )
}

/// A member of a body that is text.
pub(super) fn text<'a>(body: &'a Value, key: &str) -> Option<&'a str> {
    body.get(key).and_then(Value::as_str)
}

/// A method may be started, or another tried, as long as nothing further is open.
pub(super) fn may_start(flow: &Flow) -> Result<(), Problem> {
    match flow.state.step {
        Step::Identify
        | Step::Choose
        | Step::EmailCode { .. }
        | Step::Passkey { .. }
        | Step::Password(_)
        | Step::Totp(_)
        | Step::RecoveryCode(_)
        | Step::Redirect { .. } => Ok(()),
        _ => Err(wrong_step(flow)),
    }
}

/// A wrong answer: counted, audited, told with the flow as it stands.
pub(super) async fn wrong_answer(
    visit: &Visit<'_>,
    mut flow: Flow,
    method: &'static str,
    detail: &'static str,
) -> Problem {
    if let Err(problem) = flow::count_wrong(visit.core, &mut flow).await {
        return problem;
    }
    record_wrong(visit, &flow, method).await;
    // What was counted before it was judged is not counted again.
    if method == "email-code"
        && let Err(limit) = throttle::wrong_code(visit, &flow).await
    {
        return limit;
    }
    match render::flow_json(visit, &flow).await {
        Ok(json) => Problem::new(Code::InvalidCredentials, detail).with("flow", json),
        Err(problem) => problem,
    }
}

/// Writes a wrong answer into the log of events.
pub(super) async fn record_wrong(visit: &Visit<'_>, flow: &Flow, method: &'static str) {
    let event = Event::new(
        kind::LOGIN_FAILED,
        Outcome::Failure,
        ("flow", flow.id.as_str()),
    )
    .detail(serde_json::json!({ "method": method, "purpose": flow.purpose.as_str() }));
    visit
        .core
        .audit_alone(&visit.site.tenant.id, visit.meta, event)
        .await;
    count_login(method, "failure", "");
}

/// The metric of CONTRACT §9.
pub(super) fn count_login(method: &'static str, outcome: &'static str, upstream: &str) {
    metrics::counter!(
        "laneway_logins_total",
        "method" => method, "outcome" => outcome, "upstream" => upstream.to_owned()
    )
    .increment(1);
}
