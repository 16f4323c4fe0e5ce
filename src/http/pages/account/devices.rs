//! Browsers that the person has signed in with.

use axum::extract::Path;
use axum::extract::rejection::FormRejection;
use axum::response::Response;
use axum::routing::post;
use axum::{Form, Router};
use serde::Deserialize;

use super::super::super::context::Context;
use super::super::super::me;
use super::super::super::router::AppState;
use super::super::see_other;
use super::{Pressed, Signed, done, posted};
use crate::domain::{DeviceId, Problem};
use crate::lane_a::{Visit, devices};
use crate::views::{DeviceRow, DevicesSection, agent};

pub fn routes() -> Router<AppState> {
    Router::new()
        .route("/account/devices/{id}", post(change))
        .route("/account/devices/{id}/forget", post(forget))
}

pub async fn section(visit: &Visit<'_>) -> Result<DevicesSection, Problem> {
    let (all, current) = devices::list(visit, "", 50).await?;
    let rows = all
        .into_iter()
        .map(|listed| {
            let device = listed.device;
            DeviceRow {
                current: current.as_ref() == Some(&device.id),
                title: me::device_name(visit.lang, &device),
                browser: agent::name(visit.lang, &device.user_agent),
                created: device.created_at,
                last_seen: device.last_seen_at.max(listed.used_at.unwrap_or(0)),
                trusted: device.trusted_at.is_some(),
                live: listed.sessions > 0,
                label: device.label.unwrap_or_default(),
                ip: device.ip,
                id: device.id.0,
            }
        })
        .collect();
    Ok(DevicesSection { rows })
}

#[derive(Deserialize)]
struct Fields {
    label: Option<String>,
    trusted: Option<String>,
}

/// `POST /account/devices/{id}`
async fn change(
    context: Context,
    Path(id): Path<String>,
    form: Result<Form<Signed<Fields>>, FormRejection>,
) -> Result<Response, Problem> {
    let (visit, fields) = posted(&context, form).await?;
    let change = devices::Change {
        label: fields.label,
        trusted: fields.trusted.map(|word| word == "true"),
    };
    let outcome = devices::change(&visit, &DeviceId(me::plausible(id)?), change).await;
    done(outcome.map(drop), "device-saved")
}

/// `POST /account/devices/{id}/forget`
async fn forget(
    context: Context,
    Path(id): Path<String>,
    form: Result<Form<Signed<Pressed>>, FormRejection>,
) -> Result<Response, Problem> {
    let (visit, _) = posted(&context, form).await?;
    let own = devices::forget(&visit, &DeviceId(me::plausible(id)?)).await?;
    if !own {
        return done(Ok(()), "device-forgotten");
    }
    let mut response = see_other("/logged-out");
    me::clear_device(&mut response);
    Ok(response)
}
