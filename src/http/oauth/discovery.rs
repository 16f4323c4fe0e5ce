//! What apps find out by themselves (OpenID Connect Discovery 1.0, RFC 8414).

use axum::Json;
use axum::response::{IntoResponse, Response};
use http::{HeaderValue, header};
use serde_json::json;

use super::super::context::Context;
use crate::domain::Problem;
use crate::domain::app::{AuthMethod, GrantType, IdTokenAlg};
use crate::domain::profile::CLAIMS_OF;
use crate::tokens::FOREIGN_ALGS;

/// `GET /.well-known/openid-configuration`, `/.well-known/oauth-authorization-server`
pub async fn document(context: Context) -> Result<Response, Problem> {
    home(&context)?;
    let at = |path: &str| context.site.tenant.address(path);
    let grants: Vec<&str> = GrantType::ALL.iter().map(|one| one.as_str()).collect();
    let methods: Vec<&str> = AuthMethod::ALL.iter().map(|one| one.as_str()).collect();
    let proofs: Vec<&&str> = methods.iter().filter(|word| **word != "none").collect();
    let algs: Vec<&str> = IdTokenAlg::ALL.iter().map(|one| one.as_str()).collect();
    let mut claims = vec![
        "sub",
        "iss",
        "aud",
        "exp",
        "iat",
        "auth_time",
        "nonce",
        "acr",
        "amr",
        "sid",
        "org_id",
        "org_slug",
        "org_name",
        "org_roles",
    ];
    claims.extend(CLAIMS_OF.iter().flat_map(|(_, claims)| claims.iter()));
    let mut body = json!({
        "issuer": context.site.tenant.issuer(),
        "authorization_endpoint": at("/oauth/authorize"),
        "token_endpoint": at("/oauth/token"),
        "pushed_authorization_request_endpoint": at("/oauth/par"),
        "userinfo_endpoint": at("/oauth/userinfo"),
        "device_authorization_endpoint": at("/oauth/device_authorization"),
        "revocation_endpoint": at("/oauth/revoke"),
        "introspection_endpoint": at("/oauth/introspect"),
        "end_session_endpoint": at("/oauth/end_session"),
        "jwks_uri": at("/.well-known/jwks.json"),
        "scopes_supported": [
            "openid", "profile", "email", "address", "phone", "organization", "offline_access",
        ],
        "response_types_supported": ["code"],
        "response_modes_supported": ["query", "form_post"],
        "grant_types_supported": grants,
        "token_endpoint_auth_methods_supported": methods,
        "token_endpoint_auth_signing_alg_values_supported": FOREIGN_ALGS,
        "revocation_endpoint_auth_methods_supported": methods,
        "revocation_endpoint_auth_signing_alg_values_supported": FOREIGN_ALGS,
        "introspection_endpoint_auth_methods_supported": proofs,
        "introspection_endpoint_auth_signing_alg_values_supported": FOREIGN_ALGS,
        "dpop_signing_alg_values_supported": FOREIGN_ALGS,
        "require_pushed_authorization_requests": false,
        "client_id_metadata_document_supported": context.site.tenant.client_documents_enabled,
        "code_challenge_methods_supported": ["S256"],
        "subject_types_supported": ["public"],
        "id_token_signing_alg_values_supported": algs,
        "acr_values_supported": ["aal1", "aal2", "phr"],
        "prompt_values_supported": ["none", "login", "consent", "select_account"],
        "claims_supported": claims,
        "claims_parameter_supported": true,
        "backchannel_logout_supported": true,
        "backchannel_logout_session_supported": true,
        "request_parameter_supported": false,
        "request_uri_parameter_supported": false,
        "authorization_response_iss_parameter_supported": true,
    });
    if context.site.tenant.registration_enabled {
        body["registration_endpoint"] = json!(at("/oauth/register"));
    }
    let mut response = Json(body).into_response();
    let cached = HeaderValue::from_static("public, max-age=300");
    response.headers_mut().insert(header::CACHE_CONTROL, cached);
    Ok(response)
}

/// The issuer is one address: no other host of the tenant speaks for it.
///
/// # Errors
/// `not_found`.
pub(super) fn home(context: &Context) -> Result<(), Problem> {
    if context.site.is_home() {
        Ok(())
    } else {
        Err(Problem::not_found())
    }
}
