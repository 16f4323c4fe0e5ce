//! Which line of which proxy's configuration mends what was found.
//!
//! Owns: the lines, as they stand in the recipes under `docs/edge/`, and where they belong.

/// What can be wrong.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) enum Fault {
    /// The application answers strangers.
    Unprotected,
    /// Strangers get a 401 without a way to sign in.
    NoRedirect,
    /// Laneway refuses the proxy's question.
    QuestionRefused,
    /// The answer to a question that could not be judged is not 503.
    NotUnavailable,
    /// The sign-in would return to another address.
    WrongReturn,
    /// A client can choose about which address is asked.
    OriginalForged,
    /// `/.laneway/` does not reach Laneway.
    OwnPaths,
    /// Browsers reach the addresses that are for proxies.
    QuestionsExposed,
    /// Nothing says who is signed in.
    NoIdentity,
    /// A client's identity header arrives.
    Spoofed,
    /// A client's header arrives from which frameworks take the address that they serve.
    ServedForged,
    /// One with an underscore arrives.
    SpoofedUnderscore,
    /// A client can have our headers dropped.
    NamedInConnection,
    /// Our cookie reaches the application.
    CookieLeaks,
    /// The application gets other bytes than were judged.
    OtherBytes,
    /// The echo is missing.
    NoEcho,
    /// The browser's query is taken for filters.
    QueryLeaks,
}

/// Whose configuration it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub(super) enum Proxy {
    /// nginx
    Nginx,
    /// Caddy
    Caddy,
    /// Envoy
    Envoy,
    /// Traefik
    Traefik,
}

impl Proxy {
    /// As it names itself in its answers.
    pub(super) fn named(server: &str) -> Option<Self> {
        let server = server.to_ascii_lowercase();
        [
            ("nginx", Self::Nginx),
            ("caddy", Self::Caddy),
            ("envoy", Self::Envoy),
        ]
        .into_iter()
        .find(|(name, _)| server.contains(name))
        .map(|(_, proxy)| proxy)
    }

    /// Its recipe.
    pub(super) fn recipe(self) -> &'static str {
        match self {
            Self::Nginx => "docs/edge/nginx.conf",
            Self::Caddy => "docs/edge/Caddyfile",
            Self::Envoy => "docs/edge/envoy.yaml",
            Self::Traefik => "docs/edge/traefik.yml",
        }
    }
}

/// A line to write, and a text beside which it belongs.
pub(super) struct Fix {
    pub(super) line: String,
    pub(super) beside: &'static str,
}

fn fix(line: impl Into<String>, beside: &'static str) -> Fix {
    Fix {
        line: line.into(),
        beside,
    }
}

/// The line that mends a fault. `subject` is the header, host or address that it is about.
pub(super) fn of(proxy: Proxy, fault: Fault, subject: &str) -> Fix {
    if fault == Fault::QuestionRefused {
        return fix(
            "trusted_proxies = [\"<the proxy's address as Laneway sees it>\"] in laneway.toml, \
             and the host under [[app]]; the question needs the headers of the recipe",
            "trusted_proxies",
        );
    }
    match proxy {
        Proxy::Nginx => nginx(fault, subject),
        Proxy::Caddy => caddy(fault, subject),
        Proxy::Envoy => envoy(fault, subject),
        Proxy::Traefik => traefik(fault, subject),
    }
}

