//! `/bff/*`: what frontends call (CONTRACT §3).

use axum::Form;
use axum::Json;
use axum::extract::rejection::{FormRejection, JsonRejection};
use axum::extract::{Path, Query};
use axum::response::{IntoResponse, Redirect, Response};
use http::{HeaderName, HeaderValue, Method, StatusCode, header};
use serde::Deserialize;
use serde_json::{Value, json};

use laneway_contract::{MethodKind, Prompt};

use super::context::Context;
use super::signed_in::{claim_objects, user_json};
use super::{flows, handoff, pages};
use crate::authn;
use crate::authz::Permission;
use crate::domain::flow::{Demand, FlowPurpose};
use crate::domain::return_to::ReturnTo;
use crate::domain::session::Session;
use crate::domain::{Code, Problem};
use crate::edge::handoff::Ask;
use crate::edge::upstream_token;
use crate::lane_a::{self, Begin, Visit, logout as ending};
use crate::providers::Offer;
use crate::sessions::Live;

const UPSTREAM_STATE: HeaderName = HeaderName::from_static("x-laneway-upstream-state");

/// Query of `/bff/login`, with the aliases of `return_to`.
#[derive(Deserialize, Default)]
pub struct LoginQuery {
    return_to: Option<String>,
    #[serde(rename = "returnUrl")]
    return_url: Option<String>,
    rd: Option<String>,
    login_hint: Option<String>,
    org: Option<String>,
    connection: Option<String>,
    acr_values: Option<String>,
    max_age: Option<u64>,
    prompt: Option<String>,
}

impl LoginQuery {
    /// The address under whichever name it came.
    pub fn target(&self) -> Option<&str> {
        self.return_to
            .as_deref()
            .or(self.return_url.as_deref())
            .or(self.rd.as_deref())
    }

    /// The same demands with another address to return to, for the host that it is on.
    fn towards(&self, return_to: &ReturnTo) -> String {
        let mut query = url::form_urlencoded::Serializer::new(String::new());
        query.append_pair("rd", return_to.as_str());
        let max_age = self.max_age.map(|seconds| seconds.to_string());
        for (name, value) in [
            ("login_hint", &self.login_hint),
            ("org", &self.org),
            ("connection", &self.connection),
            ("acr_values", &self.acr_values),
            ("max_age", &max_age),
            ("prompt", &self.prompt),
        ] {
            if let Some(value) = value {
                query.append_pair(name, value);
            }
        }
        query.finish()
    }

    /// What is demanded.
    pub fn ask(&self) -> Result<Ask, Problem> {
        let prompt = match self.prompt.as_deref() {
            None | Some("") => None,
            Some(text) => Some(Prompt::parse(text).ok_or_else(|| {
                Problem::new(
                    Code::InvalidRequest,
                    "prompt is none, login, select_account or create.",
                )
            })?),
        };
        Ok(Ask {
            acr: flows::acr(self.acr_values.as_deref())?,
            max_age: self.max_age,
            prompt,
            login_hint: self.login_hint.clone().filter(|h| h.len() <= 254),
            connection: self.connection.clone(),
            org: self.org.clone(),
        })
    }
}

/// `GET /bff/login`
pub async fn login(context: Context, Query(query): Query<LoginQuery>) -> Result<Response, Problem> {
    let ask = query.ask()?;
    if !context.site.is_login() {
        let return_to = flows::return_to(&context, Some(query.target().unwrap_or("/")))?;
        return Ok(handoff::begin(&context, return_to, ask));
    }
    let return_to = flows::return_to(&context, query.target())?;
    if let Some(app) = app_origin(&context, &return_to) {
        let query = query.towards(&return_to);
        return Ok(see_other(&format!("{app}/.laneway/start?{query}")));
    }
    Box::pin(sign_in(&context, return_to, ask, None)).await
}

