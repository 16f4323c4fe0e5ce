//! To a provider and back.

use axum::Form;
use axum::extract::rejection::FormRejection;
use axum::extract::{Path, Query, RawQuery};
use axum::response::{IntoResponse, Redirect, Response};
use serde::Deserialize;

use super::context::Context;
use super::{bff, flows};
use crate::domain::{Code, FlowId, Problem, ids};
use crate::lane_a::{self, Submitted};

/// An answer may be so large and no larger.
const MAX_ANSWER: usize = 256 * 1024;

#[derive(Deserialize)]
pub struct Start {
    return_to: Option<String>,
}

/// `GET /federation/{upstream}/start?return_to=`: straight to one provider.
pub async fn start(
    context: Context,
    Path(upstream): Path<String>,
    Query(query): Query<Start>,
) -> Result<Response, Problem> {
    context.login_host_only()?;
    let return_to = flows::return_to(&context, query.return_to.as_deref())?;
    // A name that is not this tenant's: nothing is known here, and no flow is begun.
    let (providers, tenant) = (&context.core.providers, &context.site.tenant);
    providers.by_slug(tenant, &upstream).await?;
    bff::begin_redirect(&context, lane_a::Begin::login(return_to), Some(&upstream)).await
}

/// `GET /federation/callback/{upstream}`: the provider's answer, in the browser that asked.
pub async fn callback(
    context: Context,
    Path(upstream): Path<String>,
    RawQuery(query): RawQuery,
) -> Result<Response, Problem> {
    context.login_host_only()?;
    let query = query.unwrap_or_default();
    if query.len() > MAX_ANSWER {
        return Err(Problem::new(Code::TooLarge, "The answer is too large."));
    }
    let params: Vec<(String, String)> = url::form_urlencoded::parse(query.as_bytes())
        .into_owned()
        .collect();
    let browser = context.browser().ok_or_else(other_browser)?;
    let visit = context.visit(&browser).await?;
    // After a form_post the answer lies on the flow; the address names only the flow.
    let kept = match params.as_slice() {
        [(key, id)] if key == "flow" && ids::plausible(id) => {
            Some(lane_a::kept_answer(&visit, &FlowId(id.clone())).await?)
        }
        _ => None,
    };
    let submitted = lane_a::complete_redirect(&visit, &upstream, kept.unwrap_or(params)).await;
    match submitted {
        Ok(Submitted::Done { flow, cookies }) => {
            let mut response = Redirect::to(flow.state.return_to.as_str()).into_response();
            flows::set_cookies(&visit, &mut response, cookies.as_ref());
            Ok(response)
        }
        Ok(Submitted::Pending(flow)) => {
            Ok(Redirect::to(&format!("/login?flow={}", flow.id)).into_response())
        }
        Err(problem) => silent(problem),
    }
}

/// `prompt=none` that could not be served goes back where it came from, without a page.
fn silent(problem: Problem) -> Result<Response, Problem> {
    let reason = problem.extra.get("reason").and_then(|v| v.as_str());
    let return_to = problem.extra.get("return_to").and_then(|v| v.as_str());
    match (reason, return_to) {
        (Some("login_required"), Some(return_to)) => {
            let to = crate::domain::return_to::ReturnTo::own(return_to)
                .with_query("error", "login_required");
            Ok(Redirect::to(&to).into_response())
        }
        _ => {
            let mut problem = problem;
            problem.extra.remove("return_to");
            problem.extra.remove("reason");
            Err(problem)
        }
    }
}

fn other_browser() -> Problem {
    Problem::new(
        Code::NotFound,
        "This sign-in was begun in another browser, or too long ago. Start again.",
    )
}

/// `POST /federation/callback/{upstream}`: a cross-site POST carries no cookie, so nothing
/// is judged; the answer waits for the GET that carries it.
pub async fn posted(
    context: Context,
    Path(upstream): Path<String>,
    body: Result<Form<Vec<(String, String)>>, FormRejection>,
) -> Result<Response, Problem> {
    context.login_host_only()?;
    lane_a::limits::callback(&context.core, &context.meta.ip).await?;
    let params = flows::form_body(body)?;
    let id = lane_a::keep_answer(&context.core, &context.site.tenant.id, &params).await?;
    let address = format!("/federation/callback/{}?flow={id}", encode(&upstream));
    Ok(Redirect::to(&address).into_response())
}

fn encode(slug: &str) -> String {
    url::form_urlencoded::byte_serialize(slug.as_bytes()).collect()
}
