//! `/oauth/device_authorization`, which a device calls, and `/device`, where people enter its code.

use axum::Form;
use axum::body::Bytes;
use axum::extract::Query;
use axum::extract::rejection::{BytesRejection, FormRejection};
use axum::response::{IntoResponse, Response};
use http::StatusCode;
use serde::Deserialize;

use super::super::bff::{see_other, sign_in};
use super::super::context::{Browser, Context};
use super::super::{flows, pages};
use super::answer::{json_answer, refused};
use super::discovery::home;
use super::token::{called_by, desk};
use super::words::rows;
use crate::domain::Problem;
use crate::domain::return_to::ReturnTo;
use crate::edge::handoff::Ask;
use crate::lane_a::{Visit, limits};
use crate::oauth::device::{self, Question};
use crate::store::orgs;
use crate::views::{DeviceDonePage, DeviceEnterPage, DevicePage};

/// `POST /oauth/device_authorization`
pub async fn begin(context: Context, body: Result<Bytes, BytesRejection>) -> Response {
    if let Err(problem) = home(&context) {
        return problem.into_response();
    }
    let outcome = async {
        let (app, params) = called_by(&context, body).await?;
        limits::callback(&context.core, &context.meta.ip).await?;
        device::begin(desk(&context), &app, &params).await
    };
    match Box::pin(outcome).await {
        Ok(body) => json_answer(body),
        Err(fault) => refused(&context, fault),
    }
}

#[derive(Deserialize)]
pub struct DeviceQuery {
    #[serde(default)]
    user_code: String,
}

/// `GET /device`: an address that has the code in it fills it in, and asks all the same.
pub async fn show(context: Context, Query(query): Query<DeviceQuery>) -> Result<Response, Problem> {
    home(&context)?;
    limits::callback(&context.core, &context.meta.ip).await?;
    let browser = context.browser_or_new();
    let visit = context.visit(&browser).await?;
    if visit.live.is_none() {
        return go_sign_in(&context, &query.user_code).await;
    }
    Ok(enter_page(&context, &browser, query.user_code, None))
}

async fn go_sign_in(context: &Context, code: &str) -> Result<Response, Problem> {
    let code: String = code.chars().take(32).collect();
    let code: String = url::form_urlencoded::byte_serialize(code.as_bytes()).collect();
    let here = match code.as_str() {
        "" => ReturnTo::own("/device"),
        code => ReturnTo::own(format!("/device?user_code={code}")),
    };
    let ask = Ask {
        acr: None,
        max_age: None,
        prompt: None,
        login_hint: None,
        connection: None,
        org: None,
    };
    Box::pin(sign_in(context, here, ask, None)).await
}

fn enter_page(
    context: &Context,
    browser: &Browser,
    code: String,
    error: Option<String>,
) -> Response {
    let status = match &error {
        Some(_) => StatusCode::UNPROCESSABLE_ENTITY,
        None => StatusCode::OK,
    };
    let page = DeviceEnterPage {
        chrome: pages::chrome(&context.site, &context.meta.request_id),
        csrf: pages::form_csrf(context, browser),
        code: code.chars().take(32).collect(),
        error,
    };
    let mut response = pages::render(context, status, &page);
    flows::set_flow_cookie(&mut response, browser);
    response
}

#[derive(Deserialize)]
pub struct DeviceForm {
    #[serde(default)]
    csrf: String,
    #[serde(default)]
    user_code: String,
    #[serde(default)]
    answer: String,
}

/// `POST /device`: the code, and then the answer.
pub async fn answer(
    context: Context,
    form: Result<Form<DeviceForm>, FormRejection>,
) -> Result<Response, Problem> {
    home(&context)?;
    limits::callback(&context.core, &context.meta.ip).await?;
    let form = flows::form_body(form)?;
    let Some(browser) = context.browser() else {
        return Ok(see_other("/device"));
    };
    pages::check_form(&context, &browser.binding, &form.csrf)?;
    let visit = context.visit(&browser).await?;
    if visit.live.is_none() {
        return go_sign_in(&context, &form.user_code).await;
    }
    let unknown = || {
        let words = pages::words(visit.lang, "device-unknown");
        enter_page(&context, &browser, form.user_code.clone(), Some(words))
    };
    let allowed = match form.answer.as_str() {
        "allow" => true,
        "deny" => false,
        _ => {
            let asked = device::enter(&visit, &form.user_code).await?;
            return match asked {
                Some(asked) => question_page(&context, &visit, &browser, asked).await,
                None => Ok(unknown()),
            };
        }
    };
    if !device::answer(&visit, &form.user_code, allowed).await? {
        return Ok(unknown());
    }
    let page = DeviceDonePage {
        chrome: pages::chrome(&context.site, &context.meta.request_id),
        allowed,
    };
    Ok(pages::render(&context, StatusCode::OK, &page))
}

async fn question_page(
    context: &Context,
    visit: &Visit<'_>,
    browser: &Browser,
    asked: Question,
) -> Result<Response, Problem> {
    let user = &visit.session()?.user;
    let (db, tenant) = (&context.core.db, &context.site.tenant.id);
    let organization = match &asked.org {
        Some(org) => orgs::find(db, tenant, org.as_str())
            .await?
            .map(|org| org.name),
        None => None,
    };
    let page = DevicePage {
        chrome: pages::chrome(&context.site, &context.meta.request_id),
        csrf: pages::form_csrf(context, browser),
        code: asked.code,
        app_name: asked.app.name,
        same_network: limits::same_network(&asked.ip, &context.meta.ip),
        ip: asked.ip,
        asked_at: asked.asked_at,
        rows: rows(visit.lang, &asked.scope, &asked.audiences),
        organization,
        account: user
            .email
            .clone()
            .or_else(|| user.name.clone())
            .unwrap_or_default(),
    };
    Ok(pages::render(context, StatusCode::OK, &page))
}
