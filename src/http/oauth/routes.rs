//! Routes of the authorization server; who may call each stands in the list of routes.

use axum::Router;
use axum::routing::{get, post};

use super::super::router::AppState;
use super::{
    authorize, consent, device, discovery, end, feed, register, resource, revoke, token, userinfo,
};

/// All of them.
pub fn routes() -> Router<AppState> {
    Router::new()
        .route(
            "/.well-known/openid-configuration",
            get(discovery::document),
        )
        .route(
            "/.well-known/oauth-authorization-server",
            get(discovery::document),
        )
        .route(
            "/.well-known/oauth-protected-resource",
            get(resource::resource),
        )
        .route(
            "/.well-known/oauth-protected-resource/{*path}",
            get(resource::resource),
        )
        .route(
            "/.laneway/oauth-protected-resource",
            get(resource::resource),
        )
        .route(
            "/oauth/authorize",
            get(authorize::asked).post(authorize::posted),
        )
        .route("/consent", get(consent::show).post(consent::answer))
        .route("/oauth/device_authorization", post(device::begin))
        .route("/device", get(device::show).post(device::answer))
        .route("/oauth/token", post(token::exchange))
        .route("/oauth/par", post(token::push))
        .route("/oauth/register", post(register::create))
        .route(
            "/oauth/register/{client}",
            get(register::read)
                .put(register::replace)
                .delete(register::remove),
        )
        .route("/auth/refresh", post(token::refresh))
        .route("/oauth/revoke", post(revoke::revoke))
        .route("/oauth/introspect", post(revoke::introspect))
        .route("/v1/invalidations", get(feed::read).layer(feed::readers()))
        .route("/oauth/end_session", get(end::asked).post(end::posted))
        .route(
            "/oauth/userinfo",
            get(userinfo::userinfo).post(userinfo::posted),
        )
}
