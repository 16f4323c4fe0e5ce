//! Routes of the account; who may call each stands in the list of routes.

use axum::Router;
use axum::routing::{delete, get, patch, post};

use super::super::me_factors;
use super::super::router::AppState;

/// What exists on every host.
pub fn account() -> Router<AppState> {
    Router::new()
        .route(
            "/v1/me",
            get(super::read).patch(super::change).delete(super::remove),
        )
        .route(
            "/v1/me/sessions",
            get(super::sessions).delete(super::end_others),
        )
        .route("/v1/me/sessions/{sid}", delete(super::end_session))
        .route("/v1/me/organizations", get(super::organizations))
}

/// What exists on login hosts only: an app's script must not collect credentials, nor end what its
/// person belongs to.
pub fn factors() -> Router<AppState> {
    Router::new()
        .route(
            "/v1/me/organizations/{org}",
            delete(super::leave_organization),
        )
        .route(
            "/v1/me/passkeys",
            get(super::passkeys).post(super::begin_passkey),
        )
        .route(
            "/v1/me/passkeys/{id}",
            post(super::finish_passkey).delete(super::remove_passkey),
        )
        .route("/v1/me/password", post(me_factors::change_password))
        .route(
            "/v1/me/totp",
            get(me_factors::totp)
                .post(me_factors::begin_totp)
                .delete(me_factors::remove_totp),
        )
        .route("/v1/me/totp/confirm", post(me_factors::confirm_totp))
        .route(
            "/v1/me/recovery-codes",
            get(me_factors::recovery_codes).post(me_factors::new_recovery_codes),
        )
        .route("/v1/me/apps", get(super::apps))
        .route("/v1/me/apps/{app}", delete(super::withdraw_app))
        .route("/v1/me/devices", get(super::devices))
        .route(
            "/v1/me/devices/{id}",
            patch(super::change_device).delete(super::forget_device),
        )
        .route("/v1/me/email", post(super::begin_email))
        .route("/v1/me/email/confirm", post(super::confirm_email))
        .route("/v1/me/export", get(super::export))
        .route(
            "/v1/me/tokens",
            get(super::tokens).post(super::create_token),
        )
        .route("/v1/me/tokens/{id}", delete(super::revoke_token))
        .route(
            "/v1/me/upstream-credentials",
            get(super::upstream_credentials).post(super::change_upstream_credentials),
        )
        .route(
            "/v1/me/identities",
            get(super::identities).post(super::link),
        )
        .route("/v1/me/identities/{id}", delete(super::unlink))
}