/// The origin of an own app host that a return address points to.
fn app_origin(context: &Context, return_to: &ReturnTo) -> Option<String> {
    let url = url::Url::parse(return_to.as_str()).ok()?;
    let host = context.site.own_host(&url)?;
    (host.purpose == crate::domain::tenant::Purpose::App)
        .then(|| url.origin().ascii_serialization())
}

/// Brings a browser on the login host to a session that serves `ask`, then to `return_to`.
/// `since` asks for a proof newer than that instant.
///
/// # Errors
/// As flows and providers.
pub async fn sign_in(
    context: &Context,
    return_to: ReturnTo,
    ask: Ask,
    since: Option<i64>,
) -> Result<Response, Problem> {
    let browser = context.browser_or_new();
    let visit = context.visit(&browser).await?;
    let now = context.core.now();
    if let Some(live) = &visit.live
        && good_enough(&live.session, &ask, since, now)
    {
        // What its provider renews no longer, a visit there brings: mostly without a question.
        let lost = upstream_token::lost_at(&context.core, &live.session).await?;
        let Some(slug) = lost else {
            return Ok(see_other(return_to.as_str()));
        };
        // Without a page, where nobody wants one: a provider that needs one is visited again.
        let prompt = ask.prompt.or(Some(Prompt::None));
        let mut begin = Begin::login(return_to).demanding(ask.acr, ask.max_age, prompt);
        begin.demand.renews = ask.prompt.is_none();
        return begin_redirect(context, begin, Some(&slug)).await;
    }
    let mut begin = Begin::login(return_to).demanding(ask.acr, ask.max_age, ask.prompt);
    begin.username.clone_from(&ask.login_hint);
    begin.demand.org.clone_from(&ask.org);
    let again = ask.prompt == Some(Prompt::Login) || ask.prompt == Some(Prompt::SelectAccount);
    if visit.live.is_some() && !again && (ask.acr.is_some() || ask.max_age.is_some()) {
        begin.purpose = FlowPurpose::StepUp;
        if ask.prompt == Some(Prompt::None) {
            return Ok(see_other(
                &begin.return_to.with_query("error", "login_required"),
            ));
        }
        let flow = lane_a::begin(&visit, begin).await?;
        return pages::open_flow(&visit, &browser, flow).await;
    }
    let offers = login_offers(&visit).await?;
    let only_redirect = match offers.as_slice() {
        // An organization may have ways of its own.
        [only] if only.kind == MethodKind::Redirect && ask.org.is_none() => {
            Some(only.upstream.row.slug.clone())
        }
        _ => None,
    };
    match (
        ask.connection.as_deref().or(only_redirect.as_deref()),
        ask.prompt,
    ) {
        (Some(slug), _) => {
            let slug = slug.to_owned();
            begin_redirect(context, begin, Some(&slug)).await
        }
        (None, Some(Prompt::None)) => Ok(see_other(
            &begin.return_to.with_query("error", "login_required"),
        )),
        (None, _) if begin.demand == Demand::default() => Ok(pages::to_login(&begin)),
        // What is demanded must not hang on an address that the person could edit.
        (None, _) => {
            let flow = lane_a::begin(&visit, begin).await?;
            pages::open_flow(&visit, &browser, flow).await
        }
    }
}

fn good_enough(session: &Session, ask: &Ask, since: Option<i64>, now: i64) -> bool {
    let again = matches!(ask.prompt, Some(Prompt::Login | Prompt::SelectAccount));
    let newer = since.is_none_or(|since| session.auth_time >= since);
    let served_again = !again || since.is_some_and(|since| session.auth_time >= since);
    newer && served_again && session.satisfies(ask.acr, ask.max_age, now)
}

async fn login_offers(visit: &Visit<'_>) -> Result<Vec<Offer>, Problem> {
    visit.core.providers.offers(&visit.site.tenant).await
}

