//! What the check is shown so that it is known to find things.
//!
//! Owns: a violation of each rule, and texts that look like one.
//! Must not know: how a file is read.

use super::Rule;

/// Each line: a rule, a path, a text that breaks the rule there.
pub(super) const PLANTED: &[(Rule, &str, &str)] = &[
    (
        Rule::Direction,
        "src/domain/user.rs",
        "use crate::store::users;",
    ),
    (
        Rule::Direction,
        "src/store/users.rs",
        "fn f() { crate::lane_a::begin(); }",
    ),
    (
        Rule::Direction,
        "src/sessions/cache.rs",
        "use crate::{domain::SessionId, providers::Providers};",
    ),
    (
        Rule::Direction,
        "src/sessions/cache.rs",
        "use crate::{\n    domain::SessionId,\n    providers,\n};",
    ),
    (
        Rule::Direction,
        "src/core/site.rs",
        "use super::super::http::gate;",
    ),
    (Rule::Direction, "src/core/mod.rs", "use super::http::gate;"),
    (
        Rule::Direction,
        "src/views/page.rs",
        "use crate::store::users;",
    ),
    (
        Rule::Direction,
        "src/authn/caller.rs",
        "use crate::edge::Identity;",
    ),
    (
        Rule::Direction,
        "src/config/mod.rs",
        "pub(in crate::outbound) fn f() {}",
    ),
    (
        Rule::Direction,
        "src/newroom/mod.rs",
        "use crate::domain::User;",
    ),
    (
        Rule::Crate,
        "src/lane_a/flow.rs",
        "use axum::response::Response;",
    ),
    (
        Rule::Crate,
        "src/authn/mod.rs",
        "fn f(r: axum::extract::Request) {}",
    ),
    (
        Rule::Crate,
        "src/lane_a/flow.rs",
        "use jsonwebtoken::encode;",
    ),
    (Rule::Crate, "src/store/users.rs", "use sqlx::Row;"),
    (
        Rule::Crate,
        "src/lane_a/flow.rs",
        "use laneway_keycloak::Keycloak;",
    ),
    (
        Rule::Crate,
        "src/core/start.rs",
        "use laneway_embedded::{Embedded};",
    ),
    (
        Rule::Crate,
        "src/core/start.rs",
        "use laneway_fake as pretend;",
    ),
    (Rule::Crate, "src/lane_a/flow.rs", "use laneway_sqlkit::q;"),
    (
        Rule::Crate,
        "provider-adapters/contract/src/login.rs",
        "use laneway_oidc::Oidc;",
    ),
    (
        Rule::Crate,
        "provider-adapters/oidc/src/lib.rs",
        "use laneway_sqlkit::Db;",
    ),
    (
        Rule::Crate,
        "provider-adapters/keycloak/src/lib.rs",
        "use laneway::domain::User;",
    ),
    (Rule::Crate, "src/domain/user.rs", "use tokio::sync::Mutex;"),
    (Rule::Crate, "src/views/page.rs", "use http::HeaderMap;"),
    (
        Rule::Sql,
        "src/lane_a/flow.rs",
        "const Q: &str = \"SELECT id FROM users\";",
    ),
    (
        Rule::Sql,
        "src/http/me.rs",
        "const Q: &str = r#\"\n  UPDATE users SET name = $1\"#;",
    ),
    (
        Rule::Sql,
        "src/core/start.rs",
        "q(\"DELETE FROM users WHERE id = $1\");",
    ),
    (
        Rule::Vendor,
        "src/lane_a/flow.rs",
        "if kind == \"keycloak\" {}",
    ),
    (Rule::Vendor, "src/domain/flow.rs", "enum Kind { Zitadel }"),
    (
        Rule::Vendor,
        "provider-adapters/contract/src/login.rs",
        "// as authentik does",
    ),
    (Rule::Head, "src/lane_a/new.rs", "use std::fmt;"),
    (
        Rule::Head,
        "src/lane_a/mod.rs",
        "//! Flows for people.\n\nmod flow;",
    ),
    (
        Rule::Head,
        "provider-adapters/oidc/src/lib.rs",
        "//! A relying party.\n//!\n//! Owns: the protocol.",
    ),
];

/// Each line: a path, and a text that breaks no rule there.
pub(super) const FINE: &[(&str, &str)] = &[
    (
        "src/http/gate.rs",
        "//! Gate.\nuse axum::Router;\nuse crate::lane_a::flow;\n",
    ),
    (
        "src/store/users.rs",
        "//! Users.\nconst Q: &str = \"SELECT 1\";\nuse super::write::Write;\n",
    ),
    (
        "src/lane_a/flow.rs",
        "//! Steps.\n// use crate::http::gate; and keycloak\nfn f<'a>(x: &'a str) -> char { '\"' }\n",
    ),
    (
        "src/lane_a/flow.rs",
        "//! Steps.\nconst TEXT: &str = \"use crate::http; select a plan\";\n",
    ),
    (
        "src/domain/flow.rs",
        "//! Flow.\n#[cfg(test)]\nmod tests {\n    use tokio::test;\n    const K: &str = \"keycloak\";\n}\n",
    ),
    (
        "src/domain/mod.rs",
        "//! Types.\n//! Owns: types.\n//! Must not know: all else.\nmod ids;\npub use ids::Id;\n",
    ),
];
