//! `/v1/auth/flows`: sign-in as JSON (CONTRACT §6).

use axum::extract::Path;
use axum::extract::rejection::{FormRejection, JsonRejection};
use axum::response::{IntoResponse, Response};
use axum::{Form, Json};
use http::{Method, StatusCode, header};
use serde::Deserialize;
use serde_json::{Value, json};

use laneway_contract::Acr;

use super::context::{Browser, Context};
use crate::authn;
use crate::domain::flow::{Demand, FlowPurpose};
use crate::domain::return_to::ReturnTo;
use crate::domain::{Code, FlowId, Problem, ids};
use crate::lane_a::{self, Begin, Submitted, Visit};

#[derive(Deserialize)]
pub struct Create {
    purpose: Option<String>,
    username: Option<String>,
    return_to: Option<String>,
    acr_values: Option<String>,
    max_age: Option<u64>,
}

/// `POST /v1/auth/flows`
pub async fn create(
    context: Context,
    body: Result<Json<Create>, JsonRejection>,
) -> Result<Response, Problem> {
    guard(&context, &Method::POST)?;
    let body = json_body(body)?;
    let browser = context.browser_or_new();
    let visit = context.visit(&browser).await?;
    let begin = Begin {
        purpose: purpose(body.purpose.as_deref())?,
        username: body.username.filter(|name| !name.trim().is_empty()),
        return_to: return_to(&context, body.return_to.as_deref())?,
        demand: Demand {
            acr: acr(body.acr_values.as_deref())?,
            max_age: body.max_age,
            prompt: None,
            org: None,
            renews: false,
        },
        link_to: None,
        owner_link: None,
        invitation: None,
    };
    let flow = lane_a::begin(&visit, begin).await?;
    let json = lane_a::flow_json(&visit, &flow).await?;
    let mut response = (StatusCode::CREATED, Json(json)).into_response();
    let location = format!("/v1/auth/flows/{}", flow.id);
    if let Ok(value) = location.parse() {
        response.headers_mut().insert(header::LOCATION, value);
    }
    set_flow_cookie(&mut response, &browser);
    Ok(response)
}

/// `GET /v1/auth/flows/{id}`
pub async fn read(context: Context, Path(id): Path<String>) -> Result<Json<Value>, Problem> {
    guard(&context, &Method::GET)?;
    let browser = context.browser().ok_or_else(Problem::not_found)?;
    let visit = context.visit(&browser).await?;
    let flow = lane_a::load(&visit, &flow_id(&id)?).await?;
    Ok(Json(lane_a::flow_json(&visit, &flow).await?))
}

/// `POST /v1/auth/flows/{id}/{kind}`
pub async fn answer(
    context: Context,
    Path((id, kind)): Path<(String, String)>,
    body: Result<Json<Value>, JsonRejection>,
) -> Result<Response, Problem> {
    guard(&context, &Method::POST)?;
    let body = json_body(body)?;
    if !body.is_object() {
        return Err(Problem::new(Code::InvalidRequest, "Send a JSON object."));
    }
    let browser = context.browser().ok_or_else(Problem::not_found)?;
    let visit = context.visit(&browser).await?;
    let submitted = lane_a::submit(&visit, &flow_id(&id)?, &kind, &body).await?;
    respond(&visit, submitted).await
}

async fn respond(visit: &Visit<'_>, submitted: Submitted) -> Result<Response, Problem> {
    match submitted {
        Submitted::Pending(flow) => {
            Ok(Json(lane_a::flow_json(visit, &flow).await?).into_response())
        }
        Submitted::Done { flow, cookies } => {
            let mut response = Json(lane_a::flow_json(visit, &flow).await?).into_response();
            set_cookies(visit, &mut response, cookies.as_ref());
            Ok(response)
        }
    }
}

/// Puts what a sign-in gave on a response.
pub fn set_cookies(visit: &Visit<'_>, response: &mut Response, cookies: Option<&lane_a::Cookies>) {
    let Some(cookies) = cookies else {
        return;
    };
    set_session_cookie(visit, response, Some(&cookies.session));
    response
        .headers_mut()
        .append(header::SET_COOKIE, authn::set_device(&cookies.device));
}

