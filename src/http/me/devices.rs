//! `/v1/me/devices`: browsers that somebody signed in with (CONTRACT §7).

use axum::Json;
use axum::extract::rejection::JsonRejection;
use axum::extract::{Path, Query};
use axum::response::{IntoResponse, Response};
use http::{Method, StatusCode, header};
use serde::Deserialize;
use serde_json::{Value, json};

use super::super::bff::rfc3339;
use super::super::context::Context;
use super::super::flows;
use super::{Page, page, plausible, reading, writing};
use crate::authn;
use crate::domain::device::Device;
use crate::domain::{DeviceId, Problem};
use crate::lane_a::devices as account_devices;

const PATH: &str = "/v1/me/devices";

/// `GET /v1/me/devices`
pub async fn devices(context: Context, Query(query): Query<Page>) -> Result<Response, Problem> {
    let visit = reading(&context).await?;
    let limit = query.limit()?;
    let before = query.after(&context, PATH)?;
    let (found, current) = account_devices::list(&visit, &before, limit).await?;
    let last = found.last().map(|listed| listed.device.id.0.clone());
    let items = found
        .iter()
        .map(|listed| {
            let device = &listed.device;
            let mut item = device_json(device, current.as_ref());
            let seen = device.last_seen_at.max(listed.used_at.unwrap_or(0));
            item["last_seen_at"] = json!(rfc3339(seen));
            item["sessions"] = json!(listed.sessions);
            item
        })
        .collect();
    Ok(page(&context, PATH, limit, items, last))
}

/// A device as listings show it.
pub fn device_json(device: &Device, current: Option<&DeviceId>) -> Value {
    json!({
        "id": device.id,
        "label": device_name(crate::domain::Lang::En, device),
        "current": current == Some(&device.id),
        "trusted": device.trusted_at.is_some(),
        "created_at": rfc3339(device.created_at),
        "last_seen_at": rfc3339(device.last_seen_at),
        "ip": device.ip,
        "user_agent": device.user_agent,
    })
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Change {
    label: Option<String>,
    trusted: Option<bool>,
}

/// `PATCH /v1/me/devices/{id}`
pub async fn change_device(
    context: Context,
    Path(id): Path<String>,
    body: Result<Json<Change>, JsonRejection>,
) -> Result<Json<Value>, Problem> {
    let visit = writing(&context, &Method::PATCH).await?;
    let body = flows::json_body(body)?;
    let change = account_devices::Change {
        label: body.label,
        trusted: body.trusted,
    };
    let device = account_devices::change(&visit, &DeviceId(plausible(id)?), change).await?;
    let current = visit.session()?.session.device.clone();
    Ok(Json(device_json(&device, current.as_ref())))
}

/// `DELETE /v1/me/devices/{id}`: forgets it and signs it out.
pub async fn forget_device(context: Context, Path(id): Path<String>) -> Result<Response, Problem> {
    let visit = writing(&context, &Method::DELETE).await?;
    let own = account_devices::forget(&visit, &DeviceId(plausible(id)?)).await?;
    let mut response = StatusCode::NO_CONTENT.into_response();
    if own {
        clear_device(&mut response);
    }
    Ok(response)
}

/// This browser has forgotten itself: its cookies are worth nothing any more.
pub fn clear_device(response: &mut Response) {
    for name in [authn::SESSION, authn::DEVICE] {
        response
            .headers_mut()
            .append(header::SET_COOKIE, authn::clear(name));
    }
}

/// A label, or what the browser calls itself.
pub fn device_name(lang: crate::domain::Lang, device: &Device) -> String {
    let given = device.label.clone();
    given.unwrap_or_else(|| crate::views::agent::name(lang, &device.user_agent))
}
