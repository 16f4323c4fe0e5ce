//! Bad input: always a 4xx of CONTRACT §1, never a 5xx of our own, nothing changed.

use laneway::http::ROUTES;
use serde_json::json;

use crate::harness::{APP, Browser, Call, LOGIN, Reply, TestApp};

/// CONTRACT §1, as far as a client can cause it.
const CODES: &[(u16, &[&str])] = &[
    (
        400,
        &["invalid_request", "invalid_cursor", "invalid_return_to"],
    ),
    (
        401,
        &[
            "unauthenticated",
            "invalid_token",
            "token_expired",
            "session_stale",
        ],
    ),
    (
        403,
        &[
            "forbidden",
            "csrf_required",
            "origin_not_allowed",
            "step_up_required",
            "sso_required",
            "denied",
        ],
    ),
    (404, &["not_found"]),
    (405, &["method_not_allowed"]),
    (
        409,
        &[
            "duplicate",
            "conflict",
            "wrong_step",
            "org_mismatch",
            "last_factor",
            "not_supported_by_upstream",
        ],
    ),
    (410, &["expired"]),
    (412, &["version_mismatch"]),
    (413, &["too_large"]),
    (415, &["unsupported_media_type"]),
    (421, &["unknown_host"]),
    (422, &["invalid_field", "invalid_credentials"]),
    (431, &["headers_too_large"]),
];

/// Fails for a 5xx, and for a refusal that is no problem document of the contract.
#[track_caller]
pub fn check(reply: &Reply, what: &str) {
    let status = reply.code();
    assert!(status < 500, "{what}: {status} {}", reply.text());
    // Back-channel logout answers in the format of its own standard; other paths of an app
    // host are the application's.
    let ours = ["/bff/", "/v1/", "/api/", "/.laneway/"]
        .iter()
        .any(|room| what.contains(&format!("app.test{room}")));
    // So does what apps call themselves.
    let oauth = reply.json()["error"].is_string()
        && [
            "/oauth/token",
            "/auth/refresh",
            "/oauth/device_authorization",
            "/oauth/par",
            "/oauth/register",
            "/oauth/v2/",
            "/oidc/v1/",
            "login.test/token",
            "/oauth/userinfo",
            "/oauth/revoke",
            "/oauth/introspect",
        ]
        .iter()
        .any(|path| what.contains(path));
    let foreign =
        oauth || what.contains("/bff/backchannel") || (what.contains("app.test/") && !ours);
    if status >= 400 && !foreign {
        let known = CODES
            .iter()
            .any(|(code, names)| *code == status && names.contains(&reply.problem().as_str()));
        assert!(known, "{what}: {status} {}", reply.text());
        assert_eq!(
            reply.json()["request_id"],
            reply.header("x-request-id"),
            "{what}"
        );
    }
}

/// Path segments that somebody may try.
pub const SEGMENTS: &[&str] = &[
    "%00",
    "%2e%2e",
    "%2e%2e%2f",
    "%ff%fe",
    "'%20OR%201=1",
    "%C3%BC",
    "null",
    "-1",
    "0",
    "a%2fb",
    "%0d%0aX:1",
    "{}",
    "$1",
    "0199aaaa-0000-7000-8000-000000000000",
    "__proto__",
    ";",
    "%25%30%30",
    "~",
];

/// A route on the login host with a value in place of its parameters.
pub fn with_segment(path: &str, value: &str) -> String {
    let filled = path.split('/').map(|segment| {
        if segment.starts_with('{') {
            value
        } else {
            segment
        }
    });
    format!("{LOGIN}{}", filled.collect::<Vec<_>>().join("/"))
}

#[tokio::test]
async fn ids_of_any_shape_are_4xx() {
    let app = TestApp::sqlite().await;
    app.add_fake().await;
    let token = app.operator().await;
    let mut browser = app.signup("ana@x.test").await;
    let long = "x".repeat(3000);
    // A rest of a path is no id.
    let named = |path: &str| path.contains('{') && !path.contains("{*");
    for (method, path, _) in ROUTES.iter().filter(|(_, path, _)| named(path)) {
        for value in SEGMENTS.iter().chain([&long.as_str()]) {
            let url = with_segment(path, value);
            for call in [
                Call::api(method, &url, &json!({})),
                Call::api(method, &url, &json!({})).bearer(&token),
            ] {
                let reply = browser.send(call).await;
                check(&reply, &format!("{method} {url}"));
                assert!(reply.code() >= 400, "{method} {url}: {}", reply.code());
            }
        }
    }
    browser.user(LOGIN).await.expect(200);
}

