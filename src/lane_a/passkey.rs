//! The passkey step: a WebAuthn ceremony on our page.

use laneway_contract::{Answer, BeginHeadless, Denial, LoginStep, MethodKind, SubjectHint};
use serde_json::Value;

use super::submit::{Submitted, judge, may_start, wrong_answer, wrong_step};
use super::{Visit, flow, methods, settle, sso};
use crate::domain::flow::{Flow, Proof, Step};
use crate::domain::{Code, Problem};

const WRONG: &str = "That passkey did not work here. Try again or use another way.";

pub(super) async fn submit(
    visit: &Visit<'_>,
    mut flow: Flow,
    body: &Value,
) -> Result<Submitted, Problem> {
    match body.get("credential") {
        Some(credential) => answer(visit, flow, credential.clone()).await,
        None => {
            start(visit, &mut flow).await?;
            Ok(Submitted::Pending(Box::new(flow)))
        }
    }
}

async fn start(visit: &Visit<'_>, flow: &mut Flow) -> Result<(), Problem> {
    may_start(flow)?;
    flow.state.forget_hidden();
    let offers = methods::of_flow(visit, flow).await?;
    let Some(offer) = methods::pick(&offers, MethodKind::Passkey, None) else {
        return Err(sso::not_on_offer(visit, flow, MethodKind::Passkey).await);
    };
    let provider = offer.upstream.provider()?;
    let headless = provider.headless_login().ok_or_else(|| wrong_step(flow))?;
    // Without a session the credential itself says who it is: a typed name must not
    // change the list, or it would tell who has passkeys.
    let subject = flow.state.person().map_or(SubjectHint::Unknown, |user| {
        SubjectHint::Known(user.0.clone())
    });
    let request = BeginHeadless {
        method: MethodKind::Passkey,
        relying_party: visit.relying_party(),
        login_name: None,
        subject,
        deliver: true,
    };
    let step = visit
        .core
        .providers
        .call(&offer.upstream, "begin", headless.begin(request))
        .await?;
    let LoginStep::Challenge(challenge) = step else {
        return Err(Problem::new(
            Code::Denied,
            "Sign-in by passkey is not possible now.",
        ));
    };
    flow.state.step = Step::Passkey {
        upstream: offer.upstream.row.id.clone(),
        state: challenge.state,
        public_key: challenge.public_key.unwrap_or(Value::Null),
    };
    flow::save(visit.core, flow).await
}

async fn answer(
    visit: &Visit<'_>,
    mut flow: Flow,
    credential: Value,
) -> Result<Submitted, Problem> {
    let Step::Passkey {
        upstream, state, ..
    } = flow.state.step.clone()
    else {
        return Err(wrong_step(&flow));
    };
    let configured = visit
        .core
        .providers
        .get(&visit.site.tenant, &upstream)
        .await?;
    let provider = configured.provider()?;
    let headless = provider.headless_login().ok_or_else(|| wrong_step(&flow))?;
    let work = headless.answer(&state, Answer::Credential(credential));
    match judge(visit, &mut flow, &configured, work).await? {
        LoginStep::Authenticated(identity) => {
            let proof = Proof {
                upstream,
                method: MethodKind::Passkey,
                identity: *identity,
            };
            flow.state.proofs.push(proof);
            settle::settle(visit, flow).await
        }
        LoginStep::Denied(Denial::Disabled) => {
            Err(Problem::new(Code::Denied, "Sign-in was refused."))
        }
        // Wrong, or the ceremony is over: then the next try is a new one.
        _ => Err(wrong_answer(visit, flow, "passkey", WRONG).await),
    }
}
