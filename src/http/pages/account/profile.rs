//! Name and address.

use axum::extract::rejection::FormRejection;
use axum::response::Response;
use axum::routing::post;
use axum::{Form, Router};
use serde::Deserialize;

use super::super::super::context::Context;
use super::super::super::router::AppState;
use super::{Signed, done, posted};
use crate::domain::Problem;
use crate::domain::user::User;
use crate::lane_a::account;
use crate::views::ProfileSection;

pub fn routes() -> Router<AppState> {
    Router::new().route("/account/profile", post(save))
}

pub fn section(user: &User) -> ProfileSection {
    ProfileSection {
        name: user.name.clone().unwrap_or_default(),
        email: user.email.clone().unwrap_or_default(),
        email_verified: user.email_verified,
        locale: user.locale,
    }
}

#[derive(Deserialize)]
struct Fields {
    #[serde(default)]
    name: String,
    locale: Option<String>,
}

/// `POST /account/profile`
async fn save(
    context: Context,
    form: Result<Form<Signed<Fields>>, FormRejection>,
) -> Result<Response, Problem> {
    let (visit, fields) = posted(&context, form).await?;
    let locale = fields.locale.as_deref();
    let outcome = account::change_profile(&visit, Some(&fields.name), locale).await;
    done(outcome.map(|_| ()), "saved")
}