/// Begins a flow and sends the browser straight to a provider.
///
/// # Errors
/// As flows and providers.
pub async fn begin_redirect(
    context: &Context,
    begin: Begin,
    connection: Option<&str>,
) -> Result<Response, Problem> {
    let browser = context.browser_or_new();
    let visit = context.visit(&browser).await?;
    let flow = lane_a::begin(&visit, begin).await?;
    let body = connection.map_or_else(|| json!({}), |slug| json!({ "connection": slug }));
    let submitted = lane_a::submit(&visit, &flow.id, "redirect", &body).await;
    // Nobody has a step open yet: what is wrong is the name.
    let submitted = submitted.map_err(|problem| match problem.code {
        Code::WrongStep => Problem::new(
            Code::NotFound,
            "No identity provider of this name is on offer here.",
        ),
        _ => problem,
    })?;
    let mut response = pages::after(&visit, submitted);
    flows::set_flow_cookie(&mut response, &browser);
    Ok(response)
}

/// A 303, which turns any method into GET.
pub fn see_other(to: &str) -> Response {
    Redirect::to(to).into_response()
}

#[derive(Deserialize)]
pub struct UserQuery {
    anonymous: Option<String>,
    format: Option<String>,
    slide: Option<String>,
}

/// `GET /bff/user`
pub async fn user(context: Context, Query(query): Query<UserQuery>) -> Result<Response, Problem> {
    let slide = query.slide.as_deref() != Some("false");
    let caller = context.caller_as(slide).await?;
    caller.needs_scope(Permission::AccountRead)?;
    let Some(live) = caller.live().cloned() else {
        if query.anonymous.as_deref() == Some("null") {
            return Ok(Json(Value::Null).into_response());
        }
        return Err(
            Problem::new(Code::Unauthenticated, "Nobody is signed in here.")
                .with("login_url", "/bff/login"),
        );
    };
    check_org(&context, &live)?;
    let user = user_json(&context, &live);
    let claims = match query.format.as_deref() {
        Some(format) => format == "claims",
        None => context.site.tenant.claims_format,
    };
    let stale = user["upstream"]["state"] == "stale";
    let mut response = Json(if claims { claim_objects(&user) } else { user }).into_response();
    if stale {
        let stale = HeaderValue::from_static("stale");
        response.headers_mut().insert(UPSTREAM_STATE, stale);
    }
    Ok(response)
}

/// A tab that believes in another organization must hear it, not act in the wrong one.
///
/// # Errors
/// `org_mismatch`.
pub fn check_org(context: &Context, live: &Live) -> Result<(), Problem> {
    let Some(wanted) = context.headers.get("x-laneway-org") else {
        return Ok(());
    };
    // The one that counts: of an organization that somebody has left nothing is active.
    let active = live.org.as_ref().map(|org| org.org.as_str());
    if active.is_some_and(|active| wanted == active) {
        return Ok(());
    }
    Err(Problem::new(
        Code::OrgMismatch,
        "Another organization is active in this session. Reload.",
    ))
}

/// Epoch ms as RFC 3339 in UTC.
pub fn rfc3339(ms: i64) -> String {
    use time::format_description::well_known::Rfc3339;
    time::OffsetDateTime::from_unix_timestamp(ms.div_euclid(1000))
        .ok()
        .and_then(|at| at.format(&Rfc3339).ok())
        .unwrap_or_default()
}

#[derive(Deserialize, Default)]
pub struct LogoutBody {
    #[serde(default)]
    everywhere: bool,
}

/// `POST /bff/logout`
pub async fn logout(
    context: Context,
    body: Result<Option<Json<LogoutBody>>, JsonRejection>,
) -> Result<Response, Problem> {
    authn::check_api(&context.headers, &Method::POST, false)?;
    let body = match body {
        Ok(body) => body.map(|Json(body)| body).unwrap_or_default(),
        Err(rejection) => flows::json_body::<LogoutBody>(Err(rejection))?,
    };
    let visit = context.visit_as([0; 32], false).await?;
    let path = ending::logout(&visit, body.everywhere, None).await?;
    let mut response = Json(json!({ "redirect_to": path })).into_response();
    response
        .headers_mut()
        .append(header::SET_COOKIE, authn::clear(authn::SESSION));
    Ok(response)
}

