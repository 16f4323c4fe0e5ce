//! The steps in which something is typed that a provider judges at once: a password, a code
//! of an authenticator app, a recovery code.

use laneway_contract::{
    Answer, BeginHeadless, Denial, LoginStep, MethodKind, ProviderError, SubjectHint,
};
use secrecy::SecretString;
use serde_json::{Value, json};

use super::submit::{Submitted, judge, may_start, record_wrong, text, wrong_answer, wrong_step};
use super::throttle::{self, Attempt, Standing};
use super::{Visit, email_code, factors, flow, methods, redirect, settle, sso};
use crate::domain::flow::{Doubt, Flow, Proof, Step, Typed};
use crate::domain::{Code, Problem};
use crate::providers::Configured;

/// An answer, or the start of the step where none is open yet. Starting costs and shows the
/// same whether or not the name is known.
pub(super) async fn submit(
    visit: &Visit<'_>,
    mut flow: Flow,
    kind: MethodKind,
    body: &Value,
) -> Result<Submitted, Problem> {
    let name = text(body, "username").filter(|name| !name.trim().is_empty());
    if let Some(name) = name
        && kind == MethodKind::Password
        && flow.state.person().is_none()
        && matches!(flow.state.step, Step::Identify | Step::Choose)
    {
        flow.state.username = Some(flow::normal_name(name));
    }
    if flow.state.step.typed(kind).is_none() {
        flow.state.step = start(visit, &flow, kind).await?;
        flow::save(visit.core, &mut flow).await?;
    }
    let member = match kind {
        MethodKind::Password => "password",
        _ => "code",
    };
    match text(body, member) {
        Some(typed) => {
            let typed = SecretString::from(typed);
            answer(visit, flow, kind, typed).await
        }
        None => Ok(Submitted::Pending(Box::new(flow))),
    }
}

/// The step that asks for it.
///
/// # Errors
/// `wrong_step` where this is not on offer, `invalid_field` where nobody is named yet.
pub(super) async fn start(
    visit: &Visit<'_>,
    flow: &Flow,
    kind: MethodKind,
) -> Result<Step, Problem> {
    may_start(flow)?;
    let offers = methods::of_flow(visit, flow).await?;
    let Some(offer) = methods::pick(&offers, kind, None) else {
        return Err(sso::not_on_offer(visit, flow, kind).await);
    };
    let person = flow.state.person();
    if person.is_none() && flow.state.username.is_none() {
        return Err(Problem::field(
            "/username",
            "required",
            "Enter your email address first.",
        ));
    }
    let headless = offer.upstream.provider()?.headless_login();
    let headless = headless.ok_or_else(|| wrong_step(flow))?;
    let request = BeginHeadless {
        method: kind,
        relying_party: visit.relying_party(),
        login_name: flow.state.username.clone(),
        subject: person.map_or(SubjectHint::Unknown, |user| {
            SubjectHint::Known(user.0.clone())
        }),
        deliver: false,
    };
    let work = headless.begin(request);
    let step = visit.core.providers.call(&offer.upstream, "begin", work);
    let LoginStep::Challenge(challenge) = step.await? else {
        return Err(wrong_step(flow));
    };
    let typed = Typed {
        upstream: offer.upstream.row.id.clone(),
        state: challenge.state,
    };
    Ok(match kind {
        MethodKind::Totp => Step::Totp(typed),
        MethodKind::RecoveryCode => Step::RecoveryCode(typed),
        _ => Step::Password(typed),
    })
}

