//! A flow as JSON (CONTRACT §6).

use serde_json::{Map, Value, json};

use super::{Visit, methods};
use crate::domain::Problem;
use crate::domain::flow::{EnrolOffer, Flow, Step};

/// The document that clients read.
///
/// # Errors
/// `store_unavailable`.
pub async fn flow_json(visit: &Visit<'_>, flow: &Flow) -> Result<Value, Problem> {
    let now = visit.core.now();
    let offers = methods::of_flow(visit, flow).await?;
    let methods: Vec<Value> = offers
        .iter()
        .map(|offer| {
            let mut method = json!({ "kind": offer.kind.as_str(), "mode": offer.mode });
            if offer.kind == laneway_contract::MethodKind::Redirect {
                method["connection"] = json!(offer.upstream.row.slug);
                method["label"] = json!(offer.upstream.row.label());
            }
            method
        })
        .collect();
    let done = matches!(flow.state.step, Step::Done);
    let mut all = json!({
        "id": flow.id,
        "purpose": flow.purpose,
        "state": if done { "done" } else { "pending" },
        "expires_in": (flow.expires_at - now).max(0) / 1000,
        "return_to": flow.state.return_to,
        "step": step(flow, now),
        "methods": if done { Vec::new() } else { methods },
    });
    if !flow.state.recovery_codes.is_empty() {
        all["recovery_codes"] = json!(flow.state.recovery_codes);
    }
    Ok(all)
}

fn step(flow: &Flow, now: i64) -> Value {
    let mut members = Map::new();
    members.insert("kind".into(), json!(flow.state.step.kind()));
    match &flow.state.step {
        Step::EmailCode { resend_at, .. } => {
            members.insert("resend_in".into(), json!((resend_at - now).max(0) / 1000));
        }
        Step::Passkey { public_key, .. } => {
            members.insert("public_key".into(), public_key.clone());
        }
        Step::Redirect { url, .. } => {
            members.insert("url".into(), json!(url));
        }
        Step::Enrol { offer, .. } => {
            let (enrol, name, value) = match offer {
                EnrolOffer::Passkey(options) => ("passkey", "public_key", options.clone()),
                EnrolOffer::Totp(uri) => ("totp", "otpauth_uri", json!(uri)),
            };
            members.insert("enrol".into(), json!(enrol));
            members.insert(name.into(), value);
            members.insert("skippable".into(), json!(true));
        }
        Step::NewPassword { skippable, .. } => {
            members.insert("skippable".into(), json!(skippable));
        }
        Step::Profile => {
            members.insert("fields".into(), json!(["name"]));
        }
        Step::Organization { organizations } => {
            let all: Vec<Value> = organizations
                .iter()
                .map(|(id, slug, name)| json!({ "id": id, "slug": slug, "name": name }))
                .collect();
            members.insert("organizations".into(), Value::Array(all));
        }
        Step::Identify
        | Step::Choose
        | Step::Password(_)
        | Step::Totp(_)
        | Step::RecoveryCode(_)
        | Step::Done => {}
    }
    Value::Object(members)
}
