//! To a provider and back.

use axum::Form;
use axum::extract::rejection::FormRejection;
use axum::extract::{Path, Query, RawQuery};
use axum::response::{IntoResponse, Redirect, Response};
use serde::Deserialize;

use super::context::Context;
use super::{bff, flows, pages};
use crate::domain::{Code, FlowId, Problem, ids};
use crate::lane_a::{self, Submitted, limits};
use crate::lane_b::test_logins;
use crate::store::test_logins::TestState;

/// An answer may be so large and no larger.
const MAX_ANSWER: usize = 256 * 1024;

#[derive(Deserialize)]
pub struct Start {
    return_to: Option<String>,
    /// By an answer that nobody here had asked for.
    unasked: Option<String>,
}

/// `GET /federation/{upstream}/start?return_to=`: straight to one provider.
pub async fn start(
    context: Context,
    Path(upstream): Path<String>,
    Query(query): Query<Start>,
) -> Result<Response, Problem> {
    context.login_host_only()?;
    let (providers, tenant) = (&context.core.providers, &context.site.tenant);
    if let Some(browser) = context.browser().filter(|_| query.unasked.is_some())
        && let Err(problem) = limits::unasked(&context.core, &browser.hash).await
    {
        let configured = providers.customer(tenant, &upstream).await?;
        lane_a::count_unasked(&context.core, tenant, &configured).await;
        return Err(problem);
    }
    let return_to = flows::return_to(&context, query.return_to.as_deref())?;
    // A name that is not this tenant's: nothing is known here, and no flow is begun.
    providers.by_slug(tenant, &upstream).await?;
    bff::begin_redirect(&context, lane_a::Begin::login(return_to), Some(&upstream)).await
}

/// `GET /federation/tests/{token}`: runs a test login in this browser, which stays signed in as
/// it is. Shows what came of it where it has been run.
pub async fn test(context: Context, Path(token): Path<String>) -> Result<Response, Problem> {
    context.login_host_only()?;
    limits::callback(&context.core, &context.meta.ip).await?;
    let test = test_logins::by_link(&context.core, &context.site.tenant.id, &token).await?;
    let browser = context.browser_or_new();
    let visit = context.visit(&browser).await?;
    if test.state != TestState::Waiting {
        return pages::test_result(&context, &visit, &test).await;
    }
    let url = test_logins::begin(&visit, &test, None).await?;
    let mut response = Redirect::to(&url).into_response();
    flows::set_flow_cookie(&mut response, &browser);
    Ok(response)
}

/// The answer to a test login: judged and kept, nobody is signed in.
async fn tested(
    context: &Context,
    at: &str,
    id: &str,
    params: Vec<(String, String)>,
) -> Result<Response, Problem> {
    let browser = context.browser().ok_or_else(other_browser)?;
    let visit = context.visit(&browser).await?;
    let (test, return_to) = test_logins::complete(&visit, at, id, params).await?;
    match return_to {
        Some(path) => Ok(Redirect::to(&path).into_response()),
        None => {
            let test = test_logins::again(&context.core, &context.site.tenant.id, &test).await?;
            pages::test_result(context, &visit, &test).await
        }
    }
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
    let state = params.iter().find(|(key, _)| key == "state");
    if let Some(id) = state.and_then(|(_, state)| test_logins::id_of_state(state)) {
        let id = id.to_owned();
        return tested(&context, &upstream, &id, params).await;
    }
    let browser = context.browser().ok_or_else(other_browser)?;
    let visit = context.visit(&browser).await?;
    if let Some((id, ticket)) = waiting(&params, "test") {
        let (id, ticket) = (id.to_owned(), ticket.to_owned());
        let kept = test_logins::kept_answer(&visit, &id, &ticket).await?;
        let kept = kept.ok_or_else(other_browser)?;
        return tested(&context, &upstream, &id, kept).await;
    }
    // After a post the answer lies on the flow; the address names the flow and holds the ticket.
    let kept = match waiting(&params, "flow") {
        Some((id, ticket)) => {
            let id = FlowId(id.to_owned());
            Some(lane_a::kept_answer(&visit, &id, ticket).await?)
        }
        None => None,
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
        Err(problem) => match lane_a::visit_again(&problem) {
            Some(begin) => bff::begin_redirect(&context, begin, Some(&upstream)).await,
            None => silent(problem),
        },
    }
}

/// What a posted answer waits on, and the ticket that asks for it.
fn waiting<'a>(params: &'a [(String, String)], kind: &str) -> Option<(&'a str, &'a str)> {
    match params {
        [(key, id), (second, ticket)]
            if key == kind && second == "ticket" && ids::plausible(id) =>
        {
            Some((id, ticket))
        }
        _ => None,
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
    let params = flows::form_body(body)?;
    keep(&context, &upstream, &params).await
}

/// Keeps a posted answer, and goes on to where it is judged.
pub async fn keep(
    context: &Context,
    upstream: &str,
    params: &[(String, String)],
) -> Result<Response, Problem> {
    limits::callback(&context.core, &context.meta.ip).await?;
    let tenant = &context.site.tenant.id;
    let state = params.iter().find(|(key, _)| key == "state");
    let waiting = match state.and_then(|(_, state)| test_logins::id_of_state(state)) {
        Some(id) => {
            let core = &context.core;
            let ticket = test_logins::keep_answer(core, tenant, id, params).await?;
            format!("test={id}&ticket={ticket}")
        }
        None => {
            let (id, ticket) = lane_a::keep_answer(&context.core, tenant, params).await?;
            format!("flow={id}&ticket={ticket}")
        }
    };
    let mut address = format!("/federation/callback/{}?{waiting}", encode(upstream));
    if !context.site.host.canonical {
        address = context.site.tenant.address(&address);
    }
    Ok(Redirect::to(&address).into_response())
}

/// Could this be the `state` of a sign-in or of a test?
pub fn is_state(text: &str) -> bool {
    test_logins::id_of_state(text).is_some() || lane_a::load_by_state(text).is_some()
}

fn encode(slug: &str) -> String {
    url::form_urlencoded::byte_serialize(slug.as_bytes()).collect()
}
