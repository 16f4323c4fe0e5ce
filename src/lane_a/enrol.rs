//! The enrol step: add a passkey or an authenticator app while signing up, or not now.

use laneway_contract::{Answer, BeginEnrol, EnrolStep, FinishEnrol, MethodKind, ProviderError};
use secrecy::{ExposeSecret as _, SecretString};
use serde_json::Value;

use super::factors::{self, Changed};
use super::submit::{Submitted, text, wrong_answer, wrong_step};
use super::{Visit, flow, methods, settle};
use crate::domain::flow::{EnrolOffer, Flow, Private, Step};
use crate::domain::{Problem, UserId};

/// What can be added here, the best first.
pub(super) async fn offered(visit: &Visit<'_>) -> Vec<MethodKind> {
    let Ok(offers) = visit.core.providers.offers(&visit.site.tenant).await else {
        return Vec::new();
    };
    [MethodKind::Passkey, MethodKind::Totp]
        .into_iter()
        .filter(|kind| methods::pick(&offers, *kind, None).is_some())
        .collect()
}

/// Opens the step if the ceremony can be begun; `None` when it cannot.
pub(super) async fn open(
    visit: &Visit<'_>,
    flow: &Flow,
    user: &UserId,
    kind: MethodKind,
) -> Option<Step> {
    let offers = visit.core.providers.offers(&visit.site.tenant).await.ok()?;
    let offer = methods::pick(&offers, kind, None)?;
    let admin = offer.upstream.provider().ok()?.credential_admin()?;
    let login_name = flow
        .state
        .username
        .clone()
        .unwrap_or_else(|| user.0.clone());
    let request = BeginEnrol {
        kind,
        subject: user.0.clone(),
        display_name: flow
            .state
            .name
            .clone()
            .unwrap_or_else(|| login_name.clone()),
        login_name,
        relying_party: visit.relying_party(),
        return_to: visit.site.tenant.public_url.clone(),
    };
    let work = admin.begin_enrol(request);
    let begun = visit.core.providers.call(&offer.upstream, "enrol", work);
    let (state, what) = match begun.await.ok()? {
        EnrolStep::Challenge { public_key, state } => (state, EnrolOffer::Passkey(public_key)),
        EnrolStep::Secret {
            otpauth_uri, state, ..
        } => {
            let uri = Private(otpauth_uri.expose_secret().to_owned());
            (state, EnrolOffer::Totp(uri))
        }
        EnrolStep::Redirect(_) => return None,
    };
    Some(Step::Enrol {
        upstream: offer.upstream.row.id.clone(),
        state,
        offer: what,
    })
}

/// Another factor than the one that was offered first.
async fn switch(visit: &Visit<'_>, mut flow: Flow, kind: MethodKind) -> Result<Submitted, Problem> {
    let user = flow.state.candidate.clone();
    let step = open(visit, &flow, &user, kind).await;
    flow.state.step = step.ok_or_else(|| wrong_step(&flow))?;
    flow::save(visit.core, &mut flow).await?;
    Ok(Submitted::Pending(Box::new(flow)))
}

/// The answer that belongs to what was offered.
fn given(offer: &EnrolOffer, body: &Value) -> Result<Answer, Problem> {
    let missing = |pointer, detail| Problem::field(pointer, "required", detail);
    match offer {
        EnrolOffer::Passkey(_) => match body.get("credential") {
            Some(credential) => Ok(Answer::Credential(credential.clone())),
            None => Err(missing("/credential", "Send the new credential, or skip.")),
        },
        EnrolOffer::Totp(_) => match text(body, "code") {
            Some(code) => Ok(Answer::Code(SecretString::from(code))),
            None => Err(missing(
                "/code",
                "Enter the code that the app shows, or skip.",
            )),
        },
    }
}

pub(super) async fn submit(
    visit: &Visit<'_>,
    mut flow: Flow,
    body: &Value,
) -> Result<Submitted, Problem> {
    let Step::Enrol {
        upstream,
        state,
        offer,
    } = flow.state.step.clone()
    else {
        return Err(wrong_step(&flow));
    };
    if body.get("skip").is_some_and(|v| *v == Value::Bool(true)) {
        flow.state.enrol_offered = true;
        return settle::settle(visit, flow).await;
    }
    match text(body, "enrol") {
        Some("totp") => return switch(visit, flow, MethodKind::Totp).await,
        Some("passkey") => return switch(visit, flow, MethodKind::Passkey).await,
        _ => {}
    }
    let answer = given(&offer, body)?;
    let configured = visit
        .core
        .providers
        .get(&visit.site.tenant, &upstream)
        .await?;
    let admin = configured
        .provider()?
        .credential_admin()
        .ok_or_else(|| wrong_step(&flow))?;
    let label = text(body, "label")
        .unwrap_or_default()
        .chars()
        .take(80)
        .collect();
    let outcome = admin
        .finish_enrol(FinishEnrol {
            state,
            answer,
            label,
        })
        .await;
    match outcome {
        Ok(stored) => {
            let user = flow.state.candidate.clone();
            let change = match stored.kind {
                MethodKind::Totp => Changed::TotpAdded,
                _ => Changed::PasskeyAdded,
            };
            factors::changed(visit, &user, change, &stored.id).await;
            flow.state.enrol_offered = true;
            // An app only adds to another way in; a passkey is one.
            flow.state.enrolled = stored.kind == MethodKind::Passkey;
            if stored.kind == MethodKind::Totp {
                flow.state.app_enrolled = true;
                // The app is there already: without codes it still is, and the account page
                // makes them.
                let codes = factors::first_codes(visit, &configured, &user).await;
                let codes = codes.unwrap_or_default();
                let plain = codes.iter().map(|code| code.expose_secret().to_owned());
                flow.state.recovery_codes = plain.map(Private).collect();
            }
            settle::settle(visit, flow).await
        }
        Err(ProviderError::InvalidResponse(_) | ProviderError::Conflict) => Err(wrong_answer(
            visit,
            flow,
            "enrol",
            match offer {
                EnrolOffer::Passkey(_) => "The passkey could not be stored. Try again or skip.",
                EnrolOffer::Totp(_) => {
                    "That code does not match. Wait for the next one in your app."
                }
            },
        )
        .await),
        Err(error) => Err(crate::providers::problem(&error)),
    }
}