/// Puts the new session cookie on a response.
pub fn set_session_cookie(visit: &Visit<'_>, response: &mut Response, cookie: Option<&str>) {
    if let Some(value) = cookie {
        let seconds =
            i64::try_from(visit.core.config.sessions.absolute.as_secs()).unwrap_or(i64::MAX);
        response
            .headers_mut()
            .append(header::SET_COOKIE, authn::set_session(value, seconds));
    }
}

/// Puts the flow cookie on a response: a fresh one, or the same value for another ten
/// minutes, or it would end before the flow that has just been begun.
pub fn set_flow_cookie(response: &mut Response, browser: &Browser) {
    response
        .headers_mut()
        .append(header::SET_COOKIE, authn::set_flow(&browser.binding));
}

fn guard(context: &Context, method: &Method) -> Result<(), Problem> {
    context.login_host_only()?;
    authn::check_flow_api(&context.headers, method, &context.origin())
}

/// A JSON body, or the problem that says what is wrong with it.
pub fn json_body<T>(body: Result<Json<T>, JsonRejection>) -> Result<T, Problem> {
    match body {
        Ok(Json(value)) => Ok(value),
        Err(rejection) => Err(match rejection.status() {
            StatusCode::PAYLOAD_TOO_LARGE => Problem::new(Code::TooLarge, "Send a smaller body."),
            StatusCode::UNSUPPORTED_MEDIA_TYPE => Problem::new(
                Code::UnsupportedMediaType,
                "Send `Content-Type: application/json`.",
            ),
            StatusCode::UNPROCESSABLE_ENTITY => Problem::new(
                Code::InvalidRequest,
                "A member of the body is missing or of the wrong type.",
            )
            .because(rejection.status()),
            _ => Problem::new(Code::InvalidRequest, "The body is not valid JSON.")
                .because(rejection.status()),
        }),
    }
}

/// A form's fields, or the problem that says what is wrong with it.
pub fn form_body<T>(body: Result<Form<T>, FormRejection>) -> Result<T, Problem> {
    match body {
        Ok(Form(fields)) => Ok(fields),
        Err(rejection) if rejection.status() == StatusCode::PAYLOAD_TOO_LARGE => {
            Err(Problem::new(Code::TooLarge, "Send a smaller form."))
        }
        Err(rejection) => Err(
            Problem::new(Code::InvalidRequest, "The form could not be read.")
                .because(rejection.body_text()),
        ),
    }
}

fn flow_id(text: &str) -> Result<FlowId, Problem> {
    if ids::plausible(text) {
        Ok(FlowId(text.to_owned()))
    } else {
        Err(Problem::not_found())
    }
}

fn purpose(text: Option<&str>) -> Result<FlowPurpose, Problem> {
    match text {
        None | Some("login") => Ok(FlowPurpose::Login),
        Some("signup") => Ok(FlowPurpose::Signup),
        Some("verify") => Ok(FlowPurpose::Verify),
        Some("step_up") => Ok(FlowPurpose::StepUp),
        Some("recover") => Ok(FlowPurpose::Recover),
        // A link flow needs a target: POST /v1/me/identities begins it.
        Some("link") => Err(Problem::new(
            Code::NotSupportedByUpstream,
            "Linking begins on the account page.",
        )),
        Some(_) => Err(Problem::field(
            "/purpose",
            "unknown",
            "Use login, signup, recover, verify or step_up.",
        )),
    }
}

/// A checked return address; the default is the account page.
pub fn return_to(context: &Context, text: Option<&str>) -> Result<ReturnTo, Problem> {
    let text = text.unwrap_or("/account");
    ReturnTo::parse(text, |url| context.site.lists(url)).ok_or_else(|| {
        Problem::new(
            Code::InvalidReturnTo,
            "Use a path on this host, or an address of a listed origin.",
        )
    })
}

/// A demanded rung.
pub fn acr(text: Option<&str>) -> Result<Option<Acr>, Problem> {
    match text.map(str::trim) {
        None | Some("") => Ok(None),
        Some(text) => Acr::parse_list(text)
            .map(Some)
            .ok_or_else(|| Problem::field("/acr_values", "unknown", "Use aal1, aal2 or phr.")),
    }
}

/// For tests and pages: the members of an empty answer.
pub fn empty() -> Value {
    json!({})
}
