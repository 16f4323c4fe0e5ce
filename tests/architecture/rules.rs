//! The rules as data.
//!
//! Owns: who may know whom, what stays in which room, what is excepted and why.
//! Must not know: how a file is read.

use super::Rule;

/// Room → the rooms right below it. A room may know these and whatever they may know.
pub(super) const ROOMS: &[(&str, &[&str])] = &[
    ("main", &[]),
    ("lib", &[]),
    ("cli", &["app"]),
    ("app", &["http"]),
    ("http", &["views", "lane_b", "oauth", "edge"]),
    ("lane_b", &["lane_a"]),
    ("oauth", &["lane_a"]),
    ("lane_a", &["core"]),
    ("edge", &["authn"]),
    ("authn", &["core"]),
    ("core", &["providers", "tokens", "authz", "audit"]),
    ("providers", &["sessions", "outbound"]),
    ("sessions", &["store"]),
    ("tokens", &["store"]),
    ("audit", &["store"]),
    ("authz", &["config"]),
    ("outbound", &["config"]),
    ("store", &["config"]),
    ("config", &["domain"]),
    ("views", &["domain"]),
    ("domain", &[]),
];

/// Crate → where its name may stand (beginnings of paths).
pub(super) const CRATES: &[(&str, &[&str])] = &[
    (
        "axum",
        &["src/http/", "src/edge/", "src/app.rs", "dev/", "verify/"],
    ),
    ("jsonwebtoken", &["src/tokens/", "provider-adapters/oidc/"]),
    ("sqlx", &["provider-adapters/sqlkit/"]),
    ("lettre", &["src/outbound/"]),
    ("reqwest", &["src/outbound/", "verify/", "traces/otlp/"]),
    ("askama", &["src/views/"]),
    ("laneway", &["src/main.rs"]),
    (
        "laneway_sqlkit",
        &[
            "src/store/",
            "src/core/",
            "src/sessions/",
            "src/tokens/",
            "src/audit/",
            "src/providers",
            "src/app.rs",
            "src/http/ops.rs",
            "provider-adapters/embedded/",
        ],
    ),
    (
        "laneway_oidc",
        &["src/providers", "provider-adapters/keycloak/"],
    ),
    ("laneway_keycloak", &["src/providers"]),
    ("laneway_zitadel", &["src/providers"]),
    ("laneway_authentik", &["src/providers"]),
    ("laneway_embedded", &["src/providers"]),
    ("laneway_fake", &[]),
    (
        "laneway_spans",
        &[
            "src/http/",
            "src/edge/",
            "src/outbound/",
            "src/app.rs",
            "src/cli/traces.rs",
            "provider-adapters/sqlkit/",
            "traces/",
        ],
    ),
    ("laneway_otlp", &["src/cli/traces.rs", "traces/otlp/"]),
    ("opentelemetry_proto", &["traces/otlp/"]),
    (
        "argon2",
        &["provider-adapters/embedded/", "src/cli/client/"],
    ),
    ("laneway_verify", &["verify/"]),
    ("totp_rs", &["provider-adapters/embedded/"]),
    ("zxcvbn", &["provider-adapters/embedded/"]),
];

/// Room → the only crates that its `use` lines may name.
pub(super) const OUTSIDE: &[(&str, &[&str])] = &[
    (
        "domain",
        &[
            "std",
            "serde",
            "serde_json",
            "url",
            "uuid",
            "laneway_contract",
        ],
    ),
    (
        "views",
        &[
            "std",
            "askama",
            "fluent_bundle",
            "qrcode",
            "rust_embed",
            "sha2",
            "time",
            "unic_langid",
        ],
    ),
];

/// Where SQL text may stand.
pub(super) const SQL: &[&str] = &[
    "src/store/",
    "provider-adapters/sqlkit/",
    "provider-adapters/embedded/",
];

pub(super) const SQL_VERBS: &[&str] = &[
    "SELECT ",
    "INSERT INTO ",
    "UPDATE ",
    "DELETE FROM ",
    "CREATE TABLE ",
    "WITH ",
    "PRAGMA ",
];

/// Names of products, and where code may say them. The contract does not say them in comments either.
pub(super) const VENDORS: &[&str] = &["keycloak", "zitadel", "authentik"];
pub(super) const VENDOR_HOMES: &[&str] = &[
    "src/providers",
    "src/config/upstream.rs",
    "src/cli/",
    "provider-adapters/keycloak/",
    "provider-adapters/zitadel/",
    "provider-adapters/authentik/",
];

/// Lines in a file at most.
pub(super) const LINES: usize = 500;

/// (rule, path, part of what is found, why it stands). One that excuses nothing any more fails.
pub(super) const EXCEPTIONS: &[(Rule, &str, &str, &str)] = &[
    (
        Rule::Crate,
        "src/http/pages.rs",
        "askama must not be named here",
        "rendering a page is a method of askama's trait",
    ),
    (
        Rule::Vendor,
        "src/lane_a/operator/upstreams.rs",
        "keycloak",
        "the kinds that an operator may name stand in the refusal",
    ),
    (
        Rule::Direction,
        "src/lane_a/mail.rs",
        "views",
        "a mail of a flow is rendered where it is sent",
    ),
    (
        Rule::Direction,
        "src/lane_a/notices.rs",
        "views",
        "a mail about an account is rendered where it is sent",
    ),
    (
        Rule::Direction,
        "src/http/router.rs",
        "app",
        "the routes that another repository adds are a type of app",
    ),
    (
        Rule::Direction,
        "src/http/serve.rs",
        "app",
        "the listeners run a built App",
    ),
    (
        Rule::Vendor,
        "src/http/pages/setup.rs",
        "keycloak",
        "the first screen offers this kind first",
    ),
];
