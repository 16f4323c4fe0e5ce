//! All routes on one page.

use std::sync::Arc;

use axum::Router;
use axum::extract::{DefaultBodyLimit, Request};
use axum::middleware::{from_fn_with_state, map_response};
use axum::response::{IntoResponse, Response};
use axum::routing::{any, delete, get, patch, post, put};
use http::StatusCode;
use tower::ServiceExt;
use tower_http::catch_panic::CatchPanicLayer;

use super::{admin, assets, bff, context, federation, flows, gate, handoff, me, pages};
use crate::app::Extra;
use crate::core::Core;
use crate::domain::{Code, Problem};
use crate::edge::proxy::Backends;

/// What handlers share.
#[derive(Clone)]
pub struct AppState {
    /// The program.
    pub core: Arc<Core>,
    /// The client for backends.
    pub backends: Backends,
}

/// Who may call a route. Tests walk this list: each route is proven to refuse whoever is
/// not named.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Access {
    /// Anybody.
    Public,
    /// Anybody, but only with this browser's flow cookie or a value made for them.
    Bound,
    /// A person with a session.
    Session,
    /// An instance operator.
    Operator,
}

use Access::{Bound, Operator, Public, Session};

/// Method, path, caller.
pub const ROUTES: &[(&str, &str, Access)] = &[
    ("GET", "/healthz", Public),
    ("GET", "/assets/{*path}", Public),
    ("GET", "/.well-known/jwks.json", Public),
    ("GET", "/bff/login", Public),
    ("GET", "/bff/user", Session),
    ("POST", "/bff/logout", Session),
    ("GET", "/bff/logout", Session),
    ("GET", "/bff/logout/continue/{id}", Bound),
    ("POST", "/bff/org", Session),
    ("POST", "/bff/backchannel/{upstream}", Bound),
    ("GET", "/bff/handoff", Bound),
    ("GET", "/.laneway/start", Public),
    ("GET", "/.laneway/callback", Bound),
    ("GET", "/.laneway/logout", Session),
    ("POST", "/v1/auth/flows", Public),
    ("GET", "/v1/auth/flows/{id}", Bound),
    ("POST", "/v1/auth/flows/{id}/{kind}", Bound),
    ("GET", "/federation/{upstream}/start", Public),
    ("GET", "/federation/callback/{upstream}", Bound),
    ("POST", "/federation/callback/{upstream}", Bound),
    ("GET", "/v1/me", Session),
    ("PATCH", "/v1/me", Session),
    ("DELETE", "/v1/me", Session),
    ("GET", "/v1/me/sessions", Session),
    ("DELETE", "/v1/me/sessions", Session),
    ("DELETE", "/v1/me/sessions/{sid}", Session),
    ("GET", "/v1/me/passkeys", Session),
    ("POST", "/v1/me/passkeys", Session),
    ("POST", "/v1/me/passkeys/{id}", Session),
    ("DELETE", "/v1/me/passkeys/{id}", Session),
    ("GET", "/v1/me/identities", Session),
    ("POST", "/v1/me/identities", Session),
    ("DELETE", "/v1/me/identities/{id}", Session),
    ("GET", "/v1/me/organizations", Session),
    ("GET", "/v1/admin/tenants", Operator),
    ("POST", "/v1/admin/tenants", Operator),
    ("PATCH", "/v1/admin/tenants/{id}", Operator),
    ("GET", "/v1/admin/tenants/{id}", Operator),
    ("GET", "/v1/admin/tenants/{id}/hosts", Operator),
    ("POST", "/v1/admin/tenants/{id}/hosts", Operator),
    ("GET", "/v1/admin/users", Operator),
    ("POST", "/v1/admin/users", Operator),
    ("GET", "/v1/admin/users/{id}", Operator),
    ("PATCH", "/v1/admin/users/{id}", Operator),
    ("DELETE", "/v1/admin/users/{id}", Operator),
    ("GET", "/v1/admin/users/{id}/sessions", Operator),
    ("DELETE", "/v1/admin/users/{id}/sessions", Operator),
    ("GET", "/v1/admin/users/{id}/identities", Operator),
    ("PUT", "/v1/admin/users/{id}/identities", Operator),
    ("GET", "/v1/admin/upstreams", Operator),
    ("POST", "/v1/admin/upstreams", Operator),
    ("GET", "/v1/admin/upstreams/{id}", Operator),
    ("PATCH", "/v1/admin/upstreams/{id}", Operator),
    ("POST", "/v1/admin/upstreams/{id}/probe", Operator),
    ("GET", "/v1/admin/audit-events", Operator),
    ("GET", "/v1/organizations", Operator),
    ("POST", "/v1/organizations", Operator),
    ("GET", "/v1/organizations/{org}", Operator),
    ("PUT", "/v1/organizations/{org}/members/{user}", Operator),
    ("GET", "/v1/organizations/{org}/members/{user}", Operator),
];

/// The public listener's router: login hosts and app hosts see different rooms, behind
/// one gate.
pub fn router(state: AppState, extra: Vec<Extra>) -> Router {
    let login = login_host(&state, extra);
    let app = app_host(&state);
    let pick = tower::service_fn(move |request: Request| {
        let is_login = context::of(&request).is_none_or(|context| context.site.is_login());
        let chosen = if is_login { login.clone() } else { app.clone() };
        chosen.oneshot(request)
    });
    Router::new()
        .fallback_service(pick)
        .layer(from_fn_with_state(state, gate::gate))
}