fn nginx(fault: Fault, subject: &str) -> Fix {
    match fault {
        Fault::Unprotected => fix("auth_request /laneway-check;", "server_name"),
        Fault::NoRedirect => fix(
            "error_page 401 = @laneway_login; (and: auth_request_set $laneway_location \
             $upstream_http_location;)",
            "auth_request ",
        ),
        Fault::NotUnavailable => fix("error_page 500 =503 /laneway-unavailable;", "server_name"),
        Fault::WrongReturn | Fault::OriginalForged | Fault::QuestionRefused => fix(
            format!("proxy_set_header X-Original-URL https://{subject}$request_uri;"),
            "/authz/auth-request",
        ),
        Fault::OwnPaths => fix(
            "location /.laneway/ { auth_request off; proxy_pass http://laneway; … }",
            "server_name",
        ),
        Fault::QuestionsExposed => fix(
            format!("location {subject} {{ return 404; }}"),
            "server_name",
        ),
        Fault::NoIdentity => fix(
            "auth_request_set $laneway_user $upstream_http_x_laneway_user; and \
             proxy_set_header X-Laneway-User $laneway_user;",
            "auth_request ",
        ),
        Fault::Spoofed => fix(
            match nginx_variable(subject) {
                Some(variable) => format!("proxy_set_header {subject} {variable};"),
                None => format!("proxy_set_header {subject} \"\";"),
            },
            "proxy_set_header X-",
        ),
        Fault::ServedForged => fix(
            format!("proxy_set_header {subject} \"\";"),
            "proxy_set_header X-",
        ),
        Fault::SpoofedUnderscore => fix("underscores_in_headers off;", "underscores_in_headers"),
        Fault::NamedInConnection => fix(
            "proxy_set_header Connection $connection_upgrade;",
            "proxy_set_header Connection",
        ),
        Fault::CookieLeaks => fix(
            "proxy_set_header Cookie $laneway_cookie; (and: auth_request_set $laneway_cookie \
             $upstream_http_cookie;)",
            "proxy_set_header Cookie",
        ),
        Fault::OtherBytes => fix("proxy_pass http://wiki; (no path behind it)", "proxy_pass"),
        Fault::QueryLeaks => fix(
            "proxy_pass http://laneway/authz/auth-request; (without $is_args$args)",
            "/authz/auth-request",
        ),
        Fault::NoEcho => fix(
            "location /.laneway/echo/ { proxy_pass http://laneway; }",
            "location /",
        ),
    }
}

/// The variable that the recipe keeps our word in.
fn nginx_variable(header: &str) -> Option<String> {
    header
        .strip_prefix("X-Laneway-")
        .map(|rest| format!("$laneway_{}", rest.to_ascii_lowercase()))
}

fn caddy(fault: Fault, subject: &str) -> Fix {
    match fault {
        Fault::Unprotected | Fault::NoRedirect => fix(
            "forward_auth 127.0.0.1:8080 { uri /authz/forward-auth … }, above reverse_proxy \
             inside route",
            "reverse_proxy",
        ),
        Fault::NotUnavailable => fix(
            "handle_errors 5xx { respond \"Sign-in is not available at the moment.\" 503 }",
            "forward_auth",
        ),
        Fault::WrongReturn | Fault::OriginalForged | Fault::QuestionRefused => fix(
            "servers { trusted_proxies … } must not list clients: Caddy itself has to set \
             X-Forwarded-Host and -Proto",
            "trusted_proxies",
        ),
        Fault::OwnPaths => fix(
            "@laneway path /.laneway/start /.laneway/callback /.laneway/logout and \
             reverse_proxy @laneway 127.0.0.1:8080",
            "forward_auth",
        ),
        Fault::QuestionsExposed => fix(format!("respond {subject} 404"), "reverse_proxy"),
        Fault::NoIdentity => fix(
            "copy_headers { X-Laneway-User … }, and request_header above forward_auth inside route",
            "forward_auth",
        ),
        Fault::Spoofed => fix(
            format!("request_header -{}", caddy_prefix(subject, '-')),
            "forward_auth",
        ),
        Fault::ServedForged => fix(format!("request_header -{subject}"), "forward_auth"),
        Fault::SpoofedUnderscore => fix(
            format!("request_header -{}", caddy_prefix(subject, '_')),
            "forward_auth",
        ),
        Fault::NamedInConnection => fix("request_header @plain -Connection", "forward_auth"),
        Fault::CookieLeaks => fix("copy_headers { … Cookie }", "copy_headers"),
        Fault::OtherBytes => fix("no rewrite or uri above reverse_proxy", "rewrite"),
        Fault::QueryLeaks => fix("uri /authz/forward-auth?", "uri /authz/forward-auth"),
        Fault::NoEcho => fix(
            "reverse_proxy /.laneway/echo/* 127.0.0.1:8080",
            "reverse_proxy",
        ),
    }
}

/// The family of a header, in the spelling that is to be deleted.
fn caddy_prefix(header: &str, mark: char) -> String {
    let folded = header.replace('_', "-").to_ascii_lowercase();
    let family = if folded.starts_with("x-laneway") {
        "X-Laneway*"
    } else if folded.starts_with("x-auth") {
        "X-Auth*"
    } else {
        "Remote-*"
    };
    family.replace('-', &mark.to_string())
}

