//! What browsers and frontends call, in words (CONTRACT §2, §3, §5, §6).

use super::describe::{Answer, Entry, Shape, created, json, op, shape};
use crate::domain::Code::{
    CsrfRequired, Denied, Expired, InvalidCredentials, InvalidRequest, InvalidReturnTo, NotFound,
    NotSupportedByUpstream, OrgMismatch, OriginNotAllowed, RateLimited, SsoRequired,
    StepUpRequired, WrongStep,
};

const LOGIN_QUERY: &[(&str, &str)] = &[
    ("return_to", "a path, or an address of a listed origin"),
    ("returnUrl", "the same"),
    ("rd", "the same"),
    ("login_hint", "who, as far as the caller knows"),
    ("org", "organization to be active in"),
    ("connection", "identity provider to go to at once"),
    ("acr_values", "aal1, aal2 or phr"),
    ("max_age", "how old a proof may be, in seconds"),
    ("prompt", "login or none"),
];
const START_QUERY: &[(&str, &str)] = &[("rd", "where to go on to")];

/// Routes.
pub const ENTRIES: &[Entry] = &[
    op("GET /healthz", "This process answers", json("Health")),
    op(
        "GET /openapi.json",
        "This document",
        Answer::Media("application/json"),
    ),
    op(
        "GET /docs/api",
        "This document as a page",
        Answer::Media("text/html"),
    ),
    op(
        "GET /help/checks",
        "What each check of a connection means",
        Answer::Media("text/html"),
    ),
    op(
        "GET /assets/{*path}",
        "Styles and scripts of our pages",
        Answer::Media("*/*"),
    ),
    op(
        "GET /.laneway/laneway.js",
        "A small client for frontends",
        Answer::Media("text/javascript"),
    )
    .refuses(&[NotFound]),
    op(
        "GET /.laneway/laneway.d.ts",
        "Its types",
        Answer::Media("text/plain"),
    )
    .refuses(&[NotFound]),
    op(
        "GET /.well-known/jwks.json",
        "Keys that verify our tokens",
        json("KeySet"),
    ),
    op("GET /bff/login", "Begin to sign in", Answer::Redirect)
        .asks(LOGIN_QUERY)
        .refuses(&[
            NotSupportedByUpstream,
            InvalidReturnTo,
            RateLimited,
            NotFound,
        ]),
    op(
        "GET /bff/user",
        "Who is signed in",
        Answer::Loose("BffUser"),
    )
    .asks(&[
        ("slide", "false: this call is no use of the session"),
        ("anonymous", "null: nobody is `null` instead of 401"),
        ("format", "claims: a list of claims"),
    ])
    .refuses(&[OrgMismatch]),
    op("POST /bff/logout", "Sign out", json("LogoutAnswer")).takes("Logout"),
    op(
        "GET /bff/logout",
        "Sign out by a link that names the own session",
        Answer::Redirect,
    )
    .asks(&[
        ("sid", "the own session"),
        ("return_to", "where to go on to"),
        ("rd", "the same"),
    ])
    .refuses(&[InvalidReturnTo]),
    op(
        "GET /bff/logout/continue/{id}",
        "Sign out at the identity provider too",
        Answer::Redirect,
    )
    .refuses(&[Expired]),
    op(
        "POST /bff/org",
        "Switch the active organization; 403 says what it asks for first",
        json("BffUser"),
    )
    .takes("OrgChoice")
    .refuses(&[
        NotFound,
        NotSupportedByUpstream,
        SsoRequired,
        StepUpRequired,
    ]),
    op(
        "POST /bff/backchannel/{upstream}",
        "An identity provider ends sessions",
        Answer::Empty(200),
    )
    .refuses(&[InvalidRequest]),
    op(
        "GET /bff/handoff",
        "From the login host to an app host",
        Answer::Redirect,
    )
    .refuses(&[InvalidRequest]),
    op(
        "GET /.laneway/start",
        "From an app host to the login host",
        Answer::Redirect,
    )
    .asks(START_QUERY)
    .refuses(&[NotFound]),
    op(
        "GET /.laneway/callback",
        "Back to the app host, with a ticket",
        Answer::Redirect,
    )
    .asks(&[("ticket", "one use, 30 seconds, this host, this browser")])
    .refuses(&[InvalidRequest, NotFound]),
    op(
        "GET /.laneway/logout",
        "Sign out on an app host",
        Answer::Redirect,
    )
    .refuses(&[NotFound]),
    op("POST /v1/auth/flows", "Begin a flow", created("Flow"))
        .takes("NewFlow")
        .refuses(&[CsrfRequired, OriginNotAllowed, RateLimited]),
    op("GET /v1/auth/flows/{id}", "How a flow stands", json("Flow")).refuses(&[
        CsrfRequired,
        OriginNotAllowed,
        Expired,
    ]),
    op(
        "POST /v1/auth/flows/{id}/{kind}",
        "Answer a step",
        json("Flow"),
    )
    .takes("StepAnswer")
    .refuses(&[
        WrongStep,
        InvalidCredentials,
        Denied,
        SsoRequired,
        Expired,
        RateLimited,
    ]),
    op(
        "GET /federation/{upstream}/start",
        "Go to an identity provider",
        Answer::Redirect,
    )
    .asks(&[("return_to", "where to go on to")])
    .refuses(&[InvalidReturnTo]),
    op(
        "GET /federation/tests/{token}",
        "Run a test login in this browser, which stays signed in as it is",
        Answer::Redirect,
    ),
    op(
        "GET /federation/callback/{upstream}",
        "Back from an identity provider",
        Answer::Redirect,
    ),
    op(
        "POST /federation/callback/{upstream}",
        "The same by a posted form",
        Answer::Redirect,
    )
    .refuses(&[InvalidRequest]),
    op(
        "GET /saml/{connection}",
        "Who we are towards a SAML provider: the entity id, and its metadata",
        Answer::Media("application/samlmetadata+xml"),
    ),
    op(
        "GET /saml/{connection}/metadata",
        "The same metadata",
        Answer::Media("application/samlmetadata+xml"),
    ),
    op(
        "GET /saml/{connection}/request",
        "Post a request to a provider that takes it no other way",
        Answer::Media("text/html"),
    )
    .asks(&[
        ("SAMLRequest", "the request"),
        ("RelayState", "the sign-in that it belongs to"),
    ])
    .refuses(&[InvalidRequest]),
    op(
        "POST /saml/{connection}/acs",
        "Back from a SAML provider",
        Answer::Redirect,
    )
    .refuses(&[InvalidRequest]),
    op(
        "GET /saml/{connection}/logout",
        "A SAML provider ends sessions, by a signed request",
        Answer::Redirect,
    )
    .asks(&[
        ("SAMLRequest", "the request"),
        ("RelayState", "comes back with our answer"),
        ("SigAlg", "how it is signed"),
        ("Signature", "over the members before it, as they were sent"),
    ]),
    op(
        "POST /saml/{connection}/logout",
        "The same by a posted form",
        Answer::Redirect,
    )
    .refuses(&[InvalidRequest]),
];

