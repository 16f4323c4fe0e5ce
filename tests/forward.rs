//! Proxies ask whether a request may pass (CONTRACT §5): the questions, the answers, and who
//! may ask at all.

use serde_json::{Value, json};

use crate::harness::app::Options;
use crate::harness::{Browser, Call, LOGIN, Reply, TestApp, both};

/// An application with all header sets.
pub const WIKI: &str = "https://wiki.test";
/// One with `Remote-…`.
pub const NOTES: &str = "https://notes.test";

/// Two more applications, and a proxy on this machine.
pub fn options() -> Options {
    Options {
        top: "trusted_proxies = [\"127.0.0.1/32\"]".into(),
        tables: r#"
[[app]]
host = "wiki.test"
header_sets = ["x-auth-request", "remote", "laneway"]
[[app]]
host = "notes.test"
header_sets = ["remote"]
[[app]]
host = "mute.test"
header_sets = []
[[app]]
host = "box.localhost:8080"
"#
        .into(),
        ..Options::default()
    }
}

pub async fn rig() -> TestApp {
    TestApp::sqlite_with(options()).await
}

/// A person who is signed in at the wiki; the value of its cookie.
async fn cookie(app: &TestApp, origin: &str) -> String {
    let mut browser = app.signup("ana@x.test").await;
    app.enter(&mut browser, origin).await;
    browser
        .cookie(origin, "__Host-lw")
        .expect("a cookie")
        .to_owned()
}

pub fn proxy(app: &TestApp) -> Browser {
    app.browser().at_address([127, 0, 0, 1])
}

/// As nginx asks. Its own Host is whatever it is.
pub fn nginx(url: &str, query: &str) -> Call {
    Call::new(
        "GET",
        &format!("http://10.1.2.3:8080/authz/auth-request{query}"),
    )
    .header("x-original-url", url)
    .header("x-original-method", "GET")
}

/// As Caddy and Traefik ask.
pub fn caddy(method: &str, origin: &str, uri: &str) -> Call {
    let (scheme, host) = origin.split_once("://").expect("an origin");
    Call::new("GET", "http://127.0.0.1/authz/forward-auth")
        .header("x-forwarded-method", method)
        .header("x-forwarded-proto", scheme)
        .header("x-forwarded-host", host)
        .header("x-forwarded-uri", uri)
}

/// As Envoy asks.
pub fn envoy(method: &str, origin: &str, path: &str) -> Call {
    let (scheme, host) = origin.split_once("://").expect("an origin");
    Call::new(method, &format!("http://envoy.test/authz/ext-authz{path}"))
        .header("host", host)
        .header("x-forwarded-proto", scheme)
}

pub fn with(call: Call, cookie: &str) -> Call {
    call.header(
        "cookie",
        &format!("theme=dark; __Host-lw={cookie}; lang=en"),
    )
}

fn html(call: Call) -> Call {
    call.header("accept", "text/html,*/*;q=0.8")
}

#[track_caller]
fn guarded(reply: Reply) -> Reply {
    assert_eq!(reply.header("cache-control"), "no-store");
    assert!(
        reply.header("vary").contains("Cookie"),
        "{:?}",
        reply.headers
    );
    reply
}

/// The claims of a token whose signature another test looks at.
fn payload(token: &str) -> Value {
    use base64::Engine as _;
    let part = token.split('.').nth(1).expect("claims");
    let bytes = base64::engine::general_purpose::URL_SAFE_NO_PAD
        .decode(part)
        .expect("base64url");
    serde_json::from_slice(&bytes).expect("JSON")
}

pub fn login_for(address: &str) -> String {
    let rd: String = url::form_urlencoded::byte_serialize(address.as_bytes()).collect();
    format!("{LOGIN}/bff/login?rd={rd}")
}

