//! The pages on which something secret is typed, used or set up: a password, a passkey, a
//! second factor.

use axum::response::Response;
use http::StatusCode;
use laneway_contract::MethodKind;

use super::super::context::Context;
use super::render_flow;
use crate::domain::Problem;
use crate::domain::flow::{EnrolOffer, Flow, FlowPurpose, Step};
use crate::lane_a::{Visit, factors, methods};
use crate::views::{
    Chrome, EnrolPage, EnrolTotpPage, NewPasswordPage, PasskeyPage, PasswordPage, SecondPage,
};

/// What the pages of all steps have in common.
pub(super) struct Frame {
    pub chrome: Chrome,
    pub action: String,
    pub csrf: String,
    pub error: Option<String>,
}

pub(super) async fn page(
    context: &Context,
    visit: &Visit<'_>,
    flow: &Flow,
    frame: Frame,
    status: StatusCode,
) -> Result<Response, Problem> {
    let can_choose = methods::of_flow(visit, flow).await?.len() > 1;
    Ok(match &flow.state.step {
        Step::Enrol { offer, .. } => {
            return enrol(context, visit, flow, (frame, offer), status).await;
        }
        Step::Passkey { public_key, .. } => {
            let page = PasskeyPage {
                chrome: frame.chrome,
                action: frame.action,
                csrf: frame.csrf,
                flow: flow.id.0.clone(),
                public_key_json: public_key.to_string(),
                error: frame.error,
                can_choose,
            };
            render_flow(visit, status, &page).await
        }
        Step::NewPassword { skippable, .. } => {
            let page = new_password(flow, frame, *skippable);
            render_flow(visit, status, &page).await
        }
        Step::Totp(_) | Step::RecoveryCode(_) => {
            let page = SecondPage {
                chrome: frame.chrome,
                action: frame.action,
                csrf: frame.csrf,
                flow: flow.id.0.clone(),
                recovery: matches!(flow.state.step, Step::RecoveryCode(_)),
                can_choose,
                error: frame.error,
            };
            render_flow(visit, status, &page).await
        }
        _ => {
            let page = password(flow, frame, (can_choose, recovers(visit).await));
            render_flow(visit, status, &page).await
        }
    })
}

async fn enrol(
    context: &Context,
    visit: &Visit<'_>,
    flow: &Flow,
    (frame, offer): (Frame, &EnrolOffer),
    status: StatusCode,
) -> Result<Response, Problem> {
    let all = context.core.providers.offers(&context.site.tenant).await?;
    let instead = |kind| all.iter().any(|offer| offer.kind == kind);
    let id = flow.id.0.clone();
    Ok(match offer {
        EnrolOffer::Passkey(options) => {
            let page = EnrolPage {
                chrome: frame.chrome,
                action: frame.action,
                csrf: frame.csrf,
                flow: id,
                public_key_json: options.to_string(),
                skippable: true,
                app_instead: instead(MethodKind::Totp),
                error: frame.error,
            };
            render_flow(visit, status, &page).await
        }
        EnrolOffer::Totp(uri) => {
            let page = EnrolTotpPage {
                chrome: frame.chrome,
                action: frame.action,
                csrf: frame.csrf,
                flow: Some(id),
                otpauth_uri: uri.0.clone(),
                passkey_instead: instead(MethodKind::Passkey),
                error: frame.error,
            };
            render_flow(visit, status, &page).await
        }
    })
}

fn new_password(flow: &Flow, frame: Frame, skippable: bool) -> NewPasswordPage {
    let recover = flow.purpose == FlowPurpose::Recover;
    let second = flow
        .state
        .proofs
        .iter()
        .any(|proof| proof.method.is_second_only())
        || flow.state.app_enrolled;
    NewPasswordPage {
        chrome: frame.chrome,
        action: frame.action,
        csrf: frame.csrf,
        flow: Some(flow.id.0.clone()),
        occasion: if recover { "recover" } else { "signup" }.into(),
        username: flow.state.username.clone().unwrap_or_default(),
        min: factors::least_length(second),
        asks_current: false,
        skippable,
        error: frame.error,
    }
}

/// Can a forgotten password be set anew here? One that is kept elsewhere is changed there: its
/// keeper's page stands among the other ways in.
pub(super) async fn recovers(visit: &Visit<'_>) -> bool {
    matches!(factors::password_home(visit).await, Ok(Some(_)))
}

fn password(flow: &Flow, frame: Frame, (can_choose, recovers): (bool, bool)) -> PasswordPage {
    let confirm = flow.state.person().is_some();
    PasswordPage {
        chrome: frame.chrome,
        action: frame.action,
        csrf: frame.csrf,
        flow: Some(flow.id.0.clone()),
        username: flow.state.username.clone().unwrap_or_default(),
        confirm,
        recover_href: (recovers && !confirm).then(|| "/recover".to_owned()),
        can_choose,
        error: frame.error,
    }
}