#[derive(Deserialize)]
pub struct LogoutQuery {
    sid: Option<String>,
    return_to: Option<String>,
    #[serde(rename = "returnUrl")]
    return_url: Option<String>,
    rd: Option<String>,
}

/// `GET /bff/logout?sid=`: the session id is what makes it no forgery.
pub async fn logout_link(
    context: Context,
    Query(query): Query<LogoutQuery>,
) -> Result<Response, Problem> {
    let target = query
        .return_to
        .as_deref()
        .or(query.return_url.as_deref())
        .or(query.rd.as_deref());
    let return_to = target
        .map(|text| flows::return_to(&context, Some(text)))
        .transpose()?;
    let visit = context.visit_as([0; 32], false).await?;
    let live = visit.session()?;
    if query.sid.as_deref() != Some(live.session.sid.as_str()) {
        return Err(Problem::new(
            Code::InvalidRequest,
            "The link is for another session. Nothing was ended.",
        ));
    }
    let home = return_to.map(|to| to.as_str().to_owned());
    let path = ending::logout(&visit, false, home.clone()).await?;
    let to = path
        .or(home)
        .unwrap_or_else(|| context.site.tenant.address("/logged-out"));
    let mut response = see_other(&to);
    response
        .headers_mut()
        .append(header::SET_COOKIE, authn::clear(authn::SESSION));
    Ok(response)
}

/// `GET /bff/logout/continue/{id}`
pub async fn logout_continue(
    context: Context,
    Path(id): Path<String>,
) -> Result<Response, Problem> {
    lane_a::limits::callback(&context.core, &context.meta.ip).await?;
    match ending::go_on(&context.core, &context.site, &id).await? {
        ending::Next::Go(to) => Ok(see_other(&to)),
        ending::Next::Post { url, fields } => Ok(pages::continue_logout(&context, &url, fields)),
    }
}

#[derive(Deserialize)]
pub struct OrgBody {
    org: Option<String>,
}

/// `POST /bff/org`
pub async fn org(
    context: Context,
    body: Result<Json<OrgBody>, JsonRejection>,
) -> Result<Response, Problem> {
    authn::check_api(&context.headers, &Method::POST, false)?;
    let body = flows::json_body(body)?;
    let visit = context.visit_as([0; 32], true).await?;
    visit.session()?;
    let cookie = lane_a::account::switch_org(&visit, body.org.as_deref()).await?;
    let hash = crate::core::hash_token(&cookie);
    let live = context
        .core
        .sessions
        .find(&hash, true)
        .await?
        .ok_or_else(|| {
            Problem::new(
                Code::Unauthenticated,
                "The session has ended. Sign in again.",
            )
        })?;
    let mut response = Json(user_json(&context, &live)).into_response();
    flows::set_session_cookie(&visit, &mut response, Some(&cookie));
    Ok(response)
}

#[derive(Deserialize)]
pub struct BackchannelForm {
    logout_token: String,
}

/// `POST /bff/backchannel/{upstream}` (OpenID Back-Channel Logout 1.0 §2.5)
pub async fn backchannel(
    context: Context,
    Path(upstream): Path<String>,
    body: Result<Form<BackchannelForm>, FormRejection>,
) -> Response {
    let refused = || {
        (
            StatusCode::BAD_REQUEST,
            Json(json!({ "error": "invalid_request" })),
        )
            .into_response()
    };
    let Ok(Form(form)) = body else {
        return refused();
    };
    let token = form.logout_token;
    match ending::back_channel(
        &context.core,
        &context.site,
        &context.meta,
        &upstream,
        &token,
    )
    .await
    {
        Ok(_) => {
            let mut response = StatusCode::OK.into_response();
            response
                .headers_mut()
                .insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
            response
        }
        // The provider repeats what we could not judge; only a verdict is a 400.
        Err(problem) if problem.code.status() >= 500 => problem.into_response(),
        Err(_) => refused(),
    }
}