both! {
    async fn strangers_are_sent_to_the_login_host_and_back(app: TestApp) {
        let app = app.restarted(&options()).await.expect("it starts");
        let mut proxy = proxy(&app);
        let want = login_for("https://wiki.test/deep?a=b%20c&d=e");
        let reply = guarded(proxy.send(html(nginx("https://wiki.test/deep?a=b%20c&d=e", ""))).await.expect(401));
        assert_eq!(reply.location(), want);
        let reply = guarded(proxy.send(html(caddy("GET", WIKI, "/deep?a=b%20c&d=e"))).await.expect(302));
        assert_eq!(reply.location(), want);
        let reply = guarded(proxy.send(html(envoy("GET", WIKI, "/deep?a=b%20c&d=e"))).await.expect(302));
        assert_eq!(reply.location(), want);
        let root = guarded(proxy.send(html(envoy("HEAD", WIKI, "")))
            .await.expect(302));
        assert_eq!(root.location(), login_for("https://wiki.test/"));
        // Scripts and forms get a 401 that they can understand.
        for call in [
            caddy("GET", WIKI, "/"),
            html(caddy("POST", WIKI, "/")),
            html(caddy("GET", WIKI, "/")).header("x-requested-with", "XMLHttpRequest"),
            html(envoy("DELETE", WIKI, "/")),
        ] {
            let reply = guarded(proxy.send(call).await.expect(401));
            assert_eq!(reply.location(), "");
        }
        let alias = Call::new("GET", "http://127.0.0.1/oauth2/auth").header("x-original-url", "https://wiki.test/");
        let reply = guarded(proxy.send(html(alias)).await.expect(401));
        assert_eq!((reply.location(), reply.text()), ("", String::new()));

        // What the 401 or 302 names goes on by itself.
        let mut person = app.signup("ana@x.test").await;
        let at = login_for("https://wiki.test/deep?a=b");
        let reply = person.get(&at).await.expect(303);
        assert_eq!(reply.location(), "https://wiki.test/.laneway/start?rd=https%3A%2F%2Fwiki.test%2Fdeep%3Fa%3Db");
        let (_, end) = person.follow(reply, at).await;
        assert_eq!(end, "https://wiki.test/deep?a=b");
        person.user(WIKI).await.expect(200);
    }

    async fn a_session_of_that_host_passes_with_every_header_of_its_sets(app: TestApp) {
        let app = app.restarted(&options()).await.expect("it starts");
        let value = cookie(&app, WIKI).await;
        let mut proxy = proxy(&app);
        let reply = guarded(proxy.send(with(nginx("https://wiki.test/x", ""), &value)).await.expect(200));
        let me = app.core().sessions.find(&laneway::core::hash_token(&value), false).await.expect("a store").expect("a session");
        let (sub, sid) = (me.user.id.as_str(), me.session.sid.as_str());
        for (name, want) in [
            ("x-auth-request-user", sub), ("x-auth-request-email", "ana@x.test"),
            ("x-auth-request-preferred-username", "ana@x.test"), ("x-auth-request-groups", ""),
            ("remote-user", sub), ("remote-email", "ana@x.test"), ("remote-name", "ana"), ("remote-groups", ""),
            ("x-laneway-user", sub), ("x-laneway-email", "ana@x.test"), ("x-laneway-name", "ana"),
            ("x-laneway-org", ""), ("x-laneway-roles", ""), ("x-laneway-acr", "aal1"), ("x-laneway-sid", sid),
            ("cookie", "theme=dark; lang=en"), ("authorization", ""), ("x-api-key", ""),
        ] {
            assert_eq!(reply.headers.get_all(name).iter().count(), 1, "{name} is there once");
            assert_eq!(reply.header(name), want, "{name}");
        }
        let token = reply.header("x-laneway-jwt").to_owned();
        let claims = payload(&token);
        assert_eq!((&claims["sub"], &claims["sid"], &claims["aud"]), (&json!(sub), &json!(sid), &json!(WIKI)));

        // What the application itself asks for reaches it.
        let basic = with(nginx("https://wiki.test/x", ""), &value).header("authorization", "Basic YTpi");
        assert_eq!(proxy.send(basic).await.expect(200).header("authorization"), "Basic YTpi");

        // The other forms say the same.
        proxy.send(with(caddy("POST", WIKI, "/x"), &value)).await.expect(200);
        proxy.send(with(envoy("OPTIONS", WIKI, "/x").header("access-control-request-method", "PUT"), &value)).await.expect(200);
        let alias = Call::new("GET", "http://127.0.0.1/oauth2/auth").header("x-original-url", "https://wiki.test/");
        proxy.send(with(alias, &value)).await.expect(202);
    }
}

