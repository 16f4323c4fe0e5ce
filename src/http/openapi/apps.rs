//! Registered apps in words (CONTRACT §8, §11).

use super::describe::{Answer, Entry, Shape, created, gone, json, op, shape};
use crate::domain::Code::Conflict;

/// Routes.
pub const ENTRIES: &[Entry] = &[
    op("GET /v1/admin/apps", "Registered apps", Answer::Page("App")),
    op(
        "POST /v1/admin/apps",
        "Register an app; its secret is in this answer only",
        created("App"),
    )
    .takes("NewApp"),
    op("GET /v1/admin/apps/{app}", "One app", json("App")),
    op(
        "PATCH /v1/admin/apps/{app}",
        "Change an app, or switch it off",
        json("App"),
    )
    .takes("AppChange")
    .refuses(&[Conflict]),
    op(
        "DELETE /v1/admin/apps/{app}",
        "Delete an app; its tokens end",
        gone(),
    )
    .refuses(&[Conflict]),
    op(
        "GET /v1/admin/users/{id}/profile",
        "Standard claims of a person, for apps",
        json("Profile"),
    ),
    op(
        "PUT /v1/admin/users/{id}/profile",
        "Keep these standard claims of a person and no others",
        json("Profile"),
    )
    .takes("Profile"),
    op(
        "POST /v1/admin/apps/{app}/secret",
        "Make a new secret; the one before is void at once",
        created("AppSecret"),
    )
    .refuses(&[Conflict]),
    op(
        "POST /v1/admin/keys/rotate",
        "Publish new signing keys; the old ones stay until their last token is gone",
        json("RotatedKey"),
    )
    .takes("KeyRotation"),
    op(
        "GET /v1/admin/users/{id}/apps",
        "Apps that have something of a person, and how they use it",
        Answer::Page("HeldApp"),
    ),
];

/// Shapes.
pub const SHAPES: &[Shape] = &[
    shape(
        "Profile",
        "given_name?=text family_name?=text middle_name?=text nickname?=text \
         preferred_username?=text profile?=text picture?=text website?=text gender?=text \
         birthdate?=text zoneinfo?=text locale?=text phone_number?=text phone_number_verified?=flag \
         address?=Address",
    ),
    shape(
        "Address",
        "formatted?=text street_address?=text locality?=text region?=text postal_code?=text \
         country?=text",
    ),
    shape(
        "App",
        "id client_id client_name client_secret=any state=active|disabled redirect_uris=[text] \
         post_logout_redirect_uris=[text] grant_types=[text] response_types=[text] \
         token_endpoint_auth_method=client_secret_basic|client_secret_post|private_key_jwt|none scope \
         audiences=[text] id_token_signed_response_alg=RS256|ES256 access_token_lifetime=count \
         first_party=flag require_pkce=flag jwks=any jwks_uri=text? \
         require_pushed_authorization_requests=flag dpop_bound_access_tokens=flag client_uri=text? policy_uri=text? tos_uri=text? \
         backchannel_logout_uri=text? backchannel_logout_session_required=flag \
         initiate_login_uri=text? created_at=instant",
    ),
    shape(
        "NewApp",
        "client_name redirect_uris?=[text] post_logout_redirect_uris?=[text] \
         grant_types?=[text] response_types?=[text] \
         token_endpoint_auth_method?=client_secret_basic|client_secret_post|private_key_jwt|none scope? \
         audiences?=[text] id_token_signed_response_alg?=RS256|ES256 \
         access_token_lifetime?=count first_party?=flag require_pkce?=flag jwks?=any jwks_uri? \
         require_pushed_authorization_requests?=flag dpop_bound_access_tokens?=flag client_uri? \
         policy_uri? tos_uri? backchannel_logout_uri? \
         backchannel_logout_session_required?=flag initiate_login_uri?",
    ),
    shape(
        "AppChange",
        "client_name? state?=active|disabled redirect_uris?=[text] \
         post_logout_redirect_uris?=[text] grant_types?=[text] response_types?=[text] \
         token_endpoint_auth_method?=client_secret_basic|client_secret_post|private_key_jwt|none scope? \
         audiences?=[text] id_token_signed_response_alg?=RS256|ES256 \
         access_token_lifetime?=count first_party?=flag require_pkce?=flag jwks?=any jwks_uri?=text? \
         require_pushed_authorization_requests?=flag dpop_bound_access_tokens?=flag \
         client_uri?=text? \
         policy_uri?=text? tos_uri?=text? backchannel_logout_uri?=text? \
         backchannel_logout_session_required?=flag initiate_login_uri?=text?",
    ),
    shape("KeyRotation", "at_once?=flag"),
    shape("RotatedKey", "kid at_once=flag"),
    shape("AppSecret", "client_id client_secret"),
];
