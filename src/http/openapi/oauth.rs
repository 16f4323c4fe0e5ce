//! The authorization server in words (CONTRACT §11). Its refusals are those of OAuth.

use super::describe::{Answer, Entry, Shape, created, json, op, shape};
use crate::domain::Code::{CsrfRequired, Expired, InvalidCursor, InvalidRequest, RateLimited};

const ASKED: &[(&str, &str)] = &[
    ("client_id", "the app"),
    ("redirect_uri", "where the answer goes, as it is registered"),
    ("response_type", "code"),
    ("response_mode", "query or form_post"),
    ("scope", "what is asked for"),
    ("state", "comes back as it was sent"),
    ("nonce", "stands in the ID token"),
    ("code_challenge", "of PKCE"),
    ("code_challenge_method", "S256"),
    ("resource", "whom tokens are for; may be sent several times"),
    ("prompt", "none, or some of login, consent, select_account"),
    ("max_age", "oldest proof, in seconds"),
    ("acr_values", "aal1, aal2 or phr"),
    ("login_hint", "who is probably signing in"),
    ("dpop_jkt", "the key that the code is for (RFC 9449)"),
    (
        "request_uri",
        "what `/oauth/par` answered; everything else but `client_id` is not looked at",
    ),
    ("id_token_hint", "who has to be signed in"),
    (
        "connection",
        "the provider to sign in with, by its short name",
    ),
    (
        "organization",
        "which organization the tokens are for, by id or slug; also `org`",
    ),
];
const ENDS: &[(&str, &str)] = &[
    (
        "id_token_hint",
        "an ID token of the person, also when it is over",
    ),
    ("client_id", "the app"),
    (
        "post_logout_redirect_uri",
        "where to go, as it is registered",
    ),
    ("state", "comes back as it was sent"),
];
const FORM: &str = "application/x-www-form-urlencoded";

/// Routes.
pub const ENTRIES: &[Entry] = &[
    op(
        "GET /.well-known/openid-configuration",
        "What the authorization server can do (OpenID Connect Discovery)",
        Answer::Media("application/json"),
    ),
    op(
        "GET /.well-known/oauth-authorization-server",
        "The same under the name of RFC 8414",
        Answer::Media("application/json"),
    ),
    op(
        "GET /oauth/authorize",
        "An app asks for a code; the browser comes back to it",
        Answer::Redirect,
    )
    .asks(ASKED)
    .refuses(&[InvalidRequest]),
    op(
        "POST /oauth/authorize",
        "The same in a form",
        Answer::Redirect,
    )
    .sends(FORM),
    op(
        "GET /consent",
        "Where a request of an app goes on: the question for consent, a sign-in, or the answer",
        Answer::Media("text/html"),
    )
    .asks(&[("request", "the waiting request")])
    .refuses(&[Expired, InvalidRequest]),
    op(
        "POST /consent",
        "The answer to the question",
        Answer::Redirect,
    )
    .sends(FORM)
    .refuses(&[Expired]),
    op(
        "POST /oauth/device_authorization",
        "A device without a browser asks for a code that somebody types elsewhere (RFC 8628)",
        json("DeviceAuthorization"),
    )
    .sends(FORM),
    op(
        "GET /device",
        "Where people enter the code that their device shows",
        Answer::Media("text/html"),
    )
    .asks(&[("user_code", "the code, filled in; it is asked all the same")])
    .or_sends_on()
    .refuses(&[RateLimited]),
    op(
        "POST /device",
        "The code, and then the answer to the question",
        Answer::Media("text/html"),
    )
    .sends(FORM)
    .or_sends_on()
    .refuses(&[Expired, CsrfRequired, RateLimited]),
    op(
        "POST /oauth/token",
        "A code, a refresh token or the app's own proof becomes tokens",
        json("Tokens"),
    )
    .sends(FORM),
    op(
        "POST /auth/refresh",
        "The same for a refresh token alone, as a form or JSON; an app without a secret need not say which it is",
        json("Tokens"),
    )
    .sends(FORM),
    op(
        "POST /oauth/par",
        "Push a request before the browser is sent (RFC 9126)",
        created("Pushed"),
    )
    .sends(FORM),
    op(
        "POST /oauth/revoke",
        "Give a token back: all that came of its sign-in for the app ends",
        Answer::Empty(200),
    )
    .sends(FORM),
    op(
        "POST /oauth/introspect",
        "Does a token count now? For the app that it was made for, and for its audience",
        json("Introspection"),
    )
    .sends(FORM),
    op(
        "GET /oauth/end_session",
        "An app signs somebody out; without their ID token they are asked",
        Answer::Redirect,
    )
    .asks(ENDS)
    .refuses(&[InvalidRequest, Expired]),
    op(
        "POST /oauth/end_session",
        "The same in a form",
        Answer::Redirect,
    )
    .sends(FORM)
    .refuses(&[Expired]),
    op(
        "GET /v1/invalidations",
        "What ended or changed, as signed security event tokens: a page, a page that waits, or \
         an event stream (Accept: text/event-stream)",
        json("Invalidations"),
    )
    .asks(&[
        (
            "since",
            "next_cursor of the answer before; without it, from 20 minutes ago",
        ),
        ("wait", "so many seconds for news, 55 at most"),
    ])
    .refuses(&[InvalidRequest, InvalidCursor, Expired, RateLimited]),
    op(
        "GET /oauth/userinfo",
        "What the bearer of an access token may know of the person",
        json("UserInfo"),
    ),
    op(
        "POST /oauth/userinfo",
        "The same; the token may stand in a form",
        json("UserInfo"),
    )
    .sends(FORM),
];

/// Shapes.
pub const SHAPES: &[Shape] = &[
    shape(
        "Tokens",
        "access_token token_type expires_in=count scope refresh_token? id_token? issued_token_type?",
    ),
    shape("Pushed", "request_uri expires_in=count"),
    shape(
        "DeviceAuthorization",
        "device_code user_code verification_uri verification_uri_complete expires_in=count \
         interval=count",
    ),
    shape("Invalidations", "items=[text] next_cursor more=flag"),
    shape(
        "UserInfo",
        "sub name? given_name? family_name? middle_name? nickname? preferred_username? profile? \
         picture? website? gender? birthdate? zoneinfo? locale? updated_at?=count email? \
         email_verified?=flag phone_number? phone_number_verified?=flag address?=Address org_id? \
         org_slug? org_name? org_roles?=[text]",
    ),
    shape(
        "Introspection",
        "active=flag token_type? iss? sub? aud? client_id? sid? jti? iat?=count exp?=count scope? \
         org_id?=text? org_slug?=text? org_roles?=[text] org_permissions?=[text] acr? amr?=[text] \
         auth_time?=count token_use? cnf?=any act?=any seen?=count",
    ),
    shape("OAuthError", "error error_description?"),
];