#[tokio::test]
async fn only_the_chosen_sets_are_sent_and_names_are_encoded() {
    let app = rig().await;
    let mut browser = app.signup("zoe@x.test").await;
    let name = json!({ "name": "Zoë, 100 %" });
    let change = Call::api("PATCH", "/v1/me", &name);
    browser.send(change).await.expect(200);
    app.enter(&mut browser, NOTES).await;
    app.enter(&mut browser, "https://mute.test").await;
    let mut proxy = proxy(&app);
    let value = browser
        .cookie(NOTES, "__Host-lw")
        .expect("a cookie")
        .to_owned();
    let reply = proxy
        .send(with(nginx("https://notes.test/", ""), &value))
        .await
        .expect(200);
    assert_eq!(reply.header("remote-name"), "Zo%C3%AB, 100 %25");
    let ours: Vec<&str> = reply
        .headers
        .keys()
        .map(http::HeaderName::as_str)
        .filter(|name| name.starts_with("x-laneway-") || name.starts_with("x-auth-request-"))
        .collect();
    assert!(ours.is_empty(), "{ours:?}");
    let value = browser
        .cookie("https://mute.test", "__Host-lw")
        .expect("a cookie")
        .to_owned();
    let reply = proxy
        .send(with(nginx("https://mute.test/", ""), &value))
        .await
        .expect(200);
    assert_eq!(reply.header("remote-user"), "");
    // A host that the file says nothing else about gets our own set.
    app.enter(&mut browser, crate::harness::APP).await;
    let value = browser
        .cookie(crate::harness::APP, "__Host-lw")
        .expect("a cookie")
        .to_owned();
    let reply = proxy
        .send(with(nginx("https://app.test/", ""), &value))
        .await
        .expect(200);
    assert_ne!(reply.header("x-laneway-user"), "");
}

#[tokio::test]
async fn only_listed_proxies_may_ask() {
    let app = rig().await;
    let value = cookie(&app, WIKI).await;
    for address in [[192, 0, 2, 7], [127, 0, 0, 2], [10, 0, 0, 1]] {
        let mut stranger = app.browser().at_address(address);
        let mut calls = vec![
            nginx("https://wiki.test/", ""),
            caddy("GET", WIKI, "/"),
            envoy("GET", WIKI, "/"),
            Call::new("GET", "https://wiki.test/authz/auth-request"),
            Call::new("GET", &format!("{LOGIN}/oauth2/auth"))
                .header("x-original-url", "https://wiki.test/"),
        ];
        for (method, path, access) in laneway::http::ROUTES {
            if *access == laneway::http::Access::Proxy {
                calls.push(Call::new(
                    method,
                    &format!("https://wiki.test{}", path.replace("{*path}", "x")),
                ));
            }
        }
        for call in calls {
            let call = with(call, &value).header("x-forwarded-for", "127.0.0.1");
            stranger.send(call).await.refused(403, "forbidden");
        }
    }
}

#[tokio::test]
async fn unusable_questions_are_a_no() {
    let app = rig().await;
    let value = cookie(&app, WIKI).await;
    let mut proxy = proxy(&app);
    let bare = |path: &str| Call::new("GET", &format!("https://wiki.test{path}"));
    let twice = nginx("https://wiki.test/", "").header("x-original-url", "https://notes.test/");
    for call in [
        bare("/authz/auth-request"),
        bare("/authz/forward-auth"),
        bare("/oauth2/auth"),
        bare("/authz/ext-authz/"),
        twice,
        nginx("https://unknown.test/", ""),
        nginx("http://wiki.test/", ""),
        nginx("https://wiki.test/a/../b", ""),
        nginx("https://wiki.test/%2e%2e%2fadmin", ""),
        nginx("https://wiki.test/a%5c..%5cb", ""),
        nginx("https://wiki.test/a\\b", ""),
        nginx("https://notes.test@wiki.test/", ""),
        nginx("/", ""),
        caddy("GET", WIKI, "x"),
        caddy("GET", WIKI, "/").header("x-forwarded-host", "notes.test"),
        caddy("GET", WIKI, "/").header("x-forwarded-uri", "/other"),
        caddy("GET", "https://wiki.test, notes.test", "/"),
        envoy("GET", WIKI, "/a/%2e%2e/b"),
        envoy("GET", WIKI, "//..//b"),
        nginx("https://wiki.test/", "?roel=admin"),
        nginx("https://wiki.test/", "?role="),
        nginx("https://wiki.test/", "?acr=gold"),
        envoy("GET", WIKI, "/").header("x-laneway-require", "roel=admin"),
    ] {
        let reply = proxy
            .send(with(call, &value))
            .await
            .refused(403, "forbidden");
        assert_eq!(reply.header("x-laneway-user"), "");
    }
}

#[tokio::test]
async fn a_cookie_counts_for_the_host_it_was_set_for_and_no_other() {
    let app = rig().await;
    let mut browser = app.signup("ana@x.test").await;
    app.enter(&mut browser, WIKI).await;
    let wiki = browser
        .cookie(WIKI, "__Host-lw")
        .expect("a cookie")
        .to_owned();
    let login = browser
        .cookie(LOGIN, "__Host-lw")
        .expect("a cookie")
        .to_owned();
    let mut proxy = proxy(&app);
    for (value, url, status) in [
        (&wiki, "https://wiki.test/", 200),
        (&wiki, "https://notes.test/", 401),
        (&wiki, "https://login.test/", 401),
        (&login, "https://wiki.test/", 401),
        (&login, "https://login.test/", 200),
    ] {
        proxy.send(with(nginx(url, ""), value)).await.expect(status);
    }
    // The request's own Host decides nothing.
    let own = nginx("https://notes.test/", "").header("host", "wiki.test");
    proxy.send(with(own, &wiki)).await.expect(401);
    let own = nginx("https://wiki.test/", "").header("host", "notes.test");
    proxy.send(with(own, &wiki)).await.expect(200);
    let nowhere = nginx("https://wiki.test/", "").header("host", "nowhere.invalid");
    proxy.send(with(nowhere, &wiki)).await.expect(200);
}

