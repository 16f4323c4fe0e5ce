//! `/oauth/authorize`: an app sends somebody's browser.

use axum::body::Bytes;
use axum::extract::rejection::BytesRejection;
use axum::response::Response;

use super::super::bff::see_other;
use super::super::context::{Browser, Context};
use super::super::flows;
use super::answer;
use super::discovery::home;
use crate::domain::{Code, Problem};
use crate::lane_a::limits;
use crate::oauth::authorize::{self, Next};
use crate::oauth::request::{self, Asked, Refusal};
use crate::oauth::{Fault, Params, waiting};

/// `GET /oauth/authorize`
pub async fn asked(context: Context) -> Result<Response, Problem> {
    let query = context.uri.query().unwrap_or_default().to_owned();
    Box::pin(asked_with(context, Params::parse(query.as_bytes()), true)).await
}

/// `POST /oauth/authorize`: the same in a form. From another site it brings no cookie, so who is
/// there is asked at the address that it leads to.
pub async fn posted(
    context: Context,
    body: Result<Bytes, BytesRejection>,
) -> Result<Response, Problem> {
    let params = answer::form(&context.headers, body);
    Box::pin(asked_with(context, params, false)).await
}

async fn asked_with(
    context: Context,
    params: Result<Params, Fault>,
    at_once: bool,
) -> Result<Response, Problem> {
    home(&context)?;
    let (core, tenant) = (&context.core, &context.site.tenant);
    let params = params.map_err(|_| {
        Problem::new(
            Code::InvalidRequest,
            "The parameters of the app cannot be read.",
        )
    })?;
    // Somebody else's document is fetched for it.
    if params.get("client_id").is_some_and(|id| id.contains("://")) {
        limits::callback(core, &context.meta.ip).await?;
    }
    let (app, asked) = match request::read(core, tenant, &params).await {
        Ok(found) => found,
        Err(Refusal::Page(problem)) => return Err(problem),
        Err(Refusal::Back(back, fault)) => {
            let refusal = authorize::refusal(tenant.issuer(), back, &fault);
            return Ok(answer::back(&context, refusal));
        }
    };
    let browser = context.browser_or_new();
    if !at_once {
        return wait(&context, &browser, &asked).await;
    }
    let visit = context.visit(&browser).await?;
    let refuse = |fault: &Fault| {
        let refusal = authorize::refusal(tenant.issuer(), asked.back.clone(), fault);
        answer::back(&context, refusal)
    };
    match authorize::judge(&visit, &app, &asked, false).await? {
        Next::Refuse(fault) => Ok(refuse(&fault)),
        Next::Answer(org) => {
            let what = (&app, &asked);
            let answer = authorize::issue(&visit, what, org, (None, false)).await?;
            Ok(answer::back(&context, answer))
        }
        // Somebody has to do something: the request waits for this browser, which gets its
        // cookie on the way.
        Next::SignIn(_) | Next::Elsewhere(_) | Next::Ask(_) => {
            wait(&context, &browser, &asked).await
        }
    }
}

async fn wait(context: &Context, browser: &Browser, asked: &Asked) -> Result<Response, Problem> {
    let (core, tenant) = (&context.core, &context.site.tenant.id);
    limits::callback(core, &context.meta.ip).await?;
    let token = waiting::keep(core, tenant, browser.hash, asked).await?;
    let mut response = see_other(&format!("/consent?request={token}"));
    flows::set_flow_cookie(&mut response, browser);
    Ok(response)
}
