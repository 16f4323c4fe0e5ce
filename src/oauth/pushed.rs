//! Requests that an app pushes before it sends a browser (RFC 9126): nothing of them is seen, or
//! changed, on the way.

use serde_json::{Value, json};

use super::request::{self, Refusal};
use super::token::Desk;
use super::{Fault, Params, document, dpop};
use crate::core::{Core, hash_token};
use crate::domain::app::App;
use crate::domain::tenant::Tenant;
use crate::domain::{AppId, Code, Problem};
use crate::lane_a::limits;
use crate::store::pushed_requests as rows;

/// What our references begin with.
const PREFIX: &str = "urn:ietf:params:oauth:request_uri:";
/// As long as a browser needs to come, s.
const LIFE_S: i64 = 60;
/// How an app proves itself is no part of what it asks for.
const PROOFS: &[&str] = &["client_secret", "client_assertion", "client_assertion_type"];

/// Keeps a request of an app that can be answered.
///
/// # Errors
/// [`Fault`]: what is wrong with the request is said here and not to a browser.
pub async fn push(desk: Desk<'_>, app: &App, params: Params) -> Result<Value, Fault> {
    if params.get("request_uri").is_some() {
        return Err(Fault::request("request_uri has no place here"));
    }
    // Of an app without a secret anybody can push anything.
    if app.is_public() {
        limits::callback(desk.core, &desk.meta.ip).await?;
    }
    let mut params = params.without(PROOFS);
    if params
        .get("client_id")
        .is_some_and(|id| id != app.client_id())
    {
        return Err(Fault::request("client_id is not the app that calls"));
    }
    params.set("client_id", app.client_id());
    // RFC 9449 §10.1: a proof here binds the code as the parameter would.
    if let Some(key) = dpop::key(desk, None).await? {
        if params.get("dpop_jkt").is_some_and(|jkt| jkt != key) {
            return Err(Fault::new(
                "invalid_dpop_proof",
                "dpop_jkt is another key than that of the proof",
            ));
        }
        params.set("dpop_jkt", &key);
    }
    let (core, tenant) = (desk.core, desk.tenant);
    match request::judge(core, tenant, app, &params).await {
        Ok(_) => {}
        Err(Refusal::Page(problem)) if problem.code == Code::InvalidRequest => {
            return Err(Fault::request(problem.detail));
        }
        Err(Refusal::Page(problem)) => return Err(problem.into()),
        Err(Refusal::Back(_, fault)) => return Err(*fault),
    }
    let (plain, hash) = core.new_token();
    let mut write = core.begin().await.map_err(Problem::from)?;
    let until = write.now() + LIFE_S * 1000;
    let text = params.encoded();
    let kept = rows::create(&mut write.tx, &tenant.id, (&app.id, &hash), &text, until).await;
    kept.map_err(Problem::from)?;
    core.commit(write).await.map_err(Problem::from)?;
    let reference = format!("{PREFIX}{}", plain.expose());
    Ok(json!({ "request_uri": reference, "expires_in": LIFE_S }))
}

/// What an app has pushed, where a browser comes with a reference of ours; whatever else it
/// brings is not looked at.
///
/// # Errors
/// `invalid_request` for one that is over, was used, or is another app's.
pub(super) async fn take(
    core: &Core,
    tenant: &Tenant,
    params: &Params,
) -> Result<Option<Params>, Problem> {
    let reference = params.get("request_uri").unwrap_or_default();
    let Some(plain) = reference.strip_prefix(PREFIX) else {
        return Ok(None);
    };
    let over = || {
        let detail = "request_uri is over, or was used before. Start again in the app.";
        Problem::new(Code::InvalidRequest, detail)
    };
    let app = params.get("client_id").ok_or_else(over)?;
    if params.is_double("client_id") || params.is_double("request_uri") {
        return Err(over());
    }
    let app = match document::address(app) {
        Some(url) => document::app(core, tenant, &url, false).await?,
        None => None,
    }
    .map_or_else(|| AppId(app.to_owned()), |app| app.id);
    let hash = hash_token(plain);
    let mut write = core.begin().await?;
    let now = write.now();
    let found = rows::take(&mut write.tx, &tenant.id, (&app, &hash), now).await?;
    core.commit(write).await?;
    let text = found.ok_or_else(over)?;
    let params = Params::parse(text.as_bytes()).map_err(|_| over())?;
    Ok(Some(params))
}