#[tokio::test]
async fn broken_cookies_never_pass() {
    let app = rig().await;
    let value = cookie(&app, WIKI).await;
    let mut proxy = proxy(&app);
    let cut = &value[..42];
    for bad in [
        String::new(),
        "__Host-lw".into(),
        "__Host-lw=".into(),
        format!("__Host-lw={cut}"),
        format!("__Host-lw={value}x"),
        format!("__Host-lw=\"{value}\""),
        format!("__host-lw={value}"),
        format!("__Host-lw-flow={value}"),
        format!("__Host-lw={value}; __Host-lw={value}"),
        format!("__Host-lw={value}; __Host-lw={}", "A".repeat(43)),
        format!("__Host-lw={}", "A".repeat(43)),
        format!("__Host-lw={}", "%00".repeat(14)),
        format!("__Host-lw={}", "A".repeat(9000)),
        "; ; =; __Host-lw; é".into(),
    ] {
        let call = html(nginx("https://wiki.test/", "")).header("cookie", &bad);
        let reply = proxy.send(call).await.expect(401);
        assert_eq!(reply.header("x-laneway-user"), "", "{bad}");
    }
    let huge = nginx("https://wiki.test/", "").header("cookie", &"a=b; ".repeat(8000));
    proxy.send(huge).await.refused(403, "forbidden");
    let bearer = with(nginx("https://wiki.test/", ""), &value);
    proxy
        .send(bearer.clone().header("authorization", "Bearer x"))
        .await
        .expect(401);
    let operator = app.operator().await;
    proxy
        .send(bearer.clone().bearer(&operator))
        .await
        .refused(403, "forbidden");
    proxy
        .send(bearer.header("authorization", "Basic abc"))
        .await
        .expect(200);
}

#[tokio::test]
async fn revoked_is_revoked_at_the_next_question() {
    let app = rig().await;
    let mut browser = app.signup("ana@x.test").await;
    app.enter(&mut browser, WIKI).await;
    app.enter(&mut browser, NOTES).await;
    let mut proxy = proxy(&app);
    let mut ask = Vec::new();
    for origin in [WIKI, NOTES] {
        let value = browser
            .cookie(origin, "__Host-lw")
            .expect("a cookie")
            .to_owned();
        ask.push(with(nginx(&format!("{origin}/"), ""), &value));
    }
    for call in &ask {
        proxy.send(call.clone()).await.expect(200);
    }
    browser.post("/bff/logout", json!({})).await.expect(200);
    for call in &ask {
        proxy.send(call.clone()).await.expect(401);
    }
}

#[tokio::test]
async fn a_warm_question_costs_no_statement_and_no_call() {
    let app = rig().await;
    let value = cookie(&app, WIKI).await;
    let mut proxy = proxy(&app);
    let call = with(nginx("https://wiki.test/", "?acr=aal1"), &value);
    proxy.send(call.clone()).await.expect(200);
    // Other tests run in this process: what this one costs is what is there every time.
    let mut least = u64::MAX;
    for _ in 0..500 {
        let before = laneway_sqlkit::query_count();
        for _ in 0..10 {
            proxy.send(call.clone()).await.expect(200);
        }
        least = least.min(laneway_sqlkit::query_count() - before);
        if least == 0 {
            break;
        }
    }
    assert_eq!(least, 0, "statements for ten questions");
}

#[tokio::test]
async fn an_unreadable_hop_does_not_hide_the_one_that_a_proxy_saw() {
    let app = rig().await;
    let mut person = app.signup("ana@x.test").await.at_address([127, 0, 0, 1]);
    for (name, chain) in [
        ("B", "ü, 203.0.113.9"),
        ("C", "203.0.113.7, ü, 203.0.113.9"),
    ] {
        let change = Call::api("PATCH", "/v1/me", &serde_json::json!({ "name": name }));
        let change = change.header("x-forwarded-for", chain);
        person.send(change).await.expect(200);
        let events = app.events("user.updated").await;
        assert_eq!(events[0].ip, "203.0.113.9", "{chain}");
    }
}
