//! `/v1/me/identities`.

use std::sync::Arc;

use axum::Json;
use axum::extract::Path;
use axum::extract::rejection::JsonRejection;
use axum::response::{IntoResponse, Response};
use http::{Method, StatusCode};
use serde::Deserialize;
use serde_json::{Value, json};

use super::super::bff::rfc3339;
use super::super::context::Context;
use super::super::{flows, pages};
use super::{plausible, reading, writing};
use crate::domain::flow::{Demand, FlowPurpose};
use crate::domain::{Code, Problem};
use crate::lane_a::{self, Begin, Visit, account};

/// `GET /v1/me/identities`
pub async fn identities(context: Context) -> Result<Json<Value>, Problem> {
    let visit = reading(&context).await?;
    let all = account::list_identities(&visit).await?;
    let items: Vec<Value> = all.iter().map(identity_json).collect();
    Ok(Json(json!({ "items": items, "next_cursor": null })))
}

/// A link as listings show it.
pub fn identity_json(link: &crate::domain::user::IdentityLink) -> Value {
    json!({
        "id": link.id,
        "kind": link.kind,
        "upstream": link.source,
        "issuer": link.issuer,
        "subject": link.subject,
        "created_at": rfc3339(link.created_at),
        "last_used_at": link.last_used_at.map(rfc3339),
    })
}

#[derive(Deserialize)]
pub struct Link {
    upstream: String,
}

/// `POST /v1/me/identities`: begins linking; the browser goes to `redirect_to`.
pub async fn link(
    context: Context,
    body: Result<Json<Link>, JsonRejection>,
) -> Result<Response, Problem> {
    writing(&context, &Method::POST).await?;
    let body = flows::json_body(body)?;
    let browser = context.browser_or_new();
    let visit = context.visit(&browser).await?;
    let url = begin_link(&visit, &body.upstream).await?;
    let mut response = Json(json!({ "redirect_to": url })).into_response();
    flows::set_flow_cookie(&mut response, &browser);
    Ok(response)
}

/// Begins a link flow to an upstream by slug or id; where the browser goes.
///
/// # Errors
/// `step_up_required`, `not_supported_by_upstream`.
pub async fn begin_link(visit: &Visit<'_>, upstream: &str) -> Result<String, Problem> {
    account::require_fresh(visit, "/account").await?;
    let all = visit.core.providers.of_tenant(&visit.site.tenant).await?;
    let own = all
        .iter()
        .find(|c| c.row.slug == upstream || c.row.id.as_str() == upstream);
    let target = match own {
        Some(own) => Arc::clone(own),
        // Or a customer's own provider, whose policy says whether it may be.
        None => visit
            .core
            .providers
            .by_slug(&visit.site.tenant, upstream)
            .await
            .map_err(|problem| match problem.code {
                Code::NotFound => Problem::field(
                    "/upstream",
                    "unknown",
                    "Name one of the tenant's upstreams.",
                ),
                _ => problem,
            })?,
    };
    if !target.redirects() {
        return Err(Problem::new(
            Code::NotSupportedByUpstream,
            "Verify your address instead: that is what links you to this provider.",
        ));
    }
    let begin = Begin {
        purpose: FlowPurpose::Link,
        username: None,
        return_to: crate::domain::return_to::ReturnTo::own("/account"),
        demand: Demand::default(),
        link_to: Some(target.row.id.clone()),
        owner_link: None,
        invitation: None,
    };
    let flow = lane_a::begin(visit, begin).await?;
    let submitted = lane_a::submit(visit, &flow.id, "redirect", &flows::empty()).await?;
    Ok(pages::next_address(visit, &submitted))
}

/// `DELETE /v1/me/identities/{id}`
pub async fn unlink(context: Context, Path(id): Path<String>) -> Result<StatusCode, Problem> {
    let visit = writing(&context, &Method::DELETE).await?;
    account::unlink(&visit, &plausible(id)?).await?;
    Ok(StatusCode::NO_CONTENT)
}