async fn answer(
    visit: &Visit<'_>,
    mut flow: Flow,
    kind: MethodKind,
    typed: SecretString,
) -> Result<Submitted, Problem> {
    let Some(Typed { upstream, state }) = flow.state.step.typed(kind).cloned() else {
        return Err(wrong_step(&flow));
    };
    let configured = visit
        .core
        .providers
        .get(&visit.site.tenant, &upstream)
        .await?;
    let headless = configured.provider()?.headless_login();
    let headless = headless.ok_or_else(|| wrong_step(&flow))?;
    let (given, method, wrong) = match kind {
        MethodKind::Password => (Answer::Password(typed), "password", WRONG_PASSWORD),
        MethodKind::RecoveryCode => (Answer::Code(typed), "recovery-code", WRONG_RECOVERY),
        _ => (Answer::Code(typed), "totp", WRONG_TOTP),
    };
    if kind == MethodKind::Password {
        flow.state.forget_hidden();
    }
    // A provider that judges both together has said nothing about the password before.
    let both = kind == MethodKind::Totp && flow.state.person().is_none();
    let first = both || kind == MethodKind::Password && flow.state.proofs.is_empty();
    let attempt = if first {
        throttle::password(visit, &flow).await?
    } else {
        throttle::second_factor(visit, &flow).await?
    };
    let work = headless.answer(&state, given);
    if attempt.standing == Standing::Blind {
        let told_nothing = blind(visit, flow, &configured, &attempt, work);
        // Long enough for either verdict: time must not tell what the answer does not.
        let (submitted, ()) = tokio::join!(told_nothing, tokio::time::sleep(BLIND));
        return submitted;
    }
    match judge(visit, &mut flow, &configured, work).await? {
        LoginStep::Authenticated(identity) => {
            throttle::was_right(visit, &attempt).await?;
            if attempt.standing == Standing::Doubted {
                flow.state.doubt = Some(Doubt::Open);
            }
            if kind == MethodKind::RecoveryCode {
                let user = flow.state.person().cloned();
                factors::recovery_code_used(visit, user.as_ref()).await;
            }
            flow.state.proofs.push(Proof {
                upstream,
                method: if both { MethodKind::Password } else { kind },
                identity: *identity,
            });
            settle::settle(visit, flow).await
        }
        LoginStep::Challenge(challenge) if challenge.method == MethodKind::Totp => {
            // Nothing was judged yet: both together are one attempt.
            throttle::was_right(visit, &attempt).await?;
            flow.state.step = Step::Totp(Typed {
                upstream,
                state: challenge.state,
            });
            flow::save(visit.core, &mut flow).await?;
            Ok(Submitted::Pending(Box::new(flow)))
        }
        // What was typed is right, and the provider wants something that only its page can do.
        LoginStep::Denied(Denial::LoginRequired) => {
            throttle::was_right(visit, &attempt).await?;
            let there = json!({ "connection": configured.row.slug });
            redirect::start(visit, &mut flow, &there).await?;
            Ok(Submitted::Pending(Box::new(flow)))
        }
        LoginStep::Denied(Denial::Disabled) => {
            Err(Problem::new(Code::Denied, "Sign-in was refused."))
        }
        _ if both => {
            flow.state.step = start(visit, &flow, MethodKind::Password).await?;
            Err(wrong_answer(visit, flow, "password", WRONG_BOTH).await)
        }
        _ => Err(wrong_answer(visit, flow, method, wrong).await),
    }
}

/// A password after too many wrong ones in a row: it is judged, and whatever the verdict,
/// "enter the code" is the answer. Only after a right one a code is on its way.
async fn blind<W>(
    visit: &Visit<'_>,
    mut flow: Flow,
    configured: &Configured,
    attempt: &Attempt,
    work: W,
) -> Result<Submitted, Problem>
where
    W: Future<Output = Result<LoginStep, ProviderError>>,
{
    let judged = judge(visit, &mut flow, configured, work).await?;
    flow::count_wrong(visit.core, &mut flow).await?;
    if let LoginStep::Authenticated(identity) = judged {
        throttle::was_right(visit, attempt).await?;
        flow.state.doubt = Some(Doubt::HiddenRight);
        flow.state.proofs.push(Proof {
            upstream: configured.row.id.clone(),
            method: MethodKind::Password,
            identity: *identity,
        });
        return settle::settle(visit, flow).await;
    }
    record_wrong(visit, &flow, "password").await;
    flow.state.doubt = Some(Doubt::HiddenWrong);
    flow.state.step = Step::Choose;
    email_code::start(visit, &mut flow).await?;
    Ok(Submitted::Pending(Box::new(flow)))
}

/// How long an answer without a verdict takes at least.
const BLIND: std::time::Duration = std::time::Duration::from_millis(700);

const WRONG_PASSWORD: &str = "The address or the password is not right.";
const WRONG_BOTH: &str = "The address, the password or the code is not right. Begin with the password; a code counts once.";
const WRONG_TOTP: &str = "That code does not match. Wait for the next one in your app.";
const WRONG_RECOVERY: &str = "That is not one of your unused recovery codes.";