fn login_host(state: &AppState, extra: Vec<Extra>) -> Router {
    let mut router = Router::new()
        .route("/healthz", get(assets::healthz))
        .route("/assets/{*path}", get(assets::asset))
        .route("/.well-known/jwks.json", get(assets::jwks))
        .route("/bff/handoff", get(handoff::go_on))
        .route("/federation/{upstream}/start", get(federation::start))
        .route(
            "/federation/callback/{upstream}",
            get(federation::callback).post(federation::posted),
        )
        .merge(browser())
        .merge(flows())
        .merge(account())
        .merge(factors())
        .merge(operators())
        .merge(pages::routes());
    for module in extra {
        router = router.merge(module.routes);
    }
    let limit = DefaultBodyLimit::max(state.core.config.limits.body);
    let router = router.layer(map_response(as_problem));
    finish(router.layer(limit).fallback(handoff::fallback), state)
}

/// An app's script must not administer or collect credentials: those rooms are not here.
fn app_host(state: &AppState) -> Router {
    let ours = Router::new()
        .route("/.laneway/start", get(handoff::start))
        .route("/.laneway/callback", get(handoff::callback))
        .route("/.laneway/logout", get(bff::logout_link))
        .merge(browser())
        .merge(account())
        .layer(map_response(as_problem))
        .layer(DefaultBodyLimit::max(state.core.config.limits.body));
    // Routes and frontends have body limits of their own.
    let router = ours
        .route("/api/{*path}", any(handoff::api))
        .fallback(handoff::fallback)
        .layer(DefaultBodyLimit::disable());
    finish(router, state)
}

fn finish(router: Router<AppState>, state: &AppState) -> Router {
    router
        .method_not_allowed_fallback(method_not_allowed)
        .layer(CatchPanicLayer::custom(panicked))
        .with_state(state.clone())
}

fn browser() -> Router<AppState> {
    Router::new()
        .route("/bff/login", get(bff::login))
        .route("/bff/user", get(bff::user))
        .route("/bff/logout", post(bff::logout).get(bff::logout_link))
        .route("/bff/logout/continue/{id}", get(bff::logout_continue))
        .route("/bff/org", post(bff::org))
        .route("/bff/backchannel/{upstream}", post(bff::backchannel))
}

fn flows() -> Router<AppState> {
    Router::new()
        .route("/v1/auth/flows", post(flows::create))
        .route("/v1/auth/flows/{id}", get(flows::read))
        .route("/v1/auth/flows/{id}/{kind}", post(flows::answer))
}

fn account() -> Router<AppState> {
    Router::new()
        .route("/v1/me", get(me::read).patch(me::change).delete(me::remove))
        .route("/v1/me/sessions", get(me::sessions).delete(me::end_others))
        .route("/v1/me/sessions/{sid}", delete(me::end_session))
        .route("/v1/me/organizations", get(me::organizations))
}

fn factors() -> Router<AppState> {
    Router::new()
        .route("/v1/me/passkeys", get(me::passkeys).post(me::begin_passkey))
        .route(
            "/v1/me/passkeys/{id}",
            post(me::finish_passkey).delete(me::remove_passkey),
        )
        .route("/v1/me/identities", get(me::identities).post(me::link))
        .route("/v1/me/identities/{id}", delete(me::unlink))
}

fn operators() -> Router<AppState> {
    Router::new()
        .route(
            "/v1/admin/tenants",
            get(admin::tenants).post(admin::create_tenant),
        )
        .route(
            "/v1/admin/tenants/{id}",
            patch(admin::change_tenant).get(admin::read_tenant),
        )
        .route(
            "/v1/admin/tenants/{id}/hosts",
            get(admin::hosts).post(admin::add_host),
        )
        .route(
            "/v1/admin/users",
            get(admin::users).post(admin::create_user),
        )
        .route(
            "/v1/admin/users/{id}",
            get(admin::read_user)
                .patch(admin::change_user)
                .delete(admin::delete_user),
        )
        .route(
            "/v1/admin/users/{id}/sessions",
            get(admin::user_sessions).delete(admin::end_sessions),
        )
        .route(
            "/v1/admin/users/{id}/identities",
            put(admin::put_identity).get(admin::user_identities),
        )
        .route(
            "/v1/admin/upstreams",
            get(admin::upstreams).post(admin::create_upstream),
        )
        .route(
            "/v1/admin/upstreams/{id}",
            get(admin::read_upstream).patch(admin::change_upstream),
        )
        .route("/v1/admin/upstreams/{id}/probe", post(admin::probe))
        .route("/v1/admin/audit-events", get(admin::audit_events))
        .route(
            "/v1/organizations",
            get(admin::organizations).post(admin::create_organization),
        )
        .route("/v1/organizations/{org}", get(admin::read_organization))
        .route(
            "/v1/organizations/{org}/members/{user}",
            put(admin::put_member).get(admin::read_member),
        )
}

async fn method_not_allowed() -> Problem {
    Problem::new(Code::MethodNotAllowed, "This address knows other methods.")
}

/// A query or path that our handlers could not read is refused by the framework in plain
/// words of its own; clients are promised a problem document.
async fn as_problem(response: Response) -> Response {
    let status = response.status();
    let plain = response
        .headers()
        .get(http::header::CONTENT_TYPE)
        .is_some_and(|value| value.as_bytes().starts_with(b"text/plain"));
    if !status.is_client_error() || !plain || response.extensions().get::<Problem>().is_some() {
        return response;
    }
    let code = match status {
        StatusCode::PAYLOAD_TOO_LARGE => Code::TooLarge,
        StatusCode::UNSUPPORTED_MEDIA_TYPE => Code::UnsupportedMediaType,
        _ => Code::InvalidRequest,
    };
    Problem::new(
        code,
        "A part of the address is missing or not of the right form.",
    )
    .into_response()
}

fn panicked(_: Box<dyn std::any::Any + Send>) -> Response {
    Problem::new(
        Code::Internal,
        "The incident is logged under the reference below.",
    )
    .because("a handler panicked")
    .into_response()
}
