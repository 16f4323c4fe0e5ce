//! Apps that register themselves, in words (CONTRACT §11).

use super::describe::{Answer, Entry, Shape, created, gone, json, op, shape};

/// Routes.
pub const ENTRIES: &[Entry] = &[
    op(
        "GET /.well-known/oauth-protected-resource",
        "Who gives out tokens for this host (RFC 9728)",
        Answer::Media("application/json"),
    ),
    op(
        "GET /.well-known/oauth-protected-resource/{*path}",
        "The same, for whoever asks about one path of it (RFC 9728 §3.1)",
        Answer::Media("application/json"),
    ),
    op(
        "GET /.laneway/oauth-protected-resource",
        "The same, where a proxy leads nothing else to Laneway",
        Answer::Media("application/json"),
    ),
    op(
        "POST /oauth/register",
        "An app registers itself (RFC 7591), with an initial access token; off until a tenant \
         turns it on",
        created("Registered"),
    )
    .takes("ClientMetadata"),
    op(
        "GET /oauth/register/{client}",
        "What an app is registered for (RFC 7592)",
        json("Registered"),
    ),
    op(
        "PUT /oauth/register/{client}",
        "Another description; the registration access token is a new one",
        json("Registered"),
    )
    .takes("ClientMetadata"),
    op(
        "DELETE /oauth/register/{client}",
        "The app goes, with its tokens",
        gone(),
    ),
    op(
        "GET /v1/admin/initial-access-tokens",
        "Tokens that apps register themselves with",
        Answer::Page("InitialAccessToken"),
    ),
    op(
        "POST /v1/admin/initial-access-tokens",
        "Make one; its value is in this answer only",
        created("InitialAccessToken"),
    )
    .takes("NewInitialAccessToken"),
    op(
        "GET /v1/admin/initial-access-tokens/{id}",
        "One of them",
        json("InitialAccessToken"),
    ),
    op(
        "DELETE /v1/admin/initial-access-tokens/{id}",
        "Delete one; what was registered with it stays",
        gone(),
    ),
];

/// Shapes.
pub const SHAPES: &[Shape] = &[
    shape(
        "InitialAccessToken",
        "id label token=any max_uses=count? uses=count created_at=instant expires_at=instant",
    ),
    shape(
        "NewInitialAccessToken",
        "label expires_in?=count max_uses?=count?",
    ),
    shape(
        "ClientMetadata",
        "client_id? client_name? redirect_uris?=[text] post_logout_redirect_uris?=[text] \
         grant_types?=[text] response_types?=[text] token_endpoint_auth_method? scope? jwks?=any \
         jwks_uri? id_token_signed_response_alg? require_pushed_authorization_requests?=flag \
         dpop_bound_access_tokens?=flag client_uri? policy_uri? tos_uri? backchannel_logout_uri? \
         backchannel_logout_session_required?=flag initiate_login_uri?",
    ),
    shape(
        "Registered",
        "client_id client_id_issued_at=count client_secret? client_secret_expires_at?=count \
         registration_access_token? registration_client_uri client_name redirect_uris=[text] \
         post_logout_redirect_uris=[text] grant_types=[text] response_types=[text] \
         token_endpoint_auth_method scope id_token_signed_response_alg \
         require_pushed_authorization_requests=flag dpop_bound_access_tokens=flag jwks?=any \
         jwks_uri? client_uri? policy_uri? tos_uri? backchannel_logout_uri? initiate_login_uri?",
    ),
];