#[tokio::test]
async fn bodies_of_any_shape_are_4xx() {
    let app = TestApp::sqlite().await;
    let token = app.operator().await;
    let mut browser = app.signup("ana@x.test").await;
    let deep = format!("{}{}", "[".repeat(5000), "]".repeat(5000));
    let nul = r#"{"name":"a\u0000b","slug":"a","email":"a\u0000@x.test","username":"a\u0000"}"#;
    let bodies: &[&[u8]] = &[
        b"", b"{", b"null", b"[]", b"1", b"\"x\"", b"{\"name\":1}", b"\xff\xfe", b"{\"a\":1}{}", deep.as_bytes(),
        b"{\"name\":{\"a\":[]},\"roles\":\"x\",\"email\":7,\"slug\":[],\"host\":{},\"limit\":\"\"}", nul.as_bytes(),
        b"{\"slug\":\"../x\",\"name\":\"\",\"public_url\":\"javascript:1\",\"host\":\"a b\",\"purpose\":\"x\"}",
    ];
    for (method, path, _) in ROUTES.iter().filter(|(method, ..)| *method != "GET") {
        let url = with_segment(path, "0199aaaa");
        for body in bodies {
            for kind in [
                "application/json",
                "text/plain",
                "application/x-www-form-urlencoded",
                "application/json; charset=x",
            ] {
                let call = || {
                    Call::new(method, &url)
                        .header("x-csrf", "1")
                        .header("content-type", kind)
                        .body(body.to_vec())
                };
                check(
                    &browser.clone().send(call()).await,
                    &format!("{method} {url} {kind} {body:?}"),
                );
                check(
                    &browser.send(call().bearer(&token)).await,
                    &format!("{method} {url} {kind} {body:?}"),
                );
            }
        }
    }
}

#[tokio::test]
async fn queries_of_any_shape_are_4xx() {
    let app = TestApp::sqlite().await;
    let token = app.operator().await;
    let mut browser = app.signup("ana@x.test").await;
    for (_, path, _) in ROUTES.iter().filter(|(method, ..)| *method == "GET") {
        let url = with_segment(path, "0199aaaa");
        for query in [
            "limit=0",
            "limit=201",
            "limit=x",
            "limit=-1",
            "limit=99999999999999999999",
            "cursor=",
            "cursor=x",
            "cursor=%00",
            "cursor=AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA",
            "q=%00",
            "q=%ff",
            "from=x",
            "to=2026",
            "from=9999-12-31T23:59:60Z",
            "limit=1&limit=2",
            "=&=&&",
            "%=%",
            "max_age=x",
            "prompt=%00",
            "flow=%00",
            "org=%00",
            "state=x&state=y",
            "code=%00&state=%00",
            "ticket=%00",
            "request=%00",
            "sid=%00",
            "login_hint=%00",
            "connection=%00",
        ] {
            let url = format!("{url}?{query}");
            check(&browser.clone().send(Call::new("GET", &url)).await, &url);
            check(
                &browser.send(Call::new("GET", &url).bearer(&token)).await,
                &url,
            );
        }
    }
    for (query, code) in [
        ("limit=0", "invalid_request"),
        ("limit=201", "invalid_request"),
        ("cursor=x", "invalid_cursor"),
    ] {
        let call = Call::new("GET", &format!("/v1/admin/users?{query}")).bearer(&token);
        browser.send(call).await.refused(400, code);
    }
}

#[tokio::test]
async fn hosts_are_known_or_misdirected() {
    let app = TestApp::sqlite().await;
    let mut browser = app.signup("ana@x.test").await;
    for host in [
        "evil.test",
        "login.test.evil.test",
        "login.test:444",
        "a b",
        "",
        "[::1",
        "x:99999",
        "ü.test",
        ".",
        "login.test.",
    ] {
        let reply = browser
            .send(Call::new("GET", "/bff/user").header("host", host))
            .await;
        assert!(
            matches!(reply.code(), 421 | 400),
            "{host}: {}",
            reply.code()
        );
        if reply.code() == 421 {
            reply.refused(421, "unknown_host");
        }
    }
    for host in ["LOGIN.test", "login.test:443"] {
        browser
            .send(Call::new("GET", "/bff/user").header("host", host))
            .await
            .expect(200);
    }
    let two = Call::new("GET", "/bff/user")
        .header("host", "login.test")
        .header("host", "app.test");
    browser.send(two).await.refused(400, "invalid_request");
    let forwarded = Call::new("GET", "/bff/user")
        .header("host", "evil.test")
        .header("x-forwarded-host", "login.test");
    browser.send(forwarded).await.refused(421, "unknown_host");
    let page = Call::new("GET", "/login")
        .header("host", "evil.test")
        .header("accept", "text/html");
    let page = browser.send(page).await.expect(421);
    assert!(page.header("content-type").starts_with("text/html"));
}

