//! `/v1/me/upstream-credentials`.

use axum::Json;
use axum::extract::rejection::JsonRejection;
use axum::response::{IntoResponse, Response};
use http::Method;
use laneway_contract::AccountAction;
use serde::Deserialize;
use serde_json::{Value, json};

use super::super::bff::rfc3339;
use super::super::context::Context;
use super::super::{flows, pages};
use super::{reading, writing};
use crate::domain::Problem;
use crate::lane_a::account::{self, Kept, Unseen};
use crate::lane_a::{Submitted, Visit};

/// `GET /v1/me/upstream-credentials`: what each provider keeps.
pub async fn upstream_credentials(context: Context) -> Result<Json<Value>, Problem> {
    let visit = reading(&context).await?;
    let all = account::kept_elsewhere(&visit).await?;
    let items: Vec<Value> = all.iter().map(kept_json).collect();
    Ok(Json(json!({ "items": items, "next_cursor": null })))
}

fn kept_json(kept: &Kept) -> Value {
    let state = match &kept.credentials {
        Ok(_) => "known",
        Err(Unseen::Away) => "unavailable",
        Err(Unseen::NotAllowed) => "not_permitted",
        Err(Unseen::Gone) => "gone",
    };
    let all = kept.credentials.as_deref().unwrap_or_default();
    let all = all.iter().map(|one| {
        let last = kept.last.as_ref() == Some(&one.id);
        json!({
            "id": one.id,
            "kind": one.kind.as_str(),
            "label": one.label,
            "created_at": rfc3339(one.created_at_ms),
            "remaining": one.remaining,
            "removable": account::is_removable(one) && !last,
        })
    });
    json!({
        "upstream": kept.upstream.row.slug,
        "label": kept.upstream.row.label(),
        "state": state,
        "credentials": all.collect::<Vec<Value>>(),
    })
}

/// What somebody wants to do there.
#[derive(Deserialize, Default)]
#[serde(default)]
pub struct Wish {
    upstream: String,
    action: String,
    credential: String,
}

/// `POST /v1/me/upstream-credentials`: begins a change; the browser goes to `redirect_to`.
pub async fn change_upstream_credentials(
    context: Context,
    body: Result<Json<Wish>, JsonRejection>,
) -> Result<Response, Problem> {
    writing(&context, &Method::POST).await?;
    let wish = flows::json_body(body)?;
    let browser = context.browser_or_new();
    let visit = context.visit(&browser).await?;
    let url = begin_errand(&visit, wish).await?;
    let mut response = Json(json!({ "redirect_to": url })).into_response();
    flows::set_flow_cookie(&mut response, &browser);
    Ok(response)
}

/// Begins it; where the browser goes.
///
/// # Errors
/// `invalid_field`, and those of the beginning.
pub async fn begin_errand(visit: &Visit<'_>, wish: Wish) -> Result<String, Problem> {
    let action = match wish.action.as_str() {
        "change-password" => AccountAction::ChangePassword,
        "add-totp" => AccountAction::AddTotp,
        "add-passkey" => AccountAction::AddPasskey,
        "renew-recovery-codes" => AccountAction::RenewRecoveryCodes,
        "remove" => AccountAction::Remove(wish.credential),
        _ => {
            return Err(Problem::field(
                "/action",
                "unknown",
                "Use change-password, add-totp, add-passkey, renew-recovery-codes or remove.",
            ));
        }
    };
    let flow = account::begin_elsewhere(visit, &wish.upstream, action).await?;
    let begun = Submitted::Pending(Box::new(flow));
    Ok(pages::next_address(visit, &begun))
}
