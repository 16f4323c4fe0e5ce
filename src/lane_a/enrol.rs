//! The enrol step: add a passkey while signing up, or not now.

use laneway_contract::{BeginEnrol, EnrolStep, FinishEnrol, MethodKind, ProviderError};
use serde_json::Value;

use super::submit::{Submitted, text, wrong_answer, wrong_step};
use super::{Visit, settle};
use crate::audit::{Event, Outcome, kind};
use crate::domain::flow::{Flow, Step};
use crate::domain::{Problem, UserId};

/// Opens the step if the ceremony can be begun; `None` when it cannot.
pub(super) async fn open(visit: &Visit<'_>, flow: &Flow, user: &UserId) -> Option<Step> {
    let offers = visit.core.providers.offers(&visit.site.tenant).await.ok()?;
    let offer = super::methods::pick(&offers, MethodKind::Passkey, None)?;
    let admin = offer.upstream.provider().ok()?.credential_admin()?;
    let login_name = flow
        .state
        .username
        .clone()
        .unwrap_or_else(|| user.0.clone());
    let request = BeginEnrol {
        kind: MethodKind::Passkey,
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
    match visit
        .core
        .providers
        .call(&offer.upstream, "enrol", work)
        .await
    {
        Ok(EnrolStep::Challenge { public_key, state }) => Some(Step::Enrol {
            upstream: offer.upstream.row.id.clone(),
            state,
            public_key,
        }),
        Ok(EnrolStep::Redirect(_)) | Err(_) => None,
    }
}

pub(super) async fn submit(
    visit: &Visit<'_>,
    mut flow: Flow,
    body: &Value,
) -> Result<Submitted, Problem> {
    let Step::Enrol {
        upstream, state, ..
    } = flow.state.step.clone()
    else {
        return Err(wrong_step(&flow));
    };
    if body.get("skip").is_some_and(|v| *v == Value::Bool(true)) {
        flow.state.enrol_offered = true;
        return settle::settle(visit, flow).await;
    }
    let credential = body.get("credential").cloned().ok_or_else(|| {
        Problem::field(
            "/credential",
            "required",
            "Send the new credential, or skip.",
        )
    })?;
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
            credential,
            label,
        })
        .await;
    match outcome {
        Ok(stored) => {
            let user = flow.state.candidate.clone();
            let event = Event::new(
                kind::PASSKEY_ENROLLED,
                Outcome::Success,
                ("passkey", &stored.id),
            )
            .by_user(&user);
            visit
                .core
                .audit_alone(&visit.site.tenant.id, visit.meta, event)
                .await;
            flow.state.enrol_offered = true;
            settle::settle(visit, flow).await
        }
        Err(ProviderError::InvalidResponse(_) | ProviderError::Conflict) => Err(wrong_answer(
            visit,
            flow,
            "enrol",
            "The passkey could not be stored. Try again or skip.",
        )
        .await),
        Err(error) => Err(crate::providers::problem(&error)),
    }
}