#[tokio::test]
async fn headers_of_any_shape_are_4xx_or_ignored() {
    let app = TestApp::sqlite().await;
    let mut browser = app.signup("ana@x.test").await;
    app.enter(&mut browser, APP).await;
    let long = "x".repeat(7000);
    let cookies = [
        "__Host-lw=ü".to_owned(),
        "__Host-lw".to_owned(),
        "__Host-lw=".to_owned(),
        "=;=;;".to_owned(),
        format!("__Host-lw={long}"),
        "__Host-lw=\"quoted\"".to_owned(),
        "__Host-lw-flow=x".to_owned(),
        format!("__Host-lw={}", "%".repeat(43)),
    ];
    for cookie in cookies {
        for url in [
            "/bff/user",
            "/account",
            "/login",
            "/v1/me",
            "https://app.test/bff/user",
            "https://app.test/api/echo/x",
        ] {
            let reply = browser
                .send(Call::new("GET", url).bare().header("cookie", &cookie))
                .await;
            check(&reply, &format!("{url} {cookie:?}"));
            assert!(reply.code() != 200 || url == "/login", "{url} {cookie:?}");
        }
    }
    for (name, value) in [
        ("authorization", "ü"),
        ("authorization", "Bearer"),
        ("authorization", "Bearer  "),
        ("authorization", " "),
        ("x-api-key", "ü"),
        ("if-match", "x"),
        ("if-match", "\""),
        ("origin", "ü"),
        ("x-laneway-org", "ü"),
        ("accept", "ü"),
        ("content-length", "x"),
        ("user-agent", "ü"),
        ("x-forwarded-for", "ü, x, 1.2.3.4.5"),
        ("sec-fetch-site", "ü"),
        ("x-csrf", "ü"),
        ("referer", "ü"),
        ("accept-language", "ü;q=x"),
    ] {
        for url in [
            "/bff/user",
            "/v1/me",
            "/login",
            "/v1/admin/users",
            "https://app.test/api/open/x",
        ] {
            check(
                &browser
                    .send(Call::new("GET", url).header(name, value))
                    .await,
                &format!("{url} {name}"),
            );
        }
    }
}

#[tokio::test]
async fn what_is_too_large_is_told() {
    let app = TestApp::sqlite().await;
    let mut browser = app.signup("ana@x.test").await;
    let headers = Call::new("GET", "/bff/user").header("x-padding", &"x".repeat(33 * 1024));
    browser
        .send(headers)
        .await
        .refused(431, "headers_too_large");
    let token = app.operator().await;
    let big = json!({ "name": "x".repeat(300 * 1024) });
    browser
        .send(Call::api("PATCH", "/v1/me", &big))
        .await
        .refused(413, "too_large");
    browser
        .post("/v1/auth/flows", big.clone())
        .await
        .refused(413, "too_large");
    browser
        .send(Call::api("POST", "/v1/admin/users", &big).bearer(&token))
        .await
        .refused(413, "too_large");
    let long = "x".repeat(300 * 1024);
    for path in [
        "/federation/callback/corp",
        "/login",
        "/account/profile",
        "/bff/backchannel/corp",
    ] {
        let reply = browser.send(Call::form(path, &[("state", &long)])).await;
        let wanted = if path.starts_with("/bff/") { 400 } else { 413 };
        assert_eq!(reply.code(), wanted, "{path}: {}", reply.text());
    }
    browser.user(LOGIN).await.expect(200);
}

#[tokio::test]
async fn methods_that_a_path_does_not_know_are_told() {
    let app = TestApp::sqlite().await;
    let mut browser = app.browser();
    for (method, url) in [
        ("PUT", "/bff/user"),
        ("DELETE", "/v1/auth/flows"),
        ("POST", "/.well-known/jwks.json"),
        ("TRACE", "/login"),
        ("GET", "/v1/auth/flows"),
        ("FOO", "/v1/me"),
        ("POST", "/v1/admin/audit-events"),
    ] {
        browser
            .send(Call::new(method, url))
            .await
            .refused(405, "method_not_allowed");
    }
    browser.get("/nothing/here").await.refused(404, "not_found");
    let page = browser
        .send(Call::new("GET", "/nothing").header("accept", "text/html"))
        .await
        .expect(404);
    assert!(
        page.header("content-type").starts_with("text/html")
            && !page.header("x-request-id").is_empty()
    );
}

/// Reading pages by a person without scripts must not break on what they may have typed.
#[tokio::test]
async fn typed_text_never_breaks_a_page() {
    let app = TestApp::sqlite().await;
    let mut browser: Browser = app.browser();
    for text in [
        "\"><script>alert(1)</script>",
        "{{7*7}}",
        "a\u{0}b",
        "\u{202e}",
        "' OR 1=1",
        &"x".repeat(5000),
    ] {
        let encoded: String = url::form_urlencoded::byte_serialize(text.as_bytes()).collect();
        let page = browser
            .get(&format!("/login?login_hint={encoded}"))
            .await
            .expect(200);
        assert!(!page.text().contains("<script>alert"), "{text}");
        let token = crate::harness::form_token(&page.text());
        for path in ["/login", "/signup"] {
            let fields = [
                ("csrf", token.as_str()),
                ("kind", "identify"),
                ("username", text),
                ("return_to", "/account"),
            ];
            let reply = browser
                .send(Call::form(path, &fields).header("accept", "text/html"))
                .await;
            assert!(reply.code() < 500, "{path} {text}: {}", reply.code());
            assert!(!reply.text().contains("<script>alert"));
        }
    }
}
