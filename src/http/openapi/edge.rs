//! What proxies ask, in words (CONTRACT §5).

use super::describe::{Answer, Entry, Shape, op};
use crate::domain::Code::{Forbidden, NotFound, Unauthenticated};

const FILTERS: &[(&str, &str)] = &[
    ("org", "only members of this organization"),
    ("role", "only who has this role"),
    ("scope", "only who has this permission"),
    ("acr", "only with this proof"),
    ("allowed_groups", "only who has one of these roles"),
];
const RD: &[(&str, &str)] = &[("rd", "where to go on to")];

/// Routes.
pub const ENTRIES: &[Entry] = &[
    op(
        "GET /authz/auth-request",
        "May this request pass? For nginx",
        Answer::Empty(200),
    )
    .asks(FILTERS)
    .refuses(&[Unauthenticated, Forbidden]),
    op(
        "GET /authz/forward-auth",
        "May this request pass? For Traefik and Caddy",
        Answer::Empty(200),
    )
    .asks(FILTERS)
    .refuses(&[Unauthenticated, Forbidden]),
    op(
        "GET /authz/ext-authz/{*path}",
        "May this request pass? For Envoy",
        Answer::Empty(200),
    )
    .asks(FILTERS)
    .refuses(&[Unauthenticated, Forbidden]),
    op(
        "GET /oauth2/auth",
        "May this request pass? Answers 202 where applications of the field expect it",
        Answer::Empty(202),
    )
    .asks(FILTERS)
    .refuses(&[Unauthenticated, Forbidden]),
    op(
        "GET /oauth2/sign_in",
        "Alias of /bff/login",
        Answer::Redirect,
    )
    .asks(RD)
    .refuses(&[NotFound]),
    op("GET /oauth2/start", "Alias of /bff/login", Answer::Redirect)
        .asks(RD)
        .refuses(&[NotFound]),
    op(
        "GET /oauth2/sign_out",
        "Alias of /bff/logout",
        Answer::Redirect,
    )
    .asks(RD)
    .refuses(&[NotFound]),
    op(
        "GET /.laneway/echo",
        "What arrived here, for the check of a proxy",
        Answer::Foreign,
    ),
    op(
        "GET /.laneway/echo/{*path}",
        "The same below a path",
        Answer::Foreign,
    ),
];

/// Shapes.
pub const SHAPES: &[Shape] = &[];
