//! A flow as JSON (CONTRACT §6).

use laneway_contract::Acr;
use serde_json::{Map, Value, json};

use super::{Visit, methods};
use crate::domain::flow::{EnrolOffer, Flow, FlowPurpose, Step};
use crate::domain::{Problem, UpstreamId};

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
        "step": step(visit, flow, now),
        "methods": if done { Vec::new() } else { methods },
    });
    if !flow.state.recovery_codes.is_empty() {
        all["recovery_codes"] = json!(flow.state.recovery_codes);
    }
    Ok(all)
}

/// Where a provider is asked: it answers to the tenant's own login host, so from an
/// organization's host the way leads over that one, and back by a ticket.
pub fn provider_address(
    visit: &Visit<'_>,
    flow: &Flow,
    url: &str,
    upstream: &UpstreamId,
) -> String {
    if visit.site.is_home() {
        return url.to_owned();
    }
    // An identity is added, and its credentials are changed, where the account lives.
    if matches!(flow.purpose, FlowPurpose::Link | FlowPurpose::Errand) {
        return visit.site.tenant.address("/account");
    }
    let mut query = url::form_urlencoded::Serializer::new(String::new());
    query.append_pair("rd", flow.state.return_to.as_str());
    query.append_pair("connection", upstream.as_str());
    let demand = &flow.state.demand;
    let seconds = demand.max_age.map(|seconds| seconds.to_string());
    for (name, value) in [
        ("org", demand.org.as_deref()),
        ("acr_values", demand.acr.map(Acr::as_str)),
        ("max_age", seconds.as_deref()),
    ] {
        if let Some(value) = value {
            query.append_pair(name, value);
        }
    }
    format!("/.laneway/start?{}", query.finish())
}

/// The same for whoever reads it elsewhere than in a page of this host.
fn whole_address(visit: &Visit<'_>, path: String) -> String {
    if path.starts_with('/') {
        format!("{}{path}", visit.site.origin(&visit.site.host.host))
    } else {
        path
    }
}

fn step(visit: &Visit<'_>, flow: &Flow, now: i64) -> Value {
    let mut members = Map::new();
    members.insert("kind".into(), json!(flow.state.step.kind()));
    match &flow.state.step {
        Step::EmailCode { resend_at, .. } => {
            members.insert("resend_in".into(), json!((resend_at - now).max(0) / 1000));
        }
        Step::Passkey { public_key, .. } => {
            members.insert("public_key".into(), public_key.clone());
        }
        Step::Redirect { url, upstream, .. } => {
            let url = provider_address(visit, flow, &url.0, upstream);
            members.insert("url".into(), json!(whole_address(visit, url)));
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