/// Shapes.
pub const SHAPES: &[Shape] = &[
    shape("Health", "status"),
    shape("KeySet", "keys=[any]"),
    shape(
        "BffUser",
        "sub sid tenant=TenantRef email=text? email_verified=flag name=text? org=ActiveOrg? acr \
         amr=[text] auth_time=instant session_expires_in=count idle_expires_in=count \
         upstream=UpstreamState logout_url",
    ),
    shape("TenantRef", "id slug"),
    shape("ActiveOrg", "id slug name roles=[text] permissions=[text]"),
    shape(
        "UpstreamState",
        "id=text? state=fresh|stale|none checked_at=instant?",
    ),
    shape("Logout", "everywhere?=flag"),
    shape("LogoutAnswer", "redirect_to=text?"),
    shape("OrgChoice", "org=text?"),
    shape(
        "NewFlow",
        "purpose?=text? username?=text? return_to?=text? acr_values?=text?",
    ),
    shape(
        "Flow",
        "id purpose state=pending|done expires_in=count return_to step=FlowStep methods=[Method] \
         recovery_codes?=[text]",
    ),
    shape(
        "FlowStep",
        "kind resend_in?=count public_key?=any url? enrol? otpauth_uri? secret? skippable?=flag \
         fields?=[text] organizations?=[OrganizationRef] codes?=[text]",
    ),
    shape(
        "Method",
        "kind mode=headless|facade|redirect connection? label?",
    ),
    shape("OrganizationRef", "id slug name"),
    shape(
        "StepAnswer",
        "username? password? code? resend?=flag credential?=any connection? skip?=flag name? \
         organization?",
    ),
];
