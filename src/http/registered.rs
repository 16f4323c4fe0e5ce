//! Addresses that customers registered before Laneway answered there.

use axum::Form;
use axum::extract::{FromRequest, Path, Request, State};
use axum::response::{IntoResponse, Redirect, Response};
use http::Method;
use url::Url;

use super::context::{self, Context};
use super::router::AppState;
use super::{federation, saml};
use crate::domain::Problem;
use crate::store::registered::{self, Answers};

/// Whatever no route of a login host names: an answer for a connection that took its address
/// over, or nothing.
pub async fn fallback(State(state): State<AppState>, request: Request) -> Response {
    match answer(&state, request).await {
        Ok(response) => response,
        Err(problem) => problem.into_response(),
    }
}

async fn answer(state: &AppState, request: Request) -> Result<Response, Problem> {
    let context = context::of(&request).ok_or_else(Problem::not_found)?;
    let (method, query) = (
        request.method().clone(),
        request.uri().query().map(str::to_owned),
    );
    let address = address(&context, request.uri().path()).ok_or_else(Problem::not_found)?;
    let (db, tenant) = (&context.core.db, &context.site.tenant);
    let found = registered::find(db, &tenant.id, &address).await?;
    let (id, answers) = found.ok_or_else(Problem::not_found)?;
    match (answers, method) {
        // Judged where the cookie of the sign-in is.
        (Answers::Oidc, Method::GET) => {
            let query = query.map(|query| format!("?{query}")).unwrap_or_default();
            let there = tenant.address(&format!("/federation/callback/{id}"));
            Ok(Redirect::to(&format!("{there}{query}")).into_response())
        }
        (Answers::Oidc, Method::POST) => {
            let form = Form::from_request(request, state).await;
            federation::posted(context, Path(id.to_string()), form).await
        }
        (Answers::Saml, Method::POST) => {
            let form = Form::from_request(request, state).await;
            saml::acs(context, Path(id.to_string()), form).await
        }
        _ => Err(Problem::not_found()),
    }
}

/// The whole address of a request, as one is registered.
fn address(context: &Context, path: &str) -> Option<String> {
    let url = Url::parse(&format!("{}{path}", context.origin())).ok()?;
    (url.path() == path).then(|| url.into())
}

#[cfg(test)]
mod tests {
    use super::super::router::ROUTES;
    use crate::lane_b::registered::is_own;

    #[test]
    fn no_address_is_taken_over_that_a_route_answers() {
        for (_, path, _) in ROUTES {
            assert!(is_own(path), "{path}");
        }
    }
}