fn envoy(fault: Fault, subject: &str) -> Fix {
    match fault {
        Fault::Unprotected => fix(
            "the http filter laneway.check (ext_authz) above the router, and no route with \
             disabled: true for the application",
            "http_filters",
        ),
        Fault::NoRedirect => fix("allowed_headers: - { exact: accept }", "allowed_headers"),
        Fault::NotUnavailable => fix(
            "status_on_error: { code: ServiceUnavailable } and failure_mode_allow: false",
            "failure_mode_allow",
        ),
        Fault::WrongReturn | Fault::OriginalForged | Fault::QuestionRefused => {
            fix("use_remote_address: true", "stat_prefix")
        }
        Fault::OwnPaths => fix(
            "- match: { safe_regex: { regex: \"/\\\\.laneway/(start|callback|logout)\" } } with \
             route: { cluster: laneway } and laneway.check disabled",
            "routes:",
        ),
        Fault::QuestionsExposed => fix(
            format!("- match: {{ prefix: {subject} }} with direct_response: {{ status: 404 }}"),
            "routes:",
        ),
        Fault::NoIdentity => fix(
            "allowed_upstream_headers: - { prefix: x-laneway- }",
            "authorization_response",
        ),
        Fault::Spoofed => fix(
            format!(
                "- remove_on_match: {{ key_matcher: {{ prefix: {}, ignore_case: true }} }}",
                envoy_prefix(subject)
            ),
            "request_mutations",
        ),
        Fault::ServedForged => fix(
            format!("- remove: {}", subject.to_ascii_lowercase()),
            "request_mutations",
        ),
        Fault::SpoofedUnderscore => fix(
            "headers_with_underscores_action: DROP_HEADER",
            "common_http_protocol_options",
        ),
        Fault::NamedInConnection => fix(
            "request_mutations: - remove: connection, above laneway.check",
            "request_mutations",
        ),
        Fault::CookieLeaks => fix(
            "allowed_upstream_headers: - { exact: cookie }",
            "allowed_upstream_headers",
        ),
        Fault::QueryLeaks => fix("path_prefix: /authz/ext-authz", "path_prefix"),
        Fault::OtherBytes => fix(
            "path_with_escaped_slashes_action: KEEP_UNCHANGED, and no prefix_rewrite",
            "normalize_path",
        ),
        Fault::NoEcho => fix(
            "- match: { prefix: /.laneway/echo/ } with route: { cluster: laneway }",
            "routes:",
        ),
    }
}

fn envoy_prefix(header: &str) -> &'static str {
    let folded = header.to_ascii_lowercase();
    if folded.starts_with("x-laneway") {
        "x-laneway-"
    } else if folded.starts_with("x-auth") {
        "x-auth-request-"
    } else {
        "remote-"
    }
}

fn traefik(fault: Fault, subject: &str) -> Fix {
    match fault {
        Fault::Unprotected | Fault::NoRedirect | Fault::NotUnavailable => fix(
            "middlewares: [laneway] on the application's router",
            "routers:",
        ),
        Fault::WrongReturn | Fault::OriginalForged | Fault::QuestionRefused => {
            fix("trustForwardHeader: false", "forwardAuth:")
        }
        Fault::OwnPaths => fix(
            "a router with rule Host(…) && PathRegexp(`^/\\.laneway/(start|callback|logout)$`) \
             and service laneway",
            "routers:",
        ),
        Fault::QuestionsExposed => fix(
            format!("no router that leads {subject} to laneway"),
            "routers:",
        ),
        Fault::NoIdentity | Fault::CookieLeaks | Fault::Spoofed | Fault::SpoofedUnderscore => fix(
            "authResponseHeadersRegex: \
             (?i)^((x[-_]laneway|x[-_]auth[-_]request|remote)[-_].*|cookie)$",
            "forwardAuth:",
        ),
        Fault::NamedInConnection => fix(
            "a middleware with headers: customRequestHeaders: { Connection: \"\" } before laneway",
            "middlewares:",
        ),
        Fault::ServedForged => fix(
            format!(
                "a middleware with headers: customRequestHeaders: {{ {subject}: \"\" }} before laneway"
            ),
            "middlewares:",
        ),
        Fault::QueryLeaks => fix(
            "address: http://127.0.0.1:8080/authz/forward-auth",
            "address:",
        ),
        Fault::OtherBytes => fix(
            "no stripPrefix or replacePath above the service",
            "middlewares:",
        ),
        Fault::NoEcho => fix(
            "a router with PathPrefix(`/.laneway/echo/`), the same middlewares and service laneway",
            "routers:",
        ),
    }
}
